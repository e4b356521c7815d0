/* SPDX-License-Identifier: Apache-2.0 */
/* What is older than retention goes, a bounded piece a call. */
#include "store/inner.h"

/* Rows of one table that one call removes. */
enum { PIECE_ROWS = 500 };

static const char *const old_rows[] = {
        "DELETE FROM outbox WHERE rowid IN (SELECT o.id FROM outbox o JOIN incident i ON i.id = o.incident AND i.copy = 0"
        "  WHERE o.state <> 0 AND i.state = 2 AND i.resolved_at_s < ?1 LIMIT ?2)",
        "DELETE FROM timeline WHERE id IN (SELECT t.id FROM timeline t JOIN incident i ON i.id = t.incident AND i.copy = 0"
        "  WHERE i.state = 2 AND i.resolved_at_s < ?1 LIMIT ?2)",
        "DELETE FROM operation WHERE (target, application, id) IN (SELECT target, application, id FROM operation"
        "  WHERE ended_at_s > 0 AND ended_at_s < ?1 LIMIT ?2)",
        "DELETE FROM silence WHERE id IN (SELECT id FROM silence WHERE ends_at_s < ?1 LIMIT ?2)",
        "DELETE FROM api_usage WHERE (target, month_s) IN (SELECT target, month_s FROM api_usage WHERE month_s < ?1 - 2764800 LIMIT ?2)",
        "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE at_s < ?1 LIMIT ?2)",
};

/* Incidents that ended before, nothing of which is still to be delivered. */
static const char forget_incident[] =
        "SELECT id FROM incident WHERE copy = 0 AND state = 2 AND resolved_at_s < ?1"
        " AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.incident = incident.id) LIMIT 1";
static const char *const incident_tables[] = {"evidence", "advice", "symptom", "suppressed", "root_cause"};

static int forget(struct store *s, int64_t id) {
        int r = db_run(&s->db, "DELETE FROM incident WHERE id = ?1", "i", id);
        for (size_t i = 0; i < ELEMENTS(incident_tables) && r == 0; i++) {
                char sql[96];
                snprintf(sql, sizeof sql, "DELETE FROM %s WHERE incident = ?1", incident_tables[i]);
                r = db_run(&s->db, sql, "i", id);
        }
        return r;
}

/* An episode's explanation is of use while it lasts; what it said is with the incident. */
static int forget_explanation(struct store *s, int64_t before_s) {
        int64_t id;
        int r = db_number(&s->db, &id, "SELECT id FROM explanation WHERE made_at_s < ?1 LIMIT 1", "i", before_s);
        if (r == 0)
                r = explanation_forget(s, id);
        return r;
}

static int retain_rows(struct store *s, int64_t before_s) {
        bool has_more = false;
        for (size_t i = 0; i < ELEMENTS(old_rows); i++) {
                int r = db_run(&s->db, old_rows[i], "ii", before_s, (int64_t)PIECE_ROWS);
                if (r < 0)
                        return r;
                has_more = has_more || sqlite3_changes(s->db.handle) == PIECE_ROWS;
        }
        int64_t id;
        int r = db_number(&s->db, &id, forget_incident, "i", before_s);
        if (r == 0) {
                r = forget(s, id);
                has_more = true;
        }
        int explanations = r < 0 ? r : forget_explanation(s, before_s);
        has_more = has_more || explanations == 0;
        return explanations < 0 ? explanations : has_more;
}

int store_retain(struct store *s, int64_t before_s) {
        SCOPED(transaction_done) struct transaction t = {0};
        int r = transaction_begin(&t, &s->db, DURABLE_SOON);
        if (r < 0)
                return r;
        int rows = retain_rows(s, before_s);
        int samples = rows < 0 ? rows : retain_samples(s, before_s);
        if (samples < 0)
                return samples;
        r = transaction_commit(&t);
        if (r < 0)
                return r;
        int64_t oldest_s = before_s > 0 ? before_s / DAY_S * DAY_S : 0;
        if (oldest_s > s->oldest_s)
                s->oldest_s = (uint32_t)oldest_s;
        cache_clear(&s->cache);
        return rows > 0 || samples > 0;
}
