/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be told, and to whom. A row is written with the incident that it tells of and stays until a receiver took it or refused it
 * for good. */
#include <errno.h>
#include <inttypes.h>

#include "store/inner.h"
#include "util/list.h"
#include "util/text.h"

_Static_assert(EVENT_RESOLVED == 5, "the number is in the schema and in list_standing");

/* INSTANCE-17-2-oncall: the second event of incident 17. INSTANCE-digest-4711-oncall: the digest that begins with row 4711. */
static void write_delivery_id(const char *instance, const char *what, int64_t number, const char *notifier,
                              char to[DELIVERY_ID_MAX]) {
        const char *format = "%s-%s-%" PRId64 "-%s";
        int n = snprintf(to, DELIVERY_ID_MAX, format, instance, what, number, notifier);
        if (n < DELIVERY_ID_MAX)
                return;
        char short_name[32];
        snprintf(short_name, sizeof short_name, "%016" PRIx64, slots_hash(notifier, strlen(notifier)));
        snprintf(to, DELIVERY_ID_MAX, format, instance, what, number, short_name);
}

void outbox_digest_id(const struct store *s, int64_t first_id, const char *notifier, char to[DELIVERY_ID_MAX]) {
        write_delivery_id(s->instance, "digest", first_id, notifier, to);
}

int outbox_add(struct store *s, const struct transition *t, int64_t at_s) {
        char incident[24];
        int r = 0;
        snprintf(incident, sizeof incident, "%" PRId64, t->incident.id);
        for (size_t i = 0; i < t->n_notifiers && r == 0; i++) {
                char delivery_id[DELIVERY_ID_MAX];
                write_delivery_id(s->instance, incident, t->incident.revision, t->notifiers[i], delivery_id);
                r = db_run(
                        &s->db,
                        "INSERT INTO outbox(notifier, event, incident, revision, delivery_id, state, created_at_s, next_try_s, attempts)"
                        " VALUES(?1, ?2, ?3, ?4, ?5, 0, ?6, ?6, 0)",
                        "tiiiti", t->notifiers[i], (int64_t)t->event, t->incident.id, t->incident.revision, delivery_id,
                        at_s);
        }
        return r;
}

static const char list_waiting[] =
        "SELECT o.id, o.incident, o.created_at_s, o.next_try_s, o.digest, i.target, i.application, o.notifier"
        " FROM outbox o LEFT JOIN incident i ON i.id = o.incident AND i.copy = o.revision"
        " WHERE o.state = 0 AND o.notifier = ?1 ORDER BY o.id LIMIT ?2";

static uint64_t application_number(sqlite3_stmt *row) {
        char name[512];
        int n = snprintf(name, sizeof name, "%s/%s", text_or_empty((const char *)sqlite3_column_text(row, 5)),
                         text_or_empty((const char *)sqlite3_column_text(row, 6)));
        return slots_hash(name, n < (int)sizeof name ? (size_t)n : sizeof name - 1);
}

int store_list_waiting(struct store *s, const char *notifier, struct waiting_rows *ret) {
        SCOPED(waiting_rows_done) struct waiting_rows rows = {0};
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(&s->db, &row, list_waiting, "ti", notifier, (int64_t)WAITING_ROWS_MAX);
        while (r == 0 && (r = db_step(&s->db, row)) == 1) {
                struct waiting *w = LIST_ADD(rows.rows, rows.n_rows, rows.rows_size);
                if (!w)
                        return store_no_memory(s);
                *w = (struct waiting){
                        .id = sqlite3_column_int64(row, 0),
                        .incident_id = sqlite3_column_int64(row, 1),
                        .created_at_s = sqlite3_column_int64(row, 2),
                        .next_try_s = sqlite3_column_int64(row, 3),
                        .digest = sqlite3_column_int64(row, 4),
                        .application = application_number(row),
                };
                r = 0;
        }
        if (r < 0)
                return r;
        *ret = rows;
        rows = (struct waiting_rows){0};
        return 0;
}

void waiting_rows_done(struct waiting_rows *r) {
        free(r->rows);
        *r = (struct waiting_rows){0};
}

int outbox_read(struct store *s, int64_t id, enum outbox_state state, struct delivery *ret) {
        SCOPED(delivery_done) struct delivery d = {.id = id};
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(
                &s->db, &row,
                "SELECT notifier, event, incident, revision, delivery_id, created_at_s, next_try_s, attempts FROM outbox"
                " WHERE id = ?1 AND state = ?2",
                "ii", id, (int64_t)state);
        if (r == 0)
                r = db_step(&s->db, row);
        if (r <= 0)
                return r < 0 ? r : db_fail_text(&s->db, -ENOENT, "no such delivery is pending");
        if (db_text(row, 0, &d.notifier) < 0)
                return store_no_memory(s);
        d.event = (enum incident_event)sqlite3_column_int(row, 1);
        d.incident.id = sqlite3_column_int64(row, 2);
        d.incident.revision = sqlite3_column_int64(row, 3);
        text_copy(d.delivery_id, sizeof d.delivery_id, text_or_empty((const char *)sqlite3_column_text(row, 4)));
        d.created_at_s = sqlite3_column_int64(row, 5);
        d.next_try_s = sqlite3_column_int64(row, 6);
        d.attempts = sqlite3_column_int64(row, 7);
        *ret = d;
        d = (struct delivery){0};
        return 0;
}

int outbox_load(struct store *s, int64_t id, enum outbox_state state, struct delivery *ret) {
        SCOPED(delivery_done) struct delivery d = {0};
        int r = outbox_read(s, id, state, &d);
        if (r < 0)
                return r;
        r = incident_load(s, d.incident.id, d.incident.revision, &d.incident);
        if (r != 0)
                return r < 0 ? r : db_fail_text(&s->db, -EUCLEAN, "a delivery without its incident");
        *ret = d;
        d = (struct delivery){0};
        return 0;
}

/* When a power cut undoes it, the parts may come again in another digest: each with its own delivery_id, which is what counts. The page
 * does not wait for the disk. */
static int note_digest(struct store *s, const int64_t *ids, size_t n, enum durability durability) {
        SCOPED(transaction_done) struct transaction t = {0};
        int r = transaction_begin(&t, &s->db, durability);
        for (size_t i = 0; i < n && r == 0; i++)
                r = db_run(&s->db, "UPDATE outbox SET digest = ?2 WHERE id = ?1 AND digest IS NOT ?2", "ii", ids[i],
                           ids[0]);
        return r == 0 ? transaction_commit(&t) : r;
}

static int load_parts(struct store *s, const int64_t *ids, size_t n, struct delivery *digest) {
        for (size_t i = 0; i < n; i++) {
                struct delivery *part = LIST_ADD(digest->parts, digest->n_parts, digest->parts_size);
                int r = part ? outbox_load(s, ids[i], ROW_PENDING, part) : store_no_memory(s);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* What is the same for all parts, or the newest part's. */
static int sum_up(struct store *s, struct delivery *d) {
        const struct delivery *first = &d->parts[0];
        d->id = first->id;
        d->event = EVENT_DIGEST;
        d->next_try_s = first->next_try_s;
        for (size_t i = 0; i < d->n_parts; i++) {
                if (d->parts[i].created_at_s > d->created_at_s)
                        d->created_at_s = d->parts[i].created_at_s;
                if (i == 0 || d->parts[i].attempts < d->attempts)
                        d->attempts = d->parts[i].attempts;
        }
        outbox_digest_id(s, first->id, first->notifier, d->delivery_id);
        if (text_replace(&d->notifier, first->notifier) < 0 ||
            incident_dup(&delivery_gravest(d)->incident, &d->incident) < 0)
                return store_no_memory(s);
        int r = db_number(&s->db, &d->n_watched, "SELECT count(*) FROM application", "");
        return r < 0 ? r : 0;
}

int outbox_take_digest(struct store *s, const int64_t *ids, size_t n, enum durability durability,
                       struct delivery *ret) {
        SCOPED(delivery_done) struct delivery digest = {0};
        int r = note_digest(s, ids, n, durability);
        if (r == 0)
                r = load_parts(s, ids, n, &digest);
        if (r == 0)
                r = sum_up(s, &digest);
        if (r < 0)
                return r;
        *ret = digest;
        digest = (struct delivery){0};
        return 0;
}

int store_take_delivery(struct store *s, const int64_t *ids, size_t n, struct delivery *ret) {
        return n == 1 ? outbox_load(s, ids[0], ROW_PENDING, ret) : outbox_take_digest(s, ids, n, DURABLE_SOON, ret);
}

/* The last that a notifier took of each incident that is still open. */
static const char list_standing[] =
        "SELECT o.id FROM outbox o JOIN incident i ON i.id = o.incident AND i.copy = 0 AND i.state <> 2"
        " WHERE o.notifier = ?1 AND o.state = 1 AND o.event <> 5 AND o.incident > ?2"
        " AND NOT EXISTS (SELECT 1 FROM outbox l WHERE l.incident = o.incident AND l.notifier = ?1 AND l.state = 1"
        "                 AND l.id > o.id) ORDER BY o.incident LIMIT ?3";

int store_standing(struct store *s, const char *notifier, int64_t after_incident_id, struct delivery *ret) {
        SCOPED(delivery_done) struct delivery digest = {0};
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(&s->db, &row, list_standing, "tii", notifier, after_incident_id, (int64_t)DIGEST_PARTS_MAX);
        while (r == 0 && (r = db_step(&s->db, row)) == 1) {
                struct delivery *part = LIST_ADD(digest.parts, digest.n_parts, digest.parts_size);
                r = part ? outbox_load(s, sqlite3_column_int64(row, 0), ROW_DELIVERED, part) : store_no_memory(s);
        }
        if (r == 0 && digest.n_parts > 0)
                r = sum_up(s, &digest);
        if (r < 0 || digest.n_parts == 0)
                return r < 0 ? r : 1;
        *ret = digest;
        digest = (struct delivery){0};
        return 0;
}

int store_sent(struct store *s, const char *notifier, int64_t after_s, int64_t *ret_n, int64_t *ret_newest_s) {
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(
                &s->db, &row,
                "SELECT count(DISTINCT CASE WHEN digest > 0 THEN digest ELSE id END), max(settled_at_s) FROM outbox"
                " WHERE notifier = ?1 AND state = 1 AND settled_at_s > ?2",
                "ti", notifier, after_s);
        if (r == 0)
                r = db_step(&s->db, row);
        if (r < 0)
                return r;
        *ret_n = sqlite3_column_int64(row, 0);
        *ret_newest_s = sqlite3_column_int64(row, 1);
        return 0;
}
