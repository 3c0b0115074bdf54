"""Health, metrics, addresses, unix sockets, the access log."""
import os
import re
import socket
import stat

import pytest

from door import Door, eventually, get, post


def faults(**options):
    with pytest.raises(RuntimeError) as raised:
        Door(**options)
    return str(raised.value).strip()


# --- admin listener ---


@pytest.fixture(scope="module")
def door():
    with Door(admin="127.0.0.1:0", threads=2) as door:
        yield door


@pytest.mark.parametrize("path, body", [("/healthz", b"ok\n"), ("/livez", b"ok\n"), ("/readyz", b"ready\n"),
                                        ("/version", b'{"name":"bursar","version":"0.0-test"}\n')])
def test_health(door, path, body):
    with door.connect(1) as client:
        answer = client.ask(get(path))
        assert (answer.status, answer.body) == (200, body)
        answer = client.ask(get(path).replace(b"GET", b"HEAD"), to_head=True)
        assert answer.status == 200 and answer["Content-Length"] == str(len(body))


def test_admin_refusals(door):
    with door.connect(1) as client:
        assert client.ask(get("/")).status == 404
        answer = client.ask(post(b"{}", "/metrics"))
        assert answer.status == 405 and answer["Allow"] == "GET, HEAD"
        assert client.ask(get("/healthz?verbose")).status == 200
    with door.connect(0) as client:
        assert client.ask(get("/metrics")).status == 404


@pytest.mark.parametrize("host, status", [
    ("127.0.0.1", 200), ("127.0.0.1:9090", 200), ("[::1]", 200), ("[::1]:9090", 200), ("localhost", 200), ("LOCALHOST:9090", 200),
    ("metrics.test", 200), ("Metrics.Test:9090", 200), ("evil.test", 421), ("evil.test:9090", 421), ("127.0.0.1.evil.test", 421),
    ("localhost.evil.test", 421), ("xmetrics.test", 421), ("127.0.0", 421)
])
def test_admin_answers_only_to_its_names(host, status):
    """A page whose name was made to resolve to this address (DNS rebinding) learns nothing."""
    with Door(admin="127.0.0.1:0", admin_host=["other.test", "metrics.test"]) as door:
        for path in ("/metrics", "/version", "/healthz", "/readyz"):
            with door.connect(1) as client:
                answer = client.ask(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")
                assert answer.status == status
                assert answer["X-Content-Type-Options"] == "nosniff"
                assert status == 200 or b"bursar_" not in answer.body and b"version" not in answer.body
        with door.connect(1) as client:  # no browser: HTTP/1.0 without Host, as haproxy asks by default
            assert client.ask(b"GET /healthz HTTP/1.0\r\n\r\n").status == 200


def test_admin_answers_are_not_sniffed_or_kept(door):
    with door.connect(1) as client:
        for text in (get("/metrics"), get("/nothing"), get("/version"), post(b"{}", "/metrics")):
            answer = client.ask(text)
            assert answer["X-Content-Type-Options"] == "nosniff" and answer["Cache-Control"] == "no-store"


def test_metrics(door):
    with door.connect() as client:
        for target in ["/"] * 3 + ["/?error=1"] + ["/elsewhere"]:
            client.ask(get(target))
        client.ask(b"nonsense\r\n")
    with door.connect(1) as client:
        answer = client.ask(get("/metrics"))
    assert answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    values, types = {}, {}
    for line in answer.body.decode().splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types
            types[name] = kind
        elif not line.startswith("# HELP "):
            name, value = re.fullmatch(r'([a-z_]+(?:\{[a-z]+="[^"\\]*"\})?) ([0-9.]+)', line).groups()
            family = name.split("{")[0]
            assert name not in values
            assert family in types or types[re.sub("_(bucket|sum|count)$", "", family)] == "histogram"
            values[name] = float(value)
    assert all(name.endswith("_total") == (kind == "counter") for name, kind in types.items())
    assert values['bursar_requests_total{code="OK"}'] >= 3
    assert values['bursar_requests_total{code="InternalError"}'] >= 1
    assert values['bursar_http_refused_total{status="404"}'] >= 1
    assert values['bursar_http_refused_total{status="400"}'] >= 1
    assert values['bursar_build_info{version="0.0-test"}'] == 1
    assert values["bursar_connections"] >= 1
    assert values["bursar_committer_append_seconds_total"] == 1.25
    assert values['bursar_committer_batch_seconds_bucket{le="0.000100"}'] == 4
    assert values['bursar_committer_batch_seconds_bucket{le="0.000200"}'] == 8
    assert values['bursar_committer_batch_seconds_bucket{le="+Inf"}'] == 9 == values["bursar_committer_batch_seconds_count"]
    assert values["bursar_committer_batch_seconds_sum"] == 1.25
    assert values["bursar_historian_jobs_total"] == 5 and values["bursar_historian_run_seconds_total"] == 2.5
    assert values["process_open_fds"] == pytest.approx(door.fd_count(), abs=5)
    assert values["process_resident_memory_bytes"] > 1 << 20
    assert values["process_threads"] >= 2


# --- addresses ---


@pytest.mark.parametrize("address", ["8080", "localhost", "127.0.0.1:65536", "127.0.0.1:", "::1:80", "[::1:80",
                                     "example.org:80", "unix:", "unix:" + "x" * 108, "127.0.0.256:1", ":8080", "a b:1"])
def test_bad_address(address):
    text = faults(listen=address)
    assert address[:100] in text and "ADDRESS:PORT" in text


def test_port_in_use():
    with Door(threads=2) as door:
        for threads in (1, 2):  # sharing the port is for our own threads only
            text = faults(listen=door.addresses[0], threads=threads)
            assert f"{door.addresses[0]} is in use by another program" in text and "--listen" in text


def test_port_of_someone_who_would_share():
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert "is in use" in faults(listen=f"127.0.0.1:{other.getsockname()[1]}", threads=2)


def test_address_of_another_machine():
    assert "is not an address of this machine" in faults(listen="192.0.2.1:0")


def test_threads_share_a_port():
    with Door(threads=3, admin="127.0.0.1:0") as door:
        clients = [door.connect() for _ in range(60)]
        assert all(client.ask(get()).status == 200 for client in clients)
        for client in clients:
            client.close()


def test_the_port_can_be_taken_again_at_once():
    with Door() as door:
        address = door.addresses[0]
        with door.connect() as client:
            client.ask(get())
            door.stop()
    with Door(listen=address) as door, door.connect() as client:
        assert client.ask(get()).status == 200


# --- unix sockets ---


def test_control_socket(tmp_path):
    path = tmp_path / "control.sock"
    old = os.umask(0)
    try:
        with Door(control=f"unix:{path}", listen=f"unix:{tmp_path}/plain") as door:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert sorted(door.addresses) == [f"unix:{path}", f"unix:{tmp_path}/plain"]
            for address in door.addresses:
                with door.connect(door.addresses.index(address)) as client:
                    told = client.ask(get()).body
                    assert (b'"operator":true' in told) == address.endswith("control.sock")
    finally:
        os.umask(old)
    assert list(tmp_path.iterdir()) == []


def test_operators_come_in_when_it_is_full(tmp_path):
    with Door(connections=1, control=f"unix:{tmp_path}/c", admin="127.0.0.1:0") as door:
        order = {address.split(":")[0]: i for i, address in enumerate(door.addresses)}
        tcp = [i for i, address in enumerate(door.addresses) if not address.startswith("unix")]
        with door.connect(tcp[0]) as one:
            assert one.ask(get()).status == 200
            with door.connect(order["unix"]) as control, door.connect(tcp[1]) as admin:
                assert control.ask(get()).status == 200
                assert admin.ask(get("/readyz")).status == 200


def test_stale_socket_is_replaced(tmp_path):
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(path))
    with Door(listen=f"unix:{path}") as door, door.connect() as client:
        assert client.ask(get()).status == 200


def test_live_socket_is_left_alone(tmp_path):
    path = tmp_path / "s"
    with Door(listen=f"unix:{path}") as door:
        assert "is in use by another program" in faults(listen=f"unix:{path}")
        with door.connect() as client:
            assert client.ask(get()).status == 200


def test_other_files_are_left_alone(tmp_path):
    path = tmp_path / "s"
    path.write_text("mine")
    assert "not a socket" in faults(listen=f"unix:{path}")
    assert path.read_text() == "mine"


def test_socket_of_a_successor_is_left_alone(tmp_path):
    path = tmp_path / "s"
    with Door(listen=f"unix:{path}") as door:
        path.unlink()
        with Door(listen=f"unix:{path}") as successor:
            door.stop()
            with successor.connect() as client:
                assert client.ask(get()).status == 200


def test_no_such_folder(tmp_path):
    assert "No such file" in faults(listen=f"unix:{tmp_path}/none/s")


# --- access log ---


def test_access_log():
    door = Door(log=1)
    with door.connect() as client:
        client.ask(post(b"{}", "/", "X-TC-Action: DescribeThings", "X-Key: AKIDsecretABCD"))
        client.ask(post(b"{}", "/?pending=5&error=1", 'X-TC-Action: a=b" status=200'))
        client.ask(get("/elsewhere?status=200"))
        client.ask(post(b"{}", "/", "X-TC-Action: \x1b"))
    lines = door.stop().splitlines()
    start = r"time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z remote=127\.0\.0\.1 "
    for line, rest in zip(lines, [
        r"method=POST action=DescribeThings key=\*\*\*\*ABCD status=200 code=OK request_id=\S{36} bytes=\d+ us=\d+",
        r"method=POST action=a\?b\?\?status\?200 key=- status=200 code=InternalError request_id=\S{36} bytes=\d+ us=\d{4,}",
        r"method=GET action=- key=- status=404 code=- request_id=- bytes=\d+ us=0",
        r"method=- action=- key=- status=400 code=- request_id=- bytes=\d+ us=0",
    ], strict=True):
        assert re.fullmatch(start + rest, line), line


def test_silent_when_all_is_well():
    with Door() as door:
        with door.connect() as client:
            client.ask(get())
            client.send(b"bad\r\n\r\n")
        eventually(lambda: True, "")
        assert door.stop() == ""
