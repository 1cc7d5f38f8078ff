"""The room of packets: bytes on the wire and columns of values, one made from the other.

Outwards a template is built once and broadcast, a few columns are patched, and the checksum follows from a
partial sum (`tcp`, `sctp`, `neighbour`). Inwards a batch of packets becomes columns at once (`decode`). Values are
big-endian only in here. The room is pure: no sockets, no clock, no randomness.
"""
