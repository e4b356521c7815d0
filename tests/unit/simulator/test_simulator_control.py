# SPDX-License-Identifier: Apache-2.0
"""The command line, the clock, the control API and its client."""

import json
import os
import select
import signal
import subprocess
import threading
import time

import pytest
from sim_http import call_json, send
from simulator.client import HERE, PYTHON, Simulator, SimulatorError
from simulator.clock import Clock

DEMO = os.path.join(HERE, "scenarios", "demo.json")


def test_ready_line_and_port_file(tmp_path):
    path = tmp_path / "port"
    process = subprocess.Popen([PYTHON, HERE, "--scenario", DEMO, "--port-file", str(path)], stdout=subprocess.PIPE)
    try:
        line = json.loads(process.stdout.readline())
        assert line == json.loads(path.read_text()) and line["pid"] == process.pid and line["https_url"] is None
        assert send(line["url"], method="GET", path="/_sim/state").json["requests"] == 0
        begin = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0 and time.monotonic() - begin < 1
        assert [p.name for p in tmp_path.iterdir()] == ["port"]
    finally:
        process.kill()
        process.stdout.close()


def test_sigterm__while_a_request_hangs__ends_at_once(make_sim):
    sim = make_sim({})
    sim.faults({"kind": "hang"})
    thread = threading.Thread(target=lambda: pytest.raises(OSError, send, sim.url, b"{}", {}, path="/hook"))
    thread.start()
    sim.wait_for(lambda s: s.state()["in_flight"] == 1)
    begin = time.monotonic()
    os.kill(sim.pid, signal.SIGTERM)
    assert sim._process.wait(5) == 0 and time.monotonic() - begin < 1
    thread.join(5)


def test_parent_gone__simulator_ends(tmp_path):
    code = ("import subprocess, sys; p = subprocess.Popen([sys.argv[1], sys.argv[2], '--scenario', '-', '--parent-pid-exit'], "
            "stdout=subprocess.PIPE); sys.stdout.buffer.write(p.stdout.readline()); sys.stdout.flush(); sys.stdin.read()")
    parent = subprocess.Popen([PYTHON, "-c", code, PYTHON, HERE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    pid = json.loads(parent.stdout.readline())["pid"]
    handle = os.pidfd_open(pid)
    parent.kill()
    assert select.select([handle], [], [], 5)[0], "still running"
    os.close(handle)
    parent.wait(5)
    parent.stdin.close()
    parent.stdout.close()


@pytest.mark.parametrize("content", ["{", '{"applications": [{"name": "a", "job": {"kind": "nonsense"}}]}', '{"series": [{"value": 1}]}',
                                     '{"faults": [{"kind": "nonsense"}]}'])
def test_bad_scenario__one_line_and_exit_1(tmp_path, content):
    path = tmp_path / "s.json"
    path.write_text(content)
    done = subprocess.run([PYTHON, HERE, "--scenario", str(path)], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("simulator: ") and done.stderr.count("\n") == 1 and str(path) in done.stderr


@pytest.mark.parametrize("name", sorted(os.listdir(os.path.join(HERE, "scenarios"))))
def test_shipped_scenarios__every_application_and_log_answers(name):
    with Simulator(name) as sim:
        for app in sim.applications():
            detail = call_json(sim, "kinesisanalyticsv2", "DescribeApplication", {"ApplicationName": app["name"]})
            assert detail.status == 200
            now_ms = int(sim.clock()["now"] * 1000)
            logs = call_json(sim, "logs", "FilterLogEvents", {"logGroupName": app["log_group"], "startTime": now_ms - 300000})
            assert logs.status in (200, 400)
            assert app["metrics"]
        assert sim.violations() == []


def test_clock__rate_set_and_advance():
    clock = Clock(1000.0, rate=0)
    assert (clock.now_s(), clock.start_s) == (1000, 1000)
    clock.set(advance_s=60)
    assert clock.now_s() == 1060
    clock.set(now_s=5000, offset_s=7)
    assert (clock.now_s(), clock.wall_s(), clock.wall_s(3)) == (5000, 5007, 5010)
    fast = Clock(0.0, rate=1000)
    begin = time.monotonic()
    while fast.now_s() < 20:
        pass
    assert 0.01 < time.monotonic() - begin < 5


def test_clock__over_the_api(make_sim):
    sim = make_sim({}, now="2026-01-02T03:04:05Z", rate=0)
    assert sim.clock()["now_text"] == "2026-01-02T03:04:05Z"
    assert sim.set_clock(advance="5m")["now_text"] == "2026-01-02T03:09:05Z"
    assert sim.set_clock(now="2026-02-01T00:00:00Z")["now_text"] == "2026-02-01T00:00:00Z"
    with pytest.raises(SimulatorError, match="yesterday"):
        sim.set_clock(now="yesterday")


def test_wait__returns_when_the_last_arrives(sim):
    timer = threading.Timer(0.2, lambda: [send(sim.url, b'{"n":%d}' % i, {"Content-Type": "application/json"}, path="/hook") for i in range(3)])
    timer.start()
    found = sim.wait("deliveries", 3, timeout=10, service="webhook")
    timer.join()
    assert sorted(d["body"]["n"] for d in found) == [0, 1, 2]


def test_wait__too_few__error_after_the_timeout(sim):
    begin = time.monotonic()
    with pytest.raises(SimulatorError, match="0 of 1 deliveries"):
        sim.wait("deliveries", 1, timeout=0.3)
    assert 0.3 <= time.monotonic() - begin < 3


def test_wait_for__predicate(sim):
    threading.Timer(0.1, lambda: send(sim.url, b"1", {"Content-Type": "application/json"}, path="/hook")).start()
    assert sim.wait_for(lambda s: [d["body"] for d in s.deliveries()], 5) == [1]
    with pytest.raises(SimulatorError):
        sim.wait_for(lambda s: False, 0.2)


def test_requests__filters_and_since(sim):
    for limit in (1, 2, 3):
        call_json(sim, "kinesisanalyticsv2", "ListApplications", {"Limit": limit})
    call_json(sim, "kinesisanalyticsv2", "DescribeApplication", {"ApplicationName": "orders"})
    listed = sim.requests(operation="ListApplications")
    assert [r["parameters"]["Limit"] for r in listed] == [1, 2, 3]
    assert [r["parameters"]["Limit"] for r in sim.requests(operation="ListApplications", since=listed[1]["seq"])] == [3]
    assert len(sim.requests(application="orders")) == 1
    record = listed[0]
    assert dict((k.lower(), v) for k, v in record["headers"])["x-amz-target"] == "KinesisAnalytics_20180523.ListApplications"
    assert record["body"] == '{"Limit": 1}' and record["duration_s"] >= 0 and record["in_flight"] == 1


def test_records__survive_large_bodies_and_unfit_ones(sim):
    call_json(sim, "logs", "FilterLogEvents", b"[1, 2")
    call_json(sim, "logs", "FilterLogEvents", b"\xff" * 100000)
    bodies = [r["body_bytes"] for r in sim.requests(service="logs")]
    assert bodies == [5, 100000] and [r["parameters"] for r in sim.requests(service="logs")] == [None, None]


def test_counters__connections_and_operations(sim):
    for _ in range(3):
        send(sim.url, b"1", {"Content-Type": "application/json"}, path="/hook")
    counters = sim.state()["counters"]
    assert counters["connections"] >= 3 and counters["operation:webhook:Post"] == 3


def test_reset__forgets_and_loads(make_sim):
    sim = make_sim({"applications": [{"name": "one"}]})
    send(sim.url, b"1", {"Content-Type": "application/json"}, path="/hook")
    sim.faults({"kind": "status", "times": "always"})
    sim.reset({"applications": [{"name": "two"}]})
    names = [a["ApplicationName"] for a in call_json(sim, "kinesisanalyticsv2", "ListApplications", {}).json["ApplicationSummaries"]]
    assert names == ["two"] and sim.deliveries() == [] and len(sim.requests()) == 1


def test_patch_series__relative_times_count_from_now(make_sim):
    sim = make_sim({}, now="2026-01-02T03:00:00Z", rate=0)
    sim.set_clock(advance="1h")
    sim.patch_series({"metric": "m", "dimensions": {"Application": "a"}, "value": {"kind": "points", "points": [["-10m", 4.5]]}})
    assert sim.series("m", {"Application": "a"}, start="-30m") == [[1767326400 - 600, 4.5]]


@pytest.mark.parametrize("method,path,body", [
    ("GET", "nothing", None), ("POST", "faults", {"kind": "nonsense"}), ("GET", "series", None), ("POST", "scenario", {"applications": []}),
    ("POST", "applications/x", {"job": {"kind": "nonsense"}}), ("POST", "operations/nobody", {"operation": "x", "start": "now"})])
def test_control__mistakes__an_error_with_words(sim, method, path, body):
    with pytest.raises(SimulatorError):
        sim.control(method, path, body)
    assert sim.state()["violations"] == 0


def test_patch_scenario__credentials_and_deny(make_sim):
    sim = make_sim({})
    sim.patch_scenario({"credentials": [{"access_key_id": "AKIDNEW", "secret_access_key": "s2"}],
                        "deny": [{"action": "kinesisanalytics:ListApplications"}]})
    assert call_json(sim, "kinesisanalyticsv2", "ListApplications", {}).code == "UnrecognizedClientException"
    assert call_json(sim, "kinesisanalyticsv2", "ListApplications", {}, key="AKIDNEW", secret="s2").code == "AccessDeniedException"


def test_environment__points_a_client_at_the_simulator(sim):
    environment = sim.environment(AWS_REGION="eu-west-1")
    assert environment["AWS_ENDPOINT_URL"] == sim.url and environment["AWS_REGION"] == "eu-west-1"
