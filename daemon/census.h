/* SPDX-License-Identifier: Apache-2.0 */
/* Which applications a target has: what the store knew, what ListApplications names, who is new, changed or gone. Sends nothing. */
#pragma once

#include "daemon/plan.h"

/* How long an application that is gone stays in the plan, unasked, so that its incidents end. */
enum { CENSUS_LINGER_S = 900 };

/* All borrowed but `names`. */
struct census {
        const char *tag, *target, *globs;
        struct store *store;
        struct plan *plan;
        struct batch names; /* of a list under way: it comes in pages */
        bool has_list;      /* one was taken over: whoever comes later is new */
        bool has_left_any; /* with the last list somebody left the plan, or may have before this process; whoever acts on it clears it */
};

void census_done(struct census *c);
/* Applications that the store knows are watched from the first second, even while ListApplications fails; so are those that the globs
 * name without a wildcard. 0 or -errno of the store. */
int census_load(struct census *c, int64_t now_s);
/* A list begins, a page of it came, it is complete: only then is it known who is gone. 0 or -errno. */
void census_begin(struct census *c);
int census_add(struct census *c, const struct batch *page);
int census_take(struct census *c, int64_t now_s);
