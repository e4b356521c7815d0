# SPDX-License-Identifier: Apache-2.0
"""Points that come late, change afterwards, come in pages, or come when somebody was away: what is stored in the end is what CloudWatch
has in the end. Each cycle is one --oneshot at a time of its own."""

import json
from datetime import datetime, timezone

import pytest

BASE = {"region": "eu-west-1", "account": "111122223333", "topics": [{"arn": "arn:aws:sns:eu-west-1:111122223333:oncall"}]}
METRICS = [("cpuUtilization", "Maximum"), ("uptime", "Minimum"), ("numRecordsInPerSecond", "Average"), ("lastCheckpointSize", "Maximum")]


def with_application(settings=None, **more):
    return {**BASE, "settings": settings or {},
            "applications": [{"name": "orders", "runtime": "FLINK-1_20", "changed": "-30d", "job": {"kind": "healthy"}, **more}]}


def cycle(sim, daemon, after=None, status=0):
    """One cycle, that much later."""
    if after:
        sim.set_clock(advance=after)
    daemon.follow_clock()
    done = daemon.run("--oneshot")
    assert done.returncode == status, done.stderr


def minute(now):
    return datetime.fromtimestamp(now // 60 * 60, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def check_history(sim, daemon, until, since="2h"):
    """Every point of CloudWatch's before `until` is stored, and nothing else."""
    for metric, statistic in METRICS:
        got = daemon.ask("history", "--app", "orders", "--metric", metric, "--since", since, "--until", minute(until))
        stored = {datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp(): value for at, value in got["points"]}
        served = {t: v for t, v in sim.series(metric, {"Application": "orders"}, start="-15d", period=60, statistic=statistic)
                  if min(stored) <= t <= max(stored)}
        assert len(stored) > 60 and set(stored) == set(served), metric
        assert max(stored) >= until // 60 * 60 - 300, metric
        for at, value in stored.items():
            assert value == pytest.approx(served[at]), (metric, at)


@pytest.mark.scenario(with_application(delivery={"late": "70s", "revise": {"for": "500s", "factor": 0.5}}))
def test_late_and_revised_points__read_again__as_cloudwatch_has_them_in_the_end(sim, daemon):
    cycle(sim, daemon)
    cycle(sim, daemon, "4m")
    cycle(sim, daemon, "4m")
    until = sim.clock()["now"] - 120
    cycle(sim, daemon, "9m")
    daemon.start()
    check_history(sim, daemon, until)
    assert sim.violations() == []


def pages(sim):
    told = [json.loads(d["body"]["Message"]) for d in sim.deliveries(service="sns")]
    return [t["event"] for t in told if t["incident"]["diagnoser"] == "checkpoint_duration"]


@pytest.mark.scenario(with_application(job={"kind": "checkpoint_growth", "since": "-24h", "ratio_from": 0.7, "ratio_to": 0.7},
                                       delivery={"revise": {"for": "500s", "factor": 0.9}}))
def test_correction_after_the_page__history_changes__nobody_is_paged_again(sim, daemon):
    cycle(sim, daemon)
    assert pages(sim) == ["opened"]
    until = sim.clock()["now"] - 180
    for _ in range(3):
        cycle(sim, daemon, "5m")
    assert pages(sim) == ["opened"]
    daemon.start()
    got = daemon.ask("history", "--app", "orders", "--metric", "lastCheckpointDuration", "--since", "1h", "--until", minute(until))
    corrected = dict(sim.series("lastCheckpointDuration", {"Application": "orders"}, start="-2h", period=60, statistic="Maximum"))
    newest_at, newest = got["points"][-1]
    assert newest == pytest.approx(corrected[datetime.fromisoformat(newest_at.replace("Z", "+00:00")).timestamp()])
    assert [i["state"] for i in daemon.incidents("--diagnoser", "checkpoint_duration")] == ["open"]


@pytest.mark.scenario(with_application())
def test_daemon_away_then_aws_away__the_gap_is_filled(sim, daemon):
    cycle(sim, daemon)
    cycle(sim, daemon, "5h")
    daemon.start()
    check_history(sim, daemon, sim.clock()["now"] - 180, since="7h")
    daemon.stop()
    sim.faults({"kind": "status", "status": 500, "operation": "GetMetricData", "times": "always"})
    sim.set_clock(advance="20m")
    daemon.follow_clock()
    daemon.run("--oneshot", timeout=120)
    sim.clear_faults()
    cycle(sim, daemon, "40m")
    daemon.start()
    check_history(sim, daemon, sim.clock()["now"] - 180, since="3h")


@pytest.mark.parametrize("style", ["sequential", "interleaved"])
@pytest.mark.scenario(with_application())
def test_answers_in_pages__all_points_are_there(sim, daemon, style):
    sim.patch_scenario({"settings": {"metric_datapoints_per_page": 700, "metric_pages": style}})
    cycle(sim, daemon)
    daemon.start()
    check_history(sim, daemon, sim.clock()["now"] - 180, since="2h")
    assert any("NextToken" in r["parameters"] for r in sim.requests(operation="GetMetricData"))
    first = sim.requests(operation="GetMetricData")[0]["parameters"]["MetricDataQueries"]
    assert {q["MetricStat"]["Metric"]["MetricName"] for q in first} == {"uptime", "fullRestarts"}, "what shows restarts comes first"
    assert sim.violations() == []


@pytest.mark.parametrize("status", ["PartialData", "InternalError"])
@pytest.mark.scenario(with_application())
def test_result_not_complete__said_and_asked_again(sim, daemon, status):
    sim.faults({"kind": "result_status", "status": status, "operation": "GetMetricData", "times": 2, "message": "come back later"})
    cycle(sim, daemon)
    assert status in daemon.log and "come back later" in daemon.log
    cycle(sim, daemon, "3m")
    daemon.start()
    check_history(sim, daemon, sim.clock()["now"] - 180)
