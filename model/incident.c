/* SPDX-License-Identifier: Apache-2.0 */
#include "model/incident.h"

#include <errno.h>
#include <string.h>

#include "util/list.h"
#include "util/text.h"

static const char *const state_names[] = {"open", "acknowledged", "resolved"};
static const char *const event_names[] = {"",         "opened",   "updated", "escalated",
                                          "reminder", "resolved", "digest",  "heartbeat"};

const char *incident_state_name(enum incident_state s) {
        return state_names[s];
}

const char *incident_event_name(enum incident_event e) {
        return event_names[e];
}

int incident_state_parse(struct span text, enum incident_state *ret) {
        for (size_t i = 0; i < ELEMENTS(state_names); i++)
                if (span_is(text, state_names[i])) {
                        *ret = (enum incident_state)i;
                        return 0;
                }
        return -EINVAL;
}

int incident_event_parse(struct span text, enum incident_event *ret) {
        for (size_t i = 0; i < ELEMENTS(event_names); i++)
                if (span_is(text, event_names[i])) {
                        *ret = (enum incident_event)i;
                        return 0;
                }
        return -EINVAL;
}

void incident_done(struct incident *i) {
        free(i->target);
        free(i->application);
        free(i->application_arn);
        free(i->acknowledged_by);
        free(i->comment);
        finding_done(&i->finding);
        for (size_t k = 0; k < i->n_suppressed; k++) {
                free(i->suppressed[k].diagnoser);
                free(i->suppressed[k].subject);
        }
        free(i->suppressed);
        *i = (struct incident){0};
}

static int dup_suppressed(const struct incident *from, struct incident *to) {
        int r = 0;
        for (size_t k = 0; k < from->n_suppressed; k++) {
                struct suppressed *s = LIST_ADD(to->suppressed, to->n_suppressed, to->suppressed_size);
                if (!s)
                        return -ENOMEM;
                s->since_s = from->suppressed[k].since_s;
                if (text_replace(&s->diagnoser, from->suppressed[k].diagnoser) < 0 ||
                    text_replace(&s->subject, from->suppressed[k].subject) < 0)
                        r = -ENOMEM;
        }
        return r;
}

void incident_forget_acknowledgement(struct incident *i) {
        i->acknowledged_at_s = 0;
        free(TAKE(i->acknowledged_by));
        free(TAKE(i->comment));
}

int incident_dup(const struct incident *from, struct incident *to) {
        *to = *from;
        to->target = to->application = to->application_arn = to->acknowledged_by = to->comment = NULL;
        to->suppressed = NULL;
        to->n_suppressed = to->suppressed_size = 0;
        to->finding = (struct finding){0};
        int r = finding_dup(&from->finding, &to->finding);
        if (text_replace(&to->target, from->target) < 0 || text_replace(&to->application, from->application) < 0 ||
            text_replace(&to->application_arn, from->application_arn) < 0 ||
            text_replace(&to->acknowledged_by, from->acknowledged_by) < 0 ||
            text_replace(&to->comment, from->comment) < 0 || dup_suppressed(from, to) < 0)
                r = -ENOMEM;
        if (r < 0)
                incident_done(to);
        return r;
}

struct transition *transitions_add(struct transitions *t, enum incident_event event, const struct incident *incident) {
        struct incident copy;
        if (incident_dup(incident, &copy) < 0)
                return NULL;
        struct transition *item = LIST_ADD(t->items, t->n_items, t->items_size);
        if (!item) {
                incident_done(&copy);
                return NULL;
        }
        item->event = event;
        item->incident = copy;
        return item;
}

void transitions_done(struct transitions *t) {
        for (size_t i = 0; i < t->n_items; i++) {
                incident_done(&t->items[i].incident);
                for (size_t k = 0; k < t->items[i].n_notifiers; k++)
                        free(t->items[i].notifiers[k]);
                free(t->items[i].notifiers);
        }
        free(t->items);
        *t = (struct transitions){0};
}

static void write_lists(struct jsonw *w, const struct incident *i) {
        finding_write_lists(w, &i->finding);
        jsonw_key(w, "suppressed");
        jsonw_array(w);
        for (size_t k = 0; k < i->n_suppressed; k++) {
                jsonw_object(w);
                jsonw_member_string(w, "diagnoser", i->suppressed[k].diagnoser);
                jsonw_member_time(w, "since", i->suppressed[k].since_s);
                jsonw_object_end(w);
        }
        jsonw_array_end(w);
}

void incident_write(struct jsonw *w, const struct incident *i) {
        jsonw_object(w);
        jsonw_member_int(w, "id", i->id);
        jsonw_member_string(w, "target", i->target);
        jsonw_member_string(w, "application", i->application);
        jsonw_member_string(w, "application_arn", i->application_arn);
        jsonw_member_string(w, "diagnoser", i->finding.diagnoser);
        if (i->finding.subject)
                jsonw_member_string(w, "subject", i->finding.subject);
        jsonw_member_string(w, "severity", severity_name(i->finding.severity));
        jsonw_member_string(w, "state", incident_state_name(i->state));
        jsonw_member_string(w, "confidence", confidence_name(i->finding.confidence));
        jsonw_member_time(w, "onset_at", i->finding.onset_s);
        jsonw_member_time(w, "opened_at", i->opened_at_s);
        jsonw_member_time(w, "updated_at", i->updated_at_s);
        jsonw_member_time(w, "resolved_at", i->resolved_at_s);
        if (i->acknowledged_at_s > 0) {
                jsonw_member_time(w, "acknowledged_at", i->acknowledged_at_s);
                jsonw_member_string(w, "acknowledged_by", i->acknowledged_by);
                jsonw_member_string(w, "comment", i->comment);
        }
        jsonw_member_bool(w, "quiet", i->is_quiet);
        jsonw_member_string(w, "title", i->finding.title);
        jsonw_member_string(w, "summary", i->finding.summary);
        jsonw_key(w, "root_cause");
        root_cause_write(w, i->finding.root_cause);
        write_lists(w, i);
        jsonw_object_end(w);
}
