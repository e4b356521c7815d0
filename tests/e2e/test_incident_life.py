# SPDX-License-Identifier: Apache-2.0
"""An incident opens, gets worse and ends while the daemon watches: hours in a minute, the daemon under libfaketime, the simulator at
the same rate."""

import json

import pytest

from fleet import CALM, SLOW, TOO_SLOW, keep_pace, scenario

RATE = 60


# Calm, then 70 % of the interval for a quarter of an hour, then 120 %, then calm again.
SCENARIO = scenario({"orders": ((5, CALM), (22, SLOW), (38, TOO_SLOW), (300, CALM)), "clicks": ((300, CALM),)})


def events(sim):
    told = [json.loads(delivery["body"]["Message"]) for delivery in sim.deliveries(service="sns")]
    return [(event["event"], event["incident"]["severity"], event["incident"]["state"]) for event in told
            if event["incident"]["severity"] != "info"]


@pytest.mark.scenario(SCENARIO, rate=RATE)
def test_checkpoints__slow_then_worse_then_well__opened_escalated_resolved(sim, daemon):
    keep_pace(daemon, RATE)
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
