#!/usr/bin/env python3
"""R1: killed at any moment, a server loses no acknowledged write, leaves none half, and is ready again at once.

    tests/fault/kill_loop.py [--kills N] [--seed N]        prints one line, and what is wrong

Every other kill comes from outside after a few milliseconds of 32 writers; the others come from inside, before or after
a chosen write, sync or change of a name, also while the server starts. A write whose outcome was not known is settled by
the first look after the restart, and must stay as it was seen. Only a few tokens are kept in memory (drive.py), so that runs of
older ones are written all the time; in the end tokens of all ages are repeated. Members leave meanwhile, each with keys, a policy
and a delegation, which must end with it, whole or not at all, and never be alive again."""
import argparse
import multiprocessing
import os
import random
import shutil
import sqlite3
import sys
import time

import drive

KILLS, KILLS_QUICK, KILLS_A_FOLDER = 1000, 300, 50
REPEATS_IN_THE_END = 200
LEAVERS_AT_ONCE, LEAVER_UINS = 6, 10**9
WORKERS, CLIENTS, READY_S = 2, 32, 2.0


class Loop:
    """One folder, killed again and again. `tamper` is done to the folder after each kill: for the self-test."""

    def __init__(self, folder, seed, tamper=None):
        self.data, self.tamper = folder / f"data{seed}", tamper
        self.random, self.writes = random.Random(seed), drive.Writes(seed)
        self.owner_key = drive.make_folder_with_tills(self.data)
        self.settled = self.keys = self.kills = 0  # looked at: so many writes and keys
        self.repeated = self.runs = 0
        self.known = {self.owner_key}  # marks
        self.given_marks = {self.owner_key}
        self.settled_uin = self.writes.uin
        self.ready_s = 0.0
        self.leavers = []
        self.half_given = set()  # uins: the server was killed meanwhile, so that nobody knows
        self.wrong = []

    def _start(self):
        """With or without a fault inside; answers None when it killed the server before it was ready."""
        recording = None
        if self.random.random() < 0.5:
            fault = f"{self.random.choice(['kill-before', 'kill-after'])},any,{self.random.randrange(1, 300)},once"
            recording = drive.Recording(self.data, os.devnull, fault=fault)
        server = drive.Server(self.data, recording)
        if not server.is_ready():
            if recording and server.process.returncode == -9:
                self.kills += 1
            else:
                self.wrong.append(f"unopenable: {server.said()}")
            return None
        self.ready_s = max(self.ready_s, server.ready_after_s)
        return server

    def _look(self, server):
        """Compares what came since the last look. False when the server was killed meanwhile."""
        if not self._repeat(server):
            return False
        try:
            marks, keys = drive.read_marks(server, self.settled_uin, self.keys)
        except drive.GONE:
            return False
        new = self.writes.made[self.settled :]
        acknowledged = {write for write in new if write.outcome == "acknowledged"}
        self.wrong += drive.judge(new, acknowledged, marks, self.known)
        self.known |= marks
        for write in new:
            write.outcome = "acknowledged" if write.marks <= marks else "refused"
        self.settled, self.settled_uin, self.keys = len(self.writes.made), self.writes.uin, keys
        return True

    def _give(self, server):
        """Members with all that ends when they leave. False when the server was killed meanwhile."""
        try:
            connection = drive.Connection(server)
            while len(self.writes.leavers) < LEAVERS_AT_ONCE:
                leaver = drive.Leaver(LEAVER_UINS + 2 * len(self.leavers))
                self.known |= leaver.known()
                self.given_marks |= leaver.known()
                self.leavers.append(leaver)
                leaver.give(connection)
                self.writes.leavers.append(leaver)
            connection.close()
        except drive.GONE:
            self.half_given.add(self.leavers[-1].uin)
            return False
        return True

    def _repeat(self, server):
        """What is not known to have happened and carries a token is asked for again: it happens once, whether or not it had
        happened. False when the server was killed meanwhile."""
        try:
            connection = drive.Connection(server)
            for write in self.writes.made[self.settled :]:
                if write.outcome == "unknown" and write.is_repeatable:
                    write.answered(connection.ask(write.action, write.parameters))
                    self.repeated += 1
                elif write.is_repeatable and write.outcome == "acknowledged" and self.random.random() < 0.1:
                    self._compare_again(write, connection.ask(write.action, write.parameters))
            connection.close()
        except drive.GONE:
            return False
        return True

    def _compare_again(self, write, answer):
        """A repeated request gets the first answer again, but for the request's id."""
        if {**answer, "RequestId": ""} != {**write.answer, "RequestId": ""}:
            self.wrong.append(f"else: write {write.number} was answered {write.answer}, and later {answer}")
        self.repeated += 1

    def _repeat_of_all_ages(self, server):
        old = [write for write in self.writes.made if write.is_repeatable and write.outcome == "acknowledged" and write.answer]
        connection = drive.Connection(server)
        for write in self.random.sample(old, min(REPEATS_IN_THE_END, len(old))):
            self._compare_again(write, connection.ask(write.action, write.parameters))
        connection.close()

    def _count_runs(self):
        with sqlite3.connect(f"file:{self.data}/journal.db?mode=ro", uri=True) as database:
            self.runs = database.execute("SELECT count(*) FROM token_run").fetchone()[0]
        database.close()
        if self.runs == 0:
            self.wrong.append("else: no run of tokens was written")

    def _write_much(self, server):
        """More than one slice of the checkpoint, which moves after 200 ms of quiet."""
        try:
            connection = drive.Connection(server)
            write = self.writes.next(members=5000)
            write.answered(connection.ask(write.action, write.parameters))
            connection.close()
        except drive.GONE:
            pass
        time.sleep(self.random.uniform(0.2, 0.23))

    def _kill(self, server):
        server.kill()
        self.kills += 1
        if self.tamper:
            self.tamper(self.data)

    def run(self, kills):
        while self.kills < kills and not self.wrong:
            server = self._start()
            if server is None:
                continue
            if self._look(server) and self._give(server):
                if self.random.random() < 0.1:
                    self._write_much(server)
                else:
                    seconds = self.random.uniform(0.005, 0.06)
                    drive.write_together(server, self.writes, CLIENTS, seconds=seconds, at_once=server.kill)
            self._kill(server)
        self._look_at_all()
        return self

    def _look_at_all(self):
        self.written = sum(write.outcome == "acknowledged" for write in self.writes.made)
        server = drive.Server(self.data)
        if not server.is_ready():
            self.wrong.append(f"unopenable: {server.said()}")
            return
        self._look(server)
        self._repeat_of_all_ages(server)
        marks, _ = drive.read_marks(server)
        acknowledged = {write for write in self.writes.made if write.outcome == "acknowledged"}
        self.wrong += drive.judge(self.writes.made, acknowledged, marks, self.given_marks)
        self.wrong += drive.judge_tills(server, acknowledged)
        left = {write.parameters["MemberUin"] for write in acknowledged if write.action == "DeleteMember"}
        self.wrong += drive.judge_leavers(server, [(leaver, leaver.uin in left) for leaver in self.leavers
                                                   if leaver.uin not in self.half_given])
        if server.stop() != 0:
            self.wrong.append(f"ended badly: {server.said()}")
        verified = drive.run("verify", "--data", self.data, "--json")
        if verified.returncode != 0:
            self.wrong.append(f"verify: {verified.stderr}")
        self._count_runs()


def loop(job):
    folder, seed, kills = job
    done = Loop(folder, seed).run(kills)
    return done.kills, done.written, done.ready_s, done.wrong, done.repeated, done.runs


def run(kills, seed):
    folder = drive.work_folder()
    with multiprocessing.Pool(WORKERS) as pool:
        jobs = [(folder, seed + part, KILLS_A_FOLDER) for part in range(-(-kills // KILLS_A_FOLDER))]
        parts = pool.map(loop, jobs, chunksize=1)
    wrong = [text for part in parts for text in part[3]]
    lost = sum(text.startswith("lost") for text in wrong)
    half = sum(text.startswith("half") for text in wrong)
    ready_s = max(part[2] for part in parts)
    verdict = "FAIL" if wrong or ready_s > READY_S else "PASS"
    repeated, runs = sum(part[4] for part in parts), sum(part[5] for part in parts)
    print(f"R1 kills: {verdict} {sum(part[0] for part in parts)} kills, {sum(part[1] for part in parts)} writes, {repeated} "
          f"repeated, {runs} runs of tokens, {lost} lost, {half} half, {len(wrong) - lost - half} else wrong, ready after at most "
          f"{ready_s * 1000:.0f} ms", flush=True)
    if wrong:
        print("\n".join(wrong[:20]), f"\nthe folders are in {folder} (seed {seed})")
    else:
        shutil.rmtree(folder)
    return verdict == "PASS"


def test_kills(quick):
    assert run(KILLS_QUICK if quick else KILLS, random.randrange(1 << 32))


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kills", type=int, default=KILLS)
    options.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    asked = options.parse_args()
    sys.exit(not run(asked.kills, asked.seed))
