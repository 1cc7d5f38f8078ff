"""Messages made of lines, in the manner of HTTP: each ends in CR LF, an empty one ends them all (RFC 9112, 2.1)."""

__all__ = ["lines"]


def lines(*them: str) -> bytes:
    """Return the lines and the empty one that ends them."""
    return "\r\n".join([*them, "", ""]).encode("ascii")
