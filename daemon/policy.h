/* SPDX-License-Identifier: Apache-2.0 */
/* Which permissions a configuration needs, as IAM policies. The actions are those of the collectors' own tables. Pure: asks nobody. */
#pragma once

#include "store/store.h"
#include "util/jsonw.h"

/* Where something is; account NULL: not known, then any. */
struct policy_place {
        const char *region, *account;
};

/* "arn:aws:sns:eu-west-1:111122223333:oncall": part 1 is "aws", 3 the region, 4 the account; empty when there is none. */
struct span policy_arn_part(const char *arn, size_t part);

/* The statement that allows one action, as JSON text. `name` is the application, log group, topic's or role's ARN that the action is
 * asked of; actions that know no resources have "*". */
void policy_statement(struct buf *out, const char *action, const struct policy_place *place, const char *name);

struct policy;

struct policy_target {
        const char *name, *profile, *role_arn; /* profile, role_arn: NULL when not set */
        const char *applications;              /* globs */
        struct policy_place place;
        const struct application_rows *known; /* what the store has of the target */
};

int policy_new(struct policy **ret);
void policy_free(struct policy *p);
/* 0 or -ENOMEM. A role is used by whoever has `profile`: that one must be allowed to assume it. */
int policy_add_target(struct policy *p, const struct policy_target *t);
int policy_add_topic(struct policy *p, const char *notifier, const char *profile, const char *role_arn,
                     const char *topic_arn);

/* One document per identity: {"identity", "used_by": [...], "policy": {"Version", "Statement"}} */
size_t policy_count(const struct policy *p);
void policy_write(const struct policy *p, size_t i, struct jsonw *w);

SCOPED_DEFINE(struct policy, policy_free)
