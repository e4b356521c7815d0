# SPDX-License-Identifier: Apache-2.0
"""The log of a job: MSF's JSON records for its checkpoints, failures and restarts, by time range."""

import json

from .noise import mix, seed_of

_TASK_LOGGER = "org.apache.flink.runtime.taskmanager.Task"
_GRAPH_LOGGER = "org.apache.flink.runtime.executiongraph.ExecutionGraph"
_SCHEDULER = "org.apache.flink.runtime.scheduler.DefaultScheduler"
_COORDINATOR = "org.apache.flink.runtime.checkpoint.CheckpointCoordinator"
_SOURCE = "org.apache.flink.runtime.source.coordinator.SourceCoordinator"
_CHUNK_S = 1800

DEFAULT_TRIGGER = {
    "class": "java.lang.NumberFormatException",
    "message": "For input string: \"12,50\"",
    "frames": [
        "java.lang.NumberFormatException.forInputString(NumberFormatException.java:67) ~[?:?]",
        "java.lang.Long.parseLong(Long.java:711) ~[?:?]",
        "com.acme.orders.ParseOrder.map(ParseOrder.java:57) ~[?:?]",
        "com.acme.orders.ParseOrder.map(ParseOrder.java:21) ~[?:?]",
        "org.apache.flink.streaming.api.operators.StreamMap.processElement(StreamMap.java:38) ~[flink-dist-1.20.0.jar:1.20.0]",
        "org.apache.flink.streaming.runtime.tasks.ChainingOutput.pushToOperator(ChainingOutput.java:108) ~[flink-dist-1.20.0.jar:1.20.0]",
    ],
    "wrapped_by": ["org.apache.flink.streaming.runtime.tasks.ExceptionInChainedOperatorException: Could not forward element to next operator"],
}
_PARTIAL = {
    "class": "java.lang.UnsupportedOperationException",
    "message": "Partial recovery is not supported",
    "frames": [
        "org.apache.flink.connector.kinesis.source.enumerator.KinesisStreamsSourceEnumerator.addSplitsBack(KinesisStreamsSourceEnumerator.java:163) ~[?:?]",
        "org.apache.flink.runtime.source.coordinator.SourceCoordinator.lambda$subtaskReset$7(SourceCoordinator.java:379) ~[flink-dist-1.20.0.jar:1.20.0]",
        "org.apache.flink.runtime.source.coordinator.SourceCoordinator.lambda$runInEventLoop$10(SourceCoordinator.java:531) ~[flink-dist-1.20.0.jar:1.20.0]",
    ],
}


def throwable(spec):
    """`throwableInformation`: the root cause first, then what wrapped it."""
    text = spec["class"] + (f": {spec['message']}" if spec.get("message") else "")
    frames = "".join(f"\n\tat {frame}" for frame in spec.get("frames", []))
    wrappers = spec.get("wrapped_by", [])
    text += frames + ("\n\t... 14 more" if wrappers else "")
    for index, wrapper in enumerate(wrappers):
        text += f"\nWrapped by: {wrapper}\n\tat org.apache.flink.streaming.runtime.tasks.StreamTask.invoke(StreamTask.java:898) ~[flink-dist-1.20.0.jar:1.20.0]"
        text += "\n\t... 3 more" if index + 1 < len(wrappers) else ""
    return text + "\n"


class JobLog:
    def __init__(self, app):
        self.app = app
        self.job = app.job
        self.seed = seed_of(app.seed, "log")
        self.job_id = f"{mix(self.seed, 1):016x}{mix(self.seed, 2):016x}"
        self.graph_id = f"{mix(self.seed, 3):016x}{mix(self.seed, 4):016x}"
        self.vertex_id = f"{mix(self.seed, 5):016x}{mix(self.seed, 6):016x}"
        self.loops = [spec for spec in self.job.problems if spec.get("kind") == "restart_loop"]
        self.task = app.tasks[0]
        self.extra = sorted(row for line in app.entry.get("log_lines", []) for row in self._extra(line))

    def _extra(self, line):
        """`times` lines, a tenth of a second apart; `bytes` more in each."""
        at_ms, message = int(self.app.time(line["at"]) * 1000), line["message"]
        if isinstance(message, str) and "bytes" in line:
            message += "x" * line["bytes"]
        if isinstance(message, str) and "logger" not in line:
            text = message
        else:
            text = self.record(line.get("level", "INFO"), line["logger"], message, line.get("throwable"),
                               line.get("thread", "flink-akka.actor.default-dispatcher-4"))
        return [(at_ms + 100 * k, text) for k in range(line.get("times", 1))]

    def record(self, level, logger, message, error=None, thread="flink-pekko.actor.default-dispatcher-17"):
        """One log4j record in MSF's envelope."""
        name = logger.rsplit(".", 1)[1]
        fields = {
            "applicationARN": self.app.arn,
            "applicationVersionId": str(self.app.detail["ApplicationVersionId"]),
            "locationInformation": f"{logger}.log({name}.java:{120 + seed_of(message[:20]) % 900})",
            "logger": logger,
            "message": message,
            "messageSchemaVersion": "1",
            "messageType": level,
            "threadName": thread,
        }
        if error is not None:
            fields["throwableInformation"] = error if isinstance(error, str) else throwable(error)
        return json.dumps(fields, separators=(",", ":"))

    def first_ms(self):
        return int(self.job.started_s * 1000)

    def lines(self, from_ms, to_ms):
        """(time in ms, message), ascending, from_ms <= time < to_ms."""
        start_s = max(from_ms, self.first_ms()) // 1000 // _CHUNK_S * _CHUNK_S
        for chunk_s in range(start_s, int(to_ms // 1000) + 1, _CHUNK_S):
            for at_ms, text in sorted(self._chunk(chunk_s, chunk_s + _CHUNK_S)):
                if from_ms <= at_ms < to_ms:
                    yield at_ms, text

    def _chunk(self, from_s, to_s):
        """All lines of a span, unsorted."""
        found = [line for line in self.extra if from_s * 1000 <= line[0] < to_s * 1000]
        for start, done in self.job.plan.between(from_s, to_s + 7200):
            found += self._checkpoint(start, done)
        if self.job.restarts is not None:
            for at in self.job.restarts.between(from_s - 300, to_s):
                if self.job.stopped_s is None or at < self.job.stopped_s:
                    found += self._failure(at)
        return [line for line in found if from_s * 1000 <= line[0] < to_s * 1000]

    def _number(self, start_s):
        return int((start_s - self.job.started_s) * 1000 // self.job.interval_ms) + 1

    def _checkpoint(self, start, done):
        number, start_ms = self._number(start), int(start * 1000)
        size, took = int(self.job.size_bytes(start)), int(self.job.duration_ms(start))
        return [
            (start_ms, self.record("INFO", _COORDINATOR, (
                f"Triggering checkpoint {number} (type=CheckpointType{{name='Checkpoint', "
                f"sharingFilesStrategy=FORWARD_BACKWARD}}) @ {start_ms} for job {self.job_id}."), thread="Checkpoint Timer")),
            (int(done * 1000), self.record("INFO", _COORDINATOR, (
                f"Completed checkpoint {number} for job {self.job_id} ({size} bytes, checkpointDuration={took} ms, "
                "finalizationTime=37 ms)."), thread="jobmanager-io-thread-9")),
        ]

    def _loop_of(self, at):
        for spec in self.loops:
            since_s = self.app.time(spec.get("since", "-48h"))
            until_s = self.app.time(spec.get("until"))
            if at >= since_s and (until_s is None or at <= until_s):
                return spec
        return {}

    def _failure(self, at):
        """One episode: failure, restart, running again; the first of a loop is attempt #0."""
        spec = self._loop_of(at)
        attempt = int(round(self.job.restarts.total(at))) - 1
        if spec:
            attempt -= int(round(self.job.restarts.total(self.app.time(spec.get("since", "-48h")) - 0.001)))
        is_first, attempt = attempt == 0, attempt + spec.get("first_attempt", 0)
        trigger = spec.get("trigger") or DEFAULT_TRIGGER
        subtask, width = spec.get("subtask", 3), self.app.parallelism
        subtask = min(subtask, width)
        base = int(at * 1000)
        execution = f"{self.graph_id}_{self.vertex_id}_{subtask - 1}_{attempt}"
        name = f"{self.task} ({subtask}/{width})"
        rows = []
        if is_first or not spec.get("sustainer", True):
            rows += self._trigger_rows(base, name, attempt, execution, trigger)
        else:
            rows += self._sustainer_rows(base, name, execution, subtask, attempt)
        rows += self._restart_rows(base, execution, attempt)
        return rows

    def _trigger_rows(self, base, name, attempt, execution, trigger):
        error = throwable(trigger)
        return [
            (base, self.record("WARN", _TASK_LOGGER, f"{name}#{attempt} ({execution}) switched from RUNNING to FAILED with failure cause:",
                               error, f"{name}#{attempt}")),
            (base + 1, self.record("INFO", _TASK_LOGGER, f"Freeing task resources for {name}#{attempt} ({execution}).", thread=f"{name}#{attempt}")),
            (base + 14, self.record("INFO", _GRAPH_LOGGER, f"{name} ({execution}) switched from RUNNING to FAILED on 10.0.1.{attempt % 200 + 17}:6122-1f2e3d @ ip-10-0-1-17.ec2.internal (dataPort=6121).", error)),
            (base + 21, self.record("INFO", _SCHEDULER, f"{self.app.parallelism} tasks will be restarted to recover the failed task {execution}.")),
        ]

    def _sustainer_rows(self, base, name, execution, subtask, attempt):
        source = self.task.split(" -> ")[0]
        rows = [
            (base, self.record("INFO", _SOURCE, f"Recovering subtask {subtask - 1} to checkpoint {self._number(self.job.since_s) - 1} for source {source} to checkpoint.", thread=f"SourceCoordinator-{source}")),
            (base + 6, self.record("ERROR", _SOURCE, f"Uncaught exception in the SplitEnumerator for Source {source} while handling subtask {subtask - 1} recovery. Triggering job failover.", _PARTIAL, f"SourceCoordinator-{source}")),
            (base + 9, self.record("INFO", _SCHEDULER, "Trying to recover from a global failure.", {
                "class": "org.apache.flink.util.FlinkException",
                "message": f"Global failure triggered by OperatorCoordinator for '{self.task}' (operator {self.vertex_id}).",
                "frames": ["org.apache.flink.runtime.operators.coordination.OperatorCoordinatorHolder$LazyInitializedCoordinatorContext.failJob(OperatorCoordinatorHolder.java:651) ~[flink-dist-1.20.0.jar:1.20.0]"]})),
            (base + 12, self.record("INFO", _SCHEDULER, f"{self.app.parallelism * 4} tasks will be restarted to recover from a global failure.")),
        ]
        if attempt % 5 == 3:
            rows.append((base + 30, self.record("WARN", "software.amazon.awssdk.http.nio.netty.internal.ResponseHandler", "Exception thrown while reading the response", {
                "class": "javax.net.ssl.SSLException", "message": "SSLEngine closed already",
                "frames": ["io.netty.handler.ssl.SslHandler.wrap(SslHandler.java:855) ~[?:?]"]})))
        return rows

    def _restart_rows(self, base, execution, attempt):
        job = f"{self.app.name} ({self.job_id})"
        following = f"{self.graph_id}_{self.vertex_id}_0_{attempt + 1}"
        back = base + int(self.job.down_s * 1000)
        return [
            (base + 25, self.record("INFO", _GRAPH_LOGGER, f"Job {job} switched from state RUNNING to RESTARTING.")),
            (base + 40, self.record("INFO", _GRAPH_LOGGER, f"Discarding the results produced by task execution {execution}.")),
            (back, self.record("INFO", _GRAPH_LOGGER, f"Job {job} switched from state RESTARTING to RUNNING.")),
            (back + 5, self.record("INFO", _COORDINATOR, f"Restoring job {self.job_id} from Checkpoint {self._number(self.job.since_s) - 1} @ {int(self.job.since_s * 1000)} for {self.job_id} located at s3://state/{self.job_id}/chk.")),
            (back + 1800, self.record("INFO", _TASK_LOGGER, f"{self.task} (1/{self.app.parallelism})#{attempt + 1} ({following}) switched from INITIALIZING to RUNNING.")),
        ]
