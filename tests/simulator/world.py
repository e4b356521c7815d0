# SPDX-License-Identifier: Apache-2.0
"""Everything that a scenario describes, ready to be asked."""

import copy
import re
import secrets
import threading
from collections import OrderedDict, deque

from .applications import Application
from .auth import Identity
from .clock import parse_duration, resolve_time
from .faults import Faults
from .records import Records
from .series import SeriesStore, build_series
from .shapes import merge

DEFAULT_KEY = {"access_key_id": "AKIDSIMULATOR", "secret_access_key": "simulator-secret-access-key"}
_RELATIVE = re.compile(r"^([+-]\d+(\.\d+)?(ms|s|m|h|d)|now)$")
_DEDUP_S = 300
PATCHABLE = ("settings", "deny", "throttle", "vary", "roles", "topics", "imds", "container", "sso", "credentials")


def absolute_times(value, now_s):
    """A copy of a patch whose relative times ("now", "-5m") are epoch seconds."""
    if isinstance(value, dict):
        return {k: absolute_times(v, now_s) for k, v in value.items()}
    if isinstance(value, list):
        return [absolute_times(v, now_s) for v in value]
    if isinstance(value, str) and _RELATIVE.match(value):
        return resolve_time(value, now_s)
    return value


class PlainStream:
    """A log stream of explicit lines."""

    def __init__(self, rows):
        self.rows = sorted(rows)

    def first_ms(self):
        return self.rows[0][0] if self.rows else 0

    def lines(self, from_ms, to_ms):
        return [row for row in self.rows if from_ms <= row[0] < to_ms]


class LogGroup:
    def __init__(self, account, name):
        self.account = account
        self.name = name
        self.streams = {}


class World:
    def __init__(self, scenario, clock):
        self.clock = clock
        self.records = Records(clock)
        self.faults = Faults()
        self.listener_fault = lambda fault: None    # the server puts its own here
        self._lock = threading.RLock()
        self.metric_pages = OrderedDict()
        self.load(scenario)

    def _read_plain(self):
        """The members of the scenario that are used as they stand."""
        self.settings = self.scenario.get("settings", {})
        self.deny = self.scenario.get("deny", [])
        self.roles = {role["arn"]: role for role in self.scenario.get("roles", [])}
        self.topics = {topic["arn"]: topic for topic in self.scenario.get("topics", [])}

    def patch_scenario(self, patch):
        """Merge patch on settings, deny, throttle, vary, roles, topics, imds, container, sso, credentials."""
        forbidden = set(patch) - set(PATCHABLE)
        if forbidden:
            raise ValueError(f"only {PATCHABLE} can be patched, not {sorted(forbidden)}")
        with self._lock:
            self.scenario = merge(self.scenario, absolute_times(patch, self.clock.now_s()))
            self._read_plain()
            if "credentials" in patch:
                self._load_identities()

    def load(self, scenario):
        """Start over with this scenario; relative times count from the clock's start."""
        self.scenario = copy.deepcopy(scenario)
        self.account = self.scenario.get("account", "111122223333")
        self.region = self.scenario.get("region", "eu-west-1")
        self.partition = self.scenario.get("partition", "aws")
        self.seed = self.scenario.get("seed", 1)
        self._read_plain()
        self.imds_tokens = {}
        self._dedup = {}
        self._calls = {}
        self._stores = {}
        self._groups = {}
        self._applications = {}
        self.metric_pages.clear()
        self._load_identities()
        for entry in self.scenario.get("applications", []):
            self.put_application(entry)
        self.add_series(self.scenario.get("series", []))
        for group in self.scenario.get("log_groups", []):
            self._add_log_group(group)
        self.regions = {self.region, *self.scenario.get("regions", []), *(a.region for a in self._applications.values())}
        self.faults.clear()
        self.faults.add(self.scenario.get("faults", []))

    def _load_identities(self):
        """Those of the scenario, and those already issued that are not of it."""
        self.identities = {k: i for k, i in getattr(self, "identities", {}).items() if i.source != "scenario"}
        for spec in self.scenario.get("credentials", [DEFAULT_KEY]):
            self._put_identity(Identity(
                spec["access_key_id"], spec["secret_access_key"], spec.get("session_token"),
                resolve_time(spec.get("expires_at"), self.clock.start_s), spec.get("account", self.account), spec.get("arn"),
                wrong_secrets=tuple(spec.get("wrong_secrets", ()))))

    def _put_identity(self, identity):
        self.identities[identity.access_key_id] = identity
        return identity

    def issue(self, role_arn, session, lifetime_s, source):
        """New temporary credentials of a role."""
        account = role_arn.split(":")[4]
        name = role_arn.rsplit("/", 1)[1]
        partition = role_arn.split(":")[1]
        return self._put_identity(Identity(
            "ASIA" + secrets.token_hex(8).upper(), secrets.token_urlsafe(30), "sim/" + secrets.token_urlsafe(300) + "==",
            int(self.clock.wall_s() + parse_duration(lifetime_s)), account,
            f"arn:{partition}:sts::{account}:assumed-role/{name}/{session}", source))

    # applications and series

    def put_application(self, entry):
        app = Application(entry, self)
        with self._lock:
            old = self._applications.get((app.account, app.region, app.name))
            store = self.store(app.account, app.region)
            if old is not None:
                mine = {s.key for s in old.series}
                store.drop(lambda s: s.key in mine)
            for series in app.series:
                store.put(series)
            self._applications[(app.account, app.region, app.name)] = app
            if old is not None and (old.log_group, old.log_stream) != (app.log_group, app.log_stream):
                self._groups[(old.account, old.region, old.log_group)].streams.pop(old.log_stream, None)
            self._attach_log(app)
            self.metric_pages.clear()
        if hasattr(self, "regions"):
            self.regions.add(app.region)
        return app

    def _attach_log(self, app):
        key = (app.account, app.region, app.log_group)
        if app.log is None:
            if key in self._groups:
                self._groups[key].streams.pop(app.log_stream, None)
            return
        group = self._groups.setdefault(key, LogGroup(app.account, app.log_group))
        group.streams[app.log_stream] = app.log

    def patch_application(self, name, patch):
        """Merge patch on the scenario entry; null removes the application. None when there is none."""
        with self._lock:
            found = [key for key in self._applications if key[2] == name]
            patch = absolute_times(patch, self.clock.now_s())
            if not found:
                return self.put_application({**patch, "name": name}) if patch is not None else None
            app = self._applications[found[0]]
            if patch is None:
                mine = {s.key for s in app.series}
                self.store(app.account, app.region).drop(lambda s: s.key in mine)
                return self._applications.pop(found[0])
            return self.put_application(merge(app.entry, patch))

    def add_operation(self, name, operation):
        """Prepend one operation to an application's history."""
        app = next((a for a in self.applications() if a.name == name), None)
        if app is None:
            raise LookupError(f"no application {name!r}")
        rows = [{"id": op["id"], "operation": op["operation"], "start": op["start_s"], "status": op["status"],
                 **({"end": op["end_s"]} if op["end_s"] is not None else {}),
                 **{k: op[k] for k in ("version_from", "version_to", "error", "rollback_id") if k in op}}
                for op in app.operations if op["id"] != operation.get("id")]
        return self.patch_application(name, {"operations": rows + [absolute_times(operation, self.clock.now_s())]})

    def add_series(self, specs, base_s=None):
        for spec in specs:
            series = build_series(spec, self.clock.start_s if base_s is None else base_s, self.seed)
            store = self.store(spec.get("account", self.account), spec.get("region", self.region))
            store.put(series)
        self.metric_pages.clear()

    def remember_pages(self, key, results):
        """Keep the results of a GetMetricData whose pages are being fetched; None forgets them."""
        with self._lock:
            self.metric_pages.pop(key, None)
            if results is not None:
                self.metric_pages[key] = results
            while len(self.metric_pages) > 4:
                self.metric_pages.popitem(last=False)

    def _add_log_group(self, spec):
        key = (spec.get("account", self.account), spec.get("region", self.region), spec["name"])
        group = self._groups.setdefault(key, LogGroup(key[0], spec["name"]))
        for name, rows in spec.get("streams", {}).items():
            group.streams[name] = PlainStream([(int(resolve_time(at, self.clock.start_s) * 1000), text) for at, text in rows])

    def store(self, account, region):
        return self._stores.setdefault((account, region), SeriesStore())

    def accounts(self):
        return sorted({account for account, _ in self._stores})

    def application(self, account, region, name):
        return self._applications.get((account, region, name))

    def applications(self, account=None, region=None):
        return [a for key, a in list(self._applications.items())
                if (account is None or key[0] == account) and (region is None or key[1] == region)]

    def log_group(self, account, region, name):
        return self._groups.get((account, region, name))

    def applications_named(self, service, params):
        """Names of the applications that a request is about, for faults and records."""
        if service == "cloudwatch":
            metrics = [q.get("MetricStat", {}).get("Metric", {}) for q in params.get("MetricDataQueries", []) if isinstance(q, dict)]
            rows = [d for m in metrics + [params] for d in m.get("Dimensions", []) if isinstance(d, dict)]
            return sorted({str(d["Value"]) for d in rows if d.get("Name") == "Application" and "Value" in d})
        if service == "logs":
            name = params.get("logGroupName") or str(params.get("logGroupIdentifier", "")).rpartition("log-group:")[2]
            return sorted(a.name for a in self.applications() if a.log_group == name)
        return [params["ApplicationName"]] if isinstance(params.get("ApplicationName"), str) else []

    # answers

    def seen_dedup(self, arn, dedup):
        """Whether this deduplication id came in the last five minutes; remembers it."""
        now_s = self.clock.now_s()
        with self._lock:
            at_s = self._dedup.get((arn, dedup))
            if at_s is not None and now_s - at_s < _DEDUP_S:
                return True
            self._dedup[(arn, dedup)] = now_s
            return False

    def variation(self, call):
        """The options of vary.py for this answer: the scenario's, then those of a fault."""
        options = dict(self.scenario.get("vary") or {})
        for effect in call.effects:
            if effect.kind == "vary":
                options.update(effect.spec)
        return options

    def throttle(self, call):
        """Scenario `throttle: {"logs:FilterLogEvents": 5}`: calls a second, by account and region."""
        limits = self.scenario.get("throttle", {})
        for name in (call.service.name, f"{call.service.name}:{call.operation}"):
            limit = limits.get(name)
            if limit is None:
                continue
            now_s = call.request.arrived_s
            with self._lock:
                calls = self._calls.setdefault((name, call.account, call.region), deque())
                while calls and calls[0] <= now_s - 1.0:
                    calls.popleft()
                if len(calls) >= limit:
                    raise call.service.throttle_error()
                calls.append(now_s)
