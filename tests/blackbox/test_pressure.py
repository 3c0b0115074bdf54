"""Slow and flooding clients against the real program: whoever behaves sees no error, whoever is slow is closed at its deadline, and
memory and file descriptors stay under their ceilings and come back.

How long the behaving ones wait meanwhile is measured by bench/pressure, not here."""
import contextlib
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import threading

import pytest

from door import Client, get
from program import EXAMPLE_KEY, clean_environment, running, wait_for
from test_http import request

SLOW = 2000  # connections of each kind
DROPS = 50_000
DEPTH = 10_000  # requests in flight on one connection
SECONDS = 60  # after which something that must come counts as missing
MIB = 1 << 20
PAGE = {"PageNumber": 1, "PageSize": 10}  # ten members, some 2 KB of answer


class Pressed:
    """A server with short deadlines, and behaving clients beside it from begin to end."""

    def __init__(self, server):
        self.server = server
        self.failures, self.answered, self.stopped = [], 0, threading.Event()
        self.metrics_address = server.addresses[1]
        self.asked = request(PAGE)
        self.threads = [threading.Thread(target=self.behave) for _ in range(4)]
        for thread in self.threads:
            thread.start()

    def behave(self):
        try:
            while not self.stopped.is_set():
                with Client(self.server.address) as client:
                    for _ in range(20):
                        answer = client.ask(self.asked)
                        if answer.status != 200 or b'"Error"' in answer.body or not answer.keeps:
                            self.failures.append(answer.body)
                        self.answered += 1
                        self.stopped.wait(0.01)
        except (OSError, EOFError, AssertionError) as error:
            self.failures.append(error)

    def end(self):
        self.stopped.set()
        for thread in self.threads:
            thread.join()
        assert not self.failures, self.failures[:3]
        assert self.answered > 20

    def figure(self, name):
        with Client(self.metrics_address) as client:
            text = client.ask(get("/metrics", "Connection: close")).body.decode()
        return int(float(re.search(rf"(?m)^{re.escape(name)} (.*)$", text).group(1)))

    def expired(self, deadline):
        return self.figure(f'bursar_deadlines_expired_total{{deadline="{deadline}"}}')

    def open(self):
        return self.figure("bursar_connections")

    def wait_expired(self, deadline, count):
        wait_for(lambda: self.expired(deadline) >= count, f"{count} expired of {deadline}", SECONDS)

    def fd_count(self):
        return len(os.listdir(f"/proc/{self.server.process.pid}/fd"))

    def resident_bytes(self):
        with open(f"/proc/{self.server.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")

    def resident_peak_bytes(self):
        with open(f"/proc/{self.server.process.pid}/status") as file:
            return int(re.search(r"(?m)^VmHWM:\s+(\d+) kB$", file.read()).group(1)) * 1024

    def wait_alone(self):
        """Nobody but the behaving clients and whoever asks for the figure is left."""
        wait_for(lambda: self.open() <= len(self.threads) + 1, "all others closed", SECONDS)
        wait_for(lambda: self.fd_count() <= self.fds_at_rest + len(self.threads) + 1, "their file descriptors back", SECONDS)


@contextlib.contextmanager
def pressed(folder, *words):
    with running(folder, "demo", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--admin-host", "billing.test",
                 "--calls-per-second", "0", "--connections-per-address-max", "0", *words, env={"BURSAR_CORE_DUMPS": "1"}) as server:
        fds_at_rest = len(os.listdir(f"/proc/{server.process.pid}/fd"))
        it = Pressed(server)
        it.fds_at_rest = fds_at_rest
        try:
            yield it
            assert server.process.poll() is None, server.stderr()
        finally:
            it.stopped.set()
        it.end()


# --- slow clients, by slowhttptest ---


@contextlib.contextmanager
def slowhttptest(it, *options):
    """2,000 connections of it, all at once; they go on until the server has closed them, or the caller has seen enough."""
    words = ["slowhttptest", "-c", SLOW, "-r", SLOW, "-i", 1, "-l", SECONDS, "-p", SECONDS, "-u", f"http://{it.server.address}/", *options]
    process = subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=clean_environment())
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=SECONDS)


need_slowhttptest = pytest.mark.skipif(not shutil.which("slowhttptest"), reason="slowhttptest is not installed")


@need_slowhttptest
@pytest.mark.parametrize("deadline, options", [
    ("header", ["-H", "-x", 10]),
    ("body", ["-B", "-x", 10, "-s", 8192]),
], ids=["headers", "bodies"])
def test_slow_requests(tmp_path, deadline, options):
    """A line of the head, or a piece of the body, a second: no progress helps, the whole has its deadline."""
    with pressed(tmp_path, f"--{deadline}-timeout", "4s") as it:
        before = it.resident_bytes()
        with slowhttptest(it, *options) as process:
            wait_for(lambda: it.open() >= SLOW // 2, "slow connections", SECONDS)
            assert it.resident_bytes() - before < SLOW * 16384
            it.wait_expired(deadline, SLOW)
            said = process.communicate(timeout=2 * SECONDS)[0]
            assert "No open connections left" in said, said
        assert it.expired(deadline) == SLOW
        it.wait_alone()


@need_slowhttptest
def test_slow_reads(tmp_path):
    """Answers that fit into the kernel's buffers are sent whole, however slowly they are read: then the connection is idle."""
    with pressed(tmp_path, "--idle-timeout", "4s") as it:
        with slowhttptest(it, "-X", "-w", 1, "-y", 8, "-n", 2, "-z", 1, "-k", 10):
            it.wait_expired("idle", SLOW)
        it.wait_alone()


# --- clients that do not read, that drop, that crowd, that do not wait ---


def connect(address, *options):
    """Without a trace in the kernel when it is closed."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    for level, name, value in options:
        connection.setsockopt(level, name, value)
    host, port = address.rsplit(":", 1)
    connection.settimeout(SECONDS)
    connection.connect((host, int(port)))
    return connection


def test_clients_that_do_not_read(tmp_path):
    """Small windows and small segments, so that the kernel takes little of the answers: the rest waits in the server."""
    small = [(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024), (socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)]
    with pressed(tmp_path, "--write-timeout", "4s", "--header-timeout", "60s") as it:
        before = it.resident_bytes()
        asked = it.asked * 60  # 130 KB of answers
        crowd = [connect(it.server.address, *small) for _ in range(SLOW)]
        for connection in crowd:
            connection.setblocking(False)
            connection.send(asked)
        it.wait_expired("write", SLOW)
        assert it.resident_bytes() - before < SLOW * 131072
        it.wait_alone()
        for connection in crowd:
            connection.close()


def drop(it, number):
    with connect(it.server.address) as connection:
        if number % 4 == 1:
            connection.send(it.asked[:200])
        elif number % 4 == 2:
            connection.send(it.asked)
        elif number % 4 == 3:
            connection.send(it.asked[:-1])
            connection.shutdown(socket.SHUT_WR)


def test_connects_and_drops(tmp_path):
    """Nothing said, half a head, a whole request whose answer nobody reads, half a body: 50,000 times, four at a time."""
    with pressed(tmp_path) as it:
        for number in range(DROPS // 10):
            drop(it, number)
        it.wait_alone()
        before = it.resident_bytes()
        threads = [threading.Thread(target=lambda: [drop(it, number) for number in range(DROPS * 9 // 40)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        it.wait_alone()
        assert it.resident_bytes() - before < 4 * MIB


def test_a_crowd_beyond_the_ceiling(tmp_path):
    """Whose request is under way stays in; of the others the longest idle go for those who come; nobody is kept out."""
    with (pressed(tmp_path, "--connections-max", "1000", "--header-timeout", "60s") as it, contextlib.ExitStack() as crowd,
          Client(it.server.address) as early):
        assert early.ask(it.asked).status == 200
        before = it.resident_bytes()
        it.stopped.set()  # they come and go: not beside a crowd that takes every place
        for thread in it.threads:
            thread.join()
        early.send(it.asked[:-1])
        for _ in range(5000):
            crowd.enter_context(connect(it.server.address))
        wait_for(lambda: it.figure("bursar_connections_made_room_total") >= 4000, "the crowd makes room for itself", SECONDS)
        assert it.figure('bursar_connections_turned_away_total{ceiling="all"}') == 0
        assert it.open() <= 1001  # the one who asks for the figure has a place of its own
        assert it.resident_bytes() - before < 16 * MIB
        with Client(it.server.address) as newcomer:
            assert newcomer.ask(it.asked).status == 200
        early.send(it.asked[-1:])
        assert early.answer().status == 200
        crowd.close()
        wait_for(lambda: it.open() <= 2, "the crowd gone", SECONDS)
        with Client(it.server.address) as late:
            assert late.ask(it.asked).status == 200


def push(connection, data):
    """Sends until nobody takes more; how much went."""
    sent = 0
    while sent < len(data) and select.select([], [connection], [], 1)[1]:
        with contextlib.suppress(BlockingIOError):
            sent += connection.send(data[sent:sent + MIB])
    return sent


def test_deep_pipelining(tmp_path):
    """10,000 requests of ten members each on each of four connections, and at first nobody reads: what is not answered yet waits with
    the client, whose socket's buffers are small, so that they do not take it all. Then all are answered."""
    with pressed(tmp_path, "--write-timeout", "5m") as it:
        whole = memoryview(it.asked * DEPTH)
        with Client(it.server.address) as client:
            size = len(client.ask(it.asked).body)
        before = it.resident_bytes()
        clients = [Client(it.server.address) for _ in range(4)]
        senders = []
        for client in clients:
            for buffer in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                client.socket.setsockopt(socket.SOL_SOCKET, buffer, 64 * 1024)
            client.socket.setblocking(False)
            sent = push(client.socket, whole)
            assert 0 < sent < len(whole)
            client.socket.settimeout(SECONDS)
            senders.append(threading.Thread(target=client.socket.sendall, args=(whole[sent:],)))
        assert it.resident_peak_bytes() - before < 16 * MIB
        for sender in senders:
            sender.start()
        for client in clients:
            for _ in range(DEPTH):
                assert len(client.answer().body) == size
        for sender in senders:
            sender.join()
        assert it.resident_peak_bytes() - before < 16 * MIB
        for client in clients:
            client.close()
        it.wait_alone()


# --- bodies that nobody vouches for, or everybody at once ---


def head(size, *fields, key=EXAMPLE_KEY):
    """Of a signed call whose body, of that size, is still to come (and would not fit the signature)."""
    lines, _ = request({}, key=key).decode().split("\r\n\r\n")
    kept = [line for line in lines.split("\r\n") if not line.startswith("Content-Length")]
    return "\r\n".join([*kept, f"Content-Length: {size}", *fields, "", ""]).encode()


FORM = (b"POST / HTTP/1.1\r\nHost: billing.tencentcloudapi.com\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: 1000000\r\n\r\n")
UNSIGNED = b"POST / HTTP/1.1\r\nHost: billing.tencentcloudapi.com\r\nContent-Type: application/json\r\nContent-Length: 10000000\r\n\r\n{"
STRANGER = ("AKIDnobody", "of no account")


def give_all_but_the_end(address, begun, size):
    """As far as the server takes it; the connection."""
    connection = connect(address)
    connection.sendall(begun)
    connection.setblocking(False)
    rest, quiet = memoryview(b"x" * (size - 1)), 0
    while rest and quiet < 5:
        if not select.select([], [connection], [], 0.2)[1]:
            quiet += 1
            continue
        try:
            rest = rest[connection.send(rest):]
        except (BrokenPipeError, ConnectionResetError):
            break
    return connection


@pytest.mark.parametrize("begin, size, ceiling, refused, answer", [
    (lambda: head(10_000_000, key=STRANGER), 10_000_000, 16, 150, b"AuthFailure.SecretIdNotFound"),
    (lambda: UNSIGNED, 10_000_000, 16, 150, b"`X-TC-Action`"),
    (lambda: FORM, 1_000_000, 32, 150 - 32 * MIB // 1_000_000, b"HTTP/1.1 503 "),
    (lambda: head(10_000_000), 10_000_000, 256, 150 - 256 * MIB // 10_000_000, b"HTTP/1.1 503 "),
], ids=["of no key", "unsigned", "forms", "of a known key"])
def test_bodies_on_many_connections(tmp_path, begin, size, ceiling, refused, answer):
    """150 connections with all but the last byte of a body: 1.4 GB, if they were taken. Whoever behaves sees nothing of it."""
    with pressed(tmp_path, "--body-timeout", "10m") as it, contextlib.ExitStack() as stack:
        before = it.resident_bytes()
        crowd = [stack.enter_context(give_all_but_the_end(it.server.address, begin(), size)) for _ in range(150)]
        wait_for(lambda: len(select.select(crowd, [], [], 0)[0]) >= refused, f"{refused} refused", SECONDS)
        assert it.resident_peak_bytes() - before < (ceiling + 64) * MIB
        assert it.figure("bursar_body_memory_max_bytes") == 256 * MIB
        for connection in select.select(crowd, [], [], 0)[0]:
            with contextlib.suppress(ConnectionResetError):  # who went on sending for longer than the server listened
                assert answer in connection.recv(65536)


def test_the_ceiling_is_told(tmp_path):
    with running(tmp_path, "demo", "--listen", "127.0.0.1:0", "--body-memory-max", "64MiB") as server:
        assert " body-memory-max 64MiB," in server.stderr()
