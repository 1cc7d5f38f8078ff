"""Forward names from servers that the user names (``--dns-servers``) instead of the system's.

The hosts file still comes first, as its entries are no server's. Then the servers are asked for A and AAAA records
(RFC 1035 section 3.4.1, RFC 3596 section 2.1). What is asked twice is asked once.

Limits: names are taken as they are written; the search list of resolv.conf belongs to the system's servers. Names
are asked for one after the other; when some in a row have had no answer at all, the servers are taken for dead, so
that a list of names ends.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from periplus.errors import UsageError
from periplus.scan.names import HOSTS_FILE, Servers, hosts_lines, resolve, resolver_of
from periplus.space.ip import V4_BASE, parse_ip
from periplus.space.quote import quoted

if TYPE_CHECKING:
    from dns.name import Name
    from dns.resolver import Resolver

__all__ = ["ForwardNames", "Resolve", "resolver"]

LIFETIME_S: Final = 5.0  # of one question, repetitions to all servers included
DEAD_AFTER: Final = 3  # questions in a row without an answer
RECORDS: Final = {4: "A", 6: "AAAA"}

Resolve = Callable[[str, int | None, bool], list[int]]


def resolver(servers: Servers | None) -> Resolve:
    """Return what resolves host names, as `names.resolve` does: by the system, or by `servers`."""
    return resolve if servers is None else ForwardNames(servers)


class ForwardNames:
    """Resolves host names by asking `servers`. `lifetime_s` bounds one question."""

    def __init__(self, servers: Servers, lifetime_s: float = LIFETIME_S, hosts: Path = HOSTS_FILE) -> None:
        self._servers = servers
        self._lifetime_s = lifetime_s
        self._hosts_file = hosts
        self._hosts: dict[str, list[int]] | None = None
        self._resolver: Resolver | None = None
        self._known: dict[tuple[Name, int], list[int]] = {}
        self._unanswered = 0

    def __call__(self, name: str, want: int | None, all_addresses: bool) -> list[int]:
        """Return addresses as `names.resolve` does. UsageError in one line when there is none."""
        families = (4, 6) if want is None else (want,)
        found = [each for family in families for each in self._in_hosts(name, family)]
        if not found:
            try:
                found = self._asked(name, families, all_addresses)
            except ValueError as reason:
                raise UsageError(f"target {quoted(name)}: {reason}") from None
        return found if all_addresses else found[:1]

    def _in_hosts(self, name: str, family: int) -> Iterator[int]:
        if self._hosts is None:
            self._hosts = {}
            for address, names in hosts_lines(self._hosts_file):
                for each in names:
                    self._hosts.setdefault(each.lower(), []).append(address)
        found = dict.fromkeys(self._hosts.get(name.lower().removesuffix("."), ()))
        return (each for each in found if _family(each) == family)

    def _asked(self, text: str, families: tuple[int, ...], all_addresses: bool) -> list[int]:
        """Ask for one family after the other; ValueError says why there is no address."""
        name = _name(text)
        found: list[int] = []
        for family in families:
            if all_addresses or not found:
                found += [each for each in self._family(name, family) if each not in found]
        if not found:
            raise ValueError(
                f"does not resolve: it has no {' or '.join(f'IPv{each}' for each in families)} address"
            )
        return found

    def _family(self, name: "Name", family: int) -> list[int]:
        if (name, family) not in self._known:
            self._known[name, family] = self._ask(name, family)
        return self._known[name, family]

    def _ask(self, name: "Name", family: int) -> list[int]:
        from dns.exception import DNSException, Timeout
        from dns.resolver import NXDOMAIN, NoAnswer

        silence = f"does not resolve: no answer from {', '.join(_endpoint(*each) for each in self._servers)}"
        if self._unanswered >= DEAD_AFTER:
            raise ValueError(silence)
        if self._resolver is None:
            self._resolver = resolver_of(self._servers, self._lifetime_s)
        heard = True
        try:
            answer = self._resolver.resolve(name, RECORDS[family], search=False)
            return [parse_ip(record.to_text()) for record in answer]
        except NXDOMAIN:
            raise ValueError("does not resolve: no such name") from None
        except NoAnswer:
            return []
        except (DNSException, OSError) as error:
            heard = not isinstance(error, Timeout)
            raise ValueError(silence) from None
        finally:
            self._unanswered = 0 if heard else self._unanswered + 1


def _name(text: str) -> "Name":
    from dns.exception import DNSException
    from dns.name import from_text

    try:
        return from_text(text)
    except (DNSException, ValueError) as error:  # empty or overlong labels, and what IDNA cannot encode
        raise ValueError(f"is no host name: {error}") from None


def _family(address: int) -> int:
    return 4 if address >> 32 == V4_BASE >> 32 else 6


def _endpoint(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
