# SPDX-License-Identifier: Apache-2.0
"""What is wrong outside: one clear line that names target and operation; the daemon stays up, and what is stored stays stored."""

import json
import os
import re
import signal
import socket

import pytest

SECRET_URL = "/services/T0/B0/e2e"


def points(daemon):
    return len(daemon.ask("history", "--app", "clicks", "--metric", "uptime", "--since", "3h", "--format", "json")["points"])


def warnings(daemon, text):
    return [line for line in daemon.log.splitlines() if line.startswith("warning: ") and text in line]


CONFIG_FAULTS = [
    ("[targt x]\nregion = eu-west-1\n", ":1: unknown section targt: did you mean target?"),
    ("[target x]\nregoin = eu-west-1\n", ":2: unknown key regoin: did you mean region?"),
    ("[target x]\n", ":1: [target x]: region is missing"),
    ("[target x]\nregion = eu-west-1\n[polling]\ninterval = soon\n", ":4: interval = soon: expected a duration"),
    ("[target x]\nregion = eu-west-1\n[diagnoser restart_lop]\n", ":3: unknown diagnoser restart_lop: did you mean restart_loop?"),
    ("[target x]\nregion = eu-west-1\n[notifier n]\ntype = slack\nwebhook_url_file = /nonexistent\n", ":5: webhook_url_file: cannot read"),
    ("no section at all\n", ":1: expected KEY = VALUE or [SECTION]"),
]


@pytest.mark.parametrize("text,expected", CONFIG_FAULTS, ids=[fault[1][:24] for fault in CONFIG_FAULTS])
def test_config__broken__is_named_with_file_and_line(sim, daemon, text, expected):
    daemon.config = text
    for arguments in (["--check-config"], []):
        done = daemon.run(*arguments)
        assert done.returncode == 78
        assert daemon.config_path + expected in done.stderr


def test_config__several_faults__are_all_reported(sim, daemon):
    daemon.config = "[target x]\nregon = a\n[polling]\ninterval = -1\nsettel = 3s\n"
    lines = daemon.run("--check-config").stderr.splitlines()
    assert len(lines) == 4  # three keys and the region that is missing


def test_reload__broken_file__old_configuration_stays(sim, daemon):
    daemon.start()
    good = daemon.config
    daemon.config += "\n[bogus]\n"
    daemon.write_config()
    daemon.send(signal.SIGHUP)
    daemon.wait_log(r"error: .*unknown section bogus")
    daemon.wait_log(r"the old one stays")
    daemon.config = good
    daemon.write_config()
    daemon.send(signal.SIGHUP)
    daemon.wait_log(r"configuration reloaded")
    assert daemon.ctl("reload").returncode == 0
    assert daemon.ask("status")["targets"]


# What the simulator does -> what the log must say of it.
FAULTS = {
    "denied": ({"kind": "status", "status": 400, "code": "AccessDeniedException", "message": "not authorized"}, r"GetMetricData: 400 AccessDenied"),
    "html": ({"kind": "html"}, r"GetMetricData: .*(not JSON|HTTP 5|HTML)"),
    "bad json": ({"kind": "bad_json"}, r"GetMetricData: .*"),
    "server error": ({"kind": "status", "status": 500}, r"GetMetricData: .*5\d\d"),
    "reset": ({"kind": "reset"}, r"GetMetricData: "),
    "truncated": ({"kind": "truncate"}, r"GetMetricData: "),
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.scenario("demo.json")
def test_metrics_fail__any_way__one_line_and_nothing_lost(sim, daemon, name):
    fault, pattern = FAULTS[name]
    daemon.config = daemon.config.replace("backfill = 3h", "backfill = 30m")
    assert daemon.run("--oneshot").returncode == 0
    sim.faults({"operation": "GetMetricData", "times": "always", **fault})
    daemon.start()
    before = points(daemon)
    assert before > 20
    line = daemon.wait_log(r"^warning: target prod: " + pattern).group(0)
    assert SECRET_URL not in daemon.log and "simulator-secret" not in daemon.log
    for _ in range(2):
        daemon.ctl("poll", "--now")
    assert points(daemon) >= before
    assert daemon.ask("status")["targets"][0]["error"]
    assert len(warnings(daemon, line.split(": ", 2)[2])) == 1
    if name != "denied":
        sim.clear_faults()
        daemon.wait_log(r"works again")


@pytest.mark.scenario("demo.json")
def test_denied__one_application__the_others_go_on(sim, daemon):
    sim.faults({"operation": "DescribeApplication", "application": "orders", "times": "always", "kind": "status", "status": 400,
                "code": "AccessDeniedException", "message": "User is not authorized to perform: kinesisanalytics:DescribeApplication"})
    assert daemon.run("--oneshot").returncode == 0
    assert "orders: DescribeApplication: 400 AccessDeniedException" in daemon.log
    described = {a["name"] for a in daemon.start().ask("apps")}
    assert {"payments", "clicks"} <= described


@pytest.mark.parametrize("operation,n_subjects", [("GetMetricData", 1), ("ListApplications", 1), ("DescribeApplication", 2),
                                                  ("ListApplicationOperations", 2), ("ListApplicationSnapshots", 2)])
def test_denied__for_good__asked_once_in_minutes_and_said_once(sim, daemon, operation, n_subjects):
    """Two applications, a poll a second: what is refused is not asked again at each."""
    service = "cloudwatch" if operation == "GetMetricData" else "kinesisanalytics"
    job = {"runtime": "FLINK-1_20", "job": {"kind": "healthy"}}
    sim.reset({"applications": [{"name": "orders", **job}, {"name": "billing", **job}], "deny": [{"action": f"{service}:{operation}"}]})
    daemon.start()
    seen = 0
    for _ in range(5):
        seen += daemon.wait_log(r"poll finished", since=seen).end()
    assert [r["status"] for r in sim.requests(operation=operation)] == [400] * n_subjects
    said = [line for line in warnings(daemon, "AccessDenied") if operation in line]
    assert len(said) == n_subjects and all(line.endswith("allow it (flinkwatchctl doctor prints the statement)") for line in said)
    assert f"not authorized to perform: {service}:{operation}" in said[0], "the action is not cut off"


@pytest.mark.parametrize("variables,expected", [
    ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "credentials"),
    ({"AWS_SECRET_ACCESS_KEY": "wrong-secret-wrong-secret"}, "InvalidSignature|SignatureDoesNotMatch"),
    ({"AWS_ACCESS_KEY_ID": "AKIDUNKNOWN"}, "UnrecognizedClient|InvalidClientTokenId"),
], ids=["missing", "wrong secret", "unknown key"])
def test_credentials__bad__are_said_and_the_daemon_stays(sim, daemon, variables, expected):
    daemon.environment.update(variables)
    daemon.start()
    daemon.wait_log(r"(?i)target prod: .*(" + expected + ")")
    assert daemon.process.poll() is None
    assert "wrong-secret" not in daemon.log
    assert daemon.ask("status")["targets"][0]["error"]
    daemon.stop()
    assert daemon.run("--oneshot").returncode == 75


def test_endpoint__unreachable__is_said_with_a_way_out(sim, daemon):
    daemon.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"
    done = daemon.run("--oneshot")
    assert done.returncode == 75
    line = next(line for line in done.stderr.splitlines() if "target prod: ListApplications" in line)
    assert "check the route" in line


def test_endpoint__no_such_host__is_said_with_a_way_out(sim, daemon):
    daemon.environment["AWS_ENDPOINT_URL"] = "http://nowhere.invalid"
    done = daemon.run("--oneshot")
    assert done.returncode == 75
    assert "DNS" in done.stderr


def test_state_directory__not_writable__says_so(sim, daemon):
    daemon.config = daemon.config.replace("state_directory = " + daemon.state, "state_directory = /proc/flinkwatch")
    done = daemon.run("--oneshot")
    assert done.returncode == 75 and "/proc/flinkwatch" in done.stderr


def test_commands__each__is_a_method_of_its_name(sim, daemon):
    """Methods are the commands' names: a program that asks for itself need not know others."""
    daemon.start()
    commands = daemon.ctl("--help").stdout.split("Commands")[1].split("Options")[0]
    names = re.findall(r"^  ([a-z-]+)", commands, re.MULTILINE)
    assert {"status", "doctor", "iam-policy", "history"} <= set(names)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(daemon.socket)
        answers = client.makefile()
        for name in names:
            client.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": name, "params": {"no such": 1}}).encode() + b"\n")
            code = json.loads(answers.readline())["error"]["code"]
            assert code == -32602, f"{name}: the method is there, the parameter is not"
    daemon.stop()


def test_client__no_daemon__exits_3_and_names_the_socket(sim, daemon):
    done = daemon.ctl("status", check=False)
    assert done.returncode == 3 and daemon.socket in done.stderr


def test_database__damaged__is_moved_aside_and_refilled(sim, daemon):
    assert daemon.run("--oneshot").returncode == 0
    path = os.path.join(daemon.state, "flinkwatch.db")
    for name in os.listdir(daemon.state):
        if name.startswith("flinkwatch.db-"):
            os.unlink(os.path.join(daemon.state, name))
    with open(path, "r+b") as file:
        file.write(b"this is no database " * 50)
    done = daemon.run("--oneshot")
    assert done.returncode == 0
    assert "moved aside" in done.stderr
    assert any("corrupt" in name for name in os.listdir(daemon.state))
