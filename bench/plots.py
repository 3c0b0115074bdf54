"""The curves of docs/performance.md, drawn by gnuplot as SVG from bench/results."""
import subprocess

from lab import ROOT, load_results, median

FOLDER = ROOT / "docs/performance"
COLOURS = ("#1f6fb2", "#d1622b", "#3a8f5c", "#8a5aa8", "#777777")
STYLE = """set terminal svg size {width},420 font "sans-serif,13" background "white" noenhanced
set output "{path}"
set grid lc rgb "#dddddd"
set border lc rgb "#555555"
set key outside top center horizontal
"""


def block(name, rows):
    return f"${name} << END\n" + "\n".join(" ".join(map(str, row)) for row in rows) + "\nEND\n"


def draw(name, script, width=760):
    FOLDER.mkdir(exist_ok=True)
    text = STYLE.format(width=width, path=FOLDER / f"{name}.svg") + script
    subprocess.run(["gnuplot"], input=text, text=True, check=True)


def spread_of(values):
    return median(values), min(values), max(values)


def curves(name, series, x_label, y_label, axes):
    """Lines with bars from minimum to maximum; series: (title, [(x, values)])."""
    blocks = "".join(block(f"d{i}", [(x, *spread_of(values)) for x, values in sorted(points)]) for i, (_, points) in enumerate(series))
    lines = ", ".join(f'$d{i} using 1:2:3:4 with yerrorlines lw 2 pt 7 ps 0.5 lc rgb "{COLOURS[i]}" title "{title}"'
                      for i, (title, _) in enumerate(series))
    draw(name, f'{blocks}set xlabel "{x_label}"\nset ylabel "{y_label}"\n{axes}\nplot {lines}\n')


def reads(data):
    names = [name for name, peers in data["rows"].items() if "floor" in peers]
    table = [[f'"{name.removeprefix("1 member, ")}"', *(median([run[what] for run in data["rows"][name][peer]]) / scale for what, scale in (("rate", 1000), ("cpu", 1))
                             for peer in ("bursar", "nginx", "floor"))] for name in names]
    panels = ""
    for title, first in (("requests a second, thousands", 2), ("CPU a request, microseconds", 5)):
        bars = ", ".join(f'$d using {first + i}:xtic(1) lc rgb "{COLOURS[i if i < 2 else 4]}" title "{peer}"'
                         for i, peer in enumerate(("bursar", "nginx return 200", "bare epoll")))
        panels += f'set title "{title}"\nplot {bars}\n'
    draw("reads", block("d", table) + "set style data histogram\nset style fill solid border -1\nset style histogram gap 1\n"
         "set xtics rotate by -20 scale 0\nset yrange [0:*]\nset multiplot layout 1,2\n" + panels + "unset multiplot\n", 1100)


def writes(data):
    peers = ("bursar", "SQLite", "SQLite, token a request", "PostgreSQL", "PostgreSQL, 64 rows")
    series = [(peer, [(batch, [run["rate"] for run in runs[peer]]) for batch, runs in data["batches"].items() if peer in runs])
              for peer in peers]
    curves("writes", series, "transfers a request", "durable transfers a second",
           'set logscale xy\nset xrange [0.8:10000]\nset format y "%.0s%c"')


def latency(data):
    shares = sorted(data["rounds"][0]["rows"], key=float)
    series = [(title, [(float(share) * 100, [turn["rows"][share][key] / 1000 for turn in data["rounds"]]) for share in shares])
              for title, key in (("p50", "p50_us"), ("p99", "p99_us"), ("p99.9", "p999_us"))]
    curves("latency", series, "load, percent of the most that is answered (one transfer a request)", "milliseconds",
           "set logscale y\nset xrange [0:105]")


def sizes(data):
    series = [(what, [(int(members), values) for members, values in rows.items()]) for what, rows in data["cpu"].items()]
    curves("sizes", series, "members", "CPU a request, microseconds",
           'set logscale x\nset format x "%.0s%c"\nset yrange [0:*]\nset xrange [500:20000000]')
    if data.get("pages"):
        curves("pages", [("10 members a page", [(int(page), values) for page, values in data["pages"].items()])], "page number",
               "CPU a request, microseconds", 'set logscale x\nset format x "%.0s%c"\nset yrange [0:*]')
    starts(data)


def starts(data):
    rows = [(members, *spread_of([ms / 1000 for ms in row["start"]["ms"]]), median(row["start"]["rss_bytes"]) / 2**20)
            for members, row in sorted(data["members"].items(), key=lambda item: int(item[0]))]
    axes = 'set logscale xy\nset format x "%.0s%c"\nset xlabel "members"\nset xrange [500:20000000]\n'
    draw("starts", block("d", rows) + axes + "set multiplot layout 1,2\n"
         f'set title "start to first answer, seconds"\nplot $d using 1:2:3:4 with yerrorlines lw 2 pt 7 ps 0.5 lc rgb "{COLOURS[0]}" '
         f'notitle\nset title "resident memory, MiB"\nplot $d using 1:5 with linespoints lw 2 pt 7 ps 0.5 lc rgb "{COLOURS[1]}" notitle\n'
         "unset multiplot\n", 1100)


def history(data):
    names = {"now": "balance now", "past": "balance at a past moment", "entries": "page of 100 entries"}
    series = [(names[what], [(int(count), values) for count, values in rows.items()]) for what, rows in data["rows"].items()]
    curves("history", series, "entries of the member", "microseconds a call, one at a time",
           'set logscale xy\nset format x "%.0s%c"')


def draw_all():
    for part, plot in (("reads", reads), ("writes", writes), ("latency", latency), ("sizes", sizes), ("history", history)):
        data = load_results(part)
        if data:
            plot(data)
