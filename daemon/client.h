/* SPDX-License-Identifier: Apache-2.0 */
/* One identity towards AWS: its keys, kept fresh, and per service its retry budget, its rate and the service's clock. */
#pragma once

#include "aws/credentials.h"
#include "aws/profile.h"
#include "aws/retry.h"
#include "aws/skew.h"
#include "daemon/exchange.h"

struct client_options {
        const char *tag;                                       /* "target prod-eu": in messages */
        const char *region, *profile, *role_arn, *external_id; /* NULL: not set */
};

struct client_service {
        const char *name; /* "monitoring": static text */
        struct retry_bucket bucket;
        struct rate_limiter limiter;
        struct clock_skew skew;
        bool asks_in_forms; /* CloudWatch's endpoint does not understand JSON (query_form.h) */
};

/* Somebody who waits for keys. `resume` is called once, from the loop: 0 or -EKEYREJECTED with the reason. */
struct client_waiter {
        struct client_waiter *next, **link; /* link == NULL: not waiting */
        void *arg;
        void (*resume)(void *arg, int result, const struct err *err);
};

/* Credentials that cannot be had are no error here: requests fail with the reason, and they are looked for again. 0 or -ENOMEM. */
int client_new(struct exchange *x, const struct client_options *options, struct client **ret);
void client_free(struct client *c);
const char *client_tag(const struct client *c);
/* Usable keys, borrowed, or NULL: then client_wait. Starts a refresh in the background when one is due. */
const struct aws_keys *client_keys(struct client *c);
/* The service refused the keys: fetch others. */
void client_reject_keys(struct client *c);
void client_wait(struct client *c, struct client_waiter *w);
void client_unwait(struct client_waiter *w);
/* Never NULL. */
struct client_service *client_service(struct client *c, const char *name);
int client_max_attempts(const struct client *c);
const char *client_ca_bundle(const struct client *c); /* PEM file, NULL: the system's */
/* `url` and `region` win over what is configured; NULL: not given. */
int client_endpoint(struct client *c, const char *service, const char *region, const char *url, struct endpoint *ret,
                    struct err *reterr);
/* "environment, expires ...": for people, no secret. */
void client_describe(const struct client *c, struct buf *out);

SCOPED_DEFINE(struct client, client_free)
