"""An audit over real connections: of a server with known settings, of one that stops, and of one that is silent."""

import asyncio
import ssl
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from tests.identify.certificates import server_context
from tests.identify.driver.test_explore import A, answering, silent
from tests.identify.protocol.test_mssql import answer as prelogin_answer
from tests.identify.servers import HASTY, LOCAL, Handler, driver, identified, saying, serving
from tests.identify.starting_tls import STARTING_TLS, starting_tls

from periplus.data import cipher_suites_text
from periplus.identify.driver.audit import Auditing
from periplus.identify.driver.driver import Port
from periplus.identify.driver.limits import Limits
from periplus.identify.driver.stream import NoConnection, Stream
from periplus.identify.model import Peer, Protocol
from periplus.identify.protocol import mssql
from periplus.identify.protocol.mssql import pack, unpack_untrusted
from periplus.identify.service import Service
from periplus.identify.tls.audit import Audit
from periplus.identify.tls.client_hello import draws
from periplus.identify.tls.suites import read_suites

SUITES = read_suites(cipher_suites_text())
PATIENT = replace(HASTY, answer_s=5.0)  # a busy machine is no silent peer
REFUSAL = bytes.fromhex("15030300020228")


def audited(
    handler: Handler,
    limits: Limits = PATIENT,
    tls: ssl.SSLContext | None = None,
    few: int | None = None,
    within: Protocol | None = None,
) -> Auditing:
    """The audit of a server that takes so `few` connections."""

    async def both() -> Auditing:
        async with serving(handler, tls) as port:
            taken = 0

            async def connect() -> Stream:
                nonlocal taken
                taken += 1
                if few is not None and taken > few:
                    raise NoConnection("refused")
                return await Stream.open(LOCAL, port, 1.0, lambda: time.monotonic() * 1000)

            audit = Audit("server.test", SUITES, draws(b"n"))
            auditing = Auditing(audit, Peer(LOCAL, port, "server.test"), limits, connect, within)
            await auditing.run()
            return auditing

    return asyncio.run(both())


def test_a_server_with_known_settings(tmp_path: Path) -> None:
    context = server_context(tmp_path)
    context.set_ciphers("ECDHE-ECDSA-AES256-SHA:ECDHE-ECDSA-AES128-GCM-SHA256")
    found = audited(silent, tls=context).audit
    assert found.ciphers == {0x0304: [0x1302, 0x1303, 0x1301], 0x0303: [0xC00A, 0xC02B]}
    assert found.cut is None
    assert found.jarm is not None
    assert found.jarm[:3] == "1ed"  # C00A is the thirtieth of JARM's suites


def test_who_refuses_everything_has_nothing(tmp_path: Path) -> None:
    found = audited(saying(b"", REFUSAL))
    assert (found.audit.ciphers, found.audit.jarm, found.audit.cut) == ({}, "0" * 62, None)
    assert found.connections == 10 + 5


def test_who_says_nothing_has_no_print_and_costs_a_bounded_time() -> None:
    found = audited(silent, replace(HASTY, answer_s=0.05, audit_s=1.0))
    assert (found.audit.jarm, found.audit.cut) == (None, "it took too long")


def test_who_takes_no_more_connections_is_left_alone(tmp_path: Path) -> None:
    found = audited(silent, tls=server_context(tmp_path), few=2)
    assert found.audit.cut == "connections are refused: refused"
    assert found.audit.ciphers == {0x0304: [0x1302, 0x1303]}
    assert found.audit.jarm is None


def test_connections_are_bounded(tmp_path: Path) -> None:
    found = audited(silent, replace(PATIENT, audit_connections=13), server_context(tmp_path))
    assert found.connections == 13
    assert found.audit.cut == "more than 13 connections are not made"


def test_tls_within_another_protocol_is_audited_after_the_way_there(tmp_path: Path) -> None:
    context = server_context(tmp_path)
    context.set_ciphers("ECDHE-ECDSA-AES256-SHA:ECDHE-ECDSA-AES128-GCM-SHA256")
    found = audited(starting_tls(context), within=STARTING_TLS).audit
    assert found.ciphers == {0x0304: [0x1302, 0x1303, 0x1301], 0x0303: [0xC00A, 0xC02B]}
    assert found.cut is None
    assert found.jarm is not None


def test_who_does_not_begin_tls_again_is_left_alone() -> None:
    async def busy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"busy\n")
        await reader.readline()

    found = audited(busy, within=STARTING_TLS)
    assert found.audit.cut == "connections are refused: no way to TLS: the peer closed"
    assert (found.connections, found.audit.ciphers) == (3, {})


def test_a_protocol_may_have_a_bound_of_its_own(tmp_path: Path) -> None:
    found = audited(starting_tls(server_context(tmp_path)), within=replace(STARTING_TLS, most_upgrades=5))
    assert (found.connections, found.audit.cut) == (5, "more than 5 connections are not made")
    found = audited(starting_tls(server_context(tmp_path)), within=replace(STARTING_TLS, most_upgrades=100))
    assert (found.audit.cut, found.audit.jarm) == (None, None)
    assert found.connections < 60  # 49, and a few more where an answer is late


def test_a_print_of_refusals_alone_is_none_within_another_protocol() -> None:
    async def refusing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"ready\n")
        await reader.readline()
        writer.write(b"go\n")
        await reader.read(4_096)
        writer.write(REFUSAL)

    found = audited(refusing, within=STARTING_TLS).audit
    assert (found.cut, found.ciphers, found.jarm) == (None, {}, None)


def test_a_service_in_which_tls_begins_is_audited(tmp_path: Path) -> None:
    async def both() -> Service:
        async with serving(starting_tls(server_context(tmp_path))) as port:
            [service] = await identified(
                replace(driver([STARTING_TLS], PATIENT), suites=SUITES), Port(LOCAL, port)
            )
            return service

    service = asyncio.run(both())
    assert (service.protocol, service.info) == ("s", "secret")
    assert service.tls is not None
    assert len(str(service.tls["audited"])) == 62


def sql_server(context: ssl.SSLContext) -> Handler:
    """A server whose TLS comes in packets until it is agreed on."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        packet = await reader.readexactly(8)
        if packet[0] != 0x12:
            return
        await reader.readexactly(int.from_bytes(packet[2:4], "big") - 8)
        writer.write(prelogin_answer(b"\x0f\0\x07\xd0\0\0", 1))
        into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
        server, came = context.wrap_bio(into, out, server_side=True), b""
        while data := await reader.read(65_536):
            held, came = unpack_untrusted(came + data)
            into.write(held)
            with suppress(ssl.SSLWantReadError, ssl.SSLError):
                server.do_handshake()
            if said := out.read():
                writer.write(pack(said)[:5])
                await writer.drain()
                writer.write(pack(said)[5:])
            if server.version():
                break
        await reader.read()

    return handler


def test_tls_in_packets_of_sql_server(tmp_path: Path) -> None:
    context = server_context(tmp_path)
    context.set_ciphers("ECDHE-ECDSA-AES256-SHA:ECDHE-ECDSA-AES128-GCM-SHA256")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    audit = audited(sql_server(context), within=mssql.PROTOCOLS[0]).audit
    assert (audit.ciphers, audit.cut) == ({0x0303: [0xC00A, 0xC02B]}, None)

    async def both() -> Service:
        async with serving(sql_server(context)) as port:
            [service] = await identified(driver([mssql.PROTOCOLS[0]], PATIENT), Port(LOCAL, port))
            return service

    service = asyncio.run(both())
    assert (service.protocol, service.tls) == ("ms-sql-s", {"here": True})


def test_only_who_speaks_tls_is_audited_and_only_when_asked(tmp_path: Path) -> None:
    async def both(tls: ssl.SSLContext | None, wanted: bool, fragile: bool = False) -> tuple[Service, int]:
        permitted = 0

        async def permit(port: Port) -> None:
            nonlocal permitted
            permitted += 1

        async with serving(answering(b"a?\n", b"a!\n"), tls) as port:
            how = replace(driver([A], PATIENT), suites=SUITES if wanted else None, permit=permit)
            [service] = await identified(how, Port(LOCAL, port, fragile=fragile))
            return service, permitted

    context = server_context(tmp_path)
    plain, few = asyncio.run(both(context, wanted=False))
    assert (plain.protocol, plain.tls) == ("a", {"here": True})
    assert few < 10
    service, many = asyncio.run(both(context, wanted=True))
    assert service.protocol == "a"
    assert service.tls is not None
    assert len(str(service.tls["audited"])) == 62
    assert many > few + 20
    assert asyncio.run(both(None, wanted=True))[1] < 10
    assert asyncio.run(both(context, wanted=True, fragile=True))[1] < 10
