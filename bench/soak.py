"""Part `soak`: ten minutes at full load, and what of it stays in the server.

Everything at once, as fast as it goes, in turns of 20 s: reads of ten members on 32 connections, one transfer a request on 64, a thousand
on 8; then 2,000 connections that are opened and dropped. After each turn the server's own memory (anonymous pages) and its open files
are read. Of tokens a filter stays in memory for ever (docs/adr/0011), so memory is measured against the requests that carried one."""
import os
import pathlib
import re
import socket
import time

from lab import FIRST_UIN, PORT, Folder, finish_load, save, sign_transfers, start_load, tc3, tell

MEMBERS, TURN_SECONDS, DROPS = 100000, 20, 2000
BATCHES = {1: 64, 1000: 8}  # transfers a request: connections
REQUESTS_PER_SECOND = {1: 30000, 1000: 300}  # more than the server can answer


def own_bytes(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+) kB", text).group(1)) * 1024


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def drop_connections():
    for number in range(DROPS):
        with socket.create_connection(("127.0.0.1", PORT)) as link:
            link.send([b"POST / HTTP/1.1\r\n", b"\r", b"GET"][number % 3])


def files_when_quiet(pid, least):
    """Connections that were dropped a moment ago are closed a moment later."""
    for _ in range(100):
        if open_files(pid) <= least:
            break
        time.sleep(0.02)
    return open_files(pid)


def turn(work, folder):
    """Answers by what was asked."""
    reads = work / "reads"
    reads.write_bytes(b"".join(tc3({"MemberUins": [str(FIRST_UIN + (i * 7919 + j * 104729) % MEMBERS) for j in range(10)]}, folder.key)
                               for i in range(500)))
    files = {batch: sign_transfers(folder, batch, REQUESTS_PER_SECOND[batch] * TURN_SECONDS) for batch in BATCHES}
    try:
        loads = {"reads": start_load(PORT, reads, 32, 1, TURN_SECONDS, processors="0,1")}
        for batch, connections in BATCHES.items():
            loads[batch] = start_load(PORT, files[batch], connections, 1, TURN_SECONDS, "once", processors="0,1")
        answers = {what: finish_load(process)["answers"] for what, process in loads.items()}
    finally:
        for path in files.values():
            path.unlink()
    drop_connections()
    return answers


def soak(work, options):
    folder, rows = Folder(work, MEMBERS, "soak"), []
    with folder.serve(more=("--connections-per-address-max", 0)) as server:
        files = open_files(server.pid)
        begin = time.monotonic()
        while not rows or time.monotonic() - begin < options.soak_minutes * 60:
            answers = turn(work, folder)
            rows.append({"seconds": time.monotonic() - begin, "reads": answers["reads"], "tokens": answers[1] + answers[1000],
                         "transfers": answers[1] + 1000 * answers[1000], "bytes": own_bytes(server.pid),
                         "files": files_when_quiet(server.pid, files)})
            tell(f"soak: {rows[-1]}")
    folder.remove()
    save("soak", {"members": MEMBERS, "files": files, "turns": rows})
