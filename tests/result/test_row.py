import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.result.examples import START, columns, host, usual_host, usual_ports

from periplus.result.row import ROWS_AT_ONCE, HostReport, PortColumns, PortRow
from periplus.technique.verdict import Reason, State


def rows_slowly(report: HostReport, part: PortColumns, chosen: list[int]) -> list[PortRow]:
    """The plain twin of `HostReport.rows`."""
    rows = []
    for port in chosen:
        at = part.ports.tolist().index(port)
        rtt = float(part.rtt_ms[at])
        rows.append(
            PortRow(
                addr=report.addr,
                proto=part.proto,
                port=port,
                state=State(int(part.state[at])),
                reason=Reason(int(part.reason[at])),
                tries=int(part.tries[at]),
                time=report.ended,
                ttl=int(part.ttl[at]) or None,
                rtt_ms=None if np.isnan(rtt) else rtt,
                reason_addr=part.senders.get(port),
                service={80: "http"}.get(port),
            )
        )
    return rows


@given(st.data())
def test_rows_agree_with_their_slow_twin(data: st.DataObject) -> None:
    numbers = sorted(data.draw(st.sets(st.integers(0, 65535), min_size=1, max_size=30)))
    ports = [
        (number, data.draw(st.sampled_from(State)), data.draw(st.sampled_from(Reason))) for number in numbers
    ]
    part = columns(ports, senders={numbers[0]: "198.18.0.254"})
    report = host(part)
    chosen = sorted(data.draw(st.sets(st.sampled_from(numbers))))
    got = list(report.rows(part, np.array(chosen, dtype=np.uint16), {80: "http"}))
    assert got == rows_slowly(report, part, chosen)


def test_rows_come_in_parts_without_a_seam() -> None:
    report = usual_host(3 * ROWS_AT_ONCE + 1)
    part = report.columns[0]
    assert [row.port for row in report.rows(part, part.ports, {})] == list(range(1, 3 * ROWS_AT_ONCE + 2))


def test_a_row_holds_plain_python_values() -> None:
    report = host(columns(usual_ports(22)))
    row = next(report.rows(report.columns[0], np.array([22], dtype=np.uint16), {22: "ssh"}))
    assert [type(each) for each in (row.port, row.tries, row.ttl, row.rtt_ms)] == [int, int, int, float]
    assert (row.state, row.service, row.time) == (State.OPEN, "ssh", START + 0.34)
