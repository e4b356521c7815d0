# SPDX-License-Identifier: Apache-2.0
"""STS, IMDSv2, the container endpoint and the SSO portal hand out keys that then work, and expire."""

import datetime
import os
import subprocess
import sys

import botocore.exceptions
import pytest
from sim_http import boto, call_query, send

ROLE = "arn:aws:iam::444455556666:role/flinkwatch"
SCENARIO = {
    "regions": ["us-east-1"],
    "roles": [
        {"arn": ROLE, "external_id": "ext-1", "max_duration_s": 7200},
        {"arn": "arn:aws:iam::111122223333:role/trusting", "trusted": ["arn:aws:iam::111122223333:user/other"]},
        {"arn": "arn:aws:iam::111122223333:role/chained"},
        {"arn": "arn:aws:iam::111122223333:role/pod", "web_identity": {"tokens": ["jwt-good"], "expired_tokens": ["jwt-old"]}},
    ],
    "imds": {"role_arn": "arn:aws:iam::111122223333:role/instance", "lifetime_s": 1800},
    "container": {"role_arn": "arn:aws:iam::111122223333:role/task", "path": "/v2/credentials/abc", "authorization": "let-me-in"},
    "sso": {"role_arn": "arn:aws:iam::111122223333:role/human", "access_token": "sso-token", "account_id": "111122223333", "role_name": "human"},
}


@pytest.fixture(scope="module")
def sim():
    from simulator.client import Simulator
    with Simulator(SCENARIO) as running:
        yield running


def whoami(sim, credentials):
    return boto(sim, "sts", credentials["AccessKeyId"], credentials["SecretAccessKey"],
                credentials.get("SessionToken") or credentials.get("Token")).get_caller_identity()


def assume(sim, role=ROLE, session="watch", **more):
    return boto(sim, "sts").assume_role(RoleArn=role, RoleSessionName=session, **more)


def code_of(call, *args, **kwargs):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        call(*args, **kwargs)
    return refused.value.response["Error"]["Code"]


def test_assume_role__keys_work_in_the_other_account(sim):
    answer = assume(sim, ExternalId="ext-1")
    found = whoami(sim, answer["Credentials"])
    assert (found["Account"], found["Arn"]) == ("444455556666", "arn:aws:sts::444455556666:assumed-role/flinkwatch/watch")
    assert found["UserId"].endswith(":watch")
    lifetime = answer["Credentials"]["Expiration"] - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(minutes=59) < lifetime <= datetime.timedelta(hours=1)


@pytest.mark.parametrize("role,more", [
    (ROLE, {}), (ROLE, {"ExternalId": "ext-2"}), ("arn:aws:iam::111122223333:role/nobody", {}),
    ("arn:aws:iam::111122223333:role/trusting", {})])
def test_assume_role__not_allowed__access_denied(sim, role, more):
    assert code_of(assume, sim, role, **more) == "AccessDenied"


def test_assume_role__wording(sim):
    answer = call_query(sim, "sts", {"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": ROLE, "RoleSessionName": "ab"})
    assert answer.status == 403
    assert (b"User: arn:aws:iam::111122223333:user/akidsimulator is not authorized to perform: sts:AssumeRole on resource: "
            + ROLE.encode()) in answer.body


def test_assume_role__durations(sim):
    assert code_of(assume, sim, ExternalId="ext-1", DurationSeconds=7201) == "ValidationError"
    assert assume(sim, ExternalId="ext-1", DurationSeconds=7200)
    assert code_of(assume, sim, "arn:aws:iam::111122223333:role/chained", DurationSeconds=3601) == "ValidationError"


def test_assume_role__chained(sim):
    first = assume(sim, "arn:aws:iam::111122223333:role/chained", "one")["Credentials"]
    client = boto(sim, "sts", first["AccessKeyId"], first["SecretAccessKey"], first["SessionToken"])
    second = client.assume_role(RoleArn=ROLE, RoleSessionName="two", ExternalId="ext-1")["Credentials"]
    assert whoami(sim, second)["Arn"].endswith("assumed-role/flinkwatch/two")
    assert code_of(client.assume_role, RoleArn=ROLE, RoleSessionName="two", ExternalId="ext-1", DurationSeconds=7200) == "ValidationError"


def test_sts__global_region__us_east_1_is_accepted(make_sim):
    assert boto(make_sim({"region": "eu-west-1"}), "sts", region="us-east-1").get_caller_identity()["Account"] == "111122223333"


def web_identity(sim, token, headers=None):
    body = ("Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fpod"
            f"&RoleSessionName=pod-1&WebIdentityToken={token}").encode()
    return send(sim.url, body, {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", **(headers or {})})


def test_web_identity__unsigned(sim):
    answer = web_identity(sim, "jwt-good")
    assert answer.status == 200 and b"<SubjectFromWebIdentityToken>system:serviceaccount:" in answer.body
    body = answer.body.decode()
    found = {k: body.split(f"<{k}>")[1].split("<")[0] for k in ("AccessKeyId", "SecretAccessKey", "SessionToken")}
    assert whoami(sim, found)["Arn"] == "arn:aws:sts::111122223333:assumed-role/pod/pod-1"
    assert sim.violations() == []


@pytest.mark.parametrize("token,code", [("jwt-old", b"ExpiredTokenException"), ("jwt-bad", b"InvalidIdentityToken"), ("x", b"ValidationError")])
def test_web_identity__bad_token(sim, token, code):
    answer = web_identity(sim, token)
    assert answer.status == 400 and code in answer.body


def test_web_identity__signed_all_the_same__violation(sim):
    web_identity(sim, "jwt-good", {"Authorization": "AWS4-HMAC-SHA256 x"})
    assert [v["kind"] for v in sim.violations()] == ["signature"]


def imds(sim, path, method="GET", **headers):
    return send(sim.url, b"", {k.replace("_", "-"): v for k, v in headers.items()}, method, path)


def imds_token(sim, ttl="21600"):
    return imds(sim, "/latest/api/token", "PUT", x_aws_ec2_metadata_token_ttl_seconds=ttl)


ROLE_PATH = "/latest/meta-data/iam/security-credentials/"


def test_imds__token_role_credentials(sim):
    token = imds_token(sim).body.decode()
    assert imds(sim, ROLE_PATH, x_aws_ec2_metadata_token=token).body == b"instance"
    found = imds(sim, ROLE_PATH + "instance", x_aws_ec2_metadata_token=token).json
    assert found["Code"] == "Success" and found["Expiration"].endswith("Z")
    assert whoami(sim, found)["Arn"].startswith("arn:aws:sts::111122223333:assumed-role/instance/")
    assert imds(sim, "/latest/meta-data/placement/region", x_aws_ec2_metadata_token=token).body == b"eu-west-1"
    assert [r["operation"] for r in sim.requests(service="imds")] == ["GetToken", "GetRoleName", "GetCredentials", "GetMetadata"]


def test_imds__without_or_with_a_stale_token__401(sim):
    assert imds(sim, ROLE_PATH).status == 401
    assert imds(sim, ROLE_PATH, x_aws_ec2_metadata_token="old").status == 401
    sim.patch_scenario({"imds": {"token_lifetime_s": 0}})
    try:
        token = imds_token(sim).body.decode()
        assert imds(sim, ROLE_PATH, x_aws_ec2_metadata_token=token).status == 401
    finally:
        sim.patch_scenario({"imds": {"token_lifetime_s": None}})


@pytest.mark.parametrize("ttl", ["", "0", "21601", "soon"])
def test_imds__bad_ttl__400(sim, ttl):
    assert imds_token(sim, ttl).status == 400


def test_imds__code_that_is_no_success(sim):
    sim.patch_scenario({"imds": {"code": "AssumeRoleUnauthorizedAccess"}})
    try:
        token = imds_token(sim).body.decode()
        answer = imds(sim, ROLE_PATH + "instance", x_aws_ec2_metadata_token=token)
    finally:
        sim.patch_scenario({"imds": {"code": None}})
    assert answer.status == 200 and answer.json["Code"] == "AssumeRoleUnauthorizedAccess"


def test_imds__faults_reach_it(sim):
    sim.faults({"kind": "status", "status": 403, "match": {"service": "imds", "path": "/latest/api/token"}})
    assert [imds_token(sim).status for _ in range(2)] == [403, 200]


def test_imds__absent_in_the_scenario__404(make_sim):
    assert imds_token(make_sim({})).status == 404


def test_imds__botocore_takes_it(sim):
    """botocore's own IMDS provider, in a process of its own for its environment."""
    code = ("import botocore.session, os; c = botocore.session.Session().create_client('sts', region_name='eu-west-1', "
            "endpoint_url=os.environ['URL']); print(c.get_caller_identity()['Arn'])")
    environment = {"URL": sim.url, "AWS_EC2_METADATA_SERVICE_ENDPOINT": sim.url, "AWS_CONFIG_FILE": "/dev/null",
                   "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("arn:aws:sts::111122223333:assumed-role/instance/"), done.stderr


def test_container__token_needed(sim):
    path = "/v2/credentials/abc"
    assert send(sim.url, b"", {}, "GET", path).status == 401
    found = send(sim.url, b"", {"Authorization": "let-me-in"}, "GET", path).json
    assert whoami(sim, found)["Arn"].startswith("arn:aws:sts::111122223333:assumed-role/task/")
    assert send(sim.url, b"", {"Authorization": "let-me-in"}, "GET", "/v2/credentials/other").status == 404


def test_sso__role_credentials_in_milliseconds(sim):
    path = "/federation/credentials?role_name=human&account_id=111122223333"
    assert send(sim.url, b"", {}, "GET", path).status == 401
    found = send(sim.url, b"", {"x-amz-sso_bearer_token": "sso-token"}, "GET", path).json["roleCredentials"]
    assert found["expiration"] > 1e12
    assert whoami(sim, {"AccessKeyId": found["accessKeyId"], "SecretAccessKey": found["secretAccessKey"],
                        "SessionToken": found["sessionToken"]})["Account"] == "111122223333"
    assert send(sim.url, b"", {"x-amz-sso_bearer_token": "sso-token"}, "GET", path.replace("human", "root")).status == 403


def test_issued_keys__expire_with_the_clock(make_sim):
    sim = make_sim({"roles": [{"arn": ROLE, "lifetime_s": 200}]})
    found = assume(sim)["Credentials"]
    assert whoami(sim, found)["Account"] == "444455556666"
    sim.set_clock(advance=201)      # less than the five minutes that signatures may be off
    assert code_of(whoami, sim, found) == "ExpiredToken"
