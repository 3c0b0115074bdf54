"""Who else could change or read what is in a data folder: its mode, links planted in it, core dumps of the process."""
import os
import pathlib
import re
import shutil
import subprocess
import time

import pytest
from program import BURSAR, make_ledger, must, run, running, serving

SANITIZED = any(name in pathlib.Path(BURSAR).read_bytes() for name in (b"__tsan_init", b"__asan_init"))
UNSAFE = [0o777, 0o1777, 0o770, 0o720, 0o702]
SAFE = [0o700, 0o750, 0o755, 0o711]


@pytest.fixture
def ledger(tmp_path):
    return make_ledger(tmp_path)[0]


def refused(done, data, mode):
    """One line, exit status 3, the command that mends it."""
    assert (done.returncode, done.stderr.count("\n")) == (3, 1), done.stderr
    assert "may be written by others" in done.stderr and f"(mode {mode:04o}): chmod 700 {data}" in done.stderr
    return True


@pytest.mark.parametrize("mode", UNSAFE)
def test_init_refuses_a_folder_that_others_may_write(tmp_path, mode):
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(mode)
    assert refused(run("init", "--data", data), data, mode)
    assert list(data.iterdir()) == []
    data.chmod(0o700)
    must("init", "--data", data)


@pytest.mark.parametrize("mode", SAFE)
def test_init_takes_a_folder_that_only_its_owner_may_write(tmp_path, mode):
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(mode)
    must("init", "--data", data)
    assert data.stat().st_mode & 0o7777 == mode
    for file in data.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file


def test_init_makes_a_folder_that_nobody_else_may_look_into(tmp_path):
    before = os.umask(0)
    try:
        must("init", "--data", tmp_path / "data")
    finally:
        os.umask(before)
    assert (tmp_path / "data").stat().st_mode & 0o7777 == 0o700


@pytest.mark.parametrize("mode", UNSAFE)
def test_what_writes_to_a_folder_refuses_one_that_others_may_write(ledger, tmp_path, mode):
    dump, copy = tmp_path / "dump", tmp_path / "copy"
    must("dump", "--data", ledger, dump)
    must("backup", "--data", ledger, copy)
    ledger.chmod(mode)
    assert refused(run("serve", "--data", ledger, "--listen", "127.0.0.1:0"), ledger, mode)
    assert refused(run("member", "list", "--data", ledger), ledger, mode)
    assert refused(run("key", "list", "--data", ledger), ledger, mode)
    other = tmp_path / "other"
    other.mkdir()
    other.chmod(mode)
    assert refused(run("restore", "--data", other, copy), other, mode)
    assert refused(run("load", "--data", other, dump), other, mode)
    assert refused(run("backup", "--data", copy, other), other, mode)
    assert list(other.iterdir()) == []


def test_an_auditor_reads_a_folder_that_others_may_write(ledger, tmp_path):
    ledger.chmod(0o777)
    must("verify", "--data", ledger)
    must("dump", "--data", ledger, tmp_path / "dump")


def test_a_client_sends_nothing_to_a_socket_in_a_folder_that_others_may_write(ledger, tmp_path):
    with serving(tmp_path, ledger):
        ledger.chmod(0o777)
        assert refused(run("member", "list", "--data", ledger), ledger, 0o777)
        ledger.chmod(0o700)
        must("member", "list", "--data", ledger)


@pytest.mark.parametrize("name", ["lock", "head", "journal.db", "journal.db-wal", "journal.db-shm", "master.key"])
def test_a_planted_link_is_refused_and_not_followed(ledger, tmp_path, name):
    """Also one to the right bytes: who can change the link can change them."""
    victim = tmp_path / "victim"
    if (ledger / name).exists():
        shutil.copy2(ledger / name, victim)
        (ledger / name).unlink()
    else:
        victim.write_bytes(b"precious")
    victim.chmod(0o600)
    before = victim.read_bytes()
    (ledger / name).symlink_to(victim)
    commands = [["serve", "--data", ledger, "--listen", "127.0.0.1:0"], ["member", "list", "--data", ledger]]
    if name.startswith(("journal", "head")):
        commands += [["verify", "--data", ledger], ["dump", "--data", ledger, tmp_path / "dump"],
                     ["backup", "--data", ledger, tmp_path / "copy"]]
    for command in commands:
        done = run(*command)
        assert (done.returncode, done.stderr.count("\n")) == (3, 1), (command, done.stderr)
        assert f"{ledger}/{name} is a symbolic link" in done.stderr, (command, done.stderr)
    assert victim.read_bytes() == before


@pytest.mark.parametrize("name", ["lock", "head"])
def test_a_dangling_link_makes_no_file_elsewhere(ledger, tmp_path, name):
    (ledger / name).unlink(missing_ok=True)
    (ledger / name).symlink_to(tmp_path / "made")
    assert run("member", "list", "--data", ledger).returncode == 3
    assert not (tmp_path / "made").exists()


def test_init_follows_no_link_planted_in_the_folder(tmp_path):
    for name in ("lock", "head", "journal.db", "master.key"):
        data = tmp_path / f"for-{name}"
        data.mkdir(mode=0o700)
        victim = tmp_path / f"victim-{name}"
        victim.write_bytes(b"precious\n")
        victim.chmod(0o600)
        (data / name).symlink_to(victim)
        assert run("init", "--data", data).returncode != 0
        assert victim.read_bytes() == b"precious\n"


def test_a_fifo_in_the_place_of_the_head_keeps_nobody_waiting(ledger):
    (ledger / "head").unlink()
    os.mkfifo(ledger / "head")
    run("verify", "--data", ledger, timeout=20)


def test_the_path_of_the_folder_and_a_named_master_key_may_lead_through_links(ledger, tmp_path):
    (ledger / "master.key").rename(tmp_path / "key")
    (tmp_path / "named").symlink_to(tmp_path / "key")
    (tmp_path / "linked").symlink_to(ledger)
    must("member", "list", "--data", tmp_path / "linked", "--master-key-file", tmp_path / "named")
    (tmp_path / "key").chmod(0o640)
    done = run("member", "list", "--data", tmp_path / "linked", "--master-key-file", tmp_path / "named")
    assert done.returncode == 3 and "may be read by others" in done.stderr


# --- core dumps ---


def limit_of_core(process_id):
    text = pathlib.Path(f"/proc/{process_id}/limits").read_text()
    return re.search(r"(?m)^Max core file size +(\S+) +(\S+)", text).groups()


def test_a_server_leaves_no_core_dump(tmp_path, ledger):
    with serving(tmp_path, ledger) as server:
        assert limit_of_core(server.process.pid) == ("0", "0")


def test_a_client_leaves_no_core_dump(tmp_path, ledger):
    """The limit is the same for every subcommand; the long one without a folder is asked."""
    with running(tmp_path, "demo", "--listen", "127.0.0.1:0") as server:
        assert limit_of_core(server.process.pid) == ("0", "0")


def mappings(process_id):
    """(first address, end, readable, left out of dumps) of each, by smaps."""
    first = end = readable = None
    for line in pathlib.Path(f"/proc/{process_id}/smaps").read_text().splitlines():
        head = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line)
        if head:
            first, end, readable = int(head[1], 16), int(head[2], 16), head[3][0] == "r"
        elif line.startswith("VmFlags:"):
            yield first, end, readable, "dd" in line.split()


def holds(process_id, secret):
    """Whether memory that a dump would hold, and whether memory that it leaves out, holds the secret."""
    found = {False: False, True: False}
    with open(f"/proc/{process_id}/mem", "rb", buffering=0) as memory:
        for first, end, readable, left_out in mappings(process_id):
            if not readable:
                continue
            try:
                memory.seek(first)
                found[left_out] |= secret in memory.read(end - first)
            except (OSError, ValueError):
                continue
    return found[False], found[True]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root reads the memory of another process that forbids dumps")
@pytest.mark.skipif(SANITIZED, reason="a sanitizer keeps copies of what was freed")
def test_a_dump_that_root_takes_lacks_the_master_key(tmp_path, ledger):
    secret = bytes.fromhex((ledger / "master.key").read_text())
    with serving(tmp_path, ledger) as server:
        assert holds(server.process.pid, secret) == (False, True)


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_its_own_user_cannot_read_the_memory_of_a_server(tmp_path):
    """What a core dump needs as well: the process is not dumpable."""
    nobody = 65534
    ready = pathlib.Path(f"/tmp/bursar-dumps-{os.getpid()}")
    ready.mkdir()
    os.chown(ready, nobody, nobody)
    try:
        assert readers_result(ready, nobody, {}) == 1
        assert readers_result(ready, nobody, {"BURSAR_CORE_DUMPS": "1"}) == 0
    finally:
        shutil.rmtree(ready)


def readers_result(folder, user, env):
    program = f"/tmp/bursar-dumps-{os.getpid()}/bursar"
    shutil.copy(BURSAR, program)
    os.chmod(program, 0o755)
    child = os.fork()
    if child == 0:
        try:
            os.setgid(user)
            os.setuid(user)
            os._exit(read_as_user(program, folder, env))
        except BaseException:
            os._exit(9)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def read_as_user(program, folder, env):
    ready = folder / f"ready-{len(env)}"
    server = subprocess.Popen([program, "demo", "--listen", "127.0.0.1:0", "--ready-file", str(ready)], env=env,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(2000):
            if ready.exists():
                break
            time.sleep(0.01)
        else:
            return 8
        try:
            pathlib.Path(f"/proc/{server.pid}/maps").read_text()
            return 0
        except PermissionError:
            return 1
    finally:
        server.terminate()
        server.wait()


def test_the_unit_forbids_core_dumps():
    unit = pathlib.Path(__file__).resolve().parents[2] / "contrib/bursar.service"
    assert re.search(r"(?m)^LimitCORE=0$", unit.read_text())
