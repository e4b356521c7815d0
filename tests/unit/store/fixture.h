/* SPDX-License-Identifier: Apache-2.0 */
/* A real database in a folder of its own, and short words to fill it. */
#pragma once

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/store.h"

enum { T0 = 1767225600 }; /* 2026-01-01T00:00:00Z */

struct fixture {
        char folder[64], path[96];
        struct store *store;
};

/* cmocka's setup and teardown: an empty, open store. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
/* Closes and opens again. */
void fixture_reopen(struct fixture *f);

int64_t make_series(struct store *s, const char *application, const char *metric, const char *statistic);
/* One point, collected at collected_at_s and settled before settled_before_s. */
void put_point(struct store *s, int64_t series, int64_t at_s, double value, int64_t collected_at_s,
               int64_t settled_before_s);
/* n points, one a minute from at_s on with values value, value + 1 ...; all settled and read. */
void put_minutes(struct store *s, int64_t series, int64_t at_s, size_t n, double value);
/* All samples of [from_s, to_s), read with `max` a call; the number. */
size_t read_samples(struct store *s, int64_t series, int64_t from_s, int64_t to_s, int64_t step_s, size_t max,
                    struct sample *into, size_t size);
int64_t read_until(struct store *s, int64_t series);

void put_application(struct store *s, const char *target, const char *name);
/* An incident with one of everything; free with incident_done. */
struct incident make_incident(const char *application, const char *diagnoser, int64_t at_s);
/* Applies one transition for `notifiers` (NULL-ended); the incident gets its id and the next revision. */
void apply_event(struct store *s, struct incident *i, enum incident_event event, int64_t at_s,
                 const char *const *notifiers);
/* The oldest that waits for a notifier: its id, 0 when nothing does. */
int64_t take_first(struct store *s, const char *notifier, struct delivery *ret);
