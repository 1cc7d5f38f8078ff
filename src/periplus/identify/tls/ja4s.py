"""JA4S: a print of how a server answers a hello, so that servers with the same TLS stack can be told by it.

The published description of JA4+ (FoxIO): ``t``, the version, how many extensions, the ends of the protocol
chosen by ALPN; the cipher suite; and the first twelve digits of the SHA-256 of the extensions in their order.

It depends on what the client offered, so prints compare only between scans by the same client.
"""

import hashlib

from periplus.identify.tls.hello import ServerHello

__all__ = ["ja4s"]

VERSIONS = {0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10", 0x0300: "s3"}
DIGITS = 12
MOST_COUNTED = 99


def ja4s(hello: ServerHello, quic: bool = False) -> str:
    """Return the print of a hello."""
    alpn = hello.alpn or ""
    ends = f"{alpn[0]}{alpn[-1]}" if alpn.isascii() and alpn[:1].isalnum() and alpn[-1:].isalnum() else "00"
    count = min(len(hello.extensions), MOST_COUNTED)
    order = ",".join(f"{number:04x}" for number in hello.extensions)
    digest = hashlib.sha256(order.encode()).hexdigest()[:DIGITS] if order else "0" * DIGITS
    kind = "q" if quic else "t"
    return f"{kind}{VERSIONS.get(hello.version, '00')}{count:02}{ends}_{hello.cipher:04x}_{digest}"
