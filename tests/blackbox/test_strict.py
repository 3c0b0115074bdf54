"""strict_cases.py against the real program: each case whole, and cut in two at every byte.

Many connections are open at once: all first parts are sent, then it is made sure that the server has looked at them, then all second
parts. A client resets what it is done with, so that no port stays taken."""
import re
import socket
import struct

import pytest

from program import running
from strict_cases import CASES, HIDDEN

FAMILIES = sorted({case.family for case in CASES})
AT_ONCE = 400
CUT_WHOLE_UP_TO = 1500  # bytes; longer cases are cut at the first and last so many and at 200 places between
PATIENCE = 10


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("strict"), "demo", "--listen", "127.0.0.1:0", "--calls-per-second", "0",
                 "--connections-per-address-max", "0") as server:
        host, port = server.address.rsplit(":", 1)
        server.target = (host, int(port))
        yield server
        assert server.process.poll() is None
        assert server.stderr().count("bug:") == 0


def connect(target):
    connection = socket.socket()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.settimeout(PATIENCE)
    connection.connect(target)
    return connection


def send(connection, part):
    """A server that has refused already may reset what still comes."""
    try:
        connection.sendall(part)
    except (BrokenPipeError, ConnectionResetError):
        pass


def end(connection):
    try:
        connection.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def read_all(connection):
    parts = []
    try:
        while part := connection.recv(1 << 16):
            parts.append(part)
    except ConnectionResetError:
        parts.append(b"(reset)")
    return b"".join(parts)


def statuses(text):
    """Of whole answers, one behind the other; what is no answer stays as it is."""
    found = []
    while text:
        head = re.match(rb"HTTP/1\.1 (\d{3}) [^\r\n]*\r\n((?:[!-9;-~]+:[^\r\n]*\r\n)*)\r\n", text)
        length = head and re.search(rb"(?i)^content-length: (\d+)\r$", head.group(2), re.M)
        if not length:
            return [*found, text]
        found.append(int(head.group(1)))
        text = text[head.end() + int(length.group(1)):]
    return found


def fence(target, connection):
    """The server has taken what was sent before: it looks at connections in the order in which they had something to say."""
    for _ in range(2):
        connection.sendall(b"GET /?fence HTTP/1.1\r\nHost: billing.test\r\n\r\n")
        rest = b""
        while not (b"\r\n\r\n" in rest and rest.endswith(b"}")):
            rest += connection.recv(1 << 16)


def cuts_of(case):
    size = len(case.send)
    if size <= CUT_WHOLE_UP_TO:
        return range(1, size)
    near = CUT_WHOLE_UP_TO // 5
    return [*range(1, near), *range(near, size - near, (size - 2 * near) // 200 + 1), *range(size - near, size)]


def run(target, jobs):
    """Failures of (case, cut) jobs, as texts."""
    failures = []
    with connect(target) as fencing:
        for start in range(0, len(jobs), AT_ONCE):
            batch = [(case, cut, connect(target)) for case, cut in jobs[start:start + AT_ONCE]]
            for case, cut, connection in batch:
                send(connection, case.send[:cut])
            fence(target, fencing)
            for case, cut, connection in batch:
                send(connection, case.send[cut:])
                if not case.answers:
                    end(connection)
            for case, cut, connection in batch:
                said = statuses(read_all(connection))
                connection.close()
                if said != case.answers:
                    failures.append(f"{case.family}: {case.name}, cut at {cut} of {len(case.send)}: {said} instead of {case.answers}")
    return failures


def test_enough_cases():
    names = [(case.family, case.name) for case in CASES]
    assert len(names) == len(set(names))
    assert len(CASES) >= 300
    assert sum(case.answers not in ([],) and len(case.answers) == 1 for case in CASES) >= 300


def test_hidden_requests_are_seen(server):
    """The yardstick: sent as a request, HIDDEN is answered 404, so nothing else in the table may be."""
    with connect(server.target) as client:
        client.sendall(HIDDEN.encode().replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert statuses(read_all(client)) == [404]


@pytest.mark.parametrize("case", CASES, ids=[f"{case.family}: {case.name}"[:90].encode("ascii", "backslashreplace").decode() for case in CASES])
def test_whole(server, case):
    with connect(server.target) as client:
        send(client, case.send)
        if not case.answers:
            end(client)
        assert statuses(read_all(client)) == case.answers


@pytest.mark.parametrize("family", FAMILIES)
def test_cut_at_every_byte(server, family):
    jobs = [(case, cut) for case in CASES if case.family == family for cut in cuts_of(case)]
    failures = run(server.target, jobs)
    assert not failures, f"{len(failures)} of {len(jobs)}, the first: " + "\n".join(failures[:20])
