# SPDX-License-Identifier: Apache-2.0
"""The golden messages keep the receivers' rules, as the simulator of the receivers knows them."""

import json
import os
import sys
from pathlib import Path

import pytest

SRCDIR = Path(os.environ.get("FLINKWATCH_SRCDIR", Path(__file__).resolve().parents[3]))
GOLDEN = SRCDIR / "tests" / "golden"
sys.path.insert(0, str(SRCDIR / "tests"))

from simulator.services import notify, sns  # noqa: E402

EVENTS = ("opened", "updated", "escalated", "reminder", "resolved")


def read(name):
    return (GOLDEN / name).read_text(encoding="utf-8")


def block_texts(body):
    for block in body["blocks"]:
        for item in [block.get("text"), *block.get("elements", [])]:
            if item:
                yield item["text"]


def parameters(name):
    return dict(line.split(": ", 1) for line in read(name).splitlines())


@pytest.mark.parametrize("case", EVENTS + ("hostile", "digest"))
def test_slack__golden__within_limits(case):
    body = json.loads(read(f"slack-{case}.json"))
    assert notify.slack_problems(body) == []
    assert sum(map(len, block_texts(body))) <= 9000
    assert all(len(text) <= 3000 for text in block_texts(body))
    title = body["blocks"][0]["text"]["text"]
    assert len(title.split(" ", 1)[1]) < 80
    assert len(body["text"]) <= 1000
    assert "flinkwatchctl show " in " ".join(block_texts(body))


@pytest.mark.parametrize("case", EVENTS)
def test_sns__golden__accepted(case):
    params = parameters(f"sns-{case}.txt")
    sns.check_subject(params["Subject"])
    message = json.loads(params["Message"])
    assert message["version"] == 1 and message["event"] == case
    names = [params[f"MessageAttributes.entry.{i}.Name"] for i in range(1, 6)]
    assert names == ["severity", "application", "target", "diagnoser", "event"]
    assert params["MessageAttributes.entry.5.Value.StringValue"] == case
    assert len(params["Message"].encode()) < 262144


@pytest.mark.parametrize("case, action", zip((*EVENTS, "digest", "page"),
                                              ("trigger", "trigger", "trigger", "acknowledge", "resolve", "trigger", "trigger")))
def test_pagerduty__golden__accepted(case, action):
    body = json.loads(read(f"pagerduty-{case}.json"))
    assert notify.pagerduty_problems(body) == []
    assert body["event_action"] == action


@pytest.mark.parametrize("case", EVENTS)
def test_alertmanager__golden__accepted(case):
    body = json.loads(read(f"alertmanager-{case}.json"))
    assert notify.alertmanager_problems(body) == []
    told = [alert["annotations"] for alert in body if "annotations" in alert]
    assert len(told) == 1 and told[0]["event"] == case
    assert json.loads(told[0]["incident"])["id"] == 17
    assert all(value for alert in body for value in alert["labels"].values())


@pytest.mark.parametrize("case", EVENTS + ("digest",))
def test_webhook__golden__keeps_the_promise(case):
    body = json.loads(read(f"webhook-{case}.json"))
    assert body["version"] == 1 and body["event"] == case and body["delivery_id"]
    assert body["incident"]["id"] and body["incident"]["application"]


def test_digest__golden__each_part_is_a_delivery():
    message = json.loads(parameters("sns-digest.txt")["Message"])
    assert message == json.loads(read("webhook-digest.json"))
    parts = message["deliveries"]
    assert [part["event"] for part in parts] == ["opened"] * 6 + ["resolved"]
    assert len({part["delivery_id"] for part in parts} | {message["delivery_id"]}) == 8
    assert message["incident"]["severity"] == "critical", "the gravest stands for it"
    alerts = json.loads(read("alertmanager-digest.json"))
    assert notify.alertmanager_problems(alerts) == []
    assert sorted(json.loads(alert["annotations"]["incident"])["id"] for alert in alerts) == [30, 31, 32, 33, 34, 35]


def test_heartbeat__golden__says_when():
    body = json.loads(read("webhook-heartbeat.json"))
    assert body == {"version": 1, "event": "heartbeat", "delivery_id": body["delivery_id"], "incident": None,
                    "at": "2026-01-02T03:04:00Z"}
    assert json.loads(parameters("sns-heartbeat.txt")["Message"]) == body
