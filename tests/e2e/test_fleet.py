# SPDX-License-Identifier: Apache-2.0
"""What watching costs, and how it stays within a budget: counted here from the requests that the simulator got."""

import calendar
import time

import pytest

BASE = {"region": "eu-west-1", "account": "111122223333", "topics": [{"arn": "arn:aws:sns:eu-west-1:111122223333:oncall"}]}
METRIC_USD = 0.01 / 1000


def with_applications(*applications):
    return {**BASE, "applications": [{"runtime": "FLINK-1_20", "job": {"kind": "healthy"}, **a} for a in applications]}


def metrics_asked(sim, **filters):
    return sum(len(r["parameters"]["MetricDataQueries"]) for r in sim.requests(operation="GetMetricData", status=200, **filters))


def rounds(daemon):
    return daemon.log.count("poll finished")


def seconds_asked(sim):
    """Between the first and the last request for metrics; on a busy machine a poll each second takes longer."""
    at = [r["at"] for r in sim.requests(operation="GetMetricData", status=200)]
    return max(at) - min(at)


def each_minute(daemon):
    daemon.config = daemon.config.replace("interval = 1s", "interval = 60s")


@pytest.mark.scenario(with_applications(
    {"name": "clicks"}, {"name": "sessions", "runtime": "FLINK-2_2"},
    {"name": "lazy", "parallelism": 16, "changed": "-30d", "job": {"kind": "overprovisioned", "since": "-20d"}},
    {"name": "parked", "job": {"kind": "stopped", "since": "-6d"}}))
def test_default_plan__healthy_applications__at_most_a_dollar_a_month_each(sim, daemon):
    each_minute(daemon)
    daemon.start()
    daemon.wait_log("poll finished")
    assert any(i["diagnoser"] == "overprovisioned" for i in daemon.incidents()), "a remark that stands for weeks"
    cost = daemon.ask("cost")
    watching = {a["name"]: a["watching_month_usd"] for a in cost["applications"]}
    assert set(watching) == {"clicks", "sessions", "lazy", "parked"}
    for name in ("clicks", "sessions", "lazy"):
        assert 0.5 < watching[name] <= 1.00, watching
    assert watching["parked"] == 0
    assert cost["month_usd"] == pytest.approx(sum(watching.values()))


@pytest.mark.scenario(with_applications({"name": "clicks", "parallelism": 3}))
def test_cost__after_some_rounds_and_a_restart__is_what_cloudwatch_was_asked(sim, daemon):
    daemon.start()
    while rounds(daemon) < 3:
        daemon.wait_log("poll finished", since=len(daemon.log))
    daemon.stop()
    daemon.run("--oneshot")
    asked = metrics_asked(sim)
    daemon.config = daemon.config.replace("interval = 1s", "interval = 1h")
    daemon.start()
    daemon.wait_log("poll finished", since=len(daemon.log))
    asked, cost = metrics_asked(sim), daemon.ask("cost")
    target = cost["targets"][0]
    assert target["metrics_requested"] == asked
    assert sum(t["metrics_requested"] for t in target["tiers"]) == asked
    assert target["spent_usd"] == pytest.approx(asked * METRIC_USD)
    app = cost["applications"][0]
    assert (app["kpus"], app["orchestration_kpus"]) == (3, 1)
    assert app["month_usd"] == pytest.approx(4 * 0.11 * 730)
    text = daemon.ctl("cost").stdout
    assert "sentinel" in text and "clicks" in text and "$321.20" in text


def seconds_left(sim):
    now = sim.clock()["now"]
    at = time.gmtime(now)
    return calendar.timegm((at.tm_year, at.tm_mon + 1, 1, 0, 0, 0)) - now


def of_metric(sim, name):
    return sum(q["MetricStat"]["Metric"]["MetricName"] == name for r in sim.requests(operation="GetMetricData", status=200)
               for q in r["parameters"]["MetricDataQueries"])


@pytest.mark.scenario(with_applications({"name": "clicks"}))
def test_budget__enough_for_sentinels__they_go_on_and_the_others_wait(sim, daemon):
    # One sentinel a second, and a fifth of what the others would take.
    budget = (seconds_left(sim) * 1.25 + 30) * METRIC_USD
    daemon.config = daemon.config.replace("interval = 1s", f"interval = 1s\nmonthly_budget_usd = {budget:.6f}")
    daemon.start()
    while rounds(daemon) < 24:
        daemon.wait_log("poll finished", since=len(daemon.log))
    assert "slower metrics are asked for" in daemon.log
    assert "too little for the sentinels" not in daemon.log
    cost = daemon.ask("cost")
    assert cost["budget_usd"] == pytest.approx(budget, rel=1e-3) and cost["stretch_sentinels"] == 1 and cost["stretch_others"] > 2
    assert cost["projected_usd"] <= budget * 1.001
    assert of_metric(sim, "uptime") >= 23, "each second"
    turns = 1 + seconds_asked(sim) // (10 * cost["stretch_others"])
    assert of_metric(sim, "lastCheckpointDuration") <= 1 + turns, "the backfill and its turns, where without a budget there are two or three"


@pytest.mark.scenario(with_applications({"name": "clicks"}))
def test_budget__too_little_for_sentinels__they_wait_with_a_warning(sim, daemon):
    budget = (seconds_left(sim) * 0.2 + 30) * METRIC_USD
    daemon.config = daemon.config.replace("interval = 1s", f"interval = 1s\nmonthly_budget_usd = {budget:.6f}")
    daemon.start()
    while rounds(daemon) < 12:
        daemon.wait_log("poll finished", since=len(daemon.log))
    assert "too little for the sentinels" in daemon.log
    assert daemon.log.count("too little for the sentinels") == 1, "said once an hour"
    assert 2 <= of_metric(sim, "uptime") <= 3 + 0.2 * seconds_asked(sim)
    assert "too little for the sentinels" in daemon.ctl("cost").stdout


@pytest.mark.scenario(with_applications({"name": "clicks"}))
def test_budget__spent__metrics_end_but_what_is_free_goes_on(sim, daemon):
    daemon.config = daemon.config.replace("interval = 1s", "interval = 1s\nmonthly_budget_usd = 0.0001")
    daemon.start()
    while rounds(daemon) < 4:
        daemon.wait_log("poll finished", since=len(daemon.log))
    assert metrics_asked(sim) <= 10, "10 metrics are 0.0001 USD"
    described = len(sim.requests(operation="DescribeApplication"))
    sim.wait("requests", described + 1, operation="DescribeApplication")
    assert "is spent" in daemon.log
    assert daemon.ask("cost")["stretch_sentinels"] is None
    assert [i for i in daemon.incidents() if i["severity"] != "info"] == [], "what is not asked for is no outage"


def many_failures(name):
    return {"name": name, "operations": [{"operation": "UpdateApplication", "start": f"-{i + 30}h", "duration": "4m", "status": "FAILED",
                                          "error": "no free address"} for i in range(10)]}


@pytest.mark.scenario(with_applications(*(many_failures(f"app-{i:02}") for i in range(10))))
def test_control_plane__first_round__no_faster_than_five_a_second(sim, daemon):
    """A minute's worth at once, and what the four questions under way still ask; all descriptions are read in the end."""
    assert daemon.run("--oneshot").returncode == 0
    at = sorted(r["at"] for r in sim.requests(service="kinesisanalyticsv2"))
    assert len(sim.requests(operation="DescribeApplicationOperation")) == 100
    for n, moment in enumerate(at):
        assert n <= 60 + 4 * 10 + 5 * (moment - at[0]) + 2, f"call {n} came {moment - at[0]:.2f} s after the first"


@pytest.mark.scenario(with_applications(*({"name": f"app-{n:02}"} for n in range(80))))
def test_control_plane__more_to_ask_than_fits_into_an_interval__metrics_are_not_late_for_it(sim, daemon):
    """160 calls at five a second, less a minute's worth at once, are 20 seconds, and a round is four."""
    daemon.config = daemon.config.replace("interval = 1s", "interval = 4s")
    daemon.start()
    for operation in ("DescribeApplication", "ListApplicationOperations"):
        sim.wait("requests", 80, operation=operation, timeout=60)
        asked = {r["parameters"]["ApplicationName"] for r in sim.requests(operation=operation)}
        assert len(asked) == 80, "each in its turn, and none again before"
    began = sim.requests(operation="ListApplications")[0]["at"]
    sim.wait("requests", len(sim.requests(operation="GetMetricData")) + 1, operation="GetMetricData")
    at = [began] + [r["at"] for r in sim.requests(operation="GetMetricData")]
    gaps = [later - earlier for earlier, later in zip(at, at[1:])]
    assert max(gaps) < 12, gaps


@pytest.mark.scenario(with_applications(*({"name": f"calm-{n:03}"} for n in range(150)),
                                        {"name": "zzz", "job": {"kind": "restart_loop", "since": "-2h"}}), rate=20)
def test_control_plane__restart__operations_of_what_is_about_to_page_come_first(sim, daemon):
    """A page waits for them. The process before knew the applications, and was not to tell of loops."""
    each_minute(daemon)
    daemon.follow_clock(20)
    told = daemon.config
    daemon.config += "\n[diagnoser restart_loop]\nenabled = no\n"
    assert daemon.run("--oneshot").returncode == 0
    daemon.config = told
    before = sim.requests()[-1]["seq"]
    daemon.start()
    daemon.wait_log(r"incident \d+ \(zzz restart_loop\) opened: delivered", timeout=60)
    asked = [r["parameters"]["ApplicationName"] for r in sim.requests(operation="ListApplicationOperations", since=before)]
    first = list(dict.fromkeys(asked))
    assert first.index("zzz") < 130, "after those of the first rounds, before the rest"


TWO_REGIONS = {**BASE, "regions": ["us-east-1"], "applications": [
    {"name": "near", "runtime": "FLINK-1_20", "job": {"kind": "healthy"}},
    {"name": "far", "region": "us-east-1", "runtime": "FLINK-1_20", "job": {"kind": "healthy"}}]}


def second_target(daemon):
    daemon.config = daemon.config.replace("[polling]", "[target far]\nregion = us-east-1\n\n[polling]")


@pytest.mark.scenario(TWO_REGIONS)
@pytest.mark.parametrize("fault", [{"kind": "hang"}, {"kind": "throttle"}, {"kind": "slow", "delay": "4s"}], ids=lambda f: f["kind"])
def test_slow_target__says_so_skips_and_delays_nobody(sim, daemon, fault):
    second_target(daemon)
    sim.faults({**fault, "match": {"region": "us-east-1"}, "times": "always"})
    daemon.start()
    daemon.wait_log(r"target far: the poll begun \d+ s ago is not finished: this one is skipped", timeout=60)
    for _ in range(5):
        daemon.wait_log("target prod: poll finished", timeout=15, since=len(daemon.log))
    assert daemon.log.count("target prod: poll finished") > 2 * daemon.log.count("target far: poll finished")
    assert sum(r["pending"] for r in sim.requests(region="us-east-1")) <= 4, "what cannot be finished is not begun again"
    warnings = [line for line in daemon.log.splitlines() if "is skipped" in line and line.startswith("warning")]
    assert len(warnings) <= 1 + daemon.log.count("target far: poll finished"), "once for each poll that takes too long"
    assert {t["name"] for t in daemon.ask("status")["targets"]} == {"prod", "far"}


@pytest.mark.scenario(with_applications({"name": "orders", "job": {"kind": "restart_loop", "since": "-2h"}}, {"name": "clicks"}))
def test_suspicious_application__asked_for_whole_at_each_interval(sim, daemon):
    daemon.start()
    while rounds(daemon) < 7:
        daemon.wait_log("poll finished", since=len(daemon.log))

    def asked(application, metric):
        return sum({"Name": "Application", "Value": application} in q["MetricStat"]["Metric"]["Dimensions"]
                   and q["MetricStat"]["Metric"]["MetricName"] == metric
                   for r in sim.requests(operation="GetMetricData") for q in r["parameters"]["MetricDataQueries"])

    assert asked("orders", "heapMemoryUtilization") >= 6 and asked("orders", "containerDiskUtilization") >= 6
    assert asked("clicks", "uptime") >= 6 and asked("clicks", "heapMemoryUtilization") <= 2 + seconds_asked(sim) // 10
