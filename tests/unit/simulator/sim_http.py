# SPDX-License-Identifier: Apache-2.0
"""Requests to the simulator signed by botocore or deliberately wrong, sent byte for byte."""

import datetime
import http.client
import json
import socket
from urllib.parse import urlencode, urlsplit

import botocore.auth
import botocore.session
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

SECRET = "simulator-secret-access-key"
SERVICES = {
    "cloudwatch": ("monitoring", "GraniteServiceVersion20100801", "1.0"),
    "kinesisanalyticsv2": ("kinesisanalytics", "KinesisAnalytics_20180523", "1.1"),
    "logs": ("logs", "Logs_20140328", "1.1"),
}


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """The error's name, cut as clients cut it."""
        return self.json["__type"].rpartition("#")[2]


def sign(url, body, headers, service, region="eu-west-1", key="AKIDSIMULATOR", secret=SECRET, token=None, at=None,
         method="POST"):
    """The headers with X-Amz-Date, token and Authorization added; `at` is a naive UTC datetime."""
    request = AWSRequest(method=method, url=url, data=body, headers=headers)
    real = botocore.auth.datetime
    if at is not None:
        class Frozen(datetime.datetime):
            @classmethod
            def utcnow(cls):
                return at

        class Module:
            datetime = Frozen
        botocore.auth.datetime = Module
    try:
        botocore.auth.SigV4Auth(Credentials(key, secret, token), service, region).add_auth(request)
    finally:
        botocore.auth.datetime = real
    return dict(request.headers.items())


def send(url, body=b"", headers=None, method="POST", path="/", timeout=10):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        connection.request(method, path, body, headers or {})
        return Answer(connection.getresponse())
    finally:
        connection.close()


def json_headers(service, operation):
    _, prefix, version = SERVICES[service]
    headers = {"Content-Type": f"application/x-amz-json-{version}", "X-Amz-Target": f"{prefix}.{operation}"}
    if service == "cloudwatch":
        headers["x-amzn-query-mode"] = "true"
    return headers


def call_json(sim, service, operation, params, headers=None, timeout=10, **signing):
    """A signed JSON call; `params` may be bytes to send them as they are."""
    body = params if isinstance(params, bytes) else json.dumps(params).encode()
    merged = {**json_headers(service, operation), **(headers or {})}
    signed = sign(sim.url + "/", body, {k: v for k, v in merged.items() if v is not None}, SERVICES[service][0], **signing)
    return send(sim.url, body, signed, timeout=timeout)


def call_query(sim, service, params, headers=None, timeout=10, **signing):
    body = urlencode(params).encode()
    merged = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", **(headers or {})}
    return send(sim.url, body, sign(sim.url + "/", body, merged, service, **signing), timeout=timeout)


def boto(sim, name, key="AKIDSIMULATOR", secret=SECRET, token=None, region="eu-west-1"):
    """botocore's own client with retries off."""
    return botocore.session.Session().create_client(
        name, region_name=region, endpoint_url=sim.url, aws_access_key_id=key, aws_secret_access_key=secret,
        aws_session_token=token, config=Config(retries={"max_attempts": 0}, read_timeout=20))


def metric_query(application, metric, name="m0", stat="Maximum", period=60, **more):
    return {"Id": name, "MetricStat": {
        "Metric": {"Namespace": "AWS/KinesisAnalytics", "MetricName": metric,
                   "Dimensions": [{"Name": "Application", "Value": application}]},
        "Period": period, "Stat": stat}, **more}


def raw_exchange(sim, data, read=True, timeout=10):
    """Bytes in, bytes out, until the simulator closes."""
    parts = urlsplit(sim.url)
    with socket.create_connection((parts.hostname, parts.port), timeout) as sock:
        sock.sendall(data)
        received = b""
        while read:
            piece = sock.recv(65536)
            if not piece:
                break
            received += piece
        return received
