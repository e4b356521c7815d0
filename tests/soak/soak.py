# SPDX-License-Identifier: Apache-2.0
"""Simulated weeks with every fault of the simulator at random: is memory flat, are descriptors flat, is an incident missed?

    scripts/soak [--days 14] [--rate 300] [--seed 1]

The daemon runs under libfaketime, the simulator at the same rate: a request that it needs 0.1 s for takes the daemon 30 s, which is its
patience. Ends with a table, and with status 1 when a bar is missed."""

import argparse
import json
import os
import random
import sys
import tempfile
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, TESTS)
sys.path.insert(0, os.path.join(TESTS, "e2e"))

from fleet import CALM, TOO_SLOW, parts, scenario, webhook_messages  # noqa: E402
from harness import Daemon  # noqa: E402
from simulator.client import Simulator  # noqa: E402

APPLICATIONS = 4
FAIL_EVERY_MIN, FAIL_FOR_MIN = 31 * 60, 70  # each application, in turn
WARM_UP_DAYS = 3  # caches fill, the backfill is packed
POLL = "1m"  # what the diagnosers need comes at each tenth: an incident of FAIL_FOR_MIN cannot be over before it is read
BYTES_A_SAMPLE = 3.5  # packed, with its hours: values with noise in all their digits (1.7 for those of the store's bench, which are calmer)
BYTES_FIXED = 4 << 20  # the write-ahead log, the journal of the newest hours, incidents, free pages

CONFIG = """\
[daemon]
state_directory = {state}
socket = {socket}
log_level = error

[target prod]
region = eu-west-1

[polling]
interval = {poll}
backfill = 1h

[notifier hook]
type = webhook
webhook_url = {url}/webhook/soak
digest_applications = 0
rate_limit = 0
repeat_interval = 0
"""

FAULTS = [
    {"kind": "throttle"}, {"kind": "status", "status": 500}, {"kind": "status", "status": 503, "retry_after": 5},
    {"kind": "error", "code": "InternalFailure", "message": "no", "status": 500}, {"kind": "html"}, {"kind": "reset", "when": "before"},
    {"kind": "reset", "when": "after"}, {"kind": "hang"}, {"kind": "big_body", "megabytes": 9}, {"kind": "expired_token"},
    {"kind": "empty_body"}, {"kind": "slow", "delay": 0.05}, {"kind": "trickle", "bytes": 64, "delay": 0.001}, {"kind": "truncate"},
    {"kind": "bad_json"}, {"kind": "wrong_content_type"}, {"kind": "skew", "seconds": 1200}, {"kind": "vary"}, {"kind": "close"},
]
SERVICES = ["cloudwatch", "kinesisanalyticsv2", "webhook"]


def lives(days):
    """{application: [(from minute, to minute) in which its checkpoints are too slow]}"""
    end = days * 1440 - 240
    windows = {}
    for k in range(APPLICATIONS):
        first = 300 + k * FAIL_EVERY_MIN // APPLICATIONS
        windows[f"application-{k}"] = [(at, at + FAIL_FOR_MIN) for at in range(first, end - FAIL_FOR_MIN, FAIL_EVERY_MIN)]
    return windows


def pieces(windows):
    flat = []
    for begin, end in windows:
        flat += [(begin, CALM), (end, TOO_SLOW)]
    return tuple(flat + [(10 ** 7, CALM)])


class Watch:
    """What the process uses, noted once a simulated day."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.rows = []

    def note(self, day):
        folder = f"/proc/{self.daemon.process.pid}"
        with open(folder + "/status", encoding="utf-8") as status:
            rss = next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
        files = len(os.listdir(folder + "/fd"))
        size = sum(entry.stat().st_size for entry in os.scandir(self.daemon.state) if entry.is_file())
        self.rows.append((day, rss, files, size))
        print(f"day {day:4.0f}   {rss / 1024:7.1f} MiB resident   {files:3} descriptors   {size / 1048576:7.1f} MiB stored", flush=True)


def run(sim, daemon, days, rate, chance):
    watch = Watch(daemon)
    begin = sim.clock()["now"]
    n_faults = 0
    while (day := (sim.clock()["now"] - begin) / 86400) < days:
        if day >= len(watch.rows):
            watch.note(day)
        fault = dict(chance.choice(FAULTS), service=chance.choice(SERVICES), times=chance.randint(1, 3))
        sim.faults(fault)
        n_faults += 1
        daemon.drain()
        time.sleep(chance.uniform(1, 240) * 60 / rate)  # how far faults are apart; nothing is waited for
    sim.control("DELETE", "faults")
    watch.note(days)
    return watch.rows, n_faults


def pages(sim, windows):
    """(missed, repeated, not asked for); says of which applications some were missed, and which were told."""
    opened = {}
    extra = []
    for message in webhook_messages(sim):
        for part in parts(message):
            incident = part.get("incident")
            if part["event"] == "opened" and incident and incident["severity"] != "info":
                if incident["diagnoser"] == "checkpoint_duration":
                    opened.setdefault(incident["application"], set()).add((incident["id"], incident["onset_at"]))
                else:
                    extra.append((incident["application"], incident["diagnoser"], incident["title"]))
    for name, expected in windows.items():
        if len(opened.get(name, ())) < len(expected):
            print(f"{name}: expected after {[begin for begin, _ in expected]} minutes, told with onset {sorted(onset for _, onset in opened.get(name, ()))}")
    missed = sum(max(0, len(expected) - len(opened.get(name, ()))) for name, expected in windows.items())
    repeated = sum(max(0, len(opened.get(name, ())) - len(expected)) for name, expected in windows.items())
    return missed, repeated, extra


def count_series(daemon, windows):
    """By a client with an ordinary clock, whose patience would be over at once else."""
    return sum(len(json.loads(daemon.ctl("--json", "metrics", "--app", name, environment={"LD_PRELOAD": ""}).stdout)) for name in windows)


def judge(rows, sim, windows, days, n_faults, n_series):
    base = next(row for row in rows if row[0] >= WARM_UP_DAYS)
    last = rows[-1]
    predicted = BYTES_FIXED + n_series * days * 1440 * BYTES_A_SAMPLE
    missed, repeated, extra = pages(sim, windows)
    table = [
        ("resident at the end / after the warm-up", last[1] / base[1], 1.15),
        ("descriptors at the end - after the warm-up", last[2] - base[2], 8),
        ("stored / predicted", last[3] / predicted, 1.0),
        ("incidents missed", missed, 0),
        ("incidents told twice", repeated, 0),
        ("pages that nobody asked for", len(extra), 0),
    ]
    print(f"\n{days} days, {APPLICATIONS} applications, {sum(map(len, windows.values()))} incidents, {n_faults} faults")
    for name, value, most in table:
        print(f"{name:45} {value:8.2f}   at most {most:5}   {'met' if value <= most else 'MISSED'}")
    for line in extra[:20]:
        print("  ", *line)
    return all(value <= most for _, value, most in table)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--rate", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    windows = lives(options.days)
    played = scenario({name: pieces(spans) for name, spans in windows.items()})
    with tempfile.TemporaryDirectory(prefix="flinkwatch-soak-") as directory, Simulator(played, rate=options.rate) as sim:
        with Daemon(sim, directory) as daemon:
            daemon.config = CONFIG.format(state=daemon.state, socket=daemon.socket, url=sim.url, poll=POLL)
            daemon.follow_clock(options.rate)
            daemon.start()
            rows, n_faults = run(sim, daemon, options.days, options.rate, random.Random(options.seed))
            is_met = judge(rows, sim, windows, options.days, n_faults, count_series(daemon, windows))
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
