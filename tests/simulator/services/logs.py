# SPDX-License-Identifier: Apache-2.0
"""CloudWatch Logs: FilterLogEvents and DescribeLogStreams."""

import heapq

from ..clock import parse_duration
from ..errors import ApiError
from ..filterpattern import PatternError, compile_pattern
from ..noise import mix, seed_of
from .base import Service, digest, make_token, page, read_token

MAX_PAGE_BYTES = 1024 * 1024
MAX_EVENTS = 10000
EVENT_OVERHEAD_BYTES = 26
_HEAD_ONLY_BEFORE_MS = 1704067200000      # 2024-01-01: startFromHead=false needs a later start


def _invalid(message):
    return ApiError("InvalidParameterException", message, 400)


def _group(call):
    params = call.params
    if ("logGroupName" in params) == ("logGroupIdentifier" in params):
        raise _invalid("Exactly one of logGroupName and logGroupIdentifier must be given.")
    name, account = params.get("logGroupName"), call.account
    if name is None:
        name = params["logGroupIdentifier"]
        if name.startswith("arn:"):
            parts = name.split(":", 6)
            if len(parts) != 7 or parts[5] != "log-group" or parts[6].endswith(":*"):
                raise _invalid("Invalid log group identifier.")
            account, name = parts[4], parts[6]
    group = call.world.log_group(account, call.region, name)
    if group is None:
        raise ApiError("ResourceNotFoundException", "The specified log group does not exist.", 400)
    return group


def _streams(call, group):
    params = call.params
    if "logStreamNames" in params and "logStreamNamePrefix" in params:
        raise _invalid("logStreamNames and logStreamNamePrefix cannot both be given.")
    if "logStreamNames" in params:
        for name in params["logStreamNames"]:
            if name not in group.streams:
                raise ApiError("ResourceNotFoundException", "The specified log stream does not exist.", 400)
        return {name: group.streams[name] for name in params["logStreamNames"]}
    prefix = params.get("logStreamNamePrefix", "")
    return {name: s for name, s in group.streams.items() if name.startswith(prefix)}


def _merged(streams, from_ms, to_ms):
    """(time, stream, message) of several streams in time order."""
    def one(name, stream):
        for at_ms, message in stream.lines(from_ms, to_ms):
            yield at_ms, name, message
    return heapq.merge(*(one(name, stream) for name, stream in sorted(streams.items())), key=lambda row: row[0])


def _bounds(call):
    params = call.params
    now_ms = int((call.world.clock.now_s() - call.world.settings.get("logs_late_s", 0)) * 1000)
    from_ms = params.get("startTime", 0)
    retention = call.world.settings.get("logs_retention")
    kept_ms = now_ms - int(parse_duration(retention) * 1000) if retention else 0
    to_ms = min(params.get("endTime", now_ms), now_ms) + 1
    if params.get("endTime") is not None and params["endTime"] < from_ms:
        raise _invalid("endTime must not be before startTime.")
    return max(from_ms, kept_ms), to_ms


def _state(call):
    """Where this page begins: {at, skip, to, pages}."""
    from_ms, to_ms = _bounds(call)
    if "nextToken" not in call.params:
        return {"at": from_ms, "skip": 0, "to": to_ms, "pages": 0}
    state = read_token(call.params["nextToken"])
    if state is None or state.get("h") != digest(call.params):
        raise _invalid("The specified nextToken is invalid.")
    return state


def _event(group, at_ms, name, message):
    """An event; its id is the same in whichever direction and page it is read."""
    identity = mix(seed_of(group.name, name, message), at_ms)
    return {"logStreamName": name, "timestamp": at_ms, "message": message, "ingestionTime": at_ms + 1400 + identity % 900,
            "eventId": f"{37000000000000000000000000000000000000 + at_ms:038d}{identity % 10**18:018d}"}


def _rows(call, streams, state, is_descending):
    if not is_descending:
        return _merged(streams, state["at"], state["to"])
    from_ms, _ = _bounds(call)
    rows = list(_merged(streams, from_ms, state["at"] + 1 if state["pages"] else state["to"]))
    return iter(rows[::-1])


def filter_log_events(call):
    params, settings = call.params, call.world.settings
    group = _group(call)
    streams = _streams(call, group)
    try:
        is_match = compile_pattern(params.get("filterPattern", ""))
    except PatternError as error:
        raise _invalid(f"Invalid filter pattern: {error}") from None
    is_descending = params.get("startFromHead") is False
    if is_descending and params.get("startTime", 0) < _HEAD_ONLY_BEFORE_MS:
        raise _invalid("startFromHead false needs a startTime of 2024 or later.")
    state = _state(call)
    token = {"h": digest(params), "to": state["to"], "pages": state["pages"] + 1}
    output = {"events": [], "searchedLogStreams": []}
    if state["pages"] < settings.get("logs_empty_pages", 0):
        output["nextToken"] = make_token({**token, "at": state["at"], "skip": state["skip"]})
        return output
    limit = min(params.get("limit", MAX_EVENTS), settings.get("logs_events_per_page", MAX_EVENTS))
    scan_lines, size, at_ms, ordinal, scanned = settings.get("logs_scan_lines", 50000), 0, None, 0, 0
    for row in _rows(call, streams, state, is_descending):
        ordinal = ordinal + 1 if row[0] == at_ms else 0
        at_ms = row[0]
        if at_ms == state["at"] and ordinal < state["skip"]:
            continue
        is_hit = is_match(row[2])
        cost = len(row[2].encode()) + EVENT_OVERHEAD_BYTES if is_hit else 0
        if scanned >= scan_lines or len(output["events"]) >= limit or (size and size + cost > MAX_PAGE_BYTES):
            output["nextToken"] = make_token({**token, "at": at_ms, "skip": ordinal})
            break
        scanned += 1
        if is_hit:
            size += cost
            output["events"].append(_event(group, at_ms, row[1], row[2]))
    return output


def describe_log_streams(call):
    params = call.params
    group = _group(call)
    order = params.get("orderBy", "LogStreamName")
    if order == "LastEventTime" and "logStreamNamePrefix" in params:
        raise _invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
    prefix = params.get("logStreamNamePrefix", "")
    now_ms = int(call.world.clock.now_s() * 1000)
    found = []
    for name, stream in group.streams.items():
        if name.startswith(prefix):
            found.append(_describe(call, group, name, stream, now_ms))
    key = "logStreamName" if order == "LogStreamName" else "lastEventTimestamp"
    found.sort(key=lambda s: s.get(key, 0) if key != "logStreamName" else s[key], reverse=params.get("descending", False))
    limit = min(params.get("limit", 50), call.world.settings.get("logs_streams_per_page", 50))
    shown, output = page(call, found, limit, "nextToken", _invalid("The specified nextToken is invalid."))
    output["logStreams"] = shown
    return output


def _describe(call, group, name, stream, now_ms):
    row = {
        "logStreamName": name,
        "creationTime": stream.first_ms(),
        "arn": f"arn:{call.world.partition}:logs:{call.region}:{group.account}:log-group:{group.name}:log-stream:{name}",
        "storedBytes": 0,
    }
    newest = None
    for back_ms in (3600000, 86400000, 14 * 86400000):
        for at_ms, _ in stream.lines(max(stream.first_ms(), now_ms - back_ms), now_ms):
            newest = at_ms
        if newest is not None:
            break
    if newest is not None:
        row.update(firstEventTimestamp=stream.first_ms(), lastEventTimestamp=newest, lastIngestionTime=newest + 1500)
    return row


class _Logs(Service):
    def shape_error(self, call):
        error = super().shape_error(call)
        if error.code == "ValidationException":
            error.code = "InvalidParameterException"
        return error


SERVICE = _Logs("logs", "logs", "logs", {"FilterLogEvents": filter_log_events, "DescribeLogStreams": describe_log_streams})
