/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be told, and to whom. A row is written with the incident that it tells of and stays until a receiver took it or refused it
 * for good. */
#include <errno.h>
#include <inttypes.h>

#include "store/inner.h"
#include "util/list.h"
#include "util/text.h"

enum { ROW_PENDING, ROW_DELIVERED, ROW_REFUSED };

static void write_delivery_id(const struct store *s, const struct transition *t, const char *notifier,
                              char to[DELIVERY_ID_MAX]) {
        const char *format = "%s-%" PRId64 "-%" PRId64 "-%s";
        int n = snprintf(to, DELIVERY_ID_MAX, format, s->instance, t->incident.id, t->incident.revision, notifier);
        if (n < DELIVERY_ID_MAX)
                return;
        char short_name[32];
        snprintf(short_name, sizeof short_name, "%016" PRIx64, slots_hash(notifier, strlen(notifier)));
        snprintf(to, DELIVERY_ID_MAX, format, s->instance, t->incident.id, t->incident.revision, short_name);
}

int outbox_add(struct store *s, const struct transition *t, int64_t at_s) {
        int r = 0;
        for (size_t i = 0; i < t->n_notifiers && r == 0; i++) {
                char delivery_id[DELIVERY_ID_MAX];
                write_delivery_id(s, t, t->notifiers[i], delivery_id);
                r = db_run(
                        &s->db,
                        "INSERT INTO outbox(notifier, event, incident, revision, delivery_id, state, created_at_s, next_try_s, attempts)"
                        " VALUES(?1, ?2, ?3, ?4, ?5, 0, ?6, ?6, 0)",
                        "tiiiti", t->notifiers[i], (int64_t)t->event, t->incident.id, t->incident.revision, delivery_id,
                        at_s);
        }
        return r;
}

struct text_list {
        char **items;
        size_t n_items, items_size;
};

static void text_list_done(struct text_list *l) {
        for (size_t i = 0; i < l->n_items; i++)
                free(l->items[i]);
        free(l->items);
}
SCOPED_DEFINE_VALUE(struct text_list, text_list_done)

static int list_pending_notifiers(struct store *s, const char *const *busy, size_t n_busy, struct text_list *ret) {
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(&s->db, &row, "SELECT DISTINCT notifier FROM outbox WHERE state = 0", "");
        while (r == 0 && (r = db_step(&s->db, row)) == 1) {
                const char *name = (const char *)sqlite3_column_text(row, 0);
                bool is_busy = false;
                for (size_t i = 0; i < n_busy && name; i++)
                        is_busy = is_busy || strcmp(busy[i], name) == 0;
                r = 0;
                if (!name || is_busy)
                        continue;
                char **slot = LIST_ADD(ret->items, ret->n_items, ret->items_size);
                if (!slot || !(*slot = strdup(name)))
                        return store_no_memory(s);
        }
        return r;
}

/* The row of one notifier that is to be tried first: only the oldest pending one of each incident may be. */
static const char next_of_notifier[] =
        "SELECT id, next_try_s FROM outbox o WHERE notifier = ?1 AND state = 0"
        " AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.incident = o.incident AND e.notifier = o.notifier AND e.state = 0"
        "                 AND e.id < o.id)"
        " ORDER BY next_try_s, id LIMIT 1";

struct due {
        int64_t id, at_s; /* id 0: none */
};

static int find_next(struct store *s, const struct text_list *notifiers, struct due *ret) {
        int r = 0;
        for (size_t i = 0; i < notifiers->n_items && r == 0; i++) {
                SCOPED(db_release) sqlite3_stmt *row = NULL;
                r = db_query(&s->db, &row, next_of_notifier, "t", notifiers->items[i]);
                if (r < 0 || (r = db_step(&s->db, row)) < 0)
                        return r;
                struct due found = {0};
                if (r == 1)
                        found = (struct due){sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1)};
                if (found.id && (!ret->id || found.at_s < ret->at_s || (found.at_s == ret->at_s && found.id < ret->id)))
                        *ret = found;
                r = 0;
        }
        return r;
}

static int load(struct store *s, int64_t id, struct delivery *ret) {
        SCOPED(delivery_done) struct delivery d = {.id = id};
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(
                &s->db, &row,
                "SELECT notifier, event, incident, revision, delivery_id, created_at_s, next_try_s, attempts FROM outbox"
                " WHERE id = ?1 AND state = 0",
                "i", id);
        if (r == 0)
                r = db_step(&s->db, row);
        if (r <= 0)
                return r < 0 ? r : db_fail_text(&s->db, -ENOENT, "no such delivery is pending");
        if (db_text(row, 0, &d.notifier) < 0)
                return store_no_memory(s);
        d.event = (enum incident_event)sqlite3_column_int(row, 1);
        text_copy(d.delivery_id, sizeof d.delivery_id, text_or_empty((const char *)sqlite3_column_text(row, 4)));
        d.created_at_s = sqlite3_column_int64(row, 5);
        d.next_try_s = sqlite3_column_int64(row, 6);
        d.attempts = sqlite3_column_int64(row, 7);
        r = incident_load(s, sqlite3_column_int64(row, 2), sqlite3_column_int64(row, 3), &d.incident);
        if (r != 0)
                return r < 0 ? r : db_fail_text(&s->db, -EUCLEAN, "a delivery without its incident");
        *ret = d;
        d = (struct delivery){0};
        return 0;
}

int store_next_delivery(struct store *s, int64_t now_s, const char *const *busy, size_t n_busy, struct delivery *ret,
                        int64_t *ret_next_s) {
        SCOPED(text_list_done) struct text_list notifiers = {0};
        struct due due = {0};
        int r = list_pending_notifiers(s, busy, n_busy, &notifiers);
        if (r == 0)
                r = find_next(s, &notifiers, &due);
        if (r < 0)
                return r;
        if (due.id && due.at_s <= now_s)
                return load(s, due.id, ret);
        *ret_next_s = due.at_s;
        return 1;
}

static int note_notifier(struct store *s, const char *name, int64_t now_s, const char *error) {
        int r = db_run(
                &s->db,
                "INSERT INTO notifier(name, delivered_at_s, failed_at_s) VALUES(?1, 0, 0) ON CONFLICT DO NOTHING", "t",
                name);
        if (r < 0)
                return r;
        if (error)
                return db_run(&s->db, "UPDATE notifier SET failed_at_s = ?2, error = ?3 WHERE name = ?1", "tit", name,
                              now_s, error);
        return db_run(&s->db, "UPDATE notifier SET delivered_at_s = ?2, error = NULL WHERE name = ?1", "ti", name,
                      now_s);
}

/* "opened to oncall", "opened to oncall, attempt 2", "opened to oncall: channel_not_found" */
static int note_outcome(struct store *s, const struct delivery *d, enum outcome outcome, int64_t now_s,
                        const char *reason) {
        char text[512];
        int n = snprintf(text, sizeof text, "%s to %s", incident_event_name(d->event), d->notifier);
        if (d->attempts > 0 && n > 0 && (size_t)n < sizeof text)
                n += snprintf(text + n, sizeof text - (size_t)n, ", attempt %" PRId64, d->attempts + 1);
        if (outcome == OUTCOME_REFUSED && reason && n > 0 && (size_t)n < sizeof text)
                snprintf(text + n, sizeof text - (size_t)n, ": %s", reason);
        return timeline_add(s, d->incident.id, now_s, outcome == OUTCOME_DELIVERED ? "delivered" : "refused", text);
}

static int settle(struct store *s, const struct delivery *d, enum outcome outcome, int64_t now_s, const char *reason) {
        int64_t state = outcome == OUTCOME_DELIVERED ? ROW_DELIVERED : ROW_REFUSED;
        int r = db_run(
                &s->db,
                "UPDATE outbox SET state = ?2, attempts = attempts + 1, settled_at_s = ?3, reason = ?4 WHERE id = ?1",
                "iiit", d->id, state, now_s, reason);
        return r == 0 ? note_outcome(s, d, outcome, now_s, reason) : r;
}

int store_settle_delivery(struct store *s, int64_t outbox_id, enum outcome outcome, int64_t now_s, int64_t retry_at_s,
                          const char *reason) {
        SCOPED(delivery_done) struct delivery d = {0};
        SCOPED(transaction_done) struct transaction t = {0};
        int r = load(s, outbox_id, &d);
        if (r == 0)
                r = transaction_begin(&t, &s->db, DURABLE_SETTLED);
        if (r == 0 && outcome == OUTCOME_RETRY)
                r = db_run(&s->db,
                           "UPDATE outbox SET attempts = attempts + 1, next_try_s = ?2, reason = ?3 WHERE id = ?1",
                           "iit", outbox_id, retry_at_s, reason);
        else if (r == 0)
                r = settle(s, &d, outcome, now_s, reason);
        if (r == 0)
                r = note_notifier(s, d.notifier, now_s, outcome == OUTCOME_DELIVERED ? NULL : text_or_empty(reason));
        return r == 0 ? transaction_commit(&t) : r;
}
