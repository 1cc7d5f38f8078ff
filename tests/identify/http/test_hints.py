"""The hints that ship: each with an answer as its product documents it, cut to what is read."""

import re

import pytest

from periplus.identify.http.hint import Hint
from periplus.identify.http.hints import HINTS
from periplus.identify.http.message import Answer

GO_404 = "404 page not found\n"
# Product, text that hints, port, answer (a body, or headers), version, another thing that is told.
CASES: tuple[tuple[str, str, int, str | dict[str, str], str | None, str | None], ...] = (
    ("OpenSearch", '{"version":{"distribution":"opensearch"}}', 9200,
     '{"name":"n1","cluster_name":"c","version":{"distribution":"opensearch","number":"2.11.0"}}', "2.11.0", "n1"),
    ("Elasticsearch", '{"tagline":"You Know, for Search"}', 9200,
     '{"name":"n1","cluster_name":"c","version":{"number":"8.11.1","lucene_version":"9.8.0"}}', "8.11.1", "c"),
    ("CouchDB", '{"couchdb":"Welcome"}', 5984, '{"couchdb":"Welcome","version":"3.3.1"}', "3.3.1", None),
    ("Neo4j", '{"neo4j_version":"5.13.0"}', 7474, '{"neo4j_version":"5.13.0","neo4j_edition":"community"}',
     "5.13.0", "community"),
    ("Qdrant", '{"title":"qdrant - vector search engine"}', 6333, '{"version":"1.6.1"}', "1.6.1", None),
    ("ClickHouse", "X-ClickHouse-Summary: {}", 80, "Ok.\n", None, None),
    ("ClickHouse", "Ok.\n", 8123, "Ok.\n", None, None),
    ("InfluxDB", "InfluxDB", 8086, '{"name":"influxdb","status":"pass","version":"v2.7.1"}', "v2.7.1", None),
    ("NATS", '<img src="https://nats.io/img/logo.png">', 8222,
     '{"server_id":"NA","server_name":"n","version":"2.9.15"}', "2.9.15", "n"),
    ("Apache Solr", "Solr Admin", 8983,
     '{"lucene":{"solr-spec-version":"9.2.1"},"system":{"name":"Linux"}}', "9.2.1", "Linux"),
    ("Hadoop HDFS NameNode", "Namenode information", 9870, '{"beans":[{"SoftwareVersion":"3.3.6"}]}',
     "3.3.6", None),
    ("Hadoop YARN ResourceManager", "All Applications", 8088, '{"clusterInfo":{"hadoopVersion":"3.3.6"}}',
     "3.3.6", None),
    ("Apache Flink", "Apache Flink Web Dashboard", 8081, '{"flink-version":"1.17.1"}', "1.17.1", None),
    ("Apache Zeppelin", "Zeppelin", 8080, '{"status":"OK","body":{"version":"0.10.1"}}', "0.10.1", None),
    ("Kubernetes API server", '{"kind":"Status"}', 6443,
     '{"gitVersion":"v1.27.4+k3s1","platform":"linux/amd64"}', "v1.27.4+k3s1", "linux/amd64"),
    ("Podman", "Libpod-Api-Version: 4.3.1", 8080, '{"Version":"4.3.1","KernelVersion":"6.1.0"}', "4.3.1",
     "6.1.0"),
    ("Docker Engine", "Server: Docker/24.0.7 (linux)", 8080,
     '{"Version":"24.0.7","ApiVersion":"1.43","Os":"linux"}', "24.0.7", "linux"),
    ("Docker Engine", '{"message":"page not found"}', 2375,
     '{"Version":"24.0.7","ApiVersion":"1.43","Os":"linux"}', "24.0.7", "linux"),
    ("kubelet", GO_404, 10250, "Unauthorized", None, None),
    ("kube-proxy", GO_404, 10249, "iptables", None, "iptables"),
    ("etcd", GO_404, 2379, '{"etcdserver":"3.4.23","etcdcluster":"3.4.0"}', "3.4.23", None),
    ("Consul", "Consul by HashiCorp", 8500, '"198.18.0.1:8300"', None, None),
    ("Vault", "Vault", 8200, '{"version":"1.15.0","cluster_id":"c"}', "1.15.0", None),
    ("OpenBao", "OpenBao", 8200, '{"version":"2.0.0"}', "2.0.0", None),
    ("Nomad", "Nomad", 4646, '"198.18.0.1:4647"', None, None),
    ("Docker Registry", "", 5000, {"Docker-Distribution-Api-Version": "registry/2.0"}, None, "registry/2.0"),
    ("Docker Registry", "Docker-Distribution-Api-Version: registry/2.0", 443,
     {"Docker-Distribution-Api-Version": "registry/2.0"}, None, "registry/2.0"),
    ("Harbor", "Harbor", 443, '{"auth_mode":"db_auth","harbor_version":"v2.5.0"}', "v2.5.0", None),
    ("Rancher", "Rancher", 443, '{"Version":"v2.7.5"}', "v2.7.5", None),
    ("Argo CD", "Argo CD", 443, '{"Version":"v2.8.4+c279299"}', "v2.8.4+c279299", None),
    ("Traefik", "Traefik Proxy", 8080, '{"Version":"2.10.5","Codename":"saintmarcelin"}', "2.10.5", None),
    ("Envoy", "Envoy Admin", 9901, '{\n "version": "abcdef0123/1.27.0/Clean/RELEASE/BoringSSL"\n}',
     "1.27.0", None),
    ("Portainer", "Portainer", 9000, '{"Version":"2.19.1","InstanceID":"i"}', "2.19.1", None),
    ("Prometheus", "Prometheus Time Series Collection and Processing Server", 9090,
     '{"status":"success","data":{"version":"2.42.0+ds"}}', "2.42.0+ds", None),
    ("Alertmanager", "Alertmanager", 9093, '{"versionInfo":{"version":"0.25.0"}}', "0.25.0", None),
    ("Pushgateway", "Prometheus Pushgateway", 9091, '{"data":{"build_information":{"version":"1.5.1"}}}',
     "1.5.1", None),
    ("Grafana", "Grafana", 3000, '{"commit":"c","database":"ok","version":"10.1.5"}', "10.1.5", None),
    ("Kibana", "kbn-name: k", 5601, '{"name":"k","version":{"number":"8.11.1"}}', "8.11.1", "k"),
    ("Graylog", "Graylog Web Interface", 9000, '{"cluster_id":"c","version":"5.0.3+a82acb2"}',
     "5.0.3+a82acb2", None),
    ("Netdata", "netdata dashboard", 19999, '{"version":"v1.37.1","os_name":"Debian GNU/Linux"}', "v1.37.1",
     "Debian GNU/Linux"),
    ("SonarQube", "SonarQube", 9000, "9.9.0.65466", "9.9.0.65466", None),
    ("Gitea", "_csrf\ni_like_gitea", 3000, '{"version":"1.20.5"}', "1.20.5", None),
    ("Gogs", "i_like_gogs", 3000, '{"version":"0.13.0"}', "0.13.0", None),
    ("Gerrit Code Review", "Gerrit Code Review", 8080, ")]}'\n\"3.7.2\"\n", "3.7.2", None),
    ("Jira", "atlassian.xsrf.token", 8080,
     '{"version":"9.4.0","deploymentType":"Server","buildNumber":940000}', "9.4.0", "Server"),
    ("Bitbucket", "Log in - Bitbucket", 7990, '{"version":"8.9.1","buildNumber":"8009001"}', "8.9.1", None),
    ("Nextcloud", "Login – Nextcloud", 443, '{"version":"27.1.2.1","versionstring":"27.1.2"}', "27.1.2",
     None),
    ("ownCloud", "ownCloud", 443, '{"version":"10.13.2.1","versionstring":"10.13.2"}', "10.13.2", None),
    ("Rocket.Chat", "Rocket.Chat", 3000, '{"version":"6.4","success":true}', "6.4", None),
    ("Jupyter Server", "Jupyter Notebook", 8888, '{"version": "6.4.12"}', "6.4.12", None),
    ("Ollama", "Ollama is running", 11434, '{"version":"0.1.20"}', "0.1.20", None),
    ("Jellyfin", "Jellyfin", 8096, '{"ServerName":"m","Version":"10.8.11","ProductName":"Jellyfin Server"}',
     "10.8.11", "m"),
    ("Emby Server", "Emby", 8096, '{"ServerName":"m","Version":"4.7.14.0"}', "4.7.14.0", "m"),
    ("Plex Media Server", "X-Plex-Protocol: 1.0", 32400,
     '<MediaContainer size="0" machineIdentifier="m" version="1.32.5.7349-8f4248874">',
     "1.32.5.7349-8f4248874", None),
    ("UniFi Network", "UniFi Network", 8443,
     '{"meta":{"rc":"ok","up":true,"server_version":"7.4.162"},"data":[]}', "7.4.162", None),
    ("Integrated Lights-Out 5", "HPE-iLO-Server/1.30", 443,
     "<RIMP><MP><PN>Integrated Lights-Out 5 (iLO 5)</PN><FWRI>2.44</FWRI></MP></RIMP>", "2.44",
     "Integrated Lights-Out 5 (iLO 5)"),
    ("Integrated Dell Remote Access Controller", "iDRAC9 - Login", 443,
     '{"Product":"Integrated Dell Remote Access Controller","RedfishVersion":"1.11.0"}', None, "1.11.0"),
    ("FRITZ!Box 7590", "FRITZ!Box 7590", 80,
     "<j:Name>FRITZ!Box 7590</j:Name><j:Version>154.07.57</j:Version>", "154.07.57", None),
    ("QNAP NAS", "http server 1.0", 8080,
     "<QDocRoot><displayModelName><![CDATA[TS-453D]]></displayModelName><version><![CDATA[5.1.2]]></version></QDocRoot>",
     "5.1.2", "TS-453D"),
    ("Hue Bridge", "hue personal wireless lighting", 80,
     '{"name":"Hue Bridge","swversion":"1957113050","modelid":"BSB002","bridgeid":"001788FFFE000001"}',
     "1957113050", "BSB002"),
    ("Shelly", "Shelly Switch", 80,
     '{"type":"SHSW-1","mac":"5ECF7F000001","fw":"20221027-101131/v1.12.1-ga9117d3"}', "v1.12.1", "SHSW-1"),
    ("Tor", "Date: x", 9030, "router relay1 198.18.0.1 9001 0 9030\nplatform Tor 0.4.7.13 on Linux\n",
     "0.4.7.13", "Linux"),
    ("Subversion", "repos - Revision 3: /", 80, {"DAV": "1,2", "SVN-Youngest-Rev": "3"}, None, "3"),
    ("", "DAV: 1", 80, {"DAV": "1,2", "Allow": "OPTIONS,PROPFIND"}, None, "1,2"),
)  # fmt: skip
IDS = [f"{product}:{number}" for number, (product, *_) in enumerate(CASES)]


@pytest.mark.parametrize(("hint", "case"), list(zip(HINTS, CASES, strict=True)), ids=IDS)
def test_an_answer_as_documented_tells_the_product(
    hint: Hint, case: tuple[str, str, int, str | dict[str, str], str | None, str | None]
) -> None:
    product, text, port, said, version, other = case
    seen = {hint.where: text}
    assert next(each for each in HINTS if each.where == hint.where and each.fits(seen, port)) is hint
    answer = (
        Answer("1.1", 200, body=said.encode())
        if isinstance(said, str)
        else Answer("1.1", 200, "", tuple(said.items()))
    )
    told = hint.told_untrusted(answer)
    assert told is not None
    assert (told.product, told.version) == (product, version)
    assert other in (None, told.info, told.hostname, told.os, *told.detail.values())
    if version and told.cpe:
        assert (re.match(r"v?([^+]+)", version) or [""])[1] in told.cpe[0].replace("\\", "")


@pytest.mark.parametrize("hint", HINTS, ids=IDS)
def test_another_answer_does_not(hint: Hint) -> None:
    for body in (b"", b"<html><title>x</title></html>", b'{"error": "not found"}', b"404 page not found\n"):
        assert hint.told_untrusted(Answer("1.1", 404, body=body)) is None


@pytest.mark.parametrize("hint", HINTS, ids=IDS)
def test_what_is_asked_reads_only(hint: Hint) -> None:
    assert hint.method in ("GET", "OPTIONS")
    assert hint.path.startswith("/")
    assert re.compile(hint.match)
    assert all(
        each.split(" ")[0] in ("json", "head", "text") for each in (*hint.tells.values(), hint.proof) if each
    )
