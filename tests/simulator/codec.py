# SPDX-License-Identifier: Apache-2.0
"""Between wire text and plain values, by shape: JSON and query forms in, JSON and XML out."""

import base64
import json
import re
from json.encoder import encode_basestring
from urllib.parse import unquote_plus
from xml.sax.saxutils import escape

from .clock import format_rfc3339, parse_rfc3339
from .shapes import Problem


def java_double(value):
    """Digits as the services' Java writes them: 1.0, 2500.0, 1.767323040123E9."""
    value = float(value)
    if value != value or value in (float("inf"), float("-inf")):
        return '"NaN"' if value != value else '"Infinity"' if value > 0 else '"-Infinity"'
    text = repr(value)
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return text
    mantissa, e, exponent = text.partition("e")
    if e:
        return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"
    sign = "-" if value < 0 else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    if whole == "0":
        digits = fraction.lstrip("0")
        return f"{sign}{digits[0]}.{digits[1:] or '0'}E-{len(fraction) - len(digits) + 1}"
    return f"{sign}{whole[0]}.{(whole[1:] + fraction).rstrip('0') or '0'}E{len(whole) - 1}"


TIMESTAMP_STYLES = {
    "exponent": java_double,
    "integer": lambda at_s: str(int(at_s)),
    "decimal": lambda at_s: f"{at_s:.3f}",
}


class JsonWriter:
    """Values to JSON text by shape. Members unknown to the shape are written as they are."""

    def __init__(self, timestamps="exponent"):
        self._timestamps = timestamps
        self._cache = {}
        self._turn = 0

    def timestamp(self, at_s):
        style = self._timestamps
        if style == "mixed":
            style = ("exponent", "integer", "decimal")[self._turn % 3]
            self._turn += 1
            return TIMESTAMP_STYLES[style](at_s)
        text = self._cache.get(at_s)
        if text is None:
            text = self._cache[at_s] = TIMESTAMP_STYLES[style](at_s)
        return text

    def write(self, value, shape):
        if value is None:
            return "null"
        kind = shape.type_name
        if kind == "structure":
            members = shape.members
            return "{" + ",".join(
                encode_basestring(name) + ":" + (
                    self.write(inner, members[name]) if name in members else json.dumps(inner))
                for name, inner in value.items()) + "}"
        if kind == "list":
            member = shape.member
            if member.type_name == "double":
                return "[" + ",".join(map(java_double, value)) + "]"
            return "[" + ",".join([self.write(item, member) for item in value]) + "]"
        if kind == "map":
            return "{" + ",".join(encode_basestring(k) + ":" + self.write(v, shape.value) for k, v in value.items()) + "}"
        if kind == "timestamp":
            return self.timestamp(value)
        if kind in ("double", "float"):
            return java_double(value)
        if kind == "string":
            return encode_basestring(value)
        if kind == "blob":
            return encode_basestring(base64.b64encode(value).decode())
        return json.dumps(value)


class XmlWriter:
    """Values to the XML of the query protocol by shape."""

    def write(self, name, value, shape):
        if value is None:
            return ""
        kind = shape.type_name
        if kind == "structure":
            return f"<{name}>{self.members(value, shape)}</{name}>"
        if kind == "list":
            return self._list(name, value, shape)
        if kind == "map":
            entries = "".join(
                f"<entry>{self.write('key', k, shape.key)}{self.write('value', v, shape.value)}</entry>"
                for k, v in value.items())
            return f"<{name}>{entries}</{name}>"
        return f"<{name}>{self._scalar(value, kind)}</{name}>"

    def members(self, value, shape):
        parts = []
        for key, inner in value.items():
            member = shape.members.get(key)
            if member is None:
                parts.append(f"<{key}>{escape(str(inner))}</{key}>")
            else:
                parts.append(self.write(member.serialization.get("name", key), inner, member))
        return "".join(parts)

    def _list(self, name, value, shape):
        if shape.serialization.get("flattened"):
            return "".join(self.write(name, item, shape.member) for item in value)
        inner = shape.member.serialization.get("name", "member")
        return f"<{name}>" + "".join([self.write(inner, item, shape.member) for item in value]) + f"</{name}>"

    @staticmethod
    def _scalar(value, kind):
        if kind == "timestamp":
            return format_rfc3339(value)
        if kind in ("double", "float"):
            return java_double(value).strip('"')
        if kind == "boolean":
            return "true" if value else "false"
        if kind == "blob":
            return base64.b64encode(value).decode()
        return escape(str(value))


def parse_json(body):
    """(value, None) or (None, why not). NaN and Infinity are not JSON; duplicates are errors."""
    def pairs(items):
        keys = [key for key, _ in items]
        if len(set(keys)) != len(keys):
            raise ValueError(f"duplicate member in {keys}")
        return dict(items)

    def constant(text):
        raise ValueError(f"{text} is not JSON")

    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=pairs, parse_constant=constant), None
    except ValueError as error:
        return None, str(error)


def parse_form(body):
    """(pairs, None) or (None, why not): strict application/x-www-form-urlencoded."""
    try:
        text = body.decode("ascii")
    except ValueError:
        return None, "the form is not ASCII"
    pairs = []
    for part in text.split("&") if text else []:
        key, equals, value = part.partition("=")
        if not equals or re.search(r"%(?![0-9A-Fa-f]{2})", part):
            return None, f"malformed pair {part[:80]!r}"
        try:
            pairs.append((unquote_plus(key, errors="strict"), unquote_plus(value, errors="strict")))
        except ValueError:
            return None, f"pair is not UTF-8: {part[:80]!r}"
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        return None, "a parameter is given twice"
    return pairs, None


def form_value(pairs, shape):
    """Query parameters (without Action and Version) as the value of `shape`, and what did not fit."""
    tree = {}
    problems = []
    for key, value in pairs:
        node = tree
        *parents, leaf = key.split(".")
        for part in parents:
            node = node.setdefault(part, {})
            if not isinstance(node, dict):
                problems.append(Problem("type", "." + key, "is both a value and a structure"))
                node = {}
        node[leaf] = value
    return _form(tree, shape, "", problems), problems


def _form(node, shape, path, problems):
    kind = shape.type_name
    if kind in ("structure", "list", "map") and not isinstance(node, dict):
        problems.append(Problem("type", path, f"expected a {kind}"))
        return {} if kind != "list" else []
    if kind not in ("structure", "list", "map") and isinstance(node, dict):
        problems.append(Problem("type", path, f"expected a {kind}, got a structure"))
        return None
    if kind == "structure":
        names = {m.serialization.get("name", key): key for key, m in shape.members.items()}
        result = {}
        for name, inner in node.items():
            if name not in names:
                problems.append(Problem("unknown", f"{path}.{name}", f"{shape.name} has no member {name!r}"))
                continue
            key = names[name]
            result[key] = _form(inner, shape.members[key], f"{path}.{key}", problems)
        return result
    if kind == "list":
        inner = shape.member.serialization.get("name", "member")
        items = node if shape.serialization.get("flattened") else _only(node, inner, path, problems)
        return [_form(item, shape.member, f"{path}.{i + 1}", problems)
                for i, item in enumerate(_numbered(items, path, problems))]
    if kind == "map":
        entries = node if shape.serialization.get("flattened") else _only(node, "entry", path, problems)
        return _form_map(entries, shape, path, problems)
    return _form_scalar(node, kind, path, problems)


def _form_map(entries, shape, path, problems):
    key_name = shape.key.serialization.get("name", "key")
    value_name = shape.value.serialization.get("name", "value")
    result = {}
    for entry in _numbered(entries, path, problems):
        if not isinstance(entry, dict) or set(entry) != {key_name, value_name}:
            problems.append(Problem("type", path, f"an entry needs {key_name} and {value_name}"))
            continue
        key = _form(entry[key_name], shape.key, path, problems)
        if key in result:
            problems.append(Problem("constraint", path, f"the name {key!r} is given twice"))
        result[key] = _form(entry[value_name], shape.value, f"{path}.{key}", problems)
    return result


def _only(node, name, path, problems):
    for other in node:
        if other != name:
            problems.append(Problem("unknown", f"{path}.{other}", f"expected {name!r}"))
    inner = node.get(name, {})
    return inner if isinstance(inner, dict) else {}


def _numbered(items, path, problems):
    wanted = [str(i + 1) for i in range(len(items))]
    if set(items) != set(wanted):
        problems.append(Problem("type", path, f"indices must run from 1: {sorted(items)[:5]}"))
    return [items[i] for i in wanted if i in items]


def _form_scalar(text, kind, path, problems):
    try:
        if kind in ("integer", "long"):
            return int(text) if re.fullmatch(r"-?\d+", text) else _refuse(text)
        if kind in ("double", "float"):
            return float(text)
        if kind == "boolean":
            return {"true": True, "false": False}[text]
        if kind == "timestamp":
            return parse_rfc3339(text)
        if kind == "blob":
            return base64.b64decode(text, validate=True)
    except (ValueError, KeyError):
        problems.append(Problem("type", path, f"{text[:60]!r} is not a {kind}"))
        return None
    return text


def _refuse(text):
    raise ValueError(text)
