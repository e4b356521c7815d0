/* SPDX-License-Identifier: Apache-2.0 */
/* What one exception chain, or one message, says by the table of rules. */
#pragma once

#include "faults/rules.h"
#include "faults/trace.h"

enum { VERDICT_FRAME_MAX = 512 };

/* How much it says: a rule of its own and a name beats an exception that nobody knows. */
enum verdict_strength { STRENGTH_NONE, STRENGTH_PLAIN, STRENGTH_NAMED, STRENGTH_USER, STRENGTH_RULE };

struct verdict {
        enum fault_role role;
        const char *category;
        const struct fault_rule *rule;        /* NULL: by the frame or the class alone */
        struct span exception_class, message; /* within what was judged */
        char frame[VERDICT_FRAME_MAX];        /* "" when none names the fault */
        enum verdict_strength strength;
};

void verdict_of_trace(const struct trace *t, struct verdict *ret);
/* A message without an exception; false when no rule knows it. A service's own record (`is_service`) says what it says: its words count
 * as an exception's would. */
bool verdict_of_text(struct span message, bool is_service, struct verdict *ret);
