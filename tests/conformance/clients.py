"""The clients under test: how each is started, the modes it signs in, and how it answers a call."""
import json
import os
import pathlib
import subprocess

MODES = ["tc3-post", "tc3-get", "unsigned-post", "unsigned-get", "sha1-post", "sha1-get", "sha256-post", "sha256-get"]
ACTION = "DescribeOrgMemberAccountBalance"
ENDPOINT = "billing.intl.tencentcloudapi.com"


class Driver:
    """A program that takes one JSON call a line and answers one JSON line."""
    chooses_language = True

    def __init__(self, name, sdk, command, kinds, modes, environment=None):
        self.name, self.sdk, self.command, self.kinds, self.modes = name, sdk, command, kinds, modes
        self.environment = environment or {}
        self.process = None

    def ask(self, **call):
        if self.process is None:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                            env={**os.environ, **self.environment})
        self.process.stdin.write(json.dumps(call) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended with {self.process.wait()}")
        return json.loads(line)

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait(timeout=20)


class Tccli:
    """The cloud's command line: one process a call, TC3 POST over https only."""
    kinds, modes, chooses_language = ["cli"], ["tc3-post"], True

    def __init__(self, name, sdk, program, work):
        self.name, self.sdk, self.program, self.input = name, sdk, program, str(work / "tccli-input.json")

    def ask(self, **call):
        words = [self.program, "billing", call["action"], "--version", call["version"], "--region", "ap-singapore",
                 "--endpoint", call["endpoint"], "--language", call.get("language") or "en-US",
                 "--cli-input-json", f"file://{self.input}", "--warning"]
        pathlib.Path(self.input).write_text(json.dumps(call["params"]))
        secrets = {"TENCENTCLOUD_SECRET_ID": call["secretId"], "TENCENTCLOUD_SECRET_KEY": call["secretKey"]}
        if call.get("token"):
            secrets["TENCENTCLOUD_TOKEN"] = call["token"]
        done = subprocess.run(words, capture_output=True, text=True,
                              env={**os.environ, **secrets})
        if done.returncode == 0:
            return {"ok": json.loads(done.stdout)}
        text = done.stderr + done.stdout
        if "code:" not in text:
            raise RuntimeError(text[-2000:])
        code = text.split("code:", 1)[1].split()[0]
        message = text.split("message:", 1)[1].split(" requestId:")[0]
        request_id = text.split("requestId:", 1)[1].split()[0] if "requestId:" in text else ""
        return {"error": {"type": "TencentCloudSDKException", "code": code, "message": message,
                          "requestId": request_id}}

    def close(self):
        pass


def all_clients(here, work, certificate):
    """Every client of the table, by the installer it needs."""
    trust = {"SSL_CERT_FILE": certificate, "NODE_EXTRA_CA_CERTS": certificate}
    python = ["-u", str(here / "python/driver.py")]
    java = ["java", "-XX:TieredStopAtLevel=1", f"-Djavax.net.ssl.trustStore={work}/tls/trust.p12",
            "-Djavax.net.ssl.trustStorePassword=changeit", "-cp", f"{work}/java/classes:{work}/java/jars/*", "Driver"]
    node = ["node", str(work / "node/driver.js")]
    node_intl = Driver("node-intl", "tencentcloud-sdk-nodejs-intl-en 3.0.1335",
                       [*node, "tencentcloud-sdk-nodejs-intl-en"], ["common"],
                       [mode for mode in MODES if not mode.startswith("unsigned")], trust)
    node_intl.chooses_language = False  # English is written into it
    v1_and_tc3 = [mode for mode in MODES if not mode.startswith("unsigned")]
    return [
        ("python-intl", Driver("python-intl", "tencentcloud-sdk-python-intl-en 3.1.161",
                               [str(work / "venv-intl/bin/python"), *python], ["typed", "common"], MODES, trust)),
        ("python", Driver("python", "tencentcloud-sdk-python-billing 3.1.177",
                          [str(work / "venv-mainland/bin/python"), *python], ["typed", "common"], MODES, trust)),
        ("go", Driver("go-intl", "tencentcloud-sdk-go-intl-en v3.0.531", [str(work / "go/driver")], ["common"],
                      MODES, trust)),
        ("java", Driver("java", "tencentcloud-sdk-java 3.1.1238", java, ["common"], MODES, trust)),
        ("node", Driver("node", "tencentcloud-sdk-nodejs 4.1.313", [*node, "tencentcloud-sdk-nodejs"],
                        ["typed", "common"], v1_and_tc3, trust)),
        ("node", node_intl),
        ("tccli", Tccli("tccli", "tccli 3.1.189.1", str(work / "venv-tccli/bin/tccli"), work)),
        ("python-intl", Tccli("tccli-intl", "tccli-intl-en 3.1.160.1", str(work / "venv-intl/bin/tccli"), work)),
    ]
