# SPDX-License-Identifier: Apache-2.0
"""Faults written down from the reference sheets alone: two episodes in a log, faults that no task line tells of, records of the service."""
from flinklog import COORDINATOR, EXECUTION_GRAPH, FLINK, JOB, JOB_MASTER, Log, SOURCE_COORDINATOR, TASK, VERTEX, caused, ex, wrapped, STREAM_MAP, STREAM_TASK

PARSE = (ex("org.apache.flink.streaming.runtime.tasks.ExceptionInChainedOperatorException", "Could not forward element to next operator", *STREAM_TASK),
         ex("java.time.format.DateTimeParseException", "Text '2026-13-01' could not be parsed at index 5", "java.base/java.time.format.DateTimeFormatter.parseResolved0(DateTimeFormatter.java:2046)", "com.acme.Clean.map(Clean.java:31)", *STREAM_MAP))
LOOKUP = (PARSE[0], ex("java.net.SocketTimeoutException", "Read timed out", "java.base/sun.nio.ch.NioSocketImpl.timedRead(NioSocketImpl.java:283)", "com.acme.Rates.get(Rates.java:77)", *STREAM_MAP))
HEARTBEAT = (ex("java.util.concurrent.TimeoutException", "Heartbeat of TaskManager with id 10.0.1.17:6122-1f2e3d timed out.", "org.apache.flink.runtime.jobmaster.JobMaster$TaskManagerHeartbeatListener.notifyHeartbeatTimeout(JobMaster.java:1299)"),)
THRESHOLD = ex("org.apache.flink.util.FlinkRuntimeException", "Exceeded checkpoint tolerable failure threshold.", "org.apache.flink.runtime.checkpoint.CheckpointFailureManager.checkFailureAgainstCounter(CheckpointFailureManager.java:206)")


def two_episodes_70_minutes_apart():
    log = Log("1.20")
    log.healthy(300)
    log.failed(330, "Source: orders", 1, 4, 0, wrapped(*LOOKUP))
    log.restart(330.1)
    for k in range(5):
        log.partial_recovery(350 + 20 * k)
        log.restart(350.1 + 20 * k, attempt=k + 2)
    log.healthy(4620, start=480)
    log.failed(4650, "Source: orders", 3, 4, 7, wrapped(*PARSE))
    log.restart(4650.1, attempt=8)
    log.loop(4670, 6, attempt=9)
    return log.document(), {"role": "trigger", "category": "bad_record", "exception_class": "java.time.format.DateTimeParseException", "frame": "com.acme.Clean.map", "first_fault_ms": 4650000, "last_healthy_ms": 4620000}


def two_episodes_in_2_2():
    log = Log("2.2")
    log.healthy(300)
    log.failed(330, "Source: orders", 1, 4, 0, wrapped(*LOOKUP))
    log.restart(330.1)
    log.healthy(4620, start=480)
    log.failed(4650, "Source: orders", 3, 4, 1, wrapped(*PARSE))
    log.restart(4650.1, attempt=2)
    log.loop(4670, 6, attempt=3)
    return log.document(), {"role": "trigger", "category": "bad_record", "frame": "com.acme.Clean.map", "first_fault_ms": 4650000, "last_healthy_ms": 4620000}


def worker_killed_for_memory():
    log = Log("1.20")
    log.healthy(180)
    log.put(200, "INFO", FLINK + "runtime.resourcemanager.active.ActiveResourceManager",
            "Worker taskmanager-1-3 is terminated. Diagnostics: Pod terminated, container termination statuses: [flink-main-container(exitCode=137, reason=OOMKilled, message=null)], pod status: Failed(reason=null, message=null)")
    trace = caused(ex("org.apache.flink.runtime.io.network.netty.exception.RemoteTransportException", "Connection unexpectedly closed by remote task manager '10.0.1.17/10.0.1.17:6121 [ taskmanager-1-3 ] '. This might indicate that the remote task manager was lost.",
                      "org.apache.flink.runtime.io.network.netty.CreditBasedPartitionRequestClientHandler.channelInactive(CreditBasedPartitionRequestClientHandler.java:134)"))
    log.failed(200.8, "Window -> Sink", 2, 4, 0, trace)
    log.restart(200.9)
    return log.document(), {"role": ["trigger", "symptom_needs_metrics"], "category": ["memory", "resource"]}


def metaspace():
    log = Log("1.19")
    log.healthy(180)
    log.put(200, "ERROR", FLINK + "runtime.taskexecutor.TaskManagerRunner", "Fatal error occurred while executing the TaskManager. Shutting it down...",
            caused(ex("java.lang.OutOfMemoryError", "Metaspace. The metaspace out-of-memory error has occurred. This can mean two things: either the job requires a larger size of JVM metaspace to load classes or there is a class loading leak.")))
    log.failed(230, "Window -> Sink", 2, 4, 0, caused(*HEARTBEAT))
    log.restart(230.1)
    return log.document(), {"role": ["trigger", "symptom_needs_metrics"], "category": "memory", "exception_class": "java.lang.OutOfMemoryError"}


def expired_three_times():
    log = Log("1.18")
    log.healthy(300)
    for k in range(3):
        log.put(3960 + 65 * k, "INFO", COORDINATOR, f"Checkpoint {8 + k} of job {JOB} expired before completing.")
        log.put(3960.1 + 65 * k, "WARN", FLINK + "runtime.checkpoint.CheckpointFailureManager", f"Failed to trigger or complete checkpoint {8 + k} for job {JOB}. ({k + 1} consecutive failed attempts so far)",
                caused(ex("org.apache.flink.runtime.checkpoint.CheckpointException", "Checkpoint expired before completing.", "org.apache.flink.runtime.checkpoint.CheckpointCoordinator$CheckpointCanceller.run(CheckpointCoordinator.java:2216)")))
    log.global_failure(4090.2, caused(THRESHOLD))
    log.restart(4090.3)
    return log.document(), {"role": ["trigger", "symptom_needs_metrics"], "category": "checkpoint"}


def declined_by_access_denied():
    log = Log("1.20")
    log.healthy(300)
    denied = (ex("org.apache.flink.runtime.checkpoint.CheckpointException", "Asynchronous task checkpoint failed.", "org.apache.flink.runtime.messages.checkpoint.SerializedCheckpointException.unwrap(SerializedCheckpointException.java:51)"),
              ex("java.lang.Exception", "Could not materialize checkpoint 9 for operator Window -> Score (2/4)#0."),
              ex("java.util.concurrent.ExecutionException", "java.io.IOException: Could not flush to file and close the file system output stream to s3://state/chk-9/x"),
              ex("java.nio.file.AccessDeniedException", "state/chk-9/x: getFileStatus: com.amazonaws.services.s3.model.AmazonS3Exception: Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied)", "org.apache.hadoop.fs.s3a.S3AUtils.translateException(S3AUtils.java:230)"))
    log.put(365, "INFO", COORDINATOR, f"Decline checkpoint 9 by task {log.execution(2, 0)} of job {JOB} at {'10.0.1.17:6122-1f2e3d'} @ ip (dataPort=1).", caused(*denied))
    log.global_failure(366, caused(THRESHOLD))
    log.restart(366.1)
    return log.document(), {"role": "trigger", "category": "permission", "exception_class": "java.nio.file.AccessDeniedException"}


def job_manager_line_alone():
    log = Log("1.19")
    log.healthy(180)
    log.job_manager_failed(200, "Source: orders -> Clean", 3, 4, 0, wrapped(*PARSE))
    log.restart(200.1)
    log.loop(215, 3, attempt=2)
    return log.document(), {"role": "trigger", "category": "bad_record", "frame": "com.acme.Clean.map", "attempt": 0, "first_fault_ms": 200000}


def network_buffers():
    log = Log("1.20")
    log.healthy(180)
    log.failed(400, "Window", 7, 64, 0, caused(ex("java.io.IOException", "Insufficient number of network buffers: required 65, but only 12 available. The total number of network buffers is currently set to 6552 of 32768 bytes each. You can increase this number by setting the configuration keys 'taskmanager.memory.network.fraction', 'taskmanager.memory.network.min', and 'taskmanager.memory.network.max'.",
               "org.apache.flink.runtime.io.network.buffer.NetworkBufferPool.internalCreateBufferPool(NetworkBufferPool.java:522)")), before="DEPLOYING")
    log.restart(400.1, "Window", 8)
    return log.document(), {"role": "trigger", "category": ["config", "resource"]}


def dynamodb_streams_alone():
    """The trigger is older than the log."""
    log = Log("1.20")
    trace = wrapped(ex("java.lang.UnsupportedOperationException", "Partial recovery is not supported", "org.apache.flink.connector.dynamodb.source.enumerator.DynamoDbStreamsSourceEnumerator.addSplitsBack(DynamoDbStreamsSourceEnumerator.java:141)",
                       "org.apache.flink.runtime.source.coordinator.SourceCoordinator.lambda$subtaskReset$7(SourceCoordinator.java:379)"))
    for k in range(5):
        at = 5 + 22 * k
        log.put(at, "ERROR", SOURCE_COORDINATOR, "Uncaught exception in the SplitEnumerator for Source Source: table while handling subtask 1 recovery. Triggering job failover.", trace)
        log.global_failure(at + 0.01, wrapped(ex("org.apache.flink.util.FlinkException", f"Global failure triggered by OperatorCoordinator for 'Source: table' (operator {VERTEX})."), ex("java.lang.UnsupportedOperationException", "Partial recovery is not supported")))
        log.restart(at + 0.02, "Source: table", attempt=k + 12)
    return log.document(), {"role": "sustainer_only"}


def heartbeat_alone():
    log = Log("2.2")
    log.healthy(240)
    log.failed(300, "Window -> Score", 2, 4, 0, caused(*HEARTBEAT))
    log.restart(300.1)
    return log.document(), {"role": "symptom_needs_metrics", "first_fault_ms": 300000}


def async_timeout():
    log = Log("1.20")
    log.healthy(240)
    log.failed(300, "async wait operator -> Sink", 2, 4, 0, wrapped(
        ex("java.lang.Exception", "Could not complete the stream element: Record @ 1767225600000 : Order{id=7}."),
        ex("java.util.concurrent.ExecutionException", "java.util.concurrent.TimeoutException: Async function call has timed out."),
        ex("java.util.concurrent.TimeoutException", "Async function call has timed out.", "org.apache.flink.streaming.api.functions.async.AsyncFunction.timeout(AsyncFunction.java:97)", "org.apache.flink.streaming.api.operators.async.AsyncWaitOperator$ResultHandler.timerTriggered(AsyncWaitOperator.java:636)")))
    log.restart(300.1)
    return log.document(), {"role": "trigger", "category": ["user_code", "network"]}


def stopped_with_savepoint():
    log = Log("1.20")
    log.healthy(240)
    log.put(250, "INFO", COORDINATOR, f"Triggering checkpoint 6 (type=SavepointType{{name='Terminate Savepoint', postCheckpointAction=TERMINATE, formatType=CANONICAL}}) @ 1 for job {JOB}.")
    log.put(255, "INFO", COORDINATOR, f"Completed checkpoint 6 for job {JOB} (18211 bytes, checkpointDuration=812 ms, finalizationTime=37 ms).")
    for k in range(1, 5):
        log.put(255.5, "INFO", TASK, f"Source: orders ({k}/4)#0 ({log.execution(k, 0)}) switched from RUNNING to FINISHED.")
    log.job(256, "RUNNING", "FINISHED")
    return log.document(), None


def iceberg_commit():
    log = Log("1.19")
    log.healthy(240)
    log.failed(300, "IcebergFilesCommitter -> Sink: IcebergSink lake.orders", 1, 1, 0, wrapped(
        ex("org.apache.iceberg.exceptions.CommitFailedException", "Cannot commit glue_catalog.lake.orders because Glue detected concurrent update", "org.apache.iceberg.aws.glue.GlueTableOperations.handleAWSExceptions(GlueTableOperations.java:353)", "org.apache.iceberg.flink.sink.IcebergFilesCommitter.commitOperation(IcebergFilesCommitter.java:410)"),
        ex("software.amazon.awssdk.services.glue.model.ConcurrentModificationException", "Update table failed due to concurrent modifications. (Service: Glue, Status Code: 400, Request ID: 1)")))
    log.restart(300.1, "IcebergFilesCommitter", 1)
    return log.document(), {"role": "trigger", "category": "sink"}


def rocksdb_disk_full():
    log = Log("1.20")
    log.healthy(240)
    log.failed(300, "Window -> Score", 2, 4, 0, wrapped(
        ex("org.apache.flink.util.FlinkRuntimeException", "Error while adding data to RocksDB", "org.apache.flink.contrib.streaming.state.RocksDBValueState.update(RocksDBValueState.java:107)", "com.acme.Score.processElement(Score.java:60)"),
        ex("org.rocksdb.RocksDBException", "While appending to file: /tmp/flink-io/job_7/op_Window__2_4__uuid_1/db/000123.sst: No space left on device", "org.rocksdb.RocksDB.put(Native Method)")))
    log.restart(300.1)
    return log.document(), {"role": "trigger", "category": "resource", "exception_class": "org.rocksdb.RocksDBException"}


def discovery_throttled():
    log = Log("1.20")
    log.healthy(240)
    trace = wrapped(ex("org.apache.flink.util.FlinkRuntimeException", "Failed to list shards.", "org.apache.flink.connector.kinesis.source.enumerator.KinesisStreamsSourceEnumerator.assignNewShards(KinesisStreamsSourceEnumerator.java:300)"),
                    ex("software.amazon.awssdk.services.kinesis.model.LimitExceededException", "Rate exceeded for stream orders under account 111122223333. (Service: Kinesis, Status Code: 400, Request ID: 4)"))
    log.put(300, "ERROR", FLINK + "runtime.source.coordinator.SourceCoordinatorContext", "Exception while handling result from async call in SourceCoordinator-Source: orders. Triggering job failover.", trace)
    log.global_failure(300.01, wrapped(ex("org.apache.flink.util.FlinkException", f"Global failure triggered by OperatorCoordinator for 'Source: orders' (operator {VERTEX})."), ex("software.amazon.awssdk.services.kinesis.model.LimitExceededException", "Rate exceeded for stream orders under account 111122223333. (Service: Kinesis, Status Code: 400, Request ID: 4)")))
    log.restart(300.02)
    log.loop(320, 4)
    return log.document(), {"role": "trigger", "category": "throttling", "first_fault_ms": 300000, "last_healthy_ms": 240000}


def state_migration_after_deploy():
    log = Log("2.2")
    for k in range(4):
        log.failed(20 + 15 * k, "Window -> Score", 1, 4, k, wrapped(
            ex("java.lang.Exception", "Exception while creating StreamOperatorStateContext."), ex("org.apache.flink.util.FlinkException", "Could not restore keyed state backend for WindowOperator_ab_(1/4) from any of the 1 provided restore options."),
            ex("org.apache.flink.util.StateMigrationException", "The new state serializer (org.apache.flink.api.java.typeutils.runtime.PojoSerializer@1) must not be incompatible with the old state serializer (org.apache.flink.api.java.typeutils.runtime.PojoSerializer@2).", "org.apache.flink.state.rocksdb.RocksDBKeyedStateBackend.updateRestoredStateMetaInfo(RocksDBKeyedStateBackend.java:741)")), before="INITIALIZING")
        log.job(20.1 + 15 * k, "RUNNING", "RESTARTING")
        log.job(30.1 + 15 * k, "RESTARTING", "RUNNING")
    return log.document(), {"role": "trigger", "category": "state_incompat", "attempt": 0, "first_fault_ms": 20000}


def service_record_after_start():
    log = Log("1.19")
    log.service(10, "org.apache.flink.client.program.ProgramInvocationException: The main method caused an error: Unable to create a source for reading table 'default_catalog.default_database.orders'.\n\tat org.apache.flink.client.program.PackagedProgram.callMainMethod(PackagedProgram.java:372)\n\t... 13 more\n"
                "Caused by: org.apache.flink.table.api.ValidationException: Could not find any factory for identifier 'kinesis' that implements 'org.apache.flink.table.factories.DynamicTableFactory' in the classpath.\n\tat org.apache.flink.table.factories.FactoryUtil.discoverFactory(FactoryUtil.java:617)\n\t... 20 more")
    return log.document(), {"role": "trigger", "category": "dependency", "exception_class": "org.apache.flink.table.api.ValidationException"}


CASES = [two_episodes_70_minutes_apart, two_episodes_in_2_2, worker_killed_for_memory, metaspace, expired_three_times, declined_by_access_denied, job_manager_line_alone, network_buffers, dynamodb_streams_alone,
         heartbeat_alone, async_timeout, stopped_with_savepoint, iceberg_commit, rocksdb_disk_full, discovery_throttled, state_migration_after_deploy, service_record_after_start]


def cases():
    for case in CASES:
        text, expected = case()
        yield case.__name__, text, expected
