# SPDX-License-Identifier: Apache-2.0
"""exchange_driver, run against a simulator: one operation a run, the environment is all that it knows."""

import json
import os
import subprocess

BUILD = os.environ.get("FLINKWATCH_BUILDDIR", ".")
REGION = "eu-west-1"
ACCOUNT = "111122223333"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:oncall"
GROUP = "/aws/kinesis-analytics/orders"
STREAM = "kinesis-analytics-log-stream"
SANITIZERS = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")


class Done:
    """What a run printed; `all` is everything that a person could get to see of it."""

    def __init__(self, answer, log):
        self.answer = answer
        self.log = log
        self.all = json.dumps(answer) + log

    def __getattr__(self, name):
        return self.answer[name]

    def __repr__(self):
        return f"{self.answer}\n{self.log[-4000:]}"


def environment(sim, **more):
    """For the driver: the simulator's, and what the sanitizers need. None takes a variable away."""
    base = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **sim.environment()}
    base.update({name: os.environ[name] for name in SANITIZERS if name in os.environ})
    # What was freed is given back, so that the memory used is the program's.
    base["ASAN_OPTIONS"] = base.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
    base.update(more)
    return {name: value for name, value in base.items() if value is not None}


def run(arguments, variables, timeout=60):
    """One run to its end. A crash, a leak or a sanitizer's report fails here."""
    done = subprocess.run([os.path.join(BUILD, "tests/e2e/exchange_driver"), *map(str, arguments)], env=variables,
                          capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, f"exchange_driver {arguments}: {done.returncode}\n{done.stdout}{done.stderr[-8000:]}"
    return Done(json.loads(done.stdout), done.stderr)
