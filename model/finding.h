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
};

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
        const char *metric; /* WANT_SAMPLES; static text */
        int64_t from_s, to_s;
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

/* A new finding, valid until the next findings_add. Never NULL: a scratch one is returned when memory is out. */
struct finding *findings_add(struct findings *out, const char *diagnoser, enum severity severity,
                             enum confidence confidence, int64_t onset_s);
void findings_want(struct findings *out, enum want_kind kind, const char *metric, int64_t from_s, int64_t to_s);

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

void finding_done(struct finding *f);
/* 0 or -ENOMEM (*to is then empty). */
int finding_dup(const struct finding *from, struct finding *to);
void findings_done(struct findings *f);

SCOPED_DEFINE_VALUE(struct finding, finding_done)
SCOPED_DEFINE_VALUE(struct findings, findings_done)
