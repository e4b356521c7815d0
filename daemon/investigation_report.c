/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/investigation_report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "util/list.h"
#include "util/text.h"
#include "util/timefmt.h"

enum {
        AROUND_BEFORE_S = 3 * 3600,
        AROUND_AFTER_S = 600,
        PIVOT_BEFORE_S = 3900, /* the hour before, and the five minutes that are compared with it */
        PIVOT_AFTER_S = 120,
        PIVOT_ENOUGH = 20, /* samples in that hour */
        NEVER_STABLE_S = 900,
        ENDED_BY_S = 2 * 3600,
        METRICS_MAX = 64,
        HEADLINE_MAX_BYTES = 160,
        SEEN_MAX_BYTES = 600,
};

/* What tells a heartbeat that was lost to the garbage collector from one that was lost to the network. */
static const char *const pivots[] = {
        "oldGenerationGCTime",     "oldGenerationGCCount",       "heapMemoryUtilization",
        "containerCPUUtilization", "containerMemoryUtilization", "containerDiskUtilization",
};

int report_window(struct store *s, const char *target, const char *application, int64_t at_s, int64_t now_s,
                  struct window **ret) {
        struct window_need needs[METRICS_MAX];
        size_t n = 0;
        for (size_t i = 0; i < n_metrics && n < METRICS_MAX; i++)
                if (metrics[i].level == LEVEL_APPLICATION)
                        needs[n++] = (struct window_need){.metric = &metrics[i],
                                                          .span_s = AROUND_BEFORE_S + AROUND_AFTER_S};
        struct window_spec spec = {
                .target = target,
                .application = application,
                .now_s = now_s,
                .settled_before_s = at_s + AROUND_AFTER_S < now_s ? at_s + AROUND_AFTER_S : now_s,
                .needs = needs,
                .n_needs = n,
        };
        return store_read_window(s, &spec, ret);
}

static const struct series_view *either(const struct window *w, const char *a, const char *b) {
        const struct series_view *s = window_find(w, a, NULL);
        return s && s->n_samples > 0 ? s : window_find(w, b, NULL);
}

/* The end of the last minute before the onset in which the job ran on without a fall of its running time. */
static int64_t last_healthy_s(const struct window *w, int64_t onset_s) {
        const struct series_view *s = either(w, "uptime", "runningTime");
        size_t i = s ? series_from(s, onset_s) : 0;
        for (; i > 0; i--) {
                const struct sample *sample = &s->samples[i - 1];
                bool has_grown = i < 2 || sample->value >= s->samples[i - 2].value;
                if (sample->value > 0 && has_grown && sample->at_s + 60 <= onset_s)
                        return sample->at_s + 60;
        }
        return 0;
}

/* Whether the counter of restarts was rising where it begins. */
static bool was_never_stable(struct store *s, const char *target, const char *application, int64_t onset_s) {
        SCOPED(series_rows_done) struct series_rows rows = {0};
        int64_t first_s = 0;
        if (store_list_series(s, target, application, &rows) < 0)
                return false;
        for (size_t i = 0; i < rows.n_rows; i++) {
                const struct series_row *row = &rows.rows[i];
                bool is_counter = strcmp(row->metric, "fullRestarts") == 0 || strcmp(row->metric, "numRestarts") == 0;
                if (is_counter && row->first_at_s > 0 && (first_s == 0 || row->first_at_s < first_s))
                        first_s = row->first_at_s;
        }
        return first_s > 0 && onset_s - first_s <= NEVER_STABLE_S;
}

void report_context(struct store *s, const char *target, const struct window *w, int64_t onset_s,
                    struct fault_context *to) {
        to->onset_s = onset_s;
        to->last_healthy_s = last_healthy_s(w, onset_s);
        to->was_never_stable = was_never_stable(s, target, w->application->name, onset_s);
        to->window = w;
}

static bool has_enough(const struct window *w, const struct metric *m, int64_t at_s) {
        const struct series_view *s = window_find(w, m->name, m->statistic);
        return s && series_from(s, at_s) - series_from(s, at_s - 3600) >= PIVOT_ENOUGH;
}

int report_missing(struct store *s, const char *target, const struct window *w, int64_t at_s,
                   struct metric_query to[PIVOT_METRICS_MAX]) {
        int n = 0;
        for (size_t i = 0; i < ELEMENTS(pivots); i++) {
                const struct metric *m = metric_find(pivots[i], NULL);
                if (!m || has_enough(w, m, at_s))
                        continue;
                struct series_key key = {target, w->application->name, m->name, m->statistic, ""};
                struct metric_query *q = &to[n];
                int r = store_series(s, &key, &q->series_id);
                if (r < 0)
                        return r;
                q->application = w->application->name;
                q->metric = m;
                q->dimensions = "";
                q->from_s = (at_s - PIVOT_BEFORE_S) / m->period_s * m->period_s;
                q->to_s = (at_s + PIVOT_AFTER_S) / m->period_s * m->period_s;
                n++;
        }
        return n;
}

/* "com.acme.Outer$Inner" -> "Inner" */
static const char *last_part(const char *name, const char *separators) {
        const char *last = name;
        for (const char *p = name; *p; p++)
                if (strchr(separators, *p) && p[1])
                        last = p + 1;
        return last;
}

/* "com.acme.orders.ParseOrder.map" -> "ParseOrder.map" */
static const char *class_and_method(const char *frame) {
        const char *method = strrchr(frame, '.'), *at = method;
        while (at && at > frame && at[-1] != '.' && at[-1] != '$')
                at--;
        return at ? at : frame;
}

/* The cause in a few words, as a title has room for. */
static char *headline(const struct root_cause *c) {
        SCOPED(buf_done) struct buf text = BUF_INIT(HEADLINE_MAX_BYTES * 2);
        if (strcmp(c->role, "unknown") == 0)
                return NULL;
        if (strcmp(c->role, "sustainer_only") == 0)
                buf_put_str(&text, "kept going by ");
        if (c->exception_class)
                buf_put_str(&text, last_part(c->exception_class, ".$"));
        if (c->exception_class && c->frame && strcmp(c->role, "trigger") == 0)
                buf_printf(&text, " in %s", class_and_method(c->frame));
        else if (c->message)
                buf_printf(&text, "%s%.*s", c->exception_class ? ": " : "",
                           (int)text_boundary(c->message, strnlen(c->message, HEADLINE_MAX_BYTES)), c->message);
        return text.len > 0 ? buf_steal(&text) : NULL;
}

/* The change that ended it, if one came shortly before. */
static const struct operation *ended_by(const struct window *w, const struct incident *i) {
        const struct operation *best = NULL;
        if (!text_same(i->application, w->application->name))
                return NULL;
        for (size_t k = 0; k < w->n_operations; k++) {
                const struct operation *o = &w->operations[k];
                if (o->started_at_s > i->finding.onset_s && o->started_at_s <= i->resolved_at_s &&
                    i->resolved_at_s - o->started_at_s <= ENDED_BY_S)
                        best = o;
        }
        return best;
}

int report_find_before(struct store *s, const struct window *w, struct explanation *e) {
        struct root_cause *c = e->report.root_cause;
        SCOPED(incident_done) struct incident i = {0};
        SCOPED(buf_done) struct buf text = BUF_INIT(SEEN_MAX_BYTES);
        char from[TIME_TEXT_MAX], to[TIME_TEXT_MAX];
        int r = 1;
        if (c->fingerprint)
                r = store_find_fault(s, c->fingerprint, e->target, e->application, e->onset_s, &i);
        if (r != 0)
                return r < 0 ? r : 0;
        time_rfc3339(i.finding.onset_s, from);
        time_rfc3339(i.resolved_at_s, to);
        const struct operation *o = ended_by(w, &i);
        buf_printf(&text, "The same fault was incident %" PRId64 " of %s, from %.10s %.5s to %.10s %.5s UTC", i.id,
                   text_or_empty(i.application), from, from + 11, to, to + 11);
        if (o && o->version_from > 0 && o->version_to > 0)
                buf_printf(&text, "; %s (version %" PRId64 " -> %" PRId64 ") ended it", text_or_empty(o->kind),
                           o->version_from, o->version_to);
        else if (o)
                buf_printf(&text, "; %s ended it", text_or_empty(o->kind));
        else if (i.comment && i.comment[0])
                buf_printf(&text, "; it was acknowledged with: %s", i.comment);
        else
                buf_put_str(&text, "; it ended without an operation");
        buf_put_char(&text, '.');
        return text.failed ? -ENOMEM : text_replace(&c->seen_before, buf_str(&text));
}

/* Nothing failed in what was read: that is said, too. */
static struct root_cause *no_cause(void) {
        struct root_cause *c = calloc(1, sizeof *c);
        if (c)
                *c = (struct root_cause){.role = "unknown", .category = "unknown", .attempt = -1};
        return c;
}

int report_keep(struct store *s, const struct window *w, struct fault_report *r, struct explanation *to) {
        struct finding *f = &to->report;
        int failed = fault_report_move(r, f);
        if (!failed && !f->root_cause) {
                f->root_cause = no_cause();
                failed = f->root_cause ? text_replace(&f->root_cause->completeness, r->completeness) : -ENOMEM;
        }
        if (failed)
                return failed;
        f->title = headline(f->root_cause);
        return report_find_before(s, w, to);
}

/* How much an explanation explains. */
static size_t worth(const struct explanation *e) {
        static const char *const roles[] = {"unknown", "sustainer_only", "symptom_needs_metrics", "trigger"};
        size_t i = ELEMENTS(roles) - 1;
        while (i > 0 && !text_same(e->report.root_cause->role, roles[i]))
                i--;
        return i;
}

int report_store(struct store *s, struct explanation *e) {
        SCOPED(explanation_rows_done) struct explanation_rows rows = {0};
        int r = store_list_explanations(s, e->target, e->application, e->onset_s - EXPLANATION_NEAR_S, &rows);
        if (r < 0)
                return r;
        for (size_t i = 0; i < rows.n_rows; i++) {
                struct explanation *known = &rows.rows[i];
                bool is_same = llabs(known->onset_s - e->onset_s) <= EXPLANATION_NEAR_S && known->report.root_cause;
                if (!is_same || worth(known) <= worth(e))
                        continue;
                known->again_at_s = e->again_at_s;
                return store_put_explanation(s, known);
        }
        return store_put_explanation(s, e);
}
