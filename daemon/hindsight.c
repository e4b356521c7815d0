/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/hindsight.h"

#include <errno.h>

#include "daemon/investigation_report.h"
#include "diagnosers/first_fault.h"
#include "util/list.h"
#include "util/text.h"

enum { EPISODES_MAX = 20 /* of one application, the newest; a job that fails each day for weeks has said enough */ };

/* What was paged for, or would have been, and is over without a cause. */
static bool is_unexplained(const struct hindsight *h, const struct incident *i) {
        return i->state == INCIDENT_RESOLVED && i->finding.severity > SEVERITY_INFO && !i->finding.is_expected &&
               !i->finding.root_cause && i->finding.onset_s >= h->since_s;
}

/* As a finding that had its cause at once says it. What was advised while the cause was not known is of no use any more. */
static int add_cause(struct incident *i, const struct explanation *v) {
        SCOPED(findings_done) struct findings out = {0};
        SCOPED(buf_done) struct buf summary = BUF_INIT(FINDING_TEXT_MAX);
        struct finding *f = &i->finding;
        for (size_t k = 0; v->report.n_advice > 0 && k < f->n_advice; k++)
                free(f->advice[k]);
        if (v->report.n_advice > 0)
                f->n_advice = 0;
        finding_add_report(&out, f, &v->report);
        first_fault_title(v, text_or_empty(f->title), "", &out, f);
        first_fault_sentence(v, &summary);
        buf_put_str(&summary, text_or_empty(f->summary));
        finding_summary(&out, f, "%s", buf_str(&summary));
        if (v->report.confidence < f->confidence)
                f->confidence = v->report.confidence;
        return summary.failed ? -ENOMEM : out.failed;
}

static int put_cause(struct store *s, const struct hindsight *h, const struct incident *known,
                     const struct explanation *v) {
        SCOPED(transitions_done) struct transitions t = {.at_s = h->now_s};
        struct transition *item = transitions_add(&t, EVENT_NONE, known);
        int r = item ? add_cause(&item->incident, v) : -ENOMEM;
        return r < 0 ? r : store_apply(s, &t);
}

static bool is_repeat(const struct explanation *earlier, const struct explanation *later) {
        const struct root_cause *a = earlier->report.root_cause, *b = later->report.root_cause;
        return a && b && later->onset_s > earlier->onset_s && a->fingerprint &&
               text_same(a->fingerprint, b->fingerprint);
}

/* What was explained before its past was. */
static int tell_later_ones(struct store *s, const struct hindsight *h, const struct explanation *v,
                           struct explanation_rows *all, bool *has_news) {
        SCOPED(window_free) struct window *w = NULL;
        int r = 0;
        for (size_t i = 0; r == 0 && i < all->n_rows; i++) {
                struct explanation *later = &all->rows[i];
                if (!is_repeat(v, later))
                        continue;
                if (!w)
                        r = report_window(s, h->target, h->application, later->onset_s, h->now_s, &w);
                if (r == 0)
                        r = report_find_before(s, w, later);
                if (r < 0 || !later->report.root_cause->seen_before)
                        continue;
                r = store_put_explanation(s, later);
                *has_news = true;
        }
        return r;
}

static void set_episode(const struct incident *i, struct hindsight_result *ret) {
        int64_t onset_s = i->finding.onset_s;
        ret->want = (struct want){.kind = WANT_LOGS,
                                  .diagnoser = i->finding.diagnoser,
                                  .onset_s = onset_s,
                                  .from_s = onset_s - FIRST_FAULT_BEFORE_S,
                                  .to_s = onset_s + FIRST_FAULT_AFTER_S};
        ret->over_s = i->resolved_at_s;
}

/* One incident: 1 when its logs are to be read. */
static int look_at(struct store *s, const struct hindsight *h, const struct incident *i, struct explanation_rows *all,
                   struct hindsight_result *ret) {
        struct window w = {.explanations = all->rows, .n_explanations = all->n_rows};
        const struct explanation *v = window_explanation(&w, i->finding.onset_s);
        if (!v || (v->again_at_s > 0 && v->again_at_s <= h->now_s))
                return 1;
        if (v->again_at_s > 0) {
                ret->again_s = v->again_at_s < ret->again_s ? v->again_at_s : ret->again_s;
                return 0;
        }
        if (!first_fault_says_something(v, i->finding.diagnoser))
                return 0;
        int r = put_cause(s, h, i, v);
        return r == 0 ? tell_later_ones(s, h, v, all, &ret->has_news) : r;
}

int hindsight_look(struct store *s, const struct hindsight *h, struct hindsight_result *ret) {
        SCOPED(incident_rows_done) struct incident_rows incidents = {0};
        SCOPED(explanation_rows_done) struct explanation_rows explanations = {0};
        struct incident_filter filter = {.target = h->target, .application = h->application, .since_s = h->since_s};
        size_t n = 0;
        *ret = (struct hindsight_result){.again_s = INT64_MAX};
        int r = store_list_incidents(s, &filter, &incidents);
        if (r == 0)
                r = store_list_explanations(s, h->target, h->application, h->since_s - EXPLANATION_NEAR_S,
                                            &explanations);
        size_t i = 0;
        while (i < incidents.n_rows && n < EPISODES_MAX)
                n += first_fault_explains(incidents.rows[i++].finding.diagnoser);
        /* The oldest first: a later one then finds that its fault was there before. */
        while (r == 0 && i-- > 0) {
                const struct incident *known = &incidents.rows[i];
                if (!first_fault_explains(known->finding.diagnoser) || !is_unexplained(h, known))
                        continue;
                r = look_at(s, h, known, &explanations, ret);
                if (r == 1)
                        set_episode(known, ret);
                if (ret->again_s < INT64_MAX)
                        break; /* the log cannot be read at present, of others as little */
        }
        return r;
}
