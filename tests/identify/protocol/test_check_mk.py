"""Checkmk: the first section of a report, as the documentation of the agent shows it."""

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play

from periplus.identify.protocol.check_mk import PROTOCOL, pair_untrusted

REPORT = (
    b"<<<check_mk>>>\nVersion: 2.2.0p12\nAgentOS: linux\nHostname: web.example\nAgentDirectory: /etc/check_mk\n"
    b"OSName: Debian GNU/Linux\nOSVersion: 12\n<<<df>>>\n/dev/sda1 ext4 1 2 3\n"
)
WINDOWS = b"<<<check_mk>>>\r\nVersion: 1.6.0p9\r\nAgentOS: windows\r\nArchitecture: 64bit\r\n"
SCRIPTS: dict[str, list[Line]] = {
    "an agent of Linux": [("<", REPORT)],
    "an agent of Windows": [("<", WINDOWS), ("end", b"closed")],
    "no agent": [("<", b"<<<something>>>\n")],
}


def test_agents() -> None:
    service = play(PROTOCOL, SCRIPTS["an agent of Linux"])
    assert (service.protocol, service.product, service.version) == (
        "check-mk-agent",
        "Checkmk agent",
        "2.2.0p12",
    )
    assert (service.hostname, service.os) == ("web.example", "Linux")
    assert service.detail["OSName"] == "Debian GNU/Linux"
    assert play(PROTOCOL, SCRIPTS["an agent of Windows"]).os == "Windows"


def test_what_is_no_agent_is_not_known() -> None:
    assert play(PROTOCOL, SCRIPTS["no agent"]).protocol is None


@given(st.binary(max_size=60))
def test_any_line(data: bytes) -> None:
    assert all(isinstance(each, str) for each in pair_untrusted(data))
