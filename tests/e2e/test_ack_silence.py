# SPDX-License-Identifier: Apache-2.0
"""ack, silence, unsilence: what people on call say holds, and outlives the daemon."""

import json
import os
import pwd
import signal

import pytest

ME = pwd.getpwuid(os.getuid()).pw_name
PAGERDUTY = """
[notifier duty]
type = pagerduty
routing_key = 0123456789abcdef0123456789abcdef
url = {url}
"""


def events(sim, service, application):
    """The names of the events that were told of an application, oldest first."""
    if service == "pagerduty":
        return [d["body"]["event_action"] for d in sim.deliveries(service=service) if f"/{application}/" in d["body"]["dedup_key"]]
    return [d["body"]["MessageAttributes"]["event"]["StringValue"] for d in sim.deliveries(service="sns")
            if d["body"]["MessageAttributes"]["application"]["StringValue"] == application]


def loud(daemon, application):
    found = [i for i in daemon.incidents("--app", application) if i["severity"] != "info"]
    assert len(found) == 1
    return found[0]


def polls(daemon, n):
    """Waits until so many more rounds were judged."""
    for _ in range(n):
        daemon.wait_log(r"poll finished", since=len(daemon.log))


@pytest.mark.scenario("demo.json")
def test_ack__stops_reminders__tells_pagerduty_and_outlives_a_kill(sim, daemon):
    daemon.config = daemon.config.replace("type = sns", "type = sns\nrepeat_interval = 1s") + PAGERDUTY.format(url=sim.url)
    daemon.start()
    sim.wait_for(lambda s: "reminder" in events(s, "sns", "orders") and events(s, "pagerduty", "orders"), timeout=60)
    number = loud(daemon, "orders")["id"]
    text = daemon.ctl("ack", str(number), "--comment", "rolling back").stdout
    assert f"#{number} orders restart_loop is acknowledged by {ME}." in text
    sim.wait_for(lambda s: events(s, "pagerduty", "orders") == ["trigger", "acknowledge"], timeout=30)
    assert len({d["body"]["dedup_key"] for d in sim.deliveries(service="pagerduty") if "/orders/" in d["body"]["dedup_key"]}) == 1
    daemon.stop(signal.SIGKILL)
    daemon.start()
    polls(daemon, 4)
    incident = daemon.ask("show", str(number))
    assert incident["state"] == "acknowledged" and incident["acknowledged_by"] == ME and incident["comment"] == "rolling back"
    assert [f"{ME}: rolling back"] == [row["text"] for row in incident["timeline"] if row["kind"] == "acknowledged"]
    reminded = [json.loads(d["body"]["Message"])["incident"] for d in sim.deliveries(service="sns")
                if d["body"]["MessageAttributes"]["event"]["StringValue"] == "reminder"]
    assert {i["state"] for i in reminded if i["application"] == "orders"} == {"open"}, "nobody is reminded of what is acknowledged"
    assert events(sim, "pagerduty", "orders") == ["trigger", "acknowledge"]
    assert "reminder" in events(sim, "sns", "payments"), "the other incident still reminds"
    assert sim.violations() == []


@pytest.mark.scenario("demo.json")
def test_silence__over_a_kill__records_quietly_and_pages_when_it_ends(sim, daemon):
    everything = daemon.config
    daemon.config = everything.replace("region = eu-west-1\n", "region = eu-west-1\napplications = !*\n")
    daemon.start()
    text = daemon.ctl("silence", "--app", "ord*", "--for", "2h", "--comment", "load test").stdout
    assert "Silence 1: nobody is told of ord* until" in text and "unsilence 1" in text
    daemon.stop(signal.SIGKILL)
    daemon.config = everything
    daemon.start()
    sim.wait_for(lambda s: events(s, "sns", "payments") == ["opened"], timeout=60)
    polls(daemon, 2)
    incident = loud(daemon, "orders")
    assert incident["diagnoser"] == "restart_loop" and incident["state"] == "open" and incident["quiet"]
    assert events(sim, "sns", "orders") == []
    listed = daemon.ask("silences")
    assert [(s["id"], s["application"], s["comment"], s["created_by"], s["active"]) for s in listed] == [(1, "ord*", "load test", ME, True)]
    assert "load test" in daemon.ctl("silences").stdout
    assert "Silence 1 for ord* is over" in daemon.ctl("unsilence", "1").stdout
    sim.wait_for(lambda s: events(s, "sns", "orders") == ["opened"], timeout=30)
    assert not loud(daemon, "orders")["quiet"]
    assert daemon.ask("silences") == []
    assert [s["ended_by"] for s in daemon.ask("silences", "--all")] == [ME]
    again = daemon.ctl("unsilence", "1", check=False)
    assert again.returncode == 1 and "silence 1 is over already" in again.stderr


@pytest.mark.scenario("demo.json")
def test_silence__of_what_was_told__is_in_its_timeline(sim, daemon):
    daemon.start()
    sim.wait_for(lambda s: events(s, "sns", "orders") == ["opened"], timeout=60)
    daemon.ctl("silence", "--app", "orders", "--diagnoser", "restart_loop", "--for", "1h", "--comment", "known")
    timeline = daemon.ask("show", str(loud(daemon, "orders")["id"]))["timeline"]
    assert any(row["kind"] == "silenced" and row["text"].startswith(f"{ME}, until ") and row["text"].endswith(": known") for row in timeline)


@pytest.mark.parametrize("arguments,word", [
    (["ack", "99"], "there is no incident 99"), (["unsilence", "99"], "there is no silence 99"),
    (["silence", "--app", "orders", "--for", "1h"], "--comment"), (["silence", "--app", "o", "--for", "1h", "--comment", "x", "--diagnoser", "downtme"], "downtime"),
])
def test_wrong__is_refused_with_the_way_out(sim, daemon, arguments, word):
    daemon.start()
    done = daemon.ctl(*arguments, check=False)
    assert done.returncode in (1, 2) and word in done.stderr
