"""The recorder's log (recorder.c), read back."""
import re
import struct
from typing import NamedTuple

HEADER = struct.Struct("=cBHiQQII")
REQUEST_ID = re.compile(rb'"RequestId":"([0-9a-f-]{36})"')


class Event(NamedTuple):
    kind: str  # Open Close Write Truncate Sync Rename Unlink Answer Fault
    error: int
    fd: int
    offset: int
    covers: int  # of a sync: events of this process before it began
    data: bytes


def read_log(path):
    """The events of one process. What it was writing when it was killed is left out."""
    data = path.read_bytes() if path.exists() else b""
    events, at = [], 0
    while at + HEADER.size <= len(data):
        kind, _, error, fd, offset, covers, size, _ = HEADER.unpack_from(data, at)
        at += HEADER.size
        if at + size > len(data):
            break
        events.append(Event(kind.decode(), error, fd, offset, covers, data[at : at + size]))
        at += size
    return events


class Answers:
    """Finds the request ids in what a process sends, also when one is cut by the end of a write."""

    def __init__(self):
        self.rest = {}

    def see(self, event):
        text = self.rest.get(event.fd, b"") + event.data
        found = list(REQUEST_ID.finditer(text))
        self.rest[event.fd] = text[found[-1].end() if found else 0 :][-64:]
        return [match.group(1).decode() for match in found]
