# SPDX-License-Identifier: Apache-2.0
"""Values as pure functions of time, built from JSON.

A generator is called with the start of a minute (epoch seconds) and answers None (no data), a number
(every sample of that minute) or a tuple (sum, minimum, maximum, count). Nothing is remembered between
calls but caches, so any (metric, statistic, period, time) can be asked for in any order.
"""

import bisect
import math

from .clock import DAY_S, parse_duration, resolve_time
from .noise import seed_of, signed, unit


class Events:
    """Instants in time, counted arithmetically: a regular train or a list, or several of these."""

    def __init__(self, spec, base_s, seed=0):
        self._parts = []
        for part in spec if isinstance(spec, list) else [spec]:
            if not isinstance(part, dict):
                part = {"at": [part]}
            if "at" in part:
                times = sorted(resolve_time(t, base_s) for t in part["at"])
                self._parts.append((None, times, float(part.get("by", 1))))
            else:
                start = resolve_time(part["from"], base_s)
                until = resolve_time(part.get("until"), base_s)
                self._parts.append(((parse_duration(part["every"]), start, until, float(part.get("jitter", 0)),
                                     part.get("seed", seed)), None, float(part.get("by", 1))))

    @classmethod
    def join(cls, *several):
        """All events of several; None counts as none."""
        joined = cls([], 0)
        for events in several:
            joined._parts += events._parts if events is not None else []
        return joined

    @staticmethod
    def _train_time(train, k):
        every, start, _, jitter, seed = train
        return start + k * every + (every * jitter * (unit(seed, k) - 0.5) if k else 0.0)

    def _train_count(self, train, at_s):
        """Events of a regular train at or before at_s."""
        every, start, until, jitter, _ = train
        if until is not None:
            at_s = min(at_s, until)
        if at_s < start:
            return 0
        k = int((at_s - start) // every)
        if not jitter:
            return k + 1
        for candidate in (k + 1, k, k - 1):
            if candidate >= 0 and self._train_time(train, candidate) <= at_s:
                return candidate + 1
        return 0

    def total(self, at_s):
        """The weighted number of events at or before at_s."""
        total = 0.0
        for train, times, by in self._parts:
            count = self._train_count(train, at_s) if train else bisect.bisect_right(times, at_s)
            total += count * by
        return total

    def last(self, at_s):
        """The newest event at or before at_s, or None."""
        found = None
        for train, times, _ in self._parts:
            if train:
                count = self._train_count(train, at_s)
                at = self._train_time(train, count - 1) if count else None
            else:
                count = bisect.bisect_right(times, at_s)
                at = times[count - 1] if count else None
            if at is not None and (found is None or at > found):
                found = at
        return found

    def between(self, from_s, to_s):
        """Sorted instants with from_s <= t < to_s."""
        found = []
        for train, times, _ in self._parts:
            if train is None:
                found += [t for t in times if from_s <= t < to_s]
                continue
            k = max(0, int((from_s - train[1]) // train[0]) - 1)
            end = to_s if train[2] is None else min(to_s, train[2] + 1e-9)
            while True:
                at = self._train_time(train, k)
                if at >= end:
                    break
                if at >= from_s:
                    found.append(at)
                k += 1
        return sorted(found)


class Checkpoints:
    """When checkpoints start and complete: start(i+1) = max(start + interval, completion + pause).

    The schedule begins anew every three hours of UTC, so any time can be asked for without those
    before it.
    """

    SPAN_S = 10800

    def __init__(self, duration_ms, interval_ms, min_pause_ms, from_s=None, until_s=None, paused=None):
        self._duration_ms = duration_ms
        self._interval_s = interval_ms / 1000
        self._pause_s = min_pause_ms / 1000
        self._from_s = from_s
        self._until_s = until_s
        self._paused = paused           # function(t) -> True when none completes
        self._spans = {}

    def _span(self, index):
        """(completions, starts) of the checkpoints started in one span, both ascending."""
        if index in self._spans:
            return self._spans[index]
        completions, starts = [], []
        at = max(index * self.SPAN_S, self._from_s or 0)
        end = (index + 1) * self.SPAN_S
        while at < end and (self._until_s is None or at < self._until_s):
            done = at + max(0.001, (self._duration_ms(at) or 1.0) / 1000)
            is_lost = self._paused is not None and (self._paused(at) or self._paused(done))
            if not is_lost and (self._until_s is None or done < self._until_s):
                completions.append(done)
                starts.append(at)
            at = max(at + self._interval_s, done + self._pause_s)
        if len(self._spans) > 8000:
            self._spans.clear()
        self._spans[index] = (completions, starts)
        return self._spans[index]

    def last(self, at_s, reach_s=30 * DAY_S):
        """(start, completion) of the newest checkpoint completed at or before at_s, or None."""
        newest = at_s if self._until_s is None else min(at_s, self._until_s)
        oldest = at_s - reach_s if self._from_s is None else max(at_s - reach_s, self._from_s)
        best, index = None, int(newest // self.SPAN_S)
        while (index + 1) * self.SPAN_S > oldest:
            completions, starts = self._span(index)
            i = bisect.bisect_right(completions, at_s)
            if i and (best is None or completions[i - 1] > best[1]):
                best = (starts[i - 1], completions[i - 1])
            elif best:
                break
            index -= 1
        return best

    def between(self, from_s, to_s):
        """(start, completion) of those completed in [from_s, to_s)."""
        found = []
        for index in range(int(from_s // self.SPAN_S) - 1, int(to_s // self.SPAN_S) + 1):
            completions, starts = self._span(index)
            low, high = bisect.bisect_left(completions, from_s), bisect.bisect_left(completions, to_s)
            found += list(zip(starts[low:high], completions[low:high]))
        return sorted(found)


def constant(value):
    return lambda t: value


def ramp(start, end, from_s, to_s, exponential=False):
    """From start to end between two instants, flat outside."""
    def value(t):
        share = min(1.0, max(0.0, (t - from_s) / (to_s - from_s)))
        if exponential:
            return start * math.exp(math.log(end / start) * share)
        return start + (end - start) * share
    return value


def daily(mean, amplitude, peak_s=14 * 3600, noise=0.0, seed=0):
    """A sine with its peak at a time of the UTC day."""
    def value(t):
        wave = math.cos((t - peak_s) % DAY_S / DAY_S * 2 * math.pi)
        return (mean + amplitude * wave) * (1 + noise * signed(seed, int(t // 60)))
    return value


def noisy(of, relative=0.0, absolute=0.0, seed=0):
    def value(t):
        inner = of(t)
        if inner is None:
            return None
        return inner * (1 + relative * signed(seed, int(t // 60))) + absolute * signed(seed + 1, int(t // 60))
    return value


def counter(events, initial=0.0, resets=None):
    """A cumulative counter as it stands at the end of the minute; a reset starts it from 0."""
    def value(t):
        end = t + 60
        reset = resets.last(end) if resets else None
        if reset is None:
            return initial + events.total(end)
        return events.total(end) - events.total(reset)
    return value


def uptime(restarts, from_s, down_s=10.0, until_s=None):
    """Milliseconds since the job last began to run, sampled at the end of the minute; 0 while it is down."""
    def value(t):
        end = t + 60
        if end <= from_s or (until_s is not None and t >= until_s):
            return None
        restart = restarts.last(end) if restarts else None
        since = from_s if restart is None or restart < from_s else restart + down_s
        return max(0.0, (end - since) * 1000)
    return value


def downtime(restarts, down_s):
    """Milliseconds since the failure while the job is down, sampled at the end of the minute; else 0."""
    def value(t):
        restart = restarts.last(t + 60)
        gone_s = t + 60 - restart if restart is not None else down_s
        return gone_s * 1000 if gone_s < down_s else 0.0
    return value


def sawtooth(low, high, every_s, seed=0):
    """Rises from low to high, then drops: a heap between collections."""
    def value(t):
        return low + (high - low) * (((t + seed % 997) % every_s) / every_s)
    return value


def points(rows, hold=False):
    """Explicit [time, value] rows by minute; `hold` repeats each until the next."""
    rows = sorted((math.floor(t / 60) * 60, v) for t, v in rows)
    times = [t for t, _ in rows]

    def value(t):
        i = bisect.bisect_right(times, t) - 1
        if i < 0 or (times[i] != t and not hold):
            return None
        return rows[i][1]
    return value


def pieces(parts):
    """[(until_s or None, generator)]: the first whose end is not reached."""
    def value(t):
        for until_s, of in parts:
            if until_s is None or t < until_s:
                return of(t)
        return None
    return value


def combine(parts, join):
    def value(t):
        values = [part(t) for part in parts]
        return None if None in values else join(values)
    return value


class Builder:
    """Scenario JSON to generators; `base_s` is what relative times count from."""

    def __init__(self, base_s, seed=0):
        self.base_s = base_s
        self.seed = seed

    def time(self, value, default=None):
        return resolve_time(default if value is None else value, self.base_s)

    def build(self, spec):
        if spec is None:
            return constant(None)
        if isinstance(spec, (int, float)):
            return constant(float(spec))
        kind = spec.get("kind")
        method = getattr(self, "_" + str(kind), None)
        if method is None:
            raise ValueError(f"unknown generator kind {kind!r}")
        return method(spec)

    def events(self, spec):
        return Events(spec, self.base_s, self.seed)

    def _noise_seed(self, spec):
        return seed_of(self.seed, spec.get("seed", 0))

    def _constant(self, spec):
        return constant(spec["value"])

    def _linear(self, spec, exponential=False):
        return ramp(spec["start"], spec["end"], self.time(spec["from"]), self.time(spec["to"], "now"), exponential)

    def _exponential(self, spec):
        return self._linear(spec, True)

    def _daily(self, spec):
        hour, _, minute = spec.get("peak", "14:00").partition(":")
        return daily(spec["mean"], spec["amplitude"], int(hour) * 3600 + int(minute or 0) * 60,
                     spec.get("noise", 0.0), self._noise_seed(spec))

    def _noise(self, spec):
        return noisy(self.build(spec["of"]), spec.get("relative", 0.0), spec.get("absolute", 0.0), self._noise_seed(spec))

    def _counter(self, spec):
        resets = self.events(spec["resets"]) if spec.get("resets") else None
        return counter(self.events(spec.get("events", [])), spec.get("initial", 0.0), resets)

    def _uptime(self, spec):
        restarts = self.events(spec["restarts"]) if spec.get("restarts") else None
        until = self.time(spec["until"]) if spec.get("until") else None
        return uptime(restarts, self.time(spec["from"]), parse_duration(spec.get("down", "10s")), until)

    def _checkpoints(self, spec):
        duration = self.build(spec["duration_ms"])
        until = self.time(spec["until"]) if spec.get("until") else None
        plan = Checkpoints(duration, spec.get("interval_ms", 60000), spec.get("min_pause_ms", 5000),
                           self.time(spec["from"]) if spec.get("from") else None, until)
        of = self.build(spec["of"]) if "of" in spec else duration

        def value(t):
            last = plan.last(t + 60)
            return None if last is None else of(last[0])
        return value

    def _downtime(self, spec):
        return downtime(self.events(spec["restarts"]), parse_duration(spec.get("down", "10s")))

    def _sawtooth(self, spec):
        return sawtooth(spec["low"], spec["high"], parse_duration(spec["every"]), self.seed)

    def _points(self, spec):
        return points([(self.time(t), v) for t, v in spec["points"]], spec.get("hold", False))

    def _pieces(self, spec):
        return pieces([(self.time(p["until"]) if p.get("until") is not None else None, self.build(p.get("value")))
                       for p in spec["pieces"]])

    def _add(self, spec):
        return combine([self.build(p) for p in spec["of"]], sum)

    def _scale(self, spec):
        return combine([self.build(spec["of"])], lambda v: v[0] * spec["by"])

    def _clamp(self, spec):
        low, high = spec.get("min", -math.inf), spec.get("max", math.inf)
        return combine([self.build(spec["of"])], lambda v: min(high, max(low, v[0])))

    def _round(self, spec):
        return combine([self.build(spec["of"])], lambda v: float(round(v[0])))
