# SPDX-License-Identifier: Apache-2.0
"""Each kind of fault does what it says, to the requests that it names, as often as it says."""

import concurrent.futures
import email.utils
import http.client
import json
import select
import socket
import ssl
import struct
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import botocore.exceptions
import pytest
from sim_http import SECRET, Answer, boto, call_json, call_query, json_headers, metric_query, raw_exchange, send, sign

IDENTITY = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
SLACK = "/services/T0/B0/secret"


def apps(sim, **options):
    return call_json(sim, "kinesisanalyticsv2", "ListApplications", {}, **options)


def slack(sim, body=b'{"text":"hi"}', timeout=10):
    return send(sim.url, body, {"Content-Type": "application/json"}, path=SLACK, timeout=timeout)


def raw_apps(sim):
    """A signed ListApplications as bytes, with Connection: close."""
    headers = sign(sim.url + "/", b"{}", json_headers("kinesisanalyticsv2", "ListApplications"), "kinesisanalytics")
    headers.update({"Host": urlsplit(sim.url).netloc, "Content-Length": "2", "Connection": "close"})
    return ("POST / HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n{}").encode()


def split(received):
    head, _, body = received.partition(b"\r\n\r\n")
    headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head.decode().split("\r\n")[1:])}
    return head.split(b"\r\n")[0].decode(), headers, body


def test_times__default_once(sim):
    sim.faults({"kind": "status"})
    assert [apps(sim).status for _ in range(3)] == [500, 200, 200]
    assert [r["fault"] for r in sim.requests()] == ["status", None, None]


def test_times_and_after(sim):
    sim.faults({"kind": "status", "status": 503, "after": 1, "times": 2})
    assert [apps(sim).status for _ in range(5)] == [200, 503, 503, 200, 200]
    assert [(f["hits"], f["seen"], f["spent"]) for f in sim.fault_state()] == [(2, 3, True)]


def test_always__until_cleared(sim):
    sim.faults({"kind": "status", "times": "always"})
    assert {apps(sim).status for _ in range(4)} == {500}
    sim.clear_faults()
    assert apps(sim).status == 200


def test_probability__same_each_time(sim):
    def draw():
        sim.clear_faults()
        sim.faults({"kind": "status", "times": "always", "probability": 0.5, "seed": 4})
        return [apps(sim).status for _ in range(24)]
    first = draw()
    assert first == draw() and 4 < first.count(500) < 20


@pytest.mark.parametrize("match,hit", [
    ({"service": "kinesisanalyticsv2"}, (True, True, False)),
    ({"operation": "DescribeApplication"}, (False, True, False)),
    ({"application": "orders"}, (False, True, True)),
    ({"application": "clicks"}, (False, False, False)),
    ({"access_key_id": "AKIDSIMULATOR"}, (True, True, True)),
    ({"path": "/services/"}, (False, False, False)),
])
def test_match(sim, match, hit):
    sim.faults({"kind": "status", "times": "always", "match": match})
    query = {"StartTime": 1, "EndTime": 2, "MetricDataQueries": [metric_query("orders", "uptime")]}
    seen = (apps(sim).status, call_json(sim, "kinesisanalyticsv2", "DescribeApplication", {"ApplicationName": "orders"}).status,
            call_json(sim, "cloudwatch", "GetMetricData", query).status)
    assert tuple(s == 500 for s in seen) == hit


def test_clear__one_by_its_id(sim):
    first, second = sim.faults([{"kind": "status", "times": "always"}, {"kind": "skew", "times": "always"}])
    sim.control("DELETE", f"faults/{first}")
    assert [f["id"] for f in sim.fault_state()] == [second] and apps(sim).status == 200


JSON_CALLS = [
    ("cloudwatch", "GetMetricData", {"StartTime": 1, "EndTime": 2, "MetricDataQueries": [metric_query("orders", "uptime")]}),
    ("cloudwatch", "ListMetrics", {}),
    ("kinesisanalyticsv2", "ListApplications", {}),
    ("kinesisanalyticsv2", "DescribeApplication", {"ApplicationName": "orders"}),
    ("kinesisanalyticsv2", "ListApplicationOperations", {"ApplicationName": "orders"}),
    ("kinesisanalyticsv2", "DescribeApplicationOperation", {"ApplicationName": "orders", "OperationId": "x"}),
    ("kinesisanalyticsv2", "ListApplicationSnapshots", {"ApplicationName": "orders"}),
    ("logs", "FilterLogEvents", {"logGroupName": "/aws/kinesis-analytics/orders", "limit": 5}),
    ("logs", "DescribeLogStreams", {"logGroupName": "/aws/kinesis-analytics/orders"}),
]
QUERY_CALLS = [
    ("sts", IDENTITY),
    ("sts", {"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": "arn:aws:iam::111122223333:role/x", "RoleSessionName": "ab"}),
    ("sns", {"Action": "Publish", "Version": "2010-03-31", "Message": "m", "TopicArn": "arn:aws:sns:eu-west-1:111122223333:oncall"}),
]
MATRIX = [{"kind": kind} for kind in (
    "throttle", "status", "html", "expired_token", "invalid_next_token", "access_denied", "empty_body", "slow", "bad_json",
    "wrong_content_type", "skew", "clock_offset", "close", "age", "vary", "reset", "truncate")]
MATRIX += [{"kind": "big_body", "megabytes": 1}, {"kind": "error", "code": "InternalFailure", "status": 500}, {"kind": "hang", "for": "10ms"}]


@pytest.mark.parametrize("fault", MATRIX, ids=lambda f: f["kind"])
def test_matrix__every_operation_under_every_fault__no_bug_of_the_simulator(sim, fault):
    for call in JSON_CALLS + QUERY_CALLS:
        sim.clear_faults()
        sim.faults({**fault, "delay": "1ms", "unknown_members": True, "nulls": 0.5})
        try:
            if len(call) == 3:
                call_json(sim, *call)
            else:
                call_query(sim, *call)
        except (http.client.HTTPException, OSError):
            assert fault["kind"] in ("reset", "truncate", "hang")
        assert sim.requests()[-1]["fault"] == fault["kind"]
    assert sim.violations() == []


def test_unknown_kind_or_match__refused(sim):
    for fault in ({"kind": "meteor"}, {"kind": "status", "match": {"colour": "red"}}):
        with pytest.raises(Exception, match="fault kind"):
            sim.faults(fault)


@pytest.mark.parametrize("service,operation,code", [
    ("kinesisanalyticsv2", "ListApplications", "ThrottlingException"), ("logs", "DescribeLogStreams", "ThrottlingException"),
    ("cloudwatch", "ListMetrics", "ThrottlingException")])
def test_throttle__json(sim, service, operation, code):
    sim.faults({"kind": "throttle", "retry_after": 7})
    answer = call_json(sim, service, operation, {"logGroupName": "x"} if service == "logs" else {})
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (400, code, "7")


def test_throttle__query_and_other_code(sim):
    sim.faults([{"kind": "throttle"}, {"kind": "throttle", "code": "Throttled", "status": 429}])
    assert b"<Code>Throttling</Code>" in call_query(sim, "sts", IDENTITY).body
    answer = call_query(sim, "sts", IDENTITY)
    assert answer.status == 429 and b"<Code>Throttled</Code>" in answer.body


def test_throttle__slack__429_with_retry_after(sim):
    sim.faults({"kind": "throttle", "retry_after": 3, "match": {"service": "slack"}})
    answer = slack(sim)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
    assert slack(sim).body == b"ok" and len(sim.deliveries()) == 1


@pytest.mark.parametrize("fault,status,body", [
    ({"kind": "status", "status": 404, "body": "no_service"}, 404, b"no_service"),
    ({"kind": "status", "status": 500}, 500, b""),
    ({"kind": "status", "status": 403, "body": "<AccessDenied/>", "content_type": "text/xml"}, 403, b"<AccessDenied/>")])
def test_status__with_and_without_body(sim, fault, status, body):
    sim.faults(fault)
    answer = slack(sim)
    assert (answer.status, answer.body) == (status, body) and sim.deliveries() == []


def test_html__page_instead_of_json(sim):
    sim.faults({"kind": "html", "status": 200})
    answer = apps(sim)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html") and answer.body.startswith(b"<!DOCTYPE html>")


def test_status__with_a_code__the_services_error_at_that_status(sim):
    sim.faults({"kind": "status", "status": 403, "code": "AccessDeniedException", "message": "no", "operation": "ListApplications"})
    answer = apps(sim)
    assert (answer.status, answer.code, answer.json["message"]) == (403, "AccessDeniedException", "no")


def test_error__any_code(sim):
    sim.faults({"kind": "error", "code": "InternalServiceFault", "status": 500, "match": {"service": "cloudwatch"}})
    answer = call_json(sim, "cloudwatch", "ListMetrics", {})
    assert (answer.status, answer.code, answer.headers["x-amzn-query-error"]) == (500, "InternalServiceFault", "InternalServiceError;Receiver")


@pytest.mark.parametrize("kind,code", [
    ("expired_token", "ExpiredTokenException"), ("access_denied", "AccessDeniedException"), ("invalid_next_token", "InvalidArgumentException")])
def test_named_errors(sim, kind, code):
    sim.faults({"kind": kind})
    assert apps(sim).code == code
    assert apps(sim).status == 200


def test_expired_token__query(sim):
    sim.faults({"kind": "expired_token"})
    answer = call_query(sim, "sts", IDENTITY)
    assert answer.status == 403 and b"<Code>ExpiredToken</Code>" in answer.body


def test_slow__first_byte_after_the_delay(sim):
    sim.faults({"kind": "slow", "delay": "300ms"})
    begin = time.monotonic()
    assert apps(sim).status == 200
    assert time.monotonic() - begin >= 0.3


def test_slow__client_leaves__thread_ends(sim):
    sim.faults({"kind": "slow", "delay": "60s"})
    with pytest.raises(TimeoutError):
        apps(sim, timeout=0.3)
    sim.wait_for(lambda s: s.state()["in_flight"] == 0, 5)


def test_hold__answers_when_the_fault_is_removed(sim):
    held, _ = sim.faults([{"kind": "hold"}, {"kind": "hold", "after": 1}])
    with concurrent.futures.ThreadPoolExecutor() as pool:
        first = pool.submit(apps, sim)
        sim.wait_for(lambda s: s.state()["in_flight"] == 1)
        second = pool.submit(apps, sim)
        sim.wait_for(lambda s: s.state()["in_flight"] == 2)
        sim.remove_fault(held)
        assert first.result(10).status == 200
        sim.wait_for(lambda s: s.state()["in_flight"] == 1)
        assert not second.done()
        sim.clear_faults()
        assert second.result(10).status == 200


def test_hold__client_leaves__thread_ends(sim):
    sim.faults({"kind": "hold"})
    with pytest.raises(TimeoutError):
        apps(sim, timeout=0.3)
    sim.wait_for(lambda s: s.state()["in_flight"] == 0, 5)


def test_trickle__head_at_once_body_in_drops(sim):
    sim.faults({"kind": "trickle", "bytes": 200, "delay": "50ms"})
    parts = urlsplit(sim.url)
    with socket.create_connection((parts.hostname, parts.port), 10) as sock:
        sock.sendall(raw_apps(sim))
        pieces = []
        while piece := sock.recv(65536):
            pieces.append(piece)
    line, headers, body = split(b"".join(pieces))
    assert line == "HTTP/1.1 200 OK" and len(body) == int(headers["content-length"])
    assert len(pieces) > 3 and json.loads(body)["ApplicationSummaries"]


def test_truncate__length_promised_not_kept(sim):
    sim.faults({"kind": "truncate"})
    with pytest.raises(http.client.IncompleteRead):
        apps(sim)
    sim.faults({"kind": "truncate", "bytes": 10})
    _, headers, body = split(raw_exchange(sim, raw_apps(sim)))
    assert len(body) == 10 < int(headers["content-length"])


def test_bad_json__cut_with_a_right_length(sim):
    sim.faults({"kind": "bad_json"})
    answer = apps(sim)
    assert answer.status == 200 and len(answer.body) == int(answer.headers["Content-Length"])
    with pytest.raises(ValueError):
        answer.json


def test_empty_body(sim):
    sim.faults({"kind": "empty_body"})
    answer = apps(sim)
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize("when", ["before", "after"])
def test_reset(sim, when):
    sim.faults({"kind": "reset", "when": when})
    parts = urlsplit(sim.url)
    with socket.create_connection((parts.hostname, parts.port), 10) as sock:
        sock.sendall(raw_apps(sim))
        received, error = b"", None
        try:
            while piece := sock.recv(65536):
                received += piece
        except ConnectionResetError as reset:
            error = reset
    assert error is not None
    assert received.startswith(b"HTTP/1.1 200") if when == "after" else received == b""
    assert sim.requests()[-1]["status"] == (200 if when == "after" else 0)


def test_hang__never_answers_and_notices_the_client_leaving(sim):
    sim.faults({"kind": "hang", "match": {"service": "slack"}})
    with pytest.raises(TimeoutError):
        slack(sim, timeout=0.3)
    sim.wait_for(lambda s: s.state()["in_flight"] == 0, 5)
    assert sim.requests(service="slack")[0]["status"] == 0 and sim.deliveries() == []


def test_hang__pending_until_the_client_leaves(sim):
    sim.faults({"kind": "hang", "service": "kinesisanalyticsv2"})
    parts = urlsplit(sim.url)
    with socket.create_connection((parts.hostname, parts.port), 10) as sock:
        sock.sendall(raw_apps(sim))
        assert sim.wait("requests", 1, operation="ListApplications", pending=1)[0]["status"] == 0
    sim.wait("requests", 1, operation="ListApplications", pending=0)


def test_hang__for_a_while__then_closes(sim):
    sim.faults({"kind": "hang", "for": "200ms"})
    assert raw_exchange(sim, raw_apps(sim)) == b""


def test_big_body__streams_the_size(sim):
    sim.faults({"kind": "big_body", "megabytes": 3})
    assert len(apps(sim).body) == 3 * 1024 * 1024


def test_big_body__client_cuts_it__server_goes_on(sim):
    sim.faults({"kind": "big_body", "megabytes": 100})
    parts = urlsplit(sim.url)
    with socket.create_connection((parts.hostname, parts.port), 10) as sock:
        sock.sendall(raw_apps(sim))
        assert sock.recv(1000).startswith(b"HTTP/1.1 200")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert apps(sim).status == 200


def test_wrong_content_type(sim):
    sim.faults({"kind": "wrong_content_type"})
    answer = apps(sim)
    assert answer.headers["Content-Type"] == "text/html" and answer.json["ApplicationSummaries"]


def test_skew__date_header_alone(sim):
    sim.faults({"kind": "skew", "seconds": -1200})
    answer = apps(sim)
    off = email.utils.parsedate_to_datetime(answer.headers["Date"]).timestamp() - time.time()
    assert answer.status == 200 and -1203 < off < -1198


def test_clock_offset__signature_looks_expired_and_date_says_why(sim):
    sim.faults({"kind": "clock_offset", "seconds": 1200, "match": {"service": "sts"}, "times": "always"})
    answer = call_query(sim, "sts", IDENTITY)
    off = email.utils.parsedate_to_datetime(answer.headers["Date"]).timestamp() - time.time()
    assert b"Signature expired" in answer.body and 1198 < off < 1203
    assert apps(sim).status == 200


def test_age_and_close(sim):
    sim.faults([{"kind": "age", "seconds": 17280}, {"kind": "close"}])
    answer = apps(sim)
    assert (answer.headers["Age"], answer.headers["Connection"]) == ("17280", "close")


def test_changing_faults_combine_with_one_that_replaces(sim):
    sim.faults([{"kind": "skew", "seconds": 600}, {"kind": "status", "status": 503}, {"kind": "html"}])
    answer = apps(sim)
    assert answer.status == 503 and sim.requests()[-1]["fault"] == "skew+status"
    assert apps(sim).headers["Content-Type"] == "text/html"


def test_fault__signature_still_checked_and_recorded(sim):
    sim.faults({"kind": "status", "times": "always"})
    apps(sim, secret="something-else")
    assert [v["kind"] for v in sim.violations()] == ["signature"]
    call_json(sim, "kinesisanalyticsv2", "ListApplications", {"Limit": 0})
    assert [v["kind"] for v in sim.violations()] == ["signature", "shape"]


def test_refuse__no_connection_for_a_while(make_sim):
    sim = make_sim({})
    parts = urlsplit(sim.url)
    idle = socket.create_connection((parts.hostname, parts.port), 5)
    sim.faults({"kind": "refuse", "for": "500ms"})
    # the open connection is cut; from then on nothing listens
    assert select.select([idle], [], [], 5)[0]
    with pytest.raises(OSError):
        for _ in range(50):
            socket.create_connection((parts.hostname, parts.port), 1).close()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection((parts.hostname, parts.port), 1).close()
            break
        except ConnectionRefusedError:
            select.select([], [], [], 0.02)
    assert apps(sim).status == 200


def test_https__serves_and_fails_handshakes_on_demand(make_sim):
    sim = make_sim({}, https=True)
    context = ssl.create_default_context(cafile=sim.tls_certificate)
    def identity():
        body = b"Action=GetCallerIdentity&Version=2011-06-15"
        headers = sign(sim.https_url + "/", body, {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, "sts")
        request = urllib.request.Request(sim.https_url + "/", body, headers)
        return urllib.request.urlopen(request, context=context, timeout=10).status
    assert identity() == 200
    sim.faults({"kind": "tls_fail", "times": 1})
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        identity()
    assert identity() == 200
    assert [r["scheme"] for r in sim.requests(service="sts")] == ["https", "https"]
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(sim.https_url, context=ssl.create_default_context(), timeout=10)


def test_keep_alive__one_connection_many_requests(sim):
    parts = urlsplit(sim.url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    for _ in range(5):
        connection.request("POST", SLACK, b'{"text":"x"}', {"Content-Type": "application/json"})
        assert Answer(connection.getresponse()).status == 200
    connection.close()
    assert len({r["connection"] for r in sim.requests(service="slack")}) == 1


def test_hundreds_of_connections__all_answered(sim):
    parts = urlsplit(sim.url)
    sockets = [socket.create_connection((parts.hostname, parts.port), 10) for _ in range(300)]
    sim.wait_for(lambda s: s.state()["open_connections"] >= 300, 10)
    data = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n" % SLACK.encode() + b'{"text":"x"}'
    for sock in sockets:
        sock.sendall(data)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda s: s.recv(4096), sockets))
    for sock in sockets:
        sock.close()
    assert all(a.startswith(b"HTTP/1.1 200 OK") for a in answers)
    assert len(sim.deliveries(service="slack")) == 300
    sim.wait_for(lambda s: s.state()["open_connections"] < 20, 10)


def test_chunked_request_and_pipelining(sim):
    chunked = (b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
               b"4\r\n{\"te\r\n8;x=y\r\nxt\":\"x\"}\r\n0\r\n\r\n") % SLACK.encode()
    plain = (b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 12\r\nConnection: close\r\n\r\n"
             b'{"text":"y"}') % SLACK.encode()
    received = raw_exchange(sim, chunked + plain)
    assert received.count(b"HTTP/1.1 200 OK") == 2
    assert [d["body"]["text"] for d in sim.deliveries()] == ["x", "y"]


@pytest.mark.parametrize("data", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
                                  b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"POST / HTTP/2\r\n\r\n"])
def test_not_http__400_and_violation(sim, data):
    assert raw_exchange(sim, data).startswith(b"HTTP/1.1 400")
    sim.wait_for(lambda s: s.violations(), 5)
    assert [v["kind"] for v in sim.violations()] == ["http"]


def test_botocore__takes_faults_for_errors(sim):
    client = boto(sim, "kinesisanalyticsv2", secret=SECRET)
    errors = (botocore.exceptions.ClientError, botocore.exceptions.HTTPClientError)
    for fault in ("throttle", "status", "reset", "access_denied", "expired_token"):
        sim.clear_faults()
        sim.faults({"kind": fault, "times": "always"})
        with pytest.raises(errors):
            client.list_applications()
    sim.clear_faults()
    assert client.list_applications()["ApplicationSummaries"]
