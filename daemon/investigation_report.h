/* SPDX-License-Identifier: Apache-2.0 */
/* Between the store and the analysis: what is known beside the log, and what is kept of a report. Sends nothing. */
#pragma once

#include "collectors/collectors.h"
#include "faults/faults.h"
#include "store/store.h"

enum { PIVOT_METRICS_MAX = 8 };

/* The metrics around at_s, the facts of now. As store_read_window. */
int report_window(struct store *s, const char *target, const char *application, int64_t at_s, int64_t now_s,
                  struct window **ret);
/* Fills what the metrics say of the time before the onset. */
void report_context(struct store *s, const char *target, const struct window *w, int64_t onset_s,
                    struct fault_context *to);
/* Queries for metrics of the hour before at_s that tell a symptom's cause and are not in the window; their number or -errno. */
int report_missing(struct store *s, const char *target, const struct window *w, int64_t at_s,
                   struct metric_query to[PIVOT_METRICS_MAX]);
/* Says of the explanation's cause when the same fault was there before, and what ended it; nothing when it was not. 0 or -errno. */
int report_find_before(struct store *s, const struct window *w, struct explanation *e);
/* Stores it, unless a better one on the same episode is there: a trigger that was found is not lost to a log that cannot be read again. */
int report_store(struct store *s, struct explanation *e);
/* Takes over the report's texts; says what is known of the same fault earlier. 0 or -errno. */
int report_keep(struct store *s, const struct window *w, struct fault_report *r, struct explanation *to);
