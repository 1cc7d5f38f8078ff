"""Reading messages in the form of DNS (RFC 1035, 4), by dnspython: of name servers, of mDNS and LLMNR responders."""

from typing import TYPE_CHECKING

from periplus.errors import BadReply

if TYPE_CHECKING:
    from dns.message import Message

__all__ = ["answer_untrusted", "texts_of"]


def answer_untrusted(data: bytes, question: bytes) -> "Message":
    """Return the answer to this question; raises BadReply."""
    from dns.exception import DNSException
    from dns.flags import QR
    from dns.message import from_wire

    if data[:2] != question[:2]:
        raise BadReply("no answer to our question")
    try:
        message = from_wire(data, ignore_trailing=True)
    except (DNSException, ValueError, IndexError) as error:
        raise BadReply(f"no DNS message: {error or type(error).__name__}") from None
    asked = from_wire(question)
    if not message.flags & QR or message.opcode() != asked.opcode():
        raise BadReply("no answer")
    if message.question and message.question != asked.question:
        raise BadReply("an answer to another question")
    return message


def texts_of(message: "Message") -> list[str]:
    """Return all texts of the TXT records that answer."""
    from dns.rdtypes.ANY.TXT import TXT

    return [
        b"".join(record.strings).decode("utf-8", "replace")
        for records in message.answer
        for record in records
        if isinstance(record, TXT)
    ]
