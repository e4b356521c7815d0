# SPDX-License-Identifier: Apache-2.0
"""Start a simulator and talk to its control API; standard library alone.

    with Simulator("demo.json") as sim:
        ... run something against sim.url ...
        sim.wait("deliveries", 3)
        assert sim.violations() == []
"""

import http.client
import json
import os
import select
import subprocess
import tempfile
import time
from urllib.parse import quote, urlencode, urlsplit

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"
_LONGEST_WAIT_S = 60.0  # in one control request
SECRET = "simulator-secret-access-key"
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "AKIDSIMULATOR", "AWS_SECRET_ACCESS_KEY": SECRET}


class SimulatorError(Exception):
    pass


class Simulator:
    """`scenario` is a dict, the name of a file in scenarios/, or a path."""

    patience_s = 0.0  # no wait gives up before, whatever its timeout: for machines slower than its writer's

    def __init__(self, scenario=None, now=None, rate=1.0, port=0, https=None, auth_clock="sim", stderr=None, host="127.0.0.1"):
        self._directory = tempfile.TemporaryDirectory(prefix="simulator-")
        self.scenario_path = self._scenario_file(scenario)
        self._arguments = [PYTHON, "-B", HERE, "--scenario", self.scenario_path, "--host", host, "--port", str(port), "--rate", str(rate),
                           "--auth-clock", auth_clock, "--parent-pid-exit"]
        if now is not None:
            self._arguments += ["--now", now]
        self.tls_certificate = None
        if https:
            certificate, key = self._certificate() if https is True else https
            self.tls_certificate = certificate
            self._arguments += ["--https-port", "0", "--tls-cert", certificate, "--tls-key", key]
        self._stderr = stderr
        self._process = None
        self._connection = None
        self.url = self.https_url = None

    def _scenario_file(self, scenario):
        if isinstance(scenario, str):
            shipped = os.path.join(HERE, "scenarios", scenario)
            return shipped if os.path.exists(shipped) else scenario
        path = os.path.join(self._directory.name, "scenario.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(scenario or {}, file)
        return path

    def _certificate(self):
        """A self-signed certificate for 127.0.0.1 and localhost, made with openssl(1)."""
        base = os.path.join(self._directory.name, "tls")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", base + ".key", "-out", base + ".pem"], check=True, capture_output=True)
        return base + ".pem", base + ".key"

    def start(self, timeout=20.0):
        self._process = subprocess.Popen(self._arguments, stdout=subprocess.PIPE, stderr=self._stderr)
        readable, _, _ = select.select([self._process.stdout], [], [], timeout)
        line = self._process.stdout.readline() if readable else b""
        if not line:
            self.stop()
            raise SimulatorError(f"not ready within {timeout} s: {' '.join(self._arguments)}")
        ready = json.loads(line)
        self.url, self.https_url, self.pid = ready["url"], ready["https_url"], ready["pid"]
        return self

    def stop(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process.stdout.close()
            self._process = None
        self._directory.cleanup()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def environment(self, **more):
        """The variables that point an AWS client at this simulator, without any other source of credentials."""
        return {**ENVIRONMENT, "AWS_ENDPOINT_URL": self.url, "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", **more}

    # the control API

    def control(self, method, path, body=None, socket_timeout=150.0, **query):
        """One control request: the parsed answer, or SimulatorError with the simulator's words."""
        target = "/_sim/" + path + ("?" + urlencode({k: v for k, v in query.items() if v is not None}) if query else "")
        data = json.dumps(body).encode() if body is not None else None
        for attempt in (0, 1):
            try:
                return self._exchange(method, target, data, socket_timeout)
            except (http.client.HTTPException, ConnectionError):
                # The connection was kept alive over a fault that resets all of them.
                self._connection = None
                if attempt:
                    raise
        return None

    def _exchange(self, method, target, data, timeout):
        if self._connection is None:
            parts = urlsplit(self.url)
            self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
        self._connection.request(method, target, data, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        answer = json.loads(response.read())
        if response.status != 200:
            raise SimulatorError(f"{method} {target}: {answer.get('error')}")
        return answer

    def state(self):
        return self.control("GET", "state")

    def requests(self, **filters):
        """Requests in order of arrival; filters: service, operation, application, status, since, ..."""
        return self.control("GET", "requests", **filters)

    def deliveries(self, **filters):
        """What arrived at Slack, SNS, PagerDuty, Alertmanager and webhooks; filter: service."""
        return self.control("GET", "deliveries", **filters)

    def violations(self, **filters):
        """What no correct client does; empty in a good test."""
        return self.control("GET", "violations", **filters)

    def faults(self, faults):
        """Add faults (a dict or a list of them); their ids."""
        return self.control("POST", "faults", faults if isinstance(faults, list) else [faults])

    def fault_state(self):
        return self.control("GET", "faults")

    def clear_faults(self):
        self.control("DELETE", "faults")

    def remove_fault(self, fault_id):
        self.control("DELETE", f"faults/{fault_id}")

    def clock(self):
        return self.control("GET", "clock")

    def set_clock(self, now=None, advance=None, rate=None, offset_s=None):
        """now: RFC 3339 or epoch; advance: "5m"; offset_s: what signatures and Date are off by."""
        wanted = {"now": now, "advance": advance, "rate": rate, "offset_s": offset_s}
        return self.control("POST", "clock", {k: v for k, v in wanted.items() if v is not None})

    def applications(self):
        return self.control("GET", "applications")

    def patch_application(self, name, patch):
        """Merge patch on the scenario entry; relative times count from now; None removes it."""
        if patch is None:
            return self._exchange("POST", "/_sim/applications/" + quote(name), b"null", 30)
        return self.control("POST", "applications/" + quote(name), patch)

    def patch_scenario(self, patch):
        """Merge patch on settings, deny, throttle, vary, roles, topics, imds, container, sso or credentials."""
        return self.control("POST", "scenario", patch)

    def patch_series(self, series):
        return self.control("POST", "series", series)

    def series(self, metric, dimensions, **query):
        """[[time, value]] as CloudWatch has it; query: start, end, period, statistic, namespace, account, region."""
        return self.control("GET", "series", metric=metric, **{f"dim.{k}": v for k, v in dimensions.items()}, **query)

    def add_operation(self, application, operation):
        return self.control("POST", "operations/" + quote(application), operation)

    def reset(self, scenario=None):
        return self.control("POST", "reset", scenario)

    def wait(self, kind, count=1, timeout=10.0, **filters):
        """Block until that many records of a kind match, then return them; SimulatorError when time runs out."""
        timeout = max(timeout, self.patience_s)
        deadline = time.monotonic() + timeout
        answer = {"enough": False, "found": 0}
        while not answer["enough"] and (left := deadline - time.monotonic()) > 0:
            answer = self.control("GET", "wait", kind=kind, count=count, timeout=min(left, _LONGEST_WAIT_S), **filters)
        if not answer["enough"]:
            raise SimulatorError(f"{answer['found']} of {count} {kind} {filters} within {timeout} s; state {self.state()}")
        return self.control("GET", kind, **filters)

    def wait_for(self, predicate, timeout=10.0):
        """Block until predicate(self) is true; it is asked again whenever something has changed."""
        timeout = max(timeout, self.patience_s)
        deadline = time.monotonic() + timeout
        while True:
            version = self.state()["version"]
            found = predicate(self)
            left = deadline - time.monotonic()
            if found or left <= 0:
                if not found:
                    raise SimulatorError(f"not true within {timeout} s; state {self.state()}")
                return found
            self.control("GET", "wait", after=version, timeout=min(left, 1.0))
