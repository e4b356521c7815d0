# SPDX-License-Identifier: Apache-2.0
"""Where notifications go besides SNS: Slack incoming webhook, PagerDuty Events v2, Alertmanager, any webhook."""

import json
import re

from ..clock import parse_rfc3339
from ..wire import Response

_PLACES = (
    ("slack", re.compile(r"^/(services|slack)/[^/]+/[^/]+/[^/]+$")),
    ("pagerduty", re.compile(r"^/v2/enqueue$")),
    ("alertmanager", re.compile(r"^(/[A-Za-z0-9_.-]+)*/api/v2/alerts$")),
    ("webhook", re.compile(r"^/(web)?hooks?(/|$)")),
)
_LABEL = re.compile(r"^[a-zA-Z_][a-zA-Z0-9_]*$")
# What mrkdwn may hold after an ampersand, and what may follow a less-than sign.
_BARE_AMPERSAND = re.compile(r"&(?!amp;|lt;|gt;)")
_BARE_LESS = re.compile(r"<(?!(?:https?://|mailto:|[!#@])[^<>\n]*>)")


def service_of(request):
    for name, pattern in _PLACES:
        if pattern.match(request.path):
            return name
    return None


def handle(world, request, record):
    """The answer of a notification target, or None when the path is none of theirs."""
    name = service_of(request)
    if name is None:
        return None
    record["operation"] = {"slack": "Post", "pagerduty": "Enqueue", "alertmanager": "PostAlerts", "webhook": "Post"}[name]
    if request.method != "POST":
        return Response(405)
    kind = (request.header("content-type") or "").split(";")[0].strip()
    try:
        body = json.loads(request.body.decode("utf-8"))
    except ValueError:
        body = None
    if kind != "application/json" or body is None:
        world.records.violate(name, f"not JSON: content-type {kind!r}, {request.body[:80]!r}", record)
    problems = {"slack": slack_problems, "pagerduty": pagerduty_problems,
                "alertmanager": alertmanager_problems, "webhook": lambda _: []}[name](body)
    for problem in problems:
        world.records.violate(name, problem, record)
    if body is None or problems:
        return _refuse(name, problems)
    for item in body if name == "alertmanager" else [body]:
        world.records.deliver(name, record["seq"], path=request.path, body=item,
                              headers={k: v for k, v in request.headers})
    return _accept(name, body)


def _accept(name, body):
    if name == "pagerduty":
        answer = {"status": "success", "message": "Event processed", "dedup_key": body.get("dedup_key") or "made-here"}
        return Response(202, json.dumps(answer), "application/json")
    if name == "slack":
        return Response(200, "ok", "text/html")
    return Response(200, "", None)


def _refuse(name, problems):
    if name == "pagerduty":
        answer = {"status": "invalid event", "message": "Event object is invalid", "errors": problems or ["not JSON"]}
        return Response(400, json.dumps(answer), "application/json")
    if name == "slack":
        return Response(400, problems[0].split(":")[0] if problems else "invalid_payload", "text/html")
    return Response(400, json.dumps((problems or ["not JSON"])[0]), "application/json")


def _mrkdwn(text, where):
    found = []
    if _BARE_AMPERSAND.search(text):
        found.append(f"invalid_blocks: {where}: unescaped & in {text[:80]!r}")
    if _BARE_LESS.search(text):
        found.append(f"invalid_blocks: {where}: unescaped < in {text[:80]!r}")
    return found


def slack_problems(body):
    if not isinstance(body, dict):
        return ["invalid_payload: not an object"]
    text, blocks = body.get("text"), body.get("blocks")
    if text is not None and not isinstance(text, str):
        return ["invalid_payload: text"]
    if not text and not blocks:
        return ["no_text: neither text nor blocks"]
    problems = _mrkdwn(text or "", "text")
    if len(text or "") > 40000:
        problems.append("msg_too_long: text")
    if blocks is None:
        return problems
    if not isinstance(blocks, list) or len(blocks) > 50:
        return problems + ["invalid_blocks: more than 50 or no list"]
    for i, block in enumerate(blocks):
        problems += _block_problems(block, f"blocks[{i}]")
    return problems


def _text_problems(text, limit, where, kinds=("mrkdwn", "plain_text")):
    if not isinstance(text, dict) or text.get("type") not in kinds or not isinstance(text.get("text"), str):
        return [f"invalid_blocks: {where}: no text object of {kinds}"]
    if not 1 <= len(text["text"]) <= limit:
        return [f"invalid_blocks: {where}: {len(text['text'])} characters, allowed 1..{limit}"]
    return _mrkdwn(text["text"], where) if text["type"] == "mrkdwn" else []


def _block_problems(block, where):
    kind = block.get("type") if isinstance(block, dict) else None
    if kind == "header":
        return _text_problems(block.get("text"), 150, where, ("plain_text",))
    if kind == "section":
        problems = _text_problems(block["text"], 3000, where) if "text" in block else []
        fields = block.get("fields", [])
        if ("text" not in block and not fields) or len(fields) > 10:
            problems.append(f"invalid_blocks: {where}: section needs text or 1..10 fields")
        for i, field in enumerate(fields):
            problems += _text_problems(field, 2000, f"{where}.fields[{i}]")
        return problems
    if kind == "context":
        elements = block.get("elements", [])
        problems = [] if 1 <= len(elements) <= 10 else [f"invalid_blocks: {where}: context needs 1..10 elements"]
        for i, element in enumerate(elements):
            if not isinstance(element, dict) or element.get("type") != "image":
                problems += _text_problems(element, 2000, f"{where}.elements[{i}]")
        return problems
    if kind in ("divider", "actions", "image", "rich_text"):
        return []
    return [f"invalid_blocks: {where}: type {kind!r}"]


def pagerduty_problems(body):
    if not isinstance(body, dict):
        return ["not an object"]
    problems = []
    action = body.get("event_action")
    if not isinstance(body.get("routing_key"), str) or len(body["routing_key"]) != 32:
        problems.append("'routing_key' must have 32 characters")
    if action not in ("trigger", "acknowledge", "resolve"):
        problems.append("'event_action' must be trigger, acknowledge or resolve")
    key = body.get("dedup_key")
    if key is not None and (not isinstance(key, str) or len(key) > 255):
        problems.append("'dedup_key' is too long (maximum is 255 characters)")
    if action in ("acknowledge", "resolve") and not key:
        problems.append("'dedup_key' is missing or blank")
    if action == "trigger":
        problems += _payload_problems(body.get("payload"))
    return problems


def _payload_problems(payload):
    if not isinstance(payload, dict):
        return ["'payload' is missing"]
    problems = [f"'payload.{name}' is missing or blank" for name in ("summary", "source", "severity") if not payload.get(name)]
    if len(payload.get("summary") or "") > 1024:
        problems.append("'payload.summary' is too long (maximum is 1024 characters)")
    if payload.get("severity") not in ("critical", "error", "warning", "info"):
        problems.append("'payload.severity' is invalid")
    if "timestamp" in payload:
        try:
            parse_rfc3339(payload["timestamp"])
        except (ValueError, TypeError):
            problems.append("'payload.timestamp' is invalid")
    if not isinstance(payload.get("custom_details", {}), dict):
        problems.append("'payload.custom_details' must be an object")
    return problems


def alertmanager_problems(body):
    if not isinstance(body, list):
        return ["not an array of alerts"]
    problems = []
    for alert in body:
        labels = alert.get("labels") if isinstance(alert, dict) else None
        if not isinstance(labels, dict) or not labels or "alertname" not in labels:
            problems.append("labels with an alertname are required")
            continue
        texts = {**labels, **alert.get("annotations", {})}
        if not all(_LABEL.match(k) and isinstance(v, str) for k, v in texts.items()):
            problems.append(f"label or annotation names or values: {texts}")
        try:
            times = [parse_rfc3339(alert[k]) for k in ("startsAt", "endsAt") if k in alert]
            if len(times) == 2 and times[1] < times[0]:
                problems.append("start time must be before end time")
        except (ValueError, TypeError) as error:
            problems.append(str(error))
    return problems
