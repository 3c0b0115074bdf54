"""When places are short: who goes, and who gets in."""
import contextlib
import socket
import time

import pytest

from door import Door, eventually, get, post
from test_door_limits import figure


def crowd(door, addresses, each, index=0, ask=True):
    """Connections from many addresses, each served once, then silent; those that got in."""
    inside = []
    for number in range(each):
        for address in addresses:
            client = door.connect(index, source=address)
            with contextlib.suppress(EOFError, ConnectionResetError, BrokenPipeError):
                if not ask or client.ask(get("/healthz" if index else "/")).status == 200:
                    inside.append(client)
    return inside


def loopback(first, count):
    return [f"127.0.1.{n}" for n in range(first, first + count)]


def is_open(client):
    client.socket.setblocking(False)
    try:
        return client.socket.recv(1) != b""
    except BlockingIOError:
        return True
    except ConnectionResetError:
        return False


def close(clients):
    for client in clients:
        client.close()


@pytest.mark.parametrize("threads", [1, 3])
def test_idle_crowd_makes_room_for_a_newcomer(threads):
    """Whoever fills all places and waits does not keep anybody out, on whatever thread he lands."""
    with Door(connections=40, per_address=10, threads=threads, admin="127.0.0.1:0") as door:
        inside = crowd(door, loopback(1, 60), 1)
        assert len(inside) == 60
        for n in range(20):
            before = time.monotonic()
            with door.connect(source=f"127.0.2.{n + 1}") as newcomer:
                assert newcomer.ask(get()).status == 200
            assert time.monotonic() - before < 2
        assert figure(door, 'bursar_connections_turned_away_total{ceiling="all"}') == 0
        assert figure(door, "bursar_connections_made_room_total") >= 20
        close(inside)


def test_silent_crowd_makes_room_for_a_newcomer():
    """The same for those that never sent a byte."""
    with Door(connections=20, per_address=5, header_ms=60000, admin="127.0.0.1:0") as door:
        inside = crowd(door, loopback(1, 30), 1, ask=False)
        eventually(lambda: figure(door, "bursar_connections_accepted_total") >= 30, "all were accepted")
        with door.connect(source="127.0.2.1") as newcomer:
            assert newcomer.ask(get()).status == 200
        close(inside)


def test_longest_idle_goes_first():
    with Door(connections=5, per_address=5, threads=1) as door:
        inside = crowd(door, loopback(1, 5), 1)
        assert inside[0].ask(get()).status == 200  # now the second has waited longest
        newcomers = [door.connect(source=f"127.0.2.{n}") for n in (1, 2)]
        assert all(client.ask(get()).status == 200 for client in newcomers)
        eventually(lambda: not is_open(inside[1]) and not is_open(inside[2]), "the longest idle closed")
        assert [is_open(client) for client in inside] == [True, False, False, True, True]
        close(inside + newcomers)


def test_requests_under_way_stay():
    """Half a head, half a body, a commit that is waited for, an answer that is not read."""
    with Door(connections=6, per_address=6, threads=1, admin="127.0.0.1:0") as door:
        inside = [door.connect(source=address, receive_bytes=65536) for address in loopback(1, 6)]
        assert inside[4].ask(get()).status == 200
        inside[0].send(get()[:-2])
        inside[1].send(post(b"abc")[:-1])
        inside[2].send(get("/?pending=3000"))
        inside[3].send(get("/?bytes=9000000"))
        eventually(lambda: figure(door, "bursar_api_pending") == 1, "the pending call")
        assert inside[5].ask(get()).status == 200
        assert inside[3].socket.recv(1) == b"H"
        for n in (1, 2):  # the two idle ones go
            newcomer = door.connect(source=f"127.0.2.{n}")
            newcomer.send(get()[:-2])
            inside.append(newcomer)
        eventually(lambda: figure(door, "bursar_connections_made_room_total") == 2, "two went")
        with door.connect(source="127.0.2.3") as late:
            assert late.reads_end()
        inside[0].send(b"\r\n")
        inside[1].send(b"c")
        assert inside[0].answer().status == inside[1].answer().status == inside[2].answer().status == 200
        inside[3].rest = b"H"
        assert len(inside[3].answer().body) == 9000000
        close(inside)


def test_one_address_cannot_take_all_places():
    """Ten addresses at their ceiling of a tenth each leave places, and an eleventh is served without anybody going."""
    with Door(connections=100, per_address=10, admin="127.0.0.1:0") as door:
        inside = crowd(door, loopback(1, 10), 10)
        assert 75 <= len(inside) < 95
        made_room = figure(door, "bursar_connections_made_room_total")
        with door.connect(source="127.0.2.1") as newcomer:
            assert newcomer.ask(get()).status == 200
        assert figure(door, "bursar_connections_made_room_total") == made_room == 0
        assert figure(door, 'bursar_connections_turned_away_total{ceiling="address"}') > 0
        close(inside)


def test_admin_listener_is_not_filled_by_one_address():
    with Door(admin="127.0.0.1:0") as door:
        inside = crowd(door, ["127.0.0.1"], 100, index=1)
        assert 0 < len(inside) <= 32
        with door.connect(1, source="127.0.2.1") as other:
            assert other.ask(get("/healthz")).status == 200
        close(inside)


def test_admin_listener_is_not_filled_by_many_addresses(tmp_path):
    """Nor is the control socket kept shut by what happens there."""
    with Door(admin="127.0.0.1:0", control=f"unix:{tmp_path}/control") as door:
        inside = crowd(door, loopback(1, 100), 2, index=1)
        assert len(inside) >= 64
        for n in range(5):
            with door.connect(1, source=f"127.0.2.{n + 1}") as newcomer:
                assert newcomer.ask(get("/healthz")).status == 200
        with door.connect(2) as operator:
            assert operator.ask(get()).status == 200
        close(inside)


def test_churn_on_all_threads_keeps_the_books_right():
    """Thousands come while it is full, on four threads that must agree who goes; nobody is lost."""
    with Door(connections=50, per_address=5, threads=4, admin="127.0.0.1:0") as door:
        before = door.fd_count()
        for turn in range(10):
            clients = [door.connect(source=f"127.0.{3 + turn}.{n + 1}") for n in range(100)]
            served = 0
            for client in clients:
                with contextlib.suppress(EOFError, ConnectionResetError, BrokenPipeError):
                    served += client.ask(get()).status == 200
            assert served >= 45
            assert figure(door, "bursar_connections") <= 50 + 64 + 1
            close(clients)
            eventually(lambda: figure(door, "bursar_connections") == 1, "none counted")
        eventually(lambda: door.fd_count() == before, "all connections closed")
