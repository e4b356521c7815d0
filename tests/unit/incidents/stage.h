/* SPDX-License-Identifier: Apache-2.0 */
/* A store of one application that lives through judgements, and what was told at each. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "incidents/incidents.h"

enum { T0 = 1767225600, MINUTE = 60 };

/* A store of one application, its findings of this minute, and a log of what was told: "opened restart_loop -> slack pager". */
struct stage {
        struct incident *incidents;
        size_t n_incidents, incidents_size;
        struct findings findings;
        const char *blind[8];
        size_t n_blind;
        struct route routes[3];
        struct incident_policy policy;
        char told[2048];
        size_t n_entries; /* transitions of the last judgement */
};

void setup_stage(struct stage *s);
void done_stage(struct stage *s);
struct finding *find(struct stage *s, const char *diagnoser, enum severity severity, int64_t onset_s);
/* Takes over what changed. */
void keep(struct stage *s, struct transitions *t);
/* One judgement with what was found since the last; forgets the findings. Returns what was told. */
const char *judge(struct stage *s, int64_t now_s);
/* The same for what somebody did. */
const char *tell(struct stage *s, struct transitions *t);
