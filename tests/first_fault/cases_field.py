# SPDX-License-Identifier: Apache-2.0
"""Failures with whole stack traces, as they stand in logs of Flink 1.15 to 2.2 in the field: causes last and root first, frames of the libraries,
the lines of both sides around them. The verdicts were decided first; where a kind can be told in two ways, both are written down."""
import datetime
import json
import re

from flinklog import EXECUTION_GRAPH, FLINK, JOB, JOB_MASTER, Log, SOURCE_COORDINATOR, TASK, VERTEX, COORDINATOR

TAIL = """
	at org.apache.flink.streaming.runtime.tasks.ChainingOutput.pushToOperator(ChainingOutput.java:99)
	at org.apache.flink.streaming.runtime.tasks.ChainingOutput.collect(ChainingOutput.java:75)
	at org.apache.flink.streaming.api.operators.CountingOutput.collect(CountingOutput.java:52)
	at org.apache.flink.streaming.runtime.io.AbstractStreamTaskNetworkInput.emitNext(AbstractStreamTaskNetworkInput.java:133)
	at org.apache.flink.streaming.runtime.io.StreamOneInputProcessor.processInput(StreamOneInputProcessor.java:65)
	at org.apache.flink.streaming.runtime.tasks.StreamTask.processInput(StreamTask.java:638)
	at org.apache.flink.streaming.runtime.tasks.mailbox.MailboxProcessor.runMailboxLoop(MailboxProcessor.java:231)
	at org.apache.flink.streaming.runtime.tasks.StreamTask.runMailboxLoop(StreamTask.java:973)
	at org.apache.flink.runtime.taskmanager.Task.runWithSystemExitMonitoring(Task.java:970)
	at org.apache.flink.runtime.taskmanager.Task.doRun(Task.java:763)
	at org.apache.flink.runtime.taskmanager.Task.run(Task.java:575)
	at java.base/java.lang.Thread.run(Thread.java:829)"""
OPEN = """
	at org.apache.flink.api.common.functions.util.FunctionUtils.openFunction(FunctionUtils.java:34)
	at org.apache.flink.streaming.api.operators.AbstractUdfStreamOperator.open(AbstractUdfStreamOperator.java:101)
	at org.apache.flink.streaming.runtime.tasks.RegularOperatorChain.initializeStateAndOpenOperators(RegularOperatorChain.java:107)
	at org.apache.flink.streaming.runtime.tasks.StreamTask.restoreStateAndGates(StreamTask.java:790)
	at org.apache.flink.streaming.runtime.tasks.StreamTask.restoreInternal(StreamTask.java:744)
	at org.apache.flink.runtime.taskmanager.Task.restoreAndInvoke(Task.java:935)
	at org.apache.flink.runtime.taskmanager.Task.run(Task.java:575)
	at java.base/java.lang.Thread.run(Thread.java:829)"""
CHAINED = "org.apache.flink.streaming.runtime.tasks.ExceptionInChainedOperatorException: Could not forward element to next operator" + TAIL
FETCHERS = """java.lang.RuntimeException: One or more fetchers have encountered exception
	at org.apache.flink.connector.base.source.reader.fetcher.SplitFetcherManager.checkErrors(SplitFetcherManager.java:333)
	at org.apache.flink.connector.base.source.reader.SourceReaderBase.getNextFetch(SourceReaderBase.java:228)
	at org.apache.flink.connector.base.source.reader.SourceReaderBase.pollNext(SourceReaderBase.java:190)
	at org.apache.flink.streaming.api.operators.SourceOperator.emitNext(SourceOperator.java:443)
	at org.apache.flink.streaming.runtime.io.StreamTaskSourceInput.emitNext(StreamTaskSourceInput.java:68)
	at org.apache.flink.runtime.taskmanager.Task.run(Task.java:575)
	at java.base/java.lang.Thread.run(Thread.java:829)
Caused by: java.lang.RuntimeException: SplitFetcher thread 0 received unexpected exception while polling the records
	at org.apache.flink.connector.base.source.reader.fetcher.SplitFetcher.runOnce(SplitFetcher.java:168)
	at org.apache.flink.connector.base.source.reader.fetcher.SplitFetcher.run(SplitFetcher.java:117)
	at java.base/java.util.concurrent.Executors$RunnableAdapter.call(Executors.java:515)
	... 1 more"""
GLOBAL = f"""org.apache.flink.util.FlinkException: Global failure triggered by OperatorCoordinator for 'Source: orders -> Map' (operator {VERTEX}).
	at org.apache.flink.runtime.operators.coordination.OperatorCoordinatorHolder$LazyInitializedCoordinatorContext.failJob(OperatorCoordinatorHolder.java:651)
	at org.apache.flink.runtime.source.coordinator.SourceCoordinatorContext.failJob(SourceCoordinatorContext.java:396)
	at java.base/java.util.concurrent.ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java:1128)
	at java.base/java.lang.Thread.run(Thread.java:829)"""


def root_first(text):
    """The same trace as %rEx prints it, with packaging data."""
    sections = re.split(r"\nCaused by: ", text)
    out = []
    for index, section in enumerate(reversed(sections)):
        frames = re.sub(r"(\n\tat org\.apache\.flink[^\n]*)", r"\1 ~[flink-dist-1.20.0.jar:1.20.0]", section)
        out.append(("Wrapped by: " if index else "") + re.sub(r"\n\t\.\.\. \d+ more", "", frames) + ("\n\t... 14 more" if index < len(sections) - 1 else ""))
    return "\n".join(out) + "\n"


def failing(trace, task="Source: orders -> Map -> Sink: out", flink="1.20", before="RUNNING", attempt=0, order=root_first, loop=0, at=95.5):
    log = Log(flink)
    log.healthy(60, every=30)
    log.noise(70)
    log.failed(at, task, 3, 8, attempt, order(trace), before)
    log.restart(at + 0.2, task, 8, attempt + 1)
    if loop:
        log.loop(at + 20, loop, source=task.split(" -> ")[0], attempt=attempt + 1)
    return log.document()


def last(text):
    return text


def coordinator(trace, doing, flink="1.20"):
    """A source whose enumerator fails: no task line at all."""
    log = Log(flink)
    log.healthy(60, every=30)
    log.put(80, "ERROR", SOURCE_COORDINATOR + "Context", doing, root_first(trace), "SourceCoordinator-Source: orders")
    log.put(80.004, "INFO", JOB_MASTER, "Trying to recover from a global failure.", root_first(GLOBAL + "\nCaused by: " + trace))
    log.put(80.006, "INFO", JOB_MASTER, "16 tasks will be restarted to recover from a global failure.")
    log.restart(80.2)
    return log.document()


def declined(cause, flink="1.20"):
    """A checkpoint that fails until it is tolerated no more."""
    log = Log(flink)
    log.healthy(60, every=30)
    outer = """org.apache.flink.runtime.checkpoint.CheckpointException: Asynchronous task checkpoint failed.
	at org.apache.flink.streaming.runtime.tasks.AsyncCheckpointRunnable.handleExecutionException(AsyncCheckpointRunnable.java:320)
	at org.apache.flink.streaming.runtime.tasks.AsyncCheckpointRunnable.run(AsyncCheckpointRunnable.java:155)
	at java.base/java.lang.Thread.run(Thread.java:829)
Caused by: java.lang.Exception: Could not materialize checkpoint 88 for operator Window(TumblingEventTimeWindows(60000)) -> Sink: out (2/8)#0.
	at org.apache.flink.streaming.runtime.tasks.AsyncCheckpointRunnable.handleExecutionException(AsyncCheckpointRunnable.java:298)
	... 4 more
Caused by: """
    task = "Window(TumblingEventTimeWindows(60000)) -> Sink: out (2/8)#0 (1f2e3d4c5b6a79881f2e3d4c5b6a7988_c27dcf7b54ef6bfd6cff02ca8870b681_1_0)"
    log.put(90, "INFO", FLINK + "streaming.runtime.tasks.AsyncCheckpointRunnable", f"{task} - asynchronous part of checkpoint 88 could not be completed.", root_first(outer + cause))
    log.put(90.02, "INFO", COORDINATOR, f"Decline checkpoint 88 by task 1f2e3d4c_1_0 of job {JOB} at 10.0.1.17:6122-1f2e3d @ ip-10-0-1-17 (dataPort=6121).", root_first(outer + cause))
    log.put(90.03, "WARN", FLINK + "runtime.checkpoint.CheckpointFailureManager", f"Failed to trigger or complete checkpoint 88 for job {JOB}. (1 consecutive failed attempts so far)", root_first(outer + cause))
    log.put(90.04, "INFO", JOB_MASTER, "Trying to recover from a global failure.", root_first("""org.apache.flink.util.FlinkRuntimeException: Exceeded checkpoint tolerable failure threshold. The latest checkpoint failed due to Asynchronous task checkpoint failed., view the Checkpoint History tab or the Job Manager log to find out why continuous checkpoints failed.
	at org.apache.flink.runtime.checkpoint.CheckpointFailureManager.checkFailureAgainstCounter(CheckpointFailureManager.java:212)
	at org.apache.flink.runtime.checkpoint.CheckpointCoordinator.receiveDeclineMessage(CheckpointCoordinator.java:1094)
	at java.base/java.lang.Thread.run(Thread.java:829)"""))
    log.restart(90.2)
    return log.document()


def submitted(trace):
    """An application that does not start: REST error, then the service's own record."""
    log = Log("1.20")
    log.put(10, "INFO", FLINK + "client.ClientUtils", "Starting program (detached: true)")
    log.put(12, "ERROR", FLINK + "runtime.webmonitor.handlers.JarRunOverrideHandler", "Exception occurred in REST handler: Could not execute application.")
    log.service(12.5, "org.apache.flink.runtime.rest.handler.RestHandlerException: Could not execute application.\n"
                "\tat org.apache.flink.runtime.webmonitor.handlers.JarRunOverrideHandler.lambda$handleRequest$4(JarRunOverrideHandler.java:311)\n"
                "Caused by: java.util.concurrent.CompletionException: org.apache.flink.util.FlinkRuntimeException: Could not execute application.\n"
                "\tat java.base/java.util.concurrent.CompletableFuture.encodeThrowable(CompletableFuture.java:314)\n\t... 1 more\n"
                "Caused by: org.apache.flink.util.FlinkRuntimeException: Could not execute application.\n"
                "\tat org.apache.flink.client.deployment.application.DetachedApplicationRunner.tryExecuteJobs(DetachedApplicationRunner.java:88)\n\t... 7 more\n"
                "Caused by: " + trace)
    return log.document()


MAIN_FRAMES = """
	at java.base/jdk.internal.reflect.NativeMethodAccessorImpl.invoke0(Native Method)
	at java.base/java.lang.reflect.Method.invoke(Method.java:566)
	at org.apache.flink.client.program.PackagedProgram.callMainMethod(PackagedProgram.java:355)
	... 13 more"""


def main_failed(said, cause, frames=""):
    return (f"org.apache.flink.client.program.ProgramInvocationException: The main method caused an error: {said}\n"
            "\tat org.apache.flink.client.program.PackagedProgram.callMainMethod(PackagedProgram.java:372)\n"
            "\tat org.apache.flink.client.program.PackagedProgram.invokeInteractiveModeForExecution(PackagedProgram.java:222)\n\t... 9 more\n"
            f"Caused by: {cause}{frames}{MAIN_FRAMES}")


def want(category, name=None, frame=None, role="trigger", **more):
    expected = {"role": role, "category": category, **more}
    return {**expected, **({"exception_class": name} if name else {}), **({"frame": frame} if frame else {})}


def records():
    yield "json-cut-off", failing("java.io.IOException: Failed to deserialize consumer record due to" + TAIL + """
Caused by: java.io.IOException: Failed to deserialize consumer record ConsumerRecord(topic = orders, partition = 3, leaderEpoch = 12, offset = 88123, CreateTime = 1767225600123, serialized key size = -1, serialized value size = 7, headers = RecordHeaders(headers = [], isReadOnly = false), key = null, value = [B@5d0a1059).
	at org.apache.flink.connector.kafka.source.reader.deserializer.KafkaDeserializationSchemaWrapper.deserialize(KafkaDeserializationSchemaWrapper.java:57)
	at org.apache.flink.connector.kafka.source.reader.KafkaRecordEmitter.emitRecord(KafkaRecordEmitter.java:53)
	... 14 more
Caused by: java.io.IOException: Failed to deserialize JSON '{"id":1'.
	at org.apache.flink.formats.json.JsonRowDataDeserializationSchema.deserialize(JsonRowDataDeserializationSchema.java:82)
	... 17 more
Caused by: org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.io.JsonEOFException: Unexpected end-of-input: expected close marker for Object (start marker at [Source: (byte[])"{"id":1"; line: 1, column: 1])
 at [Source: (byte[])"{"id":1"; line: 1, column: 8]
	at org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.base.ParserMinimalBase._reportInvalidEOF(ParserMinimalBase.java:697)
	at org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper.readTree(ObjectMapper.java:3209)
	at org.apache.flink.formats.json.JsonRowDataDeserializationSchema.deserializeToJsonNode(JsonRowDataDeserializationSchema.java:98)
	... 18 more""", flink="1.19"), want("bad_record", "org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.io.JsonEOFException")
    yield "npe-in-own-deserializer", failing("""java.io.IOException: Failed to deserialize consumer record due to
	at org.apache.flink.connector.kafka.source.reader.KafkaRecordEmitter.emitRecord(KafkaRecordEmitter.java:56)""" + TAIL + """
Caused by: java.lang.NullPointerException: Cannot invoke "com.fasterxml.jackson.databind.JsonNode.asText()" because the return value of "com.fasterxml.jackson.databind.JsonNode.get(String)" is null
	at com.acme.clicks.ClickDeserializer.deserialize(ClickDeserializer.java:41)
	at com.acme.clicks.ClickDeserializer.deserialize(ClickDeserializer.java:18)
	at org.apache.flink.api.common.serialization.DeserializationSchema.deserialize(DeserializationSchema.java:82)
	... 14 more""", flink="2.2", order=last), want(["user_code", "bad_record"], "java.lang.NullPointerException", "com.acme.clicks.ClickDeserializer.deserialize")
    yield "avro-schema-evolved", failing(FETCHERS + """
Caused by: java.io.IOException: Failed to deserialize Avro record.
	at org.apache.flink.formats.avro.AvroRowDataDeserializationSchema.deserialize(AvroRowDataDeserializationSchema.java:106)
	... 6 more
Caused by: org.apache.avro.AvroTypeException: Found com.acme.Order, expecting com.acme.Order, missing required field currency
	at org.apache.avro.io.ResolvingDecoder.doAction(ResolvingDecoder.java:308)
	at org.apache.avro.generic.GenericDatumReader.read(GenericDatumReader.java:161)
	... 8 more""", flink="1.18", order=last), want("bad_record", "org.apache.avro.AvroTypeException")
    yield "glue-registry-denied", failing(FETCHERS + """
Caused by: com.amazonaws.services.schemaregistry.exception.AWSSchemaRegistryException: Failed to get schemaVersionId = 5f1c0a52-0000-4f4f-9a3e-6f1d0f5e0c11
	at com.amazonaws.services.schemaregistry.common.AWSSchemaRegistryClient.getSchemaVersionResponse(AWSSchemaRegistryClient.java:181)
	at org.apache.flink.formats.avro.glue.schema.registry.AWSSchemaRegistryInputStreamDeserializer.getSchemaAndDeserializedStream(AWSSchemaRegistryInputStreamDeserializer.java:66)
	... 9 more
Caused by: software.amazon.awssdk.services.glue.model.GlueException: User: arn:aws:sts::111122223333:assumed-role/flink-orders/orders is not authorized to perform: glue:GetSchemaVersion on resource: arn:aws:glue:eu-west-1:111122223333:registry/main because no identity-based policy allows the glue:GetSchemaVersion action (Service: Glue, Status Code: 400, Request ID: 8d0c7f3e)
	at software.amazon.awssdk.core.internal.http.CombinedResponseHandler.handleErrorResponse(CombinedResponseHandler.java:125)
	... 11 more"""), want("permission", "software.amazon.awssdk.services.glue.model.GlueException")
    yield "kryo-underflow", failing("""com.esotericsoftware.kryo.KryoException: Buffer underflow.
Serialization trace:
lines (com.acme.model.Basket)
	at com.esotericsoftware.kryo.io.Input.require(Input.java:199)
	at org.apache.flink.api.java.typeutils.runtime.kryo.KryoSerializer.deserialize(KryoSerializer.java:408)
	at org.apache.flink.streaming.runtime.streamrecord.StreamElementSerializer.deserialize(StreamElementSerializer.java:191)""" + TAIL, flink="1.17", order=last), want(["bad_record", "state_incompat"], "com.esotericsoftware.kryo.KryoException")
    yield "number-in-own-map-after-a-survived-failure", survived(), want(["bad_record", "user_code"], "java.lang.NumberFormatException", "com.acme.orders.PriceMapper.map", attempt=1, first_fault_ms=7300000)
    yield "schema-id-gone", failing(FETCHERS + """
Caused by: java.io.IOException: Could not find schema with id 4711 in registry
	at org.apache.flink.formats.avro.registry.confluent.ConfluentSchemaRegistryCoder.readSchema(ConfluentSchemaRegistryCoder.java:79)
	... 9 more
Caused by: io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException: Schema 4711 not found; error code: 40403
	at io.confluent.kafka.schemaregistry.client.rest.RestService.sendHttpRequest(RestService.java:314)
	... 12 more""", order=last), want(["not_found", "bad_record"], "io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException")
    yield "protobuf-invalid-tag", failing(CHAINED + """
Caused by: com.google.protobuf.InvalidProtocolBufferException: Protocol message contained an invalid tag (zero).
	at com.google.protobuf.InvalidProtocolBufferException.invalidTag(InvalidProtocolBufferException.java:106)
	at com.acme.proto.Trip.parseFrom(Trip.java:812)
	at com.acme.trips.Decode.flatMap(Decode.java:29)
	... 11 more"""), want("bad_record", "com.google.protobuf.InvalidProtocolBufferException")


def survived():
    log = Log("1.20").healthy(100, every=50)
    log.failed(110, "Source: orders -> Map", 2, 4, 0, root_first(FETCHERS + "\nCaused by: org.apache.kafka.common.errors.DisconnectException\n\tat org.apache.kafka.clients.NetworkClient.disconnect(NetworkClient.java:1)\n\t... 9 more"))
    log.restart(110.2, "Source: orders -> Map")
    log.healthy(7290, every=60, start=140)
    log.failed(7300, "Source: orders -> Map", 4, 4, 1, root_first(CHAINED + """
Caused by: java.lang.NumberFormatException: Character N is neither a decimal digit number, decimal point, nor "e" notation exponential mark.
	at java.base/java.math.BigDecimal.<init>(BigDecimal.java:518)
	at java.base/java.math.BigDecimal.<init>(BigDecimal.java:401)
	at com.acme.orders.PriceMapper.map(PriceMapper.java:22)
	at org.apache.flink.streaming.api.operators.StreamMap.processElement(StreamMap.java:38)
	... 11 more"""))
    log.restart(7300.2, "Source: orders -> Map", attempt=2)
    return log.loop(7320, 4, attempt=2).document()


def user_code():
    yield "scala-match-error", failing(CHAINED + """
Caused by: scala.MatchError: Refund(17,EUR) (of class com.acme.ledger.Refund)
	at com.acme.ledger.Enricher$.$anonfun$enrich$1(Enricher.scala:41)
	at scala.collection.immutable.List.map(List.scala:293)
	at com.acme.ledger.Enricher$.enrich(Enricher.scala:39)
	... 11 more""", flink="1.17"), want("user_code", "scala.MatchError", ["com.acme.ledger.Enricher$.$anonfun$enrich$1", "com.acme.ledger.Enricher.enrich", "com.acme.ledger.Enricher$.enrich"])
    yield "kotlin-lateinit", failing("""kotlin.UninitializedPropertyAccessException: lateinit property client has not been initialized
	at com.acme.lookup.LookupFunction.processElement(LookupFunction.kt:30)
	at com.acme.lookup.LookupFunction.processElement(LookupFunction.kt:14)
	at org.apache.flink.streaming.api.operators.ProcessOperator.processElement(ProcessOperator.java:66)""" + TAIL, order=last), want("user_code", "kotlin.UninitializedPropertyAccessException", "com.acme.lookup.LookupFunction.processElement")
    yield "recursion", failing("java.lang.StackOverflowError" + "\n\tat com.acme.tree.Node.depth(Node.java:18)" * 400, order=last), want(["user_code", "memory"], "java.lang.StackOverflowError", "com.acme.tree.Node.depth")
    yield "no-timestamp-assigned", failing("""java.lang.RuntimeException: Record has Long.MIN_VALUE timestamp (= no timestamp marker). Is the time characteristic set to 'ProcessingTime', or did you forget to call 'data.assignTimestampsAndWatermarks(...)'?
	at org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows.assignWindows(TumblingEventTimeWindows.java:84)
	at org.apache.flink.streaming.runtime.operators.windowing.WindowOperator.processElement(WindowOperator.java:298)""" + TAIL, order=last), want(["user_code", "config"], "java.lang.RuntimeException")
    yield "async-function-timed-out", failing("""java.lang.Exception: Could not complete the stream element: Record @ 1767225600000 : Order(17).
	at org.apache.flink.streaming.api.operators.async.AsyncWaitOperator$ResultHandler.completeExceptionally(AsyncWaitOperator.java:656)
	at org.apache.flink.streaming.api.functions.async.AsyncFunction.timeout(AsyncFunction.java:97)""" + TAIL + """
Caused by: java.util.concurrent.TimeoutException: Async function call has timed out.
	at org.apache.flink.streaming.api.functions.async.AsyncFunction.timeout(AsyncFunction.java:98)
	... 12 more"""), want(["user_code", "network"], "java.util.concurrent.TimeoutException", role=["trigger", "symptom_needs_metrics"])
    yield "main-reads-missing-properties", submitted(main_failed("Cannot invoke \"java.util.Properties.getProperty(String)\" because \"props\" is null",
        "java.lang.NullPointerException: Cannot invoke \"java.util.Properties.getProperty(String)\" because \"props\" is null", "\n\tat com.acme.orders.OrdersJob.main(OrdersJob.java:33)")), want(["user_code", "config"], "java.lang.NullPointerException", "com.acme.orders.OrdersJob.main")
    yield "snapshot-state-of-own-sink", declined("""java.util.concurrent.ExecutionException: java.lang.IllegalStateException: 318 records are not flushed
	at java.base/java.util.concurrent.FutureTask.report(FutureTask.java:122)
	... 3 more
Caused by: java.lang.IllegalStateException: 318 records are not flushed
	at com.acme.sink.BatchingSink.snapshotState(BatchingSink.java:77)
	at org.apache.flink.streaming.util.functions.StreamingFunctionUtils.trySnapshotFunctionState(StreamingFunctionUtils.java:118)
	... 19 more"""), want("user_code", "java.lang.IllegalStateException", "com.acme.sink.BatchingSink.snapshotState")
    yield "python-function-divides-by-zero", failing("""java.lang.RuntimeException: Failed to close remote bundle
	at org.apache.flink.streaming.api.runners.python.beam.BeamPythonFunctionRunner.finishBundle(BeamPythonFunctionRunner.java:423)
	at org.apache.flink.streaming.api.operators.python.process.AbstractExternalPythonFunctionOperator.invokeFinishBundle(AbstractExternalPythonFunctionOperator.java:101)""" + TAIL + """
Caused by: java.util.concurrent.ExecutionException: java.lang.RuntimeException: Error received from SDK harness for instruction 4: Traceback (most recent call last):
  File "/usr/local/lib/python3.8/site-packages/apache_beam/runners/worker/sdk_worker.py", line 300, in _execute
    response = task()
  File "pyflink/fn_execution/beam/beam_operations_fast.pyx", line 92, in pyflink.fn_execution.beam.beam_operations_fast.FunctionOperation.process
  File "/tmp/pyflink/enrich.py", line 21, in lookup
    return row.total / row.count
ZeroDivisionError: division by zero

	at java.base/java.util.concurrent.CompletableFuture.reportGet(CompletableFuture.java:395)
	at org.apache.beam.runners.fnexecution.control.SdkHarnessClient$BundleProcessor$ActiveBundle.close(SdkHarnessClient.java:504)
	... 13 more
Caused by: java.lang.RuntimeException: Error received from SDK harness for instruction 4: Traceback (most recent call last):
  File "/usr/local/lib/python3.8/site-packages/apache_beam/runners/worker/sdk_worker.py", line 300, in _execute
    response = task()
  File "pyflink/fn_execution/beam/beam_operations_fast.pyx", line 92, in pyflink.fn_execution.beam.beam_operations_fast.FunctionOperation.process
  File "/tmp/pyflink/enrich.py", line 21, in lookup
    return row.total / row.count
ZeroDivisionError: division by zero

	at org.apache.beam.runners.fnexecution.control.FnApiControlClient$ResponseStreamObserver.onNext(FnApiControlClient.java:180)
	... 1 more""", task="Source: orders -> python-map"), want("user_code", "ZeroDivisionError")


def connectors():
    yield "kinesis-stream-missing", coordinator("""org.apache.flink.connector.kinesis.source.exception.KinesisStreamsSourceException: Failed to list shards.
	at org.apache.flink.connector.kinesis.source.enumerator.KinesisStreamsSourceEnumerator.assignSplits(KinesisStreamsSourceEnumerator.java:201)
	at org.apache.flink.runtime.source.coordinator.ExecutorNotifier.lambda$null$1(ExecutorNotifier.java:83)
	... 3 more
Caused by: software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException: Stream orders under account 111122223333 not found. (Service: Kinesis, Status Code: 400, Request ID: f1a2, Extended Request ID: z==)
	at software.amazon.awssdk.core.internal.http.CombinedResponseHandler.handleErrorResponse(CombinedResponseHandler.java:125)
	... 9 more""", "Exception while handling result from async call in SourceCoordinator-Source: orders. Triggering job failover."), want("not_found", "software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException")
    yield "kafka-topic-not-authorized", coordinator("""org.apache.flink.util.FlinkRuntimeException: Failed to list subscribed topic partitions due to
	at org.apache.flink.connector.kafka.source.enumerator.KafkaSourceEnumerator.checkPartitionChanges(KafkaSourceEnumerator.java:253)
	... 3 more
Caused by: java.lang.RuntimeException: Failed to get metadata for topics [orders].
	at org.apache.flink.connector.kafka.source.enumerator.subscriber.KafkaSubscriberUtils.getTopicMetadata(KafkaSubscriberUtils.java:67)
	... 8 more
Caused by: java.util.concurrent.ExecutionException: org.apache.kafka.common.errors.TopicAuthorizationException: Topic authorization failed.
	at java.base/java.util.concurrent.CompletableFuture.reportGet(CompletableFuture.java:395)
	... 10 more
Caused by: org.apache.kafka.common.errors.TopicAuthorizationException: Topic authorization failed.""", "Uncaught exception in the SplitEnumerator for Source Source: orders while handling operator event ReaderRegistrationEvent[subtaskId = 0]. Triggering job failover.", flink="1.18"), want("permission", "org.apache.kafka.common.errors.TopicAuthorizationException")
    yield "kinesis-sink-throttled", failing("""org.apache.flink.connector.kinesis.sink.KinesisStreamsException$KinesisStreamsFailFastException: Encountered an exception while persisting records, not retrying due to {failOnError} being set.
	at org.apache.flink.connector.kinesis.sink.KinesisStreamsSinkWriter.handleFullyFailedRequest(KinesisStreamsSinkWriter.java:196)
	at org.apache.flink.connector.base.sink.writer.AsyncSinkWriter.flush(AsyncSinkWriter.java:340)""" + TAIL + """
Caused by: software.amazon.awssdk.services.kinesis.model.ProvisionedThroughputExceededException: Rate exceeded for shard shardId-000000000001 in stream out under account 111122223333. (Service: Kinesis, Status Code: 400, Request ID: c0de)
	at software.amazon.awssdk.core.internal.http.CombinedResponseHandler.handleErrorResponse(CombinedResponseHandler.java:125)
	... 9 more""", loop=4), want("throttling", "software.amazon.awssdk.services.kinesis.model.ProvisionedThroughputExceededException", attempt=0)
    yield "kinesis-legacy-out-of-retries", failing("""java.lang.RuntimeException: Retries exceeded for getRecords operation - all 3 retry attempts failed.
	at org.apache.flink.streaming.connectors.kinesis.proxy.KinesisProxy.getRecords(KinesisProxy.java:311)
	at org.apache.flink.streaming.connectors.kinesis.internals.publisher.polling.PollingRecordPublisher.getRecords(PollingRecordPublisher.java:158)
	at org.apache.flink.streaming.connectors.kinesis.internals.ShardConsumer.run(ShardConsumer.java:127)
	at java.base/java.util.concurrent.ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java:1128)
	at java.base/java.lang.Thread.run(Thread.java:829)""", flink="1.15", order=last), want(["throttling", "source"], "java.lang.RuntimeException")
    yield "firehose-denied", failing("""org.apache.flink.connector.firehose.sink.KinesisFirehoseException: Encountered non-recoverable exception relating to not being able to perform the request
	at org.apache.flink.connector.firehose.sink.KinesisFirehoseSinkWriter.handleFullyFailedRequest(KinesisFirehoseSinkWriter.java:218)""" + TAIL + """
Caused by: software.amazon.awssdk.services.firehose.model.FirehoseException: User: arn:aws:sts::111122223333:assumed-role/flink-orders/orders is not authorized to perform: firehose:PutRecordBatch on resource: arn:aws:firehose:eu-west-1:111122223333:deliverystream/out because no identity-based policy allows the firehose:PutRecordBatch action (Service: Firehose, Status Code: 400, Request ID: 9e)
	... 12 more"""), want("permission", "software.amazon.awssdk.services.firehose.model.FirehoseException")
    yield "dynamodb-key-missing-then-partial-recovery", failing("""org.apache.flink.connector.dynamodb.sink.DynamoDbSinkException: Encountered non-recoverable exception. Some writes have failed.
	at org.apache.flink.connector.dynamodb.sink.DynamoDbSinkWriter.handleFullyFailedRequest(DynamoDbSinkWriter.java:250)""" + TAIL + """
Caused by: software.amazon.awssdk.services.dynamodb.model.DynamoDbException: The provided key element does not match the schema (Service: DynamoDb, Status Code: 400, Request ID: K1)
	at software.amazon.awssdk.core.internal.http.CombinedResponseHandler.handleErrorResponse(CombinedResponseHandler.java:125)
	... 12 more""", loop=6), want(["sink", "bad_record"], "software.amazon.awssdk.services.dynamodb.model.DynamoDbException", attempt=0)
    yield "jdbc-duplicate-key", failing("""java.io.IOException: Writing records to JDBC failed.
	at org.apache.flink.connector.jdbc.internal.JdbcOutputFormat.checkFlushException(JdbcOutputFormat.java:197)""" + TAIL + """
Caused by: java.io.IOException: java.sql.BatchUpdateException: Batch entry 0 INSERT INTO orders(id, total) VALUES (17, 3) was aborted: ERROR: duplicate key value violates unique constraint "orders_pkey"
  Detail: Key (id)=(17) already exists.  Call getNextException to see other errors in the batch.
	at org.apache.flink.connector.jdbc.internal.JdbcOutputFormat.flush(JdbcOutputFormat.java:222)
	... 8 more
Caused by: java.sql.BatchUpdateException: Batch entry 0 INSERT INTO orders(id, total) VALUES (17, 3) was aborted: ERROR: duplicate key value violates unique constraint "orders_pkey"
  Detail: Key (id)=(17) already exists.  Call getNextException to see other errors in the batch.
	at org.postgresql.jdbc.BatchResultHandler.handleError(BatchResultHandler.java:165)
	... 10 more
Caused by: org.postgresql.util.PSQLException: ERROR: duplicate key value violates unique constraint "orders_pkey"
  Detail: Key (id)=(17) already exists.
	at org.postgresql.core.v3.QueryExecutorImpl.receiveErrorResponse(QueryExecutorImpl.java:2712)
	... 12 more""", flink="1.16", order=last), want(["sink", "bad_record"], "org.postgresql.util.PSQLException")
    yield "mysql-host-unknown", failing("""java.io.IOException: unable to open JDBC writer
	at org.apache.flink.connector.jdbc.internal.JdbcOutputFormat.open(JdbcOutputFormat.java:144)""" + OPEN + """
Caused by: com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure

The last packet sent successfully to the server was 0 milliseconds ago. The driver has not received any packets from the server.
	at com.mysql.cj.jdbc.exceptions.SQLError.createCommunicationsException(SQLError.java:174)
	... 9 more
Caused by: com.mysql.cj.exceptions.CJCommunicationsException: Communications link failure

The last packet sent successfully to the server was 0 milliseconds ago. The driver has not received any packets from the server.
	at com.mysql.cj.exceptions.ExceptionFactory.createException(ExceptionFactory.java:104)
	... 12 more
Caused by: java.net.UnknownHostException: orders-db.cluster-c9akciq32.eu-west-1.rds.amazonaws.com: Name or service not known
	at java.base/java.net.Inet4AddressImpl.lookupAllHostAddr(Native Method)
	... 14 more""", before="INITIALIZING", order=last), want("network", "java.net.UnknownHostException")
    yield "kafka-transaction-timeout", failing("""org.apache.kafka.common.KafkaException: Unexpected error in InitProducerIdResponse; The transaction timeout is larger than the maximum value allowed by the broker (as configured by transaction.max.timeout.ms).
	at org.apache.kafka.clients.producer.internals.TransactionManager$InitProducerIdHandler.handleResponse(TransactionManager.java:1343)
	at org.apache.kafka.clients.producer.internals.Sender.run(Sender.java:243)
	at java.base/java.lang.Thread.run(Thread.java:829)
Caused by: org.apache.kafka.common.errors.InvalidTxnTimeoutException: The transaction timeout is larger than the maximum value allowed by the broker (as configured by transaction.max.timeout.ms).""", before="INITIALIZING"), want("config", "org.apache.kafka.common.errors.InvalidTxnTimeoutException")
    yield "kafka-private-ca", failing(FETCHERS + """
Caused by: org.apache.kafka.common.errors.SslAuthenticationException: SSL handshake failed
Caused by: javax.net.ssl.SSLHandshakeException: PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target
	at java.base/sun.security.ssl.Alert.createSSLException(Alert.java:131)
	... 12 more
Caused by: sun.security.validator.ValidatorException: PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target
	at java.base/sun.security.validator.PKIXValidator.doBuild(PKIXValidator.java:439)
	... 14 more
Caused by: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target
	at java.base/sun.security.provider.certpath.SunCertPathBuilder.build(SunCertPathBuilder.java:141)
	... 16 more""", flink="1.15", order=last), want(["network", "config"], ["sun.security.provider.certpath.SunCertPathBuilderException", "sun.security.validator.ValidatorException", "javax.net.ssl.SSLHandshakeException", "org.apache.kafka.common.errors.SslAuthenticationException"])
    yield "iceberg-concurrent-commit", failing("""org.apache.iceberg.exceptions.CommitFailedException: Cannot commit glue_catalog.db.orders because Glue detected concurrent update
	at org.apache.iceberg.aws.glue.GlueTableOperations.handleAWSExceptions(GlueTableOperations.java:355)
	at org.apache.iceberg.flink.sink.IcebergFilesCommitter.commitOperation(IcebergFilesCommitter.java:412)""" + TAIL, task="IcebergFilesCommitter -> Sink: IcebergSink glue_catalog.db.orders", order=last), want("sink", "org.apache.iceberg.exceptions.CommitFailedException")
    yield "opensearch-disk-watermark", failing("""org.apache.flink.util.FlinkRuntimeException: Complete bulk has failed.
	at org.apache.flink.connector.opensearch.sink.OpensearchWriter.checkErroneous(OpensearchWriter.java:190)""" + TAIL + """
Caused by: OpenSearchException[OpenSearch exception [type=cluster_block_exception, reason=index [orders] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];]]
	at org.opensearch.OpenSearchException.innerFromXContent(OpenSearchException.java:552)
	... 12 more""", order=last), want(["sink", "resource"])
    yield "s3-sink-kms-denied", failing("""java.nio.file.AccessDeniedException: out/dt=2026-01-01/part-2-0: initiate MultiPartUpload on out/dt=2026-01-01/part-2-0: com.amazonaws.services.s3.model.AmazonS3Exception: User: arn:aws:sts::111122223333:assumed-role/flink-orders/orders is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:eu-west-1:111122223333:key/1 because no identity-based policy allows the kms:GenerateDataKey action (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: 4N)
	at org.apache.hadoop.fs.s3a.S3AUtils.translateException(S3AUtils.java:255)
	at org.apache.flink.fs.s3hadoop.HadoopS3AccessHelper.startMultiPartUpload(HadoopS3AccessHelper.java:78)""" + TAIL + """
Caused by: com.amazonaws.services.s3.model.AmazonS3Exception: User: arn:aws:sts::111122223333:assumed-role/flink-orders/orders is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:eu-west-1:111122223333:key/1 because no identity-based policy allows the kms:GenerateDataKey action (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: 4N)
	at com.amazonaws.http.AmazonHttpClient$RequestExecutor.handleErrorResponse(AmazonHttpClient.java:1879)
	... 14 more""", flink="1.18"), want("permission", "com.amazonaws.services.s3.model.AmazonS3Exception")
    yield "s3-slow-down-in-checkpoint", declined("""java.util.concurrent.ExecutionException: java.io.IOException: Could not flush to file and close the file system output stream to s3://state/7f3c/shared/2f0e in order to obtain the stream state handle
	at java.base/java.util.concurrent.FutureTask.report(FutureTask.java:122)
	... 3 more
Caused by: java.io.IOException: Could not flush to file and close the file system output stream to s3://state/7f3c/shared/2f0e in order to obtain the stream state handle
	at org.apache.flink.runtime.state.filesystem.FsCheckpointStreamFactory$FsCheckpointStateOutputStream.closeAndGetHandle(FsCheckpointStreamFactory.java:375)
	... 8 more
Caused by: com.amazonaws.services.s3.model.AmazonS3Exception: Please reduce your request rate. (Service: Amazon S3; Status Code: 503; Error Code: SlowDown; Request ID: 3H; S3 Extended Request ID: q=; Proxy: null)
	at com.amazonaws.http.AmazonHttpClient$RequestExecutor.handleErrorResponse(AmazonHttpClient.java:1879)
	... 14 more"""), want("throttling", "com.amazonaws.services.s3.model.AmazonS3Exception")


def deploys():
    yield "state-serializer-changed", failing("""java.lang.RuntimeException: Error while getting state
	at org.apache.flink.runtime.state.DefaultKeyedStateStore.getState(DefaultKeyedStateStore.java:76)
	at com.acme.sessions.SessionFunction.open(SessionFunction.java:52)""" + OPEN + """
Caused by: org.apache.flink.util.StateMigrationException: The new state serializer (org.apache.flink.api.java.typeutils.runtime.kryo.KryoSerializer@60a1f3b1) must not be incompatible with the old state serializer (org.apache.flink.api.java.typeutils.runtime.PojoSerializer@8e2b5d5).
	at org.apache.flink.contrib.streaming.state.RocksDBKeyedStateBackend.updateRestoredStateMetaInfo(RocksDBKeyedStateBackend.java:868)
	... 16 more""", before="INITIALIZING"), want("state_incompat", "org.apache.flink.util.StateMigrationException")
    yield "state-class-removed", failing("""java.lang.Exception: Exception while creating StreamOperatorStateContext.
	at org.apache.flink.streaming.api.operators.StreamTaskStateInitializerImpl.streamOperatorStateContext(StreamTaskStateInitializerImpl.java:330)""" + OPEN + """
Caused by: org.apache.flink.util.FlinkException: Could not restore keyed state backend for KeyedProcessOperator_20ba6b65f97481d5570070de90e4e791_(3/8) from any of the 1 provided restore options.
	at org.apache.flink.streaming.api.operators.BackendRestorerProcedure.createAndRestore(BackendRestorerProcedure.java:165)
	... 11 more
Caused by: org.apache.flink.runtime.state.BackendBuildingException: Caught unexpected exception.
	at org.apache.flink.contrib.streaming.state.RocksDBKeyedStateBackendBuilder.build(RocksDBKeyedStateBackendBuilder.java:405)
	... 13 more
Caused by: java.io.IOException: Could not find class 'com.acme.model.OldBasket' in classpath.
	at org.apache.flink.util.InstantiationUtil.resolveClassByName(InstantiationUtil.java:762)
	... 18 more
Caused by: java.lang.ClassNotFoundException: com.acme.model.OldBasket
	at java.base/java.net.URLClassLoader.findClass(URLClassLoader.java:476)
	... 21 more""", before="INITIALIZING", flink="1.16", order=last), want(["state_incompat", "dependency"], "java.lang.ClassNotFoundException")
    yield "max-parallelism-changed", submitted("""org.apache.flink.runtime.client.JobInitializationException: Could not start the JobMaster.
	at org.apache.flink.runtime.jobmaster.DefaultJobMasterServiceProcess.lambda$new$0(DefaultJobMasterServiceProcess.java:97)
	... 3 more
Caused by: java.util.concurrent.CompletionException: java.lang.IllegalStateException: Failed to rollback to checkpoint/savepoint Checkpoint 412 @ 0 for 7f3c2a9b8e1d4c5f6a7b8c9d0e1f2a3b located at s3://state/chk-412. Max parallelism mismatch between checkpoint/savepoint state and new program. Cannot map operator cbc357ccb763df2852fee8c4fc7d55f2 with max parallelism 128 to new program with max parallelism 1024.
	at java.base/java.util.concurrent.CompletableFuture.encodeThrowable(CompletableFuture.java:314)
	... 3 more
Caused by: java.lang.IllegalStateException: Failed to rollback to checkpoint/savepoint Checkpoint 412 @ 0 for 7f3c2a9b8e1d4c5f6a7b8c9d0e1f2a3b located at s3://state/chk-412. Max parallelism mismatch between checkpoint/savepoint state and new program. Cannot map operator cbc357ccb763df2852fee8c4fc7d55f2 with max parallelism 128 to new program with max parallelism 1024.
	at org.apache.flink.runtime.checkpoint.Checkpoints.loadAndValidateCheckpoint(Checkpoints.java:212)
	... 9 more"""), want("state_incompat", "java.lang.IllegalStateException")
    yield "no-factory-for-kafka", submitted(main_failed("Unable to create a source for reading table 'default_catalog.default_database.orders'.",
        "org.apache.flink.table.api.ValidationException: Unable to create a source for reading table 'default_catalog.default_database.orders'.\n\nTable options are:\n\n'connector'='kafka'\n'topic'='orders'", """
	at org.apache.flink.table.factories.FactoryUtil.createDynamicTableSource(FactoryUtil.java:228)
	at com.acme.sql.Main.main(Main.java:40)""") + """
Caused by: org.apache.flink.table.api.ValidationException: Cannot discover a connector using option: 'connector'='kafka'
	at org.apache.flink.table.factories.FactoryUtil.enrichNoMatchingConnectorError(FactoryUtil.java:798)
	... 41 more
Caused by: org.apache.flink.table.api.ValidationException: Could not find any factory for identifier 'kafka' that implements 'org.apache.flink.table.factories.DynamicTableFactory' in the classpath.

Available factory identifiers are:

blackhole
datagen
print
	at org.apache.flink.table.factories.FactoryUtil.discoverFactory(FactoryUtil.java:623)
	... 43 more"""), want(["dependency", "config"], "org.apache.flink.table.api.ValidationException")
    yield "guava-of-another-version", failing(CHAINED + """
Caused by: java.lang.NoSuchMethodError: 'void com.google.common.base.Preconditions.checkArgument(boolean, java.lang.String, char, java.lang.Object)'
	at com.google.cloud.bigtable.config.BigtableOptions.<init>(BigtableOptions.java:88)
	at com.acme.sink.BigtableSink.invoke(BigtableSink.java:51)
	... 12 more""", flink="1.15"), want("dependency", "java.lang.NoSuchMethodError")
    yield "same-class-two-loaders", failing(CHAINED + """
Caused by: java.lang.ClassCastException: class com.acme.model.Order cannot be cast to class com.acme.model.Order (com.acme.model.Order is in unnamed module of loader org.apache.flink.util.ChildFirstClassLoader @6f1c29b7; com.acme.model.Order is in unnamed module of loader 'app')
	at com.acme.orders.Route.map(Route.java:17)
	... 12 more"""), want("dependency", "java.lang.ClassCastException", "com.acme.orders.Route.map")
    yield "read-only-root", failing("""java.nio.file.FileSystemException: /opt/flink/cache/model.bin: Read-only file system
	at java.base/sun.nio.fs.UnixException.translateToIOException(UnixException.java:100)
	at java.base/java.nio.file.Files.newOutputStream(Files.java:220)
	at com.acme.ml.ModelScorer.open(ModelScorer.java:61)""" + OPEN, before="INITIALIZING", flink="2.2"), want(["config", "resource", "permission"], "java.nio.file.FileSystemException", "com.acme.ml.ModelScorer.open")
    yield "no-imds", failing("""software.amazon.awssdk.core.exception.SdkClientException: Unable to load credentials from any of the providers in the chain AwsCredentialsProviderChain(credentialsProviders=[SystemPropertyCredentialsProvider(), InstanceProfileCredentialsProvider()]) : [SystemPropertyCredentialsProvider(): Unable to load credentials from system settings., InstanceProfileCredentialsProvider(): Failed to load credentials from IMDS.]
	at software.amazon.awssdk.core.exception.SdkClientException$BuilderImpl.build(SdkClientException.java:130)
	at software.amazon.awssdk.services.dynamodb.DefaultDynamoDbClient.getItem(DefaultDynamoDbClient.java:3120)
	at com.acme.lookup.Customers.open(Customers.java:29)""" + OPEN, before="INITIALIZING", flink="2.2", order=last), want(["permission", "config"], "software.amazon.awssdk.core.exception.SdkClientException", "com.acme.lookup.Customers.open")
    yield "python-module-missing", python_start(), want("dependency", "ModuleNotFoundError")


def python_start():
    log = Log("1.20")
    for index, line in enumerate(("Traceback (most recent call last):", '  File "/opt/flink/usrlib/main.py", line 4, in <module>', "    import boto3", "ModuleNotFoundError: No module named 'boto3'")):
        log.put(20 + index / 1000, "INFO", FLINK + "client.python.PythonDriver", line)
    trace = "java.lang.RuntimeException: Python process exits with code: 1\n\tat org.apache.flink.client.python.PythonDriver.main(PythonDriver.java:132)"
    log.put(20.1, "ERROR", FLINK + "client.python.PythonDriver", "Run python process failed", trace)
    log.service(21, "org.apache.flink.client.program.ProgramAbortException: " + trace + "\n\tat org.apache.flink.client.python.PythonDriver.main(PythonDriver.java:140)\nCaused by: " + trace)
    return log.document()


def resources():
    yield "rocksdb-disk-full", failing("""org.apache.flink.util.FlinkRuntimeException: Error while adding data to RocksDB
	at org.apache.flink.contrib.streaming.state.RocksDBListState.add(RocksDBListState.java:118)
	at com.acme.join.BufferingJoin.processElement1(BufferingJoin.java:44)""" + TAIL + """
Caused by: org.rocksdb.RocksDBException: While appending to file: /tmp/tm/job_7f3c/op_KeyedCoProcess__3_8__uuid_1/db/000231.sst: No space left on device
	at org.rocksdb.RocksDB.merge(Native Method)
	... 15 more"""), want("resource", "org.rocksdb.RocksDBException")
    slots = """org.apache.flink.runtime.jobmanager.scheduler.NoResourceAvailableException: Slot request bulk is not fulfillable! Could not allocate the required slot within slot request timeout
	at org.apache.flink.runtime.jobmaster.slotpool.PhysicalSlotRequestBulkCheckerImpl.lambda$schedulePendingRequestBulkWithTimestampCheck$0(PhysicalSlotRequestBulkCheckerImpl.java:86)
	... 27 more
Caused by: java.util.concurrent.TimeoutException: Timeout has occurred: 300000 ms
	... 27 more"""
    log = Log("1.19").healthy(60, every=30)
    log.put(400, "INFO", EXECUTION_GRAPH, f"Source: orders (1/16) (1f2e3d4c5b6a79881f2e3d4c5b6a7988_{VERTEX}_0_0) switched from SCHEDULED to FAILED on [unassigned resource].", root_first("java.util.concurrent.CompletionException: " + slots.split("\n\t")[0] + "\n\tat java.base/java.util.concurrent.CompletableFuture.encodeThrowable(CompletableFuture.java:331)\nCaused by: " + slots))
    yield "slots-missing-after-scaling", log.restart(400.1).document(), want("resource", "org.apache.flink.runtime.jobmanager.scheduler.NoResourceAvailableException")
    yield "network-buffers", failing("""java.io.IOException: Insufficient number of network buffers: required 513, but only 118 available. The total number of network buffers is currently set to 12276 of 32768 bytes each. You can increase this number by setting the configuration keys 'taskmanager.memory.network.fraction', 'taskmanager.memory.network.min', and 'taskmanager.memory.network.max'.
	at org.apache.flink.runtime.io.network.buffer.NetworkBufferPool.internalCreateBufferPool(NetworkBufferPool.java:495)
	at org.apache.flink.runtime.taskmanager.Task.setupPartitionsAndGates(Task.java:981)
	at org.apache.flink.runtime.taskmanager.Task.run(Task.java:575)""", before="DEPLOYING", order=last), want(["resource", "config"], "java.io.IOException")
    yield "frame-size", failing("""java.lang.Exception: Could not complete the state handles of 1 subtask
	at org.apache.flink.runtime.taskexecutor.TaskExecutor.submitTask(TaskExecutor.java:680)
Caused by: java.io.IOException: The rpc invocation size 31457312 exceeds the maximum pekko framesize.
	at org.apache.flink.runtime.rpc.pekko.PekkoInvocationHandler.createRpcInvocationMessage(PekkoInvocationHandler.java:264)
	... 9 more""", flink="1.18"), want(["config", "resource", "checkpoint"], "java.io.IOException")
    fatal = Log("1.20").healthy(60, every=30)
    fatal.put(90, "ERROR", FLINK + "runtime.taskexecutor.TaskManagerRunner", "Fatal error occurred while executing the TaskManager. Shutting it down...",
              "java.lang.OutOfMemoryError: Metaspace. The metaspace out-of-memory error has occurred. This can mean two things: either the job requires a larger size of JVM metaspace to load classes or there is a class loading leak. In the first case 'taskmanager.memory.jvm-metaspace.size' configuration option should be increased.\n")
    fatal.failed(91, "Source: orders", 2, 4, 0, root_first("""org.apache.flink.runtime.io.network.netty.exception.RemoteTransportException: Connection unexpectedly closed by remote task manager '10.0.1.17/10.0.1.17:6121 [ 10.0.1.17:6122-1f2e3d ] '. This might indicate that the remote task manager was lost.
	at org.apache.flink.runtime.io.network.netty.CreditBasedPartitionRequestClientHandler.channelInactive(CreditBasedPartitionRequestClientHandler.java:134)"""))
    yield "metaspace-then-connections-lost", fatal.restart(91.2).document(), want("memory", "java.lang.OutOfMemoryError", role=["trigger", "symptom_needs_metrics"])
    yield "heap-in-own-buffer", failing("""java.lang.OutOfMemoryError: Java heap space
	at java.base/java.util.Arrays.copyOf(Arrays.java:3481)
	at java.base/java.util.ArrayList.grow(ArrayList.java:237)
	at com.acme.agg.BufferingAggregator.add(BufferingAggregator.java:33)
	at org.apache.flink.runtime.state.heap.HeapAggregatingState$AggregateTransformation.apply(HeapAggregatingState.java:154)""" + TAIL, order=last), want("memory", "java.lang.OutOfMemoryError", "com.acme.agg.BufferingAggregator.add", role=["trigger", "symptom_needs_metrics"])
    killed = Log("1.18").healthy(60, every=30)
    killed.put(90, "INFO", FLINK + "runtime.resourcemanager.active.ActiveResourceManager", "Worker orders-taskmanager-1-3 is terminated. Diagnostics: Pod terminated, container termination statuses: [flink-main-container(exitCode=137, reason=OOMKilled, message=null)], pod status: Failed(reason=null, message=null)")
    killed.failed(90.5, "Source: orders", 2, 4, 0, root_first("org.apache.flink.runtime.jobmaster.JobMasterException: TaskManager with id orders-taskmanager-1-3(10.0.1.17:6122) is no longer reachable.\n\tat org.apache.flink.runtime.jobmaster.JobMaster$TaskManagerHeartbeatListener.notifyTargetUnreachable(JobMaster.java:1427)"))
    yield "container-killed-for-memory", killed.restart(90.7).document(), want("memory", role=["trigger", "symptom_needs_metrics"])


def other_shapes():
    yield "clock-of-one-task-manager-is-slow", skewed(), want("user_code", "java.lang.IllegalStateException", "com.acme.stock.Reserve.processElement", task="Reserve (5/8)")
    heartbeat = Log("1.20").healthy(60, every=30)
    heartbeat.put(130, "INFO", FLINK + "runtime.resourcemanager.StandaloneResourceManager", "The heartbeat of TaskManager with id 10.0.3.14:6122-7a6f timed out.")
    heartbeat.job_manager_failed(130.02, "Source: orders", 1, 4, 0, root_first("java.util.concurrent.TimeoutException: Heartbeat of TaskManager with id 10.0.3.14:6122-7a6f timed out.\n\tat org.apache.flink.runtime.jobmaster.JobMaster$TaskManagerHeartbeatListener.notifyHeartbeatTimeout(JobMaster.java:1413)"))
    yield "heartbeat-alone", heartbeat.restart(130.2).document(), want("unknown", role="symptom_needs_metrics")
    yield "wrapper-and-nothing-beneath", failing(CHAINED, order=last), want("unknown", role=["unknown", "symptom_needs_metrics"])
    tail_only = Log("1.20")
    yield "only-the-loop-is-left", tail_only.loop(5, 9, attempt=47).document(), want(["source", "unknown"], "java.lang.UnsupportedOperationException", role="sustainer_only")
    yield "record-cut-in-two", split(), want("user_code", "java.lang.ArrayIndexOutOfBoundsException", "com.acme.wide.Explode.flatMap")
    yield "cut-before-the-cause", cut(), want("user_code", "java.lang.IllegalArgumentException", "com.acme.geo.Tile.of")
    expired = Log("1.20").healthy(60, every=30)
    for index in range(3):
        expired.put(3600 * (index + 1) + 60, "INFO", COORDINATOR, f"Checkpoint {90 + index} of job {JOB} expired before completing.", thread="Checkpoint Timer")
    expired.global_failure(10860.01, root_first("org.apache.flink.util.FlinkRuntimeException: Exceeded checkpoint tolerable failure threshold. The latest checkpoint failed due to Checkpoint expired before completing., view the Checkpoint History tab or the Job Manager log to find out why continuous checkpoints failed.\n\tat org.apache.flink.runtime.checkpoint.CheckpointFailureManager.checkFailureAgainstCounter(CheckpointFailureManager.java:212)\n\tat org.apache.flink.runtime.checkpoint.CheckpointCoordinator$CheckpointCanceller.run(CheckpointCoordinator.java:2211)"))
    yield "checkpoints-expire", expired.restart(10860.2).document(), want("checkpoint", role=["trigger", "symptom_needs_metrics"])
    yield "healthy-with-frightening-warnings", frightening(), None
    yield "healthy-after-one-declined-checkpoint", one_decline(), None


def skewed():
    """Subtask 1 on another host hears of the lost connection by a clock that is half a second ahead of the one where it began."""
    log = Log("1.20").healthy(60, every=30)
    log.failed(89.6, "Source: stock", 1, 8, 0, root_first("org.apache.flink.runtime.io.network.netty.exception.LocalTransportException: readAddress(..) failed: Connection reset by peer (connection to '10.0.1.22/10.0.1.22:6121 [10.0.1.22:6122-ab] ')\n\tat org.apache.flink.runtime.io.network.netty.CreditBasedPartitionRequestClientHandler.exceptionCaught(CreditBasedPartitionRequestClientHandler.java:170)\nCaused by: org.apache.flink.shaded.netty4.io.netty.channel.unix.Errors$NativeIoException: readAddress(..) failed: Connection reset by peer"))
    log.failed(90.0, "Reserve", 5, 8, 0, root_first(CHAINED + """
Caused by: java.lang.IllegalStateException: reserved 12 of 10 items
	at com.acme.stock.Reserve.processElement(Reserve.java:71)
	at org.apache.flink.streaming.api.operators.KeyedProcessOperator.processElement(KeyedProcessOperator.java:81)
	... 9 more"""))
    return log.restart(90.3, "Source: stock", 8).document()


def split():
    """One record of more than 256 KB comes as two events."""
    log = Log("1.20").healthy(60, every=30)
    trace = root_first(CHAINED + "\nCaused by: java.lang.ArrayIndexOutOfBoundsException: Index 12 out of bounds for length 12\n\tat com.acme.wide.Explode.flatMap(Explode.java:19)" + "\n\tat com.acme.wide.Explode.deep(Explode.java:23)" * 9000)
    log.task_failed(80, "Source: wide -> Explode", 2, 4, 0, trace)
    at, text = log.lines.pop()
    cut_at = 256 * 1024 - 26
    log.lines += [(at, text[:cut_at]), (at, text[cut_at:])]
    return log.restart(80.2).document()


def cut():
    """The TaskManager's record is cut off in the outer exception; the JobManager's is whole."""
    log = Log("1.17").healthy(60, every=30)
    trace = CHAINED + "\nCaused by: java.lang.IllegalArgumentException: latitude 91.2\n\tat com.acme.geo.Tile.of(Tile.java:15)\n\tat com.acme.geo.ToTile.map(ToTile.java:9)\n\t... 12 more"
    log.task_failed(80, "Source: positions -> ToTile", 2, 4, 0, trace)
    at, text = log.lines.pop()
    log.lines.append((at, text[:1400]))
    log.job_manager_failed(80.03, "Source: positions -> ToTile", 2, 4, 0, trace)
    return log.restart(80.2).document()


def frightening():
    log = Log("1.20").healthy(600, every=30)
    log.put(5, "WARN", "org.apache.kafka.common.utils.AppInfoParser", "Error registering AppInfo mbean", "javax.management.InstanceAlreadyExistsException: kafka.consumer:type=app-info,id=orders-0\n\tat java.management/com.sun.jmx.mbeanserver.Repository.addMBean(Repository.java:436)\n")
    log.put(31, "WARN", "org.apache.kafka.clients.NetworkClient", "[Consumer clientId=orders-2, groupId=orders] Bootstrap broker b-1.msk.amazonaws.com:9098 (id: -1 rack: null) disconnected")
    log.put(92, "WARN", FLINK + "streaming.connectors.kinesis.proxy.KinesisProxy", "Got recoverable SdkClientException. Backing off for 612 millis (Rate exceeded for shard shardId-000000000001 (Service: AmazonKinesis; Status Code: 400; Error Code: ProvisionedThroughputExceededException))")
    log.put(151, "WARN", "io.netty.channel.DefaultChannelPipeline", "An exceptionCaught() event was fired, and it reached at the tail of the pipeline.", "java.io.IOException: Connection reset by peer\n\tat java.base/sun.nio.ch.FileDispatcherImpl.read0(Native Method)\n\tat io.netty.channel.nio.NioEventLoop.run(NioEventLoop.java:562)\n")
    log.put(200, "ERROR", "com.acme.orders.Enrich", "lookup of customer 17 failed, using the default", "java.net.SocketTimeoutException: Read timed out\n\tat java.base/java.net.SocketInputStream.socketRead0(Native Method)\n\tat com.acme.orders.Enrich.lookup(Enrich.java:60)\n")
    log.noise(300)
    log.put(420, "WARN", FLINK + "runtime.taskmanager.Task", "Time from receiving all checkpoint barriers/RPC to executing it exceeded threshold: 61000 ms")
    log.put(500, "WARN", COORDINATOR, f"Received late message for now expired checkpoint attempt 9 from task 1f2e_0_0 of job {JOB} at 10.0.1.17:6122-1f2e3d @ ip-10-0-1-17.")
    return log.document()


def one_decline():
    log = Log("1.19").healthy(300, every=30)
    trace = "org.apache.flink.runtime.checkpoint.CheckpointException: Checkpoint was declined (tasks not ready)\n\tat org.apache.flink.streaming.runtime.tasks.StreamTask.triggerCheckpointAsync(StreamTask.java:1101)\n"
    log.put(125, "INFO", COORDINATOR, f"Decline checkpoint 5 by task 1f2e_0_0 of job {JOB} at 10.0.1.17:6122-1f2e3d @ ip-10-0-1-17.", trace)
    log.put(125.01, "WARN", FLINK + "runtime.checkpoint.CheckpointFailureManager", f"Failed to trigger or complete checkpoint 5 for job {JOB}. (1 consecutive failed attempts so far)", trace)
    return log.document()


def adaptive():
    """The adaptive scheduler has lines of its own: the exception is at the job's transition, not at a task's."""
    log = Log("2.2").healthy(60, every=30)
    trace = root_first(CHAINED + """
Caused by: java.time.format.DateTimeParseException: Text '2026-13-01' could not be parsed: Invalid value for MonthOfYear (valid values 1 - 12): 13
	at java.base/java.time.format.DateTimeFormatter.createError(DateTimeFormatter.java:2023)
	at java.base/java.time.LocalDate.parse(LocalDate.java:430)
	at com.acme.dates.ToDay.map(ToDay.java:12)
	... 9 more""")
    log.put(80, "INFO", FLINK + "runtime.scheduler.adaptive.AdaptiveScheduler", "Restarting job.", trace)
    log.put(80.01, "INFO", FLINK + "runtime.scheduler.adaptive.AdaptiveScheduler", f"Job orders ({JOB}) switched from state RUNNING to RESTARTING.", trace)
    log.put(90, "INFO", FLINK + "runtime.scheduler.adaptive.AdaptiveScheduler", f"Job orders ({JOB}) switched from state CREATED to RUNNING.")
    return log.document()


def uncaught():
    """A thread that nobody waits for takes the process with it."""
    log = Log("1.20").healthy(60, every=30)
    log.put(80, "ERROR", FLINK + "util.FatalExitExceptionHandler", "FATAL: Thread 'rates-refresher' produced an uncaught exception. Stopping the process...",
            "java.util.ConcurrentModificationException\n\tat java.base/java.util.HashMap$HashIterator.nextNode(HashMap.java:1493)\n\tat com.acme.rates.Refresher.run(Refresher.java:58)\n\tat java.base/java.lang.Thread.run(Thread.java:829)\n", "rates-refresher")
    log.job_manager_failed(80.9, "Source: orders", 1, 4, 0, root_first("org.apache.flink.runtime.io.network.netty.exception.RemoteTransportException: Connection unexpectedly closed by remote task manager '10.0.1.17/10.0.1.17:6121 [ 10.0.1.17:6122-1f2e3d ] '. This might indicate that the remote task manager was lost.\n\tat org.apache.flink.runtime.io.network.netty.CreditBasedPartitionRequestClientHandler.channelInactive(CreditBasedPartitionRequestClientHandler.java:134)"))
    return log.restart(81).document()


def crashed():
    """The JVM ended with a signal in native code; nothing says why."""
    log = Log("1.19").healthy(60, every=30)
    log.put(90, "INFO", FLINK + "runtime.resourcemanager.active.ActiveResourceManager", "Worker orders-taskmanager-1-2 is terminated. Diagnostics: Pod terminated, container termination statuses: [flink-main-container(exitCode=134, reason=Error, message=null)], pod status: Failed(reason=null, message=null)")
    log.put(90.01, "INFO", FLINK + "runtime.resourcemanager.active.ActiveResourceManager", "Closing TaskExecutor connection orders-taskmanager-1-2 because: Pod terminated, container termination statuses: [flink-main-container(exitCode=134, reason=Error, message=null)]")
    log.job_manager_failed(90.03, "Source: orders", 1, 4, 0, root_first("org.apache.flink.util.FlinkExpectedException: The TaskExecutor is shutting down.\n\tat org.apache.flink.runtime.taskexecutor.TaskExecutor.onStop(TaskExecutor.java:481)"))
    return log.restart(90.2).document()


def stopped_on_purpose():
    log = Log("1.20").healthy(120, every=30)
    log.put(130, "INFO", JOB_MASTER, f"Triggering stop-with-savepoint for job {JOB}.")
    for subtask in range(1, 5):
        log.put(131, "INFO", TASK, f"Source: orders ({subtask}/4)#0 ({log.execution(subtask, 0)}) switched from RUNNING to FINISHED.")
    log.job(131.1, "RUNNING", "FINISHED")
    log.put(131.2, "INFO", FLINK + "runtime.dispatcher.StandaloneDispatcher", f"Job {JOB} reached terminal state FINISHED.")
    return log.document()


def rescaled():
    """Autoscaling cancels the job and starts it again."""
    log = Log("1.20").healthy(120, every=30)
    log.job(130, "RUNNING", "CANCELLING")
    for subtask in range(1, 5):
        log.put(130.1, "INFO", TASK, f"Source: orders ({subtask}/4)#0 ({log.execution(subtask, 0)}) switched from RUNNING to CANCELING.")
        log.put(130.2, "INFO", TASK, f"Source: orders ({subtask}/4)#0 ({log.execution(subtask, 0)}) switched from CANCELING to CANCELED.")
    log.put(130.25, "WARN", FLINK + "streaming.runtime.tasks.StreamTask", "Error while canceling task.", "java.io.IOException: Stream closed\n\tat com.acme.io.Tail.close(Tail.java:30)\n")
    log.job(130.3, "CANCELLING", "CANCELED")
    log.job(170, "CREATED", "RUNNING")
    return log.healthy(300, every=30, start=200).document()


def logged_then_thrown():
    """The code logs what it throws; a library before it logged what it got over."""
    log = Log("1.18").healthy(60, every=30)
    cause = "\tat com.acme.score.Scorer.score(Scorer.java:77)\n\tat com.acme.score.ScoreMap.map(ScoreMap.java:20)"
    log.put(70, "WARN", "software.amazon.awssdk.core.internal.http.pipeline.stages.RetryableStage", "Retryable error detected. Will retry in 112ms. Request attempt number 1",
            "software.amazon.awssdk.core.exception.SdkClientException: Unable to execute HTTP request: Read timed out\n\tat software.amazon.awssdk.core.exception.SdkClientException$BuilderImpl.build(SdkClientException.java:111)\n")
    log.put(79.99, "ERROR", "com.acme.score.Scorer", "cannot score 17", f"java.lang.ArithmeticException: / by zero\n{cause}\n", "Map (2/4)#0")
    log.failed(80, "Map", 2, 4, 0, root_first(CHAINED + f"\nCaused by: java.lang.ArithmeticException: / by zero\n{cause}\n\t... 9 more"))
    return log.restart(80.2).document()


def message_with_a_trace_inside():
    """An HTTP answer that quotes a server's own exception, in the message of the client's: whose the frames are, nobody can tell."""
    return failing("""com.acme.http.RemoteFailure: POST https://pricing.internal/v2/quote answered 422: {"error":"ValidationException","trace":"java.lang.OutOfMemoryError: Java heap space
	at com.pricing.Server.quote(Server.java:1)
Caused by: nothing"}
	at com.acme.http.Client.post(Client.java:90)
	at com.acme.quotes.Quote.asyncInvoke(Quote.java:31)""" + TAIL, order=last)


def two_jobs_one_log():
    """The older version's last lines stand before the new version's start in one stream: only the new one fails."""
    log = Log("1.20").healthy(60, every=30)
    log.job(65, "RUNNING", "CANCELLING")
    log.job(66, "CANCELLING", "CANCELED")
    log.put(90, "INFO", FLINK + "client.ClientUtils", "Starting program (detached: true)")
    log.put(95, "INFO", COORDINATOR, f"Restoring job {JOB} from Savepoint 12 @ 1767225660000 for {JOB} located at s3://state/savepoint-7f3c2a.")
    log.failed(99, "KeyedProcess -> Sink: out", 1, 4, 0, root_first("""java.lang.Exception: Exception while creating StreamOperatorStateContext.
	at org.apache.flink.streaming.api.operators.StreamTaskStateInitializerImpl.streamOperatorStateContext(StreamTaskStateInitializerImpl.java:330)""" + OPEN + """
Caused by: org.apache.flink.util.FlinkException: Could not restore keyed state backend for KeyedProcessOperator_20ba6b65f97481d5570070de90e4e791_(1/4) from any of the 1 provided restore options.
	at org.apache.flink.streaming.api.operators.BackendRestorerProcedure.createAndRestore(BackendRestorerProcedure.java:165)
	... 11 more
Caused by: java.io.InvalidClassException: com.acme.model.Session; local class incompatible: stream classdesc serialVersionUID = 1, local class serialVersionUID = 7718882871
	at java.base/java.io.ObjectStreamClass.initNonProxy(ObjectStreamClass.java:689)
	... 15 more"""), before="INITIALIZING")
    return log.restart(99.2, "KeyedProcess -> Sink: out").document()


def suppressed():
    return failing("""java.lang.RuntimeException: Failed to fetch next result
	at com.acme.batch.Reader.next(Reader.java:15)""" + TAIL + """
	Suppressed: java.lang.IllegalStateException: close() called twice
		at com.acme.batch.Reader.close(Reader.java:40)
		at org.apache.flink.streaming.api.operators.AbstractUdfStreamOperator.close(AbstractUdfStreamOperator.java:115)
		... 3 more
	Caused by: java.io.IOException: Stream closed
		... 5 more
Caused by: org.postgresql.util.PSQLException: FATAL: terminating connection due to administrator command
	at org.postgresql.core.v3.QueryExecutorImpl.receiveErrorResponse(QueryExecutorImpl.java:2725)
	... 10 more""", flink="1.16", order=last)


def plain_lines():
    """`aws logs tail`-like output of a record in the text layout."""
    log = Log("1.17", layout="text").healthy(60, every=30)
    log.failed(80, "Source: orders", 3, 4, 0, CHAINED + "\nCaused by: java.lang.IndexOutOfBoundsException: Index: 5, Size: 5\n\tat java.base/java.util.ArrayList.rangeCheck(ArrayList.java:659)\n\tat com.acme.csv.Columns.get(Columns.java:27)\n\t... 11 more")
    log.restart(80.2)
    return "\n".join(text for _, text in log.lines)


def rarer():
    yield "adaptive-scheduler", adaptive(), want(["user_code", "bad_record"], "java.time.format.DateTimeParseException", "com.acme.dates.ToDay.map")
    yield "uncaught-in-own-thread", uncaught(), want("user_code", "java.util.ConcurrentModificationException", "com.acme.rates.Refresher.run")
    yield "jvm-crash", crashed(), want("unknown", role="symptom_needs_metrics")
    yield "stopped-with-a-savepoint", stopped_on_purpose(), None
    yield "rescaled", rescaled(), None
    yield "logged-then-thrown", logged_then_thrown(), want("user_code", "java.lang.ArithmeticException", "com.acme.score.Scorer.score", task="Map (2/4)", attempt=0)
    yield "trace-quoted-in-a-message", message_with_a_trace_inside(), want(["user_code", "network"], "com.acme.http.RemoteFailure")
    yield "new-version-in-the-same-stream", two_jobs_one_log(), want("state_incompat", "java.io.InvalidClassException", attempt=0)
    yield "suppressed-with-its-own-cause", suppressed(), want(["source", "sink", "network"], "org.postgresql.util.PSQLException")
    yield "text-layout", plain_lines(), want("user_code", "java.lang.IndexOutOfBoundsException", "com.acme.csv.Columns.get", attempt=0, task="Source: orders (3/4)")
    yield "dynamodb-streams-expired-iterator", failing(FETCHERS + """
Caused by: software.amazon.awssdk.services.dynamodb.model.TrimmedDataAccessException: Attempt to access trimmed data: sequence number 49640 (Service: DynamoDbStreams, Status Code: 400, Request ID: T1)
	at software.amazon.awssdk.core.internal.http.CombinedResponseHandler.handleErrorResponse(CombinedResponseHandler.java:125)
	... 9 more""", loop=3), want("source", "software.amazon.awssdk.services.dynamodb.model.TrimmedDataAccessException", attempt=0)
    yield "kafka-offset-gone", failing(FETCHERS + """
Caused by: org.apache.kafka.clients.consumer.NoOffsetForPartitionException: Undefined offset with no reset policy for partitions: [orders-3]
	at org.apache.kafka.clients.consumer.internals.SubscriptionState.resetInitializingPositions(SubscriptionState.java:702)
	... 9 more""", order=last), want(["source", "config"], "org.apache.kafka.clients.consumer.NoOffsetForPartitionException")
    yield "kafka-record-too-large", failing("""org.apache.flink.util.FlinkRuntimeException: Failed to send data to Kafka out-3@-1 with FlinkKafkaInternalProducer{transactionalId='null', inTransaction=false, closed=false}
	at org.apache.flink.connector.kafka.sink.KafkaWriter$WriterCallback.throwException(KafkaWriter.java:440)""" + TAIL + """
Caused by: org.apache.kafka.common.errors.RecordTooLargeException: The message is 1573027 bytes when serialized which is larger than 1048576, which is the value of the max.request.size configuration.""", flink="1.17"), want(["sink", "bad_record", "config"], "org.apache.kafka.common.errors.RecordTooLargeException")
    yield "producer-fenced", failing("""org.apache.flink.util.FlinkRuntimeException: Committing one of transactions failed.
	at org.apache.flink.connector.kafka.sink.KafkaCommitter.commit(KafkaCommitter.java:96)""" + TAIL + """
Caused by: org.apache.kafka.common.errors.ProducerFencedException: There is a newer producer with the same transactionalId which fences the current one.""", flink="1.16", order=last), want(["sink", "config"], "org.apache.kafka.common.errors.ProducerFencedException")
    yield "mongo-duplicate", failing("""java.io.IOException: Writing records to MongoDB failed
	at org.apache.flink.connector.mongodb.sink.writer.MongoWriter.flush(MongoWriter.java:190)""" + TAIL + """
Caused by: com.mongodb.MongoBulkWriteException: Bulk write operation error on server db-0.acme.internal:27017. Write errors: [BulkWriteError{index=0, code=11000, message='E11000 duplicate key error collection: shop.orders index: _id_ dup key: { _id: 17 }', details={}}].
	at com.mongodb.internal.connection.BulkWriteBatchCombiner.getError(BulkWriteBatchCombiner.java:167)
	... 13 more"""), want(["sink", "bad_record"], "com.mongodb.MongoBulkWriteException")
    yield "redshift-secret-rotated", failing("""java.io.IOException: unable to open JDBC writer
	at org.apache.flink.connector.jdbc.internal.JdbcOutputFormat.open(JdbcOutputFormat.java:144)""" + OPEN + """
Caused by: com.amazon.redshift.util.RedshiftException: FATAL: password authentication failed for user "flink"
	at com.amazon.redshift.core.v3.ConnectionFactoryImpl.doAuthentication(ConnectionFactoryImpl.java:718)
	... 12 more""", before="INITIALIZING", order=last), want("permission", "com.amazon.redshift.util.RedshiftException")
    yield "secret-missing", submitted(main_failed("Secrets Manager can't find the specified secret.", "software.amazon.awssdk.services.secretsmanager.model.ResourceNotFoundException: Secrets Manager can't find the specified secret. (Service: SecretsManager, Status Code: 400, Request ID: 7)", """
	at software.amazon.awssdk.core.internal.http.CombinedResponseHandler.handleErrorResponse(CombinedResponseHandler.java:125)
	at com.acme.config.Secrets.load(Secrets.java:40)
	at com.acme.orders.OrdersJob.main(OrdersJob.java:28)""")), want("not_found", "software.amazon.awssdk.services.secretsmanager.model.ResourceNotFoundException", "com.acme.config.Secrets.load")
    yield "subnets-without-addresses", coordinator("""java.lang.RuntimeException: Failed to get metadata for topics [orders].
	at org.apache.flink.connector.kafka.source.enumerator.subscriber.KafkaSubscriberUtils.getTopicMetadata(KafkaSubscriberUtils.java:67)
	... 8 more
Caused by: java.util.concurrent.ExecutionException: org.apache.kafka.common.errors.TimeoutException: Timed out waiting for a node assignment. Call: describeTopics
	at java.base/java.util.concurrent.CompletableFuture.reportGet(CompletableFuture.java:395)
	... 10 more
Caused by: org.apache.kafka.common.errors.TimeoutException: Timed out waiting for a node assignment. Call: describeTopics""", "Exception while handling result from async call in SourceCoordinator-Source: orders. Triggering job failover."), want("network", "org.apache.kafka.common.errors.TimeoutException")
    yield "table-row-null-violation", failing("""org.apache.flink.table.api.TableException: Column 'currency' is NOT NULL, however, a null value is being written into it. You can set job configuration 'table.exec.sink.not-null-enforcer'='DROP' to suppress this exception and drop such records silently.
	at org.apache.flink.table.runtime.operators.sink.ConstraintEnforcer.processNotNullConstraint(ConstraintEnforcer.java:261)""" + TAIL, task="Source: orders[1] -> ConstraintEnforcer[2] -> Sink: out[3]", flink="1.19", order=last), want("bad_record", "org.apache.flink.table.api.TableException")
    yield "sql-cast-fails", failing("""java.lang.NumberFormatException: For input string: 'n/a'. Invalid character found.
	at StreamExecCalc$12.processElement(Unknown Source)""" + TAIL, task="Source: orders[1] -> Calc[2]", flink="1.18"), want(["bad_record", "user_code"], "java.lang.NumberFormatException")
    yield "late-declined-alignment", failing("""org.apache.flink.util.FlinkRuntimeException: Exceeded checkpoint tolerable failure threshold. The latest checkpoint failed due to Checkpoint Coordinator is suspending., view the Checkpoint History tab or the Job Manager log to find out why continuous checkpoints failed.
	at org.apache.flink.runtime.checkpoint.CheckpointFailureManager.checkFailureAgainstCounter(CheckpointFailureManager.java:212)""", order=last), want("checkpoint", role=["trigger", "symptom_needs_metrics", "unknown"])
    yield "rocksdb-native-library", failing("""java.io.IOException: Could not load the native RocksDB library
	at org.apache.flink.contrib.streaming.state.EmbeddedRocksDBStateBackend.ensureRocksDBIsLoaded(EmbeddedRocksDBStateBackend.java:975)""" + OPEN + """
Caused by: java.lang.UnsatisfiedLinkError: /tmp/tm_10.0.1.17/tmp/rocksdb-lib-2f/librocksdbjni-linux64.so: libstdc++.so.6: cannot open shared object file: No such file or directory
	at java.base/java.lang.ClassLoader$NativeLibrary.load0(Native Method)
	... 9 more""", before="INITIALIZING"), want("dependency", "java.lang.UnsatisfiedLinkError")
    yield "lambda-cannot-be-assigned", failing("""org.apache.flink.streaming.runtime.tasks.StreamTaskException: Cannot instantiate user function.
	at org.apache.flink.streaming.api.graph.StreamConfig.getStreamOperatorFactory(StreamConfig.java:416)
	at org.apache.flink.runtime.taskmanager.Task.run(Task.java:575)
Caused by: java.lang.ClassCastException: cannot assign instance of java.lang.invoke.SerializedLambda to field com.acme.shared.Step.fn of type com.acme.shared.Fn in instance of com.acme.shared.Step
	at java.base/java.io.ObjectStreamClass$FieldReflector.setObjFieldValues(ObjectStreamClass.java:2076)
	... 10 more""", before="INITIALIZING"), want("dependency", "java.lang.ClassCastException")
    yield "retries-of-own-client", failing(CHAINED + """
Caused by: com.acme.http.GiveUpException: gave up after 5 attempts
	at com.acme.http.Retry.call(Retry.java:44)
	at com.acme.enrich.Customer.map(Customer.java:19)
	... 11 more
Caused by: java.net.SocketTimeoutException: Read timed out
	at java.base/sun.nio.ch.NioSocketImpl.timedRead(NioSocketImpl.java:283)
	at com.acme.http.Client.get(Client.java:71)
	... 13 more""", flink="2.2"), want("network", ["java.net.SocketTimeoutException", "com.acme.http.GiveUpException"], ["com.acme.http.Client.get", "com.acme.http.Retry.call"])
    yield "s3-bucket-missing", failing("""java.io.FileNotFoundException: PUT 0-byte object on out: com.amazonaws.services.s3.model.AmazonS3Exception: The specified bucket does not exist (Service: Amazon S3; Status Code: 404; Error Code: NoSuchBucket; Request ID: B2)
	at org.apache.hadoop.fs.s3a.S3AUtils.translateException(S3AUtils.java:257)
	at org.apache.flink.connector.file.sink.FileSink.createWriter(FileSink.java:147)""" + OPEN + """
Caused by: com.amazonaws.services.s3.model.AmazonS3Exception: The specified bucket does not exist (Service: Amazon S3; Status Code: 404; Error Code: NoSuchBucket; Request ID: B2)
	at com.amazonaws.http.AmazonHttpClient$RequestExecutor.handleErrorResponse(AmazonHttpClient.java:1879)
	... 18 more""", before="INITIALIZING", flink="1.18"), want("not_found", "com.amazonaws.services.s3.model.AmazonS3Exception")
    yield "sns-topic-policy", failing("""software.amazon.awssdk.services.sns.model.AuthorizationErrorException: User: arn:aws:sts::111122223333:assumed-role/flink-orders/orders is not authorized to perform: SNS:Publish on resource: arn:aws:sns:eu-west-1:111122223333:alerts because no resource-based policy allows the SNS:Publish action (Service: Sns, Status Code: 403, Request ID: 12)
	at software.amazon.awssdk.core.internal.http.CombinedResponseHandler.handleErrorResponse(CombinedResponseHandler.java:125)
	at com.acme.alerts.SnsSink.invoke(SnsSink.java:33)""" + TAIL, order=last), want("permission", "software.amazon.awssdk.services.sns.model.AuthorizationErrorException", "com.acme.alerts.SnsSink.invoke")


def insights(document):
    """The same events as Logs Insights answers: rows of fields, newest first."""
    rows = []
    for event in reversed(json.loads(document)["events"]):
        at = datetime.datetime.fromtimestamp(event["timestamp"] / 1000, datetime.timezone.utc)
        rows.append([{"field": "@timestamp", "value": f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}"}, {"field": "@message", "value": event["message"]}])
    return json.dumps({"results": rows, "status": "Complete"})


def shuffled(document):
    """Two streams' events, one stream behind the other."""
    events = json.loads(document)["events"]
    return json.dumps({"events": events[1::2] + events[::2]})


def job_manager_alone(flink="1.17"):
    log = Log(flink).healthy(60, every=30)
    log.job_manager_failed(80, "Source: orders -> Rate", 2, 4, 140, root_first(CHAINED + "\nCaused by: java.lang.IllegalArgumentException: negative rate\n\tat com.acme.rates.Rate.lambda$main$5b1c1b1f$1(Rate.java:55)\n\tat org.apache.flink.streaming.api.operators.StreamMap.processElement(StreamMap.java:38)\n\t... 9 more"))
    return log.restart(80.2, attempt=141).document()


def python_main(error, *lines):
    log = Log("1.19")
    for index, line in enumerate(("Traceback (most recent call last):", '  File "/opt/flink/usrlib/job.py", line 61, in <module>', "    main()", '  File "/opt/flink/usrlib/job.py", line 48, in main', "    env.execute()", *lines, error)):
        log.put(20 + index / 1000, "INFO", FLINK + "client.python.PythonDriver", line)
    log.put(20.1, "ERROR", FLINK + "client.python.PythonDriver", "Run python process failed", "java.lang.RuntimeException: Python process exits with code: 1\n\tat org.apache.flink.client.python.PythonDriver.main(PythonDriver.java:132)")
    log.put(20.2, "ERROR", FLINK + "runtime.webmonitor.handlers.JarRunOverrideHandler", "Exception occurred in REST handler: Could not execute application.")
    return log.document()


def loop_nine_days_later():
    """The log of one hour nine days in: nothing but the loop, and a heartbeat that was lost in it."""
    log = Log("1.20").loop(5, 20, attempt=900)
    log.put(200, "INFO", FLINK + "runtime.resourcemanager.StandaloneResourceManager", "The heartbeat of TaskManager with id 10.0.3.14:6122-7a6f timed out.")
    return log.loop(420, 10, attempt=920).document()


def last_wave():
    plain = CHAINED + "\nCaused by: java.lang.IllegalStateException: negative stock\n\tat com.acme.stock.Ledger.apply(Ledger.java:88)\n\t... 9 more"
    yield "insights-answer", insights(failing(plain)), want("user_code", "java.lang.IllegalStateException", "com.acme.stock.Ledger.apply", attempt=0)
    yield "two-streams-unsorted", shuffled(failing(plain, loop=3)), want("user_code", "java.lang.IllegalStateException", "com.acme.stock.Ledger.apply", attempt=0)
    yield "windows-line-ends", "\r\n".join(text for _, text in Log("1.16", layout="text").healthy(30).failed(40, "Map", 1, 2, 0, plain).lines), want("user_code", "java.lang.IllegalStateException", "com.acme.stock.Ledger.apply")
    yield "old-runtime-1.11", failing(plain, flink="1.11", task="Map"), want("user_code", "java.lang.IllegalStateException", "com.acme.stock.Ledger.apply")
    yield "trace-in-the-message-1.13", failing(plain, flink="1.13", order=last), want("user_code", "java.lang.IllegalStateException", "com.acme.stock.Ledger.apply", attempt=0)
    yield "job-manager-alone", job_manager_alone(), want("user_code", "java.lang.IllegalArgumentException", ["com.acme.rates.Rate.lambda$main$5b1c1b1f$1", "com.acme.rates.Rate.main"], attempt=140, task="Source: orders -> Rate (2/4)")
    yield "nine-days-in", loop_nine_days_later(), want(["source", "unknown"], role="sustainer_only")
    yield "circular", failing("java.lang.RuntimeException: outer\n\tat com.acme.a.A.f(A.java:1)\nCaused by: java.lang.IllegalStateException: inner\n\tat com.acme.b.B.g(B.java:2)\n\t... 3 more\nCaused by: [CIRCULAR REFERENCE: java.lang.RuntimeException: outer]", order=last), want("user_code", ["java.lang.IllegalStateException", "java.lang.RuntimeException"], ["com.acme.b.B.g", "com.acme.a.A.f"])
    yield "key-group", failing("""java.lang.IllegalArgumentException: Key group 5 is not in KeyGroupRange{startKeyGroup=64, endKeyGroup=127}. Unless you're directly using low level state access APIs, this is most likely caused by non-deterministic shuffle key (hashCode and equals implementation).
	at org.apache.flink.runtime.state.KeyGroupRangeOffsets.newIllegalKeyGroupException(KeyGroupRangeOffsets.java:37)
	at org.apache.flink.runtime.state.heap.StateTable.getMapForKeyGroup(StateTable.java:318)""" + TAIL, order=last), want("user_code", "java.lang.IllegalArgumentException")
    yield "msk-iam-library-missing", failing("""org.apache.kafka.common.KafkaException: Failed to construct kafka consumer
	at org.apache.kafka.clients.consumer.KafkaConsumer.<init>(KafkaConsumer.java:830)
	at org.apache.flink.connector.kafka.source.reader.KafkaPartitionSplitReader.<init>(KafkaPartitionSplitReader.java:97)""" + OPEN + """
Caused by: org.apache.kafka.common.config.ConfigException: Invalid value software.amazon.msk.auth.iam.IAMClientCallbackHandler for configuration sasl.client.callback.handler.class: Class software.amazon.msk.auth.iam.IAMClientCallbackHandler could not be found.
	at org.apache.kafka.common.config.ConfigDef.parseType(ConfigDef.java:744)
	... 12 more""", before="INITIALIZING"), want(["dependency", "config"], "org.apache.kafka.common.config.ConfigException")
    yield "savepoint-gone", submitted("""org.apache.flink.runtime.client.JobInitializationException: Could not start the JobMaster.
	at org.apache.flink.runtime.jobmaster.DefaultJobMasterServiceProcess.lambda$new$0(DefaultJobMasterServiceProcess.java:97)
	... 3 more
Caused by: java.util.concurrent.CompletionException: java.io.FileNotFoundException: Cannot find checkpoint or savepoint file/directory 's3://snapshots/7f3c/savepoint-1' on file system 's3'.
	at java.base/java.util.concurrent.CompletableFuture.encodeThrowable(CompletableFuture.java:314)
	... 3 more
Caused by: java.io.FileNotFoundException: Cannot find checkpoint or savepoint file/directory 's3://snapshots/7f3c/savepoint-1' on file system 's3'.
	at org.apache.flink.runtime.state.filesystem.AbstractFsCheckpointStorageAccess.resolveCheckpointPointer(AbstractFsCheckpointStorageAccess.java:275)
	... 9 more"""), want("not_found", "java.io.FileNotFoundException")
    yield "detached-result-asked-for", submitted(main_failed("Job was submitted in detached mode. Results of job execution, such as accumulators, runtime, etc. are not available.",
        "org.apache.flink.api.common.InvalidProgramException: Job was submitted in detached mode. Results of job execution, such as accumulators, runtime, etc. are not available.", """
	at org.apache.flink.core.execution.DetachedJobExecutionResult.getAccumulatorResult(DetachedJobExecutionResult.java:56)
	at com.acme.count.Main.main(Main.java:71)""")), want("user_code", "org.apache.flink.api.common.InvalidProgramException", "com.acme.count.Main.main")
    yield "python-table-exception", python_main("pyflink.util.exceptions.TableException: org.apache.flink.table.api.ValidationException: SQL validation failed. From line 3, column 8 to line 3, column 15: Column 'currenci' not found in any table",
                                                '  File "/usr/local/lib/python3.11/site-packages/pyflink/util/exceptions.py", line 158, in deco', "    raise java_exception from None"), want(["config", "user_code"])
    yield "python-own-error", python_main("KeyError: 'input.stream.name'", '  File "/opt/flink/usrlib/props.py", line 12, in required', "    return properties[key]"), want(["user_code", "config"], "KeyError", "props.py:required")
    yield "recoverable-writer", failing("""java.lang.UnsupportedOperationException: Recoverable writers on Hadoop are only supported for HDFS
	at org.apache.flink.runtime.fs.hdfs.HadoopRecoverableWriter.<init>(HadoopRecoverableWriter.java:61)
	at org.apache.flink.connector.file.sink.FileSink.createWriter(FileSink.java:147)""" + OPEN, before="INITIALIZING", order=last), want(["sink", "config", "dependency"], "java.lang.UnsupportedOperationException")
    yield "state-larger-than-memory-backend", declined("""java.io.IOException: Size of the state is larger than the maximum permitted memory-backed state. Size=5244975, maxSize=5242880. Consider using a different checkpoint storage, like the FileSystemCheckpointStorage.
	at org.apache.flink.runtime.state.memory.MemCheckpointStreamFactory.checkSize(MemCheckpointStreamFactory.java:64)
	... 14 more"""), want(["checkpoint", "config"], "java.io.IOException")
    yield "managed-memory-pages", failing("""org.apache.flink.runtime.memory.MemoryAllocationException: Could not allocate 512 pages
	at org.apache.flink.runtime.memory.MemoryManager.allocatePages(MemoryManager.java:234)
	at org.apache.flink.table.runtime.operators.sort.BinaryExternalSorter.<init>(BinaryExternalSorter.java:217)""" + OPEN, before="INITIALIZING", order=last), want("memory", "org.apache.flink.runtime.memory.MemoryAllocationException", role=["trigger", "symptom_needs_metrics"])
    yield "producers-used-up", failing("""org.apache.flink.streaming.connectors.kafka.FlinkKafkaException: Too many ongoing snapshots. Increase kafka producers pool size or decrease number of concurrent checkpoints.
	at org.apache.flink.streaming.connectors.kafka.FlinkKafkaProducer.createTransactionalProducer(FlinkKafkaProducer.java:1301)""" + TAIL, flink="1.15", order=last), want(["sink", "config"], "org.apache.flink.streaming.connectors.kafka.FlinkKafkaException")
    yield "fan-out-read-timeout", failing("""org.apache.flink.streaming.connectors.kinesis.internals.publisher.fanout.FanOutShardSubscriber$RecoverableFanOutSubscriberException: io.netty.handler.timeout.ReadTimeoutException
	at org.apache.flink.streaming.connectors.kinesis.internals.publisher.fanout.FanOutShardSubscriber.handleErrorAndRethrow(FanOutShardSubscriber.java:268)
	at java.base/java.lang.Thread.run(Thread.java:829)
Caused by: io.netty.handler.timeout.ReadTimeoutException""", flink="1.15", order=last), want(["network", "source"])
    yield "s3-pool", failing("""java.lang.RuntimeException: cannot read the model
	at com.acme.ml.Models.load(Models.java:30)""" + TAIL + """
Caused by: com.amazonaws.SdkClientException: Unable to execute HTTP request: Timeout waiting for connection from pool
	at com.amazonaws.http.AmazonHttpClient$RequestExecutor.handleRetryableException(AmazonHttpClient.java:1219)
	at com.acme.ml.Models.open(Models.java:44)
	... 12 more
Caused by: com.amazonaws.thirdparty.apache.http.conn.ConnectionPoolTimeoutException: Timeout waiting for connection from pool
	at com.amazonaws.thirdparty.apache.http.impl.conn.PoolingHttpClientConnectionManager.leaseConnection(PoolingHttpClientConnectionManager.java:316)
	... 16 more"""), want(["network", "resource"], ["com.amazonaws.thirdparty.apache.http.conn.ConnectionPoolTimeoutException", "com.amazonaws.SdkClientException"], ["com.acme.ml.Models.open", "com.acme.ml.Models.load"])
    yield "paimon-conflict", failing("""java.lang.RuntimeException: File deletion conflicts detected! Give up committing compact changes.
	at org.apache.paimon.operation.FileStoreCommitImpl.assertNoDelete(FileStoreCommitImpl.java:1312)
	at org.apache.paimon.flink.sink.StoreCommitter.commit(StoreCommitter.java:101)""" + TAIL, order=last), want("sink", "java.lang.RuntimeException")
    yield "mysql-cdc-binlog-purged", failing(FETCHERS + """
Caused by: com.github.shyiko.mysql.binlog.network.ServerException: Could not find first log file name in binary log index file
	at com.github.shyiko.mysql.binlog.BinaryLogClient.listenForEventPackets(BinaryLogClient.java:1043)
	at io.debezium.connector.mysql.MySqlStreamingChangeEventSource.execute(MySqlStreamingChangeEventSource.java:917)
	... 5 more""", order=last), want("source", "com.github.shyiko.mysql.binlog.network.ServerException")
    yield "postgres-slot-gone", failing(FETCHERS + """
Caused by: io.debezium.DebeziumException: The connector is trying to read change stream starting at PostgresOffsetContext, but this is no longer available on the server. Reconfigure the connector to use a snapshot when needed.
	at io.debezium.connector.postgresql.PostgresConnectorTask.start(PostgresConnectorTask.java:108)
	... 5 more
Caused by: org.postgresql.util.PSQLException: ERROR: replication slot "flink" does not exist
	at org.postgresql.core.v3.QueryExecutorImpl.receiveErrorResponse(QueryExecutorImpl.java:2725)
	... 9 more""", flink="1.18"), want(["source", "not_found"], "org.postgresql.util.PSQLException")
    yield "window-of-broken-keys-by-null", failing("""java.lang.RuntimeException: Could not extract key from Order{id=17, customer=null}
	at org.apache.flink.streaming.runtime.partitioner.KeyGroupStreamPartitioner.selectChannel(KeyGroupStreamPartitioner.java:61)""" + TAIL + """
Caused by: java.lang.NullPointerException: Assigned key must not be null!
	at org.apache.flink.util.Preconditions.checkNotNull(Preconditions.java:76)
	at org.apache.flink.runtime.state.KeyGroupRangeAssignment.assignKeyToParallelOperator(KeyGroupRangeAssignment.java:49)
	... 14 more"""), want(["user_code", "bad_record"], "java.lang.NullPointerException")
    yield "value-must-not-be-null-in-serializer", failing("""java.lang.RuntimeException: null
	at org.apache.flink.streaming.runtime.io.RecordWriterOutput.pushToRecordWriter(RecordWriterOutput.java:105)""" + TAIL + """
Caused by: java.lang.NullPointerException
	at org.apache.flink.types.StringValue.writeString(StringValue.java:778)
	at org.apache.flink.api.common.typeutils.base.StringSerializer.serialize(StringSerializer.java:68)
	at org.apache.flink.api.java.typeutils.runtime.TupleSerializer.serialize(TupleSerializer.java:135)
	... 16 more""", order=last), want(["bad_record", "user_code"], "java.lang.NullPointerException")


SSL = "javax.net.ssl.SSLException: SSLEngine closed already\n\tat io.netty.handler.ssl.SslHandler.wrap(SslHandler.java:854)\n\tat java.base/java.lang.Thread.run(Thread.java:829)"
REFUSED = "java.net.ConnectException: Connection refused\n\tat java.base/sun.nio.ch.Net.pollConnect(Native Method)\n\tat software.amazon.awssdk.http.nio.netty.internal.NettyRequestExecutor.execute(NettyRequestExecutor.java:1)"


def churn(error, attempt=40):
    """The middle of a loop, in which a restart breaks a connection."""
    log = Log("1.20").loop(5, 2, attempt=attempt)
    log.failed(50, "Source: orders", 2, 4, attempt + 2, root_first(CHAINED + "\nCaused by: " + error))
    return log.restart(50.2, attempt=attempt + 3).loop(70, 5, attempt=attempt + 3).document()


def transitions():
    log = Log("1.20").healthy(60, every=30)
    for at in (100, 120, 140, 160):
        log.job(at, "RUNNING", "RESTARTING").job(at + 10, "RESTARTING", "RUNNING")
    return log.document()


def failed_without_a_trace():
    log = Log("1.20").healthy(60, every=30)
    log.job_manager_failed(80, "Source: orders", 1, 4, 3, None)
    return log.restart(80.2, attempt=4).document()


def repeating(attempt=30):
    log, trace = Log("1.20"), root_first(CHAINED + "\nCaused by: java.lang.IllegalStateException: unknown currency XTS\n\tat com.acme.fx.Convert.map(Convert.java:31)\n\t... 9 more")
    for k in range(5):
        log.failed(10 + 20 * k, "Source: orders -> Convert", 1, 4, attempt + k, trace)
        log.restart(10.2 + 20 * k, "Source: orders -> Convert", 4, attempt + k + 1)
    return log.document()


def gone_then_loop():
    log, manager = Log("1.20").healthy(60, every=30), FLINK + "runtime.resourcemanager.active.ActiveResourceManager"
    log.put(130, "INFO", manager, "The heartbeat of TaskManager with id tm-1-2 timed out.")
    log.put(130.001, "INFO", manager, "Closing TaskExecutor connection tm-1-2 because: The heartbeat of TaskManager with id tm-1-2 timed out.")
    log.job_manager_failed(130.01, "Window", 3, 4, 0, root_first("org.apache.flink.runtime.jobmaster.JobMasterException: TaskManager with id tm-1-2(10.0.1.17:6122) is no longer reachable.\n\tat org.apache.flink.runtime.jobmaster.JobMaster$TaskManagerHeartbeatListener.notifyTargetUnreachable(JobMaster.java:1427)"))
    return log.restart(130.3).loop(150, 4).document()


def dynamodb_streams():
    log = Log("1.20").healthy(60, every=30)
    log.failed(80, "Source: ddb -> Map", 1, 4, 5, root_first(CHAINED + "\nCaused by: java.lang.ClassCastException: class java.lang.String cannot be cast to class java.lang.Long (java.lang.String and java.lang.Long are in module java.base of loader 'bootstrap')\n\tat com.acme.ddb.ToRow.map(ToRow.java:22)\n\t... 9 more"))
    partial = "java.lang.UnsupportedOperationException: Partial recovery is not supported\n\tat org.apache.flink.connector.dynamodb.source.enumerator.DynamoDbStreamsSourceEnumerator.addSplitsBack(DynamoDbStreamsSourceEnumerator.java:150)"
    log.put(80.05, "ERROR", SOURCE_COORDINATOR, "Uncaught exception in the SplitEnumerator for Source Source: ddb while handling subtask 0 failure. Triggering job failover.", root_first(partial))
    log.global_failure(80.06, root_first(GLOBAL + "\nCaused by: " + partial))
    return log.restart(80.2, "Source: ddb -> Map", attempt=6).document()


def attempts_used_up():
    log = Log("1.19").healthy(60, every=30)
    failure = CHAINED + "\nCaused by: java.lang.IllegalArgumentException: bad zone\n\tat com.acme.tz.Zone.of(Zone.java:12)\n\tat com.acme.tz.Shift.map(Shift.java:7)\n\t... 9 more"
    log.failed(80, "Shift", 1, 4, 10, root_first(failure))
    log.job(80.1, "RUNNING", "FAILING")
    log.job(80.2, "FAILING", "FAILED", root_first("org.apache.flink.runtime.JobException: Recovery is suppressed by FixedDelayRestartBackoffTimeStrategy(maxNumberRestartAttempts=10, backoffTimeMS=1000)\n\tat org.apache.flink.runtime.executiongraph.failover.ExecutionFailureHandler.handleFailure(ExecutionFailureHandler.java:219)\nCaused by: " + failure))
    return log.document()


def effects_first():
    """By a fast clock the errors of cancelled tasks come first."""
    log = Log("1.20").healthy(60, every=30)
    log.failed(79.2, "Sink: out", 2, 4, 0, root_first("java.lang.InterruptedException: sleep interrupted\n\tat com.acme.sink.Batch.close(Batch.java:90)"))
    log.failed(79.4, "Map", 1, 4, 0, root_first("org.apache.flink.runtime.io.network.partition.ProducerFailedException: java.util.concurrent.CancellationException\n\tat org.apache.flink.runtime.io.network.netty.CreditBasedSequenceNumberingViewReader.getNextBuffer(CreditBasedSequenceNumberingViewReader.java:254)"))
    log.failed(80, "Source: s3", 3, 4, 0, root_first(FETCHERS + "\nCaused by: java.io.EOFException: Unexpected end of ZLIB input stream\n\tat java.base/java.util.zip.InflaterInputStream.fill(InflaterInputStream.java:245)\n\tat org.apache.flink.connector.file.src.impl.StreamFormatAdapter$Reader.readBatch(StreamFormatAdapter.java:220)\n\t... 9 more"))
    return log.restart(80.3).document()


def roles():
    yield "ssl-churn-mid-loop", churn(SSL), want(["source", "unknown"], role="sustainer_only")
    yield "connect-churn-mid-loop", churn(REFUSED), want(["source", "unknown"], role="sustainer_only")
    yield "transitions-alone", transitions(), want("unknown", role="unknown")
    yield "failed-without-a-trace", failed_without_a_trace(), want("unknown", role="unknown")
    yield "rest-line-alone", Log("1.20").put(12, "ERROR", FLINK + "runtime.webmonitor.handlers.JarRunOverrideHandler", "Exception occurred in REST handler: Could not execute application.").document(), want("unknown", role="unknown")
    yield "same-failure-each-time-from-the-middle", repeating(), want("user_code", "java.lang.IllegalStateException", "com.acme.fx.Convert.map")
    yield "heartbeat-then-partial-recovery", gone_then_loop(), want(["unknown", "memory"], role="symptom_needs_metrics")
    yield "dynamodb-streams-partial-recovery", dynamodb_streams(), want(["user_code", "bad_record"], "java.lang.ClassCastException", "com.acme.ddb.ToRow.map", attempt=5)
    yield "attempts-used-up", attempts_used_up(), want("user_code", "java.lang.IllegalArgumentException", "com.acme.tz.Zone.of", attempt=10)
    yield "effects-first-by-the-clock", effects_first(), want(["bad_record", "source"], "java.io.EOFException", task="Source: s3 (3/4)")


def cases():
    for part in (records, user_code, connectors, deploys, resources, other_shapes, rarer, last_wave, roles):
        yield from part()
