# SPDX-License-Identifier: Apache-2.0
"""Service models (Debian's botocore plus models/*.json) and the checking of values against shapes.

Inputs are checked twice: by botocore's own ParamValidator and by `check`, which adds what that one
leaves out (enum, pattern, max, strict JSON types). Outputs go through `check` alone.
"""

import json
import os
import re
from collections import namedtuple

import botocore.loaders
import botocore.model
import botocore.validate

MODELS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "models")

# kind: "type" a value that cannot be that type, "constraint" a limit, "missing", "unknown".
Problem = namedtuple("Problem", "kind path text")
_patterns = {}


def merge(base, patch):
    """RFC 7396 merge patch: objects merge, null removes, anything else replaces."""
    if not isinstance(patch, dict):
        return patch
    result = dict(base) if isinstance(base, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


def load_model(service):
    """botocore's ServiceModel of `service`, with the overlay of the same name merged in."""
    data = botocore.loaders.Loader().load_service_model(service, "service-2")
    overlay = os.path.join(MODELS, service + ".json")
    if os.path.exists(overlay):
        with open(overlay, encoding="utf-8") as file:
            data = merge(data, json.load(file))
    return botocore.model.ServiceModel(data, service)


def _pattern(text):
    if text not in _patterns:
        try:
            _patterns[text] = re.compile(text)
        except re.error:
            _patterns[text] = None
    return _patterns[text]


class Checker:
    """Collects the problems of one value (at most 20); types are those of JSON."""

    def __init__(self):
        self.problems = []

    def report(self, kind, path, text):
        if len(self.problems) < 20:
            self.problems.append(Problem(kind, path, text))

    def check(self, value, shape, path=""):
        getattr(self, "_check_" + shape.type_name)(value, shape, path)

    def _check_structure(self, value, shape, path):
        if not isinstance(value, dict):
            return self.report("type", path, f"expected an object, got {type(value).__name__}")
        members = shape.members
        for name in shape.metadata.get("required", ()):
            if name not in value:
                self.report("missing", f"{path}.{name}", "Member must not be null")
        for name, inner in value.items():
            if name not in members:
                self.report("unknown", f"{path}.{name}", f"{shape.name} has no member {name!r}")
            else:
                self.check(inner, members[name], f"{path}.{name}")

    def _check_list(self, value, shape, path):
        if not isinstance(value, (list, tuple)):
            return self.report("type", path, f"expected an array, got {type(value).__name__}")
        self._size(len(value), shape, path, "length")
        member = shape.member
        if member.type_name in ("double", "timestamp"):
            if all(type(item) in (float, int) for item in value):
                return
        for index, item in enumerate(value):
            self.check(item, member, f"{path}.{index + 1}.member")

    def _check_map(self, value, shape, path):
        if not isinstance(value, dict):
            return self.report("type", path, f"expected an object, got {type(value).__name__}")
        self._size(len(value), shape, path, "length")
        for key, inner in value.items():
            self.check(key, shape.key, f"{path}.{key}.key")
            self.check(inner, shape.value, f"{path}.{key}")

    def _check_string(self, value, shape, path):
        if not isinstance(value, str):
            return self.report("type", path, f"expected a string, got {type(value).__name__}")
        meta = shape.metadata
        if not meta:
            return
        self._size(len(value), shape, path, "length")
        enum = meta.get("enum")
        if enum and value not in enum:
            self.report("constraint", path, "Member must satisfy enum value set: [%s]" % ", ".join(enum))
        pattern = meta.get("pattern")
        if pattern and _pattern(pattern) and not _pattern(pattern).fullmatch(value):
            self.report("constraint", path, f"Member must satisfy regular expression pattern: {pattern}")

    def _check_number(self, value, shape, path):
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            return self.report("type", path, f"expected a number, got {type(value).__name__}")
        self._size(value, shape, path, "value")

    def _check_integer(self, value, shape, path):
        if not isinstance(value, int) or isinstance(value, bool):
            return self.report("type", path, f"expected an integer, got {value!r}")
        limit = 1 << (63 if shape.type_name == "long" else 31)
        if not -limit <= value < limit:
            return self.report("type", path, f"{value} does not fit {shape.type_name}")
        self._size(value, shape, path, "value")

    _check_long = _check_integer
    _check_double = _check_float = _check_number
    _check_timestamp = _check_number

    def _check_boolean(self, value, shape, path):
        if not isinstance(value, bool):
            self.report("type", path, f"expected a boolean, got {type(value).__name__}")

    def _check_blob(self, value, shape, path):
        if not isinstance(value, (bytes, str)):
            self.report("type", path, f"expected bytes, got {type(value).__name__}")

    def _size(self, size, shape, path, what):
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if low is not None and size < low:
            self.report("constraint", path, f"Member must have {what} greater than or equal to {low}")
        if high is not None and size > high:
            self.report("constraint", path, f"Member must have {what} less than or equal to {high}")


def check(value, shape):
    """Problems of `value` against `shape`, an empty list when it fits."""
    if shape is None:
        return []
    checker = Checker()
    checker.check(value, shape)
    return checker.problems


def check_input(value, shape):
    """As `check`, with botocore's ParamValidator as a second opinion."""
    if shape is None:
        return []
    problems = check(value, shape)
    if not problems:
        report = botocore.validate.ParamValidator().validate(value, shape)
        if report.has_errors():
            problems.append(Problem("constraint", "", report.generate_report()))
    return problems


def describe(problems, value=None):
    """The services' wording: `2 validation errors detected: Value '' at 'x' failed ...`."""
    words = "validation error" if len(problems) == 1 else "validation errors"
    parts = []
    for problem in problems:
        path = problem.path.lstrip(".")
        path = path[:1].lower() + path[1:]
        given = _at(value, problem.path)
        shown = "null" if given is None else str(given)[:120]
        where = "null" if given is None else f"'{shown}'"
        parts.append(f"Value {where} at '{path}' failed to satisfy constraint: {problem.text}")
    return f"{len(problems)} {words} detected: " + "; ".join(parts)


def _at(value, path):
    for part in path.strip(".").split("."):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) <= len(value):
            value = value[int(part) - 1]
        elif part != "member":
            return None
    return value if isinstance(value, (str, int, float)) else None
