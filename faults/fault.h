/* SPDX-License-Identifier: Apache-2.0 */
/* One failure that the log tells of, however many lines tell it. */
#pragma once

#include "faults/event.h"
#include "faults/verdict.h"

struct fault {
        int64_t at_ms, last_ms; /* 0: the log has no times */
        enum event_kind source; /* of the line that told most */
        enum fault_role role;
        const char *category;
        const struct fault_rule *rule; /* NULL: none */
        enum verdict_strength strength;
        unsigned burst; /* restarts of the episode before it */
        char *exception_class, *message, *frame, *task, *execution;
        int64_t attempt; /* -1: unknown */
        uint64_t print;  /* of the normalised fingerprint */
        size_t n;        /* lines that told it, or failures like it */
        char *line;      /* the line that told it, cut, masked */
};

enum { FAULT_MESSAGE_MAX = 2000, FAULT_LINE_MAX = 6000 };

/* How well it explains the failure of its burst: the highest is the cause. */
enum fault_rank {
        RANK_NOTHING = 10,
        RANK_CONSEQUENCE = 20,
        RANK_SUSTAINER = 30,
        RANK_PLAIN = 40, /* an exception that could be anything */
        RANK_HINT = 45,  /* an error that failed no task as far as is seen, but says what is wrong */
        RANK_SYMPTOM = 50,
        RANK_WEAK = 75,    /* a trigger, if nothing better is there */
        RANK_TRIGGER = 80, /* from here on: a cause */
        RANK_CHURN = 85,
        RANK_NAMED = 90,
        RANK_CAUSE = 100,
};

/* From what the event and its verdict say; `line` is the record's text. 0 or -ENOMEM (*ret is then empty). */
int fault_make(const struct event *e, const struct verdict *v, int64_t at_ms, struct span line, struct fault *ret);
void fault_done(struct fault *f);
/* 0 or -ENOMEM (*to is then empty). */
int fault_dup(const struct fault *from, struct fault *to);
enum fault_rank fault_rank(const struct fault *f);
/* A line that by itself does not mean that the job failed. */
bool fault_is_soft(const struct fault *f);
/* Whether both tell of one failure: the same execution, or the same exception a moment apart. */
bool fault_is_same(const struct fault *a, const struct fault *b);
/* `more` is another line about `f`: the better told one stays, earliest time, task and attempt filled in. Takes `more`. */
void fault_merge_take(struct fault *f, struct fault *more);
