# SPDX-License-Identifier: Apache-2.0
"""flinkwatchctl doctor and iam-policy: the real client, the real daemon, and an AWS where something is wrong."""

import fnmatch
import json
import os
import re
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from harness import BUILD, Daemon
from simulator.client import ENVIRONMENT, Simulator

ACCOUNT, REGION = "111122223333", "eu-west-1"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:oncall"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/watcher"
NOWHERE = "http://127.0.0.1:9"
ODD_GROUP = "/company/flink/billing"
ACTIONS = [
    "cloudwatch:GetMetricData", "cloudwatch:ListMetrics", "kinesisanalytics:ListApplications", "kinesisanalytics:DescribeApplication",
    "kinesisanalytics:ListApplicationOperations", "kinesisanalytics:DescribeApplicationOperation",
    "kinesisanalytics:ListApplicationSnapshots", "logs:FilterLogEvents", "logs:DescribeLogStreams"]
SERVICES = {"cloudwatch": "cloudwatch", "kinesisanalyticsv2": "kinesisanalytics", "logs": "logs", "sts": "sts", "sns": "sns"}


def application(name, **more):
    return {"name": name, "runtime": "FLINK-1_20", "metrics_level": "TASK", "job": {"kind": "healthy"},
            "operations": [{"operation": "UpdateApplication", "start": "-30m", "duration": "4m"}], **more}


SCENARIO = {"account": ACCOUNT, "applications": [application("orders"), application("billing", log_group=ODD_GROUP)],
            "roles": [{"arn": ROLE, "external_id": "the-external-id"}]}


@pytest.fixture(scope="module")
def servers():
    with Simulator(SCENARIO) as sim:
        yield sim


@pytest.fixture
def sim(servers):
    servers.reset(SCENARIO)
    servers.set_clock(now=datetime.now(timezone.utc).timestamp(), offset_s=0)
    yield servers
    assert [v for v in servers.violations() if "clock" not in str(v)] == []


@pytest.fixture
def daemon(sim, tmp_path):
    with Daemon(sim, tmp_path) as one:
        one.config = one.config.replace("interval = 1s", "interval = 60s").replace("backfill = 3h", "backfill = 5m")
        yield one


class Doctor:
    """What one run said: lines by what they are about."""

    def __init__(self, daemon, *arguments):
        done = daemon.ctl("--json", "doctor", *arguments, check=False)
        self.lines = json.loads(done.stdout)
        self.code = done.returncode
        self.text = done.stdout + done.stderr

    def all(self, status):
        return [line for line in self.lines if line["status"] == status]

    def find(self, check, application=None, target="prod"):
        found = [line for line in self.lines if (line["check"], line["target"]) == (check, target)
                 and (application is None or line["application"] == application)]
        assert len(found) == 1, (check, self.lines)
        return found[0]


def examine(daemon, *arguments):
    """A daemon of its own, examined once."""
    daemon.start()
    doctor = Doctor(daemon, *arguments)
    daemon.stop()
    for secret in (ENVIRONMENT["AWS_SECRET_ACCESS_KEY"], "the-external-id", "wrong-external-id", "sim/"):
        assert secret not in doctor.text + daemon.log
    return doctor


def test_all_is_well__each_permission_was_tried(sim, daemon):
    doctor = examine(daemon)
    assert doctor.all("failed") == [] and doctor.all("warning") == [] and doctor.code == 0, doctor.lines
    assert [line["check"] for line in doctor.all("skipped")] == ["sns:Publish"]
    for action in ACTIONS:
        assert doctor.find(action)["status"] == "ok" and doctor.find(action)["mend"] is None
    assert ACCOUNT in doctor.find("identity")["text"] and "environment" in doctor.find("credentials")["text"]
    assert "2 of 2" in doctor.find("applications")["text"] and "partition aws" in doctor.find("region")["text"]
    assert {line["application"] for line in doctor.lines if line["check"] == "logging"} == {"orders", "billing"}
    assert {line["check"] for line in doctor.lines if not line["target"] and not line["notifier"]} == {
        "state_directory", "free_space", "database", "socket", "open_files"}
    assert sim.deliveries() == []


@pytest.fixture(scope="module")
def patient(servers, tmp_path_factory):
    """A daemon that is examined again and again."""
    servers.reset(SCENARIO)
    with Daemon(servers, tmp_path_factory.mktemp("patient")) as one:
        one.config = one.config.replace("interval = 1s", "interval = 1h")
        one.start()
        yield one


@pytest.mark.parametrize("action", ACTIONS)
def test_permission__is_missing__its_statement_mends_it(servers, patient, action):
    service, operation = action.split(":")
    servers.patch_scenario({"deny": [{"action": action}]})
    doctor = Doctor(patient, "prod")
    servers.patch_scenario({"deny": []})
    line = doctor.find(action)
    assert line["status"] == "failed" and doctor.code == 1 and operation in line["text"] and "AccessDenied" in line["text"]
    assert [other["check"] for other in doctor.all("failed")] == [action], "nothing else is blamed"
    statement = json.loads(line["mend"])
    assert statement["Effect"] == "Allow" and statement["Action"] == action
    resources = {"cloudwatch": r"\*", "kinesisanalytics": rf"arn:aws:kinesisanalytics:{REGION}:{ACCOUNT}:application/(orders|billing)",
                 "logs": rf"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:({ODD_GROUP}|/aws/kinesis-analytics/orders):\*"}
    expected = r"\*" if operation == "ListApplications" else resources[service]
    assert re.fullmatch(expected, statement["Resource"]), statement
    assert Doctor(patient, "prod").code == 0, "mended"


def test_permissions__none__each_one_is_listed(servers, patient):
    servers.patch_scenario({"deny": [{"action": "*"}]})
    doctor = Doctor(patient, "prod")
    servers.patch_scenario({"deny": []})
    told = {line["check"]: line["status"] for line in doctor.lines}
    assert doctor.code == 1 and set(ACTIONS) <= set(told)
    assert {told[action] for action in ACTIONS} <= {"failed", "skipped"}
    assert told["kinesisanalytics:ListApplications"] == told["cloudwatch:GetMetricData"] == "failed"


def test_identity__is_denied__what_can_deny_it(sim, daemon):
    sim.faults({"kind": "access_denied", "operation": "GetCallerIdentity", "times": "always"})
    doctor = examine(daemon, "prod")
    line = doctor.find("identity")
    assert line["status"] == "failed" and "service control policy" in line["mend"], line
    assert doctor.find("cloudwatch:GetMetricData")["status"] == "ok" and doctor.code == 1


# Keys.

def test_role__is_assumed__source_expiry_and_identity(daemon):
    daemon.config = daemon.config.replace(f"region = {REGION}\n", f"region = {REGION}\nrole_arn = {ROLE}\nexternal_id = the-external-id\n")
    doctor = examine(daemon, "prod")
    assert doctor.code == 0, doctor.lines
    assert re.search(rf"environment.* -> role {ROLE}; keys expire at \d{{4}}-\d\d-\d\dT", doctor.find("credentials")["text"])
    assert "assumed-role/watcher/" in doctor.find("identity")["text"] and doctor.find("sts:AssumeRole")["status"] == "ok"


def test_role__is_refused__statement_for_the_role(daemon):
    daemon.config = daemon.config.replace(f"region = {REGION}\n", f"region = {REGION}\nrole_arn = {ROLE}\nexternal_id = wrong-external-id\n")
    doctor = examine(daemon)
    line = doctor.find("sts:AssumeRole")
    assert doctor.code == 1 and line["status"] == "failed" and "trust policy" in line["text"]
    assert json.loads(line["mend"]) == {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": ROLE}
    assert {doctor.find(action)["status"] for action in ACTIONS} == {"skipped"}


def test_keys__none_anywhere__says_what_to_give(daemon):
    for name in ENVIRONMENT:
        del daemon.environment[name]
    doctor = examine(daemon, "prod")
    line = doctor.find("credentials")
    assert doctor.code == 1 and line["status"] == "failed" and "role" in line["mend"], line
    assert doctor.find("identity")["status"] == "skipped"


def test_keys__end_soon__warned(daemon):
    daemon.environment["AWS_CREDENTIAL_EXPIRATION"] = (datetime.now(timezone.utc) + timedelta(minutes=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    line = examine(daemon, "prod").find("credentials")
    assert line["status"] == "warning" and daemon.environment["AWS_CREDENTIAL_EXPIRATION"] in line["text"] and "renew" in line["mend"]


def test_keys__wrong_secret__named_by_their_source(sim, daemon):
    sim.patch_scenario({"credentials": [{"access_key_id": "AKIDSIMULATOR", "secret_access_key": "simulator-secret-access-key",
                                         "wrong_secrets": ["mistyped-secret"]}]})
    daemon.environment["AWS_SECRET_ACCESS_KEY"] = "mistyped-secret"
    doctor = examine(daemon, "prod")
    line = doctor.find("identity")
    assert doctor.code == 1 and line["status"] == "failed" and "environment variables" in line["mend"], line
    assert "mistyped-secret" not in doctor.text


# Places and times.

def test_region__of_another_partition__both_named(sim, daemon):
    sim.reset({**SCENARIO, "regions": ["cn-north-1"]})
    daemon.config = daemon.config.replace(f"region = {REGION}\n", f"region = cn-north-1\nrole_arn = {ROLE}\nexternal_id = the-external-id\n")
    line = examine(daemon, "prod").find("region")
    assert line["status"] == "failed" and "aws-cn" in line["text"] and ROLE in line["text"] and "partition" in line["mend"]


@pytest.mark.parametrize("off_s,status", [(10, "ok"), (120, "warning"), (-120, "warning"), (1200, "failed"), (-1200, "failed")])
def test_clock__is_off__by_how_much_and_which_way(sim, daemon, off_s, status):
    sim.set_clock(offset_s=off_s)
    doctor = examine(daemon, "prod")
    line = doctor.find("clock")
    assert line["status"] == status, line
    assert ("behind" if off_s > 0 else "ahead") in line["text"]
    assert abs(int(re.search(r"\((\d+) s\)", line["text"])[1]) - abs(off_s)) <= 2
    assert doctor.find("cloudwatch:GetMetricData")["status"] == "ok", "the clock is corrected"


@pytest.mark.parametrize("service,variable", [("logs", "CLOUDWATCH_LOGS"), ("monitoring", "CLOUDWATCH"), ("sts", "STS")])
def test_service__cannot_be_reached__where_and_what_to_open(daemon, service, variable):
    daemon.environment[f"AWS_ENDPOINT_URL_{variable}"] = NOWHERE
    daemon.environment["AWS_MAX_ATTEMPTS"] = "1"
    doctor = examine(daemon, "prod")
    failed = doctor.all("failed")
    assert doctor.code == 1 and len(failed) == 1, "said once for a service"
    assert NOWHERE in failed[0]["mend"] and "reach" in failed[0]["mend"], failed


def test_host__is_not_known__name_and_dns(daemon):
    daemon.environment.update(AWS_ENDPOINT_URL="http://no-such-host.invalid:8080", AWS_MAX_ATTEMPTS="1")
    doctor = examine(daemon, "prod")
    line = doctor.find("identity")
    assert doctor.code == 1 and line["status"] == "failed" and "DNS" in line["text"]
    assert "AWS_ENDPOINT_URL" in line["mend"] and "getent hosts no-such-host.invalid)" in line["mend"], line


def test_service__hangs__asked_once_and_no_more(sim, daemon):
    """A fleet of applications times ten seconds would outlast the client's patience."""
    sim.reset({**SCENARIO, "applications": [application(f"app-{number}") for number in range(9)]})
    sim.faults({"kind": "hang", "operation": "DescribeApplication", "times": "always"})
    doctor = examine(daemon, "prod")
    line = doctor.find("kinesisanalytics:DescribeApplication")
    assert line["status"] == "failed" and "no answer within 10 s" in line["text"], line
    assert doctor.find("kinesisanalytics:ListApplicationSnapshots")["status"] == "skipped"
    assert doctor.find("cloudwatch:GetMetricData")["status"] == "ok", "the others are asked"


@pytest.mark.parametrize("variables,words", [
    ({"AWS_CA_BUNDLE": None}, "AWS_CA_BUNDLE"),
    ({"AWS_CA_BUNDLE": "/nonexistent/ca.pem"}, "AWS_CA_BUNDLE"),
], ids=["self-signed", "no such file"])
def test_certificate__is_not_trusted__which_authority_to_give(tmp_path, variables, words):
    with Simulator(SCENARIO, https=True) as sim, Daemon(sim, tmp_path) as daemon:
        daemon.environment.update(AWS_ENDPOINT_URL=sim.https_url, AWS_MAX_ATTEMPTS="1")
        daemon.environment.update({name: value for name, value in variables.items() if value})
        doctor = examine(daemon, "prod")
        failed = doctor.all("failed")
        assert doctor.code == 1 and {line["check"] for line in failed} >= {"identity"}
        for line in failed:
            assert "certificate" in line["text"] and words in line["mend"] and "firewall" not in line["mend"], line
        assert sim.requests() == []


def test_service__throttles__is_no_fault(sim, daemon):
    daemon.environment["AWS_MAX_ATTEMPTS"] = "1"
    sim.faults({"kind": "throttle", "operation": "FilterLogEvents", "times": "always"})
    doctor = examine(daemon, "prod")
    line = doctor.find("logs:FilterLogEvents")
    assert line["status"] == "warning" and "again" in line["mend"] and doctor.code == 0, line


@pytest.mark.parametrize("deny,status,words", [([], "ok", "took a message"), ([{"action": "sns:Publish"}], "failed", "AuthorizationError")],
                         ids=["taken", "denied"])
def test_topic__a_message_was_sent__what_became_of_it(sim, daemon, deny, status, words):
    sim.reset({**SCENARIO, "deny": deny, "applications": [application("orders", job={"kind": "restart_loop", "since": "-10m"})]})
    daemon.config = daemon.config.replace("backfill = 5m", "backfill = 3h")
    daemon.start()
    sim.wait("requests", 1, timeout=60, operation="Publish", pending=0)
    sim.wait("deliveries", 1, timeout=60, service="slack")
    daemon.wait_log(r"notifier pager: .*(delivered|AuthorizationError)")
    line = next(line for line in Doctor(daemon).lines if line["notifier"] == "pager" and line["check"] == "sns:Publish")
    assert line["status"] == status and words in line["text"] and TOPIC in line["text"], line
    if deny:
        assert json.loads(line["mend"]) == {"Effect": "Allow", "Action": "sns:Publish", "Resource": TOPIC}
    daemon.stop()


# Applications.

def test_application__misspelt__is_missing(daemon):
    daemon.config = daemon.config.replace(f"region = {REGION}\n", f"region = {REGION}\napplications = orders, ordres, b*\n")
    doctor = examine(daemon, "prod")
    missing, all_of_them = [line for line in doctor.lines if line["check"] == "applications"][::-1]
    assert missing["application"] == "ordres" and missing["status"] == "failed" and "applications = orders, ordres, b*" in missing["mend"]
    assert "2 of 2" in all_of_them["text"] and doctor.code == 1
    assert doctor.find("kinesisanalytics:DescribeApplication")["status"] == "ok", "no permission is blamed"


def test_applications__none_matches__warned(daemon):
    daemon.config = daemon.config.replace(f"region = {REGION}\n", f"region = {REGION}\napplications = nothing-*\n")
    line = examine(daemon, "prod").find("applications")
    assert line["status"] == "warning" and "applications = nothing-*" in line["mend"]


def test_application__coarse_metrics_and_logs__what_is_lost(sim, daemon):
    sim.patch_application("orders", {"metrics_level": "APPLICATION", "log_level": "ERROR"})
    doctor = examine(daemon, "prod")
    level, logging = doctor.find("metrics_level", "orders"), doctor.find("logging", "orders")
    assert level["status"] == "warning" and "update-application" in level["mend"] and "--application-name orders" in level["mend"]
    assert logging["status"] == "warning" and "INFO" in logging["mend"]
    assert doctor.find("metrics_level", "billing")["status"] == "ok" and doctor.code == 0


NO_STREAM = "The log stream does not exist"


@pytest.mark.parametrize("patch,status,words,mend,title", [
    ({"detail": {"CloudWatchLoggingOptionDescriptions": []}}, "warning", "no CloudWatch logging option", "add-application-cloud-watch-logging-option",
     "No CloudWatch logging option"),
    ({"logging": False}, "failed", "log group /aws/kinesis-analytics/orders does not exist", "create-log-group", NO_STREAM),
    ({"detail": {"CloudWatchLoggingOptionDescriptions": [{"LogStreamARN": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{ODD_GROUP}:log-stream:gone"}]}},
     "failed", "its log stream gone does not", "create-log-stream", NO_STREAM),
])
def test_logging__group_or_stream_is_missing__how_to_make_it(sim, daemon, patch, status, words, mend, title):
    if "detail" in patch:
        sim.patch_application("orders", patch)
    else:
        sim.reset({**SCENARIO, "applications": [application("orders", **patch)]})
    assert daemon.run("--oneshot").returncode == 0
    daemon.start()
    line = Doctor(daemon, "prod").find("logging", "orders")
    assert line["status"] == status and words in line["text"] and mend in line["mend"], line
    noted = [i["title"] for i in daemon.incidents() if i["application"] == "orders" and i["diagnoser"] == "configuration"]
    assert title in noted and (title == NO_STREAM or NO_STREAM not in noted), noted


def test_names__that_a_shell_would_obey__are_quoted(sim, daemon, tmp_path):
    """What AWS answers ends in a command that people paste."""
    option = {"LogStreamARN": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{ODD_GROUP}:log-stream:$(touch {tmp_path}/x)'; touch {tmp_path}/y #"}
    sim.patch_application("orders", {"detail": {"CloudWatchLoggingOptionDescriptions": [option]}})
    line = examine(daemon, "prod").find("logging", "orders")
    assert "create-log-stream" in line["mend"], line
    subprocess.run(["sh", "-c", "aws() { :; }; " + line["mend"]], check=True, cwd=tmp_path)
    assert not os.path.exists(tmp_path / "x") and not os.path.exists(tmp_path / "y"), line["mend"]


# The way the answer comes.

def test_target__one_of_two__alone(daemon):
    daemon.config += f"\n[target other]\nregion = {REGION}\n"
    daemon.start()
    assert {line["target"] for line in Doctor(daemon, "other").lines} == {"other", None}
    assert [line["notifier"] for line in Doctor(daemon, "other").lines if line["notifier"]] == []
    assert {line["target"] for line in Doctor(daemon).lines} == {"prod", "other", None}
    refused = daemon.ctl("doctor", "third", check=False)
    assert refused.returncode == 1 and "no target third: see flinkwatchctl status" in refused.stderr
    for command in (("doctor", "pord"), ("poll", "--now", "pord")):
        assert "no target pord: did you mean prod?" in daemon.ctl(*command, check=False).stderr


def test_lines__come_before_the_end(sim, daemon):
    sim.faults({"kind": "hang", "operation": "FilterLogEvents", "times": "always"})
    daemon.start()
    with subprocess.Popen([os.path.join(BUILD, "flinkwatchctl"), "--socket", daemon.socket, "doctor"], stdout=subprocess.PIPE,
                          env=daemon.environment, text=True) as client:
        text = ""
        while "logs:DescribeLogStreams" not in text:
            text += client.stdout.readline()
        sim.wait("requests", operation="FilterLogEvents", pending=1)
        assert client.poll() is None
        assert daemon.ask("incidents") == [], "others are served meanwhile"
        client.kill()
    sim.wait_for(lambda s: s.requests(operation="FilterLogEvents", pending=1) == [])
    daemon.stop()


def test_many_at_once__four_and_no_more(sim, daemon):
    sim.faults({"kind": "slow", "delay": "700ms", "service": "sts", "times": "always"})
    daemon.start()
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: daemon.ctl("doctor", "prod", check=False), range(8)))
    good = [one for one in done if one.returncode == 0]
    refused = [one for one in done if one.returncode == 1]
    assert len(good) >= 4 and len(good) + len(refused) == 8
    assert all("under way already" in one.stderr for one in refused)
    daemon.stop()


def test_socket__client_goes_away__the_work_ends(sim, daemon):
    sim.faults({"kind": "hang", "service": "sts", "times": "always"})
    daemon.start()
    for _ in range(6):      # more than may be under way
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(daemon.socket)
            client.sendall(b'{"jsonrpc":"2.0","id":1,"method":"doctor"}\n')
            client.recv(1)
    sim.clear_faults()
    deadline = time.monotonic() + 30
    while "under way already" in daemon.ctl("doctor", "prod", check=False).stderr:
        assert time.monotonic() < deadline, "nobody noticed that they have left"
    daemon.stop()


# The policy.

def allows(policy, action, resource):
    def listed(member):
        value = statement[member]
        return value if isinstance(value, list) else [value]
    for statement in policy["Statement"]:
        assert statement["Effect"] == "Allow"
        if action in listed("Action") and any(fnmatch.fnmatchcase(resource, pattern) for pattern in listed("Resource")):
            return True
    return False


def resource_of(request):
    parameters = request["parameters"]
    if request["service"] == "kinesisanalyticsv2" and "ApplicationName" in parameters:
        return f"arn:aws:kinesisanalytics:{REGION}:{ACCOUNT}:application/{parameters['ApplicationName']}"
    if request["service"] == "logs":
        group = parameters.get("logGroupName") or parameters["logGroupIdentifier"]
        return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:log-stream:any"
    return parameters.get("RoleArn") or parameters.get("TopicArn") or "*"


def test_policy__all_that_was_asked__is_allowed_and_no_more(sim, daemon):
    sim.patch_application("orders", {"job": {"kind": "restart_loop", "since": "-10m"}})
    daemon.start()
    sim.wait("deliveries", 1, timeout=60, service="sns")
    assert Doctor(daemon).code == 0
    policy = daemon.ask("iam-policy")
    assert json.loads(daemon.ctl("iam-policy").stdout) == policy and policy["Version"] == "2012-10-17"
    asked = {(f"{SERVICES[r['service']]}:{r['operation']}", resource_of(r)) for r in sim.requests() if r["service"] in SERVICES}
    asked = {(action, resource) for action, resource in asked if action != "sts:GetCallerIdentity"}     # needs no permission
    assert [pair for pair in asked if not allows(policy, *pair)] == []
    actions = {a for s in policy["Statement"] for a in (s["Action"] if isinstance(s["Action"], list) else [s["Action"]])}
    assert actions == {action for action, _ in asked}, "nothing is allowed that is not used"
    assert not any("*" in action for action in actions)
    other = f"arn:aws:kinesisanalytics:{REGION}:444455556666:application/orders"
    assert not allows(policy, "kinesisanalytics:DescribeApplication", other)
    assert not allows(policy, "logs:FilterLogEvents", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/pay:log-stream:x")
    assert len(json.dumps(policy, separators=(",", ":"))) < 6144, "fits a managed policy"
    daemon.stop()


def test_policy__roles_and_globs__a_document_for_each_identity(daemon):
    daemon.config = daemon.config.replace(
        f"region = {REGION}\n", f"region = {REGION}\nrole_arn = {ROLE}\nexternal_id = the-external-id\napplications = orders, pay-*, !pay-test\n")
    daemon.start()
    policy = daemon.ask("iam-policy", "--target", "prod")
    assert {s["Sid"]: s["Resource"] for s in policy["Statement"] if s["Sid"].startswith("Default")} == {"DefaultCredentials1": ROLE}
    names = [r for s in policy["Statement"] for r in s["Resource"] if ":application/" in r]
    assert names == [f"arn:aws:kinesisanalytics:{REGION}:{ACCOUNT}:application/{name}" for name in ("orders", "pay-*")]
    text = daemon.ctl("iam-policy").stdout
    assert f"role {ROLE}, for target prod" in text and "default credentials, for target prod, notifier pager" in text
    daemon.stop()


def test_policy__nobody_answers__any_account(daemon):
    daemon.environment.update(AWS_ENDPOINT_URL=NOWHERE, AWS_MAX_ATTEMPTS="1")
    daemon.start()
    policy = daemon.ask("iam-policy")
    assert f"arn:aws:kinesisanalytics:{REGION}:*:application/*" in [s["Resource"] for s in policy["Statement"]]
    daemon.stop()
