"""Answers of any shape, for the tests beside this file."""

from hypothesis import strategies as st

from periplus.identify.http.message import Answer

NAMES = (
    "Server",
    "Location",
    "Content-Type",
    "Set-Cookie",
    "WWW-Authenticate",
    "Refresh",
    "X-Powered-By",
    "DAV",
)
PIECES = (
    b"<title>", b"</title>", b"<meta ", b'name="generator" ', b"content='x'", b">", b"<link rel=icon href=",
    b"http-equiv=refresh ", b"0;url=/x", b"location='", b"&#x", b"charset=utf-16", b"\xff\xfe", b"\n",
)  # fmt: skip
TEXT = st.text(max_size=40)
any_answer = st.builds(
    Answer,
    version=st.sampled_from(["0.9", "1.0", "1.1", "ICY"]),
    status=st.integers(100, 599),
    reason=TEXT,
    headers=st.lists(st.tuples(st.sampled_from(NAMES), TEXT), max_size=5).map(tuple),
    body=st.one_of(
        st.binary(max_size=200),
        st.lists(st.sampled_from(PIECES), max_size=20).map(b"".join),
    ),
    reusable=st.booleans(),
)


def said(body: bytes = b"", status: int = 200, **headers: str) -> Answer:
    """An answer with headers whose names are written with underscores."""
    return Answer(
        "1.1", status, "", tuple((key.replace("_", "-"), value) for key, value in headers.items()), body
    )
