"""The first request, read by scapy and by the strict walker."""

from scapy.layers.kerberos import KRB_AS_REQ, Kerberos
from tests.payload.reading import data, only


def test_scapy_reads_an_unknown_realm() -> None:
    request = Kerberos(data("kerberos")).root
    assert isinstance(request, KRB_AS_REQ)
    body = request.reqBody
    assert body.realm.val == b"PERIPLUS.INVALID"
    assert [each.val for each in body.sname.nameString] == [b"krbtgt", b"PERIPLUS.INVALID"]
    assert [each.val for each in body.etype] == [18, 17, 23]


def test_there_is_no_proof_of_who_asks() -> None:
    request = only(data("kerberos"))
    assert request.tag == 0x6A
    parts = {part.tag & 0x1F: part[0] for part in request[0].inner}
    assert (parts[1].number, parts[2].number) == (5, 10)
    assert 3 not in parts
    assert [part.tag & 0x1F for part in parts[4].inner] == [0, 1, 2, 3, 5, 7, 8]
