"""The page of payloads, written from the library: ``PYTHONPATH=src:. python -m tests.payload.page``."""

from pathlib import Path

from periplus.payload.catalogue import payloads

PAGE = Path(__file__).parents[2] / "docs" / "payloads.md"

HEAD = """# UDP payloads

What is sent to a UDP port so that the service behind it answers: one valid message, the same every time, that changes
nothing at the target. A port may have several; a port that has none gets an empty datagram. What is marked *careful*
speaks to industrial or other fragile equipment, and is sent only to ports that the user named one by one. Nothing is
sent to ports 9100-9107, as printers print it.

Written from the library by `python -m tests.payload.page`; a test holds this page to it.

| service | ports | bytes | source | |
|---|---|---|---|---|
"""


def page() -> str:
    """Return the whole page."""
    rows = (
        (
            each.service,
            ", ".join(map(str, each.ports)),
            str(len(each.data)),
            each.source,
            "careful" * each.careful,
        )
        for each in payloads()
    )
    return HEAD + "".join(f"| {' | '.join(row)} |\n".replace("|  |", "| |") for row in rows)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
