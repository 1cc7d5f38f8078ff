"""OPTIONS, with all headers that a request must have (RFC 3261, 8.1.1)."""

from tests.payload.reading import data, start_and_headers


def test_it_has_what_a_request_needs_and_no_hops() -> None:
    start, headers = start_and_headers(data("sip"))
    assert start == "OPTIONS sip:periplus.invalid SIP/2.0"
    assert headers.keys() >= {"via", "max-forwards", "to", "from", "call-id", "cseq"}
    assert (headers["max-forwards"], headers["content-length"]) == ("0", "0")
    assert headers["cseq"] == "1 OPTIONS"
    assert ";branch=z9hG4bK" in headers["via"]
    assert headers["via"].endswith(";rport")
    assert ";tag=" in headers["from"]
    assert ";tag=" not in headers["to"]
