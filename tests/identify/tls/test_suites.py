"""The table of cipher suites that ships, and what names tell; scapy's table is the independent one."""

from scapy.layers.tls.crypto.suites import _tls_cipher_suites

from periplus.data import cipher_suites_text
from periplus.identify.tls.suites import is_ecdhe, is_finite_dh, of_tls_13, read_suites

SUITES = read_suites(cipher_suites_text())
ALIASES = {0x0026, 0x0029, 0xC0AA, 0xC0AB, 0xCC13, 0xCC14, 0xCC15}  # scapy's names are older or its own


def test_scapy_knows_most_of_them_by_the_same_name() -> None:
    known = {number: name for number, name in _tls_cipher_suites.items() if number in SUITES}
    assert len(known) > 250
    assert {number for number, name in known.items() if SUITES[number] != name} == ALIASES


def test_signals_are_no_suites() -> None:
    assert not {0x0000, 0x00FF, 0x5600} & SUITES.keys()


def test_suites_of_tls_1_3() -> None:
    newest = of_tls_13(SUITES, wanted=True)
    assert {0x1301, 0x1302, 0x1303, 0x1304, 0x1305, 0x00C6, 0x00C7} <= set(newest)
    assert set(newest) | set(of_tls_13(SUITES, wanted=False)) == set(SUITES)
    assert not any("_WITH_" in SUITES[each] for each in newest)


def test_what_a_name_says_of_the_key_exchange() -> None:
    assert is_ecdhe("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
    assert is_finite_dh("TLS_DH_anon_WITH_AES_128_GCM_SHA256")
    assert not is_finite_dh("TLS_DH_RSA_WITH_AES_128_GCM_SHA256")
    assert not is_ecdhe("TLS_RSA_WITH_AES_128_GCM_SHA256")


def test_comments_are_none() -> None:
    assert read_suites("# a\n\n1301 TLS_A\n") == {0x1301: "TLS_A"}
