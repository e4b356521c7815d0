# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with a job: each function bends a healthy Job from `since` on."""

from .clock import parse_duration
from .generators import Events, noisy
from .noise import signed

_DAY_MS = 86400000.0


def _since(job, spec):
    return job.app.time(spec.get("since", "-48h"))


def _rising(job, since_s, start, end, over_s):
    """start at since_s, end over_s later, going on at that slope."""
    return lambda t: start + (end - start) * max(0.0, t - since_s) / over_s


def healthy(job, spec):
    """Restarts may be given one by one: `restarts: ["-5d"]`."""
    if spec.get("restarts"):
        job.restarts = Events(spec["restarts"], job.app.base_s, job.seed)


def stopped(job, spec):
    """Healthy until `since`, then nothing at all."""
    job.stopped_s = _since(job, spec)


def restart_loop(job, spec):
    """The job fails `every` 40 s from `since` until `until` (default: for ever)."""
    since_s, every_s = _since(job, spec), parse_duration(spec.get("every", "40s"))
    until_s = job.app.time(spec.get("until"))
    train = {"every": every_s, "from": since_s, "until": until_s, "jitter": float(spec.get("jitter", 0.2))}
    earlier = spec.get("restarts")
    restarts = Events([train] + (earlier if isinstance(earlier, list) else []), job.app.base_s, job.seed)
    failed = Events({**train, "every": every_s * 3}, job.app.base_s, job.seed + 1)
    job.restarts = Events.join(job.restarts, restarts)
    job.failed_checkpoints = Events.join(job.failed_checkpoints, failed)
    job.down_s = parse_duration(spec.get("down", "10s"))
    end_s = until_s if until_s is not None else float("inf")
    paused = job.checkpoints_pause or (lambda t: False)
    job.checkpoints_pause = lambda t: paused(t) or since_s <= t <= end_s + every_s

    def looping(t):
        return since_s <= t < end_s

    for name in ("numRecordsInPerSecond", "numRecordsOutPerSecond", "numRecordsIn", "numRecordsOut"):
        share = 0.35 if "In" in name else 0.02
        job.bend(name, lambda v, t, share=share: v * share if looping(t) else v, since_s)
    job.bend("millisBehindLatest", lambda v, t: min(_DAY_MS, (t - since_s) * 1000) if looping(t) else v, since_s)
    for name in ("currentInputWatermark", "currentOutputWatermark"):
        job.bend(name, lambda v, t: since_s * 1000.0 - 2000 if looping(t) else v, since_s)
    job.bend("cpuUtilization", lambda v, t: v * 1.25 if looping(t) else v, since_s)
    job.bend("threadsCount", lambda v, t: v + 6 if looping(t) else v, since_s)


def checkpoint_growth(job, spec):
    """Duration goes from ratio_from to ratio_to of the interval between `since` and the start, and on."""
    since_s = _since(job, {"since": "-24h", **spec})
    over_s = max(60.0, job.app.base_s - since_s)
    low, high = float(spec.get("ratio_from", 0.15)), float(spec.get("ratio_to", 0.85))
    ratio = _rising(job, since_s, low, high, over_s)
    seed = job.seed + 30
    cap = float(spec.get("ratio_cap", 3.0))
    job.duration_ms = lambda t: min(cap, ratio(t)) * job.interval_ms * (1 + 0.04 * signed(seed, int(t // 60)))
    size_from = float(spec.get("size_from", 900e6))
    size = _rising(job, since_s, size_from, float(spec.get("size_to", size_from * 5)), over_s)
    if not spec.get("flat_size"):
        job.size_bytes = noisy(size, 0.01, seed=seed + 1)
    job.bend("containerDiskUtilization", lambda v, t: min(78.0, v * size(t) / size_from), since_s)
    job.bend("managedMemoryUtilization", lambda v, t: min(99.0, v + 30 * min(1.0, ratio(t))), since_s)


def checkpoint_failure(job, spec):
    """One more failed checkpoint each interval, none completes."""
    since_s = _since(job, spec)
    job.failed_checkpoints = Events({"every": job.interval_ms / 1000, "from": since_s}, job.app.base_s, job.seed)
    job.checkpoints_pause = lambda t: t >= since_s


def hung_checkpoint(job, spec):
    """A checkpoint that neither completes nor fails for an hour; both gauges stay as they were."""
    since_s = _since(job, {"since": "-40m", **spec})
    job.checkpoints_pause = lambda t: t >= since_s
    job.failed_checkpoints = Events({"every": 3600, "from": since_s + 3600}, job.app.base_s, job.seed)


def source_lag(job, spec):
    since_s = _since(job, {"since": "-2h", **spec})
    slope = float(spec.get("ms_per_minute", 20000.0))
    job.bend("millisBehindLatest", lambda v, t: min(_DAY_MS, v + (t - since_s) / 60 * slope), since_s)
    for name in ("currentInputWatermark", "currentOutputWatermark"):
        job.bend(name, lambda v, t: v - min(_DAY_MS, (t - since_s) / 60 * slope), since_s)


def memory_pressure(job, spec):
    """Heap climbs from 60 % toward 96 %, the old generation is collected more and more."""
    since_s = _since(job, {"since": "-6h", **spec})
    over_s = parse_duration(spec.get("over", "5h"))
    heap = _rising(job, since_s, 60.0, 96.0, over_s)
    job.bend("heapMemoryUtilization", lambda v, t: min(97.0, heap(t) + (v - 50) * 0.05), since_s)
    job.bend("oldGenerationGCTime", lambda v, t: min(27000.0, v * (1 + (t - since_s) / 60)), since_s)
    job.bend("oldGenerationGCCount", lambda v, t: float(int((t - since_s) // 3600) + 1), since_s)
    job.bend("containerMemoryUtilization", lambda v, t: min(97.0, v + (t - since_s) / over_s * 20), since_s)


def gc_pressure(job, spec):
    since_s = _since(job, {"since": "-3h", **spec})
    target = float(spec.get("ms_per_minute", 24000.0))
    job.bend("oldGenerationGCTime", lambda v, t: min(target, v + (t - since_s) / 1800 * target), since_s)
    job.bend("oldGenerationGCCount", lambda v, t: 6.0, since_s)


def cpu_saturation(job, spec):
    since_s = _since(job, {"since": "-2h", **spec})
    level = float(spec.get("level", 94.0))
    for name in ("cpuUtilization", "containerCPUUtilization"):
        job.bend(name, lambda v, t: min(99.0, level + (v - 40) * 0.05), since_s)


def overprovisioned(job, spec):
    since_s = _since(job, {"since": "-14d", **spec})
    for name in ("cpuUtilization", "containerCPUUtilization"):
        job.bend(name, lambda v, t: v * 0.2, since_s)
    job.bend("heapMemoryUtilization", lambda v, t: v * 0.5, since_s)


def throughput_drop(job, spec):
    since_s = _since(job, {"since": "-2h", **spec})
    share = float(spec.get("share", 0.1))
    for name in ("numRecordsInPerSecond", "numRecordsOutPerSecond", "numRecordsIn", "numRecordsOut"):
        job.bend(name, lambda v, t: v * share, since_s)


def watermark_stall(job, spec):
    since_s = _since(job, {"since": "-90m", **spec})
    for name in ("currentInputWatermark", "currentOutputWatermark"):
        job.bend(name, lambda v, t: since_s * 1000.0, since_s)


def stalled(job, spec):
    """Running but dead: nothing comes out, no checkpoint completes, uptime goes on."""
    since_s = _since(job, {"since": "-3h", **spec})
    throughput_drop(job, {"since": since_s, "share": 0.0})
    watermark_stall(job, {"since": since_s})
    job.bend("millisBehindLatest", lambda v, t: min(_DAY_MS, (t - since_s) * 1000), since_s)
    job.checkpoints_pause = lambda t: t >= since_s


def data_skew(job, spec):
    """One subtask of the second task takes most of the records; seen at PARALLELISM level alone."""
    since_s = _since(job, {"since": "-3h", **spec})
    factor, task = float(spec.get("factor", 6.0)), job.app.tasks[min(1, len(job.app.tasks) - 1)]
    name = f"numRecordsInPerSecond@{task}@{int(spec.get('subtask', 1))}"
    if name in job.metrics:
        job.bend(name, lambda v, t: v * factor, since_s)
    for name in ("cpuUtilization", "containerCPUUtilization"):
        job.bend(name, lambda v, t: v * 1.1, since_s)


def backpressure(job, spec):
    """The last task is the bottleneck; shows in task metrics only below APPLICATION level."""
    since_s = _since(job, {"since": "-2h", **spec})
    for name in list(job.metrics):
        is_last = f"@{job.app.tasks[-1]}" in name
        if name.startswith("backPressuredTimeMsPerSecond@") and not is_last:
            job.bend(name, lambda v, t: 720.0 + v, since_s)
        if name.startswith("idleTimeMsPerSecond@"):
            job.bend(name, lambda v, t: 5.0, since_s)
        if name.startswith("busyTimeMsPerSecond@") and is_last:
            job.bend(name, lambda v, t: min(1000.0, 960.0 + v * 0.1), since_s)
    source_lag(job, {"since": since_s, "ms_per_minute": 15000.0})
    before, interval = job.duration_ms, job.interval_ms
    job.duration_ms = lambda t: before(t) if t < since_s else max(before(t), 0.6 * interval)


PROBLEMS = {f.__name__: f for f in (
    healthy, stopped, restart_loop, checkpoint_growth, checkpoint_failure, hung_checkpoint, source_lag,
    memory_pressure, gc_pressure, cpu_saturation, overprovisioned, throughput_drop, watermark_stall, stalled, data_skew, backpressure)}
