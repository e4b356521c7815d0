/* SPDX-License-Identifier: Apache-2.0 */
#include "incidents/cases.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

enum { LONG_BEFORE_S = 1800 };

static bool is_same(const struct finding *a, const struct finding *b) {
        return text_is(a->diagnoser, b->diagnoser) && text_same(a->subject, b->subject);
}

static bool is_blind(const struct judgement *j, const char *diagnoser) {
        for (size_t i = 0; i < j->n_blind; i++)
                if (strcmp(j->blind[i], diagnoser) == 0)
                        return true;
        return false;
}

/* An open incident first, else the one that was resolved last and may open again. */
static const struct incident *find_known(const struct judgement *j, const struct incident_policy *p,
                                         const struct finding *f) {
        const struct incident *best = NULL;
        for (size_t i = 0; i < j->n_incidents; i++) {
                const struct incident *k = &j->incidents[i];
                if (!is_same(&k->finding, f))
                        continue;
                if (k->state != INCIDENT_RESOLVED)
                        return k;
                if (j->now_s - k->resolved_at_s <= p->reopen_within_s &&
                    (!best || k->resolved_at_s > best->resolved_at_s))
                        best = k;
        }
        return best;
}

static const struct finding *find_finding(const struct judgement *j, const struct finding *like) {
        for (size_t i = 0; i < j->findings->n_items; i++)
                if (is_same(&j->findings->items[i], like))
                        return &j->findings->items[i];
        return NULL;
}

static void add_case(const struct judgement *j, const struct incident_policy *p, struct cases *c,
                     const struct finding *f, const struct incident *known) {
        struct case_entry *e = &c->items[c->n_items++];
        const struct finding *now = f ? f : &known->finding;
        bool is_open = known && known->state != INCIDENT_RESOLVED;
        *e = (struct case_entry){
                .finding = f,
                .known = known,
                .severity = now->severity < p->severity_cap ? now->severity : p->severity_cap,
                .is_blind = is_blind(j, now->diagnoser),
                .is_live = f || is_open,
                .is_announced = is_open && !known->is_quiet,
                .cause = -1,
        };
        c->has_gap = c->has_gap || (e->is_live && strcmp(now->diagnoser, "telemetry_gap") == 0);
}

static const struct finding *what(const struct case_entry *e) {
        return e->finding ? e->finding : &e->known->finding;
}

static const struct suppression *explains(const struct case_entry *cause, const struct case_entry *symptom) {
        if (!cause->is_live || cause == symptom)
                return NULL;
        /* What is wrong with a part beside the rest (a disk, threads, a commit) is no cause of it. */
        if (what(cause)->subject)
                return NULL;
        /* A remark explains no page, and what a change excuses explains only what it excuses too. */
        bool is_page = symptom->severity > SEVERITY_INFO && !what(symptom)->is_expected;
        if (cause->severity == SEVERITY_INFO && is_page)
                return NULL;
        if (what(cause)->is_expected && !what(symptom)->is_expected)
                return NULL;
        return suppression_find(what(cause)->diagnoser, cause->severity, what(symptom)->diagnoser, symptom->severity);
}

/* Each case's nearest cause by the table's order, then up to the last one; the table has no cycles. */
static void find_causes(struct cases *c) {
        for (size_t i = 0; i < c->n_items; i++) {
                const struct suppression *first = NULL;
                for (size_t k = 0; k < c->n_items; k++) {
                        const struct suppression *row = explains(&c->items[k], &c->items[i]);
                        if (!row || (first && row >= first))
                                continue;
                        first = row;
                        c->items[i].cause = (ptrdiff_t)k;
                        c->items[i].relation = row->relation;
                        c->items[i].raises_cause = row->raises;
                }
        }
        for (size_t i = 0; i < c->n_items; i++)
                for (ptrdiff_t up = c->items[i].cause; up >= 0; up = c->items[up].cause)
                        c->items[i].cause = up;
}

/* The one page must reach those who are only called for what the symptom is. */
static void raise_causes(struct cases *c) {
        for (size_t i = 0; i < c->n_items; i++) {
                const struct case_entry *e = &c->items[i];
                struct case_entry *cause = e->cause >= 0 ? &c->items[e->cause] : NULL;
                if (!cause || !e->raises_cause || !e->finding || e->finding->is_expected || !cause->finding ||
                    cause->finding->is_expected || e->severity <= cause->severity)
                        continue;
                cause->severity = e->severity;
                cause->raised_by = e->finding;
        }
}

/* What has been told of for so long is not what a critical cause does: it may be what led to that, which is told as well. */
static bool came_long_before(const struct case_entry *symptom, const struct case_entry *cause) {
        return cause->severity == SEVERITY_CRITICAL && cause->finding && cause->finding->onset_s > 0 &&
               cause->finding->onset_s - symptom->known->finding.onset_s > LONG_BEFORE_S;
}

/* One cause, one page: when a symptom was told first and as loudly, the cause that is found later is recorded without a second page. */
static void find_representatives(struct cases *c) {
        for (size_t i = 0; i < c->n_items; i++)
                for (size_t k = 0; k < c->n_items; k++)
                        if (c->items[k].is_announced && c->items[k].known->announced_severity >= c->items[i].severity &&
                            explains(&c->items[i], &c->items[k]) && !came_long_before(&c->items[k], &c->items[i]))
                                c->items[i].is_represented = true;
}

int cases_make(const struct judgement *j, const struct incident_policy *policy, struct cases *ret) {
        struct cases c = {.items = calloc(j->findings->n_items + j->n_incidents + 1, sizeof *c.items)};
        if (!c.items)
                return -ENOMEM;
        for (size_t i = 0; i < j->findings->n_items; i++)
                if (find_finding(j, &j->findings->items[i]) == &j->findings->items[i])
                        add_case(j, policy, &c, &j->findings->items[i], find_known(j, policy, &j->findings->items[i]));
        for (size_t i = 0; i < j->n_incidents; i++)
                if (j->incidents[i].state != INCIDENT_RESOLVED && !find_finding(j, &j->incidents[i].finding))
                        add_case(j, policy, &c, NULL, &j->incidents[i]);
        find_causes(&c);
        raise_causes(&c);
        find_representatives(&c);
        *ret = c;
        return 0;
}

void cases_done(struct cases *c) {
        free(c->items);
        *c = (struct cases){0};
}
