# SPDX-License-Identifier: Apache-2.0
"""Log lines as Flink 1.8 to 2.2 and MSF write them, from the templates of their sources: what the cases are made of."""
import datetime
import json

BASE_MS = 1767225600000            # 2026-01-01T00:00:00Z
JOB = "7f3c2a9b8e1d4c5f6a7b8c9d0e1f2a3b"
GRAPH = "1f2e3d4c5b6a79881f2e3d4c5b6a7988"
VERTEX = "cbc357ccb763df2852fee8c4fc7d55f2"
HOST = "10.0.1.17:6122-1f2e3d @ ip-10-0-1-17.ec2.internal (dataPort=6121)"
FLINK = "org.apache.flink."
TASK = FLINK + "runtime.taskmanager.Task"
EXECUTION_GRAPH = FLINK + "runtime.executiongraph.ExecutionGraph"
COORDINATOR = FLINK + "runtime.checkpoint.CheckpointCoordinator"
JOB_MASTER = FLINK + "runtime.jobmaster.JobMaster"
SOURCE_COORDINATOR = FLINK + "runtime.source.coordinator.SourceCoordinator"

STREAM_MAP = ["org.apache.flink.streaming.api.operators.StreamMap.processElement(StreamMap.java:38)",
              "org.apache.flink.streaming.runtime.tasks.ChainingOutput.pushToOperator(ChainingOutput.java:108)"]
STREAM_TASK = ["org.apache.flink.streaming.runtime.tasks.StreamTask.processInput(StreamTask.java:579)",
               "org.apache.flink.streaming.runtime.tasks.mailbox.MailboxProcessor.runMailboxLoop(MailboxProcessor.java:231)",
               "org.apache.flink.streaming.runtime.tasks.StreamTask.invoke(StreamTask.java:898)",
               "org.apache.flink.runtime.taskmanager.Task.run(Task.java:568)", "java.base/java.lang.Thread.run(Thread.java:829)"]
ADD_SPLITS_BACK = [
    "org.apache.flink.connector.kinesis.source.enumerator.KinesisStreamsSourceEnumerator.addSplitsBack(KinesisStreamsSourceEnumerator.java:163)",
    "org.apache.flink.runtime.source.coordinator.SourceCoordinator.lambda$subtaskReset$7(SourceCoordinator.java:379)"]


def ex(name, message=None, *frames):
    return (name, message, list(frames))


def header(exception):
    return exception[0] + (f": {exception[1]}" if exception[1] is not None else "")


def frames_of(exception, jar):
    return "".join(f"\n\tat {frame}{jar}" for frame in exception[2])


def caused(*chain, jar=""):
    """Outermost first, `Caused by:`, the root last."""
    text = ""
    for index, exception in enumerate(chain):
        text += ("\nCaused by: " if index else "") + header(exception) + frames_of(exception, jar)
        text += "\n\t... 12 more" if index else ""
    return text


def wrapped(*chain, jar=" ~[flink-dist_2.12-1.13.2.jar:1.13.2]"):
    """The same chain root first, as log4j's %rEx prints it."""
    text = ""
    for index, exception in enumerate(reversed(chain)):
        text += ("\nWrapped by: " if index else "") + header(exception) + frames_of(exception, jar)
        text += "\n\t... 9 more" if index < len(chain) - 1 else ""
    return text + "\n"


class Log:
    """Lines of one case, in the order in which they are written. `at` is seconds after BASE_MS."""

    def __init__(self, flink="1.20", shape="A", layout="json"):
        self.flink = tuple(int(part) for part in flink.split("."))
        self.shape, self.layout = shape, layout
        self.lines = []

    # The envelope.
    def put(self, at, level, logger, message, trace=None, thread="flink-pekko.actor.default-dispatcher-17"):
        if self.layout == "text":
            stamp = datetime.datetime.fromtimestamp(BASE_MS / 1000 + at, datetime.timezone.utc)
            text = f"{stamp:%Y-%m-%d %H:%M:%S},{stamp.microsecond // 1000:03d} {level:<5} {logger:<60} [] - {message}"
            return self.raw(at, text + (f"\n{trace}" if trace else ""))
        fields = {"locationInformation": f"{logger}.log({logger.rsplit('.', 1)[-1]}.java:123)", "logger": logger, "message": message,
                  "messageSchemaVersion": "1", "messageType": level, "threadName": thread}
        if trace is not None:
            fields["throwableInformation"] = trace
        where = {"applicationARN": "arn:aws:kinesisanalytics:eu-west-1:111122223333:application/orders", "applicationVersionId": "43"}
        # Older runtimes put the application behind the rest.
        fields = {**fields, **where} if self.flink < (1, 13) else {**where, **fields}
        return self.raw(at, json.dumps(fields, separators=(",", ":")))

    def service(self, at, message, code="CodeError.InvalidApplicationCode"):
        """A service record: no logger, the trace in the message."""
        return self.raw(at, json.dumps({"applicationARN": "arn:aws:kinesisanalytics:eu-west-1:111122223333:application/orders",
                                        "applicationVersionId": 5, "message": message, "messageType": "ERROR",
                                        "messageSchemaVersion": "1", "errorCode": code}))

    def raw(self, at, text):
        self.lines.append((BASE_MS + int(round(at * 1000)), text))
        return self

    # Names of tasks and executions, as the version has them.
    def execution(self, subtask, attempt, vertex=VERTEX):
        if self.flink >= (1, 16):
            return f"{GRAPH}_{vertex}_{subtask - 1}_{attempt}"
        return f"{(subtask * 7919 + attempt * 104729 + 12345) * 0x9e3779b97f4a7c15 % (1 << 128):032x}"

    def task_name(self, name, subtask, width, attempt):
        return f"{name} ({subtask}/{width})" + (f"#{attempt}" if self.flink >= (1, 13) else "")

    # Healthy life.
    def checkpoint(self, at, number=7):
        if self.flink >= (2, 0):
            return self.put(at, "INFO", FLINK + "traces.slf4j.Slf4jTraceReporter",
                            "Reported span: SimpleSpan{scope=org.apache.flink.runtime.checkpoint.CheckpointStatsTracker, name=Checkpoint, startTsMillis=1, "
                            f"endTsMillis=2, attributes={{jobId={JOB}, checkpointId={number}, checkpointStatus=COMPLETED, fullSize=18211}}}}")
        kind = "" if self.flink < (1, 11) else " (type=CHECKPOINT)" if self.flink < (1, 15) else \
            " (type=CheckpointType{name='Checkpoint', sharingFilesStrategy=FORWARD_BACKWARD})"
        self.put(at - 1, "INFO", COORDINATOR, f"Triggering checkpoint {number}{kind} @ {BASE_MS + int(at * 1000)} for job {JOB}.", thread="Checkpoint Timer")
        tail = "(18211 bytes in 812 ms)." if self.flink < (1, 14) else "(18211 bytes, checkpointDuration=812 ms, finalizationTime=37 ms)."
        return self.put(at, "INFO", COORDINATOR, f"Completed checkpoint {number} for job {JOB} {tail}", thread="jobmanager-io-thread-1")

    def healthy(self, until, every=60, start=0):
        at = start
        while at <= until:
            self.checkpoint(at, int(at // every) + 1)
            at += every
        return self

    def job(self, at, before, after, trace=None):
        return self.put(at, "INFO", EXECUTION_GRAPH, f"Job orders ({JOB}) switched from state {before} to {after}.", trace)

    # Failures.
    def task_failed(self, at, name, subtask, width, attempt, trace, before="RUNNING", vertex=VERTEX):
        """The TaskManager's line."""
        head = f"{self.task_name(name, subtask, width, attempt)} ({self.execution(subtask, attempt, vertex)}) switched from {before} to FAILED"
        thread = self.task_name(name, subtask, width, attempt)
        if self.flink >= (1, 15):
            return self.put(at, "WARN", TASK, head + " with failure cause:", trace, thread)
        if self.flink >= (1, 13):
            return self.put(at, "WARN", TASK, f"{head} with failure cause: {trace}", thread=thread)
        return self.put(at, "INFO", TASK, head + ".", trace, thread)

    def job_manager_failed(self, at, name, subtask, width, attempt, trace, before="RUNNING", vertex=VERTEX):
        where = HOST if self.flink >= (1, 15) else "org.apache.flink.runtime.jobmaster.slotpool.SingleLogicalSlot@3f1a2b"
        return self.put(at, "INFO", EXECUTION_GRAPH,
                        f"{name} ({subtask}/{width}) ({self.execution(subtask, attempt, vertex)}) switched from {before} to FAILED on {where}.", trace)

    def failed(self, at, name, subtask, width, attempt, trace, before="RUNNING", vertex=VERTEX):
        """The failure as both sides log it, with what follows at once."""
        self.task_failed(at, name, subtask, width, attempt, trace, before, vertex)
        execution = self.execution(subtask, attempt, vertex)
        self.put(at + 0.001, "INFO", TASK, f"Freeing task resources for {self.task_name(name, subtask, width, attempt)} ({execution}).")
        self.put(at + 0.002, "INFO", FLINK + "runtime.taskexecutor.TaskExecutor",
                 f"Un-registering task and sending final execution state FAILED to JobManager for task {self.task_name(name, subtask, width, attempt)} {execution}.")
        self.job_manager_failed(at + 0.014, name, subtask, width, attempt, trace, before, vertex)
        self.put(at + 0.02, "INFO", FLINK + "runtime.executiongraph.failover.flip1.RestartPipelinedRegionFailoverStrategy",
                 f"Calculating tasks to restart to recover the failed task {vertex}_{subtask - 1}.")
        return self.put(at + 0.021, "INFO", JOB_MASTER, f"4 tasks will be restarted to recover the failed task {execution}.")

    def restart(self, at, name="Source: orders", width=4, attempt=1):
        """RUNNING -> RESTARTING -> RUNNING, ten seconds."""
        self.job(at, "RUNNING", "RESTARTING")
        for subtask in range(1, width + 1):
            self.put(at + 0.01, "INFO", TASK, f"{self.task_name(name, subtask, width, attempt - 1)} ({self.execution(subtask, attempt - 1)}) switched from RUNNING to CANCELING.")
            self.put(at + 0.02, "INFO", TASK, f"{self.task_name(name, subtask, width, attempt - 1)} ({self.execution(subtask, attempt - 1)}) switched from CANCELING to CANCELED.")
        self.job(at + 10, "RESTARTING", "RUNNING")
        self.put(at + 10.1, "INFO", COORDINATOR, f"Restoring job {JOB} from Checkpoint 7 @ {BASE_MS} for {JOB} located at s3://state/{JOB}/chk-7.")
        return self.put(at + 11, "INFO", TASK, f"{self.task_name(name, 1, width, attempt)} ({self.execution(1, attempt)}) switched from INITIALIZING to RUNNING.")

    def partial_recovery(self, at, subtask=3, source="Source: orders", order=wrapped):
        """The FLIP-27 Kinesis source's answer to any task failure."""
        trace = order(ex("java.lang.UnsupportedOperationException", "Partial recovery is not supported", *ADD_SPLITS_BACK))
        self.put(at, "INFO", SOURCE_COORDINATOR, f"Recovering subtask {subtask - 1} to checkpoint 7 for source {source} to checkpoint.")
        self.put(at + 0.006, "ERROR", SOURCE_COORDINATOR,
                 f"Uncaught exception in the SplitEnumerator for Source {source} while handling subtask {subtask - 1} recovery. Triggering job failover.", trace,
                 f"SourceCoordinator-{source}")
        return self.global_failure(at + 0.009, order(
            ex("org.apache.flink.util.FlinkException", f"Global failure triggered by OperatorCoordinator for '{source}' (operator {VERTEX}).",
               "org.apache.flink.runtime.operators.coordination.OperatorCoordinatorHolder$LazyInitializedCoordinatorContext.failJob(OperatorCoordinatorHolder.java:651)"),
            ex("java.lang.UnsupportedOperationException", "Partial recovery is not supported", *ADD_SPLITS_BACK)))

    def global_failure(self, at, trace):
        self.put(at, "INFO", JOB_MASTER, "Trying to recover from a global failure.", trace)
        return self.put(at + 0.003, "INFO", JOB_MASTER, "16 tasks will be restarted to recover from a global failure.")

    def loop(self, start, n, every=20, source="Source: orders", attempt=1):
        """n rounds of the loop that keeps itself going."""
        for index in range(n):
            at = start + index * every
            self.partial_recovery(at, source=source)
            self.restart(at + 0.02, source, attempt=attempt + index)
        return self

    # Harmless lines of every log.
    def noise(self, at):
        self.put(at, "WARN", "org.apache.hadoop.fs.s3a.impl.MultiObjectDeleteSupport", "Bulk delete operation failed to delete all objects; failure count = 1")
        self.put(at + 0.1, "WARN", "org.apache.hadoop.fs.s3a.impl.MultiObjectDeleteSupport", "AccessDenied: 7f3c/chk/: Access Denied")
        self.put(at + 0.2, "WARN", FLINK + "runtime.metrics.MetricRegistryImpl",
                 "Name collision: Group already contains a Metric with the name 'pendingCommittables'. Metric will not be reported.[]")
        self.put(at + 0.3, "INFO", JOB_MASTER, "Exception type is USER from filter results [UserFunctionExceptionFilter -> USER, MissingCredentialFilter -> NONE, "
                 "SSLHandshakeExceptionFilter -> NONE, OutOfMemoryErrorFilter -> NONE].")
        self.put(at + 0.4, "WARN", FLINK + "streaming.connectors.kinesis.proxy.KinesisProxy",
                 "Got recoverable SdkClientException. Backing off for 258 millis (Unable to execute HTTP request: connection reset)")
        return self.put(at + 0.5, "INFO", FLINK + "connector.kinesis.source.enumerator.KinesisStreamsSourceEnumerator",
                        "Assigning shard shardId-000000000003 from stream arn:aws:kinesis:eu-west-1:111122223333:stream/orders to subtask 2.")

    # As a file.
    def document(self):
        return json.dumps({"events": [{"logStreamName": "kinesis-analytics-log-stream", "timestamp": at, "message": text, "ingestionTime": at + 900,
                                       "eventId": str(index)} for index, (at, text) in enumerate(sorted(self.lines, key=lambda line: line[0]))],
                           "searchedLogStreams": []}, indent=4)
