# SPDX-License-Identifier: Apache-2.0
"""A first look at a history: what is over is recorded and told to nobody, what stands is told once, with its own beginning."""

import json
from datetime import datetime, timezone

import pytest


def epoch(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()


SCENARIO = {
    "region": "eu-west-1", "account": "111122223333",
    "topics": [{"arn": "arn:aws:sns:eu-west-1:111122223333:oncall"}],
    "applications": [
        {"name": "over", "runtime": "FLINK-1_20", "job": {"kind": "restart_loop", "since": "-30h", "until": "-20h"}},
        {"name": "failing", "runtime": "FLINK-2_2", "job": {"kind": "checkpoint_failure", "since": "-2h"}},
        {"name": "frozen", "runtime": "FLINK-1_20", "job": {"kind": "healthy"},
         "snapshots": [{"name": "stuck", "created": "-35m", "status": "CREATING"}]},
        {"name": "deployed", "runtime": "FLINK-1_20", "job": {"kind": "healthy", "deploys": ["-6h"]},
         "operations": [{"operation": "UpdateApplication", "start": "-362m", "duration": "4m"}]}],
}


@pytest.mark.scenario(SCENARIO)
def test_oneshot__what_began_and_ended_in_the_past__is_recorded_and_told_to_nobody(sim, daemon):
    daemon.config = daemon.config.replace("backfill = 3h", "backfill = 2d")
    assert daemon.run("--oneshot").returncode == 0
    told = [json.loads(d["body"]["Message"])["incident"] for d in sim.deliveries(service="sns")]
    assert sorted((i["application"], i["diagnoser"]) for i in told) == [
        ("failing", "checkpoint_failure"), ("frozen", "snapshot")], "one page each, with the cause and no symptom; one cycle asks for all"
    daemon.start()
    known = [i for i in daemon.incidents("--all") if i["severity"] != "info"]
    over = [i for i in known if i["application"] == "over"]
    now = sim.clock()["now"]
    assert [(i["diagnoser"], i["state"], i["quiet"]) for i in over] == [("restart_loop", "resolved", True)]
    assert abs(epoch(over[0]["onset_at"]) - (now - 30 * 3600)) < 900
    assert abs(epoch(over[0]["resolved_at"]) - (now - 20 * 3600)) < 7200, "it ended when it ended, not when it was read"
    assert [i for i in known if i["application"] == "deployed" and not i["quiet"]] == []
