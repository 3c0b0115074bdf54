"""A clock that jumps while the server runs: nothing is written or expires until it is right again, or confirmed."""
import json
import mmap
import os
import pathlib
import socket
import struct
import time
import urllib.error
import urllib.request

import pytest

from program import call, make_ledger, must, run, serving, wait_for

HOUR, YEAR = 3600, 8766 * 3600
FILLED = {"RealBalance": 80000, "FreezeAmount": 20000, "TempCredit": 5000}
OWNER, MEMBER = "100000000001", "700000000001"


def recorder():
    build = os.environ.get("BURSAR_BUILD")
    return pathlib.Path(build) / "tests/fault/recorder.so" if build else None


pytestmark = pytest.mark.skipif(not (recorder() and recorder().exists()), reason="needs BURSAR_BUILD with tests/fault")


class Clock:
    """The wall clock of the programs that get `environment`, ahead by so many seconds."""

    def __init__(self, folder):
        path = folder / "clock"
        path.write_bytes(bytes(8))
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 8)
        self.environment = {"LD_PRELOAD": str(recorder().resolve()), "RECORDER_CLOCK": str(path)}

    def jump(self, seconds):
        self.memory[:8] = struct.pack("=q", int(seconds * 1_000_000))


def ask(address, path):
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def operate(data, action, **parameters):
    """A call through the control socket; the Response."""
    body = json.dumps(parameters).encode()
    head = (f"POST / HTTP/1.1\r\nHost: bursar.tencentcloudapi.com\r\nContent-Type: application/json\r\n"
            f"X-TC-Action: {action}\r\nX-TC-Version: 2026-11-01\r\nX-TC-Timestamp: 1\r\nConnection: close\r\n"
            f"Content-Length: {len(body)}\r\n\r\n")
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(str(data / "control.sock"))
        connection.sendall(head.encode() + body)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    return json.loads(received.partition(b"\r\n\r\n")[2])["Response"]


def accepted(answer):
    assert "Error" not in answer, answer
    return answer


def top_up(data):
    return operate(data, "CreateTransfers", Transfers=[{"Kind": "top_up", "MemberUin": MEMBER, "Amount": 100}])


def hold(data, cents):
    return operate(data, "CreateHold", MemberUin=MEMBER, Amount=cents, ExpiresAt=in_an_hour())


def member(data):
    rows = accepted(operate(data, "DescribeMembers", UinPrefix=MEMBER))["Data"]
    return {name: rows[0][name] for name in ("RealBalance", "FreezeAmount", "TempCredit")}


def entries(data):
    return accepted(operate(data, "DescribeEntries", Order="asc", Limit=1000))["Data"]


@pytest.fixture
def world(tmp_path):
    data, key = make_ledger(tmp_path, "--owner", OWNER)
    must("member", "add", "--data", data, MEMBER, "one")
    clock = Clock(tmp_path)
    return tmp_path, data, key, clock


def in_an_hour():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + HOUR))


def serve(world, *words):
    folder, data, _, clock = world
    return serving(folder, data, "--admin-listen", "127.0.0.1:0", *words, env=clock.environment)


def fill(data):
    """1,000 units, 200 of them held for an hour, 50 of temporary credit for an hour."""
    accepted(operate(data, "CreateTransfers", Transfers=[{"Kind": "top_up", "MemberUin": MEMBER, "Amount": 100000}]))
    accepted(hold(data, 20000))
    accepted(operate(data, "CreateTemporaryCredit", MemberUin=MEMBER, Amount=5000, EndTime=in_an_hour()))
    assert member(data) == FILLED


@pytest.mark.parametrize("jump", [3 * HOUR, 50 * YEAR])
def test_a_jump_and_back_destroys_nothing(world, jump):
    _, data, key, clock = world
    with serve(world) as server:
        fill(data)
        before = entries(data)
        clock.jump(jump)
        refused = top_up(data)["Error"]
        assert refused["Code"] == "ServiceUnavailable" and "bursar clock confirm" in refused["Message"]
        time.sleep(1.5)
        status, text = ask(server.addresses[1], "/readyz")
        assert (status, text) == (503, "clock not believed: nothing is written\n")
        assert ask(server.addresses[1], "/healthz")[0] == 200
        metrics = ask(server.addresses[1], "/metrics")[1]
        assert "\nbursar_clock_stopped 1\n" in metrics
        assert f"\nbursar_clock_jump_seconds {jump}\n" in metrics or f"\nbursar_clock_jump_seconds {jump - 1}\n" in metrics
        assert member(data) == FILLED
        shown = run("clock", "show", "--data", data)
        assert shown.returncode == 1 and "not believed" in shown.stdout
        clock.jump(0)
        wait_for(lambda: ask(server.addresses[1], "/readyz")[0] == 200, "ready again")
        assert member(data) == FILLED and entries(data) == before
        accepted(top_up(data))
        accepted(hold(data, 1000))
        assert "\nbursar_clock_stopped 0\n" in ask(server.addresses[1], "/metrics")[1]
        assert must("clock", "show", "--data", data).endswith(" UTC, believed\n")
        said = server.stderr()
        assert said.count("the clock has jumped ahead by") == 1 and said.count("is believed again") == 1
        assert server.stop() == 0
    must("verify", "--data", data)


def test_a_confirmed_jump_is_the_time(world):
    _, data, key, clock = world
    with serve(world) as server:
        fill(data)
        clock.jump(3 * HOUR)
        assert top_up(data)["Error"]["Code"] == "ServiceUnavailable"
        assert "is believed from now on" in must("clock", "confirm", "--data", data, "--yes")
        wait_for(lambda: member(data) == {"RealBalance": 100000, "FreezeAmount": 0, "TempCredit": 0}, "what was due")
        accepted(top_up(data))
        assert "there is nothing to confirm" in must("clock", "confirm", "--data", data)
        assert ask(server.addresses[1], "/readyz")[0] == 200
    must("verify", "--data", data)


def test_a_jump_within_the_setting_is_time(world):
    _, data, _, clock = world
    with serve(world, "--clock-jump-max", "4h"):
        fill(data)
        clock.jump(3 * HOUR)
        accepted(top_up(data))
        assert member(data)["FreezeAmount"] == 0
    clock.jump(0)
    with serve(world, "--clock-jump-max", "0"):
        clock.jump(5 * HOUR)
        accepted(top_up(data))


def test_a_clock_of_1970_at_the_start_is_put_right_without_anybody(world):
    """As after a start without a battery: the network tells the time later."""
    _, data, key, clock = world
    with serve(world):
        fill(data)
    clock.jump(-int(time.time()) + 100)
    with serve(world) as server:
        accepted(top_up(data))
        clock.jump(0)
        accepted(top_up(data))
        assert member(data)["FreezeAmount"] == 20000
        clock.jump(3 * HOUR)
        assert top_up(data)["Error"]["Code"] == "ServiceUnavailable"
        assert member(data)["FreezeAmount"] == 20000


def test_who_may_confirm(world):
    _, data, key, clock = world
    assert run("clock", "show", "--data", data).returncode == 4
    with serve(world) as server:
        for action in ("DescribeClock", "ConfirmClock"):
            answer = call(server.address, key, action, service="bursar", version="2026-11-01")
            assert answer["Error"]["Code"] == "UnsupportedOperation"
