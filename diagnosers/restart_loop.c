/* SPDX-License-Identifier: Apache-2.0 */
/* A job that fails and restarts over and over. MSF restarts it ten seconds after each failure and never gives up, so the application
 * stays RUNNING: only the counter of restarts and the falls of the running time tell. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "diagnosers/changes.h"
#include "diagnosers/diagnosers.h"
#include "diagnosers/first_fault.h"
#include "diagnosers/phrases.h"
#include "diagnosers/statistics.h"
#include "util/text.h"

enum { RESTARTS, WINDOW, UPTIME_RESETS, SETTLING };
enum {
        FLINK_2_2 = 202,
        HOUR_S = 3600,
        QUIET_S = 3600,
        NEW_EPISODE_S = 1800,
        SILENT_S = 300,
        KEEP_S = 900,
        NEARBY_S = 1800,
        SPAN_S = 86400, /* the longest window */
        LOOK_BACK_S = 15 * 86400
};

static const struct param params[] = {
        {"restarts", PARAM_COUNT, 3, 1, 1000, "restarts within the window that make a loop"},
        {"window", PARAM_DURATION, 600, 60, 86400, "span in which restarts are counted"},
        {"uptime_resets", PARAM_COUNT, 2, 1, 1000,
         "more falls of the running time than this within an hour make a loop"},
        {"settling", PARAM_DURATION, 300, 0, 3600, "time after an operation in which restarts are expected"},
        {0},
};

/* To see that there is a loop takes a day at most; the onset of an older one is looked for as far back as LOOK_BACK_S. */
static const struct series_need needs[] = {
        {"fullRestarts", NULL, SPAN_S, true},
        {"numRestarts", NULL, SPAN_S, true},
        {"uptime", NULL, SPAN_S, true},
        {"runningTime", NULL, SPAN_S, true},
        {0},
};

typedef double step_function(const struct series_view *s, size_t i);

/* Steps of one signal, those that an operation explains apart. */
struct count {
        double unexpected, expected;
        struct sample newest; /* the newest step's sample; at_s 0: none */
};

struct onset {
        int64_t at_s;
        double total;           /* steps since */
        bool is_from_the_start; /* it was going on when the window began */
        bool is_cut;            /* it may be older than what was read */
};

struct signals {
        const struct series_view *counter, *uptime; /* NULL: not published, or not read */
        struct count restarts, resets;              /* in the window; in the last hour */
        struct count last_hour;                     /* restarts, in the last hour */
        struct count recent;                        /* either, in the last quarter of an hour */
};

static struct count count_steps(const struct window *w, const struct series_view *s, step_function *step,
                                int64_t span_s, const double *settings) {
        struct count c = {0};
        if (!s)
                return c;
        for (size_t i = series_from(s, series_until_s(w, s) - span_s); i < s->n_samples; i++) {
                double n = step(s, i);
                if (n <= 0 || s->samples[i].at_s - s->samples[i - 1].at_s > (int64_t)settings[WINDOW])
                        continue;
                if (change_explains(w, s->samples[i].at_s, (int64_t)settings[SETTLING], NULL))
                        c.expected += n;
                else
                        c.unexpected += n;
                c.newest = s->samples[i];
        }
        return c;
}

/* The runtime says which of two names is published; what the window holds overrules it. */
static const struct series_view *pick(const struct window *w, const char *name_1, const char *name_2) {
        bool is_2 = flink_version(w->application->runtime) >= FLINK_2_2;
        const struct series_view *likely = window_find(w, is_2 ? name_2 : name_1, NULL);
        const struct series_view *other = window_find(w, is_2 ? name_1 : name_2, NULL);
        if (likely && likely->n_samples > 0 && series_is_fresh(w, likely))
                return likely;
        if (other && other->n_samples > 0 && series_is_fresh(w, other))
                return other;
        return series_is_fresh(w, likely) ? likely : NULL;
}

/* Back from the newest step to the first one after a quiet spell. A step lies anywhere between its sample and the one before. */
static struct onset find_onset(const struct window *w, const struct series_view *s, step_function *step,
                               const double *settings) {
        struct onset o = {0};
        const struct prior *prior = window_prior(w, "restart_loop", NULL);
        int64_t window_s = (int64_t)settings[WINDOW], quiet_s = window_s > QUIET_S ? window_s : QUIET_S;
        /* A loop after half an hour without a restart may have another cause; of the loop that was told of that is a pause. */
        int64_t episode_s = window_s > NEW_EPISODE_S ? window_s : NEW_EPISODE_S;
        for (size_t i = s->n_samples; i-- > 1;) {
                double n = step(s, i);
                bool is_told = prior && prior->onset_s > 0 && s->samples[i].at_s >= prior->onset_s;
                bool is_whole = !is_told && o.total >= settings[RESTARTS];
                if (o.at_s > 0 && o.at_s - s->samples[i].at_s > (is_whole ? episode_s : quiet_s))
                        return o;
                if (n <= 0)
                        continue;
                /* A deploy's own restart belongs to the loop only when the loop follows at once. */
                bool is_expected = change_explains(w, s->samples[i].at_s, (int64_t)settings[SETTLING], NULL);
                if (is_expected && o.at_s > 0 && o.at_s - s->samples[i].at_s > (int64_t)settings[WINDOW])
                        return o;
                o.at_s = s->samples[i].at_s;
                o.total += n;
        }
        if (o.at_s == 0)
                return o;
        int64_t after_s = o.at_s - s->samples[0].at_s;
        o.is_from_the_start = after_s <= (int64_t)settings[WINDOW];
        o.is_cut = s->has_older && after_s <= quiet_s;
        return o;
}

/* The counter may be published from its first restart on, which it then does not show; the running time does. */
static struct onset find_first(const struct window *w, const struct signals *g, const double *settings) {
        if (g->last_hour.newest.at_s == 0)
                return find_onset(w, g->uptime, uptime_step, settings);
        struct onset o = find_onset(w, g->counter, counter_step, settings);
        bool begins_with_it = g->counter->n_samples > 0 && !g->counter->has_older &&
                              o.at_s - g->counter->samples[0].at_s <= NEW_EPISODE_S;
        if (!begins_with_it || !g->uptime || g->uptime->n_samples == 0 ||
            g->uptime->samples[0].at_s >= g->counter->samples[0].at_s)
                return o;
        struct onset by_uptime = find_onset(w, g->uptime, uptime_step, settings);
        if (by_uptime.at_s > 0 && by_uptime.at_s <= o.at_s) {
                by_uptime.total = o.total + g->counter->samples[0].value;
                return by_uptime;
        }
        return o;
}

static struct signals look(const struct window *w, const double *settings) {
        struct signals g = {.counter = pick(w, "fullRestarts", "numRestarts"),
                            .uptime = pick(w, "uptime", "runningTime")};
        g.restarts = count_steps(w, g.counter, counter_step, (int64_t)settings[WINDOW], settings);
        g.last_hour = count_steps(w, g.counter, counter_step, HOUR_S, settings);
        g.resets = count_steps(w, g.uptime, uptime_step, HOUR_S, settings);
        int64_t keep_s = (int64_t)settings[WINDOW] > KEEP_S ? (int64_t)settings[WINDOW] : KEEP_S;
        g.recent = count_steps(w, g.counter, counter_step, keep_s, settings);
        struct count falls = count_steps(w, g.uptime, uptime_step, keep_s, settings);
        g.recent.unexpected += falls.unexpected;
        g.recent.expected += falls.expected;
        return g;
}

enum state { STATE_CALM, STATE_EXPECTED, STATE_LOOP };

static enum state decide(const struct window *w, const double *settings, const struct signals *g) {
        double restarts = settings[RESTARTS], resets = settings[UPTIME_RESETS];
        if (g->restarts.unexpected >= restarts || g->resets.unexpected > resets)
                return g->recent.unexpected > 0 || g->restarts.unexpected >= restarts ? STATE_LOOP : STATE_CALM;
        const struct prior *prior = window_prior(w, "restart_loop", NULL);
        if (prior && prior->severity > SEVERITY_INFO && g->recent.unexpected > 0)
                return STATE_LOOP;
        if (g->restarts.unexpected + g->restarts.expected >= restarts)
                return STATE_EXPECTED;
        return STATE_CALM;
}

static void describe_change(const struct window *w, const struct operation *o, int64_t onset_s, char *to, size_t size) {
        char what[CHANGE_TEXT_MAX];
        to[0] = '\0';
        if (!o)
                return;
        change_text(o, what);
        int64_t ended_s = change_ended_s(w, o);
        if (ended_s > 0 && onset_s >= ended_s)
                snprintf(to, size, " It began %s after %s ended.", phrase_span((double)(onset_s - ended_s)).text, what);
        else
                snprintf(to, size, " It began %s into %s.",
                         phrase_span(onset_s > o->started_at_s ? (double)(onset_s - o->started_at_s) : 0).text, what);
}

/* What to look at when no new version is to blame, by the word in the operation's kind. */
static const char *look_after(const char *kind) {
        static const struct {
                const char *word, *advice;
        } rows[] = {
                {"Scal",
                 "set the parallelism back to what it was in one update, then look for what does not grow with it: network buffers, free "
                 "addresses in the subnets, connections that the sink accepts"},
                {"Start",
                 "when the first fault is about restoring state, start from an older snapshot (RESTORE_FROM_CUSTOM_SNAPSHOT)"},
                {"", "the first fault decides, and a case for AWS support needs the operation's id"},
        };
        size_t i = 0;
        while (!strstr(kind, rows[i].word))
                i++;
        return rows[i].advice;
}

/* Only a new version can be rolled back. */
static void advise_after_change(const struct window *w, const struct operation *o, struct findings *out,
                                struct finding *f) {
        const struct application *a = w->application;
        struct span region = application_region(a);
        const char *id = text_or_empty(o->id), *kind = text_or_empty(o->kind), *failure = text_or_empty(o->failure),
                   *colon = o->failure ? ": " : "";
        if (change_brought_version(o))
                finding_advise(out, f,
                               "Roll back to version %" PRId64
                               ": aws kinesisanalyticsv2 rollback-application%s%.*s --application-name %s "
                               "--current-application-version-id %" PRId64 " (the operation was %s%s%s).",
                               o->version_from, region.len ? " --region " : "", (int)region.len, region.data, a->name,
                               a->version_id > 0 ? a->version_id : o->version_to, id, colon, failure);
        else
                finding_advise(out, f,
                               "The loop follows operation %s (%s%s%s), which brought no new version to roll back: %s.",
                               id, kind, colon, failure, look_after(kind));
}

static bool is_trigger_known(const struct explanation *v) {
        const struct root_cause *c = v ? v->report.root_cause : NULL;
        return c && c->role && strcmp(c->role, "trigger") == 0;
}

static void advise_reading(const struct application *a, int64_t onset_s, struct findings *out, struct finding *f) {
        if (a->log_group)
                finding_advise(
                        out, f,
                        "Mend the first fault, not the newest one: in log group %s from %s on, the first line with `switched "
                        "from RUNNING to` and `#0`, its member throwableInformation, deepest `Caused by`.",
                        a->log_group, phrase_time(onset_s - 60).text);
        else
                finding_advise(
                        out, f,
                        "Add a CloudWatch logging option (AddApplicationCloudWatchLoggingOption): without logs the exception "
                        "that starts each restart cannot be read.");
}

static void advise(const struct window *w, const struct operation *change, const struct explanation *v,
                   struct findings *out, struct finding *f) {
        const struct application *a = w->application;
        int64_t onset_s = f->onset_s;
        if (change)
                advise_after_change(w, change, out, f);
        if (!is_trigger_known(v))
                advise_reading(a, onset_s, out, f);
        if (!advise_waiting_for_snapshot(w, out, f) && (!v || !v->report.root_cause || !v->report.root_cause->escape))
                finding_advise(
                        out, f,
                        "If the job dies again while it restores (Partial recovery is not supported): mend the trigger, stop with "
                        "force, wait for READY, start with SKIP_RESTORE_FROM_SNAPSHOT. That reprocesses or loses data.");
}

/* Counter and running time must tell the same; when they do not, both are shown. */
static enum confidence compare(const struct signals *g, const struct onset *o, char *to, size_t size) {
        bool by_counter = g->last_hour.newest.at_s > 0;
        bool by_uptime = g->resets.unexpected + g->resets.expected > 0;
        snprintf(to, size, "%s", "");
        if (by_counter && by_uptime)
                return CONFIDENCE_HIGH;
        if (!by_counter)
                snprintf(
                        to, size,
                        " Only the running time tells: it fell %.0f times in the last hour, while the restart counter %s.",
                        g->resets.unexpected + g->resets.expected, g->counter ? "did not move" : "was not published");
        else if (g->uptime && g->uptime->n_samples > 0 && g->uptime->samples[g->uptime->n_samples - 1].value > 3600e3)
                snprintf(to, size, " The running time does not agree: it stands at %s and did not fall.",
                         phrase_ms(g->uptime->samples[g->uptime->n_samples - 1].value).text);
        else
                return o->total >= 10 ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM;
        return CONFIDENCE_MEDIUM;
}

/* The counter where the window begins and now: their difference is the finding. */
static void show_evidence(const struct window *w, const double *settings, const struct signals *g, struct findings *out,
                          struct finding *f) {
        if (g->counter && g->restarts.newest.at_s > 0) {
                size_t first = series_from(g->counter, series_until_s(w, g->counter) - (int64_t)settings[WINDOW]);
                double before = g->counter->samples[first > 0 ? first - 1 : 0].value;
                finding_evidence_sample(out, f, g->counter, g->counter->samples[first > 0 ? first - 1 : 0], NAN);
                finding_evidence_sample(out, f, g->counter, g->restarts.newest, before + settings[RESTARTS]);
        }
        if (g->resets.newest.at_s > 0)
                finding_evidence_sample(out, f, g->uptime, g->resets.newest, NAN);
}

static void show_change(const struct operation *change, struct findings *out, struct finding *f) {
        char what[CHANGE_TEXT_MAX];
        change_text(change, what);
        finding_evidence_text(out, f, "operation", change->id, change->started_at_s, what);
}

static void name(const struct onset *o, const struct operation *change, double hours, bool is_loop,
                 const struct explanation *v, struct findings *out, struct finding *f) {
        char tail[80];
        bool is_deploy = change && change_brought_version(change) && !o->is_from_the_start;
        struct phrase span = phrase_span(hours * HOUR_S);
        if (!is_loop) {
                finding_title(out, f, "Restarts during %s", change && change->kind ? change->kind : "a change");
                return;
        }
        snprintf(tail, sizeof tail, ", %s%s", o->is_from_the_start ? "more than " : "", span.text);
        if (first_fault_title(v, "Restart loop", tail, out, f))
                return;
        if (is_deploy)
                finding_title(out, f, "Restart loop since the deploy of version %" PRId64 ", %s", change->version_to,
                              span.text);
        else
                finding_title(out, f, "Restart loop for %s%s", o->is_from_the_start ? "more than " : "", span.text);
}

static void report(const struct window *w, const double *settings, const struct signals *g, enum state state,
                   struct findings *out) {
        bool by_counter = g->last_hour.newest.at_s > 0;
        const struct series_view *s = by_counter ? g->counter : g->uptime;
        struct onset o = find_first(w, g, settings);
        char differs[240], near[320], since[160];
        enum confidence confidence = compare(g, &o, differs, sizeof differs);
        bool is_loop = state == STATE_LOOP;
        struct finding *f = findings_add(out, "restart_loop", is_loop ? SEVERITY_CRITICAL : SEVERITY_INFO, confidence,
                                         o.at_s);
        f->is_expected = !is_loop;
        const struct explanation *v = first_fault_find(w, "restart_loop", o.at_s);
        SCOPED(buf_done) struct buf cause = BUF_INIT(FINDING_TEXT_MAX);
        const struct operation *change = change_before(w, o.at_s, NEARBY_S);
        bool has_deploy = v && v->report.root_cause && v->report.root_cause->deploy;
        describe_change(w, has_deploy ? NULL : change, o.at_s, near, sizeof near);
        double hours = (double)(series_until_s(w, s) - o.at_s) / HOUR_S;
        double in_window = g->restarts.unexpected + g->restarts.expected;
        if (o.is_from_the_start)
                snprintf(since, sizeof since, "It was never stable in the window, which begins %s",
                         phrase_time(s->samples[0].at_s).text);
        else
                snprintf(since, sizeof since, "The first one after a quiet spell was in the minute of %s",
                         phrase_time(o.at_s).text);
        name(&o, change, hours, is_loop, v, out, f);
        first_fault_sentence(is_loop ? v : NULL, &cause);
        if (by_counter)
                finding_summary(
                        out, f,
                        "%s%.0f restarts in the last %s (%.1f a minute), %.0f in the last hour, %.0f since the onset. %s.%s%s",
                        buf_str(&cause), in_window, phrase_span(settings[WINDOW]).text,
                        in_window * 60 / settings[WINDOW], g->last_hour.unexpected + g->last_hour.expected, o.total,
                        since, near, differs);
        else
                finding_summary(
                        out, f,
                        "%sThe job's running time fell %.0f times in the last hour, %.0f times since the onset. %s.%s%s",
                        buf_str(&cause), g->resets.unexpected + g->resets.expected, o.total, since, near, differs);
        if (is_loop) {
                first_fault_tell(w, v, FIRST_FAULT_BEFORE_S, FIRST_FAULT_AFTER_S, out, f);
                advise(w, change, v, out, f);
        }
        show_evidence(w, settings, g, out, f);
        if (change)
                show_change(change, out, f);
        if (!is_loop)
                return;
        if (o.is_cut)
                findings_want_samples(out, s->metric->name, w->now_s - LOOK_BACK_S, s->samples[0].at_s);
}

/* A job that is too broken to publish anything has not recovered. */
static bool is_silent(const struct window *w, const struct signals *g) {
        return !application_is_changing(w->application) && !(g->counter && series_last(w, g->counter, SILENT_S)) &&
               !(g->uptime && series_last(w, g->uptime, SILENT_S));
}

static int judge(const struct window *w, const double *settings, struct findings *out) {
        if (!application_is_running(w->application))
                return 0;
        struct signals g = look(w, settings);
        if ((!g.counter || g.counter->n_samples == 0) && (!g.uptime || g.uptime->n_samples == 0))
                return JUDGE_BLIND;
        if (window_prior(w, "restart_loop", NULL) && is_silent(w, &g))
                return JUDGE_BLIND;
        enum state state = decide(w, settings, &g);
        if (state != STATE_CALM)
                report(w, settings, &g, state, out);
        return out->failed;
}

const struct diagnoser diagnoser_restart_loop = {
        .name = "restart_loop",
        .help = "the job fails and restarts over and over",
        .params = params,
        .needs = needs,
        .judge = judge,
};
