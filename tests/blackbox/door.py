"""Drives build/tests/blackbox/door: the network side of the server with an api of the test's own.

The program is $BURSAR_DOOR, else the one in $BURSAR_BUILD, else that of any build folder.
"""
import glob
import os
import pathlib
import resource
import select
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 20  # seconds after which an event that must come counts as missing


def program():
    wanted = os.environ.get("BURSAR_DOOR")
    if wanted:
        return wanted
    build = os.environ.get("BURSAR_BUILD")
    folders = [build] if build else sorted(glob.glob(str(ROOT / "build*"))) + sorted(glob.glob(str(ROOT / "build*/*")))
    for folder in folders:
        path = pathlib.Path(folder) / "tests/blackbox/door"
        if path.exists():
            return str(path)
    raise RuntimeError("no tests/blackbox/door is built")


class Door:
    """A running door. Options as in door.c; lists give an option several times."""

    def __init__(self, files=None, **options):
        """`files`: most file descriptors it may have."""
        arguments = []
        options = {"listen": options.pop("listen", "127.0.0.1:0"), **options}
        if "admin" in options:  # the Host of get() and post()
            options.setdefault("admin_host", "billing.test")
        for name, values in options.items():
            for value in values if isinstance(values, list) else [values]:
                if value is not None:
                    arguments.append(f"{name}={value}")
        if files:
            limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
        else:
            limit = None
        self.process = subprocess.Popen([program(), *arguments], preexec_fn=limit, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addresses = []
        for line in self.process.stdout:
            if line == "ready\n":
                break
            self.addresses.append(line.strip())
        else:
            self.process.wait()
            raise RuntimeError(self.process.stderr.read())

    def connect(self, index=0, **options):
        return Client(self.addresses[index], **options)

    def drain(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self):
        """Waits for the end: no leak, no race, no crash."""
        _, errors = self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0, errors
        return errors

    def stop(self):
        if self.process.poll() is None:
            self.drain()
            self.drain()
        return self.wait()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.stop()
        else:
            self.process.kill()
            self.process.communicate()

    def fd_count(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def eventually(condition, what):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"never: {what}")


class Answer:
    def __init__(self, status, fields, body):
        self.status = status
        self.fields = fields
        self.body = body

    def __getitem__(self, name):
        return self.fields.get(name.lower())

    @property
    def keeps(self):
        return self["Connection"] == "keep-alive"


class Client:
    """A socket that reads answers."""

    def __init__(self, address, receive_bytes=None, wrap=None, source=None):
        """`source`: the address to come from; all of 127.0.0.0/8 is this machine."""
        if address.startswith("unix:"):
            self.socket = socket.socket(socket.AF_UNIX)
            target = address[5:]
        else:
            host, port = address.rsplit(":", 1)
            six = host.startswith("[")
            self.socket = socket.socket(socket.AF_INET6 if six else socket.AF_INET)
            target = ("127.0.0.1" if host == "*" else host.strip("[]"), int(port))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        if source:
            self.socket.bind((source, 0))
        self.socket.settimeout(PATIENCE)
        self.socket.connect(target)
        if wrap:
            self.socket = wrap(self.socket)
        self.rest = b""

    def send(self, *parts):
        for part in parts:
            self.socket.sendall(part if isinstance(part, bytes) else part.encode("latin-1"))

    def send_bytewise(self, text):
        for i in range(len(text)):
            self.send(text[i : i + 1])

    def _more(self):
        got = self.socket.recv(1 << 16)
        self.rest += got
        return got != b""

    def _until(self, mark):
        while mark not in self.rest:
            if not self._more():
                raise EOFError(self.rest)
        head, self.rest = self.rest.split(mark, 1)
        return head

    def answer(self, to_head=False):
        """The next answer; EOFError when the server closes instead."""
        head = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, status, _ = head[0].split(" ", 2)
        assert version == "HTTP/1.1"
        pairs = [line.split(": ", 1) for line in head[1:]]
        fields = {name.lower(): value for name, value in pairs}
        assert len(fields) == len(pairs), "a repeated field"
        size = 0 if to_head else int(fields.get("content-length", 0))
        while len(self.rest) < size:
            if not self._more():
                raise EOFError(self.rest)
        body, self.rest = self.rest[:size], self.rest[size:]
        return Answer(int(status), fields, body)

    def ask(self, *parts, to_head=False):
        self.send(*parts)
        return self.answer(to_head)

    def end_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reads_end(self):
        """True when the server closes (or resets) without sending anything more."""
        try:
            return self.rest == b"" and not self._more()
        except ConnectionResetError:
            return True

    def is_quiet(self, seconds=0.3):
        """True when nothing comes and the connection stays open."""
        return self.rest == b"" and not select.select([self.socket], [], [], seconds)[0]

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def get(target="/", *fields, version="1.1"):
    return "\r\n".join([f"GET {target} HTTP/{version}", "Host: billing.test", *fields, "", ""]).encode("latin-1")


def post(body, target="/", *fields):
    body = body if isinstance(body, bytes) else body.encode()
    head = [f"POST {target} HTTP/1.1", "Host: billing.test", f"Content-Length: {len(body)}", *fields, "", ""]
    return "\r\n".join(head).encode("latin-1") + body


def chunked(chunks, target="/", *fields, trailer=b""):
    head = [f"POST {target} HTTP/1.1", "Host: billing.test", "Transfer-Encoding: chunked", *fields, "", ""]
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return "\r\n".join(head).encode("latin-1") + body + b"0\r\n" + trailer + b"\r\n"
