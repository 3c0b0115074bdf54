"""Part `reads`: what a signed read costs the server, beside nginx `return 200` with a body of the same size and a bare epoll
server with a constant answer; over TLS beside nginx's TLS; signed the old way; and with two network threads, beside nginx with two
workers.

The server has processor 0, the load generator processor 1 (with two threads both have both)."""
import json
import random
import re
import shutil
import subprocess

from lab import BUILD, BURSAR, NO_LIMIT, PORT, Server, ask, resident_bytes, save, tc3, tell, v1, words_of

NGINX, FLOOR, TLS, NGINX_TLS, TWO, ONE, NGINX_TWO, NGINX_ONE = (PORT + i for i in range(1, 9))

EASY_RATE = 80000  # requests a second at which server and load generator together leave a part of two processors


def certificate(work):
    key, chain = work / "tls.key", work / "tls.pem"
    subprocess.run(words_of("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                            "-out", chain, "-days", 2, "-subj", "/CN=localhost"), check=True, stderr=subprocess.DEVNULL)
    return chain, key


def run_nginx(work, name, port, processes, server, bodies, processors="0"):
    """One location per body size, as `return 200` in the configuration."""
    places = "".join(f'location = /{size} {{ default_type application/json; return 200 "{"x" * size}"; }}\n' for size in bodies)
    (work / f"{name}.conf").write_text(
        f"daemon off; {processes}; pid {work}/{name}.pid; error_log /dev/null;\n"
        f"events {{ worker_connections 1024; }}\n"
        f"http {{ access_log off; keepalive_requests 1000000000; client_body_in_single_buffer on;\n"
        f"server {{ {server}\n{places} }} }}\n")
    return Server("nginx", port, shutil.which("nginx") or "/usr/sbin/nginx", "-c", work / f"{name}.conf", processors=processors)


def start_nginx(work, bodies, chain, key):
    return run_nginx(work, "nginx", NGINX, "master_process off; worker_processes 1",
                     f"listen 127.0.0.1:{NGINX}; listen 127.0.0.1:{NGINX_TLS} ssl; ssl_certificate {chain}; ssl_certificate_key {key};",
                     bodies)


def start_workers(work, port, workers, size):
    """Its workers, as our threads, have a listening socket each."""
    return run_nginx(work, f"workers-{workers}", port, f"worker_processes {workers}", f"listen 127.0.0.1:{port} reuseport;", [size],
                     processors="0,1")


def demo(port, members, *more, processors="0"):
    return Server("bursar", port, BURSAR, "demo", "--listen", f"127.0.0.1:{port}", "--members", members, *NO_LIMIT, *more,
                  processors=processors)


def for_nginx(request, size):
    return re.sub(rb"^(POST|GET) / ", rb"\1 /%d " % size, request, count=1)


class Reads:
    def __init__(self, work, options):
        self.work, self.options = work, options
        self.members = options.members
        chain, key = certificate(work)
        self.bursar = demo(PORT, self.members, "--threads", 1, "--listen-tls", f"127.0.0.1:{TLS}", "--tls-cert", chain, "--tls-key", key)
        rows = json.loads(ask(PORT, tc3({"PageNumber": 1, "PageSize": 10})))["Response"]["Data"]
        uins = [row["MemberUin"] for row in rows]
        self.asked = {"1 member": {"MemberUins": uins[:1]}, "10 members": {"MemberUins": uins},
                      "page 1": {"PageNumber": 1, "PageSize": 10},
                      "last page": {"PageNumber": self.members // 10, "PageSize": 10}}
        self.sizes = {name: len(ask(PORT, tc3(parameters))) for name, parameters in self.asked.items()}
        self.nginx = start_nginx(work, sorted(set(self.sizes.values())), chain, key)
        self.results = {}

    def note(self, name, peer, said):
        self.results.setdefault(name, {}).setdefault(peer, []).append(
            {key: said[key] for key in ("cpu", "rate", "p50_us", "p99_us", "p999_us")})

    def turn(self, name, peers, seed):
        """Measures the peers of one row one after the other, in a new order each round."""
        random.Random(f"{seed} {name}").shuffle(peers)
        for peer, server, request, how in peers:
            self.note(name, peer, server.measure(self.work, request, self.options.seconds, **how))

    def plain(self, seed, name, pipeline):
        request, size = tc3(self.asked[name]), self.sizes[name]
        how = {"pipeline": pipeline}
        with Server("floor", FLOOR, BUILD / "bench/floor", FLOOR, size, len(request)) as floor:
            self.turn(name if pipeline == 1 else f"{name}, {pipeline} pipelined",
                      [("bursar", self.bursar, request, how), ("nginx", self.nginx, for_nginx(request, size), how),
                       ("floor", floor, request, how)], seed)

    def tls(self, seed):
        request = tc3(self.asked["1 member"])
        self.turn("TLS, 1 member", [
            ("bursar", self.bursar, request, {"port": TLS, "options": ("tls",)}),
            ("nginx", self.nginx, for_nginx(request, self.sizes["1 member"]), {"port": NGINX_TLS, "options": ("tls",)})], seed)

    def old_signature(self, seed):
        asked = self.asked["1 member"]
        self.turn("v1 signature, 1 member", [("v1", self.bursar, v1(asked), {}), ("TC3", self.bursar, tc3(asked), {})], seed)

    def threads(self, seed):
        how, size = {"processors": "0,1"}, self.sizes["1 member"]
        with demo(TWO, 1000, "--threads", 2, processors="0,1") as two, demo(ONE, 1000, "--threads", 1, processors="0,1") as one, \
                start_workers(self.work, NGINX_TWO, 2, size) as nginx_two, start_workers(self.work, NGINX_ONE, 1, size) as nginx_one:
            asked = json.loads(ask(TWO, tc3({"PageNumber": 1, "PageSize": 1})))["Response"]["Data"][0]["MemberUin"]
            request = tc3({"MemberUins": [asked]})
            self.turn("2 threads, 1 member", [("2 threads", two, request, how), ("1 thread", one, request, how)], seed)
            easy = {**how, "options": (f"rate={EASY_RATE}",)}
            self.turn(f"2 threads, {EASY_RATE:,}/s", [("2 threads", two, request, easy), ("1 thread", one, request, easy)], seed)
            self.turn("2 workers of nginx", [("2 workers", nginx_two, for_nginx(request, size), how),
                                             ("1 worker", nginx_one, for_nginx(request, size), how)], seed)

    def round(self, seed):
        for name in self.asked:
            self.plain(seed, name, 1)
        self.plain(seed, "1 member", 16)
        self.tls(seed)
        self.old_signature(seed)
        self.threads(seed)

    def stop(self):
        self.bursar.stop()
        self.nginx.stop()


def run(work, options):
    reads = Reads(work, options)
    try:
        for seed in range(options.rounds):
            reads.round(seed)
            tell(f"reads: round {seed + 1} of {options.rounds}")
        memory = resident_bytes(reads.bursar.pid)
    finally:
        reads.stop()
    save("reads", {"members": reads.members, "seconds": options.seconds, "rounds": options.rounds, "sizes": reads.sizes, "memory": memory,
                   "nginx": subprocess.run(["nginx", "-v"], capture_output=True, text=True).stderr.strip(),
                   "rows": reads.results})
