"""What one user does to the others: calls that are denied, calls without end."""
import collections
import json
import threading
import time

from program import call, key_of, make_ledger, must, serving

BURSAR = {"service": "bursar", "version": "2026-11-01"}


def user_key(data, user):
    return key_of(json.loads(must("key", "add", "--data", data, "--user", user, "--json")))


def allow_all(data, folder, user):
    document = folder / "all.json"
    document.write_text(json.dumps({"version": "2.0", "statement": {"effect": "allow", "action": "*", "resource": "*"}}))
    must("policy", "put", "--data", data, "--user", user, document)


class Asking(threading.Thread):
    """Asks without end, on as many threads as are made."""

    def __init__(self, server, key, *words, **named):
        super().__init__(daemon=True)
        self.server, self.key, self.words, self.named = server, key, words, named
        self.codes, self.stopping = collections.Counter(), threading.Event()
        self.start()

    def run(self):
        while not self.stopping.is_set():
            answer = call(self.server.address, self.key, *self.words, **self.named)
            self.codes[answer.get("Error", {}).get("Code", "OK")] += 1

    def stop(self):
        self.stopping.set()
        self.join()


def ask_evenly(server, key, a_second, seconds, action="DescribeOrgMemberAccountBalance", parameters=None, **named):
    """Each a request of its own: the same one again would be refused."""
    codes = collections.Counter()
    start = time.monotonic()
    for number in range(a_second * seconds):
        time.sleep(max(0, start + number / a_second - time.monotonic()))
        token = {"ClientToken": f"even-{number}"} if parameters else {}
        codes[call(server.address, key, action, {**(parameters or {}), **token}, **named).get("Error", {}).get("Code", "OK")] += 1
    return codes


def test_denied_calls_cost_their_user_only(tmp_path):
    data, owner = make_ledger(tmp_path)
    stranger = user_key(data, 200)  # without any policy
    transfers = {"Transfers": [{"Kind": "top_up", "MemberUin": "700000000001", "Amount": 1}]}
    with serving(tmp_path, data) as server:
        call(server.address, owner, "CreateMembers", {"Members": [{"MemberUin": "700000000001", "MemberName": "x"}]}, **BURSAR)
        asking = [Asking(server, stranger, "CreateTransfers", transfers, **BURSAR) for _ in range(4)]
        codes = ask_evenly(server, owner, 8, 3, "CreateTransfers", transfers, **BURSAR)
        for one in asking:
            one.stop()
    assert codes == {"OK": 24}
    denied = sum((one.codes for one in asking), collections.Counter())
    assert set(denied) == {"UnauthorizedOperation.CamNoAuth", "RequestLimitExceeded"}
    assert denied["UnauthorizedOperation.CamNoAuth"] <= 20 * 6


def test_who_asks_without_end_leaves_the_owner_his(tmp_path):
    data, owner = make_ledger(tmp_path)
    greedy = user_key(data, 200)
    allow_all(data, tmp_path, 200)
    with serving(tmp_path, data) as server:
        asking = [Asking(server, greedy) for _ in range(4)]
        call(server.address, owner)  # from the next second on something is kept for him
        ask_evenly(server, owner, 4, 2)
        codes = ask_evenly(server, owner, 4, 4)
        for one in asking:
            one.stop()
    assert codes == {"OK": 16}
    assert sum((one.codes for one in asking), collections.Counter())["OK"] <= 20 * 9


def test_who_is_alone_gets_exactly_the_limit(tmp_path):
    data, _ = make_ledger(tmp_path)
    key = user_key(data, 200)
    allow_all(data, tmp_path, 200)
    with serving(tmp_path, data) as server:
        time.sleep((1.2 - time.time() % 1) % 1)  # so that each second touched is long enough
        first = int(time.time())
        asking = [Asking(server, key) for _ in range(4)]
        time.sleep(first + 3.8 - time.time())
        for one in asking:
            one.stop()
        last = int(time.time())
    codes = sum((one.codes for one in asking), collections.Counter())
    assert codes["OK"] == 20 * (last - first + 1), codes
    assert set(codes) == {"OK", "RequestLimitExceeded"}
