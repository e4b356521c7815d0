# SPDX-License-Identifier: Apache-2.0
"""Faults: which requests they hit, how often, and what they do to the answer.

A fault is {"kind": ..., "match": {...}, "times": N | "always", "after": K, "probability": p, ...};
what it matches may also stand beside its kind.
Some replace the answer, the rest change the one that is given.
"""

import itertools
import json
import threading

from .auth import AuthError
from .clock import parse_duration
from .errors import ApiError, auth_error, render
from .noise import unit
from .wire import Response

REPLACING = ("throttle", "status", "html", "reset", "hang", "expired_token", "invalid_next_token", "access_denied",
             "big_body", "error", "empty_body")
TAKEN = ("big_body", "empty_body")
CHANGING = ("slow", "hold", "trickle", "truncate", "bad_json", "wrong_content_type", "skew", "clock_offset", "vary",
            "result_status", "close", "age")
LISTENING = ("refuse", "tls_fail")
MATCH_KEYS = ("service", "operation", "application", "path", "access_key_id", "method", "region")

_HTML = "<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1><hr>proxy</body></html>\n"
_LIMITED = {"slack": (429, "rate_limited", "text/plain"), "pagerduty": (429, '{"status":"throttled","message":"Requests for this service are arriving too quickly"}', "application/json")}


class Fault:
    _ids = itertools.count(1)

    def __init__(self, spec):
        self.id = next(self._ids)
        self.spec = spec
        self.kind = str(spec["kind"])
        self.match = {**{k: spec[k] for k in MATCH_KEYS if k in spec}, **spec.get("match", {})}
        self.times = spec.get("times", 1)
        self.skip = int(spec.get("after", 0))
        self.hits = 0
        self.seen = 0
        self.removed = threading.Event()
        unknown = set(self.match) - set(MATCH_KEYS)
        if self.kind not in REPLACING + CHANGING + LISTENING or unknown:
            raise ValueError(f"fault kind {self.kind!r}, match keys {sorted(unknown)}")

    @property
    def is_spent(self):
        return self.times != "always" and self.hits >= self.times

    def matches(self, record):
        for key, wanted in self.match.items():
            if key == "application":
                if wanted not in record.get("applications", ()):
                    return False
            elif key == "path":
                if not record["path"].startswith(wanted):
                    return False
            elif wanted != record.get(key):
                return False
        return True

    def take(self, record):
        """Whether this request is hit; counts."""
        if self.is_spent or self.kind in LISTENING or not self.matches(record):
            return False
        self.seen += 1
        if self.seen <= self.skip:
            return False
        if unit(self.spec.get("seed", 0), self.seen) >= float(self.spec.get("probability", 1.0)):
            return False
        self.hits += 1
        return True

    def describe(self):
        return {**self.spec, "id": self.id, "hits": self.hits, "seen": self.seen, "spent": self.is_spent}


def answers_alone(effects):
    """Whether the service itself is not asked. A receiver that says 2xx, whatever comes after that, has taken what it got."""
    return any(fault.kind in REPLACING and fault.kind not in TAKEN for fault in effects)


class Faults:
    def __init__(self):
        self._lock = threading.Lock()
        self._faults = []

    def add(self, specs):
        made = [Fault(spec) for spec in specs]
        with self._lock:
            self._faults += [f for f in made if f.kind not in LISTENING]
        return made

    def clear(self, ids=None):
        with self._lock:
            gone = [f for f in self._faults if ids is None or f.id in ids]
            self._faults = [f for f in self._faults if f not in gone]
        for fault in gone:
            fault.removed.set()

    def describe(self):
        with self._lock:
            return [f.describe() for f in self._faults]

    def choose(self, record):
        """The faults that hit this request: all that change, and the first that replaces."""
        chosen, has_replacing = [], False
        with self._lock:
            for fault in self._faults:
                if fault.kind in REPLACING and has_replacing:
                    continue
                if fault.take(record):
                    chosen.append(fault)
                    has_replacing = has_replacing or fault.kind in REPLACING
        if chosen:
            record["fault"] = "+".join(f.kind for f in chosen)
        return chosen

    @staticmethod
    def replace(effects, call, record):
        """The Response of the replacing fault, or None."""
        fault = next((f for f in effects if f.kind in REPLACING), None)
        if fault is None:
            return None
        if call is not None and call.operation is None:
            return None
        try:
            return globals()["_" + fault.kind](fault.spec, call, record)
        except ApiError as error:
            record["error"] = error.code if call.protocol == "json" else error.query_code
            return render(error, call.service, call.protocol, call.request_id)

    @staticmethod
    def apply(effects, response, record):
        """Change the answer on its way out."""
        for fault in effects:
            if fault.kind in CHANGING:
                change = globals().get("_" + fault.kind)
                if change is not None:
                    change(fault.spec, response)
                elif fault.kind == "hold":
                    response.plan.released.append(fault.removed)
        return response


def _throttle(spec, call, record):
    headers = {"Retry-After": str(spec["retry_after"])} if "retry_after" in spec else {}
    if call is None:
        status, body, kind = _LIMITED.get(record["service"], (429, "Too Many Requests", "text/plain"))
        headers.setdefault("Retry-After", "1")
        return Response(status, body, kind, headers)
    if spec.get("code"):
        raise ApiError(spec["code"], "Rate exceeded", spec.get("status", 400), headers=headers)
    error = call.service.throttle_error()
    error.headers = headers
    if "status" in spec:
        error.status = error.query_status = spec["status"]
    raise error


def _status(spec, call, record):
    if call is not None and "code" in spec:
        return _error(spec, call, record)
    headers = {"Retry-After": str(spec["retry_after"])} if "retry_after" in spec else {}
    return Response(spec.get("status", 500), spec.get("body", ""), spec.get("content_type", "text/plain"),
                    {**headers, **spec.get("headers", {})})


def _error(spec, call, record):
    if call is None:
        return _status(spec, call, record)
    raise ApiError(spec["code"], spec.get("message", "made so by a fault"), spec.get("status", 400))


def _html(spec, call, record):
    title = spec.get("title", "502 Bad Gateway")
    return Response(spec.get("status", 502), spec.get("body") or _HTML.format(title=title), "text/html")


def _reset(spec, call, record):
    response = Response(200, b"{" + b" " * 64, "application/json")
    response.plan.reset = spec.get("when", "before")
    return response


def _hang(spec, call, record):
    response = Response(200)
    response.plan.hang_s = parse_duration(spec.get("for", 0))
    return response


def _expired_token(spec, call, record):
    if call is None:
        return Response(401)
    raise auth_error(AuthError("expired", "The security token included in the request is expired"))


def _invalid_next_token(spec, call, record):
    code = {"cloudwatch": "InvalidNextToken", "logs": "InvalidParameterException"}.get(call.service.name, "InvalidArgumentException")
    raise ApiError(code, "The provided NextToken is not valid.", 400)


def _access_denied(spec, call, record):
    if call is None or call.identity is None:
        return Response(403)
    raise call.service.access_denied(call.identity, f"{call.service.iam_prefix}:{call.operation}", spec.get("resource"))


def _big_body(spec, call, record):
    version = call.service.model.metadata.get("jsonVersion") if call else None
    kind = f"application/x-amz-json-{version}" if version and call.protocol == "json" else "text/xml"
    response = Response(spec.get("status", 200), spec.get("body", "{" if kind != "text/xml" else "<a>"), kind)
    response.plan.stream_bytes = int(spec.get("megabytes", 100)) * 1024 * 1024
    return response


def _empty_body(spec, call, record):
    return Response(spec.get("status", 200), b"", "application/x-amz-json-1.1")


def _slow(spec, response):
    response.plan.delay_s = parse_duration(spec.get("delay", "1s"))


def _trickle(spec, response):
    response.plan.chunk_bytes = int(spec.get("bytes", 1))
    response.plan.chunk_delay_s = parse_duration(spec.get("delay", "100ms"))


def _truncate(spec, response):
    """Promise the whole body, send part of it, close."""
    response.plan.cut_bytes = int(spec.get("bytes", len(response.body) // 2))
    response.plan.close = True


def _bad_json(spec, response):
    """A body that ends early under a right Content-Length."""
    response.body = response.body[: int(spec.get("bytes", max(1, len(response.body) // 2)))]


def _wrong_content_type(spec, response):
    response.content_type = spec.get("content_type", "text/html")


def _skew(spec, response):
    response.date_skew_s = float(spec.get("seconds", 1200))


def _clock_offset(spec, response):
    response.date_skew_s = float(spec.get("seconds", 1200))


def _close(spec, response):
    response.plan.close = True


def _age(spec, response):
    response.headers["Age"] = str(spec.get("seconds", 17280))


def dump(faults):
    return json.dumps([f.describe() for f in faults])
