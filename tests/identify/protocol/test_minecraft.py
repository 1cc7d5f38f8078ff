"""Minecraft: a status by minecraft.wiki's example, and Bedrock's pong from the same place."""

from contextlib import suppress

from hypothesis import given
from tests.identify.damage import damaged
from tests.identify.script import Line, play

from periplus.errors import BadReply
from periplus.identify.protocol.minecraft import (
    PROTOCOLS,
    QUESTION,
    packet,
    pong_untrusted,
    status_untrusted,
    varint,
)
from periplus.payload.minecraft import MAGIC

PROTOCOL, PROTOCOL_BEDROCK = PROTOCOLS
STATUS = (
    b'{"version":{"name":"Paper 1.20.4","protocol":765},"players":{"max":100,"online":5},'
    b'"description":{"text":"Hello, world!"},"favicon":"data:image/png;base64,' + 300 * b"A" + b'"}'
)
LIST = b"MCPE;Dedicated Server;390;1.14.60;0;10;13253860892328930865;Bedrock level;Survival;1;19132;19133;"
PONG = b"\x1c" + QUESTION.data[1:9] + bytes(8) + MAGIC + len(LIST).to_bytes(2, "big") + LIST
SCRIPTS: dict[str, list[Line]] = {
    "Paper": [(">", None), ("<", packet(b"\0", varint(len(STATUS)), STATUS))],
    "minecraft-protocol 1.54.0": [
        (">", None),
        (
            "<",
            (
                b'~\0|{"version":{"name":"1.20.4","protocol":765},"players":{"max":7,"online":0,"sample":[]},'
                b'"description":{"text":"hello there"}}'
            ),
        ),
    ],
    "no JSON": [(">", None), ("<", packet(b"\0", varint(10), b"{{{{{{{{{{"))],
    "HTTP": [(">", None), ("<", b"HTTP/1.1 400 Bad Request\r\n\r\n")],
}
BEDROCK: dict[str, list[Line]] = {
    "the wiki's": [(">", QUESTION.data), ("<", PONG)],
    "another game": [(">", QUESTION.data), ("<", PONG[:33])],
    "an echo": [(">", QUESTION.data), ("<", QUESTION.data)],
}
MORE_SCRIPTS = ((PROTOCOL_BEDROCK, BEDROCK),)


def test_java() -> None:
    service = play(PROTOCOL, SCRIPTS["Paper"])
    assert (service.protocol, service.product, service.version) == ("minecraft", "Paper", "1.20.4")
    assert (service.detail["online"], service.detail["max"]) == (5, 100)
    assert service.detail["description"] == "Hello, world!"


def test_minecraft_protocol() -> None:
    service = play(PROTOCOL, SCRIPTS["minecraft-protocol 1.54.0"])
    assert (service.version, service.detail["description"]) == ("1.20.4", "hello there")


def test_what_is_no_status() -> None:
    assert play(PROTOCOL, SCRIPTS["no JSON"]).protocol is None
    assert play(PROTOCOL, SCRIPTS["HTTP"]).protocol is None


def test_bedrock() -> None:
    service = play(PROTOCOL_BEDROCK, BEDROCK["the wiki's"])
    assert (service.protocol, service.version) == ("minecraft-bedrock", "1.14.60")
    assert service.detail["name"] == "Dedicated Server"
    assert play(PROTOCOL_BEDROCK, BEDROCK["another game"]).confidence == 0.6
    assert play(PROTOCOL_BEDROCK, BEDROCK["an echo"]).protocol is None


@given(damaged(STATUS, PONG))
def test_any_bytes(data: bytes) -> None:
    for parse in (pong_untrusted, status_untrusted):
        with suppress(BadReply):
            parse(data)
