"""The whole program over HTTP: the door's verdicts hold with the real api behind it."""
import json
import threading
import time

import pytest

from door import PATIENCE, Client
from program import EXAMPLE_KEY, make_ledger, must, running, serving, signed_headers
from test_door_http import CASES, expect, raw

FIELDS = ["MemberUin", "MemberName", "IsCreditAccount", "RealBalance", "CashAccountBalance", "CreditAmount", "TempCredit",
          "BasicCreditAmount", "OweAmount"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with running(tmp_path_factory.mktemp("demo"), "demo", "--listen", "127.0.0.1:0", "--calls-per-second", "0") as server:
        yield server


def request(parameters, key=EXAMPLE_KEY, action="DescribeOrgMemberAccountBalance", service="billing", version="2018-07-09",
            trusted=False):
    body = json.dumps(parameters).encode()
    headers = signed_headers(key, body, service, f"{service}.tencentcloudapi.com", action, version)
    if trusted:
        del headers["Authorization"]
    lines = ["POST / HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def create_member(uin, **parameters):
    member = {"MemberUin": str(uin), "MemberName": f"m{uin}", "CashAccountBalance": 100, **parameters}
    return request({"Members": [member]}, action="CreateMembers", service="bursar", version="2026-11-01", trusted=True)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_verdict(demo, case):
    with Client(demo.address) as client:
        client.send(raw(case))
        expect(client, case)


@pytest.mark.parametrize("path", ["//", "/billing/", "/billing", "http://billing.tencentcloudapi.com/billing/"])
def test_a_call_is_answered_on_any_path(demo, path):
    """As SDKs send with a path in their base URL; what they sign is "/" in any case."""
    with Client(demo.address) as client:
        client.send(request({"PageSize": 3}).replace(b"POST / ", f"POST {path} ".encode()))
        assert json.loads(client.answer().body)["Response"]["PageSize"] == 3
        client.send(b"GET /billing/?Version=2018-07-09&Action=DescribeOrgMemberAccountBalance HTTP/1.1\r\nHost: a\r\n\r\n")
        assert json.loads(client.answer().body)["Response"]["Error"]["Code"] == "MissingParameter"
        client.send(b"GET /favicon.ico?Version=1 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.answer().status == 404


def test_connect_is_told_that_this_is_no_proxy(demo):
    with Client(demo.address) as client:
        client.send(b"CONNECT billing.tencentcloudapi.com:443 HTTP/1.1\r\nHost: billing.tencentcloudapi.com:443\r\n\r\n")
        answer = client.answer()
        assert answer.status == 405 and answer["Allow"] == "GET, HEAD, POST"
        assert b"no proxy" in answer.body and b"https_proxy" in answer.body


def test_pipelined_signed_reads(demo):
    pages = [1 + i % 5 for i in range(200)]
    with Client(demo.address) as client:
        client.send(b"".join(request({"PageNumber": page, "PageSize": 3}) for page in pages))
        for page in pages:
            answer = client.answer()
            assert answer.status == 200 and answer["Content-Type"] == "application/json"
            response = json.loads(answer.body)["Response"]
            assert response["PageNumber"] == page
            assert all(sorted(FIELDS) == list(row) for row in response["Data"])


def test_pipelined_writes_and_reads(tmp_path):
    """Writes that wait for their commit and reads behind them, in order: a read sees the write before it."""
    data, key = make_ledger(tmp_path)
    with serving(tmp_path, data, "--calls-per-second", "0") as server, Client(f"unix:{data}/control.sock") as client:
        uins = [700000000000 + i for i in range(50)]
        for uin in uins:
            client.send(create_member(uin), request({"MemberUins": [str(uin)]}, trusted=True))
        for uin in uins:
            created = json.loads(client.answer().body)["Response"]
            assert "Error" not in created, created
            rows = json.loads(client.answer().body)["Response"]["Data"]
            assert [(row["MemberUin"], row["RealBalance"]) for row in rows] == [(str(uin), 100)]
        assert server.stop() == 0


def test_load_of_reads_and_writes_through_a_drain(tmp_path):
    """What was acknowledged is there afterwards; nobody gets half an answer."""
    data, key = make_ledger(tmp_path)
    acknowledged, failures = [], []

    def write(first, address):
        uin = first
        try:
            with Client(address) as client:
                while True:
                    answer = client.ask(create_member(uin))
                    response = json.loads(answer.body)["Response"]
                    (failures if "Error" in response else acknowledged).append(response if "Error" in response else str(uin))
                    uin += 1
                    if not answer.keeps:
                        return
        except (EOFError, ConnectionError) as error:
            if isinstance(error, EOFError) and error.args[0]:
                failures.append(error)

    def read(address):
        try:
            with Client(address) as client:
                while True:
                    answer = client.ask(request({}, key))
                    if "Error" in json.loads(answer.body)["Response"]:
                        failures.append(answer.body)
                    if not answer.keeps:
                        return
        except (EOFError, ConnectionError) as error:
            if isinstance(error, EOFError) and error.args[0]:
                failures.append(error)

    with serving(tmp_path, data, "--threads", "2", "--calls-per-second", "0") as server:
        control = f"unix:{data}/control.sock"
        threads = [threading.Thread(target=write, args=(710000000000 + i * 1000000, control)) for i in range(6)]
        threads += [threading.Thread(target=read, args=(server.address,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        time.sleep(1.0)
        assert server.stop() == 0
        for thread in threads:
            thread.join(PATIENCE)
    assert not failures
    assert len(acknowledged) > 50
    exported = must("export", "--data", data, "-")
    assert all(uin in exported for uin in acknowledged)
    must("verify", "--data", data)
