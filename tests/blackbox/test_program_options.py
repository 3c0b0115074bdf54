"""Help, mistakes on the command line, settings and where they come from."""
import json
import re

import pytest
from program import ROOT, must, run

OVERVIEW = must("help")
SUBCOMMANDS = re.findall(r"^  ([a-z]+) +[A-Z]", OVERVIEW.split("SUBCOMMANDS")[1].split("EXIT STATUS")[0], re.M)


def config(*words, **named):
    return {row["Name"]: row for row in json.loads(must("config", "--json", *words, **named))}


def test_overview_lists_the_subcommands_promised():
    assert {"init", "serve", "demo", "verify", "config", "key", "policy", "delegate", "healthcheck", "completion",
            "version"} <= set(SUBCOMMANDS)


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_each_subcommand_explains_itself(name):
    text = must(name, "--help")
    assert "USAGE" in text and "DESCRIPTION" in text
    assert text == must("help", name)
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("words", [["key", "add"], ["key", "disable"], ["policy", "put"], ["delegate", "add"]])
def test_each_verb_explains_itself(words):
    assert must(*words, "--help") == must("help", *words)


def test_version_in_both_ways():
    assert re.fullmatch(r"bursar \d+\.\d+\.\d+\n", must("--version"))
    assert must("--version") == must("version")


@pytest.mark.parametrize("words, said", [
    (["srve"], "did you mean serve?"),
    (["serve", "--lisen", "x"], "unknown option --lisen; did you mean --listen?"),
    (["serve", "--data"], "--data needs a value"),
    (["serve", "--data", "--threads", "1"], "--data needs a value"),
    (["serve", "--data", "a", "--data", "b"], "--data is given twice"),
    (["serve", "--accept-any-service=yes"], "--accept-any-service takes no value"),
    (["serve", "-d", "x"], "unknown option -d"),
    (["serve", "here"], "takes no arguments, but there is here"),
    (["serve"], "give --data DIR"),
    (["key", "ad"], "did you mean add?"),
    (["key"], "needs a verb"),
    (["key", "list"], "where? give --data DIR"),
    (["completion", "fish"], "bursar completion bash"),
    (["config", "--threads", "0"], 'flag: threads: "0" is out of range'),
    (["config", "--threads", "many"], '"many" is not a whole number'),
    (["config", "--idle-timeout", "5y"], '"5y" is not a time as 500ms, 75s, 2m or 1h'),
    (["config", "--body-bytes-max", "1TB"], '"1TB" is not a size as 512, 32KiB or 10MiB'),
    (["config", "--tls-cert", "x"], "tls-cert is set without tls-key"),
    (["config", "--listen-tls", "*:443"], "tls-cert and tls-key are needed too"),
    (["config", "--tls-cert", "x", "--tls-key", "y"], "nothing listens with TLS"),
    (["serve", "--data", "x", "--limit", "Describe"], '"Describe" is not ACTION=N'),
])
def test_a_mistake_is_named(words, said):
    done = run(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1 and done.stdout == ""


def test_without_arguments_the_overview_is_a_mistake():
    done = run()
    assert done.returncode == 2 and done.stderr == OVERVIEW


def test_values_written_either_way():
    assert config("--threads", "3")["threads"]["Value"] == config("--threads=3")["threads"]["Value"] == 3


def test_flag_beats_environment_beats_file_beats_default(tmp_path):
    file = tmp_path / "bursar.ini"
    file.write_text("; all of it\n[serve]\nthreads = 2\nidle-timeout = 5s\nwrite-timeout = 7s ; why not\n")
    environment = {"BURSAR_THREADS": "3", "BURSAR_IDLE_TIMEOUT": "6s"}
    rows = config("--config", file, "--threads", "4", env=environment)
    assert (rows["threads"]["Value"], rows["threads"]["Origin"]) == (4, "flag")
    assert (rows["idle-timeout"]["Value"], rows["idle-timeout"]["Origin"]) == (
        "6s", "environment BURSAR_IDLE_TIMEOUT")
    assert (rows["write-timeout"]["Value"], rows["write-timeout"]["Origin"]) == ("7s", f"{file}:5")
    assert (rows["drain-timeout"]["Value"], rows["drain-timeout"]["Origin"]) == ("10s", "default")


def test_the_file_may_be_named_by_the_environment(tmp_path):
    file = tmp_path / "bursar.ini"
    file.write_text("[serve]\nthreads = 2\n")
    assert config(env={"BURSAR_CONFIG": str(file)})["threads"]["Value"] == 2


def test_lists_add_up_in_one_place_and_are_replaced_by_a_stronger_one(tmp_path):
    file = tmp_path / "bursar.ini"
    file.write_text("[serve]\nlisten = 127.0.0.1:1, 127.0.0.1:2\nlisten = 127.0.0.1:3\n")
    assert config("--config", file)["listen"]["Value"] == ["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"]
    assert config("--config", file, env={"BURSAR_LISTEN": "[::1]:4"})["listen"]["Value"] == ["[::1]:4"]
    assert config("--config", file, "--listen", "*:5", "--listen", "*:6")["listen"]["Value"] == ["*:5", "*:6"]


def test_only_tls_means_no_plain_listener():
    rows = config("--listen-tls", "*:443", "--tls-cert", "c", "--tls-key", "k")
    assert rows["listen"]["Value"] == [] and rows["listen-tls"]["Value"] == ["*:443"]


@pytest.mark.parametrize("text, said", [
    ("[serve]\nthread = 2\n", ":2: unknown setting thread; did you mean threads?"),
    ("[serve]\n\nthreads = 2\nthreads = 3\n", ":4: threads is there already, at"),
    ("[serve]\nthreads = two\n", ':2: threads: "two" is not a whole number'),
    ("[server]\nthreads = 2\n", ":2: threads stands below [server]; settings stand below [serve]"),
    ("threads = 2\n", ":1: threads stands below []"),
    ("[serve]\nthreads\n", ":2: neither"),
    ("[serve]\nlisten = " + "1" * 300 + "\n", ":2: the line is longer than"),
])
def test_a_mistake_in_the_file_names_its_line(tmp_path, text, said):
    file = tmp_path / "bursar.ini"
    file.write_text(text)
    done = run("config", "--config", file)
    assert done.returncode == 2
    assert f"{file}{said}" in done.stderr


def test_a_missing_file_is_a_mistake(tmp_path):
    done = run("config", "--config", tmp_path / "none.ini")
    assert done.returncode != 0 and "none.ini" in done.stderr


def test_a_mistake_in_a_weaker_place_counts_although_a_stronger_one_wins():
    done = run("config", "--threads", "2", env={"BURSAR_THREADS": "many"})
    assert done.returncode == 2 and "environment BURSAR_THREADS: threads" in done.stderr


def test_an_unknown_variable_is_named():
    done = run("config", env={"BURSAR_THREAD": "2"})
    assert done.returncode == 2
    assert "unknown setting BURSAR_THREAD; did you mean BURSAR_THREADS?" in done.stderr


def test_what_container_orchestrators_set_is_ignored():
    must("config", env={"BURSAR_PORT": "tcp://10.0.0.1:80", "BURSAR_PORT_80_TCP": "x", "BURSAR_SERVICE_HOST": "x"})


def test_the_sample_configuration_says_what_the_defaults_are():
    """Every setting is in contrib/bursar.ini; what it comments out is the default."""
    defaults = config()
    for line in (ROOT / "contrib/bursar.ini").read_text().splitlines():
        match = re.fullmatch(r";([a-z-]+) = *(.*)", line)
        if match and defaults[match[1]]["Value"] and match[1] != "limit":
            value = defaults[match[1]]["Value"]
            assert match[2] in (value, str(value), str(value).lower()), line
    assert must("config", "--config", ROOT / "contrib/bursar.ini").count("contrib/bursar.ini:") >= 3


def test_output_that_does_not_get_out_is_not_success():
    import subprocess
    from program import BURSAR, clean_environment
    with open("/dev/full", "w") as full:
        done = subprocess.run([BURSAR, "help"], stdout=full, stderr=subprocess.PIPE, text=True, env=clean_environment())
    assert done.returncode == 6 and "standard output" in done.stderr


def test_completion_is_the_one_in_contrib_and_completes(tmp_path):
    import os
    import subprocess
    from program import BURSAR
    script = must("completion", "bash")
    assert script == (ROOT / "contrib/bursar.bash-completion").read_text()

    def complete(*words):
        probe = (f"source /dev/stdin <<'EOF'\n{script}\nEOF\n"
                 f"COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; _bursar; echo \"${{COMPREPLY[@]}}\"")
        path = f"{os.path.dirname(BURSAR)}:{os.environ['PATH']}"
        done = subprocess.run(["bash", "-c", probe], capture_output=True, text=True, env={"PATH": path})
        assert done.stderr == ""
        return done.stdout.split()

    assert complete("bursar", "ver") == ["verify", "version"]
    assert complete("bursar", "serve", "--list") == ["--listen", "--listen-tls"]
    assert complete("bursar", "key", "dis") == ["disable"]
    assert "--account" in complete("bursar", "key", "add", "--a")
