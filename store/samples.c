/* SPDX-License-Identifier: Apache-2.0 */
/* Samples and how far each series has been read. */
#include <errno.h>
#include <math.h>

#include "store/inner.h"
#include "util/list.h"

int samples_load(struct store *s) {
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(
                &s->db, &row,
                "SELECT target, application, metric, statistic, dimensions, read_until_s FROM series ORDER BY id", "");
        while (r == 0 && (r = db_step(&s->db, row)) == 1) {
                struct series_key key = {
                        (const char *)sqlite3_column_text(row, 0), (const char *)sqlite3_column_text(row, 1),
                        (const char *)sqlite3_column_text(row, 2), (const char *)sqlite3_column_text(row, 3),
                        (const char *)sqlite3_column_text(row, 4)};
                uint32_t id;
                if (series_add(&s->series, &s->words, &key, &id) < 0)
                        return store_no_memory(s);
                series_get(&s->series, id)->read_until_s = sqlite3_column_int64(row, 5);
                r = 0;
        }
        s->series.n_stored = s->series.n_items;
        return r;
}

int store_series(struct store *s, const struct series_key *key, int64_t *ret_id) {
        uint32_t id;
        if (series_add(&s->series, &s->words, key, &id) < 0)
                return store_no_memory(s);
        *ret_id = id;
        return 0;
}

int store_read_until(struct store *s, int64_t series_id, int64_t *ret_until_s) {
        const struct series *series = series_get(&s->series, series_id);
        if (!series)
                return db_fail_text(&s->db, -EINVAL, "no such series");
        *ret_until_s = series->read_until_s;
        return 0;
}

/* New series get their rows with the first batch that is stored after them. */
static int put_series(struct store *s) {
        int r = 0;
        char **texts = s->words.texts;
        for (size_t i = s->series.n_stored; i < s->series.n_items && r == 0; i++) {
                const struct series *added = &s->series.items[i];
                r = db_run(&s->db, "INSERT INTO series VALUES(?1, ?2, ?3, ?4, ?5, ?6, 0)", "ittttt", (int64_t)i + 1,
                           texts[added->target], texts[added->application], texts[added->metric],
                           texts[added->statistic], texts[added->dimensions]);
        }
        return r;
}

static const char put_point[] =
        "INSERT INTO sample VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET value = excluded.value,"
        " is_settled = max(is_settled, excluded.is_settled)"
        " WHERE value <> excluded.value OR is_settled < excluded.is_settled";

static int put_points(struct store *s, const struct batch *b) {
        int r = 0;
        for (size_t i = 0; i < b->n_points && r == 0; i++) {
                const struct point *p = &b->points[i];
                int64_t end_s = p->sample.at_s + series_get(&s->series, p->series_id)->period_s;
                r = db_run(&s->db, put_point, "iidii", p->series_id, p->sample.at_s, p->sample.value, b->collected_at_s,
                           (int64_t)(end_s <= b->settled_before_s));
        }
        return r;
}

int64_t reading_advances(const struct series *series, const struct reading *reading, int64_t settled_before_s) {
        int64_t until_s = reading->to_s < settled_before_s ? reading->to_s : settled_before_s;
        until_s -= until_s % series->period_s;
        if (until_s <= series->read_until_s || until_s <= reading->from_s)
                return series->read_until_s;
        /* A hole: the next poll has to ask again from where the known part ends. */
        if (series->read_until_s > 0 && reading->from_s > series->read_until_s)
                return series->read_until_s;
        return until_s;
}

static int put_readings(struct store *s, const struct batch *b) {
        int r = 0;
        for (size_t i = 0; i < b->n_readings && r == 0; i++)
                r = db_run(&s->db, "UPDATE series SET read_until_s = ?2 WHERE id = ?1", "ii", b->readings[i].series_id,
                           reading_advances(series_get(&s->series, b->readings[i].series_id), &b->readings[i],
                                            b->settled_before_s));
        return r;
}

static int check_batch(struct store *s, const struct batch *b) {
        for (size_t i = 0; i < b->n_points; i++)
                if (!series_get(&s->series, b->points[i].series_id) || !isfinite(b->points[i].sample.value) ||
                    b->points[i].sample.at_s < 0 || b->points[i].sample.at_s > UINT32_MAX)
                        return db_fail_text(&s->db, -EINVAL,
                                            "a point of no series, or with no finite value or no possible time");
        for (size_t i = 0; i < b->n_readings; i++)
                if (!series_get(&s->series, b->readings[i].series_id))
                        return db_fail_text(&s->db, -EINVAL, "a reading of no series");
        return 0;
}

/* A batch is of one target: that of its first series or fact. */
static const char *target_of(const struct store *s, const struct batch *b) {
        int64_t id = b->n_readings > 0 ? b->readings[0].series_id : b->n_points > 0 ? b->points[0].series_id : 0;
        const struct series *series = series_get(&s->series, id);
        if (series)
                return s->words.texts[series->target];
        return b->n_applications > 0 && b->applications[0].target ? b->applications[0].target : "";
}

int store_put(struct store *s, const struct batch *b) {
        SCOPED(transaction_done) struct transaction t = {0};
        int r = check_batch(s, b);
        if (r == 0)
                r = transaction_begin(&t, &s->db, DURABLE_SOON);
        if (r == 0)
                r = put_series(s);
        if (r == 0)
                r = put_points(s, b);
        if (r == 0)
                r = put_readings(s, b);
        if (r == 0)
                r = facts_put(s, b);
        if (r == 0 && b->metrics_requested > 0)
                r = usage_add(s, target_of(s, b), b->collected_at_s, b->metrics_requested);
        if (r == 0)
                r = transaction_commit(&t);
        if (r < 0)
                return r;
        s->series.n_stored = s->series.n_items;
        for (size_t i = 0; i < b->n_readings; i++) {
                struct series *series = series_get(&s->series, b->readings[i].series_id);
                series->read_until_s = reading_advances(series, &b->readings[i], b->settled_before_s);
        }
        return 0;
}

int store_newest(struct store *s, int64_t series_id, struct sample *ret) {
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(&s->db, &row, "SELECT at_s, value FROM sample WHERE series = ?1 ORDER BY at_s DESC LIMIT 1",
                         "i", series_id);
        if (r == 0)
                r = db_step(&s->db, row);
        if (r <= 0)
                return r < 0 ? r : 1;
        *ret = (struct sample){sqlite3_column_int64(row, 0), sqlite3_column_double(row, 1)};
        return 0;
}

int store_sample_state(struct store *s, int64_t series_id, int64_t at_s, bool *ret_is_settled,
                       int64_t *ret_first_seen_s) {
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        const struct series *series = series_get(&s->series, series_id);
        int r = db_query(&s->db, &row, "SELECT is_settled, first_seen_s FROM sample WHERE series = ?1 AND at_s = ?2",
                         "ii", series_id, at_s);
        if (r == 0)
                r = db_step(&s->db, row);
        if (r <= 0)
                return r < 0 ? r : 1;
        *ret_is_settled = sqlite3_column_int(row, 0) != 0 ||
                          (series && at_s + series->period_s <= series->read_until_s);
        *ret_first_seen_s = sqlite3_column_int64(row, 1);
        return 0;
}

int samples_read(struct store *s, uint32_t id, int64_t from_s, int64_t to_s, size_t max, struct samples *out) {
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(
                &s->db, &row,
                "SELECT at_s, value FROM sample WHERE series = ?1 AND at_s >= ?2 AND at_s < ?3 ORDER BY at_s LIMIT ?4",
                "iiii", (int64_t)id, from_s, to_s, (int64_t)max);
        while (r == 0 && (r = db_step(&s->db, row)) == 1) {
                struct sample *sample = LIST_ADD(out->items, out->n_items, out->items_size);
                if (!sample)
                        return store_no_memory(s);
                *sample = (struct sample){sqlite3_column_int64(row, 0), sqlite3_column_double(row, 1)};
                r = 0;
        }
        return r;
}

int samples_read_settled(struct store *s, uint32_t id, int64_t from_s, int64_t to_s, struct samples *out) {
        const struct series *series = series_get(&s->series, id);
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(&s->db, &row,
                         "SELECT at_s, value FROM sample WHERE series = ?1 AND at_s >= ?2 AND at_s <= ?3"
                         " AND (is_settled OR at_s <= ?4) ORDER BY at_s",
                         "iiii", (int64_t)id, from_s, to_s - series->period_s, series->read_until_s - series->period_s);
        while (r == 0 && (r = db_step(&s->db, row)) == 1) {
                struct sample *sample = LIST_ADD(out->items, out->n_items, out->items_size);
                if (!sample)
                        return store_no_memory(s);
                *sample = (struct sample){sqlite3_column_int64(row, 0), sqlite3_column_double(row, 1)};
                r = 0;
        }
        return r;
}

int samples_bounds(struct store *s, uint32_t id, int64_t *ret_first_s, int64_t *ret_last_s) {
        *ret_first_s = *ret_last_s = 0;
        int r = db_number(&s->db, ret_first_s, "SELECT min(at_s) FROM sample WHERE series = ?1", "i", (int64_t)id);
        if (r >= 0)
                r = db_number(&s->db, ret_last_s, "SELECT max(at_s) FROM sample WHERE series = ?1", "i", (int64_t)id);
        return r < 0 ? r : 0;
}

/* How much one call removes. */
enum { PIECE = 2000 };

int samples_retain(struct store *s, int64_t before_s) {
        int r = db_run(
                &s->db,
                "DELETE FROM sample WHERE (series, at_s) IN (SELECT series, at_s FROM sample WHERE at_s < ?1 LIMIT ?2)",
                "ii", before_s, (int64_t)PIECE);
        return r < 0 ? r : sqlite3_changes(s->db.handle) == PIECE;
}
