/* SPDX-License-Identifier: Apache-2.0 */
/* How the daemon itself is: one family after the other, one piece. */
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/exposition_inner.h"
#include "daemon/loop.h"
#include "model/prices.h"

struct health {
        struct exposition *x;
        struct buf *out;
        struct target_states targets;
        struct notifier_states notifiers;
};

static void health_done(struct health *h) {
        target_states_done(&h->targets);
        notifier_states_done(&h->notifiers);
}

SCOPED_DEFINE_VALUE(struct health, health_done)

/* Of what is not configured any more only the counts go on. */
static bool is_watched(const struct health *h, const struct target_state *t) {
        return h->x->host.is_watched(h->x->host.arg, t->name, NULL);
}

static void put_build(struct health *h, const struct family *f) {
        FAMILY_SAMPLE(h->out, f, 1, {"version", h->x->host.version});
}

static void put_rounds(struct health *h, const struct family *f) {
        const struct vitals *v = h->x->host.vitals;
        for (size_t i = 0; i < v->n_targets; i++) {
                FAMILY_SAMPLE(h->out, f, (double)v->targets[i].n_good, {"target", v->targets[i].name},
                              {"result", "good"});
                FAMILY_SAMPLE(h->out, f, (double)v->targets[i].n_bad, {"target", v->targets[i].name},
                              {"result", "bad"});
        }
}

static void put_skipped(struct health *h, const struct family *f) {
        const struct vitals *v = h->x->host.vitals;
        for (size_t i = 0; i < v->n_targets; i++)
                FAMILY_SAMPLE(h->out, f, (double)v->targets[i].n_skipped, {"target", v->targets[i].name});
}

static void put_round_duration(struct health *h, const struct family *f) {
        const struct vitals *v = h->x->host.vitals;
        for (size_t i = 0; i < v->n_targets; i++)
                if (v->targets[i].n_good + v->targets[i].n_bad > 0)
                        FAMILY_SAMPLE(h->out, f, v->targets[i].last_round_s, {"target", v->targets[i].name});
}

static void put_polled_at(struct health *h, const struct family *f) {
        for (size_t i = 0; i < h->targets.n_rows; i++)
                if (h->targets.rows[i].polled_at_s > 0 && is_watched(h, &h->targets.rows[i]))
                        FAMILY_SAMPLE(h->out, f, (double)h->targets.rows[i].polled_at_s,
                                      {"target", h->targets.rows[i].name});
}

/* Since the last good poll, or since the start while there was none. */
static void put_lag(struct health *h, const struct family *f) {
        int64_t now_s = loop_now_s(h->x->host.loop);
        for (size_t i = 0; i < h->targets.n_rows; i++) {
                const struct target_state *t = &h->targets.rows[i];
                int64_t since_s = t->polled_at_s > 0 ? t->polled_at_s : h->x->host.started_at_s;
                if (is_watched(h, t))
                        FAMILY_SAMPLE(h->out, f, (double)(now_s - since_s), {"target", t->name});
        }
}

static void put_failing(struct health *h, const struct family *f) {
        for (size_t i = 0; i < h->targets.n_rows; i++)
                if (is_watched(h, &h->targets.rows[i]))
                        FAMILY_SAMPLE(h->out, f, h->targets.rows[i].error ? 1 : 0, {"target", h->targets.rows[i].name});
}

static void put_metrics_requested(struct health *h, const struct family *f) {
        for (size_t i = 0; i < h->targets.n_rows; i++)
                FAMILY_SAMPLE(h->out, f, (double)h->targets.rows[i].metrics_requested,
                              {"target", h->targets.rows[i].name});
}

static void put_cost(struct health *h, const struct family *f) {
        for (size_t i = 0; i < h->targets.n_rows; i++) {
                const struct target_state *t = &h->targets.rows[i];
                double usd = (double)t->metrics_requested / 1000 * prices_of(t->region).metrics_thousand_usd;
                FAMILY_SAMPLE(h->out, f, usd, {"target", t->name});
        }
}

static void put_requests(struct health *h, const struct family *f) {
        family_sample(h->out, f, "", NULL, 0, (double)exchange_requests(h->x->host.exchange));
}

static void put_deliveries(struct health *h, const struct family *f) {
        static const char *const outcomes[] = {"delivered", "retry", "refused"};
        const struct vitals *v = h->x->host.vitals;
        for (size_t i = 0; i < v->n_notifiers; i++)
                for (size_t k = 0; k < ELEMENTS(outcomes); k++)
                        FAMILY_SAMPLE(h->out, f, (double)v->notifiers[i].n_outcomes[k],
                                      {"notifier", v->notifiers[i].name}, {"outcome", outcomes[k]});
}

static void put_pending(struct health *h, const struct family *f) {
        for (size_t i = 0; i < h->notifiers.n_rows; i++)
                FAMILY_SAMPLE(h->out, f, (double)h->notifiers.rows[i].pending, {"notifier", h->notifiers.rows[i].name});
}

static void put_delivered_at(struct health *h, const struct family *f) {
        for (size_t i = 0; i < h->notifiers.n_rows; i++)
                if (h->notifiers.rows[i].delivered_at_s > 0)
                        FAMILY_SAMPLE(h->out, f, (double)h->notifiers.rows[i].delivered_at_s,
                                      {"notifier", h->notifiers.rows[i].name});
}

/* "1.0", not "1": OpenMetrics wants bounds as floating point. */
static void put_loop_delay(struct health *h, const struct family *f) {
        const struct loop_delays *d = loop_delays(h->x->host.loop);
        int64_t n = 0;
        for (size_t i = 0; i < LOOP_DELAY_BOUNDS; i++) {
                char bound[32];
                n += d->counts[i];
                snprintf(bound, sizeof bound, loop_delay_bounds_s[i] < 1 ? "%g" : "%.1f", loop_delay_bounds_s[i]);
                family_sample(h->out, f, "_bucket", (const struct family_label[]){{"le", bound}}, 1, (double)n);
        }
        n += d->counts[LOOP_DELAY_BOUNDS];
        family_sample(h->out, f, "_bucket", (const struct family_label[]){{"le", "+Inf"}}, 1, (double)n);
        family_sample(h->out, f, "_sum", NULL, 0, d->sum_s);
        family_sample(h->out, f, "_count", NULL, 0, (double)n);
}

static void put_loop_delay_max(struct health *h, const struct family *f) {
        family_sample(h->out, f, "", NULL, 0, loop_delays(h->x->host.loop)->max_s);
}

static void put_clients(struct health *h, const struct family *f) {
        family_sample(h->out, f, "", NULL, 0, (double)server_connections(h->x->host.server));
}

static void put_unreadable(struct health *h, const struct family *f) {
        family_sample(h->out, f, "", NULL, 0, (double)store_unreadable(h->x->host.store));
}

static void put_started(struct health *h, const struct family *f) {
        family_sample(h->out, f, "", NULL, 0, (double)h->x->host.started_at_s);
}

static double seconds(struct timeval t) {
        return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void put_cpu(struct health *h, const struct family *f) {
        struct rusage usage;
        if (getrusage(RUSAGE_SELF, &usage) == 0)
                family_sample(h->out, f, "", NULL, 0, seconds(usage.ru_utime) + seconds(usage.ru_stime));
}

static void put_memory(struct health *h, const struct family *f) {
        SCOPED(fclose) FILE *file = fopen("/proc/self/statm", "re");
        long long pages = 0;
        if (file && fscanf(file, "%*s %lld", &pages) == 1)
                family_sample(h->out, f, "", NULL, 0, (double)pages * (double)sysconf(_SC_PAGESIZE));
}

static const struct {
        struct family family;
        void (*put)(struct health *h, const struct family *f);
} families[] = {
        {{"flinkwatch_build_info", FAMILY_GAUGE, NULL, "The version of flinkwatchd."}, put_build},
        {{"flinkwatch_polls", FAMILY_COUNTER, NULL, "Rounds of asking AWS: good ones read something."}, put_rounds},
        {{"flinkwatch_polls_skipped", FAMILY_COUNTER, NULL, "Rounds left out because the one before was not over."},
         put_skipped},
        {{"flinkwatch_last_poll_duration_seconds", FAMILY_GAUGE, "seconds", "How long the newest round took."},
         put_round_duration},
        {{"flinkwatch_last_good_poll_timestamp_seconds", FAMILY_GAUGE, "seconds", "When a target was last read."},
         put_polled_at},
        {{"flinkwatch_poll_lag_seconds", FAMILY_GAUGE, "seconds", "Time since a target was last read."}, put_lag},
        {{"flinkwatch_target_failing", FAMILY_GAUGE, NULL, "1 while something of the target cannot be read."},
         put_failing},
        {{"flinkwatch_api_requests", FAMILY_COUNTER, NULL, "Requests sent to AWS and to receivers, retries included."},
         put_requests},
        {{"flinkwatch_month_metrics_requested", FAMILY_GAUGE, NULL,
          "Metrics asked for with GetMetricData since the month began, in UTC."},
         put_metrics_requested},
        {{"flinkwatch_month_cost_usd", FAMILY_GAUGE, "usd", "What these metrics cost, in US dollars."}, put_cost},
        {{"flinkwatch_delivery_attempts", FAMILY_COUNTER, NULL, "Attempts to deliver a message, by how they ended."},
         put_deliveries},
        {{"flinkwatch_deliveries_pending", FAMILY_GAUGE, NULL, "Messages that wait for their receiver."}, put_pending},
        {{"flinkwatch_last_delivery_timestamp_seconds", FAMILY_GAUGE, "seconds",
          "When a receiver last took a message."},
         put_delivered_at},
        {{"flinkwatch_loop_delay_seconds", FAMILY_HISTOGRAM, "seconds",
          "Turns of the event loop, by how long everything else had to wait for them."},
         put_loop_delay},
        {{"flinkwatch_loop_delay_max_seconds", FAMILY_GAUGE, "seconds",
          "The longest turn of the event loop since the start."},
         put_loop_delay_max},
        {{"flinkwatch_socket_connections", FAMILY_GAUGE, NULL, "Clients that are connected to the socket."},
         put_clients},
        {{"flinkwatch_store_unreadable", FAMILY_GAUGE, NULL, "Damaged pieces of history that were left out."},
         put_unreadable},
        {{"process_start_time_seconds", FAMILY_GAUGE, "seconds", "When the daemon began."}, put_started},
        {{"process_cpu_seconds", FAMILY_COUNTER, "seconds", "CPU time spent, by user and system together."}, put_cpu},
        {{"process_resident_memory_bytes", FAMILY_GAUGE, "bytes", "Memory in use."}, put_memory},
};

int exposition_health(struct exposition *x, struct buf *out) {
        SCOPED(health_done) struct health h = {.x = x, .out = out};
        int r = store_list_targets(x->host.store, &h.targets);
        if (r == 0)
                r = store_list_notifiers(x->host.store, &h.notifiers);
        for (size_t i = 0; r == 0 && i < ELEMENTS(families); i++) {
                family_head(out, &families[i].family, x->is_openmetrics);
                families[i].put(&h, &families[i].family);
        }
        return r;
}
