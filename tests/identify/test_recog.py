"""Reading Recog's form: a file of this test's own."""

import pytest
from tests.identify.test_catalogue import SAID, outlive

from periplus.errors import UsageError
from periplus.identify.recog import FIELDS, read_recog
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


def test_a_hostile_text_does_not_take_for_ever() -> None:
    nested = TEXT.replace(r"^Thing_([\d.(]+)(?: on (\S+))?$", "^Thing_([0-9a]+)*; (.+)* end")
    signatures, _ = read_recog(nested, "x.xml")
    assert Signatures(signatures).match("ssh.software", "Thing_" + "a" * 4000 + "; " + "b" * 4000) is None


def test_kinds_of_text_that_no_conversation_has_are_left_out() -> None:
    assert read_recog(TEXT.replace("ssh.banner", "architecture"), "x.xml") == ([], [])


def test_what_is_no_xml_is_refused_in_words() -> None:
    with pytest.raises(UsageError, match=r"x\.xml: no XML"):
        read_recog("<fingerprints", "x.xml")


def test_every_kind_is_a_text_that_a_conversation_of_ours_has() -> None:
    had = {field for protocol, said in SAID for told in outlive(protocol, said) for field in told.texts}
    assert {field for field, _ in FIELDS.values()} - had == set()


@pytest.mark.parametrize(
    ("kind", "pattern", "field", "text"),
    [
        ("imap4.banner", "^Thing ([\\d.]+) ready$", "imap.greeting", "OK Thing 1.2 ready"),
        ("http_header.cookie", "^THING([\\d.]+)=", "http.header", "Server: x\nSet-Cookie: THING1.2=; Path=/"),
        ("smb.native_lm", "^Thing ([\\d.]+)$", "smb.native", "Plan 9\nThing 1.2"),
        ("telnet_banners", "(?i)\\A\\s*thing ([\\d.]+) login:", "telnet.banner", "\r\nTHING 1.2 login:"),
    ],
)
def test_patterns_fit_our_form_of_the_text(kind: str, pattern: str, field: str, text: str) -> None:
    named = f' matches="{kind}"' if "." in kind else ""
    xml = (
        f'<fingerprints{named}><fingerprint pattern="{pattern}"><param pos="1" name="service.version"/>'
        '<param pos="0" name="service.product" value="Thing"/></fingerprint></fingerprints>'
    )
    signatures, problems = read_recog(xml, f"{kind}.xml")
    found = Signatures(signatures).match(field, text)
    assert not problems
    assert found is not None
    assert (found.product, found.version) == ("Thing", "1.2")
