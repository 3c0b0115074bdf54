"""What was to be reached, each held against the results: (what, bound, how it is written, value out of the results).

`least` goals are reached at or above the bound, the others at or below it. Of rounds the median counts."""
import collections

from lab import median, ratios

Goal = collections.namedtuple("Goal", "part what bound unit value least", defaults=(False,))


def cpu_ratio(row, above, below):
    return lambda data: [a["cpu"] / b["cpu"] for a, b in zip(data["rows"][row][above], data["rows"][row][below])]


def rate_ratio(batch, peer):
    return lambda data: [a["rate"] / b["rate"] for a, b in zip(data["batches"][batch]["bursar"], data["batches"][batch][peer])]


def of_two(row):
    """What two threads answer against one, by processor time: the load generator needs the processors too."""
    return lambda data: [2 * ratio for ratio in cpu_ratio(row, "1 thread", "2 threads")(data)]


def size_ratio(what, large, small):
    return lambda data: ratios(data["cpu"][what][large], data["cpu"][what][small])


def start_ms(members):
    return lambda data: data["members"][members]["start"]["ms"]


def bytes_a_member(data):
    few, many = (median(data["members"][members]["start"]["rss_bytes"]) for members in ("1000", "10000000"))
    return [(many - few) / 9999000]


def more_after_kill(members):
    def value(data):
        row = data["members"][members]
        return [row["after_kill"]["ms"] - median(row["start"]["ms"])]
    return value


GOALS = [
    Goal("reads", "1 member, CPU against nginx `return 200`", 1.0, "x", cpu_ratio("1 member", "bursar", "nginx")),
    Goal("reads", "10 members, CPU against nginx", 1.1, "x", cpu_ratio("10 members", "bursar", "nginx")),
    Goal("reads", "1 member, CPU against a bare epoll server", 1.2, "x", cpu_ratio("1 member", "bursar", "floor")),
    Goal("reads", "10 members, CPU against a bare epoll server", 1.4, "x", cpu_ratio("10 members", "bursar", "floor")),
    Goal("reads", "16 pipelined, requests a second against nginx", 5, "x",
         lambda data: [a["rate"] / b["rate"] for a, b in zip(data["rows"]["1 member, 16 pipelined"]["bursar"],
                                                             data["rows"]["1 member, 16 pipelined"]["nginx"])], True),
    Goal("reads", "over TLS, CPU against nginx's TLS", 1.15, "x", cpu_ratio("TLS, 1 member", "bursar", "nginx")),
    Goal("reads", "signature v1, CPU against TC3", 1.2, "x", cpu_ratio("v1 signature, 1 member", "v1", "TC3")),
    Goal("reads", "two network threads against one, at a rate that leaves the processors time", 1.8, "x", of_two("2 threads, 80,000/s"),
         True),
    Goal("reads", "two network threads against one, as fast as they go", 1.8, "x", of_two("2 threads, 1 member"), True),
    Goal("sizes", "last page of 10,000,000 members against the first", 1.1, "x",
         lambda data: ratios(data["cpu"]["last page"]["10000000"], data["cpu"]["first page"]["10000000"])),
    Goal("sizes", "random pages, 10,000,000 members against 10,000", 1.3, "x", size_ratio("random pages", "10000000", "10000")),
    Goal("sizes", "random sets of 10, 10,000,000 members against 10,000", 1.3, "x", size_ratio("random sets", "10000000", "10000")),
    Goal("writes", "one transfer a request, against naive SQLite", 10, "x", rate_ratio("1", "SQLite"), True),
    Goal("writes", "one transfer a request, against PostgreSQL", 5, "x", rate_ratio("1", "PostgreSQL"), True),
    Goal("writes", "1,000 a request, transfers a second", 400000, "/s",
         lambda data: [run["rate"] for run in data["batches"]["1000"]["bursar"]], True),
    Goal("writes", "1,000 a request, against naive SQLite", 20, "x", rate_ratio("1000", "SQLite"), True),
    Goal("writes", "1,000 a request, against PostgreSQL", 8, "x", rate_ratio("1000", "PostgreSQL"), True),
    Goal("disk", "bytes on disk a transfer, 1,000 a request", 160, "B",
         lambda data: [data["rows"]["1000"]["bytes"] / data["rows"]["1000"]["transfers"]]),
    Goal("latency", "p99 of one transfer at 50 % load, in syncs of this disk", 4, "syncs",
         lambda data: [turn["rows"]["0.5"]["p99_us"] / turn["sync_us"] for turn in data["rounds"]]),
    Goal("latency", "longest stall at full load", 50, "ms",
         lambda data: [max(row["stall_us"] for row in turn.values()) / 1000 for turn in data["stalls"]]),
    Goal("beside", "reads' p99 beside 100,000 transfers/s against quiet", 3, "x",
         lambda data: [turn["busy"]["p99_us"] / turn["quiet"]["p99_us"] for turn in data["rounds"]]),
    Goal("commands", "start to first answer, demo", 10, "ms", lambda data: data["demo"]["ms"]),
    Goal("sizes", "start to first answer, 1,000,000 members", 600, "ms", start_ms("1000000")),
    Goal("sizes", "start to first answer, 10,000,000 members", 6000, "ms", start_ms("10000000")),
    Goal("sizes", "more after a kill with 1,000,000 entries to replay", 2000, "ms", more_after_kill("1000000")),
    Goal("commands", "resident memory, idle demo", 10, "MiB", lambda data: [size / 2**20 for size in data["demo"]["rss_bytes"]]),
    Goal("sizes", "resident memory a member, of 10,000,000", 200, "B", bytes_a_member),
    Goal("sizes", "import of 10,000,000 members", 120, "s", lambda data: [data["members"]["10000000"]["import_seconds"]]),
    Goal("commands", "`bursar query`, start to exit", 10, "ms", lambda data: data["query_ms"]),
    Goal("commands", "`bursar verify`, entries a second", 500000, "/s", lambda data: data["verify"]["rate"], True),
    Goal("history", "a balance in the past, member with 1,000,000 entries", 1, "ms",
         lambda data: [us / 1000 for us in data["rows"]["past"]["1000000"]]),
]
