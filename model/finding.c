/* SPDX-License-Identifier: Apache-2.0 */
#include "model/finding.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "util/list.h"
#include "util/text.h"

enum { SAID_BYTES = 240 };

struct finding *findings_add(struct findings *out, const char *diagnoser, enum severity severity,
                             enum confidence confidence, int64_t onset_s) {
        struct finding *f = LIST_ADD(out->items, out->n_items, out->items_size);
        if (!f) {
                out->failed = -ENOMEM;
                finding_done(&out->scratch);
                f = &out->scratch;
        }
        *f = (struct finding){
                .diagnoser = diagnoser, .severity = severity, .confidence = confidence, .onset_s = onset_s};
        return f;
}

static void add_want(struct findings *out, const struct want *want) {
        struct want *w = LIST_ADD(out->wants, out->n_wants, out->wants_size);
        if (w)
                *w = *want;
        else
                out->failed = -ENOMEM;
}

void findings_want_samples(struct findings *out, const char *metric, int64_t from_s, int64_t to_s) {
        struct want want = {.kind = WANT_SAMPLES, .metric = metric, .from_s = from_s, .to_s = to_s};
        add_want(out, &want);
}

void findings_want_logs(struct findings *out, const char *diagnoser, int64_t onset_s, int64_t from_s, int64_t to_s) {
        struct want want = {WANT_LOGS, NULL, diagnoser, onset_s, from_s, to_s};
        add_want(out, &want);
}

static char *format_text(struct findings *out, size_t max, const char *format, va_list args) {
        struct buf text = BUF_INIT(FINDING_TEXT_MAX);
        buf_vprintf(&text, format, args);
        char *s = buf_steal(&text);
        if (s)
                text_cut(s, max);
        else
                out->failed = -ENOMEM;
        buf_done(&text);
        return s;
}

static void set_text(char **slot, char *text) {
        free(*slot);
        *slot = text;
}

void finding_subject(struct findings *out, struct finding *f, const char *subject) {
        set_text(&f->subject, strdup(subject));
        if (!f->subject)
                out->failed = -ENOMEM;
}

void finding_title(struct findings *out, struct finding *f, const char *format, ...) {
        va_list args;
        va_start(args, format);
        set_text(&f->title, format_text(out, FINDING_TITLE_MAX, format, args));
        va_end(args);
}

void finding_summary(struct findings *out, struct finding *f, const char *format, ...) {
        va_list args;
        va_start(args, format);
        set_text(&f->summary, format_text(out, FINDING_TEXT_MAX, format, args));
        va_end(args);
}

void finding_advise(struct findings *out, struct finding *f, const char *format, ...) {
        va_list args;
        va_start(args, format);
        char *text = format_text(out, FINDING_TEXT_MAX, format, args);
        va_end(args);
        char **slot = text ? LIST_ADD(f->advice, f->n_advice, f->advice_size) : NULL;
        if (slot)
                *slot = text;
        else
                free(text);
        if (!slot)
                out->failed = -ENOMEM;
}

static char *dup_or_null(const char *s, int *failed) {
        char *copy = s ? strdup(s) : NULL;
        if (s && !copy)
                *failed = -ENOMEM;
        return copy;
}

static struct evidence *add_evidence(struct findings *out, struct finding *f, const char *kind, int64_t at_s) {
        struct evidence *e = LIST_ADD(f->evidence, f->n_evidence, f->evidence_size);
        if (!e) {
                out->failed = -ENOMEM;
                return NULL;
        }
        *e = (struct evidence){.kind = kind, .at_s = at_s, .value = NAN, .threshold = NAN};
        return e;
}

void finding_evidence_sample(struct findings *out, struct finding *f, const struct series_view *series,
                             struct sample sample, double threshold) {
        struct evidence *e = add_evidence(out, f, "metric", sample.at_s);
        if (!e)
                return;
        e->metric = dup_or_null(series->metric->name, &out->failed);
        e->statistic = dup_or_null(series->metric->statistic, &out->failed);
        e->dimensions = series->dimensions[0] ? dup_or_null(series->dimensions, &out->failed) : NULL;
        e->value = sample.value;
        e->threshold = threshold;
}

void finding_evidence_text(struct findings *out, struct finding *f, const char *kind, const char *name, int64_t at_s,
                           const char *text) {
        struct evidence *e = add_evidence(out, f, kind, at_s);
        if (!e)
                return;
        e->metric = dup_or_null(name, &out->failed);
        e->text = dup_or_null(text, &out->failed);
}

/* Where a root cause has its texts. */
static const size_t root_cause_texts[] = {
        offsetof(struct root_cause, exception_class), offsetof(struct root_cause, message),
        offsetof(struct root_cause, frame),           offsetof(struct root_cause, task),
        offsetof(struct root_cause, pivot),           offsetof(struct root_cause, fingerprint),
        offsetof(struct root_cause, reason),          offsetof(struct root_cause, completeness),
        offsetof(struct root_cause, deploy),          offsetof(struct root_cause, recoverability),
        offsetof(struct root_cause, escape),          offsetof(struct root_cause, seen_before),
};

static char **root_cause_text(struct root_cause *c, size_t i) {
        return (char **)((char *)c + root_cause_texts[i]);
}

void root_cause_sentence(const struct root_cause *c, struct buf *to) {
        static const char *const beginnings[][2] = {
                {"trigger", "It was started by "},
                {"symptom_needs_metrics", "The log shows a symptom, "},
                {"sustainer_only", "What started it is not in the log any more; what keeps it going is "},
        };
        for (size_t i = 0; c && c->role && i < ELEMENTS(beginnings); i++) {
                if (strcmp(c->role, beginnings[i][0]) != 0)
                        continue;
                const char *message = text_or_empty(c->message);
                size_t said = text_boundary(message, strnlen(message, SAID_BYTES));
                buf_printf(to, "%s%s%s%.*s%s%s%s%s%s. ", beginnings[i][1],
                           c->exception_class ? c->exception_class : "a failure", said > 0 ? ": " : "", (int)said,
                           message, message[said] ? "..." : "", c->frame ? " at " : "", text_or_empty(c->frame),
                           c->deploy ? "; " : "", text_or_empty(c->deploy));
        }
}

void root_cause_free(struct root_cause *c) {
        for (size_t i = 0; c && i < ELEMENTS(root_cause_texts); i++)
                free(*root_cause_text(c, i));
        free(c);
}

void finding_done(struct finding *f) {
        free(f->subject);
        free(f->title);
        free(f->summary);
        for (size_t i = 0; i < f->n_advice; i++)
                free(f->advice[i]);
        free(f->advice);
        for (size_t i = 0; i < f->n_evidence; i++) {
                free(f->evidence[i].metric);
                free(f->evidence[i].statistic);
                free(f->evidence[i].dimensions);
                free(f->evidence[i].text);
        }
        free(f->evidence);
        for (size_t i = 0; i < f->n_symptoms; i++) {
                free(f->symptoms[i].text);
                free(f->symptoms[i].relation);
        }
        free(f->symptoms);
        root_cause_free(f->root_cause);
        *f = (struct finding){0};
}

static void dup_lists(const struct finding *from, struct finding *to, int *failed) {
        for (size_t i = 0; i < from->n_advice; i++) {
                char **slot = LIST_ADD(to->advice, to->n_advice, to->advice_size);
                if (!slot || !(*slot = strdup(from->advice[i])))
                        *failed = -ENOMEM;
        }
        for (size_t i = 0; i < from->n_evidence; i++) {
                const struct evidence *e = &from->evidence[i];
                struct evidence *slot = LIST_ADD(to->evidence, to->n_evidence, to->evidence_size);
                if (!slot) {
                        *failed = -ENOMEM;
                        continue;
                }
                *slot = *e;
                slot->metric = dup_or_null(e->metric, failed);
                slot->statistic = dup_or_null(e->statistic, failed);
                slot->dimensions = dup_or_null(e->dimensions, failed);
                slot->text = dup_or_null(e->text, failed);
        }
        for (size_t i = 0; i < from->n_symptoms; i++) {
                struct symptom *slot = LIST_ADD(to->symptoms, to->n_symptoms, to->symptoms_size);
                if (!slot) {
                        *failed = -ENOMEM;
                        continue;
                }
                slot->text = dup_or_null(from->symptoms[i].text, failed);
                slot->relation = dup_or_null(from->symptoms[i].relation, failed);
        }
}

static struct root_cause *root_cause_dup(const struct root_cause *from, int *failed) {
        struct root_cause *to = from ? malloc(sizeof *to) : NULL;
        if (!to) {
                *failed = from ? -ENOMEM : *failed;
                return NULL;
        }
        *to = *from;
        for (size_t i = 0; i < ELEMENTS(root_cause_texts); i++)
                *root_cause_text(to, i) = dup_or_null(*root_cause_text(to, i), failed);
        return to;
}

int finding_dup(const struct finding *from, struct finding *to) {
        int failed = 0;
        *to = (struct finding){
                .diagnoser = from->diagnoser,
                .severity = from->severity,
                .confidence = from->confidence,
                .onset_s = from->onset_s,
                .is_expected = from->is_expected,
        };
        to->subject = dup_or_null(from->subject, &failed);
        to->title = dup_or_null(from->title, &failed);
        to->summary = dup_or_null(from->summary, &failed);
        dup_lists(from, to, &failed);
        to->root_cause = root_cause_dup(from->root_cause, &failed);
        if (failed)
                finding_done(to);
        return failed;
}

void finding_add_report(struct findings *out, struct finding *f, const struct finding *report) {
        dup_lists(report, f, &out->failed);
        if (!f->root_cause)
                f->root_cause = root_cause_dup(report->root_cause, &out->failed);
}

void findings_done(struct findings *f) {
        for (size_t i = 0; i < f->n_items; i++)
                finding_done(&f->items[i]);
        finding_done(&f->scratch);
        free(f->items);
        free(f->wants);
        *f = (struct findings){0};
}

void root_cause_write(struct jsonw *w, const struct root_cause *c) {
        if (!c) {
                jsonw_null(w);
                return;
        }
        jsonw_object(w);
        jsonw_member_string(w, "role", c->role);
        jsonw_member_string(w, "category", c->category);
        jsonw_member_string(w, "exception_class", c->exception_class);
        jsonw_member_string(w, "message", c->message);
        jsonw_member_string(w, "frame", c->frame);
        jsonw_member_string(w, "task", c->task);
        jsonw_key(w, "attempt");
        if (c->attempt >= 0)
                jsonw_int(w, c->attempt);
        else
                jsonw_null(w);
        jsonw_member_time(w, "first_fault_at", c->first_fault_at_s);
        jsonw_member_time(w, "last_healthy_at", c->last_healthy_at_s);
        jsonw_member_string(w, "pivot", c->pivot);
        jsonw_member_string(w, "fingerprint", c->fingerprint);
        jsonw_member_string(w, "reason", c->reason);
        jsonw_member_string(w, "completeness", c->completeness);
        jsonw_member_string(w, "deploy", c->deploy);
        jsonw_member_string(w, "recoverability", c->recoverability);
        jsonw_member_string(w, "escape", c->escape);
        jsonw_member_string(w, "seen_before", c->seen_before);
        jsonw_object_end(w);
}

static void write_evidence(struct jsonw *w, const struct finding *f) {
        jsonw_array(w);
        for (size_t i = 0; i < f->n_evidence; i++) {
                const struct evidence *e = &f->evidence[i];
                jsonw_object(w);
                jsonw_member_string(w, "kind", e->kind);
                jsonw_member_string(w, "metric", e->metric);
                jsonw_member_string(w, "statistic", e->statistic);
                if (e->dimensions)
                        jsonw_member_string(w, "dimensions", e->dimensions);
                jsonw_member_time(w, "at", e->at_s);
                jsonw_member_double(w, "value", e->value);
                jsonw_member_double(w, "threshold", e->threshold);
                if (e->text)
                        jsonw_member_string(w, "text", e->text);
                jsonw_object_end(w);
        }
        jsonw_array_end(w);
}

void finding_write_lists(struct jsonw *w, const struct finding *f) {
        jsonw_key(w, "symptoms");
        jsonw_array(w);
        for (size_t i = 0; i < f->n_symptoms; i++) {
                jsonw_object(w);
                jsonw_member_string(w, "text", f->symptoms[i].text);
                jsonw_member_string(w, "relation", f->symptoms[i].relation);
                jsonw_object_end(w);
        }
        jsonw_array_end(w);
        jsonw_key(w, "advice");
        jsonw_array(w);
        for (size_t i = 0; i < f->n_advice; i++)
                jsonw_string(w, f->advice[i]);
        jsonw_array_end(w);
        jsonw_key(w, "evidence");
        write_evidence(w, f);
}
