# SPDX-License-Identifier: Apache-2.0
"""What the AWS services share: the table row, permissions, tokens, wording of a bad shape."""

import base64
import hashlib
import json

from ..errors import ApiError
from ..shapes import describe, load_model


def _resolve(shape, seen):
    """Have botocore resolve (and cache) the shapes below this one."""
    if shape.name in seen:
        return
    seen.add(shape.name)
    inner = {"structure": lambda: list(shape.members.values()), "list": lambda: [shape.member],
             "map": lambda: [shape.key, shape.value]}.get(shape.type_name, list)()
    for member in inner:
        _resolve(member, seen)


class Service:
    """A service's names, its model and its table of operations {name: function(call) -> output}."""

    def __init__(self, name, signing_name, iam_prefix, operations, unsigned=(), shape_codes=("ValidationException", None),
                 denied=("AccessDeniedException", 400), throttled=("ThrottlingException", 400)):
        self.name = name
        self.signing_name = signing_name
        self.iam_prefix = iam_prefix
        self.operations = operations
        self.unsigned = unsigned
        self.shape_codes = shape_codes      # (JSON, query) codes of a constraint
        self.denied = denied
        self.throttled = throttled
        self.model = load_model(name)
        for operation in operations:        # resolved now, not within the first request
            for shape in (self.model.operation_model(operation).input_shape, self.model.operation_model(operation).output_shape):
                if shape is not None:
                    _resolve(shape, set())

    def permit(self, call):
        action = f"{self.iam_prefix}:{call.operation}"
        identity = call.identity
        if identity is None or call.operation == "GetCallerIdentity":
            return
        for rule in call.world.deny:
            if rule.get("action") not in (action, f"{self.iam_prefix}:*", "*"):
                continue
            if rule.get("access_key_id", identity.access_key_id) != identity.access_key_id:
                continue
            if rule.get("role", identity.role) not in (identity.role, identity.arn):
                continue
            raise self.access_denied(identity, action, rule.get("resource"))

    def access_denied(self, identity, action, resource=None):
        where = f" on resource: {resource}" if resource else ""
        code, status = self.denied
        return ApiError(code, (f"User: {identity.arn} is not authorized to perform: {action}{where} "
                               f"because no identity-based policy allows the {action} action"),
                        status, {"AccessDeniedException": "AccessDenied"}.get(code, code), 403)

    def throttle_error(self):
        code, status = self.throttled
        return ApiError(code, "Rate exceeded", status, "Throttling", status)

    def shape_error(self, call):
        problems = call.problems
        if any(p.kind in ("type", "unknown") for p in problems):
            return ApiError("SerializationException", "; ".join(f"{p.path}: {p.text}" for p in problems), 400,
                            "MalformedInput")
        json_code, query_code = self.shape_codes
        return ApiError(json_code, describe(problems, call.params), 400, query_code or "ValidationError")


def digest(params, leave_out=("NextToken", "nextToken")):
    """A short digest of everything that must stay the same between pages."""
    kept = {k: v for k, v in params.items() if k not in leave_out}
    text = json.dumps(kept, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def make_token(state):
    return base64.urlsafe_b64encode(json.dumps(state).encode()).decode().rstrip("=")


def read_token(text):
    """The state inside a token, or None when it is none of ours."""
    try:
        state = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return None
    return state if isinstance(state, dict) else None


def page(call, items, limit, token_name, error):
    """(items of this page, output with the next token): tokens are bound to the other parameters."""
    start = 0
    if token_name in call.params:
        state = read_token(call.params[token_name])
        if state is None or state.get("h") != digest(call.params):
            raise error
        start = state["at"]
    output = {}
    if start + limit < len(items):
        output[token_name] = make_token({"h": digest(call.params), "at": start + limit})
    return items[start:start + limit], output
