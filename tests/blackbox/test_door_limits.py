"""Slow, greedy and many clients; the end of the server."""
import contextlib
import json
import pathlib
import signal
import socket
import threading
import time

import pytest

from door import PATIENCE, Client, Door, chunked, eventually, get, post, program

SHORT = 300  # ms


def figure(door, name, index=-1):
    """A metric, asked of the admin listener (the last one)."""
    with door.connect(index) as client:
        text = client.ask(get("/metrics", "Connection: close")).body.decode()
    for line in text.splitlines():
        if line.startswith(name + " "):
            return float(line.split()[-1])
    raise KeyError(name)


def expired(door, what):
    return figure(door, f'bursar_deadlines_expired_total{{deadline="{what}"}}')


# --- deadlines: each closes its own kind of slowness and nothing else ---


@pytest.mark.parametrize("begun, kind", [
    (b"", "header"),
    (b"GET / HTTP/1.1\r\nHost:", "header"),
    (b"\r\n", "header"),
    (post(b"abc")[:-1], "body"),
    (chunked([b"abc"])[:-3], "body"),
], ids=["nothing", "half a head", "an empty line", "half a body", "half a chunked body"])
def test_slow_request(begun, kind):
    with Door(admin="127.0.0.1:0", **{f"{kind}_ms": SHORT}) as door:
        with door.connect() as client:
            client.send(begun)
            if begun:
                answer = client.answer()
                assert answer.status == 408 and not answer.keeps
            assert client.reads_end()
        assert expired(door, kind) == 1


def test_dripping_does_not_help():
    """A byte now and then is no progress: the head as a whole has a deadline."""
    with Door(header_ms=SHORT) as door, door.connect() as client:
        client.ask(get())
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            end = time.monotonic() + PATIENCE
            while time.monotonic() < end:
                client.send(b"G" if client.rest == b"" else b"")
                client.socket.settimeout(0.05)
                with contextlib.suppress(TimeoutError):
                    if not client._more() or client.rest:
                        break
            client.socket.settimeout(PATIENCE)
            assert client.answer().status in (400, 408, 501)
            assert time.monotonic() < end


def test_idle_connection_is_closed():
    with Door(idle_ms=SHORT, admin="127.0.0.1:0") as door, door.connect() as client:
        client.ask(get())
        assert client.reads_end()
        assert expired(door, "idle") == 1


def test_used_connection_is_not_idle():
    with Door(idle_ms=1000, header_ms=1000, body_ms=1000) as door, door.connect() as client:
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            assert client.ask(post(b"a")).status == 200
            time.sleep(0.1)


def test_waiting_for_the_commit_has_no_deadline():
    with Door(idle_ms=SHORT, header_ms=SHORT, body_ms=SHORT, write_ms=SHORT) as door, door.connect() as client:
        assert client.ask(post(b"a", "/?pending=1500")).status == 200


def test_client_that_does_not_read():
    with Door(write_ms=SHORT, admin="127.0.0.1:0") as door, door.connect(receive_bytes=4096) as client:
        client.send(get("/?bytes=20000000"))
        eventually(lambda: expired(door, "write") == 1, "the write deadline")
        with pytest.raises((EOFError, ConnectionResetError)):
            client.answer()
        eventually(lambda: figure(door, "bursar_connections") == 1, "the connection closed")


def test_client_that_reads_slowly_is_served():
    """Progress is what the client takes, long before there is room for another byte from us."""
    with Door(write_ms=500) as door, door.connect(receive_bytes=16384) as client:
        size = 9_000_000
        client.send(get(f"/?bytes={size}"))
        end = time.monotonic() + 3
        while time.monotonic() < end:
            client.rest += client.socket.recv(4000)
            time.sleep(0.05)
        client.socket.settimeout(PATIENCE)
        assert len(client.answer().body) == size


def test_client_that_does_not_read_late_answers():
    with Door(write_ms=SHORT, admin="127.0.0.1:0") as door, door.connect(receive_bytes=4096) as client:
        client.send((get("/?bytes=60000") + get("/?pending=1")) * 300)
        eventually(lambda: expired(door, "write") == 1, "the write deadline")
        eventually(lambda: figure(door, "bursar_connections") == 1, "the connection closed")
        assert figure(door, "bursar_api_pending") == 0


def test_late_answers_behind_unsent_ones():
    """A call that is finished while the answer before it still waits for its reader waits, too."""
    count = 300
    with Door() as door, door.connect(receive_bytes=16384) as slow, door.connect() as other:
        slow.send((get("/?bytes=60000") + get("/?pending=1")) * count)
        for i in range(100):  # meanwhile the kernel's buffers fill up
            assert json.loads(other.ask(get(f"/?{i}")).body)["target"] == f"/?{i}"
            time.sleep(0.01)
        for _ in range(count):
            assert len(slow.answer().body) == 60000
            assert json.loads(slow.answer().body)["target"] == "/?pending=1"


def test_gone_while_a_late_answer_waits():
    with Door() as door:
        before = door.fd_count()
        with door.connect(receive_bytes=4096) as client:
            client.send(get("/?bytes=9000000") + get("/?pending=100"))
            assert client.socket.recv(1) == b"H"
        eventually(lambda: door.fd_count() == before, "the connection closed")


# --- ceilings ---


def test_ceiling_on_connections():
    with Door(connections=5, admin="127.0.0.1:0") as door:
        kept = [door.connect() for _ in range(5)]
        assert all(client.ask(get()).status == 200 for client in kept)
        for client in kept:  # busy: an idle one would go for the newcomer
            client.send(post(b"abc")[:-1])
        eventually(lambda: figure(door, "bursar_connections") == 6, "all connections")
        time.sleep(0.1)
        with door.connect(source="127.0.0.2") as client:
            assert client.reads_end()
        assert figure(door, 'bursar_connections_turned_away_total{ceiling="all"}') == 1
        kept.pop().close()
        eventually(lambda: not turned_away(door, source="127.0.0.2"), "a free place")
        for client in kept:
            client.send(b"c")
            assert client.answer().status == 200
            client.close()


def turned_away(door, **options):
    with door.connect(**options) as client, contextlib.suppress(EOFError, ConnectionResetError, BrokenPipeError):
        return client.ask(get()).status != 200
    return True


def test_ceiling_per_address():
    with Door(per_address=3, admin="127.0.0.1:0", listen=["127.0.0.1:0", "[::1]:0"]) as door:
        kept = [door.connect() for _ in range(3)]
        assert all(client.ask(get()).status == 200 for client in kept)
        assert turned_away(door)
        assert figure(door, 'bursar_connections_turned_away_total{ceiling="address"}') == 1
        with door.connect(1) as other:  # another address
            assert other.ask(get()).status == 200
        for client in kept:
            client.close()
        eventually(lambda: not turned_away(door), "a free place")


def test_unix_sockets_have_no_address(tmp_path):
    with Door(per_address=1, listen=f"unix:{tmp_path}/s") as door:
        with door.connect() as one, door.connect() as two:
            assert one.ask(get()).status == two.ask(get()).status == 200


def test_fds_come_back():
    with Door(threads=2) as door:
        before = door.fd_count()
        for _ in range(20):
            clients = [door.connect() for _ in range(100)]
            for client in clients[::2]:
                client.send(get())
            for client in clients:
                client.close()
        eventually(lambda: door.fd_count() == before, "all file descriptors back")


def test_no_file_descriptors_left():
    """It goes on serving whom it has, and others once there is room."""
    with Door(files=60) as door:
        first = door.connect()
        assert first.ask(get()).status == 200
        crowd = [door.connect() for _ in range(100)]
        for _ in range(10):
            assert first.ask(get()).status == 200
        for client in [first, *crowd]:
            client.close()
        eventually(lambda: not turned_away(door), "a free place")


# --- memory ---

without_sanitizer = pytest.mark.skipif(any(name in pathlib.Path(program()).read_bytes() for name in (b"__tsan_init", b"__asan_init")), reason="a sanitizer takes memory of its own")


@without_sanitizer
def test_deep_pipelining_needs_no_memory():
    """10,000 requests in flight: what is not answered yet stays with the client."""
    count = 10_000
    with Door() as door, door.connect() as client:
        assert client.ask(get("/?bytes=2000")).status == 200
        before = door.resident_bytes()
        sender = threading.Thread(target=client.send, args=(post(b"x" * 300, "/?bytes=2000") * count,))
        sender.start()
        time.sleep(0.5)  # nobody reads
        held = door.resident_bytes() - before
        for _ in range(count):
            assert len(client.answer().body) == 2000
        sender.join()
        assert held < 16 << 20


@without_sanitizer
def test_slow_requests_need_little_memory():
    with Door(connections=3000, per_address=0) as door:
        before = door.resident_bytes()
        clients = [door.connect() for _ in range(1000)]
        for client in clients:
            client.send(post(b"x" * 500)[:-1])
        with door.connect() as last:
            assert last.ask(get()).status == 200
        eventually(lambda: door.fd_count() > 1000, "all accepted")
        assert door.resident_bytes() - before < 1000 * 8192
        for client in clients:
            client.send(b"x")
        for client in clients:
            assert client.answer().status == 200
            client.close()


@without_sanitizer
def test_one_long_answer_is_not_kept():
    with Door() as door, door.connect() as client:
        client.ask(get("/?bytes=100"))
        before = door.resident_bytes()
        assert len(client.ask(get("/?bytes=12000000")).body) == 12000000
        eventually(lambda: door.resident_bytes() - before < 4 << 20, "its memory given back")


@without_sanitizer
def test_announced_bodies_take_no_memory():
    with Door() as door:
        before = door.resident_bytes()
        clients = [door.connect() for _ in range(300)]
        for client in clients:
            client.send(post(b"").replace(b"Content-Length: 0", b"Content-Length: 10485760") + b"x")
        with door.connect() as last:
            assert last.ask(get()).status == 200
        assert door.resident_bytes() - before < 16 << 20
        for client in clients:
            client.close()


# --- fairness ---


def test_a_flood_of_requests_lets_others_through():
    """A thousand requests of one client wait, then one of another: the other is not answered last."""
    with Door(log=1) as door:
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(door.process.stderr), daemon=True)
        reader.start()
        with door.connect() as flood, door.connect() as other:
            assert flood.ask(get()).status == other.ask(get()).status == 200
            door.process.send_signal(signal.SIGSTOP)
            flood.send(get("/", "X-A: " + "b" * 16) * 1000)
            other.send(get().replace(b"GET", b"DELETE"))
            door.process.send_signal(signal.SIGCONT)
            assert other.answer().status == 200
            for _ in range(1000):
                assert flood.answer().status == 200
        door.drain()
        reader.join(PATIENCE)
        assert len(lines) == 1003
        assert next(i for i, line in enumerate(lines) if "method=DELETE" in line) < 500


# --- limits ---


def test_limits_are_options():
    with Door(line=100, head=200, fields=3, body=10) as door:
        for text, status in [
            (get("/?" + "a" * 100), 414),
            (get("/", "X: " + "a" * 200), 431),
            (get("/", "A: 1", "B: 2", "C: 3"), 431),
            (post(b"a" * 11), 413),
            (chunked([b"a" * 6, b"a" * 5]), 413),
            (post(b"a" * 10), 200),
            (chunked([b"a" * 6, b"a" * 4]), 200),
        ]:
            with door.connect() as client:
                assert client.ask(text).status == status


# --- drain ---


def refused(address):
    try:
        Client(address).close()
    except ConnectionRefusedError:
        return True
    return False


def test_drain_of_an_idle_server():
    with Door(threads=2) as door:
        with door.connect() as idle:
            idle.ask(get())
            door.drain()
            assert idle.reads_end()
            door.wait()


def test_drain_answers_what_is_in_flight():
    door = Door(threads=2, drain_ms=15000)
    with door.connect() as waiting, door.connect() as half, door.connect() as quick:
        quick.ask(get())
        waiting.send(get("/?pending=1000"))
        half.send(post(b"abc")[:-1])
        with door.connect() as last:
            last.ask(get())
        door.drain()
        assert quick.reads_end()
        eventually(lambda: refused(door.addresses[0]), "no new connections")
        half.send(b"c")
        for client in (half, waiting):
            answer = client.answer()
            assert answer.status == 200 and not answer.keeps
            assert client.reads_end()
    door.wait()


def test_drain_answers_what_was_not_accepted_yet():
    door = Door(threads=2)
    door.process.send_signal(signal.SIGSTOP)
    clients = [door.connect() for _ in range(50)]
    for client in clients:
        client.send(get())
    door.drain()
    door.process.send_signal(signal.SIGCONT)
    for client in clients:
        assert client.answer().status == 200
        client.close()
    door.wait()


def test_drain_deadline_ends_what_does_not_end():
    door = Door(drain_ms=SHORT, header_ms=60000)
    with door.connect() as client, door.connect() as other:
        other.ask(get())
        client.send(get()[:-2])
        other.send(get()[:-2])
        assert client.is_quiet(0.1)
        door.drain()
        assert client.reads_end() and other.reads_end()
    door.wait()


def test_second_drain_ends_at_once():
    door = Door(drain_ms=600_000)
    with door.connect() as client:
        client.send(get()[:-2])
        assert client.is_quiet(0.1)
        door.drain()
        assert client.is_quiet(0.2)
        door.drain()
        assert client.reads_end()
    door.wait()


def test_drain_is_seen_in_readiness():
    door = Door(admin="127.0.0.1:0", drain_ms=60000)
    with door.connect() as client, door.connect(1) as admin:
        assert admin.ask(get("/readyz")).status == 200
        client.send(get()[:-2])
        assert client.is_quiet(0.1)
        door.drain()
        eventually(lambda: refused(door.addresses[0]), "no new connections")
        answer = admin.ask(get("/readyz"))
        assert (answer.status, answer.body) == (503, b"draining\n")
        with door.connect(1) as again:
            assert again.ask(get("/livez")).status == 200
        client.send(b"\r\n")
        assert client.answer().status == 200
    door.wait()


@pytest.mark.parametrize("threads", [1, 3])
def test_load_through_a_drain(threads):
    """Every request that was read is answered; the others see a clean end between two answers."""
    door = Door(threads=threads, drain_ms=15000)
    counts, failures = [], []

    def run(seed):
        asked = answered = 0
        try:
            while True:
                with door.connect() as client:
                    while True:
                        body = b"x" * (1 + seed * 37 % 3000)
                        target = "/?pending=2" if (asked + seed) % 5 == 0 else f"/?n={asked}"
                        asked += 1
                        answer = client.ask(chunked([body, b"y"], target) if asked % 2 else post(body, target))
                        answered += 1
                        if json.loads(answer.body)["target"] != target:
                            failures.append(target)
                        if not answer.keeps:
                            break
        except EOFError as error:
            if error.args[0] != b"":
                failures.append(error)
        except (ConnectionRefusedError, ConnectionResetError, BrokenPipeError):
            pass
        counts.append((asked, answered))

    threads_ = [threading.Thread(target=run, args=(i,)) for i in range(12)]
    for thread in threads_:
        thread.start()
    time.sleep(1.0)
    door.drain()
    for thread in threads_:
        thread.join(PATIENCE)
    door.wait()
    assert not failures
    assert sum(answered for _, answered in counts) > 100
    assert all(asked - answered <= 1 for asked, answered in counts)


def test_reset_connections_do_no_harm():
    with Door(threads=2) as door:
        for i in range(300):
            client = door.connect()
            client.send([get("/?pending=5"), get("/?bytes=5000000"), post(b"abc")[:-1]][i % 3])
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.close()
        with door.connect() as client:
            assert client.ask(get()).status == 200
