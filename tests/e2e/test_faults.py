# SPDX-License-Identifier: Apache-2.0
"""The fault matrix: each operation that the daemon knows, under each fault, once for ever and once for a single answer.

Every cell asserts the result, how often was asked, that the message names the operation and a way out and holds no secret, and that the
data is complete where it was mended. The cells run side by side; each has keys of its own, by which its faults are told apart.

The expectations follow from what the SDKs do, not from what the exchange happens to do:
- the network, a cut body, 500, 502, 503 and 504 are transient, 429 and the throttling codes are throttling: three attempts;
- Retry-After (seconds) and x-amz-retry-after (milliseconds) lengthen the pause before an attempt;
- refused keys are fetched anew once, outside that count; so is the web identity's token;
- a clock more than four minutes off is corrected by the answer's Date: an attempt like any other (but without keys there is nothing to
  attempt: a role is asked for with the right time even where only one attempt is allowed);
- a 2xx body that cannot be understood, and any other 4xx, is final;
- SNS Publish has an effect: it is sent again only where it surely was not executed (keys, clock); everything else is left to the courier.
"""

import os
import queue
import re
import socket
import socketserver
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from exchange import ACCOUNT, GROUP, STREAM, TOPIC, environment, run
from simulator.client import Simulator

SIDE_BY_SIDE = 16
WEB_SIMULATORS = 3
HANG_MS, HEALED_HANG_MS = 700, 4000
MEMORY_KIB = 96 * 1024      # what a run may use beyond a quiet one: the cap of 32 MiB while it grows
MEGABYTES = 100
ROLE = f"arn:aws:iam::{ACCOUNT}:role/watcher"
EXTERNAL_ID = "external-id-of-the-matrix"
WEB_TOKEN = "eyJhbGciOi.web-identity-token-of-the-matrix"
HOUR_S = 3600
TO_MS = (int(time.time()) // HOUR_S - 1) * HOUR_S * 1000
FROM_MS = TO_MS - 2 * HOUR_S * 1000

# operation: (what the driver is to do, column of the table)
OPERATIONS = {
    "GetMetricData": ("metrics", "read"),
    "ListMetrics": ("series_list", "read"),
    "ListApplications": ("discovery", "read"),
    "DescribeApplication": ("applications", "read"),
    "ListApplicationOperations": ("operations", "read"),
    "DescribeApplicationOperation": ("operations", "read"),
    "ListApplicationSnapshots": ("snapshots", "read"),
    "FilterLogEvents": ("logs", "read"),
    "DescribeLogStreams": ("log_streams", "read"),
    "GetCallerIdentity": ("identity", "query"),
    "Publish": ("publish", "publish"),
    "AssumeRole": ("keys", "assume"),
    "AssumeRoleWithWebIdentity": ("keys", "web"),
}

# What is wrong, and for how long: (fault of the simulator, variables)
FAULTS = {
    "timeout": {"kind": "hang"},
    "reset before the answer": {"kind": "reset"},
    "reset within the answer": {"kind": "reset", "when": "after"},
    "429": {"kind": "status", "status": 429},
    "429, Retry-After": {"kind": "status", "status": 429, "retry_after": 1},
    "throttled": {"kind": "throttle"},
    "throttled, Retry-After": {"kind": "throttle", "retry_after": 1},
    "500": {"kind": "status", "status": 500},
    "503": {"kind": "status", "status": 503},
    "503, Retry-After": {"kind": "status", "status": 503, "retry_after": 1},
    "503, x-amz-retry-after": {"kind": "status", "status": 503, "headers": {"x-amz-retry-after": "1200"}},
    "502 of a proxy": {"kind": "html"},
    "expired token": {"kind": "expired_token"},
    "clock 20 min behind": {"kind": "clock_offset", "seconds": 1200},
    "clock 20 min ahead": {"kind": "clock_offset", "seconds": -1200},
    "clock, one attempt": {"kind": "clock_offset", "seconds": 1200},
    "access denied": {"kind": "access_denied"},
    "truncated body": {"kind": "truncate"},
    "100 MB": {"kind": "big_body", "megabytes": MEGABYTES},
    "100 MB without length": None,
    "wrong content type": {"kind": "wrong_content_type"},
    "page with 200": {"kind": "html", "status": 200, "title": "Please log in"},
    "body cut in half": {"kind": "bad_json"},
    "empty body": {"kind": "empty_body"},
    "self-signed": None,
    "wrong host": None,
}

# RESULT xATTEMPTS, then words of the message. "0" is success; Publish has outcomes. REJ is EKEYREJECTED: no keys, and why.
FOR_EVER = """
fault                     read        query       publish         assume      web         says
timeout                   EIO x3      EIO x3      retry x1        REJ x3      REJ x3      timeout|timed out
reset before the answer   EIO x3      EIO x3      retry x1        REJ x3      REJ x3      connection closed|reset
reset within the answer   EIO x3      EIO x3      retry x1        REJ x3      REJ x3      connection closed|reset
429                       EAGAIN x3   EAGAIN x3   retry x1        REJ x3      REJ x3      429
429, Retry-After          EAGAIN x3   EAGAIN x3   retry x1        REJ x3      REJ x3      429
throttled                 EAGAIN x3   EAGAIN x3   retry x1        REJ x3      REJ x3      Throttl
throttled, Retry-After    EAGAIN x3   EAGAIN x3   retry x1        REJ x3      REJ x3      Throttl
500                       EIO x3      EIO x3      retry x1        REJ x3      REJ x3      500
503                       EIO x3      EIO x3      retry x1        REJ x3      REJ x3      503
503, Retry-After          EIO x3      EIO x3      retry x1        REJ x3      REJ x3      503
503, x-amz-retry-after    EIO x3      EIO x3      retry x1        REJ x3      REJ x3      503
502 of a proxy            EIO x3      EIO x3      retry x1        REJ x3      REJ x3      502
expired token             REJ x2      REJ x2      retry x2        REJ x2      REJ x2      ExpiredToken
clock 20 min behind       0 x2        0 x2        delivered x2    0 x2        0 x1
clock 20 min ahead        0 x2        0 x2        delivered x2    0 x2        0 x1
clock, one attempt        REJ x1      REJ x1      retry x1        0 x2        0 x1        Signature
access denied             EACCES x1   EACCES x1   retry x1        REJ x1      REJ x1      Denied|AuthorizationError|403
truncated body            EIO x3      EIO x3      retry x1        REJ x3      REJ x3      closed
100 MB                    EPROTO x1   EPROTO x1   retry x1        REJ x1      REJ x1      too long|larger than allowed
100 MB without length     EPROTO x1   EPROTO x1   retry x1        REJ x1      REJ x1      too long|larger than allowed
wrong content type        EPROTO x1   0 x1        delivered x1    0 x1        0 x1        text/html
page with 200             EPROTO x1   EPROTO x1   retry x1        REJ x1      REJ x1      text/html|XML|MessageId|answer
body cut in half          EPROTO x1   EPROTO x1   retry x1        REJ x1      REJ x1      JSON|XML|MessageId|answer
empty body                EPROTO x1   EPROTO x1   retry x1        REJ x1      REJ x1      JSON|XML|MessageId|answer
self-signed               EIO x3      EIO x3      retry x1        REJ x3      REJ x3      certificate
wrong host                EIO x3      EIO x3      retry x1        REJ x3      REJ x3      certificate
"""

ONCE = """
fault                     read        query       publish         assume      web
timeout                   0 x2        0 x2        retry x1        0 x2        0 x2
reset before the answer   0 x2        0 x2        retry x1        0 x2        0 x2
reset within the answer   0 x2        0 x2        retry x1        0 x2        0 x2
429                       0 x2        0 x2        retry x1        0 x2        0 x2
throttled                 0 x2        0 x2        retry x1        0 x2        0 x2
throttled, Retry-After    0 x2        0 x2        retry x1        0 x2        0 x2
500                       0 x2        0 x2        retry x1        0 x2        0 x2
503                       0 x2        0 x2        retry x1        0 x2        0 x2
503, Retry-After          0 x2        0 x2        retry x1        0 x2        0 x2
502 of a proxy            0 x2        0 x2        retry x1        0 x2        0 x2
expired token             0 x2        0 x2        delivered x2    0 x2        0 x2
truncated body            0 x2        0 x2        retry x1        0 x2        0 x2
"""

# What a person is told to do, by result. Publish is told again by the courier, which says when.
WAYS_OUT = {
    "EIO": "tried again|certificate authority",
    "EAGAIN": "tried again",
    "EKEYREJECTED": "credentials and their expiry|this machine's clock|tried again|trust policy|proxy|certificate authority",
    "EACCES": "allow it",
    "EPROTO": "proxy",
}
PAUSES_S = {"429, Retry-After": 1, "throttled, Retry-After": 1, "503, Retry-After": 1, "503, x-amz-retry-after": 1.2}


# A request on a connection that was used before may find it gone: libcurl sends it anew, once, whatever comes of it.
KEPT_ALIVE = {("DescribeApplicationOperation", "reset before the answer", "for ever"): (4, 3),      # seen by the service, sent by us
              ("DescribeApplicationOperation", "reset before the answer", "once"): (2, 1)}
# These end with the list already that comes before the description.
AT_ONCE = ("self-signed", "wrong host", "100 MB without length")


class Expected:
    def __init__(self, cell, words):
        result, attempts = cell.split(" x")
        self.attempts = int(attempts)
        self.outcome = result if result in ("delivered", "retry", "refused") else None
        self.result = "0" if self.outcome else {"REJ": "EKEYREJECTED"}.get(result, result)
        self.words = words

    @property
    def is_good(self):
        return self.outcome == "delivered" or (self.outcome is None and self.result == "0")


def read_table(text):
    """{(fault, column): Expected}"""
    lines = [re.split(r"  +", line.strip()) for line in text.strip().splitlines()]
    head = lines[0][1:]
    return {(row[0], column): Expected(cell, row[6] if len(row) > 6 else "")
            for row in lines[1:] for column, cell in zip(head, row[1:]) if column != "says"}


EXPECTED = {"for ever": read_table(FOR_EVER), "once": read_table(ONCE)}


class Cell:
    def __init__(self, number, operation, fault, length):
        self.operation, self.fault, self.length = operation, fault, length
        self.driver, self.column = OPERATIONS[operation]
        self.expected = EXPECTED[length][(fault, self.column)]
        self.key_id = f"ASIAMATRIX{number:06}"
        self.secret = f"secret-access-key-{number:06}"
        self.token = f"session-token-{number:06}"

    def __repr__(self):
        return f"{self.operation}-{self.fault}-{self.length}".replace(" ", "_")

    @property
    def is_skewed(self):
        return self.fault.startswith("clock")

    @property
    def times(self):
        return "always" if self.length == "for ever" else 1

    def credentials(self):
        return {"access_key_id": self.key_id, "secret_access_key": self.secret, "session_token": self.token,
                "arn": f"arn:aws:iam::{ACCOUNT}:user/matrix"}

    def variables(self, sim):
        more = {"AWS_ACCESS_KEY_ID": self.key_id, "AWS_SECRET_ACCESS_KEY": self.secret, "AWS_SESSION_TOKEN": self.token}
        if self.column == "web":
            more = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_ROLE_ARN": ROLE,
                    "AWS_WEB_IDENTITY_TOKEN_FILE": os.path.join(sim.directory, "token")}
        if self.fault == "clock, one attempt":
            more["AWS_MAX_ATTEMPTS"] = "1"
        return environment(sim, **more)

    def arguments(self):
        arguments = ["--application", "orders", "--log-group", GROUP, "--log-stream", STREAM, "--from-ms", FROM_MS,
                     "--to-ms", TO_MS, "--topic-arn", TOPIC]
        if self.column == "assume":
            arguments += ["--role-arn", ROLE, "--external-id", EXTERNAL_ID]
        if self.fault == "timeout":
            arguments += ["--timeout-ms", HANG_MS if self.length == "for ever" else HEALED_HANG_MS]
        return arguments + [self.driver]


CELLS = [Cell(number, operation, fault, length) for number, (length, fault, operation) in enumerate(
    (length, fault, operation) for length, table in EXPECTED.items()
    for fault in dict.fromkeys(f for f, _ in table) for operation in OPERATIONS)]
QUIET = {operation: Cell(900000 + number, operation, "500", "once") for number, operation in enumerate(OPERATIONS)}

SCENARIO = {
    "account": ACCOUNT,
    "applications": [{
        "name": "orders", "runtime": "FLINK-1_20", "job": {"kind": "healthy"}, "log_group": GROUP,
        "operations": [{"id": "op1", "operation": "UpdateApplication", "start": "-30m", "duration": "4m", "status": "FAILED",
                        "error": "it broke", "version_from": 6, "version_to": 7}],
        "snapshots": [{"name": "before", "created": "-1d"}]}],
    "credentials": [c.credentials() for c in [*CELLS, *QUIET.values()]],
    "roles": [{"arn": ROLE, "external_id": EXTERNAL_ID, "lifetime_s": 900,
               "web_identity": {"tokens": [WEB_TOKEN], "expired_tokens": []}}],
}


class Matrix(Simulator):
    def __init__(self, **options):
        super().__init__(SCENARIO, **options)
        self.directory = self._directory.name
        with open(os.path.join(self.directory, "token"), "w", encoding="ascii") as file:
            file.write(WEB_TOKEN + "\n")


class Flood(socketserver.ThreadingTCPServer):
    """Answers anything with 200 and a body of 100 MB whose length it does not tell."""

    allow_reuse_address = True
    daemon_threads = True
    connections = 0

    def __init__(self):
        super().__init__(("127.0.0.1", 0), FloodHandler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.requests = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()


class FloodHandler(socketserver.StreamRequestHandler):
    def handle(self):
        while line := self.rfile.readline():
            length, key_id = 0, "web"
            while line.strip():
                name, _, value = line.decode("latin-1").partition(":")
                length = int(value) if name.lower() == "content-length" else length
                if name.lower() == "authorization":
                    key_id = value.partition("Credential=")[2].partition("/")[0]
                line = self.rfile.readline()
            self.rfile.read(length)
            self.server.requests[key_id] = self.server.requests.get(key_id, 0) + 1
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
            block = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
            for _ in range(MEGABYTES * 16):
                self.wfile.write(block)
            self.wfile.write(b"0\r\n\r\n")

    def handle_error(self, *_):
        pass

    def finish(self):
        try:
            super().finish()
        except OSError:
            pass


def make_certificate(directory, host):
    base = os.path.join(directory, host)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}", "-keyout", base + ".key", "-out", base + ".pem"],
                   check=True, capture_output=True)
    return base + ".pem", base + ".key"


class Result:
    def __init__(self, done, requests, memory_kib=0, quiet=None):
        self.done, self.requests, self.memory_kib, self.quiet = done, requests, memory_kib, quiet

    @property
    def attempts(self):
        return len(self.requests)


class Stage:
    """The servers, and the cells that are under way."""

    def __init__(self, directory):
        certificate = make_certificate(directory, "elsewhere.example")
        self.other_host = certificate[0]
        self.main = Matrix().start()
        self.tls = {"self-signed": Matrix(https=True).start(), "wrong host": Matrix(https=certificate).start()}
        self.web = queue.Queue()
        self.web_all = [Matrix().start() for _ in range(WEB_SIMULATORS)]
        for sim in self.web_all:
            self.web.put(sim)
        self.flood = Flood()
        self.lock = threading.Lock()
        self.quiet = {}
        self.pool = ThreadPoolExecutor(SIDE_BY_SIDE)
        self.futures = {}

    def stop(self):
        self.pool.shutdown(cancel_futures=True)
        for sim in [self.main, *self.tls.values(), *self.web_all]:
            sim.stop()
        self.flood.shutdown()
        self.flood.server_close()

    def listen_quietly(self):
        """What each operation brings home when nothing is wrong."""
        for operation, cell in QUIET.items():
            sim = self.web_all[0] if cell.column == "web" else self.main
            self.quiet[operation] = run(QUIET[operation].arguments(), cell.variables(sim))
            assert self.quiet[operation].result == "0", self.quiet[operation]

    def shake_hands(self, cells):
        """Few at a time, before the crowd comes: a handshake that waits for the processor outlasts the time to connect."""
        with ThreadPoolExecutor(3) as pool:
            for cell in cells:
                self.futures[cell] = pool.submit(self.play, cell)

    def play(self, cell):
        if cell.fault in self.tls:
            return self._play_tls(cell)
        if cell.fault == "100 MB without length":
            return self._play_flood(cell)
        if cell.column == "web" or (cell.column == "assume" and cell.is_skewed):
            return self._play_alone(cell)
        return self._play(cell, self.main, {"access_key_id": cell.key_id})

    def _play_alone(self, cell):
        """What is not signed cannot be told apart, and who gives keys for some time must have one clock only."""
        sim = self.web.get()
        try:
            with self.lock:
                sim.reset()
                sim.set_clock(offset_s=FAULTS[cell.fault]["seconds"] if cell.is_skewed else 0)
            return self._play(cell, sim, {})
        finally:
            self.web.put(sim)

    def _play(self, cell, sim, claim):
        spec = FAULTS[cell.fault]
        match = {"operation": cell.operation, **claim}
        if cell.operation == "ListApplicationOperations" and cell.is_skewed:
            match.pop("operation")      # the description that follows comes from the same service
        with self.lock:
            if claim or not cell.is_skewed:
                sim.faults({**spec, "match": match, "times": cell.times})
        done = run(cell.arguments(), cell.variables(sim))
        with self.lock:
            return Result(done, sim.requests(operation=cell.operation, **claim))

    def _play_tls(self, cell):
        sim = self.tls[cell.fault]
        variables = cell.variables(sim)
        variables["AWS_ENDPOINT_URL"] = sim.https_url
        if cell.fault == "wrong host":
            variables["AWS_CA_BUNDLE"] = self.other_host
        done = run(cell.arguments(), variables)
        with self.lock:
            assert sim.requests() == [], "nothing was said to a server that is not the right one"
        return Result(done, [None] * done.requests)

    def _play_flood(self, cell):
        variables = cell.variables(self.web_all[0])
        variables["AWS_ENDPOINT_URL"] = self.flood.url
        done = run(cell.arguments(), variables)
        key = "web" if cell.column == "web" else cell.key_id
        return Result(done, [None] * self.flood.requests.get(key, 0))


@pytest.fixture(scope="module")
def stage(request, tmp_path_factory):
    stage = Stage(str(tmp_path_factory.mktemp("matrix")))
    try:
        stage.listen_quietly()
        cells = [item.callspec.params["cell"] for item in request.session.items
                 if item.fspath == request.fspath and hasattr(item, "callspec") and "cell" in item.callspec.params]
        stage.shake_hands([cell for cell in cells if cell.fault in stage.tls])
        for cell in sorted(cells, key=lambda cell: cell.column != "web"):     # those that share few servers begin
            if cell not in stage.futures:
                stage.futures[cell] = stage.pool.submit(stage.play, cell)
        yield stage
    finally:
        stage.stop()


def check_words(cell, done):
    """The operation, what happened and the way out; nothing secret anywhere."""
    for secret in (cell.secret, cell.token, EXTERNAL_ID, WEB_TOKEN, "Signature=", "AWS4-HMAC"):
        assert secret not in done.all, secret
    if cell.expected.is_good:
        assert not done.error, done
        return
    assert done.error and "\n" not in done.error and len(done.error) < 240, done
    name = "SNS" if cell.column == "publish" else cell.operation
    if cell.fault in AT_ONCE:
        name = name.replace("DescribeApplicationOperation", "ListApplicationOperations")
    assert done.error.count(name + ": ") == 1 or cell.column == "publish" and name in done.error, done
    assert re.search(cell.expected.words, done.error), (cell.expected.words, done)
    if cell.column != "publish":
        assert re.search(WAYS_OUT[cell.expected.result], done.error), done


@pytest.mark.parametrize("cell", CELLS, ids=repr)
def test_fault(stage, cell):
    result = stage.futures[cell].result()
    done, expected = result.done, cell.expected
    assert (done.result, done.outcome) == (expected.result, expected.outcome), done
    seen, sent = KEPT_ALIVE.get((cell.operation, cell.fault, cell.length), (expected.attempts, expected.attempts))
    others = 0      # the list comes before the description, or the description after the list
    if cell.operation == "DescribeApplicationOperation" and cell.fault not in AT_ONCE:
        others = 1
    if cell.operation == "ListApplicationOperations" and expected.is_good:
        others = 1
    assert result.attempts == seen, done
    assert done.requests == sent + others, done
    check_words(cell, done)
    if expected.is_good:
        assert done.batch == stage.quiet[cell.operation].batch, "all of it, once"
    if cell.fault.startswith("100 MB"):
        assert done.max_rss_kib - stage.quiet[cell.operation].max_rss_kib < MEMORY_KIB, done
    if cell.fault in PAUSES_S and result.attempts > 1:
        times = [request["real_at"] for request in result.requests]
        assert all(b - a >= PAUSES_S[cell.fault] - 0.01 for a, b in zip(times, times[1:])), times


def test_matrix__every_cell__is_there():
    """No operation and no fault without an expectation."""
    assert {cell.operation for cell in CELLS} == set(OPERATIONS)
    assert {cell.fault for cell in CELLS if cell.length == "for ever"} == set(FAULTS)
    assert len(CELLS) == len(OPERATIONS) * (len(FAULTS) + len(EXPECTED["once"]) // 5)


def test_matrix__after_all__nothing_but_right_requests_was_seen(stage):
    for future in stage.futures.values():
        future.exception()
    for sim in [stage.main, *stage.web_all]:
        assert sim.violations() == []


def test_publish__kept_connection_is_gone__is_not_sent_again(sim):
    """libcurl would send it anew by itself; whether the first one was executed nobody knows."""
    sim.faults({"kind": "reset", "operation": "Publish", "after": 1, "times": "always"})
    done = run(["--topic-arn", TOPIC, "--repeat", 2, "publish"], environment(sim))
    assert done.outcome == "retry" and done.requests == 2, done
    assert len(sim.requests(operation="Publish")) == 2


def test_read__kept_connection_is_gone__is_free_of_charge(sim):
    """The server closes idle connections whenever it likes: no attempt is lost by that, and no time."""
    sim.faults({"kind": "reset", "operation": "ListApplications", "after": 1, "times": 1})
    done = run(["--repeat", 2, "discovery"], {**environment(sim), "AWS_MAX_ATTEMPTS": "1"})
    assert done.failed == 0 and done.requests == 2, done
    assert len(sim.requests(operation="ListApplications")) == 3


@pytest.mark.scenario("demo.json")
def test_delivery__answer_is_lost__told_again_with_the_same_id(sim, daemon):
    """The message was taken, its answer cut: a receiver can tell the second one by its id."""
    sim.faults({"kind": "truncate", "operation": "Publish", "times": 1})
    daemon.start()
    sim.wait("deliveries", 3, timeout=60, service="sns")
    ids = [delivery["message"]["delivery_id"] for delivery in sim.deliveries(service="sns")]
    assert len(ids) == 3 and len(set(ids)) == 2, "two incidents, one of them told twice"
    daemon.wait_log(r"not delivered: .*again in \d+ s")
    assert len(sim.requests(operation="Publish")) == 3
