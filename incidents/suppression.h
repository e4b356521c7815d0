/* SPDX-License-Identifier: Apache-2.0 */
/* Which diagnosis explains which: one cause, one page. */
#pragma once

#include "model/severity.h"

#include <stdbool.h>
#include <stddef.h>

struct suppression {
        const char *cause, *symptom; /* names of diagnosers; cause NULL ends the table */
        enum severity from;          /* the mildest cause that explains it */
        enum severity up_to;         /* the loudest symptom that the cause explains away */
        bool raises;                 /* a symptom that is worse than its cause makes that as severe */
        const char *relation;        /* how the symptom follows from the cause */
};

extern const struct suppression suppressions[];

/* The row that lets `cause` explain `symptom` at those severities, or NULL. */
const struct suppression *suppression_find(const char *cause, enum severity cause_severity, const char *symptom,
                                           enum severity symptom_severity);
