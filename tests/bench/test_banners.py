"""Ways of matching banners: the batch is what it says, and every way knows what it is made to know."""

import json
import subprocess
import sys

import pytest
from bench.banners import WAYS, Banner, Way, here, timed

from bench import banners

SSH: Banner = ("ssh.software", "OpenSSH_9.2p1 Debian-2+deb12u3")
NOISE: Banner = ("ssh.software", "%%%%")


def test_a_batch_is_half_samples_and_half_noise_of_their_length_and_always_the_same() -> None:
    some = banners.banners(200)
    assert len(some) == 200
    assert some == banners.banners(200)
    assert all(
        (field, len(text)) == (other, len(noise))
        for (field, text), (other, noise) in zip(some[::2], some[1::2], strict=True)
    )
    samples = {(each.field, each.sample) for each in banners.shipped()}
    assert samples.issuperset(some[::2])
    assert not samples.intersection(some[1::2])
    more = banners.banners(2 * len(samples) + 500)
    assert samples.issubset(more)
    assert more[0] in more[1:]


@pytest.mark.parametrize("name", ["field", "every"])
def test_our_ways_know_a_sample_and_no_noise(name: str) -> None:
    way = WAYS[name]()
    assert way.expressions == len(banners.shipped())
    assert [way.fits(each) for each in (SSH, NOISE)] == [True, False]


def test_only_without_the_field_is_a_sample_known_elsewhere() -> None:
    elsewhere = ("smtp.greeting", SSH[1])
    assert [WAYS[name]().fits(elsewhere) for name in ("field", "every")] == [False, True]


def test_nmaps_lines_are_those_of_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    class Probes:
        def is_file(self) -> bool:
            return False

        def read_text(self, encoding: str) -> str:
            assert encoding == "latin-1"
            return "match one m|^a+b| p/A/\nmatch broken m|(| p/B/\nsoftmatch two m|^c|\n"

    monkeypatch.setattr(banners, "PROBES", Probes())
    way = WAYS["nmap"]()
    assert way.expressions == 2
    assert [way.fits(("any", text)) for text in ("aab", "cd", "b")] == [True, True, False]
    assert [here(name) for name in WAYS] == [True, True, False]


def test_what_is_timed_is_counted() -> None:
    done = timed(Way(3, SSH.__eq__), [SSH, NOISE, SSH])
    assert (done.expressions, done.banners, done.fitted) == (3, 3, 2)
    assert 0 < done.median_us <= done.p95_us
    assert done.a_second > 0


def test_as_a_program_it_writes_a_line_of_json() -> None:
    words = [sys.executable, "-P", banners.__file__, "field", "20"]
    told = json.loads(subprocess.run(words, capture_output=True, check=True, text=True).stdout)
    assert (told["banners"], told["expressions"]) == (20, len(banners.shipped()))
    assert told["fitted"] >= 10
