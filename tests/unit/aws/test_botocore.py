# SPDX-License-Identifier: Apache-2.0
"""Our signatures, adaptive rates, forms and reading of answers against botocore's own code, on random input with a fixed seed."""
import datetime
import json
import os
import random
import subprocess
import types
from pathlib import Path
from urllib.parse import parse_qsl, quote
from xml.sax.saxutils import escape

import pytest

auth = pytest.importorskip('botocore.auth')
from botocore import loaders, model, parsers, serialize  # noqa: E402
from botocore.awsrequest import AWSRequest  # noqa: E402
from botocore.credentials import Credentials  # noqa: E402
from botocore.retries import adaptive, bucket, throttling  # noqa: E402

ORACLE = Path(os.environ.get('FLINKWATCH_BUILDDIR', '.')) / 'tests' / 'unit' / 'aws' / 'oracle'
REQUESTS = 3000
# Those that botocore 1.29 signs and newer ones do not are left out here; the C tests have them.
NAMES = ['Content-Type', 'X-Amz-Target', 'x-amzn-query-mode', 'X-Amz-Meta', 'amz-sdk-request', 'amz-sdk-invocation-id',
         'Accept', 'x-custom', 'Zulu', 'a', 'USER-AGENT', 'expect', 'X-Amzn-Trace-Id', 'X-Amz-D', 'X-Amz-Date-2', 'Host-Name',
         'X-Amz-A-Name-Of-More-Than-Thirty-Two-Letters']
TEXT = [chr(c) for c in range(0x20, 0x7f)] + list('éüß€☃😀中')


def oracle(mode, text):
    done = subprocess.run([ORACLE, mode], input=text.encode(), stdout=subprocess.PIPE, check=True, timeout=300)
    return done.stdout.decode().splitlines()


def word(rng, alphabet, low, high):
    return ''.join(rng.choice(alphabet) for _ in range(rng.randint(low, high)))


def random_target(rng):
    """A path as on the wire; the query is encoded already, for botocore takes it as it stands."""
    pieces = ['a', 'b c', '..', '.', '', 'é', '%20', 'x=y', '~-_.', 'service', '+', ':@!$']
    path = '/' + '/'.join(quote(rng.choice(pieces), safe='~!$:@+=') for _ in range(rng.randint(0, 6)))
    if rng.random() < 0.5:
        return path
    pairs = [(word(rng, TEXT, 1, 6), word(rng, TEXT, 0, 8)) for _ in range(rng.randint(1, 8))]
    pairs += [(pairs[0][0], word(rng, TEXT, 0, 3)), (pairs[0][0] + '-', 'x')]
    rng.shuffle(pairs)
    return path + '?' + '&'.join(f'{quote(k, safe="-_.~")}={quote(v, safe="-_.~")}' for k, v in pairs)


def random_request(rng):
    names = rng.sample(NAMES, rng.randint(0, 7))
    blanks = ['', ' ', '  ', '\t', ' \t ']
    headers = []
    for name in names:
        words = [word(rng, TEXT[1:95], 0, 9) for _ in range(3)]
        headers.append((name, rng.choice(blanks) + rng.choice(blanks).join(words) + rng.choice(blanks)))
    return {
        'id': word(rng, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16, 32),
        'secret': word(rng, TEXT[1:95], 1, 80),
        'token': rng.choice([None, word(rng, 'abcXYZ0123456789+/=', 1, 1500)]),
        'region': rng.choice(['us-east-1', 'eu-west-1', 'cn-north-1', 'us-gov-west-1']),
        'service': rng.choice(['monitoring', 'logs', 'kinesisanalytics', 'sns', 'sts']),
        'method': rng.choice(['GET', 'POST', 'PUT', 'DELETE', 'HEAD']),
        'host': rng.choice(['h.example', '127.0.0.1:4566', 'sts.amazonaws.com', 'h.example:8443', '[::1]:9']),
        'target': random_target(rng),
        'headers': headers,
        'body': word(rng, TEXT + ['\n', '"', '\\'], 0, rng.choice([0, 10, 300, 5000])),
        'now_s': rng.randint(0, 4102444799),
    }


def botocore_authorization(request, monkeypatch):
    class Frozen(datetime.datetime):
        @classmethod
        def utcnow(cls):
            return datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=request['now_s'])

    if hasattr(auth, 'get_current_datetime'):
        monkeypatch.setattr(auth, 'get_current_datetime', Frozen.utcnow)
    else:
        monkeypatch.setattr(auth, 'datetime', types.SimpleNamespace(datetime=Frozen))
    r = AWSRequest(method=request['method'], url='http://' + request['host'] + request['target'], data=request['body'].encode(),
                   headers=dict(request['headers']))
    keys = Credentials(request['id'], request['secret'], request['token'])
    auth.SigV4Auth(keys, request['service'], request['region']).add_auth(r)
    return r.headers['Authorization']


def test_random_requests_are_signed_as_botocore_signs_them(monkeypatch):
    rng = random.Random(20260102)
    requests = [random_request(rng) for _ in range(REQUESTS)]
    ours = oracle('sign', ''.join(json.dumps(r) + '\n' for r in requests))
    assert len(ours) == REQUESTS
    for request, authorization in zip(requests, ours):
        assert authorization == botocore_authorization(request, monkeypatch), request


class Clock:
    def __init__(self):
        self.now_s = 0.0

    def current_time(self):
        return self.now_s


class Detector:
    was_throttled = False

    def is_throttling_error(self, **_):
        return self.was_throttled


@pytest.mark.parametrize('seed', range(5))
def test_adaptive_rates_are_botocores(seed):
    """The same replies at the same times: measured rate, fill rate and capacity after each are the same."""
    rng = random.Random(seed)
    clock, detector = Clock(), Detector()
    at_ms = rng.randint(0, 10**9)
    events = []
    for _ in range(1000):
        events.append((at_ms, rng.random() < 0.05))
        at_ms += rng.choice([0, 1, 20, 100, 490, 3000])
    clock.now_s = events[0][0] / 1000
    tokens = bucket.TokenBucket(max_rate=1, clock=clock)
    clocker = adaptive.RateClocker(clock)
    limiter = adaptive.ClientRateLimiter(throttling.CubicCalculator(0, clock.now_s), clocker, tokens, detector, clock)
    ours = oracle('rate', ''.join(f'{ms} {int(throttled)}\n' for ms, throttled in events))
    for (ms, throttled), line in zip(events, ours, strict=True):
        clock.now_s, detector.was_throttled = ms / 1000, throttled
        limiter.on_receiving_response()
        theirs = [clocker.measured_rate, tokens.max_rate, tokens.max_capacity]
        assert [float(x) for x in line.split()] == pytest.approx(theirs, rel=1e-9)


CODES = ['ThrottlingException', 'ResourceNotFoundException', 'AccessDenied', 'InvalidParameterValue', 'x.y', 'KMSAccessDenied']
WORDS = [w for w in TEXT if w.strip()]


def random_json_refusal(rng):
    """What awsJson services send, as far as botocore reads it: not a code with an address behind a colon, nor one in a header."""
    body, headers = {'filler': [{'__type': 'Inner#Wrong', 'message': 'no'}], 'n': 1.5}, {}
    body['__type'] = rng.choice(['', 'com.amazonaws.v1#', 'a.b#c#']) + rng.choice(CODES)
    if rng.random() < 0.8:
        body[rng.choice(['message', 'Message'])] = word(rng, WORDS, 1, 30)
    if rng.random() < 0.3:
        headers['x-amzn-query-error'] = rng.choice(CODES) + ';' + rng.choice(['Sender', 'Receiver'])
    if rng.random() < 0.8:
        headers['x-amzn-requestid'] = word(rng, 'abcdef0123456789-', 8, 36)
    items = list(body.items())
    rng.shuffle(items)
    return json.dumps(dict(items), ensure_ascii=rng.random() < 0.5), headers


def random_xml_refusal(rng):
    """What awsQuery services send, in either of its two forms and in any order."""
    inner = [f'<Code>{rng.choice(CODES)}</Code>', '<Type>Sender</Type>', f'<Message>{escape(word(rng, WORDS, 1, 30))}</Message>']
    rng.shuffle(inner)
    error = '<Error>' + rng.choice(['', '\n  ']).join(inner) + '</Error>'
    request_id = word(rng, 'abcdef0123456789-', 8, 36)
    if rng.random() < 0.3:
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors>{error}</Errors><RequestID>{request_id}</RequestID></Response>', {}
    pair = [error, f'<RequestId>{request_id}</RequestId>']
    rng.shuffle(pair)
    return f'<ErrorResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/">{"".join(pair)}</ErrorResponse>', {}


@pytest.mark.parametrize('protocol, make', [('json', random_json_refusal), ('query', random_xml_refusal)])
def test_refusals_are_read_as_botocore_reads_them(protocol, make):
    rng = random.Random(20260103)
    replies = [make(rng) for _ in range(500)]
    lines = [json.dumps({'body': body, 'headers': ''.join(f'{k}: {v}\r\n' for k, v in headers.items())}) for body, headers in replies]
    ours = oracle('error', '\n'.join(lines) + '\n')
    for (body, headers), line in zip(replies, ours, strict=True):
        parser = parsers.create_parser('ec2' if '<Response>' in body else protocol)
        theirs = parser.parse({'status_code': 400, 'headers': headers, 'body': body.encode()}, None)
        known = {'code': theirs['Error']['Code'], 'message': theirs['Error'].get('Message', ''),
                 'request_id': theirs['ResponseMetadata'].get('RequestId', '')}
        assert json.loads(line) == known, body


def operation(name):
    """Of CloudWatch as Debian's botocore knows it: in the query protocol."""
    return model.ServiceModel(loaders.Loader().load_service_model('cloudwatch', 'service-2'), 'cloudwatch').operation_model(name)


def random_question(rng):
    start_s = rng.randint(0, 4102444799 // 60) * 60
    queries = [{'Id': f'q{i}', 'MetricStat': {
        'Metric': {'Namespace': 'AWS/KinesisAnalytics', 'MetricName': word(rng, WORDS, 1, 20),
                   'Dimensions': [{'Name': word(rng, WORDS, 1, 9), 'Value': word(rng, TEXT, 1, 30)} for _ in range(rng.randint(1, 4))]},
        'Period': rng.choice([60, 300, 3600]), 'Stat': rng.choice(['Maximum', 'Sum', 'p99.9'])}} for i in range(rng.randint(1, 20))]
    question = {'StartTime': start_s, 'EndTime': start_s + 3600, 'ScanBy': 'TimestampAscending', 'MetricDataQueries': queries}
    return {**question, 'NextToken': word(rng, WORDS, 1, 200)} if rng.random() < 0.3 else question


def test_forms_are_those_of_botocore():
    rng = random.Random(20260104)
    questions = [random_question(rng) for _ in range(200)]
    ours = oracle('form', ''.join(json.dumps(q) + '\n' for q in questions))
    serializer, asked = serialize.create_serializer('query'), operation('GetMetricData')
    for question, line in zip(questions, ours, strict=True):
        body = serializer.serialize_to_request({**question, 'MaxDatapoints': 25000}, asked)['body']
        assert dict(parse_qsl(line, strict_parsing=True)) == {name: str(value) for name, value in body.items()}


def member(*parts):
    return '<member>' + ''.join(parts) + '</member>'


def random_answer(rng):
    def result(i):
        n = rng.choice([0, 0, 1, 5, 40])
        times = ''.join(member(time_text(rng.randint(0, 4102444799), rng)) for _ in range(n))
        values = ''.join(member(rng.choice([repr(rng.uniform(-1e12, 1e12)), str(rng.randint(-9, 10**15)), '1.5E-7'])) for _ in range(n))
        parts = [f'<Id>q{i}</Id>', f'<Label>{escape(word(rng, WORDS, 1, 30))}</Label>',
                 f'<StatusCode>{rng.choice(["Complete", "PartialData"])}</StatusCode>',
                 f'<Timestamps>{times}</Timestamps>' if n else '<Timestamps/>', f'<Values>{values}</Values>' if n else '<Values/>']
        if rng.random() < 0.2:
            parts.append('<Messages>' + member('<Code>C</Code>', f'<Value>{escape(word(rng, WORDS, 1, 20))}</Value>') + '</Messages>')
        rng.shuffle(parts)
        return member(*parts)
    token = f'<NextToken>{escape(word(rng, WORDS, 1, 60))}</NextToken>' if rng.random() < 0.3 else ''
    return ('<GetMetricDataResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><GetMetricDataResult><MetricDataResults>'
            + ''.join(result(i) for i in range(rng.randint(0, 6))) + f'</MetricDataResults>{token}</GetMetricDataResult>'
            '<ResponseMetadata><RequestId>x</RequestId></ResponseMetadata></GetMetricDataResponse>')


def time_text(at_s, rng):
    at = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=at_s)
    return at.strftime('%Y-%m-%dT%H:%M:%S') + rng.choice(['Z', '.000Z', '+00:00'])


def test_answers_to_forms_are_read_as_botocore_reads_them():
    rng = random.Random(20260105)
    answers = [random_answer(rng) for _ in range(200)]
    ours = oracle('answer', '\n'.join(answers) + '\n')
    parser, shape = parsers.create_parser('query'), operation('GetMetricData').output_shape
    for answer, line in zip(answers, ours, strict=True):
        theirs = parser.parse({'status_code': 200, 'headers': {}, 'body': answer.encode()}, shape)
        theirs.pop('ResponseMetadata')
        for result in theirs['MetricDataResults']:
            result['Timestamps'] = [round(at.timestamp()) for at in result['Timestamps']]
        assert json.loads(line) == theirs, answer
