# SPDX-License-Identifier: Apache-2.0
"""Slack, PagerDuty, Alertmanager and plain webhooks: what they take, refuse and record."""

import http.client
import json

import pytest
from sim_http import send

SLACK = "/services/T0/B0/secret"
ROUTING = "0" * 31 + "1"


def post(sim, path, body, content_type="application/json"):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return send(sim.url, data, {"Content-Type": content_type}, path=path)


def section(text, **more):
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def test_slack__text_and_blocks__ok(sim):
    body = {"text": "orders &amp; more", "blocks": [
        {"type": "header", "text": {"type": "plain_text", "text": "a < b & c"}},
        section("*x* <https://example.com/?a=1|link> &lt;tag&gt; <!here>", fields=[{"type": "mrkdwn", "text": "f"}]),
        {"type": "divider"}, {"type": "context", "elements": [{"type": "mrkdwn", "text": "c"}]}]}
    answer = post(sim, SLACK, body, "application/json; charset=utf-8")
    assert (answer.status, answer.body) == (200, b"ok")
    assert [(d["service"], d["path"], d["body"]) for d in sim.deliveries()] == [("slack", SLACK, body)]
    assert sim.violations() == []


@pytest.mark.parametrize("body,error", [
    ({}, b"no_text"), ({"text": ""}, b"no_text"), ([], b"invalid_payload"), ({"text": 3}, b"invalid_payload"), (b"{", b"invalid_payload"),
    ({"text": "a & b"}, b"invalid_blocks"), ({"text": "a <b"}, b"invalid_blocks"), ({"text": "&#39;"}, b"invalid_blocks"),
    ({"text": "x", "blocks": [section("y" * 3001)]}, b"invalid_blocks"), ({"text": "x", "blocks": [section("")]}, b"invalid_blocks"),
    ({"text": "x", "blocks": [{"type": "divider"}] * 51}, b"invalid_blocks"),
    ({"text": "x", "blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "h"}}]}, b"invalid_blocks"),
    ({"text": "x", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "h" * 151}}]}, b"invalid_blocks"),
    ({"text": "x", "blocks": [section("t", fields=[{"type": "mrkdwn", "text": "f"}] * 11)]}, b"invalid_blocks"),
    ({"text": "x", "blocks": [{"type": "unheard-of"}]}, b"invalid_blocks"),
    ({"text": "y" * 40001}, b"msg_too_long"),
])
def test_slack__what_it_would_not_show_well__400_and_violation(sim, body, error):
    answer = post(sim, SLACK, body)
    assert (answer.status, answer.body) == (400, error)
    assert sim.deliveries() == [] and {v["kind"] for v in sim.violations()} == {"slack"}


def test_slack__wrong_content_type_or_method(sim):
    post(sim, SLACK, {"text": "x"}, "application/x-www-form-urlencoded")
    assert len(sim.violations()) == 1
    assert send(sim.url, b"", {}, "GET", SLACK).status == 405


def trigger(**more):
    return {"routing_key": ROUTING, "event_action": "trigger", "dedup_key": "17", **more,
            "payload": {"summary": "s", "source": "prod", "severity": "critical", "timestamp": "2026-01-02T03:04:05Z", **more.get("payload", {})}}


def test_pagerduty__trigger_and_resolve(sim):
    answer = post(sim, "/v2/enqueue", trigger())
    assert (answer.status, answer.json) == (202, {"status": "success", "message": "Event processed", "dedup_key": "17"})
    assert post(sim, "/v2/enqueue", {"routing_key": ROUTING, "event_action": "resolve", "dedup_key": "17"}).status == 202
    assert [d["body"]["event_action"] for d in sim.deliveries(service="pagerduty")] == ["trigger", "resolve"]
    assert sim.violations() == []


@pytest.mark.parametrize("body", [
    trigger(routing_key="short"), trigger(event_action="open"), trigger(dedup_key="x" * 256),
    trigger(payload={"summary": "x" * 1025}), trigger(payload={"summary": ""}), trigger(payload={"severity": "page"}),
    trigger(payload={"timestamp": "yesterday"}), trigger(payload={"custom_details": []}),
    {"routing_key": ROUTING, "event_action": "resolve"}, {"routing_key": ROUTING, "event_action": "trigger"}, [],
])
def test_pagerduty__bad_event__400_with_errors(sim, body):
    answer = post(sim, "/v2/enqueue", body)
    assert answer.status == 400 and answer.json["status"] == "invalid event" and answer.json["errors"]
    assert sim.deliveries() == [] and sim.violations() != []


ALERT = {"labels": {"alertname": "restart_loop", "application": "orders"}, "annotations": {"summary": "s"}, "startsAt": "2026-01-02T03:04:05Z"}


def test_alertmanager__each_alert_is_a_delivery(sim):
    assert post(sim, "/api/v2/alerts", [ALERT, {**ALERT, "endsAt": "2026-01-02T04:04:05Z"}]).status == 200
    assert post(sim, "/base/path/api/v2/alerts", [ALERT]).status == 200
    assert len(sim.deliveries(service="alertmanager")) == 3 and sim.violations() == []


@pytest.mark.parametrize("body", [
    ALERT, [{"labels": {}}], [{"labels": {"alertname": 1}}], [{"labels": {"alertname": "a", "bad-name": "x"}}],
    [{**ALERT, "startsAt": "now"}], [{**ALERT, "endsAt": "2026-01-02T03:00:00Z"}]])
def test_alertmanager__bad_alerts__400(sim, body):
    assert post(sim, "/api/v2/alerts", body).status == 400
    assert sim.deliveries() == [] and {v["kind"] for v in sim.violations()} == {"alertmanager"}


def test_webhook__any_json(sim):
    assert post(sim, "/webhook/ops", {"version": 1}).status == 200
    assert post(sim, "/hook", [1]).status == 200
    assert [d["body"] for d in sim.deliveries(service="webhook")] == [{"version": 1}, [1]]
    assert post(sim, "/webhook/ops", b"not json").status == 400


@pytest.mark.parametrize("kind,deliveries", [("empty_body", 1), ("big_body", 1), ("status", 0), ("expired_token", 0), ("reset", 0)])
def test_webhook__fault__delivered_where_it_says_so(sim, kind, deliveries):
    sim.faults({"kind": kind, "megabytes": 1})
    try:
        post(sim, "/webhook/ops", {"version": 1})
    except (http.client.HTTPException, OSError):
        assert kind == "reset"
    assert len(sim.deliveries(service="webhook")) == deliveries
    assert sim.requests()[-1]["fault"] == kind


def test_elsewhere__404_and_violation(sim):
    assert post(sim, "/somewhere", {}).status == 404
    assert [v["kind"] for v in sim.violations()] == ["unrouted"]
