/* SPDX-License-Identifier: Apache-2.0 */
/* What is found now beside what is known: one case per identity (diagnoser and subject of one application), and which case explains it. */
#pragma once

#include "incidents/incidents.h"
#include "incidents/suppression.h"

struct case_entry {
        const struct finding *finding;   /* NULL: not found now */
        const struct incident *known;    /* NULL: new; may be resolved */
        enum severity severity;          /* capped */
        bool is_blind;                   /* the diagnoser could not see */
        bool is_live;                    /* found, or open still */
        bool is_announced;               /* open, and somebody was told */
        ptrdiff_t cause;                 /* index of the case that explains it in the end, -1: none */
        const struct finding *raised_by; /* the symptom that made it as severe as it is, NULL: it is so itself */
        const char *relation;            /* how it follows from its nearest cause */
        bool raises_cause;               /* when it is the worse of the two */
        bool is_represented;             /* something that it explains was announced at least as loudly before */
};

struct cases {
        struct case_entry *items;
        size_t n_items;
        bool has_gap; /* a telemetry gap lowers every confidence */
};

/* 0 or -ENOMEM. */
int cases_make(const struct judgement *j, const struct incident_policy *policy, struct cases *ret);
void cases_done(struct cases *c);

SCOPED_DEFINE_VALUE(struct cases, cases_done)
