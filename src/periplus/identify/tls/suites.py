"""The numbers and names of cipher suites, as the table in `periplus/data` lists them.

What a suite is good for follows from its name, which is put together from its parts (RFC 5246 appendix C).
"""

from collections.abc import Mapping

__all__ = ["is_ecdhe", "is_finite_dh", "of_tls_13", "read_suites"]

TLS_13 = ("TLS_AES_", "TLS_CHACHA20_", "TLS_SM4_", "TLS_AEGIS_", "TLS_SHA256_", "TLS_SHA384_")
FINITE_DH = ("TLS_DHE_RSA_", "TLS_DHE_DSS_", "TLS_DH_anon_")
ECDHE = ("TLS_ECDHE_RSA_", "TLS_ECDHE_ECDSA_", "TLS_ECDH_anon_")


def read_suites(text: str) -> dict[int, str]:
    """Return names by number. A line is ``1301 TLS_AES_128_GCM_SHA256``; those that begin with ``#`` are comments."""
    lines = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return {int(number, 16): name for number, name in lines}


def of_tls_13(suites: Mapping[int, str], wanted: bool) -> list[int]:
    """Return the suites that are for TLS 1.3 (RFC 8446 appendix B.4), or those for what came before."""
    return [number for number, name in suites.items() if name.startswith(TLS_13) is wanted]


def is_ecdhe(name: str) -> bool:
    """Whether the server's key exchange names its curve."""
    return name.startswith(ECDHE)


def is_finite_dh(name: str) -> bool:
    """Whether the server's key exchange begins with a prime."""
    return name.startswith(FINITE_DH)
