"""The tables that come with the program, as text. Whoever needs one reads it; nothing is read at import.

Files are found beside this one: `importlib.resources` would do the same and cost milliseconds to import.
"""

from pathlib import Path

__all__ = [
    "cipher_suites_text",
    "os_text",
    "protocols_text",
    "ranking_text",
    "ranking_udp_text",
    "services_text",
    "signature_texts",
]

HERE = Path(__file__).parent


def services_text() -> str:
    """Names of ports, for `periplus.space.services.Services`."""
    return (HERE / "services.txt").read_text(encoding="ascii")


def protocols_text() -> str:
    """Names of IP protocols, in the form of the names of ports, with ``ip`` as their protocol."""
    return (HERE / "protocols.txt").read_text(encoding="ascii")


def cipher_suites_text() -> str:
    """Names of TLS cipher suites, for `periplus.identify.tls.suites.read_suites`."""
    return (HERE / "cipher_suites.txt").read_text(encoding="ascii")


def ranking_text() -> str:
    """TCP ports, most often open first, for `periplus.space.ports.top_ports`."""
    return (HERE / "ranking.txt").read_text(encoding="ascii")


def ranking_udp_text() -> str:
    """UDP ports, most often open first."""
    return (HERE / "ranking_udp.txt").read_text(encoding="ascii")


def signature_texts() -> dict[str, str]:
    """Sets of signatures by the names of their files, for `periplus.identify.signature.read_signatures`."""
    return {
        path.name: path.read_text(encoding="utf-8") for path in sorted((HERE / "signatures").glob("*.toml"))
    }


def os_text() -> str:
    """Common TCP/IP stacks, for `periplus.identify.os.stacks.read_stacks`."""
    return (HERE / "os.toml").read_text(encoding="utf-8")
