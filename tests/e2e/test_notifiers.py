# SPDX-License-Identifier: Apache-2.0
"""Every notifier over TLS, what they refuse and what they never say, and a real Alertmanager."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from datetime import datetime, timedelta, timezone

import pytest

from fleet import CALM, TOO_SLOW, keep_pace, parts, scenario
from harness import BUILD, Daemon
from simulator.client import SECRET, Simulator

SECRETS = {"slack": "T0SLACKSECRET", "webhook": "WEBHOOKSECRET", "hmac": "HMACSECRET", "pagerduty": "PAGERDUTYSECRET0123456789ABCDEFGH"[:32]}

NOTIFIERS = """
[notifier chat]
type = slack
webhook_url_file = {folder}/slack
[notifier hook]
type = webhook
webhook_url_file = {folder}/webhook
hmac_key_file = {folder}/hmac
[notifier duty]
type = pagerduty
routing_key_file = {folder}/pagerduty
url = {url}
[notifier alerts]
type = alertmanager
url = {url}
[notifier topic]
type = sns
topic_arn = arn:aws:sns:eu-west-1:111122223333:oncall
"""
NAMES = ("chat", "hook", "duty", "alerts", "topic")
SERVICES = ("slack", "webhook", "pagerduty", "alertmanager", "sns")


def configure(daemon, url):
    """All five, their secrets in files."""
    os.makedirs(daemon.directory, exist_ok=True)
    values = {"slack": f"{url}/services/T0/B0/{SECRETS['slack']}", "webhook": f"{url}/webhook/in?token={SECRETS['webhook']}",
              "hmac": SECRETS["hmac"], "pagerduty": SECRETS["pagerduty"]}
    for name, value in values.items():
        with open(os.path.join(daemon.directory, name), "w", encoding="utf-8") as file:
            file.write(value + "\n")
    daemon.config = daemon.config.split("[notifier")[0] + NOTIFIERS.format(folder=daemon.directory, url=url)


@pytest.fixture(name="tls")
def _tls():
    with Simulator("demo.json", https=True) as simulator:
        yield simulator


def test_tls__certificate_known__all_notifiers_deliver(tls, tmp_path):
    with Daemon(tls, tmp_path) as daemon:
        configure(daemon, tls.https_url)
        daemon.environment.update(AWS_ENDPOINT_URL=tls.https_url, AWS_CA_BUNDLE=tls.tls_certificate)
        daemon.start()
        for service in SERVICES:
            tls.wait("deliveries", 2, timeout=60, service=service)
            assert {request["scheme"] for request in tls.requests(service=service)} == {"https"}
        tls.wait_for(lambda _: all(n["delivered_at"] and not n["error"] for n in daemon.ask("status")["notifiers"]))
    assert tls.violations() == []


def certificate_for_somebody_else(directory):
    base = os.path.join(directory, "other")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=elsewhere.example", "-addext", "subjectAltName=DNS:elsewhere.example", "-keyout", base + ".key",
                    "-out", base + ".pem"], check=True, capture_output=True)
    return base + ".pem", base + ".key"


@pytest.mark.parametrize("case", ("unknown issuer", "another host"))
def test_tls__bad_certificate__refused_and_said(tmp_path, case):
    https = True if case == "unknown issuer" else certificate_for_somebody_else(tmp_path)
    with Simulator("demo.json", https=https) as sim, Daemon(sim, tmp_path) as daemon:
        configure(daemon, sim.https_url)
        if case == "another host":
            daemon.environment.update(AWS_CA_BUNDLE=https[0])
        daemon.environment.update(AWS_ENDPOINT_URL_SNS=sim.https_url)
        daemon.start()
        for name in NAMES:
            daemon.wait_log(rf"notifier {name}: .*not delivered: .*(certificate|SSL)")
        sim.wait_for(lambda _: sum("certificate" in (n["error"] or "") or "SSL" in (n["error"] or "")
                                   for n in daemon.ask("status")["notifiers"]) == len(NAMES))
        assert sim.deliveries() == [] and all(sim.requests(service=service) == [] for service in SERVICES)


FAILURES = {
    "refused for good": [{"kind": "status", "service": service, "status": 400, "times": "always"} for service in SERVICES[:4]]
                        + [{"kind": "access_denied", "service": "sns", "times": "always"}],
    "out of order": [{"kind": "html", "service": service, "times": "always"} for service in SERVICES],
    "moved": [{"kind": "status", "service": service, "status": 302, "headers": {"Location": "http://127.0.0.1:1/x"}, "times": "always"}
              for service in SERVICES],
    "throttled": [{"kind": "throttle", "service": service, "retry_after": 300, "times": "always"} for service in SERVICES],
    "reset": [{"kind": "reset", "service": service, "times": "always"} for service in SERVICES],
    "nothing listens": None,
    "bad certificate": None,
}


@pytest.mark.parametrize("case", FAILURES)
def test_secrets__whatever_fails__are_nowhere_to_be_read(tmp_path, case):
    with Simulator("demo.json", https=True) as sim, Daemon(sim, tmp_path / "d") as daemon:
        url = {"nothing listens": "http://127.0.0.1:1", "bad certificate": sim.https_url}.get(case, sim.url)
        configure(daemon, url)
        daemon.environment.update(AWS_ENDPOINT_URL_SNS=url)
        if FAILURES[case]:
            sim.faults(FAILURES[case])
        assert SECRET in daemon.environment.values()
        daemon.start()
        for name in NAMES:
            daemon.wait_log(rf"notifier {name}: .*(not delivered|refused for good)")
        said = daemon.log + daemon.ctl("--json", "status").stdout + daemon.ctl("status").stdout + daemon.ctl("doctor", check=False).stdout
        for name in ("environ", "cmdline", "comm"):  # what ps shows
            with open(f"/proc/{daemon.process.pid}/{name}", "rb") as content:
                said += content.read().decode("latin-1")
        for incident in daemon.incidents("--all"):
            said += daemon.ctl("--json", "show", str(incident["id"])).stdout + daemon.ctl("show", str(incident["id"])).stdout
        daemon.stop()
        said += daemon.log
        for folder, _, files in os.walk(daemon.state):
            for file in files:
                with open(os.path.join(folder, file), "rb") as content:
                    said += content.read().decode("latin-1")
        for secret in [*SECRETS.values(), SECRET]:
            assert secret not in said, f"{secret} is said"


def test_memory__with_the_secrets_in_it__is_neither_dumped_nor_shown(sim):
    """As an ordinary user, whose processes may read each other when they may be dumped."""
    user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    program = os.path.join(BUILD, "flinkwatchd")
    if os.geteuid() != 0 or subprocess.run([*user, program, "--version"], capture_output=True, check=False).returncode != 0:
        pytest.skip("needs root, and a build that others may run")
    with tempfile.TemporaryDirectory() as folder, Daemon(sim, os.path.join(folder, "d")) as daemon:
        os.chmod(folder, 0o755)
        for path in (daemon.directory, daemon.state):
            os.mkdir(path)
            os.chown(path, 65534, 65534)
        daemon.wrapper += user
        daemon.start(wait=False)
        daemon.wait_log("watches 1 target")
        pid = daemon.process.pid
        with open(f"/proc/{pid}/limits", encoding="ascii") as limits:
            assert re.search(r"^Max core file size +0 +0 ", limits.read(), re.MULTILINE)
        assert subprocess.run([*user, "cat", f"/proc/{pid}/status"], capture_output=True, check=False).returncode == 0
        look = subprocess.run([*user, "cat", f"/proc/{pid}/environ"], capture_output=True, text=True, check=False)
        assert look.returncode != 0 and "Permission denied" in look.stderr and not look.stdout


def test_retry_after__is_obeyed(sim, daemon):
    daemon.config = daemon.config.split("[notifier pager]")[0]
    sim.faults({"kind": "throttle", "service": "slack", "retry_after": 7, "times": 1})
    sim.patch_application("clicks", {"job": {"kind": "restart_loop", "since": "-1h"}})
    daemon.start()
    sim.wait("deliveries", 1, timeout=60, service="slack")
    asked = [request["at"] for request in sim.requests(service="slack")]
    assert len(asked) >= 2 and asked[1] - asked[0] >= 7


def test_heartbeat__webhook_and_sns__come_while_all_is_well(sim, daemon):
    daemon.config = daemon.config.split("[notifier")[0] + f"""
[notifier hook]
type = webhook
webhook_url = {sim.url}/webhook/in
heartbeat = 1s
[notifier topic]
type = sns
topic_arn = arn:aws:sns:eu-west-1:111122223333:oncall
heartbeat = 1s
"""
    daemon.start()
    beats = [d["body"] for d in sim.wait("deliveries", 3, timeout=60, service="webhook")]
    beats += [json.loads(d["body"]["Message"]) for d in sim.wait("deliveries", 3, timeout=60, service="sns")]
    assert all(beat["event"] == "heartbeat" and beat["incident"] is None and beat["at"] for beat in beats)
    assert len({beat["delivery_id"] for beat in beats if beat in beats[:3]}) == 3
    assert all(n["delivered_at"] and not n["error"] and n["pending"] == 0 for n in daemon.ask("status")["notifiers"])
    daemon.config = daemon.config.replace("type = webhook\nwebhook_url", "type = slack\nwebhook_url")
    refused = daemon.run("--check-config")
    assert refused.returncode == 78 and "heartbeat: slack takes none" in refused.stderr
    assert sim.violations() == []


MANY = {"region": "eu-west-1", "account": "111122223333",
        "applications": [{"name": f"pipeline-{k:02}", "runtime": "FLINK-1_20", "job": {"kind": "restart_loop", "since": "-30m"}}
                         for k in range(20)]}


@pytest.mark.scenario(MANY)
def test_digest__twenty_applications_fail_together__few_messages_name_them_all(sim, daemon):
    daemon.config += (f"[notifier hook]\ntype = webhook\nwebhook_url = {sim.url}/webhook/in\n"
                      f"[notifier duty]\ntype = pagerduty\nurl = {sim.url}\nrouting_key = {SECRETS['pagerduty']}\n"
                      "[notifier queue]\ntype = sns\ntopic_arn = arn:aws:sns:eu-west-1:111122223333:events.fifo\n")
    daemon.start()
    names = {f"pipeline-{k:02}" for k in range(20)}

    def told(_):
        return {part["incident"]["application"] for d in sim.deliveries(service="webhook") for part in parts(d["body"])} == names
    sim.wait_for(told, timeout=60)
    sim.wait_for(lambda _: all(n["pending"] == 0 for n in daemon.ask("status")["notifiers"]), timeout=60)
    # Five go by themselves before it is clear that it is many; then a webhook takes five at a time, people get the rest at once, or what
    # was found in ten seconds.
    at = [request["real_at"] for request in sim.requests(service="webhook")]
    more = (max(at) - min(at)) // 10
    fifo = [d for d in sim.deliveries(service="sns") if d["body"].get("MessageGroupId")]
    counts = {service: len(sim.deliveries(service=service)) for service in ("webhook", "slack", "sns", "pagerduty")}
    assert counts["webhook"] <= 9 + more and max(counts["slack"], counts["sns"] - len(fifo), counts["pagerduty"]) <= 7 + more, counts
    slack = json.dumps([d["body"] for d in sim.deliveries(service="slack")])
    assert all(name in slack for name in names) and "of 20 apps fail" in slack
    ids = [part["delivery_id"] for d in sim.deliveries(service="webhook") for part in parts(d["body"])]
    assert len(ids) == len(set(ids)) == 20
    # A page of its own for each message, and each incident on one of them.
    pages = [d["body"] for d in sim.deliveries(service="pagerduty")]
    paged = [part["incident"]["application"] for body in pages for part in parts(body["payload"]["custom_details"]["delivery"])]
    assert len({body["dedup_key"] for body in pages}) == len(pages) and sorted(paged) == sorted(names)
    # Programs read a FIFO topic, through queues: each event in the order of its application.
    assert sorted(d["body"]["MessageGroupId"] for d in fifo) == sorted(names)
    assert len({d["body"]["MessageDeduplicationId"] for d in fifo}) == 20
    assert sim.violations() == []


class Alertmanager:
    """Debian's prometheus-alertmanager on a port of its own."""

    def __init__(self, directory):
        self.program = shutil.which("prometheus-alertmanager")
        if not self.program:
            pytest.skip("prometheus-alertmanager is not installed")
        self.directory = str(directory)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None
        with open(os.path.join(self.directory, "am.yml"), "w", encoding="utf-8") as file:
            file.write("route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n")

    def start(self):
        """Empty: it keeps alerts in memory only. Returns when it answers."""
        self.process = subprocess.Popen(
            [self.program, f"--config.file={self.directory}/am.yml", f"--storage.path={self.directory}/am",
             f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address="], stderr=subprocess.DEVNULL)
        self.wait_for(lambda: True)
        return self

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait(10)
            self.process = None

    def alerts(self):
        with urllib.request.urlopen(self.url + "/api/v2/alerts", timeout=5) as answer:
            return json.load(answer)

    def wait_for(self, predicate, timeout=60):
        """Asks until it is true: it has no way to tell us."""
        deadline = time.monotonic() + timeout
        while True:
            with contextlib.suppress(OSError):
                self.alerts()
                found = predicate()
                if found:
                    return found
            assert time.monotonic() < deadline, "not true in time"
            time.sleep(0.1)


@pytest.fixture(name="alertmanager")
def _alertmanager(tmp_path):
    manager = Alertmanager(tmp_path)
    yield manager.start()
    manager.stop()


def use_alertmanager(daemon, manager, refresh):
    daemon.config = daemon.config.split("[notifier")[0] + \
        f"[notifier alerts]\ntype = alertmanager\nurl = {manager.url}\nrefresh_interval = {refresh}\n"


@pytest.mark.scenario("demo.json")
def test_alertmanager__real_one__is_told_and_told_again(sim, daemon, alertmanager):
    use_alertmanager(daemon, alertmanager, "1s")
    daemon.start()
    alertmanager.wait_for(lambda: len(alertmanager.alerts()) >= 2)
    alert = next(a for a in alertmanager.alerts() if a["labels"]["application"] == "orders")
    labels, annotations = alert["labels"], alert["annotations"]
    assert (labels["alertname"], labels["target"], labels["severity"]) == ("restart_loop", "prod", "critical")
    assert alert["status"]["state"] in ("active", "unprocessed")
    incident = json.loads(annotations["incident"])
    assert annotations["version"] == "1" and annotations["event"] == "opened" and annotations["delivery_id"]
    assert incident["application"] == "orders" and annotations["summary"].startswith("[CRITICAL] orders: ")
    assert annotations["more"] == f"flinkwatchctl show {incident['id']}"
    assert alert["startsAt"][:19] == incident["onset_at"][:19]

    # It lives for five intervals: only what is told again is there after ten.
    first = alert["endsAt"]
    alertmanager.wait_for(lambda: all(a["endsAt"] > first for a in alertmanager.alerts()) and len(alertmanager.alerts()) >= 2)
    later = (datetime.now(timezone.utc) + timedelta(seconds=5)).isoformat()
    alertmanager.wait_for(lambda: [a for a in alertmanager.alerts() if a["endsAt"] > later])
    assert len({a["fingerprint"] for a in alertmanager.alerts()}) == len(alertmanager.alerts()) >= 2, "the same alerts"

    # A restart forgets them, until it is told again.
    alertmanager.stop()
    alertmanager.start()
    alertmanager.wait_for(lambda: len(alertmanager.alerts()) >= 2)

    # Without flinkwatch they end by themselves.
    daemon.stop()
    alertmanager.wait_for(lambda: alertmanager.alerts() == [])


def test_alertmanager__real_one__resolved(tmp_path, alertmanager):
    """The daemon's clock is behind and fast: in half a minute it goes through half an hour, all of it in Alertmanager's past."""
    begin = (datetime.now(timezone.utc) - timedelta(minutes=60)).strftime("%Y-%m-%dT%H:%M:%SZ")
    lives = {"orders": ((2, CALM), (14, TOO_SLOW), (300, CALM))}
    with Simulator(scenario(lives), now=begin, rate=60) as sim, Daemon(sim, tmp_path / "d") as daemon:
        use_alertmanager(daemon, alertmanager, "1h")
        keep_pace(daemon, 60)
        daemon.start()
        alertmanager.wait_for(lambda: alertmanager.alerts() != [], timeout=90)
        alert, = alertmanager.alerts()
        assert alert["labels"]["alertname"] == "checkpoint_duration" and alert["labels"]["severity"] == "critical"
        alertmanager.wait_for(lambda: alertmanager.alerts() == [], timeout=90)
        assert [i["state"] for i in daemon.incidents("--all") if i["severity"] != "info"] == ["resolved"]
