/* SPDX-License-Identifier: Apache-2.0 */
#include "faults/fault.h"

#include <errno.h>

#include "faults/faults.h"
#include "faults/fingerprint.h"
#include "util/text.h"

enum { SAME_WITHIN_MS = 60000 };

void fault_done(struct fault *f) {
        free(f->exception_class);
        free(f->message);
        free(f->frame);
        free(f->task);
        free(f->execution);
        free(f->line);
        *f = (struct fault){0};
}

int fault_dup(const struct fault *from, struct fault *to) {
        const struct {
                char **to;
                const char *from;
        } texts[] = {{&to->exception_class, from->exception_class},
                     {&to->message, from->message},
                     {&to->frame, from->frame},
                     {&to->task, from->task},
                     {&to->execution, from->execution},
                     {&to->line, from->line}};
        int failed = 0;
        *to = *from;
        for (size_t i = 0; i < ELEMENTS(texts); i++)
                *texts[i].to = NULL;
        for (size_t i = 0; i < ELEMENTS(texts) && !failed; i++)
                failed = texts[i].from ? text_replace(texts[i].to, texts[i].from) : 0;
        if (failed)
                fault_done(to);
        return failed;
}

static char *copy(struct span s, size_t max, bool is_masked, int *failed) {
        SCOPED(buf_done) struct buf text = BUF_INIT(max + 1024);
        size_t len = s.len < max ? s.len : text_boundary(s.data, max);
        if (s.len == 0)
                return NULL;
        buf_put(&text, s.data, len);
        for (size_t i = 0; i < text.len; i++)
                if (text.data[i] == '\0')
                        text.data[i] = ' ';
        if (is_masked)
                fault_mask_secrets(&text);
        char *stolen = buf_steal(&text);
        if (!stolen)
                *failed = -ENOMEM;
        return stolen;
}

int fault_make(const struct event *e, const struct verdict *v, int64_t at_ms, struct span line, struct fault *ret) {
        struct buf print = BUF_INIT(2000);
        int failed = 0;
        *ret = (struct fault){.at_ms = at_ms,
                              .last_ms = at_ms,
                              .source = e->kind,
                              .role = v->role,
                              .category = v->category,
                              .rule = v->rule,
                              .strength = v->strength,
                              .attempt = e->attempt,
                              .n = 1};
        ret->exception_class = copy(v->exception_class, 300, false, &failed);
        ret->message = copy(v->message, FAULT_MESSAGE_MAX, true, &failed);
        ret->frame = copy(span_of(v->frame), VERDICT_FRAME_MAX, false, &failed);
        ret->task = copy(e->task, TASK_NAME_MAX, false, &failed);
        ret->execution = copy(e->execution, EXECUTION_MAX, false, &failed);
        ret->line = copy(line, FAULT_LINE_MAX, true, &failed);
        fingerprint_put(&print, v->exception_class, v->message, span_of(v->frame));
        ret->print = fingerprint_hash(buf_span(&print));
        buf_done(&print);
        if (failed)
                fault_done(ret);
        return failed;
}

bool fault_is_soft(const struct fault *f) {
        return f->source == EVENT_ERROR || f->source == EVENT_HEARTBEAT || f->source == EVENT_WORKER_GONE ||
               f->source == EVENT_CHECKPOINT_DECLINED || f->source == EVENT_CHECKPOINT_EXPIRED ||
               f->source == EVENT_CHECKPOINT_FAILED;
}

static enum fault_rank rank_of_trigger(const struct fault *f) {
        if (f->source == EVENT_ERROR)
                return f->strength >= STRENGTH_USER ? RANK_HINT : RANK_PLAIN - 5;
        if (f->rule && f->rule->flags & RULE_WEAK)
                return RANK_WEAK;
        if (f->rule && f->rule->flags & RULE_CHURN)
                return f->burst > 0 ? RANK_CONSEQUENCE : RANK_CHURN;
        return f->strength >= STRENGTH_USER ? RANK_CAUSE : f->strength == STRENGTH_NAMED ? RANK_NAMED : RANK_PLAIN;
}

enum fault_rank fault_rank(const struct fault *f) {
        switch (f->role) {
        case ROLE_TRIGGER:
                return rank_of_trigger(f);
        case ROLE_SYMPTOM:
                return RANK_SYMPTOM;
        case ROLE_SUSTAINER:
                return RANK_SUSTAINER;
        case ROLE_CONSEQUENCE:
                return RANK_CONSEQUENCE;
        case ROLE_WRAPPER:
                break;
        }
        return RANK_NOTHING;
}

bool fault_is_same(const struct fault *a, const struct fault *b) {
        if (a->execution && b->execution && a->source == EVENT_TASK_FAILED && b->source == EVENT_TASK_FAILED)
                return strcmp(a->execution, b->execution) == 0;
        bool is_near = b->at_ms - a->last_ms <= SAME_WITHIN_MS && a->last_ms - b->at_ms <= SAME_WITHIN_MS;
        bool is_named = a->exception_class || a->message;
        return is_near && is_named && a->print == b->print && text_same(a->exception_class, b->exception_class);
}

static void swap_text(char **a, char **b) {
        char *kept = *a;
        *a = *b;
        *b = kept;
}

void fault_merge_take(struct fault *f, struct fault *more) {
        bool is_better = fault_rank(more) > fault_rank(f);
        if (is_better) {
                f->role = more->role;
                f->category = more->category;
                f->rule = more->rule;
                f->strength = more->strength;
                f->print = more->print;
                swap_text(&f->exception_class, &more->exception_class);
                swap_text(&f->message, &more->message);
                swap_text(&f->frame, &more->frame);
                swap_text(&f->line, &more->line);
        }
        /* A line that only hints takes the standing of one that failed a task. */
        if (fault_is_soft(f) || f->source == EVENT_FETCHER ||
            (f->source != EVENT_TASK_FAILED && more->source == EVENT_TASK_FAILED))
                f->source = more->source;
        if (!f->task)
                swap_text(&f->task, &more->task);
        if (!f->execution)
                swap_text(&f->execution, &more->execution);
        if (!f->frame)
                swap_text(&f->frame, &more->frame);
        if (f->attempt < 0)
                f->attempt = more->attempt;
        if (more->at_ms > 0 && more->at_ms < f->at_ms)
                f->at_ms = more->at_ms;
        if (more->last_ms > f->last_ms)
                f->last_ms = more->last_ms;
        f->n++;
        fault_done(more);
}
