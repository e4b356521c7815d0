/* SPDX-License-Identifier: Apache-2.0 */
/* CloudWatch's older language. It understands JSON since December 2025 and forms since ever: where an endpoint knows forms only, the same
 * question is asked as one, and its XML is handed on as the JSON that it stands for. */
#pragma once

#include "aws/error.h"
#include "util/err.h"

/* The refusal is of the language and not of what was asked. */
bool query_form_may_help(const struct http_request *request, const struct http_reply *reply,
                         const struct aws_error *error);
/* Turns a JSON request into a form, to be signed anew. 0, -ENOMEM, -EINVAL (the body is no JSON object); then it is as it was. */
int query_form_ask(struct http_request *request);
/* GetMetricDataResponse or ListMetricsResponse as JSON. 0, -ENOMEM, -EBADMSG. */
int query_form_read(struct span xml, struct buf *ret_json, struct err *err);
