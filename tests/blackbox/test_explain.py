"""explain: a captured request, judged as the server would."""
import json

import pytest
from program import EXAMPLE_KEY, ROOT, make_ledger, must, run, serving, signed_headers

REQUESTS = ROOT / "tests/vectors/requests"
VECTORS = json.loads((ROOT / "tests/vectors/requests.json").read_text())
HOST = "billing.tencentcloudapi.com"


@pytest.fixture(scope="module")
def key_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "key.ini"
    path.write_text(f"[default]\nsecret_id = {EXAMPLE_KEY[0]}\nsecret_key = {EXAMPLE_KEY[1]}\n")
    path.chmod(0o600)
    return path


def explain(tmp_path, key_file, request, *words):
    path = tmp_path / "request.http"
    path.write_bytes(request if isinstance(request, bytes) else request.encode())
    return run("explain", path, *(() if "--data" in words else ("--credentials", key_file)), *words)


def request(body="{}", key=EXAMPLE_KEY, now=None, **changes):
    headers = signed_headers(key, body.encode(), "billing", HOST, "DescribeOrgMemberAccountBalance", "2018-07-09", now)
    headers = {**headers, "Content-Length": str(len(body)), **changes}
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "POST / HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n" + body


# one request a client and mode is enough here; the api's own tests take them all
CHOSEN = sorted(name for name in VECTORS
                if not any(part in name for part in ("+", "-bad", "-eleven", "-skip", "-octet")))[::6]


@pytest.mark.parametrize("name", CHOSEN)
def test_requests_of_the_official_clients(tmp_path, key_file, name):
    done = explain(tmp_path, key_file, (REQUESTS / name).read_bytes(), "--at", "request")
    assert done.returncode == (0 if VECTORS[name]["ok"] else 3), done.stdout + done.stderr


def test_a_good_request_passes_every_check(tmp_path, key_file):
    done = explain(tmp_path, key_file, request())
    assert done.returncode == 0, done.stdout + done.stderr


def test_from_standard_input(key_file):
    done = run("explain", "--credentials", key_file, stdin=request())
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wrong_key_shows_the_canonical_request_and_no_secret(tmp_path, key_file):
    done = explain(tmp_path, key_file, request(key=(EXAMPLE_KEY[0], "x" * 32)))
    assert done.returncode == 3
    assert "signature" in done.stdout.lower()
    assert "content-type:application/json" in done.stdout
    assert EXAMPLE_KEY[1] not in done.stdout + done.stderr


def test_the_first_line_that_differs_is_shown(tmp_path, key_file):
    mine = tmp_path / "mine.txt"
    mine.write_text("POST\n/\n\ncontent-type:application/json; charset=utf-8\nhost:" + HOST + "\n\ncontent-type;host\n0\n")
    done = explain(tmp_path, key_file, request(key=(EXAMPLE_KEY[0], "x" * 32)), "--canonical", mine)
    assert done.returncode == 3
    assert "content-type:application/json; charset=utf-8" in done.stdout


def test_a_clock_an_hour_off_is_said_and_can_be_set_aside(tmp_path, key_file):
    import time
    old = request(now=int(time.time()) - 3600)
    done = explain(tmp_path, key_file, old)
    assert done.returncode == 3
    assert "SignatureExpire" in done.stdout or "expired" in done.stdout
    assert explain(tmp_path, key_file, old, "--at", "request").returncode == 0
    assert explain(tmp_path, key_file, old, "--at", int(time.time()) - 3400).returncode == 0


def test_an_unknown_key(tmp_path, key_file):
    done = explain(tmp_path, key_file, request(key=("AKIDnobody", "x" * 32)))
    assert done.returncode == 3
    assert "SecretId" in done.stdout


def test_temporary_keys_need_their_token(tmp_path):
    path = tmp_path / "temporary.json"
    path.write_text(json.dumps({"secretId": EXAMPLE_KEY[0], "secretKey": EXAMPLE_KEY[1], "token": "the-token"}))
    path.chmod(0o600)
    assert explain(tmp_path, path, request(**{"X-TC-Token": "the-token"})).returncode == 0
    for token in ("another", None):
        done = explain(tmp_path, path, request(**{"X-TC-Token": token}))
        assert done.returncode == 3
        assert "TokenFailure" in done.stdout
        assert "the-token" not in done.stdout


def test_a_pasted_request_is_mended_and_that_is_said(tmp_path, key_file):
    done = explain(tmp_path, key_file, request().replace("\r\n", "\n") + "\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "LF only" in done.stdout
    without_length = request(**{"Content-Length": None}).replace("\r\n", "\n") + "\n"
    done = explain(tmp_path, key_file, without_length)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no Content-Length" in done.stdout
    done = explain(tmp_path, key_file, without_length[:-4])
    assert done.returncode == 2 and "half a request" in done.stderr


@pytest.mark.parametrize("cut, said", [
    (lambda text: text[:40], "half a request"),
    (lambda text: text[:-1], "half a request"),
    (lambda text: "", "empty"),
    (lambda text: text.replace("HTTP/1.1", "HTTP/1.2"), "HTTP 505"),
    (lambda text: text.replace("Host: ", "Host : "), "HTTP 400"),
    (lambda text: "hello\r\n\r\n", "HTTP 400"),
])
def test_what_no_server_would_read(tmp_path, key_file, cut, said):
    done = explain(tmp_path, key_file, cut(request()))
    assert done.returncode == 2
    assert said in done.stderr


def test_a_chunked_body_is_put_together(tmp_path, key_file):
    text = request(body='{"PageSize":3}', **{"Content-Length": None, "Transfer-Encoding": "chunked"})
    head, body = text.split("\r\n\r\n")
    chunked = f"{head}\r\n\r\n5\r\n{body[:5]}\r\n9\r\n{body[5:]}\r\n0\r\n\r\n"
    assert explain(tmp_path, key_file, chunked).returncode == 0
    done = explain(tmp_path, key_file, chunked[:-4])
    assert done.returncode == 2 and "last chunk" in done.stderr


def test_with_a_folder_its_keys_are_known_served_or_not(tmp_path, key_file):
    data, key = make_ledger(tmp_path, "--organization", "Example Ltd", "--owner", "100000000001")
    assert explain(tmp_path, key_file, request(key=key), "--data", data).returncode == 0
    done = explain(tmp_path, key_file, request(), "--data", data)
    assert done.returncode == 3, "the example key is not this folder's"
    with serving(tmp_path, data):
        done = explain(tmp_path, key_file, request(key=key), "--data", data)
        assert done.returncode == 0, done.stdout + done.stderr
    must("verify", "--data", data)


@pytest.mark.parametrize("words, said", [
    (("--at", "yesterday"), "--at"),
    (("--at", "-1"), "--at"),
    (("--data", "/nonexistent"), "/nonexistent"),
])
def test_mistyped_commands(tmp_path, key_file, words, said):
    done = explain(tmp_path, key_file, request(), *words)
    assert done.returncode in (2, 4)
    assert said in done.stderr
