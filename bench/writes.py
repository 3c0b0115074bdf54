"""Parts about durable writes. Everybody writes to the same file system and syncs before answering; nobody is tied to a processor.

writes    transfers a second by batch size, beside the same job done naively on SQLite and by PostgreSQL
latency   how long one transfer takes by load, and how long the longest stall at full load is
beside    reads beside 100,000 transfers a second
disk      bytes on disk a transfer, history and tokens included"""
import contextlib
import json
import os
import pathlib
import random
import shutil
import subprocess

from lab import (BUILD, FIRST_UIN, PORT, Failed, Folder, finish_load, first_line, load, post, run_json, save, sign_transfers,
                 start_load, tc3, tell, words_of)

MEMBERS = 100000
BATCHES = (1, 10, 100, 1000, 8190)
# More requests than any server here can answer: per second, and transfers in them.
REQUESTS_PER_SECOND, TRANSFERS_PER_SECOND = 120000, 2500000


def connections_for(batch):
    """Who sends a thousand at once does not do it 64 times at once."""
    return 64 if batch <= 100 else 8


def requests_for(batch, seconds):
    return int(seconds * min(REQUESTS_PER_SECOND, TRANSFERS_PER_SECOND / batch)) + 64


# ---- the peers ----

class Postgres:
    """A cluster of its own, durable, with room for the job in memory."""

    SETTINGS = {"listen_addresses": "''", "max_connections": 100, "shared_buffers": "'1GB'", "max_wal_size": "'8GB'",
                "min_wal_size": "'2GB'", "wal_buffers": "'64MB'", "checkpoint_timeout": "'30min'", "jit": "off", "fsync": "on",
                "synchronous_commit": "on", "full_page_writes": "on"}

    def __init__(self, work):
        self.path = work / "postgres"
        self.path.mkdir()
        found = sorted(path.parent for path in pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if not found:
            raise Failed("no PostgreSQL server under /usr/lib/postgresql")
        self.programs = found[-1]
        self.version = first_line(str(self.programs / "postgres"), "--version")
        if os.getuid() == 0:
            shutil.chown(self.path, "postgres")
        self.run("initdb", "-D", self.path / "data", "-A", "trust", "-U", "bench", "-E", "UTF8", "--locale=C")
        settings = {**self.SETTINGS, "unix_socket_directories": f"'{self.path}'"}
        with open(self.path / "data/postgresql.conf", "a") as file:
            file.writelines(f"{name} = {value}\n" for name, value in settings.items())
        self.run("pg_ctl", "-D", self.path / "data", "-l", self.path / "log", "-w", "start")

    def run(self, program, *words):
        other = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        subprocess.run([*other, *words_of(self.programs / program, *words)], check=True, stdout=subprocess.DEVNULL, cwd="/")

    def stop(self):
        self.run("pg_ctl", "-D", self.path / "data", "-m", "fast", "-w", "stop")

    def measure(self, batch, seconds, accounts):
        return run_json(BUILD / "bench/postgres", f"host={self.path} user=bench dbname=postgres", MEMBERS, connections_for(batch),
                        batch, seconds, accounts)


def naive(work, batch, seconds, tokens):
    path = work / "naive"
    path.mkdir(exist_ok=True)
    return run_json(BUILD / "bench/naive", path, MEMBERS, connections_for(batch), batch, seconds, tokens)


def bursar(folder, batch, seconds):
    return post(folder, PORT, batch, requests_for(batch, seconds), seconds, connections_for(batch))


def peers_for(batch):
    """Which peers are measured at which batch size: the variants of a peer where they differ."""
    if batch == 1:
        return ("bursar", "SQLite", "PostgreSQL", "PostgreSQL, 64 rows")
    if batch == 1000:
        return ("bursar", "SQLite", "SQLite, token a request", "PostgreSQL", "PostgreSQL, 64 rows")
    return ("bursar", "SQLite, token a request", "PostgreSQL, 64 rows")


def writes(work, options):
    postgres, results = Postgres(work), {}
    measure = {"bursar": lambda batch: bursar(folder, batch, options.seconds),
               "SQLite": lambda batch: naive(work, batch, options.seconds, "row"),
               "SQLite, token a request": lambda batch: naive(work, batch, options.seconds, "request"),
               "PostgreSQL": lambda batch: postgres.measure(batch, options.seconds, 1),
               "PostgreSQL, 64 rows": lambda batch: postgres.measure(batch, options.seconds, 64)}
    folder = Folder(work, MEMBERS, "writes")
    with contextlib.ExitStack() as stack:
        stack.callback(postgres.stop)
        stack.enter_context(folder.serve())
        for turn in range(options.rounds):
            for batch in BATCHES:
                peers = list(peers_for(batch))
                random.Random(f"{turn} {batch}").shuffle(peers)
                for peer in peers:
                    os.sync()  # what the one before left to be written is not the next one's burden
                    said = measure[peer](batch)
                    results.setdefault(str(batch), {}).setdefault(peer, []).append(
                        {key: said[key] for key in ("rate", "p50_us", "p99_us")})
            tell(f"writes: round {turn + 1} of {options.rounds}")
    folder.remove()
    save("writes", {"members": MEMBERS, "seconds": options.seconds, "rounds": options.rounds, "postgres": postgres.version,
                    "sqlite": first_line("sqlite3", "--version").split(" ")[0], "batches": results})


# ---- latency ----

SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)


def sync_cost(work):
    return run_json(BUILD / "bench/sync", work / "sync", 300)


def crowded_sync(work):
    """The same while both processors compute, with the lowest priority: what of a tail is the machine's own."""
    busy = [subprocess.Popen(["nice", "-n", "19", "sh", "-c", "while :; do :; done"]) for _ in range(os.cpu_count())]
    try:
        return run_json(BUILD / "bench/sync", work / "sync", 3000)
    finally:
        for process in busy:
            process.kill()
            process.wait()


def latency_round(work, folder, options):
    """One transfer a request: first as fast as it goes, then at parts of that rate, whether answers come or not."""
    full = bursar(folder, 1, options.seconds)
    rows = {"1": full}
    syncs = [sync_cost(work)]
    for share in SHARES:
        rate = max(1, int(full["rate"] * share))
        rows[str(share)] = post(folder, PORT, 1, rate * options.seconds, options.seconds, options=(f"rate={rate}",))
        syncs.append(sync_cost(work))
    return {"rows": {share: {key: said[key] for key in ("rate", "p50_us", "p99_us", "p999_us", "longest_us")}
                     for share, said in rows.items()},
            "crowded_sync_us": crowded_sync(work),
            "sync_us": sorted(sync["median_us"] for sync in syncs)[len(syncs) // 2]}


def stalls(folder, options):
    """Full load long enough for the log to be folded and the checkpoint to go round."""
    found = {}
    for batch in (1, 1000):
        seconds = 4 * options.seconds
        said = post(folder, PORT, batch, requests_for(batch, seconds) // 2, seconds, connections_for(batch))
        found[str(batch)] = {key: said[key] for key in ("rate", "stall_us", "longest_us", "p999_us", "seconds")}
    return found


def latency(work, options):
    folder = Folder(work, MEMBERS, "latency")
    rounds, stalled = [], []
    with folder.serve():
        for turn in range(options.rounds):
            rounds.append(latency_round(work, folder, options))
            stalled.append(stalls(folder, options))
            tell(f"latency: round {turn + 1} of {options.rounds}")
    folder.remove()
    save("latency", {"members": MEMBERS, "seconds": options.seconds, "rounds": rounds, "stalls": stalled})


# ---- reads beside writes ----

READS_PER_SECOND, WRITES_PER_SECOND, BESIDE_BATCH = 2000, 100000, 100


def read_quietly(folder, work, seconds):
    path = work / "reads"
    path.write_bytes(b"".join(tc3({"MemberUins": [str(FIRST_UIN + (i * 7919) % MEMBERS)]}, folder.key) for i in range(1000)))
    return start_load(PORT, path, 16, 1, seconds, f"rate={READS_PER_SECOND}", processors="0,1")


def beside_round(work, folder, options):
    quiet = finish_load(read_quietly(folder, work, options.seconds))
    per_second = WRITES_PER_SECOND // BESIDE_BATCH
    path = sign_transfers(folder, BESIDE_BATCH, per_second * (options.seconds + 1))
    try:
        writer = start_load(PORT, path, 16, 1, options.seconds + 1, "once", f"rate={per_second}", processors="0,1")
        busy = finish_load(read_quietly(folder, work, options.seconds))
        written = finish_load(writer)
    finally:
        path.unlink()
    keys = ("rate", "p50_us", "p99_us", "p999_us")
    return {"quiet": {key: quiet[key] for key in keys}, "busy": {key: busy[key] for key in keys},
            "transfers": written["rate"] * BESIDE_BATCH}


def beside(work, options):
    folder = Folder(work, MEMBERS, "beside")
    with folder.serve():
        rounds = [beside_round(work, folder, options) for _ in range(options.rounds)]
    folder.remove()
    save("beside", {"reads_per_second": READS_PER_SECOND, "batch": BESIDE_BATCH, "rounds": rounds})


# ---- bytes on disk ----

def disk(work, options):
    """A folder's growth by so many transfers, after the server has ended and the log is folded."""
    rows = {}
    for batch, count in ((1, 50000), (10, 200000), (100, 500000), (1000, 1000000)):
        folder = Folder(work, 1000, "disk")
        folder.serve().stop()
        before = folder.bytes()
        server = folder.serve()
        said = post(folder, PORT, batch, count // batch, connections=connections_for(batch))
        server.stop()
        rows[str(batch)] = {"transfers": said["answers"] * batch, "bytes": folder.bytes() - before}
        folder.remove()
    save("disk", {"rows": rows})
