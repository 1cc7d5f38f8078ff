"""UDP payloads: what to ask a service so that it answers. Pure; one file a protocol."""
