"""tests/golden: entries of a recorded journal, as the API and the command line show them."""
import json

import pytest
from program import ROOT, must

GOLDEN = ROOT / "tests/golden"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    data = tmp_path_factory.mktemp("golden") / "data"
    must("load", GOLDEN / "life.jsonl", "--data", data)
    (data / "master.key").write_bytes((GOLDEN / "master.key").read_bytes())
    (data / "master.key").chmod(0o600)
    return data


@pytest.mark.parametrize("file", ["history.jsonl", "history.csv", "history.txt", "member.csv", "member.txt"])
def test_entries_are_shown_as_they_were(data, file):
    name, output = file.split(".")
    words = ["--oldest-first"] if name == "history" else ["200000000002"]
    words += ["--output", {"txt": "table"}.get(output, output), "--limit", "0", "--no-chart", "--data", data]
    assert must("history", *words).splitlines() == (GOLDEN / file).read_text().splitlines()


def test_what_is_shown_has_every_kind():
    """Requests are shown within the entries that they made."""
    dumped = {json.loads(line).get("kind") for line in (GOLDEN / "life.jsonl").read_text().splitlines()} - {None, "request"}
    assert {json.loads(line)["Kind"] for line in (GOLDEN / "history.jsonl").read_text().splitlines()} == dumped
    assert len(dumped) > 25
