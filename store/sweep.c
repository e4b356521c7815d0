/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of samples that no longer count are removed a few at a time: each takes many pages with it. */
#include "store/inner.h"

enum { RUN_ROWS = 128, DAY_ROWS = 8, ROLLUP_ROWS = 32 };

/* 1 when there may be more. */
static int sweep(struct store *s, const char *sql, int64_t limit, int64_t n_rows) {
        int r = db_run(&s->db, sql, "ii", limit, n_rows);
        return r < 0 ? r : sqlite3_changes(s->db.handle) == n_rows;
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

/* Whole days go. Within a transaction. */
int retain_samples(struct store *s, int64_t before_s) {
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
