"""Urgent ports come first, every port comes once, and each host has an order of its own."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from periplus.engine.portorder import PortOrder, PortOrders, different_orders, plain_orders
from periplus.space.order import Order

KEY = 7


def _at(order: PortOrder, size: int, host: int) -> list[int]:
    ranks: list[int] = order.at(np.arange(size), np.full(size, host, np.uint64)).tolist()
    return ranks


def _slowly(urgent: list[bool], host: int) -> list[int]:
    """The plain twin: two lists, each in the order of its own permutation."""
    order: list[int] = []
    for wanted in (True, False):
        ranks = [rank for rank, each in enumerate(urgent) if each is wanted]
        if ranks:
            places = Order(len(ranks), KEY).at(np.arange(len(ranks)), np.full(len(ranks), host, np.uint64))
            order += [ranks[place] for place in places]
    return order


@given(st.lists(st.booleans(), min_size=1, max_size=60), st.integers(0, 1 << 40))
def test_every_port_comes_once_and_the_urgent_ones_first(urgent: list[bool], host: int) -> None:
    order = PortOrder(len(urgent), KEY, np.array(urgent))
    ranks = _at(order, len(urgent), host)
    assert sorted(ranks) == list(range(len(urgent)))
    assert order.urgent == sum(urgent)
    assert all(urgent[rank] for rank in ranks[: order.urgent])
    assert ranks == _slowly(urgent, host)


@given(st.lists(st.lists(st.integers(0, 300), min_size=1, max_size=30, unique=True), min_size=1, max_size=6))
def test_hosts_of_several_lists_are_as_each_alone(lists: list[list[int]]) -> None:
    urgent = np.zeros(65_536, np.bool_)
    urgent[::3] = True
    ports = [np.array(sorted(each), np.uint16) for each in lists]
    orders, kind = different_orders(ports, urgent, KEY)
    counts = np.array([len(each) for each in ports])
    hosts = PortOrders(orders, kind, np.arange(len(ports), dtype=np.uint64))
    host = np.repeat(np.arange(len(ports)), counts)
    position = np.concatenate([np.arange(count) for count in counts])
    ranks = hosts.at(host, position)
    for number, each in enumerate(ports):
        assert ranks[host == number].tolist() == _slowly(urgent[each].tolist(), number)
    assert hosts.urgent.tolist() == [int(urgent[each].sum()) for each in ports]


def test_equal_lists_share_an_order() -> None:
    urgent = np.zeros(65_536, np.bool_)
    urgent[53] = True
    lists = [np.array(each, np.uint16) for each in ([1, 53], [9, 53], [53, 99], [1, 2], [7], [8, 9])]
    orders, kind = different_orders(lists, urgent, KEY)
    assert kind.tolist() == [0, 0, 1, 2, 3, 2]
    assert len(orders) == 4


def test_hosts_have_orders_of_their_own() -> None:
    order = PortOrder(50, KEY, np.arange(50) < 25)
    assert _at(order, 50, 1) != _at(order, 50, 2)


def test_without_urgent_ports_the_length_of_a_list_decides() -> None:
    hosts = plain_orders(np.array([4, 9, 4]), np.arange(3), KEY)
    assert hosts.urgent.tolist() == [0, 0, 0]
    assert sorted(hosts.at(np.full(9, 1), np.arange(9)).tolist()) == list(range(9))
    expected = Order(4, KEY).at(np.arange(4), np.full(4, 2, np.uint64))
    assert hosts.at(np.full(4, 2), np.arange(4)).tolist() == expected.tolist()
