# SPDX-License-Identifier: Apache-2.0
"""Failures as operators of MSF applications meet them, written from the outside, without a look at the rules."""
import json

from flinklog import FLINK, JOB, JOB_MASTER, Log, TASK, caused, ex, wrapped, STREAM_TASK

SLOT = FLINK + "runtime.resourcemanager.active.ActiveResourceManager"


def one(trace, task="Source: in -> Map -> Sink: out", flink="1.20", before="RUNNING", attempt=0, subtask=2, at=95.5, noise=True):
    log = Log(flink)
    log.healthy(60, every=30)
    if noise:
        log.noise(70)
    log.failed(at, task, subtask, 8, attempt, trace, before)
    log.restart(at + 0.2, task, 8, attempt + 1)
    return log.document()


def want(category, name=None, frame=None, role="trigger", **more):
    expected = {"role": role, "category": category, **more}
    if name:
        expected["exception_class"] = name
    if frame:
        expected["frame"] = frame
    return expected


def cases():
    yield "sdk-v2-kinesis-timeout", one(wrapped(
        ex("java.io.IOException", "Failed to fetch records"),
        ex("software.amazon.awssdk.core.exception.ApiCallTimeoutException", "Client execution did not complete before the specified timeout configuration: 10000 millis",
           "software.amazon.awssdk.core.exception.ApiCallTimeoutException$BuilderImpl.build(ApiCallTimeoutException.java:97)",
           "org.apache.flink.connector.kinesis.source.proxy.KinesisStreamProxy.getRecords(KinesisStreamProxy.java:131)"))), want("network", "software.amazon.awssdk.core.exception.ApiCallTimeoutException")
    yield "sts-assume-role", one(caused(
        ex("java.lang.RuntimeException", "cannot create client", "com.bank.risk.ClientFactory.create(ClientFactory.java:55)"),
        ex("software.amazon.awssdk.services.sts.model.StsException", "User: arn:aws:sts::123456789012:assumed-role/app/kda is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::210987654321:role/x (Service: Sts, Status Code: 403, Request ID: 5)",
           "com.bank.risk.ClientFactory.assume(ClientFactory.java:71)")), before="INITIALIZING"), want("permission", "software.amazon.awssdk.services.sts.model.StsException", "com.bank.risk.ClientFactory.assume")
    yield "secrets-manager-missing", one(wrapped(
        ex("java.lang.IllegalStateException", "no credentials for sink", "com.shop.Sink.open(Sink.java:12)"),
        ex("software.amazon.awssdk.services.secretsmanager.model.ResourceNotFoundException", "Secrets Manager can't find the specified secret. (Service: SecretsManager, Status Code: 400, Request ID: 7)", "com.shop.Secrets.read(Secrets.java:20)")),
        before="INITIALIZING", flink="1.18"), want("not_found", "software.amazon.awssdk.services.secretsmanager.model.ResourceNotFoundException", "com.shop.Secrets.read")
    yield "expired-token", one(wrapped(
        ex("com.amazonaws.services.s3.model.AmazonS3Exception", "The provided token has expired. (Service: Amazon S3; Status Code: 400; Error Code: ExpiredToken; Request ID: Z; S3 Extended Request ID: Y; Proxy: null)",
           "com.amazonaws.http.AmazonHttpClient$RequestExecutor.handleErrorResponse(AmazonHttpClient.java:1879)", "com.shop.Archive.flush(Archive.java:88)"))), want("permission", None, "com.shop.Archive.flush")
    yield "msk-iam-timeout", one(caused(
        ex("org.apache.flink.util.FlinkRuntimeException", "Failed to list subscribed topic partitions due to ", "org.apache.flink.connector.kafka.source.enumerator.KafkaSourceEnumerator.checkPartitionChanges(KafkaSourceEnumerator.java:239)"),
        ex("java.lang.RuntimeException", "Failed to get metadata for topics [clicks]."),
        ex("java.util.concurrent.ExecutionException", "org.apache.kafka.common.errors.TimeoutException: Timed out waiting for a node assignment. Call: describeTopics"),
        ex("org.apache.kafka.common.errors.TimeoutException", "Timed out waiting for a node assignment. Call: describeTopics"))), want(["network", "source"], "org.apache.kafka.common.errors.TimeoutException")
    yield "bootstrap-unresolvable", one(caused(
        ex("org.apache.kafka.common.KafkaException", "Failed to construct kafka consumer", "org.apache.kafka.clients.consumer.KafkaConsumer.<init>(KafkaConsumer.java:830)", "org.apache.flink.connector.kafka.source.reader.KafkaPartitionSplitReader.<init>(KafkaPartitionSplitReader.java:97)"),
        ex("org.apache.kafka.common.config.ConfigException", "No resolvable bootstrap urls given in bootstrap.servers", "org.apache.kafka.clients.ClientUtils.parseAndValidateAddresses(ClientUtils.java:89)")), before="INITIALIZING", flink="1.17"), want(["network", "config"], "org.apache.kafka.common.config.ConfigException")
    yield "kafka-scram-password", one(caused(
        ex("java.lang.RuntimeException", "One or more fetchers have encountered exception"), ex("java.lang.RuntimeException", "SplitFetcher thread 2 received unexpected exception while polling the records"),
        ex("org.apache.kafka.common.errors.SaslAuthenticationException", "Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-512")), flink="1.16"), want("permission", "org.apache.kafka.common.errors.SaslAuthenticationException")
    yield "kafka-not-enough-replicas", one(caused(
        ex("org.apache.flink.util.FlinkRuntimeException", "Failed to send data to Kafka out-1@-1 with FlinkKafkaInternalProducer{transactionalId='null', inTransaction=false, closed=false}", "org.apache.flink.connector.kafka.sink.KafkaWriter$WriterCallback.throwException(KafkaWriter.java:435)"),
        ex("org.apache.kafka.common.errors.NotEnoughReplicasException", "Messages are rejected since there are fewer in-sync replicas than required."))), want(["sink", "network"], "org.apache.kafka.common.errors.NotEnoughReplicasException")
    yield "jackson-user-map", one(caused(
        ex("org.apache.flink.streaming.runtime.tasks.ExceptionInChainedOperatorException", "Could not forward element to next operator", *STREAM_TASK),
        ex("java.lang.RuntimeException", "com.fasterxml.jackson.core.JsonParseException: Unrecognized token 'hello': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", "com.shop.Decode.map(Decode.java:19)"),
        ex("com.fasterxml.jackson.core.JsonParseException", "Unrecognized token 'hello': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [Source: (String)\"hello\"; line: 1, column: 6]",
           "com.fasterxml.jackson.core.JsonParser._constructError(JsonParser.java:2391)", "com.fasterxml.jackson.databind.ObjectMapper.readValue(ObjectMapper.java:3570)", "com.shop.Decode.map(Decode.java:17)"))), want("bad_record", "com.fasterxml.jackson.core.JsonParseException", "com.shop.Decode.map")
    yield "gson-user", one(wrapped(
        ex("org.apache.flink.streaming.runtime.tasks.ExceptionInChainedOperatorException", "Could not forward element to next operator"),
        ex("com.google.gson.JsonSyntaxException", "java.lang.IllegalStateException: Expected BEGIN_OBJECT but was STRING at line 1 column 1 path $", "com.google.gson.Gson.fromJson(Gson.java:1238)", "com.shop.Gsoner.flatMap(Gsoner.java:9)"),
        ex("java.lang.IllegalStateException", "Expected BEGIN_OBJECT but was STRING at line 1 column 1 path $", "com.google.gson.stream.JsonReader.beginObject(JsonReader.java:393)"))), want("bad_record", None, "com.shop.Gsoner.flatMap")
    yield "debezium-schema", one(caused(
        ex("java.lang.RuntimeException", "One or more fetchers have encountered exception"), ex("java.lang.RuntimeException", "SplitFetcher thread 0 received unexpected exception while polling the records"),
        ex("com.ververica.cdc.connectors.shaded.org.apache.kafka.connect.errors.ConnectException", "An exception occurred in the change event producer. This connector will be stopped.", "io.debezium.pipeline.ErrorHandler.setProducerThrowable(ErrorHandler.java:42)"),
        ex("io.debezium.DebeziumException", "Cannot replicate because the master purged required binary logs. Replicate the missing transactions from elsewhere, or provision a new slave from backup. Error code: 1236; SQLSTATE: HY000.", "io.debezium.connector.mysql.MySqlStreamingChangeEventSource.wrap(MySqlStreamingChangeEventSource.java:1194)"))), want("source")
    yield "avro-writer-npe", one(wrapped(
        ex("org.apache.flink.streaming.runtime.tasks.ExceptionInChainedOperatorException", "Could not forward element to next operator"),
        ex("java.lang.NullPointerException", "null value for (non-nullable) string at Order.currency", "org.apache.avro.generic.GenericDatumWriter.write(GenericDatumWriter.java:91)", "org.apache.flink.formats.avro.AvroSerializationSchema.serialize(AvroSerializationSchema.java:133)"))), want(["bad_record", "user_code"], "java.lang.NullPointerException")
    yield "confluent-registry-404", one(caused(
        ex("java.io.IOException", "Failed to deserialize consumer record due to"), ex("java.io.IOException", "Could not find schema with id 512 in registry", "org.apache.flink.formats.avro.registry.confluent.ConfluentSchemaRegistryCoder.readSchema(ConfluentSchemaRegistryCoder.java:78)"),
        ex("io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException", "Schema 512 not found; error code: 40403"))), want(["not_found", "bad_record"])
    yield "state-name-clash", one(caused(
        ex("java.lang.Exception", "Exception while creating StreamOperatorStateContext."), ex("org.apache.flink.util.FlinkException", "Could not restore operator state backend for StreamSource_bc764_(2/8) from any of the 1 provided restore options."),
        ex("org.apache.flink.runtime.state.BackendBuildingException", "Failed when trying to restore operator state backend", "org.apache.flink.runtime.state.DefaultOperatorStateBackendBuilder.build(DefaultOperatorStateBackendBuilder.java:88)"),
        ex("java.lang.IllegalStateException", "Could not Java-deserialize TypeSerializer while restoring checkpoint metadata for serializer snapshot 'org.apache.flink.api.common.typeutils.TypeSerializerConfigSnapshot'. Please update to the TypeSerializerSnapshot interface that removes Java Serialization to avoid this problem in the future.")),
        before="INITIALIZING", flink="1.15"), want("state_incompat", "java.lang.IllegalStateException")
    yield "pojo-field-type-changed", one(wrapped(
        ex("java.lang.RuntimeException", "Error while getting state", "org.apache.flink.runtime.state.DefaultKeyedStateStore.getState(DefaultKeyedStateStore.java:62)", "com.shop.Sessions.open(Sessions.java:31)"),
        ex("org.apache.flink.util.StateMigrationException", "For heap backends, the new state serializer (org.apache.flink.api.java.typeutils.runtime.PojoSerializer@3a) must not be incompatible with the old state serializer (org.apache.flink.api.java.typeutils.runtime.PojoSerializer@3b).",
           "org.apache.flink.runtime.state.heap.HeapKeyedStateBackend.tryRegisterStateTable(HeapKeyedStateBackend.java:247)")), before="INITIALIZING"), want("state_incompat", "org.apache.flink.util.StateMigrationException", "com.shop.Sessions.open")
    yield "key-group-range", one(caused(
        ex("java.lang.Exception", "Exception while creating StreamOperatorStateContext."),
        ex("java.lang.IllegalArgumentException", "The maximum parallelism (4) of the task is smaller than the parallelism (8); rescaling: Maximum parallelism must not be smaller than parallelism.")), before="INITIALIZING"), want(["state_incompat", "config"])
    yield "metaspace-alone", one(caused(
        ex("java.lang.OutOfMemoryError", "Metaspace. The metaspace out-of-memory error has occurred. This can mean two things: either the job requires a larger size of JVM metaspace to load classes or there is a class loading leak. In the first case 'taskmanager.memory.jvm-metaspace.size' configuration option should be increased."))), want("memory", "java.lang.OutOfMemoryError", role=["symptom_needs_metrics", "trigger"])
    yield "direct-memory", one(caused(
        ex("java.io.IOException", "java.lang.OutOfMemoryError: Direct buffer memory"), ex("java.lang.OutOfMemoryError", "Direct buffer memory. The direct out-of-memory error has occurred. This can mean two things: either job(s) require(s) a larger size of JVM direct memory or there is a direct memory leak.", "java.base/java.nio.Bits.reserveMemory(Bits.java:175)"))), want("memory", "java.lang.OutOfMemoryError", role=["symptom_needs_metrics", "trigger"])
    yield "gc-overhead", one(wrapped(ex("java.lang.OutOfMemoryError", "GC overhead limit exceeded", "java.base/java.util.HashMap.resize(HashMap.java:702)", *STREAM_TASK)), flink="1.13"), want("memory", "java.lang.OutOfMemoryError", role="symptom_needs_metrics")
    yield "checkpoint-size-limit", one(caused(
        ex("java.lang.Exception", "Could not materialize checkpoint 3 for operator Source: in (2/8)#0."), ex("java.util.concurrent.ExecutionException", "java.io.IOException: Size of the state is larger than the maximum permitted memory-backed state. Size=5343231, maxSize=5242880. Consider using a different checkpoint storage, like the FileSystemCheckpointStorage."),
        ex("java.io.IOException", "Size of the state is larger than the maximum permitted memory-backed state. Size=5343231, maxSize=5242880. Consider using a different checkpoint storage, like the FileSystemCheckpointStorage."))), want(["checkpoint", "config"], "java.io.IOException")
    yield "akka-framesize", one(caused(ex("java.io.IOException", "The rpc invocation size 13543246 exceeds the maximum akka framesize.", "org.apache.flink.runtime.rpc.akka.AkkaInvocationHandler.createRpcInvocationMessage(AkkaInvocationHandler.java:276)")), flink="1.15", before="DEPLOYING"), want("config", "java.io.IOException")
    yield "http-503-opensearch", one(caused(
        ex("org.apache.flink.util.FlinkRuntimeException", "Complete bulk has failed.", "org.apache.flink.connector.opensearch.sink.OpensearchWriter$BulkListener.afterBulk(OpensearchWriter.java:221)"),
        ex("org.opensearch.OpenSearchStatusException", "method [POST], host [https://search-x.eu-west-1.es.amazonaws.com], URI [/_bulk?timeout=1m], status line [HTTP/1.1 429 Too Many Requests]"))), want(["throttling", "sink"], "org.opensearch.OpenSearchStatusException")
    yield "mysql-gone-away", one(wrapped(
        ex("java.io.IOException", "Reopen JDBC connection failed", "org.apache.flink.connector.jdbc.internal.JdbcOutputFormat.flush(JdbcOutputFormat.java:227)"),
        ex("com.mysql.cj.jdbc.exceptions.CommunicationsException", "Communications link failure\n\nThe last packet successfully received from the server was 901,211 milliseconds ago.", "com.mysql.cj.jdbc.exceptions.SQLError.createCommunicationsException(SQLError.java:174)"),
        ex("java.net.SocketTimeoutException", "connect timed out"))), want("network")
    yield "mysql-unknown-column", one(caused(
        ex("java.io.IOException", "Writing records to JDBC failed."), ex("java.sql.SQLSyntaxErrorException", "Unknown column 'colour' in 'field list'", "com.mysql.cj.jdbc.exceptions.SQLError.createSQLException(SQLError.java:120)", "org.apache.flink.connector.jdbc.internal.executor.SimpleBatchStatementExecutor.executeBatch(SimpleBatchStatementExecutor.java:64)"))), want("sink", "java.sql.SQLSyntaxErrorException")
    yield "iceberg-table-missing", one(caused(ex("org.apache.iceberg.exceptions.NoSuchTableException", "Table does not exist: lake.clicks", "org.apache.iceberg.BaseMetastoreCatalog.loadTable(BaseMetastoreCatalog.java:53)", "com.shop.Lake.sink(Lake.java:40)")), before="INITIALIZING"), want("not_found", "org.apache.iceberg.exceptions.NoSuchTableException", "com.shop.Lake.sink")
    yield "hudi-conflict", one(caused(ex("org.apache.hudi.exception.HoodieException", "Commit instant [20260101000000000] failed", "org.apache.hudi.sink.StreamWriteOperatorCoordinator.commitInstant(StreamWriteOperatorCoordinator.java:510)"),
                                      ex("org.apache.hudi.exception.HoodieWriteConflictException", "java.util.ConcurrentModificationException: Cannot resolve conflicts for overlapping writes"))), want("sink")
    yield "ssl-expired", one(caused(
        ex("javax.net.ssl.SSLHandshakeException", "PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed", "com.shop.Http.get(Http.java:14)"), ex("java.security.cert.CertPathValidatorException", "validity check failed"),
        ex("java.security.cert.CertificateExpiredException", "NotAfter: Wed Dec 31 23:59:59 UTC 2025"))), want("network", "java.security.cert.CertificateExpiredException", "com.shop.Http.get")
    yield "redis-pool", one(caused(ex("redis.clients.jedis.exceptions.JedisConnectionException", "Failed to connect to any host resolved for DNS name.", "redis.clients.jedis.DefaultJedisSocketFactory.connectToFirstSuccessfulHost(DefaultJedisSocketFactory.java:63)", "com.shop.Cache.get(Cache.java:8)"))), want("network", None, "com.shop.Cache.get")
    yield "lambda-frame", one(caused(ex("java.lang.IllegalArgumentException", "negative amount -3", "com.shop.Job.lambda$main$5f1a$1(Job.java:66)", "org.apache.flink.streaming.api.operators.StreamFilter.processElement(StreamFilter.java:39)"))), want("user_code", "java.lang.IllegalArgumentException", "com.shop.Job.lambda$main$5f1a$1")
    yield "table-not-null", one(caused(ex("org.apache.flink.table.api.TableException", "Column 'user_id' is NOT NULL, however, a null value is being written into it. You can set job configuration 'table.exec.sink.not-null-enforcer'='DROP' to suppress this exception and drop such records silently.",
                                          "org.apache.flink.table.runtime.operators.sink.ConstraintEnforcer.processElement(ConstraintEnforcer.java:311)"))), want("bad_record", "org.apache.flink.table.api.TableException")
    yield "watermark-overflow", one(caused(ex("java.lang.RuntimeException", "Rowtime timestamp is not defined. Please make sure that a proper TimestampAssigner is defined and the stream environment uses the EventTime time characteristic.", "org.apache.flink.table.runtime.operators.sink.X.processElement(X.java:1)"))), want(None, "java.lang.RuntimeException") | {"category": ["unknown", "user_code", "config", "bad_record"], "role": ["trigger", "unknown"]}
    yield "too-old-watermark-kinesis-sdk1-reset", one(caused(ex("org.apache.flink.kinesis.shaded.com.amazonaws.SdkClientException", "Unable to execute HTTP request: Connect to kinesis.eu-west-1.amazonaws.com:443 [kinesis.eu-west-1.amazonaws.com/10.0.0.5] failed: connect timed out", "org.apache.flink.streaming.connectors.kinesis.proxy.KinesisProxy.listShards(KinesisProxy.java:456)"),
                                                            ex("org.apache.flink.kinesis.shaded.org.apache.http.conn.ConnectTimeoutException", "Connect to kinesis.eu-west-1.amazonaws.com:443 failed: connect timed out"), ex("java.net.SocketTimeoutException", "connect timed out")), flink="1.11"), want("network")
    log = Log("1.19")
    log.service(4, caused(ex("org.apache.flink.runtime.rest.handler.RestHandlerException", "Could not execute application."), ex("java.util.concurrent.CompletionException", "org.apache.flink.client.deployment.application.ApplicationExecutionException: Could not execute application."),
                          ex("org.apache.flink.client.program.ProgramInvocationException", "The program's entry point class 'com.shop.Jobb' was not found in the jar file.", "org.apache.flink.client.program.PackagedProgram.loadMainClass(PackagedProgram.java:479)"), ex("java.lang.ClassNotFoundException", "com.shop.Jobb")))
    yield "entry-class-missing", log.document(), want(["dependency", "config", "user_code"], "java.lang.ClassNotFoundException", task=None)
    log = Log("1.18")
    log.service(3, caused(ex("org.apache.flink.client.program.ProgramInvocationException", "The main method caused an error: Runtime properties group 'ConsumerConfigProperties' is missing"),
                          ex("java.lang.NullPointerException", 'Cannot invoke "java.util.Properties.getProperty(String)" because the return value of "java.util.Map.get(Object)" is null', "com.amazonaws.services.msf.BasicStreamingJob.main(BasicStreamingJob.java:48)")))
    yield "properties-npe-in-main", log.document(), want(["user_code", "config"], "java.lang.NullPointerException", "com.amazonaws.services.msf.BasicStreamingJob.main")
    log = Log("1.20")
    log.healthy(120)
    log.put(130, "INFO", SLOT, "Worker 172.16.1.5:6122-9a is terminated. Diagnostics: Pod terminated, container termination statuses: [flink-main-container(exitCode=239, reason=Error, message=null)], pod status: Failed(reason=null, message=null)")
    log.put(129.4, "ERROR", FLINK + "runtime.taskexecutor.TaskManagerRunner", "Fatal error occurred while executing the TaskManager. Shutting it down...", caused(ex("org.apache.flink.util.FlinkException", "Unhandled error in user thread"), ex("java.lang.IllegalStateException", "poller died", "com.shop.Poller.run(Poller.java:77)")))
    log.failed(131, "Window(Tumbling)", 1, 8, 0, caused(ex("org.apache.flink.runtime.io.network.netty.exception.RemoteTransportException", "Lost connection to task manager '172.16.1.5/172.16.1.5:6121'. This indicates that the remote task manager was lost.")))
    log.restart(131.2, attempt=1)
    yield "fatal-user-thread", log.document(), want("user_code", "java.lang.IllegalStateException", "com.shop.Poller.run")
    log = Log("1.20")
    log.healthy(120)
    for index in range(6):
        log.put(140 + index * 20, "INFO", JOB_MASTER, "Trying to recover from a global failure.", caused(
            ex("org.apache.flink.util.FlinkException", "Global failure triggered by OperatorCoordinator for 'Source: s' (operator feca28aff5a3958840bee985ee7de4d3)."), ex("java.lang.UnsupportedOperationException", "Partial recovery is not supported")))
        log.restart(140.1 + index * 20, "Source: s", attempt=index + 1)
    yield "sustainer-after-health-no-trigger-line", log.document(), want(None, role="sustainer_only") | {"category": ["source", "unknown"]}
    lines = ["07:12:01.100 [flink-akka.actor.default-dispatcher-4] INFO  o.a.f.r.c.CheckpointCoordinator - Completed checkpoint 3 for job 7f3c2a9b8e1d4c5f6a7b8c9d0e1f2a3b (1 bytes in 2 ms).",
             "07:12:31.100 [Map (1/2)#0] WARN  o.a.f.r.taskmanager.Task - Map (1/2)#0 (0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d) switched from RUNNING to FAILED with failure cause: java.lang.ClassCastException: class java.lang.String cannot be cast to class java.lang.Long (java.lang.String and java.lang.Long are in module java.base of loader 'bootstrap')",
             "\tat org.acme.Sum.reduce(Sum.java:3)", "\tat org.apache.flink.streaming.api.operators.StreamGroupedReduceOperator.processElement(StreamGroupedReduceOperator.java:67)"]
    yield "logback-layout", "\n".join(lines), want("user_code", "java.lang.ClassCastException", "org.acme.Sum.reduce", task="Map (1/2)", attempt=0)
    record = {"timestamp": 1767225700000, "message": json.dumps({"logger": "org.apache.flink.runtime.taskmanager.Task", "messageType": "WARN", "message": "Sink: x (1/1)#12 (aaaa_bbbb_0_12) switched from RUNNING to FAILED with failure cause:",
                                                                   "throwableInformation": "java.io.UncheckedIOException: java.nio.file.NoSuchFileException: /tmp/models/m.bin\n\tat ai.vision.Model.load(Model.java:9)\n\tat ai.vision.Score.open(Score.java:4)\nCaused by: java.nio.file.NoSuchFileException: /tmp/models/m.bin\n\tat java.base/sun.nio.fs.UnixException.translateToIOException(UnixException.java:92)\n\t... 9 more\n"})}
    yield "missing-model-file", json.dumps({"log_lines": [record]}), want("not_found", "java.nio.file.NoSuchFileException", "ai.vision.Model.load", task="Sink: x (1/1)", attempt=12)
    log = Log("1.20")
    log.healthy(60)
    log.put(61, "WARN", "org.apache.kafka.clients.NetworkClient", "[Consumer clientId=x, groupId=y] Connection to node -1 (b-1.msk/10.0.0.9:9098) could not be established. Broker may not be available.")
    log.put(62, "ERROR", "org.apache.kafka.clients.NetworkClient", "[Consumer clientId=x, groupId=y] Connection to node 2 (b-2/10.0.0.9:9098) failed authentication due to: [c1]: Access denied")
    log.failed(63, "Source: k", 1, 1, 0, wrapped(ex("java.lang.RuntimeException", "One or more fetchers have encountered exception"), ex("java.lang.RuntimeException", "SplitFetcher thread 0 received unexpected exception while polling the records"), ex("org.apache.kafka.common.errors.SaslAuthenticationException", "[c1]: Access denied")))
    log.restart(63.1, "Source: k", 1)
    yield "msk-iam-denied", log.document(), want("permission", "org.apache.kafka.common.errors.SaslAuthenticationException", task="Source: k (1/1)", first_fault_ms=63000)
