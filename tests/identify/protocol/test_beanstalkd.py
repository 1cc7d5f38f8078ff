"""beanstalkd: what beanstalkd of Debian 12 answers on the loopback (its statistics shortened)."""

from hypothesis import given
from hypothesis import strategies as st
from tests.identify.script import Line, play, survive

from periplus.identify.protocol.beanstalkd import PROTOCOL, statistics_untrusted

STATISTICS = (
    b"---\ncurrent-jobs-urgent: 0\ncurrent-jobs-ready: 0\ncmd-put: 0\ncurrent-connections: 1\npid: 9148\n"
    b'version: "1.12"\nuptime: 172\ndraining: false\nid: 248d405b261d05c1\nhostname: vm\n'
    b"os: #1 SMP PREEMPT_DYNAMIC Debian 6.1.90-1 (2024-05-03)\nplatform: x86_64\n\r\n"
)
BULK = b"OK %d\r\n%s" % (len(STATISTICS) - 2, STATISTICS)
SCRIPTS: dict[str, list[Line]] = {
    "beanstalkd of Debian 12": [(">", b"stats\r\n"), ("<", BULK), (">", b"quit\r\n")],
    "other statistics": [(">", b"stats\r\n"), ("<", b"OK 5\r\nhello\r\n")],
    "no beanstalkd": [(">", b"stats\r\n"), ("<", b"ERROR\r\n")],
}


def test_beanstalkd() -> None:
    service = play(PROTOCOL, SCRIPTS["beanstalkd of Debian 12"])
    assert (service.protocol, service.product, service.version) == ("beanstalkd", "beanstalkd", "1.12")
    assert (service.hostname, service.os) == ("vm", "Debian")


def test_what_is_no_beanstalkd_is_not_known() -> None:
    for name in ("other statistics", "no beanstalkd"):
        assert play(PROTOCOL, SCRIPTS[name]).protocol is None


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    survive(data, statistics_untrusted)
