/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "faults/analysis.h"
#include "faults/fingerprint.h"
#include "util/list.h"
#include "util/text.h"
#include "util/timefmt.h"

enum { SYMPTOMS_MAX = 10, LINES_MAX = 6 };

void fault_report_done(struct fault_report *r) {
        root_cause_free(r->root_cause);
        for (size_t i = 0; i < r->n_symptoms; i++) {
                free(r->symptoms[i].text);
                free(r->symptoms[i].relation);
        }
        for (size_t i = 0; i < r->n_advice; i++)
                free(r->advice[i]);
        for (size_t i = 0; i < r->n_lines; i++)
                free(r->lines[i].text);
        free(r->symptoms);
        free(r->advice);
        free(r->lines);
        free(r->reason);
        free(r->completeness);
        free(r->deploy);
        free(r->recoverability);
        free(r->escape);
        *r = (struct fault_report){0};
}

static int move_lines(struct fault_report *r, struct finding *to) {
        for (size_t i = 0; i < r->n_lines; i++) {
                struct evidence *e = LIST_ADD(to->evidence, to->n_evidence, to->evidence_size);
                if (!e)
                        return -ENOMEM;
                *e = (struct evidence){.kind = "log",
                                       .at_s = r->lines[i].at_ms / 1000,
                                       .value = __builtin_nan(""),
                                       .threshold = __builtin_nan(""),
                                       .text = TAKE(r->lines[i].text)};
        }
        return 0;
}

int fault_report_move(struct fault_report *r, struct finding *to) {
        to->root_cause = TAKE(r->root_cause);
        to->confidence = r->confidence;
        to->advice = TAKE(r->advice);
        to->n_advice = r->n_advice;
        to->advice_size = r->advice_size;
        to->symptoms = TAKE(r->symptoms);
        to->n_symptoms = r->n_symptoms;
        to->symptoms_size = r->symptoms_size;
        r->n_advice = r->n_symptoms = 0;
        return move_lines(r, to);
}

static int add_advice(struct fault_report *r, const char *text) {
        if (!text)
                return 0;
        char *copy = strdup(text);
        char **slot = copy ? LIST_ADD(r->advice, r->n_advice, r->advice_size) : NULL;
        if (!slot) {
                free(copy);
                return -ENOMEM;
        }
        *slot = copy;
        return 0;
}

static int add_symptom_take(struct fault_report *r, char *text, const char *relation) {
        char *copy = text ? strdup(relation) : NULL;
        struct symptom *slot = copy ? LIST_ADD(r->symptoms, r->n_symptoms, r->symptoms_size) : NULL;
        if (!slot) {
                free(text);
                free(copy);
                return -ENOMEM;
        }
        *slot = (struct symptom){text, copy};
        return 0;
}

static int add_line(struct fault_report *r, int64_t at_ms, const char *text) {
        if (!text || r->n_lines == LINES_MAX)
                return 0;
        char *copy = strdup(text);
        struct fault_line *slot = copy ? LIST_ADD(r->lines, r->n_lines, r->lines_size) : NULL;
        if (!slot) {
                free(copy);
                return -ENOMEM;
        }
        *slot = (struct fault_line){at_ms, copy};
        return 0;
}

static const char *role_name(const struct fault *f) {
        enum fault_rank rank = fault_rank(f);
        if (rank == RANK_PLAIN || rank == RANK_NOTHING || rank == RANK_PLAIN - 5)
                return "unknown";
        return f->role == ROLE_TRIGGER     ? "trigger"
               : f->role == ROLE_SUSTAINER ? "sustainer_only"
               : f->role == ROLE_SYMPTOM   ? "symptom_needs_metrics"
                                           : "unknown";
}

static int set_text(char **slot, const char *value) {
        return value ? text_replace(slot, value) : 0;
}

static int fill_cause(const struct fault_analysis *a, const struct episode *e, const struct fault *f,
                      struct fault_report *r) {
        struct buf print = BUF_INIT(1200);
        struct root_cause *c = calloc(1, sizeof *c);
        if (!c)
                return -ENOMEM;
        r->root_cause = c;
        c->role = role_name(f);
        c->category = f->role == ROLE_TRIGGER || f->role == ROLE_SYMPTOM || f->role == ROLE_SUSTAINER ? f->category
                                                                                                      : "unknown";
        c->attempt = f->attempt;
        c->first_fault_at_s = f->at_ms / 1000;
        c->last_healthy_at_s = e->healthy_ms > 0 ? e->healthy_ms / 1000 : a->context.last_healthy_s;
        fingerprint_put(&print, span_of(text_or_empty(f->exception_class)), span_of(text_or_empty(f->message)),
                        span_of(text_or_empty(f->frame)));
        int failed = print.failed == -ENOMEM ? -ENOMEM : set_text(&c->fingerprint, buf_str(&print));
        buf_done(&print);
        failed = failed ? failed : set_text(&c->exception_class, f->exception_class);
        failed = failed ? failed : set_text(&c->message, f->message);
        failed = failed ? failed : set_text(&c->frame, f->frame);
        return failed ? failed : set_text(&c->task, f->task);
}

static const char *relation_of(const struct fault *f, const struct fault *cause) {
        if (f->rule)
                return f->rule->reason;
        return f->at_ms >= cause->at_ms ? "it failed after the cause" : "it failed together with the cause";
}

/* More is to follow it on the line. */
static void drop_full_stop(struct buf *text) {
        while (text->len > 0 && strchr(". \n", text->data[text->len - 1]))
                text->data[--text->len] = '\0';
}

/* What failed in the same burst and is not the cause, then what came later. */
static int fill_symptoms(const struct episode *e, const struct fault *cause, struct fault_report *r) {
        for (size_t i = 0; i < e->n_faults && r->n_symptoms < SYMPTOMS_MAX; i++) {
                const struct fault *f = &e->faults[i];
                SCOPED(buf_done) struct buf text = BUF_INIT(1000);
                if (f == cause || (!f->exception_class && !f->message))
                        continue;
                buf_printf(&text, "%s%s%.120s%s%.300s", text_or_empty(f->task), f->task ? ": " : "",
                           text_or_empty(f->exception_class), f->exception_class && f->message ? ": " : "",
                           text_or_empty(f->message));
                drop_full_stop(&text);
                int failed = add_symptom_take(r, buf_steal(&text), relation_of(f, cause));
                if (failed)
                        return failed;
        }
        for (size_t i = 0; i < e->n_notes && r->n_symptoms < SYMPTOMS_MAX; i++) {
                const struct note *n = &e->notes[i];
                SCOPED(buf_done) struct buf text = BUF_INIT(1000);
                if (cause->rule && strcmp(n->key, cause->rule->name) == 0)
                        continue;
                buf_printf(&text, "%s", n->text);
                drop_full_stop(&text);
                if (n->n > 1)
                        buf_printf(&text, " (%zu times)", n->n);
                int failed = add_symptom_take(
                        r, buf_steal(&text), n->relation ? n->relation : "it came after the cause, in a later attempt");
                if (failed)
                        return failed;
        }
        return 0;
}

static bool has_sustainer(const struct episode *e) {
        for (size_t i = 0; i < e->n_faults; i++)
                if (e->faults[i].role == ROLE_SUSTAINER)
                        return true;
        for (size_t i = 0; i < e->n_notes; i++)
                if (e->notes[i].role == ROLE_SUSTAINER)
                        return true;
        return e->later.n > 0 && e->later.role == ROLE_SUSTAINER;
}

static int fill_escape(const struct episode *e, struct fault_report *r) {
        if (!has_sustainer(e))
                return 0;
        int failed = set_text(
                &r->escape,
                "This source cannot recover a part of the job, so restarting from the same snapshot loops. Fix the cause first; then stop with force "
                "(StopApplication, Force=true), wait for READY, and start with ApplicationRestoreType SKIP_RESTORE_FROM_SNAPSHOT. That drops the state: "
                "records are read again from the configured start position or are lost, and windows and aggregates begin empty.");
        return failed ? failed : add_advice(r, r->escape);
}

static const char *reason_of(const struct fault *f) {
        if (f->rule)
                return f->rule->reason;
        switch (fault_rank(f)) {
        case RANK_CAUSE:
        case RANK_HINT:
                return "The deepest exception of the first failure was thrown in the application's own code.";
        case RANK_NAMED:
                return "It is the deepest exception of the first failure; no rule knows it.";
        default:
                return "The lines tell that the job failed, not why: the exception they carry says nothing by itself.";
        }
}

static int fill_advice(const struct fault *f, struct fault_report *r) {
        SCOPED(buf_done) struct buf text = BUF_INIT(2000);
        if (f->rule && f->rule->advice)
                return add_advice(r, f->rule->advice);
        if (f->frame && fault_rank(f) >= RANK_TRIGGER) {
                buf_printf(
                        &text,
                        "Look at %s: catch what it cannot handle there, or send the record to a side output; a restart meets the same record again.",
                        f->frame);
                return add_advice(r, buf_str(&text));
        }
        if (fault_rank(f) < RANK_HINT)
                return add_advice(
                        r, "Read the log from before the first line here: the line that tells the cause is missing.");
        return add_advice(r, "Search for the exception and its message together with the connector's version.");
}

/* The cause carries the sentences of its report: it is what is stored. */
static int copy_sentences(struct fault_report *r) {
        struct root_cause *c = r->root_cause;
        const struct {
                char **to;
                const char *from;
        } pairs[] = {{&c->reason, r->reason},
                     {&c->completeness, r->completeness},
                     {&c->deploy, r->deploy},
                     {&c->recoverability, r->recoverability},
                     {&c->escape, r->escape}};
        int failed = 0;
        for (size_t i = 0; i < ELEMENTS(pairs) && !failed; i++)
                failed = text_replace(pairs[i].to, pairs[i].from);
        return failed;
}

int fault_analysis_report(struct fault_analysis *a, struct fault_report *ret) {
        *ret = (struct fault_report){.confidence = CONFIDENCE_LOW};
        const struct episode *e;
        int failed = analysis_episode(a, &e);
        const struct fault *cause = e ? episode_cause(e) : NULL;
        if (cause && !failed) {
                int64_t fault_s = cause->at_ms > 0 ? cause->at_ms / 1000 : a->context.onset_s;
                failed = fill_cause(a, e, cause, ret);
                failed = failed ? failed : set_text(&ret->reason, reason_of(cause));
                failed = failed ? failed : add_line(ret, cause->at_ms, cause->line);
                for (size_t i = 0; i < e->n_faults && !failed; i++)
                        if (&e->faults[i] != cause)
                                failed = add_line(ret, e->faults[i].at_ms, e->faults[i].line);
                failed = failed ? failed : fill_symptoms(e, cause, ret);
                failed = failed ? failed : fill_advice(cause, ret);
                failed = failed ? failed : report_pivot(a, fault_s, cause, ret->root_cause);
                failed = failed ? failed : report_deploy(&a->context, fault_s, ret);
                failed = failed ? failed : report_recoverability(&a->context, a, ret->root_cause->category, ret);
                failed = failed ? failed : fill_escape(e, ret);
        }
        failed = failed ? failed : report_completeness(a, e, cause, ret);
        if (!failed && ret->root_cause)
                failed = copy_sentences(ret);
        if (failed)
                fault_report_done(ret);
        return failed;
}
