"""Limits are in an order that makes sense."""

from periplus.identify.driver.limits import Limits


def test_what_is_within_what() -> None:
    limits = Limits()
    assert limits.glance_s < limits.listen_s < limits.greeting_s < limits.talk_s < limits.port_s
    assert limits.per_host < limits.connections
    assert limits.at_once <= limits.per_host
