# SPDX-License-Identifier: Apache-2.0
"""The `job` shorthand: a story about a Flink job told as the whole set of MSF metrics.

A Job starts healthy; each problem (problems.py) then bends some of its metrics from `since` on.
"""

from .clock import parse_duration
from .generators import Checkpoints, Events, constant, counter, daily, downtime, noisy, sawtooth, uptime
from .noise import seed_of
from .problems import PROBLEMS
from .series import Series

MIB = 1024 * 1024


class Metric:
    """One row of the set; `of` is its generator."""

    def __init__(self, of, unit, samples=1, spread=0.0, every_s=60, dimensions=None):
        self.of = of
        self.unit = unit
        self.samples = samples
        self.spread = spread
        self.every_s = every_s
        self.dimensions = dimensions or {}      # besides Application, below APPLICATION level


class Job:
    def __init__(self, app, spec):
        self.app = app
        self.spec = spec
        self.seed = seed_of(app.seed, "job")
        self.is_flink2 = app.runtime.startswith("FLINK-2")
        self.started_s = app.time(spec.get("started", app.entry.get("changed", "-21d"))) + 180
        self.stopped_s = None
        self.since_s = app.time(spec.get("since", "-48h"))
        self.interval_ms = app.checkpoint_config["CheckpointInterval"]
        self.min_pause_ms = app.checkpoint_config["MinPauseBetweenCheckpoints"]
        self.rate = float(spec.get("records_per_second", 1200.0))
        self.restarts = None                    # Events: the job fails and runs again
        self.deploys = Events(spec["deploys"], app.base_s, self.seed) if spec.get("deploys") else None     # it starts over
        self.down_s = parse_duration(spec.get("down", "10s"))
        self.failed_checkpoints = None          # Events
        self.checkpoints_pause = None           # function(t): none completes
        self.duration_ms = noisy(constant(float(spec.get("checkpoint_duration_ms", 0.12 * self.interval_ms))), 0.1, seed=self.seed)
        self.size_bytes = noisy(constant(float(spec.get("checkpoint_size_bytes", 220 * MIB))), 0.02, seed=self.seed + 1)
        self.metrics = {}
        self.problems = []

    def is_down(self, t):
        """Whether the job is between two attempts at that instant."""
        if self.restarts is None:
            return False
        last = self.restarts.last(t)
        return last is not None and t - last < self.down_s

    def build(self):
        self._base()
        for spec in [self.spec] + list(self.spec.get("also", [])):
            kind = spec.get("kind", "healthy")
            if kind not in PROBLEMS:
                raise ValueError(f"unknown job kind {kind!r}")
            self.problems.append(spec)
            PROBLEMS[kind](self, spec)
        self.plan = Checkpoints(self.duration_ms, self.interval_ms, self.min_pause_ms, self.started_s,
                                self.stopped_s, self.checkpoints_pause)
        self._derived()
        return self

    def put(self, name, of, unit="None", **rest):
        self.metrics[name] = Metric(of, unit, **rest)

    def bend(self, name, change, since_s=None):
        """From since_s on the value becomes change(value, t)."""
        metric, start_s = self.metrics[name], self.since_s if since_s is None else since_s
        before = metric.of

        def of(t):
            value = before(t)
            return value if value is None or t < start_s else change(value, t)
        metric.of = of

    def _base(self):
        seed, fleet = self.seed, max(1, min(self.app.kpus, 8))
        rate = daily(self.rate, self.rate * 0.35, noise=0.06, seed=seed + 10)
        # Throughput metrics carry four snapshots a minute, container metrics two samples a TaskManager.
        for name in ("numRecordsInPerSecond", "numRecordsOutPerSecond"):
            self.put(name, rate if "In" in name else (lambda t: rate(t) * 0.92), "Count/Second", samples=4, spread=0.03)
        for name in ("numRecordsIn", "numRecordsOut"):
            self.put(name, lambda t: rate(t) * 15, "Count", samples=4)
        self.put("numLateRecordsDropped", constant(0.0), "Count", samples=4)
        self.put("cpuUtilization", daily(38, 9, noise=0.08, seed=seed + 11), "Percent", samples=fleet, spread=0.08)
        self.put("containerCPUUtilization", daily(42, 10, noise=0.08, seed=seed + 12), "Percent", samples=2 * fleet, spread=0.08)
        self.put("heapMemoryUtilization", noisy(sawtooth(38, 62, 900, seed), 0.03, seed=seed + 13), "Percent", samples=fleet, spread=0.06)
        self.put("containerMemoryUtilization", noisy(constant(71.0), 0.02, seed=seed + 14), "Percent", samples=2 * fleet, spread=0.02)
        self.put("containerDiskUtilization", noisy(constant(12.0), 0.02, seed=seed + 15), "Percent", samples=2 * fleet)
        self.put("managedMemoryUtilization", noisy(constant(55.0), 0.02, seed=seed + 16), "Percent", samples=fleet)
        self.put("oldGenerationGCTime", noisy(constant(45.0), 0.5, seed=seed + 17), "Milliseconds", samples=fleet)
        self.put("oldGenerationGCCount", constant(0.0), "Count", samples=fleet)
        self.put("threadsCount", noisy(constant(118.0), 0.01, seed=seed + 18), "Count", samples=fleet)
        self.put("KPUs", constant(float(self.app.kpus)), "Count", every_s=3600)
        self.put("millisBehindLatest", noisy(constant(900.0), 0.6, seed=seed + 19), "Milliseconds")
        self.put("currentInputWatermark", lambda t: (t + 55) * 1000.0 - 2000, "Milliseconds", samples=4)
        self.put("currentOutputWatermark", lambda t: (t + 55) * 1000.0 - 2500, "Milliseconds", samples=4)
        if self.app.metrics_level != "APPLICATION":
            self._task_level()

    def _task_level(self):
        """The metrics that exist below APPLICATION level alone: each task, its operators, its subtasks."""
        level, width = self.app.metrics_level, self.app.parallelism
        for index, task in enumerate(self.app.tasks):
            busy = noisy(constant((180.0, 420.0, 150.0)[index % 3]), 0.15, seed=self.seed + 40 + index)
            rate = self.metrics["numRecordsInPerSecond"].of
            rows = {
                "busyTimeMsPerSecond": busy,
                "backPressuredTimeMsPerSecond": noisy(constant(8.0), 0.5, seed=self.seed + 60 + index),
                "idleTimeMsPerSecond": lambda t, busy=busy: 990.0 - busy(t),
            }
            for name, of in rows.items():
                self.put(f"{name}@{task}", of, "Milliseconds", samples=width, spread=0.1, dimensions={"Task": task})
                if level == "OPERATOR":
                    for operator in task.split(" -> "):
                        self.put(f"{name}@{task}@{operator}", of, "Milliseconds", samples=width, spread=0.1,
                                 dimensions={"Task": task, "Operator": operator})
            if level == "PARALLELISM":
                for subtask in range(width):
                    own = noisy(lambda t: rate(t) / width, 0.05, seed=self.seed + 80 + index * 1000 + subtask)
                    self.put(f"numRecordsInPerSecond@{task}@{subtask}", own, "Count/Second", samples=4,
                             dimensions={"Task": task, "Parallelism": str(subtask)})

    def _derived(self):
        """What follows from the restarts, the checkpoints and the life span."""
        restarts = self.restarts or Events([], 0)
        up, count = ("runningTime", "numRestarts") if self.is_flink2 else ("uptime", "fullRestarts")
        before = float(self.spec.get("restarts_before", 0))
        starts = Events.join(restarts, self.deploys)
        self.put(up, uptime(starts, self.started_s, self.down_s, self.stopped_s), "Milliseconds")
        self.put(count, counter(restarts, before, self.deploys), "Count")
        gone = downtime(starts, self.down_s)
        for name in ("restartingTime", "failingTime", "cancellingTime") if self.is_flink2 else ("downtime",):
            self.put(name, gone if name in ("downtime", "restartingTime") else constant(0.0), "Milliseconds")
        self.put("numberOfFailedCheckpoints", counter(self.failed_checkpoints or Events([], 0), resets=self.deploys), "Count")
        self.put("lastCheckpointDuration", self._gauge(self.duration_ms), "Milliseconds")
        self.put("lastCheckpointSize", self._gauge(self.size_bytes), "Bytes")

    def _gauge(self, of):
        def value(t):
            last = self.plan.last(t + 60)
            return None if last is None else float(round(of(last[0])))
        return value

    def series(self):
        """The Series of this story, within the life of the job."""
        found = []
        for name, metric in self.metrics.items():
            dimensions = {"Application": self.app.name, **metric.dimensions}
            found.append(Series(
                "AWS/KinesisAnalytics", name.partition("@")[0], dimensions, metric.of, metric.unit, metric.samples,
                metric.spread, metric.every_s, from_s=self.started_s, until_s=self.stopped_s))
        return found


def build_job(app, spec):
    return Job(app, spec).build()
