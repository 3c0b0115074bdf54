import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))


def pytest_addoption(parser):
    parser.addoption("--quick", action="store_true", help="fewer states, kills and faults")


@pytest.fixture
def quick(request):
    return request.config.getoption("--quick")
