/* SPDX-License-Identifier: Apache-2.0 */
#include "faults/rules.h"

#include "util/scope.h"

#define TRIGGER ROLE_TRIGGER
#define SYMPTOM ROLE_SYMPTOM
#define SUSTAINER ROLE_SUSTAINER
#define CONSEQUENCE ROLE_CONSEQUENCE
#define WRAPPER ROLE_WRAPPER

/* clang-format off */
const struct fault_rule fault_rules[] = {
        /* What keeps a loop going. */
        {"partial-recovery",
         .words = "partial recovery is not supported",
         .role = SUSTAINER, .category = "source", .flags = RULE_EXPLAINS | RULE_ALONE,
         .reason = "The FLIP-27 Kinesis and DynamoDB Streams sources cannot take back the splits of a failed task: "
         "each task failure becomes a failure of the whole job.",
         .advice = "Find what failed the first task: this exception only follows it."},
        {"add-splits-back",
         .classes = "UnsupportedOperationException",
         .context = "addSplitsBack",
         .role = SUSTAINER, .category = "source", .flags = RULE_EXPLAINS,
         .reason = "The source's enumerator cannot take back splits: each task failure becomes a failure of the whole "
         "job.",
         .advice = "Find what failed the first task: this exception only follows it."},
        {"enumerator-subtask-recovery",
         .words = "uncaught exception in the splitenumerator&while handling subtask",
         .role = SUSTAINER, .category = "source", .flags = RULE_ALONE,
         .reason = "The source's enumerator fails while it handles the failure of a task: it follows that failure."},
        {"recovery-suppressed",
         .words = "recovery is suppressed by",
         .role = WRAPPER, .category = "unknown",
         .reason = "The restart strategy gave up: what it carries is the failure that used up the last attempt."},
        {"global-failure-wrapper",
         .words = "global failure triggered by operatorcoordinator",
         .role = WRAPPER, .category = "unknown",
         .reason = "A coordinator failed the job: its own exception tells why."},
        {"event-lost",
         .words = "operatorevent from an operatorcoordinator to a task was lost",
         .role = CONSEQUENCE, .category = "network", .flags = RULE_EXPLAINS,
         .reason = "The task that the event was meant for was gone or did not answer."},

        /* Side effects of another failure. */
        {"cancelled",
         .classes = "CancelTaskException|CancellationException|InterruptedException|ClosedByInterruptException|"
         "InterruptedIOException|TaskInterrupted*",
         .role = CONSEQUENCE, .category = "unknown",
         .reason = "The task was cancelled because another one had failed."},
        {"partition-gone",
         .classes = "PartitionNotFoundException|ProducerFailedException",
         .role = CONSEQUENCE, .category = "unknown", .flags = RULE_EXPLAINS,
         .reason = "The task that produces this partition was already gone."},
        {"partition-released",
         .words = "result partition&released|partition already released|buffer pool is destroyed|buffer pool has "
         "already been destroyed",
         .role = CONSEQUENCE, .category = "unknown", .flags = RULE_EXPLAINS,
         .reason = "The other end had stopped before."},
        {"remote-task-error",
         .words = "error at remote task manager",
         .role = WRAPPER, .category = "unknown",
         .reason = "An exception of another TaskManager, passed on to this one."},
        {"checkpoint-suspended",
         .classes = "CheckpointException",
         .words = "checkpoint coordinator is suspending|coordinator is shutting down|task local checkpoint failure",
         .role = CONSEQUENCE, .category = "unknown",
         .reason = "It happens while a job is taken down."},
        {"scheduler-stopped",
         .words = "jobmanager responsible for&lost the leadership|disconnect from jobmanager responsible|stopping "
         "jobmaster for job|the job has been cancelled",
         .role = CONSEQUENCE, .category = "unknown",
         .reason = "It happens while a job is taken down."},
        {"not-running",
         .classes = "CheckpointException",
         .words = "not all required tasks are currently running|task's operators partially finished|tasks are not "
         "running|has not been running|was declined (tasks not ready)|tasks of the job have already finished|the job "
         "is not ready|trigger checkpoint failure|minimum time between checkpoints|too many checkpoint requests|"
         "checkpoint has been subsumed|aborted on notification",
         .role = CONSEQUENCE, .category = "checkpoint",
         .reason = "A checkpoint cannot be taken while tasks restart."},
        {"input-closed",
         .words = "sslengine closed already|connection pool shut down|http client closed|the client has been closed|"
         "this consumer has already been closed|cannot send after the producer is closed|producer is closed "
         "forcefully|mailbox is in state closed|mailbox is in state quiesced",
         .role = CONSEQUENCE, .category = "unknown",
         .reason = "A client that was being shut down was still in use."},

        /* Something stopped answering. */
        {"heartbeat-timeout",
         .words = "heartbeat of taskmanager&timed out|heartbeat of jobmanager&timed out|taskmanager with id&no longer "
         "reachable|jobmanager with id&no longer reachable|heartbeat of resourcemanager&timed out",
         .role = SYMPTOM, .category = "unknown", .flags = RULE_EXPLAINS | RULE_ALONE,
         .reason = "A TaskManager stopped answering: a long collection pause, a process killed for its memory, a "
         "starved CPU and a broken network all look like this.",
         .advice = "Look at heap, old-generation GC and container CPU of the minutes before; this line does not tell "
         "the cause."},
        {"connection-lost",
         .words = "connection unexpectedly closed by remote task manager|lost connection to task manager|remote task "
         "manager was lost|sending the partition request to&failed|connecting to remote task manager&has failed|"
         "readaddress(..) failed|connection reset by peer&taskmanager",
         .role = SYMPTOM, .category = "unknown", .flags = RULE_EXPLAINS | RULE_ALONE,
         .reason = "The connection to another TaskManager broke: that one died or stopped answering first.",
         .advice = "Find what happened to the TaskManager at the other end: its own log, heap, old-generation GC and "
         "container CPU just before."},
        {"transport",
         .classes = "LocalTransportException|PartitionConnectionException|RemoteTransportException",
         .role = SYMPTOM, .category = "unknown", .flags = RULE_WEAK | RULE_EXPLAINS,
         .reason = "The connection between two TaskManagers broke.",
         .advice = "Find what happened to the TaskManager at the other end: its own log, heap, old-generation GC and "
         "container CPU just before."},
        {"stuck-in-cancel",
         .words = "did not exit gracefully within",
         .role = CONSEQUENCE, .category = "user_code", .flags = RULE_EXPLAINS,
         .reason = "A task that was to be cancelled did not stop: its TaskManager ends itself."},
        {"task-manager-released",
         .words = "the assigned slot&was removed|taskexecutor&has been released|taskmanager&released|taskexecutor is "
         "shutting down|taskmanager is shutting down|closing taskexecutor connection",
         .role = SYMPTOM, .category = "unknown", .flags = RULE_EXPLAINS,
         .reason = "A TaskManager was lost; this is how the job noticed.",
         .advice = "Find what happened to the TaskManager: its own log, heap, old-generation GC and container CPU just "
         "before."},
        {"slot-removed",
         .classes = "LostTaskException|TaskManagerLostException",
         .role = SYMPTOM, .category = "unknown", .flags = RULE_EXPLAINS,
         .reason = "A TaskManager was lost; this is how the job noticed.",
         .advice = "Find what happened to the TaskManager: its own log, heap, old-generation GC and container CPU just "
         "before."},
        {"worker-oom-killed",
         .words = "is terminated. diagnostics&oomkilled|is terminated. diagnostics&exitcode=137|is terminated. "
         "diagnostics&exit code 137|is terminated. diagnostics&out of memory|running beyond physical memory",
         .role = TRIGGER, .category = "memory", .flags = RULE_ALONE,
         .reason = "The container of a TaskManager was killed for using more memory than it has.",
         .advice = "Native memory outgrew the container (RocksDB, direct buffers, native libraries, metaspace): lower "
         "ParallelismPerKPU, bound RocksDB's memory, look for native allocations of your code."},
        {"worker-terminated",
         .words = "worker&is terminated. diagnostics|the container&completed with exit",
         .role = SYMPTOM, .category = "unknown", .flags = RULE_ALONE,
         .reason = "The process of a TaskManager ended; its diagnostics name no reason.",
         .advice = "Look at container memory, heap and old-generation GC before it: a process that ends without a word "
         "was mostly killed for its memory."},
        {"ask-timeout",
         .classes = "AskTimeoutException|RpcConnectionException|RecipientUnreachableException",
         .role = SYMPTOM, .category = "unknown", .flags = RULE_WEAK,
         .reason = "A call within the cluster was not answered in time.",
         .advice = "Look at CPU, heap and GC of JobManager and TaskManagers around it; many or large tasks make the "
         "JobManager slow to answer."},
        {"rpc-timeout",
         .words = "invocation of&timed out|ask timed out on",
         .role = SYMPTOM, .category = "unknown", .flags = RULE_EXPLAINS,
         .reason = "A call within the cluster was not answered in time.",
         .advice = "Look at CPU, heap and GC of JobManager and TaskManagers around it."},

        /* Memory. */
        {"oom-user-code",
         .classes = "OutOfMemoryError",
         .role = TRIGGER, .category = "memory", .flags = RULE_USER,
         .reason = "The application's own code asked for memory that was not there.",
         .advice = "The frame names who allocated: bound what it keeps (collections, caches, whole result sets), or "
         "lower ParallelismPerKPU for more heap per subtask."},
        {"oom-metaspace",
         .classes = "OutOfMemoryError",
         .words = "metaspace",
         .role = SYMPTOM, .category = "memory", .flags = RULE_ALONE,
         .reason = "The metaspace is full: classes are loaded again with each restart and never unloaded, or there are "
         "very many.",
         .advice = "A restart loop that leaks class loaders fills it: find what restarted the job before; close "
         "threads, thread-locals and JDBC drivers in close()."},
        {"oom-direct",
         .classes = "OutOfMemoryError|OutOfDirectMemoryError",
         .words = "direct buffer memory|direct memory|failed to allocate",
         .role = SYMPTOM, .category = "memory", .flags = RULE_ALONE,
         .reason = "Direct memory is used up: network clients, Kafka fetches and native libraries take it beside the "
         "heap.",
         .advice = "Lower fetch sizes and the number of clients per TaskManager, or lower ParallelismPerKPU."},
        {"oom-threads",
         .classes = "OutOfMemoryError",
         .words = "unable to create&native thread|unable to create new native thread",
         .role = SYMPTOM, .category = "resource", .flags = RULE_ALONE,
         .reason = "No more threads can be started: threadsCount tells since when they have become more.",
         .advice = "Create clients and executors once in open() and shut them down in close()."},
        {"oom-heap",
         .classes = "OutOfMemoryError",
         .role = SYMPTOM, .category = "memory", .flags = RULE_ALONE,
         .reason = "The heap is full, and no frame of the application says who filled it: heap, old-generation GC and "
         "state size of the time before tell.",
         .advice = "Compare heap and checkpoint size over days: a leak rises steadily. Lower ParallelismPerKPU for "
         "more heap per subtask; keep state in RocksDB."},
        {"oom-text",
         .words = "outofmemoryerror|gc overhead limit exceeded",
         .role = SYMPTOM, .category = "memory", .flags = RULE_ALONE | RULE_NO_USER,
         .reason = "The JVM ran out of memory.",
         .advice = "Compare heap and checkpoint size over days: a leak rises steadily. Lower ParallelismPerKPU."},

        {"managed-memory",
         .classes = "MemoryAllocationException|MemoryReservationException",
         .role = TRIGGER, .category = "memory", .flags = RULE_EXPLAINS,
         .reason = "An operator wants more managed memory than its slot has.",
         .advice = "Lower ParallelismPerKPU, or have fewer sorting, joining and aggregating operators in one slot."},

        /* Restore: what does not fit the state. */
        {"serializer-incompatible",
         .classes = "StateMigrationException",
         .role = TRIGGER, .category = "state_incompat", .flags = RULE_EXPLAINS,
         .reason = "The state was written with a serializer that the new version's serializer cannot read.",
         .advice = "Roll back to the version that wrote the state, or make the type's change compatible (POJO and Avro "
         "evolution rules); restoring again fails the same way."},
        {"state-serializer-words",
         .words = "new state serializer&incompatible|state serializer&must not be incompatible|new key serializer&must "
         "be compatible|new namespace serializer|cannot be incompatible|for the new state serializer|while restoring "
         "checkpoint metadata|could not java-deserialize typeserializer|unable to restore&serializer|state migration "
         "isn't supported|state migration is not supported",
         .role = TRIGGER, .category = "state_incompat", .flags = RULE_EXPLAINS,
         .reason = "The state was written with a serializer that the new version's serializer cannot read.",
         .advice = "Roll back to the version that wrote the state, or make the type's change compatible."},
        {"max-parallelism",
         .words = "max parallelism mismatch|with max parallelism&to new program with max parallelism|maximum "
         "parallelism&of the&restore|rescaling&maximum parallelism|max parallelism of the&smaller than|"
         "parallelism&exceeds the maximum parallelism|which is greater than its&max parallelism|higher than the max "
         "parallelism",
         .role = TRIGGER, .category = "state_incompat", .flags = RULE_EXPLAINS,
         .reason = "The maximum parallelism differs from that of the state: keyed state cannot be redistributed to "
         "another number of key groups.",
         .advice = "Set the old maximum parallelism with setMaxParallelism(), or start without the state (that loses "
         "it)."},
        {"cannot-map-state",
         .words = "cannot map checkpoint/savepoint state|failed to rollback to checkpoint/savepoint|"
         "allownonrestoredstate|there is no operator for the state",
         .role = TRIGGER, .category = "state_incompat", .flags = RULE_EXPLAINS,
         .reason = "The snapshot holds state of an operator that the new job does not have under that uid.",
         .advice = "Give stateful operators the uid() that they had, or update with AllowNonRestoredState when the "
         "operator was removed on purpose."},
        {"class-changed",
         .classes = "InvalidClassException",
         .role = TRIGGER, .category = "state_incompat",
         .reason = "A class was written with another version of itself (serialVersionUID or fields differ).",
         .advice = "Restore the old class or fix its serialVersionUID; Java-serialized types in state break with each "
         "change of the class."},
        {"restore-class-missing",
         .classes = "ClassNotFoundException|NoClassDefFoundError",
         .context = "StateBackend&restore|TypeSerializerSnapshot|OperatorStateContext|readVersionedSnapshot|"
         "deserializeSerializer|BackendBuildingException|restoreOperatorState",
         .role = TRIGGER, .category = "state_incompat",
         .reason = "The state names a class that the new version no longer has.",
         .advice = "Bring the class back under its old name, or restore with the version that has it."},
        {"restore-kryo",
         .classes = "KryoException",
         .context = "StateBackend&restore|OperatorStateContext|BackendBuildingException|restoreOperatorState|"
         "RestoreOperation",
         .role = TRIGGER, .category = "state_incompat",
         .reason = "Kryo cannot read the state back: registrations or the class' fields have changed since it was "
         "written.",
         .advice = "Roll back to the version that wrote the state; register types in a fixed order, or move them from "
         "Kryo to POJO or Avro."},
        {"restore-avro",
         .classes = "AvroTypeException|AvroRuntimeException",
         .context = "StateBackend&restore|OperatorStateContext|BackendBuildingException|restoreOperatorState|"
         "RestoreOperation",
         .role = TRIGGER, .category = "state_incompat",
         .reason = "The state's Avro schema does not resolve to the new one.",
         .advice = "Evolve the schema compatibly: new fields need defaults."},
        {"restore-eof",
         .classes = "EOFException|UTFDataFormatException|StreamCorruptedException|OptionalDataException|"
         "NegativeArraySizeException",
         .context = "StateBackend&restore|OperatorStateContext|BackendBuildingException|restoreOperatorState|"
         "RestoreOperation",
         .role = TRIGGER, .category = "state_incompat",
         .reason = "What was read back is not what the serializer expects: the type has changed since it was written.",
         .advice = "Roll back to the version that wrote the state, or make the type's change compatible."},
        {"restore-corrupt",
         .classes = "StreamCorruptedException|CorruptConfigurationException",
         .role = TRIGGER, .category = "state_incompat", .flags = RULE_EXPLAINS,
         .reason = "What was read back is not what the serializer writes.",
         .advice = "Roll back to the version that wrote it."},
        {"restore-missing-file",
         .classes = "FileNotFoundException|NoSuchKeyException|NoSuchFileException|AmazonS3Exception",
         .words = "no such file|not found|does not exist|nosuchkey|no such key|the specified key",
         .context = "StateBackend&restore|OperatorStateContext|BackendBuildingException|restoreOperatorState|"
         "RestoreOperation|getMostRecentCompletedCheckpoint|Checkpoints.load|restoreSavepoint",
         .role = TRIGGER, .category = "not_found", .flags = RULE_EXPLAINS,
         .reason = "A file of the snapshot is gone.",
         .advice = "Start from another snapshot; lifecycle rules and clean-up jobs must leave state files alone."},

        /* Classes and methods that do not fit together. */
        {"class-cast-to-itself",
         .classes = "ClassCastException",
         .role = TRIGGER, .category = "dependency", .flags = RULE_SELF_CAST,
         .reason = "The same class was loaded twice, from the application and from Flink.",
         .advice = "Mark libraries that Flink brings as provided, or keep them out of the jar."},
        {"class-cast-of-field",
         .classes = "ClassCastException",
         .words = "cannot assign instance of&to field",
         .role = TRIGGER, .category = "dependency",
         .reason = "A function that was sent to the TaskManagers does not fit the class that they have of it: two "
         "versions, or one class loaded twice.",
         .advice = "Keep one version of the library in the jar, and libraries that Flink brings out of it."},
        {"class-loader-twins",
         .classes = "ClassCastException",
         .words = "cannot be cast to&in unnamed module of loader&childfirst|cannot be cast to&of loader&app'",
         .role = TRIGGER, .category = "dependency", .flags = RULE_NO_USER,
         .reason = "The same class was loaded twice, from the application and from Flink.",
         .advice = "Mark libraries that Flink brings as provided, or keep them out of the jar."},
        {"static-initializer",
         .classes = "ExceptionInInitializerError",
         .role = TRIGGER, .category = "user_code", .flags = RULE_USER,
         .reason = "A static initializer of a class that the code uses failed.",
         .advice = "Move what can fail from static initializers to open(); what failed stands in the exception "
         "inside it."},
        {"method-missing",
         .classes = "NoSuchMethodError|NoSuchFieldError|AbstractMethodError|IncompatibleClassChangeError|VerifyError|"
         "IllegalAccessError|BootstrapMethodError|NoSuchMethodException|ClassFormatError|LinkageError|"
         "ExceptionInInitializerError",
         .role = TRIGGER, .category = "dependency",
         .reason = "Two versions of a library do not fit together: code was compiled against another one than it runs "
         "with.",
         .advice = "Find the library's other version (mvn dependency:tree), align it with the Flink version, or shade "
         "it."},
        {"java-version",
         .classes = "UnsupportedClassVersionError",
         .role = TRIGGER, .category = "dependency",
         .reason = "The jar was compiled for a newer Java than the runtime has.",
         .advice = "Compile with --release 11 (Flink 1.x on MSF) or 17 (2.2)."},
        {"jar-signature",
         .classes = "SecurityException",
         .words = "signer information|signature file digest",
         .role = TRIGGER, .category = "dependency",
         .reason = "Signed jars were merged into one.",
         .advice = "Leave META-INF/*.SF, *.DSA and *.RSA out of the application's jar."},
        {"class-missing",
         .classes = "ClassNotFoundException|NoClassDefFoundError|UnsatisfiedLinkError|ServiceConfigurationError|"
         "ProviderNotFoundException",
         .role = TRIGGER, .category = "dependency", .flags = RULE_EXPLAINS,
         .reason = "A class or native library that the code needs is not in the application's jar.",
         .advice = "Put the library into the jar (scope compile, shade plugin); for connectors, the one made for this "
         "Flink version."},
        {"factory-missing",
         .words = "could not find any factory for identifier|could not find a suitable table factory|could not find a "
         "file system implementation for scheme|no suitable driver|no filesystem for scheme",
         .role = TRIGGER, .category = "dependency", .flags = RULE_EXPLAINS,
         .reason = "The connector, format or driver that is asked for is not in the application's jar.",
         .advice = "Add the connector's or driver's jar for this Flink version; when shading, merge META-INF/services."},
        {"python-module",
         .classes = "ModuleNotFoundError|ImportError",
         .role = TRIGGER, .category = "dependency",
         .reason = "A Python module is not in the application's package.",
         .advice = "Add it to requirements or to python.files; native modules must match the runtime's platform."},

        /* The platform's own traps. */
        {"read-only-fs",
         .classes = "ReadOnlyFileSystemException",
         .role = TRIGGER, .category = "config", .flags = RULE_EXPLAINS,
         .reason = "Something writes outside /tmp: on the Flink 2.2 runtime the root file system is read-only.",
         .advice = "Write under /tmp only (java.io.tmpdir, library caches, truststores)."},
        {"read-only-fs-words",
         .words = "read-only file system",
         .role = TRIGGER, .category = "config", .flags = RULE_EXPLAINS,
         .reason = "Something writes outside /tmp: on the Flink 2.2 runtime the root file system is read-only.",
         .advice = "Write under /tmp only (java.io.tmpdir, library caches, truststores)."},
        {"imds",
         .words = "169.254.169.254|ec2 metadata|imds|unable to contact ec2 metadata|instance metadata service endpoint|"
         "failed to connect to service endpoint|imds endpoint|ec2metadata",
         .role = TRIGGER, .category = "config", .flags = RULE_EXPLAINS,
         .reason = "Code asks the instance metadata service, which MSF blocks (entirely on the 2.2 runtime).",
         .advice = "Set the region explicitly and use the default credential provider of the application's role; ask "
         "nothing of instance metadata."},
        {"region-unset",
         .words = "unable to load region from any of the providers|unable to find a region via the region provider|"
         "region must not be null|must provide an explicit region",
         .role = TRIGGER, .category = "config", .flags = RULE_EXPLAINS,
         .reason = "An AWS client was made without a region.",
         .advice = "Set the region in the client's or connector's configuration."},
        {"efo-resharding",
         .classes = "IllegalArgumentException|NullPointerException|IllegalStateException",
         .context = "FanOutKinesisShard",
         .role = TRIGGER, .category = "source", .flags = RULE_EXPLAINS,
         .reason = "A known fault of the Kinesis connector's enhanced fan-out: a shard that ended after resharding is "
         "subscribed to again (FLINK-37648).",
         .advice = "Move to a connector version with the fix of FLINK-37648, or read with POLLING; do not reshard the "
         "stream meanwhile."},
        {"efo-resharding-words",
         .words = "startingmarker&null&shard|subscribetoshard&startingposition&null|sequencenumber&must not be "
         "null&after_sequence_number",
         .role = TRIGGER, .category = "source", .flags = RULE_EXPLAINS,
         .reason = "A known fault of the Kinesis connector's enhanced fan-out: a shard that ended after resharding is "
         "subscribed to again (FLINK-37648).",
         .advice = "Move to a connector version with the fix of FLINK-37648, or read with POLLING; do not reshard the "
         "stream meanwhile."},
        {"efo-sink-deadlock",
         .context = "KinesisStreamsSinkWriter&FanOut|FLINK-34071",
         .role = TRIGGER, .category = "sink", .flags = RULE_EXPLAINS,
         .reason = "A known fault: an enhanced fan-out source and a Kinesis sink share threads and wait for each other "
         "(FLINK-34071).",
         .advice = "Move to a connector version with the fix of FLINK-34071, or read with POLLING."},

        /* Permission. */
        {"kms",
         .words = "kms&denied|kms&not authorized|kms:decrypt|kms:generatedatakey|kmsaccessdenied|kms.disabled|"
         "kms&disabled|kms&invalid",
         .role = TRIGGER, .category = "permission", .flags = RULE_EXPLAINS,
         .reason = "The key that encrypts the resource may not be used by the application's role.",
         .advice = "Grant kms:Decrypt and kms:GenerateDataKey on that key to the application's role, in the key policy "
         "as well."},
        {"access-denied",
         .classes = "AccessDeniedException|AccessDenied|NotAuthorizedException|UnauthorizedException|"
         "AccessControlException|KMSAccessDeniedException|KmsAccessDeniedException|UnrecognizedClientException|"
         "ExpiredTokenException|InvalidClientTokenId*|InvalidSignatureException|AuthorizationErrorException|"
         "UnauthorizedOperationException|ForbiddenException",
         .role = TRIGGER, .category = "permission", .flags = RULE_EXPLAINS,
         .reason = "AWS refused the call: the application's role may not do it.",
         .advice = "Add the action and resource that the message names to the application's IAM role, and check "
         "bucket, key and resource policies."},
        {"access-denied-words",
         .words = "is not authorized to perform|access denied|accessdenied|status code: 403|statuscode: 403|"
         "unauthorizedoperation|no identity-based policy allows|explicit deny in|authorizationerror|security token "
         "included in the request is|expiredtoken|forbidden (service:|signaturedoesnotmatch|not authorized to access|"
         "http 403|403 forbidden",
         .role = TRIGGER, .category = "permission", .flags = RULE_EXPLAINS,
         .reason = "The call was refused: the application's role or user may not do it.",
         .advice = "Add the action and resource that the message names to the application's IAM role, and check "
         "bucket, key and resource policies."},
        {"credentials",
         .words = "unable to load credentials|unable to load aws credentials|no credentialproviders|unable to assume "
         "role|not authorized to perform: sts|cannot obtain credentials|failed to load credentials",
         .role = TRIGGER, .category = "permission", .flags = RULE_EXPLAINS,
         .reason = "The AWS client found no credentials it can use.",
         .advice = "Use the default provider of the application's role; profiles and static keys do not exist on MSF. "
         "For another account, allow sts:AssumeRole on both sides."},
        {"kafka-sasl",
         .classes = "SaslAuthenticationException|SslAuthenticationException|AuthenticationException|"
         "IllegalSaslStateException|UnsupportedSaslMechanismException|DelegationTokenAuthorizationException",
         .role = TRIGGER, .category = "permission", .flags = RULE_EXPLAINS,
         .reason = "The broker refused the login.",
         .advice = "Check user, password or IAM policy (kafka-cluster:Connect), the SASL mechanism, and that the port "
         "is that of the mechanism (9096 SCRAM, 9098 IAM)."},
        {"kafka-acl",
         .classes = "TopicAuthorizationException|GroupAuthorizationException|ClusterAuthorizationException|"
         "TransactionalIdAuthorizationException|AuthorizationException",
         .role = TRIGGER, .category = "permission", .flags = RULE_EXPLAINS,
         .reason = "The broker's access rules do not let this user use the topic, group or transactional id.",
         .advice = "Grant read or write on the topic, read on the group, and for exactly-once write on the "
         "transactional id prefix."},
        {"db-login",
         .words = "wrongpass|noauth authentication|password authentication failed|access denied for user|login failed "
         "for user|permission denied for|invalid username/password|ora-01017|must be owner of|command denied to user|"
         "insufficient privileges",
         .role = TRIGGER, .category = "permission", .flags = RULE_EXPLAINS,
         .reason = "The database refused the user.",
         .advice = "Check the user's password (rotated secret?) and its grants."},
        {"search-login",
         .words = "security_exception|no permissions for [|authorization_exception|unauthorized&opensearch|401 "
         "unauthorized|status code: 401|http 401",
         .role = TRIGGER, .category = "permission", .flags = RULE_EXPLAINS,
         .reason = "The service refused the user.",
         .advice = "Map the application's role in the domain's access policy and fine-grained access control."},

        {"index-read-only",
         .words = "cluster_block_exception|flood-stage watermark|read-only-allow-delete|read_only_allow_delete",
         .role = TRIGGER, .category = "sink", .flags = RULE_EXPLAINS,
         .reason = "The search domain takes no writes: its disks are nearly full, or the index was made read-only.",
         .advice = "Make room on the domain (delete indices, add storage), then remove "
         "index.blocks.read_only_allow_delete."},

        /* Throttling. */
        {"throttled",
         .classes = "ProvisionedThroughputExceededException|ThrottlingException|LimitExceededException|"
         "RequestLimitExceeded*|TooManyRequestsException|SlowDownException|ThroughputExceededException|"
         "KmsThrottlingException|KMSThrottlingException|RequestThrottled*|ServiceQuotaExceededException|"
         "TransactionInProgressException",
         .role = TRIGGER, .category = "throttling", .flags = RULE_EXPLAINS,
         .reason = "The service throttles the application: it asks for more than the stream, table or account allows.",
         .advice = "Raise the capacity (shards, table capacity, quota) or ask less often: fewer consumers per shard, "
         "enhanced fan-out, larger batches."},
        {"throttled-words",
         .words = "rate exceeded|throttling|slow down|slowdown|too many requests|reduce your request rate|"
         "provisionedthroughputexceeded|throughput exceeds|throughput for the table was exceeded|status code: 429|"
         "es_rejected_execution|rejected execution of|circuit_breaking_exception|too_many_requests",
         .role = TRIGGER, .category = "throttling", .flags = RULE_EXPLAINS,
         .reason = "The service throttles the application.",
         .advice = "Raise the capacity or ask less often: lower the sink's parallelism or batch rate, spread S3 "
         "prefixes, add shards."},

        /* Damaged files: they end like connections. */
        {"damaged-file",
         .words = "end of zlib input stream|not in gzip format|corrupt gzip trailer|invalid stored block lengths|"
         "is not a parquet file|malformed orc file|could not read footer|not an avro data file|not a data file",
         .role = TRIGGER, .category = "bad_record", .flags = RULE_EXPLAINS,
         .reason = "A file that is read is cut off, damaged or of another format.",
         .advice = "Find the file by the split that the task was reading and take it away or replace it; read only what its "
         "writer has finished."},

        /* Addresses, names, certificates: the way there. */
        {"unknown-host",
         .classes = "UnknownHostException|UnresolvedAddressException|DnsNameResolverTimeoutException|"
         "NoRouteToHostException|DnsResolveContext*",
         .role = TRIGGER, .category = "network", .flags = RULE_EXPLAINS,
         .reason = "The host's name does not resolve or there is no way to it from the application's subnets.",
         .advice = "Check the name, the VPC's DNS settings, private hosted zones, and that the subnets have a NAT "
         "gateway or a VPC endpoint."},
        {"unknown-host-words",
         .words = "failed to resolve|name or service not known|no resolvable bootstrap urls|temporary failure in name "
         "resolution|unknownhostexception|nodename nor servname",
         .role = TRIGGER, .category = "network", .flags = RULE_EXPLAINS,
         .reason = "The host's name does not resolve from the application's subnets.",
         .advice = "Check the name, the VPC's DNS settings, private hosted zones, and that the subnets have a NAT "
         "gateway or a VPC endpoint."},
        {"certificate",
         .classes = "SSLHandshakeException|SSLPeerUnverifiedException|CertificateException|CertPathBuilderException|"
         "SunCertPathBuilderException|CertPathValidatorException|ValidatorException|CertificateExpiredException|"
         "SSLKeyException",
         .role = TRIGGER, .category = "network", .flags = RULE_EXPLAINS,
         .reason = "The TLS handshake failed: certificate, truststore or protocol do not fit.",
         .advice = "Check that the truststore holds the issuer, that the certificate is not expired, and that the port "
         "speaks TLS."},
        {"tls-churn",
         .classes = "SSLException|SSLProtocolException",
         .role = TRIGGER, .category = "network", .flags = RULE_EXPLAINS | RULE_CHURN,
         .reason = "A TLS connection broke.",
         .advice = "Check proxies, security groups and the other side; during restarts it is a side effect."},
        {"connect-refused",
         .classes = "net.ConnectException|HttpHostConnectException|ConnectTimeoutException|PortUnreachableException|"
         "AnnotatedConnectException|CommunicationsException|SQLTransientConnectionException|"
         "SQLNonTransientConnectionException|BrokerNotAvailableException|MongoSocketOpenException|"
         "NoNodeAvailableException|NoNodeAvailable*|ApiCallTimeoutException|ApiCallAttemptTimeoutException|"
         "JedisConnectionException|RedisConnectionException|MongoTimeoutException|MongoSocketException|"
         "HttpConnectTimeoutException|HttpTimeoutException|ConnectionPoolTimeoutException",
         .role = TRIGGER, .category = "network", .flags = RULE_EXPLAINS | RULE_CHURN,
         .reason = "Nothing answers at that address from the application's subnets.",
         .advice = "Check that the service is up, its security group admits the application's, the port, and the route "
         "(NAT gateway, VPC endpoint, peering)."},
        {"reset",
         .classes = "SocketException|ClosedChannelException|EOFException|NoHttpResponseException|"
         "PrematureChannelClosureException|NativeIoException|StacklessClosedChannelException|ReadTimeoutException|"
         "SocketTimeoutException|NoResponseFromServer*",
         .role = TRIGGER, .category = "network", .flags = RULE_WEAK | RULE_CHURN,
         .reason = "The other side closed the connection or did not answer.",
         .advice = "Check the service's health and idle timeouts on the way (NAT gateway 350 s); keep connections "
         "shorter than those."},
        {"connection-broke",
         .words = "connection reset|broken pipe|connection closed by peer|unexpected end of stream|an i/o error "
         "occurred while sending to the backend",
         .role = TRIGGER, .category = "network", .flags = RULE_WEAK | RULE_CHURN,
         .reason = "The other side closed the connection.",
         .advice = "Check the service's health and idle timeouts on the way (NAT gateway 350 s)."},
        {"grpc-refused",
         .classes = "StatusRuntimeException|StatusException",
         .words = "permission_denied|unauthenticated",
         .role = TRIGGER, .category = "permission",
         .reason = "A gRPC service refused the caller.",
         .advice = "Check the credentials that the client sends, and the service's access rules."},
        {"grpc-exhausted",
         .classes = "StatusRuntimeException|StatusException",
         .words = "resource_exhausted",
         .role = TRIGGER, .category = "throttling",
         .reason = "A gRPC service gives no more.",
         .advice = "Ask less often, or raise the service's quota; look at the message size when it names one."},
        {"grpc-away",
         .classes = "StatusRuntimeException|StatusException",
         .words = "unavailable|deadline_exceeded",
         .role = TRIGGER, .category = "network", .flags = RULE_CHURN,
         .reason = "A gRPC service did not answer.",
         .advice = "Check the service and the way to it from the application's subnets; raise the deadline if it is "
         "only slow."},
        {"http-failed",
         .words = "unable to execute http request|connect timed out|connection refused|connection timed out|acquire "
         "operation took longer|timeout waiting for connection from pool|connect to&failed|the connection attempt "
         "failed|connection to&refused|communications link failure|connection is not available, request timed out",
         .role = TRIGGER, .category = "network", .flags = RULE_EXPLAINS | RULE_CHURN,
         .reason = "A service could not be reached.",
         .advice = "Check the route from the application's subnets (NAT gateway, VPC endpoint, security groups) and "
         "the client's pool size."},
        {"kafka-metadata",
         .classes = "TimeoutException|KafkaException",
         .words = "topic&not present in metadata|failed to update metadata|timed out waiting for a node assignment|"
         "timeout of&expired before the position|timeout expired while fetching topic metadata|describetopics|failed "
         "to get metadata for topics|call(callname=",
         .role = TRIGGER, .category = "network", .flags = RULE_EXPLAINS,
         .reason = "The Kafka brokers do not answer: wrong address or port, security group, or a topic that does not "
         "exist.",
         .advice = "Check bootstrap servers and port against the listener's protocol, the security groups, and the "
         "topic's name."},

        /* What is not there. */
        {"kafka-no-topic",
         .classes = "UnknownTopicOrPartitionException|UnknownTopicIdException|InvalidTopicException",
         .role = TRIGGER, .category = "not_found", .flags = RULE_EXPLAINS,
         .reason = "The Kafka topic or partition does not exist on that cluster.",
         .advice = "Check topic name and cluster; create the topic before the job starts."},
        {"not-found",
         .classes = "ResourceNotFoundException|NoSuchBucketException|NoSuchKeyException|NotFoundException|"
         "EntityNotFoundException|NoSuchTableException|NoSuchNamespaceException|TableNotExistException|"
         "DatabaseNotExistException|StreamNotFoundException|IndexNotFoundException|QueueDoesNotExistException|"
         "NoSuchIcebergTableException|NoSuchUpload*|NoSuchFileException|FileNotFoundException|TableNotFoundException|"
         "SchemaNotFoundException",
         .role = TRIGGER, .category = "not_found", .flags = RULE_EXPLAINS,
         .reason = "A resource that the application names does not exist, in that account and region.",
         .advice = "Check name, region and account of the stream, bucket, table, file or schema that the message names."},
        {"not-found-words",
         .words = "nosuchbucket|specified bucket does not exist|nosuchkey|index_not_found_exception|no such index|"
         "under account&not found|does not exist&table|table&does not exist|table&doesn't exist|relation&does not "
         "exist|requested resource not found|subject not found|schema not found|status code: 404|stream&not found|"
         "topic&does not exist|unknown database|database&does not exist|could not find&stream|object '&not found",
         .role = TRIGGER, .category = "not_found", .flags = RULE_EXPLAINS,
         .reason = "A resource that the application names does not exist.",
         .advice = "Check name, region and account of the stream, bucket, table, index or schema that the message "
         "names."},
        {"python-file",
         .classes = "FileNotFoundError",
         .role = TRIGGER, .category = "not_found",
         .reason = "A file that the Python code opens is not there.",
         .advice = "Package the file with the application and open it by the path that MSF unpacks it to."},

        /* Resources of the cluster. */
        {"network-buffers",
         .words = "insufficient number of network buffers",
         .role = TRIGGER, .category = "config", .flags = RULE_EXPLAINS | RULE_ALONE,
         .reason = "Parallelism times shuffles needs more network buffers than the TaskManagers have.",
         .advice = "Lower the parallelism or the number of keyBy/rebalance exchanges, or lower ParallelismPerKPU."},
        {"slots",
         .classes = "UnfulfillableSlotRequestException|NoResourceAvailableException",
         .role = TRIGGER, .category = "resource", .flags = RULE_EXPLAINS,
         .reason = "Not enough task slots came up for the job's parallelism.",
         .advice = "Check the KPU quota, free addresses in the subnets (one network interface per KPU), and lost "
         "TaskManagers before it."},
        {"slots-words",
         .words = "could not acquire the minimum required resources|slot request bulk is not fulfillable|could not "
         "allocate the required slot|not enough free slots",
         .role = TRIGGER, .category = "resource", .flags = RULE_EXPLAINS,
         .reason = "Not enough task slots came up for the job's parallelism.",
         .advice = "Check the KPU quota, free addresses in the subnets (one network interface per KPU), and lost "
         "TaskManagers before it."},
        {"disk-full",
         .words = "no space left on device|disk quota exceeded|not enough disk space",
         .role = TRIGGER, .category = "resource", .flags = RULE_EXPLAINS | RULE_ALONE,
         .reason = "The running storage is full: 50 GB per KPU, state and spill files on it.",
         .advice = "Cut the state (TTL), raise the parallelism, and delete temporary files of your own under /tmp."},
        {"files-open",
         .words = "too many open files",
         .role = TRIGGER, .category = "resource", .flags = RULE_EXPLAINS,
         .reason = "No more files or sockets can be opened.",
         .advice = "Create clients once in open() and close them in close()."},
        {"rpc-size",
         .words = "exceeds the maximum akka framesize|exceeds the maximum pekko framesize|exceeds the maximum "
         "framesize|rpc invocation size",
         .role = TRIGGER, .category = "config", .flags = RULE_EXPLAINS,
         .reason = "A message within the cluster is larger than it may be: the job graph or a coordinator's state is "
         "very large.",
         .advice = "Make less of it: no large objects in functions' fields, fewer splits or operators; broadcast data "
         "instead of capturing it."},

        /* Connectors: sources. */
        {"kinesis-position",
         .words = "startingsequencenumber&invalid|startingsequencenumber&did not come from|sequence number&is invalid",
         .role = TRIGGER, .category = "source", .flags = RULE_EXPLAINS,
         .reason = "The position that the source goes on from is not one of this stream's.",
         .advice = "The state is that of another stream, or the stream was made anew: give the source a new uid, or "
         "start without its state."},
        {"kinesis-retries",
         .words = "retries exceeded for&operation",
         .role = TRIGGER, .category = "source", .flags = RULE_EXPLAINS,
         .reason = "The Kinesis consumer gave up after its retries; the warnings of KinesisProxy before it say what "
         "Kinesis answered.",
         .advice = "Raise the retries and back-off of the consumer; look at ReadProvisionedThroughputExceeded of the "
         "stream."},
        {"kinesis-iterator",
         .classes = "ExpiredIteratorException|ExpiredNextTokenException",
         .role = TRIGGER, .category = "source", .flags = RULE_EXPLAINS,
         .reason = "A shard iterator was used more than five minutes after it was given: the source was held up that "
         "long.",
         .advice = "Find what held it up: backpressure, long GC pauses, or a consumer that sleeps between reads."},
        {"kafka-offset",
         .classes = "OffsetOutOfRangeException|NoOffsetForPartitionException|LogTruncationException",
         .role = TRIGGER, .category = "source", .flags = RULE_EXPLAINS,
         .reason = "The offset to read from is no longer in the topic: retention has deleted it, or the topic was made "
         "anew.",
         .advice = "Set auto.offset.reset (committed offsets with a reset strategy), raise the retention, and restart; "
         "records between are lost."},
        {"binlog-gone",
         .words = "binlog&no longer available|purged binary logs|purged required binary logs|could not find first log "
         "file|the connector is trying to read binlog|replication slot|wal segment has already been removed|"
         "server_id&already",
         .role = TRIGGER, .category = "source", .flags = RULE_EXPLAINS,
         .reason = "The change log of the database no longer reaches back to where the source stopped.",
         .advice = "Raise the binlog or WAL retention; start with a new snapshot of the tables."},
        {"dynamodb-streams",
         .classes = "TrimmedDataAccessException|ExpiredShard*",
         .role = TRIGGER, .category = "source", .flags = RULE_EXPLAINS,
         .reason = "The records to read from are older than the stream keeps.",
         .advice = "Start from TRIM_HORIZON or LATEST."},
        {"list-shards",
         .words = "failed to list shards",
         .role = TRIGGER, .category = "source", .flags = RULE_EXPLAINS,
         .reason = "The Kinesis source cannot list the stream's shards.",
         .advice = "Check permission kinesis:ListShards, the stream's ARN and region, and the route to Kinesis."},

        /* A search index says itself what it refuses. */
        {"search-bulk",
         .classes = "OpenSearchException|ElasticsearchException|OpenSearchStatusException|ElasticsearchStatusException|"
         "BulkRequestFailed*|ResponseException",
         .role = TRIGGER, .category = "sink", .flags = RULE_EXPLAINS,
         .reason = "OpenSearch refused documents of a bulk request.",
         .advice = "The message names index and field: mapping conflicts need a new index or a cleaned field; handle "
         "rejected documents with a failure handler."},
        {"search-bulk-words",
         .words = "mapper_parsing_exception|illegal_argument_exception|document_parsing_exception|"
         "strict_dynamic_mapping_exception|cluster_block_exception|version_conflict_engine_exception|bulk&fail|"
         "bulk&error|limit of total fields",
         .role = TRIGGER, .category = "sink", .flags = RULE_EXPLAINS,
         .reason = "OpenSearch refused documents of a bulk request.",
         .advice = "The message names index and field: mapping conflicts need a new index or a cleaned field; a "
         "cluster block needs disk."},

        /* Records that cannot be read. */
        {"json-record",
         .classes = "JsonParseException|JsonProcessingException|JsonMappingException|MismatchedInputException|"
         "InvalidFormatException|UnrecognizedPropertyException|JsonEOFException|InvalidDefinitionException|"
         "MalformedJsonException|JsonSyntaxException|JSONException|InvalidTypeIdException|JsonIOException|"
         "InvalidNullException|ValueInstantiationException|StreamReadException|StreamConstraintsException|"
         "DatabindException|UnrecognizedTokenException|JSONDecodeError|ParsingException|JsonException|"
         "JsonDecodingException",
         .role = TRIGGER, .category = "bad_record", .flags = RULE_EXPLAINS,
         .reason = "A record is not the JSON that the code expects.",
         .advice = "Catch it in the deserializer and send the record to a side output or dead-letter queue; the "
         "message says where in the record. Restarting reads the same record again."},
        {"avro-record",
         .classes = "AvroTypeException|AvroRuntimeException|AvroMissingFieldException|SchemaParseException|"
         "SerializationException|UnresolvedUnionException|AWSSchemaRegistryException|GlueSchemaRegistryException|"
         "GlueSchemaRegistryIncompatibleDataException|RestClientException",
         .role = TRIGGER, .category = "bad_record", .flags = RULE_EXPLAINS,
         .reason = "A record does not fit its schema, or names a schema that cannot be used.",
         .advice = "Compare the producer's schema with the reader's; wrap the deserializer so that a bad record goes "
         "to a dead-letter queue."},
        {"record-not-serializable",
         .classes = "NullPointerException|ClassCastException|IllegalArgumentException",
         .context = "Serializer.serialize(|Serializer.copy(",
         .role = TRIGGER, .category = "bad_record", .flags = RULE_NO_USER,
         .reason = "A record does not fit the serializer of its type: mostly a field that is null.",
         .advice = "Check the fields where the record is made: tuples and primitive types take no null; use a POJO "
         "or Row for what may be missing."},
        {"record-eof",
         .classes = "EOFException|UTFDataFormatException|OptionalDataException",
         .context = "Deserializ|deserialize|DataInput|BinaryDecoder",
         .role = TRIGGER, .category = "bad_record",
         .reason = "A record ends before its type does.",
         .advice = "Compare the writer's and the reader's types; wrap the deserializer so that a bad record goes to a "
         "dead-letter queue."},
        {"protobuf-record",
         .classes = "InvalidProtocolBufferException|UninitializedMessageException",
         .role = TRIGGER, .category = "bad_record", .flags = RULE_EXPLAINS,
         .reason = "A record is not the Protobuf message that the code expects.",
         .advice = "Compare the .proto versions; wrap the parser so that a bad record goes to a dead-letter queue."},
        {"kryo-class",
         .classes = "KryoException",
         .words = "unable to find class",
         .role = TRIGGER, .category = "dependency", .flags = RULE_EXPLAINS,
         .reason = "Kryo meets a class that the application's jar does not have.",
         .advice = "Put the class into the jar under its old name, or give the type a serializer of its own."},
        {"kryo-record",
         .classes = "KryoException|KryoBufferUnderflowException|KryoBufferOverflowException",
         .role = TRIGGER, .category = "bad_record", .flags = RULE_EXPLAINS,
         .reason = "Kryo cannot write or read an object of the stream.",
         .advice = "The serialization trace names the field: make the type a POJO or give it a serializer of its own; "
         "disableGenericTypes() finds all such types."},
        {"csv-record",
         .classes = "CsvMalformedLineException|CsvParseException|CsvMappingException|CsvReadException|"
         "TextParsingException|SAXParseException|XMLStreamException|UnmarshalException|MalformedInputException|"
         "UnmappableCharacterException|ZipException|DataFormatException|ParquetDecodingException|"
         "OrcCorruptionException|FileFormatException",
         .role = TRIGGER, .category = "bad_record", .flags = RULE_EXPLAINS,
         .reason = "A record or file is not in the format that the code expects.",
         .advice = "Catch it where the record is parsed and put the record aside; restarting reads it again."},
        {"value-format",
         .classes = "NumberFormatException|DateTimeParseException|ParseException|DateTimeException|"
         "UnsupportedTemporalTypeException|InputMismatchException|MalformedURLException|URISyntaxException|"
         "UnicodeDecodeError",
         .role = TRIGGER, .category = "bad_record",
         .reason = "A field of a record is not a value of its type; the message quotes it.",
         .advice = "Check the field in the parser and send what does not parse to a side output; restarting reads the "
         "same record again."},
        {"value-words",
         .words = "invalid uuid string|cannot parse date|unparsable date|unparsable number|character array is "
         "missing|not a valid json",
         .role = TRIGGER, .category = "bad_record", .flags = RULE_EXPLAINS,
         .reason = "A field of a record is not a value of its type; the message quotes it.",
         .advice = "Check the field in the parser and send what does not parse to a side output."},
        {"python-number",
         .classes = "ValueError",
         .words = "invalid literal for|could not convert string to float|time data&does not match|unconverted data "
         "remains|badly formed hexadecimal uuid|not enough values to unpack",
         .role = TRIGGER, .category = "bad_record",
         .reason = "A field of a record is not a value of its type; the message quotes it.",
         .advice = "Check the field before it is converted; put what does not parse aside."},
        {"null-column",
         .words = "column&is not null, however, a null value is being written|null value in column|cannot be "
         "null&column",
         .role = TRIGGER, .category = "bad_record", .flags = RULE_EXPLAINS,
         .reason = "A record has no value for a column that must have one.",
         .advice = "Filter such records or set table.exec.sink.not-null-enforcer to DROP."},
        {"deserialize-failed",
         .words = "failed to deserialize|could not deserialize|failed to parse|deserialization failed|unable to "
         "deserialize|could not parse|error deserializing|corrupt record|corruptrecord|unknown magic byte|unknown "
         "data format. magic number|cannot deserialize|malformed record",
         .role = TRIGGER, .category = "bad_record", .flags = RULE_EXPLAINS,
         .reason = "A record cannot be deserialized.",
         .advice = "Find the record by the offset in the message; skip bad records in the deserialization schema or "
         "set the format's ignore-parse-errors."},

        /* Connectors: sinks and catalogs. */
        {"kafka-fenced",
         .classes = "ProducerFencedException|InvalidProducerEpochException|InvalidPidMappingException|"
         "UnknownProducerIdException|OutOfOrderSequenceException|InvalidTxnStateException|"
         "TransactionAbortedException|InvalidProducerEpoch*",
         .role = TRIGGER, .category = "sink", .flags = RULE_EXPLAINS,
         .reason = "The Kafka transaction of the sink was ended by the broker: another producer took its id over, or "
         "it lasted longer than it may.",
         .advice = "Give each job its own transactional id prefix, and make transaction.timeout.ms longer than the "
         "longest checkpoint plus downtime (and at most the broker's maximum)."},
        {"kafka-record-size",
         .classes = "RecordTooLargeException|RecordBatchTooLargeException|MessageSizeTooLargeException",
         .role = TRIGGER, .category = "sink", .flags = RULE_EXPLAINS,
         .reason = "A record is larger than the topic or producer allows.",
         .advice = "Raise max.request.size and max.message.bytes, or split or drop such records."},
        {"kafka-expired",
         .classes = "TimeoutException|FlinkKafkaException",
         .words = "expiring&record(s)|timeout expired&initializing transactional|timeout expired after&while awaiting|"
         "batch expired",
         .role = TRIGGER, .category = "sink", .flags = RULE_EXPLAINS,
         .reason = "The Kafka producer could not deliver in time: brokers slow, overloaded or away.",
         .advice = "Look at the brokers' load and under-replicated partitions; raise delivery.timeout.ms and retries."},
        {"kafka-other",
         .classes = "NotLeaderOrFollowerException|NotEnoughReplicasException|NotEnoughReplicasAfterAppendException|"
         "LeaderNotAvailableException|CoordinatorNotAvailableException|NotCoordinatorException|"
         "UnsupportedVersionException|DisconnectException|NetworkException|FencedInstanceIdException|"
         "RebalanceInProgressException",
         .role = TRIGGER, .category = "network", .flags = RULE_EXPLAINS,
         .reason = "The Kafka cluster could not serve the request: brokers were away or changing leaders.",
         .advice = "Look at broker maintenance, in-sync replicas and min.insync.replicas."},
        {"iceberg-commit",
         .classes = "CommitFailedException|CommitStateUnknownException|ValidationException",
         .words = "commit|snapshot|conflict|concurrent|metadata",
         .context = "iceberg",
         .role = TRIGGER, .category = "sink", .flags = RULE_EXPLAINS,
         .reason = "The Iceberg table could not be committed to: another writer changed it at the same time, or the "
         "catalog's answer is unknown.",
         .advice = "Stop other writers and compactions that commit to the same table, or raise "
         "commit.retry.num-retries; with an unknown state look at the table's snapshots first."},
        {"iceberg-commit-class",
         .classes = "iceberg.exceptions.ValidationException|iceberg.exceptions.ServiceFailureException|"
         "iceberg.exceptions.RuntimeIOException|glue.model.ConcurrentModificationException|CommitFailedException|"
         "CommitStateUnknownException",
         .role = TRIGGER, .category = "sink", .flags = RULE_EXPLAINS,
         .reason = "A commit was refused: another writer changed the table at the same time.",
         .advice = "Stop other writers and compactions that commit to the same table, or raise the number of retries."},
        {"lakehouse",
         .classes = "HoodieException|HoodieWriteConflictException|HoodieIOException|"
         "DeltaConcurrentModificationException|HoodieCommitException",
         .context = "hudi|delta|paimon",
         .role = TRIGGER, .category = "sink", .flags = RULE_EXPLAINS,
         .reason = "The table could not be committed to.",
         .advice = "Let one job alone write the table, or set its concurrency control."},
        {"jdbc-deadlock",
         .words = "deadlock detected|deadlock found|lock wait timeout exceeded|was deadlocked on lock|could not "
         "serialize access|ora-00060",
         .role = TRIGGER, .category = "sink", .flags = RULE_EXPLAINS,
         .reason = "Two transactions of the database wait for each other's rows.",
         .advice = "Key the stream by the row's key before the sink so that one subtask writes a row, sort the batch, "
         "make batches smaller."},
        {"jdbc-constraint",
         .words = "duplicate key value|violates&constraint|duplicate entry|unique constraint|integrity constraint|"
         "ora-00001",
         .role = TRIGGER, .category = "sink", .flags = RULE_EXPLAINS,
         .reason = "The database refused a row: it breaks a constraint.",
         .advice = "Write with upsert (ON CONFLICT, ON DUPLICATE KEY) so that a replay after a restart is harmless."},
        {"jdbc-value",
         .words = "value too long for type|data too long for column|out of range value|numeric field overflow|invalid "
         "input syntax for|incorrect string value|data truncation|string data, right truncated",
         .role = TRIGGER, .category = "bad_record", .flags = RULE_EXPLAINS,
         .reason = "A value of a record does not fit its column.",
         .advice = "Check or cut the value before the sink, or widen the column."},
        {"db-connections",
         .words = "too many clients already|too many connections|remaining connection slots are reserved|"
         "max_user_connections",
         .role = TRIGGER, .category = "resource", .flags = RULE_EXPLAINS,
         .reason = "The database has no connection left for the application.",
         .advice = "Each subtask opens its own: lower the sink's parallelism or its pool, raise max_connections, or "
         "put a proxy in between."},
        {"jdbc",
         .classes = "SQLException|BatchUpdateException|PSQLException|SQLSyntaxErrorException|"
         "MySQLTransactionRollbackException|SQLTimeoutException|SQLRecoverableException|SQLServerException|"
         "PSQLState*|SQLDataException|SQLIntegrityConstraintViolationException|SQLTransactionRollbackException|"
         "SnowflakeSQLException|MysqlDataTruncation",
         .role = TRIGGER, .category = "sink", .flags = RULE_EXPLAINS,
         .reason = "The database refused the statement.",
         .advice = "Read the database's own message: the statement, table or connection is named there."},
        {"dynamodb",
         .classes = "ConditionalCheckFailedException|TransactionCanceledException|"
         "ItemCollectionSizeLimitExceededException|DynamoDbException|DynamoDbSinkException|DynamoDbWriterException|"
         "AmazonDynamoDBException|TransactionConflictException",
         .role = TRIGGER, .category = "sink", .flags = RULE_EXPLAINS,
         .reason = "DynamoDB refused the write.",
         .advice = "Read its message: keys that are missing or empty, items over 400 KB and duplicate keys in one "
         "batch are the usual reasons."},
        {"firehose",
         .classes = "InvalidKMSResourceException|ConcurrentModificationException|FirehoseException|"
         "KinesisFirehoseException|KinesisFirehoseException*|ServiceUnavailableException",
         .context = "irehose",
         .role = TRIGGER, .category = "sink", .flags = RULE_EXPLAINS,
         .reason = "Firehose refused the records.",
         .advice = "Look at the delivery stream's quota and record size (1,000 KiB)."},
        {"aws-sink",
         .classes = "KinesisStreamsException|SqsException|SnsException|TimestreamWriteException|"
         "RejectedRecordsException|CloudWatchException|EventBridgeException",
         .role = TRIGGER, .category = "sink", .flags = RULE_EXPLAINS,
         .reason = "The service refused what the sink wrote.",
         .advice = "Read its message: which records, and why."},
        {"sink-persist",
         .words = "encountered non-recoverable exception|failed to persist|could not persist|failed to write&to sink|"
         "unable to send records|an exception occurred while&sink|failed to send data to kafka|encountered exception "
         "while persisting",
         .role = TRIGGER, .category = "sink", .flags = RULE_EXPLAINS,
         .reason = "The sink could not write.",
         .advice = "Read the deepest exception for what the other side said."},
        {"s3",
         .classes = "AmazonS3Exception|S3Exception|AWSS3IOException|AWSClientIOException|AWSServiceIOException|"
         "AWSBadRequestException|AWSStatus500Exception",
         .role = TRIGGER, .category = "network", .flags = RULE_WEAK | RULE_EXPLAINS,
         .reason = "S3 did not serve the request.",
         .advice = "Look at the status code in the message; 5xx are transient, 4xx name what is wrong with the request."},
        {"kinesis-source",
         .classes = "KinesisStreamsSourceException|KinesisException|FlinkKinesisException|"
         "DynamoDbStreamsSourceException|ResourceInUseException",
         .role = TRIGGER, .category = "source", .flags = RULE_WEAK | RULE_EXPLAINS,
         .reason = "The Kinesis source failed.",
         .advice = "Read the service's message: stream, consumer and region are named there."},
        {"aws-validation",
         .classes = "InvalidArgumentException|InvalidParameterException|InvalidRequestException",
         .context = "awssdk|amazonaws",
         .role = TRIGGER, .category = "config", .flags = RULE_EXPLAINS,
         .reason = "AWS refused a parameter of the request.",
         .advice = "The message names the parameter: fix it in the connector's configuration."},
        {"fetcher",
         .words = "one or more fetchers have encountered exception|received unexpected exception while polling",
         .role = WRAPPER, .category = "source",
         .reason = "A source's reader failed: what it carries tells why."},

        /* Checkpoints. */
        {"checkpoint-expired",
         .words = "checkpoint expired before completing|expired before completing",
         .role = TRIGGER, .category = "checkpoint", .flags = RULE_EXPLAINS | RULE_ALONE,
         .reason = "A checkpoint did not complete within its timeout: barriers stuck behind backpressure, state too "
         "large, or storage too slow.",
         .advice = "Look at backpressure and checkpoint size before it: unaligned checkpoints for backpressure, "
         "incremental ones for size; more KPUs help only when CPU is the limit."},
        {"checkpoint-threshold",
         .words = "exceeded checkpoint tolerable failure threshold",
         .role = TRIGGER, .category = "checkpoint", .flags = RULE_WEAK,
         .reason = "Checkpoints failed more often than is tolerated; the failed checkpoints before it tell why.",
         .advice = "Find why the checkpoints before it failed."},
        {"rocksdb",
         .classes = "RocksDBException",
         .role = TRIGGER, .category = "checkpoint", .flags = RULE_EXPLAINS,
         .reason = "RocksDB could not read or write its files.",
         .advice = "Look at running storage and container memory before it; a corrupt local state is gone with the "
         "next restore."},
        {"checkpoint-storage",
         .words = "could not flush and close the file system output stream|could not flush to file and close|could not "
         "open output stream for state backend|failed to create checkpoint storage|could not write checkpoint "
         "metadata|size of the state is larger than the maximum permitted "
         "memory-backed state",
         .role = TRIGGER, .category = "checkpoint", .flags = RULE_EXPLAINS,
         .reason = "A checkpoint could not be written.",
         .advice = "Look at the deepest exception: storage permission, throttling and network are the usual ones."},
        {"checkpoint-declined",
         .words = "failure reason: checkpoint was declined|checkpoint was declined|could not complete snapshot|"
         "asynchronous task checkpoint failed|could not materialize checkpoint|task checkpoint failed|could not "
         "perform checkpoint|failure to "
         "finalize checkpoint|checkpoint failed",
         .role = WRAPPER, .category = "checkpoint", .flags = RULE_WEAK,
         .reason = "A task declined the checkpoint: what it carries tells why.",
         .advice = "Look in the TaskManager's log for the exception that it declined the checkpoint with."},
        {"unstable-key",
         .words = "is not in keygrouprange|non-deterministic shuffle key",
         .role = TRIGGER, .category = "user_code", .flags = RULE_EXPLAINS,
         .reason = "A record's key has another hash here than where it was sent from.",
         .advice = "Key by a value whose hashCode() and equals() are stable: not by an enum, an array, a mutable "
         "object or one without them."},
        {"key-missing",
         .words = "assigned key must not be null|could not extract key from|key selector returned null",
         .role = TRIGGER, .category = "user_code", .flags = RULE_EXPLAINS,
         .reason = "The key selector gives no key for a record.",
         .advice = "Filter records without a key before keyBy(), or give them one."},
        {"no-timestamps",
         .words = "no timestamp marker|rowtime timestamp is not defined|proper timestampassigner is defined",
         .role = TRIGGER, .category = "user_code", .flags = RULE_EXPLAINS,
         .reason = "An event-time operator gets records without timestamps.",
         .advice = "Assign timestamps and watermarks before the window, or use processing time."},
        {"async-timeout",
         .words = "async function call has timed out",
         .role = TRIGGER, .category = "user_code", .flags = RULE_EXPLAINS,
         .reason = "A call of an asynchronous function did not come back within its timeout.",
         .advice = "Override timeout() to give a fallback, look at the latency of the service it asks, and raise "
         "capacity or timeout."},

        /* The program itself. */
        {"not-serializable",
         .classes = "NotSerializableException",
         .role = TRIGGER, .category = "user_code", .flags = RULE_EXPLAINS,
         .reason = "A field of a function cannot be sent to the TaskManagers.",
         .advice = "Make the field transient and create it in open()."},
        {"invalid-program",
         .classes = "InvalidProgramException|InvalidTypesException|ProgramMissingJobException|"
         "ProgramParametrizationException|CodeGenException|CompileException",
         .role = TRIGGER, .category = "user_code", .flags = RULE_EXPLAINS,
         .reason = "The program describes a job that Flink cannot build.",
         .advice = "Follow the message: make captured fields serializable or transient, give type hints with returns()."},
        {"sql-config",
         .classes = "ValidationException|SqlValidatorException|SqlParserException|TableException|"
         "CalciteContextException|SqlParseException",
         .role = TRIGGER, .category = "config", .flags = RULE_EXPLAINS,
         .reason = "The SQL statement or table definition is not valid.",
         .advice = "The message names table, column or option; fix the definition."},
        {"config-exception",
         .classes = "InvalidTxnTimeoutException|ConfigException|IllegalConfigurationException|"
         "InvalidConfigurationException|ConfigurationException|MissingRequiredPropertyException|KafkaConfigException",
         .role = TRIGGER, .category = "config", .flags = RULE_EXPLAINS,
         .reason = "A configuration value is missing or not valid.",
         .advice = "The message names the key: fix it in the application's properties."},
        {"config-words",
         .words = "keystore|truststore|missing required option|unsupported options found|one or more required options "
         "are missing|no value provided for parameter|missing configuration|runtime propert|property group|no data "
         "for required key|required property|must be set&configuration|could not find a property|invalid value&for "
         "configuration|transaction timeout is larger than|unable to retrieve application properties",
         .role = TRIGGER, .category = "config", .flags = RULE_EXPLAINS,
         .reason = "A configuration value is missing or not valid.",
         .advice = "Check the application's property groups against what the code reads."},
        {"kafka-construct",
         .classes = "KafkaException",
         .words = "failed to construct kafka",
         .role = WRAPPER, .category = "config",
         .reason = "A Kafka client could not be made: what it carries tells why."},
        {"exit",
         .classes = "ProgramAbortException|SystemExitException|UserSystemExitException",
         .role = TRIGGER, .category = "user_code", .flags = RULE_WEAK,
         .reason = "The program ended the process by itself.",
         .advice = "Return from main() instead of System.exit()."},
        {"no-job",
         .words = "no job was executed|does not contain a job|no jobs included in application|main method&not found|"
         "neither a&main-class|did not find&main class|could not find main|no main manifest",
         .role = TRIGGER, .category = "user_code", .flags = RULE_EXPLAINS,
         .reason = "The program did not start a job.",
         .advice = "Call execute() in main() and name the main class in the jar's manifest."},

        /* Carriers that say nothing themselves. */
        {"python-exit",
         .words = "python process exits with code",
         .role = WRAPPER, .category = "user_code",
         .reason = "The Python program ended with an error: its traceback tells why."},
        {"sdk-harness",
         .words = "error received from sdk harness",
         .role = WRAPPER, .category = "user_code",
         .reason = "A Python function failed: its traceback tells why."},
        {"wrapper-class",
         .classes = "ExecutionException|CompletionException|InvocationTargetException|UndeclaredThrowableException|"
         "JobExecutionException|JobException|JobInitializationException|JobSubmissionException|"
         "ProgramInvocationException|ApplicationExecutionException|RestHandlerException|"
         "ExceptionInChainedOperatorException|AsynchronousException|SerializedThrowable|RemoteTransportException|"
         "UncheckedExecutionException|DeploymentException|BackendBuildingException|CheckpointException|"
         "WrappingRuntimeException|StreamTaskException|PrivilegedActionException|"
         "ExecutionGraphException|FlinkJobNotFoundException|UncheckedIOException|connect.errors.ConnectException|"
         "RetriableException",
         .role = WRAPPER, .category = "unknown",
         .reason = "It carries another exception."},
        {"restore-failed",
         .words = "could not restore keyed state backend|could not restore operator state backend|failed when trying "
         "to restore",
         .role = TRIGGER, .category = "state_incompat", .flags = RULE_EXPLAINS | RULE_BACKGROUND,
         .reason = "The task could not restore its state.",
         .advice = "Read the deepest exception; if the code or a type has changed, roll back to the version that wrote "
         "the state."},
        {"debezium",
         .classes = "DebeziumException",
         .role = TRIGGER, .category = "source", .flags = RULE_EXPLAINS,
         .reason = "The change data capture source failed.",
         .advice = "Read the database's own message in it."},
        {"wrapper-words",
         .words = "could not forward element to next operator|exception while creating streamoperatorstatecontext|"
         "could not instantiate&statebackend|failed to execute job|could not execute application|could not start the "
         "jobmaster|could not set up jobmanager|could not instantiate jobmanager|cannot initialize task|an error "
         "occurred in processelement|main method caused an error|error while running&python|timer callback|caught "
         "exception while processing timer|caught exception when processing split|failed to create stage bundle "
         "factory|error processing element|buffers are not emptied|failed to close remote bundle|could not "
         "instantiate the executor|failed to submit|failed to trigger|internal error occurred|source&data fetcher|"
         "could not start rpc endpoint|error while opening|could not open&function|exception occurred in rest "
         "handler|user-defined&failed",
         .role = WRAPPER, .category = "unknown",
         .reason = "It says where the exception inside it arrived."},
        {"timeout-alone",
         .classes = "concurrent.TimeoutException",
         .role = SYMPTOM, .category = "unknown", .flags = RULE_WEAK | RULE_NO_USER,
         .reason = "Something did not answer in time, and nothing around it says what was asked.",
         .advice = "Look at heap, old-generation GC and container CPU of the minutes before."},
        {"bare-timeout",
         .classes = "TimeoutException",
         .role = TRIGGER, .category = "network", .flags = RULE_WEAK,
         .reason = "Something did not answer in time.",
         .advice = "Find what was asked: the frames and the exceptions around it name it."},
        {"bare-io",
         .classes = "IOException|UncheckedIOException",
         .role = TRIGGER, .category = "unknown", .flags = RULE_WEAK,
         .reason = "An input or output failed.",
         .advice = "Read the message and the exceptions around it."},
};
/* clang-format on */
const size_t n_fault_rules = ELEMENTS(fault_rules);
