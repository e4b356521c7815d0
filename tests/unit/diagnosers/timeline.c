/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/diagnosers/timeline.h"

#include <stdlib.h>
#include <string.h>

#include "diagnosers/diagnosers.h"
#include "util/list.h"
#include "util/text.h"

enum { SETTLE_S = 120, RESOLVE_AFTER_S = 600, REOPEN_WITHIN_S = 3600, LATE_MAX_S = 600 };

struct machine {
        const struct scenario *s;
        const struct timeline_options *options;
        struct timeline *out;
        struct sample *scratch[SERIES_MAX];
        int64_t wanted_from_s[SERIES_MAX]; /* of the instant that is judged; 0: no more than is needed */
};

static void check(bool is_fine, const char *what) {
        if (is_fine)
                return;
        fprintf(stderr, "timeline: %s\n", what);
        abort();
}

static const char *status_at(const struct scenario *s, int64_t at_s) {
        const char *status = s->application.status;
        for (size_t i = 0; i < s->n_statuses; i++)
                if (s->statuses[i].at_s <= at_s)
                        status = s->statuses[i].status;
        return status;
}

/* The service's LastUpdateTimestamp: of its newest change. 0: none that is known. */
static int64_t changed_at(const struct scenario *s, int64_t at_s) {
        int64_t newest_s = -1;
        for (size_t i = 0; i < s->n_statuses; i++)
                if (s->statuses[i].at_s <= at_s && s->statuses[i].at_s > newest_s)
                        newest_s = s->statuses[i].at_s;
        return newest_s > 0 ? s->base_s + newest_s : 0;
}

/* Up to where everything has been read: a collector that fails leaves it behind. */
static int64_t read_until(const struct scenario *s, int64_t now_s) {
        int64_t until_s = (now_s - SETTLE_S) / 60 * 60;
        for (size_t i = 0; i < s->n_unread; i++)
                if (until_s > s->unread[i].from_s && now_s < s->unread[i].to_s)
                        until_s = s->unread[i].from_s;
        return until_s;
}

/* When a point arrives: at most times once its minute is over. */
static bool has_arrived(const struct track *t, const struct sample *p, int64_t base_s, int64_t now_abs_s) {
        double chance = scenario_noise(t->metric->name, (p->at_s - base_s) / 60 + 1000003);
        int64_t late_s = chance < 0.03 ? (int64_t)(chance / 0.03 * LATE_MAX_S) : 0;
        return p->at_s + 60 + late_s <= now_abs_s;
}

static void cut_track(struct machine *m, size_t i, int64_t now_s, int64_t until_s, struct series_view *view) {
        static const int64_t read_each_s[N_TIERS] = {60, 600, 3600, 21600};
        const struct track *t = &m->s->tracks[i];
        if (m->options->reads_by_tier) {
                int64_t each_s = read_each_s[t->metric->tier], read_s = read_until(m->s, now_s / each_s * each_s);
                until_s = read_s < until_s ? read_s : until_s;
        }
        *view = (struct series_view){t->metric, t->dimensions, t->samples, t->n_samples, m->s->base_s + until_s, false};
        view->n_samples = series_from(view, m->s->base_s + until_s - t->metric->period_s + 1);
        if (m->options->cuts_to_needs) {
                int64_t from_s = m->s->base_s + now_s - diagnosers_span_s(t->metric);
                if (m->wanted_from_s[i] > 0 && m->wanted_from_s[i] < from_s)
                        from_s = m->wanted_from_s[i];
                size_t first = series_from(view, from_s);
                view->samples += first;
                view->n_samples -= first;
                view->has_older = first > 0;
        }
        if (!m->options->has_late_points)
                return;
        if (!m->scratch[i])
                m->scratch[i] = calloc(t->n_samples + 1, sizeof(struct sample));
        size_t n = series_from(view, m->s->base_s + now_s - 60 - LATE_MAX_S); /* those before are all there */
        if (n > 0)
                memcpy(m->scratch[i], view->samples, n * sizeof *view->samples);
        for (size_t k = n; k < view->n_samples; k++)
                if (has_arrived(t, &view->samples[k], m->s->base_s, m->s->base_s + now_s))
                        m->scratch[i][n++] = view->samples[k];
        view->samples = m->scratch[i];
        view->n_samples = n;
}

static size_t make_operations(const struct scenario *s, int64_t now_s, struct operation *to) {
        static char in_progress[] = "IN_PROGRESS";
        size_t n = 0;
        for (size_t i = 0; i < s->n_operations; i++) {
                if (s->operations[i].started_at_s > s->base_s + now_s)
                        continue;
                to[n] = s->operations[i];
                if (to[n].ended_at_s == 0 || to[n].ended_at_s > s->base_s + now_s) {
                        to[n].ended_at_s = 0;
                        to[n].status = in_progress;
                        to[n].failure = NULL;
                }
                n++;
        }
        return n;
}

static size_t make_snapshots(const struct scenario *s, int64_t now_s, struct snapshot *to) {
        static char creating[] = "CREATING";
        size_t n = 0;
        for (size_t i = 0; i < s->n_snapshots; i++) {
                if (s->snapshots[i].created_at_s > s->base_s + now_s)
                        continue;
                to[n] = s->snapshots[i];
                if (now_s < s->snapshot_ready_s[i])
                        to[n].status = creating;
                n++;
        }
        return n;
}

static size_t make_priors(const struct timeline *t, struct prior *to) {
        size_t n = 0;
        for (size_t i = 0; i < t->n_incidents; i++) {
                const struct incident *k = &t->incidents[i];
                if (k->state != INCIDENT_RESOLVED && n < NAMES_MAX)
                        to[n++] = (struct prior){k->finding.diagnoser, k->finding.subject, k->finding.severity,
                                                 k->finding.onset_s, k->opened_at_s};
        }
        return n;
}

static void diagnose(struct machine *m, const struct window *w, struct findings *out, const char **blind,
                     size_t *n_blind) {
        for (size_t i = 0; diagnosers[i]; i++) {
                double settings[16];
                for (size_t k = 0; k < param_count(diagnosers[i]->params); k++)
                        settings[k] = diagnosers[i]->params[k].standard;
                for (size_t k = 0; k < m->s->n_settings; k++)
                        if (strcmp(m->s->settings[k].diagnoser, diagnosers[i]->name) == 0)
                                settings[m->s->settings[k].index] = m->s->settings[k].value;
                int r = diagnosers[i]->judge(w, settings, out);
                check(r == 0 || r == JUDGE_BLIND, "a diagnoser failed");
                if (r == JUDGE_BLIND)
                        blind[(*n_blind)++] = diagnosers[i]->name;
        }
        check(out->failed == 0, "findings failed");
}

/* What the store does: replace or add, and remember who was told. */
static void apply(struct machine *m, struct transitions *t, int64_t now_s) {
        struct timeline *out = m->out;
        for (size_t i = 0; i < t->n_items; i++) {
                struct transition *item = &t->items[i];
                struct incident *slot = NULL;
                for (size_t k = 0; k < out->n_incidents; k++)
                        if (out->incidents[k].id == item->incident.id && item->incident.id > 0)
                                slot = &out->incidents[k];
                if (!slot) {
                        slot = LIST_ADD(out->incidents, out->n_incidents, out->incidents_size);
                        item->incident.id = (int64_t)out->n_incidents;
                }
                if (item->n_notifiers > 0) {
                        struct page *p = LIST_ADD(out->pages, out->n_pages, out->pages_size);
                        *p = (struct page){strdup(item->incident.finding.diagnoser),
                                           item->incident.finding.subject ? strdup(item->incident.finding.subject)
                                                                          : NULL,
                                           now_s, item->event};
                }
                incident_done(slot);
                *slot = item->incident;
                item->incident = (struct incident){0};
        }
}

/* A new process knows only what was stored: deep copies of the open incidents and of those that may return. */
static void forget(struct timeline *t) {
        struct incident *fresh = calloc(t->n_incidents + 1, sizeof *fresh);
        for (size_t i = 0; i < t->n_incidents; i++) {
                check(incident_dup(&t->incidents[i], &fresh[i]) == 0, "incident_dup");
                incident_done(&t->incidents[i]);
        }
        free(t->incidents);
        t->incidents = fresh;
        t->incidents_size = t->n_incidents + 1;
}

/* Whether there is more to see than before. */
static bool widen(struct machine *m, const struct findings *findings) {
        bool is_wider = false;
        for (size_t k = 0; k < findings->n_wants && m->options->cuts_to_needs; k++)
                for (size_t i = 0; i < m->s->n_tracks; i++) {
                        const struct want *want = &findings->wants[k];
                        int64_t *from_s = &m->wanted_from_s[i];
                        if (want->kind != WANT_SAMPLES || strcmp(want->metric, m->s->tracks[i].metric->name) != 0 ||
                            (*from_s > 0 && want->from_s >= *from_s))
                                continue;
                        *from_s = want->from_s;
                        is_wider = true;
                }
        return is_wider;
}

static bool is_quiet_at(const struct scenario *s, int64_t now_s) {
        for (size_t i = 0; i < s->n_quiet; i++)
                if (now_s >= s->quiet[i].from_s && now_s < s->quiet[i].to_s)
                        return true;
        return false;
}

static void judge_at(struct machine *m, int64_t now_s) {
        const struct scenario *s = m->s;
        struct series_view views[SERIES_MAX];
        struct operation operations[STATES_MAX];
        struct snapshot snapshots[STATES_MAX];
        struct prior priors[NAMES_MAX];
        struct application application = s->application;
        SCOPED(findings_done) struct findings findings = {0};
        SCOPED(transitions_done) struct transitions transitions = {0};
        const char *blind[NAMES_MAX + 8];
        size_t n_blind = 0;
        application.status = (char *)status_at(s, now_s);
        application.updated_at_s = changed_at(s, now_s);
        application.seen_at_s = s->base_s + now_s;
        int64_t until_s = read_until(s, now_s);
        for (size_t i = 0; i < s->n_tracks; i++)
                cut_track(m, i, now_s, until_s, &views[i]);
        struct window w = {
                .now_s = s->base_s + now_s,
                .from_s = s->base_s,
                .to_s = s->base_s + (now_s - SETTLE_S) / 60 * 60,
                .application = &application,
                .operations = operations,
                .n_operations = make_operations(s, now_s, operations),
                .snapshots = snapshots,
                .n_snapshots = make_snapshots(s, now_s, snapshots),
                .series = views,
                .n_series = s->n_tracks,
                .priors = priors,
                .n_priors = make_priors(m->out, priors),
        };
        diagnose(m, &w, &findings, blind, &n_blind);
        if (widen(m, &findings)) {
                judge_at(m, now_s);
                return;
        }
        memset(m->wanted_from_s, 0, sizeof m->wanted_from_s);
        struct route route = {.notifier = "oncall", .min_severity = SEVERITY_WARNING, .applications = "*"};
        struct incident_policy policy = {.routes = &route,
                                         .n_routes = 1,
                                         .severity_cap = SEVERITY_CRITICAL,
                                         .resolve_after_s = RESOLVE_AFTER_S,
                                         .reopen_within_s = REOPEN_WITHIN_S,
                                         .is_quiet = is_quiet_at(s, now_s)};
        struct judgement j = {.target = "prod",
                              .application = "orders",
                              .application_arn = "arn:aws:kinesisanalytics:eu-west-1:111122223333:"
                                                 "application/orders",
                              .now_s = w.now_s,
                              .findings = &findings,
                              .blind = blind,
                              .n_blind = n_blind,
                              .incidents = m->out->incidents,
                              .n_incidents = m->out->n_incidents};
        check(incidents_judge(&j, &policy, &transitions) == 0, "incidents_judge");
        apply(m, &transitions, now_s);
        for (size_t i = 0; i < m->out->n_blind; i++)
                free(m->out->blind[i]);
        m->out->n_blind = 0;
        for (size_t i = 0; i < n_blind && i < NAMES_MAX; i++)
                m->out->blind[m->out->n_blind++] = strdup(blind[i]);
        m->out->n_judgements++;
}

void timeline_run(const struct scenario *s, const struct timeline_options *options, struct timeline *ret) {
        struct machine m = {.s = s, .options = options, .out = ret};
        int64_t every_s = options->every_s > 0 ? options->every_s : s->every_s;
        *ret = (struct timeline){0};
        for (int64_t now_s = s->judge_from_s + 3600; now_s <= s->length_s; now_s += every_s) {
                judge_at(&m, now_s);
                if (options->restarts)
                        forget(ret);
        }
        for (size_t i = 0; i < SERIES_MAX; i++)
                free(m.scratch[i]);
}

size_t timeline_calls(const struct timeline *t) {
        size_t n = 0;
        for (size_t i = 0; i < t->n_pages; i++)
                n += t->pages[i].event == EVENT_OPENED;
        return n;
}

void timeline_done(struct timeline *t) {
        for (size_t i = 0; i < t->n_incidents; i++)
                incident_done(&t->incidents[i]);
        for (size_t i = 0; i < t->n_pages; i++) {
                free(t->pages[i].diagnoser);
                free(t->pages[i].subject);
        }
        for (size_t i = 0; i < t->n_blind; i++)
                free(t->blind[i]);
        free(t->incidents);
        free(t->pages);
        *t = (struct timeline){0};
}
