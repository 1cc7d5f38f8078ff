"""Hosts as columns say what hosts one by one say, in every format."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.result.batches import batch_of, batches
from tests.result.examples import OPTIONS, Memory, Names, down_host, run, small_host, usual_host

from periplus.result.batch import HostBatch
from periplus.result.formats import TERMINAL, formats
from periplus.result.row import HostReport
from periplus.result.writer import Format

Both = tuple[list[HostReport], HostBatch]


def same(one: HostReport, other: HostReport) -> None:
    """Both say the same, columns and all."""
    np.testing.assert_equal(asdict(one), asdict(other))


@given(batches())
def test_a_batch_gives_its_hosts_one_by_one(both: Both) -> None:
    reports, batch = both
    assert len(batch) == len(reports)
    for one, other in zip(batch, reports, strict=True):
        same(one, other)
    assert batch.reports is batch.reports


@given(batches(), st.data())
def test_only_some_of_a_batch(both: Both, data: st.DataObject) -> None:
    reports, batch = both
    which = data.draw(st.lists(st.booleans(), min_size=len(reports), max_size=len(reports)))
    some = batch.only(np.array(which, np.bool_))
    for one, (other, _) in zip(
        some, filter(lambda pair: pair[1], zip(reports, which, strict=True)), strict=True
    ):
        same(one, other)


def test_ports_by_host() -> None:
    table = batch_of([small_host(), down_host(), usual_host(30)]).table
    assert table is not None
    assert table.count.tolist() == [4, 1, 30]
    assert table.host.tolist() == [0] * 4 + [1] + [2] * 30
    assert table.by_host(table.ports == 22).tolist() == [1, 0, 1]


@pytest.mark.parametrize("format_", [*formats(), TERMINAL], ids=lambda each: each.name)
@given(
    batches(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2),
    st.sampled_from([{}, {22: "ssh", 80: "http", 5000: "a,b/c"}]),
)
def test_formats_write_a_batch_as_they_write_its_hosts(
    format_: Format,
    both: Both,
    open_only: bool,
    reason: bool,
    all_states: bool,
    verbose: int,
    names: dict[int, str],
) -> None:
    """The slow twin is the call for one host."""
    reports, batch = both
    options = replace(
        OPTIONS,
        services=Names(names),
        open_only=open_only,
        reason=reason,
        all_states=all_states,
        verbose=verbose,
    )
    one, other = Memory(), Memory()
    slow, quick = format_.factory(one, options), format_.factory(other, options)
    for writer in (slow, quick):
        writer.begin(run())
    for report in reports:
        slow.host(report)
    quick.hosts(batch)
    assert other.text == one.text
    assert quick.memory() == slow.memory()
