"""HTTP/1.1 at the door: what is answered, in which order, and what is refused."""
import hashlib
import json
import pathlib
import shutil
import subprocess

import pytest

from door import Door, chunked, eventually, get, post

CASES = json.loads((pathlib.Path(__file__).parent / "http_cases.json").read_text())


def raw(case):
    """The bytes of a case; a run of one letter stands as [letter, count]."""
    parts = case["send"] if isinstance(case["send"], list) else [case["send"]]
    return "".join(part if isinstance(part, str) else part[0] * part[1] for part in parts).encode("latin-1")


@pytest.fixture(scope="module")
def door():
    with Door(listen=["127.0.0.1:0", "[::1]:0", "*:0"]) as door:
        yield door


def expect(client, case):
    for status in case["answers"]:
        answer = client.answer()
        assert answer.status == status
    assert answer.keeps == case["stays_open"]
    if case["stays_open"]:
        assert client.ask(get("/?after")).status == 200
    else:
        if answer.status != 200:
            assert answer["Content-Type"] == "text/plain; charset=utf-8" and answer.body.endswith(b"\n")
        assert client.reads_end()


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_verdict(door, case):
    with door.connect() as client:
        client.send(raw(case))
        expect(client, case)


@pytest.mark.parametrize("case", [case for case in CASES if len(raw(case)) < 2000], ids=lambda case: case["name"])
def test_verdict_byte_by_byte(door, case):
    with door.connect() as client:
        try:
            client.send_bytewise(raw(case))
        except (BrokenPipeError, ConnectionResetError):
            assert not case["stays_open"]
        expect(client, case)


def test_head_lines(door):
    with door.connect() as client:
        answer = client.ask(post("{}"))
    assert answer["Content-Type"] == "application/json"
    assert answer["Server"] == "bursar"
    assert answer["Connection"] == "keep-alive"
    assert answer["Date"].endswith(" GMT") and len(answer["Date"]) == 29
    assert set(answer.fields) == {"content-type", "content-length", "connection", "server", "date", "cache-control"}


def test_date_moves_on(door):
    with door.connect() as client:
        first = client.ask(get())["Date"]
        eventually(lambda: client.ask(get())["Date"] != first, "another second in Date")


@pytest.mark.parametrize("index, peer", [(0, "127.0.0.1"), (1, "::1"), (2, "127.0.0.1")], ids=["ipv4", "ipv6", "any"])
def test_addresses(door, index, peer):
    with door.connect(index) as client:
        assert json.loads(client.ask(get()).body)["peer"] == peer


def test_many_on_one_connection(door):
    with door.connect() as client:
        for i in range(2000):
            body = b"x" * (i % 97)
            told = json.loads(client.ask(post(body, f"/?n={i}")).body)
            assert told["target"] == f"/?n={i}" and told["body_bytes"] == len(body)


def test_pipelined_answers_keep_their_order(door):
    count = 500
    with door.connect() as client:
        requests = [post(b"b" * (i % 50), f"/?i={i}") if i % 3 else get(f"/?i={i}") for i in range(count)]
        client.send(b"".join(requests))
        assert [json.loads(client.answer().body)["target"] for _ in range(count)] == [f"/?i={i}" for i in range(count)]


def test_late_answers_keep_their_order(door):
    """Calls that wait for their commit hold up those behind them."""
    waits = [30, 0, 10, None, 20, None, None, 0, 5, None]
    targets = [f"/?i={i}" if wait is None else f"/?pending={wait}&i={i}" for i, wait in enumerate(waits)]
    with door.connect() as client:
        client.send(b"".join(get(target) for target in targets))
        assert [json.loads(client.answer().body)["target"] for _ in targets] == targets


def test_request_sent_while_another_waits(door):
    with door.connect() as client:
        client.send(post(b"one", "/?pending=100"))
        assert client.is_quiet(0.03)
        client.send(post(b"two" * 10000, "/?second"))
        assert json.loads(client.answer().body)["body_bytes"] == 3
        assert json.loads(client.answer().body)["target"] == "/?second"


def test_body_arrives_whole(door):
    body = bytes(range(256)) * 4096 * 9  # 9 MiB, every byte value
    with door.connect() as client:
        told = json.loads(client.ask(post(body)).body)
        assert told["body_sha256"] == hashlib.sha256(body).hexdigest()
        told = json.loads(client.ask(chunked([body[i : i + 70001] for i in range(0, len(body), 70001)])).body)
        assert told["body_sha256"] == hashlib.sha256(body).hexdigest()
        assert client.ask(get()).status == 200


def test_chunked_in_every_cut(door):
    text = chunked([b"{", b'"a":1', b"}"], "/?cut", trailer=b"X-T: 1\r\n") + get("/?next")
    for cut in range(1, len(text)):
        with door.connect() as client:
            client.send(text[:cut])
            client.send(text[cut:])
            assert json.loads(client.answer().body)["body_bytes"] == 7
            assert json.loads(client.answer().body)["target"] == "/?next"


def test_chunk_overhead_is_limited(door):
    with door.connect() as client:
        head = chunked([b"a"]).split(b"\r\n\r\n")[0] + b"\r\n\r\n"
        with pytest.raises((BrokenPipeError, ConnectionResetError, AssertionError)):
            client.send(head)
            for _ in range(200):
                client.send(b"1;" + b"e" * 1000 + b"\r\na\r\n")
            assert client.answer().status == 200
    with door.connect() as client:
        client.send(head, b"".join(b"1;" + b"e" * 1000 + b"\r\na\r\n" for _ in range(80)))
        assert client.answer().status in (400, 413)


def test_expect_100_continue(door):
    body = b"{}"
    head = post(body, "/", "Expect: 100-continue")[: -len(body)]
    with door.connect() as client:
        assert client.ask(head).status == 100
        assert client.is_quiet(0.05)
        assert client.ask(body).status == 200
        # asked again: told again, once; not asked: never
        client.send(head[:20])
        assert client.is_quiet(0.05)
        assert client.ask(head[20:]).status == 100
        assert client.ask(body[:1], body[1:]).status == 200
        assert client.ask(post(body)).status == 200


def test_no_100_when_the_body_is_here(door):
    with door.connect() as client:
        assert client.ask(post(b"{}", "/", "Expect: 100-Continue")).status == 200


def test_no_100_for_http_1_0(door):
    with door.connect() as client:
        client.send(post(b"{}", "/", "Expect: 100-continue").replace(b"HTTP/1.1", b"HTTP/1.0")[:-2])
        assert client.is_quiet(0.05)
        assert client.ask(b"{}").status == 200


def test_too_large_is_refused_before_it_is_sent(door):
    with door.connect() as client:
        head = post(b"", "/", "Expect: 100-continue").replace(b"Content-Length: 0", b"Content-Length: 10485761")
        assert client.ask(head).status == 413


def test_refusal_is_seen_by_a_client_that_goes_on_sending(door):
    """The answer must not be destroyed by a reset while the body is on its way."""
    with door.connect() as client:
        client.send(post(b"").replace(b"Content-Length: 0", b"Content-Length: 12582912"))
        sent = 0
        try:
            while sent < 12582912:
                client.send(b"x" * 65536)
                sent += 65536
        except (BrokenPipeError, ConnectionResetError):
            pytest.fail("the connection was reset")
        assert client.answer().status == 413


def test_head_has_no_body(door):
    with door.connect() as client:
        answer = client.ask(b"HEAD / HTTP/1.1\r\nHost: billing.test\r\n\r\n", to_head=True)
        assert answer.status == 200 and int(answer["Content-Length"]) > 0
        assert json.loads(client.ask(get("/?next")).body)["target"] == "/?next"


def test_no_answer_is_kept_by_anybody(door):
    """Balances are in them; and what was refused now is not refused for ever."""
    with door.connect() as client:
        for text in (get(), post(b"{}"), get("/elsewhere")):
            assert client.ask(text)["Cache-Control"] == "no-store"
        assert client.ask(b"nonsense\r\n\r\n")["Cache-Control"] == "no-store"


@pytest.mark.parametrize("target, host, status", [
    ("http://billing.test/", "billing.test", 200), ("http://billing.test:80/", "billing.test", 200),
    ("http://billing.test/", "billing.test:80", 200), ("https://billing.test/", "billing.test:443", 200),
    ("http://Billing.Test/", "billing.TEST", 200), ("http://billing.test:8080/", "billing.test:8080", 200),
    ("http://evil.test/", "billing.test", 400), ("http://billing.test:8080/", "billing.test", 400),
    ("http://billing.test/", "billing.test:443", 400), ("https://billing.test/", "billing.test:80", 400),
    ("http://billing.test.evil.test/", "billing.test", 400), ("http://billing.test/", "billing.test.", 400),
    ("http://[::1]/", "[::1]", 200), ("http://[::1]:80/", "[::1]", 200), ("http://[::1]/", "[::2]", 400)
])
def test_target_and_host_are_one(door, target, host, status):
    """RFC 9112 3.2.2: what is signed (Host) and what was asked for are not two."""
    with door.connect() as client:
        assert client.ask(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").status == status


def test_half_closed_client_is_answered(door):
    with door.connect() as client:
        client.send(get("/?pending=50"), get("/?two"))
        client.end_sending()
        assert client.answer().status == 200
        assert json.loads(client.answer().body)["target"] == "/?two"
        assert client.reads_end()


def test_half_a_request_and_gone(door):
    before = door.fd_count()
    for text in (get()[:-2], post(b"abc")[:-1], chunked([b"abc"])[:-1], b""):
        with door.connect() as client:
            client.send(text)
            client.end_sending()
            assert client.reads_end()
    eventually(lambda: door.fd_count() == before, "all connections closed")


def test_another_status_and_its_head_line(door):
    with door.connect() as client:
        answer = client.ask(get("/?status=503"))
        assert answer.status == 503 and answer["X-Door"] == "test" and answer.keeps
        assert client.ask(get("/?after")).status == 200


def test_a_dropped_call_has_no_answer(door):
    for target in ("/?status=0", "/?pending=20&status=0"):
        with door.connect() as client:
            client.send(get("/?before") + get(target) + get("/?after"))
            assert json.loads(client.answer().body)["target"] == "/?before"
            assert client.reads_end()


def test_pending_once_more(door):
    with door.connect() as client:
        client.send(get("/?pending=20&again=1"), get("/?two"))
        assert json.loads(client.answer().body)["target"] == "/?pending=20&again=1"
        assert json.loads(client.answer().body)["target"] == "/?two"


def test_gone_while_its_call_is_pending(door):
    before = door.fd_count()
    for _ in range(20):
        with door.connect() as client:
            client.send(post(b"x" * 5000, "/?pending=50"))
        with door.connect() as client:
            client.send(post(b"x" * 5000, "/?pending=20&again=1"))
    eventually(lambda: door.fd_count() == before, "all connections closed")
    with door.connect() as client:
        assert client.ask(get()).status == 200


def test_large_answers(door):
    with door.connect() as client:
        for size in (0, 1, 65535, 65536, 65537, 5_000_000):
            answer = client.ask(get(f"/?bytes={size}"))
            assert len(answer.body) == size and answer["Content-Length"] == str(size)


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
@pytest.mark.parametrize("options", [["-d", "{}"], ["-0"], ["--http2"], ["-T", "-"], ["-I"], ["-H", "Expect: 100-continue", "-d", "{}"]], ids=" ".join)
def test_curl(door, options):
    done = subprocess.run(["curl", "-sS", "-m", "20", "-w", "%{http_code}", *options, f"http://{door.addresses[0]}/"],
                          input=b"x" * 100000, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(b"200")
