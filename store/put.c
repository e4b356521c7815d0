/* SPDX-License-Identifier: Apache-2.0 */
/* Storing what a poll brought. Only what is new or differs is written: most of what a poll reads again is known. */
#include <errno.h>
#include <math.h>

#include "store/head.h"
#include "store/inner.h"
#include "util/list.h"

enum { JOURNAL_ROW_MAX = 64 << 20 };

/* Instants that are kept: whole days that fit in 32 bits. 0 means none. */
static const int64_t at_max_s = UINT32_MAX / DAY_S * (int64_t)DAY_S - 1;

struct put {
        struct store *store;
        const struct batch *batch;
        uint32_t *order;        /* of the points, by series and time; NULL: as they are */
        struct journal_row row; /* being filled */
        struct buf *rows;       /* packed */
        size_t n_rows, rows_size;
        int64_t *until_before_s; /* of the advances of the first row, to take them back */
        size_t n_advances;
        struct advance *advances;
        struct entries known; /* the head of the series `known_series` */
        uint32_t known_series;
};

static void put_done(struct put *p) {
        for (size_t i = 0; i < p->n_rows; i++)
                buf_done(&p->rows[i]);
        free(p->rows);
        free(p->order);
        free(p->until_before_s);
        free(p->advances);
        journal_row_done(&p->row);
        entries_done(&p->known);
}
SCOPED_DEFINE_VALUE(struct put, put_done)

static int check(struct store *s, const struct batch *b) {
        if (b->collected_at_s < 0 || b->collected_at_s > at_max_s)
                return db_fail_text(&s->db, -EINVAL, "a batch that was collected at an impossible time");
        for (size_t i = 0; i < b->n_points; i++) {
                const struct point *p = &b->points[i];
                if (!series_get(&s->series, p->series_id) || !isfinite(p->sample.value) || p->sample.at_s <= 0 ||
                    p->sample.at_s > at_max_s)
                        return db_fail_text(&s->db, -EINVAL,
                                            "a point of no series, or with no finite value or no possible time");
        }
        for (size_t i = 0; i < b->n_readings; i++)
                if (!series_get(&s->series, b->readings[i].series_id) || b->readings[i].to_s > at_max_s)
                        return db_fail_text(&s->db, -EINVAL, "a reading of no series, or to no possible time");
        if (b->n_readings > JOURNAL_ADVANCES_MAX)
                return db_fail_text(&s->db, -E2BIG, "too many readings at once");
        return 0;
}

/* Where reading stands after that one. */
static int64_t advanced(const struct series *series, const struct reading *reading, int64_t settled_before_s) {
        int64_t until_s = reading->to_s < settled_before_s ? reading->to_s : settled_before_s;
        until_s -= until_s % series->period_s;
        if (until_s <= series->read_until_s || until_s <= reading->from_s)
                return series->read_until_s;
        /* A hole: the next poll has to ask again from where the known part ends. */
        if (series->read_until_s > 0 && reading->from_s > series->read_until_s)
                return series->read_until_s;
        return until_s;
}

/* Sets how far the series are read: what is settled by it need not be written. Taken back when the put fails. */
static int advance(struct put *p) {
        const struct batch *b = p->batch;
        if (b->n_readings == 0)
                return 0;
        p->until_before_s = calloc(b->n_readings, sizeof *p->until_before_s);
        p->advances = calloc(b->n_readings, sizeof *p->advances);
        if (!p->until_before_s || !p->advances)
                return store_no_memory(p->store);
        for (size_t i = 0; i < b->n_readings; i++) {
                struct series *series = series_get(&p->store->series, b->readings[i].series_id);
                int64_t until_s = advanced(series, &b->readings[i], b->settled_before_s);
                if (until_s == series->read_until_s)
                        continue;
                p->until_before_s[p->n_advances] = series->read_until_s;
                p->advances[p->n_advances++] = (struct advance){(uint32_t)b->readings[i].series_id, (uint32_t)until_s};
                series->read_until_s = until_s;
        }
        return 0;
}

static void take_back(struct put *p) {
        while (p->n_advances > 0) {
                p->n_advances--;
                series_get(&p->store->series, p->advances[p->n_advances].series)->read_until_s =
                        p->until_before_s[p->n_advances];
        }
}

static int compare(const struct point *a, const struct point *b) {
        if (a->series_id != b->series_id)
                return a->series_id < b->series_id ? -1 : 1;
        if (a->sample.at_s != b->sample.at_s)
                return a->sample.at_s < b->sample.at_s ? -1 : 1;
        return 0;
}

static int compare_places(const void *a, const void *b, void *points) {
        const struct point *all = points;
        uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
        int r = compare(&all[i], &all[k]);
        return r ? r : i < k ? -1 : 1;
}

static int sort(struct put *p) {
        const struct batch *b = p->batch;
        bool is_sorted = true;
        for (size_t i = 1; i < b->n_points && is_sorted; i++)
                is_sorted = compare(&b->points[i - 1], &b->points[i]) <= 0;
        if (is_sorted)
                return 0;
        p->order = calloc(b->n_points, sizeof *p->order);
        if (!p->order)
                return store_no_memory(p->store);
        for (size_t i = 0; i < b->n_points; i++)
                p->order[i] = (uint32_t)i;
        qsort_r(p->order, b->n_points, sizeof *p->order, compare_places, b->points);
        return 0;
}

static const struct point *point_at(const struct put *p, size_t i) {
        return &p->batch->points[p->order ? p->order[i] : i];
}

/* The sample in the head, NULL when it is not there. */
static const struct entry *find_known(struct put *p, uint32_t id, uint32_t at_s, int *failed) {
        const struct stream *head = &series_get(&p->store->series, id)->head;
        if (p->known_series != id) {
                p->known.n_items = 0;
                p->known_series = id;
                *failed = stream_overlay(head->bytes, head->len, 0, UINT32_MAX, &p->known);
        }
        size_t i = entries_from(&p->known, at_s);
        return i < p->known.n_items && p->known.items[i].at_s == at_s ? &p->known.items[i] : NULL;
}

/* 1: it has to be written; 0: everything of it is known. */
static int is_news(struct put *p, const struct point *point) {
        const struct series *series = series_get(&p->store->series, point->series_id);
        uint32_t at_s = (uint32_t)point->sample.at_s;
        int64_t end_s = point->sample.at_s + series->period_s;
        int recalled = head_recalls(series, at_s, point->sample.value), failed = 0;
        bool settles = end_s <= p->batch->settled_before_s && end_s > series->read_until_s;
        if (recalled == 0 || (recalled < 0 && at_s > series->last_at_s))
                return 1;
        if (recalled == 1 && !settles)
                return 0;
        const struct entry *known = find_known(p, (uint32_t)point->series_id, at_s, &failed);
        if (failed < 0)
                return store_no_memory(p->store);
        return !known || memcmp(&known->value, &point->sample.value, sizeof known->value) != 0 ||
               (settles && !known->is_settled);
}

static int finish_row(struct put *p) {
        struct buf *packed = LIST_ADD(p->rows, p->n_rows, p->rows_size);
        if (!packed)
                return store_no_memory(p->store);
        *packed = BUF_INIT(JOURNAL_ROW_MAX);
        p->row.collected_at_s = p->batch->collected_at_s;
        p->row.settled_before_s = p->batch->settled_before_s;
        /* The first row has the advances; they are lent to it. */
        if (p->n_rows == 1) {
                p->row.advances = p->advances;
                p->row.n_advances = p->n_advances;
        }
        int r = journal_write(&p->store->zip, &p->row, packed);
        p->row.advances = NULL;
        p->row.n_advances = p->row.n_changes = 0;
        return r < 0 ? store_no_memory(p->store) : 0;
}

static int add_change(struct put *p, const struct point *point) {
        struct change *c = LIST_ADD(p->row.changes, p->row.n_changes, p->row.changes_size);
        if (!c)
                return store_no_memory(p->store);
        *c = (struct change){(uint32_t)point->series_id, (uint32_t)point->sample.at_s, point->sample.value};
        return p->row.n_changes == JOURNAL_CHANGES_MAX ? finish_row(p) : 0;
}

static int collect(struct put *p) {
        size_t n = p->batch->n_points;
        int r = 0;
        for (size_t i = 0; i < n && r == 0; i++) {
                const struct point *point = point_at(p, i);
                /* Twice the same instant: the last one counts. */
                if (i + 1 < n && compare(point, point_at(p, i + 1)) == 0)
                        continue;
                r = is_news(p, point);
                if (r == 1)
                        r = add_change(p, point);
        }
        if (r == 0 && (p->row.n_changes > 0 || (p->n_rows == 0 && p->n_advances > 0)))
                r = finish_row(p);
        return r;
}

/* New series get their rows with the first batch that is stored after them. */
static int put_series(struct store *s) {
        int r = 0;
        char **texts = s->words.texts;
        for (size_t i = s->n_stored_series; i < s->series.n_items && r == 0; i++) {
                const struct series *added = &s->series.items[i];
                r = db_run(&s->db, "INSERT INTO series VALUES(?1, ?2, ?3, ?4, ?5, ?6)", "ittttt", (int64_t)i + 1,
                           texts[added->target], texts[added->application], texts[added->metric],
                           texts[added->statistic], texts[added->dimensions]);
        }
        return r;
}

/* A batch is of one target: that of its first series or fact. */
static const char *target_of(const struct store *s, const struct batch *b) {
        int64_t id = b->n_readings > 0 ? b->readings[0].series_id : b->n_points > 0 ? b->points[0].series_id : 0;
        const struct series *series = series_get(&s->series, id);
        if (series)
                return s->words.texts[series->target];
        return b->n_applications > 0 && b->applications[0].target ? b->applications[0].target : "";
}

static int write_all(struct put *p) {
        struct store *s = p->store;
        const struct batch *b = p->batch;
        SCOPED(transaction_done) struct transaction t = {0};
        int r = transaction_begin(&t, &s->db, DURABLE_SOON);
        if (r == 0)
                r = put_series(s);
        for (size_t i = 0; i < p->n_rows && r == 0; i++)
                r = segments_append(&s->journal, &s->db, s->folded_seq, buf_span(&p->rows[i]));
        if (r == 0)
                r = facts_put(s, b);
        if (r == 0 && b->metrics_requested > 0)
                r = usage_add(s, target_of(s, b), b);
        if (r == 0)
                r = transaction_commit(&t);
        if (r == 0)
                s->n_stored_series = s->series.n_items;
        return r;
}

/* A failure takes back what the transaction would have made true. */
static int write_or_take_back(struct put *p) {
        SCOPED(segments_done) struct segments before = {0};
        int r = p->n_rows > 0 && segments_dup(&p->store->journal, &before) < 0 ? store_no_memory(p->store)
                                                                               : write_all(p);
        if (r < 0 && before.items) {
                struct segments failed = p->store->journal;
                p->store->journal = before;
                before = failed;
        }
        return r;
}

/* What was written is put into the heads just as it is after a restart. */
static void show(struct put *p) {
        struct store *s = p->store;
        for (size_t i = 0; i < p->n_rows && !s->needs_replay; i++) {
                SCOPED(journal_row_done) struct journal_row row = {0};
                int r = journal_read(&s->zip, buf_span(&p->rows[i]), &row);
                if (r == 0)
                        r = samples_replay(s, &row);
                /* It is stored: a later call reads it from there. */
                if (r < 0)
                        s->needs_replay = true;
        }
}

int store_put(struct store *s, const struct batch *b) {
        SCOPED(put_done) struct put p = {.store = s, .batch = b};
        int r = check(s, b);
        if (r == 0)
                r = samples_ready(s);
        if (r == 0)
                r = advance(&p);
        if (r == 0)
                r = sort(&p);
        if (r == 0)
                r = collect(&p);
        if (r == 0)
                r = write_or_take_back(&p);
        if (r < 0) {
                take_back(&p);
                return r;
        }
        show(&p);
        /* What is stored is stored: that this fails is for the next maintenance to say. */
        fold_when_overdue(s);
        return 0;
}
