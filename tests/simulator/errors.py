# SPDX-License-Identifier: Apache-2.0
"""Errors as each protocol spells them."""

import json
from xml.sax.saxutils import escape

from .wire import Response

# name: (JSON services, query services, status of the latter); JSON services answer 400 to all.
AUTH = {
    "missing": ("MissingAuthenticationTokenException", "MissingAuthenticationToken", 403),
    "incomplete": ("IncompleteSignatureException", "IncompleteSignature", 400),
    "signature": ("InvalidSignatureException", "SignatureDoesNotMatch", 403),
    "skew": ("InvalidSignatureException", "SignatureDoesNotMatch", 403),
    "unknown_key": ("UnrecognizedClientException", "InvalidClientTokenId", 403),
    "expired": ("ExpiredTokenException", "ExpiredToken", 403),
}


class ApiError(Exception):
    """A refusal in a service's own words; `query_code` where the query protocol spells it differently."""

    def __init__(self, code, message, status=400, query_code=None, query_status=None, headers=None):
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.query_code = query_code or code
        self.query_status = query_status or status
        self.headers = headers or {}


def auth_error(error, skew_code=None):
    json_code, query_code, status = AUTH[error.name]
    if error.name == "skew" and skew_code:
        json_code = query_code = skew_code
    return ApiError(json_code, error.message, 400, query_code, status)


def modelled(service, code, query_code=None):
    """The service model's error shape of that code, or None."""
    for shape in service.model.error_shapes:
        if code in (shape.name, shape.error_code) or (query_code and query_code == shape.error_code):
            return shape
    return None


def render(error, service, protocol, request_id):
    """An ApiError as a Response in this protocol."""
    if protocol == "json":
        response = _json(error, service)
        response.headers.update({"x-amzn-RequestId": request_id, **error.headers})
        return response
    kind = "Receiver" if error.query_status >= 500 else "Sender"
    namespace = service.model.metadata.get("xmlNamespace", "")
    body = (
        f'<ErrorResponse xmlns="{namespace}">\n  <Error>\n    <Type>{kind}</Type>\n'
        f"    <Code>{escape(error.query_code)}</Code>\n    <Message>{escape(error.message)}</Message>\n"
        f"  </Error>\n  <RequestId>{request_id}</RequestId>\n</ErrorResponse>\n")
    headers = {"x-amzn-RequestId": request_id, **error.headers}
    return Response(error.query_status, body, "text/xml", headers)


def _json(error, service):
    shape = modelled(service, error.code, error.query_code)
    member = "message"
    if shape is not None:
        member = next((m for m in shape.members if m.lower() == "message"), "message")
    code, headers = error.code, {}
    version = service.model.metadata["jsonVersion"]
    if version == "1.0":
        space = "com.amazonaws.cloudwatch.v2010_08_01" if shape is not None else "com.amazon.coral.service"
        code = f"{space}#{shape.name if shape is not None else error.code}"
        if shape is not None:
            fault = "Receiver" if error.status >= 500 else "Sender"
            headers["x-amzn-query-error"] = f"{shape.error_code};{fault}"
    body = json.dumps({"__type": code, member: error.message})
    return Response(error.status, body, f"application/x-amz-json-{version}", headers)
