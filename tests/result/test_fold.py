from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.result.batches import batches
from tests.result.examples import (
    OPTIONS,
    columns,
    host,
    mixed_host,
    small_host,
    tarpit_host,
    usual_host,
    usual_ports,
)

from periplus.result.batch import HostBatch
from periplus.result.fold import FOLD_OVER, Folded, Folder, fold, fold_batch, rows
from periplus.result.row import HostReport, Tarpit
from periplus.result.writer import Options
from periplus.technique.verdict import Reason, State

Told = tuple[list[list[int]], list[tuple[str, State, Reason, list[int]]]]


def fold_slowly(report: HostReport, options: Options) -> Told:
    """The plain twin of `fold`: shown ports by protocol, then the groups in their order."""
    counts = Counter(int(state) for part in report.columns for state in part.state)
    possible = {State.OPEN, State.UNFILTERED, State.OPEN_FILTERED}
    shown: list[list[int]] = []
    groups: dict[tuple[str, State, Reason], list[int]] = {}
    for part in report.columns:
        shown.append([])
        for port, state, reason in zip(part.ports, part.state, part.reason, strict=True):
            many = counts[int(state)] > 25 * (1 + options.verbose)
            hidden = options.open_only and State(state) not in possible
            mine = (
                report.tarpit is not None
                and report.tarpit.proto == part.proto
                and port in report.tarpit.ports
            )
            if State(state) is State.OPEN and mine and not options.show_tarpits:
                groups.setdefault((part.proto, State(state), Reason(reason)), []).append(int(port))
            elif State(state) is State.OPEN or not (many or hidden):
                shown[-1].append(int(port))
            else:
                groups.setdefault((part.proto, State(state), Reason(reason)), []).append(int(port))
    ordered = sorted(
        groups.items(), key=lambda each: (-counts[each[0][1]], each[0][1], -len(each[1]), each[0][2])
    )
    return shown, [(*key, ports) for key, ports in ordered]


def told(folded: Folded) -> Told:
    """What `fold` found, as plain lists."""
    groups = [(each.proto, each.state, each.reason, each.ports.tolist()) for each in folded.groups]
    return [ports.tolist() for ports in folded.shown], groups


@st.composite
def hosts(draw: st.DrawFn) -> HostReport:
    """A host of one or two protocols whose states come in numbers around the threshold."""
    parts = []
    for proto in draw(st.sampled_from([("tcp",), ("tcp", "udp"), ("udp", "sctp")])):
        runs = draw(
            st.lists(
                st.tuples(st.integers(1, 60), st.sampled_from(State), st.sampled_from(Reason)), max_size=6
            )
        )
        verdicts = [(state, reason) for count, state, reason in runs for _ in range(count)]
        parts.append(columns([(at + 1, *verdict) for at, verdict in enumerate(verdicts)], proto))
    if not draw(st.booleans()):
        return host(*parts)
    mine = np.array(sorted(draw(st.sets(st.integers(1, 100)))), np.uint16)
    return replace(host(*parts), tarpit=Tarpit("tcp", "deaf", mine, 100, 12, 12, 4, 4))


@given(hosts(), st.booleans(), st.integers(0, 2), st.booleans())
def test_fold_agrees_with_its_slow_twin(
    report: HostReport, open_only: bool, verbose: int, show_tarpits: bool
) -> None:
    options = replace(OPTIONS, open_only=open_only, verbose=verbose, show_tarpits=show_tarpits)
    got_shown, got_groups = told(fold(report, options))
    shown, groups = fold_slowly(report, options)
    assert got_shown == shown
    assert sorted(got_groups) == sorted(groups)
    assert [each[1] for each in got_groups] == [each[1] for each in groups]


@pytest.mark.parametrize("verbose", [0, 1, 2, 3])
def test_the_threshold_is_nmaps(verbose: int) -> None:
    options = replace(OPTIONS, verbose=verbose)
    limit = FOLD_OVER * (1 + verbose)
    closed = [(port, State.CLOSED, Reason.RESET) for port in range(1, limit + 2)]
    assert fold(host(columns(closed[:-1])), options).n_folded == 0
    assert fold(host(columns(closed)), options).n_folded == limit + 1


def test_open_ports_are_never_folded() -> None:
    busy = host(columns([(port, State.OPEN, Reason.SYN_ACK) for port in range(1, 1001)]))
    assert fold(busy, OPTIONS).n_shown == 1000


def test_but_for_those_that_something_accepts_in_place_of_services() -> None:
    folded = fold(tarpit_host(), OPTIONS)
    assert [ports.tolist() for ports in folded.shown] == [[22, 80, 1001]]
    assert [(group.state, group.count) for group in folded.groups] == [(State.OPEN, 998)]
    assert folded.possibly_open
    assert fold(tarpit_host(), replace(OPTIONS, show_tarpits=True)).n_shown == 1001
    assert fold(tarpit_host(), OPTIONS, unfold=True).n_shown == 1001


def test_groups_are_ordered_by_count_and_kept_apart_by_reason() -> None:
    folded = fold(mixed_host(), OPTIONS)
    assert [(group.count, group.state.word, group.proto, group.reason.word) for group in folded.groups] == [
        (100, "closed", "tcp", "reset"),
        (1, "closed", "udp", "port-unreach"),
        (40, "filtered", "tcp", "no-response"),
        (10, "filtered", "tcp", "host-unreach"),
    ]
    assert [(state.word, len(groups)) for state, groups in folded.states()] == [
        ("closed", 2),
        ("filtered", 2),
    ]


def test_open_only_hides_what_cannot_be_open() -> None:
    folded = fold(mixed_host(), replace(OPTIONS, open_only=True))
    assert [ports.tolist() for ports in folded.shown] == [[443, 8000], []]
    assert folded.possibly_open
    assert not fold(host(columns(usual_ports(21))), OPTIONS).possibly_open


def test_unfold_shows_every_port() -> None:
    assert fold(usual_host(), OPTIONS, unfold=True).n_shown == 1000


def test_rows_carry_the_service() -> None:
    report = usual_host()
    shown = [(row.port, row.service) for row in rows(report, fold(report, OPTIONS), OPTIONS)]
    assert shown == [(22, "ssh"), (80, "http"), (443, "https")]


def test_a_host_without_ports_folds_to_nothing() -> None:
    folded = fold(host(), OPTIONS)
    assert (folded.n_shown, folded.n_folded, folded.possibly_open) == (0, 0, False)


@given(batches(), st.booleans(), st.integers(0, 2))
def test_a_batch_is_folded_as_its_hosts_are(
    both: tuple[list[HostReport], HostBatch], open_only: bool, verbose: int
) -> None:
    """The slow twin folds host by host."""
    reports, batch = both
    options = replace(OPTIONS, open_only=open_only, verbose=verbose)
    found = fold_batch(batch, options)
    table = batch.table
    for row, report in enumerate(reports):
        folded = fold(report, options)
        states = [(group.state, group.count) for group in folded.groups]
        counted = {
            state: int(found.counts[row, state]) for state in np.flatnonzero(found.folded[row]).tolist()
        }
        assert counted == {state: sum(n for each, n in states if each == state) for state, _ in states}
        assert found.possibly_open[row] == folded.possibly_open
        if table is not None:
            mine = (table.host == row) & found.shown
            assert table.ports[mine].tolist() == [port for ports in folded.shown for port in ports.tolist()]


@given(st.lists(hosts(), max_size=4), st.booleans(), st.booleans(), st.integers(1, 3))
def test_a_folder_folds_as_fold_does_however_often(
    reports: list[HostReport], open_only: bool, unfold: bool, most: int
) -> None:
    options = replace(OPTIONS, open_only=open_only)
    folder = Folder(options, unfold=unfold)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("periplus.result.fold.MOST_KNOWN", most)
        for report in [*reports, *reports]:
            assert told(folder.fold(report)) == told(fold(report, options, unfold=unfold))


def test_hosts_that_look_alike_are_folded_once() -> None:
    folder, one = Folder(OPTIONS), small_host()
    assert folder.fold(one) is folder.fold(replace(small_host("198.18.0.3"), notes=("a note",)))
    assert folder.fold(usual_host()) is not folder.fold(usual_host())  # too many ports to compare


def test_hosts_that_differ_in_anything_are_folded_apart() -> None:
    one = (22, State.OPEN_FILTERED, Reason.NO_RESPONSE)
    parts = [
        columns([one]),
        columns([one], "udp"),
        columns([(23, *one[1:])]),
        columns([(22, State.CLOSED, Reason.NO_RESPONSE)]),
        columns([(22, State.OPEN_FILTERED, Reason.RESET)]),
    ]
    folder = Folder(OPTIONS)
    assert len({id(each) for each in [folder.fold(host(part)) for part in parts]}) == len(parts)
    tarpit = replace(
        host(columns([one])), tarpit=Tarpit("tcp", "deaf", np.zeros(0, np.uint16), 1, 1, 1, 4, 4)
    )
    assert folder.fold(tarpit) is not folder.fold(host(columns([one])))
