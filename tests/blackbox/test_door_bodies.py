"""Whose bodies the door takes, how much of them, and what they may hold together."""
import contextlib
import json

import pytest

from door import Client, Door, chunked, eventually, get, post

KIB, MIB = 1 << 10, 1 << 20
STRANGER = 64 * KIB  # most of a stranger's body


def held(door, holder):
    with door.connect(-1) as client:
        text = client.ask(get("/metrics", "Connection: close")).body.decode()
    return next(int(line.split()[-1]) for line in text.splitlines() if line.startswith(f'bursar_body_memory_bytes{{holder="{holder}"}}'))


def head(size, target, *fields):
    return post(b"", target, *fields).replace(b"Content-Length: 0", b"Content-Length: %d" % size)


@pytest.fixture()
def door():
    with Door(admin="127.0.0.1:0", body_memory=8 * MIB) as door:
        yield door


def test_a_strangers_small_body_is_taken(door):
    with door.connect() as client:
        for size in (0, 100, 5000, STRANGER):
            request = post(b"x" * size, "/?stranger=1")
            client.send(request[:-1] if size else request)
            assert size == 0 or client.is_quiet(0.05)
            answer = client.ask(request[-1:]) if size else client.answer()
            assert answer.keeps and json.loads(answer.body)["body_bytes"] == size


@pytest.mark.parametrize("fields", [[], ["Expect: 100-continue"]], ids=["at once", "when told to"])
def test_a_strangers_large_body_is_not_waited_for(door, fields):
    """Announced to be larger than what would be taken: the head says enough, and no memory is needed."""
    with door.connect() as client:
        answer = client.ask(head(STRANGER + 1, "/?stranger=1", *fields))
        assert answer.status == 200 and not answer.keeps
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.send(b"x" * STRANGER)
        assert client.reads_end()
        assert held(door, "stranger") == 0


def test_a_stranger_who_does_not_announce_is_stopped(door):
    with door.connect() as client:
        request = chunked([b"x" * 1000] * 200, "/?stranger=1")
        client.send(request[:60 * KIB])
        assert client.is_quiet(0.05)
        assert STRANGER // 2 <= held(door, "stranger") <= 2 * STRANGER
        client.send(request[60 * KIB:80 * KIB])
        answer = client.answer()
        assert answer.status == 200 and not answer.keeps
        assert STRANGER < json.loads(answer.body)["body_bytes"] < 80 * KIB
        assert client.reads_end()
        assert held(door, "stranger") == 0


def test_the_answer_is_not_lost_to_the_body(door):
    """The client sends all before it reads: what comes after the answer is thrown away, not reset."""
    with door.connect() as client:
        client.send(head(2 * MIB, "/?stranger=1"), b"x" * 2 * MIB)
        answer = client.answer()
        assert answer.status == 200 and not answer.keeps


def test_paths_that_nobody_answers_take_no_bodies(door):
    with door.connect() as client:
        answer = client.ask(head(STRANGER + 1, "/elsewhere"))
        assert answer.status == 404 and not answer.keeps


def test_a_callers_body_is_taken(door):
    with door.connect() as client:
        for request in (post(b"x" * 2 * MIB), chunked([b"x" * MIB] * 2)):
            client.send(request[:-10])
            eventually(lambda: held(door, "caller") > 2 * MIB, "counted")
            answer = client.ask(request[-10:])
            assert answer.keeps and json.loads(answer.body)["body_bytes"] == 2 * MIB
            assert held(door, "caller") == 0


def test_a_form_is_taken_when_its_key_has_come(door):
    with door.connect() as client:
        client.send(head(2 * MIB, "/?form=1"), b"know")
        assert client.is_quiet(0.05)
        client.send(b"n&", b"x" * MIB)
        eventually(lambda: held(door, "caller") > MIB, "counted as a caller's")
        assert held(door, "form") == 0
        answer = client.ask(b"x" * (MIB - 6))
        assert answer.keeps and json.loads(answer.body)["body_bytes"] == 2 * MIB


def test_a_form_of_nobody_is_not(door):
    with door.connect() as client:
        client.send(head(2 * MIB, "/?form=1"), b"x" * 100 * KIB)
        eventually(lambda: held(door, "form") > 100 * KIB, "waiting for the key")
        answer = client.ask(b"&")
        assert answer.status == 200 and not answer.keeps
        assert client.reads_end() and held(door, "form") == 0
    with door.connect() as client:
        answer = client.ask(head(50 * KIB, "/?form=1"), b"&", b"x" * (50 * KIB - 1))
        assert answer.keeps and json.loads(answer.body)["body_bytes"] == 50 * KIB


def fill(door, stack, target, size, count):
    """So many clients that send all but the end of a body; those that are refused are told 503 and closed."""
    clients = [stack.enter_context(door.connect()) for _ in range(count)]
    for client in clients:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.send(head(size, target), b"x" * (size - 1))
    eventually(lambda: door_settled(door), "settled")
    refused = [client for client in clients if not client.is_quiet(0)]
    for client in refused:
        answer = client.answer()
        assert answer.status == 503 and not answer.keeps
        assert b"memory" in answer.body
    return [client for client in clients if client not in refused], refused


def door_settled(door):
    """Nothing changes any more."""
    figures = [sum(held(door, holder) for holder in ("stranger", "form", "caller")) for _ in range(5)]
    return len(set(figures)) == 1


@pytest.mark.parametrize("target, holder, share", [("/?stranger=1", "stranger", 4), ("/?form=1", "form", 8), ("/", "caller", 1)],
                         ids=["strangers", "forms", "callers"])
def test_bodies_have_a_ceiling_together(door, target, holder, share):
    """And callers have room beside strangers, whoever of them came first."""
    size = 60 * KIB if share > 1 else 500 * KIB
    with contextlib.ExitStack() as stack:
        kept, refused = fill(door, stack, target, size, 3 * 8 * MIB // share // size)
        assert refused and kept
        assert 8 * MIB // share // 2 <= held(door, holder) <= 8 * MIB // share
        if share > 1:
            assert fill(door, stack, "/", 500 * KIB, 2)[1] == []
        with door.connect() as client:  # what is small comes whole
            assert client.ask(post(b"x" * 1000)).keeps
        for client in kept:
            answer = client.ask(b"x")
            assert answer.status == 200 and json.loads(answer.body)["body_bytes"] == size
        if share > 1:
            return
        assert held(door, holder) == 0
        with door.connect() as client:
            assert client.ask(post(b"x" * 500 * KIB)).status == 200


def test_heads_have_a_ceiling_too():
    with Door(admin="127.0.0.1:0", body_memory=MIB) as door, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(door.connect()) for _ in range(40)]
        for client in clients:
            client.send(b"GET / HTTP/1.1\r\nHost: billing.test\r\nX: " + b"x" * 20000)
        eventually(lambda: door_settled(door), "settled")
        assert 0 < held(door, "stranger") <= MIB // 4
        refused = [client for client in clients if not client.is_quiet(0)]
        assert len(refused) > 20
        assert refused[0].answer().status == 503
        with door.connect() as client:
            client.send(b"GET / HTTP/1.1\r\nHost: billing.test\r\n")  # in pieces, but small
            assert client.ask(b"X: y\r\n\r\n").keeps


@pytest.mark.parametrize("target, holder, share", [("/?bytes=6000000&error=1", "stranger", 4), ("/?bytes=6000000", "caller", 1)],
                         ids=["errors", "answers"])
def test_answers_that_nobody_takes_are_counted_too(target, holder, share):
    with Door(admin="127.0.0.1:0", body_memory=64 * MIB) as door, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(door.connect(receive_bytes=4096)) for _ in range(40)]
        before = door.resident_bytes()
        for client in clients:
            client.send(get(target))
        eventually(lambda: door_settled(door), "settled")
        assert 64 * MIB // share // 2 < held(door, holder) <= 64 * MIB // share
        assert door.resident_bytes() - before < 64 * MIB // share + 32 * MIB
        with door.connect() as client:
            assert client.ask(get("/?bytes=100")).keeps
        for client in clients:
            client.close()
        eventually(lambda: held(door, holder) == 0, "given back")


def test_a_call_that_waits_is_counted():
    with Door(admin="127.0.0.1:0") as door, door.connect() as client:
        client.send(post(b"x" * 1000, "/?pending=700"))
        eventually(lambda: held(door, "caller") == 16 * KIB, "counted")
        assert client.answer().keeps
        assert held(door, "caller") == 0
