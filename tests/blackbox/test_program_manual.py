"""Manual pages: made of the help texts, one for each subcommand and verb, and good for a formatter."""
import os
import re
import subprocess

import pytest
from program import BURSAR, ROOT, must


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("man") / "man1"
    subprocess.run([ROOT / "tools/man", BURSAR, folder], check=True, capture_output=True)
    return {page.name: page for page in folder.iterdir()}


def test_every_subcommand_and_verb_has_a_page(pages):
    subcommands = re.findall(r"^  ([a-z]+) +\S", must("help").split("SUBCOMMANDS")[1].split("EXIT")[0], re.M)
    assert {"post", "hold", "history", "backup"} <= set(subcommands)
    assert {"bursar.1", *(f"bursar-{name}.1" for name in subcommands)} <= set(pages)
    for verb in ("create", "capture", "release", "list"):
        assert f"bursar-hold-{verb}.1" in pages


def test_every_option_of_the_help_is_in_the_page(pages):
    for words in (["post"], ["serve"], ["hold", "release"]):
        options = re.findall(r"^  (--[a-z-]+)", must(*words, "--help"), re.M)
        text = pages["bursar-" + "-".join(words) + ".1"].read_text()
        assert options and all(f"\\fB{option.replace('-', chr(92) + '-')}\\fR" in text for option in options)


def test_a_formatter_has_nothing_to_complain_about(pages):
    done = subprocess.run(["groff", "-man", "-ww", "-z", "-Tutf8", *pages.values()], capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C.UTF-8"})
    assert done.returncode == 0 and done.stderr == ""


def test_a_formatted_page_says_what_the_help_says(pages):
    done = subprocess.run(["groff", "-man", "-Tascii", "-P-c", "-P-bou", pages["bursar-prove.1"]], capture_output=True, text=True)
    shown = " ".join(done.stdout.split())
    for piece in ("NAME bursar-prove", "SYNOPSIS bursar prove [OPTION]... ENTRY", "--data DIR", "EXAMPLES", "SEE ALSO bursar(1)"):
        assert piece in shown
