# SPDX-License-Identifier: Apache-2.0
"""The demo's own part: simulator, daemon, client. scripts/demo calls it after the build."""

import html
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "tests"))

from simulator.client import Simulator  # noqa: E402

CONFIG = """\
[daemon]
state_directory = {directory}/state
socket = {directory}/flinkwatch.sock

[target demo]
region = eu-west-1

[notifier channel]
type = slack
webhook_url = {url}/services/T0/B0/demo

[notifier pager]
type = sns
topic_arn = arn:aws:sns:eu-west-1:111122223333:oncall
"""


def say(text):
    print(f"\n\033[1m== {text}\033[0m" if sys.stdout.isatty() else f"\n== {text}", flush=True)


def start_daemon(build, directory, sim):
    path = os.path.join(directory, "flinkwatch.conf")
    os.mkdir(os.path.join(directory, "state"))
    with open(path, "w", encoding="utf-8") as file:
        file.write(CONFIG.format(directory=directory, url=sim.url))
    environment = {**os.environ, **sim.environment()}
    log = open(os.path.join(directory, "daemon.log"), "wb")
    return subprocess.Popen([os.path.join(build, "flinkwatchd"), "-c", path], env=environment, stderr=log, start_new_session=True)


def client(build, directory, *arguments):
    command = [os.path.join(build, "flinkwatchctl"), "--socket", os.path.join(directory, "flinkwatch.sock"), *arguments]
    say("flinkwatchctl " + " ".join(arguments))
    subprocess.run(command, check=True)


def incident_ids(build, directory):
    command = [os.path.join(build, "flinkwatchctl"), "--socket", os.path.join(directory, "flinkwatch.sock"), "--json", "incidents"]
    incidents = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return sorted(incident["id"] for incident in incidents if incident["severity"] != "info")


def show_screens(build, directory):
    client(build, directory, "status")
    client(build, directory, "incidents")
    for number in incident_ids(build, directory):
        client(build, directory, "show", str(number))
    client(build, directory, "history", "--app", "payments", "--metric", "lastCheckpointDuration", "--since", "24h", "--format", "plot")


def block_text(block):
    """What a person reads of one Block Kit block."""
    if "text" in block:
        return html.unescape(block["text"]["text"])
    return html.unescape("  ".join(element.get("text", "") for element in block.get("elements", [])))


def show_slack(body):
    for block in body.get("blocks", []) + [b for a in body.get("attachments", []) for b in a.get("blocks", [])]:
        for line in block_text(block).splitlines():
            print(textwrap.fill(line, 100, initial_indent="  ", subsequent_indent="    "))


def show_sns(body):
    attributes = {name: value.get("StringValue") for name, value in body["MessageAttributes"].items()}
    print("  Subject:", body["Subject"])
    print("  Attributes:", ", ".join(f"{name}={value}" for name, value in sorted(attributes.items())))
    print(f"  Message: {len(body['Message'])} bytes of JSON:", body["Message"][:160] + "...")


def show_messages(sim):
    for delivery in sim.deliveries():
        say(f"received by {delivery['service']}")
        if delivery["service"] == "sns":
            show_sns(delivery["body"])
        else:
            show_slack(delivery["body"])


def wait_for_pages(sim, daemon, directory):
    """Both applications, both receivers: four messages. The daemon's own log says why when they do not come."""
    sim.wait("deliveries", 4, timeout=45)
    if daemon.poll() is not None or len(sim.deliveries()) < 4:
        with open(os.path.join(directory, "daemon.log"), encoding="utf-8", errors="replace") as log:
            sys.exit("The daemon did not deliver what it should:\n" + log.read())


def main():
    build, keep = sys.argv[1], "--keep" in sys.argv[2:]
    directory = tempfile.mkdtemp(prefix="flinkwatch-demo-")
    sim = Simulator("demo.json")
    daemon = None
    try:
        sim.start()
        say("starting flinkwatchd against a simulated AWS")
        print("Two days of a restart loop in `orders`, since its deploy of version 42; a day of growing checkpoints in `payments`; `clicks` is healthy, `billing` stopped.")
        daemon = start_daemon(build, directory, sim)
        wait_for_pages(sim, daemon, directory)
        show_screens(build, directory)
        show_messages(sim)
        if keep:
            print(f"\nIt runs on: {build}/flinkwatchctl --socket {directory}/flinkwatch.sock status"
                  f"\nIts log: {directory}/daemon.log. The simulator: {sim.url}. Ctrl-C ends both.", flush=True)
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
    finally:
        if daemon is not None:
            daemon.terminate()
            daemon.wait(10)
        sim.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
