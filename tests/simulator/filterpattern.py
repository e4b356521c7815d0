# SPDX-License-Identifier: Apache-2.0
"""CloudWatch Logs filter patterns: terms, phrases, ?any, -none, %regex% and simple { $.json } tests."""

import json
import re

_TERM = re.compile(r'\s*([-?]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]+)%|([A-Za-z0-9_]+))(?=\s|$)')
_COMPARE = re.compile(r'^\s*\$\.([A-Za-z0-9_.]+)\s*(=|!=|<=|>=|<|>)\s*(?:"((?:[^"\\]|\\.)*)"|(-?[\d.]+)|(\S+?))\s*$')
_EXISTS = re.compile(r"^\s*\$\.([A-Za-z0-9_.]+)\s+(EXISTS|NOT EXISTS|IS NULL|IS TRUE|IS FALSE)\s*$")


class PatternError(ValueError):
    pass


def compile_pattern(text):
    """A function(message) -> bool; PatternError when CloudWatch would refuse the pattern."""
    text = text.strip()
    if not text:
        return lambda message: True
    if text.startswith("{"):
        return _compile_json(text)
    every, some, none = [], [], []
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if not match:
            raise PatternError(f"Invalid character(s) in term '{text[position:].split()[0]}'")
        sign, phrase, regex, word = match.groups()
        test = _regex(regex) if regex is not None else _contains(word if phrase is None else re.sub(r"\\(.)", r"\1", phrase))
        {"": every, "?": some, "-": none}[sign].append(test)
        position = match.end()
        while position < len(text) and text[position].isspace():
            position += 1
    if every or none:
        some = []       # terms with ? are ignored beside others
    return lambda m: (all(t(m) for t in every) and not any(t(m) for t in none) and (not some or any(t(m) for t in some)))


def _contains(term):
    return lambda message: term in message


def _regex(text):
    if not re.fullmatch(r"[A-Za-z0-9_#=@/;,\-:^$?\[\]{}|\\*+. ]+", text):
        raise PatternError(f"Invalid regular expression '{text}'")
    try:
        compiled = re.compile(text)
    except re.error as error:
        raise PatternError(str(error)) from None
    return lambda message: compiled.search(message) is not None


def _compile_json(text):
    if not text.endswith("}"):
        raise PatternError("Invalid JSON pattern")
    inner = text[1:-1].replace("(", " ").replace(")", " ")
    alternatives = [[_condition(part) for part in option.split("&&")] for option in inner.split("||")]

    def test(message):
        try:
            value = json.loads(message)
        except ValueError:
            return False
        return isinstance(value, dict) and any(all(c(value) for c in option) for option in alternatives)
    return test


def _lookup(value, path):
    for part in path.split("."):
        if not isinstance(value, dict) or part not in value:
            return None, False
        value = value[part]
    return value, True


def _condition(text):
    match = _EXISTS.match(text)
    if match:
        path, what = match.groups()
        tests = {"EXISTS": lambda v, there: there, "NOT EXISTS": lambda v, there: not there,
                 "IS NULL": lambda v, there: there and v is None, "IS TRUE": lambda v, there: v is True,
                 "IS FALSE": lambda v, there: v is False}
        return lambda value: tests[what](*_lookup(value, path))
    match = _COMPARE.match(text)
    if not match:
        raise PatternError(f"Invalid condition '{text.strip()}'")
    path, operator, phrase, number, word = match.groups()
    if number is not None:
        return lambda value: _compare_number(_lookup(value, path)[0], operator, float(number))
    wanted = re.compile(".*".join(re.escape(p) for p in (phrase if phrase is not None else word).split("*")), re.S)

    def compare(value):
        found, there = _lookup(value, path)
        is_equal = there and isinstance(found, str) and wanted.fullmatch(found) is not None
        return is_equal if operator == "=" else there and not is_equal
    return compare


def _compare_number(found, operator, wanted):
    if not isinstance(found, (int, float)) or isinstance(found, bool):
        return False
    return {"=": found == wanted, "!=": found != wanted, "<": found < wanted, ">": found > wanted,
            "<=": found <= wanted, ">=": found >= wanted}[operator]
