"""What a server keeps in memory, and what happens where the client's library is missing."""
import json
import pathlib

import pytest
from program import BURSAR, EXAMPLE_KEY, run, running


SANITIZED = any(name in pathlib.Path(BURSAR).read_bytes() for name in (b"__tsan_init", b"__asan_init"))


def test_a_server_brings_no_client_into_memory(tmp_path):
    """libcurl and the libraries behind it are of no use to a server."""
    with running(tmp_path, "demo", "--listen", "127.0.0.1:0", env={"BURSAR_CORE_DUMPS": "1"}) as server:
        maps = pathlib.Path(f"/proc/{server.process.pid}/maps").read_text()
        names = {pathlib.Path(line.split()[-1]).name for line in maps.splitlines() if ".so" in line}
        assert not [name for name in names if name.startswith(("libcurl", "libgnutls", "libldap", "libkrb5"))]


@pytest.mark.skipif(SANITIZED, reason="a sanitizer takes memory of its own")
def test_an_idle_server_is_small(tmp_path):
    with running(tmp_path, "demo", "--listen", "127.0.0.1:0") as server:
        status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
        resident = int(status.split("VmRSS:")[1].split()[0])
        assert resident <= 10 * 1024, f"{resident} KiB"


def test_a_missing_client_library_is_named(tmp_path):
    (tmp_path / "libcurl.so.4").write_bytes(b"not a library")
    credentials = tmp_path / "key.json"
    credentials.write_text(json.dumps({"secretId": EXAMPLE_KEY[0], "secretKey": EXAMPLE_KEY[1]}))
    credentials.chmod(0o600)
    done = run("query", "--endpoint", "http://127.0.0.1:1", "--credentials", credentials,
               env={"LD_LIBRARY_PATH": str(tmp_path)})
    assert done.returncode == 4
    assert done.stderr.count("\n") == 1
    assert "libcurl.so.4" in done.stderr and "libcurl4" in done.stderr
    assert "file too short" in done.stderr
