/* SPDX-License-Identifier: Apache-2.0 */
/* What watching costs, by target and tier, and what the watched applications cost. A calendar month (UTC), as AWS bills. */
#include <errno.h>
#include <math.h>

#include "model/prices.h"
#include "rpc/method.h"
#include "util/text.h"

static const struct rpc_param params[] = {{"target", RPC_KIND_TEXT, false}, {0}};

enum { PIECE = 32 };

struct target_cost {
        struct prices prices;
        struct usage usage;
        struct rpc_forecast forecast;
};

struct cost {
        struct target_states targets; /* those that are asked about */
        struct target_cost *costs;    /* of each */
        struct application_rows applications;
        size_t next;
        double applications_usd; /* of those that were written */
        bool has_begun;
};

static void cost_free(void *state) {
        struct cost *c = state;
        target_states_done(&c->targets);
        application_rows_done(&c->applications);
        free(c->costs);
        free(c);
}

static int forecast_of(struct rpc_question *q, const char *target, const char *application, struct rpc_forecast *ret) {
        const struct rpc_actions *actions = q->host->actions;
        *ret = (struct rpc_forecast){.stretch_sentinels = 1, .stretch_others = 1, .budget_usd = -1};
        int r = actions->forecast(actions->arg, target, application, ret);
        return r == -ENOENT ? 0 : r; /* not polled any more: what was spent is spent */
}

static void keep_only(struct target_states *targets, const char *name) {
        for (size_t i = targets->n_rows; name && i-- > 0;) {
                struct target_state *t = &targets->rows[i];
                if (strcmp(t->name, name) == 0)
                        continue;
                struct target_state gone = *t;
                *t = targets->rows[targets->n_rows - 1];
                targets->rows[--targets->n_rows] = gone;
                free(gone.name);
                free(gone.region);
                free(gone.error);
        }
}

static int cost_start(struct rpc_question *q, void **ret_state) {
        const char *target = q->values[0].text;
        int r = rpc_check_target(q, target);
        if (r < 0)
                return r;
        struct cost *c = calloc(1, sizeof *c);
        *ret_state = c;
        if (!c)
                return -ENOMEM;
        r = store_list_targets(q->host->store, &c->targets);
        if (r < 0)
                return r;
        keep_only(&c->targets, target);
        c->costs = calloc(c->targets.n_rows + 1, sizeof *c->costs);
        if (!c->costs)
                return -ENOMEM;
        for (size_t i = 0; i < c->targets.n_rows && r == 0; i++) {
                c->costs[i].prices = prices_of(c->targets.rows[i].region);
                r = store_usage(q->host->store, c->targets.rows[i].name, q->now_s, &c->costs[i].usage);
                if (r == 0)
                        r = forecast_of(q, c->targets.rows[i].name, NULL, &c->costs[i].forecast);
        }
        return r < 0 ? r : store_list_applications(q->host->store, target, &c->applications);
}

static double metrics_usd(const struct prices *p, double metrics) {
        return metrics / 1000 * p->metrics_thousand_usd;
}

/* As the budget lets it be asked. */
static double per_hour(const struct rpc_forecast *f, int tier) {
        double stretch = tier == TIER_SENTINEL ? f->stretch_sentinels : f->stretch_others;
        return f->metrics_per_hour[tier] / (stretch > 1 ? stretch : 1);
}

/* Metrics until the month ends, and in any month, tier < 0: of all tiers. */
static double metrics_ahead(const struct target_cost *c, int tier, double hours) {
        double sum = 0;
        for (int i = 0; i < N_TIERS; i++)
                if (tier < 0 || tier == i)
                        sum += per_hour(&c->forecast, i) * hours;
        return sum;
}

static double hours_left(const struct target_cost *c, int64_t now_s) {
        return (double)(c->usage.to_s - now_s) / 3600;
}

/* What was asked for since the month began, what it cost, what it will have cost, and what a whole month costs at this pace. */
static void write_spending(struct jsonw *w, const struct target_cost *c, int tier, int64_t now_s) {
        int64_t n = tier < 0 ? c->usage.metrics_requested : c->usage.by_tier[tier];
        double ahead = metrics_ahead(c, tier, hours_left(c, now_s));
        jsonw_member_int(w, "metrics_requested", n);
        jsonw_member_double(w, "metrics_per_hour", metrics_ahead(c, tier, 1));
        jsonw_member_double(w, "spent_usd", metrics_usd(&c->prices, (double)n));
        jsonw_member_double(w, "projected_usd", metrics_usd(&c->prices, (double)n + ahead));
        jsonw_member_double(w, "month_usd", metrics_usd(&c->prices, metrics_ahead(c, tier, PRICES_MONTH_H)));
}

static void write_tiers(struct rpc_question *q, struct jsonw *w, const struct target_cost *c) {
        jsonw_key(w, "tiers");
        jsonw_array(w);
        for (int tier = 0; tier < N_TIERS; tier++) {
                jsonw_object(w);
                jsonw_member_string(w, "tier", metric_tier_name((enum metric_tier)tier));
                jsonw_member_int(w, "every_s", q->host->interval_s * metric_tier_intervals((enum metric_tier)tier));
                write_spending(w, c, tier, q->now_s);
                jsonw_object_end(w);
        }
        jsonw_array_end(w);
}

static void write_targets(struct rpc_question *q, struct jsonw *w, const struct cost *c) {
        jsonw_key(w, "targets");
        jsonw_array(w);
        for (size_t i = 0; i < c->targets.n_rows; i++) {
                jsonw_object(w);
                jsonw_member_string(w, "name", c->targets.rows[i].name);
                jsonw_member_string(w, "region", c->targets.rows[i].region);
                jsonw_member_bool(w, "is_estimate", c->costs[i].prices.is_estimate);
                write_spending(w, &c->costs[i], -1, q->now_s);
                write_tiers(q, w, &c->costs[i]);
                jsonw_object_end(w);
        }
        jsonw_array_end(w);
}

/* Over all targets, also when one is asked about: so is the budget. A stretch that is null: nothing is asked, the budget is spent. */
static void write_budget(struct jsonw *w, const struct cost *c) {
        const struct rpc_forecast *f = c->targets.n_rows > 0 ? &c->costs[0].forecast : NULL;
        jsonw_member_double(w, "budget_usd", f && f->budget_usd >= 0 ? f->budget_usd : NAN);
        jsonw_member_double(w, "stretch_sentinels", f ? f->stretch_sentinels : 1);
        jsonw_member_double(w, "stretch_others", f ? f->stretch_others : 1);
}

static void write_head(struct rpc_question *q, struct jsonw *w, const struct cost *c) {
        double spent = 0, ahead = 0, month = 0;
        for (size_t i = 0; i < c->targets.n_rows; i++) {
                const struct target_cost *t = &c->costs[i];
                spent += metrics_usd(&t->prices, (double)t->usage.metrics_requested);
                ahead += metrics_usd(&t->prices, metrics_ahead(t, -1, hours_left(t, q->now_s)));
                month += metrics_usd(&t->prices, metrics_ahead(t, -1, PRICES_MONTH_H));
        }
        jsonw_member_time(w, "at", q->now_s);
        jsonw_member_time(w, "month_from", store_month_from(q->now_s, 0));
        jsonw_member_time(w, "month_to", store_month_from(q->now_s, 1));
        write_budget(w, c);
        jsonw_member_double(w, "spent_usd", spent);
        jsonw_member_double(w, "projected_usd", spent + ahead);
        jsonw_member_double(w, "month_usd", month);
        write_targets(q, w, c);
        jsonw_key(w, "applications");
        jsonw_array(w);
}

static const struct target_cost *cost_of(const struct cost *c, const char *target) {
        for (size_t i = 0; i < c->targets.n_rows; i++)
                if (text_same(c->targets.rows[i].name, target))
                        return &c->costs[i];
        return NULL;
}

/* Bytes of state, by the newest checkpoint; NaN: not known. It is what running storage holds, about. */
static int state_bytes(struct rpc_question *q, const struct application *a, double *ret_bytes) {
        SCOPED(series_rows_done) struct series_rows rows = {0};
        struct sample newest;
        *ret_bytes = NAN;
        int r = store_list_series(q->host->store, a->target, a->name, &rows);
        for (size_t i = 0; i < rows.n_rows && r == 0; i++) {
                const struct series_row *row = &rows.rows[i];
                if (strcmp(row->metric, "lastCheckpointSize") != 0 || row->dimensions[0])
                        continue;
                r = store_newest(q->host->store, row->id, &newest);
                if (r == 0)
                        *ret_bytes = newest.value;
                r = r < 0 ? r : 0;
        }
        return r;
}

/* What an application itself costs in a month; NaN: not known. A stopped one costs nothing. */
struct running {
        int64_t kpus, orchestration_kpus;
        double hour_usd, storage_included_gb, storage_gb, storage_month_usd, month_usd;
};

static struct running running_cost(const struct application *a, const struct prices *prices, double bytes) {
        struct running r = {.kpus = rpc_kpus(a), .storage_gb = bytes / 1e9};
        if (r.kpus == 0)
                return r;
        r.orchestration_kpus = PRICES_ORCHESTRATION_KPUS;
        r.hour_usd = (double)(r.kpus + r.orchestration_kpus) * prices->kpu_hour_usd;
        r.storage_included_gb = (double)(r.kpus * PRICES_KPU_STORAGE_GB);
        double beyond_gb = r.storage_gb - r.storage_included_gb;
        r.storage_month_usd = beyond_gb < 0 ? 0 : beyond_gb * prices->storage_gb_month_usd;
        r.month_usd = r.hour_usd * PRICES_MONTH_H + (isnan(r.storage_month_usd) ? 0 : r.storage_month_usd);
        return r;
}

static int write_application(struct rpc_question *q, struct cost *c, const struct application *a, struct jsonw *w) {
        const struct target_cost *t = cost_of(c, a->target);
        struct prices prices = t ? t->prices : prices_of(NULL);
        struct rpc_forecast forecast;
        double bytes, watching_usd = 0;
        int r = state_bytes(q, a, &bytes);
        if (r == 0)
                r = forecast_of(q, a->target, a->name, &forecast);
        if (r < 0)
                return r;
        for (int tier = 0; tier < N_TIERS; tier++)
                watching_usd += metrics_usd(&prices, per_hour(&forecast, tier) * PRICES_MONTH_H);
        struct running cost = running_cost(a, &prices, bytes);
        c->applications_usd += cost.month_usd;
        jsonw_object(w);
        jsonw_member_string(w, "target", a->target);
        jsonw_member_string(w, "name", a->name);
        jsonw_member_string(w, "status", a->status);
        jsonw_member_int(w, "kpus", cost.kpus);
        jsonw_member_int(w, "orchestration_kpus", cost.orchestration_kpus);
        jsonw_member_double(w, "kpu_hour_usd", prices.kpu_hour_usd);
        jsonw_member_bool(w, "is_estimate", prices.is_estimate);
        jsonw_member_double(w, "hour_usd", cost.hour_usd);
        jsonw_member_double(w, "storage_included_gb", cost.storage_included_gb);
        jsonw_member_double(w, "storage_gb", cost.storage_gb);
        jsonw_member_double(w, "storage_month_usd", cost.storage_month_usd);
        jsonw_member_double(w, "month_usd", cost.month_usd);
        jsonw_member_double(w, "watching_month_usd", watching_usd);
        jsonw_object_end(w);
        return 0;
}

static int cost_step(struct rpc_question *q, void *state, struct jsonw *w) {
        struct cost *c = state;
        if (!c->has_begun) {
                jsonw_object(w);
                write_head(q, w, c);
        }
        c->has_begun = true;
        for (size_t i = 0; i < PIECE && c->next < c->applications.n_rows; i++, c->next++) {
                int r = write_application(q, c, &c->applications.rows[c->next], w);
                if (r < 0)
                        return r;
        }
        if (c->next < c->applications.n_rows)
                return RPC_MORE;
        jsonw_array_end(w);
        jsonw_member_double(w, "applications_month_usd", c->applications_usd);
        jsonw_object_end(w);
        return 0;
}

const struct rpc_method rpc_cost = {"cost", RPC_READ, params, cost_start, cost_step, cost_free};
