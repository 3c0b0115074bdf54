"""post: moving money from the command line, on a stopped folder and on one that is served."""
import contextlib
import json
import os
import pty
import re
import select
import socket
import subprocess
import threading
import urllib.request

import pytest
from program import BURSAR, clean_environment, make_ledger, must, run, serving

A, B, C = "200000000001", "200000000002", "200000000003"
MEMBERS = f"MemberUin,MemberName,CashAccountBalance\n{A},Aurora,10000\n{B},Borealis,0\n{C},Cassini,500\n"


@pytest.fixture
def ledger(tmp_path):
    data, key = make_ledger(tmp_path)
    must("import", "-", "--data", data, stdin=MEMBERS)
    return data, key


@pytest.fixture(params=["stopped", "served"])
def books(request, ledger, tmp_path):
    """A folder, stopped or being served: the commands must do the same."""
    if request.param == "stopped":
        yield ledger[0]
        return
    with serving(tmp_path, ledger[0], "--calls-per-second", "0"):
        yield ledger[0]


def rows(data):
    """Every member's row by uin, in cents, read by another way than the one under test."""
    return {row["MemberUin"]: row for row in map(json.loads, must("export", "--data", data, "--format", "jsonl").splitlines())}


def cash(data, *uins):
    found = rows(data)
    return [found[uin]["CashAccountBalance"] for uin in uins]


def entries(data):
    return json.loads(must("verify", "--data", data, "--json"))["Entries"]


# ---- post, one ----

def test_money_comes_goes_and_moves(books):
    must("post", "top_up", A, "12.34", "--data", books)
    assert cash(books, A) == [11234]
    must("post", "withdraw", A, "2", "--data", books)
    must("post", "move", A, "10.5", "--to", B, "--data", books)
    assert cash(books, A, B) == [10000 + 1234 - 200 - 1050, 1050]
    must("post", "grant-gift", B, "3", "--data", books)
    must("post", "refund", B, "0.25", "--account", "income", "--data", books)
    row = rows(books)[B]
    assert (row["PresentAccountBalance"], row["IncomeIntoAccountBalance"]) == (300, 25)
    must("post", "charge", B, "4", "--data", books)  # gift, then income, then cash
    row = rows(books)[B]
    assert (row["PresentAccountBalance"], row["IncomeIntoAccountBalance"], row["CashAccountBalance"]) == (0, 0, 1050 - 75)
    must("post", "adjust", B, "-0.05", "--income", "1", "--reason", "rounding", "--data", books)
    row = rows(books)[B]
    assert (row["IncomeIntoAccountBalance"], row["CashAccountBalance"]) == (100, 970)
    must("verify", "--data", books)


def test_the_answer_says_which_entry_and_what_is_left(books):
    before = entries(books)
    text = must("post", "top_up", C, "1.5", "--data", books)
    assert f"entry {before + 1}: top_up, {C}, 1.50" in text
    assert re.search(rf"^{C}  Cassini +no +6\.50 +6\.50 ", text, re.M)
    answer = json.loads(must("post", "top_up", C, "0.000001", "--data", books, "--json"))
    assert answer["Applied"] is True and answer["Members"][0]["RealBalance"] == 650.0001


def test_too_little_money_has_a_line_of_its_own(books):
    before = entries(books)
    for words in (["charge", A, "100.01"], ["withdraw", A, "100.01"], ["move", A, "100.01", "--to", B]):
        done = run("post", *words, "--data", books)
        assert done.returncode == 1 and done.stdout == "" and done.stderr.count("\n") == 1
        assert f"{A} has less than 100.01 available" in done.stderr and "BalanceInsufficient" in done.stderr
    assert entries(books) == before and cash(books, A) == [10000]


def test_a_dry_run_says_what_would_happen(books):
    before = entries(books)
    text = must("post", "top_up", A, "1", "--data", books, "--dry-run", "--token", "t")
    assert "Nothing was changed" in text and re.search(rf"^{A}.* 101\.00 ", text, re.M)
    assert run("post", "charge", A, "999", "--data", books, "--dry-run").returncode == 1
    assert entries(books) == before
    must("post", "top_up", A, "2", "--data", books, "--token", "t")  # the token was not used up
    assert cash(books, A) == [10200]


def test_a_token_makes_it_happen_once(books):
    first = json.loads(must("post", "top_up", A, "1", "--data", books, "--token", "order-1", "--json"))
    after = entries(books)
    again = json.loads(must("post", "top_up", A, "1.00", "--data", books, "--token", "order-1", "--json"))
    assert {**first, "RequestId": ""} == {**again, "RequestId": ""} and entries(books) == after
    other = run("post", "top_up", A, "1.01", "--data", books, "--token", "order-1")
    assert other.returncode == 2 and "ClientToken" in other.stderr and cash(books, A) == [10100]


def test_without_a_token_each_time_counts(books):
    must("post", "top_up", A, "1", "--data", books)
    must("post", "top_up", A, "1", "--data", books)
    assert cash(books, A) == [10200]


@pytest.mark.parametrize("words, said", [
    (["toup", A, "1"], "top_up, withdraw, charge"), (["top_up", "0123", "1"], "not a UIN"), (["top_up", A, "1,5"], "12.34"),
    (["top_up", A, "0"], "above zero"), (["top_up", A, "-1"], "above zero"), (["top_up", A, "1.0000001"], "six decimals"),
    (["top_up", A, "99999999999999"], "not an amount"), (["top_up", A], "amount"), (["top_up"], "KIND UIN AMOUNT"), ([], "KIND UIN"),
    (["adjust", A, "1"], "reason"), (["adjust", A, "--reason", "x"], "amount"), (["move", A, "1"], "to: is missing"),
    (["charge", A, "1", "--to", B], "for move only"), (["charge", A, "1", "--account", "gift"], "for refund only"),
    (["refund", A, "1", "--account", "savings"], "cash, income or gift"), (["top_up", A, "1", "--token", "a b"], "--token"),
    (["top_up", A, "1", "--token", "x" * 65], "--token"), (["top_up", A, "1", "--reason", "x" * 1025], "1,024"),
    (["top_up", A, "1", "--partial"], "--file"), (["move", A, "1", "--to", A], "")])
def test_what_cannot_be_meant_is_refused(ledger, words, said):
    data, _ = ledger
    before = entries(data)
    done = run("post", *words, "--data", data)
    assert done.returncode in (2, 4) and said in done.stderr and done.stdout == "" and done.stderr.count("\n") == 1
    assert done.stderr.startswith("bursar post: ") and entries(data) == before


def test_who_is_not_there(ledger):
    done = run("post", "top_up", "300000000001", "1", "--data", ledger[0])
    assert done.returncode == 4 and "Transfers" not in done.stderr


# ---- post, over a network that loses answers ----

@contextlib.contextmanager
def losing(address, lose):
    """Passes connections on to a server; the answers of the first `lose` are not passed back."""
    listener = socket.create_server(("127.0.0.1", 0))
    host, port = address.rsplit(":", 1)
    counted = []

    def serve(client, number):
        with client, socket.create_connection((host, int(port))) as server:
            while True:
                ready, _, _ = select.select([client, server], [], [], 20)
                if not ready:
                    return
                for source in ready:
                    text = source.recv(65536)
                    if not text or (source is server and number < lose):
                        return
                    (server if source is client else client).sendall(text)

    def accept():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            counted.append(1)
            threading.Thread(target=serve, args=(client, len(counted) - 1), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", counted
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def credentials(folder, key):
    file = folder / "key.json"
    file.write_text(json.dumps({"secretId": key[0], "secretKey": key[1]}))
    file.chmod(0o600)
    return ["--credentials", file]


def test_a_lost_answer_is_asked_for_again_and_money_moves_once(ledger, tmp_path):
    data, key = ledger
    with serving(tmp_path, data) as server, losing(server.address, 2) as (endpoint, connections):
        text = must("post", "top_up", A, "1", "--endpoint", endpoint, *credentials(tmp_path, key))
        assert re.search(rf"^{A}.* 101\.00 ", text, re.M) and len(connections) == 3
        assert cash(data, A) == [10100]


def test_an_unknown_outcome_is_called_unknown_and_its_token_settles_it(ledger, tmp_path):
    data, key = ledger
    with serving(tmp_path, data) as server, losing(server.address, 1) as (endpoint, _):
        words = ["post", "top_up", A, "1", "--endpoint", endpoint, *credentials(tmp_path, key)]
        done = run(*words, "--retries", "0")
        assert done.returncode == 7 and "not known" in done.stderr and done.stdout == ""
        token = re.search(r"--token (\S+)", done.stderr).group(1)
        assert cash(data, A) == [10100]  # it had happened
        must(*words, "--token", token)
        assert cash(data, A) == [10100]


def test_a_server_that_is_not_there(ledger, tmp_path):
    done = run("post", "top_up", A, "1", "--endpoint", "http://127.0.0.1:1", "--retries", "1", *credentials(tmp_path, ledger[1]))
    assert done.returncode == 6 and done.stdout == "" and "not known" not in done.stderr


# ---- asking first ----

def at_terminal(words, typed):
    """Runs with a terminal for all three streams; (exit code, what was shown)."""
    main, side = pty.openpty()
    process = subprocess.Popen([BURSAR, *map(str, words)], stdin=side, stdout=side, stderr=side, env=clean_environment())
    os.close(side)
    shown = b""
    answered = False
    while True:
        try:
            text = os.read(main, 65536)
        except OSError:
            break
        if not text:
            break
        shown += text
        if not answered and b"[y/N]" in shown:
            os.write(main, typed.encode())
            answered = True
    os.close(main)
    return process.wait(timeout=20), shown.decode()


@pytest.mark.parametrize("words", [
    ["post", "withdraw", A, "1"], ["post", "adjust", A, "1", "--reason", "x"], ["member", "remove", B],
    ["hold", "release", A, "--all"]])
def test_a_person_is_asked_before_what_cannot_be_undone(ledger, words):
    data, _ = ledger
    must("hold", "create", A, "1", "--data", data)
    before = entries(data)
    code, shown = at_terminal([*words, "--data", data], "n\n")
    assert code == 1 and "[y/N]" in shown and "nothing was changed" in shown and entries(data) == before
    code, shown = at_terminal([*words, "--data", data], "y\n")
    assert code == 0 and entries(data) > before


def test_yes_and_a_top_up_are_not_asked_about(ledger):
    data, _ = ledger
    for words in (["withdraw", A, "1", "--yes"], ["top_up", A, "1"], ["withdraw", A, "1", "--dry-run"]):
        code, shown = at_terminal(["post", *words, "--data", data], "n\n")
        assert code == 0 and "[y/N]" not in shown


# ---- post, a file ----

FILE = ("kind,uin,amount,to,account,income,gift,reason\r\n"
        f"top_up,{A},1,,,,,\"invoice 17, paid\"\r\n"
        f"charge,{C},2.5,,,,,\r\n"
        f"move,{A},50.25,{B},,,,\r\n"
        f"refund,{B},0.75,,gift,,,\r\n"
        f"adjust,{C},-0.5,,,0.25,1,corrected\r\n")


def after_file(data):
    found = rows(data)
    return ([found[uin]["CashAccountBalance"] for uin in (A, B, C)], found[B]["PresentAccountBalance"],
            found[C]["IncomeIntoAccountBalance"], found[C]["PresentAccountBalance"])


@pytest.mark.parametrize("form", ["csv", "jsonl", "-"])
def test_a_file_is_posted(books, tmp_path, form):
    text = FILE
    if form == "jsonl":
        header, *lines = [line.split(",") for line in FILE.replace('"invoice 17, paid"', "invoice 17").split("\r\n")[:-1]]
        text = "".join(json.dumps({k: v for k, v in zip(header, line) if v}) + "\n" for line in lines)
    (tmp_path / f"t.{form}").write_text(text, newline="")
    before = entries(books)
    if form == "-":
        said = must("post", "--file", "-", "--data", books, stdin=text)
    else:
        said = must("post", "--file", tmp_path / f"t.{form}", "--data", books)
    assert said == f"5 posted, entries {before + 1} to {before + 5}\n"
    assert after_file(books) == ([10000 + 100 - 5025, 5025, 500 - 250 - 50], 75, 25, 100)
    must("verify", "--data", books)


def test_a_file_with_mistakes_changes_nothing(ledger, tmp_path):
    data, _ = ledger
    file = tmp_path / "t.csv"
    file.write_text(f"kind,uin,amount,reason\ntop_up,{A},1,\nbribe,{A},1,\ntop_up,12a,1,\ntop_up,{A},,\nadjust,{A},1,\n"
                    f"top_up,{A},\"1\n")
    before = entries(data)
    done = run("post", "--file", file, "--data", data)
    assert done.returncode == 2 and done.stdout == "" and entries(data) == before
    for line, word in ((3, "kind"), (4, "uin"), (5, "amount"), (6, "reason"), (7, "")):
        assert re.search(rf"^{re.escape(str(file))}:{line}: {word}", done.stderr, re.M), (line, done.stderr)


@pytest.mark.parametrize("text, said", [
    ("MemberUin,Kind,Amount\n", "cents"), ("kind,uin,amount,kind\n", "twice"), ("kind,uin,amuont\n", "did you mean amount"),
    ("uin,amount\n", "kind is missing"), ("", "empty"), (f"kind,uin,amount\ntop_up,{A}\n", "2 values"),
    (f'{{"Kind":"top_up","MemberUin":"{A}","Amount":100}}\n', "cents"), (f'{{"kind":"top_up","uin":["{A}"]}}\n', "text or a number"),
    ('{"kind":\n', "not JSON"), ("[1]\n", "one JSON object")])
def test_a_file_of_another_shape_is_refused(ledger, tmp_path, text, said):
    file = tmp_path / ("t.csv" if text[:1] not in "{[" or not text else "t.jsonl")
    file.write_text(text)
    done = run("post", "--file", file, "--data", ledger[0])
    assert done.returncode == 2 and said in done.stderr


def test_a_refused_line_is_named_and_nothing_of_its_call_is_posted(books, tmp_path):
    file = tmp_path / "t.csv"
    file.write_text(f"kind,uin,amount\ntop_up,{A},1\ncharge,{B},7\ntop_up,{A},2\n")
    before = entries(books)
    done = run("post", "--file", file, "--data", books)
    assert done.returncode == 1 and f"{file}:3: " in done.stderr and "BalanceInsufficient" in done.stderr
    assert "nothing was posted" in done.stderr and entries(books) == before


def test_partial_posts_the_others(books, tmp_path):
    file = tmp_path / "t.csv"
    file.write_text(f"kind,uin,amount\ntop_up,{A},1\ncharge,{B},7\nnonsense,{A},1\ntop_up,{C},2\n")
    words = ["post", "--file", file, "--data", books, "--partial", "--token", "april"]
    done = run(*words)
    assert done.returncode == 1 and re.search(r"^2 posted, entries \d+ to \d+, 2 refused$", done.stdout, re.M)
    assert f"{file}:3: " in done.stderr and f"{file}:4: " in done.stderr
    assert cash(books, A, B, C) == [10100, 0, 700]
    again = run(*words)
    assert (again.returncode, again.stdout) == (done.returncode, done.stdout) and cash(books, A) == [10100]


def test_more_lines_than_a_call_takes_and_again_from_where_it_stopped(ledger, tmp_path):
    data, _ = ledger
    lines = [f"top_up,{A},0.01\n"] * 8190 + [f"top_up,{A},0.02\n"] * 100 + [f"charge,{B},1\n"] + [f"top_up,{B},5\n"]
    file = tmp_path / "t.csv"
    file.write_text("kind,uin,amount\n" + "".join(lines))
    done = run("post", "--file", file, "--data", data, "--token", "may")
    assert done.returncode == 1 and f"{file}:8292: " in done.stderr and "8190 of 8292" in done.stderr and "--token may" in done.stderr
    assert cash(data, A, B) == [10000 + 8190, 0]
    lines[8290], lines[8291] = lines[8291], lines[8290]
    file.write_text("kind,uin,amount\n" + "".join(lines))
    assert must("post", "--file", file, "--data", data, "--token", "may").startswith("8292 posted, ")
    assert cash(data, A, B) == [10000 + 8190 + 200, 400]
    must("post", "--file", file, "--data", data, "--token", "may")
    assert cash(data, A, B) == [10000 + 8190 + 200, 400]
    must("verify", "--data", data)


def test_a_file_over_a_network_that_loses_answers(ledger, tmp_path):
    data, key = ledger
    (tmp_path / "t.csv").write_text(FILE, newline="")
    with serving(tmp_path, data) as server, losing(server.address, 1) as (endpoint, _):
        must("post", "--file", tmp_path / "t.csv", "--endpoint", endpoint, *credentials(tmp_path, key))
        assert after_file(data)[0] == [10000 + 100 - 5025, 5025, 500 - 250 - 50]


def test_a_file_can_be_tried(books, tmp_path):
    (tmp_path / "t.csv").write_text(FILE, newline="")
    before = entries(books)
    assert must("post", "--file", tmp_path / "t.csv", "--data", books, "--dry-run") == "dry run: 5 posted\n"
    assert entries(books) == before


# ---- what the server tells about it ----

def metrics(address):
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://{address}/metrics", timeout=20) as answer:
        lines = [line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def test_the_committers_work_is_counted(ledger, tmp_path):
    data, _ = ledger
    with serving(tmp_path, data, "--admin-listen", "127.0.0.1:0", "--group-wait", "100us", "--group-commands-max", "64",
                 "--group-entries-max", "1000", "--history-jobs-max", "7",
                 "--recent-tokens", "5") as server:
        text = server.stderr()
        assert "group-wait 100us, group-commands-max 64, group-entries-max 1000, history-jobs-max 7, recent-tokens 5" in text
        before = metrics(server.addresses[1])
        for _ in range(2):
            must("post", "top_up", A, "1", "--data", data, "--token", "once")
        assert run("post", "charge", B, "1", "--data", data).returncode == 1
        after = metrics(server.addresses[1])
    grown = {name: after[name] - before[name] for name in after if name.startswith("bursar_committer")}
    assert grown["bursar_committer_commands_total"] == 3 and grown["bursar_committer_refusals_total"] == 1
    assert grown["bursar_committer_replays_total"] == 1 and grown["bursar_committer_batches_total"] == 1
    assert grown['bursar_committer_group_commands_bucket{le="1"}'] == 3 == grown["bursar_committer_group_commands_sum"]
    assert grown['bursar_committer_batch_seconds_bucket{le="+Inf"}'] == 1 == grown["bursar_committer_batch_seconds_count"]
    assert after["bursar_committer_queue_commands"] == 0 == after["bursar_historian_queue_jobs"]


@pytest.mark.parametrize("words", [["--group-wait", "2s"], ["--group-wait", "soon"], ["--group-commands-max", "0"],
                                   ["--group-entries-max", "x"], ["--history-jobs-max", "0"], ["--recent-tokens", "0"]])
def test_limits_have_ranges(ledger, words):
    done = run("serve", "--data", ledger[0], "--listen", "127.0.0.1:0", *words)
    assert done.returncode == 2 and words[0].lstrip("-") in done.stderr
