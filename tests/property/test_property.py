"""The book against the model (README.md): lives of fixed seeds, lives of today's, and planted faults."""
import concurrent.futures
import datetime
import functools
import os
import pathlib
import subprocess
import sys

import pytest

import mutants
import playing

HERE = pathlib.Path(__file__).resolve().parent
WORKERS = 2


def build_folder():
    root = HERE.parent.parent
    named = [pathlib.Path(os.environ["BURSAR_BUILD"])] if "BURSAR_BUILD" in os.environ else []
    found = [path for path in named or [*sorted(root.glob("build*")), *sorted(root.glob("build*/gcc"))]
             if (path / "tests/property/property_play").exists()]
    assert found, "no build folder with tests/property/property_play; see BURSAR_BUILD"
    return found[0]


@pytest.fixture(scope="session")
def program():
    return build_folder() / "tests/property/property_play"


def play_lives(program, seed, commands):
    """So many commands, by two processes side by side."""
    workers = [subprocess.Popen([sys.executable, HERE / "lives.py", program, seed, str(first), str(WORKERS),
                                 str(commands // WORKERS)], stdout=subprocess.PIPE, text=True) for first in range(WORKERS)]
    said = [worker.communicate()[0] for worker in workers]
    print("\n" + "".join(said), end="")
    failed = [text for worker, text in zip(workers, said) if worker.returncode != 0]
    if failed:
        pytest.fail("\n".join(failed), pytrace=False)


@pytest.fixture
def every_life(request):
    if request.config.getoption("--life"):
        pytest.skip("one life was asked for")


@pytest.mark.parametrize("seed", ["first", "second", "third"])
def test_fixed_lives(program, seed, every_life):
    play_lives(program, seed, 20_000)


def test_random_lives(program, request):
    seed, commands = request.config.getoption("--seed"), request.config.getoption("--commands")
    life = request.config.getoption("--life")
    if life:
        ended = subprocess.run([sys.executable, HERE / "lives.py", program, "--life", life], stdout=subprocess.PIPE, text=True)
        if ended.returncode != 0:
            pytest.fail(ended.stdout, pytrace=False)
        print("\n" + ended.stdout, end="")
        return
    seed = seed or datetime.date.today().strftime("%Y%m%d")
    print(f"\n{commands} commands, --seed {seed}")
    play_lives(program, seed, commands)


# The test itself -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def outcomes():
    """Of every planted fault, tried two at a time."""
    with concurrent.futures.ProcessPoolExecutor(WORKERS) as pool:
        tried = pool.map(functools.partial(mutants.try_out, build_folder=build_folder()), mutants.MUTANTS)
        return dict(zip(mutants.MUTANTS, tried))


@pytest.mark.parametrize("name", mutants.MUTANTS)
def test_a_planted_fault_is_found(name, every_life, outcomes):
    found, said = outcomes[name]
    assert found, said


def test_a_failing_life_is_cut_down(program, tmp_path, every_life):
    """To little more than the organisation, somebody with arrears, and one charge or hold."""
    broken = playing.Player(mutants.build("nobody may be in arrears", tmp_path, build_folder()))
    right = playing.Player(program)
    try:
        _, script, difference = mutants.find(broken.program)
        shortest = playing.shrink(broken, script, 60)
        commands = [command for step in shortest if step[0] == "group" for command in step[4]]
        assert str(playing.play(broken, shortest)) and playing.play(right, shortest) is None
        assert [command[0] for command in commands][0] == "N" and len(commands) <= 8 < len(script)
        assert difference.kind == playing.play(broken, shortest).kind
    finally:
        broken.stop()
        right.stop()
