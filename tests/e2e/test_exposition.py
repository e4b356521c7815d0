# SPDX-License-Identifier: Apache-2.0
"""[metrics] listen: what the daemon exposes, checked by Prometheus' own tools and scraped by a real Prometheus."""

import http.client
import json
import os
import re
import select
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request

import pytest

from harness import TIMEOUT

SRC = os.environ.get("FLINKWATCH_SRCDIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, os.pardir))
DASHBOARD = os.path.join(SRC, "contrib", "grafana", "flinkwatch.json")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture
def port(daemon):
    number = free_port()
    daemon.config += f"\n[metrics]\nlisten = 127.0.0.1:{number}\n"
    return number


BROKEN_TARGET = """
[target broken]
region = eu-west-1
role_arn = arn:aws:iam::444455556666:role/none
"""


def scrape(port, method="GET", path="/metrics", **headers):  # pylint: disable=redefined-outer-name
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, text


def value_of(text, name, **labels):
    for line in text.splitlines():
        if re.match(re.escape(name) + r"[{ ]", line) and all(f'{key}="{value}"' in line for key, value in labels.items()):
            return float(line.rsplit(" ", 1)[1])
    raise AssertionError(f"no {name} {labels} in\n{text}")


def names_of(text):
    return {re.match(r"[a-zA-Z0-9_]+", line).group(0) for line in text.splitlines() if line and not line.startswith("#")}


def fill(sim, daemon):
    """One poll, all of it told, and then nothing new for as long as a test takes."""
    daemon.config = daemon.config.replace("interval = 1s", "interval = 10m")
    daemon.start()
    daemon.wait_log(r"target prod: poll finished")
    for notifier in ("channel", "pager"):
        daemon.wait_log(rf"(?s)notifier {notifier}: .*delivered.*notifier {notifier}: .*delivered")
    assert len(sim.deliveries()) == 4


@pytest.mark.scenario("demo.json")
def test_text__is_what_promtool_wants_and_what_is_stored(sim, daemon, port):
    fill(sim, daemon)
    answer, text = scrape(port)
    assert answer.status == 200 and answer.getheader("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    assert value_of(text, "flinkwatch_polls_total", target="prod", result="good") >= 1
    assert value_of(text, "flinkwatch_poll_lag_seconds", target="prod") <= TIMEOUT
    assert value_of(text, "flinkwatch_delivery_attempts_total", notifier="channel", outcome="delivered") >= 1
    assert value_of(text, "flinkwatch_deliveries_pending", notifier="pager") == 0
    assert 5 <= value_of(text, "flinkwatch_api_requests_total") <= len(sim.requests()) + len(sim.deliveries()) + 5
    requested = value_of(text, "flinkwatch_month_metrics_requested", target="prod")
    assert requested > 10 and value_of(text, "flinkwatch_month_cost_usd", target="prod") == pytest.approx(requested * 1e-5)
    assert value_of(text, "flinkwatch_application_info", application="billing", status="READY") == 1
    stored = {m["metric"]: m["value"] for m in daemon.ask("metrics", "--app", "payments") if not m["dimensions"]}
    assert value_of(text, "flinkwatch_application_last_checkpoint_size_bytes", application="payments") == pytest.approx(stored["lastCheckpointSize"], rel=0.05)
    assert value_of(text, "flinkwatch_application_last_checkpoint_duration_seconds", application="payments") == pytest.approx(stored["lastCheckpointDuration"] / 1000, rel=0.1)
    assert 0 < value_of(text, "flinkwatch_application_heap_memory_utilization_ratio", application="payments") <= 1
    buckets = [float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith("flinkwatch_loop_delay_seconds_bucket")]
    assert buckets == sorted(buckets) and buckets[-1] == value_of(text, "flinkwatch_loop_delay_seconds_count") > 0


@pytest.mark.scenario("demo.json")
def test_openmetrics__is_read_by_the_strict_parser(sim, daemon, port):
    parser = pytest.importorskip("prometheus_client.openmetrics.parser")
    fill(sim, daemon)
    answer, text = scrape(port, Accept="application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    assert answer.getheader("Content-Type") == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    families = {family.name: family for family in parser.text_string_to_metric_families(text)}
    assert families["flinkwatch_polls"].type == "counter" and families["flinkwatch_loop_delay_seconds"].type == "histogram"
    assert families["flinkwatch_application_last_checkpoint_size_bytes"].unit == "bytes"
    assert all(family.documentation and family.type in ("gauge", "counter", "histogram") for family in families.values())
    for name, family in families.items():
        if family.unit:
            assert name.endswith("_" + family.unit)
    incidents = {(s.labels["application"], s.labels["diagnoser"]): s for s in families["flinkwatch_incident_onset_timestamp_seconds"].samples}
    assert incidents[("payments", "checkpoint_duration")].labels["severity"] == "warning"


def test_requests__that_are_none_of_ours__are_refused(sim, daemon, port):
    daemon.start()
    assert scrape(port, "POST")[0].status == 405 and scrape(port, "POST")[0].getheader("Allow") == "GET"
    assert scrape(port, "DELETE")[0].status == 405
    assert scrape(port, path="/")[0].status == 404
    assert scrape(port, path="/metrics?x=1")[0].status == 200
    assert scrape(port, **{"X-Long": "x" * 9000})[0].status == 431
    for bad in (b"\r\n\r\n", b"GET /metrics\r\n\r\n", b"\x16\x03\x01\x02\x00" + b"\0" * 100 + b"\n\n", b"GET  HTTP/1.1\n\n"):
        with socket.create_connection(("127.0.0.1", port), TIMEOUT) as s:
            s.sendall(bad)
            assert re.match(rb"HTTP/1.1 4\d\d ", s.makefile("rb").read())
    assert scrape(port)[0].status == 200


def test_clients__that_neither_ask_nor_read__hold_up_nobody(sim, daemon, port):
    daemon.start()
    idle = [socket.create_connection(("127.0.0.1", port), TIMEOUT) for _ in range(60)]
    for s in idle[40:]:
        s.sendall(b"GET /met")
    for _ in range(3):
        began = time.monotonic()
        assert scrape(port)[0].status == 200
        assert time.monotonic() - began < 5
    greedy = [socket.create_connection(("127.0.0.1", port), TIMEOUT) for _ in range(20)]
    for s in greedy:
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    assert scrape(port)[0].status == 200
    assert daemon.ask("status")["daemon"]["pid"] == daemon.process.pid
    since = len(daemon.log)
    daemon.wait_log(r"poll finished", since=since)
    for s in idle + greedy:
        s.close()


def test_listen__off_by_default_and_changed_by_a_reload(sim, daemon):
    daemon.start()
    first, second = free_port(), free_port()
    with pytest.raises(ConnectionRefusedError):
        scrape(first)
    plain = daemon.config
    daemon.config = plain + f"\n[metrics]\nlisten = 127.0.0.1:{first}\n" + BROKEN_TARGET
    daemon.write_config()
    daemon.ctl("reload")
    daemon.wait_log("configuration reloaded")
    daemon.wait_log("target broken: no credentials")
    daemon.wait_log("target prod: poll finished", since=len(daemon.log))
    assert 'flinkwatch_target_failing{target="broken"} 1' in scrape(first)[1]
    assert daemon.ctl("status", "--exit-code", check=False).returncode == 3
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        daemon.config = plain + f"\n[metrics]\nlisten = 127.0.0.1:{taken.getsockname()[1]}\n"
        daemon.write_config()
        daemon.ctl("reload")
        daemon.wait_log(r"reload: cannot listen on 127.0.0.1:\d+: Address already in use")
        assert scrape(first)[0].status == 200, "the old one stays"
    daemon.config = plain + f"\n[metrics]\nlisten = 127.0.0.1:{second}\n"
    daemon.write_config()
    since = len(daemon.log)
    daemon.ctl("reload")
    daemon.wait_log("configuration reloaded", since=since)
    assert scrape(second)[0].status == 200
    with pytest.raises(ConnectionRefusedError):
        scrape(first)
    # A target that was taken out is not one that cannot be read.
    assert 'flinkwatch_target_failing{target="prod"} 0' in (text := scrape(second)[1])
    assert 'flinkwatch_target_failing{target="broken"}' not in text and 'flinkwatch_poll_lag_seconds{target="broken"}' not in text
    status = daemon.ask("status")
    assert ([t["name"] for t in status["targets"]], [n["name"] for n in status["notifiers"]]) == (["prod"], [])
    assert daemon.ctl("status", "--exit-code", check=False).returncode == 0


@pytest.mark.parametrize("value", ["9790", "localhost:9790", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:70000", "::1:9790", "[::1]", "[::1:9790", ":9790"])
def test_listen__that_is_no_address__is_a_fault_with_its_line(sim, daemon, value):
    daemon.config += f"\n[metrics]\nlisten = {value}\n"
    done = daemon.run("--check-config")
    assert done.returncode == 78 and "127.0.0.1:9790" in done.stdout + done.stderr
    assert f":{len(daemon.config.splitlines())}: " in done.stdout + done.stderr


def test_listen__on_a_port_in_use__does_not_start(sim, daemon):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        daemon.config += f"\n[metrics]\nlisten = 127.0.0.1:{taken.getsockname()[1]}\n"
        done = daemon.run()
    assert done.returncode == 75 and "Address already in use" in done.stderr


class Prometheus:
    def __init__(self, port, directory):
        self.port = free_port()
        config = directory / "prometheus.yml"
        config.write_text(f"global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n- job_name: flinkwatch\n"
                          f"  static_configs: [{{targets: ['127.0.0.1:{port}']}}]\n", encoding="utf-8")
        self.process = subprocess.Popen(["prometheus", f"--config.file={config}", f"--storage.tsdb.path={directory / 'tsdb'}",
                                         f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"], stderr=subprocess.PIPE)

    def query(self, expression):
        url = f"http://127.0.0.1:{self.port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
            return json.load(answer)["data"]["result"]

    def wait(self, expression):
        """The answer when there is one; asks again as long as the process lives and time is left."""
        end = time.monotonic() + TIMEOUT
        while True:
            try:
                found = self.query(expression)
            except OSError:
                found = []
            if found:
                return found
            assert time.monotonic() < end and not select.select([self.process.stderr], [], [], 0.2)[0], self.process.stderr.read1(4096)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()


def expressions():
    with open(DASHBOARD, encoding="utf-8") as file:
        dashboard = json.load(file)
    found = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    found += [re.match(r"label_values\((.*), \w+\)", v["definition"]).group(1) for v in dashboard["templating"]["list"] if v["type"] == "query"]
    return [e.replace("$__rate_interval", "1m").replace("$target", ".*").replace("$application", ".*") for e in found]


@pytest.mark.skipif(not shutil.which("prometheus"), reason="prometheus is not installed")
@pytest.mark.scenario("demo.json")
def test_prometheus__scrapes_it_and_answers_the_dashboard(sim, daemon, port, tmp_path):
    fill(sim, daemon)
    prometheus = Prometheus(port, tmp_path)
    try:
        up = prometheus.wait('up{job="flinkwatch"} == 1')
        assert up[0]["metric"]["instance"] == f"127.0.0.1:{port}"
        checkpoint = prometheus.wait('flinkwatch_application_last_checkpoint_duration_seconds{application="payments"}')
        assert 20 < float(checkpoint[0]["value"][1]) < 120
        assert float(prometheus.wait('flinkwatch_incidents_open{severity="warning",quiet="false"}')[0]["value"][1]) == 1
        empty = [e for e in expressions() if not prometheus.query(e)]
        # Rates need two scrapes a while apart, and nobody here reads from Kafka.
        assert [e for e in empty if "rate(" not in e and "increase(" not in e and "lag_records" not in e] == []
    finally:
        prometheus.stop()


@pytest.mark.scenario("demo.json")
def test_dashboard__asks_only_for_what_is_exported(sim, daemon, port, tmp_path):
    fill(sim, daemon)
    text = scrape(port)[1]
    declared = set(re.findall(r"^# TYPE (\S+) ", text, re.M)) | names_of(text)
    asked = {name for e in expressions() for name in re.findall(r"\b(?:flinkwatch|process)_[a-z0-9_]+", e)}
    assert len(asked) > 20 and asked <= declared | {name + "_bucket" for name in declared}
    with open(DASHBOARD, encoding="utf-8") as file:
        dashboard = json.load(file)
    panels = dashboard["panels"]
    assert len({p["id"] for p in panels}) == len(panels) and all(p["title"] for p in panels)
    for a in panels:
        for b in panels:
            x, y = a["gridPos"], b["gridPos"]
            apart = x["x"] + x["w"] <= y["x"] or y["x"] + y["w"] <= x["x"] or x["y"] + x["h"] <= y["y"] or y["y"] + y["h"] <= x["y"]
            assert a is b or apart, (a["title"], b["title"])
    rules = {"groups": [{"name": "g", "rules": [{"record": f"r{i}", "expr": e} for i, e in enumerate(expressions())]}]}
    path = tmp_path / "rules.json"
    path.write_text(json.dumps(rules), encoding="utf-8")
    checked = subprocess.run(["promtool", "check", "rules", path], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
