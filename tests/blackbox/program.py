"""The program under test, as a user meets it: run it, serve with it, call it with a signature made here."""
import contextlib
import hashlib
import hmac
import json
import os
import pathlib
import socket
import subprocess
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BURSAR = os.environ.get("BURSAR", str(ROOT / "build/src/cmd/bursar"))
EXAMPLE_KEY = ("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE")


def clean_environment(extra=None):
    """Without what the tester's own shell says about bursar or the cloud."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("BURSAR", "TENCENTCLOUD", "TCCLI", "NOTIFY_"))}
    return {**kept, **(extra or {})}


def run(*words, env=None, stdin=None, timeout=60):
    return subprocess.run([BURSAR, *map(str, words)], capture_output=True, text=True, env=clean_environment(env),
                          input=stdin, timeout=timeout)


def must(*words, **named):
    done = run(*words, **named)
    assert done.returncode == 0, f"bursar {' '.join(map(str, words))}: {done.stderr}"
    return done.stdout


def wait_for(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"{what}: not within {seconds} s")


class Running:
    """A server in the background; `addresses` are the lines of its ready file."""

    def __init__(self, process, ready, log):
        self.process, self.ready, self.log = process, ready, log
        self.addresses = ready.read_text().split()

    @property
    def address(self):
        return self.addresses[0]

    def stderr(self):
        return self.log.read_text()

    def stop(self, signal_number=15):
        self.process.send_signal(signal_number)
        return self.process.wait(timeout=30)


@contextlib.contextmanager
def running(folder, *words, env=None):
    ready, log = folder / "ready", folder / "stderr"
    ready.unlink(missing_ok=True)
    with open(log, "w") as out:
        process = subprocess.Popen([BURSAR, *map(str, words), "--ready-file", str(ready)], stderr=out,
                                   stdout=subprocess.PIPE, text=True, env=clean_environment(env))
    try:
        wait_for(lambda: ready.exists() or process.poll() is not None, "the ready file")
        assert process.poll() is None, log.read_text()
        yield Running(process, ready, log)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=30)
        process.stdout.close()


def serving(folder, data, *words, **named):
    return running(folder, "serve", "--data", data, "--listen", "127.0.0.1:0", *words, **named)


def signed_headers(key, body, service, host, action, version, now=None, covered=False):
    """TC3-HMAC-SHA256 as the cloud documents it, written anew so that it does not share a mistake. `covered`: action
    and version are signed too; the SDKs do not."""
    now = int(time.time()) if now is None else now
    date = time.strftime("%Y-%m-%d", time.gmtime(now))
    covers = {"content-type": "application/json", "host": host}
    if covered:
        covers |= {"x-tc-action": action.lower(), "x-tc-version": version}
    names = ";".join(covers)
    canonical = ("POST\n/\n\n" + "".join(f"{name}:{value}\n" for name, value in covers.items())
                 + f"\n{names}\n" + hashlib.sha256(body).hexdigest())
    scope = f"{date}/{service}/tc3_request"
    text = f"TC3-HMAC-SHA256\n{now}\n{scope}\n" + hashlib.sha256(canonical.encode()).hexdigest()
    secret = ("TC3" + key[1]).encode()
    for part in (date, service, "tc3_request"):
        secret = hmac.new(secret, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
    return {"Host": host, "Content-Type": "application/json", "X-TC-Action": action, "X-TC-Version": version,
            "X-TC-Timestamp": str(now),
            "Authorization": f"TC3-HMAC-SHA256 Credential={key[0]}/{scope}, SignedHeaders={names}, "
                             f"Signature={signature}"}


def call_text(address, key, action="DescribeOrgMemberAccountBalance", parameters=None, service="billing",
              version="2018-07-09"):
    body = json.dumps(parameters or {}).encode()
    headers = signed_headers(key, body, service, f"{service}.tencentcloudapi.com", action, version)
    request = urllib.request.Request(f"http://{address}/", data=body, headers=headers, method="POST")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
        return answer.read().decode()


def call(address, key, *words, **named):
    return json.loads(call_text(address, key, *words, **named))["Response"]


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def key_of(answer):
    return answer["SecretId"], answer["SecretKey"]


def make_ledger(folder, *words):
    """A data folder with an organisation; answers (path, the owner's key)."""
    data = folder / "data"
    return data, key_of(json.loads(must("init", "--data", data, "--json", *words)))
