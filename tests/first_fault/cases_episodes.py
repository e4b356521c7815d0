# SPDX-License-Identifier: Apache-2.0
"""Which failure of a log is the first one: loops, survived failures, clocks that differ, causes that the log no longer holds."""
import random

from flinklog import BASE_MS, COORDINATOR, FLINK, JOB, JOB_MASTER, Log, TASK, caused, ex, wrapped, STREAM_MAP, STREAM_TASK

DAY = 86400
PARSE = (ex("org.apache.flink.streaming.runtime.tasks.ExceptionInChainedOperatorException", "Could not forward element to next operator", *STREAM_TASK),
         ex("java.lang.NumberFormatException", 'For input string: "n/a"', "java.base/java.lang.Integer.parseInt(Integer.java:652)", "com.acme.Parse.map(Parse.java:22)", *STREAM_MAP))
NPE = (PARSE[0], ex("java.lang.NullPointerException", None, "com.acme.Enrich.map(Enrich.java:41)", *STREAM_MAP))
CLOSED = (ex("org.apache.flink.runtime.io.network.netty.exception.RemoteTransportException",
             "Connection unexpectedly closed by remote task manager '10.0.1.17/10.0.1.17:6121'. This might indicate that the remote task manager was lost.",
             "org.apache.flink.runtime.io.network.netty.CreditBasedPartitionRequestClientHandler.channelInactive(CreditBasedPartitionRequestClientHandler.java:134)"),)
HEARTBEAT = (ex("java.util.concurrent.TimeoutException", "Heartbeat of TaskManager with id 10.0.1.17:6122-1f2e3d timed out.",
                "org.apache.flink.runtime.jobmaster.JobMaster$TaskManagerHeartbeatListener.notifyHeartbeatTimeout(JobMaster.java:1299)"),)
THRESHOLD = ex("org.apache.flink.util.FlinkRuntimeException", "Exceeded checkpoint tolerable failure threshold.",
               "org.apache.flink.runtime.checkpoint.CheckpointFailureManager.handleJobLevelCheckpointException(CheckpointFailureManager.java:98)")
TRIGGER = {"role": "trigger", "category": "bad_record", "exception_class": "java.lang.NumberFormatException", "frame": "com.acme.Parse.map"}


def nine_days_back():
    """The trigger, then nine days of its loop: a round every 20 minutes, and a checkpoint between some."""
    log = Log("1.20")
    log.healthy(180)
    log.failed(200, "Source: orders", 3, 4, 0, wrapped(*PARSE))
    log.restart(200.1)
    for index in range(9 * 72):
        log.partial_recovery(1400 + index * 1200)
        log.restart(1400.1 + index * 1200, attempt=index + 2)
    return log.document(), {**TRIGGER, "attempt": 0, "first_fault_ms": 200000, "last_healthy_ms": 180000}


def nine_days_back_with_checkpoints():
    """The loop runs long enough between two rounds to complete a checkpoint: those are no healthy spell."""
    log = Log("1.19")
    log.healthy(180)
    log.failed(200, "Source: orders", 3, 4, 0, wrapped(*PARSE))
    log.restart(200.1)
    for index in range(9 * 24):
        log.checkpoint(300 + index * 3000, 8 + index)
        log.partial_recovery(400 + index * 3000)
        log.restart(400.1 + index * 3000, attempt=index + 2)
    return log.document(), {**TRIGGER, "attempt": 0, "first_fault_ms": 200000}


def no_attempt_zero():
    """An earlier failure was survived two hours before: the loop begins with attempt 1."""
    log = Log("1.18")
    log.healthy(180)
    log.failed(200, "Source: orders", 1, 4, 0, wrapped(*NPE))
    log.restart(200.1)
    log.healthy(7200, start=300)
    log.failed(7230, "Source: orders", 3, 4, 1, wrapped(*PARSE))
    log.restart(7230.1, attempt=2)
    log.loop(7245, 5, attempt=3)
    return log.document(), {**TRIGGER, "attempt": 1, "first_fault_ms": 7230000, "last_healthy_ms": 7200000}


def large_attempt_numbers():
    log = Log("1.17")
    log.healthy(600)
    log.failed(640, "Source: orders", 2, 4, 140, wrapped(*PARSE))
    log.restart(640.1, attempt=141)
    log.loop(655, 3, attempt=142)
    return log.document(), {**TRIGGER, "attempt": 140, "first_fault_ms": 640000}


def survived_once():
    """One failure, restarted, healthy since: it is still the answer to why the job restarted."""
    log = Log("1.20")
    log.healthy(180)
    log.failed(200, "Source: orders", 3, 4, 0, caused(*PARSE))
    log.restart(200.1)
    log.healthy(900, start=240)
    return log.document(), {**TRIGGER, "attempt": 0, "first_fault_ms": 200000}


def clock_skew():
    """The other TaskManager's clock is 1.4 s behind: its broken connection seems to come first."""
    log = Log("1.20")
    log.healthy(180)
    log.failed(198.6, "Window -> Sink", 2, 4, 0, caused(*CLOSED), vertex="ab" * 16)
    log.failed(200, "Source: orders", 3, 4, 0, caused(*PARSE))
    log.restart(200.1)
    return log.document(), {**TRIGGER, "task": "Source: orders (3/4)", "attempt": 0, "first_fault_ms": 200000}


def two_within_milliseconds():
    log = Log("1.15")
    log.healthy(180)
    log.failed(200, "Window -> Sink", 1, 4, 0, wrapped(ex("org.apache.flink.runtime.io.network.partition.PartitionNotFoundException", "Partition 5f#0 not found.",
                                                           "org.apache.flink.runtime.io.network.partition.ResultPartitionManager.createSubpartitionView(ResultPartitionManager.java:70)")), vertex="cd" * 16)
    log.failed(200.003, "Source: orders", 3, 4, 0, wrapped(*PARSE))
    log.restart(200.1)
    return log.document(), {**TRIGGER, "task": "Source: orders (3/4)", "first_fault_ms": 200003}


def cancelled_first():
    log = Log("1.16")
    log.healthy(180)
    log.put(199.9, "WARN", TASK, "Sink: lake (1/4)#0 (aa) switched from RUNNING to CANCELING due to CancelTaskException.")
    log.task_failed(199.95, "Sink: lake", 2, 4, 0, wrapped(ex("org.apache.flink.runtime.execution.CancelTaskException", "Buffer pool is destroyed.")), vertex="ef" * 16)
    log.failed(200.2, "Source: orders", 3, 4, 0, wrapped(*PARSE))
    log.restart(200.3)
    return log.document(), {**TRIGGER, "first_fault_ms": 200200}


def ssl_churn_follows():
    log = Log("1.20")
    log.healthy(180)
    log.failed(200, "Source: orders", 3, 4, 0, wrapped(*PARSE))
    log.restart(200.1)
    for index in range(5):
        at = 215 + index * 20
        log.failed(at, "Source: orders", 1, 4, index + 1, wrapped(ex("javax.net.ssl.SSLException", "SSLEngine closed already", "io.netty.handler.ssl.SslHandler.wrap(SslHandler.java:855)")))
        log.restart(at + 0.1, attempt=index + 2)
    return log.document(), {**TRIGGER, "first_fault_ms": 200000}


def connection_refused_later():
    """Mid-loop: what the log begins with only keeps the loop going; a refused connection during restarts is churn."""
    log = Log("1.19")
    log.loop(10, 3)
    log.failed(75, "Sink: db", 1, 4, 5, wrapped(ex("java.net.ConnectException", "Connection refused")))
    log.restart(75.1, attempt=6)
    log.loop(90, 3, attempt=7)
    return log.document(), {"role": "sustainer_only"}


def sustainer_only():
    log = Log("1.20")
    log.loop(10, 12, attempt=300)
    return log.document(), {"role": "sustainer_only", "first_fault_ms": 10006}


def sustainer_only_caused_by():
    log = Log("2.2")
    log.loop(10, 4, attempt=4, source="Source: clicks")
    log.lines = [(at, text.replace("KinesisStreamsSourceEnumerator", "DynamoDbStreamsSourceEnumerator")) for at, text in log.lines]
    return log.document(), {"role": "sustainer_only"}


def trigger_again_in_the_loop():
    """The log begins in the middle of a loop, and the record that cannot be read is met again."""
    log = Log("1.20")
    log.partial_recovery(5)
    log.restart(5.1, attempt=6)
    log.failed(30, "Source: orders", 3, 4, 6, wrapped(*PARSE))
    log.partial_recovery(30.1)
    log.restart(30.2, attempt=7)
    return log.document(), {**TRIGGER, "attempt": 6}


def heartbeat_then_healthy_noise():
    log = Log("1.20")
    log.healthy(180)
    log.noise(190)
    log.put(200, "INFO", FLINK + "runtime.resourcemanager.active.ActiveResourceManager", "The heartbeat of TaskManager with id 10.0.1.17:6122-1f2e3d timed out.")
    log.failed(200.02, "Source: orders", 3, 4, 0, wrapped(*HEARTBEAT))
    log.restart(200.1)
    return log.document(), {"role": "symptom_needs_metrics", "first_fault_ms": 200000}


def heartbeat_after_a_pause():
    """No metrics are at hand, but the log tells of a long collection just before."""
    log = Log("1.18")
    log.healthy(180)
    log.put(196, "WARN", "org.apache.hadoop.util.JvmPauseMonitor", "Detected pause in JVM or host machine (eg GC): pause of approximately 48211ms GC pool 'G1 Old Generation' had collection(s): count=3 time=48100ms")
    log.failed(200, "Source: orders", 3, 4, 0, wrapped(*HEARTBEAT))
    log.restart(200.1)
    return log.document(), {"role": "symptom_needs_metrics", "category": "memory"}


def heartbeat_and_oom_of_the_other_side():
    """The TaskManager's own last words come a little later: that it died of its heap still needs metrics, the class is told."""
    log = Log("1.20")
    log.healthy(180)
    log.failed(200, "Window", 1, 4, 0, wrapped(*CLOSED))
    log.put(200.9, "ERROR", FLINK + "runtime.taskexecutor.TaskManagerRunner", "Fatal error occurred while executing the TaskManager. Shutting it down...",
            "java.lang.OutOfMemoryError: Metaspace. The metaspace out-of-memory error has occurred. This can mean two things: either the job requires a larger size of JVM metaspace to load classes or there is a class loading leak.")
    log.restart(201)
    return log.document(), {"role": "symptom_needs_metrics"}


def worker_terminated_first():
    """An INFO line without an exception is the true first event."""
    log = Log("1.18")
    log.healthy(180)
    log.put(200, "INFO", FLINK + "runtime.resourcemanager.active.ActiveResourceManager",
            "Worker 10.0.1.17:6122-1f2e3d is terminated. Diagnostics: Pod terminated, container termination statuses: [flink-main-container(exitCode=137, reason=OOMKilled, message=null)], pod status: Failed")
    log.failed(200.4, "Source: orders", 3, 4, 0, wrapped(*CLOSED))
    log.restart(200.5)
    return log.document(), {"role": "trigger", "category": "memory", "first_fault_ms": 200000}


def worker_terminated_without_reason():
    log = Log("1.18")
    log.healthy(180)
    log.put(200, "INFO", FLINK + "runtime.resourcemanager.active.ActiveResourceManager", "Worker 10.0.1.17:6122-1f2e3d is terminated. Diagnostics: null")
    log.failed(200.4, "Source: orders", 3, 4, 0, wrapped(*HEARTBEAT))
    log.restart(200.5)
    return log.document(), {"role": "symptom_needs_metrics", "first_fault_ms": 200000}


def threshold_by_declines():
    """The failover itself has no cause: the declined checkpoints before it do."""
    log = Log("1.19")
    log.healthy(180)
    denied = ex("java.nio.file.AccessDeniedException", "s3a://lake/orders: PUT 0-byte object: com.amazonaws.services.s3.model.AmazonS3Exception: Access Denied (Service: Amazon S3; Status Code: 403)",
                "com.acme.LakeWriter.snapshotState(LakeWriter.java:50)")
    for index in range(4):
        log.put(240 + index * 60, "INFO", COORDINATOR, f"Decline checkpoint {5 + index} by task {log.execution(2, 0)} of job {JOB} at 10.0.1.17:6122-1f2e3d @ ip (dataPort=6121).",
                wrapped(ex("org.apache.flink.util.SerializedThrowable", f"org.apache.flink.runtime.checkpoint.CheckpointException: Could not complete snapshot {5 + index} for operator Sink (2/4)#0. Failure reason: Checkpoint was declined."), denied))
    log.put(420.01, "ERROR", JOB_MASTER, "Trying to recover from a global failure.", wrapped(THRESHOLD))
    log.restart(420.1)
    return log.document(), {"role": "trigger", "category": "permission", "exception_class": "java.nio.file.AccessDeniedException", "frame": "com.acme.LakeWriter.snapshotState",
                            "first_fault_ms": 240000, "last_healthy_ms": 180000}


def threshold_by_expiry():
    log = Log("1.13")
    log.healthy(180)
    for index in range(2):
        log.put(840 + index * 660, "INFO", COORDINATOR, f"Checkpoint {5 + index} of job {JOB} expired before completing.")
    log.put(1500.01, "INFO", JOB_MASTER, "Trying to recover from a global failure.", wrapped(THRESHOLD))
    log.restart(1500.1)
    return log.document(), {"role": "trigger", "category": "checkpoint", "first_fault_ms": 840000}


def threshold_with_latest_failure():
    log = Log("1.20")
    log.healthy(180)
    log.put(840, "WARN", FLINK + "runtime.checkpoint.CheckpointFailureManager", f"Failed to trigger or complete checkpoint 5 for job {JOB}. (0 consecutive failed attempts so far)",
            wrapped(ex("org.apache.flink.runtime.checkpoint.CheckpointException", "Checkpoint expired before completing.", "org.apache.flink.runtime.checkpoint.CheckpointCoordinator$CheckpointCanceller.run(CheckpointCoordinator.java:2216)")))
    log.put(840.1, "INFO", JOB_MASTER, "Trying to recover from a global failure.",
            wrapped(ex("org.apache.flink.util.FlinkRuntimeException", "Exceeded checkpoint tolerable failure threshold. The latest checkpoint failed due to Checkpoint expired before completing., view the Checkpoint History tab or the Job Manager log to find out why continuous checkpoints failed.")))
    log.restart(840.2)
    return log.document(), {"role": "trigger", "category": "checkpoint", "first_fault_ms": 840000}


def coordinator_is_the_trigger():
    """The same wording as the sustainer's, but it discovers shards: nothing failed before."""
    log = Log("1.20")
    log.healthy(180)
    denied = ex("software.amazon.awssdk.services.kinesis.model.AccessDeniedException", "User: arn:aws:sts::111122223333:assumed-role/orders/s is not authorized to perform: kinesis:ListShards",
                "org.apache.flink.connector.kinesis.source.proxy.KinesisStreamProxy.listShards(KinesisStreamProxy.java:80)")
    failed = ex("org.apache.flink.connector.kinesis.source.exception.KinesisStreamsSourceException", "Failed to list shards.",
                "org.apache.flink.connector.kinesis.source.enumerator.KinesisStreamsSourceEnumerator.initialDiscoverSplits(KinesisStreamsSourceEnumerator.java:200)")
    log.put(200, "ERROR", FLINK + "runtime.source.coordinator.SourceCoordinatorContext", "Exception while handling result from async call in SourceCoordinator-Source: orders. Triggering job failover.", wrapped(failed, denied))
    log.global_failure(200.003, wrapped(ex("org.apache.flink.util.FlinkException", "Global failure triggered by OperatorCoordinator for 'Source: orders' (operator 12)."), failed, denied))
    log.restart(200.1)
    return log.document(), {"role": "trigger", "category": "permission", "exception_class": "software.amazon.awssdk.services.kinesis.model.AccessDeniedException", "first_fault_ms": 200000}


def fetcher_before_the_task():
    log = Log("1.20")
    log.healthy(180)
    root = ex("org.apache.kafka.common.errors.GroupAuthorizationException", "Not authorized to access group: orders-reader")
    log.put(199.996, "ERROR", FLINK + "connector.base.source.reader.fetcher.SplitFetcherManager", "Received uncaught exception.",
            wrapped(ex("java.lang.RuntimeException", "SplitFetcher thread 0 received unexpected exception while polling the records"), root), "Source Data Fetcher for Source: orders (3/4)#0")
    log.failed(200.02, "Source: orders", 3, 4, 0, wrapped(ex("java.lang.RuntimeException", "One or more fetchers have encountered exception"),
                                                           ex("java.lang.RuntimeException", "SplitFetcher thread 0 received unexpected exception while polling the records"), root))
    log.restart(200.1)
    return log.document(), {"role": "trigger", "category": "permission", "exception_class": root[0], "task": "Source: orders (3/4)", "attempt": 0}


def only_state_transitions():
    """The lines with exceptions are missing: a transition is no cause."""
    log = Log("1.20")
    log.healthy(180)
    for index in range(4):
        log.restart(200 + index * 20, attempt=index + 1)
    return log.document(), {"role": "unknown", "category": "unknown", "exception_class": None}


def only_failed_transitions():
    log = Log("1.20")
    log.healthy(180)
    log.job_manager_failed(200, "Source: orders", 3, 4, 0, None)
    log.restart(200.1)
    return log.document(), {"role": "unknown", "exception_class": None, "task": "Source: orders (3/4)", "attempt": 0, "first_fault_ms": 200000}


def healthy():
    log = Log("1.20")
    log.healthy(1800)
    log.noise(70)
    log.noise(1000)
    return log.document(), None


def healthy_with_one_expired_checkpoint():
    log = Log("1.18")
    log.healthy(600)
    log.put(650, "INFO", COORDINATOR, f"Checkpoint 12 of job {JOB} expired before completing.")
    log.healthy(1200, start=700)
    return log.document(), None


def healthy_with_user_errors():
    """The application logs an exception that it handles, and goes on."""
    log = Log("1.20")
    log.healthy(120)
    log.put(130, "ERROR", "com.acme.Enrich", "lookup failed, using the default", wrapped(ex("java.net.SocketTimeoutException", "Read timed out", "com.acme.Enrich.lookup(Enrich.java:12)")))
    log.healthy(600, start=180)
    return log.document(), None


def healthy_start():
    log = Log("1.15")
    log.job(1, "CREATED", "RUNNING")
    for subtask in range(1, 5):
        log.put(2, "INFO", TASK, f"{log.task_name('Source: orders', subtask, 4, 0)} ({log.execution(subtask, 0)}) switched from CREATED to DEPLOYING.")
        log.put(3, "INFO", TASK, f"{log.task_name('Source: orders', subtask, 4, 0)} ({log.execution(subtask, 0)}) switched from DEPLOYING to INITIALIZING.")
        log.put(4, "INFO", TASK, f"{log.task_name('Source: orders', subtask, 4, 0)} ({log.execution(subtask, 0)}) switched from INITIALIZING to RUNNING.")
    log.healthy(300, start=60)
    return log.document(), None


def nothing():
    return "", None


def given_up():
    """The restart strategy gave up: its wrapper carries the cause."""
    log = Log("1.15")
    log.healthy(180)
    log.job(200, "FAILING", "FAILED", wrapped(ex("org.apache.flink.runtime.JobException", "Recovery is suppressed by FixedDelayRestartBackoffTimeStrategy(maxNumberRestartAttempts=3, backoffTimeMS=10000)",
                                                 "org.apache.flink.runtime.executiongraph.failover.flip1.ExecutionFailureHandler.handleFailure(ExecutionFailureHandler.java:138)"), *PARSE))
    return log.document(), TRIGGER


def wrapper_is_the_deepest():
    """The deepest exception is a bare wrapper: the one around it says something."""
    log = Log("1.19")
    log.healthy(180)
    log.failed(200, "Sink: db", 1, 4, 0, caused(ex("java.lang.RuntimeException", "batch 12 was refused by the ledger", "com.acme.LedgerSink.invoke(LedgerSink.java:90)", *STREAM_TASK),
                                                ex("java.util.concurrent.ExecutionException", None, "java.base/java.util.concurrent.CompletableFuture.reportGet(CompletableFuture.java:395)")))
    log.restart(200.1)
    return log.document(), {"role": "trigger", "category": "user_code", "exception_class": "java.lang.RuntimeException", "frame": "com.acme.LedgerSink.invoke"}


def survivors_of_every_kind():
    """Two survived failures hours apart, then the loop: the last healthy moment decides."""
    log = Log("1.20")
    log.healthy(3600)
    log.failed(3610, "Source: orders", 1, 4, 0, wrapped(*HEARTBEAT))
    log.restart(3610.1)
    log.healthy(10000, start=3700)
    log.failed(10010, "Source: orders", 2, 4, 1, wrapped(*NPE))
    log.restart(10010.1, attempt=2)
    log.healthy(20000, start=10100)
    log.failed(20010, "Source: orders", 3, 4, 2, wrapped(*PARSE))
    log.restart(20010.1, attempt=3)
    log.loop(20030, 10, attempt=4)
    return log.document(), {**TRIGGER, "attempt": 2, "first_fault_ms": 20010000}


def shuffled_within_a_second():
    """CloudWatch gives lines of one instant in any order."""
    log = Log("1.20")
    log.healthy(180)
    log.failed(200, "Source: orders", 3, 4, 0, wrapped(*PARSE))
    log.restart(200.1)
    rng = random.Random(6)
    lines = [line for line in log.lines if 200000 <= line[0] - BASE_MS < 200050]
    rng.shuffle(lines)
    log.lines = [line for line in log.lines if not 200000 <= line[0] - BASE_MS < 200050] + [(BASE_MS + 200000, text) for _, text in lines]
    return log.document(), TRIGGER


CASES = [nine_days_back, nine_days_back_with_checkpoints, no_attempt_zero, large_attempt_numbers, survived_once, clock_skew, two_within_milliseconds, cancelled_first, ssl_churn_follows,
         connection_refused_later, sustainer_only, sustainer_only_caused_by, trigger_again_in_the_loop, heartbeat_then_healthy_noise, heartbeat_after_a_pause, heartbeat_and_oom_of_the_other_side,
         worker_terminated_first, worker_terminated_without_reason, threshold_by_declines, threshold_by_expiry, threshold_with_latest_failure, coordinator_is_the_trigger, fetcher_before_the_task,
         only_state_transitions, only_failed_transitions, healthy, healthy_with_one_expired_checkpoint, healthy_with_user_errors, healthy_start, nothing, given_up, wrapper_is_the_deepest,
         survivors_of_every_kind, shuffled_within_a_second]


def cases():
    for case in CASES:
        text, expected = case()
        yield case.__name__, text, expected
