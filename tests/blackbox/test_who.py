"""Who did it: every change leaves an entry that names who asked, through which door, when, and the RequestId that was
answered; history, statement, dump, the access log and a proof agree."""
import getpass
import json
import os
import re

import pytest

from program import call, make_ledger, must, serving

A = "700001941608"
MEMBERS = f"MemberUin,MemberName,CashAccountBalance\n{A},Ann,10000\n"


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A ledger changed through every door, and what was answered: (data, owner's key, network RequestId, access log)."""
    folder = tmp_path_factory.mktemp("who")
    (folder / "m.csv").write_text(MEMBERS)
    data, key = make_ledger(folder, "--owner", "100000000001")
    must("import", folder / "m.csv", "--data", data)
    must("post", "charge", A, "1", "--data", data, "--reason", "folder")
    with serving(folder, data, "--access-log", folder / "access") as server:
        must("post", "charge", A, "2", "--data", data, "--reason", "socket")
        answer = call(server.address, key, "CreateTransfers", {"Transfers": [
            {"Kind": "charge", "MemberUin": A, "Amount": 300, "Reason": "network"}]}, "bursar", "2026-11-01")
        assert answer["Applied"] is True, answer
    return data, key, answer, (folder / "access").read_text()


def charges(data):
    rows = json.loads(must("history", A, "--data", data, "--kind", "charge", "--output", "json"))
    return {row["Reason"]: row["Request"] for row in rows}


def test_each_door_is_told(asked):
    data, key, answer, _ = asked
    told = charges(data)
    user = {"UnixName": getpass.getuser(), "UnixUser": os.getuid()}
    assert {name: told["folder"][name] for name in ("Door", *user)} == {"Door": "folder", **user}
    assert {name: told["socket"][name] for name in ("Door", *user)} == {"Door": "socket", **user}
    assert told["network"] == {
        "AccountUin": "100000000001", "Door": "network", "ReceivedAt": told["network"]["ReceivedAt"],
        "RequestEntryId": answer["EntryIds"][0] + 1, "RequestId": answer["RequestId"], "SecretId": key[0],
        "UserUin": "100000000001"}


def test_nothing_changed_without_a_name(asked):
    """Of the whole journal, from init on, only what time made has no request behind it."""
    rows = json.loads(must("history", "--data", asked[0], "--limit", "0", "--output", "json"))
    assert {row["Kind"] for row in rows} >= {"organisation", "add_key", "join", "opening", "charge"}
    assert all("Request" in row for row in rows)


def test_tables_say_by_whom(asked):
    name = getpass.getuser()
    table = must("history", A, "--data", asked[0], "--output", "table")
    assert re.search(rf"-1\.00 .* {name}@folder +folder", table)
    assert re.search(rf"-2\.00 .* {name}@socket +socket", table)
    assert re.search(r"-3\.00 .* 100000000001 +network", table)
    statement = must("statement", A, "--from", "2020-01-01", "--data", asked[0], "--output", "table")
    assert f"{name}@folder" in statement and "100000000001" in statement


def test_the_dump_has_it_and_comes_back(asked, tmp_path):
    data, _, answer, _ = asked
    text = must("dump", "--data", data)
    [line] = [json.loads(line) for line in text.splitlines() if answer["RequestId"] in line]
    entry = answer["EntryIds"][0] + 1
    assert (line["entry"], line["kind"], line["door"], line["account"], line["made"], line["mark"]) == (
        entry, "request", "network", "100000000001", 1, "signature")
    [key] = [json.loads(row) for row in text.splitlines() if f'"entry":{line["key"]},' in row]
    assert key["kind"] == "add_key" and key["secret_id"] == asked[1][0]
    (tmp_path / "dump").write_text(text)
    must("load", tmp_path / "dump", "--data", tmp_path / "copy")
    assert must("dump", "--data", tmp_path / "copy") == text


def test_a_stranger_can_be_shown_it(asked):
    data, _, answer, _ = asked
    proof = must("prove", answer["EntryIds"][0] + 1, "--data", data)
    said = json.loads(must("verify", "--proof", "-", "--json", stdin=proof))
    assert answer["RequestId"] in json.dumps(said) and "network" in json.dumps(said)


def test_the_access_log_names_the_entries(asked):
    _, _, answer, log = asked
    [line] = [line for line in log.splitlines() if answer["RequestId"] in line]
    first = answer["EntryIds"][0]
    assert f" entries={first}-{first + 1} " in line


def test_the_same_signed_bytes_charge_once(tmp_path):
    """Sent again, also after a restart: refused, naming the remedy; signed anew, it is another request."""
    import http.client
    from program import signed_headers
    (tmp_path / "m.csv").write_text(MEMBERS)
    data, key = make_ledger(tmp_path)
    must("import", tmp_path / "m.csv", "--data", data)
    body = json.dumps({"Transfers": [{"Kind": "charge", "MemberUin": A, "Amount": 100}]}).encode()
    headers = signed_headers(key, body, "bursar", "bursar.tencentcloudapi.com", "CreateTransfers", "2026-11-01")

    def send(server):
        connection = http.client.HTTPConnection(server.address, timeout=20)
        connection.request("POST", "/", body, headers)
        return json.loads(connection.getresponse().read())["Response"]

    with serving(tmp_path, data) as server:
        assert send(server)["Applied"] is True
        for _ in range(2):
            error = send(server)["Error"]
            assert error["Code"] == "AuthFailure.SignatureFailure" and "ClientToken" in error["Message"]
        server.process.kill()
    with serving(tmp_path, data) as server:
        assert "ClientToken" in send(server)["Error"]["Message"]
    assert len(charges_of(data)) == 1


def charges_of(data):
    return json.loads(must("history", A, "--data", data, "--kind", "charge", "--output", "json"))
