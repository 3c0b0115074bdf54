"""A bursar under the recorder, clients that write to it, and the judgement of what is left of their writes."""
import collections
import hashlib
import hmac
import json
import os
import pathlib
import random
import selectors
import shutil
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
OWNER = "100000000001"
EXIT_INTEGRITY = 7
GONE = (EOFError, BrokenPipeError, ConnectionResetError, ConnectionRefusedError, FileNotFoundError)
PATIENCE_S = 30


def build_folder():
    build = os.environ.get("BURSAR_BUILD")
    folders = [pathlib.Path(build)] if build else sorted([*ROOT.glob("build*"), *ROOT.glob("build*/*")])
    for folder in folders:
        if (folder / "tests/fault/recorder.so").exists():
            return folder.resolve()
    raise RuntimeError("no tests/fault/recorder.so is built")


BUILD = build_folder()
BURSAR = os.environ.get("BURSAR", str(BUILD / "src/cmd/bursar"))
RECORDER = str(BUILD / "tests/fault/recorder.so")
SHORTAGE = str(BUILD / "tests/fault/shortage.so")
IMAGE_CHECK = str(BUILD / "tests/fault/image_check")


def work_folder():
    """In memory where there is enough of it: nothing here may depend on how fast a disk syncs. Short, because a
    socket's path has at most 107 characters."""
    shm = pathlib.Path("/dev/shm")
    roomy = shm.is_dir() and shutil.disk_usage(shm).free > 1 << 30
    return pathlib.Path(tempfile.mkdtemp(prefix="bf", dir=shm if roomy else None))


class Recording:
    """How a process is recorded; `faults` are the RECORDER_ variables without their prefix, in lower case."""

    def __init__(self, data, log, **faults):
        self.environment = {"LD_PRELOAD": RECORDER, "RECORDER_FOLDER": str(data), "RECORDER_LOG": str(log),
                            **{f"RECORDER_{name.upper()}": str(value) for name, value in faults.items()}}


def environment(recording=None):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("BURSAR", "RECORDER", "SHORTAGE", "NOTIFY_", "LD_"))}
    return {**kept, **(recording.environment if recording else {})}


def run(*words, recording=None):
    return subprocess.run([BURSAR, *map(str, words)], capture_output=True, text=True, env=environment(recording),
                          stdin=subprocess.DEVNULL, timeout=PATIENCE_S)


def must(*words, **named):
    done = run(*words, **named)
    assert done.returncode == 0, f"bursar {' '.join(map(str, words))}: {done.stderr}"
    return done.stdout


def make_folder(data, recording=None):
    return json.loads(must("init", "--data", data, "--owner", OWNER, "--json", recording=recording))["SecretId"]


class Server:
    """`bursar serve` on a folder, asked through its control socket. Few tokens stay in memory, so that all that becomes of older
    ones is met too."""

    def __init__(self, data, recording=None, words=()):
        self.data = data
        self.ready_file = data.parent / f"{data.name}.ready"
        self.log = data.parent / f"{data.name}.stderr"
        self.ready_file.unlink(missing_ok=True)
        self.began = time.monotonic()
        with open(self.log, "w") as out:
            self.process = subprocess.Popen(
                [BURSAR, "serve", "--data", str(data), "--listen", "127.0.0.1:0", "--threads", "1",
                 "--recent-tokens", "8", "--calls-per-second", "0", "--ready-file", str(self.ready_file), *words],
                stderr=out, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=environment(recording))

    def is_ready(self):
        """False when it ended instead."""
        end = time.monotonic() + PATIENCE_S
        while not self.ready_file.exists():
            if self.process.poll() is not None:
                return False
            assert time.monotonic() < end, f"not ready: {self.log.read_text()}"
            time.sleep(0.001)
        self.ready_after_s = time.monotonic() - self.began
        return True

    def must_be_ready(self):
        assert self.is_ready(), f"ended with {self.process.returncode}: {self.log.read_text()}"
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        return self.process.wait(PATIENCE_S)

    def said(self):
        return self.log.read_text()


def http(action, parameters):
    body = json.dumps(parameters).encode()
    head = (f"POST / HTTP/1.1\r\nHost: bursar.tencentcloudapi.com\r\nContent-Type: application/json\r\n"
            f"X-TC-Action: {action}\r\nX-TC-Version: 2026-11-01\r\nX-TC-Timestamp: {int(time.time())}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n")
    return head.encode() + body


class Connection:
    """One request at a time."""

    def __init__(self, server):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(str(server.data / "control.sock"))
        self.received = b""
        self.write = None

    def send(self, action, parameters):
        self.socket.sendall(http(action, parameters))

    def take(self):
        """One receive; the Response when it is complete, else None. EOFError when the server is gone."""
        try:
            got = self.socket.recv(1 << 20)
        except ConnectionResetError:
            got = b""
        if not got:
            raise EOFError
        self.received += got
        head, mark, body = self.received.partition(b"\r\n\r\n")
        if not mark:
            return None
        size = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        if len(body) < size:
            return None
        self.received = body[size:]
        return json.loads(body[:size])["Response"]

    def ask(self, action, parameters):
        try:
            self.send(action, parameters)
        except (BrokenPipeError, ConnectionResetError) as gone:
            raise EOFError from gone
        while (answer := self.take()) is None:
            pass
        return answer

    def close(self):
        self.socket.close()


HAND = {"UserUin": "800", "SecretId": "AKIDhand", "SecretKey": "the-hand-s-own-secret"}
HAND_POLICY = {"UserUin": HAND["UserUin"], "PolicyName": "pay"}
HAND_MAY = HAND_POLICY | {"PolicyDocument": json.dumps({"version": "2.0", "statement": {
    "effect": "allow", "action": "bursar:CreateTransfers", "resource": "*"}})}


def hand_http(action, parameters):
    """As http, signed with the hand's key (TC3-HMAC-SHA256)."""
    host, now = "bursar.tencentcloudapi.com", int(time.time())
    date, body = time.strftime("%Y-%m-%d", time.gmtime(now)), json.dumps(parameters).encode()
    scope = f"{date}/bursar/tc3_request"
    canonical = (f"POST\n/\n\ncontent-type:application/json\nhost:{host}\n\ncontent-type;host\n"
                 + hashlib.sha256(body).hexdigest())
    text = f"TC3-HMAC-SHA256\n{now}\n{scope}\n" + hashlib.sha256(canonical.encode()).hexdigest()
    secret = ("TC3" + HAND["SecretKey"]).encode()
    for part in (date, "bursar", "tc3_request"):
        secret = hmac.new(secret, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
    head = (f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nX-TC-Action: {action}\r\n"
            f"X-TC-Version: 2026-11-01\r\nX-TC-Timestamp: {now}\r\nContent-Length: {len(body)}\r\n"
            f"Authorization: TC3-HMAC-SHA256 Credential={HAND['SecretId']}/{scope}, SignedHeaders=content-type;host, "
            f"Signature={signature}\r\n\r\n")
    return head.encode() + body


class HandConnection(Connection):
    """A sub-account's over the network: what it may, it may because of a policy."""

    def __init__(self, server):
        host, port = server.ready_file.read_text().split()[0].rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), PATIENCE_S)
        self.received = b""
        self.write = None

    def send(self, action, parameters):
        self.socket.sendall(hand_http(action, parameters))


class Revoker(Connection):
    """Takes the hand's policy away and gives it back, as fast as it is answered."""

    def __init__(self, server):
        super().__init__(server)
        self.takes = False

    def send_next(self):
        self.takes = not self.takes
        self.send(*(("DeletePolicy", HAND_POLICY) if self.takes else ("PutPolicy", HAND_MAY)))


TILLS = [str(900 + i) for i in range(8)]  # accounts that money comes to and goes from
TILL_CENTS = 10**12


def open_tills(server):
    connection = Connection(server)
    answer = connection.ask("CreateMembers", {"Members": [{"MemberUin": till, "MemberName": f"till {till}",
                                                           "CashAccountBalance": TILL_CENTS} for till in TILLS]})
    assert answer.get("Added") == len(TILLS), answer
    connection.close()


def marks_of(words):
    """What was seen, each once; what was seen again is another mark, which nobody has written. Of a till not its cash, which
    changes, but what came and went (`till_cents`)."""
    seen = collections.Counter(words)
    again = {f"{mark}#{count}" for mark, count in seen.items() if count > 1}
    return frozenset({mark for mark in seen if mark.split("=")[0] not in TILLS} | again)


def make_folder_with_tills(data):
    owner_key = make_folder(data)
    server = Server(data).must_be_ready()
    open_tills(server)
    assert server.stop() == 0, server.said()
    return owner_key


TILL_WRITES = ("transfers", "hold")
READS_ALL = '{"version":"2.0","statement":{"effect":"allow","action":"*","resource":"*"}}'


class Leaver:
    """A member with a key, a sub-account's key and policy, and a delegation: all end with one write, its leaving."""

    def __init__(self, uin):
        self.uin, self.sub, self.keys = str(uin), str(uin + 1), [f"AKIDleaver{uin}", f"AKIDleaver{uin + 1}"]

    def given(self):
        """The requests that make it."""
        yield "CreateMembers", {"Members": [{"MemberUin": self.uin, "MemberName": "leaver"}]}
        for key, user in zip(self.keys, (self.uin, self.sub)):
            yield "CreateKey", {"AccountUin": self.uin, "UserUin": user, "SecretId": key, "SecretKey": f"{self.uin:0>32}"}
        yield "PutPolicy", {"UserUin": self.sub, "PolicyName": "all", "PolicyDocument": READS_ALL}
        yield "PutDelegation", {"AccountUin": self.uin, "Everyone": True}

    def give(self, connection):
        for action, parameters in self.given():
            answer = connection.ask(action, parameters)
            assert "Error" not in answer, answer

    def known(self):
        """Marks that are there as long as it is, and after."""
        return {f"{self.uin}=0", *self.keys}

    def left(self):
        """Marks of its leaving, which are there all or not at all."""
        return frozenset({f"-{self.uin}", f"-delegation {self.uin}", f"-policy {self.sub}", *(f"-{key}" for key in self.keys)})


def left_mark(entry):
    """What an entry ended, or None."""
    if entry["Kind"] == "set_key" and not entry["Enabled"]:
        return f"-{entry['SecretId']}"
    ended = {"remove_policy": ("-policy ", "UserUin"), "remove_delegate": ("-delegation ", "AccountUin"),
             "leave": ("-", "MemberUin")}.get(entry["Kind"])
    return ended and ended[0] + entry[ended[1]]


def judge_leavers(server, leavers):
    """What is wrong with what they may do: those who left, nothing; the others, all they were given."""
    connection, wrong, state = Connection(server), [], {}
    for action, what in (("DescribeKeys", lambda row: row["Enabled"] and row["SecretId"]),
                         ("DescribePolicies", lambda row: f"policy {row['UserUin']}"),
                         ("DescribeDelegations", lambda row: f"delegation {row['AccountUin']}")):
        offset, total = 0, 1
        while offset < total:
            answer = connection.ask(action, {"Offset": offset, "Limit": 1000})
            state |= {what(row): True for row in answer["Data"]}
            offset, total = offset + len(answer["Data"]), answer["TotalCount"]
    connection.close()
    for leaver, has_left in leavers:
        for mark in leaver.left() - {f"-{leaver.uin}"}:
            if (mark[1:] in state) == has_left:
                wrong.append(f"authority: {mark[1:]} {'outlived the leave' if has_left else 'is lost'}")
    return wrong


class Write:
    """A request that changes something, and what of it must be seen when it was acknowledged: its marks. What moves money or
    freezes it says so by the reasons of its entries, and carries a token, so that it can be repeated."""

    def __init__(self, number, first, members, random):
        """`members` of them from uin `first` on; none means a key; a Leaver leaves."""
        self.number, self.first = number, first
        self.request_id = self.answer = None
        self.is_hands = self.was_repeated = False
        self.outcome = "unknown"  # acknowledged, refused, unknown
        if members in TILL_WRITES:
            self._move_money(members, random)
        elif isinstance(members, Leaver):
            self.action, self.marks = "DeleteMember", members.left()
            self.parameters = {"MemberUin": members.uin, "ClientToken": f"token-{number}"}
        elif members == 0:
            secret_id = "AKID" + f"{number:032d}"
            self.action = "CreateKey"
            self.parameters = {"UserUin": str(first), "Principal": "sub", "SecretId": secret_id,
                               "SecretKey": f"{number:032x}"}
            self.marks = frozenset({secret_id})
        else:
            self.action = "CreateMembers"
            cents = [random.randrange(1, 10**9) for _ in range(members)]
            self.parameters = {"Members": [{"MemberUin": str(first + i), "MemberName": f"m{number}",
                                            "CashAccountBalance": cash} for i, cash in enumerate(cents)]}
            self.marks = frozenset(f"{first + i}={cash * 10000}" for i, cash in enumerate(cents))

    def _move_money(self, kind, random):
        reasons = [f"w{self.number}.{i}" for i in range(random.choice([1, 1, 2, 5, 20]) if kind == "transfers" else 1)]
        self.marks = frozenset(f"+{reason}" for reason in reasons)
        self.parameters = {"ClientToken": f"token-{self.number}"}
        if kind == "hold":
            self.action = "CreateHold"
            self.parameters |= {"MemberUin": random.choice(TILLS), "Amount": random.randrange(1, 100), "Reason": reasons[0]}
            return
        self.action = "CreateTransfers"
        self.parameters["Transfers"] = []
        for reason in reasons:
            kind = random.choice(["top_up", "charge", "move", "grant_gift", "withdraw"])
            till, other = random.sample(TILLS, 2)
            self.parameters["Transfers"].append(
                {"Kind": kind, "MemberUin": till, "Amount": random.randrange(1, 10**5), "Reason": reason,
                 **({"ToMemberUin": other} if kind == "move" else {})})

    @property
    def is_repeatable(self):
        return "ClientToken" in self.parameters

    def answered(self, answer):
        self.request_id = answer["RequestId"]
        self.outcome = "refused" if "Error" in answer else "acknowledged"
        self.answer = answer
        if self.action == "CreateMembers" and self.outcome == "acknowledged":
            assert answer["Applied"] and answer["Added"] == len(self.marks), answer


class Writes:
    """An endless supply, the same for the same seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.made = []
        self.uin = 10**12
        self.leavers = []  # who may leave next

    def next(self, members=None):
        if members is None and self.leavers and self.random.random() < 0.2:
            members = self.leavers.pop()
        if members is None:
            members = self.random.choice([0, 1, 2, 3, 8, *TILL_WRITES, "transfers"])
        self.made.append(Write(len(self.made), self.uin, members, self.random))
        self.uin += max(1, members) if isinstance(members, int) else 1
        return self.made[-1]


def write_together(server, writes, clients, count=None, seconds=None, at_once=None, hands=0):
    """`clients` connections, each sending its next write when its last is answered, until so many writes were sent, or
    the time is over (then at_once is called), or the server is gone. Answers whether it is still there. So many of them as
    `hands` are the sub-account's, whose policy comes and goes meanwhile."""
    selector = selectors.DefaultSelector()
    end = time.monotonic() + (PATIENCE_S if seconds is None else seconds)
    left, busy = count if count is not None else 1 << 30, 0
    connections, gone = [], False

    def send_next(connection):
        nonlocal left, busy
        left -= 1
        busy += 1
        is_hands = isinstance(connection, HandConnection)
        connection.write = writes.next("transfers" if is_hands else None)
        connection.write.is_hands = is_hands
        connection.send(connection.write.action, connection.write.parameters)

    try:
        for number in range(min(clients, left)):
            connection = HandConnection(server) if number < hands else Connection(server)
            connections.append(connection)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            send_next(connection)
        if hands:
            connections.append(Revoker(server))
            selector.register(connections[-1].socket, selectors.EVENT_READ, connections[-1])
            connections[-1].send_next()
        while busy:
            ready = selector.select(max(0, end - time.monotonic()))
            if not ready or time.monotonic() >= end:
                assert seconds is not None, "no answer"
                if at_once:
                    at_once()
                    gone = True
                break
            for key, _ in ready:
                answer = key.data.take()
                if answer is not None and isinstance(key.data, Revoker):
                    key.data.send_next()
                elif answer is not None:
                    key.data.write.answered(answer)
                    busy -= 1
                    if left > 0:
                        send_next(key.data)
    except GONE:
        gone = True
    if gone:
        take_last_answers(connections)
    for connection in connections:
        connection.close()
    return not gone


def take_last_answers(connections):
    """What a dead server had sent is still to be had, and counts."""
    for connection in connections:
        try:
            while connection.write and connection.write.outcome == "unknown":
                answer = connection.take()
                if answer is not None:
                    connection.write.answered(answer)
        except EOFError:
            pass


def read_marks(server, first_uin=1, keys_before=0):
    """The marks of the book as the API shows it: of members from an uin on, of keys but the first few; of all entries."""
    connection = Connection(server)
    marks, after, offset, cursor = [], str(first_uin - 1) if first_uin > 1 else "", keys_before, ""
    while True:
        answer = connection.ask("DescribeMembers", {"AfterUin": after, "Limit": 1000})
        for member in answer["Data"]:
            cents = member["CashAccountBalance"]
            marks.append(f"{member['MemberUin']}={round(cents * 10000)}")
        after = answer["NextUin"]
        if not after:
            break
    while True:
        answer = connection.ask("DescribeKeys", {"Offset": offset, "Limit": 1000})
        marks += [key["SecretId"] for key in answer["Data"]]
        offset += len(answer["Data"])
        if offset >= answer["TotalCount"]:
            break
    while True:
        answer = connection.ask("DescribeEntries", {"Order": "asc", "Limit": 1000, "Cursor": cursor})
        marks += [f"+{entry['Reason']}" for entry in answer["Data"] if entry.get("Reason")]
        marks += [mark for mark in map(left_mark, answer["Data"]) if mark and mark != f"-policy {HAND['UserUin']}"]
        cursor = answer["NextCursor"]
        if not cursor:
            break
    connection.close()
    return marks_of(marks), offset


def judge_order(entries, writes):
    """What is wrong with the order of entries: the hand's own writes stand only where its policy is. Answers that and how
    often the policy was taken away."""
    hands = {mark for write in writes if write.is_hands and not write.was_repeated for mark in write.marks}
    wrong, may, revoked = [], False, 0
    for entry in entries:
        if entry["Kind"] in ("put_policy", "remove_policy") and entry["UserUin"] == HAND["UserUin"]:
            may = entry["Kind"] == "put_policy"
            revoked += not may
        elif f"+{entry.get('Reason')}" in hands and not may:
            wrong.append(f"revoked: entry {entry['EntryId']} stands behind what took the right to it away")
    return wrong, revoked


def read_entries(server):
    connection, cursor = Connection(server), ""
    while True:
        answer = connection.ask("DescribeEntries", {"Order": "asc", "Limit": 1000, "Cursor": cursor})
        yield from answer["Data"]
        cursor = answer["NextCursor"]
        if not cursor:
            break
    connection.close()


SIGNS = {"top_up": 1, "grant_gift": 1, "charge": -1, "withdraw": -1, "move": -1}


def judge_tills(server, writes):
    """What is wrong with the tills' money, all of a till's accounts together, if these writes and no others moved it."""
    expected = dict.fromkeys(TILLS, TILL_CENTS)
    for write in writes:
        for transfer in write.parameters.get("Transfers", ()):
            expected[transfer["MemberUin"]] += SIGNS[transfer["Kind"]] * transfer["Amount"]
            if transfer["Kind"] == "move":
                expected[transfer["ToMemberUin"]] += transfer["Amount"]
    connection = Connection(server)
    answer = connection.ask("DescribeMembers", {"Limit": len(TILLS)})
    connection.close()
    there = {row["MemberUin"]: row["RealBalance"] + row["FreezeAmount"] for row in answer["Data"]}
    return [f"money: till {till} has {there.get(till)}, not {cents}" for till, cents in expected.items()
            if there.get(till) != cents]


def judge(writes, acknowledged, marks, known=frozenset()):
    """What is wrong with a book: of all writes ever sent, those acknowledged must be there; each is there wholly or not
    at all; nothing else is. `known` are marks of other origin."""
    wrong, owned = [], set(known)
    for write in writes:
        there = write.marks & marks
        owned |= write.marks
        if write in acknowledged and len(there) < len(write.marks):
            wrong.append(f"lost: write {write.number} was acknowledged, {len(there)} of {len(write.marks)} are there")
        elif there and len(there) < len(write.marks):
            wrong.append(f"half: write {write.number}, {len(there)} of {len(write.marks)} are there")
        elif there and write.outcome == "refused":
            wrong.append(f"undead: write {write.number} was refused, but is there")
    wrong += [f"strange: {mark} was never written" for mark in sorted(marks - owned)]
    return wrong
