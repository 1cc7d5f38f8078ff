"""What an answer in HTTP says about its port beside being HTTP: a proxy, a TLS port asked in plain text, or a service
that only knows enough HTTP to send browsers away.

What such answers look like is data here, from the sources of the programs that send them.
"""

import re

from periplus.identify.http.message import Answer

__all__ = ["BARELY_HTTP", "LOOKS", "PROXY", "WANTS_TLS", "marks"]

LOOKS = re.compile(rb"HTTP/\d(?:\.\d)? +[1-5]\d\d\b|ICY \d{3} ")

# Services that answer browsers: MongoDB, Tor's SOCKS port, Hadoop's RPC, Elasticsearch's transport.
BARELY_HTTP = re.compile(
    rb"trying to access MongoDB over HTTP|Tor is not an HTTP Proxy|This is a SOCKs proxy, not an HTTP proxy"
    rb"|HTTP request to a Hadoop IPC port|This is not an? HTTP port",
    re.IGNORECASE,
)
WANTS_TLS = re.compile(
    rb"plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL-enabled server port"
    rb"|sent an HTTP request to an HTTPS server|requires TLS\.|This combination of host and port requires TLS"
    rb"|This web server is running in SSL mode|HTTP request was received on an? HTTPS port"
    rb"|Use of plain HTTP .{0,40}HTTPS",
    re.IGNORECASE,
)
PROXY = re.compile(
    rb"^HTTP/1\.[01] 407\b|^(?:Proxy-Authenticate|Proxy-Agent|Proxy-Connection|X-Squid-Error)[ \t]*:"
    rb"|^Server:[ \t]*(?:squid|tinyproxy|privoxy|Mikrotik HttpProxy|mitmproxy|CCProxy|Polipo|WinGate|Zscaler)"
    rb"|Invalid header received from client\.",
    re.IGNORECASE | re.MULTILINE,
)
MOST = 8_192


def marks(answer: Answer) -> bytes:
    """Return an answer's head and the beginning of its body, for the expressions of this module."""
    head = f"HTTP/{answer.version} {answer.status} {answer.reason}\n{answer.lines}\n\n"
    return head.encode("utf-8", "replace") + answer.body[:MOST]
