"""The server under test and what it holds: an organisation, members whose values are known, keys of four callers, TLS."""
import csv
import json
import os
import shutil
import subprocess
import time

HOST = "billing.intl.tencentcloudapi.com"
OWNER, OUTSIDER = "100000000001", "100000000099"


def members():
    """Rows as the API must give them: in cents, ascending by uin. The first is the documentation's."""
    rows = [{"MemberUin": "700001941608", "MemberName": "kleinerwang_test", "IsCreditAccount": False,
             "RealBalance": 36365911, "CashAccountBalance": 36365911, "CreditAmount": 0, "TempCredit": 0,
             "BasicCreditAmount": 0, "OweAmount": 0}]
    for i in range(1, 23):
        cash, basic = i * 1000 - 5000, (i % 3) * 2000
        owe = max(0, -(cash + basic))
        rows.append({"MemberUin": str(700001941608 + i * 17), "MemberName": f"成员 {i} é & \"x\"", "IsCreditAccount":
                     i % 3 != 0, "RealBalance": cash, "CashAccountBalance": cash + owe, "CreditAmount": basic,
                     "TempCredit": 0, "BasicCreditAmount": basic, "OweAmount": owe})
    return rows


class World:
    def __init__(self, root, work):
        self.bursar = os.environ.get("BURSAR", str(root / "build/src/cmd/bursar"))
        self.tls = work / "tls"
        self.data = work / "data"
        self.hosts = work / "hosts"
        self.certificate = str(self.tls / "ca.pem")
        self.members = members()
        self.server = None

    def __enter__(self):
        self.make_network()
        self.make_certificates()
        self.make_ledger()
        self.serve()
        return self

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait(timeout=20)

    def make_network(self):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        self.hosts.write_text(f"127.0.0.1 {HOST} localhost\n")
        subprocess.run(["mount", "--bind", str(self.hosts), "/etc/hosts"], check=True)

    def make_certificates(self):
        shutil.rmtree(self.tls, ignore_errors=True)
        self.tls.mkdir(parents=True)

        def openssl(*words):
            subprocess.run(["openssl", *words], check=True, cwd=self.tls, capture_output=True)

        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=bursar test CA", "-keyout",
                "ca.key", "-out", "ca.pem", "-addext", "basicConstraints=critical,CA:TRUE", "-addext",
                "keyUsage=critical,keyCertSign")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={HOST}", "-keyout", "server.key", "-out",
                "server.csr")
        (self.tls / "names").write_text(f"subjectAltName=DNS:{HOST}\n")
        openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                "-extfile", "names", "-out", "server.pem")
        # The Python clients trust the bundle of certifi only: in this mount namespace it is our authority.
        for bundle in self.tls.parent.glob("venv-*/lib/python3*/site-packages/certifi/cacert.pem"):
            subprocess.run(["mount", "--bind", self.certificate, str(bundle)], check=True)
        keytool = shutil.which("keytool")
        if keytool:
            subprocess.run([keytool, "-importcert", "-noprompt", "-alias", "ca", "-file", "ca.pem", "-keystore",
                            "trust.p12", "-storetype", "PKCS12", "-storepass", "changeit"], check=True, cwd=self.tls,
                           capture_output=True)

    def run(self, *words):
        done = subprocess.run([self.bursar, *words], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"bursar {' '.join(words)}: {done.stderr}")
        return done.stdout

    def key(self, *words):
        made = json.loads(self.run("key", "add", "--data", str(self.data), *words, "--json"))
        return {"secretId": made["SecretId"], "secretKey": made["SecretKey"]}

    def make_ledger(self):
        shutil.rmtree(self.data, ignore_errors=True)
        first = json.loads(self.run("init", "--data", str(self.data), "--owner", OWNER, "--json"))
        table = self.data / "members.csv"
        with open(table, "w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, list(self.members[0]))
            writer.writeheader()
            for member in self.members:
                writer.writerow({**member, "IsCreditAccount": str(member["IsCreditAccount"]).lower()})
        self.run("import", "--data", str(self.data), str(table))
        self.keys = {
            "owner": {"secretId": first["SecretId"], "secretKey": first["SecretKey"]},
            "member": self.key("--account", self.members[0]["MemberUin"]),
            "outsider": self.key("--account", OUTSIDER),
            # the limit is counted after the signature and before the policy, so that a member's key meets it too
            "limited": self.key("--account", self.members[1]["MemberUin"]),
        }

    def serve(self):
        ready = self.data / "ready"
        self.server = subprocess.Popen([
            self.bursar, "serve", "--data", str(self.data), "--listen", "127.0.0.1:80", "--listen-tls", "127.0.0.1:443",
            "--tls-cert", str(self.tls / "server.pem"), "--tls-key", str(self.tls / "server.key"), "--ready-file",
            str(ready)])
        for _ in range(200):
            if ready.exists() and ready.stat().st_size:
                return
            if self.server.poll() is not None:
                raise SystemExit(f"the server ended with {self.server.returncode}")
            time.sleep(0.05)
        raise SystemExit("the server did not become ready in 10 s")
