#!/usr/bin/env python3
"""Reads the journal of a data folder of bursar without bursar: recomputes every hash of docs/journal-format.md and
prints where it ends and how many entries of which kind there are, as JSON. Only the standard library.

    read_journal.py FOLDER [--entries]         --entries: each entry's number, kind, time and organisation, a line each
"""
import collections, hashlib, json, pathlib, sqlite3, sys

KINDS = dict(enumerate("top_up withdraw charge refund grant_gift move hold capture release expire adjust opening".split(), 1))
KINDS |= dict(enumerate("join leave rename set_credit grant_temporary revoke_temporary set_arrears start_temporary "
                        "end_temporary".split(), 32))
KINDS |= dict(enumerate("organisation add_key set_key issue_token put_policy remove_policy delegate remove_delegate".split(), 64))
KINDS |= {97: "request"}


def sha(*parts):
    return hashlib.sha256(b"".join(p.to_bytes(8, "big", signed=p < 0) if isinstance(p, int) else p for p in parts)).digest()


def number(data, at):  # LEB128: seven bits a byte, the lowest first
    value, shift = data[at] & 127, 7
    while data[at] > 127:
        at, value, shift = at + 1, value | (data[at + 1] & 127) << shift, shift + 7
    return value, at + 1


def entries(db):
    for sequence, bodies in db.execute("SELECT first_sequence, bodies FROM entry ORDER BY first_sequence"):
        if bodies[0] != 0:  # one entry as it is
            yield sequence, bodies
            continue
        at = 1
        while at < len(bodies):  # several, each behind its length
            size, at = number(bodies, at)
            yield sequence, bodies[at:at + size]
            sequence, at = sequence + 1, at + size


def root(leaves):  # RFC 6962, section 2.1
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha(b"\1", root(leaves[:split]), root(leaves[split:]))


def read(folder, show=lambda line: None):
    db = sqlite3.connect(f"file:{pathlib.Path(folder).resolve()}/journal.db?mode=ro", uri=True)
    assert db.execute("PRAGMA user_version").fetchone() == (5,), "another version of the format"
    rest, requests = entries(db), dict(db.execute("SELECT sequence, prefix FROM request"))
    registry, kinds, chain, last, batches = {}, collections.Counter(), bytes(32), 0, 0
    tallies = [[0, bytes(32)], [0, bytes(32)]]  # of registry, of tokens: how many rows, hash over them
    for row in db.execute("SELECT number, first_sequence, last_sequence, time_us, root, hash, registry_count, "
                          "registry_hash, token_count, token_hash FROM batch ORDER BY number"):
        assert (row[0], row[1]) == (batches + 1, last + 1), f"batch {batches + 1} is missing"
        leaves, (batches, first, last) = [], row[:3]
        for wanted in range(first, last + 1):
            sequence, body = next(rest)
            assert sequence == wanted, f"entry {wanted} is missing"
            leaves.append(sha(b"\0", sequence, body))
            zigzag, at = number(body, 1)
            kind, time_us, organisation = body[0], zigzag >> 1 ^ -(zigzag & 1), number(body, at)[0]
            kinds[KINDS.get(kind, str(kind))] += 1
            show(f"{sequence} {KINDS.get(kind, kind)} {time_us} {organisation}")
            if 64 <= kind < 96:
                registry[sequence] = leaves[-1]
                tallies[0] = [tallies[0][0] + 1, sha(b"\2", tallies[0][1], leaves[-1])]
            assert (kind == 97) == (sequence in requests), f"the table of requests is wrong about entry {sequence}"
            prefix = requests.pop(sequence, None)
            if prefix is not None:
                tallies[1] = [tallies[1][0] + 1, sha(b"\3", tallies[1][1], sequence, prefix.to_bytes(8, "little", signed=True))]
        chain = sha(b"\4", chain, root(leaves), batches, first, last, row[3], *tallies[0], *tallies[1])
        assert (root(leaves), chain, *tallies[0], *tallies[1]) == row[4:], f"batch {batches} is not what was written"
    assert next(rest, None) is None and not requests, "there is more behind the last batch"
    assert dict(db.execute("SELECT sequence, leaf FROM registry")) == registry, "the registry is not what was written"
    return {"LastEntry": last, "Batches": batches, "ChainHash": chain.hex(), "Kinds": dict(sorted(kinds.items()))}


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    print(json.dumps(read(sys.argv[1], print if "--entries" in sys.argv[2:] else lambda line: None)))
