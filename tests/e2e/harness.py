# SPDX-License-Identifier: Apache-2.0
"""The real flinkwatchd and flinkwatchctl, started for one test. Nothing here sleeps: it waits for messages."""

import glob
import json
import os
import re
import select
import signal
import socket
import subprocess
import time
from datetime import datetime, timezone

import pytest

from simulator.client import Simulator

BUILD = os.environ.get("FLINKWATCH_BUILDDIR", ".")
TIMEOUT = float(os.environ.get("FLINKWATCH_TEST_TIMEOUT", "180"))
Simulator.patience_s = TIMEOUT

CONFIG = """\
[daemon]
state_directory = {state}
socket = {socket}
log_level = debug

[target prod]
region = eu-west-1

[polling]
interval = 1s
backfill = {backfill}

[notifier channel]
type = slack
webhook_url = {url}/services/T0/B0/e2e

[notifier pager]
type = sns
topic_arn = arn:aws:sns:eu-west-1:111122223333:oncall
"""


def faketime():
    """libfaketime, after the sanitizer's runtime where the daemon needs that: for LD_PRELOAD."""
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not found:
        pytest.skip("libfaketime is not installed")
    libraries = subprocess.run(["ldd", os.path.join(BUILD, "flinkwatchd")], capture_output=True, text=True, check=True).stdout
    sanitizers = [line.split()[2] for line in libraries.splitlines() if "libasan" in line]
    return ":".join(sanitizers + found)


class Daemon:
    def __init__(self, sim, directory):
        self.sim = sim
        self.directory = str(directory)
        self.state = os.path.join(self.directory, "state")
        self.socket = os.path.join(self.directory, "s")
        self.config_path = os.path.join(self.directory, "flinkwatch.conf")
        self.config = CONFIG.format(state=self.state, socket=self.socket, url=sim.url, backfill="3h")
        self.environment = {"PATH": os.environ["PATH"], **sim.environment()}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        self.wrapper = os.environ.get("FLINKWATCH_TEST_WRAPPER", "").split()  # a program that runs the daemon
        self.process = None
        self.rate = 1
        self.log = ""
        self._notify = None
        self._messages = ""

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        status = self.stop() if self.process else 0
        if kind is None:
            assert status in (0, -signal.SIGKILL), f"flinkwatchd ended with {status}:\n{self.log}"
        else:
            print(self.log[-20000:])

    def write_config(self):
        os.makedirs(self.state, exist_ok=True)
        with open(self.config_path, "w", encoding="utf-8") as file:
            file.write(self.config)

    def follow_clock(self, rate=1):
        """From now on the daemon has the simulator's time, which passes `rate` times as fast."""
        self.rate = rate
        self.environment.update({
            "LD_PRELOAD": faketime(), "FAKETIME": f"{self._simulated_now()} x{rate}", "FAKETIME_DONT_RESET": "1", "TZ": "UTC",
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"})

    def _simulated_now(self):
        return f"@{datetime.fromtimestamp(self.sim.clock()['now'], timezone.utc):%Y-%m-%d %H:%M:%S}"

    def start(self, *arguments, wait=True, listener=None):
        """Start in the background; wait=True returns when it said READY=1. listener: a socket to hand over as systemd does."""
        self.write_config()
        path = os.path.join(self.directory, "notify")
        if os.path.exists(path):
            os.unlink(path)
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(path)
        self._messages = ""
        command = [*self.wrapper, os.path.join(BUILD, "flinkwatchd"), "-c", self.config_path, *arguments]
        if listener:
            command = ["sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" 3<&0 </dev/null', "sh", *command]
        self.process = subprocess.Popen(command, env={**self.environment, "NOTIFY_SOCKET": path}, stdin=listener,
                                        stderr=subprocess.PIPE)
        os.set_blocking(self.process.stderr.fileno(), False)
        if wait:
            self.wait_notify("READY=1")
        return self

    def run(self, *arguments, timeout=TIMEOUT):
        """Run to the end (--oneshot, --check-config): the completed process; its stderr is also added to the log."""
        self.write_config()
        done = subprocess.run([*self.wrapper, os.path.join(BUILD, "flinkwatchd"), "-c", self.config_path, *arguments], env=self.environment,
                              capture_output=True, text=True, timeout=timeout, check=False)
        self.log += done.stderr
        return done

    def _pump(self, deadline):
        """Wait for something new on stderr or from sd_notify, and take it. False when time is up or the daemon is gone."""
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        readable, _, _ = select.select([self.process.stderr, self._notify], [], [], left)
        if self._notify in readable:
            self._messages += self._notify.recv(65536).decode() + "\n"
        if self.process.stderr in readable:
            data = self.process.stderr.read()
            if data == b"":
                return False
            self.log += data.decode(errors="replace") if data else ""
        return bool(readable)

    def drain(self):
        """Take what it wrote meanwhile: a full pipe would stop it."""
        while self._pump(time.monotonic() + 0.01):
            pass

    def wait_notify(self, text, timeout=TIMEOUT):
        deadline = time.monotonic() + timeout
        while text not in self._messages:
            assert self._pump(deadline), f"no {text} from flinkwatchd:\n{self.log}"
        self._messages = ""

    def wait_log(self, pattern, timeout=TIMEOUT, since=0):
        """The first match of a regular expression in the log from offset `since` on."""
        deadline = time.monotonic() + timeout
        while not (found := re.search(pattern, self.log[since:], re.MULTILINE)):
            assert self._pump(deadline), f"no line like {pattern!r} in the log:\n{self.log}"
        return found

    def send(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=TIMEOUT):
        """The exit status, after everything it wrote was read."""
        deadline = time.monotonic() + timeout
        while self._pump(deadline):
            pass
        status = self.process.wait(max(0.1, deadline - time.monotonic()))
        self.process.stderr.close()
        self._notify.close()
        self.process = None
        return status

    def stop(self, number=signal.SIGTERM, timeout=TIMEOUT):
        if self.process.poll() is None:
            self.send(number)
        return self.wait(timeout)

    def ctl(self, *arguments, check=True, **options):
        """flinkwatchctl's completed process."""
        environment = {**self.environment, "TZ": "UTC", "LC_ALL": "C.UTF-8", **options.pop("environment", {})}
        if self.rate != 1:      # its patience is that of a person
            environment["FAKETIME"] = self._simulated_now()
        done = subprocess.run([os.path.join(BUILD, "flinkwatchctl"), "--socket", self.socket, *arguments], env=environment,
                              capture_output=True, text=True, timeout=TIMEOUT, check=False, **options)
        if check:
            assert done.returncode == 0, f"flinkwatchctl {arguments}: {done.returncode}\n{done.stdout}{done.stderr}\n{self.log[-8000:]}"
        return done

    def ask(self, *arguments):
        """What flinkwatchctl --json prints, parsed."""
        return json.loads(self.ctl("--json", *arguments).stdout)

    def incidents(self, *arguments):
        return self.ask("incidents", *arguments)
