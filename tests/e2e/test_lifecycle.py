# SPDX-License-Identifier: Apache-2.0
"""Start, stop, kill, start again: no gap, no duplicate, nobody told twice."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import time

import pytest

from harness import BUILD, faketime


def stamps(daemon, app="clicks", metric="uptime"):
    got = daemon.ask("history", "--app", app, "--metric", metric, "--since", "3h", "--format", "json")
    return [at for at, _ in got["points"]]


def check_database(daemon):
    with sqlite3.connect(os.path.join(daemon.state, "flinkwatch.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.scenario("demo.json")
def test_sigterm__while_a_poll_hangs__stops_within_a_second(sim, daemon):
    sim.faults({"operation": "GetMetricData", "times": "always", "kind": "hang"})
    daemon.start()
    sim.wait("requests", 1, timeout=30, operation="GetMetricData", pending=1)
    begun = time.monotonic()
    assert daemon.stop() == 0
    assert time.monotonic() - begun < 1.0
    assert not os.path.exists(daemon.socket)
    check_database(daemon)


@pytest.mark.scenario("demo.json")
def test_clock__set_back_by_two_hours__polls_and_heartbeats_go_on(sim, daemon, tmp_path):
    offset = tmp_path / "offset"
    offset.write_text("+7200")
    daemon.environment.update({
        "LD_PRELOAD": faketime(), "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"})
    daemon.config += f"[notifier hook]\ntype = webhook\nwebhook_url = {sim.url}/webhook/in\nheartbeat = 1s\n"
    daemon.start()
    sim.wait("deliveries", 2, timeout=60, service="webhook")
    sim.wait("requests", 2, timeout=60, operation="GetMetricData")
    offset.write_text("+0")
    daemon.wait_log(r"the clock was set back by (7199|7200|7201) s", timeout=60)
    beats, asked = len(sim.deliveries(service="webhook")), len(sim.requests(operation="GetMetricData"))
    sim.wait("deliveries", beats + 3, timeout=60, service="webhook")
    sim.wait("requests", asked + 3, timeout=60, operation="GetMetricData")
    assert daemon.stop() == 0
    check_database(daemon)


@pytest.mark.scenario("demo.json")
def test_restart__after_a_stop__goes_on_without_gap_or_duplicate(sim, daemon):
    daemon.start()
    daemon.wait_log(r"poll finished")
    first = stamps(daemon)
    assert len(first) > 170
    daemon.stop()
    before = len(sim.requests(operation="GetMetricData"))
    daemon.start()
    sim.wait("requests", before + 1, timeout=30, operation="GetMetricData")
    second = stamps(daemon)
    assert len(second) == len(set(second))
    assert set(first) <= set(second)
    spans = [(r["parameters"]["StartTime"], r["parameters"]["EndTime"]) for r in sim.requests(operation="GetMetricData")[before:]
             if r["parameters"]["MetricDataQueries"][0]["MetricStat"]["Period"] == 60]
    # What was settled is not asked for again: at most the last few minutes are.
    assert max(end - start for start, end in spans) < 1200


@pytest.mark.scenario("demo.json")
def test_kill__during_the_first_round__next_start_has_everything_and_pages_once(sim, daemon):
    for n in (1, 3, 6, 9):
        daemon.start()
        sim.wait("requests", n, timeout=30)
        daemon.stop(signal.SIGKILL)
        check_database(daemon)
    daemon.start()
    sim.wait_for(lambda s: len({d["body"].get("Subject", d["body"].get("text")) for d in s.deliveries()}) >= 4, timeout=60)
    ids = [d["body"]["MessageAttributes"]["application"]["StringValue"] for d in sim.deliveries(service="sns")]
    assert sorted(ids) == ["orders", "payments"]
    times = stamps(daemon)
    assert len(times) == len(set(times)) and len(times) > 170
    # Whom nobody watches any more nobody judges again: what is open of them ends.
    daemon.config = daemon.config.replace("region = eu-west-1", "region = eu-west-1\napplications = *, !orders", 1)
    daemon.write_config()
    daemon.send(signal.SIGHUP)
    daemon.wait_log(r"target prod: orders: incident \d+ \(\w+\) is closed: the application is not watched any more")
    open_ones = {i["application"] for i in daemon.incidents()}
    assert "payments" in open_ones and "orders" not in open_ones
    sim.wait_for(lambda s: ("orders", "resolved") in {(d["body"]["MessageAttributes"]["application"]["StringValue"],
                                                       d["body"]["MessageAttributes"]["event"]["StringValue"])
                                                      for d in s.deliveries(service="sns")}, timeout=60)


def test_socket_activation__restart__clients_wait_instead_of_failing(sim, daemon):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(daemon.socket)
        listener.listen()
        daemon.start(listener=listener)
        assert daemon.ask("status")["targets"][0]["name"] == "prod"
        daemon.stop()
        assert os.path.exists(daemon.socket)
        with subprocess.Popen([os.path.join(BUILD, "flinkwatchctl"), "--socket", daemon.socket, "--json", "status"],
                              env=daemon.environment, stdout=subprocess.PIPE, text=True) as client:
            daemon.start(listener=listener)
            assert json.loads(client.communicate(timeout=30)[0])["targets"][0]["name"] == "prod"
        assert client.returncode == 0


def test_socket_activation__of_another_kind__is_refused_in_one_line(sim, daemon):
    with socket.socket(socket.AF_INET) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        daemon.start(listener=listener, wait=False)
        assert daemon.wait() == 78
    assert "expected one ListenStream= with the path of a Unix socket" in daemon.log


@pytest.mark.scenario("demo.json")
def test_reload__neither_configuration_starts__ends_to_be_started_again(sim, daemon):
    daemon.start()
    with sqlite3.connect(os.path.join(daemon.state, "flinkwatch.db"), timeout=20) as db:
        db.execute("ALTER TABLE target RENAME TO taken_away")
    daemon.send(signal.SIGHUP)
    assert daemon.wait() == 75
    assert "the old configuration does not start any more: target prod" in daemon.log
    assert "ending, to be started again" in daemon.log and not os.path.exists(daemon.socket)


def test_second_daemon__same_state__is_refused_with_the_pid(sim, daemon):
    daemon.start()
    done = daemon.run("--oneshot")
    assert done.returncode == 75
    assert str(daemon.process.pid) in done.stderr


def test_service_manager__life_of_the_daemon__is_told(sim, daemon):
    daemon.environment["WATCHDOG_USEC"] = "1000000"
    daemon.start()
    daemon.wait_notify("WATCHDOG=1")
    daemon.send(signal.SIGHUP)
    daemon.wait_notify("RELOADING=1")
    daemon.send(signal.SIGTERM)
    daemon.wait_notify("STOPPING=1")
    assert daemon.wait() == 0


def test_journal__listening__lines_carry_priorities(sim, daemon):
    daemon.environment["JOURNAL_STREAM"] = "8:1"
    daemon.start()
    daemon.stop()
    assert all(line[0] == "<" and line[2] == ">" for line in daemon.log.splitlines())


@pytest.mark.parametrize("arguments,status,word", [
    (["--version"], 0, "flinkwatchd"), (["--help"], 0, "Usage"), (["--bogus"], 64, "help"), (["--log-level", "loud"], 64, "loud"),
])
def test_command_line__options__do_what_they_say(sim, daemon, arguments, status, word):
    done = daemon.run(*arguments)
    assert done.returncode == status and word in done.stdout + done.stderr


@pytest.mark.scenario("demo.json")
def test_operations__asked_in_vain_at_first__are_read_whole_later(sim, daemon):
    sim.faults({"kind": "status", "status": 500, "operation": "ListApplicationOperations", "times": "always"})
    daemon.start()
    daemon.wait_log(r"orders: ListApplicationOperations: ")
    sim.clear_faults()

    def is_known(_):
        with sqlite3.connect(os.path.join(daemon.state, "flinkwatch.db")) as db:
            return db.execute("SELECT count(*) FROM operation WHERE application = 'orders'").fetchone() == (1,)
    sim.wait_for(is_known, timeout=30)
