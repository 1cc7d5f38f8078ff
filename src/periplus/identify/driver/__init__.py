"""What owns connections: sockets, TLS, deadlines, how many at once. The only part of `identify` that does I/O."""
