/* SPDX-License-Identifier: Apache-2.0 */
/* A finding that somebody has to know of, through its life. */
#pragma once

#include "model/finding.h"

enum incident_state { INCIDENT_OPEN, INCIDENT_ACKNOWLEDGED, INCIDENT_RESOLVED };

/* The names are those of the delivered `event`. EVENT_NONE: kept up to date, nobody is told. The last two are messages that are no one
 * incident's: several of the others together, and a sign of life. */
enum incident_event {
        EVENT_NONE,
        EVENT_OPENED,
        EVENT_UPDATED,
        EVENT_ESCALATED,
        EVENT_REMINDER,
        EVENT_RESOLVED,
        EVENT_DIGEST,
        EVENT_HEARTBEAT,
};

struct suppressed {
        char *diagnoser, *subject; /* owned */
        int64_t since_s;
};

struct incident {
        int64_t id;       /* 0: not stored yet */
        int64_t revision; /* grows with each event told: 1 = opened */
        char *target, *application, *application_arn;
        enum incident_state state;
        int64_t opened_at_s, updated_at_s, acknowledged_at_s, resolved_at_s; /* 0: not */
        int64_t absent_since_s;           /* the finding has been gone since; 0: it is there */
        enum severity announced_severity; /* highest that was told */
        int64_t told_at_s;                /* when it was last told as opened; 0: never */
        int64_t returns;                  /* times it opened again after it was resolved */
        bool is_quiet; /* silenced, in maintenance, expected, or in the past: recorded, nobody is told */
        char *acknowledged_by, *comment;
        struct finding finding;
        struct suppressed *suppressed;
        size_t n_suppressed, suppressed_size;
};

/* What changed at one judgement: stored in one transaction, deliveries included. */
struct transition {
        enum incident_event event;
        struct incident incident; /* as it is from now on */
        char **notifiers;         /* who is to be told; owned */
        size_t n_notifiers, notifiers_size;
};

struct transitions {
        int64_t at_s;
        struct transition *items;
        size_t n_items, items_size;
};

const char *incident_state_name(enum incident_state s);
int incident_state_parse(struct span text, enum incident_state *ret);
const char *incident_event_name(enum incident_event e); /* "opened" ...; "" for EVENT_NONE */
int incident_event_parse(struct span text, enum incident_event *ret);

void incident_done(struct incident *i);
void incident_forget_acknowledgement(struct incident *i);
/* 0 or -ENOMEM (*to is then empty). */
int incident_dup(const struct incident *from, struct incident *to);
/* Appends an event with a deep copy of the incident; NULL when out of memory. */
struct transition *transitions_add(struct transitions *t, enum incident_event event, const struct incident *incident);
void transitions_done(struct transitions *t);

/* The promised incident object. */
void incident_write(struct jsonw *w, const struct incident *i);

SCOPED_DEFINE_VALUE(struct incident, incident_done)
SCOPED_DEFINE_VALUE(struct transitions, transitions_done)
