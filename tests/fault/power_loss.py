#!/usr/bin/env python3
"""R2: after a loss of power at any moment the folder opens and every acknowledged write is there.

    tests/fault/power_loss.py [--states N] [--seed N]      prints one line, and what is wrong
    tests/fault/power_loss.py --repeat FOLDER CUT PLAN     one state of a recording that was kept

A real server is written to under the recorder: folded log, clean stop, death in the middle of a write. Then, for every
cut through the recording, images of the disk are made (disk.py) and opened (image_check.c)."""
import argparse
import multiprocessing
import pathlib
import pickle
import random
import shutil
import sys
import time

import drive
from disk import Disk, plans
from events import Answers, read_log
from images import Checker, hash_of, put_image

STATES, STATES_QUICK, WORKERS = 20000, 5000, 2
MASTER_KEY = "the master key"  # as a mark
CUT_STATES = 4  # to be had of a cut, on average
PROGRAM_STATES = 12  # opened by the program itself too


class Recorded:
    """A history: the logs of the processes on one folder, one after the other, and the writes sent to them."""

    def __init__(self, folder, seed):
        self.folder, self.seed = folder, seed
        self.writes = drive.Writes(seed)
        self.logs = []
        self.owner_key = None
        self.master_key = b""

    @property
    def data(self):
        return self.folder / "data"

    def recording(self, **faults):
        self.logs.append(self.folder / f"log.{len(self.logs)}")
        return drive.Recording(self.data, self.logs[-1], **faults)

    def save(self):
        (self.folder / "history").write_bytes(pickle.dumps(self))


def record(folder, seed, **planted):
    """init; a server whose log is folded again and again, stopped; one that dies; one that finds what that one left."""
    history = Recorded(folder, seed)
    history.owner_key = drive.make_folder(history.data, history.recording())
    history.master_key = (history.data / "master.key").read_bytes()
    endings = [{}, {"fault": "kill-after,any,700,once"}, {"fault": "kill-before,sync,9,once"}, {}]
    for ending in endings:
        server = drive.Server(history.data, history.recording(fold=100, **planted, **ending)).must_be_ready()
        if len(history.logs) == 2:
            drive.open_tills(server)
        for _ in range(3):
            if not drive.write_together(server, history.writes, clients=4, count=75):
                break
            time.sleep(0.3)  # the checkpoint moves, and the log is folded
        if ending or planted:
            server.kill()
        else:
            assert server.stop() == 0, server.said()
    history.save()
    return history


class Replay:
    """Walks through a history; at each event `disk` is what it was and `acknowledged` what clients had been told."""

    def __init__(self, history):
        self.history = history
        self.by_request = {w.request_id: w for w in history.writes.made if w.outcome == "acknowledged"}
        self.logs = [read_log(log) for log in history.logs]
        self.cuts = sum(len(log) + 1 for log in self.logs)
        self.disk = Disk()
        self.acknowledged = set()
        self.made = False  # `init` has said so

    def walk(self):
        cut = 0
        for number, log in enumerate(self.logs):
            self.disk.begin_process()
            answers = Answers()
            self.made = number > 0
            for event in log:
                yield cut
                if event.kind == "A":
                    self.acknowledged.update(self.by_request[i] for i in answers.see(event) if i in self.by_request)
                self.disk.see(event)
                cut += 1
            yield cut
            cut += 1


class Judge:
    """Opens what remains of a folder and says what is wrong with it; an image met before is not opened again."""

    def __init__(self, history, folder):
        self.history, self.folder = history, folder
        self.checker = Checker()
        self.writes = history.writes.made
        self.verdicts = {}  # of an image's hash: number in `books`
        self.shortcuts = {}  # of a key of what remains: the same
        self.books = []  # the different ones: marks, or in words why there is none
        self.numbers = {}  # of a book in `books`
        self.complaints = {}  # of a book at a time

    def judge(self, remains, acknowledged, made):
        key = frozenset((name, part.key) for name, part in remains.items())
        if key not in self.shortcuts:
            image = {name: part.content() for name, part in remains.items()}
            self.shortcuts[key] = self._open(image)
        return self._complain(self.shortcuts[key], acknowledged, made)

    def judge_image(self, image, acknowledged, made):
        return self._complain(self._open(image), acknowledged, made)

    def _open(self, image):
        """The number of its book."""
        key = hash_of(image)
        if key not in self.verdicts:
            put_image(image, self.folder)
            book = self.checker.look(self.folder)
            if not isinstance(book, str) and image.get("master.key") == self.history.master_key:
                book |= {MASTER_KEY}
            if book not in self.numbers:
                self.numbers[book] = len(self.books)
                self.books.append(book)
            self.verdicts[key] = self.numbers[book]
        return self.verdicts[key]

    def _complain(self, number, acknowledged, made):
        key = (number, len(acknowledged), made)
        if key not in self.complaints:
            self.complaints[key] = self._compare(self.books[number], acknowledged, made)
        return self.complaints[key]

    def _compare(self, book, acknowledged, made):
        if isinstance(book, str):
            is_refused = book.startswith("no ") and not made  # half an init may be refused, but not crash
            return [] if is_refused else [f"unopenable: {book}"]
        wrong = drive.judge(self.writes, acknowledged, book, {self.history.owner_key, MASTER_KEY})
        if made and self.history.owner_key not in book:
            wrong.append("lost: the owner's key, which init had shown")
        if made and MASTER_KEY not in book:
            wrong.append("lost: the master key, without which no secret can be read")
        return wrong


def check_part(job):
    """One worker: every WORKERS-th block of the chosen cuts, the telling plans and as many random ones as it takes."""
    history, folder, states, part = job
    replay, judge, failures = Replay(history), Judge(history, folder / f"image{part}"), []
    chosen = sorted(random.Random(history.seed).sample(range(replay.cuts), min(replay.cuts, states // CUT_STATES)))
    ours = [cut for cut in chosen if cut // 50 % WORKERS == part]
    left = dict(zip(ours, range(len(ours), 0, -1)))
    for cut in replay.walk():
        if cut not in left or len(failures) > 1000:
            continue
        enough = len(judge.verdicts) + (states * 1.1 / WORKERS - len(judge.verdicts)) / left[cut]
        for name, plan in plans(replay.disk, random.Random(f"{history.seed} {cut}")):
            if name.startswith("random") and len(judge.verdicts) >= enough:
                break
            wrong = judge.judge(replay.disk.remains(plan), replay.acknowledged, replay.made)
            failures += [(cut, name, text) for text in wrong]
    judge.checker.close()
    return set(judge.verdicts), failures


def check(history, states):
    """The images opened, and what was wrong: (cut, plan, text)."""
    jobs = [(history, history.folder, states, part) for part in range(WORKERS)]
    with multiprocessing.Pool(WORKERS) as pool:
        parts = pool.map(check_part, jobs)
    return set().union(*(seen for seen, _ in parts)), sorted(f for _, failures in parts for f in failures)


def check_recorder(history):
    """The recorder has missed nothing: without a loss of power the replay ends with the very files."""
    replay = Replay(history)
    for _ in replay.walk():
        pass
    for name, content in replay.disk.content().items():
        assert (history.data / name).read_bytes() == content, f"the recording of {name} is not complete"
    missed = {p.name for p in history.data.iterdir() if p.is_file() and not p.name.endswith("-shm")}
    missed -= {*replay.disk.names, "lock"}
    assert not missed, f"not recorded: {missed}"
    told = {w for w in history.writes.made if w.outcome == "acknowledged"}
    assert replay.acknowledged == told, "the recording lacks answers"


def check_with_program(history):
    """A few states opened by the program itself say the same as image_check."""
    replay, judge, chosen = Replay(history), Judge(history, history.folder / "image"), random.Random(history.seed)
    cuts = set(chosen.sample(range(len(replay.logs[0]) + 1, replay.cuts), PROGRAM_STATES))
    image_folder = history.folder / "program"
    for cut in replay.walk():
        if cut not in cuts:
            continue
        name, plan = chosen.choice(list(plans(replay.disk, random.Random(cut))))
        image = replay.disk.image(plan)
        assert not judge.judge_image(image, replay.acknowledged, replay.made), (cut, name)
        book = judge.checker.look(judge.folder)
        put_image(image, image_folder)
        drive.must("verify", "--data", image_folder, "--json")
        server = drive.Server(image_folder).must_be_ready()
        marks, _ = drive.read_marks(server)
        assert server.stop() == 0, server.said()
        assert marks == book, (cut, name)
    judge.checker.close()


def report(title, history, seen, failures):
    lost = sum(not text.startswith("unopenable") for _, _, text in failures)
    unopenable = len(failures) - lost
    verdict = "FAIL" if failures else "PASS"
    lines = [f"R2 {title}: {verdict} {len(seen)} states, {lost} lost, {unopenable} unopenable"]
    for cut, plan, text in failures[:10]:
        lines.append(f"  {text}\n    again: tests/fault/power_loss.py --repeat {history.folder} {cut} {plan}  "
                     f"(seed {history.seed})")
    return "\n".join(lines)


def run(states, seed):
    history = record(drive.work_folder(), seed)
    check_recorder(history)
    seen, failures = check(history, states)
    print(report("power loss", history, seen, failures), flush=True)
    if not failures:
        check_with_program(history)
        shutil.rmtree(history.folder)
    return seen, failures


def repeat(folder, wanted_cut, wanted_plan):
    history = pickle.loads((pathlib.Path(folder) / "history").read_bytes())
    replay, judge = Replay(history), Judge(history, history.folder / "repeated")
    for cut in replay.walk():
        if cut != wanted_cut:
            continue
        for name, plan in plans(replay.disk, random.Random(f"{history.seed} {cut}")):
            image = replay.disk.image(plan)
            if name == wanted_plan:
                wrong = judge.judge_image(image, replay.acknowledged, replay.made)
                put_image(image, judge.folder)
                print("\n".join(wrong) or "nothing is wrong", f"\nthe image is in {judge.folder}")
                return bool(wrong)
    sys.exit("there is no such cut or plan")


def test_power_loss(quick):
    states = STATES_QUICK if quick else STATES
    seen, failures = run(states, random.randrange(1 << 32))
    assert not failures
    count = len(seen)
    assert count >= states, "fewer states than there should be"


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--states", type=int, default=STATES)
    options.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options.add_argument("--repeat", nargs=3, metavar=("FOLDER", "CUT", "PLAN"))
    asked = options.parse_args()
    if asked.repeat:
        sys.exit(repeat(asked.repeat[0], int(asked.repeat[1]), asked.repeat[2]))
    sys.exit(bool(run(asked.states, asked.seed)[1]))
