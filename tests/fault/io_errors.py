#!/usr/bin/env python3
"""R3: whichever write, sync or change of a name fails, nothing is acknowledged that is not durable.

    tests/fault/io_errors.py [--every N] [--seed N]        prints one line, and what is wrong
    tests/fault/io_errors.py --one KIND,CLASS,N,WHEN [--pausing]   one fault, with what the server said

A script of 60 writes runs against a server whose n-th call fails, for every n, every kind of fault, once and from then
on; and a shorter one with a pause, in which the checkpoint moves and the log is folded, for every n of the pause. Then
the fault is lifted, and the folder judged; so is what a loss of power at the end would have left of it."""
import argparse
import collections
import multiprocessing
import os
import random
import shutil
import sys
import time

import drive
from disk import Disk, Plan
from events import read_log
from images import Checker, put_image, take_image

WORKERS, WORKERS_WAITING, PROGRAM_EVERY = 2, 6, 40
WRITES, PAUSE_S = 60, 0.25
WRITES_PAUSING, PAUSE_AFTER = 7, 5
KINDS = {"write": ["eio", "enospc", "edquot", "short", "eintr"], "sync": ["eio", "enospc", "edquot"],
         "name": ["eio", "enospc"]}
FULL = ("enospc", "edquot")
HARMLESS = ("short", "eintr")


class Trial:
    """One run of a script under one fault."""

    def __init__(self, world, fault, pausing=False):
        self.world, self.fault, self.pausing = world, fault, pausing
        self.kind, self.of, _, self.when = fault.split(",")
        self.data, self.log = world.folder / "data", world.folder / "log"
        self.writes = drive.Writes(1)
        self.wrong, self.is_started, self.has_ended = [], False, False

    def run(self):
        put_image(self.world.image, self.data)
        self.log.unlink(missing_ok=True)
        self.server = drive.Server(self.data, drive.Recording(self.data, self.log, fold=100, fault=self.fault))
        self.is_started = self.server.is_ready()
        if self.is_started:
            self._write_all()
            self._end()
        self.events = read_log(self.log)
        self._judge_process()
        self._judge_folder()
        return [f"{self.fault}: {text}" for text in self.wrong]

    def _write_all(self):
        try:
            connection = drive.Connection(self.server)
            for number in range(WRITES_PAUSING if self.pausing else WRITES):
                if self.pausing and number == PAUSE_AFTER:
                    time.sleep(PAUSE_S)
                write = self.writes.next()
                write.answered(connection.ask(write.action, write.parameters))
                if write.outcome == "refused":
                    self._read(connection, write.answer)
            connection.close()
        except drive.GONE:
            self.has_ended = True

    def _read(self, connection, refusal):
        """Only a full disk refuses; reads go on."""
        if self.kind not in FULL or self.of == "sync":
            self.wrong.append(f"refused: {refusal}")
        seen = connection.ask("DescribeMembers", {"Limit": 1})
        if "Error" in seen:
            self.wrong.append(f"a read fails while the disk is full: {seen}")

    def _end(self):
        if self.has_ended:
            self.server.process.wait(drive.PATIENCE_S)
        else:
            self.server.stop()

    def _judge_process(self):
        code, said = self.server.process.returncode, self.server.said()
        if code < 0 or code == 99:
            self.wrong.append(f"ended by signal {-code}: {said}")
        if self.has_ended and (code != drive.EXIT_INTEGRITY or said.count("; stopping, because ") != 1):
            self.wrong.append(f"ended with {code}, without a clear line: {said}")
        if not self.is_started and (code == 0 or "bursar serve: " not in said):
            self.wrong.append(f"did not start, with {code}, without a clear line: {said}")
        if (self.kind in HARMLESS or self.kind in FULL and self.of == "write") and self.has_ended:
            self.wrong.append(f"ended, though it need not: {said}")
        if self.kind in HARMLESS and self.of == "write" and (not self.is_started or code != 0):
            self.wrong.append(f"a harmless fault was not: {code} {said}")

    def _judge_folder(self):
        acknowledged = {write for write in self.writes.made if write.outcome == "acknowledged"}
        disk = self._replay()
        left = self.world.folder / "left"
        put_image(disk.image(Plan(set(), names=lambda number: False)), left)
        self._judge_marks("after power loss", self.world.checker.look(left), acknowledged)
        if random.randrange(PROGRAM_EVERY) == 0:
            self._judge_marks("after a restart", self._restart(), acknowledged)
        self._judge_marks("after the fault", self.world.checker.look(self.data), acknowledged)

    def _restart(self):
        """As a user would: verify, then serve."""
        verified = drive.run("verify", "--data", self.data)
        if verified.returncode != 0:
            return verified.stderr
        server = drive.Server(self.data)
        if not server.is_ready():
            return server.said()
        marks, _ = drive.read_marks(server)
        server.stop()
        return marks

    def _judge_marks(self, when, marks, acknowledged):
        if isinstance(marks, str):
            self.wrong.append(f"{when}: unopenable: {marks}")
            return
        self.wrong += [f"{when}: {text}" for text in
                       drive.judge(self.writes.made, acknowledged, marks, {self.world.owner_key})]

    def _replay(self):
        """The disk at the end. On the way: a sync that failed with something to save must end the process."""
        disk, failed = Disk(), False
        disk.load(self.world.image)
        disk.begin_process()
        for event in self.events:
            if event.kind == "F" and self.of == "sync":
                failed = failed or disk.something_pending(event.fd)
            disk.see(event)
        if failed and self.is_started and self.server.process.returncode == 0:
            self.wrong.append("went on after a failed sync")
        return disk


class World:
    """What the trials of one worker share."""

    def __init__(self, folder):
        self.folder, self.checker = folder, Checker()
        folder.mkdir()
        template = folder / "template"
        self.owner_key = drive.make_folder_with_tills(template)
        self.image = take_image(template)


def try_faults(job):
    folder, faults, pausing = job
    world, wrong = World(folder), []
    for fault in faults:
        wrong += Trial(world, fault, pausing).run()
        if len(wrong) > 100:
            break
    world.checker.close()
    return wrong


def class_of(event):
    if event.kind == "O":
        return "name" if event.offset & os.O_CREAT else None
    return {"W": "write", "T": "write", "S": "sync", "R": "name", "U": "name"}.get(event.kind)


def count_calls(folder, pausing):
    """The numbers of the calls of each class that the script makes when nothing fails; when pausing, of the pause."""
    trial = Trial(World(folder), "eio,write,1000000000,once", pausing)
    wrong = trial.run()
    assert not wrong, wrong
    assert all(write.outcome == "acknowledged" for write in trial.writes.made)
    calls, seen, answers = {of: [] for of in KINDS}, collections.Counter(), 0
    for event in trial.events:
        answers += event.kind == "A"
        of = class_of(event)
        seen[of] += 1
        if of and (answers == PAUSE_AFTER or not pausing):
            calls[of].append(seen[of])
    return calls


def all_faults(calls, every, first):
    """For every n-th call of each class; classes with few calls entirely."""
    for of, kinds in KINDS.items():
        step = every if len(calls[of]) > 100 else 1
        for n in calls[of][first % step :: step]:
            for kind in kinds:
                for when in ["once"] if kind == "eintr" else ["once", "ever"]:
                    yield f"{kind},{of},{n},{when}"


def run_script(folder, every, seed, pausing):
    """How many faults were tried, and what was wrong."""
    folder.mkdir()
    workers = WORKERS_WAITING if pausing else WORKERS
    faults = list(all_faults(count_calls(folder / "count", pausing), every, seed))
    with multiprocessing.Pool(workers) as pool:
        parts = pool.map(try_faults, [(folder / f"{part}", faults[part::workers], pausing) for part in range(workers)])
    return len(faults), [(text, pausing) for part in parts for text in part]


def run(every, seed):
    folder = drive.work_folder()
    count, wrong = run_script(folder / "s", every, seed, False)
    count_pausing, wrong_pausing = run_script(folder / "p", every, seed, True)
    wrong += wrong_pausing
    print(f"R3 I/O errors: {'FAIL' if wrong else 'PASS'} {count + count_pausing} faults, {len(wrong)} wrong outcomes",
          flush=True)
    for text, pausing in wrong[:20]:
        again = f"--one {text.split(':')[0]}{' --pausing' if pausing else ''}"
        print(f"  {text}\n    again: tests/fault/io_errors.py {again}")
    shutil.rmtree(folder)
    return not wrong


def try_one(fault, pausing):
    folder = drive.work_folder()
    trial = Trial(World(folder / "one"), fault, pausing)
    print("\n".join(trial.run()) or "nothing is wrong")
    print(f"started {trial.is_started}, ended with {trial.server.process.returncode}; it said:\n{trial.server.said()}")
    shutil.rmtree(folder)
    return bool(trial.wrong)


def test_io_errors(quick):
    assert run(10 if quick else 1, random.randrange(1 << 32))


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--every", type=int, default=1, help="only every n-th write")
    options.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options.add_argument("--one", metavar="FAULT")
    options.add_argument("--pausing", action="store_true", help="of the script with the pause")
    asked = options.parse_args()
    sys.exit(try_one(asked.one, asked.pausing) if asked.one else not run(asked.every, asked.seed))
