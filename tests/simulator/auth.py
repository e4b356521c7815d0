# SPDX-License-Identifier: Apache-2.0
"""Signature Version 4 as a verifier: botocore's own signer does the computing.

The request is rebuilt from what was received, signed by botocore's SigV4Auth with the clock set to
its X-Amz-Date, and the two Authorization headers are compared whole.
"""

import calendar
import hashlib
import hmac
import re
import time

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .clock import format_amz

MAX_SKEW_S = 300
_AUTHORIZATION = re.compile(
    r"^AWS4-HMAC-SHA256 Credential=([^/,\s]+)/(\d{8})/([^/,\s]+)/([^/,\s]+)/aws4_request,"
    r" SignedHeaders=([^,\s]+), Signature=([0-9a-f]{64})$"
)


class AuthError(Exception):
    """`name` is one of the keys of errors.AUTH; `is_violation` marks what a correct client never does."""

    def __init__(self, name, message, is_violation=False):
        super().__init__(message)
        self.name = name
        self.message = message
        self.is_violation = is_violation


class Identity:
    """Who a key pair is. Secrets of the simulator are not secret."""

    def __init__(self, access_key_id, secret_access_key, session_token=None, expires_s=None,
                 account="111122223333", arn=None, source="scenario", wrong_secrets=()):
        self.access_key_id = access_key_id
        self.secret_access_key = secret_access_key
        self.session_token = session_token
        self.expires_s = expires_s
        self.account = account
        self.arn = arn or f"arn:aws:iam::{account}:user/{access_key_id.lower()}"
        self.source = source
        self.wrong_secrets = wrong_secrets      # a client that signs well with these is misconfigured, not broken

    @property
    def role(self):
        """The role's name when this is an assumed role."""
        return self.arn.split("/")[1] if ":assumed-role/" in self.arn else None


class Scope:
    """The parts of a credential scope."""

    def __init__(self, access_key_id, date, region, service, signed, signature):
        self.access_key_id = access_key_id
        self.date = date
        self.region = region
        self.service = service
        self.signed = signed
        self.signature = signature


def parse_authorization(request):
    """The request's Scope, or None when it carries no Authorization at all."""
    text = request.header("authorization")
    if text is None:
        return None
    match = _AUTHORIZATION.match(text)
    if not match:
        raise AuthError("incomplete", f"Authorization header is malformed: {text[:200]!r}", True)
    return Scope(match[1], match[2], match[3], match[4], match[5].split(";"), match[6])


def _amz_date(request, scope):
    text = request.header("x-amz-date")
    if text is None:
        raise AuthError("incomplete", "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.", True)
    try:
        at_s = calendar.timegm(time.strptime(text, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise AuthError("incomplete", f"Date must be in ISO-8601 'basic format'. Got '{text}'.", True) from None
    if text[:8] != scope.date:
        raise AuthError("signature", f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{scope.date}' != '{text[:8]}'.", True)
    return text, at_s


def _check_signed_headers(request, scope):
    present = request.header_names()
    must = {"host", "x-amz-date"} | {n for n in present if n.startswith("x-amz-") or n == "x-amzn-query-mode"}
    unsigned = sorted(must - set(scope.signed))
    if unsigned:
        raise AuthError("signature", f"'{unsigned[0]}' must be a 'SignedHeader' in the AWS Authorization.", True)
    absent = sorted(set(scope.signed) - set(present))
    if absent:
        raise AuthError("signature", f"signed header '{absent[0]}' was not sent", True)
    if scope.signed != sorted(scope.signed):
        raise AuthError("signature", "SignedHeaders are not sorted", True)


def check_skew(amz_date, at_s, wall_s):
    """The services allow five minutes either way."""
    if at_s < wall_s - MAX_SKEW_S:
        oldest = format_amz(wall_s - MAX_SKEW_S)
        raise AuthError("skew", f"Signature expired: {amz_date} is now earlier than {oldest} ({format_amz(wall_s)} - 5 min.)")
    if at_s > wall_s + MAX_SKEW_S:
        newest = format_amz(wall_s + MAX_SKEW_S)
        raise AuthError("skew", f"Signature not yet current: {amz_date} is still later than {newest} ({format_amz(wall_s)} + 5 min.)")


class _FrozenSigner(SigV4Auth):
    """SigV4Auth.add_auth with its clock replaced by the request's own date."""

    def sign_at(self, request, amz_date):
        request.context["timestamp"] = amz_date
        self._modify_request_before_signing(request)
        canonical = self.canonical_request(request)
        signature = self.signature(self.string_to_sign(request, canonical), request)
        self._inject_signature_to_request(request, signature)
        return request.headers["Authorization"], canonical


def expected_authorization(request, scope, identity, amz_date, secret=None):
    """(Authorization, canonical request) as botocore makes them for the headers that were signed."""
    url = f"{request.scheme}://{request.header('host')}{request.target}"
    rebuilt = AWSRequest(method=request.method, url=url, data=request.body)
    skip = {"host", "x-amz-date", "x-amz-security-token", "authorization"}
    for name, value in request.headers:
        if name.lower() in scope.signed and name.lower() not in skip:
            rebuilt.headers[name] = value
    credentials = Credentials(identity.access_key_id, secret or identity.secret_access_key, identity.session_token)
    signer = _FrozenSigner(credentials, scope.service, scope.region)
    return signer.sign_at(rebuilt, amz_date)


def _check_token(request, identity, wall_s):
    token = request.header("x-amz-security-token")
    if (identity.session_token or None) != (token or None):
        raise AuthError("unknown_key", "The security token included in the request is invalid.")
    if identity.expires_s is not None and wall_s >= identity.expires_s:
        raise AuthError("expired", "The security token included in the request is expired")


def verify(request, identities, service, regions, wall_s):
    """The Identity and region of a signed request; AuthError with the reason otherwise."""
    scope = parse_authorization(request)
    if scope is None:
        raise AuthError("missing", "Missing Authentication Token")
    amz_date, at_s = _amz_date(request, scope)
    _check_signed_headers(request, scope)
    if scope.service != service:
        raise AuthError("signature", f"Credential should be scoped to correct service: '{service}'.", True)
    if scope.region not in regions:
        raise AuthError("signature", f"Credential should be scoped to a valid region, not '{scope.region}'.", True)
    identity = identities.get(scope.access_key_id)
    if identity is None:
        raise AuthError("unknown_key", "The security token included in the request is invalid.")
    _check_token(request, identity, wall_s)
    digest = request.header("x-amz-content-sha256")
    if digest is not None and digest != hashlib.sha256(request.body).hexdigest():
        raise AuthError("signature", "The value of x-amz-content-sha256 is not the body's digest", True)
    expected, canonical = expected_authorization(request, scope, identity, amz_date)
    given = request.header("authorization")
    if not hmac.compare_digest(expected, given):
        is_known = any(given == expected_authorization(request, scope, identity, amz_date, secret)[0]
                       for secret in identity.wrong_secrets)
        raise AuthError("signature", (
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details.\n\n"
            f"The Canonical String for this request should have been\n'{canonical}'"), not is_known)
    check_skew(amz_date, at_s, wall_s)
    return identity, scope.region
