# SPDX-License-Identifier: Apache-2.0
"""Generators are functions of time: repeatable, aligned, and right where the value can be worked out by hand."""

import random
import subprocess
import sys

import pytest
from simulator import generators as g
from simulator import noise
from simulator.clock import parse_duration, parse_rfc3339, resolve_time
from simulator.series import Series, build_series, is_statistic, statistic

BASE = 1767323045.0     # 2026-01-02T03:04:05Z
MINUTE = 1767323040     # the minute it lies in


def build(spec, seed=1):
    return g.Builder(BASE, seed).build(spec)


def test_time__relative_absolute_and_epoch():
    assert resolve_time("-48h", BASE) == BASE - 172800
    assert resolve_time("+90s", BASE) == BASE + 90
    assert resolve_time("now", BASE) == BASE
    assert resolve_time("2026-01-02T03:04:05Z", 0) == BASE
    assert resolve_time("2026-01-02T05:04:05.250+02:00", 0) == BASE + 0.25
    assert resolve_time(17, BASE) == 17.0


@pytest.mark.parametrize("text", ["2026-02-30T00:00:00Z", "2026-01-02T24:00:00Z", "2026-01-02", "yesterday", ""])
def test_time__nonsense__value_error(text):
    with pytest.raises(ValueError):
        parse_rfc3339(text)


def test_duration__units():
    assert [parse_duration(d) for d in (90, "40s", "5m", "2h", "14d", "250ms")] == [90, 40, 300, 7200, 1209600, 0.25]


def test_events__every_40_seconds__counted_by_hand():
    events = g.Events({"every": "40s", "from": "-2m"}, BASE)
    start = BASE - 120
    assert [events.total(start + s) for s in (-1, 0, 39.9, 40, 79, 80, 120)] == [0, 1, 1, 2, 2, 3, 4]
    assert events.last(start + 85) == start + 80
    assert events.last(start - 1) is None
    assert events.between(start + 1, start + 81) == [start + 40, start + 80]


def test_events__until_and_weight():
    events = g.Events([{"every": "60s", "from": 1000, "until": 1180, "by": 2}, {"at": [1050]}], BASE)
    assert events.total(5000) == 4 * 2 + 1
    assert events.last(5000) == 1180
    assert events.between(0, 5000) == [1000, 1050, 1060, 1120, 1180]


def test_events__jitter__count_agrees_with_the_instants():
    events = g.Events({"every": "40s", "from": 1000, "jitter": 0.8}, BASE, seed=5)
    instants = events.between(0, 50000)
    assert len(instants) in (1225, 1226) and instants[0] == 1000     # the last falls on either side of 50000
    assert any(abs(t - 1000 - 40 * i) > 5 for i, t in enumerate(instants))
    for at in range(900, 49000, 7):
        assert events.total(at) == sum(1 for t in instants if t <= at)


def test_counter__reset__starts_from_zero():
    value = build({"kind": "counter", "initial": 5, "events": {"every": "30s", "from": MINUTE}, "resets": [MINUTE + 150]})
    # at the end of each minute: 00:30 steps since MINUTE, reset at +150
    assert [value(MINUTE + 60 * i) for i in range(-1, 4)] == [5 + 1, 5 + 3, 5 + 5, 1, 3]


def test_uptime__restarts__sampled_at_the_minutes_end():
    value = build({"kind": "uptime", "from": MINUTE, "restarts": [MINUTE + 90], "down": "10s"})
    assert [value(MINUTE + 60 * i) for i in range(4)] == [60000.0, 20000.0, 80000.0, 140000.0]
    assert value(MINUTE - 60) is None


def test_downtime__only_while_down():
    value = build({"kind": "downtime", "restarts": [MINUTE + 55], "down": "10s"})
    assert [value(MINUTE + 60 * i) for i in (-1, 0, 1)] == [0.0, 5000.0, 0.0]


def test_linear_and_exponential__ends_and_middle():
    line = build({"kind": "linear", "from": MINUTE, "to": MINUTE + 600, "start": 10, "end": 40})
    assert [line(MINUTE + s) for s in (-60, 0, 300, 600, 900)] == [10, 10, 25, 40, 40]
    curve = build({"kind": "exponential", "from": MINUTE, "to": MINUTE + 600, "start": 1, "end": 100})
    assert curve(MINUTE + 300) == pytest.approx(10)


def test_daily__peak_at_its_hour():
    wave = build({"kind": "daily", "mean": 100, "amplitude": 20, "peak": "14:00"})
    midnight = MINUTE // 86400 * 86400
    assert wave(midnight + 14 * 3600) == pytest.approx(120)
    assert wave(midnight + 2 * 3600) == pytest.approx(80)
    assert wave(midnight + 8 * 3600) == pytest.approx(100)


def test_points_and_pieces():
    rows = build({"kind": "points", "points": [["-5m", 1], ["-3m", 2]]})
    first = (int(BASE) - 300) // 60 * 60
    assert [rows(first + 60 * i) for i in range(4)] == [1, None, 2, None]
    held = build({"kind": "points", "points": [["-5m", 1], ["-3m", 2]], "hold": True})
    assert [held(first + 60 * i) for i in range(-1, 4)] == [None, 1, 1, 2, 2]
    parts = build({"kind": "pieces", "pieces": [{"until": MINUTE, "value": 1}, {"until": MINUTE + 60, "value": None}, {"value": 3}]})
    assert [parts(MINUTE + 60 * i) for i in (-1, 0, 1)] == [1, None, 3]


def test_combinators():
    spec = {"kind": "clamp", "max": 50, "of": {"kind": "add", "of": [10, {"kind": "scale", "by": 3, "of": 20}]}}
    assert build(spec)(MINUTE) == 50
    assert build({"kind": "round", "of": 2.6})(MINUTE) == 3.0
    assert build({"kind": "add", "of": [1, None]})(MINUTE) is None


def test_unknown_kind__value_error():
    with pytest.raises(ValueError):
        build({"kind": "magic"})


def test_checkpoints__regular__one_each_interval():
    span = 10800 * 163641
    plan = g.Checkpoints(g.constant(7000.0), 60000, 5000)
    assert plan.last(span + 600) == (span + 540, span + 547)
    assert plan.last(span + 606.9) == (span + 540, span + 547)
    assert plan.last(span + 607) == (span + 600, span + 607)
    # across the place where the schedule begins anew
    assert plan.last(span + 3) == (span - 60, span - 53)
    assert [done for _, done in plan.between(span, span + 180)] == [span + 7, span + 67, span + 127]


def test_checkpoints__longer_than_the_interval__back_to_back_with_the_pause():
    span = 10800 * 163641
    plan = g.Checkpoints(g.constant(70000.0), 60000, 5000)
    assert [start - span for start, _ in plan.between(span + 1, span + 230) if start >= span] == [0, 75, 150]


def test_checkpoints__paused__gauge_stays_at_the_last_good_one():
    span = 10800 * 163641
    plan = g.Checkpoints(lambda t: 1000.0 + (t - span), 60000, 5000, paused=lambda t: t >= span + 300)
    assert plan.last(span + 299)[0] == span + 240
    assert plan.last(span + 86400)[0] == span + 240


def test_checkpoints__asked_in_any_order__same_answer():
    duration = g.noisy(g.constant(50000.0), 0.5, seed=3)
    times = [BASE - 3600 * 24 * 3 + 611 * i for i in range(200)]
    forward = g.Checkpoints(duration, 60000, 5000)
    expected = {t: forward.last(t) for t in times}
    shuffled = list(times)
    random.Random(1).shuffle(shuffled)
    other = g.Checkpoints(duration, 60000, 5000)
    assert {t: other.last(t) for t in shuffled} == expected


def test_noise__bounds_and_spread():
    values = [noise.unit(9, i) for i in range(5000)]
    assert 0 <= min(values) < 0.01 and 0.99 < max(values) < 1
    assert abs(sum(values) / 5000 - 0.5) < 0.02
    assert all(-1 < noise.signed(9, i) < 1 for i in range(5000))


def test_noise__same_in_another_process():
    code = "from simulator import noise; print(noise.mix(3, 4), noise.seed_of('a', 1), noise.chance(1, 'x'))"
    outputs = {subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": s},
                              capture_output=True, text=True, check=True).stdout for s in ("1", "2")}
    assert outputs == {f"{noise.mix(3, 4)} {noise.seed_of('a', 1)} {noise.chance(1, 'x')}\n"}


def test_statistic__of_a_set():
    values = (40.0, 1.0, 25.0, 4)
    assert [statistic(s, *values) for s in ("Sum", "Average", "Minimum", "Maximum", "SampleCount", "p50")] == [40, 10, 1, 25, 4, 13]
    assert all(is_statistic(s) for s in ("p99", "p99.9", "TM(10%:90%)", "IQM"))
    assert not any(is_statistic(s) for s in ("Max", "p", "avg", ""))


def test_series__samples_and_spread__sum_of_four():
    series = Series("n", "m", {}, g.constant(10.0), samples=4, spread=0.2)
    now = MINUTE + 3600
    read = {s: series.points(MINUTE, MINUTE + 60, 60, s, now) for s in ("Sum", "Average", "Minimum", "Maximum", "SampleCount")}
    assert read == {"Sum": [(MINUTE, 40)], "Average": [(MINUTE, 10)], "Minimum": [(MINUTE, 8)], "Maximum": [(MINUTE, 12)],
                    "SampleCount": [(MINUTE, 4)]}


def test_series__five_minutes__aggregate_of_its_minutes():
    start = MINUTE // 300 * 300
    series = Series("n", "m", {}, lambda t: float((t - start) // 60), gaps=[(start + 60, start + 120)])
    now = start + 3600
    assert series.points(start, start + 300, 300, "Maximum", now) == [(start, 4)]
    assert series.points(start, start + 300, 300, "Sum", now) == [(start, 0 + 2 + 3 + 4)]
    assert series.points(start, start + 300, 300, "SampleCount", now) == [(start, 4)]
    assert [t for t, _ in series.points(start, start + 300, 60, "Sum", now)] == [start, start + 120, start + 180, start + 240]


def test_series__late__appears_after_its_delay():
    series = Series("n", "m", {}, g.constant(1.0), late_s=120)
    for now, wanted in ((MINUTE + 179, []), (MINUTE + 180, [(MINUTE, 1.0)])):
        assert series.points(MINUTE, MINUTE + 60, 60, "Average", now) == wanted


def test_series__unfinished_minute__not_there():
    series = Series("n", "m", {}, g.constant(1.0))
    assert series.points(MINUTE, MINUTE + 120, 60, "Average", MINUTE + 61) == [(MINUTE, 1.0)]


def test_series__revised__served_low_first():
    series = Series("n", "m", {}, g.constant(8.0), revise={"for_s": 120, "factor": 0.5})
    assert series.points(MINUTE, MINUTE + 60, 60, "Maximum", MINUTE + 100) == [(MINUTE, 4)]
    assert series.points(MINUTE, MINUTE + 60, 60, "Maximum", MINUTE + 180) == [(MINUTE, 8)]


def test_series__life_span_and_hourly():
    series = build_series({"metric": "KPUs", "value": 5, "every": "1h", "from": "-3h"}, BASE, 1)
    times = [t for t, _ in series.points(MINUTE - 86400, MINUTE, 60, "Maximum", BASE)]
    assert times == [1767312000 + 3600 * i for i in range(1, 4)]     # 01:00, 02:00, 03:00 of that day


def test_series__any_order_and_window__same_points():
    spec = {"metric": "x", "value": {"kind": "noise", "relative": 0.3, "of": {"kind": "daily", "mean": 10, "amplitude": 3}}}
    whole = build_series(spec, BASE, 1).points(MINUTE - 7200, MINUTE, 60, "Average", BASE)
    again = build_series(spec, BASE, 1)
    parts = [again.points(MINUTE - 7200 + 600 * i, MINUTE - 6600 + 600 * i, 60, "Average", BASE) for i in reversed(range(12))]
    assert sum(reversed(parts), []) == whole and len(whole) == 120
    assert build_series(spec, BASE, 2).points(MINUTE - 7200, MINUTE, 60, "Average", BASE) != whole
