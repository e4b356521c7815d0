# SPDX-License-Identifier: Apache-2.0
"""STS: GetCallerIdentity, AssumeRole, AssumeRoleWithWebIdentity."""

from ..errors import ApiError
from .base import Service


def get_caller_identity(call):
    identity = call.identity
    return {"UserId": "AROASIMULATOR:" + identity.arn.rsplit("/", 1)[1] if identity.role else "AIDASIMULATOR",
            "Account": identity.account, "Arn": identity.arn}


def _denied(identity, role_arn):
    return ApiError("AccessDenied", f"User: {identity.arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}", 403)


def _duration(call, role):
    wanted = call.params.get("DurationSeconds", 3600)
    longest = role.get("max_duration_s", 3600)
    if wanted > longest:
        raise ApiError("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", 400)
    if call.identity is not None and call.identity.session_token and wanted > 3600:
        raise ApiError("ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining", 400)
    return role.get("lifetime_s", wanted)


def _answer(call, role, lifetime_s, source):
    session = call.params["RoleSessionName"]
    issued = call.world.issue(role["arn"], session, lifetime_s, source)
    return {
        "Credentials": {
            "AccessKeyId": issued.access_key_id, "SecretAccessKey": issued.secret_access_key,
            "SessionToken": issued.session_token, "Expiration": issued.expires_s},
        "AssumedRoleUser": {"AssumedRoleId": f"AROASIMULATOR00000000:{session}", "Arn": issued.arn},
        "PackedPolicySize": 6,
    }


def assume_role(call):
    arn = call.params["RoleArn"]
    role = call.world.roles.get(arn)
    identity = call.identity
    if role is None or (role.get("trusted") and identity.arn not in role["trusted"]):
        raise _denied(identity, arn)
    if role.get("external_id") is not None and call.params.get("ExternalId") != role["external_id"]:
        raise _denied(identity, arn)
    return _answer(call, role, _duration(call, role), "assume-role")


def assume_role_with_web_identity(call):
    params = call.params
    role = call.world.roles.get(params["RoleArn"])
    trust = role.get("web_identity") if role else None
    if trust is None:
        raise ApiError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403)
    token = params["WebIdentityToken"]
    if token in trust.get("expired_tokens", []):
        raise ApiError("ExpiredTokenException", "Token expired: current date/time must be before the expiration date/time", 400)
    if token not in trust["tokens"]:
        raise ApiError("InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements", 400)
    output = _answer(call, role, _duration(call, role), "web-identity")
    output.update(SubjectFromWebIdentityToken=trust.get("subject", "system:serviceaccount:default:flinkwatch"),
                  Audience=trust.get("audience", "sts.amazonaws.com"), Provider=trust.get("provider", "https://oidc.example"))
    return output


SERVICE = Service(
    "sts", "sts", "sts",
    {"GetCallerIdentity": get_caller_identity, "AssumeRole": assume_role,
     "AssumeRoleWithWebIdentity": assume_role_with_web_identity},
    unsigned=("AssumeRoleWithWebIdentity",),
    denied=("AccessDenied", 403), throttled=("Throttling", 400),
)
