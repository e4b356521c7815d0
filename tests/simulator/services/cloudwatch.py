# SPDX-License-Identifier: Apache-2.0
"""CloudWatch: GetMetricData and ListMetrics, in AWS JSON 1.0 and in the query protocol."""

import re
from ..clock import DAY_S
from ..errors import ApiError
from ..series import RETENTION, is_statistic
from .base import Service, digest, make_token, page, read_token

MAX_DATAPOINTS = 100800
_ID = re.compile(r"^[a-z][A-Za-z0-9_]*$")
_RETENTION_SLACK_S = 60     # a client that asks for exactly 15 days rounds to the minute and needs time to ask
_TWO_WEEKS_S = 14 * DAY_S
_RECENT_S = 3 * 3600


def _invalid(message, code="ValidationError"):
    return ApiError(code, message, 400, code)


def _bad_value(message):
    return ApiError("InvalidParameterValueException", message, 400, "InvalidParameterValue")


def _bad_token():
    return ApiError("InvalidNextToken", "The provided NextToken is not valid.", 400, "InvalidNextToken")


def _check_query(query, seen):
    name = query["Id"]
    if not _ID.match(name):
        raise _invalid(f"The value {name} for parameter Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.")
    if name in seen:
        raise _invalid("The values for parameter id in MetricDataQueries are not unique.")
    seen.add(name)
    if ("MetricStat" in query) == ("Expression" in query):
        raise _invalid(f"Either MetricStat or Expression must be given for {name}, and not both.")
    stat = query.get("MetricStat")
    if stat is None:
        return
    period = stat["Period"]
    if period not in (1, 5, 10, 20, 30) and (period % 60 or period > DAY_S):
        raise _invalid(f"Period {period} must be 1, 5, 10, 20, 30 or a multiple of 60 up to 86400.")
    if not is_statistic(stat["Stat"]):
        raise _invalid(f"The value {stat['Stat']} for parameter MetricStat.Stat is not supported.")
    if "Namespace" not in stat["Metric"] or "MetricName" not in stat["Metric"]:
        raise _invalid("The parameter MetricStat.Metric must have Namespace and MetricName.")
    names = [d["Name"] for d in stat["Metric"].get("Dimensions", [])]
    if len(set(names)) != len(names):
        raise _invalid("A dimension name is given twice.")


def _span(call):
    params = call.params
    start_s, end_s = params["StartTime"], params["EndTime"]
    if start_s >= end_s:
        raise _invalid("The parameter StartTime must be less than the parameter EndTime.")
    age_s = call.world.clock.now_s() - start_s
    step = 60 if age_s < 15 * DAY_S else 300 if age_s < 63 * DAY_S else 3600
    return int(start_s // step) * step, -int(-end_s // 60) * 60, end_s


def _is_kept(period_s, start_s, now_s):
    """Whether CloudWatch still has points of that period at start_s."""
    age_s = now_s - start_s - _RETENTION_SLACK_S
    for step, kept_s in RETENTION:
        if age_s <= kept_s:
            return period_s % step == 0
    return False


def _evaluate(call, query, now_s):
    """(label, [(time, value)]) of one query, ascending."""
    stat = query.get("MetricStat")
    if stat is None:
        call.world.records.violate("unsupported", f"Expression: {query['Expression'][:200]}", call.record)
        raise _invalid(f"Error in expression '{query['Id']}': not supported here")
    metric = stat["Metric"]
    label = query.get("Label") or metric["MetricName"]
    store = call.world.store(query.get("AccountId", call.account), call.region)
    dimensions = [(d["Name"], d["Value"]) for d in metric.get("Dimensions", [])]
    series = store.get(metric["Namespace"], metric["MetricName"], dimensions)
    if series is None or stat.get("Unit", series.unit) != series.unit:
        return label, []
    start_s, end_s, exact_end_s = _span(call)
    period_s = stat["Period"]
    if not _is_kept(period_s, call.params["StartTime"], now_s):
        return label, []
    first = -(-start_s // period_s) * period_s
    found = series.points(first, min(end_s, int(now_s) + 1), period_s, stat["Stat"], now_s)
    return label, [p for p in found if p[0] < exact_end_s]


def _results(call, now_s):
    """Every result in full: [(id, label, points)]."""
    descending = call.params.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    found = []
    for query in call.params["MetricDataQueries"]:
        if query.get("ReturnData", True):
            label, points = _evaluate(call, query, now_s)
            found.append((query["Id"], label, points[::-1] if descending else points))
    return found


def _remembered(call, now_s, is_first):
    """`_results`, kept from one page to the next."""
    key, cache = (digest(call.params), now_s, call.account, call.region), call.world.metric_pages
    found = cache.get(key) if not is_first else None
    return (_results(call, now_s) if found is None else found), key


def _sequential(results, at, budget):
    """Results one after the other: a page ends within a result, the next goes on with it. An empty
    result belongs to the page that its place falls into."""
    stop, total, position, shown = at + budget, sum(len(points) for _, _, points in results), 0, []
    for name, label, points in results:
        begin, position = position, position + len(points)
        if points and begin < stop and position > at:
            shown.append((name, label, points[max(0, at - begin):stop - begin], position <= stop))
        elif not points and (at <= begin < stop or begin == stop == total):
            shown.append((name, label, [], True))
    return shown, stop if stop < total else None


def _interleaved(results, at, budget):
    """Every result on every page, each with its share of points."""
    share = max(1, budget // max(1, len(results)))
    shown = [(name, label, points[at:at + share], at + share >= len(points)) for name, label, points in results]
    longest = max((len(points) for _, _, points in results), default=0)
    return shown, at + share if at + share < longest else None


def get_metric_data(call):
    params, world = call.params, call.world
    seen = set()
    if not params["MetricDataQueries"]:
        raise _invalid("The parameter MetricDataQueries is required.")
    for query in params["MetricDataQueries"]:
        _check_query(query, seen)
    _span(call)
    budget = params.get("MaxDatapoints", MAX_DATAPOINTS)
    if not 1 <= budget <= MAX_DATAPOINTS:
        raise _invalid(f"MaxDatapoints must be between 1 and {MAX_DATAPOINTS}.")
    budget = min(budget, world.settings.get("metric_datapoints_per_page", MAX_DATAPOINTS))
    at, now_s = 0, world.clock.now_s()
    if "NextToken" in params:
        state = read_token(params["NextToken"])
        if state is None or state.get("h") != digest(params):
            raise _bad_token()
        at, now_s = state["at"], state["now"]
    style = _interleaved if world.settings.get("metric_pages") == "interleaved" else _sequential
    results, key = _remembered(call, now_s, at == 0)
    shown, following = style(results, at, budget)
    world.remember_pages(key, results if following is not None else None)
    output = {"MetricDataResults": [_result(call, *row) for row in shown], "Messages": []}
    if following is not None:
        output["NextToken"] = make_token({"h": digest(params), "at": following, "now": now_s})
    return output


def _result(call, name, label, points, is_last):
    result = {
        "Id": name,
        "Label": label,
        "Timestamps": [float(t) for t, _ in points],
        "Values": [v for _, v in points],
        "StatusCode": "Complete" if is_last else "PartialData",
    }
    for effect in call.effects:
        if effect.kind == "result_status" and name in effect.spec.get("ids", [name]):
            result["StatusCode"] = effect.spec["status"]
            result["Messages"] = [{"Code": effect.spec["status"], "Value": effect.spec.get("message", "made so by a fault")}]
            if effect.spec["status"] != "PartialData":
                result["Timestamps"], result["Values"] = [], []
    return result


def _matches_filter(series, filters):
    values = dict(series.dimensions)
    return all(f["Name"] in values and f.get("Value", values[f["Name"]]) == values[f["Name"]] for f in filters)


def list_metrics(call):
    params, world = call.params, call.world
    now_s = world.clock.now_s()
    accounts = [params.get("OwningAccount", call.account)]
    if params.get("IncludeLinkedAccounts") and "OwningAccount" not in params:
        accounts = [call.account] + [a for a in world.accounts() if a != call.account]
    span_s = _RECENT_S if params.get("RecentlyActive") else _TWO_WEEKS_S
    found = []
    for account in accounts:
        store = world.store(account, call.region)
        for series in store.list():
            if params.get("Namespace", series.namespace) != series.namespace:
                continue
            if params.get("MetricName", series.name) != series.name:
                continue
            if _matches_filter(series, params.get("Dimensions", [])) and store.has_recent(series, span_s, now_s):
                found.append((account, series))
    size = world.settings.get("metrics_per_page", 500)
    shown, output = page(call, found, size, "NextToken", _bad_value("The value for parameter NextToken is not valid."))
    output["Metrics"] = [{"Namespace": s.namespace, "MetricName": s.name,
                          "Dimensions": [{"Name": n, "Value": v} for n, v in s.dimensions]} for _, s in shown]
    if params.get("IncludeLinkedAccounts"):
        output["OwningAccounts"] = [account for account, _ in shown]
    return output


SERVICE = Service(
    "cloudwatch", "monitoring", "cloudwatch",
    {"GetMetricData": get_metric_data, "ListMetrics": list_metrics},
    shape_codes=("ValidationError", "ValidationError"),
    denied=("AccessDeniedException", 400),
)
