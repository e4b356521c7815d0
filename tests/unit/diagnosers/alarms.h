/* SPDX-License-Identifier: Apache-2.0 */
/* The alarm set that is usually recommended for such applications, evaluated as CloudWatch does: each metric for itself. */
#pragma once

#include "tests/unit/diagnosers/scenario.h"

struct alarm_result {
        size_t n_pages;     /* changes from OK to ALARM */
        size_t n_alarms;    /* distinct alarms that fired */
        int64_t first_at_s; /* relative; -1: none */
};

/* Pages of [from_s, to_s), relative to the scenario's start. */
struct alarm_result alarms_run(const struct scenario *s, int64_t from_s, int64_t to_s);
