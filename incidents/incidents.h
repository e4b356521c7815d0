/* SPDX-License-Identifier: Apache-2.0 */
/* The life of incidents, pure: what is open and what was found just now in, what changes out. */
#pragma once

#include "model/delivery.h"
#include "model/silence.h"

/* Who is told of what. Strings are borrowed. */
struct route {
        const char *notifier;
        enum severity min_severity;
        const char *applications;  /* globs */
        int64_t repeat_interval_s; /* 0: no reminders */
        bool takes_acknowledgements;
};

/* Rules for one application at one instant. */
struct incident_policy {
        const struct route *routes;
        size_t n_routes;
        enum severity severity_cap;
        int64_t resolve_after_s; /* a finding must be absent this long (hysteresis) */
        int64_t reopen_within_s; /* one that returns this soon opens the old incident again */
        bool is_quiet;           /* maintenance or the past: recorded, nobody is told */
        const struct silence *silences;
        size_t n_silences;
};

/* One judgement of one application. */
struct judgement {
        const char *target, *application, *application_arn;
        int64_t now_s;
        const struct findings *findings;
        const char *const
                *blind; /* names of diagnosers that could not see: their incidents neither resolve nor change */
        size_t n_blind;
        const struct incident *incidents; /* open ones of this application, and those resolved within reopen_within_s */
        size_t n_incidents;
};

/* Appends to *out (EVENT_NONE entries refresh what is stored). 0 or -ENOMEM. */
int incidents_judge(const struct judgement *j, const struct incident_policy *policy, struct transitions *out);

struct acknowledgement {
        const char *by, *comment; /* comment NULL: none */
        int64_t at_s;
};

/* Somebody takes an incident on: no more reminders, no page again when a silence ends; that it gets worse or ends is still told. Only
 * routes that take acknowledgements hear of it. 0, -EALREADY when the incident is over, -ENOMEM. */
int incidents_acknowledge(const struct incident *known, const struct acknowledgement *a,
                          const struct incident_policy *policy, struct transitions *out);
