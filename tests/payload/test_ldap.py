"""The search of the root entry, read by scapy and by the strict walker."""

from scapy.layers.ldap import LDAP, LDAP_SearchRequest
from tests.payload.reading import data, only


def test_one_attribute_of_the_root_is_asked_for() -> None:
    packet = LDAP(data("cldap"))
    search = packet.protocolOp
    assert isinstance(search, LDAP_SearchRequest)
    assert (search.baseObject.val, search.scope.val, search.derefAliases.val) == (b"", 0, 0)
    assert [each.type.val for each in search.attributes] == [b"supportedLDAPVersion"]
    assert (search.filter.filter.present.val, search.sizeLimit.val) == (b"objectClass", 1)


def test_the_walker_finds_the_same() -> None:
    ident, search = only(data("cldap")).inner
    assert only(data("cldap")).tag == 0x30
    assert (ident.number, search.tag) == (1, 0x63)
    assert [each.tag for each in search.inner] == [0x04, 0x0A, 0x0A, 0x02, 0x02, 0x01, 0x87, 0x30]
