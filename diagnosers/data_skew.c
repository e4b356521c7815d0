/* SPDX-License-Identifier: Apache-2.0 */
/* One subtask that gets several times what the others get, or a few that get everything: then the median is 0 and there is no ratio. Needs
 * metrics at PARALLELISM level; anything else is blind. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "diagnosers/changes.h"
#include "diagnosers/diagnosers.h"
#include "diagnosers/dimensions.h"
#include "diagnosers/phrases.h"
#include "diagnosers/statistics.h"
#include "util/text.h"

enum { RATIO, SUBTASKS, SKEWED_FOR, MINIMUM };
enum { GROUP_MAX = 1024 };

static const struct param params[] = {
        {"ratio", PARAM_RATIO, 3, 1.1, 1000, "records of the busiest subtask against their median"},
        {"subtasks", PARAM_COUNT, 4, 2, 1024, "operators with fewer subtasks are left alone"},
        {"skewed_for", PARAM_DURATION, 1800, 300, 21600, "for this long"},
        {"minimum", PARAM_PER_S, 10, 0, 1e9, "records a second of the busiest subtask below which it does not matter"},
        {0},
};

static const struct series_need needs[] = {
        {"numRecordsInPerSecond", NULL, 21600, true},
        {"backPressuredTimeMsPerSecond", NULL, 3600, true},
        {"millisBehindLatest", NULL, 3600, true},
        {"fullRestarts", NULL, 7200, true},
        {"numRestarts", NULL, 7200, true},
        {"uptime", NULL, 7200, true},
        {"runningTime", NULL, 7200, true},
        {0},
};

static bool is_subtask(const struct series_view *s) {
        return strcmp(s->metric->name, "numRecordsInPerSecond") == 0 &&
               dimension_value(s->dimensions, "Parallelism").data;
}

struct skew {
        const struct series_view *hottest;
        double most, median, total;
        size_t n, n_busy; /* busy: that get records at all */
};

/* All subtasks of the task that `first` belongs to. */
static struct skew measure(const struct window *w, size_t first, int64_t for_s, double *rates) {
        struct skew k = {.most = -1};
        struct span task = dimension_task(w->series[first].dimensions);
        for (size_t i = first; i < w->n_series && k.n < GROUP_MAX; i++) {
                const struct series_view *s = &w->series[i];
                if (!is_subtask(s) || !span_equals(dimension_task(s->dimensions), task))
                        continue;
                int64_t until_s = series_until_s(w, s);
                double rate = series_quantile(s, until_s - for_s, until_s, 0.5, (size_t)(for_s / 120));
                if (isnan(rate))
                        continue;
                rates[k.n++] = rate;
                k.n_busy += rate > 0;
                k.total += rate;
                if (rate > k.most) {
                        k.most = rate;
                        k.hottest = s;
                }
        }
        k.median = quantile(rates, k.n, 0.5);
        return k;
}

static bool is_first_of_task(const struct window *w, size_t i) {
        for (size_t k = 0; k < i; k++)
                if (is_subtask(&w->series[k]) &&
                    span_equals(dimension_task(w->series[k].dimensions), dimension_task(w->series[i].dimensions)))
                        return false;
        return true;
}

static bool holds_back(const struct window *w) {
        for (size_t i = 0; i < w->n_series; i++)
                if (strcmp(w->series[i].metric->name, "backPressuredTimeMsPerSecond") == 0 &&
                    series_recent(w, &w->series[i], 900, 0.5, 3) > 300)
                        return true;
        return false;
}

/* Skew that nobody feels is a remark. */
static bool hurts(const struct window *w) {
        const struct series_view *lag = window_find(w, "millisBehindLatest", NULL);
        const struct sample *behind = lag ? series_last(w, lag, 900) : NULL;
        return (behind && behind->value > 60000) || holds_back(w);
}

static void describe_uneven(const struct skew *k, double limit, const char *task, struct findings *out,
                            struct finding *f) {
        struct span subtask = dimension_value(k->hottest->dimensions, "Parallelism");
        double ratio = k->most / k->median;
        finding_title(out, f, "Skew: one subtask gets %.1f times the median", ratio);
        finding_summary(
                out, f,
                "Subtask %.*s of `%s` gets %s records a second, the median of its %zu subtasks %s: a ratio of %.1f (limit %.1f).",
                (int)subtask.len, subtask.data, task, phrase_count(k->most).text, k->n, phrase_count(k->median).text,
                ratio, limit);
        finding_advise(
                out, f,
                "Salt the hot key: add a random suffix of a few values before keyBy, aggregate per salted key, then once more without it. More "
                "KPUs do not help, as one key stays in one subtask.");
}

static void describe_idle(const struct skew *k, const char *task, struct findings *out, struct finding *f) {
        struct span subtask = dimension_value(k->hottest->dimensions, "Parallelism");
        if (k->n_busy == 1)
                finding_title(out, f, "Skew: one of %zu subtasks gets all the records", k->n);
        else
                finding_title(out, f, "Skew: %zu of %zu subtasks get all the records", k->n_busy, k->n);
        finding_summary(
                out, f,
                "Subtask %.*s of `%s` gets %s of the %s records a second; %zu of its %zu subtasks get none, so their median is 0.",
                (int)subtask.len, subtask.data, task, phrase_count(k->most).text, phrase_count(k->total).text,
                k->n - k->n_busy, k->n);
        finding_advise(
                out, f,
                "There are fewer keys than subtasks: key by something with more values, or salt the key with a random suffix and aggregate "
                "twice. Until then more KPUs do not help, and a lower parallelism costs less.");
}

static void report(const struct window *w, const double *settings, const struct skew *k, int64_t for_s,
                   struct findings *out) {
        struct finding *f = findings_add(out, "data_skew", hurts(w) ? SEVERITY_WARNING : SEVERITY_INFO, CONFIDENCE_HIGH,
                                         series_until_s(w, k->hottest) - for_s);
        SCOPED(free) char *task = span_dup(dimension_task(k->hottest->dimensions));
        f->is_expected = change_explains(w, w->to_s - for_s, 900, NULL);
        if (k->median > 0)
                describe_uneven(k, settings[RATIO], text_or_empty(task), out, f);
        else
                describe_idle(k, text_or_empty(task), out, f);
        finding_advise(out, f,
                       "If it is a source: rebalance() after it, or use partition keys that spread over all shards.");
        finding_evidence_sample(out, f, k->hottest, k->hottest->samples[k->hottest->n_samples - 1],
                                k->median > 0 ? settings[RATIO] * k->median : NAN);
}

/* Backpressure takes a quarter of an hour to be sure of: it is to be told with its cause. */
static int64_t look_for_s(const struct window *w, const double *settings) {
        bool is_urgent = holds_back(w) && !job_is_catching_up(w, w->to_s);
        return (int64_t)settings[SKEWED_FOR] / (is_urgent ? 2 : 1);
}

static int judge(const struct window *w, const double *settings, struct findings *out) {
        struct skew worst = {.most = -1};
        double worst_ratio = 0;
        bool is_known = false;
        if (!application_is_running(w->application))
                return 0;
        SCOPED(free) double *rates = NULL;
        int64_t for_s = 0;
        double ratio = settings[RATIO] * (window_prior(w, "data_skew", NULL) ? 0.85 : 1);
        for (size_t i = 0; i < w->n_series; i++) {
                if (!is_subtask(&w->series[i]) || !series_is_fresh(w, &w->series[i]) || !is_first_of_task(w, i))
                        continue;
                if (!rates && !(rates = calloc(GROUP_MAX, sizeof *rates)))
                        return -ENOMEM;
                if (for_s == 0)
                        for_s = look_for_s(w, settings);
                struct skew k = measure(w, i, for_s, rates);
                is_known = is_known || k.n > 0;
                double r = k.median > 0 ? k.most / k.median : INFINITY;
                if ((double)k.n >= settings[SUBTASKS] && k.most >= settings[MINIMUM] && r > ratio && r > worst_ratio) {
                        worst = k;
                        worst_ratio = r;
                }
        }
        if (worst_ratio > 0)
                report(w, settings, &worst, for_s, out);
        if (out->failed)
                return out->failed;
        return is_known ? 0 : JUDGE_BLIND;
}

const struct diagnoser diagnoser_data_skew = {
        .name = "data_skew",
        .help = "one subtask gets several times what the others get",
        .params = params,
        .needs = needs,
        .judge = judge,
};
