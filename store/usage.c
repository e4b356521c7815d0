/* SPDX-License-Identifier: Apache-2.0 */
/* What was asked of CloudWatch, counted where the answers are stored: month by month, since it bills so. */
#include <time.h>

#include "store/inner.h"

/* Of what was counted without its tier: by version 7 of the schema and before. */
enum { TIER_UNKNOWN = -1 };

int64_t store_month_from(int64_t at_s, int months) {
        struct tm tm;
        time_t t = (time_t)at_s;
        if (!gmtime_r(&t, &tm))
                return 0;
        tm = (struct tm){.tm_year = tm.tm_year, .tm_mon = tm.tm_mon + months, .tm_mday = 1};
        return timegm(&tm);
}

static int add(struct store *s, const char *target, int64_t month_s, int tier, int64_t n) {
        if (n <= 0)
                return 0;
        return db_run(&s->db,
                      "INSERT INTO api_usage VALUES(?1, ?2, ?3, ?4)"
                      " ON CONFLICT DO UPDATE SET metrics_requested = metrics_requested + ?4",
                      "tiii", target, month_s, (int64_t)tier, n);
}

int usage_add(struct store *s, const char *target, const struct batch *b) {
        int64_t month_s = store_month_from(b->collected_at_s, 0), others = b->metrics_requested;
        int r = 0;
        for (int tier = 0; tier < N_TIERS && r == 0; tier++) {
                r = add(s, target, month_s, tier, b->metrics_requested_by_tier[tier]);
                others -= b->metrics_requested_by_tier[tier];
        }
        return r == 0 ? add(s, target, month_s, TIER_UNKNOWN, others) : r;
}

int store_usage(struct store *s, const char *target, int64_t at_s, struct usage *ret) {
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        struct usage usage = {.from_s = store_month_from(at_s, 0), .to_s = store_month_from(at_s, 1)};
        int r = db_query(&s->db, &row,
                         "SELECT tier, sum(metrics_requested) FROM api_usage"
                         " WHERE month_s = ?1 AND (?2 IS NULL OR target = ?2) GROUP BY tier",
                         "it", usage.from_s, target);
        while (r == 0 && (r = db_step(&s->db, row)) == 1) {
                int64_t tier = sqlite3_column_int64(row, 0), n = sqlite3_column_int64(row, 1);
                usage.metrics_requested += n;
                if (tier >= 0 && tier < N_TIERS)
                        usage.by_tier[tier] = n;
                r = 0;
        }
        if (r == 0)
                *ret = usage;
        return r;
}
