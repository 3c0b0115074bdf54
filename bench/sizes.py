"""Parts about what grows, and about single commands.

sizes     members from a thousand to ten million: import, start, memory, and what pages and sets of members cost
history   entries a member from one to a million: what a balance in the past and a page of entries cost
commands  the demo's start and memory, `bursar query`, `bursar verify`"""
import json
import random
import re
import signal
import sqlite3
import time
import urllib.request

from lab import (BURSAR, FIRST_UIN, NO_LIMIT, PORT, Failed, Folder, ask, end, exec_to_exit_ms, first_answer, load, post, run_json,
                 resident_bytes, save, tc3, tell, words_of)

STARTS = 5
ADMIN = PORT + 50
SET_COUNT = 2000  # different requests that are asked in turn


def one_member(folder):
    return tc3({"MemberUins": [str(folder.last_uin())]}, folder.key)


# ---- members ----

def start_once(folder, work, how=signal.SIGTERM):
    path = work / "first"
    path.write_bytes(one_member(folder))
    folder.warm()
    said = first_answer(PORT, path, *folder.command(PORT))
    end(said["pid"], how)
    return said


def starts(folder, work):
    said = [start_once(folder, work) for _ in range(STARTS)]
    return {"ms": [one["ms"] for one in said], "rss_bytes": [one["rss_bytes"] for one in said]}


def tail_length(folder):
    """Entries that the checkpoint lacks."""
    with sqlite3.connect(f"file:{folder.path}/journal.db?mode=ro", uri=True) as db:
        last, = db.execute("SELECT max(last_sequence) FROM batch").fetchone()
        mark, = db.execute("SELECT coalesce(max(sequence), 0) FROM mark").fetchone()
    return last - mark


def start_after_kill(folder, work):
    """A million entries, then a kill: the next start replays what the checkpoint lacks."""
    server = folder.serve()
    said = post(folder, PORT, 1000, 1000, connections=8)
    server.stop(signal.SIGKILL)
    tail = tail_length(folder)
    return {"transfers": said["answers"] * 1000, "tail": tail, **start_once(folder, work)}


def requests_of(folder):
    """What is asked of a folder: its first and last page, random pages, random sets of ten members."""
    generator, pages = random.Random(folder.members), folder.members // 10
    page = lambda number: tc3({"PageNumber": number, "PageSize": 10}, folder.key)
    uins = lambda: [str(FIRST_UIN + i) for i in generator.sample(range(folder.members), 10)]
    return {"first page": page(1), "last page": page(pages),
            "random pages": b"".join(page(generator.randint(1, pages)) for _ in range(SET_COUNT)),
            "random sets": b"".join(tc3({"MemberUins": uins()}, folder.key) for _ in range(SET_COUNT))}


def read_costs(folders, work, options):
    """All sizes are served at the same time and asked in turn, so that a round compares like with like."""
    servers = {folder.members: folder.serve(PORT + i, processors="0") for i, folder in enumerate(folders)}
    rows, pages = {}, {}
    try:
        for turn in range(options.rounds):
            asked = {folder.members: requests_of(folder) for folder in folders}
            for what in asked[folders[0].members]:
                order = [folder.members for folder in folders]
                random.Random(f"{turn} {what}").shuffle(order)
                for members in order:
                    said = servers[members].measure(work, asked[members][what], 1)
                    rows.setdefault(what, {}).setdefault(str(members), []).append(said["cpu"])
            for number, cpu in page_costs(folders[-1], servers[folders[-1].members], work):
                pages.setdefault(str(number), []).append(cpu)
            tell(f"sizes: round {turn + 1} of {options.rounds}")
    finally:
        for server in servers.values():
            server.stop()
    return rows, pages


def page_costs(folder, server, work):
    """Pages 1, 10, 100 and so on to the last."""
    number = 1
    while number <= folder.members // 10:
        request = tc3({"PageNumber": number, "PageSize": 10}, folder.key)
        yield number, server.measure(work, request, 1)["cpu"]
        number *= 10


def sizes(work, options):
    folders = [Folder(work, members) for members in (1000, 10000, 100000, 1000000, 10000000) if members <= options.members_max]
    tell("sizes: imported")
    rows = {str(folder.members): {"import_seconds": folder.import_seconds, "bytes": folder.bytes(), "start": starts(folder, work)}
            for folder in folders}
    tell("sizes: started")
    costs, pages = read_costs(folders, work, options)
    for folder in folders:
        if folder.members >= 1000000:
            rows[str(folder.members)]["after_kill"] = start_after_kill(folder, work)
        folder.remove()
    save("sizes", {"members": rows, "cpu": costs, "pages": pages, "rounds": options.rounds})


# ---- history ----

ENTRIES = (1, 10, 100, 1000, 10000, 100000, 1000000)


def fill_history(folder):
    """Member i gets ENTRIES[i] entries. Returns when each member's began and ended."""
    windows = []
    for i, count in enumerate(ENTRIES):
        batch, begin = min(count, 1000), time.time()
        post(folder, PORT, batch, count // batch, connections=1 if count < 100000 else 8, members=1, first=FIRST_UIN + i)
        windows.append((begin, time.time()))
    return windows


def call(folder, action, **parameters):
    return tc3(parameters, folder.key, action, "bursar", "2026-11-01")


def rows_read():
    """Of the journal, by all calls so far."""
    with urllib.request.urlopen(f"http://127.0.0.1:{ADMIN}/metrics") as answer:
        return float(re.search(rb"^bursar_historian_reads_total (\S+)", answer.read(), re.M).group(1))


def moment(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds % 1 * 1e6):06d}Z"


def history_requests(folder, uin, window):
    generator = random.Random(uin)
    moments = [generator.uniform(*window) for _ in range(200)]
    return {"now": call(folder, "DescribeMemberBalance", MemberUin=str(uin)),
            "past": b"".join(call(folder, "DescribeMemberBalance", MemberUin=str(uin), AsOf=moment(when)) for when in moments),
            "entries": call(folder, "DescribeEntries", MemberUin=str(uin), Limit=100)}


def history(work, options):
    folder, rows, read = Folder(work, 1000, "history"), {}, {}
    with folder.serve(more=("--admin-listen", f"127.0.0.1:{ADMIN}")):
        windows = fill_history(folder)
        for turn in range(options.rounds):
            for i, count in enumerate(ENTRIES):
                for what, request in history_requests(folder, FIRST_UIN + i, windows[i]).items():
                    (work / "history-request").write_bytes(request)
                    before = rows_read()
                    said = load(PORT, work / "history-request", 1, 1, 1, processors="0,1")
                    rows.setdefault(what, {}).setdefault(str(count), []).append(said["p50_us"])
                    read.setdefault(what, {})[str(count)] = round((rows_read() - before) / said["answers"], 1)
            tell(f"history: round {turn + 1} of {options.rounds}")
    folder.remove()
    save("history", {"rows": rows, "read": read, "rounds": options.rounds})


# ---- commands ----

def demo_starts(work):
    (work / "first").write_bytes(tc3({"PageNumber": 1, "PageSize": 10}))
    said = []
    for _ in range(3 * STARTS):
        one = first_answer(PORT, work / "first", BURSAR, "demo", "--listen", f"127.0.0.1:{PORT}", *NO_LIMIT)
        end(one["pid"])
        said.append(one)
    return {"ms": [one["ms"] for one in said], "rss_bytes": [one["rss_bytes"] for one in said]}


def query_times(folder):
    with folder.serve():
        command = words_of(BURSAR, "query", "--endpoint", f"http://127.0.0.1:{PORT}", "--host", "billing.intl.tencentcloudapi.com",
                           "--credentials", folder.credentials, folder.last_uin())
        return [exec_to_exit_ms(*command) for _ in range(4 * STARTS)]


def verify_rates(folder, options):
    with folder.serve():
        post(folder, PORT, 1000, 1000, connections=8)
    rates = []
    for _ in range(options.rounds):
        folder.warm()
        begin = time.monotonic()
        said = run_json(BURSAR, "verify", "--data", folder.path, "--json")
        rates.append(said["Entries"] / (time.monotonic() - begin))
    return {"entries": said["Entries"], "rate": rates}


def commands(work, options):
    folder = Folder(work, 100000, "commands")
    data = {"demo": demo_starts(work), "query_ms": query_times(folder), "verify": verify_rates(folder, options)}
    folder.remove()
    save("commands", data)
