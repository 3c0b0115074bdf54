"""init, serve, demo, keys, policies, delegation, verify: what a person who runs the program meets."""
import json
import os
import re
import signal
import socket
import ssl
import stat
import subprocess

import pytest
from door import Client, get
from program import EXAMPLE_KEY, ROOT, call, call_text, free_port, key_of, make_ledger, must, run, running, serving, wait_for

EXAMPLE = ('{"Response":{"Data":[{"BasicCreditAmount":0,"CashAccountBalance":36365911,"CreditAmount":0,'
           '"IsCreditAccount":false,"MemberName":"kleinerwang_test","MemberUin":"700001941608","OweAmount":0,'
           '"RealBalance":36365911,"TempCredit":0}],"PageNumber":1,"PageSize":1,"TotalCount":1,"RequestId":"')


@pytest.fixture
def ledger(tmp_path):
    return make_ledger(tmp_path, "--example", "--owner", "100000000001")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with running(tmp_path_factory.mktemp("demo"), "demo", "--listen", "127.0.0.1:0", "--calls-per-second", "0",
                 "--members", "25") as server:
        yield server


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


# ---- init ----

def test_init_makes_a_private_folder(ledger):
    data, key = ledger
    assert mode(data) == 0o700 and mode(data / "master.key") == 0o600
    assert re.fullmatch(r"[0-9a-f]{64}\n", (data / "master.key").read_text())
    assert re.fullmatch(r"AKID[A-Za-z0-9]{32}", key[0]) and re.fullmatch(r"[A-Za-z0-9]{32}", key[1])


def test_init_keeps_no_secret_in_the_folder(ledger):
    data, key = ledger
    for file in data.iterdir():
        assert key[1].encode() not in file.read_bytes(), file


def test_init_refuses_a_folder_that_holds_a_journal(ledger):
    data, _ = ledger

    def contents():
        return {file.name: file.read_bytes() for file in data.iterdir() if file.name != "lock"}

    before = contents()
    done = run("init", "--data", data)
    assert done.returncode == 2 and "already" in done.stderr and done.stdout == ""
    assert contents() == before


def test_init_makes_another_key_each_time(tmp_path):
    keys = [key_of(json.loads(must("init", "--data", tmp_path / name, "--json"))) for name in ("a", "b")]
    assert keys[0][0] != keys[1][0] and keys[0][1] != keys[1][1]


@pytest.mark.parametrize("words, said", [
    (["--owner", "0123"], "--owner 0123"), (["--owner", "12a"], "--owner 12a"), (["--currency", "usd"], "--currency usd"),
    (["--organization", ""], "1 to 64 characters"), (["--organization", "x" * 65], "1 to 64 characters")])
def test_init_names_what_is_wrong_and_makes_nothing(tmp_path, words, said):
    done = run("init", "--data", tmp_path / "data", *words)
    assert done.returncode == 2 and said in done.stderr
    assert not (tmp_path / "data").exists()


def test_the_published_request_gets_the_published_answer(ledger, tmp_path):
    data, key = ledger
    with serving(tmp_path, data) as server:
        text = call_text(server.address, key)
        assert text.startswith(EXAMPLE) and re.fullmatch(r'[0-9a-f-]{36}"}}', text[len(EXAMPLE):])


def test_the_key_of_init_is_a_credential_file(tmp_path):
    text = must("init", "--data", tmp_path / "data", "--example", "--json")
    (tmp_path / "key.json").write_text(text)
    (tmp_path / "key.json").chmod(0o600)
    with serving(tmp_path, tmp_path / "data") as server:
        rows = must("query", "--all", "--endpoint", f"http://{server.address}", "--credentials", tmp_path / "key.json",
                    "--output", "jsonl")
    assert json.loads(rows)["MemberUin"] == "700001941608"


# ---- serve ----

def test_serve_says_what_it_serves_and_with_which_limits(ledger, tmp_path):
    data, _ = ledger
    with serving(tmp_path, data, "--admin-listen", "127.0.0.1:0", "--limit", "DescribeAccountBalance=5") as server:
        text = server.stderr()
        assert f"serving on http://{server.addresses[0]}\n" in text
        assert f"health and metrics on http://{server.addresses[1]}\n" in text
        assert "1 organisation, 1 member, 1 key" in text
        assert "calls-per-second 20" in text and "limit DescribeAccountBalance=5" in text and "body-bytes-max 10MiB" in text


def test_every_metric_of_the_manual_is_there(ledger, tmp_path):
    data, _ = ledger
    manual = (ROOT / "docs/operating.md").read_text()
    wanted = set(re.findall(r"`((?:bursar|process)_[a-z_]+)(?:\{[^`]*\})?`", manual))
    with serving(tmp_path, data, "--admin-listen", "127.0.0.1:0", "--admin-host", "billing.test") as server, \
            Client(server.addresses[1]) as client:
        shown = re.findall(r"^# TYPE (\S+) ", client.ask(get("/metrics")).body.decode(), re.M)
    assert len(wanted) > 10 and not wanted - set(shown)
    assert len(shown) == len(set(shown))


def test_serve_ends_with_its_word_kept(ledger, tmp_path):
    data, _ = ledger
    with serving(tmp_path, data) as server:
        assert (data / "control.sock").exists()
        assert server.stop() == 0
        assert "stopping" in server.stderr()
        assert not server.ready.exists() and not (data / "control.sock").exists()
    must("verify", "--data", data)


def test_a_second_signal_ends_at_once(ledger, tmp_path):
    """A connection that holds half a request keeps the first from ending."""
    data, _ = ledger
    with serving(tmp_path, data, "--drain-timeout", "10m", "--header-timeout", "10m") as server:
        host, port = server.address.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as client:
            client.sendall(b"POST / HTTP/1.1\r\nHost: billing.tencentcloudapi.com\r\nContent-Le")
            os.kill(server.process.pid, signal.SIGINT)
            wait_for(lambda: "stopping" in server.stderr(), "the first signal")
            if server.process.poll() is None:
                os.kill(server.process.pid, signal.SIGINT)
            assert server.process.wait(timeout=20) in (0, 130)


def test_several_listeners_and_a_unix_socket(ledger, tmp_path):
    data, key = ledger
    with serving(tmp_path, data, "--listen", "[::1]:0", "--listen", f"unix:{tmp_path}/api.sock") as server:
        assert len(server.addresses) == 3
        for address in server.addresses[:2]:
            assert call(address, key)["TotalCount"] == 1
        assert server.addresses[2] == f"unix:{tmp_path}/api.sock"


@pytest.mark.parametrize("make_wrong, said, code", [
    (lambda data: data.rename(data.parent / "elsewhere"), "there is no data folder", 4),
    (lambda data: (data / "master.key").unlink(), "the master key", 4),
    (lambda data: (data / "master.key").chmod(0o644), "chmod 600", 3),
    (lambda data: (data / "master.key").write_text("00" * 32 + "\n"), "not the one this folder was made with", 3),
    (lambda data: (data / "master.key").write_text("secret\n"), "is not a master key", 2),
    (lambda data: damage(data / "journal.db"), "", 7),
    (lambda data: (data / "journal.db").write_bytes(b"nonsense" * 1000), "", 7),
])
def test_serve_says_in_one_line_what_is_wrong_with_the_folder(ledger, make_wrong, said, code):
    data, key = ledger
    make_wrong(data)
    done = run("serve", "--data", data, "--listen", "127.0.0.1:0")
    assert (done.returncode, done.stderr.count("\n")) == (code, 1), done.stderr
    assert said in done.stderr and key[1] not in done.stderr


def damage(path):
    """One bit of every entry's row: wherever the organisation's name stands."""
    data = bytearray(path.read_bytes())
    at = data.find(b"Organization")
    assert at > 0
    data[at] ^= 1
    path.write_bytes(data)


def test_a_port_in_use_is_named(ledger):
    data, _ = ledger
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("serve", "--data", data, "--listen", f"127.0.0.1:{port}")
    assert done.returncode == 6 and f"127.0.0.1:{port}" in done.stderr and "in use" in done.stderr


def test_a_folder_has_one_owner(ledger, tmp_path):
    data, _ = ledger
    with serving(tmp_path, data) as server:
        done = run("serve", "--data", data, "--listen", "127.0.0.1:0")
        assert done.returncode == 6 and str(server.process.pid) in done.stderr


def test_systemd_is_told(ledger, tmp_path):
    data, _ = ledger
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(tmp_path / "notify"))
        notify.settimeout(20)
        with serving(tmp_path, data, env={"NOTIFY_SOCKET": str(tmp_path / "notify")}) as server:
            assert notify.recv(4096).startswith(b"READY=1")
            os.kill(server.process.pid, signal.SIGHUP)
            assert re.match(rb"RELOADING=1\nMONOTONIC_USEC=\d+$", notify.recv(4096))
            assert notify.recv(4096).startswith(b"READY=1")
            server.stop()
            assert notify.recv(4096).startswith(b"STOPPING=1")


def test_the_access_log_can_be_rotated_and_holds_no_secret(ledger, tmp_path):
    data, key = ledger
    log, rotated = tmp_path / "access.log", tmp_path / "access.log.1"
    with serving(tmp_path, data, "--access-log", log) as server:
        call(server.address, key)
        wait_for(lambda: "DescribeOrgMemberAccountBalance" in log.read_text(), "the first line")
        log.rename(rotated)
        os.kill(server.process.pid, signal.SIGHUP)
        wait_for(log.exists, "a fresh log")
        call(server.address, key)
        wait_for(lambda: log.read_text().count("\n") == 1, "the second line")
    assert rotated.read_text().count("\n") == 1
    assert key[1] not in rotated.read_text() + log.read_text()


def test_the_master_key_may_come_from_systemd_or_a_file(tmp_path):
    data, store = tmp_path / "data", tmp_path / "store"
    store.mkdir()
    key = key_of(json.loads(must("init", "--data", data, "--json", "--master-key-file", store / "bursar.master.key")))
    assert not (data / "master.key").exists()
    assert run("serve", "--data", data, "--listen", "127.0.0.1:0").returncode == 4
    with serving(tmp_path, data, "--master-key-file", store / "bursar.master.key") as server:
        assert call(server.address, key)["TotalCount"] == 0
    with serving(tmp_path, data, env={"CREDENTIALS_DIRECTORY": str(store)}) as server:
        assert call(server.address, key)["TotalCount"] == 0


def test_settings_reach_the_server(ledger, tmp_path):
    data, key = ledger
    file = tmp_path / "bursar.ini"
    file.write_text("[serve]\nlisten = 127.0.0.1:0\ncalls-per-second = 0\nlimit = DescribeAccountBalance=1\n"
                    "request-id-seed = 7\n")

    def ids():
        with running(tmp_path, "serve", env={"BURSAR_DATA": str(data), "BURSAR_CONFIG": str(file)}) as server:
            return [call(server.address, key)["RequestId"] for _ in range(30)]

    first = ids()
    assert len(set(first)) == 30 and ids() == first


def test_health_is_answered_and_checked(ledger, tmp_path):
    data, _ = ledger
    with serving(tmp_path, data, "--admin-listen", "127.0.0.1:0") as server:
        admin = server.addresses[1]
        must("healthcheck", "--admin-listen", admin)
        must("healthcheck", "--ready", env={"BURSAR_ADMIN_LISTEN": admin})
        assert run("healthcheck", "--admin-listen", server.addresses[0]).returncode != 0
    assert run("healthcheck", "--admin-listen", admin).returncode == 6
    assert run("healthcheck").returncode == 2


# ---- demo ----

def balances(demo):
    rows, page = {}, 1
    while True:
        answer = call(demo.address, EXAMPLE_KEY, parameters={"PageNumber": page})
        rows.update({row["MemberName"]: row for row in answer["Data"]})
        if len(rows) >= answer["TotalCount"]:
            return rows
        page += 1


def test_demo_answers_the_published_row(demo):
    text = call_text(demo.address, EXAMPLE_KEY, parameters={"MemberUins": ["700001941608"]})
    assert text.startswith(EXAMPLE)


def test_demo_has_a_member_in_every_state(demo):
    """Cents, from design section 4: Owe = max(0, -(cash + income + gift + credit)), Cash = cash + Owe, ..."""
    rows = balances(demo)

    def row(name):
        return tuple(rows[name][field] for field in ("RealBalance", "CashAccountBalance", "CreditAmount", "TempCredit",
                                                     "BasicCreditAmount", "OweAmount"))

    assert row("zero") == (0, 0, 0, 0, 0, 0)
    assert row("credit in use") == (-250000, -250000, 1000000, 0, 1000000, 0)
    assert row("overdue beyond credit") == (-620000.5, -500000, 500000, 0, 500000, 120000.5)
    assert row("overdue without credit") == (-199, 0, 0, 0, 0, 199)
    assert row("frozen") == (380000, 500000, 0, 0, 0, 0)
    assert row("gift and income") == (45000, 10000, 0, 0, 0, 0)
    assert row("temporary credit, active") == (-150000, -150000, 300000, 200000, 100000, 0)
    assert row("temporary credit, expired") == (-50000, -50000, 100000, 0, 100000, 0)
    assert row("temporary credit, to come") == (0, 0, 100000, 0, 100000, 0)
    assert row("large") == (123456789012, 123456789012, 0, 0, 0, 0)
    assert row("fractions of a cent") == (1061.2501, 1061.25, 0, 0, 0, 0)
    assert rows["test_1118"]["IsCreditAccount"] is True and rows["zero"]["IsCreditAccount"] is False


def test_demo_adds_the_members_asked_for(demo):
    assert sum(name.startswith("member-") for name in balances(demo)) == 25


def test_demo_says_how_to_point_each_client_at_it(tmp_path):
    port = free_port()
    with running(tmp_path, "demo", "--listen", f"127.0.0.1:{port}") as server:
        server.stop()
        text = server.process.stdout.read()
    for name in ("Python", "Go", "Java", "Node", "PHP", ".NET", "C++", "Ruby", "tccli", "bursar query"):
        assert name in text
    assert all(word in text for word in (*EXAMPLE_KEY, f"billing.localhost:{port}", "public"))


def test_demo_reads_no_configuration(tmp_path):
    with running(tmp_path, "demo", "--listen", "127.0.0.1:0", env={"BURSAR_THREADS": "nonsense"}) as server:
        assert call(server.address, EXAMPLE_KEY)["TotalCount"] >= 10


def test_demo_refuses_a_port_in_use(demo):
    done = run("demo", "--listen", demo.address)
    assert done.returncode == 6 and demo.address in done.stderr and done.stdout == ""


def test_demo_is_as_strict_as_the_cloud(tmp_path):
    with running(tmp_path, "demo", "--listen", "127.0.0.1:0") as server:
        wrong = call(server.address, (EXAMPLE_KEY[0], "x" * 32))
        assert wrong["Error"]["Code"] == "AuthFailure.SignatureFailure"
        codes = [call(server.address, EXAMPLE_KEY).get("Error", {}).get("Code") for _ in range(60)]
        assert "RequestLimitExceeded" in codes


# ---- keys, policies, delegation; on a stopped folder and on one that is served ----

@pytest.fixture(params=["stopped", "served"])
def operated(request, ledger, tmp_path):
    """(folder, how to ask with a key): every management verb must do the same either way."""
    data, key = ledger
    if request.param == "served":
        with serving(tmp_path, data, "--calls-per-second", "0") as server:
            yield data, key, lambda *words, **named: call(server.address, *words, **named)
        return

    def ask(*words, **named):
        with serving(tmp_path, data, "--calls-per-second", "0") as server:
            return call(server.address, *words, **named)

    yield data, key, ask


def test_a_key_is_added_listed_disabled_and_enabled(operated):
    data, _, ask = operated
    key = key_of(json.loads(must("key", "add", "--data", data, "--json")))
    assert ask(key)["TotalCount"] == 1
    listed = json.loads(must("key", "list", "--data", data))
    assert [row["Enabled"] for row in listed] == [True, True] and key[0] in [row["SecretId"] for row in listed]
    must("key", "disable", "--data", data, key[0])
    assert ask(key)["Error"]["Code"].startswith("AuthFailure")
    assert [row["Enabled"] for row in json.loads(must("key", "list", "--data", data))] == [True, False]
    must("key", "enable", "--data", data, key[0])
    assert ask(key)["TotalCount"] == 1


def test_no_listing_shows_a_secret(ledger):
    data, key = ledger
    for form in ("table", "json", "jsonl", "csv"):
        text = must("key", "list", "--data", data, "--output", form)
        assert key[0] in text and key[1] not in text


@pytest.mark.parametrize("text", [
    '{"secretId": "AKIDtakenover", "secretKey": "another-secret-of-32-characters"}',
    "[default]\nsecret_id = AKIDtakenover\nsecret_key = another-secret-of-32-characters\n"])
def test_an_existing_pair_is_taken_over(operated, tmp_path, text):
    data, _, ask = operated
    file = tmp_path / "pair"
    file.write_text(text)
    file.chmod(0o600)
    said = must("key", "add", "--data", data, "--account", "700001941608", "--credentials", file)
    assert "AKIDtakenover" in said and "another-secret-of-32-characters" not in said
    answer = ask(("AKIDtakenover", "another-secret-of-32-characters"), "DescribeAccountBalance")
    assert answer["Uin"] == 700001941608 or "CreditBalance" in answer


def test_a_key_ends_when_it_was_said_to(operated):
    data, _, ask = operated
    key = key_of(json.loads(must("key", "add", "--data", data, "--json", "--expires", "2020-01-01T00:00:00Z")))
    assert ask(key)["Error"]["Code"].startswith("AuthFailure")


def test_a_dry_run_changes_nothing(ledger):
    data, _ = ledger
    before = json.loads(must("verify", "--data", data, "--json"))
    must("key", "add", "--data", data, "--dry-run")
    must("delegate", "add", "--data", data, "700001941608", "--everyone", "--dry-run")
    assert json.loads(must("verify", "--data", data, "--json"))["Entries"] == before["Entries"]


def test_a_policy_is_put_listed_and_removed(operated, tmp_path):
    data, _, ask = operated
    user = "100000000777"
    key = key_of(json.loads(must("key", "add", "--data", data, "--user", user, "--json")))
    assert ask(key)["Error"]["Code"] == "UnauthorizedOperation.CamNoAuth"
    document = {"version": "2.0", "statement": [{"effect": "allow", "action": ["finance:Describe*"], "resource": ["*"]}]}
    file = tmp_path / "read-only.json"
    file.write_text(json.dumps(document))
    must("policy", "put", "--data", data, "--user", user, file)
    assert ask(key)["TotalCount"] == 1
    [row] = json.loads(must("policy", "list", "--data", data))
    assert (row["PolicyName"], row["UserUin"]) == ("read-only", user)
    held = row["PolicyDocument"]
    assert (json.loads(held) if isinstance(held, str) else held) == document
    must("policy", "remove", "--data", data, "--user", user, "read-only")
    assert ask(key)["Error"]["Code"] == "UnauthorizedOperation.CamNoAuth"
    assert json.loads(must("policy", "list", "--data", data)) == []


def test_a_policy_that_cannot_be_understood_is_refused(ledger, tmp_path):
    data, _ = ledger
    file = tmp_path / "p.json"
    file.write_text('{"version": "2.0", "statement": [{"effect": "maybe"}]}')
    done = run("policy", "put", "--data", data, "--user", "100000000777", file)
    assert done.returncode == 2 and done.stderr.startswith("bursar policy put: ")


def test_a_member_is_made_a_finance_administrator(operated):
    data, _, ask = operated
    key = key_of(json.loads(must("key", "add", "--data", data, "--account", "700001941608", "--json")))
    assert "Error" in ask(key)
    must("delegate", "add", "--data", data, "700001941608", "--members", "700001941608")
    assert ask(key)["TotalCount"] == 1
    must("delegate", "add", "--data", data, "700001941608", "--everyone")
    [row] = json.loads(must("delegate", "list", "--data", data))
    assert (row["AccountUin"], row["Everyone"]) == ("700001941608", True)
    must("delegate", "remove", "--data", data, "700001941608")
    assert "Error" in ask(key)
    assert json.loads(must("delegate", "list", "--data", data)) == []


def test_management_over_the_network_is_signed(ledger, tmp_path):
    data, key = ledger
    environment = {"TENCENTCLOUD_SECRET_ID": key[0], "TENCENTCLOUD_SECRET_KEY": key[1]}
    with serving(tmp_path, data, "--calls-per-second", "0") as server:
        where = ["--endpoint", f"http://{server.address}"]
        made = key_of(json.loads(must("key", "add", *where, "--account", "700001941608", "--json", env=environment)))
        assert len(json.loads(must("key", "list", *where, env=environment))) == 2
        wrong = run("key", "list", *where, env={**environment, "TENCENTCLOUD_SECRET_KEY": "x" * 32})
        assert wrong.returncode == 3 and "AuthFailure.SignatureFailure" in wrong.stderr
        member = {"TENCENTCLOUD_SECRET_ID": made[0], "TENCENTCLOUD_SECRET_KEY": made[1]}
        assert run("key", "list", *where, env=member).returncode == 3


def test_what_is_not_there_is_said_to_be_not_there(ledger):
    data, _ = ledger
    for words in (["key", "disable", "AKIDnobody"], ["delegate", "remove", "700001941608"],
                  ["policy", "remove", "--user", "100000000777", "nothing"]):
        done = run(*words, "--data", data)
        assert done.returncode == 4, done.stderr
        assert done.stderr.count("\n") == 1


def test_the_control_socket_is_the_owners(ledger, tmp_path):
    data, _ = ledger
    with serving(tmp_path, data):
        assert mode(data / "control.sock") == 0o600


def test_a_killed_server_leaves_a_folder_that_starts(ledger, tmp_path):
    data, key = ledger
    with serving(tmp_path, data) as server:
        must("key", "add", "--data", data)
        server.process.kill()
        server.process.wait()
    assert len(json.loads(must("key", "list", "--data", data))) == 2
    with serving(tmp_path, data) as server:
        assert call(server.address, key)["TotalCount"] == 1


def test_no_secret_is_taken_from_the_arguments():
    for words in (["key", "add"], ["serve"], ["init"], ["demo"]):
        text = must(*words, "--help")
        assert not re.search(r"^  --(secret|secret-key|token|password)", text, re.M)


# ---- verify ----

def test_verify_reports_and_proves(ledger, tmp_path):
    data, _ = ledger
    text = must("verify", "--data", data)
    report = json.loads(must("verify", "--data", data, "--json"))
    assert report["Organizations"] == 1 and report["Entries"] == report["LastEntry"] >= 4
    assert re.fullmatch(r"[0-9a-f]{64}", report["ChainHash"]) and report["ChainHash"] in text
    with serving(tmp_path, data):
        assert json.loads(must("verify", "--data", data, "--json"))["ChainHash"] == report["ChainHash"]


def test_verify_finds_a_changed_byte(ledger):
    data, _ = ledger
    damage(data / "journal.db")
    done = run("verify", "--data", data)
    assert done.returncode == 7 and done.stderr.startswith("bursar verify: ") and done.stdout == ""


def test_verify_without_a_folder(tmp_path):
    assert run("verify", "--data", tmp_path / "none").returncode == 4


# ---- TLS ----

def make_certificate(folder, name):
    """A certificate of its own authority for 127.0.0.1."""
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key,
                    "-out", cert], check=True, capture_output=True)
    return cert, key


def peer_name(address):
    host, port = address.rsplit(":", 1)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((host, int(port))) as plain, context.wrap_socket(plain) as client:
        return client.getpeercert(binary_form=True)


def test_tls_is_served_and_renewed_at_a_signal(ledger, tmp_path):
    data, key = ledger
    cert, private = make_certificate(tmp_path, "first")
    (tmp_path / "key.json").write_text(json.dumps({"secretId": key[0], "secretKey": key[1]}))
    (tmp_path / "key.json").chmod(0o600)
    with running(tmp_path, "serve", "--data", data, "--listen-tls", "127.0.0.1:0", "--tls-cert", cert, "--tls-key",
                 private) as server:
        query = ["query", "--endpoint", f"https://{server.address}", "--credentials", tmp_path / "key.json"]
        assert "kleinerwang_test" in must(*query, "--ca-file", cert)
        assert run(*query).returncode == 6
        before = peer_name(server.address)
        cert.write_text("nonsense")
        os.kill(server.process.pid, signal.SIGHUP)
        wait_for(lambda: "stays as it was" in server.stderr(), "the refusal of a bad certificate")
        assert peer_name(server.address) == before
        make_certificate(tmp_path, "first")
        os.kill(server.process.pid, signal.SIGHUP)
        wait_for(lambda: "was read again" in server.stderr(), "the new certificate")
        assert peer_name(server.address) != before
