"""Names and reasons: what is taken from people, and what is shown to them. Expected: Python's own Unicode tables."""
import json
import os
import pty
import select
import subprocess
import threading
import unicodedata
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from program import BURSAR, EXAMPLE_KEY, call, clean_environment, make_ledger, must, run, serving

ZWNJ, ZWJ = "\u200c", "\u200d"
# Default_Ignorable_Code_Point of DerivedCoreProperties.txt (Unicode 15) that is not Cf, without variation selectors
IGNORABLE = [0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x3164, 0xFFA0, *range(0xFFF0, 0xFFF9), 0xE0000,
             *range(0xE0002, 0xE0020), *range(0xE0080, 0xE0100), *range(0xE01F0, 0xE1000)]
VARIATIONS = {*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), 0x180B, 0x180C, 0x180D, 0x180F}
CHARACTERS = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
NONCHARACTERS = [code for code in CHARACTERS if code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF]

GOOD = {
    "ascii": "Aurora Ltd., No. 7 (\"east\") <x>", "chinese": "七牛云", "japanese": "データ", "arabic": "شركة",
    "hebrew": "חברה", "latin": "Café Zürich", "hangul": "한국", "emoji": "rocket 🚀", "blank inside": "a  b\u3000c\u00a0d",
    "persian": f"نامه{ZWNJ}ای", "sinhala": f"ශ්{ZWJ}රී", "bengali": f"র{ZWJ}্যাব", "family": f"👩{ZWJ}👩{ZWJ}👧",
    "skin": f"👩🏽{ZWJ}💻", "heart": f"❤\ufe0f{ZWJ}🔥", "ideographic variation": "葛\U000e0100", "keycap": "1\ufe0f\u20e3",
    "flag": "🇨🇳", "private use": "\ue000", "latest ideographs": "\U0002ebf0",
}
BAD = {  # text: the character (from 1) and its code point
    "a\tb": (2, 0x09), "a\nb": (2, 0x0A), "\x1b[31mred": (1, 0x1B), "del\x7f": (4, 0x7F), "next\x85line": (5, 0x85),
    "csi\x9b31m": (4, 0x9B), "soft\xadhyphen": (5, 0xAD), "line\u2028": (5, 0x2028), "paragraph\u2029x": (10, 0x2029),
    "pay \u202e00.1$": (5, 0x202E), "\u2066isolate\u2069": (1, 0x2066), "left\u200e": (5, 0x200E), "\u061calm": (1, 0x61C),
    "zero\u200bwidth": (5, 0x200B), "\ufeffbom": (1, 0xFEFF), "word\u2060joiner": (5, 0x2060), "\u3164": (1, 0x3164),
    "tag\U000e0041": (4, 0xE0041), "\u180emongolian": (1, 0x180E), "non\ufffe": (4, 0xFFFE), "plus\u2064": (5, 0x2064),
    f"end{ZWJ}": (4, 0x200D), f"{ZWNJ}start": (1, 0x200C), f"two{ZWJ}{ZWJ}x": (4, 0x200D), f"1{ZWJ}2": (2, 0x200D),
    f"a{ZWNJ} b": (2, 0x200C), f"👩{ZWNJ}👧": (2, 0x200C), f"a{ZWJ}👧": (2, 0x200D), f"👩{ZWJ}a": (2, 0x200D),
    "\ufe0fx": (1, 0xFE0F), "x\ufe0f\ufe0f": (3, 0xFE0F), "a \ufe0fb": (3, 0xFE0F),
}
BLANK = [" ", "\u3000", "\u00a0\u2003", "   ", "\u2800"]
ENDS = [" a", "a ", "\u3000a", "a\u00a0", "\u2800a"]
NOT_NFC = ["Cafe\u0301", "\u1112\u1161\u11ab", "a\u0323\u0302b\u0302\u0323", "\u212b", "\u2126", "\uf900", "か\u3099", "q\u0302\u0323"]


@pytest.fixture
def ledger(tmp_path):
    return make_ledger(tmp_path)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    data, key = make_ledger(folder)
    with serving(folder, data, "--calls-per-second", "0") as server:
        def ask(action, **parameters):
            return call(server.address, key, action, parameters, "bursar", "2026-11-01")
        assert "Error" not in ask("CreateMembers", Members=[{"MemberUin": "77", "MemberName": "first"}])
        yield ask


def judge_reason(ask, text):
    """None, or the error's text, of a transfer that changes nothing."""
    answer = ask("CreateTransfers", Transfers=[{"Kind": "top_up", "MemberUin": "77", "Amount": 1, "Reason": text}],
                 DryRun=True)
    if "Error" not in answer:
        return None
    assert answer["Error"]["Code"] == "InvalidParameterValue", answer
    return answer["Error"]["Message"]


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD.keys())
def test_text_of_any_script_is_taken_and_comes_back(served, text):
    assert unicodedata.normalize("NFC", text) == text
    assert judge_reason(served, text) is None
    assert "Error" not in served("ModifyMember", MemberUin="77", MemberName=text)
    rows = served("DescribeMembers")["Data"]
    assert [row["MemberName"] for row in rows if row["MemberUin"] == "77"] == [text]


@pytest.mark.parametrize("text", BAD, ids=ascii)
def test_the_character_that_is_wrong_is_named(served, text):
    place, code = BAD[text]
    assert f"`Transfers.0.Reason`" in judge_reason(served, text)
    for said in (judge_reason(served, text), refusal_of_name(served, text)):
        assert f"character {place} is U+{code:04X}, " in said, said


def refusal_of_name(ask, text):
    answer = ask("ModifyMember", MemberUin="77", MemberName=text)["Error"]
    assert answer["Code"] == "InvalidParameterValue" and "`MemberName`" in answer["Message"], answer
    return answer["Message"]


@pytest.mark.parametrize("texts, said", [(BLANK, "nothing but blanks"), (ENDS, "begins or ends with a blank"),
                                         (NOT_NFC, "normalization form NFC")])
def test_blanks_at_the_ends_and_other_forms_are_refused(served, texts, said):
    for text in texts:
        assert said in judge_reason(served, text), ascii(text)
        assert said in refusal_of_name(served, text), ascii(text)


def test_an_empty_reason_is_none(served):
    assert judge_reason(served, "") is None


def test_every_way_in_has_the_rule(served):
    """Each parameter that takes a name or a reason."""
    bad, member = "x\u202ey", {"MemberUin": "77"}
    transfer = {"Kind": "charge", "MemberUin": "77", "Amount": 1, "Reason": bad}
    document = json.dumps({"version": "2.0", "statement": [{"effect": "allow", "action": "*", "resource": "*"}]})
    role = {"AccountUin": "77", "UserUin": "5", "Principal": "role", "SessionName": bad}
    ways = {
        "CreateTransfers": {"Transfers": [transfer]}, "CreateMembers": {"Members": [{"MemberUin": "78", "MemberName": bad}]},
        "ModifyMember": {**member, "MemberName": bad}, "DeleteMember": {**member, "Reason": bad},
        "CreateHold": {**member, "Amount": 1, "Reason": bad}, "CaptureHold": {**member, "HoldId": 1, "Reason": bad},
        "ReleaseHold": {**member, "HoldId": 1, "Reason": bad}, "CreateTemporaryCredit": {**member, "Amount": 1, "Reason": bad},
        "DeleteTemporaryCredit": {**member, "GrantId": 1, "Reason": bad},
        "PutPolicy": {"UserUin": "5", "PolicyName": bad, "PolicyDocument": document},
        "CreateKey": role, "CreateTemporaryKey": role,
    }
    for action, parameters in ways.items():
        answer = served(action, **parameters)
        error = answer["Errors"][0] if action == "CreateMembers" else answer.get("Error", {})
        assert "character 2 is U+202E" in error.get("Message", ""), (action, answer)
        assert error["Code"] == "InvalidParameterValue", (action, answer)


def test_one_bad_reason_of_a_partial_request_refuses_its_transfer_only(served):
    transfers = [{"Kind": "top_up", "MemberUin": "77", "Amount": 1, "Reason": text} for text in ("good", "b\u200bd")]
    answer = served("CreateTransfers", Transfers=transfers, Partial=True, DryRun=True)
    assert len(answer["Errors"]) == 1 and "U+200B" in json.dumps(answer["Errors"])


def expected(code):
    """Of the character alone between two letters: whether it is taken. None: NFC decides."""
    text, category = chr(code), unicodedata.category(chr(code))
    if category in ("Cc", "Cf", "Zl", "Zp"):
        return code in (0x200C, 0x200D)
    if code in IGNORABLE or code in NONCHARACTERS:
        return False
    return unicodedata.normalize("NFC", f"x{text}x") == f"x{text}x"


def test_every_character_of_unicode_is_judged_as_its_category_says(served):
    """All assigned characters that Python knows, those reserved as invisible, and the noncharacters; 4,000 a call."""
    known = [code for code in CHARACTERS if unicodedata.category(chr(code)) not in ("Cn", "Co")]
    codes = sorted({*known, *IGNORABLE, *NONCHARACTERS})
    assert len(codes) > 145_000
    wrong = []
    for first in range(0, len(codes), 1000):
        some = codes[first:first + 1000]
        transfers = [{"Kind": "top_up", "MemberUin": "77", "Amount": 1, "Reason": f"x{chr(code)}x"} for code in some]
        answer = served("CreateTransfers", Transfers=transfers, Partial=True, DryRun=True)
        refused = {error["Index"] for error in answer.get("Errors", [])}
        wrong += [f"U+{code:04X}" for i, code in enumerate(some) if (i not in refused) != expected(code)]
    assert wrong == []


# --- the other ways in ---


def test_init_refuses_a_name_before_there_is_a_folder(tmp_path):
    done = run("init", "--data", tmp_path / "data", "--organization", "Ex\u202emple")
    assert done.returncode == 2 and "character 3 is U+202E" in done.stderr
    assert "\u202e" not in done.stderr and not (tmp_path / "data").exists()


def test_import_and_post_name_the_line(ledger, tmp_path):
    data, _ = ledger
    members, transfers = tmp_path / "members.csv", tmp_path / "transfers.csv"
    members.write_text("MemberUin,MemberName\n11,good\n22,b\u200bd\n33,Cafe\u0301\n44,\u3000\n")
    done = run("import", "--data", data, members)
    assert done.returncode == 2, done.stderr
    for line, said in ((3, "character 2 is U+200B"), (4, "NFC"), (5, "nothing but blanks")):
        assert any(row.startswith(f"{members}:{line}:") and said in row for row in done.stderr.splitlines()), done.stderr
    assert "\u200b" not in done.stderr
    must("member", "add", "--data", data, "11", "good")
    transfers.write_text("kind,uin,amount,reason\ntop_up,11,1,fine\ntop_up,11,1,\u2028\ntop_up,11,1, padded\n")
    done = run("post", "--data", data, "--file", transfers)
    assert done.returncode == 2 and f"{transfers}:3:" in done.stderr and "U+2028" in done.stderr, done.stderr


@pytest.mark.parametrize("words", [
    ["post", "charge", "11", "1", "--reason", "x\u202ey"], ["member", "add", "12", "x\u202ey"],
    ["member", "modify", "11", "--name", "x\u202ey"], ["hold", "create", "11", "1", "--reason", "x\u202ey"]])
def test_the_command_line_has_the_rule(ledger, words):
    data, _ = ledger
    must("member", "add", "--data", data, "11", "good")
    done = run(*words, "--data", data)
    assert done.returncode == 2 and "U+202E" in done.stderr and "\u202e" not in done.stderr, done.stderr


# --- what is shown ---

HOSTILE = "\x1b]0;owned\x07\x9b2J\u202egnp\u2066\u200bx\n\u2028"
DANGERS = set("\x1b\x07\x9b\u202e\u2066\u200b\u2028")


class HostileServer:
    """Answers everything with names, reasons and errors that a terminal would obey."""

    def __init__(self, answers):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                answer = answers(self.headers.get("X-TC-Action", ""))
                body = answer if isinstance(answer, bytes) else json.dumps({"Response": answer}, ensure_ascii=False).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self.endpoint

    def __exit__(self, *ignored):
        self.server.shutdown()
        self.server.server_close()


ROW = {"MemberUin": "1", "MemberName": HOSTILE, "IsCreditAccount": False, "RealBalance": 1, "CashAccountBalance": 1,
       "CreditAmount": 0, "TempCredit": 0, "BasicCreditAmount": 0, "OweAmount": 0}
ENTRY = {"EntryId": 3, "Kind": "charge", "MemberUin": "1", "Amount": 1, "Time": "2026-11-23T13:00:00Z", "Reason": HOSTILE, "After": ROW,
         "Request": {"Door": HOSTILE, "RequestId": HOSTILE, "UnixName": HOSTILE, "UnixUser": 0}}


def hostile_answers(action):
    if action == "CreateKey":
        return {"SecretId": HOSTILE, "SecretKey": "s" + HOSTILE, "AccountUin": "1", "UserUin": HOSTILE, "RequestId": "r"}
    rows = {"DescribeEntries": [ENTRY], "DescribeKeys": [{"SecretId": HOSTILE, "SessionName": HOSTILE}],
            "DescribePolicies": [{"PolicyName": HOSTILE}]}.get(action, [ROW])
    return {"Data": rows, "TotalCount": 1, "PageSize": 1, "PageNumber": 1, "Cursor": "", "RequestId": "r"}


def hostile_error(action):
    return {"Error": {"Code": "Failed" + HOSTILE, "Message": "no: " + HOSTILE}, "RequestId": HOSTILE}


def on_terminal(words, env):
    """What the program writes when standard output and error are a terminal."""
    leader, follower = pty.openpty()
    process = subprocess.Popen([BURSAR, *map(str, words)], stdin=subprocess.DEVNULL, stdout=follower, stderr=follower, close_fds=True,
                               env=clean_environment({**env, "NO_COLOR": "1", "TERM": "xterm"}))
    os.close(follower)
    written = b""
    while select.select([leader], [], [], 30)[0]:
        try:
            some = os.read(leader, 65536)
        except OSError:
            break
        if not some:
            break
        written += some
    os.close(leader)
    process.wait(timeout=30)
    return written.decode()


@pytest.fixture
def environment(tmp_path):
    credentials = tmp_path / "key.json"
    credentials.write_text(json.dumps({"secretId": EXAMPLE_KEY[0], "secretKey": EXAMPLE_KEY[1]}))
    credentials.chmod(0o600)
    return ["--credentials", str(credentials)]


COMMANDS = [["query", "--all"], ["member", "list"], ["history"], ["key", "list"], ["policy", "list"], ["key", "add"],
            ["query", "--all", "--output", "json"], ["history", "--output", "jsonl"], ["member", "list", "--output", "csv"],
            ["call", "billing", "DescribeOrgMemberAccountBalance"], ["key", "add", "--json"], ["export", "-"],
            ["export", "-", "--format", "jsonl"]]


@pytest.mark.parametrize("answers", [hostile_answers, hostile_error, lambda action: HOSTILE.encode()],
                         ids=["rows", "error", "not json"])
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_terminal_gets_nothing_that_it_would_obey(words, answers, environment):
    with HostileServer(answers) as endpoint:
        written = on_terminal([*words, "--endpoint", endpoint, *environment], {})
    # progress erases its own line
    shown = written.replace("\x1b[K", "")
    assert not DANGERS & set(shown), ascii(shown)
    if answers is not hostile_answers or words[0] in ("query", "member", "history", "key"):
        assert "owned" not in shown or "\\u" in shown, ascii(shown)


def test_tables_escape_also_into_a_pipe_and_stay_aligned(environment):
    with HostileServer(hostile_answers) as endpoint:
        done = run("query", "--all", "--output", "table", "--endpoint", endpoint, *environment)
    assert done.returncode == 0, done.stderr
    assert not DANGERS & set(done.stdout)
    assert "\\u{1B}]0;owned\\u{07}\\u{9B}2J\\u{202E}gnp\\u{2066}\\u{200B}x\\u{0A}\\u{2028}" in done.stdout
    assert len({len(line) for line in done.stdout.rstrip().splitlines()}) == 1


def test_json_and_csv_into_a_pipe_are_exact(environment):
    with HostileServer(hostile_answers) as endpoint:
        lines = run("history", "--output", "jsonl", "--endpoint", endpoint, *environment).stdout
        table = run("query", "--all", "--output", "csv", "--endpoint", endpoint, *environment).stdout
    assert json.loads(lines)["Reason"] == HOSTILE
    assert HOSTILE in table


def test_json_on_a_terminal_says_the_same(environment):
    with HostileServer(hostile_answers) as endpoint:
        written = on_terminal(["history", "--output", "jsonl", "--endpoint", endpoint, *environment], {})
    assert json.loads(written[written.index("{"):])["Reason"] == HOSTILE


def test_an_error_of_a_server_is_one_line(environment):
    with HostileServer(hostile_error) as endpoint:
        done = run("query", "--all", "--endpoint", endpoint, *environment)
    assert done.returncode != 0 and done.stderr.count("\n") == 1 and not DANGERS & set(done.stderr)


def test_a_cell_longer_than_any_is_cut(environment):
    def long_name(action):
        return {"Data": [{**ROW, "MemberName": "七" * 5000}], "TotalCount": 1, "PageSize": 1, "PageNumber": 1, "RequestId": "r"}
    with HostileServer(long_name) as endpoint:
        done = run("query", "--all", "--output", "table", "--endpoint", endpoint, *environment)
    assert done.returncode == 0 and done.stdout.count("七") == 1365, done.stderr
