"""docs/performance.md out of bench/results: fills what stands between `<!-- bench: PART -->` and `<!-- end -->`, and leaves the
rest, which people write, as it is."""
import re

from goals import GOALS
from lab import ROOT, load_results, median, ratios

PAGE = ROOT / "docs/performance.md"


def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(values):
    middle = number(median(values))
    return middle if len(values) == 1 else f"{middle} [{number(min(values))}..{number(max(values))}]"


def table(head, rows):
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(row) + " |" for row in rows)]


def of(runs, key, scale=1):
    return [run[key] / scale for run in runs]


def measured(data, more=""):
    return [f"Measured {data['date']} on {data['machine']}{more}.", ""]


def summary():
    rows = []
    for goal in GOALS:
        data = load_results(goal.part)
        try:
            values = goal.value(data) if data else None
        except KeyError:
            values = None
        bound = f"{'>=' if goal.least else '<='} {number(goal.bound)} {goal.unit}"
        if values is None:
            rows.append((goal.what, bound, "not measured", ""))
            continue
        reached = median(values) >= goal.bound if goal.least else median(values) <= goal.bound
        rows.append((goal.what, bound, f"{spread(values)} {goal.unit}", "reached" if reached else "**missed**"))
    return table(("what", "to reach", "here", ""), rows)


def reads(data):
    rows = []
    for name, peers in data["rows"].items():
        if "floor" not in peers:
            continue
        cpu = {peer: of(runs, "cpu") for peer, runs in peers.items()}
        rows.append((name, f"{data['sizes'].get(name.split(',')[0], 0)} B", *(spread(cpu[peer]) for peer in ("bursar", "nginx", "floor")),
                     f"**{spread(ratios(cpu['bursar'], cpu['nginx']))}**", spread(ratios(cpu["bursar"], cpu["floor"])),
                     *(f"{number(median(of(peers[peer], 'rate', 1000)))} k" for peer in ("bursar", "nginx"))))
    pairs = []
    for name, peers in data["rows"].items():
        if "floor" not in peers:
            (ours, first), (theirs, second) = sorted(peers.items(), key=lambda item: item[0] in ("nginx", "TC3", "1 thread", "1 worker"))
            pairs.append((name, f"{ours}: {spread(of(first, 'cpu'))}", f"{theirs}: {spread(of(second, 'cpu'))}",
                          f"**{spread(ratios(of(first, 'cpu'), of(second, 'cpu')))}**"))
    return [*measured(data, f"; {data['nginx']}; {data['members']:,} members, {data['rounds']} rounds of {data['seconds']} s"),
            *table(("request", "body", "bursar us", "nginx us", "bare epoll us", "bursar / nginx", "bursar / bare epoll", "bursar req/s",
                    "nginx req/s"), rows), "", *table(("request", "CPU us", "CPU us", "ratio"), pairs), "",
            "![requests a second and CPU a request](performance/reads.svg)"]


def writes(data):
    rows, against = [], []
    for batch, peers in data["batches"].items():
        rows.append((f"{int(batch):,}", *(spread(of(peers[peer], "rate")) if peer in peers else "" for peer in PEERS)))
        against.append((f"{int(batch):,}", *(spread(ratios(of(peers["bursar"], "rate"), of(peers[peer], "rate"))) if peer in peers else ""
                                             for peer in PEERS[1:])))
    return [*measured(data, f"; SQLite {data['sqlite']}, {data['postgres']}; {data['members']:,} members, "
                            f"{data['rounds']} rounds of {data['seconds']} s"),
            "Durable transfers a second:", "", *table(("transfers a request", *PEERS), rows), "",
            "Bursar's rate divided by the peer's of the same round:", "", *table(("transfers a request", *PEERS[1:]), against), "",
            "![durable transfers a second by batch size](performance/writes.svg)"]


PEERS = ("bursar", "SQLite", "SQLite, token a request", "PostgreSQL", "PostgreSQL, 64 rows")


def crowded(rounds):
    if any("crowded_sync_us" not in turn for turn in rounds):
        return ""
    return (" Beside processes of lowest priority that only compute, one a processor, the 99th percentile of a sync was "
            f"{spread([turn['crowded_sync_us']['p99_us'] / 1000 for turn in rounds])} ms: so much of a tail is the machine's.")


def latency(data):
    rows = []
    for share in sorted(data["rounds"][0]["rows"], key=float):
        runs = [turn["rows"][share] for turn in data["rounds"]]
        rows.append((f"{float(share) * 100:.0f} %", spread(of(runs, "rate")), *(spread(of(runs, key, 1000)) for key in
                                                                             ("p50_us", "p99_us", "p999_us", "longest_us"))))
    stalls = [(batch, spread(of(runs, "rate")), spread(of(runs, "stall_us", 1000)), spread(of(runs, "longest_us", 1000)))
              for batch, runs in ((batch, [turn[batch] for turn in data["stalls"]]) for batch in data["stalls"][0])]
    return [*measured(data, f"; 64 connections, {data['members']:,} members"),
            *table(("load", "transfers/s", "p50 ms", "p99 ms", "p99.9 ms", "longest ms"), rows), "",
            f"One sync of 4 KiB took {spread([turn['sync_us'] for turn in data['rounds']])} us here, measured between the runs."
            + crowded(data["rounds"]), "",
            *table(("transfers a request, full load", "transfers/s", "longest time without any answer, ms", "longest latency, ms"), stalls),
            "", "![latency by load](performance/latency.svg)"]


def beside(data):
    rows = [(name, *(spread(of([turn[which] for turn in data["rounds"]], key)) for key in ("rate", "p50_us", "p99_us", "p999_us")))
            for name, which in (("quiet", "quiet"), ("beside the writes", "busy"))]
    return [*measured(data, f"; {data['reads_per_second']:,} reads a second at even distances; writes: "
                            f"{spread(of(data['rounds'], 'transfers'))} transfers/s, {data['batch']} a request"),
            *table(("reads", "answers/s", "p50 us", "p99 us", "p99.9 us"), rows)]


def disk(data):
    return [*measured(data), *table(("transfers a request", "transfers", "bytes a transfer"),
                                    [(f"{int(batch):,}", f"{row['transfers']:,}", number(row["bytes"] / row["transfers"]))
                                     for batch, row in data["rows"].items()])]


def sizes(data):
    rows = []
    for members, row in data["members"].items():
        killed = row.get("after_kill")
        rows.append((f"{int(members):,}", spread([row["import_seconds"]]), spread(row["start"]["ms"]),
                     f"{number(killed['ms'])} (tail of {killed['tail']:,})" if killed else "",
                     f"{number(median(row['start']['rss_bytes']) / 2**20)}", number(row["bytes"] / int(members))))
    costs = [(f"{int(members):,}", *(spread(by_size[members]) for by_size in data["cpu"].values())) for members in data["members"]]
    lines = [*measured(data), *table(("members", "import s", "start to first answer ms", "after a kill ms", "resident MiB",
                                      "bytes on disk a member"), rows), "",
             "![start and memory by size](performance/starts.svg)", "", "CPU of the server for one read of ten members, microseconds:", "",
             *table(("members", *data["cpu"]), costs), "", "![cost of a read by size](performance/sizes.svg)"]
    if data.get("pages"):
        lines += ["", "![cost of a page by its number](performance/pages.svg)"]
    return lines


def history(data):
    names = {"now": "balance now", "past": "balance at a past moment", "entries": "page of 100 entries"}
    rows = [(f"{int(count):,}", *(spread(by_count[count]) for by_count in data["rows"].values()),
             *(number(data["read"][what][count]) for what in ("past", "entries"))) for count in data["rows"]["now"]]
    return [*measured(data), *table(("entries of the member", *(f"{names[what]}, us" for what in data["rows"]), "rows read for a past balance",
                                     "rows read for a page"), rows), "",
            "![cost by entries of a member](performance/history.svg)"]


def commands(data):
    demo = data["demo"]
    return [*measured(data), *table(("what", "here"), [
        ("`bursar demo`, start to first signed answer", f"{spread(demo['ms'])} ms"),
        ("`bursar demo`, resident memory then", f"{spread([size / 2**20 for size in demo['rss_bytes']])} MiB"),
        ("`bursar query` of one member, start to exit", f"{spread(data['query_ms'])} ms"),
        (f"`bursar verify` of {data['verify']['entries']:,} entries", f"{spread(data['verify']['rate'])} entries/s")])]


def soak(data):
    turns = data["turns"]
    first, last = turns[0], turns[-1]
    tokens = sum(turn["tokens"] for turn in turns[1:])
    rows = [(number(turn["seconds"] / 60), *(f"{sum(each[what] for each in turns[:at + 1]):,}" for what in ("reads", "transfers", "tokens")),
             number(turn["bytes"] / 2**20), f"{turn['files']}") for at, turn in enumerate(turns)]
    return [*measured(data, f"; {data['members']:,} members, {data['files']} open files before the first connection"),
            f"From the first turn's end to the last's the server's own memory grew by {(last['bytes'] - first['bytes']) / 2**20:.1f} MiB, which is "
            f"{(last['bytes'] - first['bytes']) / max(1, tokens):.1f} bytes for each of the {tokens:,} requests that carried a token meanwhile.", "",
            *table(("minute", "reads so far", "transfers", "tokens", "own memory, MiB", "open files"),
                   rows[::max(1, len(rows) // 10)])]


BLOCKS = {"reads": reads, "writes": writes, "latency": latency, "beside": beside, "disk": disk, "sizes": sizes, "history": history,
          "commands": commands, "soak": soak}


def render():
    def fill(match):
        name = match.group(1)
        data = load_results(name) if name != "summary" else {}
        lines = summary() if name == "summary" else BLOCKS[name](data) if data else ["Not measured yet."]
        return f"<!-- bench: {name} -->\n" + "\n".join(lines) + "\n<!-- end -->"

    text = PAGE.read_text()
    PAGE.write_text(re.sub(r"<!-- bench: (\w+) -->\n.*?<!-- end -->", fill, text, flags=re.S))
