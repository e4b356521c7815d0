# SPDX-License-Identifier: Apache-2.0
"""Bodies that do not fit a shape are refused with the service's error and kept as violations."""

import json
import os

import pytest
from sim_http import boto, call_json, call_query, json_headers, metric_query, send, sign
from simulator import codec, shapes, vary
from simulator.router import AWS

REFERENCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "..", "shared", "reference", "aws-models")


def span(now=1767323045):
    return {"StartTime": now - 300, "EndTime": now}


@pytest.mark.parametrize("service,operation,params,code", [
    ("kinesisanalyticsv2", "DescribeApplication", {}, "ValidationException"),
    ("kinesisanalyticsv2", "DescribeApplication", {"ApplicationName": "no spaces"}, "ValidationException"),
    ("kinesisanalyticsv2", "DescribeApplication", {"ApplicationName": ""}, "ValidationException"),
    ("kinesisanalyticsv2", "DescribeApplication", {"ApplicationName": "x" * 129}, "ValidationException"),
    ("kinesisanalyticsv2", "DescribeApplication", {"ApplicationName": 7}, "SerializationException"),
    ("kinesisanalyticsv2", "DescribeApplication", {"ApplicationName": None}, "SerializationException"),
    ("kinesisanalyticsv2", "DescribeApplication", {"ApplicationName": "orders", "applicationName": "x"}, "SerializationException"),
    ("kinesisanalyticsv2", "DescribeApplication", {"ApplicationName": "orders", "IncludeAdditionalDetails": "true"}, "SerializationException"),
    ("kinesisanalyticsv2", "ListApplications", {"Limit": 0}, "ValidationException"),
    ("kinesisanalyticsv2", "ListApplications", {"Limit": 51}, "ValidationException"),
    ("kinesisanalyticsv2", "ListApplications", {"Limit": 1.5}, "SerializationException"),
    ("kinesisanalyticsv2", "ListApplicationOperations", {"ApplicationName": "orders", "OperationStatus": "DONE"}, "ValidationException"),
    ("kinesisanalyticsv2", "DescribeApplicationOperation", {"ApplicationName": "orders", "OperationId": "x" * 65}, "ValidationException"),
    ("logs", "FilterLogEvents", {"logGroupName": "has space"}, "InvalidParameterException"),
    ("logs", "FilterLogEvents", {"logGroupName": "g", "limit": 10001}, "InvalidParameterException"),
    ("logs", "FilterLogEvents", {"logGroupName": "g", "startTime": 1.5}, "SerializationException"),
    ("logs", "FilterLogEvents", {"logGroupName": "g", "startTime": "1"}, "SerializationException"),
    ("logs", "FilterLogEvents", {"logGroupName": "g", "startTime": -1}, "InvalidParameterException"),
    ("logs", "DescribeLogStreams", {"logGroupName": "g", "orderBy": "Name"}, "InvalidParameterException"),
    ("cloudwatch", "ListMetrics", {"RecentlyActive": "PT1H"}, "ValidationError"),
    ("cloudwatch", "ListMetrics", {"Namespace": ":bad"}, "ValidationError"),
    ("cloudwatch", "GetMetricData", {"MetricDataQueries": []}, "ValidationError"),
    ("cloudwatch", "GetMetricData", {**span(), "MetricDataQueries": [metric_query("a", "b", period=0)]}, "ValidationError"),
    ("cloudwatch", "GetMetricData", {**span(), "MetricDataQueries": [metric_query("a", "b", extra=1)]}, "SerializationException"),
    ("cloudwatch", "GetMetricData", {"StartTime": "2026-01-02T03:04:05Z", "EndTime": 1, "MetricDataQueries": [metric_query("a", "b")]}, "SerializationException"),
    ("cloudwatch", "GetMetricData", {**span(), "MetricDataQueries": [metric_query("a", "b", f"m{i}") for i in range(501)]}, "ValidationError"),
])
def test_json_body__does_not_fit__refused_and_recorded(sim, service, operation, params, code):
    answer = call_json(sim, service, operation, params)
    assert (answer.status, answer.code) == (400, code)
    assert {v["kind"] for v in sim.violations()} == {"shape"}
    assert sim.requests()[-1]["error"].endswith(code)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"Limit":NaN}', b'{"Limit":1,"Limit":2}', b"\xff\xfe"])
def test_json_body__not_a_json_object__serialization_exception(sim, body):
    assert call_json(sim, "kinesisanalyticsv2", "ListApplications", body).code == "SerializationException"
    assert {v["kind"] for v in sim.violations()} == {"shape"}


def test_validation_message__says_value_place_and_constraint(sim):
    answer = call_json(sim, "kinesisanalyticsv2", "DescribeApplication", {"ApplicationName": "a b"})
    assert answer.json["message"] == (
        "1 validation error detected: Value 'a b' at 'applicationName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+")


@pytest.mark.parametrize("headers,has_answer", [
    ({"Content-Type": "application/json"}, False),
    ({"Content-Type": "application/x-amz-json-1.0"}, False),
    ({"Content-Type": "application/x-amz-json-1.1; charset=utf-8"}, False),
    ({"X-Amz-Target": "KinesisAnalytics_20180523.NoSuchThing"}, False),
    ({"X-Amz-Target": "Flink_20180523.ListApplications"}, False),
])
def test_wire__wrong_type_or_target__unknown_operation(sim, headers, has_answer):
    answer = call_json(sim, "kinesisanalyticsv2", "ListApplications", {}, headers=headers)
    assert answer.code == "UnknownOperationException"
    assert sim.violations() != []


def test_wire__query_mode_header_missing__violation_but_answer(sim):
    answer = call_json(sim, "cloudwatch", "ListMetrics", {}, headers={"x-amzn-query-mode": None})
    assert answer.status == 200
    assert [v["text"] for v in sim.violations()] == ["x-amzn-query-mode: true is missing"]


def test_wire__get_or_other_path__unknown_operation(sim):
    url = sim.url + "/somewhere"
    headers = sign(url, b"{}", json_headers("kinesisanalyticsv2", "ListApplications"), "kinesisanalytics")
    assert send(sim.url, b"{}", headers, path="/somewhere").code == "UnknownOperationException"


def test_wire__expect_header__violation(sim):
    call_json(sim, "kinesisanalyticsv2", "ListApplications", {}, headers={"Expect": "100-continue"})
    assert "Expect" in sim.violations()[0]["text"]


@pytest.mark.parametrize("change,code", [
    ({"Version": "2009-01-01"}, b"MalformedQueryString"),
    ({"Version": None}, b"MalformedQueryString"),
    ({"Colour": "red"}, b"InvalidParameter"),
    ({"MessageAttributes.entry.2.Name": "severity"}, b"InvalidParameter"),
    ({"MessageAttributes.member.1.Name": "severity"}, b"InvalidParameter"),
    ({"MessageAttributes.entry.1.Name": "severity"}, b"InvalidParameter"),
])
def test_query_form__does_not_fit__refused_and_recorded(sim, change, code):
    form = {"Action": "Publish", "Version": "2010-03-31", "Message": "x", "TopicArn": "arn:aws:sns:eu-west-1:111122223333:oncall"}
    form.update(change)
    answer = call_query(sim, "sns", {k: v for k, v in form.items() if v is not None})
    assert answer.status == 400 and b"<Code>" + code in answer.body
    assert {v["kind"] for v in sim.violations()} == {"shape"}


def test_query_form__bad_escape__refused(sim):
    body = b"Action=GetCallerIdentity&Version=2011-06-15&X=%zz"
    headers = sign(sim.url + "/", body, {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, "sts")
    assert b"MalformedQueryString" in send(sim.url, body, headers).body


def test_query_form__charset_missing__violation(sim):
    call_query(sim, "sts", {"Action": "GetCallerIdentity", "Version": "2011-06-15"},
               headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert "charset=utf-8" in sim.violations()[0]["text"]


def test_form_value__lists_maps_and_scalars__as_the_shape_has_them():
    shape = AWS["cloudwatch"].model.operation_model("GetMetricData").input_shape
    pairs = [("StartTime", "2026-01-02T03:04:00Z"), ("EndTime", "2026-01-02T03:09:00.500Z"), ("MaxDatapoints", "10"),
             ("MetricDataQueries.member.2.Id", "b"), ("MetricDataQueries.member.2.Expression", "1"),
             ("MetricDataQueries.member.1.Id", "a"), ("MetricDataQueries.member.1.ReturnData", "false")]
    value, problems = codec.form_value(pairs, shape)
    assert problems == []
    assert value == {"StartTime": 1767323040, "EndTime": 1767323340.5, "MaxDatapoints": 10,
                     "MetricDataQueries": [{"Id": "a", "ReturnData": False}, {"Id": "b", "Expression": "1"}]}


def test_json_writer__timestamp_styles__as_services_write_them():
    shape = AWS["cloudwatch"].model.operation_model("GetMetricData").output_shape
    value = {"MetricDataResults": [{"Id": "m0", "Timestamps": [1767323040.123], "Values": [2500.0, 12345678.0, float("nan")]}]}
    text = {s: codec.JsonWriter(s).write(value, shape) for s in ("exponent", "integer", "decimal")}
    assert '"Timestamps":[1.767323040123E9]' in text["exponent"]
    assert '"Timestamps":[1767323040]' in text["integer"]
    assert '"Timestamps":[1767323040.123]' in text["decimal"]
    assert '"Values":[2500.0,1.2345678E7,"NaN"]' in text["exponent"]


@pytest.mark.parametrize("style,first", [("integer", "1767323040"), ("exponent", "1.76732304E9"), ("decimal", "1767323040.000")])
def test_vary__timestamps_on_the_wire(make_sim, style, first):
    running = make_sim({"vary": {"timestamps": style}, "series": [
        {"metric": "m", "dimensions": {"Application": "a"}, "value": 1}]}, now="2026-01-02T03:05:30Z", auth_clock="real")
    params = {"StartTime": 1767323040, "EndTime": 1767323100, "MetricDataQueries": [metric_query("a", "m")]}
    assert f'"Timestamps":[{first}]'.encode() in call_json(running, "cloudwatch", "GetMetricData", params).body


def test_vary__drop_everything_optional__required_members_stay(sim):
    sim.faults({"kind": "vary", "drop": 1, "times": "always"})
    detail = call_json(sim, "kinesisanalyticsv2", "DescribeApplication", {"ApplicationName": "orders"}).json["ApplicationDetail"]
    assert set(detail) == {"ApplicationARN", "ApplicationName", "RuntimeEnvironment", "ApplicationStatus", "ApplicationVersionId"}


def test_vary__nulls_unknown_members_and_enums(sim):
    sim.faults({"kind": "vary", "nulls": 1, "unknown_members": True, "unknown_enums": 1, "times": "always"})
    detail = call_json(sim, "kinesisanalyticsv2", "DescribeApplication", {"ApplicationName": "orders"}).json["ApplicationDetail"]
    assert detail["CloudWatchLoggingOptionDescriptions"] is None
    assert detail["ApplicationStatus"] == "VALUE_OF_TOMORROW"
    assert "NewMemberOfTomorrow" in detail
    assert sim.violations() == []


def test_vary__query_answers__botocore_still_reads_them(sim):
    sim.faults({"kind": "vary", "unknown_members": True, "drop": 0.5, "times": "always"})
    assert boto(sim, "sts").get_caller_identity()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_vary__same_seed__same_answer():
    shape = AWS["kinesisanalyticsv2"].model.operation_model("ListApplications").output_shape
    value = {"ApplicationSummaries": [
        {"ApplicationName": f"a{i}", "ApplicationARN": "arn:x", "ApplicationStatus": "RUNNING", "ApplicationVersionId": 1,
         "RuntimeEnvironment": "FLINK-1_20", "ApplicationMode": "STREAMING"} for i in range(40)]}
    options = {"drop": 0.5, "members": ["ApplicationMode"]}
    first = vary.vary(value, shape, {**options, "seed": 3})
    assert first == vary.vary(value, shape, {**options, "seed": 3}) != vary.vary(value, shape, {**options, "seed": 4})
    assert 5 < sum("ApplicationMode" in row for row in first["ApplicationSummaries"]) < 35


def test_output__that_does_not_fit__is_reported():
    shape = AWS["kinesisanalyticsv2"].model.operation_model("DescribeApplication").output_shape
    kinds = {(p.kind, p.path) for p in shapes.check({"ApplicationDetail": {"ApplicationName": 1, "Extra": 2}}, shape)}
    assert ("type", ".ApplicationDetail.ApplicationName") in kinds
    assert ("unknown", ".ApplicationDetail.Extra") in kinds
    assert ("missing", ".ApplicationDetail.ApplicationARN") in kinds


@pytest.mark.skipif(not os.path.isdir(REFERENCE), reason="the newer models are not beside this checkout")
@pytest.mark.parametrize("service", sorted(AWS))
def test_overlay__every_shape_of_our_operations__equals_the_newer_model(service):
    """The overlays were written by hand; the trimmed models that botocore ships today are the judge."""
    with open(os.path.join(REFERENCE, service + ".json"), encoding="utf-8") as file:
        newer = json.load(file)
    ours = AWS[service]
    seen = set()

    def compare(name):
        if name in seen:
            return
        seen.add(name)
        theirs, mine = newer["shapes"][name], ours.model._shape_resolver._shape_map[name]
        if (service, name) == ("cloudwatch", "MetricDataQueries"):
            mine = {k: v for k, v in mine.items() if k != "max"}    # 500 is in the text alone
        for key in ("type", "required", "enum", "min", "max", "pattern"):
            assert sorted(theirs.get(key, [])) == sorted(mine.get(key, [])) if key in ("required", "enum") \
                else theirs.get(key) == mine.get(key), (name, key)
        members = theirs.get("members", {})
        assert {k: v["shape"] for k, v in members.items()} == {k: v["shape"] for k, v in mine.get("members", {}).items()}, name
        for inner in list(members.values()) + [theirs[k] for k in ("member", "key", "value") if k in theirs]:
            compare(inner["shape"])

    for operation in ours.operations:
        for side in ("input", "output"):
            if side in newer["operations"][operation]:
                compare(newer["operations"][operation][side]["shape"])
    assert len(seen) > 5
