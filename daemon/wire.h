/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP on the loop: libcurl's multi interface, driven by libev. Sends what it is given, decides nothing. */
#pragma once

#include "daemon/loop.h"
#include "util/err.h"
#include "util/http.h"

struct wire;
struct wire_call;

enum { WIRE_TIMEOUT_MS = 30000, WIRE_REPLY_MAX = 32 << 20 };

struct wire_options {
        const char *ca_bundle; /* PEM file in place of the system's, NULL: the system's */
        const char *user_agent;
        int64_t timeout_ms; /* no request may take longer; 0: as it asks for, WIRE_TIMEOUT_MS when it does not */
};

typedef void (*wire_done)(void *arg, const struct http_reply *reply);

int wire_new(struct loop *l, const struct wire_options *options, struct wire **ret);
/* Cancels what is under way without calling back. */
void wire_free(struct wire *w);

/* Sends request->body with its headers to `url`. The request is borrowed until `done` is called, which happens exactly once, from the
 * loop and never from here, unless the call is cancelled. 0 or -ENOMEM / -EINVAL. */
int wire_send(struct wire *w, const struct http_request *request, const char *url, wire_done done, void *arg,
              struct wire_call **ret);
/* NULL is allowed. */
void wire_cancel(struct wire_call *call);
