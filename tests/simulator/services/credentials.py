# SPDX-License-Identifier: Apache-2.0
"""Where credentials come from without a signature: IMDSv2, container endpoint, SSO portal."""

import json
import re
import secrets
from urllib.parse import parse_qs

from ..clock import format_rfc3339
from ..wire import Response

_ROLE_PATH = "/latest/meta-data/iam/security-credentials/"


def service_of(request):
    if request.path.startswith("/latest/"):
        return "imds"
    if request.path.startswith("/federation/credentials"):
        return "sso"
    if re.match(r"^/(v\d+/credentials|container)", request.path):
        return "container"
    return None


def handle(world, request, record):
    name = service_of(request)
    if name is None:
        return None
    config = world.scenario.get(name)
    if config is None:
        record["operation"] = "Absent"
        return Response(404, "not configured in the scenario\n", "text/plain")
    return {"imds": _imds, "container": _container, "sso": _sso}[name](world, request, record, config)


def _set(world, config, source):
    return world.issue(config["role_arn"], config.get("session", source), config.get("lifetime_s", 3600), source)


def _imds(world, request, record, config):
    now_s = world.clock.wall_s()
    if request.path == "/latest/api/token":
        record["operation"] = "GetToken"
        ttl = request.header("x-aws-ec2-metadata-token-ttl-seconds", "")
        if request.method != "PUT":
            return Response(405)
        if request.header("x-forwarded-for"):
            return Response(403)
        if not ttl.isdigit() or not 1 <= int(ttl) <= 21600:
            world.records.violate("imds", f"token ttl {ttl!r}", record)
            return Response(400)
        token = secrets.token_urlsafe(40)
        world.imds_tokens[token] = now_s + min(int(ttl), config.get("token_lifetime_s", int(ttl)))
        return Response(200, token, "text/plain", {"x-aws-ec2-metadata-token-ttl-seconds": ttl})
    record["operation"] = "GetMetadata"
    token = request.header("x-aws-ec2-metadata-token")
    if token is None and config.get("v1"):
        pass
    elif world.imds_tokens.get(token or "", 0) <= now_s:
        return Response(401, "", "text/plain")
    if request.method != "GET":
        return Response(405)
    return _metadata(world, request, record, config)


def _metadata(world, request, record, config):
    role = config.get("role", config["role_arn"].rsplit("/", 1)[1] if config.get("role_arn") else None)
    if request.path == "/latest/meta-data/placement/region":
        return Response(200, world.region, "text/plain")
    if request.path == "/latest/meta-data/placement/availability-zone":
        return Response(200, world.region + "a", "text/plain")
    if request.path in (_ROLE_PATH, _ROLE_PATH[:-1]):
        record["operation"] = "GetRoleName"
        return Response(200, role, "text/plain") if role else Response(404)
    if role is None or request.path != _ROLE_PATH + role:
        return Response(404)
    record["operation"] = "GetCredentials"
    if config.get("code", "Success") != "Success":
        answer = {"Code": config["code"], "Message": config.get("message", "made so by the scenario")}
        return Response(200, json.dumps(answer), "text/plain")
    issued = _set(world, config, "imds")
    return Response(200, json.dumps({
        "Code": "Success", "LastUpdated": format_rfc3339(int(world.clock.wall_s())), "Type": "AWS-HMAC",
        "AccessKeyId": issued.access_key_id, "SecretAccessKey": issued.secret_access_key, "Token": issued.session_token,
        "Expiration": format_rfc3339(int(issued.expires_s))}, indent=2), "text/plain")


def _container(world, request, record, config):
    record["operation"] = "GetCredentials"
    if request.path != config.get("path", "/v2/credentials/simulator"):
        return Response(404, json.dumps({"code": "NoId", "message": "CredentialsV2Request: ID not found"}), "application/json")
    if request.method != "GET":
        return Response(405)
    if config.get("authorization") is not None and request.header("authorization") != config["authorization"]:
        return Response(401, json.dumps({"code": "AccessDenied", "message": "Unauthorized"}), "application/json")
    issued = _set(world, config, "container")
    return Response(200, json.dumps({
        "RoleArn": config["role_arn"], "AccessKeyId": issued.access_key_id, "SecretAccessKey": issued.secret_access_key,
        "Token": issued.session_token, "Expiration": format_rfc3339(int(issued.expires_s))}), "application/json")


def _sso(world, request, record, config):
    record["operation"] = "GetRoleCredentials"
    query = parse_qs(request.query)
    if request.method != "GET":
        return Response(405)
    if request.header("x-amz-sso_bearer_token") != config["access_token"]:
        return Response(401, json.dumps({"message": "Session token not found or invalid", "__type": "UnauthorizedException"}),
                        "application/json", {"x-amzn-ErrorType": "UnauthorizedException"})
    if query.get("role_name") != [config["role_name"]] or query.get("account_id") != [config["account_id"]]:
        return Response(403, json.dumps({"message": "No access"}), "application/json", {"x-amzn-ErrorType": "ForbiddenException"})
    issued = _set(world, config, "sso")
    return Response(200, json.dumps({"roleCredentials": {
        "accessKeyId": issued.access_key_id, "secretAccessKey": issued.secret_access_key,
        "sessionToken": issued.session_token, "expiration": int(issued.expires_s * 1000)}}), "application/json")
