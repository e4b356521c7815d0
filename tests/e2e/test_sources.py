# SPDX-License-Identifier: Apache-2.0
"""Every source of keys with the whole daemon: who it is to AWS, what doctor says of it, and that nobody gets to read a secret."""

import hashlib
import json
import os
import re
import stat
import subprocess
from datetime import datetime, timedelta, timezone

import pytest

from exchange import ACCOUNT, REGION
from harness import BUILD, Daemon
from identities import EXTERNAL_ID, SCENARIO, SECRETS, SSO_TOKEN, TOKEN, WEB_TOKEN, role, session, write
from network import NAMES, ConnectProxy, make_certificate
from simulator.client import ENVIRONMENT, Simulator

HERE = os.path.dirname(os.path.abspath(__file__))
BASE = {"AWS_ACCESS_KEY_ID": "AKIABASE", "AWS_SECRET_ACCESS_KEY": "base-secret"}
BASE_FILE = "aws_access_key_id = AKIABASE\naws_secret_access_key = base-secret\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(str(tmp_path_factory.mktemp("tls")), NAMES)


@pytest.fixture(scope="module")
def servers(certificate):
    with Simulator(SCENARIO, https=certificate) as sim:
        yield sim


class Setting:
    """What a source finds: variables, files below a home folder, keys of the target."""

    def __init__(self, aws, home):
        self.aws, self.home = aws, home
        self.variables, self.target = {}, ""

    def config(self, text):
        self.variables["AWS_CONFIG_FILE"] = write(self.home / "config", text)

    def credentials(self, text):
        self.variables["AWS_SHARED_CREDENTIALS_FILE"] = write(self.home / "credentials", text)


def environment_variables(s):
    s.variables.update({"AWS_ACCESS_KEY_ID": "ASIAPROCESS", "AWS_SECRET_ACCESS_KEY": "process-secret", "AWS_SESSION_TOKEN": "process-token"})
    return f"arn:aws:iam::{ACCOUNT}:user/process", "environment variables; keys do not expire"


def default_profile(s):
    s.credentials("[default]\n" + BASE_FILE)
    return f"arn:aws:iam::{ACCOUNT}:user/base", "profile default"


def profile_of_target(s):
    """The target's own profile goes before the environment's keys."""
    s.variables.update(ENVIRONMENT)
    s.target = "profile = base\n"
    s.credentials("[base]\n" + BASE_FILE)
    return f"arn:aws:iam::{ACCOUNT}:user/base", "profile base"


def source_profile_chain(s):
    s.target = f"profile = two\nrole_arn = {role('third')}\n"
    s.credentials("[base]\n" + BASE_FILE)
    s.config(f"[profile one]\nrole_arn = {role('first')}\nsource_profile = base\nexternal_id = {EXTERNAL_ID}\n"
             f"[profile two]\nrole_arn = {role('second')}\nsource_profile = one\n")
    roles = " -> ".join(f"role {role(name)}" for name in ("first", "second", "third"))
    return session("third"), rf"profile base \(keys in the shared credentials file\) -> {roles}; keys expire at 20"


def role_of_target(s):
    s.variables.update(BASE)
    s.target = f"role_arn = {role('first')}\nexternal_id = {EXTERNAL_ID}\n"
    return session("first"), f"environment variables -> role {role('first')}; keys expire at 20"


def credential_source(s):
    s.target = "profile = p\n"
    s.config(f"[profile p]\nrole_arn = {role('of-machine')}\ncredential_source = Ec2InstanceMetadata\n")
    instance(s)
    return session("of-machine"), f"EC2 instance metadata -> role {role('of-machine')}; keys expire at 20"


def web_identity(s):
    s.variables.update(AWS_ROLE_ARN=role("watcher"), AWS_WEB_IDENTITY_TOKEN_FILE=write(s.home / "token", WEB_TOKEN + "\n"))
    return session("watcher"), f"web identity token {s.home}/token -> role {role('watcher')}; keys expire at 20"


def credential_process(s):
    later = (datetime.now(timezone.utc) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    answer = {"Version": 1, "AccessKeyId": "ASIAPROCESS", "SecretAccessKey": "process-secret", "SessionToken": "process-token",
              "Expiration": later}
    program = write(s.home / "a program", f"#!/bin/sh\n[ \"$1\" = 'two words' ] || exit 3\ncat <<'END'\n{json.dumps(answer)}\nEND\n", stat.S_IRWXU)
    s.target = "profile = p\n"
    s.config(f"[profile p]\ncredential_process = \"{program}\" 'two words'\n")
    return f"arn:aws:iam::{ACCOUNT}:user/process", f"credential_process.*{later}"


def container_token(s):
    s.variables.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=s.aws.url + "/v2/credentials/simulator", AWS_CONTAINER_AUTHORIZATION_TOKEN=TOKEN)
    return session("task", "container"), "container credentials from 127.0.0.1; keys expire at 20"


def container_token_file(s):
    s.variables.update(AWS_CONTAINER_CREDENTIALS_FULL_URI=s.aws.url + "/v2/credentials/simulator",
                       AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=write(s.home / "token", TOKEN + "\n"))
    return session("task", "container"), "container credentials from 127.0.0.1; keys expire at 20"


def instance(s):
    s.variables.update(AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT=s.aws.url)
    return session("machine", "imds"), "EC2 instance metadata; keys expire at 20"


def sso_cache(s):
    """The portal has no variable of its own: it is reached by its real name, through a proxy."""
    later = (datetime.now(timezone.utc) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    name = hashlib.sha1(b"corp").hexdigest() + ".json"      # noqa: S324  the SDKs' file name
    write(s.home / ".aws" / "sso" / "cache" / name, json.dumps({"accessToken": SSO_TOKEN, "expiresAt": later}))
    s.target = "profile = p\n"
    s.config("[profile p]\nsso_session = corp\nsso_account_id = " + ACCOUNT + "\nsso_role_name = Watcher\n"
             f"[sso-session corp]\nsso_region = {REGION}\nsso_start_url = https://corp.example/start\n")
    s.variables["HOME"] = str(s.home)
    return session("person", "sso"), "SSO"


SOURCES = [environment_variables, default_profile, profile_of_target, source_profile_chain, role_of_target, credential_source, web_identity,
           credential_process, container_token, container_token_file, instance, sso_cache]


def configure(daemon, sim, tmp_path, source):
    setting = Setting(sim, tmp_path / "home")
    expected = source(setting)
    for name in ENVIRONMENT:
        daemon.environment.pop(name, None)
    daemon.environment.update({"HOME": "/nonexistent", **setting.variables})
    daemon.config = daemon.config.replace(f"region = {REGION}\n", f"region = {REGION}\n{setting.target}", 1)
    daemon.config = daemon.config.split("[notifier pager]")[0].replace("backfill = 3h", "backfill = 5m")
    return expected


def what_ps_shows(pid):
    with open(f"/proc/{pid}/environ", "rb") as environ, open(f"/proc/{pid}/cmdline", "rb") as command:
        return (environ.read() + command.read()).decode("latin-1")


@pytest.fixture
def proxy(servers):
    proxy = ConnectProxy(int(servers.https_url.rsplit(":", 1)[1]))
    yield proxy
    proxy.close()


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.__name__)
def test_source__with_the_daemon__is_used_named_and_kept_secret(servers, proxy, certificate, tmp_path, source):
    servers.reset()
    with Daemon(servers, tmp_path) as daemon:
        arn, description = configure(daemon, servers, tmp_path, source)
        if source is sso_cache:
            del daemon.environment["AWS_ENDPOINT_URL"]
            daemon.environment.update(HTTPS_PROXY=proxy.url, AWS_CA_BUNDLE=certificate[0])
        daemon.start()
        servers.wait("requests", 1, operation="GetMetricData", status=200)
        seen = {r["identity"] for r in servers.requests() if r["service"] in ("cloudwatch", "kinesisanalyticsv2")}
        assert seen == {arn}, "all of the work is done by one"
        doctor = daemon.ctl("--json", "doctor", "prod", check=False)
        lines = {line["check"]: line for line in json.loads(doctor.stdout)}
        assert lines["credentials"]["status"] == "ok" and arn in lines["identity"]["text"], lines
        assert re.search(description, lines["credentials"]["text"]), lines["credentials"]
        open_to_all = what_ps_shows(daemon.process.pid) + daemon.ctl("status").stdout
        daemon.stop()
        for secret in SECRETS:
            assert secret not in doctor.stdout + open_to_all + daemon.log, secret
    assert servers.violations() == []


@pytest.mark.parametrize("source,broken", [
    (environment_variables, {"AWS_SECRET_ACCESS_KEY": "process-secret\nX-Injected: 1"}),
    (container_token, {"AWS_CONTAINER_AUTHORIZATION_TOKEN": TOKEN + "-wrong"}),
    (web_identity, {"AWS_WEB_IDENTITY_TOKEN_FILE": "/nonexistent/token"}),
    (credential_process, {"PATH": "/nonexistent"}),
    (role_of_target, {"AWS_SECRET_ACCESS_KEY": "base-secret-mistyped"}),
], ids=lambda value: getattr(value, "__name__", ""))
def test_source__broken__said_without_the_secret(servers, tmp_path, source, broken):
    servers.reset()
    with Daemon(servers, tmp_path) as daemon:
        configure(daemon, servers, tmp_path, source)
        daemon.environment.update(broken, AWS_MAX_ATTEMPTS="1")
        done = daemon.run("--oneshot")
        assert done.returncode == 75, done.stderr
        assert "target prod" in done.stderr
        for secret in (*SECRETS, "X-Injected"):
            assert secret not in done.stderr, secret
        assert [r for r in servers.requests(operation="GetMetricData") if r["status"] == 200] == []


def test_container__relative_uri__at_the_address_of_ecs():
    """169.254.170.2 is made an address of this machine, in a network of its own that nothing else sees."""
    program = ["unshare", "--map-root-user", "--net", "sh", "-c",
               'ip link set lo up && ip address add 169.254.170.2/32 dev lo && exec "$@"', "sh",
               "/usr/bin/python3", "-B", os.path.join(HERE, "relative_uri.py")]
    if subprocess.run(["unshare", "--map-root-user", "--net", "ip", "link", "set", "lo", "up"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no network namespaces here")
    done = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout) == {"arn": session("task", "container"), "violations": []}


# Keys that live for seconds.

def short_lived(lifetime_s):
    return {**SCENARIO, "container": {**SCENARIO["container"], "lifetime_s": lifetime_s}}


def test_refresh__keys_for_seconds__no_gap(tmp_path):
    with Simulator(short_lived(6)) as sim, Daemon(sim, tmp_path) as daemon:
        configure(daemon, sim, tmp_path, container_token)
        daemon.start()
        sim.wait_for(lambda s: len({r["access_key_id"] for r in s.requests(operation="ListApplications")}) >= 4, timeout=60)
        answers = [r for r in sim.requests() if r["service"] in ("cloudwatch", "kinesisanalyticsv2")]
        assert {r["status"] for r in answers if not r["pending"]} == {200}, "nothing was refused for old keys"
        daemon.stop()
        # A busy machine may skip a poll; nothing else is to go wrong.
        loud = [line for line in daemon.log.splitlines() if line.startswith(("warning", "error")) and "this one is skipped" not in line]
        assert loud == []
        assert sim.violations() == []


def test_refresh__fails__older_keys_stay_and_it_is_said(tmp_path):
    with Simulator(short_lived(24)) as sim, Daemon(sim, tmp_path) as daemon:
        configure(daemon, sim, tmp_path, container_token)
        sim.faults({"kind": "status", "status": 500, "service": "container", "after": 1, "times": "always"})
        daemon.start()
        daemon.wait_log("keys not refreshed, the older ones stay until 20")
        failed = sim.requests(service="container")[-1]["seq"]
        sim.wait_for(lambda s: [r for r in s.requests(operation="ListApplications", status=200) if r["seq"] > failed], timeout=30)
        sim.clear_faults()
        sim.wait_for(lambda s: len({r["access_key_id"] for r in s.requests(operation="ListApplications")}) == 2, timeout=60)
        daemon.stop()
        assert {r["status"] for r in sim.requests(operation="ListApplications") if not r["pending"]} == {200}
        for secret in SECRETS:
            assert secret not in daemon.log
