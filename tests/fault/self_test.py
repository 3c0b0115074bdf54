"""The harnesses try themselves: faults are planted that each must catch, or its silence means nothing. They lie in the
recorder, in images of the disk and in books, never in the program."""
import random
import shutil
import sqlite3

import pytest

import drive
import io_errors
import kill_loop
import linear
import memory
import power_loss
from images import put_image, take_image


@pytest.fixture
def folder():
    made = drive.work_folder()
    yield made
    shutil.rmtree(made)


def writes_of(count):
    writes = drive.Writes(3)
    made = [writes.next() for _ in range(count)]
    for write in made:
        write.outcome = "acknowledged"
    return made


def marks_of(writes):
    return {mark for write in writes for mark in write.marks}


# Books: what judge() must see ----------------------------------------------------------------------------------------


def test_a_right_book_is_right():
    writes = writes_of(20)
    assert drive.judge(writes, set(writes), marks_of(writes)) == []


def test_a_lost_write_is_seen():
    writes = writes_of(20)
    wrong = drive.judge(writes, set(writes), marks_of(writes[:-1]))
    assert wrong == [f"lost: write 19 was acknowledged, 0 of {len(writes[-1].marks)} are there"]


def test_half_a_write_is_seen():
    writes = writes_of(20)
    many = next(write for write in writes if len(write.marks) > 1)
    marks = marks_of(writes) - {sorted(many.marks)[0]}
    assert [text[:5] for text in drive.judge(writes, set(), marks)] == ["half:"]


def test_a_write_behind_its_revocation_is_seen():
    write = drive.Writes(3).next("hold")
    write.is_hands = True
    put = {"Kind": "put_policy", "EntryId": 1, "UserUin": drive.HAND["UserUin"]}
    taken = {"Kind": "remove_policy", "EntryId": 2, "UserUin": drive.HAND["UserUin"]}
    done = {"Kind": "hold", "EntryId": 3, "Reason": "w0.0"}
    assert drive.judge_order([put, done, taken], [write]) == ([], 1)
    assert drive.judge_order([put, taken, done], [write])[0][0].startswith("revoked: entry 3")
    write.was_repeated = True
    assert drive.judge_order([put, taken, done], [write]) == ([], 1)


def test_half_a_leave_is_seen():
    """A key that was not ended with its account's leave."""
    write = drive.Write(1, 1, drive.Leaver(100), random.Random(1))
    there = write.marks - {"-AKIDleaver101"}
    assert [text[:4] for text in drive.judge([write], set(), there)] == ["half"]
    assert [text[:4] for text in drive.judge([write], {write}, there)] == ["lost"]


def test_a_write_that_was_refused_and_done_is_seen():
    writes = writes_of(2)
    writes[1].outcome = "refused"
    assert drive.judge(writes, {writes[0]}, marks_of(writes))[0].startswith("undead")


def test_a_write_applied_twice_is_seen():
    writes = writes_of(60)
    money = next(write for write in writes if write.action == "CreateMembers" and len(write.marks) == 1)
    uin, cash = next(iter(money.marks)).split("=")
    marks = marks_of(writes) - money.marks | {f"{uin}={2 * int(cash)}"}
    assert {text.split(":")[0] for text in drive.judge(writes, set(writes), marks)} == {"lost", "strange"}


# Power loss ----------------------------------------------------------------------------------------------------------


def wrong_states(history):
    return power_loss.check(history, 600)[1]


def test_a_sync_left_out_is_caught(folder):
    """The program believes that it synced; a kill would not show it."""
    history = power_loss.record(folder, 1, sync="swallow")
    assert any(text.startswith("lost") for _, _, text in wrong_states(history))


def test_an_answer_before_its_sync_is_caught(folder):
    history = power_loss.record(folder, 2, sync="late")
    assert any(text.startswith("lost") for _, _, text in wrong_states(history))


@pytest.fixture(scope="module")
def sound():
    """A folder as a killed server left it: its last writes are in SQLite's log."""
    made = drive.work_folder()
    history = power_loss.Recorded(made, 4)
    history.owner_key = drive.make_folder_with_tills(history.data)
    history.master_key = (history.data / "master.key").read_bytes()
    server = drive.Server(history.data).must_be_ready()
    drive.write_together(server, history.writes, clients=1, count=20)
    server.kill()
    history.image = take_image(history.data)
    yield history
    shutil.rmtree(made)


def complaints(history, image):
    judge = power_loss.Judge(history, history.folder / "image")
    wrong = judge.judge_image(image, set(history.writes.made), True)
    judge.checker.close()
    return wrong


def test_a_sound_folder_is_sound(sound):
    assert complaints(sound, sound.image) == []


def without_last_frame(image):
    wal = image["journal.db-wal"]
    page_bytes = int.from_bytes(wal[8:12], "big")
    return {**image, "journal.db-wal": wal[: -(page_bytes + 24)]}


def test_a_lost_tail_is_caught(sound):
    """By the witness; and without it, because the last write is missing."""
    shorter = without_last_frame(sound.image)
    assert "put back to an older state" in complaints(sound, shorter)[0]
    del shorter["head"]
    assert complaints(sound, shorter)[0].startswith("lost: write 19")


def test_a_missing_master_key_is_caught(sound):
    image = {name: content for name, content in sound.image.items() if name != "master.key"}
    assert "master key" in complaints(sound, image)[0]


def test_an_entry_stored_twice_is_caught(sound):
    folder = sound.folder / "twice"
    put_image(sound.image, folder)
    with sqlite3.connect(folder / "journal.db") as database:
        number, first, last = database.execute("SELECT max(number), first_sequence, last_sequence FROM batch").fetchone()
        database.execute(f"INSERT INTO entry SELECT {last + 1}, stream, bodies FROM entry WHERE first_sequence = {first}")
        database.execute(f"INSERT INTO batch SELECT {number + 1}, stream, {last + 1}, {last + 1 + last - first}, time_us, "
                         "root, hash, registry_count, registry_hash, token_count, token_hash "
                         f"FROM batch WHERE number = {number}")
    database.close()
    assert complaints(sound, take_image(folder))[0].startswith("unopenable")


def test_a_recording_with_a_gap_is_caught(folder):
    history = power_loss.record(folder, 5)
    power_loss.check_recorder(history)
    with open(history.data / "journal.db", "r+b") as database:
        database.seek(-1, 2)
        database.write(b"x")
    with pytest.raises(AssertionError, match="journal.db is not complete"):
        power_loss.check_recorder(history)


# Kills ---------------------------------------------------------------------------------------------------------------


def cut_tail(data):
    image = take_image(data)
    wal = data / "journal.db-wal"
    if wal.exists() and wal.stat().st_size > 100_000:
        wal.write_bytes(without_last_frame(image)["journal.db-wal"][:-50_000])
        (data / "head").unlink()


def test_a_tail_lost_by_a_kill_is_caught(folder):
    wrong = kill_loop.Loop(folder, 1, tamper=cut_tail).run(10).wrong
    assert any(text.startswith("lost") for text in wrong)


# I/O errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault, what", [
    ("short-lie,write,60,ever", "lost"),  # half of what was to be written, and the program does not know
    ("silent,sync,20,ever", "lost"),
])
def test_a_fault_kept_from_the_program_is_caught(folder, fault, what):
    wrong = io_errors.Trial(io_errors.World(folder / "w"), fault).run()
    assert any(what in text for text in wrong), wrong


def test_a_single_sync_kept_from_the_program_is_caught(folder):
    """At one of ten: which of them has something to save differs from run to run, and one that has not may fail."""
    world = io_errors.World(folder / "w")
    wrong = [io_errors.Trial(world, f"silent,sync,{number},once").run() for number in range(20, 30)]
    assert any("went on after a failed sync" in text for texts in wrong for text in texts), wrong


# Histories -----------------------------------------------------------------------------------------------------------


def row_of(uin, state):
    cash, owe, real = state.row()
    return {"MemberUin": uin, "CashAccountBalance": cash, "OweAmount": owe, "RealBalance": real}


def post(number, *items):
    items = [{"Reason": f"o{number}.{i}", **item} for i, item in enumerate(items)]
    return linear.Operation(number, "CreateTransfers", {"Transfers": items})


class Story:
    """A right history of twelve calls: each begins at its number, in tens, and returns fifteen later, so that neighbours
    overlap; it happens in between."""

    def __init__(self):
        self.accounts = {"900": linear.State(cash=100), "901": linear.State(cash=100)}
        self.opening = {uin: linear.State(cash=state.cash) for uin, state in self.accounts.items()}
        self.operations, self.entries, self.sequence = [], [], 10
        self._post({"Kind": "top_up", "MemberUin": "900", "Amount": 50})
        self._read()
        self._post({"Kind": "top_up", "MemberUin": "900", "Amount": 1}, {"Kind": "grant_gift", "MemberUin": "901", "Amount": 2},
                   {"Kind": "top_up", "MemberUin": "901", "Amount": 3})
        self._read()
        self._post({"Kind": "move", "MemberUin": "900", "ToMemberUin": "901", "Amount": 140})
        self._refuse({"Kind": "charge", "MemberUin": "900", "Amount": 60})
        self._read()
        self._post({"Kind": "charge", "MemberUin": "901", "Amount": 20})
        self._post({"Kind": "top_up", "MemberUin": "900", "Amount": 200})
        self._read()
        self._post({"Kind": "withdraw", "MemberUin": "900", "Amount": 5})
        self._read()

    def _add(self, operation, answer):
        operation.invoked, operation.returned = operation.number * 10, operation.number * 10 + 15
        operation.answer = answer
        self.operations.append(operation)

    def _post(self, *items):
        operation = post(len(self.operations), *items)
        touched, told = set(), []
        for item in operation.items():
            linear.apply(self.accounts, item)
            touched |= {item["MemberUin"], item.get("ToMemberUin", item["MemberUin"])}
            told.append(self.sequence)
            self.entries.append((self.sequence, item["Reason"]))
            self.sequence += 1
        self._add(operation, {"EntryIds": told, "Members": [row_of(uin, self.accounts[uin]) for uin in sorted(touched)]})

    def _refuse(self, item):
        self._add(post(len(self.operations), item), {"Error": {"Code": "FailedOperation.BalanceInsufficient"}})

    def _read(self):
        rows = [row_of(uin, state) for uin, state in sorted(self.accounts.items())]
        self._add(linear.Operation(len(self.operations), "DescribeMembers", {}), {"Data": rows})

    def wrong(self):
        return linear.Check(self.operations, self.entries, self.opening).run()


def test_a_right_history_is_right():
    assert Story().wrong() == []


def lose_update(story):
    story.operations[7].answer["Members"][0]["CashAccountBalance"] += 20


def read_stale(story):
    story.operations[6].answer = story.operations[3].answer


def read_torn(story):
    story.operations[9].answer = {"Data": [story.operations[3].answer["Data"][0], story.operations[9].answer["Data"][1]]}


def apply_twice(story):
    story.entries.append((story.sequence, story.entries[0][1]))


def lose_acknowledged(story):
    del story.entries[0]


def travel_in_time(story):
    """The first call is moved behind the last."""
    story.entries[0] = (story.sequence, story.entries[0][1])
    story.operations[0].answer["EntryIds"] = [story.sequence]


def apply_half(story):
    del story.entries[2]


def raise_the_refused(story):
    story.entries.append((story.sequence, "o5.0"))


def refuse_for_nothing(story):
    story.operations[5].parameters["Transfers"][0]["Amount"] = 1


def add_stranger(story):
    story.entries.append((story.sequence, "nobody"))


def spend_too_much(story):
    story.operations[10].parameters["Transfers"][0]["Amount"] = 500
    story.operations[10].answer["Members"][0]["CashAccountBalance"] -= 495
    story.operations[10].answer["Members"][0]["RealBalance"] -= 495


@pytest.mark.parametrize("plant, what", [
    (lose_update, "but it is"), (read_stale, "never was"), (read_torn, "never was"), (apply_twice, "applied twice"),
    (lose_acknowledged, "but the entries are [None]"), (travel_in_time, "real time"), (apply_half, "but the entries are"),
    (raise_the_refused, "refused, but there"), (refuse_for_nothing, "always enough"), (add_stranger, "nobody asked for"),
    (spend_too_much, "had too little")])
def test_an_anomaly_is_caught(plant, what):
    story = Story()
    plant(story)
    assert any(what in text for text in story.wrong()), story.wrong()


# Memory: what a trial must see of an answer ----------------------------------------------------------------------------


class PlantedWorld:
    """Says which entry was the last before the call, after it and after the repeat."""

    def __init__(self, before, after, now):
        self.entries, self.control, self.count, self.tried, self.wrong = iter([before, after, now]), None, 0, 0, []

    def next(self):
        self.count += 1
        return self.count

    def last_entry(self):
        return next(self.entries)

    def must(self, action, **parameters):
        return {"Applied": True, "RequestId": "2"}


class PlantedTrial(memory.Trial):
    def _ask(self, address, request):
        self.counted = self.failed = 1


def memory_judges(answer, before, after, now):
    world = PlantedWorld(before, after, now)
    trial = PlantedTrial(world, "transfers", 1, "once")
    trial.answer = answer
    trial.run()
    return [text.split(": ")[1].split(",")[0] for text in world.wrong]


def error(code, message=""):
    return {"Error": {"Code": code, "Message": message}, "RequestId": "1"}


SHORT = error("ServiceUnavailable", "Service is unavailable now: the server is out of memory; nothing was changed.")


@pytest.mark.parametrize("answer, entries, wrong", [
    ({"Applied": True, "RequestId": "1"}, (5, 8, 8), []),
    (SHORT, (5, 5, 8), []),
    (error("InternalError.UnknownError"), (5, 8, 8), []),
    (None, (5, 8, 8), []),
    (None, (5, 5, 8), []),
    (error("FailedOperation", "Operation failed. The disk of the server is full"), (5, 5, 8), ["refused"]),
    (error("InvalidParameter"), (5, 5, 8), ["refused"]),
    (error("InternalError"), (5, 8, 8), ["refused"]),
    (SHORT, (5, 8, 8), ["nothing was changed"]),
    (error("InternalError.UnknownError"), (5, 5, 8), ["carried out"]),
    ({"Applied": True, "RequestId": "1"}, (5, 5, 8), ["acknowledged"]),
    ({"Applied": False, "RequestId": "1"}, (5, 8, 8), ["answered {'Applied'"]),
    (None, (5, 8, 11), ["carried out twice"]),
    (None, (5, 5, 5), ["the repeat did nothing"]),
])
def test_a_wrong_answer_without_memory_is_seen(answer, entries, wrong):
    assert memory_judges(answer, *entries) == wrong
