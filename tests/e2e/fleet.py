# SPDX-License-Identifier: Apache-2.0
"""Many small applications whose checkpoints become slow and well again, and a daemon whose clock runs with the simulator's."""

import json

TOPIC = "arn:aws:sns:eu-west-1:111122223333:oncall"
CALM, SLOW, TOO_SLOW = 9000, 42000, 72000  # milliseconds, of an interval of 60 s


def noisy(value):
    """Each minute another checkpoint: near the value, never the same twice."""
    return {"kind": "noise", "of": {"kind": "constant", "value": value}, "relative": 0.04}


def checkpoints(application, *pieces):
    """pieces: (minute until which, milliseconds)"""
    return {"metric": "lastCheckpointDuration", "dimensions": {"Application": application}, "unit": "Milliseconds",
            "value": {"kind": "pieces", "pieces": [{"until": f"+{minute}m", "value": noisy(ms)} for minute, ms in pieces]}}


def scenario(lives):
    """lives: {application: its pieces}"""
    return {"region": "eu-west-1", "account": "111122223333", "topics": [{"arn": TOPIC}],
            "applications": [{"name": name, "runtime": "FLINK-1_20", "job": {"kind": "healthy"}} for name in lives],
            "series": [checkpoints(name, *pieces) for name, pieces in lives.items()]}


def keep_pace(daemon, rate):
    """From its next start on the daemon's clock is the simulator's, and it polls once a minute of that clock."""
    daemon.follow_clock(rate)
    daemon.config = daemon.config.replace("interval = 1s", "interval = 60s")


def parts(message):
    """The deliveries in a message: itself, or those of a digest."""
    return message.get("deliveries", [message])


def webhook_messages(sim):
    return [delivery["body"] for delivery in sim.deliveries(service="webhook")]


def sns_messages(sim):
    return [json.loads(delivery["body"]["Message"]) for delivery in sim.deliveries(service="sns")]
