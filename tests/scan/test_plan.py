"""Plans: against what scans of an internet in memory really send, and for spaces that nobody could enumerate."""

from dataclasses import replace

import numpy as np
import pytest
from tests.scan.campaigns import behind, campaign, config_of, far, finding, syn, udp
from tests.scan.runs import ETH4, ETH6, PATHS, QUICK, ROUTERS, crowd, space_of
from tests.sim.frames import CLOSED, DROPPED, Host, Wire, mute
from tests.space.scopes import scope

from periplus.columns import U16
from periplus.engine.timing import TEMPLATES, Timing
from periplus.scan.config import Fingerprinting, ScanConfig, Work
from periplus.scan.plan import (
    FASTEST_PPS,
    LINK_TRIES,
    QUICK_CONNECTS,
    QUICK_PPS,
    Figures,
    Plan,
    assumed_reaches,
    plan_of,
    reaches_of,
)
from periplus.space.ip import V4_BASE, parse_ip
from periplus.space.ranges import AddressSpace
from periplus.space.space import Space
from periplus.technique.catalogue import by_name
from periplus.transport.neighbours import _TRIES
from periplus.wire.shape import Shape

REACHES = reaches_of(PATHS)
PORTS = [22, 80, 443, 8080]
NEARS = [f"198.18.0.{last}" for last in range(10, 15)]
FARS = [far(last) for last in range(10, 15)]
EVERYTHING = AddressSpace.of([(V4_BASE, V4_BASE + (1 << 32) - 1)])


def stage(plan: Plan, name: str) -> Figures:
    [found] = [each for each in plan.stages if each.name == name]
    return found.first


def bare(space: Space, timing: Timing = QUICK, technique: str = "syn") -> ScanConfig:
    return config_of((Work(by_name(technique), space),), None, timing)


def test_as_much_is_sent_as_was_planned_if_everything_answers() -> None:
    hosts = crowd(5, {}) | {text: behind(Host({}, CLOSED, icmp=())) for text in FARS}
    wire = Wire(hosts, ROUTERS)
    config = config_of((syn(space_of(NEARS + FARS, PORTS)),), None)
    plan = plan_of(config, REACHES, [ETH4])
    run = campaign(wire, config)
    assert stage(plan, "syn").probes == run.summary.probes == 10 * len(PORTS)
    assert stage(plan, "link").packets == len(wire.asked) == 6
    assert plan.first.packets == sum(len(frames) for _, frames in wire.sent)
    assert plan.first.octets == sum(frames.size for _, frames in wire.sent)


def test_as_much_is_sent_as_was_planned_if_nothing_does() -> None:
    hosts = {text: Host({}, DROPPED, host.mac) for text, host in crowd(5, {}).items()}
    wire = Wire(hosts, ROUTERS)
    config = config_of((syn(space_of(NEARS, PORTS)),), None)
    plan = plan_of(config, REACHES)
    run = campaign(wire, config)
    [work] = [each for each in plan.stages if each.name == "syn"]
    assert work.silent.probes == run.summary.probes == 2 * 5 * len(PORTS)
    assert work.most.probes == QUICK.max_tries * 5 * len(PORTS)


def test_pings_as_planned_if_nobody_is_there() -> None:
    wire = Wire({text: behind(mute()) for text in FARS}, ROUTERS)
    config = config_of((syn(space_of(NEARS + FARS, PORTS)),), finding(NEARS + FARS))
    plan = plan_of(config, REACHES, [ETH4])
    campaign(wire, config)
    # the router answers, and is asked once
    assert plan.none_up is not None
    assert plan.none_up.packets - (LINK_TRIES - 1) == sum(len(frames) for _, frames in wire.sent)
    assert stage(plan, "discovery").probes == 5 * 4
    assert LINK_TRIES == _TRIES


def test_who_is_on_the_link_is_pinged_if_that_is_wanted() -> None:
    config = config_of((), finding(NEARS, link_proof=False))
    plan = plan_of(config, REACHES)
    assert (stage(plan, "link").probes, stage(plan, "discovery").probes) == (5, 20)
    assert [each.name for each in plan_of(config_of((), finding(NEARS)), REACHES).stages] == ["link"]


def test_this_machine_s_own_addresses_need_no_proof_and_tunnels_no_arp() -> None:
    plan = plan_of(config_of((), finding(["127.0.0.1", "198.18.9.7"])), REACHES)
    assert [(each.name, each.hosts) for each in plan.stages] == [("discovery", 1)]


def test_connects_are_pinged_wherever_they_go() -> None:
    found = finding(NEARS, [(by_name("connect"), 80)], link_proof=False)
    plan = plan_of(config_of((Work(by_name("connect"), space_of(NEARS, PORTS)),), found), REACHES)
    assert [(each.name, each.first.probes) for each in plan.stages] == [
        ("link", 5),
        ("discovery", 5),
        ("connect", 20),
    ]
    assert plan.pace.quick_s == pytest.approx(30 / QUICK_CONNECTS)


def test_what_has_no_way_is_left_out() -> None:
    plan = plan_of(bare(space_of([*NEARS, "2001:db8:2::7", "198.17.0.1"], PORTS)), REACHES)
    assert (plan.targets, plan.left_out) == (7, 2)
    assert stage(plan, "syn").probes == 20


def test_fragments_are_packets_and_no_probes() -> None:
    config = replace(bare(space_of(FARS, PORTS)), shape=Shape(fragment=8))
    assert stage(plan_of(config, REACHES), "syn") == Figures(20, 60, 60 * (34 + 8))


def test_techniques_are_stages_with_ports_of_their_own() -> None:
    config = config_of((syn(space_of(FARS, [80, 81])), udp(space_of([*FARS, NEARS[0]], [53]))), None)
    plan = plan_of(config, REACHES)
    assert [(each.name, each.hosts, each.each, each.first.probes) for each in plan.stages] == [
        ("link", 1, 1, 1),
        ("syn", 5, 2, 10),
        ("udp", 6, 1, 6),
    ]


def test_traceroute_costs_two_probes_a_host_behind_a_router() -> None:
    config = replace(config_of((syn(space_of(FARS + NEARS, PORTS)),), None), traceroute=True)
    [trace] = [each for each in plan_of(config, REACHES).stages if each.name == "traceroute"]
    assert (trace.hosts, trace.first, trace.most.probes) == (5, Figures(10, 10, 580), 5 * 90)
    by_echo = replace(config_of((), finding(FARS)), traceroute=True)
    assert stage(plan_of(by_echo, REACHES), "traceroute").octets == 10 * (34 + 16)


# the time


def takes(timing: Timing, hosts: int = 5, ports: int = 4) -> tuple[float, float, str | None]:
    pace = plan_of(bare(space_of(FARS[:hosts], list(range(1, ports + 1))), timing), REACHES).pace
    return pace.quick_s, pace.slow_s, pace.ceiling


def test_without_a_rate_the_time_is_between_two_assumptions() -> None:
    quick_s, slow_s, why = takes(Timing())
    assert (quick_s, slow_s) == pytest.approx((20 / QUICK_PPS, 40 / 2_500))
    assert why is None


def test_without_a_limit_the_time_is_what_a_machine_can_send() -> None:
    quick_s, slow_s, why = takes(Timing().once())
    assert (quick_s, slow_s) == pytest.approx((20 / FASTEST_PPS, 20 / FASTEST_PPS))
    assert why is None


def test_a_rate_is_the_ceiling_and_silence_may_be_slower() -> None:
    assert takes(Timing(max_rate=10)) == (2.0, 4.0, "--max-rate")
    assert takes(Timing(max_rate=1e6))[:2] == pytest.approx((2e-5, 40 / 2_500))


def test_delays_count_for_each_host() -> None:
    quick_s, slow_s, why = takes(TEMPLATES[2])
    assert (quick_s, slow_s) == pytest.approx((0.4 * 3, 40.0))  # one at a time, a second each
    assert why == "delay"


def test_rates_count_packets() -> None:
    config = replace(bare(space_of(FARS, PORTS), Timing(max_rate=10)), shape=Shape(fragment=8))
    for each, name in ((config, "--max-rate"), (replace(config, scope=scope(max_rate=5)), "scope")):
        pace = plan_of(each, REACHES).pace
        slower = 1 + (name == "scope")
        assert (pace.quick_s, pace.slow_s, pace.ceiling) == (6.0 * slower, 12.0 * slower, name)


def test_rates_of_hosts_and_networks_hold_a_plan_down() -> None:
    assert takes(Timing(max_host_rate=2)) == (2.0, 4.0, "--max-host-rate")  # four ports each
    assert takes(Timing(max_net_rate=2)) == (10.0, 20.0, "--max-net-rate")  # five hosts of one network


def test_operating_systems_cost_sixteen_probes_a_host_of_ipv4() -> None:
    hosts = [*NEARS, "2001:db8::2"]
    config = replace(config_of((syn(space_of(hosts, PORTS)),), None), fingerprint=Fingerprinting())
    [found] = [each for each in plan_of(config, REACHES).stages if each.name == "os"]
    assert (found.hosts, found.first.probes, found.most.probes) == (5, 5 * 16, 5 * 48)
    assert found.first.octets > 5 * 16 * (14 + 40)


def test_traceroute_has_a_pace_of_its_own() -> None:
    config = replace(config_of((), finding(FARS)), traceroute=True)
    pace = plan_of(config, REACHES).pace
    assert (pace.quick_s, pace.ceiling) == (0.01, "traceroute")


# the busiest network


def test_the_busiest_network_gets_its_share_of_the_rate() -> None:
    space = space_of([*FARS, "198.19.1.1"], PORTS)
    network = plan_of(bare(space, Timing(max_rate=10)), REACHES).busiest
    assert network is not None
    assert (network.text, network.first, network.most) == ("198.19.0.0/24", 20, 220)
    assert network.per_second == pytest.approx(10 * 20 / 24)


def test_nothing_to_send_has_no_busiest_network() -> None:
    plan = plan_of(config_of((), finding(["127.0.0.1"])), REACHES)
    assert (plan.busiest, plan.first, plan.pace.quick_pps) == (None, Figures(), 0.0)


# what nobody could enumerate


def all_ports() -> U16:
    return np.arange(1, 65_536, dtype=np.uint16)


def test_the_whole_of_ipv4_on_every_port_is_counted() -> None:
    plan = plan_of(bare(Space.of([(EVERYTHING, all_ports())])), assumed_reaches())
    assert plan.first == Figures(65_535 << 32, 65_535 << 32, 58 * 65_535 << 32)
    assert plan.busiest is not None
    assert plan.busiest.first == 256 * 65_535


def test_an_ipv6_network_of_2_64_addresses_is_counted() -> None:
    first = parse_ip("2001:db8::")
    six = AddressSpace.of([(first, first + (1 << 61) - 1)])
    plan = plan_of(bare(Space.of([(six, all_ports()[:1])])), assumed_reaches())
    assert plan.first == Figures(1 << 61, 1 << 61, 78 << 61)


def test_lanes_that_are_alike_are_one_way() -> None:
    assert [(way.lane, way.on_link) for way in REACHES][1:3] == [(ETH4, True), (REACHES[2].lane, True)]
    assert {way.lane for way in REACHES if not way.on_link} == {ETH4, ETH6}
    assert [way.asks_link for way in REACHES].count(True) == 2
