"""Which probe goes when, and what silence means: pace, loss, round-trip times. Pure: time is an argument."""
