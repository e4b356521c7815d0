# SPDX-License-Identifier: Apache-2.0
"""What happened: requests, deliveries, violations and counters, with a way to wait for more."""

import threading
import time
import zlib
from collections import Counter, deque

KEEP_REQUESTS = 20000
KINDS = ("requests", "deliveries", "violations")


def matches(record, filters):
    """Whether a record has these values; `since` is a sequence number (exclusive)."""
    for key, wanted in filters.items():
        if key == "since":
            if record["seq"] <= int(wanted):
                return False
        elif key == "application":
            if wanted not in record.get("applications", ()):
                return False
        elif str(record.get(key)) != str(wanted):
            return False
    return True


class RequestRecord(dict):
    """A dict whose body is kept packed and parsed only when somebody looks."""

    __slots__ = ("packed", "parse")

    def unpacked(self):
        shown = dict(self)
        body = zlib.decompress(self.packed) if self.packed else b""
        shown["body"] = body.decode("utf-8", "replace")
        shown["parameters"] = self.parse(body) if self.parse else None
        return shown


class Records:
    def __init__(self, clock):
        self._clock = clock
        self._changed = threading.Condition()
        self._seq = 0
        self._version = 0           # counts changes of any kind, for wait_change
        self._lists = {"requests": deque(maxlen=KEEP_REQUESTS), "deliveries": [], "violations": []}
        self.counters = Counter()
        self.in_flight = 0
        self.open_connections = 0

    def reset(self):
        with self._changed:
            for items in self._lists.values():
                items.clear()
            self.counters.clear()
            self._tell()

    def _next(self, kind, record):
        self._seq += 1
        record["seq"] = self._seq
        self._lists[kind].append(record)
        self.counters[kind] += 1
        self._tell()
        return record

    def _tell(self):
        self._version += 1
        self._changed.notify_all()

    def begin(self, request, fields):
        """A request has arrived; `finish` says how it ended."""
        record = RequestRecord(
            at=self._clock.now_s(),
            real_at=request.arrived_s,
            method=request.method,
            path=request.path,
            query=request.query,
            scheme=request.scheme,
            connection=request.connection_id,
            peer=request.peer,
            headers=request.headers,
            body_bytes=len(request.body),
            status=None,
            error=None,
            fault=None,
            duration_s=None,
            pending=1,
        )
        record.update(fields)
        record.packed = zlib.compress(request.body, 1) if request.body else b""
        record.parse = None
        with self._changed:
            self.in_flight += 1
            record["in_flight"] = self.in_flight
            self.counters["in_flight_max"] = max(self.counters["in_flight_max"], self.in_flight)
            return self._next("requests", record)

    def release(self, record):
        """The answer has left completely, or never will."""
        with self._changed:
            self.in_flight -= 1
            record["pending"] = 0
            self._tell()

    def finish(self, record, **fields):
        """The answer is decided; the client has not seen it yet, so nobody finds this too late."""
        with self._changed:
            record.update(fields)
            record["duration_s"] = time.time() - record["real_at"]
            self.counters[f"operation:{record['service']}:{record['operation']}"] += 1
            self._tell()

    def deliver(self, service, request_seq, **fields):
        with self._changed:
            return self._next("deliveries", dict(
                kind=service, service=service, request=request_seq, at=self._clock.now_s(), **fields))

    def violate(self, kind, text, record=None):
        """The client did what no correct client does."""
        with self._changed:
            self._next("violations", {
                "kind": kind,
                "text": text,
                "at": self._clock.now_s(),
                "request": record["seq"] if record else None,
                "service": record["service"] if record else None,
                "operation": record["operation"] if record else None,
            })

    def connection(self, change):
        with self._changed:
            self.open_connections += change
            if change > 0:
                self.counters["connections"] += 1
                self.counters["connections_open_max"] = max(self.counters["connections_open_max"], self.open_connections)
            self._tell()

    def listing(self, kind, filters=None, limit=None):
        with self._changed:
            found = [r for r in self._lists[kind] if matches(r, filters or {})]
        if limit:
            found = found[-limit:]
        return [r.unpacked() if isinstance(r, RequestRecord) else r for r in found]

    def summary(self):
        with self._changed:
            return {
                "seq": self._seq,
                "version": self._version,
                "in_flight": self.in_flight,
                "open_connections": self.open_connections,
                **{kind: len(items) for kind, items in self._lists.items()},
                "counters": dict(self.counters),
            }

    def wait(self, kind, count, filters, timeout_s):
        """Block until `count` records of that kind match; the number that do in the end. Requests count
        from when their answer is decided."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while True:
                found = sum(1 for r in self._lists[kind]
                            if matches(r, filters) and (kind != "requests" or r["status"] is not None))
                left = deadline - time.monotonic()
                if found >= count or left <= 0:
                    return found
                self._changed.wait(left)

    def wait_change(self, version, timeout_s):
        """Block until anything has changed since `version`; the present one."""
        with self._changed:
            if self._version <= version:
                self._changed.wait(timeout_s)
            return self._version
