/* SPDX-License-Identifier: Apache-2.0 */
/* Where the journal's rows are: one after the other in blobs that are made once, filled in place and used again when all of it is
 * folded. A put thus touches the page or two that its row fills, where a row of the database of its own would touch twice as many. */
#pragma once

#include "store/db.h"
#include "util/span.h"

struct segment {
        int64_t id;
        uint32_t size, used;
        int64_t first_seq, last_seq; /* of the rows in it; 0: empty */
};

struct segments {
        struct segment *items; /* in the order in which they were filled, as far as they hold rows */
        size_t n_items, items_size;
        int64_t last_seq;
        int64_t current; /* id of the one being filled; 0: none */
        size_t n_needed; /* how many were in use when the journal was folded last */
        int64_t n_lost;  /* rows that were found damaged */
};

void segments_done(struct segments *s);
/* Finds the blobs; 0 or -errno. */
int segments_load(struct segments *s, struct db *db);
/* Hands each row after folded_seq to `take`, in order; ends with its first negative answer. Finds where the next row is to go. */
int segments_replay(struct segments *s, struct db *db, int64_t folded_seq, int (*take)(void *arg, struct span row),
                    void *arg);
/* A deep copy, to go back to when a transaction fails. 0 or -ENOMEM. */
int segments_dup(const struct segments *from, struct segments *to);
/* Appends a row, within a transaction. Segments whose rows are all up to folded_seq are free. */
int segments_append(struct segments *s, struct db *db, int64_t folded_seq, struct span row);
/* Remembers how many are in use. */
void segments_folding(struct segments *s, int64_t folded_seq);
/* Removes a few that are free and will not be needed, within a transaction; 1 when there are more. */
int segments_trim(struct segments *s, struct db *db, int64_t folded_seq);

SCOPED_DEFINE_VALUE(struct segments, segments_done)
