/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the store's bench share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct store;

enum { SERIES_EACH = 25, BENCH_T0 = 1767225600, DAY_MINUTES = 1440, BAR_BLOCK_MS = 50, BAR_READ_MS = 5 };

/* How one series goes on. */
struct course {
        uint64_t seed;
        double value, level;
        double before[2]; /* the last two samples */
};

/* Kinds 0 to 24: 6 that are mostly zero, 3 counters, 4 slow steps, 6 gauges of two decimals, 3 whole numbers, 3 doubles of full
 * precision. */
double course_next(struct course *c, int kind);

double bench_clock_s(clockid_t id);
/* Ends the process when it is not. */
void bench_must(bool ok, const char *what, const struct store *s);
/* The name of an application, valid until the next call. */
const char *bench_application(size_t i);

/* Each part runs in a process of its own: `path` is a database, of its own or of the part before. */
void bench_socket(const char *path, size_t n_applications, int64_t days);
void bench_long_history(const char *path, size_t unused, int64_t days);
void bench_kills(const char *path, size_t n_kills, int64_t unused);
