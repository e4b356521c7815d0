# SPDX-License-Identifier: Apache-2.0
"""The stored metrics: which series exist and what CloudWatch answers about them."""

import re

from .clock import DAY_S, parse_duration, resolve_time
from .generators import Builder
from .noise import seed_of

_PERCENTILE = re.compile(r"^(?:p|tm|wm)(\d{1,2}(?:\.\d+)?|100)$")
_RANGE = re.compile(r"^(TM|WM|TC|TS|PR)\(.*\)$")
STATISTICS = ("Average", "Sum", "Minimum", "Maximum", "SampleCount", "IQM")
_CACHE_POINTS = 128


def is_statistic(stat):
    return stat in STATISTICS or bool(_PERCENTILE.match(stat) or _RANGE.match(stat))


def statistic(stat, total, low, high, count):
    """One number out of a statistic set. Percentiles are read off the line from low to high."""
    if stat == "Maximum":
        return high
    if stat == "Average" or stat == "IQM":
        return total / count
    if stat == "Sum":
        return total
    if stat == "Minimum":
        return low
    if stat == "SampleCount":
        return float(count)
    match = _PERCENTILE.match(stat)
    return low + (high - low) * float(match[1]) / 100 if match else total / count


class Series:
    """One metric with its dimensions.

    samples: samples a minute. spread: they lie within value * (1 +- spread). every_s: one point per
    that span (KPUs: an hour). late_s: seconds after its minute until a point is there. revise: until
    `for_s` after its minute a point is served as value * factor, then as value.
    """

    def __init__(self, namespace, name, dimensions, of, unit="None", samples=1, spread=0.0, every_s=60,
                 late_s=0.0, revise=None, gaps=(), from_s=None, until_s=None):
        self.namespace = namespace
        self.name = name
        self.dimensions = tuple(sorted(dimensions.items()))
        self.of = of
        self.unit = unit
        self.samples = samples
        self.spread = spread
        self.every_s = every_s
        self.late_s = late_s
        self.revise = revise
        self.gaps = list(gaps)
        self.from_s = from_s
        self.until_s = until_s
        self._cache = {}

    @property
    def key(self):
        return (self.namespace, self.name, self.dimensions)

    def _minute(self, t):
        """The statistic set of the minute at t, however new it is; the last few are remembered."""
        if t in self._cache:
            return self._cache[t]
        found = self._compute(t)
        if len(self._cache) >= _CACHE_POINTS:
            self._cache.clear()
        self._cache[t] = found
        return found

    def _compute(self, t):
        if t % self.every_s or (self.from_s is not None and t < self.from_s):
            return None
        if self.until_s is not None and t >= self.until_s:
            return None
        if self.gaps and any(start <= t < end for start, end in self.gaps):
            return None
        value = self.of(t)
        if value is None or isinstance(value, tuple):
            return value
        if self.samples == 1:
            value = float(value)
            return (value, value, value, 1)
        swing = abs(value) * self.spread
        high = value + swing
        if self.unit == "Percent" and high > 100.0:
            high = max(100.0, value)
        return (value * self.samples, value - swing, high, self.samples)

    def visible(self, t, now_s):
        """The statistic set as it is served at now_s."""
        age_s = now_s - (t + 60)
        if age_s < self.late_s:
            return None
        found = self._minute(t)
        if found and self.revise and age_s < self.revise["for_s"]:
            factor = self.revise["factor"]
            return (found[0] * factor, found[1] * factor, found[2] * factor, found[3])
        return found

    def points(self, start_s, end_s, period_s, stat, now_s):
        """[(period start, value)] ascending, for periods that begin in [start_s, end_s)."""
        # Old minutes of long reads go past the cache: they are many and seldom asked for again.
        settled_s = now_s - 60 - max(self.late_s, self.revise["for_s"] if self.revise else 0)
        is_long = end_s - start_s > _CACHE_POINTS * 60

        def read(t):
            return self._compute(t) if is_long and t <= settled_s else self.visible(t, now_s)

        result = []
        if period_s == 60:
            for t in range(start_s, end_s, 60):
                found = read(t)
                if found:
                    result.append((t, statistic(stat, *found)))
            return result
        for begin in range(start_s, end_s, period_s):
            minutes = [found for found in map(read, range(begin - begin % 60, begin + period_s, 60)) if found]
            if minutes:
                totals, lows, highs, counts = zip(*minutes)
                result.append((begin, statistic(stat, sum(totals), min(lows), max(highs), sum(counts))))
        return result

    def active_between(self, from_s, to_s, now_s):
        """Whether there is a point in that span (searched from its end)."""
        step = max(60, self.every_s)
        t = int(to_s // step) * step
        while t >= from_s:
            if self.visible(t, now_s):
                return True
            t -= step
        return False


class SeriesStore:
    """All series of one account and region."""

    def __init__(self):
        self._series = {}
        self._recent = {}

    def put(self, series):
        self._series[series.key] = series
        self._recent.clear()

    def drop(self, test):
        """Forget the series for which test(series) holds."""
        self._series = {s.key: s for s in list(self._series.values()) if not test(s)}
        self._recent.clear()

    def get(self, namespace, name, dimensions):
        return self._series.get((namespace, name, tuple(sorted(dimensions))))

    def list(self):
        return sorted(list(self._series.values()), key=lambda s: s.key)

    def has_recent(self, series, span_s, now_s):
        """`active_between` remembered for the hour."""
        key = (series.key, span_s, int(now_s // 300))
        if key not in self._recent:
            if len(self._recent) > 20000:
                self._recent.clear()
            self._recent[key] = series.active_between(now_s - span_s, now_s, now_s)
        return self._recent[key]


def build_series(spec, base_s, seed):
    """A Series from a scenario's `series` entry."""
    dimensions = spec.get("dimensions", {})
    builder = Builder(base_s, seed_of(seed, spec["metric"], sorted(dimensions.items())))
    revise = spec.get("revise")
    return Series(
        spec.get("namespace", "AWS/KinesisAnalytics"), spec["metric"], dimensions, builder.build(spec["value"]),
        unit=spec.get("unit", "None"),
        samples=spec.get("samples", 1),
        spread=spec.get("spread", 0.0),
        every_s=int(parse_duration(spec.get("every", 60))),
        late_s=parse_duration(spec.get("late", 0)),
        revise=revise and {"for_s": parse_duration(revise["for"]), "factor": revise["factor"]},
        gaps=[(resolve_time(a, base_s), resolve_time(b, base_s)) for a, b in spec.get("gaps", [])],
        from_s=resolve_time(spec.get("from"), base_s),
        until_s=resolve_time(spec.get("until"), base_s),
    )


RETENTION = ((60, 15 * DAY_S), (300, 63 * DAY_S), (3600, 455 * DAY_S))
