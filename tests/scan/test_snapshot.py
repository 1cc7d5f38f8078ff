import pytest

from periplus.scan.snapshot import Snapshot


def snapshot(settled: int, total: int) -> Snapshot:
    """A moment of a run with so many settled cells."""
    return Snapshot(
        elapsed_s=1.0,
        sent=settled,
        settled=settled,
        total=total,
        hosts_done=0,
        hosts=1,
        open_found=0,
        rate_pps=0.0,
        loss=0.0,
        eta_s=None,
        phase="SYN scan",
    )


@pytest.mark.parametrize(
    ("settled", "total", "share"), [(0, 4, 0.0), (1, 4, 0.25), (4, 4, 1.0), (5, 4, 1.0), (0, 0, None)]
)
def test_the_share_is_known_when_there_is_something_to_settle(
    settled: int, total: int, share: float | None
) -> None:
    assert snapshot(settled, total).share == share
