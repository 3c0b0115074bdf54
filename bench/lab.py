"""What every part of bench/run stands on: building, servers and their cost, signed requests, data folders, results.

CPU per request is the server's own time (user and system, all its threads and processes, /proc/PID/task/*/schedstat) divided by the
answers that the load generator counted."""
import contextlib
import hashlib
import hmac
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build-bench"
BURSAR = BUILD / "src/cmd/bursar"
RESULTS = ROOT / "bench/results"
HOST = "billing.intl.tencentcloudapi.com"
DEMO_KEY = ("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE")
OWNER = "100000000001"
FIRST_UIN = 200000000001
NO_LIMIT = ("--calls-per-second", 1000000000)  # no call is refused, but each is counted
PORT = 18080


class Failed(Exception):
    """A figure cannot be had; the text says why."""


def build():
    """As a release is built; not again when nothing has changed since."""
    subprocess.run([ROOT / "tools/need", "bench"], check=True)
    if "no work to do" not in first_line("ninja", "-C", str(BUILD), "--quiet", "-n"):
        subprocess.run([ROOT / "tools/release", BUILD, "-Dbench=true"], check=True)


# ---- figures ----

def median(values):
    return statistics.median(values)


def ratios(above, below):
    """Round by round: what is compared was measured one right after the other."""
    return [a / b for a, b in zip(above, below)]


def save(part, data):
    RESULTS.mkdir(exist_ok=True)
    whole = {"machine": machine(), "date": time.strftime("%Y-%m-%d"), **data}
    (RESULTS / f"{part}.json").write_text(json.dumps(whole, separators=(",", ":")).replace('},"', '},\n"') + "\n")


def load_results(part):
    path = RESULTS / f"{part}.json"
    return json.loads(path.read_text()) if path.exists() else None


def first_line(*words):
    with contextlib.suppress(OSError):
        said = subprocess.run(words, capture_output=True, text=True)
        return (said.stdout or said.stderr).strip().split("\n")[0]
    return "?"


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    commit = first_line("git", "-C", str(ROOT), "describe", "--always", "--dirty")
    return f"{os.cpu_count()} x {model}, Linux {platform.release()}, bursar at {commit}"


def quiet_machine():
    """Other work on the machine would be measured too."""
    busy = os.getloadavg()[0]
    return busy < 0.5 * os.cpu_count(), busy


# ---- requests ----

def request_bytes(headers, body):
    head = ["POST / HTTP/1.1", f"Host: {HOST}", "User-Agent: bench", *headers, f"Content-Length: {len(body)}"]
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


def tc3(parameters, key=DEMO_KEY, action="DescribeOrgMemberAccountBalance", service="billing", version="2018-07-09"):
    """One TC3 request as raw bytes, written after the documentation's steps."""
    body, now = json.dumps(parameters, separators=(",", ":")), int(time.time())
    host = HOST.replace("billing", service)
    date = time.strftime("%Y-%m-%d", time.gmtime(now))
    digest = hashlib.sha256(body.encode()).hexdigest()
    canonical = f"POST\n/\n\ncontent-type:application/json\nhost:{host}\n\ncontent-type;host\n{digest}"
    scope = f"{date}/{service}/tc3_request"
    text = f"TC3-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = f"TC3{key[1]}".encode()
    for part in (date, service, "tc3_request", text):
        signature = hmac.new(signature, part.encode(), hashlib.sha256).digest()
    return request_bytes(["Content-Type: application/json",
                          f"Authorization: TC3-HMAC-SHA256 Credential={key[0]}/{scope}, SignedHeaders=content-type;host, "
                          f"Signature={signature.hex()}", f"X-TC-Action: {action}", f"X-TC-Timestamp: {now}",
                          f"X-TC-Version: {version}", "X-TC-Language: en-US", "X-TC-RequestClient: SDK_PYTHON_3.1.161"],
                         body).replace(HOST.encode(), host.encode())


def v1(parameters, key=DEMO_KEY):
    """The same call signed the old way: a form, HMAC-SHA256 over its sorted fields."""
    fields = {"Action": "DescribeOrgMemberAccountBalance", "Version": "2018-07-09", "SecretId": key[0], "Nonce": 1234567,
              "Timestamp": int(time.time()), "SignatureMethod": "HmacSHA256", "Language": "en-US",
              "RequestClient": "SDK_PYTHON_3.1.161"}
    for name, value in parameters.items():
        fields |= {f"{name}.{i}": item for i, item in enumerate(value)} if isinstance(value, list) else {name: value}
    text = f"POST{HOST}/?" + "&".join(f"{name}={fields[name]}" for name in sorted(fields))
    digest = hmac.new(key[1].encode(), text.encode(), hashlib.sha256).digest()
    import base64
    fields["Signature"] = base64.b64encode(digest).decode()
    return request_bytes(["Content-Type: application/x-www-form-urlencoded"], urllib.parse.urlencode(fields))


def ask(port, request):
    """The body of one answer."""
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.sendall(request)
        text = b""
        while b"\r\n\r\n" not in text:
            text += link.recv(65536)
        head, body = text.split(b"\r\n\r\n", 1)
        size = int(re.search(rb"(?i)content-length: (\d+)", head).group(1))
        while len(body) < size:
            body += link.recv(65536)
    if b'{"Error"' in body:
        raise Failed(body.decode())
    return body


# ---- processes ----

def cpu_us(pid):
    """Of the process and its children (nginx's workers)."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0]) / 1000
        total += sum(cpu_us(child) for child in (task / "children").read_text().split())
    return total


def resident_bytes(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def words_of(*words):
    return [str(word) for word in words]


def wait_port(port, process=None):
    for _ in range(6000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process and process.poll() is not None:
            break
        time.sleep(0.02)
    raise Failed(f"nothing listens on port {port}")


class Server:
    """A process that serves on a port, and runs on the processors named (`0`, `0,1`)."""

    def __init__(self, name, port, *words, processors="0"):
        self.name, self.port = name, port
        self.process = subprocess.Popen(words_of("taskset", "-c", processors, *words), stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        self.pid = self.process.pid
        wait_port(port, self.process)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout=120)

    def measure(self, work, request, seconds, pipeline=1, connections=32, processors="1", port=None, options=()):
        """Loads the server with the request, and says what each answer cost it."""
        path = work / f"request-{self.port}"
        path.write_bytes(request)
        before = cpu_us(self.pid)
        said = load(port or self.port, path, connections, pipeline, seconds, *options, processors=processors)
        return {"cpu": (cpu_us(self.pid) - before) / said["answers"], **said}


def start_load(port, path, connections, pipeline, seconds, *options, processors="1"):
    words = words_of("taskset", "-c", processors, BUILD / "bench/load", "127.0.0.1", port, path, connections, pipeline, seconds,
                     *options)
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def finish_load(process):
    text, _ = process.communicate()
    if process.returncode != 0:
        raise Failed(f"the load generator ended with status {process.returncode}")
    said = json.loads(text)
    if said["bad"] or not said["answers"]:
        raise Failed(f"{said['bad']} of {said['answers']} answers were wrong")
    return said


def load(*arguments, **named):
    return finish_load(start_load(*arguments, **named))


def run_json(*words):
    """A tool of bench/ that prints one JSON line."""
    said = subprocess.run(words_of(*words), capture_output=True, text=True)
    if said.returncode != 0:
        raise Failed(f"{words[0]}: {said.stderr.strip()[-500:]}")
    return json.loads(said.stdout)


def first_answer(port, request_file, *command):
    """Milliseconds from exec to the first signed answer, and the server's memory then. The server stays: see end."""
    return run_json(BUILD / "bench/elapsed", port, request_file, *command)


def end(pid, how=signal.SIGTERM):
    """Ends a process that is not our child, and waits for it."""
    handle = os.pidfd_open(pid)
    signal.pidfd_send_signal(handle, how)
    import select
    if not select.select([handle], [], [], 120)[0]:
        raise Failed(f"process {pid} does not end")
    os.close(handle)


def exec_to_exit_ms(*command):
    return run_json(BUILD / "bench/elapsed", "-", "-", *command)["ms"]


# ---- data folders ----

class Folder:
    """A data folder with members FIRST_UIN and following, and its owner's key."""

    def __init__(self, work, members, name=None):
        self.path, self.members = work / (name or f"members-{members}"), members
        made = run_json(BURSAR, "init", "--data", self.path, "--owner", OWNER, "--json")
        self.key, self.organisation = (made["SecretId"], made["SecretKey"]), made["OrganizationId"]
        (work / f"{self.path.name}.json").write_text(json.dumps(made))
        self.credentials = work / f"{self.path.name}.json"
        self.import_seconds = self.add_members(work)

    def add_members(self, work):
        """Each has as much money as an organisation's sums leave room for, so that no charge is refused."""
        cents = min(10**11, 4 * 10**14 // self.members)
        path = work / "members.csv"
        with open(path, "w") as file:
            file.write("MemberUin,MemberName,CashAccountBalance\n")
            for start in range(0, self.members, 100000):
                file.write("".join(f"{FIRST_UIN + i},member {i},{cents}\n"
                                   for i in range(start, min(start + 100000, self.members))))
        begin = time.monotonic()
        subprocess.run(words_of(BURSAR, "import", "--data", self.path, path), check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        took = time.monotonic() - begin
        path.unlink()
        return took

    def command(self, port, *more):
        return words_of(BURSAR, "serve", "--data", self.path, "--listen", f"127.0.0.1:{port}", *NO_LIMIT, *more)

    def serve(self, port=PORT, processors="0,1", more=()):
        return Server("bursar", port, *self.command(port, *more), processors=processors)

    def bytes(self):
        return sum(path.stat().st_size for path in self.path.glob("journal.db*"))

    def warm(self):
        """Reads the files through once: the host may have taken their idle pages."""
        for path in self.path.glob("journal.db*"):
            with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
                while file.read(1 << 22):
                    pass

    def last_uin(self):
        return FIRST_UIN + self.members - 1

    def remove(self):
        shutil.rmtree(self.path)


def sign_transfers(folder, batch, requests, members=None, first=FIRST_UIN):
    """A file of signed CreateTransfers, each with a fresh token, in memory so that the disk is left alone."""
    path = pathlib.Path(tempfile.mkstemp(prefix="bursar-bench-", dir="/dev/shm")[1])
    subprocess.run(words_of(BUILD / "bench/sign", path, *folder.key, folder.organisation, first, members or folder.members, batch,
                            requests), check=True)
    return path


def post(folder, port, batch, requests, seconds=600, connections=64, members=None, first=FIRST_UIN, options=()):
    """Posts `requests` of `batch` transfers, or as many as the seconds allow."""
    path = sign_transfers(folder, batch, requests, members, first)
    try:
        said = load(port, path, connections, 1, seconds, "once", *options, processors="0,1")
    finally:
        path.unlink()
    return {**said, "rate": said["rate"] * batch, "requests_rate": said["rate"]}


@contextlib.contextmanager
def scratch(folder):
    """A folder on the disk that is to be measured, which a memory file system is not."""
    kind = subprocess.run(words_of("stat", "-f", "-c", "%T", folder), capture_output=True, text=True).stdout.strip()
    if kind in ("tmpfs", "ramfs"):
        raise Failed(f"{folder} is in memory ({kind}); --scratch must be on a disk")
    with tempfile.TemporaryDirectory(prefix="bursar-bench-", dir=folder) as path:
        os.chmod(path, 0o711)  # PostgreSQL runs as a user of its own
        yield pathlib.Path(path)


def tell(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)
