"""Stack and services together."""

import pytest

from periplus.findings import OsClass
from periplus.identify.os.ranking import Glance, Word, family_of, rank
from periplus.identify.os.reference import Reference


def reference(name: str, *families: str) -> Reference:
    return Reference(name, 1, tuple(OsClass("V", family, None, "general purpose") for family in families))


LINUX, WINDOWS = reference("Linux 5.0 - 5.4", "Linux"), reference("Windows 10", "Windows")
DEBIAN = Word("Debian", 1.0, "ssh at 22/tcp")


def test_both_agree() -> None:
    [alone] = rank([(0.96, LINUX)], [])
    [said] = rank([], [DEBIAN])
    [both] = rank([(0.96, LINUX)], [DEBIAN])
    assert (alone.name, both.name, both.family) == ("Linux", "Debian", "Linux")
    assert both.confidence > max(alone.confidence, said.confidence)
    assert both.evidence == ("Linux 5.0 - 5.4 fits by 96%", "ssh at 22/tcp says Debian")
    assert both.confidence < 1


def test_a_glance_is_evidence_where_there_is_no_fingerprint_and_no_second_witness_beside_one() -> None:
    glance = Glance(0.6, LINUX, "passive: a SYN-ACK")
    [alone] = rank([], [], [glance])
    assert (alone.family, alone.confidence, alone.evidence) == ("Linux", 0.6, ("passive: a SYN-ACK",))
    [stack], [both] = rank([(0.96, LINUX)], []), rank([(0.96, LINUX)], [], [glance])
    assert both.confidence == stack.confidence
    assert both.evidence == ("Linux 5.0 - 5.4 fits by 96%", "passive: a SYN-ACK")
    [said] = rank([], [DEBIAN], [glance])
    assert (said.name, said.confidence > 0.9) == ("Debian", True)
    assert [each.family for each in rank([(1.0, WINDOWS)], [], [glance])] == ["Windows", "Linux"]


def test_both_disagree() -> None:
    first, second = rank([(1.0, WINDOWS)], [DEBIAN])
    assert (first.family, second.family) == ("Windows", "Linux")
    assert first.confidence < rank([(1.0, WINDOWS)], [])[0].confidence


def test_a_camera_by_linux_is_no_argument_against_linux() -> None:
    camera = reference("Camera", "embedded", "Linux")
    assert [each.family for each in rank([(0.95, camera)], [])] == ["Linux"]
    assert [each.family for each in rank([(0.95, reference("Lamp", "embedded"))], [])] == ["embedded"]


def test_nothing_is_known() -> None:
    assert rank([], []) == ()
    assert rank([(0.5, LINUX)], [Word("Plan 9", 1.0, "x")]) == ()


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("cpe:2.3:o:debian:debian_linux:12:*:*:*:*:*:*:*", "Linux"),
        ("Microsoft Windows Server 2022", "Windows"),
        ("cpe:2.3:o:microsoft:windows_10:*", "Windows"),
        ("FreeBSD 14", "FreeBSD"),
        ("Mac OS X", "macOS"),
        ("Plan 9", None),
    ],
)
def test_families(text: str, family: str | None) -> None:
    assert family_of(text) == family
