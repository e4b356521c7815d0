# SPDX-License-Identifier: Apache-2.0
"""Every request is what botocore's service models allow, and every answer that they allow is understood or refused cleanly.

The simulator checks each request against the models and keeps what does not fit under violations; its `vary` makes of each answer another
one that the models allow too: optional members absent or null, members and enum values that nobody knows yet, timestamps in all forms."""

import itertools
import json
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from exchange import ACCOUNT, GROUP, STREAM, TOPIC, environment, run
from harness import Daemon
from simulator.client import Simulator
from simulator.shapes import load_model

HOUR_S = 3600
TO_MS = (int(time.time()) // HOUR_S - 1) * HOUR_S * 1000
FROM_MS = TO_MS - 2 * HOUR_S * 1000
SEEDS = range(1, 21)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/watcher"
EXTERNAL_ID = "external-id-of-the-contract"

# what the driver does: (service, operations whose answers it reads)
READS = {
    "metrics": ("cloudwatch", ["GetMetricData"]),
    "series_list": ("cloudwatch", ["ListMetrics"]),
    "discovery": ("kinesisanalyticsv2", ["ListApplications"]),
    "applications": ("kinesisanalyticsv2", ["DescribeApplication"]),
    "operations": ("kinesisanalyticsv2", ["ListApplicationOperations", "DescribeApplicationOperation"]),
    "snapshots": ("kinesisanalyticsv2", ["ListApplicationSnapshots"]),
    "logs": ("logs", ["FilterLogEvents"]),
    "log_streams": ("logs", ["DescribeLogStreams"]),
    "identity": ("sts", ["GetCallerIdentity"]),
}
# Nothing is lost by these.
HARMLESS = {"kind": "vary", "times": "always", "unknown_members": True, "unknown_enums": 0.3}
HARMFUL = {"kind": "vary", "times": "always", "unknown_members": True, "unknown_enums": 0.2, "drop": 0.15, "nulls": 0.15,
           "timestamps": "mixed"}
KEYS = {f"ASIACONTRACT{n:06}": {"access_key_id": f"ASIACONTRACT{n:06}", "secret_access_key": f"secret-{n}",
                                "arn": f"arn:aws:iam::{ACCOUNT}:user/contract"} for n in range(len(SEEDS) * len(READS) * 2)}

# Many pages of everything.
SCENARIO = {
    "account": ACCOUNT,
    "applications": [{
        "name": name, "runtime": "FLINK-1_20", "job": {"kind": "healthy"}, "metrics_level": "TASK",
        "operations": [{"id": f"op{i}", "operation": "UpdateApplication", "start": f"-{i + 1}h", "duration": "4m", "status": "FAILED",
                        "error": f"failure {i}", "version_from": i + 1, "version_to": i + 2} for i in range(5)],
        "snapshots": [{"name": f"s{i}", "created": f"-{i + 1}d"} for i in range(5)]} for name in ("orders", "payments", "clicks")],
    "credentials": [{"access_key_id": "AKIDSIMULATOR", "secret_access_key": "simulator-secret-access-key"}, *KEYS.values()],
    "roles": [{"arn": ROLE, "external_id": EXTERNAL_ID}],
    "settings": {"msf_page": 2, "metrics_per_page": 7, "logs_events_per_page": 100, "logs_streams_per_page": 1, "logs_empty_pages": 2,
                 "metric_datapoints_per_page": 500, "metric_pages": "interleaved"},
}
ARGUMENTS = ["--application", "orders", "--log-group", GROUP, "--log-stream", STREAM, "--from-ms", FROM_MS, "--to-ms", TO_MS,
             "--topic-arn", TOPIC]


@pytest.fixture(scope="module")
def world():
    """One simulator for all that does not change it."""
    with Simulator(SCENARIO) as sim:
        yield sim
        assert sim.violations() == []


def play(sim, operation, key=None, arguments=ARGUMENTS):
    keys = {"AWS_ACCESS_KEY_ID": key["access_key_id"], "AWS_SECRET_ACCESS_KEY": key["secret_access_key"]} if key else {}
    return run([*arguments, operation], environment(sim, **keys))


# Requests.

@pytest.mark.parametrize("operation", [*READS, "publish"])
def test_request__each_operation__fits_the_model(world, operation):
    done = play(world, operation)
    assert done.result == "0" and done.outcome in (None, "delivered"), done
    assert world.violations() == []


def test_request__optional_members__fit_the_model(world):
    """What the daemon only says at times."""
    for operation, *more in (["series_list"], ["logs", "--log-filter", "?ERROR ?\"a b\""], ["log_streams"], ["operations"],
                             ["keys", "--role-arn", ROLE, "--external-id", EXTERNAL_ID]):
        arguments = ["--log-group", GROUP, "--from-ms", FROM_MS, "--to-ms", TO_MS, *more]
        if operation in ("logs", "operations"):
            arguments += ["--application", "orders"]
        done = play(world, operation, arguments=arguments)
        assert done.result == "0", done
    assert world.violations() == []


def test_pages__of_all_operations__nothing_is_lost(world):
    """Small pages bring the same as one large page."""
    with Simulator({**SCENARIO, "settings": {}}) as large:
        for operation in READS:
            small, whole = play(world, operation), play(large, operation)
            assert small.batch == {**whole.batch, "sum": small.batch["sum"]}, operation
            assert small.batch["sum"] == pytest.approx(whole.batch["sum"], rel=1e-6)
            assert operation in ("applications", "identity", "log_streams") or small.requests > whole.requests, operation


# Answers.

@pytest.mark.parametrize("operation", ["metrics", "series_list"])
def test_cloudwatch__understands_forms_only__asked_in_them_from_then_on(world, operation):
    with Simulator({**SCENARIO, "settings": {**SCENARIO["settings"], "cloudwatch_knows_forms_only": True}}) as old:
        done = play(old, operation)
        asked = [r["protocol"] for r in old.requests(service="cloudwatch")]
        assert old.violations() == []
    plain = play(world, operation).batch
    # the two simulators were not started in the same moment: their jobs are not of quite the same age
    assert done.result == "0" and done.batch == {**plain, "sum": pytest.approx(plain["sum"], rel=1e-6)}, done
    assert asked[0] == "json" and set(asked[1:]) == {"query"} and len(asked) > 2, "several pages, and the first refused once"
    assert done.log.count("is asked in the query protocol") == 1


def member_names(service, operations):
    """All members at any depth of what these operations answer."""
    names, model = set(), load_model(service)

    def walk(shape, seen):
        if shape.name in seen:
            return
        if shape.type_name == "structure":
            for name, member in shape.members.items():
                names.add(name)
                walk(member, seen | {shape.name})
        elif shape.type_name == "list":
            walk(shape.member, seen | {shape.name})
    for operation in operations:
        walk(model.operation_model(operation).output_shape, set())
    return names


@pytest.fixture(scope="module")
def varied(world):
    """{(driver's operation, seed, is harmful): Done}, run side by side; each run has keys of its own."""
    jobs = list(zip(itertools.product(READS, SEEDS, (False, True)), KEYS.values()))
    faults = []
    for (operation, seed, is_harmful), key in jobs:
        style = ("exponent", "integer", "decimal", "mixed")[seed % 4]
        kind = HARMFUL if is_harmful else {**HARMLESS, "timestamps": style}
        faults.append({**kind, "seed": seed, "match": {"access_key_id": key["access_key_id"]}})
    world.faults(faults)
    with ThreadPoolExecutor(8) as pool:
        return dict(pool.map(lambda job: (job[0], play(world, job[0][0], job[1])), jobs))


@pytest.mark.parametrize("operation", READS)
def test_answer__unknown_members_enums_and_forms_of_time__same_data(world, varied, operation):
    plain = play(world, operation)
    arn = f"arn:aws:iam::{ACCOUNT}:user/contract" if operation == "identity" else None
    for seed in SEEDS:
        done = varied[operation, seed, False]
        assert done.result == "0", done
        if operation == "metrics":      # a StatusCode that nobody knows is no Complete: those series are not taken for read
            assert done.batch["points"] == plain.batch["points"] and done.batch["sum"] == plain.batch["sum"]
            assert done.batch["readings"] <= plain.batch["readings"] and (done.batch["notice"] or "").count("not answered") <= 1
        elif operation == "operations":  # a status of tomorrow may leave a description out
            assert done.batch["operations"] == plain.batch["operations"]
        else:
            assert done.batch == {**plain.batch, "arn": arn}


@pytest.mark.parametrize("operation", READS)
def test_answer__members_absent_or_null__right_data_or_a_clean_refusal(world, varied, operation):
    service, names = READS[operation][0], member_names(*READS[operation])
    plain = play(world, operation)
    results = set()
    for seed in SEEDS:
        done = varied[operation, seed, True]
        results.add(done.result)
        if done.result == "0":
            for count, value in plain.batch.items():
                if isinstance(value, int) and count != "sum":
                    assert done.batch[count] <= value, (count, done)
            continue
        assert done.result == "EPROTO", done
        named = re.search(r"no usable (\w+)|lacks the (identity)", done.error)
        assert named and (named[2] or named[1] in names), (service, done)
        assert any(name in done.error for name in READS[operation][1]), done
    assert "0" in results or operation in ("applications", "identity"), "some of the answers can be used"


def test_answer__same_seed__same_answer(world, varied):
    for operation in ("discovery", "snapshots", "operations"):
        keys = {job: key for job, key in zip(itertools.product(READS, SEEDS, (False, True)), KEYS.values())}
        for seed in (1, 2, 3):
            again = play(world, operation, keys[operation, seed, True])
            assert again.batch == varied[operation, seed, True].batch


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_healthy_fleet__answers_vary__nobody_is_told(tmp_path, seed):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "simulator", "scenarios", "healthy.json"), encoding="utf-8") as file:
        scenario = json.load(file)
    scenario["vary"] = {k: v for k, v in HARMFUL.items() if k not in ("kind", "times")}
    scenario["vary"]["seed"] = seed
    with Simulator(scenario) as sim, Daemon(sim, tmp_path) as daemon:
        daemon.start()
        sim.wait("requests", 4, timeout=60, operation="GetMetricData")
        told = [i for i in daemon.incidents("--all") if i["severity"] != "info" and not i["quiet"]]
        assert told == [] and sim.deliveries() == []
        assert sim.violations() == []
