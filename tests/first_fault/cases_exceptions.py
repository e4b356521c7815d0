# SPDX-License-Identifier: Apache-2.0
"""One failing task each: what its exception means. The surroundings vary with the version: healthy checkpoints, harmless lines, the failure on
both sides, then the loop that follows it."""
from flinklog import Log, caused, ex, wrapped, ADD_SPLITS_BACK, STREAM_MAP, STREAM_TASK

FORWARD = ex("org.apache.flink.streaming.runtime.tasks.ExceptionInChainedOperatorException", "Could not forward element to next operator", *STREAM_TASK)
FETCHERS = (ex("java.lang.RuntimeException", "One or more fetchers have encountered exception",
               "org.apache.flink.connector.base.source.reader.fetcher.SplitFetcherManager.checkErrors(SplitFetcherManager.java:333)", *STREAM_TASK),
            ex("java.lang.RuntimeException", "SplitFetcher thread 0 received unexpected exception while polling the records",
               "org.apache.flink.connector.base.source.reader.fetcher.SplitFetcher.runOnce(SplitFetcher.java:168)"))
RESTORE = (ex("java.lang.Exception", "Exception while creating StreamOperatorStateContext.",
              "org.apache.flink.streaming.api.operators.StreamTaskStateInitializerImpl.streamOperatorStateContext(StreamTaskStateInitializerImpl.java:318)"),
           ex("org.apache.flink.util.FlinkException", "Could not restore keyed state backend for KeyedProcessOperator_90bea66de1c231edf33913ecd54406c1_(1/4) from any of the 1 provided restore options.",
              "org.apache.flink.streaming.api.operators.BackendRestorerProcedure.createAndRestore(BackendRestorerProcedure.java:165)"),
           ex("org.apache.flink.runtime.state.BackendBuildingException", "Caught unexpected exception.",
              "org.apache.flink.contrib.streaming.state.RocksDBKeyedStateBackendBuilder.build(RocksDBKeyedStateBackendBuilder.java:407)"))
ASYNC_CHECKPOINT = (ex("java.io.IOException", "Could not perform checkpoint 12 for operator Sink: lake (2/4)#0.", *STREAM_TASK),
                    ex("org.apache.flink.runtime.checkpoint.CheckpointException", "Could not complete snapshot 12 for operator Sink: lake (2/4)#0. Failure reason: Checkpoint was declined.",
                       "org.apache.flink.streaming.api.operators.StreamOperatorStateHandler.snapshotState(StreamOperatorStateHandler.java:269)"))


def row(name, chain, category, shown, frame=None, flink="1.20", before="RUNNING", role="trigger", task="Source: orders -> Parse"):
    """`shown`: the index in the chain, from the outside, of the exception that is the cause."""
    return {"name": name, "chain": chain, "category": category, "class": chain[shown][0], "frame": frame, "flink": flink, "from": before, "role": role, "task": task}


S3 = "com.amazonaws.services.s3.model.AmazonS3Exception"
ROWS = [
    # The user's own code.
    row("npe-in-map", [FORWARD, ex("java.lang.NullPointerException", 'Cannot invoke "com.acme.Order.getId()" because "order" is null', "com.acme.orders.Enrich.map(Enrich.java:41)", *STREAM_MAP)],
        "user_code", -1, "com.acme.orders.Enrich.map"),
    row("npe-without-message", [ex("java.lang.NullPointerException", None, "com.acme.orders.Enrich.map(Enrich.java:41)", *STREAM_MAP, *STREAM_TASK)],
        "user_code", -1, "com.acme.orders.Enrich.map", "1.11"),
    row("class-cast", [FORWARD, ex("java.lang.ClassCastException", "class com.acme.Refund cannot be cast to class com.acme.Order (com.acme.Refund and com.acme.Order are in unnamed module of loader 'app')",
                                   "com.acme.orders.Route.processElement(Route.java:30)", *STREAM_MAP)], "user_code", -1, "com.acme.orders.Route.processElement", "1.15"),
    row("scala-match-error", [FORWARD, ex("scala.MatchError", "refund (of class java.lang.String)", "com.acme.Router$.$anonfun$route$1(Router.scala:22)", "scala.Option.map(Option.scala:230)",
                                          "com.acme.Router.map(Router.scala:19)", *STREAM_MAP)], "user_code", -1, "com.acme.Router$.$anonfun$route$1", "1.12"),
    row("kotlin-coroutine", [FORWARD, ex("kotlin.UninitializedPropertyAccessException", "lateinit property client has not been initialized", "com.acme.Lookup.getClient(Lookup.kt:18)",
                                         "com.acme.Lookup$asyncInvoke$1.invokeSuspend(Lookup.kt:44)", "kotlin.coroutines.jvm.internal.BaseContinuationImpl.resumeWith(ContinuationImpl.kt:33)")],
        "user_code", -1, "com.acme.Lookup.getClient", "1.17"),
    row("custom-exception", [FORWARD, ex("com.acme.orders.InvalidOrderException", "order 4711 has no lines", "com.acme.orders.Check.flatMap(Check.java:77)", *STREAM_MAP)],
        "user_code", -1, "com.acme.orders.Check.flatMap", "1.13"),
    row("aws-sample-package", [FORWARD, ex("java.lang.IllegalStateException", "unexpected ticker", "com.amazonaws.services.msf.StockMapper.map(StockMapper.java:31)", *STREAM_MAP)],
        "user_code", -1, "com.amazonaws.services.msf.StockMapper.map", "1.19"),
    row("arithmetic-in-window", [ex("java.lang.ArithmeticException", "/ by zero", "com.acme.Average.getResult(Average.java:19)", "com.acme.Average.getResult(Average.java:8)",
                                    "org.apache.flink.runtime.state.heap.HeapAggregatingState.get(HeapAggregatingState.java:123)", *STREAM_TASK)], "user_code", -1, "com.acme.Average.getResult", "1.14"),
    row("runtime-exception-of-user", [FORWARD, ex("java.lang.RuntimeException", "lookup table is empty", "com.acme.Enrich.open(Enrich.java:20)")], "user_code", -1, "com.acme.Enrich.open", "1.16", "INITIALIZING"),
    row("async-timeout", [ex("java.lang.Exception", "Could not complete the stream element: Record @ (undef) : order-1.",
                             "org.apache.flink.streaming.api.operators.async.AsyncWaitOperator$ResultHandler.completeExceptionally(AsyncWaitOperator.java:633)"),
                          ex("java.util.concurrent.TimeoutException", "Async function call has timed out.", "org.apache.flink.streaming.api.functions.async.AsyncFunction.timeout(AsyncFunction.java:97)",
                             *STREAM_TASK)], "user_code", -1, None, "1.18"),
    row("stack-overflow", [FORWARD, ex("java.lang.StackOverflowError", None, "com.acme.Tree.walk(Tree.java:10)", "com.acme.Tree.walk(Tree.java:12)")], "user_code", -1, "com.acme.Tree.walk", "2.2"),
    row("user-cause-in-user-wrapper", [FORWARD, ex("com.acme.PipelineException", "step 3 failed", "com.acme.Pipeline.run(Pipeline.java:50)", *STREAM_MAP),
                                       ex("java.lang.IndexOutOfBoundsException", "Index 5 out of bounds for length 5", "java.base/jdk.internal.util.Preconditions.outOfBounds(Preconditions.java:64)",
                                          "com.acme.Pipeline.step(Pipeline.java:71)")], "user_code", -1, "com.acme.Pipeline.step", "1.20"),
    # Records that do not parse.
    row("number-format", [FORWARD, ex("java.lang.NumberFormatException", 'For input string: "12,50"', "java.base/java.lang.NumberFormatException.forInputString(NumberFormatException.java:67)",
                                      "java.base/java.lang.Long.parseLong(Long.java:711)", "com.acme.orders.ParseOrder.map(ParseOrder.java:57)", *STREAM_MAP)],
        "bad_record", -1, "com.acme.orders.ParseOrder.map", "1.13"),
    row("json-in-connector", [ex("java.io.IOException", "Failed to deserialize consumer record due to", "org.apache.flink.connector.kafka.source.reader.KafkaRecordEmitter.emitRecord(KafkaRecordEmitter.java:59)"),
                              ex("java.io.IOException", "Failed to deserialize JSON '{\"id\": 12'.", "org.apache.flink.formats.json.JsonRowDataDeserializationSchema.deserialize(JsonRowDataDeserializationSchema.java:122)"),
                              ex("org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.io.JsonEOFException",
                                 "Unexpected end-of-input: expected close marker for Object (start marker at [Source: (byte[])\"{\"id\": 12\"; line: 1, column: 1])\n at [Source: (byte[])\"{\"id\": 12\"; line: 1, column: 11]",
                                 "org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.base.ParserMinimalBase._reportInvalidEOF(ParserMinimalBase.java:664)",
                                 "org.apache.flink.formats.json.JsonRowDataDeserializationSchema.deserialize(JsonRowDataDeserializationSchema.java:115)")],
        "bad_record", -1, "org.apache.flink.formats.json.JsonRowDataDeserializationSchema.deserialize", "1.18"),
    row("jackson-in-user-schema", [ex("java.io.IOException", "Failed to deserialize consumer record due to"),
                                   ex("com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException", 'Unrecognized field "colour" (class com.acme.Order), not marked as ignorable (3 known properties: "id", "total", "at"])\n at [Source: (byte[])[42 bytes]; line: 1, column: 35] (through reference chain: com.acme.Order["colour"])',
                                      "com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException.from(UnrecognizedPropertyException.java:61)", "com.acme.OrderSchema.deserialize(OrderSchema.java:33)")],
        "bad_record", -1, "com.acme.OrderSchema.deserialize", "1.17"),
    row("avro-schema", [ex("java.io.IOException", "Failed to deserialize Avro record."),
                        ex("org.apache.avro.AvroTypeException", "Found com.acme.OrderV2, expecting com.acme.Order, missing required field currency", "org.apache.avro.io.ResolvingDecoder.doAction(ResolvingDecoder.java:308)",
                           "org.apache.flink.formats.avro.AvroDeserializationSchema.deserialize(AvroDeserializationSchema.java:175)")],
        "bad_record", -1, "org.apache.flink.formats.avro.AvroDeserializationSchema.deserialize", "1.16"),
    row("protobuf", [FORWARD, ex("com.google.protobuf.InvalidProtocolBufferException", "While parsing a protocol message, the input ended unexpectedly in the middle of a field.",
                                 "com.google.protobuf.CodedInputStream.readRawByte(CodedInputStream.java:1240)", "com.acme.proto.OrderParser.parse(OrderParser.java:15)")],
        "bad_record", -1, "com.acme.proto.OrderParser.parse", "1.15"),
    row("kryo", [ex("com.esotericsoftware.kryo.KryoException", "java.lang.UnsupportedOperationException\nSerialization trace:\ntags (com.acme.Order)",
                    "com.esotericsoftware.kryo.serializers.ObjectField.read(ObjectField.java:125)", "org.apache.flink.api.java.typeutils.runtime.kryo.KryoSerializer.deserialize(KryoSerializer.java:402)", *STREAM_TASK)],
        "bad_record", -1, None, "1.19"),
    row("date-time", [FORWARD, ex("java.time.format.DateTimeParseException", "Text '2026-13-01' could not be parsed: Invalid value for MonthOfYear (valid values 1 - 12): 13",
                                  "java.base/java.time.format.DateTimeFormatter.createError(DateTimeFormatter.java:2017)", "com.acme.Dates.parse(Dates.java:12)")],
        "bad_record", -1, "com.acme.Dates.parse", "1.20"),
    row("glue-schema-registry", [ex("java.io.IOException", "Failed to deserialize consumer record due to"),
                                 ex("com.amazonaws.services.schemaregistry.exception.AWSSchemaRegistryException", "Unknown data format. Magic number was not present",
                                    "com.amazonaws.services.schemaregistry.deserializers.GlueSchemaRegistryDeserializationFacade.deserialize(GlueSchemaRegistryDeserializationFacade.java:170)")],
        "bad_record", -1, "com.amazonaws.services.schemaregistry.deserializers.GlueSchemaRegistryDeserializationFacade.deserialize", "1.18"),
    # Restore.
    row("serializer", [*RESTORE, ex("org.apache.flink.util.StateMigrationException", "The new state serializer (org.apache.flink.api.java.typeutils.runtime.PojoSerializer@1) must not be incompatible with the old state serializer (org.apache.flink.api.java.typeutils.runtime.PojoSerializer@2).",
                                    "org.apache.flink.contrib.streaming.state.RocksDBKeyedStateBackend.updateRestoredStateMetaInfo(RocksDBKeyedStateBackend.java:743)")],
        "state_incompat", -1, "org.apache.flink.contrib.streaming.state.RocksDBKeyedStateBackend.updateRestoredStateMetaInfo", "1.20", "INITIALIZING"),
    row("state-class-gone", [*RESTORE, ex("java.io.IOException", "Could not find class 'com.acme.OldOrder' in classpath."), ex("java.lang.ClassNotFoundException", "com.acme.OldOrder", "java.base/java.net.URLClassLoader.findClass(URLClassLoader.java:476)")],
        "state_incompat", -1, None, "1.15", "INITIALIZING"),
    row("serial-version", [*RESTORE, ex("java.io.InvalidClassException", "com.acme.Order; local class incompatible: stream classdesc serialVersionUID = 1, local class serialVersionUID = 2", "java.base/java.io.ObjectStreamClass.initNonProxy(ObjectStreamClass.java:689)")],
        "state_incompat", -1, None, "1.13", "INITIALIZING"),
    row("kryo-in-state", [*RESTORE, ex("com.esotericsoftware.kryo.KryoException", "Encountered unregistered class ID: 112", "com.esotericsoftware.kryo.util.DefaultClassResolver.readClass(DefaultClassResolver.java:119)",
                                       "org.apache.flink.contrib.streaming.state.restore.RocksDBFullRestoreOperation.restore(RocksDBFullRestoreOperation.java:148)")], "state_incompat", -1, None, "1.17", "INITIALIZING"),
    row("state-file-gone", [*RESTORE, ex("java.io.FileNotFoundException", "No such file or directory: s3://state/7f3c/chk-7/9b1e", "org.apache.hadoop.fs.s3a.S3AFileSystem.s3GetFileStatus(S3AFileSystem.java:3799)")], "not_found", -1, None, "1.19", "INITIALIZING"),
    # Classes.
    row("class-missing", [FORWARD, ex("java.lang.NoClassDefFoundError", "com/acme/shared/Money", "com.acme.Price.map(Price.java:12)", *STREAM_MAP), ex("java.lang.ClassNotFoundException", "com.acme.shared.Money", "java.base/java.net.URLClassLoader.findClass(URLClassLoader.java:476)")],
        "dependency", -1, "com.acme.Price.map", "1.20"),
    row("method-missing", [ex("java.lang.NoSuchMethodError", "'org.apache.flink.util.Preconditions org.apache.flink.api.common.ExecutionConfig.isUseSnapshotCompression()'", "com.acme.Sink.open(Sink.java:40)", *STREAM_TASK)], "dependency", -1, "com.acme.Sink.open", "2.2", "INITIALIZING"),
    row("class-loader-twins", [FORWARD, ex("java.lang.ClassCastException", "class org.apache.avro.generic.GenericData$Record cannot be cast to class org.apache.avro.generic.GenericRecord (org.apache.avro.generic.GenericData$Record is in unnamed module of loader org.apache.flink.util.ChildFirstClassLoader @1; org.apache.avro.generic.GenericRecord is in unnamed module of loader 'app')",
                                           "org.apache.flink.formats.avro.AvroToRowDataConverters.lambda$createRowConverter$0(AvroToRowDataConverters.java:70)")], "dependency", -1, "org.apache.flink.formats.avro.AvroToRowDataConverters.lambda$createRowConverter$0", "1.16"),
    # AWS.
    row("kinesis-denied", [*FETCHERS, ex("software.amazon.awssdk.services.kinesis.model.KinesisException", "User: arn:aws:sts::111122223333:assumed-role/orders/s is not authorized to perform: kinesis:GetRecords on resource: arn:aws:kinesis:eu-west-1:111122223333:stream/orders because no identity-based policy allows the kinesis:GetRecords action (Service: Kinesis, Status Code: 400, Request ID: c1)",
                                         "software.amazon.awssdk.services.kinesis.DefaultKinesisClient.getRecords(DefaultKinesisClient.java:1789)", "org.apache.flink.connector.kinesis.source.proxy.KinesisStreamProxy.getRecords(KinesisStreamProxy.java:120)")],
        "permission", -1, "org.apache.flink.connector.kinesis.source.proxy.KinesisStreamProxy.getRecords", "1.20"),
    row("kinesis-stream-gone", [*FETCHERS, ex("software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException", "Stream orders under account 111122223333 not found. (Service: Kinesis, Status Code: 400, Request ID: c2)",
                                              "org.apache.flink.connector.kinesis.source.proxy.KinesisStreamProxy.getShardIterator(KinesisStreamProxy.java:99)")], "not_found", -1, "org.apache.flink.connector.kinesis.source.proxy.KinesisStreamProxy.getShardIterator", "1.19"),
    row("kinesis-throttled", [ex("org.apache.flink.kinesis.shaded.com.amazonaws.services.kinesis.model.ProvisionedThroughputExceededException", "Rate exceeded for shard shardId-000000000002 in stream orders under account 111122223333. (Service: AmazonKinesis; Status Code: 400; Error Code: ProvisionedThroughputExceededException; Request ID: c3)",
                                 "org.apache.flink.kinesis.shaded.com.amazonaws.services.kinesis.AmazonKinesisClient.executeGetRecords(AmazonKinesisClient.java:1292)",
                                 "org.apache.flink.streaming.connectors.kinesis.proxy.KinesisProxy.getRecords(KinesisProxy.java:298)")], "throttling", -1, "org.apache.flink.streaming.connectors.kinesis.proxy.KinesisProxy.getRecords", "1.15"),
    row("kinesis-expired-iterator", [ex("org.apache.flink.kinesis.shaded.com.amazonaws.services.kinesis.model.ExpiredIteratorException", "Iterator expired. The iterator was created at time Thu Jan 01 00:00:00 UTC 2026 while right now it is Thu Jan 01 00:06:10 UTC 2026 which is further in the future than the tolerated delay of 300000 milliseconds. (Service: AmazonKinesis; Status Code: 400; Error Code: ExpiredIteratorException)",
                                        "org.apache.flink.streaming.connectors.kinesis.internals.publisher.polling.PollingRecordPublisher.getRecords(PollingRecordPublisher.java:193)")], "source", -1, "org.apache.flink.streaming.connectors.kinesis.internals.publisher.polling.PollingRecordPublisher.getRecords", "1.13"),
    row("kinesis-efo-reshard", [*FETCHERS, ex("java.lang.IllegalArgumentException", "Attempted to transition from COMPLETE", "software.amazon.awssdk.utils.Validate.isTrue(Validate.java:85)",
                                              "org.apache.flink.connector.kinesis.source.reader.fanout.FanOutKinesisShardSubscription.activateSubscription(FanOutKinesisShardSubscription.java:131)")], "source", -1, "org.apache.flink.connector.kinesis.source.reader.fanout.FanOutKinesisShardSubscription.activateSubscription", "2.2"),
    row("s3-sink-denied", [*ASYNC_CHECKPOINT, ex("java.nio.file.AccessDeniedException", "s3a://lake/orders/part-1: initiate MultiPartUpload on orders/part-1: com.amazonaws.services.s3.model.AmazonS3Exception: Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied)",
                                                 "org.apache.hadoop.fs.s3a.S3AUtils.translateException(S3AUtils.java:249)", "org.apache.flink.fs.s3.common.writer.S3RecoverableMultipartUploadFactory.getNewRecoverableUpload(S3RecoverableMultipartUploadFactory.java:55)"),
                           ex(S3, "Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: R1; S3 Extended Request ID: E1)", "com.amazonaws.http.AmazonHttpClient$RequestExecutor.handleErrorResponse(AmazonHttpClient.java:1879)")],
        "permission", -1, None, "1.18"),
    row("s3-slow-down", [*ASYNC_CHECKPOINT, ex(S3, "Please reduce your request rate. (Service: Amazon S3; Status Code: 503; Error Code: SlowDown; Request ID: R2)", "com.amazonaws.http.AmazonHttpClient$RequestExecutor.handleErrorResponse(AmazonHttpClient.java:1879)",
                                               "org.apache.flink.fs.s3presto.common.HadoopFileSystem.create(HadoopFileSystem.java:154)")], "throttling", -1, "org.apache.flink.fs.s3presto.common.HadoopFileSystem.create", "1.19"),
    row("s3-no-bucket", [ex("java.io.IOException", "Failed to open file"), ex(S3, "The specified bucket does not exist (Service: Amazon S3; Status Code: 404; Error Code: NoSuchBucket; Request ID: R3)", "com.acme.Lookup.open(Lookup.java:30)")], "not_found", -1, "com.acme.Lookup.open", "1.15", "INITIALIZING"),
    row("kms-denied", [*ASYNC_CHECKPOINT, ex(S3, "User: arn:aws:sts::111122223333:assumed-role/orders/s is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:eu-west-1:111122223333:key/1 (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied)",
                                             "org.apache.flink.fs.s3.common.writer.S3Committer.commit(S3Committer.java:40)")], "permission", -1, "org.apache.flink.fs.s3.common.writer.S3Committer.commit", "1.20"),
    row("dynamodb-throttled", [FORWARD, ex("software.amazon.awssdk.services.dynamodb.model.ProvisionedThroughputExceededException", "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API. (Service: DynamoDb, Status Code: 400, Request ID: D1)",
                                           "com.acme.Store.put(Store.java:61)")], "throttling", -1, "com.acme.Store.put", "1.19"),
    row("dynamodb-sink-invalid", [ex("org.apache.flink.connector.dynamodb.sink.DynamoDbSinkException", "Encountered non-recoverable exception", "org.apache.flink.connector.dynamodb.sink.DynamoDbSinkWriter.handleFullyFailedRequest(DynamoDbSinkWriter.java:232)"),
                                  ex("java.util.concurrent.CompletionException", "software.amazon.awssdk.services.dynamodb.model.DynamoDbException: Provided list of item keys contains duplicates"),
                                  ex("software.amazon.awssdk.services.dynamodb.model.DynamoDbException", "Provided list of item keys contains duplicates (Service: DynamoDb, Status Code: 400, Request ID: D2)")],
        "sink", -1, "org.apache.flink.connector.dynamodb.sink.DynamoDbSinkWriter.handleFullyFailedRequest", "1.17"),
    row("firehose-gone", [ex("org.apache.flink.connector.firehose.sink.KinesisFirehoseException", "Encountered non-recoverable exception", "org.apache.flink.connector.firehose.sink.KinesisFirehoseSinkWriter.isRetryable(KinesisFirehoseSinkWriter.java:245)"),
                          ex("software.amazon.awssdk.services.firehose.model.ResourceNotFoundException", "Firehose orders not found under accountId 111122223333. (Service: Firehose, Status Code: 400, Request ID: F1)")], "not_found", -1,
        "org.apache.flink.connector.firehose.sink.KinesisFirehoseSinkWriter.isRetryable", "1.18"),
    # Kafka.
    row("kafka-sasl", [*FETCHERS, ex("org.apache.kafka.common.errors.SaslAuthenticationException", "[0e2a1b3c]: Access denied")], "permission", -1, None, "1.18"),
    row("kafka-acl", [*FETCHERS, ex("org.apache.kafka.common.errors.TopicAuthorizationException", "Not authorized to access topics: [orders]")], "permission", -1, None, "1.20"),
    row("kafka-no-topic", [ex("org.apache.flink.util.FlinkRuntimeException", "Failed to get metadata for topics [orders].", "org.apache.flink.connector.kafka.source.enumerator.subscriber.KafkaSubscriberUtils.getTopicMetadata(KafkaSubscriberUtils.java:47)"),
                           ex("java.util.concurrent.ExecutionException", "org.apache.kafka.common.errors.UnknownTopicOrPartitionException: This server does not host this topic-partition."),
                           ex("org.apache.kafka.common.errors.UnknownTopicOrPartitionException", "This server does not host this topic-partition.")], "not_found", -1, "org.apache.flink.connector.kafka.source.enumerator.subscriber.KafkaSubscriberUtils.getTopicMetadata", "1.17"),
    row("kafka-offset", [*FETCHERS, ex("org.apache.kafka.clients.consumer.OffsetOutOfRangeException", "Fetch position FetchPosition{offset=4711, offsetEpoch=Optional[3]} is out of range for partition orders-3",
                                       "org.apache.kafka.clients.consumer.internals.Fetcher.handleOffsetOutOfRange(Fetcher.java:1405)", "org.apache.flink.connector.kafka.source.reader.KafkaPartitionSplitReader.fetch(KafkaPartitionSplitReader.java:113)")], "source", -1, "org.apache.flink.connector.kafka.source.reader.KafkaPartitionSplitReader.fetch", "1.16"),
    row("kafka-fenced", [ex("org.apache.flink.util.FlinkRuntimeException", "Failed to send data to Kafka orders-out-2@-1 with FlinkKafkaInternalProducer{transactionalId='orders-2', inTransaction=true, closed=false}", "org.apache.flink.connector.kafka.sink.KafkaWriter$WriterCallback.throwException(KafkaWriter.java:440)"),
                         ex("org.apache.kafka.common.errors.ProducerFencedException", "There is a newer producer with the same transactionalId which fences the current one.")], "sink", -1, "org.apache.flink.connector.kafka.sink.KafkaWriter$WriterCallback.throwException", "1.18"),
    row("kafka-too-large", [FORWARD, ex("org.apache.kafka.common.errors.RecordTooLargeException", "The message is 1587232 bytes when serialized which is larger than 1048576, which is the value of the max.request.size configuration.")], "sink", -1, None, "1.15"),
    row("kafka-expiring", [ex("org.apache.flink.streaming.connectors.kafka.FlinkKafkaException", "Failed to send data to Kafka: Expiring 12 record(s) for orders-out-3:120002 ms has passed since batch creation", "org.apache.flink.streaming.connectors.kafka.FlinkKafkaProducer.checkErroneous(FlinkKafkaProducer.java:1392)"),
                           ex("org.apache.kafka.common.errors.TimeoutException", "Expiring 12 record(s) for orders-out-3:120002 ms has passed since batch creation")], "sink", -1, "org.apache.flink.streaming.connectors.kafka.FlinkKafkaProducer.checkErroneous", "1.13"),
    # Databases, search, lakes.
    row("jdbc-deadlock", [ex("java.io.IOException", "Writing records to JDBC failed.", "org.apache.flink.connector.jdbc.internal.JdbcOutputFormat.checkFlushException(JdbcOutputFormat.java:213)"),
                          ex("java.sql.BatchUpdateException", "Batch entry 3 INSERT INTO orders ... was aborted: ERROR: deadlock detected", "org.postgresql.jdbc.BatchResultHandler.handleError(BatchResultHandler.java:171)"),
                          ex("org.postgresql.util.PSQLException", "ERROR: deadlock detected\n  Detail: Process 4711 waits for ShareLock on transaction 12; blocked by process 4712.", "org.postgresql.core.v3.QueryExecutorImpl.receiveErrorResponse(QueryExecutorImpl.java:2725)")],
        "sink", -1, "org.apache.flink.connector.jdbc.internal.JdbcOutputFormat.checkFlushException", "1.17"),
    row("jdbc-refused", [ex("java.io.IOException", "unable to open JDBC writer"), ex("org.postgresql.util.PSQLException", "Connection to db.internal:5432 refused. Check that the hostname and port are correct and that the postmaster is accepting TCP/IP connections."),
                         ex("java.net.ConnectException", "Connection refused", "java.base/sun.nio.ch.Net.pollConnect(Native Method)")], "network", -1, None, "1.16", "INITIALIZING"),
    row("jdbc-password", [ex("java.io.IOException", "unable to open JDBC writer"), ex("org.postgresql.util.PSQLException", 'FATAL: password authentication failed for user "flink"', "org.postgresql.core.v3.ConnectionFactoryImpl.doAuthentication(ConnectionFactoryImpl.java:646)")], "permission", -1, None, "1.19", "INITIALIZING"),
    row("opensearch-bulk", [ex("org.apache.flink.util.FlinkRuntimeException", "Single action IndexRequest of bulk request failed.", "org.apache.flink.connector.opensearch.sink.OpensearchWriter$BulkListener.extractFailures(OpensearchWriter.java:249)"),
                            ex("org.opensearch.OpenSearchException", "OpenSearch exception [type=mapper_parsing_exception, reason=failed to parse field [total] of type [float] in document with id 'o-1']")], "sink", -1, "org.apache.flink.connector.opensearch.sink.OpensearchWriter$BulkListener.extractFailures", "1.18"),
    row("iceberg-conflict", [ex("java.io.IOException", "Could not perform checkpoint 9 for operator IcebergFilesCommitter (1/1)#0."), ex("org.apache.iceberg.exceptions.CommitFailedException", "Cannot commit glue_catalog.lake.orders because Glue detected concurrent update",
                                "org.apache.iceberg.aws.glue.GlueTableOperations.handleAWSExceptions(GlueTableOperations.java:355)", "org.apache.iceberg.flink.sink.IcebergFilesCommitter.commitOperation(IcebergFilesCommitter.java:409)")], "sink", -1, "org.apache.iceberg.flink.sink.IcebergFilesCommitter.commitOperation", "1.19"),
    # Network.
    row("unknown-host", [FORWARD, ex("software.amazon.awssdk.core.exception.SdkClientException", "Received an UnknownHostException when attempting to interact with a service. See cause for the exact endpoint that is failing to resolve.", "software.amazon.awssdk.core.exception.SdkClientException$BuilderImpl.build(SdkClientException.java:111)", "com.acme.Secrets.get(Secrets.java:22)"),
                         ex("java.net.UnknownHostException", "secretsmanager.eu-west-1.amazonaws.com", "java.base/java.net.InetAddress$CachedAddresses.get(InetAddress.java:797)")], "network", -1, "com.acme.Secrets.get", "1.20", "INITIALIZING"),
    row("tls-handshake", [*FETCHERS, ex("org.apache.kafka.common.errors.SslAuthenticationException", "SSL handshake failed"), ex("javax.net.ssl.SSLHandshakeException", "PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target"),
                          ex("sun.security.validator.ValidatorException", "PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target"),
                          ex("sun.security.provider.certpath.SunCertPathBuilderException", "unable to find valid certification path to requested target")], "network", -1, None, "1.18"),
    # The platform.
    row("read-only-root", [FORWARD, ex("java.nio.file.FileSystemException", "/opt/cache/model.bin: Read-only file system", "java.base/sun.nio.fs.UnixException.translateToIOException(UnixException.java:100)", "com.acme.Model.load(Model.java:18)")], "config", -1, "com.acme.Model.load", "2.2", "INITIALIZING"),
    row("imds", [ex("com.amazonaws.SdkClientException", "Failed to connect to service endpoint: ", "com.amazonaws.internal.EC2ResourceFetcher.doReadResource(EC2ResourceFetcher.java:100)", "com.acme.Region.current(Region.java:9)"), ex("java.net.SocketTimeoutException", "Connect timed out", "java.base/sun.nio.ch.NioSocketImpl.timedFinishConnect(NioSocketImpl.java:546)")],
        "config", 0, "com.acme.Region.current", "2.2", "INITIALIZING"),
    row("network-buffers", [ex("java.io.IOException", "Insufficient number of network buffers: required 65, but only 24 available. The total number of network buffers is currently set to 22118 of 32768 bytes each. You can increase this number by setting the configuration keys 'taskmanager.memory.network.fraction', 'taskmanager.memory.network.min', and 'taskmanager.memory.network.max'.",
                               "org.apache.flink.runtime.io.network.buffer.NetworkBufferPool.createBufferPool(NetworkBufferPool.java:444)")], "config", -1, None, "1.15", "DEPLOYING"),
    row("disk-full", [ex("java.lang.Exception", "Could not materialize checkpoint 31 for operator Window (1/4)#0."), ex("java.util.concurrent.ExecutionException", "java.io.IOException: No space left on device"), ex("java.io.IOException", "No space left on device", "java.base/java.io.FileOutputStream.writeBytes(Native Method)")], "resource", -1, None, "1.17"),
    row("slots", [ex("org.apache.flink.runtime.jobmanager.scheduler.NoResourceAvailableException", "Slot request bulk is not fulfillable! Could not allocate the required slot within slot request timeout", "org.apache.flink.runtime.jobmaster.slotpool.PhysicalSlotRequestBulkCheckerImpl.lambda$schedulePendingRequestBulkWithTimestampCheck$0(PhysicalSlotRequestBulkCheckerImpl.java:86)"),
                  ex("java.util.concurrent.TimeoutException", "Timeout has occurred: 300000 ms")], "resource", 0, None, "1.13", "SCHEDULED"),
    row("rocksdb", [ex("org.apache.flink.util.FlinkRuntimeException", "Error while adding data to RocksDB", "org.apache.flink.contrib.streaming.state.RocksDBMapState.put(RocksDBMapState.java:137)", "com.acme.Dedup.processElement(Dedup.java:33)"), ex("org.rocksdb.RocksDBException", "While open a file for random read: /tmp/rocks/000123.sst: No such file or directory", "org.rocksdb.RocksDB.put(Native Method)")], "checkpoint", -1, None, "1.18"),
    row("oom-with-user-frame", [FORWARD, ex("java.lang.OutOfMemoryError", "Java heap space", "java.base/java.util.Arrays.copyOf(Arrays.java:3745)", "com.acme.Collect.add(Collect.java:15)", *STREAM_MAP)], "memory", -1, "com.acme.Collect.add", "1.20"),
    row("oom-in-framework", [ex("java.lang.OutOfMemoryError", "Java heap space", "org.apache.flink.core.memory.DataOutputSerializer.resize(DataOutputSerializer.java:317)", *STREAM_TASK)], "memory", -1, None, "1.19", role="symptom_needs_metrics"),
    # Symptoms and what keeps loops going.
    row("heartbeat", [ex("java.util.concurrent.TimeoutException", "Heartbeat of TaskManager with id 10.0.1.17:6122-1f2e3d timed out.", "org.apache.flink.runtime.jobmaster.JobMaster$TaskManagerHeartbeatListener.notifyHeartbeatTimeout(JobMaster.java:1299)")], "unknown", -1, None, "1.14", role="symptom_needs_metrics"),
    row("unreachable", [ex("org.apache.flink.runtime.jobmaster.JobMasterException", "TaskManager with id 10.0.1.17:6122-1f2e3d is no longer reachable.", "org.apache.flink.runtime.jobmaster.JobMaster$TaskManagerHeartbeatListener.notifyTargetUnreachable(JobMaster.java:1320)")], "unknown", -1, None, "1.18", role="symptom_needs_metrics"),
    row("connection-closed", [ex("org.apache.flink.runtime.io.network.netty.exception.RemoteTransportException", "Connection unexpectedly closed by remote task manager '10.0.1.17/10.0.1.17:6121 [ 10.0.1.17:6122-1f2e3d ] '. This might indicate that the remote task manager was lost.",
                                 "org.apache.flink.runtime.io.network.netty.CreditBasedPartitionRequestClientHandler.channelInactive(CreditBasedPartitionRequestClientHandler.java:134)")], "unknown", -1, None, "1.20", role="symptom_needs_metrics"),
    row("slot-removed", [ex("org.apache.flink.util.FlinkException", "The assigned slot 5e1f_0 was removed.", "org.apache.flink.runtime.resourcemanager.slotmanager.SlotManagerImpl.removeSlot(SlotManagerImpl.java:801)")], "unknown", -1, None, "1.11", role="symptom_needs_metrics"),
]


def build(case, index):
    order = (wrapped, caused)[index % 2]
    at = 200 + index * 0.25
    log = Log(case["flink"], layout="text" if index % 7 == 3 else "json")
    name = case["task"]
    log.healthy(180)
    if index % 3 == 0:
        log.noise(190)
    if log.layout == "text":
        order = caused
    log.failed(at, name, 3, 4, 0, order(*case["chain"]), case["from"])
    log.restart(at + 0.1, name)
    if index % 2 == 0:
        log.loop(at + 14, 3)
    return log


def cases():
    for index, case in enumerate(ROWS):
        log = build(case, index)
        frame = {} if case["frame"] is None else {"frame": case["frame"]}
        yield case["name"], log.document(), {"role": case["role"], "category": case["category"], "exception_class": case["class"], **frame,
                                             "task": case["task"] + " (3/4)", "attempt": 0 if log.flink >= (1, 13) else None,
                                             "first_fault_ms": 200000 + index * 250, "last_healthy_ms": 180000}
