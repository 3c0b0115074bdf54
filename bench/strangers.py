"""What somebody without a valid key can send, and what it costs the server: bench/pressure prints it.

    heads    requests of up to 32 KiB without a body: processor time of each, in times of an ordinary refused one
    bodies   60 KiB behind an ordinary head: processor time a byte, in times of a byte that is only read and thrown away

Whoever knows a SecretId, but not its secret, makes the server compute what the signature would cover; those rows are of the heads' bar
too. The same for bodies (hashing and parsing them) is printed and not judged: a signature covers every byte. Nor is the frame of chunks
of one byte: it is no byte of a body, and there are at most 64 KiB of it."""
import socket
import time

import lab

NOBODY = ("AKIDnobodyhasthiskey0000000000000000", "no secret")
WRONG = (lab.DEMO_KEY[0], "another secret")
HEAD_TIMES, BODY_TIMES = 5, 1
HEAD_BYTES, BODY_BYTES = 31_000, 60_000
ZEROS = "0" * 64
BATCHES = 20


def head_of(lines, first="POST / HTTP/1.1", host=lab.HOST):
    return "\r\n".join([first, f"Host: {host}", *lines, "", ""]).encode()


def signed_lines(key, names, content_type="application/json"):
    """As of a signed call, with those names besides the two that must be, and a signature that cannot fit."""
    now = int(time.time())
    scope = f"{time.strftime('%Y-%m-%d', time.gmtime(now))}/billing/tc3_request"
    return [f"Content-Type: {content_type}", "X-TC-Action: DescribeOrgMemberAccountBalance", "X-TC-Version: 2018-07-09",
            f"X-TC-Timestamp: {now}", f"Authorization: TC3-HMAC-SHA256 Credential={key[0]}/{scope}, "
            f"SignedHeaders={';'.join(['content-type', 'host', *names])}, Signature={ZEROS}"]


def many_names(key, count, name_bytes, value_bytes):
    """Names that are alike up to their middle and from there to their end."""
    half = "x" * (name_bytes // 2 - 2)
    names = [f"{half}{i:02d}{half}" for i in range(count)]
    return head_of([*signed_lines(key, names), *(f"{name}: {'V' * value_bytes}" for name in names), "Content-Length: 0"])


def repeated_name(count):
    return head_of([*signed_lines(WRONG, ["x"] * count), f"X: {'V' * 14000}", "Content-Length: 0"])


def long_values(key, host):
    names = [f"x-{i}" for i in range(10)]
    return head_of([*signed_lines(key, names, "Application/JSON"), *(f"{name}: {'V' * 2900}" for name in names), "Content-Length: 0"],
                   host=host)


def query_of(text):
    return head_of([], first=f"GET /?{text} HTTP/1.1")


def v1_query(key, pair):
    rest = f"SecretId={key[0]}&Action=A&Version=1&Nonce=1&Timestamp={int(time.time())}&Signature=x"
    return query_of(pair * ((HEAD_BYTES - len(rest)) // len(pair)) + rest)


def heads():
    port = lab.HOST + ":8080"
    return {
        "fields, 90 short ones": head_of([*signed_lines(NOBODY, []), *(f"x{i}: y" for i in range(90)), "Content-Length: 0"]),
        "names, 90": many_names(NOBODY, 90, 20, 300),
        "names, 45 long ones": many_names(NOBODY, 45, 330, 10),
        "names, 45 long ones, known id": many_names(WRONG, 45, 330, 10),
        "names, 90, known id": many_names(WRONG, 90, 20, 280),
        "a name 1,100 times": repeated_name(1100),
        "a name 8,000 times": repeated_name(8000),
        "values of 29 KB": long_values(NOBODY, port),
        "values of 29 KB, known id, Host with a port": long_values(WRONG, port),
        "a query of pairs, no key": query_of("a=b&" * (HEAD_BYTES // 4)),
        "a query of pairs": v1_query(NOBODY, "a=b&"),
        "a query of SecretIds": v1_query(NOBODY, "aSecretId=&"),
        "a query of &": v1_query(NOBODY, "&"),
        "a query of 250 pairs, known id": v1_query(WRONG, f"a={'b' * 120}&"),
        "a query of pairs, known id": v1_query(WRONG, "a=b&"),
    }


def post(lines, body, target="/"):
    return head_of([*lines, f"Content-Length: {len(body)}"], first=f"POST {target} HTTP/1.1") + body


def fill(piece, begin="", end=""):
    return (begin + piece * ((BODY_BYTES - len(begin) - len(end)) // len(piece)) + end).encode()


def json_keys(size=BODY_BYTES):
    """An object of different keys, which a reader would have to tell apart."""
    text = "{" + ",".join(f'"{i}":0' for i in range(size // 10)) + "}"
    return (text + " " * (size - len(text))).encode()


def bodies():
    """Name: (request, judged)."""
    json_type, form = ["Content-Type: application/json"], ["Content-Type: application/x-www-form-urlencoded"]
    chunks = b"1\r\nx\r\n" * 10000 + b"0\r\n\r\n"
    return {
        "unsigned JSON of keys": (post(json_type, json_keys()), True),
        "unsigned JSON of brackets": (post(json_type, fill("[", "{\"a\":", "}")), True),
        "unsigned form of pairs": (post(form, fill("a=b&")), True),
        "a form of pairs": (post(form, fill("a=b&", f"SecretId={NOBODY[0]}&")), True),
        "unsigned parts": (post(["Content-Type: multipart/form-data; boundary=x"], fill("--x\r\n\r\n\r\n")), True),
        "JSON of keys": (post(signed_lines(NOBODY, []), json_keys()), True),
        "chunks of a byte": (head_of([*signed_lines(NOBODY, []), "Transfer-Encoding: chunked"]) + chunks, False),
        "JSON of keys, known id": (post(signed_lines(WRONG, []), json_keys()), False),
        "a form of pairs, known id": (post(form, fill("a=b&", f"SecretId={WRONG[0]}&")), False),
    }


# ---- costs ----

class Asked:
    """A connection that asks for the same thing again and again; what an answer cost the server, batch by batch."""

    def __init__(self, server, request):
        self.pid, self.request, self.costs_us = server.pid, request, []
        self.link = socket.create_connection(("127.0.0.1", server.port))
        self.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def batch(self, count):
        self.ask()
        before = lab.cpu_us(self.pid)
        for _ in range(count):
            self.ask()
        self.costs_us.append((lab.cpu_us(self.pid) - before) / count)

    def ask(self):
        self.link.sendall(self.request)
        text = b""
        while b"\r\n\r\n" not in text or not text.rstrip().endswith((b"}", b"only")):
            part = self.link.recv(65536)
            if not part:
                raise lab.Failed(f"the server closed: {text[:200]} after {self.request[:200]}")
            text += part


def costs_us(server, requests, count):
    """Of each by its name. Their batches take turns, so that a slow moment of the machine meets all of them."""
    asked = {name: Asked(server, request) for name, request in requests.items()}
    for _ in range(BATCHES):
        for one in asked.values():
            one.batch(max(count // BATCHES, 1))
    for one in asked.values():
        one.link.close()
    return {name: lab.median(one.costs_us) for name, one in asked.items()}


def bodiless(request):
    head = request[:request.index(b"\r\n\r\n")]
    return b"\r\n".join(line for line in head.split(b"\r\n") if not line.startswith((b"Content-Length:", b"Transfer-Encoding:"))) + \
        b"\r\nContent-Length: 0\r\n\r\n"


def measure_once(server, count):
    """Of each row (kind, name, bar or None): microseconds, times."""
    ordinary, thrown, rows = "ordinary, refused", "read and thrown away", {}
    costs = costs_us(server, {ordinary: lab.tc3({}, key=NOBODY), **heads()}, count)
    for name, cost in costs.items():
        rows["head", name, None if name == ordinary else HEAD_TIMES] = cost, cost / costs[ordinary]
    asked = {thrown: (post([], b"x" * BODY_BYTES, "/nothing"), False), **bodies()}
    costs = costs_us(server, {name: request for name, (request, _) in asked.items()} |
                     {f"{name}: head": bodiless(request) for name, (request, _) in asked.items()}, count)
    cost_of_body = {name: max(costs[name] - costs[f"{name}: head"], 0) for name in asked}
    for name, (request, judged) in asked.items():
        size = len(request) - request.index(b"\r\n\r\n") - 4
        rows["body", name, BODY_TIMES if judged else None] = \
            cost_of_body[name], cost_of_body[name] / cost_of_body[thrown] * BODY_BYTES / size
    return rows


def measure(server, count, rounds):
    """Rows of (kind, name, bar or None, microseconds, times), a value a round in the last two."""
    for name, request in heads().items():
        assert request.index(b"\r\n\r\n") <= 32768, name
    measured = [measure_once(server, count) for _ in range(rounds)]
    return [(*row, [one[row][0] for one in measured], [one[row][1] for one in measured]) for row in measured[0]]


def spread(values):
    return f"{lab.median(values):.2f} [{min(values):.2f}..{max(values):.2f}]"


def print_costs(rows):
    """Medians of the rounds, with their spread. The bar is held by the median; or, as far as this machine can tell, by the least round."""
    print("\n| what | of a stranger | us | times | bar | held |\n|---|---|---|---|---|---|")
    held_all = True
    for kind, name, bar, costs, times in rows:
        held = "" if bar is None else "yes" if lab.median(times) <= bar else "within the spread" if min(times) <= bar else "NO"
        held_all = held_all and held != "NO"
        print(f"| {kind} | {name} | {lab.median(costs):.1f} | {spread(times)} | {bar or ''} | {held} |")
    return held_all
