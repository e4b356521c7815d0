# SPDX-License-Identifier: Apache-2.0
"""The simulator's clock: now = base + (real - start) * rate + what was added since."""

import calendar
import re
import threading
import time

DAY_S = 86400
_RELATIVE = re.compile(r"^([+-])(\d+(?:\.\d+)?)(ms|s|m|h|d)?$")
_DURATION = re.compile(r"^(\d+(?:\.\d+)?)(ms|s|m|h|d)$")
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": DAY_S, None: 1}
_RFC3339 = re.compile(
    r"^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(\.\d+)?(Z|z|[+-]\d\d:?\d\d)$"
)


def parse_rfc3339(text):
    """Epoch seconds of an RFC 3339 instant; ValueError otherwise."""
    match = _RFC3339.match(text)
    if not match:
        raise ValueError(f"not an RFC 3339 time: {text!r}")
    year, month, day, hour, minute, second = (int(match[i]) for i in range(1, 7))
    at = calendar.timegm((year, month, day, hour, minute, second, 0, 0, 0))
    if time.gmtime(at)[:3] != (year, month, day) or hour > 23 or minute > 59:
        raise ValueError(f"no such time: {text!r}")
    if match[7]:
        at += float(match[7])
    zone = match[8]
    if zone not in ("Z", "z"):
        shift = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
        at += -shift if zone[0] == "+" else shift
    return at


def format_rfc3339(at_s):
    whole = int(at_s // 1)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
    millis = round((at_s - whole) * 1000)
    return f"{text}.{millis:03d}Z" if 0 < millis < 1000 else text + "Z"


def format_amz(at_s):
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at_s))


def parse_duration(value):
    """Seconds of `90`, `"40s"`, `"5m"`, `"2h"`, `"14d"`."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    match = _DURATION.match(value) if isinstance(value, str) else None
    if not match:
        raise ValueError(f"not a duration: {value!r}")
    return float(match[1]) * _UNITS[match[2]]


def resolve_time(value, base_s):
    """Epoch seconds of a scenario time: `"-48h"` from base, RFC 3339, or epoch seconds."""
    if value is None:
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if value == "now":
        return base_s
    match = _RELATIVE.match(value)
    if match:
        delta = float(match[2]) * _UNITS[match[3]]
        return base_s + (delta if match[1] == "+" else -delta)
    return parse_rfc3339(value)


class Clock:
    """Virtual time. `now_s` drives the data; `wall_s` is what the services think it is."""

    def __init__(self, base_s=None, rate=1.0, follow_real=False):
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._base_s = time.time() if base_s is None else base_s
        self._rate = rate
        self._follow_real = follow_real
        self.offset_s = 0.0
        self.start_s = self._base_s

    def now_s(self):
        with self._lock:
            return self._base_s + (time.monotonic() - self._started) * self._rate

    def wall_s(self, extra_s=0.0):
        """The time that signatures are judged by and that Date headers carry."""
        base = time.time() if self._follow_real else self.now_s()
        return base + self.offset_s + extra_s

    def set(self, now_s=None, advance_s=None, rate=None, offset_s=None):
        current = self.now_s()
        with self._lock:
            target = current if now_s is None else now_s
            self._base_s = target + (advance_s or 0.0)
            self._started = time.monotonic()
            if rate is not None:
                self._rate = rate
        if offset_s is not None:
            self.offset_s = offset_s

    def describe(self):
        now_s = self.now_s()
        return {
            "now": now_s,
            "now_text": format_rfc3339(now_s),
            "start_s": self.start_s,
            "wall_s": self.wall_s(),
            "offset_s": self.offset_s,
            "rate": self._rate,
        }
