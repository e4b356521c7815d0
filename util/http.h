/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of the network and what came back, as plain values. Nothing here sends. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"

enum { STEP_SEND = 1 }; /* a step function answers STEP_SEND (send *ret_request), 0 (finished) or -errno (failed) */

enum { HTTP_HEADERS_MAX = 12, HTTP_VALUE_MAX = 2048, HTTP_BODY_MAX = 8 << 20 };

struct http_header {
        const char *name; /* static text */
        char *value;      /* owned */
        bool is_secret;
};

/* How a request is authenticated: the exchange signs, asks no more. */
enum http_auth {
        HTTP_AUTH_SIGV4, /* `service` names an AWS endpoint and the signing name */
        HTTP_AUTH_NONE,
};

struct http_request {
        const char *method; /* "POST": static text */
        const char *
                service; /* AWS endpoint prefix: "monitoring" "kinesisanalytics" "logs" "sns" "sts"; NULL: `url` is absolute */
        const char *operation; /* "GetMetricData": for logs, retries and permissions; static text */
        enum http_auth auth;
        char *region; /* AWS region when it is not the target's (an SNS topic's), else NULL; owned */
        char *url; /* absolute; with a service: in place of its usual endpoint; may hold a secret: never logged; owned */
        char *path; /* path and query when service is set; NULL is "/"; owned */
        char **argv; /* not a request but a program to run (credential_process): its stdout is the reply's body; owned, NULL-ended */
        struct http_header headers[HTTP_HEADERS_MAX];
        size_t n_headers;
        struct buf body;
        const char *ca_bundle;   /* PEM file in place of the wire's, NULL: the wire's; borrowed */
        bool is_local;           /* metadata and container endpoints: no proxy, short timeouts */
        bool has_effect;         /* sending it twice may act twice (SNS Publish, a chat message) */
        int64_t timeout_ms;      /* whole request; 0: the wire's default */
        int64_t reply_max_bytes; /* 0: the wire's default */
};

/* Why there is no HTTP status. */
enum http_fault {
        HTTP_FAULT_NONE,
        HTTP_FAULT_RESOLVE,
        HTTP_FAULT_CONNECT,
        HTTP_FAULT_TLS,
        HTTP_FAULT_TIMEOUT,
        HTTP_FAULT_CLOSED,  /* reset, or less body than promised */
        HTTP_FAULT_TOO_BIG, /* reply_max_bytes reached */
        HTTP_FAULT_CANCELLED,
        HTTP_FAULT_OTHER,
};

struct http_reply {
        int status; /* 0 when fault is set; a program's exit status is 200 (0) or 500 */
        enum http_fault fault;
        char fault_text[160]; /* for people; no secret */
        struct span body;     /* borrowed, valid during the call */
        struct span headers;  /* "Name: value\r\n" lines of the final response, borrowed */
        int64_t sent_at_ms;   /* wall clock, epoch milliseconds */
        int64_t received_at_ms;
        bool was_sent; /* bytes of the request may have reached the server */
};

void http_request_init(struct http_request *r);
void http_request_done(struct http_request *r);
/* Name is static text, value is copied. 0, -ENOMEM, -E2BIG, -EINVAL (line break in the value). */
int http_request_header(struct http_request *r, const char *name, const char *value);
/* Value of the first header with that name (any case), data == NULL when absent. */
struct span http_reply_header(const struct http_reply *r, const char *name);

SCOPED_DEFINE_VALUE(struct http_request, http_request_done)
