/* SPDX-License-Identifier: Apache-2.0 */
/* Cases in, transitions out. All that a decision needs is in the incident as it is stored: a restart between two judgements changes
 * nothing. */
#include "incidents/incidents.h"

#include <errno.h>
#include <string.h>

#include "incidents/cases.h"
#include "incidents/routes.h"
#include "util/list.h"
#include "util/text.h"

enum { RETURNS_MAX = 3, REFRESH_S = 3600 };

struct desk {
        const struct judgement *j;
        const struct incident_policy *policy;
        struct cases cases;
        struct transitions *out;
};

static bool is_silenced(const struct desk *d, const struct case_entry *e) {
        const struct finding *f = e->finding ? e->finding : &e->known->finding;
        for (size_t i = 0; i < d->policy->n_silences; i++)
                if (silence_covers(&d->policy->silences[i], d->j->target, d->j->application, f->diagnoser, d->j->now_s))
                        return true;
        return false;
}

/* What something else explains is not told of, unless it was told first and speaks for its cause. */
static bool may_tell(const struct desk *d, const struct case_entry *e) {
        if (d->policy->is_quiet || is_silenced(d, e))
                return false;
        const struct case_entry *cause = e->cause >= 0 ? &d->cases.items[e->cause] : NULL;
        return !cause || (e->is_announced && !cause->is_announced && cause->is_represented);
}

static int say_why_severe(struct finding *f, const struct finding *symptom) {
        SCOPED(buf_done) struct buf text = BUF_INIT(2 * FINDING_TEXT_MAX);
        buf_printf(&text, "%s It is %s for what follows from it: %s.", text_or_empty(f->summary),
                   severity_name(symptom->severity), text_or_empty(symptom->title));
        return text.failed ? -ENOMEM : text_replace(&f->summary, buf_str(&text));
}

/* The finding as it is now, with what is known longer than the finding is: its first onset and a cause that logs once told. */
static int renew_finding(const struct desk *d, const struct case_entry *e, struct incident *i) {
        struct finding now;
        if (finding_dup(e->finding, &now) < 0)
                return -ENOMEM;
        now.severity = e->severity;
        now.diagnoser = e->finding->diagnoser;
        if (e->raised_by && say_why_severe(&now, e->raised_by) < 0) {
                finding_done(&now);
                return -ENOMEM;
        }
        if (d->cases.has_gap && now.confidence > CONFIDENCE_LOW && strcmp(now.diagnoser, "telemetry_gap") != 0)
                now.confidence--;
        if (e->known) {
                /* What began again after it was over has its own onset, and may have another cause. */
                bool is_open = e->known->state != INCIDENT_RESOLVED;
                bool began_again = !is_open && now.onset_s > i->resolved_at_s;
                if (!began_again && i->finding.onset_s > 0 && (now.onset_s <= 0 || i->finding.onset_s < now.onset_s))
                        now.onset_s = i->finding.onset_s;
                if (!now.root_cause && is_open)
                        now.root_cause = TAKE(i->finding.root_cause);
        }
        finding_done(&i->finding);
        i->finding = now;
        return 0;
}

static int note_symptom(struct incident *i, const struct case_entry *symptom) {
        const struct finding *f = symptom->finding;
        for (size_t k = 0; k < i->n_suppressed; k++)
                if (strcmp(i->suppressed[k].diagnoser, f->diagnoser) == 0 &&
                    text_same(i->suppressed[k].subject, f->subject))
                        return 0;
        struct suppressed *s = LIST_ADD(i->suppressed, i->n_suppressed, i->suppressed_size);
        if (!s)
                return -ENOMEM;
        s->since_s = f->onset_s;
        if (text_replace(&s->diagnoser, f->diagnoser) < 0 || text_replace(&s->subject, f->subject) < 0)
                return -ENOMEM;
        return 0;
}

/* What this case explains stays visible on it. */
static int note_symptoms(const struct desk *d, const struct case_entry *e, struct incident *i) {
        int r = 0;
        for (size_t k = 0; r == 0 && k < d->cases.n_items; k++) {
                const struct case_entry *s = &d->cases.items[k];
                if (s->finding && s->cause >= 0 && &d->cases.items[s->cause] == e)
                        r = note_symptom(i, s);
        }
        return r;
}

static struct transition *record(const struct desk *d, enum incident_event event, struct incident *i) {
        i->updated_at_s = d->j->now_s;
        i->revision += event != EVENT_NONE;
        return transitions_add(d->out, event, i);
}

static int open_new(const struct desk *d, const struct case_entry *e) {
        SCOPED(incident_done) struct incident i = {.opened_at_s = d->j->now_s, .is_quiet = true};
        bool is_loud = may_tell(d, e) && !e->finding->is_expected && !e->is_represented;
        if (text_replace(&i.target, d->j->target) < 0 || text_replace(&i.application, d->j->application) < 0 ||
            text_replace(&i.application_arn, d->j->application_arn) < 0 || renew_finding(d, e, &i) < 0 ||
            note_symptoms(d, e, &i) < 0)
                return -ENOMEM;
        i.is_quiet = !is_loud;
        i.announced_severity = is_loud ? e->severity : SEVERITY_INFO;
        i.told_at_s = is_loud ? d->j->now_s : 0;
        struct transition *t = record(d, EVENT_OPENED, &i);
        if (!t)
                return -ENOMEM;
        return is_loud ? routes_tell(d->policy, t, e->severity) : 0;
}

static bool is_cause_new(const struct incident *known, const struct finding *f) {
        if (!f->root_cause)
                return false;
        return !known->finding.root_cause || !text_same(known->finding.root_cause->role, f->root_cause->role) ||
               !text_same(known->finding.root_cause->exception_class, f->root_cause->exception_class);
}

/* What is known of a cause without its being another one. */
static bool has_cause_grown(const struct finding *was, const struct finding *is) {
        return is->root_cause &&
               (!was->root_cause || !text_same(was->root_cause->seen_before, is->root_cause->seen_before));
}

/* What is to be said of an incident that was open before and is found again. */
static enum incident_event choose_event(const struct desk *d, const struct case_entry *e) {
        const struct incident *known = e->known;
        bool may = may_tell(d, e) && !e->finding->is_expected;
        if (known->state == INCIDENT_RESOLVED)
                return EVENT_OPENED;
        if (!may)
                return EVENT_NONE;
        bool is_worse = e->severity > known->announced_severity;
        if (known->is_quiet && known->state == INCIDENT_ACKNOWLEDGED && !is_worse)
                return EVENT_NONE;
        if (known->is_quiet)
                return e->is_represented ? EVENT_NONE : EVENT_OPENED;
        if (is_worse)
                return EVENT_ESCALATED;
        if (is_cause_new(known, e->finding))
                return EVENT_UPDATED;
        bool reminds = known->state == INCIDENT_OPEN && routes_remind(d->policy, known, d->j->now_s);
        return reminds ? EVENT_REMINDER : EVENT_NONE;
}

static int tell(const struct desk *d, const struct case_entry *e, struct transition *t) {
        if (t->event == EVENT_REMINDER)
                return routes_tell_reminder(d->policy, t, e->known, d->j->now_s);
        return routes_tell(d->policy, t, t->incident.announced_severity);
}

/* Whether there is something to store when nobody is told: an incident that stands as it stood is written once an hour. */
static bool is_stale(const struct desk *d, const struct incident *was, const struct incident *is) {
        const struct finding *a = &was->finding, *b = &is->finding;
        return was->absent_since_s != is->absent_since_s || was->n_suppressed != is->n_suppressed ||
               a->severity != b->severity || a->confidence != b->confidence || a->onset_s != b->onset_s ||
               a->is_expected != b->is_expected || a->n_advice != b->n_advice || !text_same(a->title, b->title) ||
               !text_same(a->summary, b->summary) || has_cause_grown(a, b) ||
               d->j->now_s - was->updated_at_s >= REFRESH_S;
}

static int carry_on(const struct desk *d, const struct case_entry *e) {
        SCOPED(incident_done) struct incident i = {0};
        enum incident_event event = choose_event(d, e);
        if (incident_dup(e->known, &i) < 0 || renew_finding(d, e, &i) < 0 || note_symptoms(d, e, &i) < 0)
                return -ENOMEM;
        i.absent_since_s = 0;
        bool is_loud = event != EVENT_NONE;
        if (e->known->state == INCIDENT_RESOLVED) {
                i.state = INCIDENT_OPEN;
                i.resolved_at_s = 0;
                incident_forget_acknowledgement(&i);
                i.returns++;
                is_loud = may_tell(d, e) && !e->finding->is_expected && !e->is_represented;
                i.is_quiet = !is_loud;
                i.announced_severity = SEVERITY_INFO;
        }
        if (is_loud) {
                i.is_quiet = false;
                if (event == EVENT_OPENED)
                        i.told_at_s = d->j->now_s;
                if (e->severity > i.announced_severity)
                        i.announced_severity = e->severity;
        }
        if (event == EVENT_NONE && !is_stale(d, e->known, &i))
                return 0;
        struct transition *t = record(d, event, &i);
        if (!t)
                return -ENOMEM;
        return is_loud ? tell(d, e, t) : 0;
}

/* The finding is gone: for long enough, the incident is over. One that came back before must be gone for longer. */
static int let_rest(const struct desk *d, const struct case_entry *e) {
        SCOPED(incident_done) struct incident i = {0};
        if (incident_dup(e->known, &i) < 0 || note_symptoms(d, e, &i) < 0)
                return -ENOMEM;
        if (i.absent_since_s == 0 || i.absent_since_s > d->j->now_s) /* by a clock that was set back since */
                i.absent_since_s = d->j->now_s;
        int64_t enough_s = d->policy->resolve_after_s << (i.returns < RETURNS_MAX ? i.returns : RETURNS_MAX);
        bool is_over = d->j->now_s - i.absent_since_s >= enough_s;
        if (!is_over && !is_stale(d, e->known, &i))
                return 0;
        if (is_over) {
                i.state = INCIDENT_RESOLVED;
                i.resolved_at_s = d->j->now_s;
        }
        struct transition *t = record(d, is_over ? EVENT_RESOLVED : EVENT_NONE, &i);
        if (!t)
                return -ENOMEM;
        /* Who was told that it began is told that it is over, a silence or not. */
        return is_over && !i.is_quiet ? routes_tell(d->policy, t, i.announced_severity) : 0;
}

int incidents_judge(const struct judgement *j, const struct incident_policy *policy, struct transitions *out) {
        struct desk d = {.j = j, .policy = policy, .out = out};
        int r = cases_make(j, policy, &d.cases);
        for (size_t i = 0; r == 0 && i < d.cases.n_items; i++) {
                const struct case_entry *e = &d.cases.items[i];
                bool is_open = e->known && e->known->state != INCIDENT_RESOLVED;
                if (e->finding && !is_open && e->cause >= 0)
                        continue; /* it is visible on the incident that explains it */
                if (!e->finding && e->is_blind)
                        continue;
                if (!e->finding)
                        r = let_rest(&d, e);
                else
                        r = e->known ? carry_on(&d, e) : open_new(&d, e);
        }
        cases_done(&d.cases);
        return r;
}
