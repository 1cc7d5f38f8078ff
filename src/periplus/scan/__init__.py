"""The loop that joins space, technique, engine, transport and results into a scan."""
