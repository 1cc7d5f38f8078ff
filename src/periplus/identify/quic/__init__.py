"""QUIC as a client speaks it, within a talk by datagrams."""
