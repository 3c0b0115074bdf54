"""The configurations of docs/operating.md, "Behind something in front", with the real nginx and haproxy."""
import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
import urllib.parse

import pytest

from door import Client
from program import ROOT, call, free_port, key_of, make_ledger, must, run, serving, signed_headers, wait_for
from test_door_proxy import v1, v2
from test_door_tls import make_certificate

NGINX = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
HAPROXY = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin")
needs_nginx = pytest.mark.skipif(not NGINX, reason="nginx is not installed")
needs_haproxy = pytest.mark.skipif(not HAPROXY, reason="haproxy is not installed")
USER = "700000000777"
BILLING, BURSAR_VERSION = "2018-07-09", "2026-11-01"
NAME = "billing.example.com"


def shown(language, which=0):
    """A block of the page as people copy it."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / "docs/operating.md").read_text(), re.S | re.M)
    return blocks[which]


def replaced(text, *pairs):
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Certificates, and a ledger with a sub-account that may ask from 127.0.0.5 only."""
    folder = tmp_path_factory.mktemp("front")
    make_certificate(folder, NAME)
    (folder / "both.pem").write_text((folder / "cert.pem").read_text() + (folder / "key.pem").read_text())
    data, owner = make_ledger(folder)
    user = key_of(json.loads(must("key", "add", "--data", data, "--user", USER, "--json")))
    policy = {"version": "2.0", "statement": [{"effect": "allow", "action": "finance:*", "resource": "*",
                                               "condition": {"ip_equal": {"qcs:ip": "127.0.0.5"}}}]}
    (folder / "policy.json").write_text(json.dumps(policy))
    must("policy", "put", "--data", data, "--user", USER, folder / "policy.json")
    return folder, data, owner, user


@contextlib.contextmanager
def background(words, port, log):
    with open(log, "w") as out:
        process = subprocess.Popen([str(word) for word in words], stdout=out, stderr=out)
    try:
        wait_for(lambda: process.poll() is not None or answers(port), "the proxy")
        assert process.poll() is None, log.read_text()
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True


@contextlib.contextmanager
def nginx(folder, block):
    port = free_port()
    text = block.replace("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;").replace("listen 80;", f"listen 127.0.0.1:{port};")
    (folder / "nginx").mkdir(exist_ok=True)
    paths = "".join(f"{name}_temp_path {folder}/nginx/{name}; " for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    file = folder / "nginx.conf"
    user = "user root; " if os.geteuid() == 0 else ""  # whose folder this is
    file.write_text(f"{user}daemon off; pid {folder}/nginx/pid; error_log {folder}/nginx/error; worker_processes 1;\n"
                    f"events {{ }}\nhttp {{ access_log off; {paths}\n{text}\n}}\n")
    with background([NGINX, "-p", folder / "nginx", "-e", folder / "nginx/error", "-c", file], port, folder / "nginx.log"):
        yield port


@contextlib.contextmanager
def haproxy(folder, block):
    port = free_port()
    file = folder / "haproxy.cfg"
    file.write_text(block.replace("bind :443", f"bind 127.0.0.1:{port}"))
    with background([HAPROXY, "-db", "-f", file], port, folder / "haproxy.log"):
        yield port


def of_docs(folder, kind, server):
    """The page's configuration of a kind, in front of a server."""
    if kind == "nginx":
        text = replaced(shown("nginx"), ("127.0.0.1:8080", server.address), ("/etc/nginx/billing.pem", f"{folder}/cert.pem"),
                        ("/etc/nginx/billing.key", f"{folder}/key.pem"))
        return nginx(folder, text)
    if kind == "haproxy":
        text = replaced(shown("haproxy"), ("127.0.0.1:8080", server.address), ("/etc/haproxy/billing.pem", f"{folder}/both.pem"))
        return haproxy(folder, text)
    return haproxy(folder, replaced(shown("haproxy", 1), ("127.0.0.1:8443", server.addresses[1])))


KINDS = [pytest.param("nginx", marks=needs_nginx), pytest.param("haproxy", marks=needs_haproxy),
         pytest.param("haproxy, bytes", marks=needs_haproxy)]


@contextlib.contextmanager
def front(folder, data, kind):
    """A server with the options of the page and the proxy in front; answers (port, server, access log)."""
    log = folder / "access.log"
    log.unlink(missing_ok=True)
    with serving(folder, data, "--listen-tls", "127.0.0.1:0", "--tls-cert", folder / "cert.pem", "--tls-key", folder / "key.pem",
                 "--admin-listen", "127.0.0.1:0", "--trust-proxy", "127.0.0.1", "--health-path", "/readyz", "--access-log", log,
                 "--calls-per-second", "0") as server, of_docs(folder, kind, server) as port:
        yield port, server, log


class Caller:
    """One connection to the proxy, from an address of ours."""

    def __init__(self, folder, port, source="127.0.0.5"):
        made = ssl.create_default_context(cafile=folder / "cert.pem")
        plain = socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(source, 0))
        self.http = http.client.HTTPConnection("127.0.0.1", port)
        self.http.sock = made.wrap_socket(plain, server_hostname=NAME)

    def ask(self, method, path, body=None, headers=None):
        self.http.request(method, path, body, headers or {})
        return self.http.getresponse()

    def call(self, key, action="DescribeOrgMemberAccountBalance", parameters=None, host=NAME, version=BILLING, fields=None):
        body = json.dumps(parameters or {}).encode()
        headers = signed_headers(key, body, host.split(".")[0], host, action, version)
        answer = self.ask("POST", "/", body, {**headers, **(fields or {})})
        assert answer.status == 200
        return json.loads(answer.read())["Response"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.close()


def metric(server, name):
    host, port = server.addresses[-1].rsplit(":", 1)
    asked = http.client.HTTPConnection(host, int(port))
    asked.request("GET", "/metrics")
    text = asked.getresponse().read().decode()
    asked.close()
    return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.M).group(1))


@pytest.mark.parametrize("kind", KINDS)
def test_signed_calls_through_the_configuration_shown(folder, kind):
    folder, data, owner, user = folder
    with front(folder, data, kind) as (port, server, log):
        with Caller(folder, port) as caller:
            for host in (NAME, f"{NAME}:{port}", "billing.example.com:443"):
                assert "Error" not in caller.call(owner, host=host), host
            member = {"MemberUin": str(700000100000 + len(kind)), "MemberName": "m", "CashAccountBalance": 7}
            wrote = caller.call(owner, "CreateMembers", {"Members": [member]}, "bursar.example.com", BURSAR_VERSION,
                                {"X-Forwarded-Host": "evil.test"})
            assert "Error" not in wrote
            read = caller.call(owner, parameters={"MemberUins": [member["MemberUin"]]})
            assert [row["RealBalance"] for row in read["Data"]] == [7]
            large = caller.call(owner, parameters={"MemberUins": [str(700000000000 + n) for n in range(20000)]})
            assert large["Error"]["Code"].startswith("InvalidParameter")


@pytest.mark.parametrize("kind", KINDS)
def test_the_server_sees_the_client(folder, kind):
    """In the access log, and in the policy condition qcs:ip, whatever the client says it is."""
    folder, data, owner, user = folder
    with front(folder, data, kind) as (port, server, log):
        for source, allowed in (("127.0.0.5", True), ("127.0.0.6", False)):
            with Caller(folder, port, source) as caller:
                for fields in ({}, {"X-Forwarded-For": "127.0.0.5"}, {"X-Forwarded-For": "127.0.0.1"}):
                    answer = caller.call(user, fields=fields)
                    assert ("Error" not in answer) == allowed, (source, fields, answer)
        seen = re.findall(r" remote=(\S+) method=POST ", log.read_text())
        assert seen == ["127.0.0.5"] * 3 + ["127.0.0.6"] * 3


@pytest.mark.parametrize("kind", KINDS[:2])
def test_connections_to_the_server_are_kept(folder, kind):
    """Five clients' hundred calls take a handful of connections."""
    folder, data, owner, user = folder
    with front(folder, data, kind) as (port, server, log):
        before = metric(server, "bursar_connections_accepted_total")
        for _ in range(5):
            with Caller(folder, port) as caller:
                for _ in range(20):
                    assert "Error" not in caller.call(owner)
        # haproxy's checks and this test's own two questions are among them
        assert metric(server, "bursar_connections_accepted_total") - before < 15


@pytest.mark.parametrize("kind", KINDS)
def test_health_path_through_the_front(folder, kind):
    folder, data, owner, user = folder
    with front(folder, data, kind) as (port, server, log):
        with Caller(folder, port) as caller:
            answer = caller.ask("GET", "/readyz")
            assert (answer.status, answer.read()) == (200, b"ok\n")
            assert caller.ask("HEAD", "/readyz").status == 200
        if kind != "nginx":  # it looks before it sends anybody
            time.sleep(2.5)
            with Caller(folder, port) as caller:
                assert caller.ask("GET", "/readyz").status == 200


def test_load_balancer_of_a_cloud(folder):
    """Its health checks come with a LOCAL header or none; its clients with theirs, on the same port."""
    folder, data, owner, user = folder
    with serving(folder, data, "--trust-proxy", "127.0.0.1/32", "--health-path", "/readyz") as server:
        check = b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        for header in (b"", b"PROXY UNKNOWN\r\n", v2("127.0.0.1", command=0x20)):
            with Client(server.address) as client:
                assert client.ask(header + check).status == 200
        body = b"{}"
        lines = [f"{name}: {value}" for name, value in signed_headers(user, body, "billing", NAME, "DescribeOrgMemberAccountBalance",
                                                                      BILLING).items()]
        text = "\r\n".join(["POST / HTTP/1.1", *lines, f"Content-Length: {len(body)}", "", ""]).encode() + body
        for header, allowed in ((v2("127.0.0.5"), True), (v1("127.0.0.5"), True), (v2("127.0.0.6"), False), (b"", False)):
            with Client(server.address) as client:
                assert ("Error" not in json.loads(client.ask(header + text).body)["Response"]) == allowed


def test_settings_come_from_the_file_too(folder):
    folder, data, owner, user = folder
    file = folder / "bursar.ini"
    file.write_text("[serve]\ntrust-proxy = 127.0.0.1, 10.0.0.0/8\nhealth-path = /up\nadmin-host = metrics.internal\n")
    with serving(folder, data, "--config", file, "--admin-listen", "127.0.0.1:0") as server:
        with Client(server.address) as client:
            assert client.ask(v2("127.0.0.5") + b"GET /up HTTP/1.1\r\nHost: a\r\n\r\n").status == 200
        for host, status in (("metrics.internal", 200), ("metrics.evil", 421)):
            with Client(server.addresses[1]) as client:
                assert client.ask(f"GET /metrics HTTP/1.1\r\nHost: {host}\r\n\r\n").status == status
    for option, value in (("--trust-proxy", "10.0.0.1/8"), ("--trust-proxy", "proxy.internal"), ("--health-path", "up")):
        done = run("serve", "--data", data, "--listen", "127.0.0.1:0", option, value)
        assert done.returncode == 2 and f'"{value}"' in done.stderr, done.stderr


# --- what goes wrong without ---


@needs_nginx
def test_plain_proxy_pass_is_named_as_the_cause(folder):
    folder, data, owner, user = folder
    with serving(folder, data) as server:
        block = f"server {{ listen 80; location / {{ proxy_pass http://{server.address}; }} }}"
        with nginx(folder, block) as port:
            answer = call(f"127.0.0.1:{port}", owner)  # for billing.tencentcloudapi.com
    assert answer["Error"]["Code"] == "AuthFailure.InvalidAuthorization"
    assert f"right for Host `billing.tencentcloudapi.com`, but Host is `{server.address}`" in answer["Error"]["Message"]


def post(address, key, host_signed, host_sent, service="billing", body=b"{}", fields=None):
    headers = signed_headers(key, body, service, host_signed, "DescribeOrgMemberAccountBalance", BILLING)
    asked = http.client.HTTPConnection(*address.rsplit(":", 1))
    asked.request("POST", "/", body, {**headers, "Host": host_sent, **(fields or {})})
    error = json.loads(asked.getresponse().read())["Response"].get("Error")
    asked.close()
    return (error["Code"], error["Message"]) if error else None


WRONG = "The provided credentials could not be validated. Please check your signature is correct."


def test_wrong_host_is_named_only_when_it_is_the_cause(folder):
    folder, data, owner, user = folder
    usual = ["billing.tencentcloudapi.com", "billing.intl.tencentcloudapi.com", "billing.ap-guangzhou.tencentcloudapi.com"]
    with serving(folder, data, "--calls-per-second", "0") as server:
        for host in usual:
            code, text = post(server.address, owner, host, "billing.internal:8080")
            assert code == "AuthFailure.SignatureFailure"
            assert text.startswith(WRONG) and f"right for Host `{host}`, but Host is `billing.internal:8080`" in text
            code, text = post(server.address, owner, host, "10.0.0.7")
            assert code == "AuthFailure.InvalidAuthorization" and f"right for Host `{host}`" in text
        region = {"X-TC-Region": "ap-singapore"}
        assert "`billing.ap-singapore." in post(server.address, owner, "billing.ap-singapore.tencentcloudapi.com", "billing.x", fields=region)[1]
        # whatever else is wrong is not put on Host, and the cloud's text stays as it is
        assert post(server.address, (owner[0], "another secret"), usual[0], "billing.x") == ("AuthFailure.SignatureFailure", WRONG)
        assert post(server.address, owner, "billing.example.com", "billing.x") == ("AuthFailure.SignatureFailure", WRONG)
        for key in ((owner[0], "another secret"), ("AKIDunknownunknownunknown", "x")):
            assert "Host is" not in post(server.address, key, usual[0], "10.0.0.7")[1]
        # nor is much work done for it
        assert "Host is" not in post(server.address, owner, usual[0], "billing.x", body=b"{" + b" " * 5000 + b"}")[1]


def test_wrong_host_is_named_for_signature_v1(folder):
    folder, data, owner, user = folder
    pairs = {"Action": "DescribeOrgMemberAccountBalance", "Version": BILLING, "Timestamp": str(int(time.time())), "Nonce": "7",
             "SecretId": owner[0]}
    text = "GETbilling.intl.tencentcloudapi.com/?" + "&".join(f"{name}={pairs[name]}" for name in sorted(pairs))
    pairs["Signature"] = base64.b64encode(hmac.new(owner[1].encode(), text.encode(), hashlib.sha1).digest()).decode()
    with serving(folder, data) as server:
        asked = http.client.HTTPConnection(*server.address.rsplit(":", 1))
        asked.request("GET", "/?" + urllib.parse.urlencode(pairs), headers={"Host": "billing.internal"})
        error = json.loads(asked.getresponse().read())["Response"]["Error"]
        asked.close()
    assert error["Code"] == "AuthFailure.SignatureFailure"
    assert "right for Host `billing.intl.tencentcloudapi.com`, but Host is `billing.internal`" in error["Message"]


# --- HEAD, as balancers and monitors ask ---


def head_and_get(address, headers, query):
    found = []
    for method in ("HEAD", "GET"):
        asked = http.client.HTTPConnection(*address.rsplit(":", 1))
        asked.request(method, f"/?{query}", headers=headers(method))
        answer = asked.getresponse()
        found.append((answer.status, answer.getheader("Content-Type"), answer.getheader("Content-Length"), answer.read()))
        asked.close()
    return found


def signed_query(key, action, service, version, query, method):
    now, host = int(time.time()), f"{service}.test"
    date = time.strftime("%Y-%m-%d", time.gmtime(now))
    kind = "application/x-www-form-urlencoded"
    canonical = (f"{method}\n/\n{query}\ncontent-type:{kind}\nhost:{host}\n\ncontent-type;host\n" + hashlib.sha256(b"").hexdigest())
    text = f"TC3-HMAC-SHA256\n{now}\n{date}/{service}/tc3_request\n" + hashlib.sha256(canonical.encode()).hexdigest()
    secret = ("TC3" + key[1]).encode()
    for part in (date, service, "tc3_request"):
        secret = hmac.new(secret, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
    return {"Host": host, "Content-Type": kind, "X-TC-Action": action, "X-TC-Version": version, "X-TC-Timestamp": str(now),
            "Authorization": f"TC3-HMAC-SHA256 Credential={key[0]}/{date}/{service}/tc3_request, "
                             f"SignedHeaders=content-type;host, Signature={signature}"}


def test_head_is_get_without_the_body(folder):
    """RFC 9110 9.3.2: the same fields, whether the answer is balances or a refusal."""
    folder, data, owner, user = folder
    with serving(folder, data) as server:
        head, get = head_and_get(server.address, lambda method: signed_query(
            owner, "DescribeOrgMemberAccountBalance", "billing", BILLING, "PageSize=3", method), "PageSize=3")
        assert "Error" not in json.loads(get[3])["Response"]
        assert head[:3] == get[:3] and head[3] == b""
        head, get = head_and_get(server.address, lambda method: {"Host": "billing.test"}, "")
        assert head[:3] == get[:3] and head[3] == b""
        # nobody sees what a write by HEAD is answered, and RFC 9110 9.2.1 calls it safe
        query = "Name=two&OwnerUin=700000009999"
        asked = http.client.HTTPConnection(*server.address.rsplit(":", 1))
        asked.request("HEAD", f"/?{query}", headers=signed_query(owner, "CreateMembers", "bursar", BURSAR_VERSION, query, "HEAD"))
        refused = asked.getresponse()
        asked.close()
        told = json.dumps({"Response": {"Error": {"Code": "UnsupportedProtocol", "Message": "Only GET and POST requests are supported."},
                                        "RequestId": "0" * 36}}, separators=(",", ":"))
        assert int(refused.getheader("Content-Length")) == len(told)
