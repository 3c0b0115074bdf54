"""query, call, sign: the client as a user types it, against a demo server in memory."""
import csv
import hashlib
import io
import json
import os
import pty
import re
import select
import subprocess

import pytest
from program import BURSAR, EXAMPLE_KEY, ROOT, clean_environment, free_port, run, running, signed_headers

MEMBER = "700001941608"
FIELDS = ["MemberUin", "MemberName", "IsCreditAccount", "RealBalance", "CashAccountBalance", "CreditAmount",
          "TempCredit", "BasicCreditAmount", "OweAmount"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    with running(folder, "demo", "--listen", "127.0.0.1:0", "--members", 37, "--calls-per-second", 0) as server:
        yield server


@pytest.fixture
def key_file(tmp_path):
    return write_key(tmp_path / "key.ini")


def write_key(path, secret_id=EXAMPLE_KEY[0], secret_key=EXAMPLE_KEY[1]):
    path.write_text(f"[default]\nsecret_id = {secret_id}\nsecret_key = {secret_key}\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def client(demo, key_file, tmp_path):
    """bursar SUBCOMMAND ... against the demo, in a home of its own."""
    def call(subcommand, *words, **named):
        env = {"HOME": str(tmp_path), **named.pop("env", {})}
        return run(subcommand, *words, "--endpoint", f"http://{demo.address}", "--credentials", key_file, env=env,
                   **named)
    return call


def everyone(client):
    done = client("query", "--all", "--output", "jsonl")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def total(client):
    return json.loads(client("query").stdout)["TotalCount"]


# query

def test_one_member_as_the_api_gives_it(client):
    done = client("query", MEMBER)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    answer = json.loads(done.stdout)
    assert answer == {"Data": [{"BasicCreditAmount": 0, "CashAccountBalance": 36365911, "CreditAmount": 0,
                                "IsCreditAccount": False, "MemberName": "kleinerwang_test", "MemberUin": MEMBER,
                                "OweAmount": 0, "RealBalance": 36365911, "TempCredit": 0}], "TotalCount": 1}
    assert list(answer["Data"][0]) == sorted(FIELDS)


def test_all_members_once_in_order(client):
    rows = everyone(client)
    uins = [int(row["MemberUin"]) for row in rows]
    assert len(rows) == total(client) > 37
    assert uins == sorted(set(uins))


def test_pages_add_up_to_all(client):
    pages = []
    for number in range(1, 2 + total(client) // 10):
        done = client("query", "--page", number, "--output", "jsonl")
        assert done.returncode == 0, done.stderr
        pages += [json.loads(line) for line in done.stdout.splitlines()]
    assert pages == everyone(client)
    assert json.loads(client("query", "--page", "500").stdout) == {"Data": [], "TotalCount": total(client)}


def test_more_than_ten_uins_become_several_calls(client):
    rows = everyone(client)
    uins = [row["MemberUin"] for row in rows[:23]]
    done = client("query", *reversed(uins), uins[0], "--output", "jsonl")
    assert done.returncode == 0, done.stderr
    assert [json.loads(line) for line in done.stdout.splitlines()] == rows[:23]


def test_a_uin_that_is_no_member_is_named_and_the_others_are_printed(client):
    done = client("query", MEMBER, "123", "--output", "jsonl")
    assert done.returncode == 4
    assert "123 is not a member" in done.stderr
    assert json.loads(done.stdout)["MemberUin"] == MEMBER


@pytest.mark.parametrize("uin", ["abc", "007", "", "1" * 21, "12 3"])
def test_what_is_no_uin_is_refused_before_it_is_sent(client, uin):
    done = client("query", uin)
    assert done.returncode == 2
    assert "not a UIN" in done.stderr
    assert done.stdout == ""


def test_csv_has_the_apis_names_and_cents(client):
    rows = everyone(client)
    done = client("query", "--all", "--output", "csv")
    read = list(csv.DictReader(io.StringIO(done.stdout)))
    assert list(read[0]) == FIELDS
    for row, line in zip(rows, read):
        for field, value in row.items():
            expected = str(value).lower() if isinstance(value, bool) else str(value)
            assert line[field] == expected


def test_a_table_shows_units_aligned_by_their_points(client):
    done = client("query", "--all", "--output", "table")
    title, *lines = done.stdout.splitlines()
    assert title.startswith("MEMBER UIN")
    assert len(lines) == total(client)
    seed = next(line for line in lines if line.startswith(MEMBER))
    assert re.split(r"  +", seed) == [MEMBER, "kleinerwang_test", "no", "363659.11", "363659.11", "0.00", "0.00",
                                      "0.00", "0.00"]
    ascii_lines = [line for line in [title, *lines] if line.isascii()]
    assert len({len(line) for line in ascii_lines}) == 1, "right-aligned last column: all lines equally long"


def on_terminal(words, env=None):
    """What a person sees: standard output and error are one terminal."""
    leader, follower = pty.openpty()
    process = subprocess.Popen([BURSAR, *map(str, words)], stdout=follower, stderr=follower, stdin=follower,
                               env=clean_environment({"TERM": "xterm", **(env or {})}))
    os.close(follower)
    seen = b""
    while select.select([leader], [], [], 30)[0]:
        try:
            part = os.read(leader, 65536)
        except OSError:
            break
        if not part:
            break
        seen += part
    os.close(leader)
    assert process.wait(timeout=30) == 0, seen
    return seen.decode()


def test_a_terminal_gets_a_table_and_no_colour_when_not_wanted(demo, key_file):
    words = ["query", MEMBER, "--endpoint", f"http://{demo.address}", "--credentials", key_file]
    seen = on_terminal(words)
    assert "363659.11" in seen
    assert "\033[1m" in seen
    assert "\033[1m" not in on_terminal(words, {"NO_COLOR": "1"})


@pytest.mark.parametrize("words, said", [
    (["--output", "xml"], "table, json, jsonl or csv"),
    (["--all", "--page", "2"], "one of them"),
    (["--all", MEMBER], "one of them"),
    (["--pagee", "2"], "--page"),
    (["--page", "two"], "--page"),
    (["--timeout", "99999"], "--timeout"),
])
def test_mistyped_commands_say_what_was_meant(client, words, said):
    done = client("query", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


# failures

def test_a_wrong_secret_is_an_authentication_failure_with_the_clouds_line(client, key_file):
    write_key(key_file, secret_key="x" * 32)
    done = client("query")
    assert done.returncode == 3
    assert done.stdout == "", "no half answer"
    first, second = done.stderr.splitlines()
    assert re.fullmatch(r"\[TencentCloudSDKException\] code:AuthFailure.SignatureFailure "
                        r"message:The provided credentials could not be validated. Please check your signature is "
                        r"correct. requestId:[0-9a-f-]{36}", first)
    assert "SecretKey" in second


def test_an_unknown_key_says_so(client, key_file):
    write_key(key_file, secret_id="AKIDnobody")
    done = client("query")
    assert done.returncode == 3
    assert "AuthFailure.SecretIdNotFound" in done.stderr


def test_nobody_listening_is_a_network_failure(key_file, tmp_path):
    done = run("query", "--endpoint", f"http://127.0.0.1:{free_port()}", "--credentials", key_file)
    assert done.returncode == 6
    assert len(done.stderr.splitlines()) == 1


def test_the_rate_limit_has_an_exit_code_of_its_own_and_retries_wait_it_out(tmp_path, key_file):
    with running(tmp_path, "demo", "--listen", "127.0.0.1:0", "--calls-per-second", 1) as server:
        words = ("query", MEMBER, "--endpoint", f"http://{server.address}", "--credentials", key_file)
        codes = [run(*words).returncode for _ in range(20)]
        assert 5 in codes
        assert set(codes) <= {0, 5}
        assert run(*words, "--retries", 6).returncode == 0
        several = run("query", *range(100, 121), *words[2:])
        assert several.returncode == 4, "three calls in three seconds, and none of them a member"


def test_an_unwritable_output_is_not_success(demo, key_file):
    with open("/dev/full", "w") as full:
        done = subprocess.run([BURSAR, "query", "--endpoint", f"http://{demo.address}", "--credentials", key_file],
                              stdout=full, stderr=subprocess.PIPE, text=True, env=clean_environment())
    assert done.returncode == 6
    assert "standard output" in done.stderr


def make_certificate(folder):
    certificate, private = folder / "cert.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "2", "-subj", "/CN=bursar test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", private, "-out",
                    certificate], check=True, capture_output=True)
    private.chmod(0o600)
    return certificate, private


def test_over_tls_only_what_is_trusted_is_asked(tmp_path, key_file):
    certificate, private = make_certificate(tmp_path)
    with running(tmp_path, "demo", "--listen-tls", "127.0.0.1:0", "--tls-cert", certificate, "--tls-key",
                 private) as server:
        words = ("query", MEMBER, "--endpoint", f"https://{server.address}", "--credentials", key_file)
        assert run(*words, "--ca-file", certificate).returncode == 0
        done = run(*words)
        assert done.returncode == 6
        assert "certificate" in done.stderr.lower()
        assert done.stdout == ""


# where keys come from

def ask(demo, home, env=None, words=(), **named):
    return run("query", MEMBER, "--endpoint", f"http://{demo.address}", *words, env={"HOME": str(home), **(env or {})},
               **named)


def test_keys_from_the_environment(demo, tmp_path):
    done = ask(demo, tmp_path, {"TENCENTCLOUD_SECRET_ID": EXAMPLE_KEY[0], "TENCENTCLOUD_SECRET_KEY": EXAMPLE_KEY[1]})
    assert done.returncode == 0, done.stderr


def test_keys_from_the_clis_profile(demo, tmp_path):
    (tmp_path / ".tccli").mkdir()
    path = tmp_path / ".tccli/work.credential"
    path.write_text(json.dumps({"secretId": EXAMPLE_KEY[0], "secretKey": EXAMPLE_KEY[1], "token": None}))
    path.chmod(0o600)
    assert ask(demo, tmp_path).returncode == 4
    assert ask(demo, tmp_path, {"TCCLI_PROFILE": "work"}).returncode == 0
    assert ask(demo, tmp_path, words=("--profile", "work")).returncode == 0
    wrong = {"TENCENTCLOUD_SECRET_ID": "a", "TENCENTCLOUD_SECRET_KEY": "b"}
    assert ask(demo, tmp_path, wrong, words=("--profile", "work")).returncode == 0, "named, so meant"
    assert ask(demo, tmp_path, {**wrong, "TCCLI_PROFILE": "work"}).returncode == 3, "the environment is stronger"


def test_the_endpoint_from_the_clis_profile(demo, tmp_path):
    (tmp_path / ".tccli").mkdir()
    (tmp_path / ".tccli/default.configure").write_text(json.dumps(
        {"_sys_param": {"region": "ap-singapore", "output": "json"},
         "billing": {"version": "2018-07-09", "endpoint": f"http://{demo.address}"}}))
    done = run("query", MEMBER, "--credentials", write_key(tmp_path / "k"), env={"HOME": str(tmp_path)})
    assert done.returncode == 0, done.stderr


def test_keys_from_the_sdks_file(demo, tmp_path):
    (tmp_path / ".tencentcloud").mkdir()
    write_key(tmp_path / ".tencentcloud/credentials")
    assert ask(demo, tmp_path).returncode == 0


def test_no_key_names_every_place(demo, tmp_path):
    done = ask(demo, tmp_path)
    assert done.returncode == 4
    for place in ("--credentials", "TENCENTCLOUD_SECRET_ID", ".tccli/default.credential", ".tencentcloud/credentials"):
        assert place in done.stderr


@pytest.mark.parametrize("text, said", [
    ("[default]\nsecret_id = a\nnonsense\n", ":3:"),
    ("[default]\nsecret_id = a\n", "no key"),
    ('{"secretId": "a", "secretKey": "b"', "key.ini:1:"),
    ('{"secretId": "a b", "secretKey": "c"}', "secretId"),
    ("", "no key"),
    ("[default]\nsecret_id = " + "a" * 3000 + "\nsecret_key = b\n", ":2:"),
])
def test_a_bad_credential_file_names_itself_and_the_line(demo, tmp_path, text, said):
    path = tmp_path / "key.ini"
    path.write_text(text)
    path.chmod(0o600)
    done = ask(demo, tmp_path, words=("--credentials", path))
    assert done.returncode == 2
    assert "key.ini" in done.stderr and said in done.stderr


def test_half_a_key_in_the_environment_is_a_mistake(demo, tmp_path):
    done = ask(demo, tmp_path, {"TENCENTCLOUD_SECRET_ID": "a"})
    assert done.returncode == 2
    assert "TENCENTCLOUD_SECRET_KEY is not" in done.stderr


def test_a_key_file_that_others_can_read_is_used_and_remarked(demo, tmp_path):
    path = write_key(tmp_path / "key.ini")
    path.chmod(0o644)
    done = ask(demo, tmp_path, words=("--credentials", path))
    assert done.returncode == 0
    assert "chmod 600" in done.stderr


def test_keys_from_standard_input(demo, tmp_path):
    done = ask(demo, tmp_path, words=("--credentials", "-"),
               stdin=json.dumps({"secretId": EXAMPLE_KEY[0], "secretKey": EXAMPLE_KEY[1]}))
    assert done.returncode == 0, done.stderr


def test_no_option_takes_a_secret():
    for word in ("--secret-key", "--secretKey", "--secret-id", "--token"):
        assert run("query", word, "x").returncode == 2
        assert run("call", "X", word, "x").returncode == 2


# call

def test_call_takes_parameters_in_every_spelling(client, tmp_path):
    file = tmp_path / "parameters.json"
    file.write_text(json.dumps({"MemberUins": [MEMBER]}))
    spellings = (["--MemberUins", f'["{MEMBER}"]'], [f'--MemberUins=["{MEMBER}"]'], ["--MemberUins.0", MEMBER],
                 ["--param", f"MemberUins.0={MEMBER}"], ["--json", file])
    for words in spellings:
        done = client("call", "DescribeOrgMemberAccountBalance", *words)
        assert done.returncode == 0, (words, done.stderr)
        answer = json.loads(done.stdout)
        assert [row["MemberUin"] for row in answer["Data"]] == [MEMBER]
        assert answer["RequestId"]


def test_call_numbers_are_numbers_and_texts_texts(client):
    assert json.loads(client("call", "DescribeOrgMemberAccountBalance", "--PageSize", "3").stdout)["PageSize"] == 3
    done = client("call", "DescribeOrgMemberAccountBalance", "--param", "PageSize=3")
    assert done.returncode == 2
    assert "code:InvalidParameter " in done.stderr


@pytest.mark.parametrize("words, said", [
    ([], "ACTION"),
    (["A", "B"], "B"),
    (["A", "--Page.1", "x"], "numbered"),
    (["A", "--Page.0", "x", "--Page.0", "y"], "twice"),
    (["A", "--Page", "x", "--Page.0", "y"], "twice"),
    (["A", "--Page.0", "x", "--Page.b", "y"], "list and an object"),
    (["A", "--Page", "[1"], "begins like JSON"),
    (["A", "--json", "/nonexistent"], "/nonexistent"),
    (["A", "--service", "ecs"], "--version"),
    (["../etc", "--PageSize", "1"], "name of an action"),
])
def test_call_mistakes(client, words, said):
    done = client("call", *words)
    assert done.returncode in (2, 4)
    assert said in done.stderr
    assert done.stdout == ""


def test_call_a_parameter_without_a_value():
    done = run("call", "A", "--PageSize")
    assert done.returncode == 2
    assert "--PageSize needs a value" in done.stderr


def test_our_own_product_is_never_asked_of_the_cloud(key_file, tmp_path):
    done = run("call", "DescribeMembers", "--service", "bursar", "--credentials", key_file, env={"HOME": str(tmp_path)})
    assert done.returncode == 2
    assert "--endpoint" in done.stderr


def test_call_json_must_be_an_object(client):
    for text in ("[1]", '{"a":1', '{"a":1,"a":2}', "", "{} {}"):
        done = client("call", "DescribeAccountBalance", "--json", "-", stdin=text)
        assert done.returncode == 2, text


def test_an_unknown_action_is_the_services_error(client):
    done = client("call", "DescribeNothing")
    assert done.returncode == 2
    assert "code:InvalidAction" in done.stderr


# sign

def sections(text):
    parts = re.split(r"^== (.*) ==\n", text, flags=re.M)
    return {name: body.rstrip("\n") for name, body in zip(parts[1::2], parts[2::2])}


def test_sign_agrees_with_the_published_example(tmp_path, key_file):
    vectors = json.loads((ROOT / "tests/vectors/signing.json").read_text())["tc3"]
    vector = next(v for v in vectors if v["name"].startswith("own-1"))
    done = run("sign", "DescribeOrgMemberAccountBalance", "--MemberUins.0", MEMBER, "--timestamp", 1551113065,
               "--endpoint", "https://billing.intl.tencentcloudapi.com", "--credentials", key_file)
    assert done.returncode == 0, done.stderr
    shown = sections(done.stdout)
    assert shown["signature"] in shown["request"]
    assert shown["canonical request"] == vector["canonical_request"]
    assert shown["signature"] == vector["signature"]


def test_sign_agrees_with_a_signer_written_anew(key_file):
    for body, words in ((b"{}", []), (b'{"PageSize":3}', ["--PageSize", 3])):
        done = run("sign", "DescribeOrgMemberAccountBalance", *words, "--timestamp", 1600000000, "--endpoint",
                   "http://127.0.0.1:8080", "--host", "billing.example.com", "--credentials", key_file)
        shown = sections(done.stdout)
        headers = signed_headers(EXAMPLE_KEY, body, "billing", "billing.example.com",
                                 "DescribeOrgMemberAccountBalance", "2018-07-09", 1600000000, covered=True)
        assert f"Authorization: {headers['Authorization']}" in shown["request"]
        assert shown["canonical request"].splitlines()[-1] == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("signing", ["tc3", "unsigned", "sha256", "sha1"])
def test_the_curl_line_is_accepted_by_a_server(client, signing):
    done = client("sign", "DescribeOrgMemberAccountBalance", "--MemberUins.0", MEMBER, "--signing", signing, "--curl")
    assert done.returncode == 0, done.stderr
    sent = subprocess.run(["sh", "-c", done.stdout], capture_output=True, text=True, env=clean_environment())
    assert json.loads(sent.stdout)["Response"]["Data"][0]["MemberUin"] == MEMBER, sent.stdout


def test_sign_curl_survives_quotes(client):
    done = client("sign", "DescribeOrgMemberAccountBalance", "--param", "Name=it's \"here\" $HOME", "--curl")
    sent = subprocess.run(["sh", "-c", done.stdout], capture_output=True, text=True, env=clean_environment())
    assert json.loads(sent.stdout)["Response"]["Error"]["Code"] == "UnknownParameter"


# secrets

def test_the_secret_is_in_no_output(client, key_file, tmp_path):
    write_key(key_file, secret_key="Zq" * 16)
    for words in (["query"], ["query", "--all"], ["call", "DescribeAccountBalance"], ["sign", "DescribeAccountBalance"],
                  ["sign", "DescribeAccountBalance", "--curl"], ["sign", "DescribeAccountBalance", "--signing", "sha1"]):
        done = client(*words)
        assert "ZqZq" not in done.stdout + done.stderr, words
