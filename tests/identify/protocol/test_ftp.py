"""FTP, by what vsftpd 3.0.3 and ProFTPD 1.3.8 of Debian 12 say on the loopback, and by examples of RFC 959."""

from tests.identify.script import Line, play

from periplus.identify.model import Peer, Protocol
from periplus.identify.protocol.ftp import PROTOCOL, looks_untrusted

FEAT, SYST, AUTH, QUIT = b"FEAT\r\n", b"SYST\r\n", b"AUTH TLS\r\n", b"QUIT\r\n"
VSFTPD_FEATURES = b"211-Features:\r\n AUTH TLS\r\n EPRT\r\n EPSV\r\n MDTM\r\n PASV\r\n211 End\r\n"
SCRIPTS: dict[str, list[Line]] = {
    "vsftpd": [
        ("<", b"220 (vsFTPd 3.0.3)\r\n"),
        (">", FEAT),
        ("<", VSFTPD_FEATURES),
        (">", SYST),
        ("<", b"530 Please login with USER and PASS.\r\n"),
        (">", AUTH),
        ("<", b"234 Proceed with negotiation.\r\n"),
        ("tls", b""),
        (">", QUIT),
    ],
    "ProFTPD without TLS": [
        ("<", b"220 ProFTPD Server (Debian) [127.0.0.1]\r\n"),
        (">", FEAT),
        ("<", b"211-Features:\r\n CLNT\r\n EPRT\r\n211 End\r\n"),
        (">", SYST),
        ("<", b"215 UNIX Type: L8\r\n"),
        (">", QUIT),
    ],
    "as in RFC 959, which knows no FEAT": [
        ("<", b"120 Service ready in 1 minutes.\r\n220 Service ready for new user.\r\n"),
        (">", FEAT),
        ("<", b"500 Syntax error, command unrecognized.\r\n"),
        (">", SYST),
        ("<", b"215 UNIX Type: L8\r\n"),
        (">", AUTH),
        ("<", b"502 Command not implemented.\r\n"),
        (">", QUIT),
    ],
    "no more users": [("<", b"421 Too many FTP users, sorry.\r\n")],
    "login first": [
        ("<", b"220 Welcome\r\n"),
        (">", FEAT),
        ("<", b"530 Please login.\r\n"),
        (">", SYST),
        ("<", b"530 Please login.\r\n"),
        (">", AUTH),
        ("<", b"530 Please login.\r\n"),
        (">", QUIT),
    ],
}
UPGRADES: list[tuple[Protocol, list[Line]]] = [
    (
        PROTOCOL,
        [
            ("<", b"220 (vsFTPd 3.0.3)\r\n"),
            (">", AUTH),
            ("<", b"234 Proceed with negotiation.\r\n"),
            ("tls", b""),
        ],
    ),
    (
        PROTOCOL,
        [
            ("<", b"120 Service ready in 1 minutes.\r\n220 Service ready for new user.\r\n"),
            (">", AUTH),
            ("<", b"502 Command not implemented.\r\n"),
        ],
    ),
    (PROTOCOL, [("<", b"421 Too many FTP users, sorry.\r\n")]),
]


def test_vsftpd() -> None:
    service = play(PROTOCOL, SCRIPTS["vsftpd"])
    assert (service.protocol, service.confidence) == ("ftp", 0.97)
    assert (service.product, service.version) == ("vsftpd", "3.0.3")
    assert service.detail["features"] == ["AUTH TLS", "EPRT", "EPSV", "MDTM", "PASV"]
    assert service.detail["auth_tls"] is True


def test_no_tls_is_begun_where_it_is_not_offered_or_there() -> None:
    service = play(PROTOCOL, SCRIPTS["ProFTPD without TLS"])
    assert (service.detail["syst"], "auth_tls" in service.detail) == ("UNIX Type: L8", False)
    inside = [
        each
        for each in SCRIPTS["vsftpd"]
        if each[0] != "tls" and each[1] not in (AUTH, b"234 Proceed with negotiation.\r\n")
    ]
    assert play(PROTOCOL, inside, Peer("198.18.0.1", 990, tls=True)).protocol == "ftp"


def test_old_servers_are_known_by_their_system() -> None:
    service = play(PROTOCOL, SCRIPTS["as in RFC 959, which knows no FEAT"])
    assert (service.protocol, service.why, service.detail["auth_tls"]) == ("ftp", "215 to SYST", False)


def test_who_wants_a_login_first_is_fairly_sure() -> None:
    assert play(PROTOCOL, SCRIPTS["login first"]).confidence == 0.85
    assert play(PROTOCOL, SCRIPTS["no more users"]).confidence == 0.8


def test_a_mail_server_is_not_known() -> None:
    unknown = b"500 unrecognized command\r\n"
    script: list[Line] = [
        ("<", b"220 ftp.example.com ready\r\n"),
        (">", FEAT),
        ("<", unknown),
        (">", SYST),
        ("<", unknown),
    ]
    assert play(PROTOCOL, script).protocol is None


def test_looks() -> None:
    assert looks_untrusted(b"220 ProFTPD Server") == 0.9
    assert looks_untrusted(b"220 ftp.example.com ESMTP Postfix") == 0.1
    assert looks_untrusted(b"220 ready") == 0.4
    assert looks_untrusted(b"200 ready") == 0
