/* SPDX-License-Identifier: Apache-2.0 */
/* A round is a list of phases, in order; each starts tasks and is over when they are. */
#include "daemon/poller.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "daemon/census.h"
#include "daemon/client.h"
#include "daemon/investigations.h"
#include "daemon/judge.h"
#include "daemon/plan.h"
#include "daemon/task.h"
#include "daemon/troubles.h"
#include "util/text.h"

enum {
        SLOTS = 4,
        DISCOVER_EVERY = 10,      /* intervals; */
        DISCOVER_OFTEN_MAX = 250, /* so many applications are five calls: then each round */
        CONTROL_BURST = 60,       /* MSF publishes no figure for its API: assume 5 calls a second, */
        CONTROL_CALL_MS = 200,    /* and use half of that in the long run */
        OPERATIONS_OVERLAP_S = 3600,
        JUDGE_SLICE_MS = 10,
        NEWS_AGAIN_MS = 100,
};

enum phase {
        PHASE_IDLE,
        PHASE_DISCOVER,
        PHASE_DESCRIBE,
        PHASE_EARLY,
        PHASE_JUDGE_EARLY,
        PHASE_METRICS,
        PHASE_LIST,
        PHASE_JUDGE,
        PHASE_EXPLAIN
};

/* What is asked of the control plane per application, when, and how often: in intervals. */
static const struct fact {
        const struct collector *collector;
        enum phase phase;
        int every;
        bool is_for_later; /* not in an application's first round: what pages comes first */
} facts[PLAN_FACTS] = {
        [FACT_APPLICATION] = {&collector_applications, PHASE_DESCRIBE, 1, false},
        [FACT_OPERATIONS] = {&collector_operations, PHASE_LIST, 1, false},
        [FACT_SNAPSHOTS] = {&collector_snapshots, PHASE_LIST, 10, true},
};

struct slot {
        struct poller *poller;
        struct task *task;
        const struct collector *collector;
        char *application; /* NULL: the whole target */
        struct metric_query *queries;
        size_t n_queries;
};

struct poller {
        struct poller_host host;
        const struct config_target *target;
        char *tag;
        struct client *client;
        struct plan plan;
        struct troubles troubles;
        struct timer tick, resume;
        enum phase phase;
        struct slot slots[SLOTS];
        size_t cursor; /* of the phase: application, or application and collector */
        struct judge *judge;
        struct investigations *investigations;
        struct timer news; /* applications wait to be judged again, out of turn */
        struct target_state state;
        struct census census;
        int64_t discovered_at_s, round_at_s, tokens_at_ms;
        double control_tokens;
        size_t n_good, n_bad; /* tasks of this round */
        bool is_repeating, is_backfilling, has_skipped;
};

static void run_phase(struct poller *p);

static int64_t now_s(const struct poller *p) {
        return loop_now_s(p->host.loop);
}

static int load_state(struct poller *p) {
        SCOPED(target_states_done) struct target_states states = {0};
        int r = store_list_targets(p->host.store, &states);
        for (size_t i = 0; r == 0 && i < states.n_rows; i++)
                if (strcmp(states.rows[i].name, p->target->name) == 0) {
                        p->state.polled_at_s = states.rows[i].polled_at_s;
                        p->state.failed_at_s = states.rows[i].failed_at_s;
                }
        p->state.name = p->target->name;
        p->state.region = p->target->region;
        return r < 0 ? r : store_put_target(p->host.store, &p->state);
}

static void on_news(void *arg, const char *application);

static int begin_investigations(struct poller *p) {
        struct investigations_host host = {
                .each = {.loop = p->host.loop,
                         .exchange = p->host.exchange,
                         .store = p->host.store,
                         .quotas = p->host.quotas,
                         .client = p->client,
                         .tag = p->tag,
                         .settle_s = p->host.config->settle_s},
                .target = p->target->name,
                .arg = p,
                .news = on_news,
        };
        p->investigations = investigations_new(&host);
        return p->investigations ? 0 : -ENOMEM;
}

int poller_new(const struct poller_host *host, const struct config_target *target, struct poller **ret,
               struct err *reterr) {
        SCOPED(poller_free) struct poller *p = calloc(1, sizeof *p);
        SCOPED(buf_done) struct buf tag = BUF_INIT(512);
        if (!p)
                return -ENOMEM;
        buf_printf(&tag, "target %s", target->name);
        p->host = *host;
        p->target = target;
        p->plan.target = target->name;
        p->tag = buf_steal(&tag);
        p->control_tokens = CONTROL_BURST;
        if (!p->tag)
                return -ENOMEM;
        p->troubles.tag = p->tag;
        p->census = (struct census){.tag = p->tag,
                                    .target = target->name,
                                    .globs = target->applications,
                                    .store = host->store,
                                    .plan = &p->plan};
        for (size_t i = 0; i < SLOTS; i++)
                p->slots[i].poller = p;
        struct client_options options = {p->tag, target->region, target->profile, target->role_arn,
                                         target->external_id};
        int r = client_new(host->exchange, &options, &p->client);
        if (r < 0)
                return r;
        r = begin_investigations(p);
        if (r < 0)
                return r;
        r = census_load(&p->census, now_s(p));
        if (r == 0)
                r = load_state(p);
        if (r < 0)
                return err_set(reterr, r, "%s: the store cannot be read: %s", p->tag, store_error(host->store));
        *ret = TAKE(p);
        return 0;
}

static void clear_slot(struct slot *s) {
        free(TAKE(s->application));
        free(TAKE(s->queries));
        s->n_queries = 0;
        s->task = NULL;
        s->collector = NULL;
}

void poller_free(struct poller *p) {
        if (!p)
                return;
        timer_stop(&p->tick);
        timer_stop(&p->resume);
        for (size_t i = 0; i < SLOTS; i++) {
                task_cancel(p->slots[i].task);
                clear_slot(&p->slots[i]);
        }
        timer_stop(&p->news);
        investigations_free(p->investigations);
        judge_free(p->judge);
        troubles_done(&p->troubles);
        plan_done(&p->plan);
        census_done(&p->census);
        client_free(p->client);
        free(p->tag);
        free(p);
}

const char *poller_name(const struct poller *p) {
        return p->target->name;
}

/* Tasks. */

static size_t n_running(const struct poller *p) {
        size_t n = 0;
        for (size_t i = 0; i < SLOTS; i++)
                n += p->slots[i].task != NULL;
        return n;
}

static struct slot *free_slot(struct poller *p) {
        for (size_t i = 0; i < SLOTS; i++)
                if (!p->slots[i].task)
                        return &p->slots[i];
        return NULL;
}

static void seen(void *arg, const struct batch *b) {
        struct slot *s = arg;
        struct poller *p = s->poller;
        int r = 0;
        plan_note(&p->plan, b, now_s(p));
        for (size_t i = 0; r == 0 && i < b->n_applications; i++)
                r = plan_describe(&p->plan, p->host.store, &b->applications[i]);
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

static void take_names(struct poller *p) {
        if (census_take(&p->census, now_s(p)) < 0)
                log_error("%s: the list of applications cannot be taken over: %s", p->tag, store_error(p->host.store));
        troubles_keep(&p->troubles, is_watched, &p->plan);
}

static void note_failure(struct poller *p, struct slot *s, const struct err *err) {
        struct watched *w = s->application ? plan_find(&p->plan, s->application) : NULL;
        int64_t retry_at_s = troubles_failed(&p->troubles, s->collector->name, s->application, err, now_s(p));
        p->n_bad++;
        if (w && retry_at_s > now_s(p))
                w->retry_at_s = retry_at_s;
        else if (!s->application)
                troubles_pause(&p->troubles, s->collector->name, retry_at_s);
        if (s->collector == &collector_discovery)
                p->discovered_at_s = 0;
        if (s->queries)
                plan_not_asked(&p->plan, s->queries, s->n_queries);
}

static void task_done(void *arg, int result, const struct err *err) {
        struct slot *s = arg;
        struct poller *p = s->poller;
        if (result < 0) {
                note_failure(p, s, err);
        } else {
                p->n_good++;
                if (s->collector == &collector_discovery)
                        take_names(p);
                troubles_ended(&p->troubles, s->collector->name, s->application);
        }
        clear_slot(s);
        run_phase(p);
}

static int start_task(struct poller *p, const struct collector *collector, const char *application,
                      struct collect_job *collect) {
        struct slot *s = free_slot(p);
        if (application && text_replace(&s->application, application) < 0)
                return -ENOMEM;
        s->collector = collector;
        collect->target = p->target->name;
        collect->application = s->application;
        collect->now_s = now_s(p);
        collect->settle_s = p->host.config->settle_s;
        struct task_job job = {.collector = collector, .collect = *collect, .arg = s, .seen = seen, .done = task_done};
        int r = task_start(p->host.exchange, p->client, p->host.store, &job, &s->task);
        if (r < 0) {
                log_error("%s: %s: cannot be started: %s", p->tag, collector->name, strerror(-r));
                clear_slot(s);
        }
        return r;
}

/* Phases: each returns true when it is over. */

static bool discover(struct poller *p) {
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
        return start_task(p, &collector_discovery, NULL, &job) < 0;
}

/* Pays for a control-plane call; 0 or how long to wait. */
static int64_t control_wait_ms(struct poller *p) {
        int64_t now_ms = loop_monotonic_ms(p->host.loop);
        p->control_tokens += (double)(now_ms - p->tokens_at_ms) / CONTROL_CALL_MS;
        if (p->control_tokens > CONTROL_BURST)
                p->control_tokens = CONTROL_BURST;
        p->tokens_at_ms = now_ms;
        if (p->control_tokens < 1)
                return (int64_t)((1 - p->control_tokens) * CONTROL_CALL_MS) + 1;
        p->control_tokens -= 1;
        return 0;
}

static void resume(void *arg) {
        run_phase(arg);
}

/* Facts are read each round while that is cheap: more applications, longer turns. */
static bool is_fact_due(const struct poller *p, const struct watched *w, size_t which) {
        int64_t interval_s = p->host.config->interval_s, every_s = interval_s * facts[which].every;
        int64_t turn_s = (int64_t)p->plan.n_applications * 2 * PLAN_FACTS * CONTROL_CALL_MS / 1000;
        if (turn_s > every_s)
                every_s = turn_s;
        if (facts[which].phase != p->phase || p->round_at_s < w->retry_at_s || w->gone_at_s > 0 ||
            (facts[which].is_for_later && w->is_new))
                return false;
        return w->is_changed[which] || p->round_at_s - w->asked_at_s[which] >= every_s - interval_s / 2;
}

static bool read_facts(struct poller *p) {
        for (; p->cursor < p->plan.n_applications * PLAN_FACTS; p->cursor++) {
                struct watched *w = &p->plan.applications[p->cursor / PLAN_FACTS];
                size_t which = p->cursor % PLAN_FACTS;
                if (!is_fact_due(p, w, which))
                        continue;
                if (!free_slot(p))
                        return false;
                int64_t wait_ms = control_wait_ms(p);
                if (wait_ms > 0) {
                        timer_start(&p->resume, p->host.loop, wait_ms, resume, p);
                        return false;
                }
                int64_t from_s = w->asked_at_s[which] > 0 ? w->asked_at_s[which] - OPERATIONS_OVERLAP_S : 0;
                struct collect_job job = {.wants_job_plan = true, .from_ms = from_s * 1000};
                w->asked_at_s[which] = p->round_at_s;
                w->is_changed[which] = false;
                start_task(p, facts[which].collector, w->name, &job);
        }
        return true;
}

static bool read_metrics(struct poller *p, enum plan_scope scope) {
        if (p->cursor > 0)
                return true;
        p->cursor = 1;
        if (troubles_is_paused(&p->troubles, collector_metrics.name, p->round_at_s))
                return true;
        const struct config *c = p->host.config;
        struct plan_times times = {p->round_at_s, c->interval_s, c->settle_s, c->backfill_s};
        struct slot *s = free_slot(p);
        if (plan_due(&p->plan, &times, scope, &s->queries, &s->n_queries) < 0 || s->n_queries == 0) {
                clear_slot(s);
                return true;
        }
        struct collect_job job = {.queries = s->queries, .n_queries = s->n_queries};
        return start_task(p, &collector_metrics, NULL, &job) < 0;
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

static bool read_early(struct poller *p) {
        if (p->cursor == 0) {
                p->is_backfilling = plan_is_new(&p->plan);
                mark_new(p);
        }
        return !p->is_backfilling || read_metrics(p, PLAN_EARLY);
}

static bool investigate(void *arg, const char *application, const struct want *want) {
        struct poller *p = arg;
        return investigations_ask(p->investigations, application, want);
}

static int begin_judge(struct poller *p, struct watched *w, enum judge_set set, int64_t at_s, struct judge **ret) {
        struct judge_job job = {
                .store = p->host.store,
                .config = p->host.config,
                .target = p->target->name,
                .application = w->name,
                .application_arn = w->arn,
                .from_s = w->judged_until_s,
                .now_s = at_s,
                .set = set,
                .investigate = investigate,
                .arg = p,
                /* Before the operations were read nobody knows whether a restart was meant. */
                .is_quiet = w->asked_at_s[FACT_OPERATIONS] == 0,
        };
        return judge_new(&job, ret);
}

static void end_judge(struct poller *p, struct watched *w, enum judge_set set, int64_t at_s,
                      const struct judge_result *result) {
        w->is_suspicious = result->n_findings > 0;
        if (result->n_told > 0)
                p->host.told(p->host.arg);
        if (set == JUDGE_EARLY)
                return;
        if (!result->is_held)
                w->judged_until_s = at_s;
        else if (result->judged_until_s > 0)
                w->judged_until_s = result->judged_until_s;
        w->is_new = false;
        w->has_news = false;
        if (result->n_wanted == 0)
                investigations_drop(p->investigations, w->name);
}

/* A slice of judging, so that polls and clients of others are served in between. */
static bool judge_applications(struct poller *p, enum judge_set set) {
        int64_t until_ms = loop_monotonic_ms(p->host.loop) + JUDGE_SLICE_MS;
        while (p->cursor < p->plan.n_applications) {
                struct watched *w = &p->plan.applications[p->cursor];
                int r = 0;
                if (w->described_at_s > 0 && !p->judge)
                        r = begin_judge(p, w, set, p->round_at_s, &p->judge);
                if (r == 0 && p->judge)
                        r = judge_step(p->judge);
                if (r < 0) {
                        log_error("%s: %s: cannot be judged: %s: %s", p->tag, w->name, strerror(-r),
                                  store_error(p->host.store));
                        judge_free(TAKE(p->judge));
                }
                if (r == 0 && p->judge) {
                        end_judge(p, w, set, p->round_at_s, judge_result(p->judge));
                        judge_free(TAKE(p->judge));
                }
                if (r <= 0)
                        p->cursor++;
                if (loop_monotonic_ms(p->host.loop) >= until_ms) {
                        timer_start(&p->resume, p->host.loop, 0, resume, p);
                        return false;
                }
        }
        return true;
}

/* Between two rounds: what waited for its cause, or has got one. It was judged up to a moment ago. */
static void judge_again(struct poller *p, struct watched *w) {
        SCOPED(judge_free) struct judge *judge = NULL;
        int64_t at_s = now_s(p);
        w->has_news = false;
        int r = begin_judge(p, w, JUDGE_ALL, at_s, &judge);
        while (r >= 0 && (r = judge_step(judge)) > 0)
                ;
        if (r < 0)
                log_error("%s: %s: cannot be judged: %s: %s", p->tag, w->name, strerror(-r),
                          store_error(p->host.store));
        else
                end_judge(p, w, JUDGE_ALL, at_s, judge_result(judge));
}

static void take_news(void *arg) {
        struct poller *p = arg;
        bool is_judging = p->phase == PHASE_JUDGE_EARLY || p->phase == PHASE_JUDGE;
        size_t i = 0;
        while (i < p->plan.n_applications && !p->plan.applications[i].has_news)
                i++;
        if (i < p->plan.n_applications && is_judging) {
                timer_start(&p->news, p->host.loop, NEWS_AGAIN_MS, take_news, p);
        } else if (i < p->plan.n_applications) {
                judge_again(p, &p->plan.applications[i]);
                timer_start(&p->news, p->host.loop, 0, take_news, p);
        } else if (p->phase == PHASE_EXPLAIN) {
                run_phase(p);
        }
}

static void on_news(void *arg, const char *application) {
        struct poller *p = arg;
        struct watched *w = plan_find(&p->plan, application);
        if (w && !w->is_new)
                w->has_news = true;
        timer_start(&p->news, p->host.loop, 0, take_news, p);
}

/* A single round waits for the causes of what it has found. */
static bool explain(struct poller *p) {
        return p->is_repeating || (investigations_pending(p->investigations) == 0 && !timer_is_running(&p->news));
}

static bool judge_early(struct poller *p) {
        return !p->is_backfilling || judge_applications(p, JUDGE_EARLY);
}

static bool judge_whole(struct poller *p) {
        return judge_applications(p, p->is_backfilling ? JUDGE_THE_REST : JUDGE_ALL);
}

static void end_round(struct poller *p) {
        p->phase = PHASE_IDLE;
        bool was_read = p->n_good > 0;
        const char *text = troubles_text(&p->troubles);
        if (p->n_bad > 0)
                p->state.failed_at_s = p->round_at_s;
        if (was_read)
                p->state.polled_at_s = p->round_at_s;
        p->state.error = (char *)text;
        if (store_put_target(p->host.store, &p->state) < 0)
                log_error("%s: %s", p->tag, store_error(p->host.store));
        log_debug("%s: poll finished: %zu of %zu tasks good", p->tag, p->n_good, p->n_good + p->n_bad);
        p->host.finished(p->host.arg, was_read || p->n_bad == 0);
}

static bool read_all_metrics(struct poller *p) {
        return read_metrics(p, PLAN_ALL);
}

static void run_phase(struct poller *p) {
        static bool (*const phases[])(struct poller *) = {
                [PHASE_DISCOVER] = discover, [PHASE_LIST] = read_facts,         [PHASE_DESCRIBE] = read_facts,
                [PHASE_EARLY] = read_early,  [PHASE_JUDGE_EARLY] = judge_early, [PHASE_METRICS] = read_all_metrics,
                [PHASE_JUDGE] = judge_whole, [PHASE_EXPLAIN] = explain,
        };
        while (p->phase != PHASE_IDLE && phases[p->phase](p)) {
                if (n_running(p) > 0)
                        return;
                bool were_metrics = p->phase == PHASE_EARLY || p->phase == PHASE_METRICS;
                if (were_metrics && plan_refresh(&p->plan, p->host.store) < 0)
                        log_error("%s: %s", p->tag, store_error(p->host.store));
                p->cursor = 0;
                if (p->phase == PHASE_EXPLAIN) {
                        end_round(p);
                        return;
                }
                p->phase++;
        }
}

static void begin_round(struct poller *p) {
        p->round_at_s = now_s(p);
        p->n_good = p->n_bad = 0;
        p->has_skipped = false;
        p->cursor = 0;
        p->phase = PHASE_DISCOVER;
        run_phase(p);
}

static void on_tick(void *arg) {
        struct poller *p = arg;
        int64_t interval_ms = p->host.config->interval_s * 1000;
        if (p->is_repeating)
                timer_start(&p->tick, p->host.loop, interval_ms, on_tick, p);
        if (p->phase != PHASE_IDLE) {
                log_line(p->has_skipped ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING,
                         "%s: the poll begun %" PRId64 " s ago is not finished: this one is skipped", p->tag,
                         now_s(p) - p->round_at_s);
                p->has_skipped = true;
                return;
        }
        begin_round(p);
}

void poller_start(struct poller *p) {
        p->is_repeating = true;
        on_tick(p);
}

void poller_once(struct poller *p) {
        if (p->phase == PHASE_IDLE)
                begin_round(p);
}
