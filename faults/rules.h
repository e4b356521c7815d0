/* SPDX-License-Identifier: Apache-2.0 */
/* What exceptions and messages mean: the one table that decides which is a cause, of what kind, and what to do. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum fault_role {
        ROLE_TRIGGER,     /* can start a failure by itself */
        ROLE_SYMPTOM,     /* something stopped answering: why, only the metrics around it can tell */
        ROLE_SUSTAINER,   /* keeps a loop going, never starts one */
        ROLE_CONSEQUENCE, /* follows from the failure of something else */
        ROLE_WRAPPER,     /* carries another exception */
};

enum {
        RULE_WEAK =
                1, /* what a wrapper outside it says may be more to the point (a bare TimeoutException); a carrier that says of what kind it is */
        RULE_EXPLAINS = 2,    /* also says what weak or unknown exceptions inside it mean */
        RULE_CHURN = 4,       /* once a restart came before it, it is a side effect of that */
        RULE_ALONE = 8,       /* its own text is enough: looked for in messages without an exception, too */
        RULE_NO_USER = 16,    /* only without a frame of the user's code */
        RULE_USER = 32,       /* only with one */
        RULE_SELF_CAST = 128, /* only when the message says that a class cannot be cast to the class of that name */
        RULE_BACKGROUND = 64, /* explains only what no other rule knows; by itself it is a carrier */
};

/* Words are alternatives separated by '|', each of one or more needles joined by '&' (all must be there). */
struct fault_rule {
        const char *name;    /* for tests and fingerprints */
        const char *classes; /* simple class names separated by '|', a trailing '*' for any end; NULL: any */
        const char *words;   /* in the exception's message, any case; NULL: any */
        const char *context; /* anywhere in the trace, exact case; NULL: any */
        enum fault_role role;
        const char *category;
        unsigned flags;
        const char *reason; /* one sentence: why it is what it is */
        const char *advice; /* NULL: none of its own */
};

/* The first row that matches counts. */
extern const struct fault_rule fault_rules[];
extern const size_t n_fault_rules;
