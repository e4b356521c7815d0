# SPDX-License-Identifier: Apache-2.0
"""The ways to AWS: endpoints, certificates, proxies, and every source of keys. Each ends in a signed call that the simulator accepts, made
by the one who was meant."""

import hashlib
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from exchange import ACCOUNT, GROUP, REGION, TOPIC, environment, run
from identities import EXTERNAL_ID, SCENARIO, SECRETS, SSO_TOKEN, TOKEN, WEB_TOKEN, role, session, write
from network import HOSTS, NAMES, SERVICES, ConnectProxy, make_certificate
from simulator.client import Simulator

NOWHERE = "http://127.0.0.1:9"      # discard: nobody listens
# operation of the driver: (suffix of AWS_ENDPOINT_URL_, key in a services section)
ENDPOINTS = {
    "series_list": ("CLOUDWATCH", "cloudwatch"),
    "discovery": ("KINESIS_ANALYTICS_V2", "kinesis_analytics_v2"),
    "log_streams": ("CLOUDWATCH_LOGS", "cloudwatch_logs"),
    "publish": ("SNS", "sns"),
    "identity": ("STS", "sts"),
}
ARGUMENTS = ["--topic-arn", TOPIC, "--log-group", GROUP]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(str(tmp_path_factory.mktemp("tls")), NAMES)


@pytest.fixture(scope="module")
def servers(certificate):
    with Simulator(SCENARIO, https=certificate) as sim:
        yield sim


@pytest.fixture
def aws(servers):
    """The simulator, over http and https, with nothing recorded yet."""
    servers.reset()
    yield servers
    assert servers.violations() == []


def without_keys(sim, **more):
    return environment(sim, AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, **more)


def assert_identity(sim, done, arn):
    """Who the service saw, not only whom it told."""
    assert done.result == "0" and done.batch["arn"] == arn, done
    assert [r["identity"] for r in sim.requests(operation="GetCallerIdentity")] == [arn]
    for secret in SECRETS:
        assert secret not in done.all


# Endpoints.

@pytest.mark.parametrize("operation", ENDPOINTS)
def test_endpoint__variable_of_the_service__wins(aws, operation):
    variables = environment(aws, AWS_ENDPOINT_URL=NOWHERE, **{"AWS_ENDPOINT_URL_" + ENDPOINTS[operation][0]: aws.url})
    assert run([*ARGUMENTS, operation], variables).result == "0"


@pytest.mark.parametrize("operation", ENDPOINTS)
def test_endpoint__services_section__is_found(aws, tmp_path, operation):
    config = write(tmp_path / "config", f"[default]\nservices = local\nendpoint_url = {NOWHERE}\n\n[services local]\n"
                   f"{ENDPOINTS[operation][1]} =\n  endpoint_url = {aws.url}\n")
    assert run([*ARGUMENTS, operation], environment(aws, AWS_ENDPOINT_URL=None, AWS_CONFIG_FILE=config)).result == "0"


def test_endpoint__profile__is_the_last_resort(aws, tmp_path):
    config = write(tmp_path / "config", f"[profile p]\nendpoint_url = {aws.url}\naws_access_key_id = AKIABASE\n"
                   "aws_secret_access_key = base-secret\n")
    done = run(["--profile", "p", "identity"], without_keys(aws, AWS_ENDPOINT_URL=None, AWS_CONFIG_FILE=config))
    assert_identity(aws, done, f"arn:aws:iam::{ACCOUNT}:user/base")


# Certificates.

def test_ca_bundle__variable__opens_the_way(aws, certificate):
    for operation in ENDPOINTS:
        variables = environment(aws, AWS_ENDPOINT_URL=aws.https_url, AWS_CA_BUNDLE=certificate[0])
        assert run([*ARGUMENTS, operation], variables).result == "0", operation
    assert {r["scheme"] for r in aws.requests()} == {"https"}


def test_ca_bundle__profile__opens_the_way_to_sts_too(aws, certificate, tmp_path):
    config = write(tmp_path / "config", f"[default]\nca_bundle = {certificate[0]}\naws_access_key_id = AKIABASE\n"
                   "aws_secret_access_key = base-secret\n")
    done = run(["--role-arn", role("of-machine"), "identity"],
               without_keys(aws, AWS_ENDPOINT_URL=aws.https_url, AWS_CONFIG_FILE=config))
    assert_identity(aws, done, session("of-machine"))


def test_ca_bundle__missing_file__said_so(aws):
    done = run(["identity"], environment(aws, AWS_ENDPOINT_URL=aws.https_url, AWS_CA_BUNDLE="/nonexistent/ca.pem", AWS_MAX_ATTEMPTS="1"))
    assert done.result == "EIO" and "AWS_CA_BUNDLE" in done.error, done


def test_daemon__over_tls__reads_the_fleet(aws, daemon, certificate):
    daemon.environment.update(AWS_ENDPOINT_URL=aws.https_url, AWS_CA_BUNDLE=certificate[0])
    done = daemon.run("--oneshot")
    assert done.returncode == 0, done.stderr
    assert {r["scheme"] for r in aws.requests(operation="GetMetricData")} == {"https"}


# Proxies.

@pytest.fixture
def proxy(aws):
    proxy = ConnectProxy(int(aws.https_url.rsplit(":", 1)[1]))
    yield proxy
    proxy.close()


def test_proxy__real_names__tunnels_to_each_service(aws, proxy, certificate):
    """Nothing is overridden: the hosts are those of AWS, and the signatures are over them."""
    variables = environment(aws, AWS_ENDPOINT_URL=None, HTTPS_PROXY=proxy.url, AWS_CA_BUNDLE=certificate[0])
    for operation, service in zip(ENDPOINTS, SERVICES):
        assert run([*ARGUMENTS, operation], variables).result == "0", operation
        assert proxy.asked.pop() == f"{service}.{REGION}.amazonaws.com:443"
    hosts = [value for r in aws.requests() for name, value in r["headers"] if name.lower() == "host"]
    assert hosts == HOSTS[:5]


@pytest.mark.parametrize("region,variables,hosts", [
    ("us-east-1", {"AWS_USE_FIPS_ENDPOINT": "true"}, "monitoring-fips.{r}.amazonaws.com kinesisanalytics-fips.{r}.amazonaws.com "
     "logs-fips.{r}.amazonaws.com sns-fips.{r}.amazonaws.com sts-fips.{r}.amazonaws.com"),
    ("eu-west-1", {"AWS_USE_DUALSTACK_ENDPOINT": "true"}, "monitoring.{r}.api.aws kinesisanalytics.{r}.api.aws logs.{r}.api.aws "
     "sns.{r}.api.aws sts.{r}.api.aws"),
    ("us-gov-west-1", {"AWS_USE_FIPS_ENDPOINT": "true"}, "monitoring.{r}.amazonaws.com kinesisanalytics-fips.{r}.amazonaws.com "
     "logs.{r}.amazonaws.com sns.{r}.amazonaws.com sts.{r}.amazonaws.com"),
    ("cn-north-1", {"AWS_USE_DUALSTACK_ENDPOINT": "true"}, "monitoring.{r}.api.amazonwebservices.com.cn "
     "kinesisanalytics.{r}.api.amazonwebservices.com.cn logs.{r}.api.amazonwebservices.com.cn sns.{r}.api.amazonwebservices.com.cn "
     "sts.{r}.api.amazonwebservices.com.cn"),
    ("cn-north-1", {}, "monitoring.{r}.amazonaws.com.cn kinesisanalytics.{r}.amazonaws.com.cn logs.{r}.amazonaws.com.cn "
     "sns.{r}.amazonaws.com.cn sts.{r}.amazonaws.com.cn"),
], ids=["fips", "dual-stack", "GovCloud, fips", "China, dual-stack", "China"])
def test_partition__by_variables__the_right_hosts_are_called(aws, proxy, region, variables, hosts):
    """As far as the tunnel: the certificate is that of another place, so nothing is said there."""
    for operation, host in zip(ENDPOINTS, hosts.format(r=region).split()):
        run(["--region", region, "--topic-arn", f"arn:aws:sns:{region}:{ACCOUNT}:oncall", "--log-group", GROUP, operation],
            environment(aws, AWS_ENDPOINT_URL=None, HTTPS_PROXY=proxy.url, AWS_MAX_ATTEMPTS="1", **variables))
        assert proxy.asked.pop() == host + ":443" and proxy.asked == []
    assert aws.requests() == []


def test_proxy__no_proxy__goes_straight(aws, proxy, certificate):
    variables = environment(aws, AWS_ENDPOINT_URL=aws.https_url, HTTPS_PROXY=proxy.url, NO_PROXY="localhost,127.0.0.1",
                            AWS_CA_BUNDLE=certificate[0])
    assert run(["identity"], variables).result == "0"
    assert proxy.asked == []


def test_proxy__over_tls_with_the_companys_authority__is_trusted_by_the_same_file(aws, certificate):
    proxy = ConnectProxy(int(aws.https_url.rsplit(":", 1)[1]), certificate)
    done = run(["identity"], environment(aws, AWS_ENDPOINT_URL=None, HTTPS_PROXY=proxy.url, AWS_CA_BUNDLE=certificate[0]))
    proxy.close()
    assert done.result == "0" and proxy.asked == [f"sts.{REGION}.amazonaws.com:443"], done


def test_proxy__refuses__named_with_a_way_out(aws, proxy):
    proxy.close()
    done = run(["identity"], environment(aws, AWS_ENDPOINT_URL=None, HTTPS_PROXY=proxy.url, AWS_MAX_ATTEMPTS="1"))
    assert done.result == "EIO" and "GetCallerIdentity" in done.error and "proxy" in done.error, done


# Keys.

def test_keys__imds__version_2_in_three_calls(aws):
    done = run(["identity"], without_keys(aws, AWS_EC2_METADATA_DISABLED=None, AWS_EC2_METADATA_SERVICE_ENDPOINT=aws.url))
    assert_identity(aws, done, session("machine", "imds"))
    assert [(r["method"], r["operation"]) for r in aws.requests(service="imds")] == [
        ("PUT", "GetToken"), ("GET", "GetRoleName"), ("GET", "GetCredentials")]


def test_keys__imds__is_asked_without_the_proxy(aws, proxy, certificate):
    """What is AWS's goes through the proxy, the machine's own never."""
    done = run(["identity"], without_keys(
        aws, AWS_EC2_METADATA_DISABLED=None, AWS_EC2_METADATA_SERVICE_ENDPOINT=aws.url, AWS_ENDPOINT_URL=None,
        http_proxy=NOWHERE, all_proxy=NOWHERE, HTTPS_PROXY=proxy.url, AWS_CA_BUNDLE=certificate[0]))
    assert_identity(aws, done, session("machine", "imds"))
    assert proxy.asked == [f"sts.{REGION}.amazonaws.com:443"]


def test_keys__container__full_uri_and_token_file(aws, tmp_path):
    token = write(tmp_path / "token", TOKEN + "\n")
    done = run(["identity"], without_keys(aws, AWS_CONTAINER_CREDENTIALS_FULL_URI=aws.url + "/v2/credentials/simulator",
                                          AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=token,
                                          AWS_CONTAINER_AUTHORIZATION_TOKEN="the file wins"))
    assert_identity(aws, done, session("task", "container"))


def test_keys__web_identity__unsigned_then_signed(aws, tmp_path):
    token = write(tmp_path / "token", WEB_TOKEN + "\n")
    done = run(["identity"], without_keys(aws, AWS_ROLE_ARN=role("watcher"), AWS_WEB_IDENTITY_TOKEN_FILE=token,
                                          AWS_ROLE_SESSION_NAME="of-the-pod"))
    assert_identity(aws, done, session("watcher", "of-the-pod"))


def test_keys__credential_process__words_and_quotes(aws, tmp_path):
    later = (datetime.now(timezone.utc) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    answer = {"Version": 1, "AccessKeyId": "ASIAPROCESS", "SecretAccessKey": "process-secret", "SessionToken": "process-token",
              "Expiration": later}
    program = write(tmp_path / "a program", f"#!/bin/sh\n[ \"$1\" = 'two words' ] || exit 3\ncat <<'END'\n{json.dumps(answer)}\nEND\n",
                    stat.S_IRWXU)
    config = write(tmp_path / "config", f"[profile p]\ncredential_process = \"{program}\" 'two words'\n")
    done = run(["--profile", "p", "identity"], without_keys(aws, AWS_CONFIG_FILE=config))
    assert_identity(aws, done, f"arn:aws:iam::{ACCOUNT}:user/process")


def test_keys__sso_cache__portal_then_call(aws, proxy, certificate, tmp_path):
    config = write(tmp_path / "config", "[profile p]\nsso_session = corp\nsso_account_id = " + ACCOUNT + "\nsso_role_name = Watcher\n"
                   f"[sso-session corp]\nsso_region = {REGION}\nsso_start_url = https://corp.example/start\n")
    later = (datetime.now(timezone.utc) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    name = hashlib.sha1(b"corp").hexdigest() + ".json"      # noqa: S324  the SDKs' file name
    write(tmp_path / ".aws" / "sso" / "cache" / name, json.dumps({"accessToken": SSO_TOKEN, "expiresAt": later}))
    done = run(["--profile", "p", "identity"], without_keys(aws, HOME=str(tmp_path), AWS_CONFIG_FILE=config, AWS_ENDPOINT_URL=None,
                                                            HTTPS_PROXY=proxy.url, AWS_CA_BUNDLE=certificate[0]))
    assert_identity(aws, done, session("person", "sso"))
    assert proxy.asked == [f"portal.sso.{REGION}.amazonaws.com:443", f"sts.{REGION}.amazonaws.com:443"]


def test_keys__chain_of_roles__each_by_the_one_before(aws, tmp_path):
    """base -> first (external id) -> second -> third, the last one being the target's own role_arn."""
    credentials = write(tmp_path / "credentials", "[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = base-secret\n")
    config = write(tmp_path / "config", f"[profile one]\nrole_arn = {role('first')}\nsource_profile = base\nexternal_id = {EXTERNAL_ID}\n"
                   f"[profile two]\nrole_arn = {role('second')}\nsource_profile = one\n")
    done = run(["--profile", "two", "--role-arn", role("third"), "identity"],
               without_keys(aws, AWS_CONFIG_FILE=config, AWS_SHARED_CREDENTIALS_FILE=credentials))
    assert_identity(aws, done, session("third"))
    assert [r["identity"] for r in aws.requests(operation="AssumeRole")] == [
        f"arn:aws:iam::{ACCOUNT}:user/base", session("first"), session("second")]


@pytest.mark.parametrize("source", ["Ec2InstanceMetadata", "EcsContainer", "Environment"])
def test_keys__credential_source__role_by_the_machine(aws, tmp_path, source):
    config = write(tmp_path / "config", f"[profile p]\nrole_arn = {role('of-machine')}\ncredential_source = {source}\n")
    variables = without_keys(aws, AWS_CONFIG_FILE=config, AWS_EC2_METADATA_DISABLED=None, AWS_EC2_METADATA_SERVICE_ENDPOINT=aws.url,
                             AWS_CONTAINER_CREDENTIALS_FULL_URI=aws.url + "/v2/credentials/simulator",
                             AWS_CONTAINER_AUTHORIZATION_TOKEN=TOKEN)
    if source == "Environment":
        variables.update(AWS_ACCESS_KEY_ID="AKIABASE", AWS_SECRET_ACCESS_KEY="base-secret")
    done = run(["--profile", "p", "identity"], variables)
    assert_identity(aws, done, session("of-machine"))


def test_keys__source_is_broken__not_passed_over(aws, tmp_path):
    """Half a pair in the environment is an error, however good the machine's own keys are."""
    done = run(["identity"], environment(aws, AWS_SECRET_ACCESS_KEY=None, AWS_EC2_METADATA_DISABLED=None,
                                         AWS_EC2_METADATA_SERVICE_ENDPOINT=aws.url))
    assert done.result == "EKEYREJECTED" and "AWS_SECRET_ACCESS_KEY" in done.error, done
    assert aws.requests() == []


# Fresh keys in time. The clocks of both sides run fast, so that keys which live for minutes expire while one waits.

FOR_MS = 7000
SHORT_ROLE = {**SCENARIO, "roles": [{"arn": role("watcher"), "lifetime_s": 900}]}
# name: (scenario, lifetime of the keys, seconds of the clocks in a second, driver's arguments, faults)
REFRESHES = {
    "a role for 15 minutes": (SHORT_ROLE, 900, 200, ["--role-arn", role("watcher")], []),
    "STS fails meanwhile": (SHORT_ROLE, 900, 200, ["--role-arn", role("watcher")],
                            [{"kind": "status", "status": 503, "operation": "AssumeRole", "after": 1, "times": 2}]),
    # an endpoint that hands out what it has kept may give keys that end soon
    **{f"keys for {left_s} s": ({**SCENARIO, "container": {**SCENARIO["container"], "lifetime_s": left_s}}, left_s, rate, [], [])
       for left_s, rate in ((170, 60), (100, 40), (50, 20))},
}


class Refreshed:
    """Calls without end, four at a time, over several lives of the keys."""

    def __init__(self, name):
        scenario, lifetime_s, rate, arguments, faults = REFRESHES[name]
        with Simulator(scenario, rate=rate) as sim:
            sim.faults(faults)
            more = {"AWS_ACCESS_KEY_ID": "AKIABASE", "AWS_SECRET_ACCESS_KEY": "base-secret"}
            if not arguments:
                more = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_CONTAINER_AUTHORIZATION_TOKEN": TOKEN,
                        "AWS_CONTAINER_CREDENTIALS_FULL_URI": sim.url + "/v2/credentials/simulator"}
            sim.set_clock(now=datetime.now(timezone.utc).timestamp())
            self.done = run(["--clock-rate", rate, "--repeat", 1000000, "--connections", 4, "--for-ms", FOR_MS, "--pause-ms", 10,
                             *arguments, "identity"], environment(sim, **more))
            self.calls = sim.requests(operation="GetCallerIdentity")
            self.fetched = sim.requests(operation="AssumeRole") + sim.requests(service="container")
            self.violations = sim.violations()
        self.lives = FOR_MS / 1000 * rate / lifetime_s


@pytest.fixture(scope="module")
def refreshed():
    with ThreadPoolExecutor(len(REFRESHES)) as pool:
        yield dict(zip(REFRESHES, pool.map(Refreshed, REFRESHES)))


@pytest.mark.parametrize("name", REFRESHES)
def test_refresh__many_calls__none_fails_for_want_of_keys(refreshed, name):
    run_ = refreshed[name]
    assert run_.done.failed == 0 and run_.violations == [], run_.done
    assert len(run_.calls) == run_.done.runs > 100 and {r["status"] for r in run_.calls} == {200}, "none was refused"
    # The keys change at two thirds of their life or a little later, and no more often.
    sets = len({r["access_key_id"] for r in run_.calls})
    assert run_.lives < sets <= run_.lives * 3 / 2 + 1, (sets, run_.lives)
    if "STS" not in name:
        assert len(run_.fetched) - sets <= 1, "one fetch for all who wait"


def test_refresh__service_fails_meanwhile__older_keys_bridge_it(refreshed):
    run_ = refreshed["STS fails meanwhile"]
    assert [r["status"] for r in run_.fetched][:4] == [200, 503, 503, 200]
    assert "keys not refreshed, the older ones stay" in run_.done.log
