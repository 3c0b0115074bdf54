"""verify, prove, backup, restore, dump, load, export for hledger: what an operator and an auditor meet."""
import base64
import csv
import decimal
import hashlib
import json
import re
import stat
import os
import subprocess

import pytest
from program import call, make_ledger, must, run, serving


@pytest.fixture
def ledger(tmp_path):
    data, key = make_ledger(tmp_path, "--example", "--owner", "100000000001")
    rows = "".join(f"20000000{i:04},member {i},{i * 100}\n" for i in range(1, 21))
    (tmp_path / "members.csv").write_text("MemberUin,MemberName,CashAccountBalance\n" + rows)
    must("import", tmp_path / "members.csv", "--data", data)
    return data, key


def report(data):
    return json.loads(must("verify", "--data", data, "--json"))


# ---- the layout of docs/journal-format.md, computed here a second time ----

def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def big(number):
    return number.to_bytes(8, "big")


def climb(leaf, index, count, path):
    """RFC 6962 section 2.1.1: from a leaf and its audit path to the root."""
    if count == 1:
        assert not path
        return leaf
    split = 1 << (count - 1).bit_length() - 1
    if index < split:
        return sha(b"\1", climb(leaf, index, split, path[:-1]), path[-1])
    return sha(b"\1", path[-1], climb(leaf, index - split, count - split, path[:-1]))


def chain_hash_of(proof):
    batch, path = proof["batch"], [bytes.fromhex(step) for step in proof["path"]]
    leaf = sha(b"\0", big(proof["sequence"]), base64.b64decode(proof["entry"], validate=True))
    first, last = batch["first_sequence"], batch["last_sequence"]
    root = climb(leaf, proof["sequence"] - first, last - first + 1, path)
    assert root.hex() == batch["root"]
    chain = link_hash(bytes.fromhex(proof["previous"]), batch["number"], batch)
    for number, link in enumerate(proof["following"], batch["number"] + 1):
        chain = link_hash(chain, number, link)
    return chain.hex()


def link_hash(chain, number, link):
    return sha(b"\4", chain, bytes.fromhex(link["root"]), big(number), big(link["first_sequence"]),
               big(link["last_sequence"]), big(link["time_us"]), big(link["registry_count"]),
               bytes.fromhex(link["registry_hash"]), big(link["token_count"]), bytes.fromhex(link["token_hash"]))


def test_every_entry_can_be_proved_by_anybody(ledger, tmp_path):
    data, _ = ledger
    head = report(data)
    for entry in range(1, head["LastEntry"] + 1):
        text = must("prove", entry, "--data", data)
        proof = json.loads(text)
        assert proof["sequence"] == entry and chain_hash_of(proof) == head["ChainHash"]
        (tmp_path / "proof").write_text(text)
        said = json.loads(must("verify", "--proof", tmp_path / "proof", "--chain-hash", head["ChainHash"], "--json"))
        assert (said["EntryId"], said["ChainHash"]) == (entry, head["ChainHash"])


def test_a_proof_says_what_it_proves(ledger, tmp_path):
    data, _ = ledger
    said = [json.loads(must("verify", "--proof", "-", "--json", stdin=must("prove", entry, "--data", data)))
            for entry in range(1, report(data)["LastEntry"] + 1)]
    [opening] = [row for row in said if row["Kind"] == "opening" and row["MemberUins"] == ["200000000007"]]
    assert opening["Amount"] == 700
    text = must("verify", "--proof", "-", stdin=must("prove", opening["EntryId"], "--data", data))
    assert re.search(r"^member +200000000007$", text, re.M) and re.search(r"^amount +7\.00$", text, re.M)
    assert said[0]["ChainHash"] in text and "--chain-hash" in text


def test_a_proof_is_made_beside_a_server_and_stays_true(ledger, tmp_path):
    data, key = ledger
    before = report(data)["ChainHash"]
    with serving(tmp_path, data) as server:
        old = must("prove", 3, "--data", data)
        must("key", "add", "--data", data)
        new = json.loads(must("prove", 3, "--data", data))
        assert call(server.address, key)["TotalCount"] == 21
    assert json.loads(old)["head"]["hash"] == chain_hash_of(json.loads(old)) == before
    assert chain_hash_of(new) == report(data)["ChainHash"] != before
    must("verify", "--proof", "-", "--chain-hash", before, stdin=old)
    short = json.loads(must("prove", 3, "--data", data, "--batch"))
    assert short["following"] == [] and chain_hash_of(short) == short["batch"]["hash"]


def test_a_changed_proof_does_not_hold(ledger):
    data, _ = ledger
    text = must("prove", 5, "--data", data).strip()
    must("verify", "--proof", "-", stdin=text)
    for at in range(0, len(text), 7):
        other = "1" if text[at] != "1" else "2"
        done = run("verify", "--proof", "-", stdin=text[:at] + other + text[at + 1:])
        assert done.returncode in (2, 7) and done.stdout == "" and done.stderr.count("\n") == 1, text[at:at + 20]
    assert run("verify", "--proof", "-", stdin="").returncode == 2


def test_the_numbers_of_a_proof_are_hashed(ledger):
    data, _ = ledger
    proof = json.loads(must("prove", 5, "--data", data))
    proof["batch"]["number"] += 1000
    proof["head"]["batches"] += 1000
    done = run("verify", "--proof", "-", stdin=json.dumps(proof, separators=(",", ":")))
    assert (done.returncode, done.stdout) == (7, "") and "not the next link of the chain" in done.stderr


def test_a_proof_of_another_journal_does_not_fit(ledger, tmp_path):
    data, _ = ledger
    (tmp_path / "other").mkdir()
    other, _ = make_ledger(tmp_path / "other")
    done = run("verify", "--proof", "-", "--chain-hash", report(other)["ChainHash"], stdin=must("prove", 3, "--data", data))
    assert done.returncode == 7 and "another chain hash" in done.stderr and done.stdout == ""


@pytest.mark.parametrize("words, code, said", [
    (["0"], 2, "not the number of an entry"), (["x"], 2, "not the number of an entry"), ([], 2, "give one ENTRY"),
    (["99999"], 4, "99999")])
def test_prove_says_what_it_cannot(ledger, words, code, said):
    done = run("prove", *words, "--data", ledger[0])
    assert done.returncode == code and said in done.stderr and done.stdout == ""


# ---- a chain hash that was kept ----

def test_a_kept_chain_hash_is_found_again(ledger):
    data, _ = ledger
    kept = report(data)
    must("key", "add", "--data", data)
    text = must("verify", "--data", data, "--chain-hash", kept["ChainHash"])
    assert f"entry {kept['LastEntry']}," in text
    done = run("verify", "--data", data, "--chain-hash", "ab" * 32)
    assert done.returncode == 7 and "chain hash" in done.stderr and done.stdout == ""
    for wrong in ("ab", "x" * 64, kept["ChainHash"] + "00"):
        assert run("verify", "--data", data, "--chain-hash", wrong).returncode == 2


def test_a_journal_made_anew_does_not_have_the_old_hashes(ledger, tmp_path):
    kept = report(ledger[0])["ChainHash"]
    (tmp_path / "again").mkdir()
    again, _ = make_ledger(tmp_path / "again", "--example", "--owner", "100000000001")
    assert run("verify", "--data", again, "--chain-hash", kept).returncode == 7


# ---- backup and restore ----

def test_a_backup_made_beside_a_server_can_be_put_back(ledger, tmp_path):
    data, key = ledger
    backup, again = tmp_path / "backup", tmp_path / "again"
    with serving(tmp_path, data, "--calls-per-second", "0") as server:
        text = must("backup", backup, "--data", data)
        before = report(data)
        must("key", "add", "--data", data)
        assert call(server.address, key)["TotalCount"] == 21
    assert before["ChainHash"] in text and report(backup) == before != report(data)
    assert sorted(file.name for file in backup.iterdir()) == ["head", "journal.db"]
    assert stat.S_IMODE(os.stat(backup).st_mode) == 0o700
    assert "master.key" in must("restore", backup, "--data", again)
    (again / "master.key").write_bytes((data / "master.key").read_bytes())
    (again / "master.key").chmod(0o600)
    assert report(again) == before
    with serving(tmp_path, again) as server:
        assert call(server.address, key)["TotalCount"] == 21


def test_a_backup_goes_on_where_it_was_made(ledger, tmp_path):
    """A restored folder is one to write to, and its history is that of the first."""
    data, _ = ledger
    kept = json.loads(must("backup", tmp_path / "b", "--data", data, "--json"))
    (tmp_path / "again").mkdir(mode=0o700)
    (tmp_path / "again/master.key").write_bytes((data / "master.key").read_bytes())
    (tmp_path / "again/master.key").chmod(0o600)
    assert json.loads(must("restore", tmp_path / "b", "--data", tmp_path / "again", "--json")) == kept
    must("key", "add", "--data", tmp_path / "again")
    must("verify", "--data", tmp_path / "again", "--chain-hash", kept["ChainHash"])


def test_neither_overwrites_anything(ledger, tmp_path):
    data, _ = ledger
    (tmp_path / "full").mkdir()
    (tmp_path / "full/letter").write_text("dear")
    done = run("backup", tmp_path / "full", "--data", data)
    assert done.returncode == 2 and "not empty" in done.stderr
    assert [file.name for file in (tmp_path / "full").iterdir()] == ["letter"]
    must("backup", tmp_path / "b", "--data", data)
    before = report(data)
    done = run("restore", tmp_path / "b", "--data", data)
    assert done.returncode == 2 and "there already" in done.stderr and report(data) == before


def test_a_broken_backup_is_not_restored(ledger, tmp_path):
    data, _ = ledger
    must("backup", tmp_path / "b", "--data", data)
    bytes_of = bytearray((tmp_path / "b/journal.db").read_bytes())
    bytes_of[bytes_of.find(b"member 11")] ^= 1
    (tmp_path / "b/journal.db").write_bytes(bytes_of)
    done = run("restore", tmp_path / "b", "--data", tmp_path / "again")
    assert done.returncode == 7 and not (tmp_path / "again/journal.db").exists()
    (tmp_path / "b/head").unlink()
    done = run("restore", tmp_path / "b", "--data", tmp_path / "again")
    assert done.returncode in (2, 7) and not (tmp_path / "again/journal.db").exists()


@pytest.mark.parametrize("words", [["backup", "there"], ["restore", "nothing"]])
def test_a_folder_that_is_not_there(tmp_path, words):
    done = run(words[0], tmp_path / words[1], "--data", tmp_path / "none")
    assert done.returncode == 4 and done.stderr.count("\n") == 1


# ---- dump and load ----

def test_a_dump_makes_the_same_journal_again(ledger, tmp_path):
    data, key = ledger
    dumped, again = tmp_path / "books.jsonl", tmp_path / "again"
    with serving(tmp_path, data, "--calls-per-second", "0"):
        must("dump", dumped, "--data", data)
    before = report(data)
    assert stat.S_IMODE(os.stat(dumped).st_mode) == 0o600
    assert must("dump", "--data", data) == dumped.read_text()
    assert report(dumped) == before
    assert json.loads(must("load", dumped, "--data", again, "--json")) == before == report(again)
    assert must("dump", "--data", again) == dumped.read_text()
    (again / "master.key").write_bytes((data / "master.key").read_bytes())
    (again / "master.key").chmod(0o600)
    with serving(tmp_path, again) as server:
        assert call(server.address, key)["TotalCount"] == 21


def test_a_dump_is_json_lines_with_exact_amounts(ledger):
    lines = [json.loads(line) for line in must("dump", "--data", ledger[0]).splitlines()]
    opening = next(line for line in lines if line.get("kind") == "opening" and line["after"][0]["uin"] == "200000000007")
    assert opening["cash"] == "7.00" and lines[0] == {"bursar_dump": 2} and "head" in lines[-1]


def test_a_changed_dump_is_neither_whole_nor_loaded(ledger, tmp_path):
    text = must("dump", "--data", ledger[0])
    (tmp_path / "changed").write_text(text.replace('"7.00"', '"8.00"'))
    for words in (["verify", "--data", tmp_path / "changed"], ["load", tmp_path / "changed", "--data", tmp_path / "again"]):
        done = run(*words)
        assert done.returncode in (2, 7) and done.stdout == "" and done.stderr.count("\n") == 1
    assert not (tmp_path / "again/journal.db").exists()
    done = run("load", "-", "--data", ledger[0], stdin=text)
    assert done.returncode == 2 and "already" in done.stderr


def test_a_kept_chain_hash_is_found_in_a_dump(ledger, tmp_path):
    data, _ = ledger
    kept = report(data)
    must("key", "add", "--data", data)
    must("dump", tmp_path / "dump", "--data", data)
    assert f"entry {kept['LastEntry']}," in must("verify", "--data", tmp_path / "dump", "--chain-hash", kept["ChainHash"])
    assert run("verify", "--data", tmp_path / "dump", "--chain-hash", "ab" * 32).returncode == 7


# ---- hledger ----

def hledger_balances(text):
    done = subprocess.run(["hledger", "-f", "-", "balance", "--flat", "--no-total", "--output-format", "csv", "-c", "0.000000 USD"],
                          input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = list(csv.reader(done.stdout.splitlines()))[1:]
    return {account: decimal.Decimal(amount.removesuffix(" USD")) for account, amount in rows}


def test_hledger_accepts_the_export_and_agrees_with_every_balance(ledger, tmp_path):
    data, key = ledger
    a, b = "200000000011", "200000000012"
    for words in (["top_up", a, "100.000001", "--reason", "paid; in full | cash"], ["grant_gift", a, "5"],
                  ["refund", a, "2.50", "--account", "income"], ["charge", a, "6"], ["move", a, "10", "--to", b],
                  ["withdraw", b, "3"], ["adjust", b, "-0.05", "--gift", "1", "--income", "0.30", "--reason", "corrected"]):
        must("post", *words, "--data", data)
    hold = json.loads(must("hold", "create", b, "4", "--data", data, "--json"))["HoldId"]
    must("hold", "capture", b, hold, "1.25", "--data", data)
    with serving(tmp_path, data) as server:
        found = hledger_balances(must("export", "--format", "hledger", "--data", data))
        members = list(map(json.loads, must("export", "--format", "jsonl", "--data", data).splitlines()))
        own = call(server.address, key, "DescribeOrganizations", {}, "bursar", "2026-11-01")["Data"][0]
    cents = decimal.Decimal("0.01")
    expected = {}
    for row in members:
        real = decimal.Decimal(str(row["RealBalance"])) + decimal.Decimal(str(row["FreezeAmount"]))
        income, gift = (decimal.Decimal(str(row[name])) for name in ("IncomeIntoAccountBalance", "PresentAccountBalance"))
        expected |= {f"members:{row['MemberUin']}:cash": (real - income - gift) * cents,
                     f"members:{row['MemberUin']}:income": income * cents, f"members:{row['MemberUin']}:gift": gift * cents}
    for name in ("Funding", "Revenue", "Promotion", "Suspense"):
        expected[f"organization:{name.lower()}"] = decimal.Decimal(str(own[f"{name}Balance"])) * cents
    assert {account: amount for account, amount in expected.items() if amount} == found
    assert sum(found.values()) == 0 and found[f"members:{a}:cash"] != int(found[f"members:{a}:cash"])


def test_hledger_needs_a_folder(ledger):
    assert run("export", "--format", "hledger", "--endpoint", "http://127.0.0.1:1").returncode == 2
    assert run("export", "--format", "hledger", "--data", ledger[0], "--organization", "2").returncode == 4
