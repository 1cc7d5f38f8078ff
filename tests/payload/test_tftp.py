"""The read request, read by scapy."""

from scapy.layers.tftp import TFTP, TFTP_RRQ
from tests.payload.reading import data


def test_it_reads_a_file_that_is_not_there() -> None:
    packet = TFTP(data("tftp"))
    assert packet.op == 1
    assert data("tftp").endswith(b"\0octet\0")
    assert (packet[TFTP_RRQ].filename, packet[TFTP_RRQ].mode) == (b"periplus-no-such-file", b"octet")
