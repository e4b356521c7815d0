/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/backtest.h"

#include <errno.h>
#include <string.h>

#include "daemon/judge.h"
#include "daemon/loop.h"
#include "util/glob.h"
#include "util/list.h"
#include "util/text.h"

enum { SINCE_STANDARD_S = 14 * 86400, SLICE_MS = 10 };

struct backtest {
        struct rpc_work base;
        struct loop *loop;
        struct store *store;
        struct config *config;
        struct application_rows applications;
        size_t next; /* application */
        int64_t from_s, now_s;
        struct judge *judge;
};

static void release(struct rpc_work *work) {
        struct backtest *b = (struct backtest *)work;
        judge_free(b->judge);
        application_rows_done(&b->applications);
        config_free(b->config);
        free(b);
}

/* Before its first sample there is nothing to judge, only time to lose. */
static int find_beginning(const struct backtest *b, const struct application *a, int64_t *ret_from_s) {
        SCOPED(series_rows_done) struct series_rows series = {0};
        int64_t first_s = 0;
        int r = store_list_series(b->store, a->target, a->name, &series);
        for (size_t i = 0; r == 0 && i < series.n_rows; i++)
                if (series.rows[i].first_at_s > 0 && (first_s == 0 || series.rows[i].first_at_s < first_s))
                        first_s = series.rows[i].first_at_s;
        *ret_from_s = first_s > b->from_s && first_s < b->now_s ? first_s : b->from_s;
        return r;
}

static int begin_application(struct backtest *b) {
        const struct application *a = &b->applications.rows[b->next];
        int64_t from_s;
        int r = find_beginning(b, a, &from_s);
        if (r < 0)
                return r;
        struct judge_job job = {
                .store = b->store,
                .config = b->config,
                .target = a->target,
                .application = a->name,
                .application_arn = a->arn,
                .from_s = from_s,
                .now_s = b->now_s,
                .is_rehearsal = true,
        };
        return judge_new(&job, &b->judge);
}

static void end_application(struct backtest *b, struct jsonw *w) {
        const struct incident_rows *found = judge_incidents(b->judge);
        for (size_t i = 0; i < found->n_rows; i++)
                incident_write(w, &found->rows[i]);
        judge_free(TAKE(b->judge));
        b->next++;
}

/* A slice of judging; so that polls and other clients are served in between. */
static int next(struct rpc_work *work, struct jsonw *w) {
        struct backtest *b = (struct backtest *)work;
        int64_t until_ms = loop_monotonic_ms(b->loop) + SLICE_MS;
        while (b->next < b->applications.n_rows) {
                int r = b->judge ? 0 : begin_application(b);
                if (r == 0)
                        r = judge_step(b->judge);
                if (r < 0)
                        return r;
                if (r == 0)
                        end_application(b, w);
                if (loop_monotonic_ms(b->loop) >= until_ms)
                        return RPC_MORE;
        }
        return 0;
}

/* Keeps those that match. */
static int take_applications(struct backtest *b, const char *target, const char *glob) {
        SCOPED(application_rows_done) struct application_rows known = {0};
        int r = store_list_applications(b->store, target, &known);
        for (size_t i = 0; r == 0 && i < known.n_rows; i++) {
                if (glob && !glob_matches(glob, known.rows[i].name))
                        continue;
                struct application *slot = LIST_ADD(b->applications.rows, b->applications.n_rows,
                                                    b->applications.rows_size);
                if (!slot)
                        return -ENOMEM;
                *slot = known.rows[i];
                known.rows[i] = (struct application){0};
        }
        return r;
}

/* As much of the faults as fits into an answer: the first one, and how many more there are. */
static int say_faults(const struct config_faults *faults, struct err *reterr) {
        struct span rest = buf_span(&faults->lines), first = span_split(&rest, '\n');
        char more[64] = "";
        if (faults->n > 1)
                snprintf(more, sizeof more, " (and %zu more)", faults->n - 1);
        return err_set(reterr, -EINVAL, "%.*s%s", (int)(first.len > 200 ? text_boundary(first.data, 200) : first.len),
                       first.data ? first.data : "", more);
}

static int make_config(struct backtest *b, const struct work_order *order, struct err *reterr) {
        SCOPED(config_faults_done) struct config_faults faults = {0};
        const struct config *running = order->host->config;
        if (!order->config)
                return config_dup_judging(running, &b->config);
        int r = config_parse_judging(order->config_path ? order->config_path : "config", span_of(order->config),
                                     &b->config, &faults);
        if (r == -EINVAL)
                return say_faults(&faults, reterr);
        if (r < 0)
                return r;
        b->config->interval_s = running->interval_s;
        b->config->settle_s = running->settle_s;
        return 0;
}

static int begin(struct backtest *b, const struct work_order *order, struct err *reterr) {
        b->now_s = loop_now_s(b->loop);
        int64_t since_s = order->since_s > 0 ? order->since_s : SINCE_STANDARD_S;
        int64_t kept_s = order->host->config->retention_s; /* nothing is known of what was before */
        b->from_s = b->now_s - (since_s < kept_s ? since_s : kept_s);
        int r = make_config(b, order, reterr);
        if (r == 0)
                r = take_applications(b, order->target, order->application);
        if (r == 0 && b->applications.n_rows == 0 && order->application)
                return err_set(reterr, -ENOENT, "no application matches %.100s: see flinkwatchctl apps",
                               order->application);
        return r;
}

int backtest_begin(const struct work_order *order, struct rpc_work **ret, struct err *reterr) {
        struct backtest *b = calloc(1, sizeof *b);
        if (!b)
                return -ENOMEM;
        b->base = (struct rpc_work){next, release};
        b->loop = order->host->loop;
        b->store = order->host->store;
        int r = begin(b, order, reterr);
        if (r < 0) {
                release(&b->base);
                return reterr->text[0] ? r : err_set(reterr, r, "the backtest cannot begin: %s", strerror(-r));
        }
        *ret = &b->base;
        return 0;
}
