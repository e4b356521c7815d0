# SPDX-License-Identifier: Apache-2.0
"""Answers as a service could also give them: members absent, null or unknown, enums that grew."""

from .noise import chance

UNKNOWN_MEMBERS = {"NewMemberOfTomorrow": {"Nested": [1, None, "x"]}, "anotherNewMember": "x"}


def vary(value, shape, options, path=""):
    """A changed copy of an output. Options: drop, nulls, unknown_enums (0..1), unknown_members (bool),
    members (only these names are dropped or nulled), keep (never these), seed."""
    kind = shape.type_name
    if kind == "structure":
        return _structure(value, shape, options, path)
    if kind == "list":
        return [vary(item, shape.member, options, f"{path}[{i}]") for i, item in enumerate(value)]
    if kind == "map":
        return {key: vary(inner, shape.value, options, f"{path}.{key}") for key, inner in value.items()}
    if kind == "string" and shape.metadata.get("enum"):
        if chance(options.get("seed", 0), "enum" + path) < float(options.get("unknown_enums", 0)):
            return "VALUE_OF_TOMORROW"
    return value


def _structure(value, shape, options, path):
    result = {}
    required = shape.metadata.get("required", ())
    for name, inner in value.items():
        here = f"{path}.{name}"
        may_go = name not in required and name not in options.get("keep", ("NextToken", "nextToken"))
        if options.get("members"):
            may_go = name in options["members"]
        draw = chance(options.get("seed", 0), here)
        drop, nulls = float(options.get("drop", 0)), float(options.get("nulls", 0))
        if may_go and draw < drop:
            continue
        if may_go and draw < drop + nulls:
            result[name] = None
            continue
        result[name] = vary(inner, shape.members[name], options, here)
    if options.get("unknown_members"):
        result.update(UNKNOWN_MEMBERS)
    return result
