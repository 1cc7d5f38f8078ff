"""JA4S prints, by the example of its published description and by its rules."""

import pytest

from periplus.identify.tls.hello import ServerHello
from periplus.identify.tls.ja4s import ja4s


@pytest.mark.parametrize(
    ("hello", "print_"),
    [
        # The example of the description: TLS 1.3 with two extensions, AES-128-GCM.
        (ServerHello(0x0304, 0x1301, (43, 51)), "t130200_1301_a56c5b993250"),
        (ServerHello(0x0303, 0xC02F, (), "h2"), "t1200h2_c02f_000000000000"),
        (ServerHello(0x0301, 0x002F, (), "http/1.1"), "t1000h1_002f_000000000000"),
        (ServerHello(0x0305, 0x002F, (), "\xff"), "t000000_002f_000000000000"),
    ],
)
def test_prints(hello: ServerHello, print_: str) -> None:
    assert ja4s(hello) == print_


def test_over_quic() -> None:
    assert ja4s(ServerHello(0x0304, 0x1301, (51, 43)), quic=True).startswith("q13")
