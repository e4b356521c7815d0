# SPDX-License-Identifier: Apache-2.0
"""The same failure in every form in which a log comes, and failures before the job ran: envelopes, splits, damage, Python."""
import json

from flinklog import BASE_MS, FLINK, Log, TASK, caused, ex, wrapped, STREAM_MAP, STREAM_TASK

PARSE = (ex("org.apache.flink.streaming.runtime.tasks.ExceptionInChainedOperatorException", "Could not forward element to next operator", *STREAM_TASK),
         ex("java.lang.NumberFormatException", 'For input string: "ä/\\"quoted\\""', "java.base/java.lang.Integer.parseInt(Integer.java:652)", "com.acme.Parse.map(Parse.java:22)", *STREAM_MAP))
TRIGGER = {"role": "trigger", "category": "bad_record", "exception_class": "java.lang.NumberFormatException", "frame": "com.acme.Parse.map",
           "task": "Source: orders -> Parse (3/4)", "attempt": 0}
AT = {"first_fault_ms": 200000, "last_healthy_ms": 180000}
PYTHON_DRIVER = FLINK + "client.python.PythonDriver"


def plain(flink="1.20", order=wrapped, layout="json", trace=None):
    log = Log(flink, layout=layout)
    log.healthy(180)
    log.failed(200, "Source: orders -> Parse", 3, 4, 0, trace or order(*PARSE))
    log.restart(200.1, "Source: orders -> Parse")
    return log


def events(log):
    return [{"timestamp": at, "message": text} for at, text in log.lines]


def log_lines_document():
    return json.dumps({"description": "a loop", "log_lines": events(plain())}), {**TRIGGER, **AT}


def log_lines_compact_bytes():
    return json.dumps({"log_lines": events(plain(order=caused)), "metrics": {"events": [1, 2]}}, separators=(",", ":")), {**TRIGGER, **AT}


def one_object_a_line():
    return "\n".join(json.dumps(event) for event in events(plain())), {**TRIGGER, **AT}


def one_object_a_line_crlf():
    return "\r\n".join(json.dumps(event) for event in events(plain())) + "\r\n", {**TRIGGER, **AT}


def array_of_events():
    return json.dumps(events(plain()), indent=2), {**TRIGGER, **AT}


def newest_first():
    return json.dumps({"events": events(plain())[::-1]}), {**TRIGGER, **AT}


def one_stream_after_the_other():
    """The JobManager's stream, then the TaskManager's."""
    log = plain()
    task_manager = [line for line in log.lines if "taskmanager.Task" in line[1]]
    log.lines = [line for line in log.lines if line not in task_manager] + task_manager
    return json.dumps({"log_lines": events(log)}), {**TRIGGER, **AT}


def array_one_a_line():
    return "[\n" + ",\n".join(json.dumps(event) for event in events(plain())) + "\n]\n", {**TRIGGER, **AT}


def two_pages():
    log = plain()
    half = len(log.lines) // 2
    return "".join(json.dumps({"events": part, "nextToken": "t"}, indent=4) + "\n" for part in (events(log)[:half], events(log)[half:])), {**TRIGGER, **AT}


def insights():
    rows = [[{"field": "@timestamp", "value": f"2026-01-01 00:{at // 1000 % 3600 // 60:02d}:{at // 1000 % 60:02d}.{at % 1000:03d}"}, {"field": "@message", "value": text},
             {"field": "@ptr", "value": "x"}] for at, text in ((at - BASE_MS, text) for at, text in plain().lines)]
    return json.dumps({"results": rows, "status": "Complete"}), {**TRIGGER, **AT}


def raw_records():
    """MSF's records as they are: no time is known."""
    return "\n".join(text for _, text in plain().lines), {**TRIGGER, "first_fault_at": None}


def raw_text():
    return "\n".join(text for _, text in plain(layout="text", order=caused).lines), {**TRIGGER, **AT}


def raw_text_crlf():
    return "\r\n".join(text.replace("\n", "\r\n") for _, text in plain(layout="text", order=caused).lines), {**TRIGGER, **AT}


def trace_one_line_an_event():
    """A shipper that cuts at line breaks."""
    log = plain(layout="text", order=caused)
    return json.dumps({"events": [{"timestamp": at, "message": line} for at, text in log.lines for line in text.split("\n")]}), {**TRIGGER, **AT}


def nested_record():
    """The record is the message of a record."""
    return json.dumps({"events": [{"timestamp": at, "message": json.dumps({"source": "forwarder", "message": text})} for at, text in plain().lines]}), {**TRIGGER, **AT}


def escaped_record():
    return json.dumps({"events": [{"timestamp": at, "message": json.dumps(text)} for at, text in plain().lines]}), {**TRIGGER, **AT}


def message_is_an_object():
    return json.dumps({"events": [{"timestamp": at, "message": json.loads(text)} for at, text in plain().lines]}), {**TRIGGER, **AT}


def throwable_is_an_array():
    log = plain()
    lines = []
    for at, text in log.lines:
        record = json.loads(text)
        if "throwableInformation" in record:
            record["throwableInformation"] = record["throwableInformation"].split("\n")
        lines.append({"timestamp": at, "message": json.dumps(record)})
    return json.dumps({"events": lines}), {**TRIGGER, **AT}


def double_escaped_breaks():
    return json.dumps({"events": [{"timestamp": at, "message": text.replace("\\n", "\\\\n").replace("\\t", "\\\\t")} for at, text in plain().lines]}), {**TRIGGER, **AT}


def split_at_256_kb():
    """The failure's record is longer than an event may be and comes in two."""
    frames = [f"org.apache.flink.generated.Step{index}.apply(Step{index}.java:{index})" for index in range(5200)]
    chain = (ex(PARSE[0][0], PARSE[0][1], *frames), PARSE[1])
    lines = []
    for at, text in plain(trace=caused(*chain)).lines:
        size = 262118
        lines += [{"timestamp": at, "message": text[start:start + size]} for start in range(0, len(text), size)]
    return json.dumps({"events": lines}), {**TRIGGER, **AT}


def truncated_records():
    """Each long record was cut off after the root's frames."""
    return json.dumps({"events": [{"timestamp": at, "message": text if len(text) < 900 else text[:text.index("com.acme.Parse.map") + 60] if "com.acme.Parse.map" in text else text}
                                  for at, text in plain().lines]}), {**TRIGGER, **AT}


def truncated_document():
    text = json.dumps({"events": events(plain())})
    return text[:-400], {**TRIGGER, **AT}


def bad_bytes():
    text = "\n".join(json.dumps(event) for event in events(plain())).encode()
    return b"\xff\xfe\x00garbage\n" + text.replace(b"orders -> Parse (3/4)", b"orders -> Parse (3/4)") + b"\n\x80\x81\n{\"timestamp\":", {**TRIGGER, **AT}


def old_order_of_keys():
    return plain("1.11", caused).document(), {**TRIGGER, "attempt": None, **AT}


def trace_in_message():
    return plain("1.14", caused).document(), {**TRIGGER, **AT}


def job_manager_line_only():
    log = Log("1.17")
    log.healthy(180)
    log.job_manager_failed(200, "Source: orders -> Parse", 3, 4, 36, wrapped(*PARSE))
    log.restart(200.1, attempt=37)
    return log.document(), {**TRIGGER, "attempt": 36}


def suppressed_is_no_cause():
    trace = caused(*PARSE).replace("\n\t... 12 more", "\n\t... 12 more\n\tSuppressed: java.io.IOException: close failed\n\t\tat com.acme.Sink.close(Sink.java:9)\n\tCaused by: java.net.SocketException: reset\n\t\t... 3 more")
    return plain(trace=trace).document(), {**TRIGGER, **AT}


def circular_reference():
    trace = caused(*PARSE) + "\nCaused by: [CIRCULAR REFERENCE: org.apache.flink.streaming.runtime.tasks.ExceptionInChainedOperatorException: Could not forward element to next operator]"
    return plain(trace=trace).document(), {**TRIGGER, **AT}


def serialized_throwable():
    trace = caused(ex("org.apache.flink.util.SerializedThrowable", "org.apache.flink.streaming.runtime.tasks.ExceptionInChainedOperatorException: Could not forward element to next operator"),
                   ex("org.apache.flink.util.SerializedThrowable", 'java.lang.NumberFormatException: For input string: "x"', "com.acme.Parse.map(Parse.java:22)"))
    return plain("1.15", trace=trace).document(), {**TRIGGER, **AT}


def one_line_trace():
    """Breaks became blanks on the way."""
    return plain("1.20", trace=caused(*PARSE).replace("\n\t", " ").replace("\n", " ")).document(), {**TRIGGER, **AT}


def deep_chain():
    chain = [ex("java.lang.RuntimeException", f"layer {index}", f"org.apache.flink.Layer{index}.run(Layer.java:{index})") for index in range(60)] + [PARSE[1]]
    return plain(trace=caused(*chain)).document(), {**TRIGGER, **AT}


# Failures before the job ran.
def submission_failed():
    log = Log("1.15")
    log.put(1, "ERROR", FLINK + "runtime.webmonitor.handlers.JarRunOverrideHandler", "Exception occurred in REST handler: Could not execute application.")
    log.service(1.2, caused(ex("org.apache.flink.runtime.rest.handler.RestHandlerException", "Could not execute application.", "org.apache.flink.runtime.webmonitor.handlers.JarRunOverrideHandler.handleRequest(JarRunOverrideHandler.java:247)"),
                            ex("java.util.concurrent.CompletionException", "org.apache.flink.util.FlinkRuntimeException: Could not execute application."),
                            ex("org.apache.flink.client.program.ProgramInvocationException", "The main method caused an error: Could not find topic name", "org.apache.flink.client.program.PackagedProgram.callMainMethod(PackagedProgram.java:372)"),
                            ex("java.lang.IllegalArgumentException", "No data for required key 'input.stream'", "org.apache.flink.api.java.utils.AbstractParameterTool.getRequired(AbstractParameterTool.java:79)", "com.acme.Job.main(Job.java:25)")))
    return log.document(), {"role": "trigger", "category": "config", "exception_class": "java.lang.IllegalArgumentException", "frame": "com.acme.Job.main", "task": None, "attempt": None, "first_fault_ms": 1200}


def factory_missing():
    log = Log("1.18")
    log.service(1, caused(ex("org.apache.flink.client.program.ProgramInvocationException", "The main method caused an error: Unable to create a source for reading table 'default_catalog.default_database.orders'."),
                          ex("org.apache.flink.table.api.ValidationException", "Unable to create a source for reading table 'default_catalog.default_database.orders'.", "com.acme.SqlJob.main(SqlJob.java:31)"),
                          ex("org.apache.flink.table.api.ValidationException", "Cannot discover a connector using option: 'connector'='kafka'"),
                          ex("org.apache.flink.table.api.ValidationException", "Could not find any factory for identifier 'kafka' that implements 'org.apache.flink.table.factories.DynamicTableFactory' in the classpath.\n\nAvailable factory identifiers are:\n\nblackhole\ndatagen\nprint",
                             "org.apache.flink.table.factories.FactoryUtil.discoverFactory(FactoryUtil.java:603)")))
    return log.document(), {"role": "trigger", "category": "dependency", "exception_class": "org.apache.flink.table.api.ValidationException", "frame": "com.acme.SqlJob.main"}


def not_serializable():
    log = Log("1.20")
    log.service(1, caused(ex("org.apache.flink.client.program.ProgramInvocationException", "The main method caused an error: Object com.acme.Enrich@1f is not serializable"),
                          ex("org.apache.flink.api.common.InvalidProgramException", "Object com.acme.Enrich@1f is not serializable", "org.apache.flink.api.java.ClosureCleaner.ensureSerializable(ClosureCleaner.java:180)", "com.acme.Job.main(Job.java:40)"),
                          ex("java.io.NotSerializableException", "com.acme.HttpClient", "java.base/java.io.ObjectOutputStream.writeObject0(ObjectOutputStream.java:1185)")))
    return log.document(), {"role": "trigger", "category": "user_code", "exception_class": "java.io.NotSerializableException", "frame": "com.acme.Job.main"}


def max_parallelism():
    log = Log("1.17")
    log.service(1, caused(ex("org.apache.flink.runtime.client.JobInitializationException", "Could not start the JobMaster."), ex("java.util.concurrent.CompletionException", "java.lang.IllegalStateException: Failed to rollback"),
                          ex("java.lang.IllegalStateException", "Failed to rollback to checkpoint/savepoint s3://state/savepoint-1. Max parallelism mismatch between checkpoint/savepoint state and new program. Cannot map operator cbc357ccb763df2852fee8c4fc7d55f2 with max parallelism 128 to new program with max parallelism 256. This indicates that the program has been changed in a non-compatible way after the checkpoint/savepoint.",
                             "org.apache.flink.runtime.checkpoint.Checkpoints.loadAndValidateCheckpoint(Checkpoints.java:178)")), "CodeError.StateRestore")
    return log.document(), {"role": "trigger", "category": "state_incompat", "exception_class": "java.lang.IllegalStateException"}


def state_of_a_removed_operator():
    log = Log("1.13")
    log.put(3, "ERROR", FLINK + "runtime.dispatcher.DispatcherRestEndpoint", "Failed to submit job 7f3c.", wrapped(
        ex("org.apache.flink.runtime.client.JobInitializationException", "Could not start the JobMaster."),
        ex("java.lang.IllegalStateException", "Failed to rollback to checkpoint/savepoint s3://state/savepoint-1. Cannot map checkpoint/savepoint state for operator 90bea66de1c231edf33913ecd54406c1 to the new program, because the operator is not available in the new program. If you want to allow to skip this, you can set the --allowNonRestoredState option on the CLI.")))
    return log.document(), {"role": "trigger", "category": "state_incompat", "exception_class": "java.lang.IllegalStateException", "first_fault_ms": 3000}


def cluster_entrypoint():
    log = Log("1.19")
    log.put(2, "ERROR", FLINK + "runtime.entrypoint.ClusterEntrypoint", "Fatal error occurred in the cluster entrypoint.", wrapped(
        ex("org.apache.flink.util.FlinkException", "Application failed unexpectedly."), ex("java.util.concurrent.CompletionException", "x"), ex("org.apache.flink.client.deployment.application.ApplicationExecutionException", "Could not execute application."),
        ex("java.lang.UnsupportedClassVersionError", "com/acme/Job has been compiled by a more recent version of the Java Runtime (class file version 65.0), this version of the Java Runtime only recognizes class file versions up to 55.0")))
    return log.document(), {"role": "trigger", "category": "dependency", "exception_class": "java.lang.UnsupportedClassVersionError"}


PYTHON = ['Traceback (most recent call last):', '  File "/opt/flink/usrlib/orders.py", line 81, in <module>', '    main()', '  File "/opt/flink/usrlib/orders.py", line 44, in main', "    schema = config['input']['schema']",
          "KeyError: 'schema'"]


def python_line_by_line():
    """One INFO record a line; then only that the process failed."""
    log = Log("1.15")
    for index, line in enumerate(PYTHON):
        log.put(1 + index * 0.001, "INFO", PYTHON_DRIVER, line)
    log.put(1.2, "ERROR", PYTHON_DRIVER, "Run python process failed", wrapped(ex("java.lang.RuntimeException", "Python process exits with code: 1", "org.apache.flink.client.python.PythonDriver.main(PythonDriver.java:130)")))
    log.service(1.4, caused(ex("org.apache.flink.runtime.rest.handler.RestHandlerException", "Could not execute application."), ex("java.lang.RuntimeException", "Python process exits with code: 1")))
    return log.document(), {"role": "trigger", "category": "user_code", "exception_class": "KeyError", "frame": "orders.py:main", "first_fault_ms": 1000}


def python_module():
    log = Log("1.18")
    for index, line in enumerate(['Traceback (most recent call last):', '  File "main.py", line 3, in <module>', '    import pandas', "ModuleNotFoundError: No module named 'pandas'"]):
        log.put(1 + index * 0.001, "INFO", PYTHON_DRIVER, line)
    log.put(1.2, "ERROR", PYTHON_DRIVER, "Run python process failed", wrapped(ex("java.lang.RuntimeException", "Python process exits with code: 1")))
    return log.document(), {"role": "trigger", "category": "dependency", "exception_class": "ModuleNotFoundError"}


def python_function():
    """A Python function in a running job: the traceback is in the Java exception's message."""
    log = Log("1.19")
    log.healthy(180)
    text = ("Error received from SDK harness for instruction 5: Traceback (most recent call last):\n  File \"/usr/local/lib/python3.8/site-packages/apache_beam/runners/worker/sdk_worker.py\", line 289, in _execute\n    response = task()\n"
            "  File \"/tmp/pyflink/orders.py\", line 12, in parse_total\n    return float(value)\nValueError: could not convert string to float: 'n/a'\n")
    log.failed(200, "Source: orders -> parse_total", 1, 2, 0, caused(ex("java.lang.RuntimeException", "Failed to create stage bundle factory!", "org.apache.flink.streaming.api.runners.python.beam.BeamPythonFunctionRunner.open(BeamPythonFunctionRunner.java:335)"),
                                                                     ex("java.util.concurrent.ExecutionException", "java.lang.RuntimeException: Error received"), ex("java.lang.RuntimeException", text, "org.apache.beam.runners.fnexecution.control.FnApiControlClient$ResponseStreamObserver.onNext(FnApiControlClient.java:180)")))
    log.restart(200.1)
    return log.document(), {"role": "trigger", "category": "bad_record", "exception_class": "ValueError", "frame": "orders.py:parse_total", "task": "Source: orders -> parse_total (1/2)"}


CASES = [log_lines_document, newest_first, one_stream_after_the_other, log_lines_compact_bytes, one_object_a_line, one_object_a_line_crlf, array_of_events, array_one_a_line, two_pages, insights, raw_records, raw_text, raw_text_crlf,
         trace_one_line_an_event, nested_record, escaped_record, message_is_an_object, throwable_is_an_array, double_escaped_breaks, split_at_256_kb, truncated_records, truncated_document, bad_bytes,
         old_order_of_keys, trace_in_message, job_manager_line_only, suppressed_is_no_cause, circular_reference, serialized_throwable, one_line_trace, deep_chain, submission_failed, factory_missing,
         not_serializable, max_parallelism, state_of_a_removed_operator, cluster_entrypoint, python_line_by_line, python_module, python_function]


def cases():
    for case in CASES:
        text, expected = case()
        yield case.__name__, text, expected
