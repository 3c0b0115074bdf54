#!/usr/bin/env python3
"""R4: whichever allocation fails, once or from then on, the answer is the true one, or says that memory is short and
nothing was changed, or leaves the outcome open; it is never another refusal.

    tests/fault/memory.py [--tries N] [--seed N]       prints one line, and what is wrong; N failures for each action
    tests/fault/memory.py --one ACTION,N,WHEN          one failure, with what was answered; ACTION "start": of the start

One server runs under a preloaded library (shortage.c) that the harness arms for one call at a time: every action that
writes, every one that reads, signed in both ways and through the control socket; and the start, with a journal to read. A
write whose outcome is open is sent again with its token, and must then be there once. The books are verified at the end."""
import argparse
import base64
import contextlib
import hashlib
import hmac
import json
import mmap
import random
import shutil
import socket
import struct
import sys
import time
import urllib.parse

import drive

NEVER, QUICK_TRIES, QUICK_STARTS = 1 << 60, 20, 40
SHORT_PATIENCE_S = 5  # a connection for which there is no memory waits until there is
EXIT_LIBCRYPTO = 98  # see shortage.c
MEMORY_TEXT = "out of memory"
OWNER_KEY = ("AKIDowner", "the-owners-secret")
SUB_KEY = ("AKIDsub", "a-sub-accounts-secret")
SUB_USER, MEMBERS = "100000000777", [str(700000000000 + i) for i in range(400)]
POLICY = json.dumps({"version": "2.0", "statement": [{"effect": "allow", "action": "finance:*", "resource": "*"}]})


class Shortage:
    """Arms and disarms the library in the server that gets `environment`."""

    def __init__(self, path):
        path.write_bytes(bytes(32))
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 32)
        self.environment = {"LD_PRELOAD": drive.SHORTAGE, "SHORTAGE": str(path)}

    def arm(self, at, when):
        self.memory[:32] = struct.pack("=QQQQ", 0, 0, 0, 0)
        self.memory[8:16] = struct.pack("=Q", when == "ever")
        self.memory[:8] = struct.pack("=Q", at)

    def disarm(self):
        """How many allocations there were, and how many of them failed."""
        self.memory[:8] = bytes(8)
        return struct.unpack("=QQ", self.memory[16:32])


class Unknown(Exception):
    """No answer, or one that leaves the outcome open."""


def request_of(action, parameters, product="bursar", version="2026-11-01", key=None, host=None):
    """TC3 when there is a key, unsigned else."""
    body, now, host = json.dumps(parameters).encode(), int(time.time()), host or f"{product}.tencentcloudapi.com"
    lines = [f"Host: {host}", "Content-Type: application/json", f"X-TC-Action: {action}", f"X-TC-Version: {version}",
             f"X-TC-Timestamp: {now}", f"Content-Length: {len(body)}"]
    if key:
        date = time.strftime("%Y-%m-%d", time.gmtime(now))
        canonical = (f"POST\n/\n\ncontent-type:application/json\nhost:{host}\nx-tc-action:{action.lower()}\n\n"
                     f"content-type;host;x-tc-action\n{hashlib.sha256(body).hexdigest()}")
        scope = f"{date}/{product}/tc3_request"
        text = f"TC3-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        secret = ("TC3" + key[1]).encode()
        for part in (date, product, "tc3_request"):
            secret = hmac.new(secret, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
        lines.append(f"Authorization: TC3-HMAC-SHA256 Credential={key[0]}/{scope}, "
                     f"SignedHeaders=content-type;host;x-tc-action, Signature={signature}")
    return ("POST / HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode() + body


def request_v1(action, key, product="billing", version="2018-07-09", **parameters):
    host = f"{product}.tencentcloudapi.com"
    pairs = {"Action": action, "Version": version, "Timestamp": int(time.time()), "Nonce": 11, "SecretId": key[0],
             "SignatureMethod": "HmacSHA256", **parameters}
    text = f"GET{host}/?" + "&".join(f"{name}={pairs[name]}" for name in sorted(pairs))
    signature = base64.b64encode(hmac.new(key[1].encode(), text.encode(), hashlib.sha256).digest()).decode()
    query = urllib.parse.urlencode({**pairs, "Signature": signature})
    return f"GET /?{query} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


class Line:
    """One connection; a request at a time."""

    def __init__(self, address, patience_s=drive.PATIENCE_S):
        self.socket = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
        self.socket.settimeout(patience_s)
        self.socket.connect(address)

    def ask(self, request):
        received = b""
        try:
            self.socket.sendall(request)
            while True:
                got = self.socket.recv(1 << 20)
                if not got:
                    raise Unknown("closed")
                received += got
                head, mark, body = received.partition(b"\r\n\r\n")
                if mark and len(body) >= int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]):
                    break
        except OSError as gone:
            raise Unknown("closed") from gone
        if not head.startswith(b"HTTP/1.1 200 "):
            raise Unknown(head.split(b"\r\n")[0].decode())
        return json.loads(body)["Response"]

    def close(self):
        self.socket.close()


def plain(answer):
    """Without what differs from call to call."""
    return {name: value for name, value in answer.items() if name not in ("RequestId", "AsOf")}


class World:
    """A served folder with something of everything."""

    def __init__(self, folder):
        self.data, self.count, self.wrong, self.tried, self.stopped = folder / "data", 0, [], 0, 0
        self.trial = "the beginning"
        self.shortage = Shortage(folder / "shortage")
        drive.make_folder(self.data)
        self.serve()
        self.fill()

    def serve(self):
        self.shortage.arm(0, "once")
        self.server = drive.Server(self.data, self.shortage).must_be_ready()
        host, port = self.server.ready_file.read_text().split()[0].rsplit(":", 1)
        self.network = (host, int(port))
        self.control = str(self.data / "control.sock")

    def must(self, action, **parameters):
        return self.must_answer("control", lambda: request_of(action, parameters))

    def must_answer(self, door, make):
        """With memory. A server that the failure before made stop may still have been on its way out: it is started again."""
        try:
            answer = self._ask(door, make())
        except (Unknown, OSError):
            self.judge_end(self.server.process.wait(drive.PATIENCE_S))
            answer = self._ask(door, make())
        assert "Error" not in answer, answer
        return answer

    def _ask(self, door, request):
        line = Line(getattr(self, door))
        try:
            return line.ask(request)
        finally:
            line.close()

    def judge_end(self, code):
        """One that has ended said why, and is started again."""
        said = self.server.said()
        self.stopped += 1
        if code != drive.EXIT_INTEGRITY or said.count("; stopping, because ") != 1:
            self.wrong.append(f"{self.trial}: ended with {code}: {said[-500:]}")
        self.serve()

    def fill(self):
        self.must("CreateMembers", Members=[{"MemberUin": uin, "MemberName": f"member {uin}", "CashAccountBalance": 10**10}
                                            for uin in MEMBERS])
        self.must("CreateKey", SecretId=OWNER_KEY[0], SecretKey=OWNER_KEY[1])
        self.must("CreateKey", SecretId=SUB_KEY[0], SecretKey=SUB_KEY[1], UserUin=SUB_USER)
        self.spare_is_on = True
        self.must("CreateKey", SecretId="AKIDspare", SecretKey="a-spare-secret-key", UserUin="100000000778")
        self.must("PutPolicy", UserUin=SUB_USER, PolicyName="reads", PolicyDocument=POLICY)
        self.must("PutDelegation", AccountUin=MEMBERS[0], MemberUins=MEMBERS[1:20])
        self.hold = self.must("CreateHold", MemberUin=MEMBERS[0], Amount=10**9)["HoldId"]
        for _ in range(20):
            self.must("CreateTransfers", Transfers=[{"Kind": "charge", "MemberUin": uin, "Amount": 1} for uin in MEMBERS[:20]])

    def last_entry(self):
        """Of all organizations; a new one begins with entries of its own."""
        organizations = {1, self.must("DescribeOrganizations", Limit=1)["TotalCount"]}
        return max(self.must("DescribeEntries", Limit=1, OrganizationId=number)["Data"][0]["EntryId"]
                   for number in organizations)

    def next(self):
        self.count += 1
        return self.count


def transfers(world, number):
    return {"Transfers": [{"Kind": "top_up", "MemberUin": MEMBERS[number % 400], "Amount": 100, "Reason": "a reason"},
                          {"Kind": "move", "MemberUin": MEMBERS[1], "ToMemberUin": MEMBERS[2], "Amount": 1}]}


def partial(world, number):
    return {"Partial": True, "Transfers": [{"Kind": "charge", "MemberUin": MEMBERS[3], "Amount": 10**14},
                                           {"Kind": "top_up", "MemberUin": "1", "Amount": 1},
                                           {"Kind": "none", "MemberUin": MEMBERS[3]},
                                           {"Kind": "top_up", "MemberUin": MEMBERS[3], "Amount": 1}]}


def many(world, number):
    return {"Transfers": [{"Kind": "charge", "MemberUin": uin, "Amount": 1} for uin in MEMBERS]}


def new_members(world, number, **more):
    return {"Members": [{"MemberUin": str(10**12 + 10 * number + i), "MemberName": f"new {number}"} for i in range(3)], **more}


def some_members(world, number):
    parameters = new_members(world, number, Partial=True)
    parameters["Members"].append({"MemberUin": MEMBERS[5], "MemberName": "another name"})
    return parameters


def name(world, number):
    return {"MemberUin": MEMBERS[6], "MemberName": f"named {number}"}


def policy(world, number):
    return {"UserUin": SUB_USER, "PolicyName": f"policy {number}", "PolicyDocument": POLICY}


def switch_key(world, number):
    world.spare_is_on = not world.spare_is_on
    return {"SecretId": "AKIDspare", "Enabled": world.spare_is_on}


WRITES = {
    "transfers": ("CreateTransfers", transfers),
    "partial": ("CreateTransfers", partial),
    "many": ("CreateTransfers", many),
    "members": ("CreateMembers", new_members),
    "some-members": ("CreateMembers", some_members),
    "modify-member": ("ModifyMember", name),
    "hold": ("CreateHold", lambda world, number: {"MemberUin": MEMBERS[7], "Amount": 1, "Reason": "a reason"}),
    "capture": ("CaptureHold", lambda world, number: {"MemberUin": MEMBERS[0], "HoldId": world.hold, "Amount": 1}),
    "release": ("ReleaseHold", lambda world, number: {"MemberUin": MEMBERS[0], "HoldId": world.hold, "Amount": 1}),
    "credit": ("CreateTemporaryCredit", lambda world, number: {"MemberUin": MEMBERS[number % 400], "Amount": 1}),
    "key": ("CreateKey", lambda world, number: {"UserUin": str(10**11 + number)}),
    "temporary-key": ("CreateTemporaryKey", lambda world, number: {"UserUin": str(10**11 + number)}),
    "modify-key": ("ModifyKey", switch_key),
    "policy": ("PutPolicy", policy),
    "delegation": ("PutDelegation", lambda world, number: {"AccountUin": MEMBERS[8 + number % 50], "MemberUins": MEMBERS[1:90]}),
    "organization": ("CreateOrganization", lambda world, number: {"Name": "another", "OwnerUin": str(10**10 + number)}),
}

READS = {
    "list": lambda: request_of("DescribeMembers", {"Limit": 50}),
    "search": lambda: request_of("DescribeMembers", {"Search": "member", "SortBy": "available", "Limit": 50}),
    "holds": lambda: request_of("DescribeHolds", {"MemberUin": MEMBERS[0]}),
    "past": lambda: request_of("DescribeMemberBalance", {"MemberUin": MEMBERS[0]}),
    "statement": lambda: request_of("DescribeStatement", {"MemberUin": MEMBERS[0], "StartTime": "2020-01-01 00:00:00"}),
    "entries": lambda: request_of("DescribeEntries", {"Limit": 100}),
    "keys": lambda: request_of("DescribeKeys", {}),
    "policies": lambda: request_of("DescribePolicies", {}),
    "delegations": lambda: request_of("DescribeDelegations", {}),
    "organizations": lambda: request_of("DescribeOrganizations", {}),
    "signed": lambda: request_of("DescribeOrgMemberAccountBalance", {"MemberUins": MEMBERS[:10]}, "billing", "2018-07-09",
                                 OWNER_KEY),
    "signed-port": lambda: request_of("DescribeOrgMemberAccountBalance", {}, "billing", "2018-07-09", SUB_KEY,
                                      "billing.tencentcloudapi.com:8080"),
    "signed-sub": lambda: request_of("DescribeAccountBalance", {}, "billing", "2018-07-09", SUB_KEY),
    "signed-cold": lambda: request_of("DescribeAccountBalance", {}, "billing", "2018-07-09", SUB_KEY),
    "signed-v1-cold": lambda: request_v1("DescribeOrgMemberAccountBalance", SUB_KEY),
    "signed-v1": lambda: request_v1("DescribeOrgMemberAccountBalance", OWNER_KEY, **{"MemberUins.0": MEMBERS[0]}),
}


class Trial:
    """One call of one action under one failure, and what may be said of it."""

    def __init__(self, world, what, at, when):
        self.world, self.what, self.at, self.when = world, what, at, when

    def blame(self, text):
        self.world.wrong.append(f"{self.world.trial}: {text}")

    def run(self):
        """How many allocations there were, and whether one failed."""
        self.world.tried += 1
        self.world.trial = f"{self.what},{self.at},{self.when}"
        return self._write() if self.what in WRITES else self._read()

    def _ask(self, address, request):
        """The answer, or None when the outcome is open; armed for this call only."""
        self.answer = self.why = None
        line = Line(address, SHORT_PATIENCE_S)
        self.world.shortage.arm(self.at, self.when)
        try:
            self.answer = line.ask(request)
        except Unknown as unknown:
            self.why = str(unknown)
        self.counted, self.failed = self.world.shortage.disarm()
        line.close()
        self._look_at_process()

    def _look_at_process(self):
        """Whether it has ended; it may be on its way, which the next call sees."""
        server = self.world.server.process
        if self.answer is None:
            with contextlib.suppress(drive.subprocess.TimeoutExpired):
                server.wait(0.05)
        if server.poll() is not None:
            self.world.judge_end(server.returncode)

    def _error(self):
        return self.answer.get("Error") if self.answer else None

    def _is_short(self):
        error = self._error()
        return error and error["Code"] == "ServiceUnavailable" and MEMORY_TEXT in error["Message"]

    def _is_lost(self):
        error = self._error()
        return error and error["Code"] == "InternalError.UnknownError"

    def _write(self):
        action, make = WRITES[self.what]
        parameters = {**make(self.world, self.world.next()), "ClientToken": f"token-{self.world.count}"}
        request = request_of(action, parameters)
        before = self.world.last_entry()
        self._ask(self.world.control, request)
        after = self.world.last_entry()
        if self._is_short() and after != before:
            self.blame(f"nothing was changed, it says, but there are entries {before + 1} to {after}")
        elif self._error() and not self._is_short() and not self._is_lost():
            self.blame(f"refused: {self._error()}")
        elif self._is_lost() and after == before:
            self.blame("carried out, it says, but nothing is there")
        elif self.answer and not self._error() and after == before:
            self.blame("acknowledged, but nothing is there")
        self._repeat(action, parameters, before, after)
        return self.counted, self.failed

    def _repeat(self, action, parameters, before, after):
        """The same again, with memory: it is there once."""
        again = self.world.must(action, **parameters)
        now = self.world.last_entry()
        if after != before and now != after:
            self.blame(f"carried out twice: entries {before + 1} to {after}, and {after + 1} to {now}")
        if now == before:
            self.blame("the repeat did nothing")
        if self.answer and not self._error() and "Key" not in action and plain(again) != plain(self.answer):
            self.blame(f"answered {plain(self.answer)}, and again {plain(again)}")

    def _read(self):
        door = "network" if self.what.startswith("signed") else "control"
        expected = self.world.must_answer(door, READS[self.what])
        if self.what.endswith("-cold"):  # nothing of the key or its policies is known yet
            assert self.world.server.stop() == 0
            self.world.serve()
        self._ask(getattr(self.world, door), READS[self.what]())
        if self._error() and not self._is_short():
            self.blame(f"refused: {self._error()}")
        elif self.answer and not self._error() and plain(self.answer) != plain(expected):
            self.blame(f"answered {plain(self.answer)}, not {plain(expected)}")
        return self.counted, self.failed


def try_action(world, what, tries):
    """For every n at which an allocation fails, or for so many of them."""
    if world.wrong[100:]:
        return
    for when in ("once", "ever"):
        counted, _ = Trial(world, what, NEVER, when).run()
        numbers = range(1, counted + 1)
        for at in sorted(random.sample(numbers, tries)) if tries and tries < counted else numbers:
            Trial(world, what, at, when).run()


class Start:
    """A start under one failure: it serves, or it says that memory is short."""

    def __init__(self, folder, at, when):
        self.folder, self.at, self.when = folder, at, when

    def run(self):
        shortage = Shortage(self.folder / "start-shortage")
        shortage.arm(self.at, self.when)
        server = drive.Server(self.folder / "data", shortage)
        ready = server.is_ready()
        self.counted, _ = shortage.disarm()
        code = server.stop() if ready else server.process.returncode
        self.said = server.said()
        if ready and code != 0:
            return [f"start,{self.at},{self.when}: served, and ended with {code}: {self.said[-500:]}"]
        if not ready and code == EXIT_LIBCRYPTO:
            return []
        if not ready and (code <= 0 or "memory" not in self.said):
            return [f"start,{self.at},{self.when}: ended with {code}: {self.said[-500:]}"]
        return []


def try_starts(folder, tries):
    start = Start(folder, NEVER, "once")
    wrong, numbers = start.run(), range(1, start.counted + 1)
    for at in sorted(random.sample(numbers, tries)) if tries and tries < len(numbers) else numbers:
        for when in ("once", "ever"):
            wrong += Start(folder, at, when).run()
    return wrong, len(numbers)


def end(world):
    if world.server.stop() != 0:
        world.wrong.append(f"the end: {world.server.said()[-500:]}")
    verified = drive.run("verify", "--data", world.data)
    if verified.returncode != 0:
        world.wrong.append(f"the books: {verified.stderr}")


def run(tries, starts, seed):
    random.seed(seed)
    folder = drive.work_folder()
    world = World(folder)
    for what in [*WRITES, *READS]:
        try_action(world, what, tries)
    end(world)
    wrong, count = try_starts(folder, starts)
    wrong = world.wrong + wrong
    print(f"R4 memory: {'FAIL' if wrong else 'PASS'} {world.tried} calls and {min(starts or count, count) * 2} starts short of "
          f"memory, {world.stopped} stops, {len(wrong)} wrong outcomes", flush=True)
    for text in wrong[:20]:
        print(f"  {text}\n    again: tests/fault/memory.py --one {text.split(':')[0]}")
    shutil.rmtree(folder)
    return not wrong


def try_one(what, at, when):
    folder = drive.work_folder()
    world = World(folder)
    if what == "start":
        end(world)
        trial = Start(folder, int(at), when)
        world.wrong += trial.run()
        print(trial.said)
    else:
        trial = Trial(world, what, int(at), when)
        print(trial.run(), trial.answer, trial.why)
        end(world)
    print("\n".join(world.wrong) or "nothing is wrong")
    shutil.rmtree(folder)
    return bool(world.wrong)


def test_memory(quick):
    assert run(QUICK_TRIES if quick else 0, QUICK_STARTS if quick else 400, random.randrange(1 << 32))


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--tries", type=int, default=0, help="failures for each action; 0, the default, is all")
    options.add_argument("--starts", type=int, default=400, help="failures of the start; 0 is all")
    options.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options.add_argument("--one", metavar="FAILURE")
    asked = options.parse_args()
    sys.exit(try_one(*asked.one.split(",")) if asked.one else not run(asked.tries, asked.starts, asked.seed))
