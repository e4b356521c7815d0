# SPDX-License-Identifier: Apache-2.0
"""What the person on call uses, from the real daemon: events as they happen, the report, the metrics of the daemon itself."""

import json
import os
import re
import select
import selectors
import socket
import subprocess
import time

import pytest

from harness import BUILD, TIMEOUT


class Follower:
    """`flinkwatchctl --json events --follow`, read line by line."""

    def __init__(self, daemon, *arguments):
        self.process = subprocess.Popen([os.path.join(BUILD, "flinkwatchctl"), "--socket", daemon.socket, "--json", "events", "--follow", *arguments],
                                        env=daemon.environment, stdout=subprocess.PIPE)
        self.text = b""
        self.events = []

    def read_until(self, predicate, timeout=TIMEOUT):
        """The first event that the predicate holds for, of those so far and those to come."""
        end = time.monotonic() + timeout
        while True:
            for event in self.events:
                if predicate(event):
                    return event
            left = end - time.monotonic()
            assert left > 0 and select.select([self.process.stdout], [], [], left)[0], f"it did not come: {self.events}"
            piece = os.read(self.process.stdout.fileno(), 65536)
            assert piece, f"flinkwatchctl ended: {self.events}"
            *lines, self.text = (self.text + piece).split(b"\n")
            self.events += [json.loads(line) for line in lines]

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def follow(daemon):
    started = []

    def start(*arguments):
        started.append(Follower(daemon, *arguments))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.mark.scenario("demo.json")
def test_events__followed__come_as_they_happen_and_each_once(sim, daemon, follow):
    daemon.start()
    follower, narrow = follow(), follow("--app", "cli*")
    opened = follower.read_until(lambda e: e["event"] == "opened" and e["application"] == "orders")
    assert opened["kind"] == "incident" and opened["severity"] == "critical" and opened["incident"] > 0
    delivered = follower.read_until(lambda e: e["event"] == "delivered" and e["incident"] == opened["incident"])
    assert delivered["kind"] == "delivery" and delivered["id"] > opened["id"]
    sim.add_operation("clicks", {"operation": "StartApplication", "start": "now", "status": "IN_PROGRESS", "id": "op-now"})
    began = narrow.read_until(lambda e: e["operation"] == "op-now")
    assert (began["event"], began["text"], began["application"]) == ("began", "StartApplication", "clicks")
    assert {e["application"] for e in narrow.events} == {"clicks"}
    follower.read_until(lambda e: e["id"] == began["id"])
    assert len({e["id"] for e in follower.events}) == len(follower.events)
    listed = daemon.ask("events", "--since", "1d")
    assert [e["at"] for e in listed] == sorted(e["at"] for e in listed)
    assert {e["id"] for e in follower.events} <= {e["id"] for e in listed}


def test_events__daemon_gone__exits_3(sim, daemon, follow):
    daemon.start()
    follower = follow()
    daemon.stop()
    assert follower.process.wait(TIMEOUT) == 3


def told(of):
    return {key: of[key] for key in ("id", "title", "onset_at", "evidence", "advice")}


def report_on(daemon, application):
    """The application's incident and the report on it, both after the same judgement."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        assert time.monotonic() < deadline, "judged anew each time"
        before = next(i for i in daemon.incidents() if i["application"] == application)
        document = daemon.ask("report", str(before["id"]))
        after = next(i for i in daemon.incidents() if i["id"] == before["id"])
        if told(before) == told(after):
            return after, document


@pytest.mark.scenario("demo.json")
def test_report__of_a_restart_loop__has_charts_from_before_it_began(sim, daemon):
    daemon.config = daemon.config.replace("backfill = 3h", "backfill = 15d")
    daemon.start()
    sim.wait("deliveries", 4, timeout=60)
    incident, document = report_on(daemon, "orders")
    assert told(document) == told(incident)
    assert document["from"] < incident["onset_at"] < document["to"]
    assert document["facts"]["runtime"] and document["facts"]["log_group"]
    charts = {chart["metric"]: chart for chart in document["charts"]}
    assert charts["fullRestarts"]["is_evidence"] and not charts["numRecordsInPerSecond"]["is_evidence"]
    restarts = charts["fullRestarts"]["points"]
    before = [value for at, value in restarts if at < incident["onset_at"]]
    after = [value for at, value in restarts if at > incident["onset_at"]]
    assert len(before) >= 50 and max(before) <= min(after) < max(after)
    assert 200 < len(restarts) <= 400, "as many as a chart shows"
    html = daemon.ctl("report", str(incident["id"]), "--format", "html").stdout
    assert html.count("<svg") == len(document["charts"]) and incident["title"] in html
    markdown = daemon.ctl("report", str(incident["id"])).stdout
    assert markdown.startswith("# orders: ") and markdown.count("### ") == len(document["charts"])
    missing = daemon.ctl("report", "9999", check=False)
    assert missing.returncode == 1 and "there is no incident 9999" in missing.stderr


class Crowd:
    """Clients at once: each asks as often as told, one request after the other."""

    def __init__(self, path, n_clients, n_requests):
        self.line = b'{"jsonrpc":"2.0","id":1,"method":"history","params":{"app":"orders","metric":"fullRestarts","since":"10m"}}\n'
        self.selector = selectors.DefaultSelector()
        self.left, self.answers, self.longest_s = {}, 0, 0.0
        for _ in range(n_clients):
            client = socket.socket(socket.AF_UNIX)
            client.connect(path)
            self.selector.register(client, selectors.EVENT_READ)
            self.left[client] = [n_requests, b"", time.monotonic()]
        for client, state in self.left.items():
            client.sendall(self.line)
            state[2] = time.monotonic()

    def run(self):
        while self.left:
            ready = self.selector.select(TIMEOUT)
            assert ready, f"{len(self.left)} clients wait in vain"
            for key, _ in ready:
                self.take(key.fileobj)

    def take(self, client):
        state = self.left[client]
        state[1] += client.recv(65536)
        if not state[1].endswith(b"\n"):
            return
        assert json.loads(state[1])["result"]["metric"] == "fullRestarts"
        self.answers += 1
        self.longest_s = max(self.longest_s, time.monotonic() - state[2])
        state[:] = [state[0] - 1, b"", time.monotonic()]
        if state[0] > 0:
            client.sendall(self.line)
            return
        self.selector.unregister(client)
        client.close()
        del self.left[client]


@pytest.mark.scenario("demo.json")
def test_socket__a_thousand_clients__are_answered_while_polls_stay_on_time(sim, daemon):
    """Beside them some that never read and some that never end their request."""
    daemon.start()
    sim.wait("deliveries", 2, timeout=60)
    daemon.wait_log("poll finished")
    since = len(daemon.log)
    nuisances = []
    for i in range(60):
        nuisances.append(socket.socket(socket.AF_UNIX))
        nuisances[-1].connect(daemon.socket)
        nuisances[-1].sendall(b'{"jsonrpc":"2.0","id":1,"method":"status"}\n' * 20 if i % 2 else b'{"jsonrpc":')
    began = time.monotonic()
    crowd = Crowd(daemon.socket, 1000, 3)
    crowd.run()
    took_s = time.monotonic() - began
    assert crowd.answers == 3000
    daemon.wait_log("poll finished", since=since)
    finished = len(re.findall("poll finished", daemon.log[since:]))
    assert finished >= int(took_s / 4), f"{finished} polls of a second each in {took_s:.1f} s"
    print(f"3000 answers to 1000 clients in {took_s:.1f} s, the slowest after {crowd.longest_s:.2f} s; {finished} polls finished meanwhile")
    for one in nuisances:
        one.close()
    assert daemon.ask("status")["daemon"]["pid"] == daemon.process.pid


@pytest.mark.scenario("demo.json")
def test_status__while_the_past_is_read__shows_how_far_it_is(sim, daemon):
    """The past is held back twice: before anything of it is there, and after the figures of the applications."""
    past = {"kind": "hold", "times": "always", "operation": "GetMetricData"}
    whole, rest = sim.faults([{**past, "times": 1}, {**past, "after": 1}])
    daemon.config = daemon.config.replace("backfill = 3h", "backfill = 1d")
    daemon.start()
    sim.wait("requests", 1, timeout=TIMEOUT, operation="GetMetricData", pending=1)
    began = daemon.ask("status")["targets"][0]["progress"]
    assert began["applications"] == 4 and began["series"] > 30 and began["series_read"] == began["applications_judged"] == 0
    assert f"0 of {began['series']} series read, 0 of 4 applications judged" in re.sub(r"\s+", " ", daemon.ctl("status").stdout)
    sim.remove_fault(whole)
    sim.wait("requests", 2, timeout=TIMEOUT, operation="GetMetricData")
    halfway = daemon.ask("status")["targets"][0]["progress"]
    assert 0 < halfway["series_read"] < halfway["series"] and halfway["applications_judged"] <= halfway["applications"] == 4
    sim.remove_fault(rest)
    daemon.wait_log("poll finished")
    assert daemon.ask("status")["targets"][0]["progress"] is None
    assert "looking back" not in daemon.ctl("status").stdout


@pytest.mark.scenario("demo.json")
def test_client__each_command__keeps_its_promises(sim, daemon):
    """One JSON document, an array for lists; exit 1 for what is refused, 2 for wrong usage, 3 without a daemon."""
    daemon.start()
    sim.wait("deliveries", 2, timeout=60)
    daemon.wait_log("poll finished")
    some = str(daemon.incidents()[0]["id"])
    history = ("history", "--app", "payments", "--metric", "lastCheckpointSize")
    for kind, command in ((dict, ("status",)), (list, ("apps",)), (list, ("incidents", "--all")), (dict, ("show", some)), (dict, history), (list, ("metrics", "--app", "orders")),
                          (list, ("events",)), (dict, ("report", some)), (list, ("silences",)), (list, ("doctor",)), (dict, ("iam-policy",)), (dict, ("poll", "--now", "prod"))):
        done = daemon.ctl("--json", *command, check=False)
        assert done.returncode == 0 or command == ("doctor",), (command, done.stderr)
        assert isinstance(json.loads(done.stdout), kind), command
    for command in (("show", "9999"), ("history", "--app", "none", "--metric", "uptime"), ("poll", "nowhere"), ("metrics", "--app", "none")):
        done = daemon.ctl(*command, check=False)
        assert done.returncode == 1 and done.stdout == "" and done.stderr.startswith("flinkwatchctl: "), command
    for command in (("show",), ("show", "x"), ("history", "--app", "orders"), ("events", "--since", "soon"), ("report", some, "--format", "pdf"), ("statsu",), ("poll", "--later")):
        assert daemon.ctl(*command, check=False).returncode == 2, command
    daemon.stop()
    assert daemon.ctl("apps", check=False).returncode == 3


@pytest.mark.scenario("demo.json")
def test_history__of_455_days__is_folded_to_what_can_be_read(sim, daemon):
    daemon.start()
    daemon.wait_log("poll finished")
    size = ("history", "--app", "payments", "--metric", "lastCheckpointSize")
    long = daemon.ask(*size, "--since", "455d")
    assert (long["unit"], long["step_s"]) == ("bytes", 3600) and 1 <= len(long["points"]) <= 5
    assert daemon.ask(*size, "--since", "14d")["step_s"] == 60
    assert daemon.ask("history", "--app", "payments", "--metric", "heapMemoryUtilization")["unit"] == "%"
    rows = daemon.ctl(*size, "--since", "2h", "--format", "csv").stdout.splitlines()
    assert rows[0] == "time,value" and len(rows) > 60
    at, value = rows[1].split(",")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", at) and float(value) > 1e9
    plot = daemon.ctl(*size, "--since", "2h", "--format", "plot", environment={"COLUMNS": "80", "LC_ALL": "C", "TERM": "dumb"}).stdout
    assert plot.isascii() and max(map(len, plot.splitlines())) <= 80 and "GiB" in plot and "\x1b" not in plot
    assert "%" in daemon.ctl("history", "--app", "payments", "--metric", "heapMemoryUtilization", "--format", "plot").stdout
