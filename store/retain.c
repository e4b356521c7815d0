/* SPDX-License-Identifier: Apache-2.0 */
/* What is removed, a bounded piece a call: what is older than retention, and samples that lie in a newer form. */
#include "store/inner.h"

/* Rows of one table that one call removes. */
enum { PIECE_ROWS = 500, RUN_ROWS = 128, DAY_ROWS = 8, ROLLUP_ROWS = 32 };

static const char *const old_rows[] = {
        "DELETE FROM outbox WHERE rowid IN (SELECT o.id FROM outbox o JOIN incident i ON i.id = o.incident AND i.copy = 0"
        "  WHERE o.state <> 0 AND i.state = 2 AND i.resolved_at_s < ?1 LIMIT ?2)",
        "DELETE FROM timeline WHERE id IN (SELECT t.id FROM timeline t JOIN incident i ON i.id = t.incident AND i.copy = 0"
        "  WHERE i.state = 2 AND i.resolved_at_s < ?1 LIMIT ?2)",
        "DELETE FROM operation WHERE (target, application, id) IN (SELECT target, application, id FROM operation"
        "  WHERE ended_at_s > 0 AND ended_at_s < ?1 LIMIT ?2)",
        "DELETE FROM snapshot WHERE (target, application, name) IN (SELECT target, application, name FROM snapshot"
        "  WHERE created_at_s < ?1 LIMIT ?2)",
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

/* Packs are removed a few at a time, because each takes many pages with it. 1 when there may be more. */
static int sweep(struct store *s, const char *sql, int64_t limit, int64_t n_rows) {
        int r = db_run(&s->db, sql, "ii", limit, n_rows);
        return r < 0 ? r : sqlite3_changes(s->db.handle) == n_rows;
}

/* Whole days go. Within a transaction. */
static int retain_samples(struct store *s, int64_t before_s) {
        int64_t day = before_s > 0 ? before_s / DAY_S : 0;
        int r = 0;
        if (day * DAY_S > s->oldest_s)
                r = db_run(&s->db, "UPDATE meta SET value = ?1 WHERE key = 'oldest_s'", "i", day * DAY_S);
        if (r < 0)
                return r;
        int days = sweep(s, "DELETE FROM day WHERE key IN (SELECT key FROM day WHERE key < ?1 ORDER BY key LIMIT ?2)",
                         pack_key(day, 0), DAY_ROWS);
        if (days < 0)
                return days;
        int hours = sweep(
                s, "DELETE FROM rollup WHERE key IN (SELECT key FROM rollup WHERE key < ?1 ORDER BY key LIMIT ?2)",
                pack_key(day / ROLLUP_DAYS, 0), ROLLUP_ROWS);
        return hours < 0 ? hours : days > 0 || hours > 0;
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

static int sweep_all(struct store *s) {
        int64_t first_run = s->n_runs > 0 ? s->runs[0].id : s->next_run;
        int journal = segments_trim(&s->journal, &s->db, s->folded_seq);
        if (journal != 0)
                return journal;
        return sweep(s, "DELETE FROM run WHERE key IN (SELECT key FROM run WHERE key < ?1 ORDER BY key LIMIT ?2)",
                     pack_key(first_run, 0), RUN_ROWS);
}

int sweep_step(struct store *s) {
        SCOPED(transaction_done) struct transaction t = {0};
        if (!s->has_leftovers)
                return 0;
        int r = transaction_begin(&t, &s->db, DURABLE_SOON);
        if (r < 0)
                return r;
        int has_more = sweep_all(s);
        if (has_more < 0)
                return has_more;
        r = transaction_commit(&t);
        if (r < 0)
                return r;
        s->has_leftovers = has_more;
        return 1;
}
