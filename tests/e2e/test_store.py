# SPDX-License-Identifier: Apache-2.0
"""What is kept: samples are folded while the daemon runs, a damaged database is replaced and filled again, a full disk is survived."""

import glob
import os
import shutil
import signal
import sqlite3
import subprocess
from datetime import datetime

import pytest

PAGE_BYTES = 2048
FULL_BYTES = 8 << 20


def path_of(daemon):
    return os.path.join(daemon.state, "flinkwatch.db")


def query(daemon, sql):
    with sqlite3.connect(path_of(daemon)) as db:
        return db.execute(sql).fetchall()


def points(daemon, since="3h", app="payments", metric="lastCheckpointDuration"):
    return daemon.ask("history", "--app", app, "--metric", metric, "--since", since, "--format", "json")["points"]


def wait_folded(daemon, table):
    """Each poll ends with a line in the log: the table is looked at then."""
    seen = 0
    while not query(daemon, f"SELECT 1 FROM {table} LIMIT 1"):
        found = daemon.wait_log(r"poll finished", since=seen)
        seen += found.end()


@pytest.mark.scenario("demo.json", now="2026-03-10T20:00:00Z")
def test_upkeep__hours_then_a_day_go_by__folded_and_packed_and_the_same(sim, daemon):
    daemon.follow_clock()
    assert daemon.run("--oneshot").returncode == 0
    assert query(daemon, "SELECT count(*) FROM run_list") == [(0,)]
    sim.set_clock(now="2026-03-10T22:30:00Z")
    daemon.follow_clock()
    daemon.start()
    first = points(daemon, "6h")
    wait_folded(daemon, "run_list")
    sim.wait_for(lambda s: len(points(daemon, "6h")) > 320, timeout=60)
    before = points(daemon, "6h")[:-3]      # the newest may still change
    assert len(first) >= 180 and len(before) > 300 and before[:180] == first[:180]
    daemon.stop()
    sim.set_clock(now="2026-03-11T00:45:00Z")
    daemon.follow_clock()
    daemon.start()
    wait_folded(daemon, "day")
    assert points(daemon, "9h")[:len(before)] == before


@pytest.mark.scenario("demo.json", now="2026-03-10T20:00:00Z")
def test_upkeep__oneshot_each_few_hours__folds_too(sim, daemon):
    for hour in (20, 23):
        sim.set_clock(now=f"2026-03-10T{hour}:00:00Z")
        daemon.follow_clock()
        assert daemon.run("--oneshot").returncode == 0
    assert query(daemon, "SELECT count(*) FROM run_list") == [(1,)]


def overwrite_header(daemon):
    with open(path_of(daemon), "r+b") as file:
        file.write(b"not a database at all, whatever it may have been before".ljust(100))


def overwrite_pages(daemon):
    """Every tree of the file but the schema's."""
    pages = [number for number, in query(daemon, "SELECT rootpage FROM sqlite_schema WHERE rootpage > 1")]
    with open(path_of(daemon), "r+b") as file:
        for page in pages:
            file.seek((page - 1) * PAGE_BYTES)
            file.write(b"\xff" * PAGE_BYTES)


def cut_in_half(daemon):
    os.truncate(path_of(daemon), os.path.getsize(path_of(daemon)) // PAGE_BYTES // 2 * PAGE_BYTES)


@pytest.mark.scenario("demo.json")
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
@pytest.mark.parametrize("damage", [overwrite_header, overwrite_pages, cut_in_half])
def test_database__damaged_between_two_runs__moved_aside_and_filled_again(sim, daemon, damage, ending):
    daemon.start()
    daemon.wait_log(r"poll finished")
    before = points(daemon)
    daemon.stop(ending)
    with sqlite3.connect(path_of(daemon)) as db:    # what is in the write-ahead log is brought into the file, to be damaged with it
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    damage(daemon)
    seen = len(daemon.log)
    daemon.start()
    daemon.wait_log(r"flinkwatch\.db was damaged and has been moved aside", since=seen)
    daemon.wait_log(r"poll finished", since=seen)
    again = dict(points(daemon))
    assert len(before) > 100
    assert all(again[at] == pytest.approx(value) for at, value in before if at in again)
    assert len(set(again) & {at for at, _ in before}) >= len(before) - 2
    assert os.path.exists(path_of(daemon) + ".corrupt-1")
    assert query(daemon, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.scenario("demo.json", rate=60)
def test_database__found_damaged_in_use__the_same_process_begins_anew(sim, daemon):
    """The tables of incidents are not looked at by a start after an orderly stop."""
    daemon.follow_clock(60)
    daemon.config = daemon.config.replace("interval = 1s", "interval = 60s")
    daemon.start()
    daemon.wait_log(r"poll finished")
    daemon.stop()
    (page,), = query(daemon, "SELECT rootpage FROM sqlite_schema WHERE name = 'incident'")
    with open(path_of(daemon), "r+b") as file:
        file.seek((page - 1) * PAGE_BYTES)
        file.write(b"\xff" * PAGE_BYTES)
    seen = len(daemon.log)
    daemon.follow_clock(60)
    daemon.start()
    pid = daemon.process.pid
    daemon.wait_log(r"the database is damaged: .*: beginning anew", since=seen)
    daemon.wait_log(r"has been moved aside", since=seen)
    seen = len(daemon.log)
    daemon.wait_log(r"poll finished", since=seen)
    assert len(points(daemon)) > 100
    assert daemon.process.pid == pid and daemon.process.poll() is None
    assert daemon.ask("incidents")


def full_disk(daemon):
    """Lets the daemon run where its state lies on a file system of a few megabytes; only it sees that file system."""
    if subprocess.run(["unshare", "--map-root-user", "--mount", "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("no mount namespaces here")
    os.makedirs(daemon.state, exist_ok=True)
    preload = daemon.environment.pop("LD_PRELOAD", "")     # not for mount(8)
    mount = f'mount -t tmpfs -o size={FULL_BYTES} none "$0" && LD_PRELOAD={preload} exec "$@"'
    daemon.wrapper = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, daemon.state]


def fill(directory):
    with open(os.path.join(directory, "filler"), "wb", buffering=0) as file:
        for size in (65536, 4096):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                pass
    assert shutil.disk_usage(directory).free == 0


@pytest.mark.scenario("demo.json", rate=60)
def test_disk__full_then_not__says_so_keeps_all_and_goes_on_without_a_gap(sim, daemon):
    daemon.follow_clock(60)
    daemon.config = daemon.config.replace("interval = 1s", "interval = 60s")
    full_disk(daemon)
    daemon.start()
    daemon.wait_log(r"poll finished")
    state = f"/proc/{daemon.process.pid}/root{daemon.state}"
    before = points(daemon)
    assert len(before) > 100
    fill(state)
    daemon.wait_log(r"could not be stored: the disk is full: make room where .*/flinkwatch\.db is")
    for _ in range(3):
        seen = len(daemon.log)
        daemon.wait_log(r"poll finished", since=seen)
        daemon.wait_log(r"poll finished", since=seen)
    assert set(map(tuple, before)) <= set(map(tuple, points(daemon, "6h"))), "what was stored is there"
    assert "full" in daemon.ctl("status").stdout
    seen = len(daemon.log)
    os.unlink(os.path.join(state, "filler"))
    daemon.wait_log(r"works again after", since=seen)
    sim.wait_for(lambda s: len(points(daemon, "6h")) > len(before) + 5, timeout=60)
    after = points(daemon, "6h")
    assert set(map(tuple, before)) <= set(map(tuple, after))
    minutes = [datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp() / 60 for at, _ in after]
    assert minutes == [minutes[0] + i for i in range(len(minutes))], "no gap"
    assert glob.glob(os.path.join(state, "*.corrupt-*")) == []


@pytest.mark.scenario({"region": "eu-west-1", "account": "111122223333", "topics": [{"arn": "arn:aws:sns:eu-west-1:111122223333:oncall"}],
                       "applications": [{"name": "payments", "runtime": "FLINK-1_20", "job": {"kind": "healthy"}}]})
def test_backfill__large_pages__every_point_is_kept(sim, daemon):
    """They are stored in slices between other work."""
    daemon.config = daemon.config.replace("backfill = 3h", "backfill = 15d")
    daemon.start()
    daemon.wait_log(r"poll finished", timeout=180)
    queries = max(len(r["parameters"]["MetricDataQueries"]) for r in sim.requests(operation="GetMetricData"))
    assert queries * 15 * 1440 > 80000
    for metric, statistic in (("lastCheckpointDuration", "Maximum"), ("cpuUtilization", "Maximum")):
        served = sim.series(metric, {"Application": "payments"}, start="-14d", period=60, statistic=statistic)[1:-5]
        kept = {datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp(): value
                for at, value in points(daemon, "14d", "payments", metric)}
        assert len(served) > 20000
        assert all(kept[at] == pytest.approx(value) for at, value in served)
