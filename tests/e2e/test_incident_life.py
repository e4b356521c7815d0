# SPDX-License-Identifier: Apache-2.0
"""An incident opens, gets worse and ends while the daemon watches: hours in a minute, the daemon under libfaketime, the simulator at
the same rate."""

import json

import pytest

RATE = 60


def noisy(value):
    """Each minute another checkpoint: near the value, never the same twice."""
    return {"kind": "noise", "of": {"kind": "constant", "value": value}, "relative": 0.04}


def until(at, value):
    return {"until": at, "value": noisy(value)}


SCENARIO = {
    "region": "eu-west-1", "account": "111122223333",
    "topics": [{"arn": "arn:aws:sns:eu-west-1:111122223333:oncall"}],
    "applications": [{"name": "orders", "runtime": "FLINK-1_20", "job": {"kind": "healthy"}},
                     {"name": "clicks", "runtime": "FLINK-2_2", "job": {"kind": "healthy"}}],
    # Of an interval of 60 s: calm, then 70 % for a quarter of an hour, then 120 %, then calm again.
    "series": [{"metric": "lastCheckpointDuration", "dimensions": {"Application": "orders"}, "unit": "Milliseconds",
                "value": {"kind": "pieces", "pieces": [
                    until("+5m", 9000), until("+22m", 42000), until("+38m", 72000), until("+300m", 9000)]}}],
}


def events(sim):
    told = [json.loads(delivery["body"]["Message"]) for delivery in sim.deliveries(service="sns")]
    return [(event["event"], event["incident"]["severity"], event["incident"]["state"]) for event in told
            if event["incident"]["severity"] != "info"]


@pytest.mark.scenario(SCENARIO, rate=RATE)
def test_checkpoints__slow_then_worse_then_well__opened_escalated_resolved(sim, daemon):
    daemon.follow_clock(RATE)
    daemon.config = daemon.config.replace("interval = 1s", "interval = 60s")
    daemon.start()
    sim.wait_for(lambda s: len(events(s)) >= 3, timeout=170)
    assert events(sim) == [("opened", "warning", "open"), ("escalated", "critical", "open"), ("resolved", "critical", "resolved")]
    told = [json.loads(delivery["body"]["Message"]) for delivery in sim.deliveries(service="sns")]
    assert len({event["delivery_id"] for event in told}) == len(told)
    assert len({event["incident"]["id"] for event in told}) == 1, "one incident from its beginning to its end"
    slack = [delivery["body"]["text"] for delivery in sim.deliveries(service="slack")]
    assert len(slack) == 3 and "resolved" in slack[2].lower()
    assert [i["state"] for i in daemon.incidents("--all") if i["severity"] != "info"] == ["resolved"]
    assert sim.violations() == []
