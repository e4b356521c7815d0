/* SPDX-License-Identifier: Apache-2.0 */
/* A burst is what fails before the restart that follows. The cause is the best explanation in the first burst, whatever the clocks of the
 * TaskManagers say about the order within it. A later burst speaks only when the first one holds nothing but effects. */
#include "faults/episode.h"

#include <errno.h>

#include "faults/faults.h"
#include "util/text.h"

enum { BURST_GAP_MS = 60000, HINT_AFTER_MS = 2000 };

void episode_done(struct episode *e) {
        for (size_t i = 0; i < e->n_faults; i++)
                fault_done(&e->faults[i]);
        for (size_t i = 0; i < e->n_notes; i++)
                free(e->notes[i].text);
        fault_done(&e->later);
        *e = (struct episode){0};
}

int episode_note(struct episode *e, const char *key, const char *relation, enum fault_role role, struct span text,
                 uint64_t print, int64_t at_ms) {
        for (size_t i = 0; i < e->n_notes; i++)
                if (strcmp(e->notes[i].key, key) == 0 && (e->notes[i].print == print || print == 0)) {
                        e->notes[i].n++;
                        return 0;
                }
        if (e->n_notes == EPISODE_NOTES_MAX)
                return 0;
        char *copy = span_dup((struct span){text.data, text.len < 300 ? text.len : text_boundary(text.data, 300)});
        if (!copy)
                return -ENOMEM;
        e->notes[e->n_notes++] = (struct note){key, relation, role, copy, print, at_ms, 1};
        return 0;
}

static void note_fault(struct episode *e, const struct fault *f) {
        SCOPED(buf_done) struct buf text = BUF_INIT(600);
        if (!f->exception_class && !f->message)
                return;
        buf_printf(&text, "%.120s%s%.300s", text_or_empty(f->exception_class),
                   f->exception_class && f->message ? ": " : "", text_or_empty(f->message));
        /* Without memory the note is lost, not the verdict. */
        (void)episode_note(e, f->rule ? f->rule->name : "failure", f->rule ? f->rule->reason : NULL, f->role,
                           buf_span(&text), f->rule ? 0 : f->print, f->at_ms);
}

void episode_run(struct episode *e) {
        e->burst_is_over = true;
}

static const struct fault *weakest(const struct episode *e) {
        const struct fault *found = &e->faults[1];
        for (size_t i = 2; i < e->n_faults; i++)
                if (fault_rank(&e->faults[i]) <= fault_rank(found))
                        found = &e->faults[i];
        return found;
}

static void keep_take(struct episode *e, struct fault *f) {
        if (e->n_faults < EPISODE_FAULTS_MAX) {
                e->faults[e->n_faults++] = *f;
                return;
        }
        struct fault *out = &e->faults[weakest(e) - e->faults];
        if (fault_rank(f) <= fault_rank(out)) {
                note_fault(e, f);
                fault_done(f);
                return;
        }
        note_fault(e, out);
        fault_done(out);
        *out = *f;
}

static void add_later_take(struct episode *e, struct fault *f) {
        if (e->later.n > 0 && e->later.print == f->print)
                e->later.n++;
        note_fault(e, f);
        if (e->later.n == 0 && fault_rank(f) >= RANK_WEAK)
                e->later = *f;
        else
                fault_done(f);
}

static void drop_faults(struct episode *e) {
        for (size_t i = 0; i < e->n_faults; i++) {
                note_fault(e, &e->faults[i]);
                fault_done(&e->faults[i]);
        }
        e->n_faults = 0;
        e->n_failures = 0;
}

void episode_add_take(struct episode *e, struct fault *f) {
        bool is_after_gap = f->at_ms > 0 && e->last_ms > 0 && f->at_ms - e->last_ms > BURST_GAP_MS;
        bool is_known = false;
        for (size_t i = 0; i < e->n_faults && e->burst == 0; i++)
                if (fault_is_same(&e->faults[i], f) && !(e->burst_is_over && f->source == EVENT_TASK_FAILED &&
                                                         !text_same(f->execution, e->faults[i].execution))) {
                        if (f->at_ms > e->last_ms)
                                e->last_ms = f->at_ms;
                        fault_merge_take(&e->faults[i], f);
                        is_known = true;
                        break;
                }
        if (is_known)
                return;
        if (e->n_faults > 0 && (e->burst_is_over || is_after_gap)) {
                /* What failed no task was no burst. */
                if (episode_is_soft(e) && e->burst == 0)
                        drop_faults(e);
                else
                        e->burst++;
        }
        if (e->n_failures == 0 || (f->at_ms > 0 && f->at_ms < e->first_ms && e->burst == 0))
                e->first_ms = f->at_ms;
        e->burst_is_over = false;
        e->n_failures++;
        if (f->at_ms > e->last_ms)
                e->last_ms = f->at_ms;
        f->burst = e->burst;
        if (e->burst == 0)
                keep_take(e, f);
        else
                add_later_take(e, f);
        *f = (struct fault){0};
}

static bool is_better(const struct fault *f, const struct fault *than) {
        enum fault_rank a = fault_rank(f), b = fault_rank(than);
        if (a != b)
                return a > b;
        if (a < RANK_TRIGGER)
                return false;
        if (f->attempt == 0 && than->attempt > 0)
                return true;
        return f->at_ms < than->at_ms && !(than->attempt == 0 && f->attempt > 0);
}

static int64_t first_hard_ms(const struct episode *e) {
        for (size_t i = 0; i < e->n_faults; i++)
                if (!fault_is_soft(&e->faults[i]))
                        return e->faults[i].at_ms;
        return INT64_MAX;
}

const struct fault *episode_cause(const struct episode *e) {
        const struct fault *best = NULL;
        int64_t hard_ms = first_hard_ms(e);
        for (size_t i = 0; i < e->n_faults; i++) {
                const struct fault *f = &e->faults[i];
                /* An error after the failure is part of the taking down. */
                if (f->source == EVENT_ERROR && hard_ms < INT64_MAX && f->at_ms > hard_ms + HINT_AFTER_MS &&
                    f->role == ROLE_TRIGGER)
                        continue;
                if (!best || is_better(f, best))
                        best = f;
        }
        if (!best)
                return e->n_faults > 0 ? &e->faults[0] : NULL;
        bool says_nothing = fault_rank(best) < RANK_PLAIN - 5;
        bool may_look_on = says_nothing || (e->is_from_start && fault_rank(best) < RANK_SYMPTOM);
        return may_look_on && e->later.n > 0 ? &e->later : best;
}

bool episode_is_soft(const struct episode *e) {
        for (size_t i = 0; i < e->n_faults; i++)
                if (!fault_is_soft(&e->faults[i]))
                        return false;
        return e->later.n == 0 || fault_is_soft(&e->later);
}

void episode_merge_take(struct episode *e, struct episode *more) {
        e->n_failures += more->n_failures;
        if (more->last_ms > e->last_ms)
                e->last_ms = more->last_ms;
        for (size_t i = 0; i < more->n_faults; i++)
                note_fault(e, &more->faults[i]);
        for (size_t i = 0; i < more->n_notes; i++) {
                const struct note *n = &more->notes[i];
                (void)episode_note(e, n->key, n->relation, n->role, span_of(n->text), n->print, n->at_ms);
        }
        e->burst++;
        if (e->later.n == 0 && more->n_faults > 0 && fault_rank(&more->faults[0]) >= RANK_WEAK) {
                e->later = more->faults[0];
                more->faults[0] = (struct fault){0};
        } else if (e->later.n == 0 && more->later.n > 0) {
                e->later = more->later;
                more->later = (struct fault){0};
        }
        episode_done(more);
}
