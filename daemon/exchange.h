/* SPDX-License-Identifier: Apache-2.0 */
/* Runs step machines: asks for the next request, signs it, sends it, judges the answer, retries what deserves it, hands it back. Signing,
 * retries, rate limits and clock skew live here and nowhere else. */
#pragma once

#include "aws/endpoint.h"
#include "aws/environment.h"
#include "aws/error.h"
#include "aws/sigv4.h"
#include "daemon/program.h"
#include "daemon/quota.h"
#include "daemon/wire.h"

struct client;
struct exchange;
struct exchange_run;

struct exchange_job {
        struct client *client; /* whose keys sign; NULL when no request asks for a signature */
        void *arg;
        /* As in collectors.h. The reply is a 2xx one unless takes_failures. */
        int (*step)(void *arg, const struct http_reply *reply, struct http_request *ret_request, struct err *reterr);
        /* Called once, from the loop, never from exchange_start: 0 or what went wrong ("GetMetricData: 403 AccessDenied: ..."). -EACCES
         * denied, -EINVAL refused for good, -ENOENT no such thing, -EKEYREJECTED credentials, -EAGAIN throttled, -EIO unreachable or
         * out of order, -EPROTO not understood. */
        void (*done)(void *arg, int result, const struct err *err);
        struct quota *quota; /* each attempt waits for its turn; NULL: there is no limit but the service's own word */
        bool takes_failures; /* step reads every answer itself; only expired keys and a wrong clock are mended here */
};

int exchange_new(struct loop *l, struct wire *wire, const struct aws_environment *environment, struct exchange **ret);
/* Cancels all runs without calling back. */
void exchange_free(struct exchange *x);
int exchange_start(struct exchange *x, const struct exchange_job *job, struct exchange_run **ret);
/* Without calling back; NULL is allowed. */
void exchange_cancel(struct exchange_run *run);

/* What a person can do about a failure: a phrase. */
const char *exchange_way_out(enum aws_outcome outcome, enum http_fault fault);

struct loop *exchange_loop(struct exchange *x);
struct sigv4 *exchange_signer(struct exchange *x);
const struct aws_environment *exchange_environment(const struct exchange *x);
int64_t exchange_requests(const struct exchange *x); /* sent since the start, retries included */

SCOPED_DEFINE(struct exchange, exchange_free)
