"""Who may do what over the network: the nightly job of the help text, what is given, and revocation while others write."""
import json
import threading

import pytest
from program import call, key_of, make_ledger, must, run, serving

OWNER, MEMBER, OTHER = "100000000001", "700001941608", "700001941609"
USER = "100000000778"


def bursar(server, key, action, parameters=None):
    return call(server.address, key, action, parameters, service="bursar", version="2026-11-01")


@pytest.fixture
def served(tmp_path):
    """(server, folder, the owner's key), with two members who have 1,000.00 each."""
    data, key = make_ledger(tmp_path, "--owner", OWNER)
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps({"MemberUin": uin, "MemberName": f"m{uin}", "CashAccountBalance": 100000}) + "\n"
                            for uin in (MEMBER, OTHER)))
    must("import", "--data", data, rows)
    with serving(tmp_path, data, "--calls-per-second", "0") as server:
        yield server, data, key


def documents_of_help():
    """The JSON objects of the help text."""
    text, found, at = must("policy", "put", "--help"), [], 0
    while (at := text.find('{"version"', at)) >= 0:
        document, end = json.JSONDecoder().raw_decode(text[at:])
        found.append(document)
        at += end
    return found


def put(tmp_path, data, user, name, document):
    file = tmp_path / f"{name}.json"
    file.write_text(json.dumps(document))
    return run("policy", "put", "--data", data, "--user", user, file)


def transfer(kind, uin, cents, **more):
    return {"Kind": kind, "MemberUin": uin, "Amount": cents, **more}


def code(answer):
    return answer["Error"]["Code"] if "Error" in answer else None


def test_the_nightly_job_of_the_help_charges_and_does_nothing_else(served, tmp_path):
    server, data, owner = served
    job = key_of(json.loads(must("key", "add", "--data", data, "--user", USER, "--json")))
    nightly = documents_of_help()[1]
    assert put(tmp_path, data, USER, "nightly", nightly).returncode == 0
    answer = bursar(server, job, "CreateTransfers", {"Transfers": [transfer("charge", MEMBER, 25050), transfer("charge", OTHER, 1)]})
    assert answer["Applied"] is True
    for wrong in ([transfer("charge", MEMBER, 25051)], [transfer("top_up", MEMBER, 1)],
                  [transfer("charge", MEMBER, 1), transfer("withdraw", OTHER, 1)]):
        answer = bursar(server, job, "CreateTransfers", {"Transfers": wrong})
        assert code(answer) == "UnauthorizedOperation.CamNoAuth"
        assert "(bursar:CreateTransfers)" in answer["Error"]["Message"]
        assert f"(qcs::bursar:::member/{wrong[-1]['MemberUin']})" in answer["Error"]["Message"]
    for action in ("DescribeMembers", "CreateHold", "CreateKey", "PutPolicy"):
        assert code(bursar(server, job, action)) == "UnauthorizedOperation.CamNoAuth"
    rows = {row["MemberUin"]: row["CashAccountBalance"] for row in bursar(server, owner, "DescribeMembers")["Data"]}
    assert (rows[MEMBER], rows[OTHER]) == (100000 - 25050, 99999)


def test_a_policy_that_can_do_nothing_is_refused_with_its_element(served, tmp_path):
    _, data, _ = served
    allow = {"effect": "allow", "action": "bursar:*", "resource": "*"}
    for deny, named in (({"action": "bursar:*", "resource": "qcs::bursar:::member/1"}, "statement[1].action[0]"),
                        ({"action": "bursar:*", "resource": ["*", "qcs::cvm:::instance/1"]}, "statement[1].resource[1]"),
                        ({"action": "Name/bursar:*", "resource": "*"}, "statement[1].action[0]")):
        done = put(tmp_path, data, USER, "p", {"version": "2.0", "statement": [allow, {"effect": "deny", **deny}]})
        assert done.returncode != 0 and named in done.stderr
    assert json.loads(must("policy", "list", "--data", data)) == []


def test_a_sub_account_gives_no_more_than_it_has(served, tmp_path):
    server, data, owner = served
    keeper = key_of(json.loads(must("key", "add", "--data", data, "--user", USER, "--json")))
    document = {"version": "2.0", "statement": {"effect": "allow", "resource": "*",
                                                "action": ["bursar:CreateKey", "bursar:CreateTemporaryKey", "bursar:PutPolicy"]}}
    assert put(tmp_path, data, USER, "keeper", document).returncode == 0
    everything = json.dumps({"version": "2.0", "statement": {"effect": "allow", "action": "*", "resource": "*"}})
    for action, parameters in (("CreateKey", {"AccountUin": OWNER}), ("CreateKey", {"AccountUin": MEMBER}),
                               ("CreateTemporaryKey", {"AccountUin": OWNER}),
                               ("PutPolicy", {"UserUin": USER, "PolicyName": "all", "PolicyDocument": everything})):
        answer = bursar(server, keeper, action, parameters)
        assert code(answer) == "UnauthorizedOperation.CamNoAuth" and "what you do not have yourself" in answer["Error"]["Message"]
    assert "SecretKey" in bursar(server, keeper, "CreateKey", {"AccountUin": OWNER, "UserUin": "100000000900"})
    assert code(bursar(server, keeper, "DescribeMembers")) == "UnauthorizedOperation.CamNoAuth"
    assert "SecretKey" in bursar(server, owner, "CreateKey", {"AccountUin": OWNER})


WRITERS = 12


@pytest.mark.parametrize("how", ["policy", "key"])
def test_no_write_stands_behind_the_revocation(served, tmp_path, how):
    """All writers are under way when the right is taken away; the entries say who came first."""
    server, data, owner = served
    job = key_of(json.loads(must("key", "add", "--data", data, "--user", USER, "--json")))
    document = {"version": "2.0", "statement": {"effect": "allow", "action": "bursar:CreateTransfers", "resource": "*"}}
    assert put(tmp_path, data, USER, "pay", document).returncode == 0
    refused, under_way = [], threading.Barrier(WRITERS + 1)

    def write():
        name = threading.current_thread().name
        for count in range(10000):
            if count == 5:
                under_way.wait(20)
            answer = bursar(server, job, "CreateTransfers", {"Transfers": [transfer("top_up", MEMBER, 1, Reason=f"job {name} {count}")]})
            if "Error" in answer:
                refused.append(code(answer))
                return

    writers = [threading.Thread(target=write) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    under_way.wait(20)
    if how == "policy":
        answer = bursar(server, owner, "DeletePolicy", {"UserUin": USER, "PolicyName": "pay"})
    else:
        answer = bursar(server, owner, "ModifyKey", {"SecretId": job[0], "Enabled": False})
    assert "Error" not in answer
    for writer in writers:
        writer.join(30)
    assert set(refused) == {"UnauthorizedOperation.CamNoAuth" if how == "policy" else "AuthFailure.SecretIdNotFound"}
    kinds = {"policy": "remove_policy", "key": "set_key"}
    entries = bursar(server, owner, "DescribeEntries", {"Kinds": [kinds[how], "top_up"], "Order": "desc", "Limit": 50})["Data"]
    assert entries[0]["Kind"] == kinds[how], "a write of the revoked user stands behind the revocation"
    assert entries[1]["Reason"].startswith("job ")
