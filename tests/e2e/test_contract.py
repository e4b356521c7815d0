# SPDX-License-Identifier: Apache-2.0
"""Every request is what botocore's service models allow, and every answer that they allow is understood or refused cleanly."""

import pytest

from exchange import GROUP, STREAM, TOPIC, environment, run

OPERATIONS = ("metrics", "series_list", "discovery", "applications", "operations", "snapshots", "logs", "log_streams", "identity", "publish")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_request__each_operation__fits_the_model(sim, operation):
    done = run(["--application", "app-000", "--log-group", GROUP, "--log-stream", STREAM, "--topic-arn", TOPIC, operation], environment(sim))
    assert sim.requests() and sim.violations() == [], done
