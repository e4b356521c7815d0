# SPDX-License-Identifier: Apache-2.0
"""The main job: from CloudWatch to Slack, SNS and flinkwatchctl, through every layer."""

import json
import re
from datetime import datetime, timezone

import pytest

DAY = 86400


def epoch(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()


def told(incidents):
    """Those that somebody was paged for: neither mere information nor explained by another."""
    return [incident for incident in incidents if incident["severity"] != "info" and not incident["quiet"]]


def by_application(incidents):
    assert len(told(incidents)) == len({incident["application"] for incident in told(incidents)}), "one page each"
    return {incident["application"]: incident for incident in told(incidents)}


def sns_events(sim):
    return [json.loads(d["body"]["Message"]) for d in sim.deliveries(service="sns")]


@pytest.mark.scenario("demo.json")
def test_first_start__two_sick_applications__one_page_each_with_cause_and_way_out(sim, daemon):
    daemon.config = daemon.config.replace("backfill = 3h", "backfill = 15d")
    started = sim.clock()["now"]
    daemon.start()
    sim.wait("deliveries", 4, timeout=60)
    incidents = by_application(daemon.incidents())

    assert set(incidents) == {"orders", "payments"}
    orders, payments = incidents["orders"], incidents["payments"]
    assert orders["diagnoser"] == "restart_loop" and orders["severity"] == "critical"
    # The loop began two days before the simulator's start; the onset is right to the minute or two.
    assert abs(epoch(orders["onset_at"]) - (started - 2 * DAY)) <= 180
    assert payments["diagnoser"] == "checkpoint_duration" and payments["severity"] == "warning"
    assert any(e["metric"] == "lastCheckpointDuration" and e["threshold"] == 30000 for e in payments["evidence"])
    assert all(incident["advice"] for incident in incidents.values())

    events = sns_events(sim)
    assert sorted(e["incident"]["application"] for e in events) == ["orders", "payments"]
    assert all(e["event"] == "opened" and e["version"] == 1 for e in events)
    assert len({e["delivery_id"] for e in events}) == 2
    slack = [d["body"] for d in sim.deliveries(service="slack")]
    assert sorted(next(a for a in ("orders", "payments") if a in message["text"]) for message in slack) == ["orders", "payments"]
    assert sim.violations() == []


@pytest.mark.scenario("demo.json")
def test_status__sick_fleet__names_the_worst_and_exits_2(sim, daemon):
    daemon.start()
    sim.wait("deliveries", 4, timeout=60)  # the page of the loop waits for its cause
    daemon.wait_log(r"channel: incident \d+ .*delivered")
    done = daemon.ctl("status", "--exit-code", check=False)
    assert done.returncode == 2
    for name in ("orders", "payments", "clicks", "billing"):
        assert name in done.stdout
    status = daemon.ask("status")
    assert {a["name"]: a["status"] for a in status["applications"]}["billing"] == "READY"
    assert status["targets"][0]["name"] == "prod"
    assert "\x1b" not in done.stdout


@pytest.mark.scenario("demo.json")
def test_history__stored_samples__are_what_cloudwatch_had(sim, daemon):
    assert daemon.run("--oneshot").returncode == 0
    daemon.start()
    got = daemon.ask("history", "--app", "payments", "--metric", "lastCheckpointDuration", "--since", "2h", "--format", "json")
    served = dict(sim.series("lastCheckpointDuration", {"Application": "payments"}, start="-3h", period=60, statistic="Maximum"))
    assert got["unit"] == "ms" and len(got["points"]) > 100
    compared = 0
    for at, value in got["points"]:
        if epoch(at) in served:
            assert value == pytest.approx(served[epoch(at)])
            compared += 1
    assert compared > 100
    plot = daemon.ctl("history", "--app", "payments", "--metric", "lastCheckpointDuration", "--format", "plot").stdout
    assert "lastCheckpointDuration" in plot and max(len(line) for line in plot.splitlines()) <= 80


@pytest.mark.scenario("demo.json")
def test_show__restart_loop__reads_like_a_note(sim, daemon):
    daemon.run("--oneshot")
    daemon.start()
    number = by_application(daemon.incidents())["orders"]["id"]
    text = daemon.ctl("show", str(number)).stdout
    for words in ("orders", "critical", "fullRestarts", "opened"):
        assert words in text
    assert daemon.ask("show", str(number))["id"] == number
    missing = daemon.ctl("show", "999", check=False)
    assert missing.returncode == 1 and "999" in missing.stderr


def test_healthy_fleet__several_polls__nobody_is_told(sim, daemon):
    daemon.start()
    sim.wait("requests", 4, timeout=60, operation="GetMetricData")
    assert told(daemon.incidents("--all")) == []
    assert sim.deliveries() == []
    assert sim.violations() == []
    assert daemon.ctl("status", "--exit-code").returncode == 0


@pytest.mark.scenario({"region": "eu-west-1", "account": "111122223333", "applications": [
    {"name": f"app-{i:03}", "runtime": "FLINK-1_20", "job": {"kind": "healthy"}} for i in range(52)]})
def test_many_series__more_than_500__are_packed_into_full_requests(sim, daemon):
    daemon.config = daemon.config.replace("backfill = 3h", "backfill = 10m")
    assert daemon.run("--oneshot").returncode == 0
    sizes = [len(r["parameters"]["MetricDataQueries"]) for r in sim.requests(operation="GetMetricData")]
    assert max(sizes) <= 500 and sum(sizes) > 1000
    # Sentinels first, then the rest: no more calls than that takes.
    assert len(sizes) <= 5
    listed = daemon.start().ask("apps")
    assert len(listed) == 52


@pytest.mark.scenario("demo.json")
def test_oneshot__sick_fleet__delivers_then_ends(sim, daemon):
    done = daemon.run("--oneshot")
    assert done.returncode == 0
    assert len(sim.deliveries()) == 4
    again = daemon.run("--oneshot")
    assert again.returncode == 0
    assert len(sim.deliveries()) == 4, "the second round tells nobody what is known"


@pytest.mark.scenario("demo.json")
def test_subject_and_title__any_page__fit_their_limits(sim, daemon):
    daemon.run("--oneshot")
    for delivery in sim.deliveries(service="sns"):
        subject = delivery["body"]["Subject"]
        assert len(subject) < 100 and re.fullmatch(r"[ -~]+", subject)
    for event in sns_events(sim):
        assert len(event["incident"]["title"]) < 80
