/* SPDX-License-Identifier: Apache-2.0 */
/* What one put changed, as one packed row: cheap to write, read again only after a restart. */
#pragma once

#include "store/zip.h"

struct change {
        uint32_t series, at_s;
        double value;
};

/* A series has been read and settled up to here. */
struct advance {
        uint32_t series, until_s;
};

struct journal_row {
        int64_t collected_at_s, settled_before_s;
        struct change *changes; /* by series, then by time */
        size_t n_changes, changes_size;
        struct advance *advances;
        size_t n_advances, advances_size;
};

enum { JOURNAL_CHANGES_MAX = 1 << 15, JOURNAL_ADVANCES_MAX = 1 << 20 };

void journal_row_done(struct journal_row *row);
/* Appends. 0 or -ENOMEM. */
int journal_write(struct zip *z, const struct journal_row *row, struct buf *to);
/* 0, -ENOMEM, -EUCLEAN. *row is empty before. */
int journal_read(struct zip *z, struct span bytes, struct journal_row *row);

SCOPED_DEFINE_VALUE(struct journal_row, journal_row_done)
