/* SPDX-License-Identifier: Apache-2.0 */
/* What one judgement changed: incidents, their revisions, what is to be told and the timeline, in one transaction. */
#include <errno.h>
#include <inttypes.h>

#include "store/inner.h"
#include "util/text.h"

/* What is kept of the incident so far, to see what has happened to it. */
struct before {
        bool is_known, has_cause;
        int64_t state, acknowledged_at_s;
};

static int read_before(struct store *s, int64_t id, struct before *ret) {
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        *ret = (struct before){0};
        int r = db_query(&s->db, &row,
                         "SELECT state, acknowledged_at_s, EXISTS (SELECT 1 FROM root_cause c WHERE c.incident = ?1"
                         " AND c.copy = 0) FROM incident WHERE id = ?1 AND copy = 0",
                         "i", id);
        if (r == 0)
                r = db_step(&s->db, row);
        if (r == 1)
                *ret = (struct before){.is_known = true,
                                       .has_cause = sqlite3_column_int(row, 2) != 0,
                                       .state = sqlite3_column_int64(row, 0),
                                       .acknowledged_at_s = sqlite3_column_int64(row, 1)};
        return r < 0 ? r : 0;
}

static bool is_acknowledgement(const struct transition *t, const struct before *before) {
        return t->incident.acknowledged_at_s > 0 && t->incident.acknowledged_at_s != before->acknowledged_at_s;
}

static int add_acknowledgement(struct store *s, const struct incident *i) {
        SCOPED(buf_done) struct buf text = BUF_INIT(FINDING_TEXT_MAX);
        buf_printf(&text, "%s%s%s", text_or_empty(i->acknowledged_by), i->comment ? ": " : "",
                   text_or_empty(i->comment));
        s->n_decisions++;
        return timeline_add(s, i->id, i->acknowledged_at_s, "acknowledged", buf_str(&text));
}

/* Events by their names; what happened without being told is in the timeline, too. */
static int add_to_timeline(struct store *s, const struct transition *t, const struct before *before, int64_t at_s) {
        const struct incident *i = &t->incident;
        const char *kind = incident_event_name(t->event);
        if (t->event == EVENT_NONE) {
                if (!before->is_known)
                        kind = incident_event_name(EVENT_OPENED);
                else if (i->state == INCIDENT_RESOLVED && before->state != INCIDENT_RESOLVED)
                        kind = incident_event_name(EVENT_RESOLVED);
                else if (i->finding.root_cause && !before->has_cause)
                        kind = "explained";
        }
        if (is_acknowledgement(t, before))
                return add_acknowledgement(s, i);
        int r = kind[0] ? timeline_add(s, i->id, at_s, kind, i->finding.title) : 0;
        /* It was opened long ago by the history, and nobody was told until now: that is an event like any other. */
        if (r == 0 && t->event == EVENT_OPENED && before->is_known)
                r = db_run(&s->db, "UPDATE timeline SET kind = 'told' WHERE id = last_insert_rowid()", "");
        return r;
}

static int take_id(struct store *s, int64_t *ret) {
        int r = db_number(&s->db, ret, "SELECT value FROM meta WHERE key = 'next_incident'", "");
        return r == 0 ? db_run(&s->db, "UPDATE meta SET value = ?1 WHERE key = 'next_incident'", "i", *ret + 1) : r;
}

static int apply_one(struct store *s, struct transition *t, int64_t at_s) {
        struct before before = {0};
        int r = t->incident.id > 0 ? read_before(s, t->incident.id, &before) : take_id(s, &t->incident.id);
        if (r == 0)
                r = incident_save(s, &t->incident, 0);
        if (r == 0 && t->event != EVENT_NONE)
                r = incident_save(s, &t->incident, t->incident.revision);
        if (r == 0 && t->event != EVENT_NONE)
                r = outbox_add(s, t, at_s);
        return r == 0 ? add_to_timeline(s, t, &before, at_s) : r;
}

static int apply_all(struct store *s, struct transitions *t, enum durability durability) {
        SCOPED(transaction_done) struct transaction transaction = {0};
        int r = transaction_begin(&transaction, &s->db, durability);
        for (size_t i = 0; i < t->n_items && r == 0; i++)
                r = apply_one(s, &t->items[i], t->at_s);
        return r == 0 ? transaction_commit(&transaction) : r;
}

int store_apply(struct store *s, struct transitions *t) {
        enum durability durability = DURABLE_SOON;
        if (t->n_items == 0)
                return 0;
        for (size_t i = 0; i < t->n_items; i++) {
                const struct transition *item = &t->items[i];
                if (item->event != EVENT_NONE && item->incident.revision <= 0)
                        return db_fail_text(&s->db, -EINVAL, "an event without a revision");
                /* Losing a refresh in a power cut costs nothing: the next judgement repeats it; an acknowledgement nobody repeats. */
                if (item->event != EVENT_NONE || item->incident.id == 0 || item->incident.acknowledged_at_s == t->at_s)
                        durability = DURABLE_SETTLED;
        }
        int64_t first_new = 0;
        int r = db_number(&s->db, &first_new, "SELECT value FROM meta WHERE key = 'next_incident'", "");
        if (r == 0)
                r = apply_all(s, t, durability);
        for (size_t i = 0; r < 0 && first_new > 0 && i < t->n_items; i++)
                if (t->items[i].incident.id >= first_new)
                        t->items[i].incident.id = 0;
        return r;
}
