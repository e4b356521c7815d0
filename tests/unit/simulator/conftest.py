# SPDX-License-Identifier: Apache-2.0
import os
import sys

import pytest

TESTS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, TESTS)

from simulator.client import Simulator  # noqa: E402

NOW = "2026-01-02T03:04:05Z"


@pytest.fixture(scope="module")
def sim():
    """A simulator on real time with one application of each telling kind."""
    scenario = {
        "seed": 7,
        "credentials": [
            {"access_key_id": "AKIDSIMULATOR", "secret_access_key": "simulator-secret-access-key",
             "wrong_secrets": ["mistyped-secret"]},
            {"access_key_id": "AKIDREADER", "secret_access_key": "reader-secret",
             "arn": "arn:aws:iam::111122223333:user/reader"},
            {"access_key_id": "ASIASESSION", "secret_access_key": "session-secret", "session_token": "session/token==",
             "arn": "arn:aws:sts::111122223333:assumed-role/watch/one"},
            {"access_key_id": "ASIAEXPIRED", "secret_access_key": "old-secret", "session_token": "old-token",
             "expires_at": "-1m"},
        ],
        "deny": [
            {"action": "cloudwatch:GetMetricData", "access_key_id": "AKIDREADER"},
            {"action": "kinesisanalytics:DescribeApplication", "access_key_id": "AKIDREADER"},
            {"action": "sns:Publish", "role": "watch"},
        ],
        "topics": [{"arn": "arn:aws:sns:eu-west-1:111122223333:oncall"},
                   {"arn": "arn:aws:sns:eu-west-1:111122223333:ordered.fifo"},
                   {"arn": "arn:aws:sns:eu-west-1:111122223333:content.fifo", "content_based_deduplication": True}],
        "applications": [
            {"name": "orders", "runtime": "FLINK-1_20", "parallelism": 4, "job": {"kind": "restart_loop", "since": "-2h"}},
            {"name": "payments", "runtime": "FLINK-2_2", "job": {"kind": "checkpoint_growth", "since": "-24h"},
             "snapshots": [{"name": f"s{i}", "created": f"-{i + 1}d"} for i in range(5)]},
            {"name": "clicks", "runtime": "FLINK-1_20", "metrics_level": "TASK"},
        ],
    }
    with Simulator(scenario) as running:
        yield running


@pytest.fixture(autouse=True)
def _clean(request):
    """Each test finds no faults and no records of the one before."""
    if "sim" in request.fixturenames:
        request.getfixturevalue("sim").reset()
    yield


@pytest.fixture
def make_sim():
    """Start simulators of a test's own; they end with it."""
    started = []

    def make(scenario=None, **options):
        running = Simulator(scenario, **options).start()
        started.append(running)
        return running

    yield make
    for running in started:
        running.stop()
