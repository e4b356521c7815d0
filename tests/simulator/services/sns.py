# SPDX-License-Identifier: Apache-2.0
"""SNS: Publish, with the rules for subjects, attributes, sizes and FIFO topics."""

import hashlib
import json
import re
import uuid

from ..errors import ApiError
from .base import Service

MAX_BYTES = 262144
_ARN = re.compile(r"^arn:(aws[a-z-]*):sns:([a-z0-9-]+):(\d{12}):([A-Za-z0-9_-]{1,256}(?:\.fifo)?)$")
_TOKEN = re.compile(r"^[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}$")
_ATTRIBUTE_NAME = re.compile(r"^(?!AWS\.|Amazon\.)[A-Za-z0-9_.-]{1,256}$")


def _invalid(text):
    return ApiError("InvalidParameter", f"Invalid parameter: {text}", 400)


def check_subject(subject):
    if not 1 <= len(subject) < 100:
        raise _invalid("Subject")
    if any(ord(c) < 32 or ord(c) > 126 for c in subject) or subject[0] == " ":
        raise _invalid("Subject")


def _attribute_bytes(name, value):
    if not _ATTRIBUTE_NAME.match(name) or name.startswith(".") or name.endswith(".") or ".." in name:
        raise ApiError("ParameterValueInvalid", f"The message attribute name '{name}' is invalid.", 400)
    kind = value["DataType"]
    content = value.get("BinaryValue") if kind.startswith("Binary") else value.get("StringValue")
    if not re.match(r"^(String|String\.Array|Number|Binary)(\.[A-Za-z0-9_.-]+)?$", kind):
        raise ApiError("ParameterValueInvalid", f"The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.", 400)
    if not content:
        raise ApiError("ParameterValueInvalid", f"The message attribute '{name}' must contain non-empty message attribute value for message attribute type '{kind}'.", 400)
    if kind == "Number" and not re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", content):
        raise ApiError("ParameterValueInvalid", f"Could not cast message attribute '{name}' value to number.", 400)
    if kind == "String.Array":
        try:
            if not isinstance(json.loads(content), list):
                raise ValueError
        except ValueError:
            raise ApiError("ParameterValueInvalid", f"The message attribute '{name}' is not a JSON array.", 400) from None
    return len(name) + len(kind) + (len(content) if isinstance(content, bytes) else len(content.encode()))


def _check_fifo(call, name):
    params = call.params
    group, dedup = params.get("MessageGroupId"), params.get("MessageDeduplicationId")
    if not name.endswith(".fifo"):
        if dedup is not None:
            raise _invalid("MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type")
        return None
    if group is None:
        raise _invalid("The MessageGroupId parameter is required for FIFO topics")
    content_based = call.world.topics.get(params.get("TopicArn"), {}).get("content_based_deduplication")
    if dedup is None and not content_based:
        raise _invalid("The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
    for value in (group, dedup):
        if value is not None and not _TOKEN.match(value):
            raise _invalid("MessageGroupId or MessageDeduplicationId has forbidden characters")
    return dedup or hashlib.sha256(params["Message"].encode()).hexdigest()


def _target(call):
    params = call.params
    if "TopicArn" not in params and "TargetArn" not in params:
        raise _invalid("TopicArn or TargetArn Reason: no value for required parameter")
    arn = params.get("TopicArn") or params.get("TargetArn")
    match = _ARN.match(arn)
    if not match:
        raise _invalid(f"TopicArn Reason: An ARN must have at least 6 elements, not {arn[:100]}")
    if match[2] != call.region:
        call.world.records.violate("sns", f"{arn} was published to {call.region}", call.record)
        raise _invalid("TopicArn")
    if call.world.topics and arn not in call.world.topics:
        raise ApiError("NotFound", "Topic does not exist", 404)
    return arn, match[4]


def publish(call):
    params = call.params
    arn, name = _target(call)
    if not params.get("Message"):
        raise _invalid("Empty message")
    size = len(params["Message"].encode())
    for key, value in params.get("MessageAttributes", {}).items():
        size += _attribute_bytes(key, value)
    if size > MAX_BYTES:
        raise _invalid("Message too long")
    if "Subject" in params:
        try:
            check_subject(params["Subject"])
        except ApiError:
            call.world.records.violate("sns", f"Subject {params['Subject']!r}", call.record)
            raise
    structure = params.get("MessageStructure")
    if structure not in (None, "json"):
        raise _invalid("MessageStructure")
    if structure == "json":
        try:
            if not isinstance(json.loads(params["Message"]).get("default"), str):
                raise ValueError
        except (ValueError, AttributeError):
            raise _invalid("Message Structure - No default entry in JSON message body") from None
    dedup = _check_fifo(call, name)
    message_id = str(uuid.uuid4())
    output = {"MessageId": message_id}
    is_duplicate = dedup is not None and call.world.seen_dedup(arn, dedup)
    if dedup is not None:
        output["SequenceNumber"] = f"{10000000000000000000 + call.record['seq']}"
    if not is_duplicate:
        call.world.records.deliver("sns", call.record["seq"], message_id=message_id, body=params,
                                   message=_parsed(params["Message"]))
    return output


def _parsed(text):
    try:
        return json.loads(text)
    except ValueError:
        return None


class _Sns(Service):
    def shape_error(self, call):
        return ApiError("InvalidParameter", "Invalid parameter: " + "; ".join(f"{p.path[1:]} {p.text}" for p in call.problems), 400)


SERVICE = _Sns(
    "sns", "sns", "sns", {"Publish": publish},
    denied=("AuthorizationError", 403), throttled=("Throttling", 400),
)
