"""The kernel: how batches of frames and connections leave this machine and come back.

`packet` moves frames through AF_PACKET and raw IP sockets, `connect` speaks probes and outcomes over ordinary
sockets, `memory` is a pair of queues for tests. A transport of frames has three calls, `send`, `receive` and
`close` (see `calls`). `routes` asks the kernel which way a target lies, `neighbours` finds the hardware
addresses on that way, `privilege` says what this process is allowed to do.
"""
