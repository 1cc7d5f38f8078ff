"""Strategies for a peer's bytes: any at all, and samples with a cut, a byte changed, or bytes put in."""

from hypothesis import strategies as st

__all__ = ["damaged"]


@st.composite
def _spoilt(draw: st.DrawFn, samples: tuple[bytes, ...]) -> bytes:
    sample = draw(st.sampled_from(samples))
    at = draw(st.integers(0, len(sample)))
    new = draw(st.binary(max_size=4))
    return sample[:at] + new + sample[at + draw(st.integers(0, 4)) :][: draw(st.integers(0, len(sample) + 4))]


def damaged(*samples: bytes) -> st.SearchStrategy[bytes]:
    """Return a strategy of damaged samples, and of bytes that have nothing to do with them."""
    whole = st.sampled_from(samples)
    return st.one_of(_spoilt(samples), whole, st.binary(max_size=300))
