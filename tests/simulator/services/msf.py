# SPDX-License-Identifier: Apache-2.0
"""Managed Service for Apache Flink, API name kinesisanalyticsv2."""

from ..applications import job_plan
from ..errors import ApiError
from ..shapes import merge
from .base import Service, page


def _bad_token():
    return ApiError("InvalidArgumentException", "NextToken is not valid.", 400)


def _application(call):
    name = call.params["ApplicationName"]
    found = call.world.application(call.account, call.region, name)
    if found is None:
        raise ApiError("ResourceNotFoundException",
                       f"Application with name {name} in account {call.account} in region {call.region} not found", 400)
    return found


def _limit(call, default=50):
    return min(call.params.get("Limit", default), call.world.settings.get("msf_page", 50))


def list_applications(call):
    found = sorted(call.world.applications(call.account, call.region), key=lambda a: a.name)
    shown, output = page(call, found, _limit(call), "NextToken", _bad_token())
    output["ApplicationSummaries"] = [
        {name: app.detail[name] for name in ("ApplicationName", "ApplicationARN", "ApplicationStatus",
                                             "ApplicationVersionId", "RuntimeEnvironment", "ApplicationMode")
         if name in app.detail} for app in shown]
    return output


def describe_application(call):
    app = _application(call)
    detail = app.detail
    if call.params.get("IncludeAdditionalDetails") and detail["ApplicationStatus"] != "READY":
        plan = call.world.settings.get("job_plan") or job_plan(app.name, app.tasks, app.parallelism)
        detail = merge(detail, {"ApplicationConfigurationDescription": {
            "FlinkApplicationConfigurationDescription": {"JobPlanDescription": app.entry.get("job_plan", plan)}}})
    return {"ApplicationDetail": detail}


def _refuse_sql(app):
    if app.runtime.startswith("SQL"):
        raise ApiError("UnsupportedOperationException", "Operation is not supported for SQL applications", 400)


def list_application_operations(call):
    app = _application(call)
    _refuse_sql(app)
    wanted = [op for op in app.operations
              if call.params.get("Operation", op["operation"]) == op["operation"]
              and call.params.get("OperationStatus", op["status"]) == op["status"]]
    shown, output = page(call, wanted, _limit(call), "NextToken", _bad_token())
    rows = output["ApplicationOperationInfoList"] = []
    for op in shown:
        row = {"Operation": op["operation"], "OperationId": op["id"], "StartTime": op["start_s"], "OperationStatus": op["status"]}
        if op["end_s"] is not None:
            row["EndTime"] = op["end_s"]
        rows.append(row)
    return output


def describe_application_operation(call):
    app = _application(call)
    _refuse_sql(app)
    op = next((op for op in app.operations if op["id"] == call.params["OperationId"]), None)
    if op is None:
        raise ApiError("ResourceNotFoundException", f"Operation {call.params['OperationId']} not found", 400)
    # EndTime is required by the model; an operation that goes on shows the present moment.
    end_s = op["end_s"] if op["end_s"] is not None else call.world.clock.now_s()
    details = {"Operation": op["operation"], "StartTime": op["start_s"], "EndTime": end_s, "OperationStatus": op["status"]}
    if "version_from" in op:
        details["ApplicationVersionChangeDetails"] = {
            "ApplicationVersionUpdatedFrom": op["version_from"],
            "ApplicationVersionUpdatedTo": op.get("version_to", op["version_from"] + 1)}
    if "error" in op or "rollback_id" in op:
        failure = details["OperationFailureDetails"] = {}
        if "error" in op:
            failure["ErrorInfo"] = {"ErrorString": op["error"][:512]}
        if "rollback_id" in op:
            failure["RollbackOperationId"] = op["rollback_id"]
    return {"ApplicationOperationInfoDetails": details}


def list_application_snapshots(call):
    app = _application(call)
    _refuse_sql(app)
    shown, output = page(call, app.snapshots, _limit(call), "NextToken", _bad_token())
    output["SnapshotSummaries"] = [
        {"SnapshotName": s["name"], "SnapshotStatus": s.get("status", "READY"),
         "ApplicationVersionId": s.get("version", app.detail["ApplicationVersionId"]),
         "SnapshotCreationTimestamp": s["created_s"], "RuntimeEnvironment": app.runtime,
         "ApplicationEncryptionConfigurationDescription": {"KeyType": "AWS_OWNED_KEY"}} for s in shown]
    return output


SERVICE = Service(
    "kinesisanalyticsv2", "kinesisanalytics", "kinesisanalytics",
    {
        "ListApplications": list_applications,
        "DescribeApplication": describe_application,
        "ListApplicationOperations": list_application_operations,
        "DescribeApplicationOperation": describe_application_operation,
        "ListApplicationSnapshots": list_application_snapshots,
    },
)
