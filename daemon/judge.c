/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/judge.h"

#include <errno.h>
#include <string.h>

#include "daemon/acknowledge.h"
#include "daemon/ledger.h"
#include "daemon/replay.h"
#include "incidents/suppression.h"
#include "util/text.h"

enum {
        RESOLVE_AFTER_S = 600,
        REOPEN_WITHIN_S = 3600,
        REPLAY_STEP_S = 300,
        /* After a gap this long what began in it is history: recorded, and told only if it still stands now. */
        HISTORY_S = 900,
        DIAGNOSERS_MAX = 64,
        CHUNK_S = 3 * 86400, /* of a past, read at once */
        PARAMS_MAX = 32,
        METRICS_MAX = 64,
};

struct judge {
        struct judge_job job;
        struct window *window; /* all that may be looked at up to window_to_s */
        int64_t window_to_s;
        struct ledger ledger;
        struct silence_rows silences;
        int64_t decisions; /* of people, at the time when incidents and silences were read */
        struct route *routes;
        size_t n_routes;
        int64_t at_s, step_s;         /* next instant */
        int64_t spans_s[METRICS_MAX]; /* wanted beyond what is needed, in the order of metrics[] */
        struct judge_result result;
};

static bool is_early_diagnoser(const struct diagnoser *d) {
        if (!d->needs || !d->needs->metric)
                return false;
        for (const struct series_need *n = d->needs; n->metric; n++) {
                const struct metric *m = metric_find(n->metric, n->statistic);
                if (!m || !m->is_early)
                        return false;
        }
        return true;
}

/* Whether a diagnoser judges at this instant of this job. */
static bool is_judging(const struct judge_job *job, size_t i, bool is_now) {
        if (!config_is_enabled(job->config, i, job->application))
                return false;
        switch (job->set) {
        case JUDGE_EARLY:
                return is_early_diagnoser(diagnosers[i]);
        case JUDGE_THE_REST:
                return is_now || !is_early_diagnoser(diagnosers[i]);
        default:
                return true;
        }
}

/* All that is needed to judge from at_s up to window_to_s. */
static int read_window(struct judge *j, int64_t at_s) {
        const struct judge_job *job = &j->job;
        struct window_need needs[METRICS_MAX];
        size_t n = 0;
        int64_t replayed_s = j->window_to_s - at_s;
        for (size_t i = 0; i < n_metrics && i < METRICS_MAX; i++) {
                int64_t span_s = diagnosers_span_s(&metrics[i]) + replayed_s;
                if (j->spans_s[i] > span_s)
                        span_s = j->spans_s[i];
                if (span_s > replayed_s)
                        needs[n++] = (struct window_need){.metric = &metrics[i], .span_s = span_s};
        }
        struct window_spec spec = {
                .target = job->target,
                .application = job->application,
                .now_s = j->window_to_s,
                .settled_before_s = j->window_to_s - job->config->settle_s,
                .needs = needs,
                .n_needs = n,
        };
        window_free(TAKE(j->window));
        return store_read_window(job->store, &spec, &j->window);
}

/* A long past is read a day at a time: nothing is to hold up the loop. */
static int read_chunk(struct judge *j, int64_t at_s) {
        j->window_to_s = j->job.now_s - at_s > CHUNK_S ? at_s + CHUNK_S : j->job.now_s;
        memset(j->spans_s, 0, sizeof j->spans_s);
        return read_window(j, at_s);
}

/* Reads the longer history that a diagnoser asks for: 1 when there is more to see, then judge the instant again. Later instants ask for
 * no more than that: what has been read stays in the window. */
static int widen(struct judge *j, int64_t at_s, const struct findings *findings) {
        bool has_wish = false;
        for (size_t i = 0; i < findings->n_wants; i++) {
                const struct want *want = &findings->wants[i];
                const struct metric *m = want->kind == WANT_SAMPLES ? metric_find(want->metric, NULL) : NULL;
                size_t index = m ? (size_t)(m - metrics) : METRICS_MAX;
                int64_t span_s = j->window_to_s - want->from_s;
                if (index >= METRICS_MAX || span_s <= j->spans_s[index])
                        continue;
                j->spans_s[index] = span_s;
                has_wish = true;
        }
        if (!has_wish)
                return 0;
        int r = read_window(j, at_s);
        return r < 0 ? r : 1;
}

/* What follows from another finding has no cause of its own. */
static bool is_explained(const struct findings *findings, const struct want *want) {
        for (size_t i = 0; i < findings->n_items; i++)
                if (findings->items[i].severity > SEVERITY_INFO &&
                    suppression_find(findings->items[i].diagnoser, findings->items[i].severity, want->diagnoser,
                                     SEVERITY_CRITICAL))
                        return true;
        return false;
}

/* Has the logs read that are wanted; how many pages had better wait for that. */
static size_t investigate(struct judge *j, const struct findings *findings, const char *waiting[DIAGNOSERS_MAX]) {
        size_t n = 0;
        j->result.n_wanted = 0;
        for (size_t i = 0; i < findings->n_wants && j->job.investigate; i++) {
                const struct want *want = &findings->wants[i];
                if (want->kind != WANT_LOGS || is_explained(findings, want))
                        continue;
                j->result.n_wanted++;
                if (j->job.investigate(j->job.arg, j->job.application, want) && n < DIAGNOSERS_MAX)
                        waiting[n++] = want->diagnoser;
        }
        return n;
}

/* What cannot be told yet at an earlier instant is told now, if it still stands. */
static bool is_to_be_explained(const struct judge *j, const struct findings *findings) {
        for (size_t i = 0; i < findings->n_wants && j->job.investigate; i++)
                if (findings->wants[i].kind == WANT_LOGS && !is_explained(findings, &findings->wants[i]))
                        return true;
        return false;
}

/* Whether somebody would be called now to something whose cause is about to be known. */
static bool is_worth_waiting(const struct transitions *t, const char *const *waiting, size_t n_waiting) {
        for (size_t i = 0; i < t->n_items; i++)
                for (size_t k = 0; k < n_waiting; k++) {
                        const struct transition *item = &t->items[i];
                        const struct finding *f = &item->incident.finding;
                        if (item->event == EVENT_OPENED && item->n_notifiers > 0 && !f->root_cause &&
                            strcmp(f->diagnoser, waiting[k]) == 0)
                                return true;
                }
        return false;
}

static int read_incidents(struct judge *j) {
        SCOPED(incident_rows_done) struct incident_rows rows = {0};
        struct incident_filter filter = {
                .target = j->job.target,
                .application = j->job.application,
                .since_s = (j->job.from_s > 0 ? j->job.from_s : j->job.now_s) - REOPEN_WITHIN_S,
        };
        silence_rows_done(&j->silences);
        j->decisions = store_decisions(j->job.store);
        int r = store_list_silences(j->job.store, j->job.from_s > 0 ? j->job.from_s : j->job.now_s - 1, &j->silences);
        if (r == 0)
                r = store_list_incidents(j->job.store, &filter, &rows);
        return r == 0 ? ledger_fill(&j->ledger, &rows) : r;
}

static int diagnose(struct judge *j, struct window *w, bool is_now, struct findings *out, const char **blind,
                    size_t *n_blind) {
        double settings[PARAMS_MAX];
        for (size_t i = 0; diagnosers[i]; i++) {
                int r = JUDGE_BLIND;
                if (is_judging(&j->job, i, is_now)) {
                        config_settings(j->job.config, i, j->job.application, settings);
                        r = diagnosers[i]->judge(w, settings, out);
                }
                if (r < 0)
                        return r;
                bool is_off = !config_is_enabled(j->job.config, i, j->job.application);
                if (r == JUDGE_BLIND && !is_off && *n_blind < DIAGNOSERS_MAX)
                        blind[(*n_blind)++] = diagnosers[i]->name;
        }
        return out->failed;
}

static int save(struct judge *j, int64_t at_s, struct transitions *t) {
        size_t told = 0;
        int r = ledger_unsaved(&j->ledger, t);
        for (size_t i = 0; i < t->n_items; i++)
                told += t->items[i].n_notifiers;
        t->at_s = at_s;
        if (r == 0)
                r = store_apply(j->job.store, t);
        if (r < 0)
                return r;
        j->result.n_told += told;
        return ledger_note(&j->ledger, t, true);
}

static int apply(struct judge *j, int64_t at_s, bool is_now, struct transitions *t) {
        bool has_events = false;
        for (size_t i = 0; i < t->n_items; i++)
                has_events = has_events || t->items[i].event != EVENT_NONE;
        if (j->job.is_rehearsal || (!has_events && !is_now))
                return ledger_note(&j->ledger, t, false);
        return save(j, at_s, t);
}

static void note_findings(struct judge_result *result, const struct findings *findings) {
        result->n_findings = findings->n_items;
        result->is_suspicious = false;
        for (size_t i = 0; i < findings->n_items; i++)
                result->is_suspicious = result->is_suspicious || findings->items[i].severity >= SEVERITY_WARNING;
}

static bool is_found(const struct findings *findings, const struct incident *i) {
        for (size_t k = 0; k < findings->n_items; k++)
                if (strcmp(findings->items[k].diagnoser, i->finding.diagnoser) == 0 &&
                    text_same(findings->items[k].subject, i->finding.subject))
                        return true;
        return false;
}

/* After the last instant. */
static bool is_calm(const struct judge *j, const struct findings *findings) {
        if (j->result.is_suspicious || j->result.is_held || j->result.n_wanted > 0)
                return false;
        for (size_t i = 0; i < j->ledger.incidents.n_rows; i++) {
                const struct incident *known = &j->ledger.incidents.rows[i];
                bool is_open = known->state != INCIDENT_RESOLVED;
                if (is_open && (known->finding.severity > SEVERITY_INFO || !is_found(findings, known)))
                        return false;
        }
        return true;
}

static int judge_at(struct judge *j, int64_t at_s) {
        SCOPED(findings_done) struct findings findings = {0};
        SCOPED(transitions_done) struct transitions transitions = {0};
        SCOPED(free) struct incident *incidents = NULL;
        SCOPED(replay_free) struct window *w = NULL;
        const char *blind[DIAGNOSERS_MAX];
        size_t n_incidents = 0, n_blind = 0;
        bool is_now = at_s >= j->job.now_s,
             is_history = !j->job.is_rehearsal && !is_now && j->job.now_s - j->job.from_s > HISTORY_S;
        /* What was opened in the future, by a clock that was set back since, stands now. */
        int r = ledger_at(&j->ledger, is_now ? INT64_MAX : at_s, at_s - REOPEN_WITHIN_S, &incidents, &n_incidents);
        if (r == 0)
                r = replay_window(j->window, at_s, j->job.config->settle_s, incidents, n_incidents, &w);
        if (r == 0)
                r = diagnose(j, w, is_now, &findings, blind, &n_blind);
        if (r == 0)
                r = widen(j, at_s, &findings);
        if (r > 0)
                return judge_at(j, at_s);
        if (r < 0)
                return r;
        struct judgement judgement = {
                .target = j->job.target,
                .application = j->job.application,
                .application_arn = j->job.application_arn,
                .now_s = at_s,
                .findings = &findings,
                .blind = blind,
                .n_blind = n_blind,
                .incidents = incidents,
                .n_incidents = n_incidents,
        };
        struct incident_policy policy = {
                .routes = j->routes,
                .n_routes = j->n_routes,
                .severity_cap = config_severity_cap(j->job.config, j->job.application),
                .resolve_after_s = RESOLVE_AFTER_S,
                .reopen_within_s = REOPEN_WITHIN_S,
                .is_quiet = is_history || j->job.is_quiet || (!is_now && is_to_be_explained(j, &findings)) ||
                            config_is_in_maintenance(j->job.config, j->job.application, at_s),
                .silences = j->silences.rows,
                .n_silences = j->silences.n_rows,
        };
        const char *waiting[DIAGNOSERS_MAX];
        size_t n_waiting = is_now ? investigate(j, &findings, waiting) : 0;
        note_findings(&j->result, &findings);
        r = incidents_judge(&judgement, &policy, &transitions);
        j->result.is_held = r == 0 && is_worth_waiting(&transitions, waiting, n_waiting);
        if (r == 0 && j->result.is_held) {
                SCOPED(transitions_done) struct transitions unsaved = {0};
                return save(j, at_s, &unsaved);
        }
        if (r == 0) {
                r = apply(j, at_s, is_now, &transitions);
                j->result.judged_until_s = at_s;
                j->result.is_calm = is_now && is_calm(j, &findings);
        }
        return r;
}

static bool is_judged_here(const struct judge *j, const char *diagnoser) {
        for (size_t i = 0; diagnosers[i]; i++)
                if (strcmp(diagnosers[i]->name, diagnoser) == 0)
                        return is_judging(&j->job, i, false);
        return false;
}

/* A process that was started anew knows roughly how far the last one came. What that one stored says it exactly: to judge those
 * instants again, at other seconds, would open again what is open, and end again what has ended. */
static void skip_judged(struct judge *j) {
        for (size_t i = 0; j->job.from_s > 0 && i < j->ledger.incidents.n_rows; i++) {
                const struct incident *known = &j->ledger.incidents.rows[i];
                if (known->updated_at_s > j->job.from_s && is_judged_here(j, known->finding.diagnoser))
                        j->job.from_s = known->updated_at_s;
        }
}

int judge_new(const struct judge_job *job, struct judge **ret) {
        SCOPED(judge_free) struct judge *j = calloc(1, sizeof *j);
        if (!j)
                return -ENOMEM;
        j->job = *job;
        int r = job->is_rehearsal ? 0 : read_incidents(j);
        if (r < 0)
                return r;
        skip_judged(j);
        job = &j->job;
        bool is_behind = job->from_s > 0 && job->from_s < job->now_s;
        j->step_s = is_behind && job->now_s - job->from_s > 2 * REPLAY_STEP_S ? REPLAY_STEP_S : job->config->interval_s;
        j->at_s = is_behind ? job->from_s + j->step_s : job->now_s;
        r = read_chunk(j, is_behind ? job->from_s : job->now_s);
        if (r == 0 && !job->is_rehearsal)
                r = routes_of(job->config, &j->routes, &j->n_routes);
        if (r < 0)
                return r;
        *ret = TAKE(j);
        return 0;
}

int judge_step(struct judge *j) {
        bool is_last = j->at_s >= j->job.now_s;
        bool is_up_to_date = j->job.is_rehearsal || j->decisions == store_decisions(j->job.store);
        int r = is_up_to_date ? 0 : read_incidents(j);
        if (r == 0 && j->at_s > j->window_to_s && j->window_to_s < j->job.now_s)
                r = read_chunk(j, j->window_to_s);
        if (r < 0)
                return r;
        r = judge_at(j, is_last ? j->job.now_s : j->at_s);
        j->at_s += j->step_s;
        return r < 0 ? r : !is_last && !j->result.is_held;
}

const struct judge_result *judge_result(const struct judge *j) {
        return &j->result;
}

const struct incident_rows *judge_incidents(const struct judge *j) {
        return &j->ledger.incidents;
}

void judge_free(struct judge *j) {
        if (!j)
                return;
        window_free(j->window);
        ledger_done(&j->ledger);
        silence_rows_done(&j->silences);
        free(j->routes);
        free(j);
}
