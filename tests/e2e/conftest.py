# SPDX-License-Identifier: Apache-2.0
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import Daemon  # noqa: E402
from simulator.client import Simulator  # noqa: E402


@pytest.fixture
def sim(request):
    """A simulator with the scenario named by @pytest.mark.scenario, healthy.json without."""
    mark = request.node.get_closest_marker("scenario")
    with Simulator(*(mark.args if mark else ["healthy.json"]), **(mark.kwargs if mark else {})) as simulator:
        yield simulator


@pytest.fixture
def daemon(sim, tmp_path):
    """Not started yet: change daemon.config or daemon.environment, then daemon.start()."""
    with Daemon(sim, tmp_path) as daemon:
        yield daemon


def pytest_configure(config):
    config.addinivalue_line("markers", "scenario(name, **options): what the simulator plays")
