/* SPDX-License-Identifier: Apache-2.0 */
/* Operators that wait for a slower one. Backpressure travels upstream: the bottleneck is the first one, going down, that does not wait and
 * is busy, fed by one that waits. Without task metrics this diagnoser is blind and infers, with low confidence. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "diagnosers/changes.h"
#include "diagnosers/checkpoints.h"
#include "diagnosers/diagnosers.h"
#include "diagnosers/dimensions.h"
#include "diagnosers/job_plan.h"
#include "diagnosers/phrases.h"
#include "diagnosers/pressure.h"
#include "diagnosers/statistics.h"
#include "util/text.h"

enum { LIMIT, PERIODS, PERIOD, BUSY, SCALE_LIMIT, SCALE_AFTER, SATURATED };
enum { LOOK_BACK_S = 6 * 3600, INFER_S = 1500, INFER_BEFORE_S = 7200 };

static const struct param params[] = {
        {"limit", PARAM_PER_S, 500, 1, 1000, "milliseconds a second that an operator waits for others"},
        {"periods", PARAM_COUNT, 3, 1, 60, "periods in a row"},
        {"period", PARAM_DURATION, 300, 60, 3600, "length of a period; most of its samples must be above"},
        {"busy", PARAM_PER_S, 500, 1, 1000, "milliseconds a second of work from which an operator counts as busy"},
        {"scale_limit", PARAM_PER_S, 100, 1, 1000,
         "milliseconds a second of waiting that are a signal to scale up, told as a remark"},
        {"scale_after", PARAM_DURATION, 900, 600, 86400, "when they last this long; less would be a spike"},
        {"saturated", PARAM_PER_S, 950, 1, 1000,
         "milliseconds a second of work that no operator can go beyond: the same signal"},
        {0},
};

static const struct series_need needs[] = {
        {"backPressuredTimeMsPerSecond", NULL, LOOK_BACK_S, true},
        {"busyTimeMsPerSecond", NULL, LOOK_BACK_S, true},
        {"containerCPUUtilization", NULL, LOOK_BACK_S, true},
        {"millisBehindLatest", NULL, LOOK_BACK_S, true},
        {"records_lag_max", NULL, 3600, true},
        {"numRecordsInPerSecond", NULL, LOOK_BACK_S, true},
        {"lastCheckpointDuration", NULL, LOOK_BACK_S, true},
        {"lastCheckpointSize", NULL, LOOK_BACK_S, true},
        {"fullRestarts", NULL, 7200, true},
        {"numRestarts", NULL, 7200, true},
        {"uptime", NULL, 7200, true},
        {"runningTime", NULL, 7200, true},
        {0},
};

/* What the task metrics say now. */
struct tasks {
        const struct series_view *waiting; /* waits most */
        struct periods periods;            /* of it */
        const struct series_view *busiest; /* the bottleneck's busy time, NULL: not known */
        struct span bottleneck;            /* its name, data == NULL: not known */
        bool by_plan;
        size_t n_waiting, n_known;
};

static bool is_metric(const struct series_view *s, const char *name) {
        return s->dimensions[0] != '\0' && strcmp(s->metric->name, name) == 0;
}

static double typical_now(const struct window *w, const struct series_view *s) {
        int64_t until_s = series_until_s(w, s);
        return series_quantile(s, until_s - 900, until_s, 0.5, 3);
}

static const struct series_view *find_task(const struct window *w, const char *metric, const struct plan_node *node) {
        for (size_t i = 0; i < w->n_series; i++)
                if (is_metric(&w->series[i], metric) &&
                    job_plan_is_named(node, dimension_task(w->series[i].dimensions)))
                        return &w->series[i];
        return NULL;
}

static bool is_waiting(const struct window *w, const struct plan_node *node, double limit) {
        const struct series_view *s = find_task(w, "backPressuredTimeMsPerSecond", node);
        return s && typical_now(w, s) > limit;
}

/* Down the graph: fed by one that waits, does not wait itself, and is the busiest of those. */
static void find_by_plan(const struct window *w, double limit, struct tasks *t) {
        SCOPED(free) struct job_plan *plan = malloc(sizeof *plan);
        double most = -1;
        if (!plan)
                return;
        job_plan_read(w->application->job_plan, plan);
        for (size_t to = 0; to < plan->n_nodes; to++)
                for (size_t from = 0; from < plan->n_nodes; from++) {
                        if (!job_plan_feeds(&plan->nodes[from], &plan->nodes[to]) ||
                            !is_waiting(w, &plan->nodes[from], limit) || is_waiting(w, &plan->nodes[to], limit))
                                continue;
                        const struct series_view *busy = find_task(w, "busyTimeMsPerSecond", &plan->nodes[to]);
                        double busy_ms = busy ? typical_now(w, busy) : NAN;
                        if (busy && busy_ms > most) {
                                most = busy_ms;
                                t->busiest = busy;
                                t->bottleneck = dimension_task(busy->dimensions);
                                t->by_plan = true;
                        }
                }
}

/* Without a graph: the busiest one that does not wait. */
static void find_by_load(const struct window *w, double limit, struct tasks *t) {
        double most = -1;
        for (size_t i = 0; i < w->n_series; i++) {
                const struct series_view *busy = &w->series[i];
                if (!is_metric(busy, "busyTimeMsPerSecond"))
                        continue;
                bool waits = false;
                for (size_t k = 0; k < w->n_series; k++)
                        waits = waits || (is_metric(&w->series[k], "backPressuredTimeMsPerSecond") &&
                                          strcmp(w->series[k].dimensions, busy->dimensions) == 0 &&
                                          typical_now(w, &w->series[k]) > limit);
                double busy_ms = typical_now(w, busy);
                if (!waits && busy_ms > most) {
                        most = busy_ms;
                        t->busiest = busy;
                        t->bottleneck = dimension_task(busy->dimensions);
                }
        }
}

/* Which operators waited more than `limit` in each of the last n periods, and which one they waited for. */
static struct tasks look(const struct window *w, const double *settings, double limit, size_t n) {
        struct tasks t = {0};
        for (size_t i = 0; i < w->n_series; i++) {
                const struct series_view *s = &w->series[i];
                if (strcmp(s->metric->name, "backPressuredTimeMsPerSecond") != 0 || !series_is_fresh(w, s))
                        continue;
                struct periods p = series_periods(w, s, (int64_t)settings[PERIOD], n, limit);
                t.n_known += p.is_known;
                t.n_waiting += p.is_above;
                if (p.is_above && (!t.waiting || p.typical > t.periods.typical)) {
                        t.waiting = s;
                        t.periods = p;
                }
        }
        if (t.waiting)
                find_by_plan(w, limit / 2, &t);
        if (t.waiting && !t.bottleneck.data)
                find_by_load(w, limit / 2, &t);
        return t;
}

static void advise(const struct window *w, bool is_busy, double cpu, const char *name, struct findings *out,
                   struct finding *f) {
        int64_t kpus = application_kpus(w->application);
        if (isnan(cpu))
                finding_advise(
                        out, f,
                        "Compare the CPUs first, whose load is not known here: only when they are busy do more KPUs help, not with a slow "
                        "sink, a lookup or an API that %s%s%s waits for.",
                        name ? "`" : "", name ? name : "the bottleneck", name ? "`" : "");
        else if (cpu < 50)
                finding_advise(
                        out, f,
                        "More KPUs will not help: the CPUs are at %.0f %% while operators wait. %s%s%s waits for something outside: a slow sink, "
                        "a lookup or an API. Batch its calls, make them asynchronous (AsyncDataStream) or raise their concurrency.",
                        cpu, name ? "`" : "", name ? name : "The bottleneck", name ? "`" : "");
        else if (kpus > 0)
                finding_advise(
                        out, f,
                        "Raise the parallelism from %d to %d KPUs in one update, for about $%.0f a month more; the CPUs are at %.0f %%.%s",
                        (int)kpus, (int)kpus * 2, kpu_usd_per_month((double)kpus), cpu, kpu_quota_note(kpus * 2));
        if (is_busy)
                finding_advise(
                        out, f,
                        "Break the chain before `%s` and give it a higher parallelism of its own, or move its costly part (parsing, "
                        "serialization, state access) to where records are fewer.",
                        name);
        finding_advise(
                out, f,
                "Keep to two to four sink operators per KPU, and enable buffer debloating through AWS support when checkpoints suffer.");
}

/* is_slight: not over the limit, but a signal to scale up. */
static void report(const struct window *w, const double *settings, const struct tasks *t, bool is_slight,
                   struct findings *out) {
        const struct series_view *cpu_series = window_find(w, "containerCPUUtilization", NULL);
        double cpu = cpu_series ? typical_now(w, cpu_series) : NAN,
               busy = t->busiest ? typical_now(w, t->busiest) : NAN;
        bool is_busy = busy >= settings[BUSY];
        double limit = settings[is_slight ? SCALE_LIMIT : LIMIT];
        struct finding *f = findings_add(out, "backpressure", is_slight ? SEVERITY_INFO : SEVERITY_WARNING,
                                         t->by_plan ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM, t->periods.onset_s);
        if (is_slight)
                finding_subject(out, f, "scale_up");
        f->is_expected = change_explains(w, t->periods.onset_s, 900, NULL) && w->to_s - t->periods.onset_s < 2400;
        struct span from = dimension_task(t->waiting->dimensions);
        SCOPED(free) char *bottleneck = t->bottleneck.data ? span_dup(t->bottleneck) : NULL;
        SCOPED(free) char *waiting = span_dup(from);
        char how[400] = "";
        if (bottleneck)
                snprintf(how, sizeof how, " The bottleneck is `%.200s`: it does not wait itself%s%s%s.", bottleneck,
                         isnan(busy) ? "" : " and is busy ", isnan(busy) ? "" : phrase_count(busy).text,
                         isnan(busy) ? "" : " ms of each second");
        if (bottleneck)
                finding_title(out, f, "%s from %.40s", is_slight ? "Slight backpressure" : "Backpressure", bottleneck);
        else
                finding_title(out, f, "%s, %.0f ms of each second", is_slight ? "Slight backpressure" : "Backpressure",
                              t->periods.typical);
        finding_summary(
                out, f,
                "`%s` waits %.0f ms of each second for those after it (%s %.0f), since %s; %zu of %zu operators wait.%s%s",
                waiting ? waiting : "", t->periods.typical, is_slight ? "a signal to scale up from" : "limit", limit,
                phrase_time(t->periods.onset_s).text, t->n_waiting, t->n_known, how,
                bottleneck && !t->by_plan ? " The job plan is not known, so this is the busiest one that does not wait."
                                          : "");
        advise(w, is_busy, cpu, bottleneck, out, f);
        finding_evidence_sample(out, f, t->waiting, t->periods.peak, limit);
        if (t->busiest)
                finding_evidence_sample(out, f, t->busiest, t->busiest->samples[t->busiest->n_samples - 1],
                                        settings[BUSY]);
}

/* By what it was inferred; zeroed where "before" has gone out of sight. */
struct inference {
        double rise, rate_ratio; /* of the checkpoints' duration, of the records read a second: now against before */
        int64_t frozen_s;        /* no checkpoint completed for so long; 0: they do */
};

/* For many times their cadence. */
static int64_t checkpoints_frozen_s(const struct window *w, int64_t until_s) {
        struct checkpoint newest;
        struct checkpoint_walk walk = checkpoints_newest_first(w);
        if (!w->application->is_checkpointing || !series_is_fresh(w, walk.duration) ||
            !series_last(w, walk.duration, 600) || !checkpoint_next(&walk, &newest))
                return 0;
        int64_t read_s = series_until_s(w, walk.duration), for_s = (read_s < until_s ? read_s : until_s) - newest.at_s;
        return for_s > 600 && for_s * 1000 > 5 * application_checkpoint_cadence_ms(w->application,
                                                                                   (int64_t)newest.duration_ms)
                       ? for_s
                       : 0;
}

/* What backpressure does where it cannot be seen: the lag rises, the source does not read more, and checkpoints of the same size take longer,
 * or none completes any more. */
static bool is_inferred(const struct window *w, bool was_inferred, struct inference *ret) {
        const struct series_view *lag = lag_of_source(w), *in = window_find(w, "numRecordsInPerSecond", NULL);
        if (!lag || !in || !series_last(w, in, 900))
                return false;
        int64_t until_s = series_until_s(w, lag), from_s = until_s - INFER_S;
        struct rise r = series_rise(lag, from_s, until_s, 5, 0.5);
        if (!r.is_known || series_quantile(lag, from_s, until_s, 0, 20) < 0 || r.last < lag_sign(lag))
                return false;
        *ret = (struct inference){.rise = NAN, .rate_ratio = NAN};
        if (was_inferred) /* "before" has gone out of sight meanwhile */
                return r.last > 0.95 * r.first;
        if (r.n_steps < 4 || r.last < r.first + lag_sign(lag) / 2)
                return false;
        double rate = series_quantile(in, from_s, until_s, 0.5, 20),
               before = series_quantile(in, from_s - INFER_BEFORE_S, from_s, 0.5, 60);
        struct checkpoint_course c = checkpoint_course(w, until_s - INFER_S - INFER_BEFORE_S);
        bool is_same_size = c.size_to < 1.15 * c.size_from;
        *ret = (struct inference){c.duration_to / c.duration_from, rate / before, checkpoints_frozen_s(w, until_s)};
        if (ret->frozen_s > 0) /* whatever little still passes */
                return rate > 0 && ret->rate_ratio < 1.2;
        return ret->rate_ratio > 0.3 && ret->rate_ratio < 1.2 && is_same_size && ret->rise > 1.5;
}

static void report_inferred(const struct window *w, const struct inference *x, struct findings *out) {
        const struct series_view *lag = lag_of_source(w), *cpu_series = window_find(w, "containerCPUUtilization", NULL);
        struct sample behind = lag->samples[lag->n_samples - 1];
        struct finding *f = findings_add(out, "backpressure", SEVERITY_WARNING, CONFIDENCE_LOW,
                                         series_until_s(w, lag) - INFER_S);
        char how_far[PHRASE_MAX + 8];
        bool is_time = lag->metric->unit == UNIT_MS;
        snprintf(how_far, sizeof how_far, "%s%s",
                 is_time ? phrase_ms(behind.value).text : phrase_count(behind.value).text, is_time ? "" : " records");
        finding_title(out, f, "Backpressure, inferred: metrics level %s",
                      w->application->metrics_level ? w->application->metrics_level : "APPLICATION");
        if (x->frozen_s > 0)
                finding_summary(
                        out, f,
                        "Backpressure cannot be seen at this metrics level; it is inferred: the source is %s behind and rising, it reads %.0f %% "
                        "of what it did before, and no checkpoint has completed for %s.",
                        how_far, 100 * x->rate_ratio, phrase_span((double)x->frozen_s).text);
        else if (isnan(x->rise))
                finding_summary(
                        out, f,
                        "Backpressure cannot be seen at this metrics level; it was inferred, and the source is %s behind and does not catch "
                        "up.",
                        how_far);
        else
                finding_summary(
                        out, f,
                        "Backpressure cannot be seen at this metrics level; it is inferred: the source is %s behind and rising, it reads no "
                        "more than before, and checkpoints of the same size take %.1f times as long.",
                        how_far, x->rise);
        advise(w, false, cpu_series ? typical_now(w, cpu_series) : NAN, NULL, out, f);
        finding_advise(out, f, "Set MetricsLevelUpdate to TASK: the next finding then names the operator.");
        finding_evidence_sample(out, f, lag, behind, lag_sign(lag));
}

/* The operator that works all the time: one that reads and writes in one chain makes nobody wait, and yet can do no more. */
static struct tasks look_for_saturated(const struct window *w, const double *settings, double limit, size_t n) {
        struct tasks t = {0};
        for (size_t i = 0; i < w->n_series; i++) {
                const struct series_view *s = &w->series[i];
                if (!is_metric(s, "busyTimeMsPerSecond") || !series_is_fresh(w, s))
                        continue;
                struct periods p = series_periods(w, s, (int64_t)settings[PERIOD], n, limit);
                if (p.is_above && (!t.busiest || p.typical > t.periods.typical)) {
                        t.busiest = s;
                        t.periods = p;
                        t.bottleneck = dimension_task(s->dimensions);
                }
        }
        return t;
}

static void report_saturated(const struct window *w, const double *settings, const struct tasks *t,
                             struct findings *out) {
        const struct series_view *cpu = window_find(w, "containerCPUUtilization", NULL);
        struct finding *f = findings_add(out, "backpressure", SEVERITY_INFO, CONFIDENCE_HIGH, t->periods.onset_s);
        SCOPED(free) char *name = span_dup(t->bottleneck);
        finding_subject(out, f, "scale_up");
        if (!name)
                out->failed = -ENOMEM;
        finding_title(out, f, "Saturated: %.60s", text_or_empty(name));
        finding_summary(
                out, f,
                "`%s` is busy %.0f ms of each second (a signal to scale up from %.0f), since %s: it can do no more, and what comes on top waits "
                "before it or in the source.",
                text_or_empty(name), t->periods.typical, settings[SATURATED], phrase_time(t->periods.onset_s).text);
        advise(w, true, cpu ? typical_now(w, cpu) : NAN, text_or_empty(name), out, f);
        finding_evidence_sample(out, f, t->busiest, t->periods.peak, settings[SATURATED]);
}

/* Never while the application changes, or the job catches up after a change or a restart. */
static void look_for_scale_up(const struct window *w, const double *settings, struct findings *out) {
        double slack = window_prior(w, "backpressure", "scale_up") ? 0.8 : 1;
        size_t n = (size_t)ceil(settings[SCALE_AFTER] / settings[PERIOD]);
        struct tasks t = look(w, settings, settings[SCALE_LIMIT] * slack, n);
        if (!t.waiting)
                t = look_for_saturated(w, settings, settings[SATURATED] * slack, n);
        const struct series_view *s = t.waiting ? t.waiting : t.busiest;
        int64_t until_s = s ? series_until_s(w, s) : 0;
        if (!s || application_is_changing(w->application) || job_is_catching_up(w, until_s) ||
            job_is_catching_up(w, until_s - (int64_t)settings[SCALE_AFTER]))
                return;
        if (t.waiting)
                report(w, settings, &t, true, out);
        else
                report_saturated(w, settings, &t, out);
}

static int judge(const struct window *w, const double *settings, struct findings *out) {
        const struct prior *prior = window_prior(w, "backpressure", NULL);
        if (!application_is_running(w->application))
                return 0;
        struct tasks t = look(w, settings, settings[LIMIT] * (prior ? 0.8 : 1), (size_t)settings[PERIODS]);
        if (t.waiting)
                report(w, settings, &t, false, out);
        else if (t.n_known > 0)
                look_for_scale_up(w, settings, out);
        if (t.n_known > 0 || out->failed)
                return out->failed;
        struct inference x;
        if (is_inferred(w, prior, &x)) {
                report_inferred(w, &x, out);
                return out->failed;
        }
        /* Blind, unless what was inferred before is to be seen gone. */
        return prior ? out->failed : JUDGE_BLIND;
}

const struct diagnoser diagnoser_backpressure = {
        .name = "backpressure",
        .help = "operators wait for a slower one",
        .params = params,
        .needs = needs,
        .judge = judge,
};
