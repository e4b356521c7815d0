/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/notifier_watch.h"

#include <errno.h>
#include <inttypes.h>

#include "daemon/acknowledge.h"
#include "incidents/incidents.h"
#include "util/text.h"
#include "util/timefmt.h"

enum { FAILING_S = 900, REOPEN_WITHIN_S = 3600 };

const char notifier_watch_target[] = "-";
static const char application[] = "flinkwatch", diagnoser[] = "delivery";

struct watch {
        struct store *store;
        const struct config *config;
        int64_t now_s;
        struct incident_rows incidents; /* of all notifiers */
        bool has_told;
};

static void describe(struct findings *out, const struct config_notifier *n, const struct notifier_state *state) {
        char last[TIME_TEXT_MAX] = "never";
        struct finding *f = findings_add(out, diagnoser, SEVERITY_WARNING, CONFIDENCE_HIGH, state->failing_since_s);
        if (state->delivered_at_s > 0)
                time_rfc3339(state->delivered_at_s, last);
        if (text_replace(&f->subject, n->name) < 0)
                out->failed = -ENOMEM;
        finding_title(out, f, "notifier %s delivers nothing", n->name);
        finding_summary(out, f,
                        "Nothing has got through to the notifier %s (%s) since it began to fail; %" PRId64
                        " messages wait. The last that it took: %s. Why the last attempt failed: %s.",
                        n->name, n->type->type, state->pending, last, text_or_empty(state->error));
        finding_advise(out, f, "Look at the receiver and at the section [notifier %s] of the configuration.", n->name);
        finding_advise(out, f,
                       "Nothing is lost: what waits is sent, as a digest, when the receiver is back within a day.");
        finding_evidence_text(out, f, "delivery", n->name, state->failed_at_s, text_or_empty(state->error));
}

/* All but the one that fails. */
static int routes_without(const struct config *c, const char *notifier, struct route **ret, size_t *ret_n) {
        struct route *routes = NULL;
        size_t n = 0, kept = 0;
        int r = routes_of(c, &routes, &n);
        if (r < 0)
                return r;
        for (size_t i = 0; i < n; i++)
                if (strcmp(routes[i].notifier, notifier) != 0)
                        routes[kept++] = routes[i];
        *ret = routes;
        *ret_n = kept;
        return 0;
}

/* With no finding the incident, if there is one, is over. */
static int judge(struct watch *w, const char *notifier, const struct findings *findings) {
        SCOPED(free) struct route *routes = NULL;
        SCOPED(free) struct incident *known = calloc(w->incidents.n_rows + 1, sizeof *known);
        SCOPED(transitions_done) struct transitions transitions = {.at_s = w->now_s};
        struct incident_policy policy = {.severity_cap = SEVERITY_CRITICAL, .reopen_within_s = REOPEN_WITHIN_S};
        struct judgement judgement = {.target = notifier_watch_target,
                                      .application = application,
                                      .application_arn = "",
                                      .now_s = w->now_s,
                                      .findings = findings,
                                      .incidents = known};
        if (!known)
                return -ENOMEM;
        for (size_t i = 0; i < w->incidents.n_rows; i++)
                if (text_same(w->incidents.rows[i].finding.subject, notifier))
                        known[judgement.n_incidents++] = w->incidents.rows[i];
        if (findings->n_items == 0 && judgement.n_incidents == 0)
                return 0;
        int r = routes_without(w->config, notifier, &routes, &policy.n_routes);
        policy.routes = routes;
        if (r == 0)
                r = incidents_judge(&judgement, &policy, &transitions);
        if (r == 0)
                r = store_apply(w->store, &transitions);
        for (size_t i = 0; i < transitions.n_items; i++)
                w->has_told = w->has_told || transitions.items[i].n_notifiers > 0;
        return r;
}

static const struct config_notifier *find(const struct config *c, const char *name) {
        for (size_t i = 0; i < c->n_notifiers; i++)
                if (text_same(c->notifiers[i].name, name))
                        return &c->notifiers[i];
        return NULL;
}

static int judge_one(struct watch *w, const struct notifier_state *state) {
        SCOPED(findings_done) struct findings findings = {0};
        const struct config_notifier *n = find(w->config, state->name);
        bool is_failing = n && state->failing_since_s > 0 && w->now_s - state->failing_since_s >= FAILING_S;
        if (is_failing)
                describe(&findings, n, state);
        return findings.failed ? findings.failed : judge(w, state->name, &findings);
}

int notifier_watch(struct store *s, const struct config *config, int64_t now_s) {
        SCOPED(notifier_states_done) struct notifier_states states = {0};
        struct watch w = {.store = s, .config = config, .now_s = now_s};
        struct incident_filter filter = {.target = notifier_watch_target,
                                         .application = application,
                                         .diagnoser = diagnoser,
                                         .since_s = now_s - REOPEN_WITHIN_S};
        int r = store_list_notifiers(s, &states);
        if (r == 0)
                r = store_list_incidents(s, &filter, &w.incidents);
        for (size_t i = 0; i < states.n_rows && r == 0; i++)
                r = judge_one(&w, &states.rows[i]);
        incident_rows_done(&w.incidents);
        return r < 0 ? r : w.has_told;
}
