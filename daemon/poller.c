/* SPDX-License-Identifier: Apache-2.0 */
/* A round is a list of phases, in order; each starts tasks and is over when they are. */
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <string.h>

#include "daemon/log.h"
#include "daemon/poller_inner.h"
#include "util/text.h"

int64_t poller_now_s(const struct poller *p) {
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
                .news = poller_on_news,
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
        p->control_tokens = POLLER_CONTROL_BURST;
        if (!p->tag)
                return -ENOMEM;
        p->troubles.tag = p->tag;
        p->census = (struct census){.tag = p->tag,
                                    .target = target->name,
                                    .globs = target->applications,
                                    .store = host->store,
                                    .plan = &p->plan};
        for (size_t i = 0; i < POLLER_SLOTS; i++)
                p->slots[i].poller = p;
        p->log_slot.poller = p;
        struct client_options options = {p->tag, target->region, target->profile, target->role_arn,
                                         target->external_id};
        int r = client_new(host->exchange, &options, &p->client);
        if (r < 0)
                return r;
        r = begin_investigations(p);
        if (r < 0)
                return r;
        r = census_load(&p->census, poller_now_s(p));
        if (r == 0)
                r = load_state(p);
        if (r < 0)
                return err_set(reterr, r, "%s: the store cannot be read: %s", p->tag, store_error(host->store));
        *ret = TAKE(p);
        return 0;
}

void poller_free(struct poller *p) {
        if (!p)
                return;
        timer_stop(&p->tick);
        timer_stop(&p->resume);
        for (size_t i = 0; i < POLLER_SLOTS; i++) {
                task_cancel(p->slots[i].task);
                poller_clear_slot(&p->slots[i]);
        }
        task_cancel(p->log_slot.task);
        poller_clear_slot(&p->log_slot);
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

bool poller_watches(struct poller *p, const char *application) {
        return plan_find(&p->plan, application);
}

int poller_progress(const struct poller *p, struct rpc_progress *ret) {
        *ret = (struct rpc_progress){0};
        for (size_t i = 0; i < p->plan.n_applications; i++) {
                const struct watched *w = &p->plan.applications[i];
                if (w->gone_at_s > 0)
                        continue;
                ret->n_applications++;
                ret->n_applications_judged += !w->is_new;
                for (size_t k = 0; w->is_running && k < w->n_series; k++) {
                        ret->n_series++;
                        ret->n_series_read += w->series[k].newest.at_s > 0 || w->series[k].read_until_s > 0;
                }
        }
        return p->phase == PHASE_IDLE || ret->n_applications_judged == ret->n_applications;
}

const char *poller_name(const struct poller *p) {
        return p->target->name;
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
        store_rest(p->host.store);
        malloc_trim(0);
        log_debug("%s: poll finished: %zu of %zu tasks good", p->tag, p->n_good, p->n_good + p->n_bad);
        vitals_round(p->host.vitals, p->target->name, was_read || p->n_bad == 0,
                     (double)(loop_monotonic_ms(p->host.loop) - p->round_began_ms) / 1000);
        p->host.finished(p->host.arg, was_read || p->n_bad == 0);
}

void poller_go_on(void *poller) {
        struct poller *p = poller;
        static bool (*const phases[])(struct poller *) = {
                [PHASE_DISCOVER] = poller_discover,       [PHASE_LIST] = poller_read_facts,
                [PHASE_DESCRIBE] = poller_read_facts,     [PHASE_EARLY] = poller_read_early,
                [PHASE_JUDGE_EARLY] = poller_judge_early, [PHASE_SERIES] = poller_find_series,
                [PHASE_METRICS] = poller_read_metrics,    [PHASE_LOGS] = poller_find_logs,
                [PHASE_JUDGE] = poller_judge_whole,       [PHASE_EXPLAIN] = poller_explain,
        };
        while (p->phase != PHASE_IDLE && phases[p->phase](p)) {
                if (poller_n_running(p) > 0)
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
        p->round_at_s = poller_now_s(p);
        p->round_began_ms = loop_monotonic_ms(p->host.loop);
        p->n_good = p->n_bad = 0;
        p->has_skipped = false;
        p->cursor = 0;
        p->phase = PHASE_DISCOVER;
        poller_go_on(p);
}

static void on_tick(void *arg) {
        struct poller *p = arg;
        int64_t interval_ms = p->host.config->interval_s * 1000;
        if (p->is_repeating)
                timer_start(&p->tick, p->host.loop, interval_ms, on_tick, p);
        if (p->phase != PHASE_IDLE) {
                log_line(p->has_skipped ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING,
                         "%s: the poll begun %" PRId64 " s ago is not finished: this one is skipped", p->tag,
                         poller_now_s(p) - p->round_at_s);
                p->has_skipped = true;
                vitals_skip(p->host.vitals, p->target->name);
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
