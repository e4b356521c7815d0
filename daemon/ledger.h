/* SPDX-License-Identifier: Apache-2.0 */
/* The incidents that a judgement goes on from, kept beside the store while one instant follows the other: what only refreshes an
 * incident in the past is not written each time, those of the next instant overtake it. */
#pragma once

#include "incidents/incidents.h"
#include "store/store.h"

struct ledger {
        struct incident_rows incidents;
        bool *is_unsaved; /* of each row */
        size_t n_is_unsaved, is_unsaved_size;
        int64_t next_id; /* for a ledger without a store: ids are its own */
};

/* Takes rows over, freshly read. 0 or -ENOMEM. */
int ledger_fill(struct ledger *l, struct incident_rows *rows);
/* The incidents as they stood at `at_s`: later ones not yet, later ends not yet, and no more what ended before since_s. An array to be
 * freed, what it points to borrowed. 0 or -ENOMEM. */
int ledger_at(const struct ledger *l, int64_t at_s, int64_t since_s, struct incident **ret, size_t *ret_n);
/* What changed; new incidents without an id get the ledger's own. 0 or -ENOMEM. */
int ledger_note(struct ledger *l, struct transitions *t, bool is_saved);
/* Appends what was noted and not saved, but for what *t says itself. 0 or -ENOMEM. */
int ledger_unsaved(const struct ledger *l, struct transitions *t);
void ledger_done(struct ledger *l);

SCOPED_DEFINE_VALUE(struct ledger, ledger_done)
