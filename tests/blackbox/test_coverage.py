"""Plain HTTP from another machine: what somebody on the way could make of a signed request.

The server runs in a network of its own, in which this side has an address that is not loopback; so do its callers."""
import json
import os
import ssl
import stat
import subprocess
import sys
import urllib.request

import pytest

import program
from program import EXAMPLE_KEY, clean_environment, make_ledger, running, signed_headers

REAL = program.BURSAR
THERE = "198.51.100.1"  # TEST-NET-2: nobody's
ROOTLESS = ["--user", "--map-root-user"] if os.getuid() else []


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """The program in a network of its own."""
    wrapper = tmp_path / "bursar-elsewhere"
    wrapper.write_text(f"""#!/bin/sh
exec unshare {' '.join(ROOTLESS)} --net sh -ec 'ip link set lo up; ip address add {THERE}/32 dev lo; exec "$@"' - {REAL} "$@"
""")
    wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(program, "BURSAR", str(wrapper))
    return tmp_path


def inside(server, *words):
    """Runs a command in the server's network."""
    namespaces = [f"--net=/proc/{server.process.pid}/ns/net"]
    if ROOTLESS:
        namespaces += [f"--user=/proc/{server.process.pid}/ns/user", "--preserve-credentials"]
    environment = clean_environment({"PYTHONPATH": os.path.dirname(__file__)})
    return subprocess.run(["nsenter", *namespaces, *map(str, words)], capture_output=True, text=True, timeout=60, env=environment)


def send(server, url, headers, body):
    """The answer to a POST of exactly these headers, sent from there."""
    done = inside(server, sys.executable, __file__, url, json.dumps(headers), body.decode())
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["Response"]


def sign(key, action, parameters):
    """As every SDK of the cloud signs: content-type and host, nothing else."""
    body = json.dumps(parameters).encode()
    return signed_headers(key, body, "bursar", "bursar.tencentcloudapi.com", action, "2026-11-01"), body


def ask(server, key, action, parameters=None, url=None):
    return send(server, url or f"http://{server.address}/", *sign(key, action, parameters or {}))


def certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                    folder / "key.pem", "-out", folder / "cert.pem", "-days", "2", "-subj", "/CN=x"], check=True, capture_output=True)
    return "--tls-cert", folder / "cert.pem", "--tls-key", folder / "key.pem"


MEMBERS = {"Members": [{"MemberUin": "700000000001", "MemberName": "one"}]}


def members(server, key):
    return ask(server, key, "DescribeMembers")["TotalCount"]


def test_a_read_that_was_made_a_write_is_refused(elsewhere):
    data, key = make_ledger(elsewhere)
    with running(elsewhere, "serve", "--data", data, "--listen", f"{THERE}:0") as server:
        headers, body = sign(key, "DescribeKeys", {})
        assert send(server, f"http://{server.address}/", headers, body)["TotalCount"] == 1
        changed = send(server, f"http://{server.address}/", {**headers, "X-TC-Action": "CreateKey"}, body)
        assert changed["Error"]["Code"] == "AuthFailure.SignatureFailure"
        assert "`x-tc-action`" in changed["Error"]["Message"] and "SignedHeaders" in changed["Error"]["Message"]
        assert ask(server, key, "DescribeKeys")["TotalCount"] == 1


def test_where_nobody_is_in_between_writes_are_taken(elsewhere):
    data, key = make_ledger(elsewhere)
    listen = ["--listen", f"{THERE}:0", "--listen", "127.0.0.1:0", "--listen", "[::1]:0", "--listen-tls", f"{THERE}:0"]
    with running(elsewhere, "serve", "--data", data, *listen, *certificate(elsewhere)) as server:
        plain, four, six, tls = server.addresses
        assert "Error" in ask(server, key, "CreateMembers", MEMBERS, f"http://{plain}/")
        assert members(server, key) == 0
        for number, url in enumerate([f"http://{four}/", f"http://{six}/", f"https://{tls}/"]):
            one = {"Members": [{"MemberUin": f"70000000000{number}", "MemberName": "one"}]}
            assert ask(server, key, "CreateMembers", one, url)["Added"] == 1


def test_a_trusted_way(elsewhere):
    data, key = make_ledger(elsewhere)
    with running(elsewhere, "serve", "--data", data, "--listen", f"{THERE}:0", "--trust-plain-http") as server:
        assert ask(server, key, "CreateMembers", MEMBERS)["Added"] == 1
    with running(elsewhere, "demo", "--listen", f"{THERE}:0") as server:
        assert ask(server, EXAMPLE_KEY, "CreateMembers", MEMBERS)["Added"] == 1


def test_our_own_client_covers_what_it_asks_for(elsewhere):
    data, key = make_ledger(elsewhere)
    credentials = elsewhere / "key.json"
    credentials.write_text(json.dumps({"secretId": key[0], "secretKey": key[1]}))
    credentials.chmod(0o600)
    with running(elsewhere, "serve", "--data", data, "--listen", f"{THERE}:0") as server:
        there = ["--endpoint", f"http://{server.address}", "--credentials", credentials]
        done = inside(server, REAL, "call", "--service", "bursar", "CreateMembers", "--Members", json.dumps(MEMBERS["Members"]), *there)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["Added"] == 1
        done = inside(server, REAL, "post", "top_up", "700000000001", "12.34", "--yes", *there)
        assert done.returncode == 0, done.stderr
        done = inside(server, REAL, "query", "700000000001", *there)
        assert done.returncode == 0 and json.loads(done.stdout)["Data"][0]["RealBalance"] == 1234, done.stderr


if __name__ == "__main__":
    _, url, headers, body = sys.argv
    unverified = ssl.create_default_context()
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=unverified))
    with opener.open(urllib.request.Request(url, data=body.encode(), headers=json.loads(headers), method="POST"), timeout=20) as answer:
        print(answer.read().decode())
