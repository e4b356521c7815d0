# SPDX-License-Identifier: Apache-2.0
"""Six hours without a receiver, in two minutes: nothing is lost, nothing floods, and the other receiver hears of it."""

import json
from collections import defaultdict

import pytest

from fleet import CALM, TOO_SLOW, parts, scenario, sns_messages, webhook_messages

RATE = 180  # 30 s, after which a request is given up, are 170 ms
APPLICATIONS = 8
OUTAGE_MINUTES = 360


def lives():
    """An application fails every 40 minutes, for 45; the last two until after the outage."""
    def one(k):
        begin = 15 + 40 * k
        return (begin, CALM), (begin + 45 if k < APPLICATIONS - 2 else 900, TOO_SLOW), (10000, CALM)
    return {f"application-{k:02}": one(k) for k in range(APPLICATIONS)}


NOTIFIERS = """[notifier hook]
type = webhook
webhook_url = {url}/webhook/in
repeat_interval = 1h
heartbeat = 10m

[notifier pager]
type = sns
topic_arn = arn:aws:sns:eu-west-1:111122223333:oncall
digest_applications = 0
"""


def minutes_since(sim, begin):
    return (sim.clock()["now"] - begin) / 60


def own_incidents(messages):
    return [(m["event"], m["incident"]["title"]) for m in messages if m["incident"] and m["incident"]["diagnoser"] == "delivery"]


def stored(daemon):
    """What status says of each notifier."""
    return {n["name"]: n for n in daemon.ask("status")["notifiers"]}


@pytest.mark.scenario(scenario(lives()), rate=RATE)
def test_outage__six_hours__a_digest_and_no_loss(sim, daemon):
    quiet = daemon.config.split("[notifier")[0]
    quiet = quiet.replace("log_level = debug", "log_level = warning")
    quiet = quiet.replace("interval = 1s", "interval = 5m").replace("backfill = 3h", "backfill = 10m")  # the simulator has to answer in time
    daemon.config = quiet + NOTIFIERS.format(url=sim.url)
    daemon.follow_clock(RATE)
    daemon.start()
    sim.wait_for(lambda s: any(m["event"] == "heartbeat" for m in webhook_messages(s)), timeout=60)
    sim.faults({"kind": "status", "service": "webhook", "status": 503, "times": "always"})
    begin = sim.clock()["now"]
    sim.wait_for(lambda s: daemon.drain() or minutes_since(s, begin) >= OUTAGE_MINUTES, timeout=OUTAGE_MINUTES * 60 / RATE + 60)
    before = len(webhook_messages(sim))
    asked = len(sim.requests(service="webhook"))
    assert stored(daemon)["hook"]["pending"] >= APPLICATIONS and stored(daemon)["hook"]["error"]
    assert asked <= before + 1.2 * OUTAGE_MINUTES + 30, "it was asked about once a minute, not once for each message"
    sim.clear_faults()
    sim.wait_for(lambda _: stored(daemon)["hook"]["pending"] == 0, timeout=90)
    since = [m for m in webhook_messages(sim)[before:] if m["event"] != "heartbeat"]
    sim.wait_for(lambda s: ("resolved", "notifier hook delivers nothing") in own_incidents(sns_messages(s)), timeout=60)
    daemon.stop()

    # No flood: what was tried when the receiver came back, and the rest together.
    assert len(since) <= 4 and any(m["event"] == "digest" for m in since), [m["event"] for m in since]
    # No loss: the hook was told what the pager was, but for the reminders, and each incident's events in their order.
    told = defaultdict(list)
    for message in webhook_messages(sim):
        for part in parts(message):
            if part["event"] not in ("heartbeat", "reminder"):
                told[part["incident"]["id"]].append(part["event"])
    paged = defaultdict(list)
    for message in sns_messages(sim):
        if message["event"] != "reminder" and message["incident"]["diagnoser"] != "delivery":
            paged[message["incident"]["id"]].append(message["event"])
    assert {i: told[i][:len(events)] for i, events in paged.items()} == paged
    ids = [part["delivery_id"] for message in webhook_messages(sim) for part in parts(message)]
    # A busy machine may answer later than those 170 ms: then nobody knows whether it was taken, and it is told again.
    unknown = [line for line in daemon.log.splitlines() if "not delivered" in line and "503" not in line]
    assert len(ids) - len(set(ids)) <= len(unknown), "nothing twice"
    assert own_incidents(sns_messages(sim))[0] == ("opened", "notifier hook delivers nothing")
    print(f"\n{asked - before} attempts in {OUTAGE_MINUTES} min; then {len(since)} messages with {sum(len(parts(m)) for m in since)} events "
          f"of {len(paged)} incidents")
    assert sim.violations() == []
