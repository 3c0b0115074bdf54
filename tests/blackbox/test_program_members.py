"""hold, credit, member: what changes a member's standing, on a stopped folder and on one that is served."""
import datetime
import json
import re

import pytest
from program import make_ledger, must, run, serving, wait_for

A, B = "200000000001", "200000000002"
MEMBERS = f"MemberUin,MemberName,CashAccountBalance\n{A},Aurora,10000\n{B},Borealis,0\n"


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


def entries(data):
    return json.loads(must("verify", "--data", data, "--json"))["Entries"]


def holds(data, uin=A):
    return [(row["HoldId"], row["Amount"]) for row in json.loads(must("hold", "list", uin, "--data", data))]


def hold_of(text):
    return re.search(r"^hold (\d+): ", text).group(1)


# ---- hold ----

def test_a_hold_freezes_is_captured_in_part_and_released(books):
    text = must("hold", "create", A, "60", "--data", books, "--reason", "order 4711")
    hold = hold_of(text)
    assert re.search(rf"^{A}.* 40\.00 +100\.00 ", text, re.M) and holds(books) == [(int(hold), 6000)]
    assert rows(books)[A]["FreezeAmount"] == 6000
    assert run("post", "charge", A, "40.01", "--data", books).returncode == 1
    must("hold", "capture", A, hold, "12.50", "--data", books)
    row = rows(books)[A]
    assert (row["CashAccountBalance"], row["FreezeAmount"], row["RealBalance"]) == (8750, 4750, 4000)
    must("hold", "release", A, hold, "7.50", "--data", books)
    assert holds(books) == [(int(hold), 4000)]
    must("hold", "capture", A, hold, "--data", books)
    row = rows(books)[A]
    assert (row["CashAccountBalance"], row["FreezeAmount"]) == (4750, 0) and holds(books) == []
    done = run("hold", "capture", A, hold, "--data", books)
    assert done.returncode == 4 and done.stderr.count("\n") == 1
    must("verify", "--data", books)


def test_every_hold_is_released(books):
    made = [hold_of(must("hold", "create", A, amount, "--data", books)) for amount in ("1", "2", "3")]
    assert [str(hold) for hold, _ in holds(books)] == made
    assert must("hold", "release", A, "--all", "--dry-run", "--data", books) == "dry run: 3 holds released\n"
    assert len(holds(books)) == 3
    assert must("hold", "release", A, "--all", "--data", books) == "3 holds released\n"
    assert holds(books) == [] and rows(books)[A]["RealBalance"] == 10000


def test_too_little_for_a_hold(books):
    done = run("hold", "create", A, "100.01", "--data", books)
    assert done.returncode == 1 and f"{A} has less than 100.01 available" in done.stderr
    assert done.stderr.count("\n") == 1 and holds(books) == []


def test_more_than_is_held_is_refused(books):
    hold = hold_of(must("hold", "create", A, "1", "--data", books))
    for verb in ("capture", "release"):
        done = run("hold", verb, A, hold, "1.01", "--data", books)
        assert done.returncode in (1, 2) and done.stderr.count("\n") == 1
    assert run("hold", "capture", B, hold, "--data", books).returncode == 4  # another member's
    assert holds(books) == [(int(hold), 100)]


def test_a_hold_ends_when_it_was_said_to(ledger, tmp_path):
    data, _ = ledger
    soon = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    with serving(tmp_path, data, "--calls-per-second", "0"):
        must("hold", "create", A, "1", "--expires", soon, "--data", data)
        wait_for(lambda: holds(data) == [], "the end of the hold")
        assert rows(data)[A]["FreezeAmount"] == 0
    assert run("hold", "create", A, "1", "--expires", "2020-01-01T00:00:00Z", "--data", data).returncode == 2


def test_a_hold_is_made_once_under_a_token(books):
    first = json.loads(must("hold", "create", A, "5", "--data", books, "--token", "h", "--json"))
    again = json.loads(must("hold", "create", A, "5", "--data", books, "--token", "h", "--json"))
    assert {**first, "RequestId": ""} == {**again, "RequestId": ""} and len(holds(books)) == 1
    must("hold", "create", A, "5", "--data", books, "--dry-run")
    assert len(holds(books)) == 1


def test_holds_in_every_format(ledger):
    data, _ = ledger
    hold = hold_of(must("hold", "create", A, "1.25", "--data", data))
    table = must("hold", "list", A, "--data", data, "--output", "table")
    assert re.search(rf"^ *{hold} +1\.25  9999-12-31", table, re.M)
    assert must("hold", "list", A, "--data", data, "--output", "csv").splitlines()[1].startswith(f"{hold},125,")


# ---- credit ----

def test_credit_is_set_and_taken_away(books):
    must("credit", "set", A, "500", "--data", books)
    row = rows(books)[A]
    assert (row["BasicCreditAmount"], row["CreditAmount"]) == (50000, 50000)
    must("post", "charge", A, "600", "--data", books)
    text = must("credit", "set", A, "0", "--data", books)
    row = rows(books)[A]
    assert (row["RealBalance"], row["CashAccountBalance"], row["OweAmount"]) == (-50000, 0, 50000)
    assert re.search(rf"^{A}.* 500\.00$", text, re.M)
    assert run("credit", "set", A, "-1", "--data", books).returncode == 2


def test_credit_for_a_while(books):
    text = must("credit", "grant", A, "20", "--until", "2099-01-01T00:00:00Z", "--data", books)
    grant = re.search(r"^grant (\d+): ", text).group(1)
    later = json.loads(must("credit", "grant", A, "5", "--from", "2098-01-01T00:00:00Z", "--until", "2099-01-01T00:00:00Z",
                            "--data", books, "--json"))["GrantId"]
    assert rows(books)[A]["TempCredit"] == 2000
    listed = json.loads(must("credit", "list", A, "--data", books))
    assert [(row["GrantId"], row["TempAmount"]) for row in listed] == [(int(grant), 2000), (later, 500)]
    assert re.search(rf"^ *{grant} +20\.00  ", must("credit", "list", A, "--data", books, "--output", "table"), re.M)
    must("credit", "revoke", A, grant, "--data", books)
    assert rows(books)[A]["TempCredit"] == 0
    assert run("credit", "revoke", A, grant, "--data", books).returncode == 4
    assert [row["GrantId"] for row in json.loads(must("credit", "list", A, "--data", books))] == [later]


def test_credit_of_the_first_and_of_nobody(ledger):
    data, _ = ledger
    assert json.loads(must("credit", "list", A, "--data", data)) == []
    for uin in ("1", "10000000000", "300000000001", "99999999999999999999"):
        done = run("credit", "list", uin, "--data", data)
        assert done.returncode == 4 and uin in done.stderr


def test_a_grant_that_cannot_be(books):
    before = entries(books)
    for words in (["--until", "2020-01-01T00:00:00Z"], ["--from", "soon"],
                  ["--from", "2099-01-01T00:00:00Z", "--until", "2098-01-01T00:00:00Z"]):
        done = run("credit", "grant", A, "1", *words, "--data", books)
        assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert entries(books) == before


# ---- member ----

def test_a_member_is_added_changed_and_removed(books):
    must("member", "add", "200000000009", "Nova", "--cash", "1.50", "--credit", "10", "--credit-account", "--data", books)
    row = rows(books)["200000000009"]
    assert (row["MemberName"], row["RealBalance"], row["BasicCreditAmount"], row["IsCreditAccount"]) == ("Nova", 150, 1000, True)
    must("member", "modify", "200000000009", "--name", "Super Nova", "--credit", "0", "--credit-account", "no", "--data", books)
    row = rows(books)["200000000009"]
    assert (row["MemberName"], row["BasicCreditAmount"], row["IsCreditAccount"]) == ("Super Nova", 0, False)
    done = run("member", "remove", "200000000009", "--data", books)
    assert done.returncode == 1 and done.stderr.count("\n") == 1  # money is there
    must("post", "withdraw", "200000000009", "1.50", "--data", books)
    assert "was removed" in must("member", "remove", "200000000009", "--data", books)
    assert "200000000009" not in rows(books)
    assert run("member", "modify", "200000000009", "--name", "x", "--data", books).returncode == 4
    must("verify", "--data", books)


def test_arrears_let_a_charge_go_further(books):
    assert run("post", "charge", B, "1", "--data", books).returncode == 1
    must("member", "modify", B, "--arrears", "yes", "--data", books)
    must("post", "charge", B, "1", "--data", books)
    assert rows(books)[B]["OweAmount"] == 100
    must("member", "modify", B, "--arrears", "no", "--data", books)
    assert run("post", "charge", B, "1", "--data", books).returncode == 1


def test_what_is_so_already_makes_no_entry(books):
    before = entries(books)
    must("member", "modify", A, "--name", "Aurora", "--credit", "0", "--data", books)
    assert "already" in must("member", "add", A, "Aurora", "--cash", "100", "--data", books)
    must("member", "modify", A, "--name", "Other", "--data", books, "--dry-run")
    must("member", "remove", B, "--data", books, "--dry-run")
    must("member", "add", "200000000009", "Nova", "--data", books, "--dry-run")
    assert entries(books) == before and sorted(rows(books)) == [A, B]


@pytest.mark.parametrize("words, code", [
    (["member", "modify", A], 2), (["member", "modify"], 2), (["member", "modify", A, "--arrears", "maybe"], 2),
    (["member", "modify", A, "--name", ""], 2), (["member", "add", A], 2), (["member", "add", A, "Other"], 1),
    (["member", "add", "0", "x"], 2), (["member", "remove"], 2), (["member", "remove", "300000000001"], 4),
    (["hold", "create", A], 2), (["hold", "capture", A], 2), (["hold", "capture", A, "x"], 2), (["hold", "capture", A, "99999"], 4),
    (["hold", "release", A, "1", "--all"], 2), (["hold", "list"], 2), (["hold", "create", "300000000001", "1"], 4),
    (["credit", "set", A], 2), (["credit", "set", A, "much"], 2), (["credit", "revoke", A], 2), (["credit", "list"], 2),
    (["credit", "list", "x"], 2), (["credit", "borrow"], 2)])
def test_what_cannot_be_meant_is_refused(ledger, words, code):
    data, _ = ledger
    before = entries(data)
    done = run(*words, "--data", data) if words != ["credit", "borrow"] else run(*words)
    assert done.returncode == code and done.stderr.count("\n") == 1 and done.stdout == "", done.stderr
    assert done.stderr.startswith(f"bursar {words[0]}") and entries(data) == before


# ---- member list ----

def test_members_are_found_by_name_uin_debt_and_what_is_left(books):
    must("import", "-", "--data", books, stdin="MemberUin,MemberName,CashAccountBalance,AllowArrears\n"
         "300000000001,aurora two,50,false\n300000000002,Deep,0,true\n")
    must("post", "charge", "300000000002", "3", "--data", books)

    def found(*words):
        return [row["MemberUin"] for row in json.loads(must("member", "list", "--data", books, *words))["Data"]]

    assert found() == [A, B, "300000000001", "300000000002"]
    assert found("--search", "AURORA") == [A, "300000000001"]
    assert found("--uin-prefix", "3") == ["300000000001", "300000000002"]
    assert found("--in-arrears") == ["300000000002"]
    assert found("--available-below", "0.50") == [B, "300000000002"]
    assert found("--sort", "available") == ["300000000002", B, "300000000001", A]
    assert found("--sort", "available", "--order", "desc", "--limit", "1") == [A]
    assert found("--search", "nobody") == []
    assert run("member", "list", "--data", books, "--sort", "name").returncode == 2
    table = must("member", "list", "--data", books, "--in-arrears", "--output", "table")
    assert re.search(r"^300000000002  Deep .* 3\.00$", table, re.M)


def test_more_members_than_a_page(ledger):
    data, _ = ledger
    must("import", "-", "--data", data, stdin="MemberUin,MemberName\n" + "".join(f"4{i:05},m{i}\n" for i in range(2300)))
    for words in ([], ["--search", "m"]):
        lines = must("member", "list", "--data", data, "--uin-prefix", "4", *words, "--output", "jsonl").splitlines()
        assert len(lines) == 2300 and len({json.loads(line)["MemberUin"] for line in lines}) == 2300
