"""Reading Recog's form: a file of this test's own."""

import pytest

from periplus.errors import UsageError
from periplus.identify.recog import read_recog
from periplus.identify.signature import Signatures

TEXT = r"""<?xml version="1.0"?>
<fingerprints matches="ssh.banner" protocol="ssh" database_type="service">
  <fingerprint pattern="^Thing_([\d.(]+)(?: on (\S+))?$">
    <description>Thing</description>
    <example>Thing_1.2 on Plan9</example>
    <param pos="1" name="service.version"/>
    <param pos="2" name="os.product"/>
    <param pos="0" name="service.vendor" value="Maker"/>
    <param pos="0" name="service.product" value="Thing"/>
    <param pos="0" name="service.cpe23" value="cpe:/a:maker:thing:{service.version}"/>
  </fingerprint>
  <fingerprint pattern="^Broken_(">
    <param pos="0" name="service.product" value="Never"/>
  </fingerprint>
</fingerprints>
"""


def test_fingerprints_become_signatures() -> None:
    signatures, problems = read_recog(TEXT, "ssh.xml")
    found = Signatures(signatures).match("ssh.software", "Thing_1.2 on Plan9")
    assert found is not None
    assert (found.product, found.vendor, found.version, found.os) == ("Thing", "Maker", "1.2", "Plan9")
    assert found.cpe == ("cpe:2.3:a:maker:thing:1.2:*:*:*:*:*:*:*",)
    assert len(problems) == 1
    assert problems[0].startswith("ssh.xml: '^Broken_('")


def test_kinds_of_text_that_no_conversation_has_are_left_out() -> None:
    assert read_recog(TEXT.replace("ssh.banner", "x11.vendor"), "x.xml") == ([], [])


def test_what_is_no_xml_is_refused_in_words() -> None:
    with pytest.raises(UsageError, match=r"x\.xml: no XML"):
        read_recog("<fingerprints", "x.xml")
