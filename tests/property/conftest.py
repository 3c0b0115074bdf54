import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))


def pytest_addoption(parser):
    parser.addoption("--commands", type=int, default=10_000_000, help="how many random commands")
    parser.addoption("--seed", default="", help="of the random lives; by default the date")
    parser.addoption("--life", default="", help="plays this life only, as a failure names it")
