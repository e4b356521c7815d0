# SPDX-License-Identifier: Apache-2.0
"""MSF applications out of scenario entries: description, operations, snapshots, series and log."""

import json
from html import escape

from .clock import parse_duration, resolve_time
from .jobs import build_job
from .joblog import JobLog
from .noise import mix, seed_of
from .series import build_series
from .shapes import merge


def job_plan(name, tasks, parallelism):
    """A JobPlanDescription: the JSON text of Flink's plan, with its descriptions escaped as Flink does."""
    ids = [f"{mix(seed_of(name, task), 1):016x}{mix(seed_of(name, task), 2):016x}" for task in tasks]
    nodes = []
    for index, task in enumerate(tasks):
        inputs = [{"num": 0, "id": ids[index - 1], "ship_strategy": "HASH", "exchange": "pipelined_bounded"}] if index else []
        nodes.append({"id": ids[index], "parallelism": parallelism, "operator": "", "operator_strategy": "",
                      "description": escape(task) + "<br/>", "inputs": inputs, "optimizer_properties": {}})
    return json.dumps({"jid": f"{seed_of(name, 'jid'):032x}", "name": name, "type": "STREAMING", "nodes": nodes})


class Application:
    """One application; `entry` is its scenario object, kept so that it can be patched and built again."""

    def __init__(self, entry, world):
        self.entry = entry
        self.name = entry["name"]
        self.account = entry.get("account", world.account)
        self.region = entry.get("region", world.region)
        self.partition = world.partition
        self.base_s = world.clock.start_s
        self.seed = seed_of(world.seed, self.name)
        self.arn = f"arn:{self.partition}:kinesisanalytics:{self.region}:{self.account}:application/{self.name}"
        self.log_group = entry.get("log_group", f"/aws/kinesis-analytics/{self.name}")
        self.log_stream = entry.get("log_stream", "kinesis-analytics-log-stream")
        job = entry.get("job", {"kind": "healthy"})
        self.status = entry.get("status") or ("READY" if job.get("kind") == "stopped" else "RUNNING")
        self.runtime = entry.get("runtime", "FLINK-1_20")
        self.parallelism = entry.get("parallelism", 4)
        self.tasks = entry.get("tasks") or [entry.get("task", f"Source: {self.name} -> Parse"), "Aggregate", "Sink: output"]
        self.detail = self._detail()
        self.job = build_job(self, job)
        self.series = self._series()
        self.log = JobLog(self) if entry.get("logging", True) else None
        self.operations = self._operations()
        self.snapshots = self._snapshots()

    @property
    def checkpoint_config(self):
        flink = self.detail["ApplicationConfigurationDescription"]["FlinkApplicationConfigurationDescription"]
        return flink["CheckpointConfigurationDescription"]

    @property
    def metrics_level(self):
        flink = self.detail["ApplicationConfigurationDescription"]["FlinkApplicationConfigurationDescription"]
        return flink["MonitoringConfigurationDescription"]["MetricsLevel"]

    @property
    def kpus(self):
        per_kpu = self.entry.get("parallelism_per_kpu", 1)
        return -(-self.parallelism // per_kpu)

    @property
    def stream_arn(self):
        return f"arn:{self.partition}:logs:{self.region}:{self.account}:log-group:{self.log_group}:log-stream:{self.log_stream}"

    def time(self, value):
        return resolve_time(value, self.base_s)

    def _detail(self):
        entry = self.entry
        role = f"arn:{self.partition}:iam::{self.account}:role/service-role/kinesis-analytics-{self.name}"
        interval_ms = entry.get("checkpoint_interval_ms", 60000)
        pause_ms = entry.get("min_pause_ms", 5000)
        is_default = (interval_ms, pause_ms) == (60000, 5000)
        created = self.time(entry.get("created", "-90d"))
        changed = self.time(entry.get("changed", "-21d"))
        detail = {
            "ApplicationARN": self.arn,
            "ApplicationDescription": "",
            "ApplicationName": self.name,
            "RuntimeEnvironment": self.runtime,
            "ServiceExecutionRole": role,
            "ApplicationStatus": self.status,
            "ApplicationVersionId": entry.get("version", 7),
            "CreateTimestamp": created,
            "LastUpdateTimestamp": changed,
            "ApplicationVersionCreateTimestamp": changed,
            "ApplicationMode": "STREAMING",
            "ConditionalToken": f"{seed_of(self.name, 'token'):08x}",
            "ApplicationMaintenanceConfigurationDescription": {
                "ApplicationMaintenanceWindowStartTime": "22:00",
                "ApplicationMaintenanceWindowEndTime": "06:00",
            },
            "CloudWatchLoggingOptionDescriptions": [
                {"CloudWatchLoggingOptionId": "1.1", "LogStreamARN": self.stream_arn}],
            "ApplicationConfigurationDescription": {
                "ApplicationCodeConfigurationDescription": {
                    "CodeContentType": "ZIPFILE",
                    "CodeContentDescription": {
                        "CodeSize": 48211337,
                        "S3ApplicationCodeLocationDescription": {
                            "BucketARN": f"arn:{self.partition}:s3:::acme-artifacts", "FileKey": f"{self.name}.jar"},
                    },
                },
                "RunConfigurationDescription": {
                    "ApplicationRestoreConfigurationDescription": {"ApplicationRestoreType": "RESTORE_FROM_LATEST_SNAPSHOT"},
                    "FlinkRunConfigurationDescription": {"AllowNonRestoredState": False},
                },
                "FlinkApplicationConfigurationDescription": {
                    "CheckpointConfigurationDescription": {
                        "ConfigurationType": "DEFAULT" if is_default else "CUSTOM",
                        "CheckpointingEnabled": True,
                        "CheckpointInterval": interval_ms,
                        "MinPauseBetweenCheckpoints": pause_ms,
                    },
                    "MonitoringConfigurationDescription": {
                        "ConfigurationType": "CUSTOM",
                        "MetricsLevel": entry.get("metrics_level", "APPLICATION"),
                        "LogLevel": entry.get("log_level", "INFO"),
                    },
                    "ParallelismConfigurationDescription": {
                        "ConfigurationType": "CUSTOM",
                        "Parallelism": self.parallelism,
                        "ParallelismPerKPU": entry.get("parallelism_per_kpu", 1),
                        "CurrentParallelism": self.parallelism,
                        "AutoScalingEnabled": entry.get("autoscaling", True),
                    },
                },
                "EnvironmentPropertyDescriptions": {
                    "PropertyGroupDescriptions": [
                        {"PropertyGroupId": "consumer", "PropertyMap": {"stream.name": f"{self.name}-in"}}]},
                "ApplicationSnapshotConfigurationDescription": {"SnapshotsEnabled": True},
                "ApplicationSystemRollbackConfigurationDescription": {"RollbackEnabled": True},
                "ApplicationEncryptionConfigurationDescription": {"KeyType": "AWS_OWNED_KEY"},
            },
        }
        return merge(detail, self._resolved(entry.get("detail", {})))

    def _resolved(self, patch):
        """The patch with its ...Timestamp members as epoch seconds."""
        if isinstance(patch, dict):
            return {k: self.time(v) if k.endswith("Timestamp") and v is not None else self._resolved(v)
                    for k, v in patch.items()}
        return patch

    def _series(self):
        found = {}
        for series in self.job.series():
            found[series.key] = series
        for name, value in self.entry.get("metrics", {}).items():
            spec = value if isinstance(value, dict) and "value" in value and "kind" not in value else {"value": value}
            spec = {"dimensions": {"Application": self.name}, **spec, "metric": name}
            if spec["value"] is None:
                found = {k: s for k, s in found.items() if s.name != name}
                continue
            series = build_series(spec, self.base_s, self.seed)
            if (old := found.get(series.key)) is not None:
                series.unit = spec.get("unit", old.unit)
                series.samples = spec.get("samples", old.samples)
                series.every_s = old.every_s if "every" not in spec else series.every_s
            found[series.key] = series
        delivery = self.entry.get("delivery", {})
        for series in found.values():
            self._deliver(series, delivery)
        return list(found.values())

    def _deliver(self, series, delivery):
        """The application-wide lateness, revision and gaps of its points."""
        if "late" in delivery:
            series.late_s = parse_duration(delivery["late"])
        if "revise" in delivery:
            series.revise = {"for_s": parse_duration(delivery["revise"]["for"]), "factor": delivery["revise"]["factor"]}
        series.gaps += [(self.time(a), self.time(b)) for a, b in delivery.get("gaps", [])]

    def _operations(self):
        rows = list(self.entry.get("operations", []))
        if not rows and "operations" not in self.entry:
            rows = [{"operation": "CreateApplication", "start": self.entry.get("created", "-90d")},
                    {"operation": "StartApplication", "start": self.entry.get("changed", "-21d"), "duration": "3m"}]
        found = []
        for index, row in enumerate(rows):
            start_s = self.time(row["start"])
            status = row.get("status", "SUCCESSFUL")
            end_s = None if status == "IN_PROGRESS" else (
                self.time(row["end"]) if "end" in row else start_s + parse_duration(row.get("duration", "2m")))
            identifier = row.get("id") or f"{mix(seed_of(self.arn, index), 7):016x}{mix(seed_of(self.arn, index), 8):016x}"[:26]
            found.append({**row, "id": identifier, "start_s": start_s, "end_s": end_s, "status": status})
        return sorted(found, key=lambda op: -op["start_s"])

    def _snapshots(self):
        return sorted(({**row, "created_s": self.time(row["created"])} for row in self.entry.get("snapshots", [])),
                      key=lambda s: -s["created_s"])
