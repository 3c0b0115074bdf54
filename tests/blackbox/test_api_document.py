"""`bursar api --json`: the API as one document. It says what docs/api.md says, and what answers hold."""
import json
import re

import pytest
from program import ROOT, call, make_ledger, must, run, serving
from test_clock import operate

ROWS = re.compile(r"^\| ((?:&nbsp;)*)`(\w+)` \| ([^|]*) \| ([^|]*) \| (.*) \|$")


@pytest.fixture(scope="module")
def document():
    return json.loads(must("api", "--json"))


def actions(document):
    return {action["Name"]: (product, action) for product in document["Products"] for action in product["Actions"]}


def flat(members, depth=0):
    """Name, type and whether it must be there, as a table of docs/api.md shows them."""
    for member in members:
        named = f" `{member['Object']}`" if "Object" in member else ""
        needed = member.get("Required", not member.get("Optional", False))
        yield depth, member["Name"], member["Type"] + named, "yes" if needed else ""
        yield from flat(member.get("Members", ()), depth + 1)


def tables(text):
    """The rows of each table of a section, by the table's first head."""
    found = {}
    for line in text.splitlines():
        if head := re.match(r"\| (parameter|answer) \|", line):
            rows = found.setdefault(head[1], [])
        elif row := ROWS.match(line):
            rows.append((row[1].count("&nbsp;") // 2, row[2], row[3], row[4].strip()))
    return found


def test_it_says_what_the_documentation_says(document):
    text = (ROOT / "docs/api.md").read_text().split("<!-- generated: actions -->")[1]
    sections = dict(re.findall(r"^### (?:Object `)?(\w+)`?\n(.*?)(?=^##|\Z|<!-- end)", text, re.M | re.S))
    known = actions(document)
    objects = {item["Name"]: item["Members"] for item in document["Objects"]}
    assert set(sections) == set(known) | set(objects)
    for name, (product, action) in known.items():
        shown = tables(sections[name])
        assert shown.get("parameter", []) == list(flat(action["Parameters"])), name
        assert shown.get("answer", []) == list(flat(action["Outputs"])), name
        assert action["Help"] in sections[name] and f"`{action['PolicyAction']}`" in sections[name]
        assert action["Writes"] == ("Writes: the answer comes" in sections[name])
        codes = {error["Name"]: error["Code"] for error in document["Errors"]}
        assert re.findall(r"^\* `([\w.]+)`: ", sections[name], re.M) == list(dict.fromkeys(codes[e] for e in action["Errors"]))
    for name, members in objects.items():
        assert tables(sections[name])["answer"] == list(flat(members)), name


def test_every_error_is_there_once(document):
    rows = (ROOT / "docs/api.md").read_text().split("<!-- generated: errors -->")[1].splitlines()
    shown = [row.split(" | ")[0][2:] for row in rows if row.startswith("| ")][1:]
    assert shown == [error["Code"] for error in document["Errors"]]
    assert len({error["Name"] for error in document["Errors"]}) == len(document["Errors"])
    assert {error["HttpStatus"] for error in document["Errors"]} == {200}
    assert any(error["OfEveryAction"] for error in document["Errors"])


def test_it_needs_to_be_told_the_form():
    assert run("api").returncode == 2
    assert run("api", "--json", "more").returncode == 2


# ---- answers ----

def fits(value, kind):
    if kind.startswith("list of "):
        return isinstance(value, list) and all(fits(item, kind[8:]) for item in value)
    types = {"string": str, "int64": int, "float": (int, float), "bool": bool, "object": dict}
    return isinstance(value, types[kind]) and (kind == "bool" or not isinstance(value, bool))


def check(document, members, answer, where):
    """In the table's order, of their types, and those that must be there are."""
    objects = {item["Name"]: item["Members"] for item in document["Objects"]}
    known = {member["Name"]: member for member in members}
    assert set(answer) <= set(known), where
    assert list(answer) == [name for name in known if name in answer], where
    for name, member in known.items():
        if name not in answer:
            assert member["Optional"], (where, name)
            continue
        assert fits(answer[name], member["Type"]), (where, name, answer[name])
        inner = objects[member["Object"]] if "Object" in member else member.get("Members")
        values = answer[name] if isinstance(answer[name], list) else [answer[name]]
        for value in values if inner else ():
            check(document, inner, value, f"{where}.{name}")


POLICY = json.dumps({"version": "2.0", "statement": {"effect": "allow", "action": "finance:*", "resource": "*"}})
MEMBER = {"MemberUin": "7", "MemberName": "seven", "CashAccountBalance": 5000, "RealBalance": 5000}
CALLS = [
    ("CreateOrganization", {"Name": "second", "OwnerUin": "900001"}),
    ("DescribeOrganizations", {}),
    ("CreateMembers", {"Members": [MEMBER, {"MemberUin": "8", "MemberName": ""}], "Partial": True}),
    ("CreateMembers", {"Members": [{"MemberUin": uin, "MemberName": "n" + uin} for uin in ("9", "10")]}),
    ("ModifyMember", {"MemberUin": "7", "MemberName": "Seven", "BasicCreditAmount": 100}),
    ("CreateTransfers", {"Transfers": [
        {"Kind": "top_up", "MemberUin": "7", "Amount": 1000, "Reason": "r"}, {"Kind": "charge", "MemberUin": "6", "Amount": 1},
        {"Kind": "move", "MemberUin": "7", "ToMemberUin": "9", "Amount": 10},
        {"Kind": "adjust", "MemberUin": "7", "CashAmount": -1, "Reason": "a"}], "Partial": True}),
    ("CreateHold", {"MemberUin": "7", "Amount": 20}),
    ("CreateHold", {"MemberUin": "7", "Amount": 30}),
    ("DescribeHolds", {"MemberUin": "7"}),
    ("CaptureHold", {"MemberUin": "7", "HoldId": "HOLD", "Amount": 5}),
    ("ReleaseHold", {"MemberUin": "7", "HoldId": "HOLD"}),
    ("CreateTemporaryCredit", {"MemberUin": "7", "Amount": 9, "EndTime": "2199-01-01 00:00:00"}),
    ("CreateTemporaryCredit", {"MemberUin": "7", "Amount": 8}),
    ("DescribeMembers", {}),
    ("DescribeMembers", {"Search": "e", "SortBy": "available"}),
    ("DeleteTemporaryCredit", {"MemberUin": "7", "GrantId": "GRANT"}),
    ("DescribeMemberBalance", {"MemberUin": "7"}),
    ("CreateKey", {"ExpiresAt": "2199-01-01 00:00:00"}),
    ("CreateTemporaryKey", {}),
    ("DescribeKeys", {}),
    ("ModifyKey", {"SecretId": "KEY", "Enabled": False}),
    ("PutPolicy", {"UserUin": "77", "PolicyName": "p", "PolicyDocument": POLICY}),
    ("DescribePolicies", {}),
    ("DeletePolicy", {"UserUin": "77", "PolicyName": "p"}),
    ("PutDelegation", {"AccountUin": "7", "MemberUins": ["9"]}),
    ("PutDelegation", {"AccountUin": "9", "Everyone": True}),
    ("DescribeDelegations", {}),
    ("DeleteDelegation", {"AccountUin": "7"}),
    ("DescribeStatement", {"MemberUin": "7", "StartTime": "2020-01-01 00:00:00"}),
    ("DescribeEntries", {"Limit": 1000}),
    ("DescribeClock", {}),
    ("ConfirmClock", {}),
    ("DeleteMember", {"MemberUin": "10", "Reason": "out"}),
]


def test_answers_hold_what_it_says(document, tmp_path):
    data, key = make_ledger(tmp_path, "--owner", "6")
    known = actions(document)
    seen, held = set(), {}

    def note(action, answer):
        assert "Error" not in answer, (action, answer)
        answer.pop("RequestId")
        check(document, known[action][1]["Outputs"], answer, action)
        seen.add(action)
        for name in ("HoldId", "GrantId", "SecretId"):
            held[name] = answer.get(name, held.get(name))

    with serving(tmp_path, data, "--calls-per-second", 0) as server:
        for action, parameters in CALLS:
            waits = {"HOLD": "HoldId", "GRANT": "GrantId", "KEY": "SecretId"}
            sent = {name: held[waits[value]] if isinstance(value, str) and value in waits else value
                    for name, value in parameters.items()}
            note(action, operate(data, action, **sent))
            if action == "CreateTemporaryCredit":
                for words in ({}, {"TempCredit": True}):
                    note("DescribeAccountBalance", call(server.address, key, "DescribeAccountBalance", words))
        for action in ("DescribeEntries", "DescribeKeys"):
            note(action, call(server.address, key, action, {}, "bursar", "2026-11-01"))
        note("DescribeOrgMemberAccountBalance", call(server.address, key))
    assert seen == set(known)
