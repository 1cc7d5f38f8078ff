"""Which versions, cipher suites and groups a server accepts: it is offered all, what it chose is struck, and so on.

An audit asks without I/O: `questions` yields a hello for a connection of its own, and is sent the beginning of what
came back. It finishes no handshake. A server that accepts n suites of a version is asked n+1 times about it. Of TLS
1.3 the group is asked for by a hello without a key share, to which a server answers with a retry that names its
choice (RFC 8446 section 4.1.4); before, it stands in the key exchange (RFC 8422 section 5.4), as does the prime of a
finite field (RFC 5246 section 7.4.3).

Who says nothing at all to a hello of 350 suites, as some old implementations do, is asked in pieces of `PIECE`.

Limits: of suites that want more than a certificate (PSK, SRP, Kerberos) only those show whose server answers without;
a server with several certificates is offered what any of them may sign. SSL 2.0 is not asked for.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

from periplus.errors import BadReply
from periplus.identify.tls.client_hello import (
    Draw,
    client_hello,
    extension,
    groups,
    key_share,
    psk_modes,
    server_name,
    signature_schemes,
    supported_versions,
)
from periplus.identify.tls.hello import (
    GROUPS,
    VERSIONS,
    ServerHello,
    alert_untrusted,
    dh_bits_untrusted,
    messages_untrusted,
    server_hello_untrusted,
)
from periplus.identify.tls.suites import is_ecdhe, is_finite_dh, of_tls_13

__all__ = ["Audit", "Questions", "enough_untrusted"]

SSL_3, TLS_1, TLS_12, TLS_13 = 0x0300, 0x0301, 0x0303, 0x0304
NEWEST_FIRST = sorted(VERSIONS, reverse=True)
PIECE = 60
# All that certificates are signed by, the better first (RFC 8446 section 4.2.3, RFC 5246 section 7.4.1.4.1).
SIGNATURES = (
    0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B, 0x0401, 0x0501, 0x0601,
    0x0303, 0x0301, 0x0402, 0x0302, 0x0203, 0x0201, 0x0202, 0x0101,
)  # fmt: skip
X25519, SHARE_BYTES = 0x001D, 32
EXTENDED_MASTER_SECRET, POINTS, RENEGOTIATION = 23, 11, 0xFF01
DONE = 14  # the message with which a server ends its turn, before TLS 1.3
ALERT, HANDSHAKE = 21, 22
MOST_ANSWER = 64 << 10
Questions = Generator[bytes, bytes, None]


@dataclass(eq=False)
class Audit:
    """What was found of a server by now.

    `suites` are the names of those that are offered. `ciphers` are accepted numbers by version, in the order in which
    the server chose them; `prefers` is whether its own order decides, by version. `dh_bits`: the shortest prime.
    """

    name: str | None
    suites: Mapping[int, str]
    draw: Draw
    ciphers: dict[int, list[int]] = field(default_factory=dict)
    groups: list[int] = field(default_factory=list)
    prefers: dict[int, bool] = field(default_factory=dict)
    dh_bits: int | None = None
    jarm: str | None = None
    cut: str | None = None  # why not all was asked

    def given(self, version: int, offered: Sequence[str]) -> str | None:
        """Return which of these suites, by name and in a client's order, it is given; None: none, or not known."""
        if self.cut and version not in self.prefers:
            return None
        accepted = [self.suites[each] for each in self.ciphers.get(version, ())]
        order, others = (accepted, offered) if self.prefers.get(version) else (offered, accepted)
        return next((each for each in order if each in others), None)

    def questions(self) -> Questions:
        """Ask for everything; `ciphers` and so on grow as answers come."""
        for version in NEWEST_FIRST:
            yield from self._suites_of(version)
            if len(self.ciphers.get(version, ())) > 1:
                yield from self._preference(version)
        yield from self._all_groups()

    def _suites_of(self, version: int) -> Questions:
        offered = of_tls_13(self.suites, wanted=version == TLS_13)
        answer = yield self._hello(version, offered)
        pieces = [offered] if answer else [offered[at : at + PIECE] for at in range(0, len(offered), PIECE)]
        for piece in pieces:
            left = list(piece)
            if len(pieces) > 1:
                answer = yield self._hello(version, left)
            while (chosen := self._chosen_untrusted(answer, version, left)) is not None:
                self.ciphers.setdefault(version, []).append(chosen.cipher)
                left.remove(chosen.cipher)
                if not left:
                    break
                answer = yield self._hello(version, left)

    def _preference(self, version: int) -> Questions:
        """Offer what is accepted the other way round: whoever chooses by the client's order chooses otherwise now."""
        order = self.ciphers[version]
        there = self._chosen_untrusted((yield self._hello(version, order)), version, order)
        back = self._chosen_untrusted((yield self._hello(version, order[::-1])), version, order)
        if there and back:
            self.prefers[version] = there.cipher == back.cipher

    def _all_groups(self) -> Questions:
        for version in NEWEST_FIRST:
            accepted = self.ciphers.get(version, ())
            suites = [each for each in accepted if version == TLS_13 or is_ecdhe(self.suites[each])]
            if suites and version > SSL_3:
                yield from self._groups_of(version, suites)
            if version < TLS_13 and suites:
                return  # what came before does not differ

    def _groups_of(self, version: int, suites: Sequence[int]) -> Questions:
        left = list(GROUPS)
        while left:
            answer = yield self._hello(version, suites, left, share=False)
            chosen = self._chosen_untrusted(answer, version, suites)
            if chosen is None or chosen.group not in left:
                return
            if chosen.group not in self.groups:
                self.groups.append(chosen.group)
            left.remove(chosen.group)

    def _chosen_untrusted(self, answer: bytes, version: int, offered: Sequence[int]) -> ServerHello | None:
        """Return the hello of a server that took the offer."""
        try:
            chosen = server_hello_untrusted(answer)
        except BadReply:
            return None
        if chosen.version != version or chosen.cipher not in offered:
            return None
        bits = dh_bits_untrusted(answer) if is_finite_dh(self.suites[chosen.cipher]) else None
        if bits is not None:
            self.dh_bits = min(bits, self.dh_bits or bits)
        return chosen

    def _hello(
        self, version: int, suites: Sequence[int], curves: Sequence[int] = tuple(GROUPS), share: bool = True
    ) -> bytes:
        record = min(version, TLS_1)
        if version == SSL_3:  # knows no extensions
            return client_hello(version, suites, (), self.draw, record)
        extensions = [
            *([server_name(self.name)] if self.name else []),
            extension(EXTENDED_MASTER_SECRET, b""),
            extension(RENEGOTIATION, b"\0"),
            groups(curves),
            extension(POINTS, b"\1\0"),
            signature_schemes(SIGNATURES),
        ]
        if version == TLS_13:
            shares = [(X25519, self.draw(SHARE_BYTES))] if share else []
            extensions += [supported_versions([TLS_13]), psk_modes([1]), key_share(shares)]
        return client_hello(min(version, TLS_12), suites, extensions, self.draw, record)


def enough_untrusted(answer: bytes) -> bool:
    """Whether the beginning of an answer holds all that an audit looks at."""
    if not answer:
        return False
    if answer[0] != HANDSHAKE or len(answer) > MOST_ANSWER:
        return answer[0] != ALERT or alert_untrusted(answer) is not None
    try:
        hello = server_hello_untrusted(answer)
    except BadReply:
        return False
    return hello.version == TLS_13 or any(kind == DONE for kind, _ in messages_untrusted(answer))
