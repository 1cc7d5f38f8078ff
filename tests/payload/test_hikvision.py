"""The probe, read by an XML parser."""

from uuid import UUID
from xml.etree.ElementTree import fromstring

from tests.payload.reading import data


def test_it_is_an_inquiry() -> None:
    probe = fromstring(data("hikvision-sadp"))
    assert (probe.tag, probe.findtext("Types")) == ("Probe", "inquiry")
    assert UUID(probe.findtext("Uuid"))
