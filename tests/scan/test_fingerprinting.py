"""The stage is there when hosts are asked for their operating system; references are where Nmap puts them."""

from dataclasses import replace
from pathlib import Path

from tests.scan.runs import KEY, NEAR, OURS, PATHS, config_of, space_of
from tests.sim.frames import Wire

from periplus.engine.shown import Shown
from periplus.scan.config import Fingerprinting
from periplus.scan.fingerprinting import fingerprinting_for, glances_for, installed_osdb
from periplus.scan.fingerprints import Fingerprints
from periplus.scan.passive import Glances
from periplus.scan.stage import Unprobed
from periplus.scan.tracelink import TraceLink
from periplus.transport.neighbours import Resolver

PLAIN = config_of(space_of([NEAR], [22]))


def test_who_asks_nobody_passes_reports_through() -> None:
    assert isinstance(fingerprinting_for(PLAIN, None), Unprobed)


def test_what_there_is_a_link_for_is_asked() -> None:
    wire = Wire({})
    link = TraceLink(PATHS, wire, OURS, KEY, wire.clock.now_us, Resolver())
    assert isinstance(fingerprinting_for(replace(PLAIN, fingerprint=Fingerprinting()), link), Fingerprints)


def test_hosts_are_told_in_passing_where_their_syn_acks_are_kept() -> None:
    assert glances_for(None) is None
    assert isinstance(glances_for(Shown()), Glances)


def test_the_first_place_that_has_references_counts(tmp_path: Path) -> None:
    places = (str(tmp_path / "none"), str(tmp_path), str(tmp_path / "db"))
    assert installed_osdb(places) is None
    (tmp_path / "db").touch()
    assert installed_osdb(places) == places[2]
