# SPDX-License-Identifier: Apache-2.0
"""Traps: lines that look like a cause and are none, causes that stand where nobody looks."""
import json

from flinklog import BASE_MS, COORDINATOR, FLINK, JOB, JOB_MASTER, Log, TASK, caused, ex, wrapped, STREAM_MAP, STREAM_TASK

HEARTBEAT = ex("java.util.concurrent.TimeoutException", "Heartbeat of TaskManager with id 10.0.1.17:6122-1f2e3d timed out.")
NPE = (ex("org.apache.flink.streaming.runtime.tasks.ExceptionInChainedOperatorException", "Could not forward element to next operator", *STREAM_TASK),
       ex("java.lang.NullPointerException", None, "com.acme.Enrich.map(Enrich.java:41)", *STREAM_MAP))
THRESHOLD = ex("org.apache.flink.util.FlinkRuntimeException", "Exceeded checkpoint tolerable failure threshold.")
USER = {"role": "trigger", "category": "user_code", "exception_class": "java.lang.NullPointerException", "frame": "com.acme.Enrich.map"}


def handled_error_then_heartbeat():
    """The application logged an error that it handles; minutes later a TaskManager is lost."""
    log = Log("1.20")
    log.healthy(180)
    log.put(190, "ERROR", "com.acme.Enrich", "lookup failed, using the default", wrapped(ex("java.lang.IllegalStateException", "no rate for XAU", "com.acme.Enrich.lookup(Enrich.java:12)")))
    log.failed(230, "Source: orders", 3, 4, 0, wrapped(HEARTBEAT))
    log.restart(230.1)
    return log, {"role": "symptom_needs_metrics", "first_fault_ms": 230000}


def handled_error_long_before_a_failure():
    log = Log("1.20")
    log.healthy(180)
    log.put(181, "ERROR", "com.acme.Enrich", "lookup failed", wrapped(ex("java.net.SocketTimeoutException", "Read timed out", "com.acme.Enrich.lookup(Enrich.java:12)")))
    log.failed(300, "Source: orders", 3, 4, 0, wrapped(*NPE))
    log.restart(300.1)
    log.loop(315, 3)
    return log, {**USER, "attempt": 0, "first_fault_ms": 300000}


def handled_errors_before_a_sustainer():
    log = Log("1.20")
    log.put(1, "ERROR", "com.acme.Enrich", "lookup failed", wrapped(ex("java.lang.IllegalStateException", "no rate", "com.acme.Enrich.lookup(Enrich.java:12)")))
    log.loop(60, 4, attempt=9)
    return log, {"role": "sustainer_only"}


def spare_task_manager_times_out():
    """A TaskManager without slots is given back; the failure comes ten minutes later."""
    log = Log("1.18")
    log.put(10, "INFO", FLINK + "runtime.resourcemanager.active.ActiveResourceManager", "The heartbeat of TaskManager with id 10.0.9.9:6122-aa timed out.")
    log.put(20, "INFO", FLINK + "runtime.resourcemanager.active.ActiveResourceManager", "Closing TaskExecutor connection 10.0.9.9:6122-aa because: TaskExecutor exceeded the idle timeout.")
    log.failed(600, "Source: orders", 3, 4, 0, wrapped(*NPE))
    log.restart(600.1)
    return log, {**USER, "first_fault_ms": 600000}


def errors_alone():
    """The log level is ERROR: the tasks' own lines are missing."""
    log = Log("1.20")
    log.put(5, "ERROR", "com.acme.LedgerSink", "cannot write", wrapped(ex("software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException", "Requested resource not found (Service: DynamoDb, Status Code: 400)", "com.acme.LedgerSink.invoke(LedgerSink.java:31)")))
    return log, {"role": "trigger", "category": "not_found", "frame": "com.acme.LedgerSink.invoke"}


def terminal_state_in_the_message():
    log = Log("1.18")
    log.healthy(120)
    log.put(130, "INFO", FLINK + "runtime.dispatcher.StandaloneDispatcher", f"Job {JOB} reached terminal state FAILED.\n" + caused(ex("org.apache.flink.runtime.JobException", "Recovery is suppressed by NoRestartBackoffTimeStrategy"), *NPE))
    return log, USER


def asynchronous_part_then_threshold():
    log = Log("1.17")
    log.healthy(120)
    log.put(240, "WARN", FLINK + "streaming.runtime.tasks.AsyncCheckpointRunnable", "Window (2/4)#0 - asynchronous part of checkpoint 4 could not be completed.", wrapped(
        ex("java.util.concurrent.ExecutionException", "java.io.IOException: Could not flush to file and close the file system output stream to s3://state/7f3c/shared/1 in order to obtain the stream state handle"),
        ex("java.io.IOException", "Could not flush to file and close the file system output stream to s3://state/7f3c/shared/1 in order to obtain the stream state handle", "org.apache.flink.runtime.state.filesystem.FsCheckpointStreamFactory$FsCheckpointStateOutputStream.closeAndGetHandle(FsCheckpointStreamFactory.java:373)"),
        ex("com.amazonaws.services.s3.model.AmazonS3Exception", "Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied)")))
    log.put(240.2, "INFO", JOB_MASTER, "Trying to recover from a global failure.", wrapped(THRESHOLD))
    log.restart(240.3)
    return log, {"role": "trigger", "category": "permission", "exception_class": "com.amazonaws.services.s3.model.AmazonS3Exception"}


def declined_while_restarting_then_expiry():
    """Checkpoints that are declined because tasks restart are no cause; the expired ones are."""
    log = Log("1.18")
    log.healthy(120)
    log.put(150, "INFO", COORDINATOR, f"Decline checkpoint 4 by task aa of job {JOB} at x.", wrapped(ex("org.apache.flink.runtime.checkpoint.CheckpointException", "Checkpoint was declined (tasks not ready)")))
    log.put(780, "INFO", COORDINATOR, f"Checkpoint 5 of job {JOB} expired before completing.")
    log.put(780.1, "INFO", JOB_MASTER, "Trying to recover from a global failure.", wrapped(THRESHOLD))
    log.restart(780.2)
    return log, {"role": "trigger", "category": "checkpoint", "first_fault_ms": 780000}


def legacy_kinesis_gives_up():
    log = Log("1.13")
    log.healthy(120)
    for index in range(3):
        log.put(130 + index, "WARN", FLINK + "streaming.connectors.kinesis.proxy.KinesisProxy", "Got recoverable AmazonServiceException. Backing off for 300 millis (Rate exceeded for shard shardId-000000000000)")
    log.failed(134, "Source: orders", 1, 4, 0, caused(ex("java.lang.RuntimeException", "Retries exceeded for getRecords operation - all 3 retry attempts failed.", "org.apache.flink.streaming.connectors.kinesis.proxy.KinesisProxy.getRecords(KinesisProxy.java:316)")))
    log.restart(134.1)
    return log, {"role": "trigger", "category": ["source", "throttling"], "frame": "org.apache.flink.streaming.connectors.kinesis.proxy.KinesisProxy.getRecords"}


def end_of_file_in_restore():
    log = Log("1.16")
    log.healthy(120)
    log.failed(130, "Window", 1, 4, 0, wrapped(ex("java.lang.Exception", "Exception while creating StreamOperatorStateContext."), ex("org.apache.flink.util.FlinkException", "Could not restore keyed state backend for WindowOperator_1_(1/4) from any of the 1 provided restore options."),
                                               ex("org.apache.flink.runtime.state.BackendBuildingException", "Failed when trying to restore heap backend"), ex("java.io.EOFException", None, "java.base/java.io.DataInputStream.readFully(DataInputStream.java:202)", "org.apache.flink.runtime.state.heap.HeapRestoreOperation.restore(HeapRestoreOperation.java:155)")), "INITIALIZING")
    log.restart(130.1)
    return log, {"role": "trigger", "category": "state_incompat", "exception_class": "java.io.EOFException"}


def stuck_cancellation_follows():
    log = Log("1.20")
    log.healthy(120)
    log.failed(130, "Source: orders", 1, 4, 0, wrapped(*NPE))
    log.put(130.1, "INFO", FLINK + "runtime.executiongraph.ExecutionGraph", f"Job orders ({JOB}) switched from state RUNNING to RESTARTING.")
    log.put(160, "WARN", TASK, "Task 'Sink: db (1/4)#0' did not react to cancelling signal - interrupting; it is stuck for 30 seconds in method:\n java.base@11/java.net.SocketInputStream.socketRead0(Native Method)\n com.acme.Sink.write(Sink.java:9)")
    log.put(310, "ERROR", FLINK + "runtime.taskexecutor.TaskManagerRunner", "Fatal error occurred while executing the TaskManager. Shutting it down...", wrapped(ex("org.apache.flink.util.FlinkRuntimeException", "Task did not exit gracefully within 180 + seconds.")))
    log.failed(360, "Source: orders", 2, 4, 1, wrapped(HEARTBEAT))
    return log, {**USER, "first_fault_ms": 130000}


def transition_words_in_a_user_message():
    """A user's exception that talks like Flink."""
    log = Log("1.20")
    log.healthy(120)
    log.failed(130, "Source: orders", 1, 4, 0, wrapped(NPE[0], ex("com.acme.StateException", "order 7 went from NEW to FAILED without PAID", "com.acme.Machine.go(Machine.java:7)")))
    log.restart(130.1)
    return log, {"role": "trigger", "category": "user_code", "exception_class": "com.acme.StateException", "frame": "com.acme.Machine.go"}


def deliberate_stop():
    log = Log("1.20")
    log.healthy(300)
    log.put(310, "INFO", JOB_MASTER, f"Triggering stop-with-savepoint for job {JOB}.")
    for subtask in range(1, 5):
        log.put(312, "INFO", TASK, f"{log.task_name('Source: orders', subtask, 4, 0)} ({log.execution(subtask, 0)}) switched from RUNNING to FINISHED.")
    log.job(313, "RUNNING", "FINISHED")
    return log, None


def scaled():
    """An update cancels the job and starts it again."""
    log = Log("1.20")
    log.healthy(300)
    log.job(310, "RUNNING", "CANCELLING")
    log.put(311, "INFO", TASK, f"{log.task_name('Source: orders', 1, 4, 0)} ({log.execution(1, 0)}) switched from RUNNING to CANCELING.")
    log.job(312, "CANCELLING", "CANCELED")
    log.job(330, "CREATED", "RUNNING")
    log.healthy(600, start=400)
    return log, None


def connection_refused_is_the_first():
    """In the first failure a refused connection is the cause, not churn."""
    log = Log("1.20")
    log.healthy(120)
    log.failed(130, "Sink: db", 1, 4, 0, wrapped(ex("java.lang.RuntimeException", "cannot open", "com.acme.Db.open(Db.java:9)"), ex("java.net.ConnectException", "Connection refused", "java.base/sun.nio.ch.Net.pollConnect(Native Method)")))
    log.restart(130.1)
    log.loop(145, 3)
    return log, {"role": "trigger", "category": "network", "exception_class": "java.net.ConnectException", "frame": "com.acme.Db.open"}


def netty_reset_and_a_user_failure():
    log = Log("1.19")
    log.healthy(120)
    log.failed(129.7, "Window", 2, 4, 0, wrapped(ex("org.apache.flink.runtime.io.network.netty.exception.LocalTransportException", "readAddress(..) failed: Connection reset by peer (connection to '10.0.1.17/10.0.1.17:6121')"),
                                                 ex("io.netty.channel.unix.Errors$NativeIoException", "readAddress(..) failed: Connection reset by peer")), vertex="ab" * 16)
    log.failed(130, "Source: orders", 1, 4, 0, wrapped(*NPE))
    log.restart(130.1)
    return log, USER


def dynamodb_streams_sustainer_by_frame():
    log = Log("2.2")
    log.put(1, "ERROR", FLINK + "runtime.source.coordinator.SourceCoordinator", "Uncaught exception in the SplitEnumerator for Source Source: ddb while handling subtask 0 failure. Triggering job failover.",
            caused(ex("java.lang.UnsupportedOperationException", "Partial recovery is not supported", "org.apache.flink.connector.dynamodb.source.enumerator.DynamoDbStreamsSourceEnumerator.addSplitsBack(DynamoDbStreamsSourceEnumerator.java:120)")))
    log.restart(1.1)
    return log, {"role": "sustainer_only"}




def only_recovery_lines():
    """That tasks are restarted says that something failed, not what."""
    log = Log("1.20")
    log.put(1, "INFO", FLINK + "runtime.source.coordinator.SourceCoordinator", "Recovering subtask 2 to checkpoint 7 for source Source: orders to checkpoint.")
    log.put(2, "INFO", JOB_MASTER, "4 tasks will be restarted to recover the failed task x_2.")
    return log, {"role": "unknown", "exception_class": None}


def checkpoint_seems_to_follow():
    """The failing TaskManager's clock is half a minute behind: a checkpoint seems to complete after its failure."""
    log = Log("1.20")
    log.healthy(180)
    log.task_failed(170, "Source: orders", 1, 4, 0, wrapped(*NPE))
    log.failed(200, "Window", 2, 4, 0, wrapped(ex("org.apache.flink.runtime.io.network.netty.exception.RemoteTransportException",
               "Connection unexpectedly closed by remote task manager '10.0.1.17/10.0.1.17:6121'. This might indicate that the remote task manager was lost.")), vertex="ab" * 16)
    log.restart(200.1)
    return log, {**USER, "task": "Source: orders (1/4)", "attempt": 0}


def never_started():
    """An error of a logger that nobody knows is all that tells why the job never ran."""
    log = Log("1.19")
    log.put(1, "INFO", FLINK + "runtime.entrypoint.ClusterEntrypoint", "Starting StandaloneApplicationClusterEntryPoint.")
    log.put(3, "ERROR", "com.acme.Bootstrap", "giving up", wrapped(ex("java.lang.RuntimeException", "cannot read settings", "com.acme.Bootstrap.read(Bootstrap.java:8)"),
            ex("software.amazon.awssdk.services.ssm.model.SsmException", "User: arn:aws:sts::111122223333:assumed-role/orders/s is not authorized to perform: ssm:GetParameter", "com.acme.Bootstrap.fetch(Bootstrap.java:21)")))
    return log, {"role": "trigger", "category": "permission", "frame": "com.acme.Bootstrap.fetch"}


def service_record_without_a_trace():
    log = Log("1.20")
    log.service(2, "Failed to take snapshot: User is not authorized to perform: s3:PutObject on the application's bucket", "ServiceError.Permission")
    return log, {"role": "trigger", "category": "permission", "first_fault_ms": 2000}


CASES = [checkpoint_seems_to_follow, never_started, service_record_without_a_trace, only_recovery_lines, handled_error_then_heartbeat, handled_error_long_before_a_failure, handled_errors_before_a_sustainer, spare_task_manager_times_out, errors_alone, terminal_state_in_the_message,
         asynchronous_part_then_threshold, declined_while_restarting_then_expiry, legacy_kinesis_gives_up, end_of_file_in_restore, stuck_cancellation_follows, transition_words_in_a_user_message,
         deliberate_stop, scaled, connection_refused_is_the_first, netty_reset_and_a_user_failure, dynamodb_streams_sustainer_by_frame]


def cases():
    for case in CASES:
        log, expected = case()
        yield case.__name__, log.document(), expected
