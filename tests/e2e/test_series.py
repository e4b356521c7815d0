# SPDX-License-Identifier: Apache-2.0
"""Series that ListMetrics alone names: of tasks, operators and subtasks, and custom ones, from CloudWatch to the diagnosers."""

import pytest

BASE = {"region": "eu-west-1", "account": "111122223333", "topics": [{"arn": "arn:aws:sns:eu-west-1:111122223333:oncall"}]}
TASKS = ["Source: Kinesis -> Parse: x=y", "Enrich: join -> Window(Tumbling, 60 s)", "Sink: DynamoDB"]


def finding(daemon, diagnoser):
    found = [i for i in daemon.incidents() if i["diagnoser"] == diagnoser]
    assert len(found) == 1, daemon.incidents()
    return found[0]


@pytest.mark.scenario({**BASE, "applications": [
    {"name": "orders", "runtime": "FLINK-1_20", "metrics_level": "OPERATOR", "tasks": TASKS, "job": {"kind": "backpressure", "since": "-2h"}},
    {"name": "clicks", "runtime": "FLINK-1_20", "metrics_level": "APPLICATION", "job": {"kind": "backpressure", "since": "-2h"}}]})
def test_backpressure__operator_level__names_the_bottleneck(sim, daemon):
    assert daemon.run("--oneshot").returncode == 0
    daemon.start()
    daemon.wait_log("poll finished")
    orders = next(i for i in daemon.incidents() if i["application"] == "orders" and i["diagnoser"] == "backpressure")
    assert "Sink: DynamoDB" in orders["title"] and orders["confidence"] == "high"
    assert any(e["metric"] == "busyTimeMsPerSecond" and e["value"] > 900 for e in orders["evidence"])
    # Where it cannot be seen nobody says that there is none.
    for incident in daemon.incidents("--app", "clicks", "--diagnoser", "backpressure"):
        assert incident["confidence"] == "low"
    series = daemon.ask("metrics", "--app", "orders")
    assert {"Task": TASKS[1]} in [s["dimensions"] for s in series if s["metric"] == "backPressuredTimeMsPerSecond"]
    got = daemon.ask("history", "--app", "orders", "--metric", "busyTimeMsPerSecond", "--dim", "Task=Sink: DynamoDB", "--since", "1h")
    assert got["points"][-1][1] > 900
    assert sim.violations() == []


@pytest.mark.scenario({**BASE, "applications": [
    {"name": "orders", "runtime": "FLINK-1_20", "metrics_level": "PARALLELISM", "parallelism": 6, "job": {"kind": "data_skew", "factor": 9, "subtask": 2}}]})
def test_data_skew__parallelism_level__names_the_subtask(sim, daemon):
    assert daemon.run("--oneshot").returncode == 0
    daemon.start()
    skew = finding(daemon, "data_skew")
    assert "Subtask 2 of `Aggregate`" in skew["summary"]
    assert sim.violations() == []


@pytest.mark.scenario({**BASE, "settings": {"metrics_per_page": 5}, "applications": [
    {"name": "orders", "runtime": "FLINK-1_20", "job": {"kind": "healthy"}}], "series": [
        {"metric": "elapsedSecondsSinceLastSuccessfulCommit", "dimensions": {"Application": "orders"}, "value": 42},
        {"metric": "records_lag_max", "dimensions": {"Application": "orders", "Topic": "a=b", "Partition": "3"}, "value": 7},
        {"metric": "someoneElses", "namespace": "AWS/KinesisAnalytics", "dimensions": {"Application": "unknown"}, "value": 1}]})
def test_custom_metric__listed_page_by_page__is_stored(sim, daemon):
    assert daemon.run("--oneshot").returncode == 0
    daemon.start()
    stored = {s["metric"]: s for s in daemon.ask("metrics", "--app", "orders") if s["metric"] not in ("uptime",)}
    assert stored["elapsedSecondsSinceLastSuccessfulCommit"]["value"] == 42
    lag = [s for s in daemon.ask("metrics", "--app", "orders") if s["metric"] == "records_lag_max" and s["dimensions"]]
    assert lag[0]["dimensions"] == {"Partition": "3", "Topic": "a=b"} and lag[0]["value"] == 7
    assert "someoneElses" not in stored
    assert len(sim.requests(operation="ListMetrics")) > 3


@pytest.mark.scenario({**BASE, "deny": [{"action": "cloudwatch:ListMetrics"}], "applications": [
    {"name": "orders", "runtime": "FLINK-1_20", "job": {"kind": "healthy"}}]})
def test_list_metrics_refused__everything_else_goes_on(sim, daemon):
    daemon.start()
    sim.wait("requests", 3, timeout=30, operation="GetMetricData")
    daemon.wait_log("cloudwatch:ListMetrics|ListMetrics")
    assert len(sim.requests(operation="ListMetrics")) == 1, "not asked again for minutes"
