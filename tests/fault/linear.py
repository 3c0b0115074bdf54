#!/usr/bin/env python3
"""R6: what concurrent clients are told is what one order of all operations gives, and that order respects real time.

    tests/fault/linear.py [--operations N] [--seed N]      prints one line, and what is wrong

Many clients post transfers and holds on a few accounts that are nearly empty, so that outcomes depend on the order, and
read pages meanwhile; the server is killed now and then, and what was open is repeated with its token. Afterwards all entries
are read, in their sequence; a model made for this replays the requests in that order (it knows only what was asked for) and
every answer is held against it:

    posted     its entries are those it was told, one behind the other; the balances told are the model's after them
    refused    at some moment of the call the model has too little
    read       all rows of the page are the model's at one moment of the call
    real time  what had returned before a call began comes before it in the sequence

A moment of a call is a place in the sequence: not before what had returned when it began, not behind what began after it had
returned."""
import argparse
import bisect
import copy
import random
import selectors
import shutil
import sys
import time

import drive

OPERATIONS, OPERATIONS_QUICK = 400_000, 100_000
CLIENTS, KILL_EVERY, ACCOUNTS = 24, 6000, 8
READS_SHARE = 0.3
INFINITE = 1 << 62


class Operation:
    """What a client asked for and was told. Times in ns; `returned` is None until it was told."""

    def __init__(self, number, action, parameters):
        self.number, self.action, self.parameters = number, action, parameters
        self.invoked, self.returned, self.answer = None, None, None

    @property
    def is_read(self):
        return self.action == "DescribeMembers"

    @property
    def is_refused(self):
        return "Error" in self.answer

    def items(self):
        return self.parameters.get("Transfers") or [{"Kind": "hold", **self.parameters}]


class State:
    """An account as the design describes it, in cents."""

    __slots__ = ("cash", "gift", "frozen")

    def __init__(self, cash=0, gift=0, frozen=0):
        self.cash, self.gift, self.frozen = cash, gift, frozen

    def row(self):
        owe = max(0, -(self.cash + self.gift))
        return (self.cash + owe, owe, self.cash + self.gift - self.frozen)

    def available(self):
        return self.cash + self.gift - self.frozen


def allows(accounts, item):
    state, amount = accounts[item["MemberUin"]], item["Amount"]
    if item["Kind"] in ("withdraw", "move") and state.cash < amount:
        return False
    return item["Kind"] in ("top_up", "grant_gift") or state.available() >= amount


def apply(accounts, item):
    state, amount = accounts[item["MemberUin"]], item["Amount"]
    kind = item["Kind"]
    if kind == "top_up":
        state.cash += amount
    elif kind == "grant_gift":
        state.gift += amount
    elif kind == "hold":
        state.frozen += amount
    elif kind == "charge":
        gift = min(state.gift, amount)
        state.gift -= gift
        state.cash -= amount - gift
    else:
        state.cash -= amount
    if kind == "move":
        accounts[item["ToMemberUin"]].cash += amount


def told_row(row):
    return (row["CashAccountBalance"], row["OweAmount"], row["RealBalance"])


class Check:
    """One history: the operations, and the entries that are left as (sequence, reason)."""

    def __init__(self, operations, entries, opening):
        self.operations, self.entries, self.opening = operations, entries, opening
        self.wrong = []

    def run(self):
        self._place()
        self._replay()
        self._find_windows()
        for operation in self.operations:
            if operation.is_read:
                self._check_read(operation)
            elif operation.is_refused:
                self._check_refused(operation)
        return self.wrong

    def _say(self, operation, text):
        if len(self.wrong) < 50:
            self.wrong.append(f"operation {operation.number}: {text}")

    def _place(self):
        """Where each operation is in the sequence; what is there and was never asked for, or twice, or not wholly."""
        by_reason = {item["Reason"]: (operation, i) for operation in self.operations if not operation.is_read
                     for i, item in enumerate(operation.items())}
        found = {operation.number: {} for operation in self.operations}
        for sequence, reason in self.entries:
            if reason not in by_reason:
                self.wrong.append(f"entry {sequence} says {reason}, which nobody asked for")
                continue
            operation, i = by_reason[reason]
            if i in found[operation.number]:
                self._say(operation, f"applied twice: {found[operation.number][i]} and {sequence}")
            found[operation.number][i] = sequence
        self.sequences = {}
        for operation in self.operations:
            if not operation.is_read:
                self._place_one(operation, [found[operation.number].get(i) for i in range(len(operation.items()))])

    def _place_one(self, operation, sequences):
        if operation.is_refused:
            if any(sequences):
                self._say(operation, f"refused, but there: {sequences}")
            return
        told = operation.answer["EntryIds"] if "EntryIds" in operation.answer else [operation.answer["HoldId"]]
        if sequences != told:
            self._say(operation, f"told {told}, but the entries are {sequences}")
            return
        if sequences != list(range(sequences[0], sequences[0] + len(sequences))):
            self._say(operation, f"torn: {sequences}")
        self.sequences[operation.number] = (sequences[0], sequences[-1])

    def _replay(self):
        """The accounts after every operation, in the order of the sequence; each account's history."""
        accounts = copy.deepcopy(self.opening)
        self.history = {uin: ([0], [copy.copy(state)]) for uin, state in accounts.items()}
        by_number = {operation.number: operation for operation in self.operations}
        for number, (first, last) in sorted(self.sequences.items(), key=lambda pair: pair[1]):
            operation = by_number[number]
            touched = set()
            for item in operation.items():
                if not allows(accounts, item):
                    self._say(operation, f"accepted, but {item['MemberUin']} had too little")
                apply(accounts, item)
                touched |= {item["MemberUin"], item.get("ToMemberUin", item["MemberUin"])}
            for uin in touched:
                self.history[uin][0].append(last)
                self.history[uin][1].append(copy.copy(accounts[uin]))
            self._check_told(operation, accounts, touched)

    def _check_told(self, operation, accounts, touched):
        rows = operation.answer["Members"] if "Members" in operation.answer else [operation.answer["Member"]]
        told = {row["MemberUin"]: told_row(row) for row in rows}
        meant = {uin: accounts[uin].row() for uin in touched}
        if told != meant:
            self._say(operation, f"told {told}, but it is {meant}")

    def _find_windows(self):
        """For each operation the first and the last place in the sequence that it may be at. Two sweeps over time: what
        had returned before it began, and what began after it had returned."""
        placed = [operation for operation in self.operations if operation.number in self.sequences]
        returns = sorted((operation.returned, self.sequences[operation.number][1]) for operation in placed)
        begins = sorted(((operation.invoked, self.sequences[operation.number][0]) for operation in placed), reverse=True)
        self.low, self.high = {}, {}
        self._sweep(sorted(self.operations, key=lambda operation: operation.invoked), returns,
                    lambda at, operation: at < operation.invoked, max, 0, self.low)
        self._sweep(sorted(self.operations, key=lambda operation: -operation.returned), begins,
                    lambda at, operation: at > operation.returned, min, INFINITE, self.high)
        for operation in placed:
            first, last = self.sequences[operation.number]
            if first <= self.low[operation.number] or last >= self.high[operation.number]:
                self._say(operation, f"is at {first}..{last}, but real time puts it between {self.low[operation.number]} and "
                                     f"{self.high[operation.number]}")

    @staticmethod
    def _sweep(operations, places, is_past, choose, value, into):
        at = 0
        for operation in operations:
            while at < len(places) and is_past(places[at][0], operation):
                value = choose(value, places[at][1])
                at += 1
            into[operation.number] = value

    def _spans(self, uin, operation):
        """The account's states that an operation may have met: (from, until) places in the sequence, state."""
        places, states = self.history[uin]
        low, high = self.low[operation.number], self.high[operation.number]
        at = bisect.bisect_right(places, low) - 1
        while at < len(places) and (places[at] < high or at == 0):
            until = places[at + 1] if at + 1 < len(places) else INFINITE
            yield max(low, places[at]), min(until, high), states[at]
            at += 1

    def _check_read(self, operation):
        """One moment at which all rows are what was told."""
        moments = [(self.low[operation.number], self.high[operation.number])]
        for row in operation.answer["Data"]:
            told = told_row(row)
            fitting = [(start, end) for start, end, state in self._spans(row["MemberUin"], operation) if state.row() == told]
            moments = [(max(a, c), min(b, d)) for a, b in moments for c, d in fitting if max(a, c) < min(b, d)]
        if not moments:
            self._say(operation, "a page that never was")

    def _check_refused(self, operation):
        """A single item: at some moment there was too little. (Batches are only of what is never refused.)"""
        item = operation.items()[0]
        if operation.answer["Error"]["Code"] != "FailedOperation.BalanceInsufficient":
            self._say(operation, f"refused with {operation.answer['Error']}")
            return
        if all(allows({item["MemberUin"]: state}, item) for _, _, state in self._spans(item["MemberUin"], operation)):
            self._say(operation, "refused, but there was always enough")


class Recording:
    """Clients at work on a server that is killed again and again."""

    def __init__(self, folder, seed, operations):
        self.data = folder / "data"
        self.random = random.Random(seed)
        self.left, self.operations = operations, []
        self.kills = 0
        drive.make_folder_with_tills(self.data)

    def _next(self):
        number = len(self.operations)
        if self.random.random() < READS_SHARE:
            operation = Operation(number, "DescribeMembers", {"Limit": ACCOUNTS})
        elif self.random.random() < 0.1:
            operation = Operation(number, "CreateHold", {**self._item(number, 0, "hold"), "ClientToken": f"o{number}"})
            del operation.parameters["Kind"]
        else:
            operation = Operation(number, "CreateTransfers", {"Transfers": self._items(number), "ClientToken": f"o{number}"})
        self.operations.append(operation)
        return operation

    def _item(self, number, i, kind):
        payer, payee = self.random.sample(drive.TILLS, 2)
        # What comes is little beside what is asked for: soon there is not enough, and never more than an account can hold.
        most = drive.TILL_CENTS // (1000 if kind in ("top_up", "grant_gift") else 20)
        amount = self.random.choice([1, 10, drive.TILL_CENTS // 10**5, most])
        return {"Kind": kind, "MemberUin": payer, "Amount": amount, "Reason": f"o{number}.{i}",
                **({"ToMemberUin": payee} if kind == "move" else {})}

    def _items(self, number):
        if self.random.random() < 0.2:
            return [self._item(number, i, self.random.choice(["top_up", "grant_gift"])) for i in range(self.random.randrange(2, 6))]
        return [self._item(number, 0, self.random.choice(["top_up", "charge", "charge", "move", "move", "withdraw", "grant_gift"]))]

    def run(self):
        unsettled = []
        while self.left > 0 or unsettled:
            server = drive.Server(self.data).must_be_ready()
            unsettled = self._serve(server, unsettled)
            if self.left > 0 or unsettled:
                server.kill()
                self.kills += 1
        self.entries = self._read_entries(server)
        assert server.stop() == 0, server.said()
        drive.must("verify", "--data", self.data)
        return self

    def _serve(self, server, unsettled):
        """Until it is to be killed: answers what had been asked by then and not been told."""
        todo, budget, busy = list(unsettled), KILL_EVERY, {}
        selector = selectors.DefaultSelector()

        def send_next(connection):
            operation = todo.pop() if todo else self._next()
            if operation.invoked is None:
                operation.invoked = time.monotonic_ns()
                self.left -= 1
            busy[connection] = operation
            connection.send(operation.action, operation.parameters)

        connections = [drive.Connection(server) for _ in range(CLIENTS)]
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            if todo or self.left > 0:
                send_next(connection)
        while busy and budget > 0:
            for key, _ in selector.select(drive.PATIENCE_S):
                answer = key.data.take()
                if answer is None:
                    continue
                operation = busy.pop(key.data)
                operation.answer, operation.returned = answer, time.monotonic_ns()
                budget -= 1
                if todo or self.left > 0:
                    send_next(key.data)
        for connection in connections:
            connection.close()
        return [*busy.values(), *todo]

    def _read_entries(self, server):
        connection, entries, cursor = drive.Connection(server), [], ""
        while True:
            answer = connection.ask("DescribeEntries", {"Order": "asc", "Limit": 1000, "Cursor": cursor})
            entries += [(entry["EntryId"], entry["Reason"]) for entry in answer["Data"] if entry.get("Reason")]
            cursor = answer["NextCursor"]
            if not cursor:
                connection.close()
                return entries

    def check(self):
        opening = {till: State(cash=drive.TILL_CENTS) for till in drive.TILLS}
        return Check(self.operations, self.entries, opening).run()


def run(operations, seed):
    folder = drive.work_folder()
    recording = Recording(folder, seed, operations).run()
    wrong = recording.check()
    refused = sum(not operation.is_read and operation.is_refused for operation in recording.operations)
    print(f"R6 histories: {'FAIL' if wrong else 'PASS'} {len(recording.operations)} operations of {CLIENTS} clients, {refused} "
          f"refused, {len(recording.entries)} entries, {recording.kills} kills, {len(wrong)} anomalies (seed {seed})", flush=True)
    if wrong:
        print("\n".join(wrong[:20]), f"\nthe folder is {folder}")
    else:
        shutil.rmtree(folder)
    return not wrong


def test_histories(quick):
    assert run(OPERATIONS_QUICK if quick else OPERATIONS, random.randrange(1 << 32))


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--operations", type=int, default=OPERATIONS)
    options.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    asked = options.parse_args()
    sys.exit(not run(asked.operations, asked.seed))
