/* SPDX-License-Identifier: Apache-2.0 */
/* What lies around the failure: the deploy before it, what can be gone back to, and how much of all this was seen. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "faults/analysis.h"
#include "util/text.h"
#include "util/timefmt.h"

enum { DEPLOY_WITHIN_S = 3600, GAP_TOLD_MS = 10 * 60 * 1000 };

static const struct operation *deploy_before(const struct window *w, int64_t at_s) {
        const struct operation *found = NULL;
        for (size_t i = 0; w && i < w->n_operations; i++) {
                const struct operation *o = &w->operations[i];
                int64_t ended_s = o->ended_at_s > 0 ? o->ended_at_s : at_s;
                if (o->started_at_s <= at_s && at_s - ended_s <= DEPLOY_WITHIN_S &&
                    (!found || o->started_at_s >= found->started_at_s))
                        found = o;
        }
        return found;
}

int report_deploy(const struct fault_context *c, int64_t fault_s, struct fault_report *r) {
        SCOPED(buf_done) struct buf text = BUF_INIT(600);
        const struct operation *o = fault_s > 0 ? deploy_before(c->window, fault_s) : NULL;
        char span[TIME_TEXT_MAX];
        if (!o)
                return 0;
        bool is_after = o->ended_at_s > 0 && fault_s >= o->ended_at_s;
        time_span_text(fault_s - (is_after ? o->ended_at_s : o->started_at_s), span);
        buf_printf(&text, "first fault %s %s %s", span, is_after ? "after" : "into", text_or_empty(o->kind));
        if (o->version_from > 0 && o->version_to > 0 && o->version_from != o->version_to)
                buf_printf(&text, " (version %" PRId64 " -> %" PRId64 ")", o->version_from, o->version_to);
        return text_replace(&r->deploy, buf_str(&text));
}

static const struct snapshot *newest_ready(const struct window *w) {
        const struct snapshot *found = NULL;
        for (size_t i = 0; w && i < w->n_snapshots; i++) {
                const struct snapshot *s = &w->snapshots[i];
                if (s->status && strcmp(s->status, "READY") == 0 && (!found || s->created_at_s > found->created_at_s))
                        found = s;
        }
        return found;
}

static void put_when(struct buf *to, int64_t at_s) {
        char text[TIME_TEXT_MAX];
        time_rfc3339(at_s, text);
        buf_put_str(to, text);
}

static void put_rollback(struct buf *to, const struct fault_context *c, const char *category, bool has_deploy) {
        const struct application *a = c->window ? c->window->application : NULL;
        if (!a)
                return;
        if (a->version_id <= 1)
                buf_put_str(to, " A rollback is not possible: there is no earlier version.");
        else if (has_deploy)
                buf_printf(to,
                           " RollbackApplication from version %" PRId64
                           " goes back to the code and the snapshot from before the deploy.",
                           a->version_id);
        else
                buf_put_str(to, " A rollback does not help by itself: nothing was deployed shortly before.");
        if (strcmp(category, "state_incompat") == 0)
                buf_put_str(to, " Restoring the latest snapshot with the new code fails the same way each time.");
        else if (strcmp(category, "bad_record") == 0)
                buf_put_str(to, " Restoring the latest snapshot reads the same record again.");
}

int report_recoverability(const struct fault_context *c, const struct fault_analysis *a, const char *category,
                          struct fault_report *r) {
        SCOPED(buf_done) struct buf text = BUF_INIT(1500);
        const struct snapshot *s = newest_ready(c->window);
        const struct episode *e = a->now.n_failures > 0 ? &a->now : &a->before;
        if (e->has_checkpoint && e->healthy_ms > 0) {
                buf_put_str(&text, "Last completed checkpoint before it: ");
                put_when(&text, e->healthy_ms / 1000);
                buf_put_str(&text, ".");
        } else {
                buf_put_str(&text, "No completed checkpoint was seen before it.");
        }
        if (s) {
                buf_printf(&text, " Newest READY snapshot: %s of ", text_or_empty(s->name));
                put_when(&text, s->created_at_s);
                if (s->version_id > 0)
                        buf_printf(&text, " (version %" PRId64 ")", s->version_id);
                buf_put_str(&text, ".");
        } else if (c->window) {
                buf_put_str(&text, " There is no READY snapshot.");
        }
        put_rollback(&text, c, category, r->deploy != NULL);
        return text_replace(&r->recoverability, buf_str(&text));
}

static bool has_metrics(const struct window *w) {
        const struct series_view *heap = w ? window_find(w, "heapMemoryUtilization", NULL) : NULL;
        return heap && heap->n_samples > 0;
}

/* How sure: a known trigger at the start of what was seen whole. */
static enum confidence confidence_of(const struct fault_analysis *a, const struct episode *e,
                                     const struct fault *cause) {
        if (!cause)
                return a->n_lines > 0 && !a->context.is_truncated ? CONFIDENCE_MEDIUM : CONFIDENCE_LOW;
        enum fault_rank rank = fault_rank(cause);
        if (rank < RANK_WEAK)
                return cause->role == ROLE_SYMPTOM && has_metrics(a->context.window) ? CONFIDENCE_MEDIUM
                                                                                     : CONFIDENCE_LOW;
        bool is_seen_whole = !e->is_from_start && !a->context.is_truncated && cause != &e->later;
        if (rank >= RANK_CAUSE && (is_seen_whole || cause->attempt == 0))
                return a->context.is_truncated ? CONFIDENCE_MEDIUM : CONFIDENCE_HIGH;
        return rank >= RANK_TRIGGER ? CONFIDENCE_MEDIUM : CONFIDENCE_LOW;
}

int report_completeness(const struct fault_analysis *a, const struct episode *e, const struct fault *cause,
                        struct fault_report *r) {
        SCOPED(buf_done) struct buf text = BUF_INIT(1500);
        const struct fault_context *c = &a->context;
        char span[TIME_TEXT_MAX];
        if (a->n_lines == 0)
                buf_printf(&text, "No log lines%s%s.", c->blindness ? ": " : "", text_or_empty(c->blindness));
        else
                buf_printf(&text, "%" PRId64 " log line%s read", a->n_lines, a->n_lines == 1 ? "" : "s");
        if (a->n_lines > 0 && c->n_pages > 0)
                buf_printf(&text, " on %" PRId64 " page%s", c->n_pages, c->n_pages == 1 ? "" : "s");
        if (a->n_lines > 0 && c->log_from_ms > 0 && c->log_to_ms > c->log_from_ms) {
                buf_put_str(&text, ", from ");
                put_when(&text, c->log_from_ms / 1000);
                buf_put_str(&text, " to ");
                put_when(&text, c->log_to_ms / 1000);
        }
        if (a->n_lines > 0)
                buf_put_str(&text, c->is_truncated ? ", cut off: there are more." : ".");
        if (a->widest_gap_ms >= GAP_TOLD_MS) {
                time_span_text(a->widest_gap_ms / 1000, span);
                buf_printf(&text, " No line for %s after ", span);
                put_when(&text, a->gap_at_ms / 1000);
                buf_put_str(&text, ".");
        }
        if (e && e->is_from_start)
                buf_put_str(
                        &text,
                        c->was_never_stable
                                ? " The job was never stable in what can be seen."
                                : " Nothing healthy was seen before the first failure: an earlier one may be missing.");
        if (cause && cause->role == ROLE_SUSTAINER)
                buf_put_str(&text, " The line that tells the cause is not in this log (expired, or never written).");
        if (cause && cause->role == ROLE_SYMPTOM && !has_metrics(c->window))
                buf_put_str(&text,
                            " Metrics of the minutes before are missing; without them the cause cannot be told.");
        r->confidence = confidence_of(a, e, cause);
        return text_replace(&r->completeness, buf_str(&text));
}
