/* SPDX-License-Identifier: Apache-2.0 */
/* What a poller has under way: at most a few tasks at once, and what comes of each. */
#include <errno.h>
#include <string.h>

#include "daemon/log.h"
#include "daemon/poller_inner.h"
#include "daemon/unwatched.h"
#include "util/text.h"

void poller_clear_slot(struct slot *s) {
        free(TAKE(s->application));
        free(TAKE(s->log_group));
        free(TAKE(s->log_stream));
        free(TAKE(s->queries));
        s->is_log_there = false;
        s->n_queries = 0;
        s->task = NULL;
        s->collector = NULL;
}

size_t poller_n_running(const struct poller *p) {
        size_t n = 0;
        for (size_t i = 0; i < POLLER_SLOTS; i++)
                n += p->slots[i].task != NULL;
        return n + (p->log_slot.task && !p->is_repeating);
}

struct slot *poller_free_slot(struct poller *p) {
        for (size_t i = 0; i < POLLER_SLOTS; i++)
                if (!p->slots[i].task)
                        return &p->slots[i];
        return NULL;
}

enum { SERIES_LISTED_S = 900 }; /* a new series is in ListMetrics by then */

/* A new version of an application has new operators, and may log elsewhere. */
static void note_version(struct poller *p, const struct application *a) {
        struct watched *w = plan_find(&p->plan, a->name);
        int64_t due_at_s = poller_now_s(p) + SERIES_LISTED_S;
        if (w && w->version_id != a->version_id && p->series_due_at_s > due_at_s)
                p->series_due_at_s = due_at_s;
        if (w && w->version_id != a->version_id)
                w->log_asked_at_s = 0;
}

static void seen(void *arg, const struct batch *b) {
        struct slot *s = arg;
        struct poller *p = s->poller;
        int r = 0;
        s->is_log_there = s->is_log_there || b->n_log_streams > 0;
        plan_note(&p->plan, b, poller_now_s(p));
        plan_note_news(&p->plan, b);
        for (size_t i = 0; i < b->n_applications; i++)
                note_version(p, &b->applications[i]);
        if (b->n_series > 0)
                r = plan_take_found(&p->plan, p->host.store, b);
        for (size_t i = 0; r == 0 && i < b->n_applications; i++)
                r = plan_describe(&p->plan, p->host.store, &b->applications[i]);
        for (size_t i = 0; r == 0 && i < b->n_applications; i++)
                poller_keep_log(p, &b->applications[i]);
        if (r < 0)
                log_error("%s: %s", p->tag, store_error(p->host.store));
        if (b->notice[0])
                log_notice("%s: %s: %s", p->tag, s->collector->name, b->notice);
        if (census_add(&p->census, b) < 0)
                log_error("%s: out of memory", p->tag);
}

static bool is_watched(void *arg, const char *application) {
        const struct watched *w = plan_find(arg, application);
        return w && w->gone_at_s == 0;
}

static bool is_in_plan(void *arg, const char *application) {
        return plan_find(arg, application);
}

/* Who has left the plan is not judged again. */
static void let_go(struct poller *p) {
        struct unwatched u = {.store = p->host.store,
                              .config = p->host.config,
                              .target = p->target->name,
                              .is_watched = is_in_plan,
                              .arg = &p->plan,
                              .now_s = poller_now_s(p)};
        int n_told = unwatched_end(&u);
        if (n_told < 0)
                log_error("%s: what is open of applications that are gone cannot be ended: %s", p->tag,
                          store_error(p->host.store));
        p->census.has_left_any = n_told < 0;
        if (n_told > 0)
                p->host.told(p->host.arg);
        investigations_keep(p->investigations, is_in_plan, &p->plan);
}

static void take_names(struct poller *p) {
        if (census_take(&p->census, poller_now_s(p)) < 0)
                log_error("%s: the list of applications cannot be taken over: %s", p->tag, store_error(p->host.store));
        troubles_keep(&p->troubles, is_watched, &p->plan);
        if (p->census.has_left_any)
                let_go(p);
}

static void end_series(struct poller *p) {
        if (plan_end_found(&p->plan) < 0)
                log_error("%s: out of memory", p->tag);
        for (size_t i = 0; i < p->plan.n_applications; i++) {
                struct watched *w = &p->plan.applications[i];
                if (w->n_left_out > 0 && w->n_left_out != w->n_said)
                        log_notice(
                                "%s: %s: %zu series of tasks and subtasks are not read: a coarser MetricsLevel costs less and is read whole",
                                p->tag, w->name, w->n_left_out);
                w->n_said = w->n_left_out;
        }
}

static void note_failure(struct poller *p, struct slot *s, const struct err *err) {
        struct watched *w = s->application ? plan_find(&p->plan, s->application) : NULL;
        int64_t retry_at_s = troubles_failed(&p->troubles, s->collector->name, s->application, err, poller_now_s(p));
        p->n_bad++;
        if (w && retry_at_s > poller_now_s(p))
                w->retry_at_s = retry_at_s;
        else if (!s->application)
                troubles_pause(&p->troubles, s->collector->name, retry_at_s);
        if (s->collector == &collector_discovery)
                p->discovered_at_s = 0;
        if (s->collector == &collector_series_list)
                p->series_due_at_s = 0;
        if (s->queries)
                plan_not_asked(&p->plan, s->queries, s->n_queries);
}

static void task_done(void *arg, int result, const struct err *err) {
        struct slot *s = arg;
        struct poller *p = s->poller;
        if (s == &p->log_slot) {
                poller_end_log(p, result);
                if (!p->is_repeating)
                        poller_go_on(p);
                return;
        }
        if (result < 0) {
                note_failure(p, s, err);
        } else {
                p->n_good++;
                poller_note_answer(p, s);
                if (s->collector == &collector_discovery)
                        take_names(p);
                if (s->collector == &collector_series_list)
                        end_series(p);
                troubles_ended(&p->troubles, s->collector->name, s->application);
        }
        poller_clear_slot(s);
        poller_go_on(p);
}

static void asks_again(void *arg) {
        struct slot *s = arg;
        poller_asks_again(s->poller, s->collector);
}

int poller_start_task(struct poller *p, const struct collector *collector, const char *application,
                      struct collect_job *collect) {
        return poller_start_in(p, poller_free_slot(p), collector, application, collect);
}

int poller_start_in(struct poller *p, struct slot *s, const struct collector *collector, const char *application,
                    struct collect_job *collect) {
        if (application && text_replace(&s->application, application) < 0)
                return -ENOMEM;
        s->collector = collector;
        collect->target = p->target->name;
        collect->application = s->application;
        collect->now_s = poller_now_s(p);
        collect->settle_s = p->host.config->settle_s;
        struct task_job job = {.collector = collector,
                               .collect = *collect,
                               .arg = s,
                               .seen = seen,
                               .asks_again = asks_again,
                               .done = task_done};
        int r = task_start(p->host.exchange, p->client, p->host.store, &job, &s->task);
        if (r < 0) {
                log_error("%s: %s: cannot be started: %s", p->tag, collector->name, strerror(-r));
                poller_clear_slot(s);
        }
        return r;
}
