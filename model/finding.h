/* SPDX-License-Identifier: Apache-2.0 */
/* What a diagnoser says: one finding is one thing that is wrong with one application. */
#pragma once

#include "model/window.h"
#include "util/jsonw.h"

enum { FINDING_TITLE_MAX = 160, FINDING_TEXT_MAX = 4096 };

struct evidence {
        const char *kind; /* "metric" "operation" "log" "configuration": static text */
        char *metric;     /* or the operation id, the configuration member */
        char *statistic;  /* NULL where there is none */
        char *dimensions; /* NULL for the application as a whole */
        int64_t at_s;     /* 0: at no instant */
        double value;     /* NaN: none */
        double threshold; /* NaN: none */
        char *text;       /* NULL, or what the numbers do not say */
};

struct symptom {
        char *text, *relation; /* what was seen, how it follows from the cause */
};

/* First-fault isolation's verdict; texts are owned, NULL when unknown. */
struct root_cause {
        const char *role;     /* "trigger" "symptom_needs_metrics" "sustainer_only" "unknown": static text */
        const char *category; /* "user_code" "bad_record" ... "unknown": static text */
        char *exception_class, *message, *frame, *task;
        int64_t attempt; /* -1: unknown */
        int64_t first_fault_at_s, last_healthy_at_s;
        char *pivot;
        char *fingerprint;
        char *reason;         /* why this is the cause: one sentence */
        char *completeness;   /* what was read to say so, and what is missing */
        char *deploy;         /* "first fault 4 min after version 41 -> 42" */
        char *recoverability; /* what the job can be started from, and whether that would help */
        char *escape;         /* the way out of a loop that keeps itself going, with what is lost by it */
        char *seen_before;    /* the same fault earlier, and what ended it */
};

void root_cause_free(struct root_cause *c);
/* The promised object; null for NULL. */
void root_cause_write(struct jsonw *w, const struct root_cause *c);

/* What started it, as a sentence with a blank at the end; nothing when that is not known. NULL is allowed. */
void root_cause_sentence(const struct root_cause *c, struct buf *to);

struct finding {
        const char *diagnoser; /* static text */
        char *subject;         /* what within the application, when there can be several: an operator, a stream; NULL */
        enum severity severity;
        enum confidence confidence;
        int64_t onset_s;
        bool is_expected; /* explained by an operation in progress: recorded, not paged */
        char *title;      /* under 80 characters, without the application's name */
        char *summary;    /* a few sentences with numbers */
        char **advice;
        size_t n_advice, advice_size;
        struct evidence *evidence;
        size_t n_evidence, evidence_size;
        struct symptom *symptoms;
        size_t n_symptoms, symptoms_size;
        struct root_cause *root_cause; /* NULL for diagnosers that need none */
};

/* Evidence that a diagnoser asks for: the cycle fetches it and judges again. */
enum want_kind { WANT_LOGS, WANT_SAMPLES };
struct want {
        enum want_kind kind;
        const char *metric;    /* WANT_SAMPLES; static text */
        const char *diagnoser; /* WANT_LOGS: whose finding waits for it; static text */
        int64_t onset_s;       /* WANT_LOGS: of the episode */
        int64_t from_s, to_s;  /* where to look first */
};

/* Filled by judge functions; errors stick in `failed` (0 or -ENOMEM), so a diagnoser need not look at each call. */
struct findings {
        struct finding *items;
        size_t n_items, items_size;
        struct want *wants;
        size_t n_wants, wants_size;
        int failed;
        struct finding scratch; /* takes what is said of a finding that there was no memory for */
};

enum {
        EXPLANATION_NEAR_S = 900
}; /* two diagnosers, or two judgements, that put an onset so near to one another mean the same episode */

/* What an investigation found out about one episode of one application: kept, so that logs are read once and the answer is there for each
 * later judgement, after a restart and when CloudWatch has expired them. */
struct explanation {
        int64_t id; /* 0: not stored yet */
        char *target, *application;
        int64_t onset_s;    /* of the episode, as the diagnoser had it that asked */
        int64_t made_at_s;  /* when the logs had been read */
        int64_t again_at_s; /* what could not be read may be readable then; 0: this is final */
        struct finding
                report; /* title: the cause in a few words, NULL: not known; its confidence, root_cause, symptoms, advice, evidence */
};

void explanation_done(struct explanation *v);
/* The window's explanation of the episode that began at onset_s, or NULL. */
const struct explanation *window_explanation(const struct window *w, int64_t onset_s);

/* A new finding, valid until the next findings_add. Never NULL: a scratch one is returned when memory is out. */
struct finding *findings_add(struct findings *out, const char *diagnoser, enum severity severity,
                             enum confidence confidence, int64_t onset_s);
void findings_want_samples(struct findings *out, const char *metric, int64_t from_s, int64_t to_s);
void findings_want_logs(struct findings *out, const char *diagnoser, int64_t onset_s, int64_t from_s, int64_t to_s);

/* What of the application it is about, when its diagnoser finds several things; copied. */
void finding_subject(struct findings *out, struct finding *f, const char *subject);
void finding_title(struct findings *out, struct finding *f, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
void finding_summary(struct findings *out, struct finding *f, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
void finding_advise(struct findings *out, struct finding *f, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* One sample beside its threshold (NaN: none). */
void finding_evidence_sample(struct findings *out, struct finding *f, const struct series_view *series,
                             struct sample sample, double threshold);
void finding_evidence_text(struct findings *out, struct finding *f, const char *kind, const char *name, int64_t at_s,
                           const char *text);

/* Adds the root cause, symptoms, advice and evidence of a report, behind what is there. */
void finding_add_report(struct findings *out, struct finding *f, const struct finding *report);

/* The members symptoms, advice and evidence of an object that was begun. */
void finding_write_lists(struct jsonw *w, const struct finding *f);

void finding_done(struct finding *f);
/* 0 or -ENOMEM (*to is then empty). */
int finding_dup(const struct finding *from, struct finding *to);
void findings_done(struct findings *f);

SCOPED_DEFINE(struct root_cause, root_cause_free)
SCOPED_DEFINE_VALUE(struct finding, finding_done)
SCOPED_DEFINE_VALUE(struct findings, findings_done)
SCOPED_DEFINE_VALUE(struct explanation, explanation_done)
