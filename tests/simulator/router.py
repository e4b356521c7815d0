# SPDX-License-Identifier: Apache-2.0
"""From a request to its answer: who is asked, is it signed and shaped right, which fault applies.

Signature and shape are always checked and recorded, also when a fault then decides the answer.
"""

import traceback
import uuid
from urllib.parse import parse_qsl

from . import codec, control, shapes, vary
from .auth import AuthError, parse_authorization, verify
from .errors import ApiError, auth_error, render
from .faults import answers_alone
from .services import cloudwatch, credentials, logs, msf, notify, sns, sts
from .wire import Response

AWS = {s.name: s for s in (cloudwatch.SERVICE, msf.SERVICE, logs.SERVICE, sns.SERVICE, sts.SERVICE)}
_BY_TARGET = {s.model.metadata["targetPrefix"]: s for s in AWS.values() if s.model.metadata.get("targetPrefix")}
_BY_SIGNING = {s.signing_name: s for s in AWS.values()}
FORM = "application/x-www-form-urlencoded; charset=utf-8"


class Call:
    """One AWS request on its way through an operation."""

    def __init__(self, world, request, service, operation, protocol):
        self.world = world
        self.request = request
        self.service = service
        self.operation = operation
        self.protocol = protocol
        self.params = {}
        self.problems = []          # shape problems
        self.broken = None          # the body is not JSON or not a form
        self.identity = None
        self.account = world.account
        self.region = world.region
        self.auth_error = None
        self.is_unknown = False     # method, path or content type lead to no operation
        self.effects = []           # faults that change an answer instead of replacing it
        self.record = None
        self.request_id = str(uuid.uuid4())

    @property
    def model(self):
        return self.service.model.operation_model(self.operation)

    def parse(self, body):
        if self.protocol == "json":
            return codec.parse_json(body)[0]
        pairs, _ = codec.parse_form(body)
        return codec.form_value([p for p in pairs or [] if p[0] not in ("Action", "Version")], self.model.input_shape)[0]


def route(world, request):
    """The Call of an AWS request, or None when it is not one."""
    target = request.header("x-amz-target")
    if target is not None:
        prefix, _, operation = target.partition(".")
        service = _BY_TARGET.get(prefix)
        if service is None or operation not in service.operations:
            return Call(world, request, service or cloudwatch.SERVICE, None, "json")
        return Call(world, request, service, operation, "json")
    if not request.body.startswith(b"Action=") and b"&Action=" not in request.body:
        return None
    form = dict(parse_qsl(request.body.decode("latin-1")))
    operation = form.get("Action", "")
    service = _query_service(request, operation)
    return Call(world, request, service, operation if operation in service.operations else None, "query")


def _query_service(request, operation):
    try:
        scope = parse_authorization(request)
    except AuthError:
        scope = None
    if scope is not None and scope.service in _BY_SIGNING:
        return _BY_SIGNING[scope.service]
    for service in (sts.SERVICE, sns.SERVICE, cloudwatch.SERVICE):
        if operation in service.operations:
            return service
    return sts.SERVICE


def handle(world, request):
    """The Response to any request, recorded."""
    if request.path.startswith("/_sim/"):
        return control.handle(world, request)
    call = route(world, request) if request.method != "BAD" else None
    record = world.records.begin(request, {
        "service": call.service.name if call else notify.service_of(request) or credentials.service_of(request),
        "operation": call.operation if call else None,
        "applications": [],
        "access_key_id": None,
        "identity": None,
        "region": None,
        "protocol": call.protocol if call else None,
    })
    response = None
    try:
        response = _aws(world, call, record) if call else _other(world, request, record)
    except Exception:       # noqa: BLE001  a bug of the simulator must be loud and must not hang a client
        world.records.violate("simulator-bug", traceback.format_exc(), record)
        response = Response(500, "simulator bug, see /_sim/violations\n", "text/plain")
    finally:
        world.records.finish(record, status=response.status_seen if response else 0)
    response.sent = lambda: world.records.release(record)
    return response


def _other(world, request, record):
    if request.method == "BAD":
        world.records.violate("http", request.header("x-sim-error"), record)
        return Response(400)
    record["application"] = None
    effects = world.faults.choose(record)
    for handler in (notify.handle, credentials.handle):
        response = handler(world, request, record) if not answers_alone(effects) else None
        response = world.faults.replace(effects, None, record) or response
        if response is not None:
            return world.faults.apply(effects, response, record)
    world.records.violate("unrouted", f"{request.method} {request.target}", record)
    return Response(404, "nothing here\n", "text/plain")


def _aws(world, call, record):
    request = call.request
    call.record = record
    if call.operation is not None:
        record.parse = call.parse
        _check_wire(world, call)
        _parse(call)
        record["applications"] = world.applications_named(call.service.name, call.params)
    _note_claim(call)
    if call.protocol == "json" and call.service is cloudwatch.SERVICE and world.settings.get("cloudwatch_knows_forms_only"):
        record["error"] = "UnknownOperationException"
        return Response(404, "<UnknownOperationException/>\n", "text/xml")
    effects = world.faults.choose(record)
    call.effects = effects
    _authenticate(call, sum(e.spec.get("seconds", 0) for e in effects if e.kind == "clock_offset"))
    response = world.faults.replace(effects, call, record)
    if response is None:
        try:
            response = _answer(call)
        except ApiError as error:
            record["error"] = error.code if call.protocol == "json" else error.query_code
            response = render(error, call.service, call.protocol, call.request_id)
    else:
        _note_problems(call)
    if request.header("expect"):
        world.records.violate("wire", "Expect header sent", record)
    return world.faults.apply(effects, response, record)


def _check_wire(world, call):
    request, violate = call.request, world.records.violate
    version = call.service.model.metadata.get("jsonVersion")
    wanted = f"application/x-amz-json-{version}" if call.protocol == "json" else FORM
    given = request.header("content-type")
    if given != wanted:
        violate("wire", f"Content-Type {given!r}, must be exactly {wanted!r}", call.record)
        call.is_unknown = call.protocol == "json" or not str(given).startswith("application/x-www-form-urlencoded")
    if (request.method, request.target) != ("POST", "/"):
        violate("wire", f"{request.method} {request.target}, must be POST /", call.record)
        call.is_unknown = True
    if call.protocol == "json" and "awsQueryCompatible" in call.service.model.metadata:
        if request.header("x-amzn-query-mode") != "true":
            violate("wire", "x-amzn-query-mode: true is missing", call.record)


def _parse(call):
    shape = call.model.input_shape
    if call.protocol == "json":
        value, call.broken = codec.parse_json(call.request.body)
        call.params = value if isinstance(value, dict) else {}
        if call.broken is None:
            call.problems = shapes.check_input(value, shape)
        return
    pairs, call.broken = codec.parse_form(call.request.body)
    if call.broken is not None:
        return
    form = dict(pairs)
    if form.get("Version") != call.service.model.metadata["apiVersion"]:
        call.broken = f"Version is {form.get('Version')!r}"
        return
    rest = [pair for pair in pairs if pair[0] not in ("Action", "Version")]
    if shape is None:
        call.problems = [shapes.Problem("unknown", "." + key, "takes no parameters") for key, _ in rest]
        return
    call.params, call.problems = codec.form_value(rest, shape)
    call.problems = call.problems or shapes.check_input(call.params, shape)


def _note_claim(call):
    """Key and region as the request states them, for faults that match on them."""
    try:
        scope = parse_authorization(call.request)
    except AuthError:
        return
    if scope is not None:
        call.record.update(access_key_id=scope.access_key_id, region=scope.region)


def _authenticate(call, extra_s):
    world, record = call.world, call.record
    if call.operation in call.service.unsigned:
        if call.request.header("authorization"):
            world.records.violate("signature", f"{call.operation} must not be signed", record)
        return
    try:
        regions = world.regions | {"us-east-1"} if call.service is sts.SERVICE else world.regions
        identity, region = verify(call.request, world.identities, call.service.signing_name, regions,
                                  world.clock.wall_s(extra_s))
    except AuthError as error:
        call.auth_error = error
        record["auth"] = error.name
        if error.is_violation:
            world.records.violate("signature", error.message, record)
        return
    call.identity, call.account, call.region = identity, identity.account, region
    record.update(identity=identity.arn, auth="ok")


def _note_problems(call):
    if call.broken is not None:
        call.world.records.violate("shape", call.broken, call.record)
    for problem in call.problems:
        call.world.records.violate("shape", f"{problem.path}: {problem.text}", call.record)


def _answer(call):
    """The modelled answer; ApiError in the order in which the services judge."""
    if call.operation is None or call.is_unknown:
        code = "InvalidAction" if call.protocol == "query" else "UnknownOperationException"
        if call.operation is None:
            call.world.records.violate("unrouted", f"no such operation: {call.request.header('x-amz-target')}", call.record)
        raise ApiError(code, "Could not find operation", 400)
    _note_problems(call)
    if call.auth_error is not None:
        raise auth_error(call.auth_error, call.world.settings.get("skew_error"))
    call.service.permit(call)
    call.world.throttle(call)
    if call.broken is not None:
        raise ApiError("SerializationException", call.broken, 400, "MalformedQueryString")
    if call.problems:
        raise call.service.shape_error(call)
    output = call.service.operations[call.operation](call)
    return _encode(call, output)


def _encode(call, output):
    shape = call.model.output_shape
    problems = shapes.check(output, shape) if shape is not None else []
    for problem in problems:
        call.world.records.violate("simulator-bug", f"{call.operation} answer {problem.path}: {problem.text}", call.record)
    options = call.world.variation(call)
    if options and shape is not None:
        output = vary.vary(output, shape, options)
    headers = {"x-amzn-RequestId": call.request_id}
    if call.protocol == "json":
        style = options.get("timestamps", "exponent") if options else "exponent"
        body = codec.JsonWriter(style).write(output, shape) if shape is not None else "{}"
        version = call.service.model.metadata["jsonVersion"]
        return Response(200, body, f"application/x-amz-json-{version}", headers)
    namespace = call.service.model.metadata["xmlNamespace"]
    inner = ""
    if shape is not None:
        wrapper = shape.serialization.get("resultWrapper", call.operation + "Result")
        inner = f"<{wrapper}>{codec.XmlWriter().members(output, shape)}</{wrapper}>"
    body = (f'<{call.operation}Response xmlns="{namespace}">{inner}<ResponseMetadata><RequestId>'
            f"{call.request_id}</RequestId></ResponseMetadata></{call.operation}Response>")
    return Response(200, body, "text/xml", headers)
