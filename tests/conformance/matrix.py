"""The table client x mode x scheme: every cell makes the same calls and must read the same answers."""
import json
import pathlib
import time
import xml.sax.saxutils

import clients
import world

HERE = pathlib.Path(__file__).resolve().parent
FIELDS = ["MemberUin", "MemberName", "IsCreditAccount", "RealBalance", "CashAccountBalance", "CreditAmount",
          "TempCredit", "BasicCreditAmount", "OweAmount"]


class Mismatch(Exception):
    pass


def expect(what, got, wanted):
    if got != wanted:
        raise Mismatch(f"{what}: got {got!r}, expected {wanted!r}")


def row(member):
    """The nine fields, numbers compared as numbers (an SDK may hand on 1061 or 1061.0)."""
    return {name: member.get(name) for name in FIELDS}


def ask(client, call):
    """Asks again after a second when the limit of 20 a second was met: that is what a client does."""
    for _ in range(3):
        answer = client.ask(**call)
        if answer.get("error", {}).get("code") != "RequestLimitExceeded":
            break
        time.sleep(1)
    return answer


def read(client, call):
    answer = ask(client, call)
    if "ok" not in answer:
        raise Mismatch(f"an error: {answer['error']}")
    return answer["ok"]


def check_values(client, call, members):
    wanted = members[:10]
    got = read(client, {**call, "params": {"MemberUins": [member["MemberUin"] for member in reversed(wanted)]}})
    expect("rows", [row(member) for member in got["Data"]], wanted)
    expect("TotalCount", got["TotalCount"], len(wanted))
    expect("PageSize", got["PageSize"], len(wanted))
    if len(got["RequestId"]) != 36:
        raise Mismatch(f"RequestId {got['RequestId']!r}")


def check_paging(client, call, members):
    seen, page = [], 1
    while True:
        got = read(client, {**call, "params": {"PageNumber": page, "PageSize": 7}})
        expect("TotalCount", got["TotalCount"], len(members))
        expect("PageNumber", got["PageNumber"], page)
        seen += [row(member) for member in got["Data"]]
        if not got["Data"]:
            break
        page += 1
    expect("all pages", seen, members)


def check_none_found(client, call, members):
    got = read(client, {**call, "params": {"MemberUins": ["999999999999"]}})
    expect("Data", got["Data"], [])
    expect("TotalCount", got["TotalCount"], 0)


def check_error(client, call, code, text):
    answer = ask(client, call)
    if "error" not in answer:
        raise Mismatch(f"no error but {json.dumps(answer)[:200]}, expected {code}")
    expect("the error's code", answer["error"]["code"], code)
    if text not in answer["error"]["message"]:
        raise Mismatch(f"{code} says {answer['error']['message']!r}, expected {text!r}")
    if len(answer["error"].get("requestId") or "") != 36:
        raise Mismatch(f"{code} without a request id: {answer['error']}")


# A slow client on a busy machine makes hardly 20 in a second.
CALLS_UNTIL_LIMIT = 400


def check_limit(client, call):
    """More calls than the limit: an Error of the limit's code with count and limit must come (parameters that fail late
    are counted too, so any other error is fine before it)."""
    for _ in range(CALLS_UNTIL_LIMIT):
        answer = client.ask(**call)
        if answer.get("error", {}).get("code") == "RequestLimitExceeded":
            if "exceeds the frequency limit `" not in answer["error"]["message"]:
                raise Mismatch(f"the limit says {answer['error']['message']!r}")
            return
    raise Mismatch(f"{CALLS_UNTIL_LIMIT} calls in a row and no limit")


def cases(client, kind, call, keys, members):
    """(name, function) of every call of one cell."""
    typed_or_common = {**call, "params": {}}
    yield "ten members", lambda: check_values(client, call, members)
    yield "all pages", lambda: check_paging(client, call, members)
    yield "none found", lambda: check_none_found(client, call, members)
    errors = [
        ("AuthFailure.SecretIdNotFound", {"secretId": "AKID" + "0" * 32}, "The SecretId is not found"),
        ("AuthFailure.SecretIdNotFound", {"secretId": "AKID" + "0" * 32, "language": "zh-CN"}, "SecretId不存在"),
        ("AuthFailure.SignatureFailure", {"secretKey": "0" * 32}, "Please check your signature is correct."),
        ("AuthFailure.TokenFailure", {"token": "not-a-token"}, "Token verification failed"),
        ("UnauthorizedOperation.CamNoAuth", keys["member"], "DescribeOrgMemberAccountBalance"),
        ("UnsupportedOperation", keys["outsider"], ""),
        ("InvalidParameterValue", {"params": {"PageSize": 11}}, "PageSize"),
    ]
    if kind == "common":
        errors += [
            ("NoSuchVersion", {"version": "2017-01-01"}, "The specified api version=`2017-01-01` does not exist"),
            ("InvalidAction", {"action": "DescribeNothing"}, "The request action=`DescribeNothing` is invalid"),
        ]
    for code, change, text in errors:
        if "language" in change and not client.chooses_language:
            continue
        name = code + (" in Chinese" if "language" in change else "")
        yield name, lambda change=change, code=code, text=text: check_error(
            client, {**typed_or_common, **change}, code, text)
    if kind != "cli":  # one process a call is too slow to meet a limit a second
        yield "RequestLimitExceeded", lambda: check_limit(
            client, {**typed_or_common, **keys["limited"], "params": {"MemberUins": ["1"]}})


def run_cell(client, kind, mode, scheme, keys, members):
    """Results of one cell: [(case, None or why it failed)]."""
    call = {"client": kind, "mode": mode, "scheme": scheme, "endpoint": clients.ENDPOINT,
            "action": clients.ACTION, "version": "2018-07-09", **keys["owner"]}
    results = []
    for name, check in cases(client, kind, call, keys, members):
        try:
            check()
            results.append((name, None))
        except (Mismatch, RuntimeError, KeyError) as why:
            results.append((name, f"{type(why).__name__}: {why}"))
    return results


def write_junit(path, table, missing):
    quote = xml.sax.saxutils.quoteattr
    lines = ['<?xml version="1.0" encoding="utf-8"?>', '<testsuite name="conformance">']
    for (client, kind, mode, scheme), results in table.items():
        for name, failure in results:
            where = f'classname="conformance" name={quote(f"{client} {kind} {mode} {scheme}: {name}")}'
            lines.append(f"<testcase {where}/>" if failure is None else
                         f"<testcase {where}><failure message={quote(failure)}/></testcase>")
    for name, why in missing.items():
        lines.append(f'<testcase classname="conformance" name={quote(name)}><skipped message={quote(why)}/></testcase>')
    pathlib.Path(path).write_text("\n".join([*lines, "</testsuite>"]))


def write_page(path, table, sdks):
    columns = sorted({(mode, scheme) for _, _, mode, scheme in table}, key=lambda c: (clients.MODES.index(c[0]), c[1]))
    text = ["# Conformance: official clients against bursar", "",
            "Written by `tests/conformance/run --write`; do not edit. Each cell: calls that were read as expected of all made "
            "(values, paging to the end, and every kind of error, each read by the SDK's own error type).", "",
            "The clients come from their registries at the versions named and call `billing.intl.tencentcloudapi.com`, which",
            "is loopback inside the test's own network namespace. A dash: the client has no such mode.", "",
            "| client | kind | " + " | ".join(f"{mode} {scheme}" for mode, scheme in columns) + " |",
            "|---" * (len(columns) + 2) + "|"]
    for client, kind in dict.fromkeys((client, kind) for client, kind, _, _ in table):
        cells = []
        for mode, scheme in columns:
            results = table.get((client, kind, mode, scheme))
            cells.append("-" if results is None else
                         f"{sum(1 for _, failure in results if failure is None)}/{len(results)}")
        text.append(f"| {sdks[client]} | {kind} | " + " | ".join(cells) + " |")
    text += ["", "Made in each cell: ten members by uin with all nine fields; all pages of seven to the end; a uin that is not "
             "there; and the errors", "AuthFailure.SecretIdNotFound (English and Chinese), AuthFailure.SignatureFailure, "
             "AuthFailure.TokenFailure, UnauthorizedOperation.CamNoAuth,", "UnsupportedOperation, InvalidParameterValue, "
             "RequestLimitExceeded (not the command lines), and with common clients NoSuchVersion and", "InvalidAction. The international Node edition speaks English only.", "",
             "The Go and Java editions in the registries are older than the action, so that their common clients call it."]
    pathlib.Path(path).write_text("\n".join(text) + "\n")


def main(root, work, missing, junit, write):
    with world.World(root, work) as here:
        table, sdks = {}, {}
        for installer, client in clients.all_clients(HERE, work, here.certificate):
            sdks[client.name] = client.sdk
            if installer in missing:
                continue
            for kind in client.kinds:
                for mode in client.modes:
                    for scheme in ("https",) if kind == "cli" else ("http", "https"):
                        results = run_cell(client, kind, mode, scheme, here.keys, here.members)
                        table[client.name, kind, mode, scheme] = results
                        bad = [f"{name}: {why}" for name, why in results if why]
                        print(f"{client.name} {kind} {mode} {scheme}: {len(results) - len(bad)}/{len(results)}", *bad,
                              sep="\n    ", flush=True)
            client.close()
    write_junit(junit, table, missing)
    if write:
        write_page(root / "docs/conformance.md", table, sdks)
    return 1 if any(why for results in table.values() for _, why in results) else 0
