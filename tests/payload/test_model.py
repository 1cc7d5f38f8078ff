"""A payload is a value: frozen, and not careful unless it says so."""

from dataclasses import FrozenInstanceError, fields

import pytest

from periplus.payload.model import Payload


def test_a_payload_is_frozen_and_bold_by_default() -> None:
    payload = Payload("x", (1, 2), b"x", "RFC 1")
    assert not payload.careful
    assert payload == Payload(service="x", ports=(1, 2), data=b"x", source="RFC 1", careful=False)
    assert hash(payload) == hash(Payload("x", (1, 2), b"x", "RFC 1"))
    for field in fields(Payload):
        with pytest.raises(FrozenInstanceError):
            setattr(payload, field.name, None)
