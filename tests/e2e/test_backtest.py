# SPDX-License-Identifier: Apache-2.0
"""backtest: the stored history judged anew, with these settings or others; nothing is stored or told."""

import json
import os
import sqlite3
import time
from datetime import datetime

import pytest


def epoch(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").timestamp()


def brief(incidents):
    return sorted((i["application"], i["diagnoser"], i["severity"]) for i in incidents if not i["quiet"] and i["severity"] != "info")


def kept(daemon):
    """All that is stored of incidents."""
    with sqlite3.connect(os.path.join(daemon.state, "flinkwatch.db")) as db:
        return [db.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in ("incident", "outbox", "timeline", "evidence")]


def pending(daemon):
    with sqlite3.connect(os.path.join(daemon.state, "flinkwatch.db")) as db:
        return db.execute("SELECT count(*) FROM outbox WHERE state = 0").fetchone()[0]


@pytest.fixture
def watching(sim, daemon):
    """A daemon that has filled days of history and told of what it found."""
    daemon.config += "[storage]\nretention = 5d\n"
    daemon.config = daemon.config.replace("backfill = 3h", "backfill = 4d").replace("interval = 1s", "interval = 10m")
    daemon.start()
    sim.wait("deliveries", 4, timeout=60)
    daemon.wait_log(r"poll finished")
    sim.wait_for(lambda _: not pending(daemon), timeout=30)
    return daemon


@pytest.mark.scenario("demo.json")
def test_backtest__own_settings__finds_what_was_found_and_changes_nothing(sim, watching):
    before, told, asked = kept(watching), len(sim.deliveries()), len(sim.requests())
    found = watching.ask("backtest", "--since", "3d")
    assert brief(found) == [("orders", "restart_loop", "critical"), ("payments", "checkpoint_duration", "warning")]
    recorded = {i["application"]: i for i in watching.incidents() if i["severity"] != "info" and not i["quiet"]}
    pages = [i for i in found if i["severity"] != "info" and not i["quiet"]]
    for incident in pages:
        assert incident["onset_at"] == recorded[incident["application"]]["onset_at"]
        assert incident["resolved_at"] is None and incident["title"] and incident["advice"]
    loop = next(i for i in pages if i["diagnoser"] == "restart_loop")
    # Each looks at the past every five minutes, at instants of its own.
    assert abs(epoch(loop["opened_at"]) - epoch(recorded["orders"]["opened_at"])) <= 300
    assert kept(watching) == before and len(sim.deliveries()) == told and len(sim.requests()) == asked


@pytest.mark.scenario("demo.json")
def test_backtest__other_settings__are_those_of_the_file(sim, watching, tmp_path):
    path = tmp_path / "try.conf"
    path.write_text("[notifier secret]\ntype = slack\nwebhook_url_file = /not/there\n\n[application payments]\ncheckpoint_duration.warning_ratio = 0.98\n"
                    "\n[diagnoser restart_loop]\nenabled = no\n\n[diagnoser downtime]\nenabled = no\n", encoding="utf-8")
    path.chmod(0o600)
    found = watching.ask("backtest", "--app", "pay*", "--config", str(path))
    assert brief(found) == []
    text = watching.ctl("backtest", "--config", str(path)).stdout
    assert "payments: warning checkpoint_duration" in text.split("Not found:")[1]
    assert "orders: critical restart_loop" not in text.split("These settings")[0]


@pytest.mark.scenario("demo.json")
def test_backtest__on_a_terminal_or_in_a_pipe__says_the_difference(sim, watching):
    text = watching.ctl("backtest", "--since", "3d").stdout
    assert "RECORDED" in text and "restart_loop" in text
    assert ": 2 pages, " in text and "Recorded in that time:" in text and "application 1 of" not in text


@pytest.mark.parametrize("content,fault", [
    ("\n[diagnoser checkpoint_duration]\nwarning_ratoi = 0.7\n", "{path}:3: unknown key warning_ratoi: did you mean warning_ratio?"),
    ("[diagnosr checkpoint_duration]\n", "{path}:1: unknown section diagnosr: did you mean diagnoser?"),
    ("[target x]\nregion = r\n[application a]\n[application b]\nseverity_cap = loud\n", "{path}:5: severity_cap = loud: expected info, warning or critical"),
])
def test_config__fault__is_told_with_file_and_line(sim, daemon, tmp_path, content, fault):
    daemon.start()
    daemon.wait_log(r"poll finished")
    path = tmp_path / "try.conf"
    path.write_text(content, encoding="utf-8")
    done = daemon.ctl("backtest", "--config", str(path), check=False)
    assert done.returncode == 1 and fault.format(path=path) in done.stderr


def test_wrong__no_such_file_or_application__is_refused(sim, daemon):
    daemon.start()
    daemon.wait_log(r"poll finished")
    done = daemon.ctl("backtest", "--config", "/not/there", check=False)
    assert done.returncode == 1 and "/not/there cannot be read: No such file or directory" in done.stderr
    assert daemon.ctl("backtest", "--app", "nothing-*", check=False).returncode == 1
    assert brief(json.loads(daemon.ctl("--json", "backtest", "--since", "1h").stdout)) == []


@pytest.mark.scenario("demo.json")
def test_backtest__longer_than_anything_is_kept__begins_where_history_does(sim, watching):
    found = watching.ask("backtest", "--since", "1970-01-02T00:00:00Z")
    assert brief(found) == brief(watching.ask("backtest", "--since", "5d"))
    # Four days are stored of the five that are kept: there is nothing to judge in the first.
    ran = [epoch(i["opened_at"]) for i in found if i["application"] != "billing"]
    assert min(ran) > time.time() - 4.1 * 86400
