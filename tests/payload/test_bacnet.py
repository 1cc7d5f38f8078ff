"""Link, network and application message, field by field."""

from tests.payload.reading import data, fields


def test_any_device_is_asked_for_its_identifier() -> None:
    link, function, size, version, control, *rest = fields("!BBHBB4sBIBB", data("bacnet"))
    assert (link, function, size, version, control) == (0x81, 0x0A, len(data("bacnet")), 1, 4)
    header, object_tag, which, property_tag, prop = rest
    assert header == bytes([0, 5, 1, 12])
    assert (object_tag, which, property_tag, prop) == (0x0C, 0x023FFFFF, 0x19, 75)


def test_who_is_names_no_range() -> None:
    assert fields("!BBHBBBB", data("bacnet-who-is")) == (0x81, 0x0A, 8, 1, 0, 0x10, 8)
