"""Servers as Debian ships them, each on an unusual port of one host, for identification to tell apart.

Each is a row: its package, which also gives the version that must be found, what it needs before it starts, how it
starts, and what must be said of it. They run in their host's namespace, in the foreground, with all their files in a
directory of the caller's and a /run of their own, and change nothing of the machine. They end with their `Node`.

Limits: root; what is not installed is not run, and `missing` names its package.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab.network import NEAR, Node, wait_until

__all__ = ["TENANTS", "Tenant", "housed", "installed", "listening", "missing", "move_in", "upstream_version"]

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
OWN_RUN = 'mount -t tmpfs none /run; mkdir -p -m 755 /run/sshd /run/lock /run/rpcbind; exec "$@"'
START_S = 180.0  # two dozen servers begin at once, some of them by making a database


@dataclass(frozen=True, slots=True)
class Tenant:
    """One server; `{files}` in its texts is its directory, `{port}` its port. `before` is a shell script.

    `protocol` and `product` must be said of it; the package's upstream version too, unless the server keeps it to
    itself (`tells_version`). `tls`: it is spoken inside TLS; `starttls`: TLS begins
    within it.
    """

    name: str
    package: str
    program: str
    words: str
    port: int
    protocol: str
    product: str | None
    config: str = ""
    before: str = ""
    proto: str = "tcp"
    tells_version: bool = True
    tls: bool = False
    starttls: bool = False


CERTIFICATE = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=tenant.test "
    "-keyout {files}/key.pem -out {files}/cert.pem 2>/dev/null; "
)
CERTIFICATE_RSA = CERTIFICATE.replace("ec -pkeyopt ec_paramgen_curve:P-256", "rsa:2048")

TENANTS = (
    Tenant(
        "sshd", "openssh-server", "/usr/sbin/sshd", "-D -e -f {files}/config", 2201, "ssh", "OpenSSH",
        "Port {port}\nHostKey {files}/key\nPidFile none\nUsePAM no\nMaxStartups 100\n",
        "ssh-keygen -q -t ed25519 -N '' -f {files}/key",
    ),
    Tenant(
        "nginx", "nginx-light", "/usr/sbin/nginx", "-c {files}/config -e {files}/log", 8101, "http", "nginx",
        "daemon off; master_process off; pid {files}/pid; error_log {files}/log;\nevents {{ }}\n"
        "http {{ access_log off; root {files}; client_body_temp_path {files}/a; proxy_temp_path {files}/b;\n"
        "fastcgi_temp_path {files}/c; uwsgi_temp_path {files}/d; scgi_temp_path {files}/e;\n"
        "server {{ listen {port}; }} }}\n",
    ),
    Tenant(
        "nginx-tls", "nginx-light", "/usr/sbin/nginx", "-c {files}/config -e {files}/log", 9443, "http", "nginx",
        "daemon off; master_process off; pid {files}/pid; error_log {files}/log;\nevents {{ }}\n"
        "http {{ access_log off; root {files}; client_body_temp_path {files}/a; proxy_temp_path {files}/b;\n"
        "fastcgi_temp_path {files}/c; uwsgi_temp_path {files}/d; scgi_temp_path {files}/e;\n"
        "server {{ listen {port} ssl http2; ssl_certificate {files}/cert.pem; ssl_certificate_key {files}/key.pem;\n"
        "ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; }} }}\n",
        CERTIFICATE_RSA, tls=True,
    ),
    Tenant(
        "nginx-h2", "nginx-light", "/usr/sbin/nginx", "-c {files}/config -e {files}/log", 8103, "http2", "nginx",
        "daemon off; master_process off; pid {files}/pid; error_log {files}/log;\nevents {{ }}\n"
        "http {{ access_log off; root {files}; client_body_temp_path {files}/a; proxy_temp_path {files}/b;\n"
        "fastcgi_temp_path {files}/c; uwsgi_temp_path {files}/d; scgi_temp_path {files}/e;\n"
        "server {{ listen {port} http2; }} }}\n",
    ),
    Tenant(
        "nghttpd", "nghttp2-server", "/usr/sbin/nghttpd", "-d {files} {port} {files}/key.pem {files}/cert.pem", 8104,
        "http2", "nghttpd", before=CERTIFICATE + "echo '<title>Tenant</title>' >{files}/index.html", tls=True,
    ),
    Tenant(
        "caddy", "caddy", "/usr/bin/caddy", "run --config {files}/config --adapter caddyfile", 8443, "http3", "Caddy",
        "{{\n admin off\n auto_https disable_redirects\n default_sni tenant.test\n"
        " storage file_system {files}/data\n}}\n"
        "https://:{port} {{\n tls {files}/cert.pem {files}/key.pem\n header Content-Type text/html\n"
        ' respond "<title>Tenant</title>"\n}}\n',
        CERTIFICATE, proto="udp", tells_version=False, tls=True,
    ),
    Tenant(
        "apache", "apache2", "/usr/sbin/apache2", "-X -f {files}/config", 8102, "http", "Apache httpd",
        "Listen {port}\nServerName tenant.test\nServerTokens OS\nPidFile {files}/pid\nErrorLog {files}/log\n"
        "Mutex file:{files}\nDefaultRuntimeDir {files}\nDocumentRoot {files}\n"
        "LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so\n"
        "LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so\n",
    ),
    Tenant(
        "vsftpd", "vsftpd", "/usr/sbin/vsftpd", "{files}/config", 2101, "ftp", "vsftpd",
        "listen=YES\nlisten_port={port}\nbackground=NO\nsecure_chroot_dir={files}\nxferlog_enable=NO\n"
        "ssl_enable=YES\nrsa_cert_file={files}/cert.pem\nrsa_private_key_file={files}/key.pem\n",
        CERTIFICATE, starttls=True,
    ),
    Tenant(
        "dovecot-imap", "dovecot-imapd", "/usr/sbin/dovecot", "-F -c {files}/config", 1431, "imap", "Dovecot imapd",
        "base_dir = {files}/run\nstate_dir = {files}/state\nlog_path = {files}/log\nprotocols = imap\nssl = yes\n"
        "ssl_cert = <{files}/cert.pem\nssl_key = <{files}/key.pem\n"
        "mail_location = maildir:{files}/mail\npassdb {{\n driver = static\n args = password=tenant\n}}\n"
        "service imap-login {{\n inet_listener imap {{\n port = {port}\n }}\n"
        " inet_listener imaps {{\n port = 0\n }}\n chroot =\n}}\nservice anvil {{\n chroot =\n}}\n"
        "service stats {{\n chroot =\n}}\n",
        CERTIFICATE, tells_version=False, starttls=True,
    ),
    Tenant(
        "dovecot-pop3", "dovecot-pop3d", "/usr/sbin/dovecot", "-F -c {files}/config", 1101, "pop3", "Dovecot pop3d",
        "base_dir = {files}/run\nstate_dir = {files}/state\nlog_path = {files}/log\nprotocols = pop3\nssl = yes\n"
        "ssl_cert = <{files}/cert.pem\nssl_key = <{files}/key.pem\n"
        "mail_location = maildir:{files}/mail\npassdb {{\n driver = static\n args = password=tenant\n}}\n"
        "service pop3-login {{\n inet_listener pop3 {{\n port = {port}\n }}\n"
        " inet_listener pop3s {{\n port = 0\n }}\n chroot =\n}}\nservice anvil {{\n chroot =\n}}\n"
        "service stats {{\n chroot =\n}}\n",
        CERTIFICATE, tells_version=False, starttls=True,
    ),
    Tenant(
        "exim", "exim4-daemon-light", "/usr/sbin/exim4", "-bdf -oX {port} -C {files}/config", 2501, "smtp", "Exim",
        "primary_hostname = tenant.test\nspool_directory = {files}/spool\nlog_file_path = {files}/log-%s\n"
        "pid_file_path = {files}/pid\nexim_user = root\nexim_group = root\nnever_users =\ntls_advertise_hosts = *\n"
        "tls_certificate = {files}/cert.pem\ntls_privatekey = {files}/key.pem\nrfc1413_query_timeout = 0s\n"
        "host_lookup =\n",
        "mkdir -p {files}/spool; " + CERTIFICATE, starttls=True,
    ),
    Tenant(
        "named", "bind9", "/usr/sbin/named", "-g -c {files}/config", 5301, "domain", "BIND",
        'options {{ directory "{files}"; listen-on port {port} {{ any; }}; listen-on-v6 {{ none; }};\n'
        ' pid-file "{files}/pid"; session-keyfile "{files}/session"; recursion no; dnssec-validation no; }};\n'
        'controls {{ }};\n',
    ),
    Tenant(
        "dnsmasq", "dnsmasq-base", "/usr/sbin/dnsmasq", "-k -C {files}/config", 5302, "domain", "dnsmasq",
        "port={port}\nno-resolv\nno-hosts\nuser=root\nlog-facility=/dev/null\npid-file=\n", proto="udp",
    ),
    Tenant(
        "chrony", "chrony", "/usr/sbin/chronyd", "-d -x -u root -f {files}/config", 1231, "ntp", None,
        "allow all\nlocal stratum 10\nport {port}\ncmdport 0\nbindcmdaddress /\npidfile {files}/pid\n",
        proto="udp", tells_version=False,
    ),
    Tenant(
        "snmpd", "snmpd", "/usr/sbin/snmpd", "-f -Ln -C -c {files}/config -p {files}/pid", 1611, "snmp", None,
        "agentaddress udp:{port}\nrocommunity public\n", proto="udp", tells_version=False,
    ),
    Tenant(
        "tftpd", "tftpd-hpa", "/usr/sbin/in.tftpd", "--foreground --listen --user root -a :{port} --secure {files}",
        6901, "tftp", None, proto="udp", tells_version=False,
    ),
    Tenant(
        "redis", "redis-server", "/usr/bin/redis-server",
        "--port {port} --bind 0.0.0.0 --protected-mode no --save '' --dir {files}", 6301, "redis", "Redis",
    ),
    Tenant(
        "memcached", "memcached", "/usr/bin/memcached", "-u root -l 0.0.0.0 -p {port}", 11301, "memcache",
        "memcached",
    ),
    Tenant(
        "postgres", "postgresql-15", "/usr/bin/setpriv",
        "--reuid=postgres --regid=postgres --clear-groups /usr/lib/postgresql/15/bin/postgres -D {files}/data "
        "-p {port} -k {files} -c listen_addresses=0.0.0.0 -c fsync=off -c ssl=on "
        "-c ssl_cert_file={files}/cert.pem -c ssl_key_file={files}/key.pem",
        5401, "postgresql", "PostgreSQL",
        before=CERTIFICATE + "chown postgres {files} {files}/key.pem; "
        "setpriv --reuid=postgres --regid=postgres --clear-groups "
        "/usr/lib/postgresql/15/bin/initdb -D {files}/data -A trust --no-sync -E UTF8 --locale=C >/dev/null; "
        "echo 'host all all all trust' >>{files}/data/pg_hba.conf",
        tells_version=False, starttls=True,
    ),
    Tenant(
        "mariadb", "mariadb-server-core", "/usr/sbin/mariadbd",
        "--no-defaults --user=root --datadir={files}/data --socket={files}/socket --pid-file={files}/pid "
        "--port={port} --bind-address=0.0.0.0 --innodb-flush-log-at-trx-commit=0 --skip-name-resolve "
        "--skip-grant-tables --ssl-cert={files}/cert.pem --ssl-key={files}/key.pem",
        3301, "mysql", "MariaDB",
        before=CERTIFICATE + "mariadb-install-db --no-defaults --user=root --datadir={files}/data "
        "--auth-root-authentication-method=normal --skip-test-db >/dev/null 2>&1",
        starttls=True,
    ),
    Tenant(
        "mosquitto", "mosquitto", "/usr/sbin/mosquitto", "-c {files}/config", 1801, "mqtt", None,
        "listener {port} 0.0.0.0\nallow_anonymous true\nuser root\npersistence false\n", tells_version=False,
    ),
    Tenant(
        "slapd", "slapd", "/usr/sbin/slapd", "-d 0 -h ldap://0.0.0.0:{port} -f {files}/config", 3801, "ldap",
        "OpenLDAP",
        "include /etc/ldap/schema/core.schema\npidfile {files}/pid\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\n"
        "TLSCertificateFile {files}/cert.pem\nTLSCertificateKeyFile {files}/key.pem\n"
        "database mdb\nsuffix dc=tenant,dc=test\ndirectory {files}/data\n",
        "mkdir {files}/data; " + CERTIFICATE, tells_version=False, starttls=True,
    ),
    Tenant(
        "samba", "samba", "/usr/sbin/smbd", "--foreground --no-process-group -p {port} -s {files}/config", 4401,
        "microsoft-ds", "Samba",
        "[global]\nworkgroup = TENANTS\nserver role = standalone server\nprivate dir = {files}\n"
        "lock directory = {files}\nstate directory = {files}\ncache directory = {files}\n"
        "pid directory = {files}\nncalrpc dir = {files}\n"
        "log file = {files}/log\nload printers = no\ndisable spoolss = yes\n",
        tells_version=False,
    ),
    Tenant("rpcbind", "rpcbind", "/sbin/rpcbind", "-f -w", 111, "rpcbind", None, tells_version=False),
    Tenant(
        "rsync", "rsync", "/usr/bin/rsync", "--daemon --no-detach --port {port} --config {files}/config", 8701,
        "rsync", None, "use chroot = no\nlog file = {files}/log\npid file = {files}/pid\n[files]\npath = {files}\n",
        tells_version=False,
    ),
    Tenant(
        "cups", "cups-daemon", "/usr/sbin/cupsd", "-f -c {files}/config -s {files}/files.conf", 6311, "http", "CUPS",
        "Listen 0.0.0.0:{port}\nServerAlias *\nBrowsing Off\nServerTokens Full\n<Location />\nOrder allow,deny\n"
        "Allow all\n</Location>\n",
        "mkdir -p {files}/spool {files}/cache {files}/state; chmod 770 {files}/cache; "
        "printf 'ServerRoot {files}\\nRequestRoot {files}/spool\\nCacheDir {files}/cache\\nStateDir {files}/state\\n"
        "ErrorLog {files}/log\\nAccessLog {files}/access\\n"
        "PageLog {files}/page\\nUser lp\\nGroup lp\\nSystemGroup root lpadmin\\n' >{files}/files.conf",
    ),
    Tenant(
        "squid", "squid", "/usr/sbin/squid", "-N -f {files}/config", 3101, "http-proxy", "Squid",
        "http_port {port}\nvisible_hostname tenant.test\npid_filename {files}/pid\ncache_log {files}/log\n"
        "access_log none\ncache_store_log none\ncoredump_dir {files}\nnetdb_filename none\ncache_mem 8 MB\n"
        "http_access allow all\nshutdown_lifetime 1 seconds\n",
        "chown proxy {files}",
    ),
    Tenant(
        "tor", "tor", "/usr/bin/tor", "-f {files}/config --ignore-missing-torrc --defaults-torrc /dev/null", 9151,
        "socks5", "Tor",
        "SocksPort 0.0.0.0:{port}\nDataDirectory {files}/data\nLog notice file {files}/log\n"
        "DirAuthority nobody orport=9001 no-v2 v3ident=0123456789012345678901234567890123456789 "
        "198.18.0.77:9030 0123456789012345678901234567890123456789\n",
        tells_version=False,
    ),
    Tenant(
        "registry", "docker-registry", "/usr/bin/docker-registry", "serve {files}/config", 5001, "http",
        "Docker Registry",
        "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {files}\nhttp:\n  addr: 0.0.0.0:{port}\n",
        tells_version=False,
    ),
    Tenant(
        "etcd", "etcd-server", "/usr/bin/etcd",
        "--data-dir {files}/data --listen-client-urls http://0.0.0.0:{port} --advertise-client-urls "
        "http://127.0.0.1:{port} --listen-peer-urls http://127.0.0.1:2390 --log-level error",
        2301, "http", "etcd",
    ),
    Tenant(
        "rabbitmq", "rabbitmq-server", "/usr/lib/rabbitmq/bin/rabbitmq-server", "", 5601, "amqp", "RabbitMQ",
        before="mkdir -p {files}/home",
    ),
    Tenant(
        "prosody", "prosody", "/usr/bin/setpriv",
        "--reuid=prosody --regid=prosody --clear-groups /usr/bin/prosody -F --config {files}/config.lua",
        5201, "xmpp-client", None,
        before=CERTIFICATE + "cat >{files}/config.lua <<'END'\n"
        'interfaces = {{ "0.0.0.0" }}; c2s_ports = {{ {port} }}; s2s_ports = {{ }}; data_path = "{files}"\n'
        'pidfile = "{files}/pid"; log = "{files}/log"; modules_enabled = {{ "tls" }}\n'
        'VirtualHost "{address}"\n ssl = {{ key = "{files}/key.pem"; certificate = "{files}/cert.pem" }}\n'
        "END\nchown prosody {files} {files}/key.pem",
        tells_version=False, starttls=True,
    ),
    Tenant(
        "xrdp", "xrdp", "/usr/sbin/xrdp", "--nodaemon --port {port} --config {files}/xrdp.ini", 3302, "ms-wbt-server",
        None,
        before=CERTIFICATE + "sed -e 's#^certificate=.*#certificate={files}/cert.pem#' "
        "-e 's#^key_file=.*#key_file={files}/key.pem#' /etc/xrdp/xrdp.ini >{files}/xrdp.ini",
        tells_version=False, starttls=True,
    ),
)  # fmt: skip


def installed(tenant: Tenant) -> bool:
    """Whether this machine has its program and its package."""
    return shutil.which(tenant.program, path=PATH) is not None and bool(upstream_version(tenant))


def missing() -> list[str]:
    """The packages that would be wanted and are not there."""
    return sorted({tenant.package for tenant in TENANTS if not installed(tenant)})


def upstream_version(tenant: Tenant) -> str:
    """The version that Debian's package packs; empty: it is not installed."""
    words = ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", tenant.package]
    state, _, version = subprocess.run(words, capture_output=True, text=True, check=False).stdout.partition(
        " "
    )
    bare = version.rpartition(":")[2].rpartition("-")[0] or version
    return bare.partition("+")[0].partition("~")[0] if state == "installed" else ""


def move_in(node: Node, tenant: Tenant, files: Path) -> None:
    """Start one; it is not waited for."""
    files.chmod(0o755)
    home = {"PATH": PATH, "HOME": str(files / "home"), "LANG": "C"} | _environment(tenant, files)
    if tenant.config:
        (files / "config").write_text(tenant.config.format(files=files, port=tenant.port))
    script = f"{tenant.before}\nexec {tenant.program} {tenant.words}".format(
        files=files, port=tenant.port, address=NEAR.v4
    )
    words = ("unshare", "--mount", "sh", "-e", "-c", OWN_RUN, "sh", "sh", "-e", "-c", script)
    with (files / "output").open("wb") as output:
        node.start(*words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=files, env=home)


def _environment(tenant: Tenant, files: Path) -> dict[str, str]:
    if tenant.name != "rabbitmq":
        return {}
    return {
        "RABBITMQ_NODENAME": "rabbit@localhost",
        "RABBITMQ_NODE_PORT": str(tenant.port),
        "RABBITMQ_MNESIA_BASE": str(files),
        "RABBITMQ_LOG_BASE": str(files),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(files / "plugins"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1",
    }


def listening(node: Node) -> set[tuple[str, int]]:
    """Which ports of TCP and UDP are served in the host's namespace."""
    found: set[tuple[str, int]] = set()
    for proto, states in (("tcp", {"0A"}), ("udp", {"07"})):
        table = node.run("cat", f"/proc/net/{proto}", f"/proc/net/{proto}6").splitlines()
        for line in table:
            cells = line.split()
            if len(cells) > 3 and cells[3] in states:
                found.add((proto, int(cells[1].rpartition(":")[2], 16)))
    return found


@contextmanager
def housed(node: Node, tenants: list[Tenant]) -> Iterator[None]:
    """All of them serve here, each with a directory of its own, while the block runs.

    Not below the directory of pytest, where only root may go: some servers give root up before they read files.
    """
    with tempfile.TemporaryDirectory(prefix="periplus-tenants-") as name:
        files = Path(name)
        files.chmod(0o755)
        for tenant in tenants:
            (files / tenant.name).mkdir()
            move_in(node, tenant, files / tenant.name)
        settle(node, tenants)
        yield


def settle(node: Node, tenants: list[Tenant]) -> None:
    """Wait until all of them serve."""
    wanted = {(tenant.proto, tenant.port) for tenant in tenants}
    wait_until(f"the tenants {sorted(wanted)}", lambda: wanted <= listening(node), START_S)
