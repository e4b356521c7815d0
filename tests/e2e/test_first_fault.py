# SPDX-License-Identifier: Apache-2.0
"""First-fault isolation by the daemon: which log lines it asks for, what it makes of them, and whom it keeps waiting."""

import json
import signal
import time

import pytest

from harness import TIMEOUT
from test_pipeline import DAY, by_application, epoch

TRIGGER = "java.lang.NumberFormatException"


def fleet(*applications, **more):
    return {"region": "eu-west-1", "account": "111122223333", "topics": [{"arn": "arn:aws:sns:eu-west-1:111122223333:oncall"}],
            "applications": list(applications), **more}


def looping(name="orders", since="-48h", **more):
    return {"name": name, "runtime": "FLINK-1_20", "parallelism": 8, "task": "Source: orders -> Parse",
            "job": {"kind": "restart_loop", "since": since, "every": "40s", "subtask": 3}, **more}


def pages(sim):
    return [json.loads(d["body"]["Message"]) for d in sim.deliveries(service="sns")]


def one_page(sim, daemon):
    """The opening page of the only application, with a look at what Slack got."""
    sim.wait("deliveries", 2, timeout=60)
    events = pages(sim)
    assert [e["event"] for e in events] == ["opened"], daemon.log[-4000:]
    return events[0]["incident"]


def assert_trigger_found(incident, started, days):
    cause = incident["root_cause"]
    assert cause["role"] == "trigger" and cause["category"] == "bad_record"
    assert cause["exception_class"] == TRIGGER and cause["frame"] == "com.acme.orders.ParseOrder.map"
    assert cause["attempt"] == 0 and cause["task"] == "Source: orders -> Parse (3/8)"
    assert abs(epoch(cause["first_fault_at"]) - (started - days * DAY)) <= 60
    assert epoch(cause["last_healthy_at"]) <= epoch(cause["first_fault_at"])
    assert "NumberFormatException in ParseOrder.map" in incident["title"] and len(incident["title"]) < 80
    assert incident["summary"].startswith("It was started by java.lang.NumberFormatException")
    assert any(e["kind"] == "log" and "switched from RUNNING to FAILED" in e["text"] for e in incident["evidence"])
    assert "Partial recovery" in json.dumps(incident["symptoms"])


@pytest.mark.scenario(fleet(looping()))
def test_loop_since_two_days__first_page__names_its_trigger(sim, daemon):
    daemon.config = daemon.config.replace("backfill = 3h", "backfill = 15d")
    started = sim.clock()["now"]
    daemon.start()
    incident = one_page(sim, daemon)
    assert_trigger_found(incident, started, 2)
    text = sim.deliveries(service="slack")[0]["body"]["text"]
    assert "Root cause" in text and TRIGGER in text and "ParseOrder.map" in text
    asked = sim.requests(operation="FilterLogEvents")
    assert len(asked) == 1
    assert asked[0]["parameters"]["logGroupName"] == "/aws/kinesis-analytics/orders"
    assert asked[0]["parameters"]["logStreamNames"] == ["kinesis-analytics-log-stream"]
    assert sim.violations() == []

    # It is read once: not at the next polls, not by the next process.
    for notifier in ("channel", "pager"):
        daemon.wait_log(rf"{notifier}: incident \d+ .*delivered")
    daemon.stop()
    polled = len(sim.requests(operation="GetMetricData"))
    daemon.start()
    sim.wait("requests", polled + 3, timeout=60, operation="GetMetricData")
    assert len(sim.requests(operation="FilterLogEvents")) == 1
    assert [(e["event"], e["incident"]["diagnoser"], e["incident"]["title"]) for e in pages(sim)][1:] == []
    assert by_application(daemon.incidents())["orders"]["root_cause"]["exception_class"] == TRIGGER


@pytest.mark.scenario("demo.json")
def test_loop_after_a_deploy__report__tells_the_deploy_and_what_to_restore(sim, daemon):
    daemon.config = daemon.config.replace("backfill = 3h", "backfill = 15d")
    daemon.start()
    sim.wait("deliveries", 4, timeout=100)
    incident = next(e["incident"] for e in pages(sim) if e["incident"]["application"] == "orders")
    cause = incident["root_cause"]
    assert "version 41 -> 42" in cause["deploy"] and "min after" in cause["deploy"]
    assert "before-42" in cause["recoverability"]
    assert incident["title"].startswith("Restart loop: NumberFormatException in ParseOrder.map, ")
    text = daemon.ctl("show", str(incident["id"])).stdout
    for words in ("Root cause", "deploy", "recovery", "Fix", "Symptoms", "Log lines that tell it", "version 41 -> 42", "before-42"):
        assert words in text
    assert max(len(line) for line in text.splitlines()) <= 100


@pytest.mark.scenario(fleet(looping(since="-9d")))
def test_loop_since_nine_days__oneshot__names_its_trigger(sim, daemon):
    daemon.config = daemon.config.replace("backfill = 3h", "backfill = 15d")
    started = sim.clock()["now"]
    assert daemon.run("--oneshot").returncode == 0
    assert_trigger_found(one_page(sim, daemon), started, 9)
    assert sim.violations() == []


@pytest.mark.scenario(fleet(looping(since="-2h"), settings={"logs_empty_pages": 3, "logs_events_per_page": 7}))
def test_empty_and_small_pages__all_of_them__are_followed(sim, daemon):
    started = sim.clock()["now"]
    daemon.start()
    incident = one_page(sim, daemon)
    assert_trigger_found(incident, started, 2 / 24)
    asked = sim.requests(operation="FilterLogEvents")
    assert len(asked) > 5
    assert len({json.dumps({k: v for k, v in r["parameters"].items() if k != "nextToken"}) for r in asked}) == 1, "one span"
    assert f"{len(asked)} pages" in incident["root_cause"]["completeness"]
    assert sim.violations() == []


@pytest.mark.scenario(fleet(looping(since="-2h")))
def test_throttled__more_often_than_a_request_is_repeated__found_all_the_same(sim, daemon):
    started = sim.clock()["now"]
    sim.faults({"kind": "throttle", "service": "logs", "times": 5})
    daemon.start()
    assert_trigger_found(one_page(sim, daemon), started, 2 / 24)


def assert_blind(incident, words):
    cause = incident["root_cause"]
    assert cause["role"] == "unknown" and cause["exception_class"] is None
    assert words in cause["completeness"]
    assert incident["confidence"] == "low"
    assert incident["title"].startswith("Restart loop for")


@pytest.mark.scenario(fleet(looping(since="-2h"), deny=[{"action": "logs:FilterLogEvents"}]))
def test_denied__page_says_so__and_asks_once(sim, daemon):
    daemon.start()
    incident = one_page(sim, daemon)
    assert_blind(incident, "logs:FilterLogEvents is denied")
    seen = len(sim.requests(operation="GetMetricData"))
    sim.wait("requests", seen + 4, timeout=60, operation="GetMetricData")
    assert len(sim.requests(operation="FilterLogEvents")) == 1
    assert [(e["event"], e["incident"]["diagnoser"], e["incident"]["title"]) for e in pages(sim)][1:] == []


@pytest.mark.scenario(fleet(looping(since="-2h", detail={"CloudWatchLoggingOptionDescriptions": []})))
def test_no_logging_option__page_says_so(sim, daemon):
    daemon.start()
    assert_blind(one_page(sim, daemon), "no CloudWatch logging option")
    assert sim.requests(service="logs") == []


@pytest.mark.scenario(fleet(looping(since="-2h", logging=False)))
def test_log_group_gone__page_says_so(sim, daemon):
    daemon.start()
    assert_blind(one_page(sim, daemon), "log group /aws/kinesis-analytics/orders does not exist")
    assert len(sim.requests(service="logs")) == 1


@pytest.mark.scenario(fleet(looping(since="-48h"), settings={"logs_retention": "1d"}))
def test_beginning_expired__only_what_keeps_it_going__is_not_called_the_cause(sim, daemon):
    daemon.config = daemon.config.replace("backfill = 3h", "backfill = 15d")
    daemon.start()
    incident = one_page(sim, daemon)
    cause = incident["root_cause"]
    assert cause["role"] == "sustainer_only"
    assert "Partial recovery is not supported" in cause["message"]
    assert incident["confidence"] != "high"
    assert "not in the log any more" in incident["summary"]
    assert cause["escape"]


@pytest.mark.scenario(fleet(looping(since="-2h")))
def test_killed_while_it_reads__next_process__pages_once_with_the_cause(sim, daemon):
    started = sim.clock()["now"]
    sim.faults({"kind": "hang", "service": "logs", "times": "always"})
    daemon.start()
    sim.wait_for(lambda s: s.requests(operation="FilterLogEvents", pending=1), timeout=60)
    assert sim.deliveries() == []
    daemon.send(signal.SIGKILL)
    daemon.wait()
    sim.clear_faults()
    daemon.start()
    assert_trigger_found(one_page(sim, daemon), started, 2 / 24)


@pytest.mark.scenario(fleet(looping(since="-2h"), {"name": "clicks", "runtime": "FLINK-1_20", "job": {"kind": "healthy"}}))
def test_log_that_does_not_answer__polling__goes_on_in_time(sim, daemon):
    sim.faults({"kind": "hang", "service": "logs", "times": "always"})
    daemon.start()
    sim.wait("requests", 1, timeout=TIMEOUT, operation="FilterLogEvents", pending=1)
    for _ in range(5):
        daemon.wait_log("poll finished", since=len(daemon.log))
    assert sim.requests(operation="FilterLogEvents")[0]["pending"] == 1, "five polls, and it still waits"
    assert sim.deliveries() == [], "the page waits for its cause, for a while"
    # The application is stopped: nobody wants to know any more.
    sim.patch_application("orders", {"status": "READY", "job": {"kind": "stopped"}})
    daemon.wait_log("orders: its cause is not looked for any more")


N_LOOPS = 50


@pytest.mark.scenario(fleet(*(looping(f"app-{i:02}", since=f"-{60 + i}m") for i in range(N_LOOPS)), throttle={"logs:FilterLogEvents": 5}))
def test_fifty_loops_at_once__one_quota__each_gets_its_turn(sim, daemon):
    daemon.config = daemon.config.replace("interval = 1s", "interval = 10s").replace("backfill = 3h", "backfill = 2h")
    daemon.config = daemon.config.replace("type = sns", "type = sns\ndigest_applications = 0\nrate_limit = 0")
    daemon.start()
    sim.wait("deliveries", N_LOOPS, timeout=110, service="sns")
    events = pages(sim)
    assert len(events) == N_LOOPS
    assert all(e["incident"]["root_cause"]["exception_class"] == TRIGGER for e in events), "each page names its own cause"
    asked = sim.requests(operation="FilterLogEvents")
    assert [r for r in asked if r["status"] != 200] == [], "nobody was throttled"
    at = sorted(r["real_at"] for r in asked)
    assert all(at[i + 5] - at[i] >= 1.0 for i in range(len(at) - 5)), "never more than five a second"
    first_turns = [r["applications"][0] for r in asked[:N_LOOPS]]
    assert len(set(first_turns)) == N_LOOPS, "nobody asks twice before all have asked once"
    assert sim.violations() == []


@pytest.mark.scenario(fleet(looping(since="-5h"), {"name": "clicks", "runtime": "FLINK-1_20", "job": {"kind": "healthy"}}))
def test_explain__on_demand__prints_the_report_and_the_root_cause(sim, daemon):
    daemon.config = daemon.config.replace("backfill = 3h", "backfill = 6h")
    daemon.start()
    sim.wait("deliveries", 2, timeout=60)
    text = daemon.ctl("explain", "--app", "orders").stdout
    for words in ("NumberFormatException in ParseOrder.map", "Root cause", "bad_record: this started it", "Symptoms", "Fix",
                  "Log lines that tell it", "log lines read"):
        assert words in text
    assert max(len(line) for line in text.splitlines()) <= 200
    cause = daemon.ask("explain", "--app", "orders")
    assert cause == by_application(daemon.incidents())["orders"]["root_cause"]
    # An hour of the loop that does not hold its beginning; and an application that is well.
    assert daemon.ask("explain", "--app", "orders", "--since", "6h")["role"] == "trigger"
    assert daemon.ask("explain", "--app", "clicks", "--since", "30m") is None
    assert "No failure" in daemon.ctl("explain", "--app", "clicks").stdout
    wrong = daemon.ctl("explain", "--app", "order", check=False)
    assert wrong.returncode == 1 and "did you mean orders" in wrong.stderr
    assert daemon.ctl("explain", check=False).returncode == 2
    assert [(e["event"], e["incident"]["diagnoser"], e["incident"]["title"]) for e in pages(sim)][1:] == []


@pytest.mark.scenario(fleet(looping(since="-2h"), deny=[{"action": "logs:FilterLogEvents"}]))
def test_explain__after_the_permission_was_given__mends_the_incident(sim, daemon):
    daemon.start()
    assert_blind(one_page(sim, daemon), "logs:FilterLogEvents is denied")
    assert "is denied" in daemon.ctl("explain", "--app", "orders").stdout
    sim.patch_scenario({"deny": []})
    assert daemon.ask("explain", "--app", "orders")["exception_class"] == TRIGGER
    sim.wait("deliveries", 4, timeout=60)
    assert [e["event"] for e in pages(sim)] == ["opened", "updated"]
    assert pages(sim)[1]["incident"]["root_cause"]["role"] == "trigger"


HEARTBEAT = {"class": "java.util.concurrent.TimeoutException",
             "message": "Heartbeat of TaskManager with id container_e01_000002 timed out.",
             "frames": ["org.apache.flink.runtime.jobmaster.JobMaster$TaskManagerHeartbeatListener.notifyHeartbeatTimeout"
                        "(JobMaster.java:1371) ~[flink-dist-1.20.0.jar:1.20.0]"]}


def calm_then(high, low):
    """An hour of `low`, `high` in the five minutes before the loop of `lost_heartbeats` and on."""
    return {"kind": "pieces", "pieces": [{"until": "-120m", "value": low}, {"value": high}]}


def lost_heartbeats(**metrics):
    app = looping(since="-115m", metrics={"heapMemoryUtilization": calm_then(55, 50), "containerCPUUtilization": calm_then(60, 55),
                                          "oldGenerationGCTime": calm_then(200, 100), **metrics})
    app["job"].update(trigger=HEARTBEAT, sustainer=False)
    return app


# What was polled begins minutes before the fault: the hour before it must be asked for.
@pytest.mark.scenario(fleet(lost_heartbeats(heapMemoryUtilization=calm_then(96, 60), oldGenerationGCTime=calm_then(24000, 300))))
def test_heartbeat_lost__metrics_of_the_hour_before__are_fetched_and_blame_the_collector(sim, daemon):
    daemon.config = daemon.config.replace("backfill = 3h", "backfill = 2h")
    started = sim.clock()["now"]
    daemon.start()
    cause = one_page(sim, daemon)["root_cause"]
    assert cause["role"] == "symptom_needs_metrics" and cause["category"] == "memory"
    assert "40 % of wall clock" in cause["pivot"] and "96 %" in cause["pivot"] and "60 in the hour before" in cause["pivot"]
    queried = [(q["MetricStat"]["Metric"]["MetricName"], r["parameters"]["StartTime"], r["parameters"]["EndTime"])
               for r in sim.requests(operation="GetMetricData") for q in r["parameters"]["MetricDataQueries"]]
    asked = {name for name, start, end in queried if started - 181 * 60 <= start <= started - 179 * 60 and end <= started - 110 * 60}
    assert {"heapMemoryUtilization", "oldGenerationGCTime", "containerCPUUtilization"} <= asked
    # It does not pass for having been read up to there: the history in between is asked for as ever.
    got = daemon.ask("history", "--app", "orders", "--metric", "heapMemoryUtilization", "--since", "100m", "--format", "json")
    assert len(got["points"]) > 90
    assert sim.violations() == []


@pytest.mark.scenario(fleet(lost_heartbeats()))
def test_heartbeat_lost__calm_metrics__suspect_the_network(sim, daemon):
    daemon.start()
    cause = one_page(sim, daemon)["root_cause"]
    assert cause["role"] == "symptom_needs_metrics" and cause["category"] == "network"
    assert "suspect the network" in cause["pivot"]


MISSING_METHOD = {"class": "java.lang.NoSuchMethodError", "message": "'void com.acme.orders.Codec.init(int)'",
                  "frames": ["com.acme.orders.Parse.open(Parse.java:31) ~[?:?]",
                             "org.apache.flink.streaming.runtime.tasks.StreamTask.restore(StreamTask.java:712) ~[flink-dist-1.20.0.jar:1.20.0]"]}
TASK = "Source: orders -> Parse (1/8)#0 (1cdf302a4b70e56b71f7ae3829a01d86_b6c461237bb65515c6cb01e4485cde6a_0_0)"


@pytest.mark.scenario(fleet({
    "name": "orders", "runtime": "FLINK-1_20", "status": "READY", "job": {"kind": "stopped", "since": "-3h"},
    "operations": [{"operation": "StartApplication", "start": "-20m", "duration": "5m", "status": "FAILED", "error": "The application failed to start."}],
    "log_lines": [{"at": "-17m", "logger": "org.apache.flink.runtime.taskmanager.Task", "level": "WARN", "throwable": MISSING_METHOD,
                   "message": f"{TASK} switched from INITIALIZING to FAILED with failure cause:"}]}))
def test_start_that_failed__incident__says_why(sim, daemon):
    assert daemon.run("--oneshot").returncode == 0
    daemon.start()
    incident = next(i for i in daemon.incidents() if i["diagnoser"] == "operation_failed")
    cause = incident["root_cause"]
    assert cause["role"] == "trigger" and cause["exception_class"] == "java.lang.NoSuchMethodError"
    assert "NoSuchMethodError" in incident["title"]
    assert sim.violations() == []


# Twice the same fault, each time ended by a deploy, long before the first start; and now again.
@pytest.mark.scenario(fleet({
    **looping(since="-6d"), "operations": [
        {"operation": "UpdateApplication", "start": "-142h", "duration": "4m", "status": "SUCCESSFUL", "version_from": 5, "version_to": 6}],
    "job": {"kind": "restart_loop", "since": "-6d", "until": "-142h", "every": "40s", "subtask": 3, "also": [
        {"kind": "restart_loop", "since": "-3d", "until": "-71h", "every": "40s", "subtask": 3},
        {"kind": "restart_loop", "since": "-2h", "every": "40s", "subtask": 3}]}}))
def test_loops_that_were_over_at_the_first_start__have_their_cause__and_are_seen_before(sim, daemon):
    daemon.config = daemon.config.replace("backfill = 3h", "backfill = 15d")
    started = sim.clock()["now"]
    assert daemon.run("--oneshot", timeout=110).returncode == 0
    assert {e["incident"]["id"] for e in pages(sim)} == {one_page(sim, daemon)["id"]}, "what is over is not told"
    daemon.start()
    now, later, first = [i for i in daemon.incidents("--all", "--since", "15d") if i["diagnoser"] == "restart_loop"]
    for incident, days in ((first, 6), (later, 3)):
        cause = incident["root_cause"]
        assert incident["state"] == "resolved" and "NumberFormatException in ParseOrder.map" in incident["title"]
        assert cause["role"] == "trigger" and cause["frame"] == "com.acme.orders.ParseOrder.map"
        assert abs(epoch(cause["first_fault_at"]) - (started - days * DAY)) <= 60
        timeline = [e["event"] for e in daemon.ask("events", "--since", "15d") if e.get("incident") == incident["id"]]
        assert timeline.count("explained") == 1, timeline
    assert first["root_cause"]["seen_before"] is None
    seen = later["root_cause"]["seen_before"]
    assert f"incident {first['id']} of orders" in seen and "UpdateApplication (version 5 -> 6) ended it" in seen
    text = daemon.ctl("report", str(first["id"])).stdout
    assert text.count("explained") == 1 and "NumberFormatException" in text, "in the timeline, not among what people did"
    # The open one came first; what its past tells is added.
    seen = now["root_cause"]["seen_before"]
    assert f"incident {later['id']} of orders" in seen and "it ended without an operation" in seen
    assert sim.violations() == []


def failed_task(at, task, before, throwable, attempt=0):
    name = f"{task} (1/8)#{attempt} (1cdf302a4b70e56b71f7ae3829a01d86_b6c461237bb65515c6cb01e4485cde6a_0_{attempt})"
    return {"at": at, "logger": "org.apache.flink.runtime.taskmanager.Task", "level": "WARN", "throwable": throwable,
            "message": f"{name} switched from {before} to FAILED with failure cause:"}


NO_SLOTS = {"class": "org.apache.flink.runtime.jobmanager.scheduler.NoResourceAvailableException", "message": "Could not acquire the minimum required resources."}
NO_TOPIC = {"class": "org.apache.kafka.common.errors.UnknownTopicOrPartitionException", "message": "This server does not host this topic-partition."}
OLD_STATE = {"class": "org.apache.flink.util.StateMigrationException", "message": "The new state serializer must not be incompatible with the old state serializer."}
SITUATIONS = {
    # More megabytes behind the first failure than are read.
    "chatty": looping("chatty", "-2h", log_lines=[{"at": "-119m", "logger": "com.acme.Audit", "level": "WARN", "message": "audit ", "bytes": 250000, "times": 80}]),
    # The job survived a dozen failures in its life: there is no attempt 0.
    "veteran": {**looping("veteran", "-90m"), "job": {"kind": "restart_loop", "since": "-90m", "every": "40s", "subtask": 3, "first_attempt": 12}},
    "down": {"name": "down", "runtime": "FLINK-1_20", "parallelism": 8, "job": {"kind": "healthy"}, "log_lines": [failed_task("-30m", "Map", "SCHEDULED", NO_SLOTS)],
             "metrics": {"downtime": {"kind": "pieces", "pieces": [{"until": "-30m", "value": 0}, {"value": 60000}]}}},
    "dead": {"name": "dead", "runtime": "FLINK-1_20", "parallelism": 8, "job": {"kind": "stalled", "since": "-50m"},
             "log_lines": [failed_task("-50m", "Source: orders", "RUNNING", NO_TOPIC, attempt=3)]},
    "stuck": {"name": "stuck", "runtime": "FLINK-1_20", "parallelism": 8, "status": "UPDATING", "version": 8, "job": {"kind": "stopped", "since": "-25m"},
              "operations": [{"operation": "UpdateApplication", "start": "-25m", "status": "IN_PROGRESS", "version_from": 7, "version_to": 8}],
              "log_lines": [failed_task("-23m", "Window -> Sink: out", "INITIALIZING", OLD_STATE)]},
}


@pytest.mark.scenario(fleet(*SITUATIONS.values()))
def test_other_situations__each_page__names_its_cause(sim, daemon):
    daemon.config = daemon.config.replace("type = sns", "type = sns\ndigest_applications = 0\nrate_limit = 0")
    started = sim.clock()["now"]
    daemon.start()
    sim.wait("deliveries", len(SITUATIONS), timeout=110, service="sns")
    told = {e["incident"]["application"]: e["incident"] for e in pages(sim)}
    assert sorted(told) == sorted(SITUATIONS)
    causes = {name: i["root_cause"] for name, i in told.items()}
    assert {name: (told[name]["diagnoser"], c and c["role"], c and c["category"], c and c["exception_class"].split(".")[-1]) for name, c in causes.items()} == {
        "chatty": ("restart_loop", "trigger", "bad_record", "NumberFormatException"),
        "veteran": ("restart_loop", "trigger", "bad_record", "NumberFormatException"),
        "down": ("downtime", "trigger", "resource", "NoResourceAvailableException"),
        "dead": ("job_stalled", "trigger", "not_found", "UnknownTopicOrPartitionException"),
        "stuck": ("stuck_transition", "trigger", "state_incompat", "StateMigrationException"),
    }
    assert "cut off: there are more" in causes["chatty"]["completeness"] and told["chatty"]["confidence"] == "medium"
    assert causes["veteran"]["attempt"] == 12 and "cut off" not in causes["veteran"]["completeness"]
    assert causes["dead"]["task"] == "Source: orders (1/8)" and causes["dead"]["attempt"] == 3
    assert abs(epoch(causes["stuck"]["first_fault_at"]) - (started - 23 * 60)) <= 1
    assert sim.violations() == []


RATE = 10


@pytest.mark.scenario(fleet(looping(since="-2h")), rate=RATE)
def test_log_that_does_not_answer__page__waits_75_seconds_and_no_longer(sim, daemon):
    daemon.config = daemon.config.replace("interval = 1s", "interval = 60s")
    daemon.follow_clock(RATE)
    sim.faults({"kind": "hang", "service": "logs", "times": "always"})
    daemon.start()
    sim.wait_for(lambda s: s.requests(operation="FilterLogEvents", pending=1), timeout=60)
    daemon.wait_log("its cause is still being looked for: what is open is told without it")
    sim.wait("deliveries", 1, timeout=60, service="sns")
    page = sim.deliveries(service="sns")[0]
    incident = json.loads(page["body"]["Message"])["incident"]
    assert incident["diagnoser"] == "restart_loop" and incident["root_cause"] is None
    # It was found in what was read before the log was asked for.
    asked = min(r["at"] for r in sim.requests(operation="FilterLogEvents"))
    found = max(r["at"] for r in sim.requests(operation="GetMetricData") if r["at"] <= asked)
    assert page["at"] - found >= 73, "it waited"
    # A later try is answered: what is open is told to have a cause.
    sim.clear_faults()
    sim.wait_for(lambda s: daemon.drain() or (pages(s)[-1]["incident"]["root_cause"] or {}).get("exception_class") == TRIGGER, timeout=110)
    assert [e["event"] for e in pages(sim) if e["event"] != "updated"] == ["opened"]
    assert {e["incident"]["id"] for e in pages(sim)} == {incident["id"]}
