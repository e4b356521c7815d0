# SPDX-License-Identifier: Apache-2.0
"""The control API, /_sim/...: what tests ask and change."""

import json
import re
import time
from urllib.parse import parse_qsl, unquote

from .clock import parse_duration, resolve_time
from .faults import LISTENING
from .records import KINDS
from .wire import Response

_MAX_WAIT_S = 120.0


def _json(value, status=200):
    return Response(status, json.dumps(value, default=str), "application/json")


def handle(world, request):
    query = dict(parse_qsl(request.query))
    path = request.path[len("/_sim/"):].strip("/")
    name, _, rest = path.partition("/")
    action = _ACTIONS.get((request.method, name))
    if action is None:
        return _json({"error": f"no {request.method} /_sim/{name}"}, 404)
    try:
        body = json.loads(request.body) if request.body else None
        return _json(action(world, query, body, unquote(rest)))
    except Exception as error:      # noqa: BLE001  whatever a test got wrong, it shall read the reason
        return _json({"error": f"{type(error).__name__}: {error}"}, 400)


def _state(world, query, body, rest):
    return {"clock": world.clock.describe(), **world.records.summary(), "faults": len(world.faults.describe())}


def _listing(kind):
    def action(world, query, body, rest):
        limit = int(query.pop("limit", 0)) or None
        return world.records.listing(kind, query, limit)
    return action


def _wait(world, query, body, rest):
    timeout_s = min(float(query.pop("timeout", 10)), _MAX_WAIT_S)
    if "after" in query:
        return {"version": world.records.wait_change(int(query["after"]), timeout_s)}
    kind, count = query.pop("kind", "requests"), int(query.pop("count", 1))
    if kind not in KINDS:
        raise ValueError(f"kind is one of {KINDS}")
    found = world.records.wait(kind, count, query, timeout_s)
    return {"found": found, "enough": found >= count}


def _get_faults(world, query, body, rest):
    return world.faults.describe()


def _post_faults(world, query, body, rest):
    made = world.faults.add(body if isinstance(body, list) else [body])
    for fault in made:
        if fault.kind in LISTENING:
            world.listener_fault(fault)
    return [fault.id for fault in made]


def _delete_faults(world, query, body, rest):
    world.faults.clear({int(rest)} if rest else None)
    return []


def _clock(world, query, body, rest):
    if body:
        now_s = resolve_time(body["now"], world.clock.now_s()) if "now" in body else None
        advance_s = parse_duration(body["advance"]) if "advance" in body else None
        world.clock.set(now_s, advance_s, body.get("rate"), body.get("offset_s"))
    return world.clock.describe()


def _application(world, query, body, rest):
    if rest and world.application(world.account, world.region, rest) is None:
        found = [a for a in world.applications() if a.name == rest]
    else:
        found = [a for a in world.applications() if rest in ("", a.name)]
    return [{"name": a.name, "arn": a.arn, "status": a.detail["ApplicationStatus"], "entry": a.entry,
             "operations": a.operations, "log_group": a.log_group, "log_stream": a.log_stream,
             "metrics": sorted({s.name for s in a.series})} for a in found]


def _patch_application(world, query, body, rest):
    app = world.patch_application(rest, body)
    if app is None:
        raise LookupError(f"no application {rest!r}")
    return {"name": app.name, "status": app.detail["ApplicationStatus"]}


def _add_operation(world, query, body, rest):
    app = world.add_operation(rest, body)
    return {"operations": app.operations}


def _instant(text, now_s):
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else resolve_time(text, now_s)


def _series(world, query, body, rest):
    """POST puts series; relative times count from now. GET evaluates one: metric, start, end, period, statistic, dim.X=Y."""
    if body is not None:
        specs = body if isinstance(body, list) else [body]
        world.add_series(specs, world.clock.now_s())
        return {"series": len(specs)}
    now_s = world.clock.now_s()
    dimensions = [(k[4:], v) for k, v in query.items() if k.startswith("dim.")]
    store = world.store(query.get("account", world.account), query.get("region", world.region))
    series = store.get(query.get("namespace", "AWS/KinesisAnalytics"), query["metric"], dimensions)
    if series is None:
        raise LookupError(f"no series {query['metric']} {dimensions}")
    period_s = int(query.get("period", 60))
    start = int(_instant(query.get("start", "-1h"), now_s)) // period_s * period_s
    end = int(_instant(query.get("end", "now"), now_s)) + 1
    return series.points(start, end, period_s, query.get("statistic", "Average"), now_s)


def _reset(world, query, body, rest):
    """Forget records and faults; with a body: load that scenario."""
    world.records.reset()
    world.faults.clear()
    if body is not None:
        world.load(body)
    return {"reset": True}


def _scenario(world, query, body, rest):
    if body is not None:
        world.patch_scenario(body)
    return world.scenario


def _now(world, query, body, rest):
    return {"real_s": time.time(), **world.clock.describe()}


_ACTIONS = {
    ("GET", "state"): _state,
    ("GET", "requests"): _listing("requests"),
    ("GET", "deliveries"): _listing("deliveries"),
    ("GET", "violations"): _listing("violations"),
    ("GET", "wait"): _wait,
    ("GET", "faults"): _get_faults,
    ("POST", "faults"): _post_faults,
    ("DELETE", "faults"): _delete_faults,
    ("GET", "clock"): _now,
    ("POST", "clock"): _clock,
    ("GET", "applications"): _application,
    ("POST", "applications"): _patch_application,
    ("POST", "operations"): _add_operation,
    ("GET", "series"): _series,
    ("POST", "series"): _series,
    ("POST", "reset"): _reset,
    ("GET", "scenario"): _scenario,
    ("POST", "scenario"): _scenario,
}
