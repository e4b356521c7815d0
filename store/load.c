/* SPDX-License-Identifier: Apache-2.0 */
/* The start: series and how far they were read, the list of runs, and the journal into the heads. */
#include <errno.h>
#include <inttypes.h>

#include "store/head.h"
#include "store/inner.h"
#include "store/state.h"
#include "util/list.h"

static int load_series(struct store *s) {
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(&s->db, &row,
                         "SELECT id, target, application, metric, statistic, dimensions FROM series ORDER BY id", "");
        while (r == 0 && (r = db_step(&s->db, row)) == 1) {
                struct series_key key = {
                        (const char *)sqlite3_column_text(row, 1), (const char *)sqlite3_column_text(row, 2),
                        (const char *)sqlite3_column_text(row, 3), (const char *)sqlite3_column_text(row, 4),
                        (const char *)sqlite3_column_text(row, 5)};
                uint32_t id;
                if (series_add(&s->series, &s->words, &key, &id) < 0)
                        return store_no_memory(s);
                if (id != sqlite3_column_int64(row, 0))
                        return db_fail_text(&s->db, -EUCLEAN, "the list of series has a hole");
                r = 0;
        }
        s->n_stored_series = s->series.n_items;
        return r;
}

static int load_runs(struct store *s) {
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(&s->db, &row, "SELECT id, from_s, to_s FROM run_list ORDER BY id", "");
        while (r == 0 && (r = db_step(&s->db, row)) == 1) {
                struct run *run = LIST_ADD(s->runs, s->n_runs, s->runs_size);
                if (!run)
                        return store_no_memory(s);
                *run = (struct run){sqlite3_column_int64(row, 0), (uint32_t)sqlite3_column_int64(row, 1),
                                    (uint32_t)sqlite3_column_int64(row, 2)};
                s->next_run = run->id + 1;
                r = 0;
        }
        return r;
}

/* Numbers that outlive the rows they counted. */
static int load_meta(struct store *s) {
        int64_t oldest_s = 0, last_run = 0;
        int r = db_number(&s->db, &s->folded_seq, "SELECT value FROM meta WHERE key = 'folded_seq'", "");
        if (r == 0)
                r = db_number(&s->db, &oldest_s, "SELECT value FROM meta WHERE key = 'oldest_s'", "");
        if (r == 0)
                r = db_number(&s->db, &s->packed_day, "SELECT value FROM meta WHERE key = 'packed_day'", "");
        if (r == 0)
                r = db_number(&s->db, &last_run, "SELECT max(key) >> 24 FROM run", "");
        s->oldest_s = (uint32_t)oldest_s;
        s->next_run = last_run + 1;
        return r < 0 ? r : 0;
}

int samples_replay(struct store *s, const struct journal_row *row) {
        SCOPED(entries_done) struct entries entries = {0};
        for (size_t i = 0; i < row->n_advances; i++) {
                struct series *series = series_get(&s->series, row->advances[i].series);
                if (series && series->read_until_s < row->advances[i].until_s)
                        series->read_until_s = row->advances[i].until_s;
        }
        for (size_t i = 0, end; i < row->n_changes; i = end) {
                struct series *series = series_get(&s->series, row->changes[i].series);
                entries.n_items = 0;
                for (end = i; end < row->n_changes && row->changes[end].series == row->changes[i].series; end++) {
                        const struct change *c = &row->changes[end];
                        struct entry e = {c->value, c->at_s, (uint32_t)row->collected_at_s, false};
                        e.is_settled = series && (int64_t)c->at_s + series->period_s <= row->settled_before_s;
                        if (entries_add(&entries, &e) < 0)
                                return store_no_memory(s);
                }
                if (series && head_put(series, entries.items, entries.n_items, &s->head_bytes) < 0)
                        return store_no_memory(s);
                if (series)
                        note_latest(s, series);
        }
        if (s->head_since_s == 0 && row->n_changes + row->n_advances > 0)
                s->head_since_s = row->collected_at_s;
        return 0;
}

static int replay_row(void *arg, struct span bytes) {
        struct store *s = arg;
        SCOPED(journal_row_done) struct journal_row row = {0};
        int r = journal_read(&s->zip, bytes, &row);
        if (r == -EUCLEAN) {
                s->journal.n_lost++;
                return 0;
        }
        if (r < 0)
                return store_no_memory(s);
        /* Samples are missing here: the polls that come are to read again from where they were complete. */
        if (s->journal.n_lost > 0)
                row.n_advances = 0;
        return samples_replay(s, &row);
}

static int replay_journal(struct store *s) {
        int r = segments_replay(&s->journal, &s->db, s->folded_seq, replay_row, s);
        if (s->journal.n_lost > 0)
                db_fail_text(&s->db, 0, "%" PRId64 " rows of the journal: damaged, and read as if they were not there",
                             s->journal.n_lost);
        s->n_unreadable += s->journal.n_lost;
        s->journal.n_lost = 0;
        return r;
}

static void clear_heads(struct store *s) {
        for (size_t i = 0; i < s->series.n_items; i++) {
                stream_done(&s->series.items[i].head);
                s->series.items[i].n_recent = s->series.items[i].recent_settled = 0;
        }
        s->head_bytes = 0;
        s->head_since_s = 0;
}

int samples_ready(struct store *s) {
        if (!s->needs_replay)
                return 0;
        fold_cancel(s);
        clear_heads(s);
        int r = replay_journal(s);
        if (r == 0)
                s->needs_replay = false;
        return r;
}

int samples_load(struct store *s) {
        s->zip = ZIP_INIT;
        int r = load_meta(s);
        if (r == 0)
                r = load_series(s);
        if (r == 0)
                r = state_load(s);
        if (r == 0)
                r = load_runs(s);
        if (r == 0)
                r = segments_load(&s->journal, &s->db);
        if (r == 0)
                r = replay_journal(s);
        s->has_leftovers = true;
        return r;
}

void samples_done(struct store *s) {
        fold_cancel(s);
        pack_days_cancel(s);
        cache_clear(&s->cache);
        series_set_done(&s->series);
        segments_done(&s->journal);
        free(s->runs);
        s->runs = NULL;
        s->n_runs = s->runs_size = 0;
        zip_done(&s->zip);
}
