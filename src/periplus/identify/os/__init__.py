"""Which operating system a host runs, by how it answers odd packets: probes, answers, fingerprints, references."""
