/* SPDX-License-Identifier: Apache-2.0 */
/* What the daemon counts of itself since it began, over all reloads: for the metrics that it exposes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "model/delivery.h"

struct vitals_target {
        char *name;
        int64_t n_good, n_bad, n_skipped; /* rounds: something was read; nothing; the one before was not over */
        double last_round_s;              /* how long the newest took */
};

struct vitals_notifier {
        char *name;
        int64_t n_outcomes[OUTCOME_REFUSED + 1]; /* of attempts, by enum outcome */
};

struct vitals {
        struct vitals_target *targets;
        size_t n_targets, targets_size;
        struct vitals_notifier *notifiers;
        size_t n_notifiers, notifiers_size;
};

/* vitals NULL: nothing is counted. A count that there is no memory for is lost. */
void vitals_round(struct vitals *v, const char *target, bool was_read, double took_s);
void vitals_skip(struct vitals *v, const char *target);
void vitals_attempt(struct vitals *v, const char *notifier, enum outcome outcome);
void vitals_done(struct vitals *v);
