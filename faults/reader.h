/* SPDX-License-Identifier: Apache-2.0 */
/* A file of log events, as it comes from a disk or a pipe: one JSON document with `events` or `log_lines` (aws logs filter-log-events,
 * --query events, Logs Insights' results), such objects one a line, or raw log lines. A stream: it keeps one event. */
#pragma once

#include "faults/faults.h"

struct fault_reader;

/* The analysis is borrowed. 0 or -ENOMEM. */
int fault_reader_new(struct fault_analysis *a, struct fault_reader **ret);
void fault_reader_free(struct fault_reader *r);
/* The next bytes, cut anywhere. 0 or -ENOMEM. */
int fault_reader_feed(struct fault_reader *r, struct span bytes);
/* There are no more. 0 or -ENOMEM. */
int fault_reader_end(struct fault_reader *r);
/* Events handed to the analysis so far. */
int64_t fault_reader_events(const struct fault_reader *r);

SCOPED_DEFINE(struct fault_reader, fault_reader_free)
