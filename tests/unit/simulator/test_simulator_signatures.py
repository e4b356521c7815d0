# SPDX-License-Identifier: Apache-2.0
"""Only what botocore would sign the same way gets in, and each refusal has its real name."""

import datetime
import xml.etree.ElementTree as ET

import pytest
from sim_http import SERVICES, boto, call_json, call_query, json_headers, send, sign
from simulator import auth
from simulator.wire import Request

NS = {"sts": "{https://sts.amazonaws.com/doc/2011-06-15/}", "sns": "{http://sns.amazonaws.com/doc/2010-03-31/}"}
IDENTITY = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
KEY = "AKIDEXAMPLE"
KEY_SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def error_code(answer, service="sts"):
    return ET.fromstring(answer.body).find(f"{NS[service]}Error/{NS[service]}Code").text


# Vectors made by hand from the published algorithm for 2026-01-02T03:04:05Z.
VECTORS = [
    ("kinesisanalytics", "us-east-1", "https://kinesisanalytics.us-east-1.amazonaws.com", b'{"Limit":50}', "TOKENEXAMPLE",
     [("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", "KinesisAnalytics_20180523.ListApplications")],
     "content-type;host;x-amz-date;x-amz-security-token;x-amz-target",
     "77cf9b6074ec1393bab68fba299159bafc434425c5b6148b179c7cc55cb981ec"),
    ("sts", "eu-west-1", "https://sts.eu-west-1.amazonaws.com", b"Action=GetCallerIdentity&Version=2011-06-15", None,
     [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")],
     "content-type;host;x-amz-date",
     "b87ee61678696c301b942d163db6c138bb8970c1f50b5998524a5508d8860576"),
    ("monitoring", "eu-west-1", "http://127.0.0.1:4566", b'{"Namespace":"AWS/KinesisAnalytics"}', None,
     [("Content-Type", "application/x-amz-json-1.0"), ("X-Amz-Target", "GraniteServiceVersion20100801.ListMetrics"),
      ("x-amzn-query-mode", "true")],
     "content-type;host;x-amz-date;x-amz-target;x-amzn-query-mode",
     "ecf8becf77c20b43a14e142392fdfe8db5a6defa8d9035510983d9ede4e7a479"),
]


@pytest.mark.parametrize("service,region,url,body,token,headers,signed,signature", VECTORS)
def test_verify__known_vector__accepts(service, region, url, body, token, headers, signed, signature):
    scheme, _, host = url.partition("://")
    credential = f"{KEY}/20260102/{region}/{service}/aws4_request"
    all_headers = [("Host", host), ("X-Amz-Date", "20260102T030405Z")] + headers
    all_headers += [("X-Amz-Security-Token", token)] if token else []
    all_headers += [("Authorization", f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed}, Signature={signature}")]
    identity = auth.Identity(KEY, KEY_SECRET, token)
    at_s = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc).timestamp()
    request = Request("POST", "/", all_headers, body, scheme)
    assert auth.verify(request, {KEY: identity}, service, {region}, at_s) == (identity, region)
    with pytest.raises(auth.AuthError) as refused:
        auth.verify(Request("POST", "/", all_headers, body + b" ", scheme), {KEY: identity}, service, {region}, at_s)
    assert (refused.value.name, refused.value.is_violation) == ("signature", True)


def test_json__botocore_client__accepted(sim):
    names = [a["ApplicationName"] for a in boto(sim, "kinesisanalyticsv2").list_applications()["ApplicationSummaries"]]
    assert names == ["clicks", "orders", "payments"]
    assert sim.violations() == []


def test_json__wrong_secret__invalid_signature_and_violation(sim):
    answer = call_json(sim, "kinesisanalyticsv2", "ListApplications", {}, secret="something-else")
    assert (answer.status, answer.code) == (400, "InvalidSignatureException")
    assert [v["kind"] for v in sim.violations()] == ["signature"]


def test_json__secret_known_to_be_mistyped__no_violation(sim):
    answer = call_json(sim, "kinesisanalyticsv2", "ListApplications", {}, secret="mistyped-secret")
    assert (answer.code, sim.violations()) == ("InvalidSignatureException", [])


def test_query__wrong_secret__403_signature_does_not_match(sim):
    answer = call_query(sim, "sts", IDENTITY, secret="something-else")
    assert (answer.status, error_code(answer)) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_json__unknown_key__unrecognized_client(sim, service):
    operation = {"cloudwatch": "ListMetrics", "kinesisanalyticsv2": "ListApplications", "logs": "FilterLogEvents"}[service]
    answer = call_json(sim, service, operation, {}, key="AKIDNOBODY")
    assert (answer.status, answer.code) == (400, "UnrecognizedClientException")


def test_query__unknown_key__invalid_client_token_id(sim):
    answer = call_query(sim, "sts", IDENTITY, key="AKIDNOBODY")
    assert (answer.status, error_code(answer)) == (403, "InvalidClientTokenId")


def test_json__no_authorization__missing_token(sim):
    answer = send(sim.url, b"{}", json_headers("kinesisanalyticsv2", "ListApplications"))
    assert answer.code == "MissingAuthenticationTokenException"
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    answer = send(sim.url, body, {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"})
    assert error_code(answer) == "MissingAuthenticationToken"


def test_json__malformed_authorization__incomplete_signature(sim):
    headers = {**json_headers("logs", "FilterLogEvents"), "Authorization": "AWS4-HMAC-SHA256 Credential=x"}
    assert send(sim.url, b"{}", headers).code == "IncompleteSignatureException"


@pytest.mark.parametrize("key,secret,token,code", [
    ("ASIASESSION", "session-secret", None, "UnrecognizedClientException"),
    ("ASIASESSION", "session-secret", "another", "UnrecognizedClientException"),
    ("AKIDSIMULATOR", "simulator-secret-access-key", "uncalled-for", "UnrecognizedClientException"),
    ("ASIAEXPIRED", "old-secret", "old-token", "ExpiredTokenException"),
])
def test_json__session_token_wrong_absent_or_expired__refused(sim, key, secret, token, code):
    answer = call_json(sim, "kinesisanalyticsv2", "ListApplications", {}, key=key, secret=secret, token=token)
    assert answer.code == code


def test_json__session_token_right__accepted(sim):
    arn = boto(sim, "sts", "ASIASESSION", "session-secret", "session/token==").get_caller_identity()["Arn"]
    assert arn == "arn:aws:sts::111122223333:assumed-role/watch/one"


def test_query__session_expired__expired_token(sim):
    answer = call_query(sim, "sts", IDENTITY, key="ASIAEXPIRED", secret="old-secret", token="old-token")
    assert (answer.status, error_code(answer)) == (403, "ExpiredToken")


@pytest.mark.parametrize("minutes,words", [(-6, "Signature expired"), (6, "Signature not yet current")])
def test_date__more_than_five_minutes_off__refused_with_the_reason(sim, minutes, words):
    at = datetime.datetime.utcnow() + datetime.timedelta(minutes=minutes)
    answer = call_json(sim, "logs", "DescribeLogStreams", {"logGroupName": "x"}, at=at)
    assert answer.code == "InvalidSignatureException"
    assert answer.json["message"].startswith(words)
    answer = call_query(sim, "sts", IDENTITY, at=at)
    assert (answer.status, error_code(answer)) == (403, "SignatureDoesNotMatch")
    assert sim.violations() == []


def test_date__setting_skew_error__that_code(sim):
    sim.patch_scenario({"settings": {"skew_error": "RequestTimeTooSkewed"}})
    try:
        at = datetime.datetime.utcnow() - datetime.timedelta(minutes=10)
        assert call_json(sim, "kinesisanalyticsv2", "ListApplications", {}, at=at).code == "RequestTimeTooSkewed"
    finally:
        sim.patch_scenario({"settings": None})


@pytest.mark.parametrize("minutes", [-4, 4])
def test_date__within_five_minutes__accepted(sim, minutes):
    at = datetime.datetime.utcnow() + datetime.timedelta(minutes=minutes)
    assert call_query(sim, "sts", IDENTITY, at=at).status == 200


def test_clock_offset__20_minutes__expired_until_the_client_follows_the_date_header(sim):
    sim.set_clock(offset_s=1200)
    try:
        answer = call_query(sim, "sts", IDENTITY)
        assert error_code(answer) == "SignatureDoesNotMatch"
        at = datetime.datetime.strptime(answer.headers["Date"], "%a, %d %b %Y %H:%M:%S GMT")
        assert abs((at - datetime.datetime.utcnow()).total_seconds() - 1200) < 5
        assert call_query(sim, "sts", IDENTITY, at=at).status == 200
    finally:
        sim.set_clock(offset_s=0)


def test_scope__wrong_service__names_the_right_one(sim):
    body = b"{}"
    headers = sign(sim.url + "/", body, json_headers("kinesisanalyticsv2", "ListApplications"), "kinesisanalyticsv2")
    answer = send(sim.url, body, headers)
    assert answer.code == "InvalidSignatureException"
    assert "correct service: 'kinesisanalytics'" in answer.json["message"]


def test_scope__unknown_region__refused(sim):
    answer = call_json(sim, "kinesisanalyticsv2", "ListApplications", {}, region="mars-north-1")
    assert answer.code == "InvalidSignatureException"


def test_headers__x_amz_header_unsigned__refused(sim):
    headers = json_headers("kinesisanalyticsv2", "ListApplications")
    target = headers.pop("X-Amz-Target")
    signed = sign(sim.url + "/", b"{}", headers, "kinesisanalytics")
    answer = send(sim.url, b"{}", {**signed, "X-Amz-Target": target})
    assert answer.code == "InvalidSignatureException"
    assert "'x-amz-target' must be a 'SignedHeader'" in answer.json["message"]
    assert [v["kind"] for v in sim.violations()] == ["signature"]


def test_headers__content_sha256_that_lies__refused(sim):
    headers = {**json_headers("kinesisanalyticsv2", "ListApplications"), "X-Amz-Content-SHA256": "0" * 64}
    signed = sign(sim.url + "/", b"{}", headers, "kinesisanalytics")
    assert send(sim.url, b"{}", signed).code == "InvalidSignatureException"


def test_deny__user__access_denied_with_action_and_arn(sim):
    answer = call_json(sim, "kinesisanalyticsv2", "DescribeApplication", {"ApplicationName": "orders"},
                       key="AKIDREADER", secret="reader-secret")
    assert (answer.status, answer.code) == (400, "AccessDeniedException")
    words = "User: arn:aws:iam::111122223333:user/reader is not authorized to perform: kinesisanalytics:DescribeApplication"
    assert answer.json["message"].startswith(words)
    assert call_json(sim, "kinesisanalyticsv2", "ListApplications", {}, key="AKIDREADER", secret="reader-secret").status == 200


def test_deny__role_publishing__authorization_error(sim):
    form = {"Action": "Publish", "Version": "2010-03-31", "Message": "x", "TopicArn": "arn:aws:sns:eu-west-1:111122223333:oncall"}
    answer = call_query(sim, "sns", form, key="ASIASESSION", secret="session-secret", token="session/token==")
    assert (answer.status, error_code(answer, "sns")) == (403, "AuthorizationError")


def test_deny__query_cloudwatch__access_denied(sim):
    form = {"Action": "GetMetricData", "Version": "2010-08-01"}
    answer = call_query(sim, "monitoring", form, key="AKIDREADER", secret="reader-secret")
    assert answer.status == 403 and b"<Code>AccessDenied</Code>" in answer.body


def test_record__every_request__has_identity_and_outcome(sim):
    call_json(sim, "kinesisanalyticsv2", "ListApplications", {"Limit": 2})
    call_json(sim, "kinesisanalyticsv2", "ListApplications", {}, key="AKIDNOBODY")
    first, second = sim.requests(service="kinesisanalyticsv2")
    assert (first["status"], first["parameters"], first["access_key_id"]) == (200, {"Limit": 2}, "AKIDSIMULATOR")
    assert (second["status"], second["error"], second["auth"]) == (400, "UnrecognizedClientException", "unknown_key")
