# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments while incidents open, get worse and end, against receivers that fail, hang and answer late: everything
arrives, in order, and what comes twice has the same delivery_id.

Applications fail in pairs, which share a page. `make torture` asks for 500 kills and 50 incidents: 25 applications that fail twice, more
than an hour apart, each time getting worse before they are well."""

import json
import os
import random
import signal
import sqlite3
import time
from collections import Counter, defaultdict

import pytest

from fleet import CALM, SLOW, TOO_SLOW, TOPIC, keep_pace, parts, scenario

KILLS = int(os.environ.get("FLINKWATCH_KILLS", "40"))
APPLICATIONS = int(os.environ.get("FLINKWATCH_CRASH_APPLICATIONS", "12"))
EPISODES = int(os.environ.get("FLINKWATCH_CRASH_EPISODES", "1"))  # of each application
RATE = int(os.environ.get("FLINKWATCH_CRASH_RATE", "120"))
SEED = 7
LIFE_S = (0.05, 300 / RATE)  # how long a daemon lives, real seconds: five minutes of its own at most
APART_MINUTES = 110
# The incidents open while there is killing.
SPREAD_MINUTES = max(10, KILLS * RATE * sum(LIFE_S) / 2 / 60 - 60 - APART_MINUTES * (EPISODES - 1))

CONFIG = """\
[daemon]
state_directory = {state}
socket = {socket}
log_level = error

[target prod]
region = eu-west-1

[polling]
interval = 60s
backfill = 1h

[notifier fails]
type = webhook
webhook_url = {url}/webhook/fails
repeat_interval = 15m
[notifier hangs]
type = webhook
webhook_url = {url}/webhook/hangs
digest_applications = 0
[notifier late]
type = sns
topic_arn = {topic}
rate_limit = 0
digest_applications = 3
[notifier pages]
type = pagerduty
routing_key = 0123456789abcdef0123456789ABCDEF
url = {url}
digest_applications = 2
digest_window = 3m
"""

FAULTS = [
    {"kind": "status", "service": "webhook", "path": "/webhook/fails", "status": 503, "times": "always", "probability": 0.3, "seed": 1},
    {"kind": "throttle", "service": "webhook", "path": "/webhook/fails", "retry_after": 20, "times": "always", "probability": 0.05, "seed": 2},
    {"kind": "truncate", "service": "webhook", "path": "/webhook/fails", "times": "always", "probability": 0.1, "seed": 3},
    {"kind": "hang", "service": "webhook", "path": "/webhook/hangs", "times": "always", "probability": 0.2, "seed": 4},
    {"kind": "slow", "service": "webhook", "path": "/webhook/hangs", "delay": "100ms", "times": "always", "probability": 0.3, "seed": 5},
    {"kind": "slow", "service": "sns", "delay": "200ms", "times": "always", "probability": 0.6, "seed": 6},
    {"kind": "reset", "service": "sns", "times": "always", "probability": 0.1, "seed": 7},
    {"kind": "status", "service": "pagerduty", "status": 503, "times": "always", "probability": 0.3, "seed": 8},
    {"kind": "truncate", "service": "pagerduty", "times": "always", "probability": 0.2, "seed": 9},
    {"kind": "reset", "service": "pagerduty", "times": "always", "probability": 0.1, "seed": 10},
]


def lives():
    def one(k):
        begin = 4 + SPREAD_MINUTES * (k // 2 * 2) / APPLICATIONS
        for episode in range(EPISODES):
            at = begin + APART_MINUTES * episode
            yield from ((at, CALM), (at + 14, SLOW), (at + 26, TOO_SLOW))
        yield 10 ** 5, CALM
    return {f"application-{k:02}": tuple(one(k)) for k in range(APPLICATIONS)}


def received(sim):
    """{notifier: [(delivery_id, incident, event, is_in_digest)]} in the order of arrival."""
    found = defaultdict(list)
    for record in sim.deliveries():
        if record["kind"] == "pagerduty":
            continue
        message = json.loads(record["body"]["Message"]) if record["kind"] == "sns" else record["body"]
        notifier = "late" if record["kind"] == "sns" else record["path"].rsplit("/", 1)[1]
        found[notifier] += [(part["delivery_id"], part["incident"]["id"], part["event"], part is not message) for part in parts(message)]
    return found


def check_pages(sim):
    """Each incident is on one page, whichever try opened it, and no page stands when all is over. How many pages, how many of several."""
    pages, page_of = defaultdict(list), {}
    for record in sim.deliveries(service="pagerduty"):
        body = record["body"]
        pages[body["dedup_key"]].append(body["event_action"])
        if body["event_action"] == "trigger":
            for part in parts(body["payload"]["custom_details"]["delivery"]):
                assert page_of.setdefault(part["incident"]["id"], body["dedup_key"]) == body["dedup_key"]
    for key, actions in pages.items():
        assert actions[0] == "trigger" and actions[-1] == "resolve", f"{key}: {actions}"
        assert "resolve trigger" not in " ".join(actions), f"{key} was opened again: {actions}"
    assert len(page_of) == APPLICATIONS * EPISODES
    return len(pages), sum("-digest-" in key for key in pages)


def outbox(daemon):
    with sqlite3.connect(os.path.join(daemon.state, "flinkwatch.db")) as db:
        return db.execute("SELECT notifier, incident, revision, delivery_id, state, attempts FROM outbox ORDER BY id").fetchall()


def kill_all_along(sim, daemon, chance):
    for _ in range(KILLS):
        keep_pace(daemon, RATE)
        daemon.start(wait=False)
        time.sleep(chance.uniform(*LIFE_S))  # the random moment
        daemon.stop(signal.SIGKILL)


def is_over(daemon):
    incidents = [i for i in daemon.incidents("--all") if i["diagnoser"] == "checkpoint_duration"]
    return (len(incidents) == APPLICATIONS * EPISODES and all(i["state"] == "resolved" for i in incidents)
            and all(n["pending"] == 0 for n in daemon.ask("status")["notifiers"]))


def check_order(rows, arrived):
    """The first arrivals of each incident at each notifier are in the order of its revisions."""
    revision = {delivery_id: revision for _, _, revision, delivery_id, _, _ in rows}
    for notifier, items in arrived.items():
        newest, seen = defaultdict(int), set()
        for delivery_id, incident, event, _ in items:
            if delivery_id not in seen:
                assert revision[delivery_id] > newest[incident], f"{notifier}: incident {incident} {event} came too late"
                newest[incident] = revision[delivery_id]
            seen.add(delivery_id)


@pytest.mark.scenario(scenario(lives()), rate=RATE)
def test_kill__at_any_moment__everything_arrives_in_order(sim, daemon):
    daemon.config = CONFIG.format(state=daemon.state, socket=daemon.socket, url=sim.url, topic=TOPIC)
    sim.faults(FAULTS)
    kill_all_along(sim, daemon, random.Random(SEED))
    open_at_end = sum(state == 0 for *_, state, _ in outbox(daemon))
    sim.clear_faults()
    keep_pace(daemon, RATE)
    daemon.start()
    sim.wait_for(lambda _: is_over(daemon), timeout=120 + 60 * (APART_MINUTES + 60) / RATE)
    daemon.stop()

    rows, arrived = outbox(daemon), received(sim)
    assert all(state == 1 for *_, state, _ in rows), "each was acknowledged"
    for notifier in ("fails", "hangs", "late"):
        ids = [row[3] for row in rows if row[0] == notifier]
        assert len(ids) == len(set(ids)) and {item[0] for item in arrived[notifier]} == set(ids), f"{notifier}: all, and nothing else"
    check_order(rows, arrived)
    n_pages, n_shared = check_pages(sim)
    assert n_shared > 0
    events = Counter(item[2] for items in arrived.values() for item in items)
    assert min(events["opened"], events["escalated"], events["resolved"]) >= 3 * APPLICATIONS * EPISODES
    total = len(rows)
    repeats = sum(len(items) for items in arrived.values()) - sum(row[0] != "pages" for row in rows)
    print(f"\n{KILLS} kills, {APPLICATIONS} applications: {len({row[1] for row in rows})} incidents, {total} deliveries, all arrived, in order; "
          f"{repeats} came again with the same delivery_id, {sum(item[3] for items in arrived.values() for item in items)} in digests, "
          f"{sum(row[5] - 1 for row in rows)} attempts failed, {open_at_end} waited when the killing ended; events {dict(events)}; {n_pages} pages, {n_shared} of them of several")
    assert sim.violations() == []
