# SPDX-License-Identifier: Apache-2.0
"""The control plane of MSF, CloudWatch Logs and SNS as clients see them."""

import datetime
import json
import re

import botocore.exceptions
import pytest
from sim_http import boto, call_json, call_query
from simulator.filterpattern import PatternError, compile_pattern
from simulator.joblog import throwable

ONCALL = "arn:aws:sns:eu-west-1:111122223333:oncall"


def many(count):
    return {"applications": [{"name": f"app-{i:03d}"} for i in range(count)]}


def test_list_applications__paging__complete_without_duplicates(make_sim):
    sim = make_sim(many(23))
    seen, token, pages = [], None, 0
    while True:
        answer = call_json(sim, "kinesisanalyticsv2", "ListApplications", {"Limit": 10, **({"NextToken": token} if token else {})}).json
        seen += [a["ApplicationName"] for a in answer["ApplicationSummaries"]]
        pages, token = pages + 1, answer.get("NextToken")
        if not token:
            break
    assert seen == [f"app-{i:03d}" for i in range(23)] and pages == 3
    assert sim.violations() == []


def test_list_applications__token_of_another_limit__refused(make_sim):
    sim = make_sim(many(5))
    token = call_json(sim, "kinesisanalyticsv2", "ListApplications", {"Limit": 2}).json["NextToken"]
    assert call_json(sim, "kinesisanalyticsv2", "ListApplications", {"Limit": 3, "NextToken": token}).code == "InvalidArgumentException"


def test_describe_application__defaults__read_by_botocore(sim):
    detail = boto(sim, "kinesisanalyticsv2").describe_application(ApplicationName="orders")["ApplicationDetail"]
    flink = detail["ApplicationConfigurationDescription"]["FlinkApplicationConfigurationDescription"]
    assert detail["ApplicationARN"] == "arn:aws:kinesisanalytics:eu-west-1:111122223333:application/orders"
    assert (detail["RuntimeEnvironment"], detail["ApplicationStatus"]) == ("FLINK-1_20", "RUNNING")
    assert flink["CheckpointConfigurationDescription"] == {
        "ConfigurationType": "DEFAULT", "CheckpointingEnabled": True, "CheckpointInterval": 60000, "MinPauseBetweenCheckpoints": 5000}
    assert flink["MonitoringConfigurationDescription"]["MetricsLevel"] == "APPLICATION"
    assert "JobPlanDescription" not in flink
    assert detail["CloudWatchLoggingOptionDescriptions"][0]["LogStreamARN"] == (
        "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/kinesis-analytics/orders:log-stream:kinesis-analytics-log-stream")
    age = datetime.datetime.now(datetime.timezone.utc) - detail["LastUpdateTimestamp"]
    assert abs(age - datetime.timedelta(days=21)) < datetime.timedelta(minutes=5)


def test_describe_application__additional_details__plan_is_json_text(sim):
    params = {"ApplicationName": "orders", "IncludeAdditionalDetails": True}
    detail = call_json(sim, "kinesisanalyticsv2", "DescribeApplication", params).json["ApplicationDetail"]
    plan = json.loads(detail["ApplicationConfigurationDescription"]["FlinkApplicationConfigurationDescription"]["JobPlanDescription"])
    ids = [node["id"] for node in plan["nodes"]]
    assert [i["id"] for node in plan["nodes"] for i in node["inputs"]] == ids[:-1]
    assert plan["nodes"][0]["description"] == "Source: orders -&gt; Parse<br/>"


@pytest.mark.parametrize("operation", ["DescribeApplication", "ListApplicationOperations", "ListApplicationSnapshots"])
def test_unknown_application__resource_not_found_with_capital_message(sim, operation):
    answer = call_json(sim, "kinesisanalyticsv2", operation, {"ApplicationName": "nobody"})
    assert (answer.status, answer.code) == (400, "ResourceNotFoundException")
    assert "nobody" in (answer.json.get("Message") or answer.json.get("message"))


OPERATIONS = {"applications": [{"name": "a", "operations": [
    {"operation": "StartApplication", "start": "-3d", "duration": "4m"},
    {"operation": "UpdateApplication", "start": "-2h", "duration": "5m", "status": "FAILED", "version_from": 7,
     "error": "The job could not restore from the snapshot", "rollback_id": "r-1", "id": "op-2"},
    {"operation": "UpdateApplication", "start": "-1m", "status": "IN_PROGRESS", "id": "op-3"}]}]}


def test_operations__newest_first_and_filtered(make_sim):
    sim = make_sim(OPERATIONS)
    def ids(**filters):
        answer = call_json(sim, "kinesisanalyticsv2", "ListApplicationOperations", {"ApplicationName": "a", **filters})
        return [(o["Operation"], o["OperationStatus"]) for o in answer.json["ApplicationOperationInfoList"]]
    assert ids() == [("UpdateApplication", "IN_PROGRESS"), ("UpdateApplication", "FAILED"), ("StartApplication", "SUCCESSFUL")]
    assert ids(Operation="StartApplication") == [("StartApplication", "SUCCESSFUL")]
    assert ids(OperationStatus="FAILED") == [("UpdateApplication", "FAILED")]


def test_operations__detail_of_a_failed_one(make_sim):
    sim = make_sim(OPERATIONS)
    params = {"ApplicationName": "a", "OperationId": "op-2"}
    found = call_json(sim, "kinesisanalyticsv2", "DescribeApplicationOperation", params).json["ApplicationOperationInfoDetails"]
    assert found["EndTime"] - found["StartTime"] == pytest.approx(300)
    assert found["OperationFailureDetails"] == {
        "ErrorInfo": {"ErrorString": "The job could not restore from the snapshot"}, "RollbackOperationId": "r-1"}
    assert found["ApplicationVersionChangeDetails"] == {"ApplicationVersionUpdatedFrom": 7, "ApplicationVersionUpdatedTo": 8}
    params["OperationId"] = "op-9"
    assert call_json(sim, "kinesisanalyticsv2", "DescribeApplicationOperation", params).code == "ResourceNotFoundException"
    assert sim.violations() == []


def test_operations__sql_application__unsupported(make_sim):
    sim = make_sim({"applications": [{"name": "s", "runtime": "SQL-1_0"}]})
    assert call_json(sim, "kinesisanalyticsv2", "ListApplicationOperations", {"ApplicationName": "s"}).code == "UnsupportedOperationException"


def test_snapshots__paged_by_botocore(sim):
    client = boto(sim, "kinesisanalyticsv2")
    first = client.list_application_snapshots(ApplicationName="payments", Limit=3)
    second = client.list_application_snapshots(ApplicationName="payments", Limit=3, NextToken=first["NextToken"])
    names = [s["SnapshotName"] for s in first["SnapshotSummaries"] + second["SnapshotSummaries"]]
    assert names == ["s0", "s1", "s2", "s3", "s4"] and "NextToken" not in second


def test_patch__status_and_detail__seen_at_once(make_sim):
    sim = make_sim(many(1))
    sim.patch_application("app-000", {"status": "UPDATING", "detail": {"CloudWatchLoggingOptionDescriptions": []}})
    detail = call_json(sim, "kinesisanalyticsv2", "DescribeApplication", {"ApplicationName": "app-000"}).json["ApplicationDetail"]
    assert (detail["ApplicationStatus"], detail["CloudWatchLoggingOptionDescriptions"]) == ("UPDATING", [])
    sim.patch_application("new-one", {"runtime": "FLINK-2_2"})
    sim.patch_application("app-000", None)
    names = [a["ApplicationName"] for a in call_json(sim, "kinesisanalyticsv2", "ListApplications", {}).json["ApplicationSummaries"]]
    assert names == ["new-one"]


def test_patch__job_since_now__counts_from_the_patch(make_sim):
    sim = make_sim(many(1), now="2026-01-02T03:04:05Z", auth_clock="real", rate=0)
    sim.set_clock(advance="1h")
    sim.patch_application("app-000", {"job": {"kind": "restart_loop", "since": "-10m", "jitter": 0, "every": "60s"}})
    values = dict(sim.series("fullRestarts", {"Application": "app-000"}, start="-15m", end="now", statistic="Maximum"))
    onset = 1767323045 + 3600 - 600
    first = min(t for t, v in values.items() if v > 0)
    assert first == onset // 60 * 60


def test_add_operation__is_listed_first(make_sim):
    sim = make_sim(OPERATIONS)
    sim.add_operation("a", {"operation": "StopApplication", "start": "now", "status": "IN_PROGRESS", "id": "stop"})
    listed = call_json(sim, "kinesisanalyticsv2", "ListApplicationOperations", {"ApplicationName": "a"}).json["ApplicationOperationInfoList"]
    assert [o["OperationId"] for o in listed][:3] == ["stop", "op-3", "op-2"] and len(listed) == 4


# logs

GROUP = "/aws/kinesis-analytics/orders"


def events_of(sim, params, limit_pages=200):
    found, pages, token = [], 0, None
    while True:
        answer = call_json(sim, "logs", "FilterLogEvents", {**params, **({"nextToken": token} if token else {})})
        assert answer.status == 200, answer.body
        page = answer.json
        assert sum(len(e["message"].encode()) for e in page["events"]) <= 1024 * 1024
        found += page["events"]
        pages, token = pages + 1, page.get("nextToken")
        if not token or pages == limit_pages:
            return found, pages


def test_logs__restart_loop__first_fault_then_the_loop(sim):
    onset_s = sim.clock()["start_s"] - 7200
    found, _ = events_of(sim, {"logGroupName": GROUP, "startTime": int((onset_s - 90) * 1000), "endTime": int((onset_s + 100) * 1000)})
    records = [json.loads(e["message"]) for e in found]
    assert [e["timestamp"] for e in found] == sorted(e["timestamp"] for e in found)
    healthy = [r for r in records[:3] if "Completed checkpoint" in r["message"]]
    assert healthy
    failed = [r for r in records if "switched from RUNNING to FAILED" in r["message"]]
    assert "#0 (" in failed[0]["message"] and failed[0]["messageType"] == "WARN"
    assert failed[0]["throwableInformation"].startswith('java.lang.NumberFormatException: For input string: "12,50"\n\tat ')
    assert "com.acme.orders.ParseOrder.map" in failed[0]["throwableInformation"]
    assert len(failed) == 2 and "#" not in failed[1]["message"].split(" (")[1]       # JobManager: no attempt number
    order = [i for i, r in enumerate(records) if "Partial recovery" in r.get("throwableInformation", "")]
    assert order and order[0] > records.index(failed[0])
    later = records[records.index(failed[0]):]
    assert not any("Completed checkpoint" in r["message"] for r in later)
    assert set(records[0]) >= {"applicationARN", "applicationVersionId", "locationInformation", "logger", "message",
                               "messageSchemaVersion", "messageType", "threadName"}


def test_logs__counter_and_log_agree(sim):
    start_s = int(sim.clock()["start_s"] - 3600) // 60 * 60
    found, _ = events_of(sim, {"logGroupName": GROUP, "startTime": start_s * 1000, "endTime": (start_s + 1800) * 1000 - 1,
                               "filterPattern": '"switched from state RUNNING to RESTARTING"'})
    values = dict(sim.series("fullRestarts", {"Application": "orders"}, start=start_s - 60, end=start_s + 1740, statistic="Maximum"))
    # the line comes 25 ms after the failure, so the two ends may differ by one
    assert abs(len(found) - (values[start_s + 1740] - values[start_s - 60])) <= 1


@pytest.mark.parametrize("settings", [
    {"logs_events_per_page": 7}, {"logs_scan_lines": 10}, {"logs_empty_pages": 3}, {"logs_events_per_page": 1, "logs_scan_lines": 3},
])
def test_logs__paging__complete_without_duplicates(sim, settings):
    now_ms = int(sim.clock()["now"] * 1000)
    params = {"logGroupName": GROUP, "startTime": now_ms - 600000, "endTime": now_ms - 60000, "filterPattern": "?ERROR ?WARN ?FAILED ?RESTARTING"}
    whole, one = events_of(sim, params)
    sim.patch_scenario({"settings": settings})
    try:
        paged, pages = events_of(sim, params)
    finally:
        sim.patch_scenario({"settings": None})
    assert [e["eventId"] for e in paged] == [e["eventId"] for e in whole] and len(whole) > 20
    assert len({e["eventId"] for e in whole}) == len(whole)
    assert one == 1 and pages > 3


def test_logs__empty_pages__carry_a_token(sim):
    sim.patch_scenario({"settings": {"logs_empty_pages": 2}})
    try:
        now_ms = int(sim.clock()["now"] * 1000)
        page = call_json(sim, "logs", "FilterLogEvents", {"logGroupName": GROUP, "startTime": now_ms - 600000}).json
    finally:
        sim.patch_scenario({"settings": None})
    assert page["events"] == [] and page["nextToken"]


def test_logs__two_hours_of_a_loop__pages_stay_below_a_megabyte(sim):
    now_ms = int(sim.clock()["now"] * 1000)
    params = {"logGroupName": GROUP, "startTime": now_ms - 7300000, "endTime": now_ms}
    found, pages = events_of(sim, params)
    assert pages >= 2 and len(found) > 1000
    assert [e["timestamp"] for e in found] == sorted(e["timestamp"] for e in found)


def test_logs__end_time_is_inclusive_start_too(sim):
    now_ms = int(sim.clock()["now"] * 1000)
    first = events_of(sim, {"logGroupName": GROUP, "startTime": now_ms - 600000, "endTime": now_ms - 400000})[0]
    at = first[3]["timestamp"]
    again = events_of(sim, {"logGroupName": GROUP, "startTime": at, "endTime": at})[0]
    assert [e["eventId"] for e in again] == [e["eventId"] for e in first if e["timestamp"] == at]


def test_logs__newest_first(sim):
    now_ms = int(sim.clock()["now"] * 1000)
    params = {"logGroupName": GROUP, "startTime": now_ms - 600000, "endTime": now_ms - 60000}
    forward = events_of(sim, params)[0]
    sim.patch_scenario({"settings": {"logs_events_per_page": 9}})
    try:
        backward = events_of(sim, {**params, "startFromHead": False})[0]
    finally:
        sim.patch_scenario({"settings": None})
    assert [e["eventId"] for e in backward] == [e["eventId"] for e in reversed(forward)]
    assert backward[0]["timestamp"] > backward[-1]["timestamp"]


@pytest.mark.parametrize("params,code", [
    ({"logGroupName": "/nowhere"}, "ResourceNotFoundException"),
    ({"logGroupName": GROUP, "logStreamNames": ["nothing"]}, "ResourceNotFoundException"),
    ({"logGroupName": GROUP, "nextToken": "bogus"}, "InvalidParameterException"),
    ({"logGroupName": GROUP, "filterPattern": "a-b"}, "InvalidParameterException"),
    ({"logGroupName": GROUP, "logGroupIdentifier": GROUP}, "InvalidParameterException"),
    ({}, "InvalidParameterException"),
    ({"logGroupName": GROUP, "startTime": 2000, "endTime": 1000}, "InvalidParameterException"),
    ({"logGroupName": GROUP, "logStreamNames": ["a"], "logStreamNamePrefix": "b"}, "InvalidParameterException"),
    ({"logGroupName": GROUP, "startFromHead": False}, "InvalidParameterException"),
])
def test_logs__wrong_requests(sim, params, code):
    assert call_json(sim, "logs", "FilterLogEvents", params).code == code


def test_logs__group_by_arn(sim):
    now_ms = int(sim.clock()["now"] * 1000)
    arn = "arn:aws:logs:eu-west-1:111122223333:log-group:" + GROUP
    assert events_of(sim, {"logGroupIdentifier": arn, "startTime": now_ms - 300000})[0]


def test_logs__streams_and_a_missing_stream(make_sim):
    sim = make_sim({"applications": [{"name": "a", "log_stream": "one"}, {"name": "b", "logging": False}],
                    "log_groups": [{"name": "plain", "streams": {"s1": [["-2m", "hello world"]], "s2": [["-1m", "later"]], "empty": []}}]})
    def names(**params):
        return [s["logStreamName"] for s in call_json(sim, "logs", "DescribeLogStreams", params).json["logStreams"]]
    assert names(logGroupName="/aws/kinesis-analytics/a") == ["one"]
    assert names(logGroupName="plain", logStreamNamePrefix="s") == ["s1", "s2"]
    assert names(logGroupName="plain", orderBy="LastEventTime", descending=True) == ["s2", "s1", "empty"]
    assert call_json(sim, "logs", "DescribeLogStreams", {"logGroupName": "/aws/kinesis-analytics/b"}).code == "ResourceNotFoundException"
    assert [e["message"] for e in events_of(sim, {"logGroupName": "plain"})[0]] == ["hello world", "later"]
    pages = list(boto(sim, "logs").get_paginator("describe_log_streams").paginate(logGroupName="plain", limit=1))
    assert [s["logStreamName"] for p in pages for s in p["logStreams"]] == ["empty", "s1", "s2"]


@pytest.mark.parametrize("pattern,message,wanted", [
    ("", "x", True), ("ERROR", "an ERROR here", True), ("ERROR", "an error here", False),
    ("ERROR timeout", "ERROR and timeout", True), ("ERROR timeout", "ERROR alone", False),
    ('"a b"', "x a b y", True), ('"a b"', "a  b", False), ('"say \\"x\\""', 'say "x"', True),
    ('ERROR -"Exiting"', "ERROR Exiting", False), ('ERROR -"Exiting"', "ERROR", True),
    ('?ERROR ?"Out of memory"', "Out of memory", True), ('?ERROR ?"Out of memory"', "fine", False),
    ("?ERROR WARN", "WARN", True), ("%FAIL[A-Z]+%", "it FAILED", True),
    ('{ $.messageType = "ERROR" }', '{"messageType":"ERROR"}', True), ('{ $.messageType = "ERROR" }', '{"messageType":"WARN"}', False),
    ('{ $.logger = "org.apache*" && $.n > 3 }', '{"logger":"org.apache.x","n":4}', True),
    ('{ $.a NOT EXISTS || $.b = 1 }', '{"a":1,"b":1}', True), ('{ $.a NOT EXISTS }', "not json", False),
])
def test_filter_pattern(pattern, message, wanted):
    assert compile_pattern(pattern)(message) is wanted


@pytest.mark.parametrize("pattern", ["a-b", "java.lang", '"open', "{ $.a = 1", "%(group)%"])
def test_filter_pattern__what_cloudwatch_refuses(pattern):
    with pytest.raises(PatternError):
        compile_pattern(pattern)


def test_throwable__root_first_then_wrapped_by():
    text = throwable({"class": "a.B", "message": "m", "frames": ["x.Y.z(Y.java:1)"], "wrapped_by": ["c.D: outer"]})
    assert re.fullmatch(r"a\.B: m\n\tat x\.Y\.z\(Y\.java:1\)\n\t\.\.\. 14 more\nWrapped by: c\.D: outer\n\tat .*\n", text)


# SNS

def test_sns__publish__delivered_with_attributes(sim):
    answer = boto(sim, "sns").publish(TopicArn=ONCALL, Message='{"version": 1}', Subject="orders: restart loop", MessageAttributes={
        "severity": {"DataType": "String", "StringValue": "critical"}, "n": {"DataType": "Number", "StringValue": "3"}})
    found = sim.deliveries(service="sns")[0]
    assert found["message_id"] == answer["MessageId"] and found["message"] == {"version": 1}
    assert found["body"]["Subject"] == "orders: restart loop"
    assert {k: v["StringValue"] for k, v in found["body"]["MessageAttributes"].items()} == {"severity": "critical", "n": "3"}
    assert sim.violations() == []


@pytest.mark.parametrize("more,code", [
    ({"Subject": "x" * 100}, "InvalidParameter"), ({"Subject": "two\nlines"}, "InvalidParameter"),
    ({"Subject": "caf\u00e9"}, "InvalidParameter"), ({"Message": ""}, "InvalidParameter"),
    ({"Message": "x" * 262145}, "InvalidParameter"), ({"TopicArn": ONCALL + "2"}, "NotFound"),
    ({"TopicArn": ONCALL.replace("eu-west-1", "us-east-1")}, "InvalidParameter"),
    ({"MessageDeduplicationId": "d"}, "InvalidParameter"),
    ({"MessageStructure": "json", "Message": "{}"}, "InvalidParameter"),
    ({"MessageAttributes": {"a": {"DataType": "String", "StringValue": ""}}}, "ParameterValueInvalid"),
    ({"MessageAttributes": {"a": {"DataType": "Text", "StringValue": "x"}}}, "ParameterValueInvalid"),
    ({"TopicArn": ONCALL.replace("oncall", "ordered.fifo")}, "InvalidParameter"),
    ({"TopicArn": ONCALL.replace("oncall", "ordered.fifo"), "MessageGroupId": "g"}, "InvalidParameter"),
])
def test_sns__rules(sim, more, code):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        boto(sim, "sns").publish(**{"TopicArn": ONCALL, "Message": "m", **more})
    assert refused.value.response["Error"]["Code"] == code
    assert sim.deliveries() == []


def test_sns__largest_message__accepted(sim):
    assert boto(sim, "sns").publish(TopicArn=ONCALL, Message="\u00e9" * 131072)["MessageId"]


@pytest.mark.parametrize("topic,more", [("ordered.fifo", {"MessageDeduplicationId": "d1"}), ("content.fifo", {})])
def test_sns__fifo_duplicate__accepted_and_not_delivered(sim, topic, more):
    client = boto(sim, "sns")
    arn = ONCALL.replace("oncall", topic)
    for _ in range(2):
        assert client.publish(TopicArn=arn, Message="same", MessageGroupId="g", **more)["SequenceNumber"]
    assert len(sim.deliveries()) == 1
    sim.set_clock(advance="6m", offset_s=-360)
    try:
        client.publish(TopicArn=arn, Message="same", MessageGroupId="g", **more)
    finally:
        sim.set_clock(advance=-360, offset_s=0)
    assert len(sim.deliveries()) == 2


def test_throttle__limit_of_the_scenario__error_by_protocol(make_sim):
    sim = make_sim({"throttle": {"kinesisanalyticsv2:ListApplications": 2, "sts": 1}})
    codes = [call_json(sim, "kinesisanalyticsv2", "ListApplications", {}).status for _ in range(4)]
    assert codes[:2] == [200, 200] and 400 in codes
    form = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
    answers = [call_query(sim, "sts", form) for _ in range(3)]
    assert answers[0].status == 200 and b"<Code>Throttling</Code>" in answers[2].body
