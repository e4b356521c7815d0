# SPDX-License-Identifier: Apache-2.0
"""What flinkwatchd costs while nothing happens: the real daemon with ten healthy applications and its default interval against the simulator,
from /proc after the first start has been digested: idle.py [MINUTES]"""

import os
import platform
import sys
import tempfile
import time

TOP = os.environ.get("FLINKWATCH_SRCDIR", os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.path[:0] = [os.path.join(TOP, "tests"), os.path.join(TOP, "tests", "e2e")]

from harness import Daemon  # noqa: E402
from simulator.client import Simulator  # noqa: E402

APPLICATIONS = 10
BARS = {"CPU, of one core": (0.2, "%"), "wake-ups a minute": (30, ""), "resident memory": (20, "MiB")}


def cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else platform.machine()


def usage(pid):
    """Seconds of CPU, times that the daemon went to sleep, resident MiB."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        status = dict(line.split(":", 1) for line in file)
    ticks = os.sysconf("SC_CLK_TCK")
    return (int(fields[11]) + int(fields[12])) / ticks, int(status["voluntary_ctxt_switches"]), int(status["VmRSS"].split()[0]) / 1024


def wait_rounds(daemon, count):
    for _ in range(count):
        daemon.wait_log("poll finished", timeout=200, since=len(daemon.log))


def main():
    minutes = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    scenario = {"region": "eu-west-1", "account": "111122223333", "applications": [
        {"name": f"app-{i}", "runtime": "FLINK-1_20" if i % 2 else "FLINK-2_2", "changed": "-30d", "job": {"kind": "healthy"}}
        for i in range(APPLICATIONS)]}
    with Simulator(scenario) as sim, tempfile.TemporaryDirectory() as directory, Daemon(sim, directory) as daemon:
        daemon.config = daemon.config.replace("interval = 1s", "interval = 60s").replace("backfill = 3h", "backfill = 15d")
        daemon.run("--oneshot", timeout=300)  # the first start and its fifteen days
        daemon.start()
        wait_rounds(daemon, 2)
        pid, began = daemon.process.pid, time.monotonic()
        cpu_s, sleeps, _ = usage(pid)
        wait_rounds(daemon, minutes)
        now_cpu_s, now_sleeps, resident = usage(pid)
        took_s = time.monotonic() - began
        requests = len(sim.requests())
    figures = ((now_cpu_s - cpu_s) / took_s * 100, (now_sleeps - sleeps) / took_s * 60, resident)
    print(f"machine: {cpu_model()}, {os.cpu_count()} cores")
    print(f"{APPLICATIONS} applications at rest for {took_s:.0f} s ({requests} requests since the start)")
    missed = 0
    for (name, (most, unit)), figure in zip(BARS.items(), figures):
        is_met = figure < most
        missed += not is_met
        print(f"  {name:<58} {figure:9.3f} {unit:<4} (bar {most}: {'met' if is_met else 'MISSED'})")
    return missed > 0


if __name__ == "__main__":
    sys.exit(main())
