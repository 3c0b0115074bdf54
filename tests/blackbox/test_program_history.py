"""history, statement, query --as-of: what a person sees of the past."""
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios

import pytest
from program import BURSAR, clean_environment, make_ledger, must, run, serving

A, B = "200000000001", "200000000002"
MEMBERS = f"MemberUin,MemberName,CashAccountBalance\n{A},Aurora,10000\n{B},Borealis,0\n"


@pytest.fixture
def ledger(tmp_path):
    data, key = make_ledger(tmp_path)
    must("import", "-", "--data", data, stdin=MEMBERS)
    must("post", "top_up", A, "12.34", "--data", data, "--reason", "invoice 17", "--token", "top")
    must("post", "charge", A, "2.34", "--data", data)
    must("post", "move", A, "10", "--to", B, "--data", data, "--reason", "lunch")
    hold = json.loads(must("hold", "create", A, "5", "--data", data, "--json"))["HoldId"]
    must("hold", "capture", A, hold, "2", "--data", data)
    must("credit", "set", A, "50", "--data", data)
    return data, key


@pytest.fixture(params=["stopped", "served"])
def books(request, ledger, tmp_path):
    if request.param == "stopped":
        yield ledger[0]
        return
    with serving(tmp_path, ledger[0], "--calls-per-second", "0"):
        yield ledger[0]


def history(data, *words):
    return json.loads(must("history", *words, "--data", data))


# (kind, amount and sign as shown, real balance, cash), oldest first
TOLD = [("join", "", "0.00", "0.00"), ("opening", "+100.00", "100.00", "100.00"), ("top_up", "+12.34", "112.34", "112.34"),
        ("charge", "-2.34", "110.00", "110.00"), ("move", "-10.00", "100.00", "100.00"), ("hold", "-5.00", "95.00", "100.00"),
        ("capture", "2.00", "95.00", "98.00"), ("set_credit", "", "95.00", "98.00")]


def table_rows(text):
    """Cells by the title's places: columns are parted by two blanks."""
    title, *lines = text.splitlines()
    starts = [match.start() for match in re.finditer(r"(?<=  )\S|^\S", title)]
    found = []
    for line in lines:
        found.append(re.match(r" *(\d*) +(\S+) +(\S+) +([+-]?[\d.]+ +)?(-?[\d.]+) +(-?[\d.]+)  (.*)$", line))
    assert starts and all(found), text
    return [(m.group(3), (m.group(4) or "").strip(), m.group(5), m.group(6)) for m in found]


def test_a_members_history_with_running_balances(books):
    text = must("history", A, "--data", books, "--output", "table", "--oldest-first")
    assert table_rows(text) == TOLD
    assert table_rows(must("history", A, "--data", books, "--output", "table")) == TOLD[::-1]
    assert "invoice 17" in text and f"to {B}: lunch" in text
    assert f"from {A}: lunch" in must("history", B, "--data", books, "--output", "table")


def test_the_receiver_of_a_move_sees_its_own_side(books):
    [row, _] = table_rows(must("history", B, "--data", books, "--output", "table"))
    assert row == ("move", "+10.00", "10.00", "10.00")


def test_history_is_picked_by_kind_time_hold_and_token(books):
    assert [row["Kind"] for row in history(books, A, "--kind", "charge,move")] == ["move", "charge"]
    assert [row["Kind"] for row in history(books, A, "--limit", "2")] == ["set_credit", "capture"]
    assert [row["Kind"] for row in history(books, A, "--made-by", "top")] == ["top_up"]
    [hold] = [row["HoldId"] for row in history(books, A, "--kind", "hold")]
    assert [row["Kind"] for row in history(books, A, "--hold", str(hold))] == ["capture", "hold"]
    assert history(books, A, "--from", "2099-01-01") == [] == history(books, A, "--to", "2020-01-01T00:00:00Z")
    moment = history(books, A, "--kind", "charge")[0]["Time"]
    assert [row["Kind"] for row in history(books, A, "--from", moment, "--oldest-first")][0] == "charge"
    assert [row["Kind"] for row in history(books, A, "--to", moment)][0] == "top_up"


def test_the_whole_organisations_history(books):
    everything = history(books, "--limit", "0")
    assert {row["Kind"] for row in everything} >= {"organisation", "add_key", "join", "move"}
    assert [row["EntryId"] for row in everything] == sorted((row["EntryId"] for row in everything), reverse=True)
    table = must("history", "--data", books, "--output", "table")
    assert "MEMBER UIN" in table and re.search(rf" {B}$", table, re.M)


def test_more_entries_than_a_page(ledger, tmp_path):
    data, _ = ledger
    (tmp_path / "t.csv").write_text("kind,uin,amount\n" + f"top_up,{B},0.01\n" * 2500)
    must("post", "--file", tmp_path / "t.csv", "--data", data)
    rows = history(data, B, "--limit", "0")
    assert len(rows) == 2502 and rows[0]["After"]["RealBalance"] == 1000 + 2500
    assert len(history(data, B)) == 100 and len(history(data, B, "--limit", "2000")) == 2000
    statement = json.loads(must("statement", B, "--from", "2020-01-01", "--data", data))
    assert len(statement["Data"]) == 2502 and statement["Closing"]["RealBalance"] == 3500


def test_history_in_csv_and_jsonl(ledger):
    data, _ = ledger
    lines = must("history", A, "--data", data, "--output", "csv", "--oldest-first").splitlines()
    assert lines[0] == "EntryId,Time,Kind,MemberUin,ToMemberUin,Amount,RealBalance,CashAccountBalance,Reason,By,RequestId"
    assert len(lines) == 9 and lines[3].split(",")[2:-2] == ["top_up", A, "", "1234", "11234", "11234", "invoice 17"]
    assert len(must("history", A, "--data", data, "--output", "jsonl").splitlines()) == 8
    assert must("history", A, "--data", data, "--from", "2099-01-01", "--output", "csv").count("\n") == 1


@pytest.mark.parametrize("words, code", [
    (["history", "x"], 2), (["history", A, "--from", "yesterday"], 2), (["history", A, "--kind", "bribe"], 2),
    (["history", "300000000001"], 4), (["statement"], 2), (["statement", A], 2), (["statement", A, "--from", "2026"], 2),
    (["statement", "300000000001", "--from", "2026-01-01"], 4), (["history", A, "--hold", "x"], 2)])
def test_what_cannot_be_answered(ledger, words, code):
    done = run(*words, "--data", ledger[0])
    assert done.returncode == code and done.stdout == "" and done.stderr.count("\n") == 1, done.stderr


# ---- the chart ----

def at_terminal(words, columns, env=None):
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen([BURSAR, *map(str, words)], stdin=side, stdout=side, stderr=side,
                               env=clean_environment({"TERM": "xterm", **(env or {})}))
    os.close(side)
    shown = b""
    while True:
        try:
            text = os.read(main, 65536)
        except OSError:
            break
        if not text:
            break
        shown += text
    os.close(main)
    assert process.wait(timeout=20) == 0, shown
    return shown.decode()


BLOCKS = "▁▂▃▄▅▆▇█"


def test_a_terminal_gets_a_chart_and_a_pipe_does_not(ledger):
    data, _ = ledger
    for columns in (70, 100):
        shown = at_terminal(["history", A, "--data", data], columns)
        chart = [line for line in shown.splitlines() if any(block in line for block in BLOCKS)]
        assert len(chart) == 8 and max(map(len, chart)) == columns
        assert chart[0].startswith("112.34 ") and chart[-1].startswith("  0.00 ")
    assert not any(block in must("history", A, "--data", data, "--output", "table") for block in BLOCKS)
    assert not any(block in at_terminal(["history", A, "--data", data, "--no-chart"], 80) for block in BLOCKS)


def test_below_zero_is_red_unless_colour_is_not_wanted(ledger):
    data, _ = ledger
    must("post", "charge", A, "120", "--data", data)
    assert "\033[31m" in at_terminal(["history", A, "--data", data], 80)
    plain = at_terminal(["history", A, "--data", data], 80, {"NO_COLOR": "1"})
    assert "\033" not in plain and "█" in plain


# ---- statement ----

def test_a_statement_adds_up(books):
    rows = table_rows(must("statement", A, "--from", "2026-01-01", "--data", books, "--output", "table"))
    assert rows == [("opening_balance", "", "0.00", "0.00"), *TOLD, ("closing_balance", "", "95.00", "98.00")]


def test_statements_of_neighbouring_periods_fit(books):
    moment = history(books, A, "--kind", "move")[0]["Time"]
    first = json.loads(must("statement", A, "--from", "2026-01-01", "--to", moment, "--data", books))
    second = json.loads(must("statement", A, "--from", moment, "--data", books))
    assert list(first) == ["Closing", "Data", "Opening"] and first["Closing"] == second["Opening"]
    assert [row["Kind"] for row in first["Data"] + second["Data"]] == [kind for kind, *_ in TOLD]
    assert first["Closing"]["RealBalance"] == 11000 and second["Closing"]["RealBalance"] == 9500


def test_a_statement_in_csv(ledger):
    lines = must("statement", A, "--from", "2026-01-01", "--data", ledger[0], "--output", "csv").splitlines()
    assert len(lines) == 11 and lines[1].endswith(f",opening_balance,{A},,,0,0,,,") and lines[-1].endswith(
        f",closing_balance,{A},,,9500,9800,,,")


# ---- query --as-of ----

def test_balances_as_they_were(ledger, tmp_path):
    data, key = ledger
    rows = history(data, A, "--oldest-first")
    (tmp_path / "key.json").write_text(json.dumps({"secretId": key[0], "secretKey": key[1]}))
    (tmp_path / "key.json").chmod(0o600)
    with serving(tmp_path, data, "--calls-per-second", "0") as server:
        asked = ["query", "--endpoint", f"http://{server.address}", "--credentials", tmp_path / "key.json"]

        def balances(*words):
            return {row["MemberUin"]: row["RealBalance"] for row in json.loads(must(*asked, *words))["Data"]}

        assert balances(A) == {A: 9500}
        for row in rows[2:]:
            moment = row["Time"] if "T" in row["Time"] else row["Time"].replace(" ", "T") + "Z"
            assert balances("--as-of", moment, A) == {A: row["After"]["RealBalance"]}
        move = next(row["Time"] for row in rows if row["Kind"] == "move")
        assert balances("--as-of", move if "T" in move else move.replace(" ", "T") + "Z", "--all") == {A: 10000, B: 1000}
        for wrong in ("2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "soon"):
            done = run(*asked, "--as-of", wrong)
            assert done.returncode == 2 and "X-Bursar-As-Of" in done.stderr and done.stdout == ""
