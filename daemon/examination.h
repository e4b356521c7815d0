/* SPDX-License-Identifier: Apache-2.0 */
/* The doctor's look at one target, or at what a notifier publishes to: each permission is tried once through the same exchange that
 * polling uses; nothing is stored. A check that fails stops no other, but for what cannot be asked without it. */
#pragma once

#include "daemon/doctor_lines.h"
#include "daemon/exchange.h"
#include "store/store.h"

enum { EXAMINED_APPLICATIONS_MAX = 50 };

struct examination;

/* Who is examined; copied. */
struct examinee {
        const char *name;
        const char *topic_arn; /* a notifier's; NULL: it is a target */
        const char *region, *profile, *role_arn, *external_id;
        const char *applications; /* globs of a target */
};

struct examination_host {
        struct loop *loop;
        struct exchange *exchange;
        struct store *store;
        void *arg;
        void (*changed)(void *arg); /* there are more lines, or it is over; from the loop */
};

int examination_new(const struct examination_host *host, const struct examinee *who, struct examination **ret);
/* Cancels what is under way. */
void examination_free(struct examination *x);
const char *examination_target(const struct examination *x);   /* NULL: it is a notifier's */
const char *examination_notifier(const struct examination *x); /* NULL: it is a target's */
/* Grows until it is over; borrowed. */
const struct doctor_lines *examination_lines(const struct examination *x);
bool examination_is_over(const struct examination *x);

SCOPED_DEFINE(struct examination, examination_free)
