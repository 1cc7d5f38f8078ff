"""Header and JSON."""

import json
import struct

from tests.payload.reading import data


def test_sizes_agree_and_the_body_is_json() -> None:
    message = data("dahua-dhip")
    header, magic, session, request, size, size_again = struct.unpack_from("<I4sIIQQ", message)
    assert (header, magic, session, request) == (32, b"DHIP", 0, 0)
    assert size == size_again == len(message) - 32
    assert json.loads(message[32:])["method"] == "DHDiscover.search"
