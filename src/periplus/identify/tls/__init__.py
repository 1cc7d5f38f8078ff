"""TLS without I/O: a client in memory, and what hellos and certificates say."""
