"""Behind something in front: PROXY headers, X-Forwarded-For, the health path."""
import json
import shutil
import socket
import struct
import threading

import pytest

from door import Client, Door, eventually, get, post
from test_door_limits import figure

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def v1(source, family="TCP4"):
    return f"PROXY {family} {source} {source} 56324 443\r\n".encode()


def v2(source, command=0x21, more=b""):
    six = ":" in source
    address = socket.inet_pton(socket.AF_INET6 if six else socket.AF_INET, source)
    body = address + address + struct.pack("!HH", 56324, 443) + more
    return SIGNATURE + struct.pack("!BBH", command, 0x21 if six else 0x11, len(body)) + body


def peer(client, *fields):
    return json.loads(client.ask(get("/", *fields)).body)["peer"]


@pytest.fixture(scope="module")
def door():
    with Door(trust=["127.0.0.1", "10.0.0.0/8"]) as door:
        yield door


@pytest.mark.parametrize("header, named", [
    (v1("203.0.113.7"), "203.0.113.7"),
    (v1("2001:db8::7", "TCP6"), "2001:db8::7"),
    (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
    (v2("203.0.113.7"), "203.0.113.7"),
    (v2("203.0.113.7", more=b"\x04\x00\x04\0\0\0\0"), "203.0.113.7"),
    (v2("2001:db8::7"), "2001:db8::7"),
    (v2("203.0.113.7", command=0x20), "127.0.0.1"),
    (b"", "127.0.0.1"),
], ids=["v1", "v1 IPv6", "v1 unknown", "v2", "v2 with a TLV", "v2 IPv6", "v2 local", "none"])
def test_proxy_header_names_the_client(door, header, named):
    with door.connect() as client:
        client.send(header + get() + get())
        assert json.loads(client.answer().body)["peer"] == named
        assert json.loads(client.answer().body)["peer"] == named
        assert peer(client) == named
    with door.connect() as client:
        client.send_bytewise(header + get())
        assert json.loads(client.answer().body)["peer"] == named


@pytest.mark.parametrize("header", [
    b"PROXY TCP4 203.0.113.7 203.0.113.7 56324\r\n",
    b"PROXY " + b"x" * 200,
    SIGNATURE + b"\x21\x11\x00\x04abcd",
    SIGNATURE + b"\x31\x11\x00\x0c0123456789ab",
], ids=["too short", "no end", "too few addresses", "version 3"])
def test_malformed_header_is_refused(door, header):
    with door.connect() as client:
        client.send(header + get())
        answer = client.answer()
        assert answer.status == 400 and not answer.keeps
        assert client.reads_end()


def test_half_a_header_has_a_deadline():
    with Door(trust="127.0.0.1", header_ms=300) as door, door.connect() as client:
        client.send(v1("203.0.113.7")[:-1])
        assert client.answer().status == 408
        assert client.reads_end()


def test_only_one_header_is_taken(door):
    with door.connect() as client:
        assert client.ask(v1("203.0.113.7") + v1("198.51.100.1") + get()).status in (400, 501)


def test_nobody_else_may_say_who_he_is(door):
    """Neither by a PROXY header nor by X-Forwarded-For."""
    for header in (v1("203.0.113.7"), v2("203.0.113.7")):
        with door.connect(source="127.0.0.2") as client:
            assert client.ask(header + get()).status in (400, 501, 505)
    with door.connect(source="127.0.0.2") as client:
        assert peer(client, "X-Forwarded-For: 203.0.113.7") == "127.0.0.2"
    with Door() as plain, plain.connect() as client:
        assert peer(client, "X-Forwarded-For: 203.0.113.7") == "127.0.0.1"


@pytest.mark.parametrize("fields, named", [
    (["X-Forwarded-For: 203.0.113.7"], "203.0.113.7"),
    (["X-Forwarded-For: 6.6.6.6, 203.0.113.7"], "203.0.113.7"),
    (["X-Forwarded-For: 6.6.6.6, 203.0.113.7, 10.1.2.3"], "203.0.113.7"),
    (["X-Forwarded-For: 6.6.6.6", "x-forwarded-for: 203.0.113.7"], "203.0.113.7"),
    (["X-Forwarded-For: 203.0.113.7:4711"], "203.0.113.7"),
    (["X-Forwarded-For: [2001:db8::7]:4711"], "2001:db8::7"),
    (["X-Forwarded-For: unknown"], "127.0.0.1"),
    (["X-Forwarded-For: 203.0.113.7, unknown"], "127.0.0.1"),
    ([], "127.0.0.1"),
])
def test_forwarded_for(door, fields, named):
    with door.connect() as client:
        assert peer(client, *fields) == named


def test_each_request_has_its_own_client(door):
    """A proxy sends many clients' requests on one connection; late answers belong to theirs."""
    with door.connect() as client:
        client.send(get("/?pending=50", "X-Forwarded-For: 203.0.113.1") + get("/", "X-Forwarded-For: 203.0.113.2") + get())
        assert [json.loads(client.answer().body)["peer"] for _ in range(3)] == ["203.0.113.1", "203.0.113.2", "127.0.0.1"]


def test_forwarded_behind_a_proxy_header(door):
    """A balancer that speaks PROXY in front of one that speaks X-Forwarded-For."""
    with door.connect() as client:
        client.send(v2("10.0.0.9") + get("/", "X-Forwarded-For: 203.0.113.7"))
        assert json.loads(client.answer().body)["peer"] == "203.0.113.7"
    with door.connect() as client:
        client.send(v2("198.51.100.1") + get("/", "X-Forwarded-For: 203.0.113.7"))
        assert json.loads(client.answer().body)["peer"] == "198.51.100.1"


def test_unix_sockets_can_be_trusted(tmp_path):
    for trust, named in (("unix", "203.0.113.7"), ("10.0.0.0/8", "")):
        with Door(trust=trust, listen=f"unix:{tmp_path}/s") as door, door.connect() as client:
            assert peer(client, "X-Forwarded-For: 203.0.113.7") == named


def test_access_log_shows_the_client():
    door = Door(trust="127.0.0.1", log=1)
    with door.connect() as client:
        client.send(v1("203.0.113.7") + get())
        assert client.answer().status == 200
    with door.connect() as client:
        peer(client, "X-Forwarded-For: 198.51.100.4")
    lines = door.stop().splitlines()
    assert [line.split("remote=")[1].split()[0] for line in lines] == ["203.0.113.7", "198.51.100.4"]


def test_ceilings_see_the_client():
    """A proxy's connections count for the clients they are made for, and without a client for nobody."""
    with Door(trust="127.0.0.1", per_address=3, admin="127.0.0.1:0") as door:
        kept = []
        for n in range(3):
            kept.append(door.connect())
            assert kept[-1].ask(v2("203.0.113.7") + get()).status == 200
        with door.connect() as client:
            client.send(v2("203.0.113.7") + get())
            with pytest.raises((EOFError, ConnectionResetError)):
                client.answer()
        assert figure(door, 'bursar_connections_turned_away_total{ceiling="address"}') == 1
        for n in range(5):
            kept.append(door.connect())
            assert kept[-1].ask(get()).status == 200
        kept.append(door.connect())
        assert kept[-1].ask(v2("203.0.113.8") + get()).status == 200
        kept.pop(0).close()
        eventually(lambda: figure(door, "bursar_connections") == 9, "one went")
        with door.connect() as client:
            assert client.ask(v2("203.0.113.7") + get()).status == 200
        for client in kept:
            client.close()


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_proxy_header_before_tls(tmp_path):
    from test_door_tls import context, make_certificate
    make_certificate(tmp_path, "billing.test")
    with Door(listen=None, tls="127.0.0.1:0", trust="127.0.0.1", cert=tmp_path / "cert.pem", key=tmp_path / "key.pem") as door:
        for header, named in ((v1("203.0.113.7"), "203.0.113.7"), (v2("203.0.113.7"), "203.0.113.7"), (b"", "127.0.0.1")):
            def wrap(plain):
                plain.sendall(header)
                return context(tmp_path).wrap_socket(plain, server_hostname="billing.test")
            with Client(door.addresses[0], wrap=wrap) as client:
                assert peer(client) == named
        with door.connect() as client:
            client.send(b"PROXY nonsense\r\n")
            assert client.reads_end()


@pytest.mark.parametrize("trust", ["", "10.0.0.0/33", "10.0.0.1/8", "localhost", "10.0.0.0:80", "2001:db8::/200"])
def test_what_is_no_network_is_an_error(trust):
    with pytest.raises(RuntimeError, match="trusted proxy"):
        Door(trust=trust)


# --- the health path ---


def test_health_path():
    with Door(health="/readyz", threads=2) as door, door.connect() as client:
        eventually(lambda: client.ask(get("/readyz")).status == 200, "the server serves")
        answer = client.ask(get("/readyz"))
        assert (answer.status, answer.body) == (200, b"ok\n")
        assert answer["Cache-Control"] == "no-store"
        answer = client.ask(get("/readyz").replace(b"GET", b"HEAD"), to_head=True)
        assert answer.status == 200 and answer["Content-Length"] == "3"
        assert client.ask(get("/readyz", version="1.0")).status == 200
    with Door(health="/readyz") as door, door.connect() as client:
        answer = client.ask(post(b"", "/readyz"))
        assert answer.status == 405 and answer["Allow"] == "GET, HEAD"
        for path in ("/readyz/", "/ready", "/metrics", "/version", "/healthz"):
            assert client.ask(get(path)).status == 404
        assert client.ask(get()).status == 200


def test_no_health_path_unless_asked_for():
    with Door() as door, door.connect() as client:
        assert client.ask(get("/readyz")).status == 404


def test_health_path_says_when_it_drains():
    door = Door(health="/readyz", drain_ms=60000)
    with door.connect() as client, door.connect() as other:
        client.send(get("/?pending=1000"), get("/readyz"))
        other.send(get()[:-2])
        assert other.is_quiet(0.2)
        door.drain()
        answer = client.answer()
        assert answer.status == 200 and not answer.keeps
        other.send(b"\r\n")
        assert other.answer().status == 200
    door.wait()


def test_health_path_is_a_path():
    for path in ("/", "readyz", "/a b", "/a?b", "/" + "x" * 300):
        with pytest.raises(RuntimeError, match="health path"):
            Door(health=path)
