/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of an examination share: examination.c runs the trials, examination_tally.c counts what became of each action,
 * examination_checks.c judges what the answers show. */
#pragma once

#include "daemon/examination.h"
#include "daemon/policy.h"
#include "daemon/probe.h"

enum group_state { GROUP_UNKNOWN, GROUP_MISSING, GROUP_HAS_NO_STREAM, GROUP_GOOD };

struct examined {
        char *name;
        struct application facts; /* as DescribeApplication has them, else as the store has; name NULL: neither */
        bool is_described, is_missing;
        enum group_state group;
};

/* How often an action was answered and how often not. */
struct tally {
        size_t n_good, n_bad;
        struct err err;      /* of the first that was not */
        char *application;   /* it was asked of; NULL: of none */
        char *log_group;     /* likewise */
        const char *why_not; /* it was not asked at all: static text */
};

enum { TALLIES_MAX = 4, SERVICES_EXAMINED_MAX = 4 };

struct examination {
        struct examination_host host;
        char *name, *tag, *topic_arn, *region, *profile, *role_arn, *external_id, *applications;
        struct client *client;
        struct doctor_lines lines;
        struct timer begin;
        struct probe *probe;
        size_t trial, turn;                /* which, and of which application */
        struct tally tallies[TALLIES_MAX]; /* of the trial, one per action */
        char *account, *arn;               /* as GetCallerIdentity has them */
        bool has_keys, is_listed, is_over;
        const char *unreachable[SERVICES_EXAMINED_MAX]; /* static names of services that did not answer at all */
        size_t n_unreachable;
        struct examined *applications_seen;
        size_t n_seen, seen_size, n_listed, n_matching;
        const struct examined *chosen; /* the first that is running; NULL: none is known */
        struct metric_query query;
};

struct policy_place examination_place(const struct examination *x);
/* What to do about a failure: `action` NULL when no permission is concerned. For the caller to free; NULL: nothing to say, or out of memory. */
char *examination_mend(const struct examination *x, const char *action, const struct err *err, const char *service,
                       const char *name);

/* What one answer says of the collector's actions; asked_of NULL: of no application. */
void tallies_note(struct examination *x, const struct collector *c, const struct examined *asked_of,
                  const struct probe_result *r);
/* A line for each action; then the next trial can begin. */
void tallies_say(struct examination *x, const struct collector *c, const char *service);
void tallies_clear(struct examination *x);

/* Each adds lines. */
void check_credentials(struct examination *x, const struct probe_result *r);
void check_region(struct examination *x);
void check_applications(struct examination *x);
void check_application(struct examination *x, const struct examined *e);
void check_logging(struct examination *x, const struct examined *e);
void check_clock(struct examination *x);
void check_publish(struct examination *x);
