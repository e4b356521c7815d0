/* SPDX-License-Identifier: Apache-2.0 */
/* How long a backtest of 14 days of 100 applications takes one core, store and all, and for how long it holds up the loop at a time. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/backtest.h"
#include "daemon/loop.h"
#include "tests/unit/diagnosers/scenario.h"
#include "util/number.h"
#include "util/text.h"

enum { APPLICATIONS = 20, SCALE = 5, DAYS = 15, DAY_S = 86400 };

static double seconds(clockid_t clock) {
        struct timespec t;
        clock_gettime(clock, &t);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void check(bool is_fine, const char *what) {
        if (is_fine)
                return;
        fprintf(stderr, "backtest: %s\n", what);
        exit(1);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where) {
        (void)st;
        (void)kind;
        (void)where;
        return remove(path);
}

static struct scenario *load(const char *name, int64_t base_s) {
        char path[512];
        const char *folder = getenv("FLINKWATCH_SRCDIR");
        snprintf(path, sizeof path, "%s/tests/bench/%s.json", folder ? folder : ".", name);
        return scenario_load(path, base_s);
}

static void put_application(struct store *store, const struct scenario *s, const char *name) {
        SCOPED(batch_done) struct batch b = {.collected_at_s = s->base_s + DAYS * DAY_S};
        struct application a;
        check(fields_dup(application_fields, &s->application, &a, sizeof a) == 0, "memory");
        check(text_replace(&a.target, "prod") == 0 && text_replace(&a.name, name) == 0, "memory");
        a.seen_at_s = b.collected_at_s;
        check(batch_add_application_take(&b, &a) == 0 && store_put(store, &b) == 0, store_error(store));
}

/* A day of one track; the samples lie in its array. */
static void add_day(struct batch *b, int64_t id, const struct track *t, int64_t from_s, int64_t to_s) {
        struct series_view view = {t->metric, "", t->samples, t->n_samples, to_s};
        for (size_t i = series_from(&view, from_s); i < t->n_samples && t->samples[i].at_s < to_s; i++)
                batch_add_point(b, id, t->samples[i].at_s, t->samples[i].value);
        batch_add_reading(b, id, from_s, to_s);
}

static void put_day(struct store *store, const struct scenario *s, const char *name, int day) {
        SCOPED(batch_done) struct batch b = {.target = "prod"};
        int64_t from_s = s->base_s + day * (int64_t)DAY_S;
        b.collected_at_s = from_s + DAY_S + 120;
        b.settled_before_s = from_s + DAY_S;
        for (size_t i = 0; i < s->n_tracks; i++) {
                const struct track *t = &s->tracks[i];
                struct series_key key = {"prod", name, t->metric->name, t->metric->statistic, t->dimensions};
                int64_t id = 0;
                check(store_series(store, &key, &id) == 0, store_error(store));
                add_day(&b, id, t, from_s, from_s + DAY_S);
        }
        check(store_put(store, &b) == 0, store_error(store));
}

static void fill(struct store *store, int64_t base_s) {
        struct scenario *kinds[] = {load("diagnose-healthy", base_s), load("diagnose-tasks", base_s),
                                    load("diagnose-loop", base_s)};
        for (int day = 0; day < DAYS; day++) {
                for (int i = 0; i < APPLICATIONS; i++) {
                        const struct scenario *s = kinds[i % 10 == 0 ? 2 : i % 4 == 0];
                        char name[32];
                        snprintf(name, sizeof name, "application-%02d", i);
                        put_day(store, s, name, day);
                        if (day == 0)
                                put_application(store, s, name);
                }
                while (store_maintain(store, base_s + (day + 1) * (int64_t)DAY_S + 300) == 1)
                        ;
        }
        for (size_t i = 0; i < ELEMENTS(kinds); i++)
                scenario_free(kinds[i]);
}

static void ignore(void *arg) {
        (void)arg;
}

static void run(struct loop *loop, struct store *store, const struct config *config) {
        size_t n_works = 0, n_steps = 0;
        const struct work_host host = {.loop = loop, .store = store, .config = config, .n_works = &n_works};
        const struct work_order order = {.host = &host, .since_s = 14 * (int64_t)DAY_S, .wake = ignore};
        struct rpc_work *work = NULL;
        struct buf out = BUF_INIT(64 << 20);
        struct jsonw w = JSONW(&out);
        struct err err = {0};
        double longest_s = 0, began_s = seconds(CLOCK_PROCESS_CPUTIME_ID);
        check(work_begin("backtest", &order, &work, &err) == 0, err.text);
        jsonw_array(&w);
        for (int r = RPC_MORE; r == RPC_MORE; n_steps++) {
                ev_now_update(loop_ev(loop));
                double from_s = seconds(CLOCK_PROCESS_CPUTIME_ID);
                r = work->next(work, &w);
                double took_s = seconds(CLOCK_PROCESS_CPUTIME_ID) - from_s;
                longest_s = took_s > longest_s ? took_s : longest_s;
                check(r >= 0, "the work failed");
        }
        work->free(work);
        double took_s = (seconds(CLOCK_PROCESS_CPUTIME_ID) - began_s) * SCALE;
        printf("backtest  14 days x %d applications from the store (measured on %d): %.1f s of one core (bar 10 s): %s\n",
               APPLICATIONS * SCALE, APPLICATIONS, took_s, took_s < 10 ? "met" : "missed");
        printf("backtest  longest of %zu pieces %.1f ms (bar 50 ms): %s\n", n_steps, longest_s * 1e3,
               longest_s < 0.05 ? "met" : "missed");
        buf_done(&out);
}

int main(void) {
        char folder[] = "/tmp/flinkwatch-backtest-XXXXXX", path[128];
        static const char text[] = "[daemon]\n";
        struct loop_handlers handlers = {0};
        struct config_faults faults = {0};
        struct err err = {0};
        SCOPED(config_free) struct config *config = NULL;
        struct loop *loop = NULL;
        struct store *store = NULL;
        check(mkdtemp(folder) && loop_new(&handlers, &loop) == 0, "no folder or no loop");
        check(config_parse_judging("bench", span_of(text), &config, &faults) == 0, "configuration");
        config_faults_done(&faults);
        snprintf(path, sizeof path, "%s/flinkwatch.db", folder);
        check(store_open(path, &store, NULL, &err) == 0, err.text);
        int64_t now_s = loop_now_s(loop), base_s = now_s / 60 * 60 - DAYS * (int64_t)DAY_S;
        fill(store, base_s);
        run(loop, store, config);
        store_free(store);
        loop_free(loop);
        nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
        return 0;
}
