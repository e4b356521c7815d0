# SPDX-License-Identifier: Apache-2.0
"""An incident opens, gets worse and ends while the daemon watches: hours in a minute, the daemon under libfaketime, the simulator at
the same rate."""

import json
from collections import defaultdict

import pytest

from fleet import CALM, SLOW, TOO_SLOW, keep_pace, parts, scenario

RATE = 60


# Calm, then 70 % of the interval for a quarter of an hour, then 120 %, then calm again. Beside it five that fail together and are well
# again one after the other.
TOGETHER = {f"page-{k}": ((5, CALM), (19 + 3 * k, TOO_SLOW), (300, CALM)) for k in range(5)}
SCENARIO = scenario({"orders": ((5, CALM), (22, SLOW), (38, TOO_SLOW), (300, CALM)), "clicks": ((300, CALM),),
                     "leaver": ((5, CALM), (300, TOO_SLOW)), **TOGETHER})
PAGERDUTY = """
[notifier duty]
type = pagerduty
routing_key = 0123456789abcdef0123456789ABCDEF
url = {url}
applications = page-*
digest_applications = 2
digest_window = 5m
repeat_interval = 0
"""


def messages(sim):
    """Each once: an answer that took longer than half a second, which are 30 s here, lets the daemon tell it again."""
    told = [json.loads(delivery["body"]["Message"]) for delivery in sim.deliveries(service="sns")]
    return list({event["delivery_id"]: event for event in told}.values())


def events(sim):
    return [(event["event"], event["incident"]["severity"], event["incident"]["state"]) for event in messages(sim)
            if event["incident"]["severity"] != "info"]


def check_pages(sim):
    """Who fails together has one page, which is told of each and ends with the last of them."""
    pages = defaultdict(list)
    for delivery in sim.deliveries(service="pagerduty"):
        pages[delivery["body"]["dedup_key"]].append(delivery["body"])
    assert len(pages) < len(TOGETHER) and any("-digest-" in key for key in pages)
    told = set()
    for key, items in pages.items():
        assert [item["event_action"] for item in items] == ["trigger"] * (len(items) - 1) + ["resolve"], key
        first, *news = [item["payload"] for item in items[:-1]]
        members = {part["incident"]["application"] for part in parts(first["custom_details"]["delivery"])}
        assert not members & told
        told |= members
        # All but the last end while the page stands; the page says who does.
        ended = [item["custom_details"]["delivery"]["incident"] for item in news]
        assert len(ended) == len(members) - 1 and {i["application"] for i in ended} < members
        for k, item in enumerate(news):
            assert item["custom_details"]["news"].startswith("[RESOLVED] " + ended[k]["application"])
            assert item["custom_details"]["page"].count("CRITICAL") == len(members) - 1 - k
    assert told == set(TOGETHER)


def pages_are_over(sim):
    return sum(d["body"]["event_action"] == "resolve" for d in sim.deliveries(service="pagerduty")) == \
        len({d["body"]["dedup_key"] for d in sim.deliveries(service="pagerduty")})


@pytest.mark.scenario(SCENARIO, rate=RATE)
def test_checkpoints__slow_then_worse_then_well__opened_escalated_resolved(sim, daemon):
    daemon.config = daemon.config.replace("[notifier channel]", "[notifier channel]\napplications = orders, clicks")
    daemon.config = daemon.config.replace("[notifier pager]", "[notifier pager]\napplications = orders, clicks")
    daemon.config += PAGERDUTY.format(url=sim.url)
    keep_pace(daemon, RATE)
    daemon.start()
    sim.wait_for(lambda s: len(events(s)) >= 1, timeout=170)
    sim.wait_for(lambda s: "leaver" in {i["application"] for i in daemon.incidents() if i["severity"] == "critical"}, timeout=60)
    sim.patch_application("leaver", None)  # what is open of it ends, too
    sim.wait_for(lambda s: len(events(s)) >= 3, timeout=170)
    assert events(sim) == [("opened", "warning", "open"), ("escalated", "critical", "open"), ("resolved", "critical", "resolved")]
    assert len({event["incident"]["id"] for event in messages(sim)}) == 1, "one incident from its beginning to its end"
    slack = list(dict.fromkeys(delivery["body"]["text"] for delivery in sim.deliveries(service="slack")))
    assert len(slack) == 3 and "resolved" in slack[2].lower()
    sim.wait_for(pages_are_over, timeout=60)
    assert {i["state"] for i in daemon.incidents("--all") if i["severity"] != "info"} == {"resolved"}
    check_pages(sim)
    assert sim.violations() == []
