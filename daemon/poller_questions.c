/* SPDX-License-Identifier: Apache-2.0 */
/* The phases of a round that ask AWS: which applications there are, their facts, their metrics. */
#include <math.h>

#include "daemon/poller_inner.h"
#include "daemon/spending.h"
#include "model/prices.h"

enum {
        DISCOVER_EVERY = 10,      /* intervals; */
        DISCOVER_OFTEN_MAX = 250, /* so many applications are five calls: then each round */
        CONTROL_CALL_MS =
                200, /* MSF publishes no figure for its API: assume 5 calls a second, and use half of that in the long run */
        OPERATIONS_OVERLAP_S = 3600,
        SERIES_EVERY = 60, /* intervals */
};

/* What is asked of the control plane per application, when, and how often while all is calm: in intervals. */
static const struct fact {
        const struct collector *collector;
        enum phase phase;
        int every;
        bool is_for_later; /* not in an application's first round, unless that is the only one: what pages comes first */
} facts[PLAN_FACTS] = {
        [FACT_APPLICATION] = {&collector_applications, PHASE_DESCRIBE, 10, false},
        [FACT_OPERATIONS] = {&collector_operations, PHASE_LIST, 3, false},
        [FACT_SNAPSHOTS] = {&collector_snapshots, PHASE_LIST, 10, true},
};

bool poller_discover(struct poller *p) {
        if (p->cursor > 0)
                return true;
        p->cursor = 1;
        int64_t interval_s = p->host.config->interval_s;
        int64_t every_s = p->plan.n_applications <= DISCOVER_OFTEN_MAX ? interval_s : DISCOVER_EVERY * interval_s;
        bool is_due = p->round_at_s - p->discovered_at_s >= every_s - interval_s / 2;
        if (!is_due || troubles_is_paused(&p->troubles, collector_discovery.name, p->round_at_s))
                return true;
        p->discovered_at_s = p->round_at_s;
        census_begin(&p->census);
        struct collect_job job = {0};
        return poller_start_task(p, &collector_discovery, NULL, &job) < 0;
}

/* Pays for a control-plane call; 0 or how long to wait. */
static int64_t control_wait_ms(struct poller *p) {
        int64_t now_ms = loop_monotonic_ms(p->host.loop);
        p->control_tokens += (double)(now_ms - p->tokens_at_ms) / CONTROL_CALL_MS;
        if (p->control_tokens > POLLER_CONTROL_BURST)
                p->control_tokens = POLLER_CONTROL_BURST;
        p->tokens_at_ms = now_ms;
        if (p->control_tokens < 1)
                return (int64_t)((1 - p->control_tokens) * CONTROL_CALL_MS) + 1;
        p->control_tokens -= 1;
        return 0;
}

/* Pages and descriptions are paid for afterwards: the next question waits the longer. */
void poller_asks_again(struct poller *p, const struct collector *collector) {
        for (size_t which = 0; which < PLAN_FACTS; which++)
                if (facts[which].collector == collector)
                        p->control_tokens -= 1;
}

/* ListApplications says at once when a status or a version changes. Where something is going on all is read each round, and a restart that was
 * just seen asks for the operations that may explain it. More applications, longer turns. */
static bool is_fact_due(const struct poller *p, const struct watched *w, size_t which) {
        int64_t interval_s = p->host.config->interval_s,
                every_s = interval_s * (watched_is_restless(w, p->round_at_s) ? 1 : facts[which].every);
        int64_t turn_s = (int64_t)p->plan.n_applications * 2 * PLAN_FACTS * CONTROL_CALL_MS / 1000;
        if (turn_s > every_s)
                every_s = turn_s;
        if (facts[which].phase != p->phase || p->round_at_s < w->retry_at_s || w->gone_at_s > 0 ||
            (facts[which].is_for_later && w->is_new && p->is_repeating))
                return false;
        return w->is_changed[which] || p->round_at_s - w->asked_at_s[which] >= every_s - interval_s / 2;
}

/* What pages is told with its operations only: they come before those of the calm. */
static bool is_fact_urgent(const struct poller *p, const struct watched *w, size_t which) {
        return w->is_changed[which] || watched_is_restless(w, p->round_at_s);
}

/* Facts that had to wait for a third of the interval wait for the next round: metrics are not to be late for them. Descriptions leave half
 * of that to the others: after a start there are as many of them as there are applications. */
static bool has_waited(const struct poller *p) {
        int64_t share = p->phase == PHASE_DESCRIBE ? 6 : 3;
        return (poller_now_s(p) - p->round_at_s) * share >= p->host.config->interval_s;
}

bool poller_read_facts(struct poller *p) {
        size_t n_facts = p->plan.n_applications * PLAN_FACTS;
        for (; p->cursor < 2 * n_facts; p->cursor++) {
                bool is_urgent_only = p->cursor < n_facts;
                struct watched *w = &p->plan.applications[p->cursor % n_facts / PLAN_FACTS];
                size_t which = p->cursor % PLAN_FACTS;
                if (!is_fact_due(p, w, which) || (is_urgent_only && !is_fact_urgent(p, w, which)))
                        continue;
                if (!poller_free_slot(p))
                        return false;
                int64_t wait_ms = control_wait_ms(p);
                if (wait_ms > 0) {
                        if (p->is_repeating && (has_waited(p) || wait_ms > p->host.config->interval_s * 1000 / 3))
                                return true;
                        timer_start(&p->resume, p->host.loop, wait_ms, poller_go_on, p);
                        return false;
                }
                int64_t from_s = w->answered_at_s[which] > 0 ? w->answered_at_s[which] - OPERATIONS_OVERLAP_S : 0;
                struct collect_job job = {
                        .wants_job_plan = true, .is_log_missing = w->is_log_missing, .from_ms = from_s * 1000};
                w->asked_at_s[which] = p->round_at_s;
                w->is_changed[which] = false;
                poller_start_task(p, facts[which].collector, w->name, &job);
        }
        return true;
}

void poller_note_answer(struct poller *p, const struct slot *s) {
        struct watched *w = s->application ? plan_find(&p->plan, s->application) : NULL;
        for (size_t which = 0; w && which < PLAN_FACTS; which++)
                if (facts[which].collector == s->collector)
                        w->answered_at_s[which] = w->asked_at_s[which];
}

/* Tasks and operators are named nowhere else. A new one takes ListMetrics a quarter of an hour, a deploy makes new ones. */
bool poller_find_series(struct poller *p) {
        if (p->cursor > 0)
                return true;
        p->cursor = 1;
        if (p->round_at_s < p->series_due_at_s || p->plan.n_applications == 0 ||
            troubles_is_paused(&p->troubles, collector_series_list.name, p->round_at_s))
                return true;
        p->series_due_at_s = p->round_at_s + SERIES_EVERY * p->host.config->interval_s;
        plan_begin_found(&p->plan);
        struct collect_job job = {0};
        return poller_start_task(p, &collector_series_list, NULL, &job) < 0;
}

struct plan_times poller_times(const struct poller *p) {
        const struct config *c = p->host.config;
        return (struct plan_times){
                .now_s = p->round_at_s,
                .interval_s = c->interval_s,
                .settle_s = c->settle_s,
                .backfill_s = c->backfill_s,
        };
}

void poller_demand(struct poller *p, const char *application, double ret_per_hour[N_TIERS]) {
        struct plan_times times = poller_times(p);
        plan_demand(&p->plan, &times, application, ret_per_hour);
}

static bool read_metrics(struct poller *p, enum plan_scope scope) {
        if (p->cursor > 0)
                return true;
        p->cursor = 1;
        if (troubles_is_paused(&p->troubles, collector_metrics.name, p->round_at_s))
                return true;
        struct plan_times times = poller_times(p);
        times.stretch = spending_pace(p->host.spending, p->round_at_s,
                                      prices_of(p->target->region).metrics_thousand_usd, &times.at_most);
        if (isinf(times.stretch.sentinels))
                return true; /* the budget is spent */
        struct slot *s = poller_free_slot(p);
        if (plan_due(&p->plan, &times, scope, &s->queries, &s->n_queries) < 0 || s->n_queries == 0) {
                poller_clear_slot(s);
                return true;
        }
        struct collect_job job = {.queries = s->queries, .n_queries = s->n_queries};
        return poller_start_task(p, &collector_metrics, NULL, &job) < 0;
}

bool poller_read_metrics(struct poller *p) {
        return read_metrics(p, PLAN_ALL);
}

/* Where judging is to begin for an application that this process sees for the first time: where the last one stopped reading, else as far
 * back as the backfill reaches. */
static void mark_new(struct poller *p) {
        for (size_t i = 0; i < p->plan.n_applications; i++) {
                struct watched *w = &p->plan.applications[i];
                if (!w->is_new || w->judged_until_s > 0)
                        continue;
                w->judged_until_s = p->round_at_s - p->host.config->backfill_s;
                for (size_t k = 0; k < w->n_series; k++)
                        if (w->series[k].metric->is_early && w->series[k].read_until_s > w->judged_until_s)
                                w->judged_until_s = w->series[k].read_until_s;
        }
}

bool poller_read_early(struct poller *p) {
        if (p->cursor == 0) {
                p->is_backfilling = plan_is_new(&p->plan);
                mark_new(p);
        }
        return !p->is_backfilling || read_metrics(p, PLAN_EARLY);
}
