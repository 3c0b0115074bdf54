"""libbursar's typed calls against the real program, over a network that loses answers: exactly once all the same.

The caller is examples/post.c, out of the build folder ($BURSAR_BUILD, else the one that $BURSAR is in)."""
import contextlib
import json
import os
import pathlib
import re
import socket
import subprocess
import threading

import pytest
from program import BURSAR, call, clean_environment, make_ledger, serving

BUILD = pathlib.Path(os.environ.get("BURSAR_BUILD", pathlib.Path(BURSAR).parents[2]))
MEMBER = "700001941608"


def read_message(stream):
    """A whole HTTP/1.1 message with a Content-Length, or what came of it."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = stream.read(1)
        if not byte:
            return head, b""
        head += byte
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    return head, stream.read(int(length[1])) if length else b""


class Proxy:
    """Carries requests on, one a connection, and loses the first `losses` answers: the server has carried out what it
    was asked, the caller gets only `given` bytes of the answer."""

    def __init__(self, upstream, losses=0, given=0):
        host, port = upstream.rsplit(":", 1)
        self.upstream, self.losses, self.given = (host, int(port)), losses, given
        self.bodies, self.lost_answers = [], []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        with contextlib.suppress(OSError):  # the listener is closed
            while True:
                self.carry(self.listener.accept()[0])

    def carry(self, client):
        with client, client.makefile("rb") as requests:
            head, body = read_message(requests)
            if not body:
                return
            self.bodies.append(body)
            with socket.create_connection(self.upstream, timeout=20) as server, server.makefile("rb") as answers:
                server.sendall(head + body)
                answer_head, answer_body = read_message(answers)
            if len(self.lost_answers) < self.losses:
                self.lost_answers.append(answer_body)
                client.sendall((answer_head + answer_body)[:self.given])
                return
            client.sendall(answer_head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + answer_body)

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(timeout=20)


@contextlib.contextmanager
def proxied(upstream, **named):
    proxy = Proxy(upstream, **named)
    try:
        yield proxy
    finally:
        proxy.stop()


@pytest.fixture
def ledger(tmp_path):
    """A data folder with one member that has 1,000.00, and the owner's key."""
    data, key = make_ledger(tmp_path)
    with serving(tmp_path, data) as server:
        manage(server, key, "CreateMembers", {"Members": [{"MemberUin": MEMBER, "MemberName": "m"}]})
        manage(server, key, "CreateTransfers", {"Transfers": [{"Kind": "top_up", "MemberUin": MEMBER,
                                                               "Amount": 100000}]})
    return data, key


def manage(server, key, action, parameters):
    answer = call(server.address, key, action, parameters, service="bursar", version="2026-11-01")
    assert "Error" not in answer, answer
    return answer


def balance(server, key):
    return call(server.address, key)["Data"][0]["RealBalance"]


def stranger(program, key, *words):
    environment = {"TENCENTCLOUD_SECRET_ID": key[0], "TENCENTCLOUD_SECRET_KEY": key[1]}
    return subprocess.run([BUILD / program, *words], capture_output=True, text=True, timeout=60,
                          env=clean_environment(environment))


def post(endpoint, key, *words):
    return stranger("examples/post", key, endpoint, *words)


def token_of(body):
    return json.loads(body)["ClientToken"]


@pytest.mark.parametrize("given", [0, 60, 200])
def test_lost_answers_are_asked_for_again_and_the_charge_is_made_once(ledger, tmp_path, given):
    data, key = ledger
    with serving(tmp_path, data) as server, proxied(server.address, losses=2, given=given) as proxy:
        done = post(proxy.endpoint, key, "charge", MEMBER, "12.34")
        assert done.returncode == 0, done.stderr
        assert balance(server, key) == 100000 - 1234
    assert len(proxy.bodies) == 3 and len(set(proxy.bodies)) == 1
    first = [json.loads(answer)["Response"] for answer in proxy.lost_answers]
    assert first[0]["EntryIds"] == first[1]["EntryIds"]
    assert done.stdout == f"entry {first[0]['EntryIds'][0]}, {MEMBER} now has 987.66\n"


def test_an_unknown_outcome_is_settled_with_the_token_that_was_printed(ledger, tmp_path):
    data, key = ledger
    with serving(tmp_path, data) as server:
        with proxied(server.address, losses=3) as proxy:
            done = post(proxy.endpoint, key, "charge", MEMBER, "12.34")
        assert done.returncode == 3
        assert done.stdout == ""
        token = re.search(r"token (\S+)", done.stderr)[1]
        assert {token_of(body) for body in proxy.bodies} == {token}
        again = post(f"http://{server.address}", key, "charge", MEMBER, "12.34", token)
        assert again.returncode == 0, again.stderr
        entry = json.loads(proxy.lost_answers[0])["Response"]["EntryIds"][0]
        assert again.stdout == f"entry {entry}, {MEMBER} now has 987.66\n"
        assert balance(server, key) == 100000 - 1234


def test_the_outcome_is_still_there_after_the_server_was_killed(ledger, tmp_path):
    data, key = ledger
    with serving(tmp_path, data) as server, proxied(server.address, losses=3) as proxy:
        assert post(proxy.endpoint, key, "charge", MEMBER, "12.34", "order-4711").returncode == 3
        server.stop(9)
    with serving(tmp_path, data) as server:
        manage(server, key, "CreateTransfers", {"Transfers": [{"Kind": "top_up", "MemberUin": MEMBER, "Amount": 5}]})
        again = post(f"http://{server.address}", key, "charge", MEMBER, "12.34", "order-4711")
        entry = json.loads(proxy.lost_answers[0])["Response"]["EntryIds"][0]
        assert again.stdout == f"entry {entry}, {MEMBER} now has 987.66\n", "the first answer, not one of today"
        assert balance(server, key) == 100000 - 1234 + 5


def test_nothing_is_called_unknown_that_was_never_sent_or_was_refused(ledger, tmp_path):
    data, key = ledger
    with serving(tmp_path, data) as server:
        refused = post(f"http://{server.address}", key, "charge", MEMBER, "1000.01")
        assert refused.returncode == 1
        assert "FailedOperation.BalanceInsufficient" in refused.stderr
        other = post(f"http://{server.address}", key, "top_up", MEMBER, "0.000001", "t")
        assert other.stdout.endswith("now has 1000.000001\n"), other.stderr
        reused = post(f"http://{server.address}", key, "top_up", MEMBER, "2", "t")
        assert reused.returncode == 1
        assert "ClientToken" in reused.stderr
        address = server.address
    nobody = post(f"http://{address}", key, "top_up", MEMBER, "1")
    assert nobody.returncode == 1
    assert "Connection refused" in nobody.stderr


def test_every_typed_call(ledger, tmp_path):
    data, key = ledger
    with serving(tmp_path, data, "--calls-per-second", 0) as server:
        done = stranger("tests/blackbox/library_calls", key, f"http://{server.address}", MEMBER)
    assert done.returncode == 0, done.stdout
    none = "credit 0.00, temporary 0.00"
    assert done.stdout.splitlines() == [
        f"a hold, dry: amount 0.00, real 990.00, {none}, entry none",
        f"a hold: amount 0.00, real 990.00, {none}, entry made",
        "open holds: 1, 10.00 until 4102444800000000",
        f"a capture: amount 4.000001, real 990.00, {none}, entry made",
        f"a release: amount 5.999999, real 995.999999, {none}, entry made",
        "open holds: 0",
        "credit: amount 0.00, real 995.999999, credit 50.00, temporary 0.00, entry made",
        "credit again: amount 0.00, real 995.999999, credit 50.00, temporary 0.00, entry none",
        "a grant: amount 0.00, real 995.999999, credit 55.00, temporary 5.00, entry made",
        "a revocation: amount 0.00, real 995.999999, credit 50.00, temporary 0.00, entry made",
        "two transfers: 1 error, FailedOperation.BalanceInsufficient at 1, real 998.999999",
        "entry: join 0.00, real 0.00",
        "entry: top_up 1000.00, real 1000.00",
        "entry: hold 10.00, real 990.00",
        "entry: capture 4.000001, real 990.00",
        "entry: release 5.999999, real 995.999999",
        "entry: set_credit 0.00, real 995.999999",
        "entry: set_arrears 0.00, real 995.999999",
        "entry: grant_temporary 5.00, real 995.999999",
        "entry: revoke_temporary 0.00, real 995.999999",
        "entry: grant_gift 3.00, real 998.999999",
        "statement: from 0.00 to 998.999999",
        "newest first: grant_gift revoke_temporary grant_temporary set_arrears set_credit release capture hold top_up join",
        "of two kinds: hold capture",
        "of a token: grant_gift",
        "of no token:",
    ]
