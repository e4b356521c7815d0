# SPDX-License-Identifier: Apache-2.0
"""Who is who for the tests of where keys come from: users, roles and the machine's own identities, and their secrets."""

from exchange import ACCOUNT, GROUP

EXTERNAL_ID = "external-id-of-the-chain"
TOKEN = "Bearer container-authorization-token"
WEB_TOKEN = "eyJhbGciOi.web-identity-token"
SSO_TOKEN = "sso-access-token"
# What nobody may ever get to read. The simulator's own session tokens and generated secrets begin with "sim/".
SECRETS = ("simulator-secret-access-key", "base-secret", "process-secret", "process-token", TOKEN, WEB_TOKEN, SSO_TOKEN, EXTERNAL_ID, "sim/")


def role(name):
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def session(name, of="flinkwatch"):
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{of}"


SCENARIO = {
    "account": ACCOUNT,
    "applications": [{"name": "orders", "runtime": "FLINK-1_20", "job": {"kind": "healthy"}, "log_group": GROUP}],
    "credentials": [
        {"access_key_id": "AKIDSIMULATOR", "secret_access_key": "simulator-secret-access-key"},
        {"access_key_id": "AKIABASE", "secret_access_key": "base-secret", "arn": f"arn:aws:iam::{ACCOUNT}:user/base"},
        {"access_key_id": "ASIAPROCESS", "secret_access_key": "process-secret", "session_token": "process-token",
         "arn": f"arn:aws:iam::{ACCOUNT}:user/process"}],
    "roles": [
        {"arn": role("watcher"), "web_identity": {"tokens": [WEB_TOKEN]}},
        {"arn": role("first"), "external_id": EXTERNAL_ID, "trusted": [f"arn:aws:iam::{ACCOUNT}:user/base"]},
        {"arn": role("second"), "trusted": [session("first")]},
        {"arn": role("third"), "trusted": [session("second")]},
        {"arn": role("of-machine"), "trusted": [session("machine", "imds"), session("task", "container"),
                                                f"arn:aws:iam::{ACCOUNT}:user/base"]}],
    "imds": {"role_arn": role("machine")},
    "container": {"role_arn": role("task"), "authorization": TOKEN},
    "sso": {"role_arn": role("person"), "access_token": SSO_TOKEN, "account_id": ACCOUNT, "role_name": "Watcher"},
}


def write(path, text, mode=0o600):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return str(path)
