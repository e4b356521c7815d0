/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/incidents/stage.h"

#include <stdio.h>
#include <stdlib.h>

#include "util/list.h"

void setup_stage(struct stage *s) {
        *s = (struct stage){0};
        s->routes[0] = (struct route){
                .notifier = "slack", .min_severity = SEVERITY_WARNING, .applications = "*, !scratch-*"};
        s->routes[1] = (struct route){.notifier = "pager",
                                      .min_severity = SEVERITY_CRITICAL,
                                      .applications = "orders",
                                      .repeat_interval_s = 4 * 3600};
        s->routes[2] = (struct route){.notifier = "log", .min_severity = SEVERITY_INFO, .applications = "other-*"};
        s->policy = (struct incident_policy){.routes = s->routes,
                                             .n_routes = 3,
                                             .severity_cap = SEVERITY_CRITICAL,
                                             .resolve_after_s = 600,
                                             .reopen_within_s = 3600};
}

void done_stage(struct stage *s) {
        for (size_t i = 0; i < s->n_incidents; i++)
                incident_done(&s->incidents[i]);
        free(s->incidents);
        findings_done(&s->findings);
}

struct finding *find(struct stage *s, const char *diagnoser, enum severity severity, int64_t onset_s) {
        struct finding *f = findings_add(&s->findings, diagnoser, severity, CONFIDENCE_HIGH, onset_s);
        finding_title(&s->findings, f, "%s", diagnoser);
        finding_summary(&s->findings, f, "%s since then", diagnoser);
        finding_advise(&s->findings, f, "mend %s", diagnoser);
        return f;
}

void keep(struct stage *s, struct transitions *t) {
        for (size_t i = 0; i < t->n_items; i++) {
                struct transition *item = &t->items[i];
                size_t k = 0;
                while (k < s->n_incidents && s->incidents[k].id != item->incident.id)
                        k++;
                if (item->incident.id == 0 || k == s->n_incidents) {
                        LIST_ADD(s->incidents, s->n_incidents, s->incidents_size);
                        k = s->n_incidents - 1;
                        item->incident.id = (int64_t)s->n_incidents;
                }
                incident_done(&s->incidents[k]);
                s->incidents[k] = item->incident;
                item->incident = (struct incident){0};
        }
}

const char *tell(struct stage *s, struct transitions *t) {
        size_t len = 0;
        s->told[0] = '\0';
        for (size_t i = 0; i < t->n_items; i++) {
                if (t->items[i].event == EVENT_NONE)
                        continue;
                len += (size_t)snprintf(s->told + len, sizeof s->told - len, "%s%s %s", len ? "; " : "",
                                        incident_event_name(t->items[i].event), t->items[i].incident.finding.diagnoser);
                for (size_t k = 0; k < t->items[i].n_notifiers; k++)
                        len += (size_t)snprintf(s->told + len, sizeof s->told - len, "%s%s", k ? " " : " -> ",
                                                t->items[i].notifiers[k]);
        }
        s->n_entries = t->n_items;
        keep(s, t);
        transitions_done(t);
        return s->told;
}

const char *judge(struct stage *s, int64_t now_s) {
        struct transitions t = {0};
        struct judgement j = {.target = "prod",
                              .application = "orders",
                              .application_arn = "arn:orders",
                              .now_s = now_s,
                              .findings = &s->findings,
                              .blind = s->blind,
                              .n_blind = s->n_blind,
                              .incidents = s->incidents,
                              .n_incidents = s->n_incidents};
        assert_int_equal(incidents_judge(&j, &s->policy, &t), 0);
        tell(s, &t);
        findings_done(&s->findings);
        s->n_blind = 0;
        return s->told;
}
