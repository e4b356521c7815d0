/* SPDX-License-Identifier: Apache-2.0 */
/* What an AWS service answered when it did not answer the question, and what to do about it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/http.h"

/* For people and for comparisons: control characters are blanks, each text is valid UTF-8. */
struct aws_error {
        char code
                [96]; /* "ThrottlingException"; "HTTP 503" when the body says nothing; "timeout" and the like without a status */
        char message[240]; /* may be empty */
        char request_id[80];
};

enum aws_outcome {
        AWS_OK,
        AWS_THROTTLED,   /* slow down and try again */
        AWS_TRANSIENT,   /* try again: the network, or the service's own trouble */
        AWS_CREDENTIALS, /* the keys are expired or unknown: refresh them, then once more */
        AWS_SKEW,        /* the clock is off: apply the skew, then once more */
        AWS_DENIED,      /* the keys are good, the permission is missing */
        AWS_INVALID,     /* this request will never be accepted */
        AWS_NOT_FOUND,   /* what it names does not exist */
        AWS_OTHER,
};

/* Reads JSON and XML error bodies, headers where the body is silent, the fault where there is no status. 0 when a service's error code
 * was found, 1 when only the status or the fault is known. */
int aws_error_parse(const struct http_reply *reply, struct aws_error *ret);

/* `skew_ms` is what is known of the clock (skew.h), the reply's own Date included. */
enum aws_outcome aws_classify(const struct http_reply *reply, const struct aws_error *error, int64_t skew_ms);
const char *aws_outcome_name(enum aws_outcome outcome);

/* The body looks like a JSON object and is not declared as HTML: false for a proxy's login page with status 200. */
bool aws_reply_is_json(const struct http_reply *reply);
