/* SPDX-License-Identifier: Apache-2.0 */
#include "incidents/parcels.h"

enum {
        HOUR_S = 3600,
        HELD_BACK_S = 60, /* what is older was held back: by an outage, by a rate, by the daemon's own absence */
        HELD_BACK_ROWS = 3,
        BURST_WINDOW_S = 10, /* one fault of many applications is found in one after the other */
};

/* Whether an earlier event of the same incident waits outside of the row's own digest. */
static bool is_behind(const struct waiting *rows, size_t i) {
        for (size_t k = 0; k < i; k++)
                if (rows[k].incident_id == rows[i].incident_id &&
                    (rows[i].digest <= 0 || rows[k].digest != rows[i].digest))
                        return true;
        return false;
}

/* The same for a row that is to be bundled: what is bundled with it is no hindrance. */
static bool is_fresh(const struct waiting *rows, size_t i) {
        for (size_t k = 0; k < i && rows[i].digest == 0; k++)
                if (rows[k].incident_id == rows[i].incident_id && rows[k].digest != 0)
                        return false;
        return rows[i].digest == 0;
}

struct freshness {
        size_t n, n_applications, n_held_back;
        int64_t oldest_s;
        bool is_due;
};

static struct freshness look(const struct waiting *rows, size_t n, int64_t now_s) {
        struct freshness f = {0};
        uint64_t applications[DIGEST_PARTS_MAX];
        for (size_t i = 0; i < n && f.n < DIGEST_PARTS_MAX; i++) {
                size_t k = 0;
                if (!is_fresh(rows, i))
                        continue;
                while (k < f.n_applications && applications[k] != rows[i].application)
                        k++;
                if (k == f.n_applications)
                        applications[f.n_applications++] = rows[i].application;
                f.n_held_back += now_s - rows[i].created_at_s >= HELD_BACK_S;
                f.is_due = f.is_due || rows[i].next_try_s <= now_s;
                if (f.n++ == 0 || rows[i].created_at_s < f.oldest_s)
                        f.oldest_s = rows[i].created_at_s;
        }
        return f;
}

static bool is_many(const struct freshness *f, const struct parcel_rules *rules) {
        if (f->n < 2 || !f->is_due || rules->is_failing || rules->bundling == BUNDLE_NEVER)
                return false;
        if (rules->bundling == BUNDLE_OPENINGS && f->n_applications < 2)
                return false;
        if (rules->bundling == BUNDLE_ALWAYS)
                return true;
        return rules->digest_applications > 0 && ((int64_t)f->n_applications >= rules->digest_applications ||
                                                  f->n_held_back >= HELD_BACK_ROWS || rules->is_limited);
}

static void take_fresh(const struct waiting *rows, size_t n, struct parcel *ret) {
        for (size_t i = 0; i < n && ret->n < DIGEST_PARTS_MAX; i++)
                if (is_fresh(rows, i))
                        ret->ids[ret->n++] = rows[i].id;
}

/* The row, with all of its digest. */
static void take(const struct waiting *rows, size_t n, const struct waiting *row, struct parcel *ret) {
        for (size_t i = 0; i < n && ret->n < DIGEST_PARTS_MAX; i++)
                if (&rows[i] == row || (row->digest > 0 && rows[i].digest == row->digest))
                        ret->ids[ret->n++] = rows[i].id;
}

enum choice { ANY, DIGESTS, NOT_NEW };

static bool is_of(const struct waiting *w, enum choice choice) {
        return choice == ANY || w->digest > 0 || (choice == NOT_NEW && w->digest == WAITING_ALONE);
}

/* The row to be tried first; NULL when there is none. */
static const struct waiting *find_first(const struct waiting *rows, size_t n, enum choice choice) {
        const struct waiting *found = NULL;
        for (size_t i = 0; i < n; i++)
                if (is_of(&rows[i], choice) && (!found || rows[i].next_try_s < found->next_try_s) &&
                    !is_behind(rows, i))
                        found = &rows[i];
        return found;
}

static int64_t earliest(int64_t a_s, int64_t b_s) {
        return !a_s || (b_s && b_s < a_s) ? b_s : a_s;
}

static int64_t window_s(const struct freshness *f, const struct parcel_rules *rules) {
        bool is_burst = rules->digest_applications > 0 && rules->n_in_last_minute >= rules->digest_applications &&
                        (int64_t)f->n_applications < rules->enough && f->n < DIGEST_PARTS_MAX;
        return is_burst && rules->digest_window_s < BURST_WINDOW_S ? BURST_WINDOW_S : rules->digest_window_s;
}

void parcel_choose(const struct waiting *rows, size_t n, const struct parcel_rules *rules, int64_t now_s,
                   struct parcel *ret) {
        struct freshness f = look(rows, n, now_s);
        const struct waiting *digest = find_first(rows, n, DIGESTS), *first = NULL;
        const struct waiting *probe = rules->is_failing && rules->spares_new ? find_first(rows, n, NOT_NEW) : NULL;
        *ret = (struct parcel){0};
        if (probe || (digest && digest->next_try_s <= now_s)) {
                take(rows, n, probe ? probe : digest, ret);
                return;
        }
        int64_t gathered_s = f.n > 0 && bundling_gathers(rules->bundling) ? f.oldest_s + window_s(&f, rules) : 0;
        if (gathered_s > now_s) {
                ret->due_at_s = digest ? earliest(gathered_s, digest->next_try_s) : gathered_s;
                return;
        }
        if (is_many(&f, rules)) {
                take_fresh(rows, n, ret);
                return;
        }
        first = find_first(rows, n, ANY);
        if (first && first->next_try_s <= now_s)
                ret->ids[ret->n++] = first->id;
        else if (first)
                ret->due_at_s = first->next_try_s;
}

void parcel_keep_to_openings(struct waiting *rows, size_t n) {
        for (size_t i = 0; i < n; i++) {
                bool is_later = rows[i].is_told;
                for (size_t k = 0; k < i && !is_later; k++)
                        is_later = rows[k].incident_id == rows[i].incident_id;
                if (is_later && rows[i].digest == 0)
                        rows[i].digest = WAITING_ALONE;
        }
}

int64_t parcel_rate_s(int64_t per_hour, int64_t n_in_last_hour, int64_t newest_s) {
        return per_hour <= 0 || n_in_last_hour < per_hour ? 0 : newest_s + (HOUR_S + per_hour - 1) / per_hour;
}
