# SPDX-License-Identifier: Apache-2.0
"""Several things at once on one application: nobody is called for what heals by itself, and one page tells the rest."""

import json

import pytest

TOPICS = [{"arn": "arn:aws:sns:eu-west-1:111122223333:oncall"}]


def world(*applications):
    return {"region": "eu-west-1", "account": "111122223333", "topics": TOPICS, "applications": list(applications)}


def pages(sim):
    return [json.loads(d["body"]["Message"])["incident"] for d in sim.deliveries(service="sns")]


AUTOSCALED = {
    "name": "scaled", "runtime": "FLINK-1_20", "parallelism": 8, "autoscaling": True, "job": {"kind": "healthy", "deploys": ["-40m"]},
    # One checkpoint of 48 s of 60 s: the gauge repeats it for three minutes.
    "metrics": {"lastCheckpointDuration": {"kind": "pieces", "pieces": [
        {"until": "-30m", "value": {"kind": "checkpoints", "duration_ms": {"kind": "noise", "of": 9000, "relative": 0.2}, "interval_ms": 60000}},
        {"until": "-27m", "value": 48000},
        {"value": {"kind": "checkpoints", "duration_ms": {"kind": "noise", "of": 9000, "relative": 0.2}, "interval_ms": 60000}}]}},
    "operations": [{"operation": "StartApplication", "start": "-21d", "duration": "3m"},
                   {"operation": "AutoScaleApplication", "start": "-43m", "duration": "3m"}]}


@pytest.mark.scenario(world(AUTOSCALED))
def test_autoscaled_with_one_slow_checkpoint__pages_nobody(sim, daemon):
    assert daemon.run("--oneshot").returncode == 0
    assert max(v for _, v in sim.series("lastCheckpointDuration", {"Application": "scaled"}, start="-1h", period=60, statistic="Maximum")) == 48000
    assert pages(sim) == []
    assert sim.violations() == []


OVERRUN = {"name": "overrun", "runtime": "FLINK-1_20",
           "job": {"kind": "checkpoint_growth", "since": "-12h", "ratio_from": 0.4, "ratio_to": 1.2,
                   "also": [{"kind": "source_lag", "since": "-90m", "ms_per_minute": 120000}]}}


@pytest.mark.scenario(world(OVERRUN))
def test_checkpoints_over_their_interval_with_rising_lag__one_page(sim, daemon):
    daemon.config = daemon.config.replace("backfill = 3h", "backfill = 1d")
    assert daemon.run("--oneshot").returncode == 0
    told = pages(sim)
    assert [(i["diagnoser"], i["severity"]) for i in told] == [("checkpoint_duration", "critical")]
    assert 110 < float(told[0]["title"].split("take ")[1].split(" %")[0]) < 130
    assert "source_lag" in [s["diagnoser"] for s in told[0]["suppressed"]]


def skewed(name, **job):
    return {"name": name, "runtime": "FLINK-1_20", "metrics_level": "PARALLELISM", "job": {"kind": "data_skew", "since": "-3h", **job}}


@pytest.mark.scenario(world(skewed("behind", also=[{"kind": "source_lag", "since": "-90m"}]), skewed("unhurt")))
def test_data_skew_at_parallelism_level__one_page_where_it_hurts__which_says_that_kpus_do_not_help(sim, daemon):
    daemon.config = daemon.config.replace("backfill = 3h", "backfill = 1d")
    assert daemon.run("--oneshot").returncode == 0
    told = pages(sim)
    assert [(i["application"], i["diagnoser"], i["severity"]) for i in told] == [("behind", "data_skew", "warning")]
    ratio = float(told[0]["summary"].split("a ratio of ")[1].split()[0])
    assert 4.5 < ratio < 8, "six times what it should get, give or take noise"
    assert any("KPUs do not help" in advice for advice in told[0]["advice"])
    assert not any("Raise the parallelism" in advice for advice in told[0]["advice"])
    assert "source_lag" in [s["diagnoser"] for s in told[0]["suppressed"]]
    daemon.start()
    remarks = [(i["diagnoser"], i["severity"]) for i in daemon.incidents("--all") if i["application"] == "unhurt"]
    assert ("data_skew", "info") in remarks


DEPLOYED = {
    "name": "deployed", "runtime": "FLINK-2_2", "version": 8,
    "job": {"kind": "restart_loop", "since": "-26m", "every": "25s", "sustainer": False, "deploys": ["-26m"], "trigger": {
        "class": "org.apache.flink.util.StateMigrationException",
        "message": "The new state serializer must not be incompatible with the old state serializer.",
        "frames": ["org.apache.flink.state.rocksdb.RocksDBKeyedStateBackend.updateRestoredStateMetaInfo(RocksDBKeyedStateBackend.java:745)"],
        "wrapped_by": ["org.apache.flink.util.FlinkRuntimeException: Error while getting state"]}},
    "operations": [{"operation": "StartApplication", "start": "-21d", "duration": "3m"},
                   {"operation": "UpdateApplication", "start": "-30m", "duration": "4m", "version_from": 7, "id": "op-deploy"}]}


@pytest.mark.scenario(world(DEPLOYED))
def test_failed_deploy_on_flink_2_2__one_page_names_the_deploy_and_the_rollback(sim, daemon):
    assert daemon.run("--oneshot").returncode == 0
    told = pages(sim)
    assert [(i["diagnoser"], i["severity"]) for i in told] == [("restart_loop", "critical")]
    page = told[0]
    assert {e["metric"] for e in page["evidence"] if e.get("metric")} >= {"numRestarts"}
    assert not any(e.get("metric") in ("fullRestarts", "uptime") for e in page["evidence"])
    assert "restarts in the last 10 min" in page["summary"]
    assert any("rollback-application" in advice.lower() and "op-deploy" in advice for advice in page["advice"])
