/* SPDX-License-Identifier: Apache-2.0 */
/* Puts log lines together again: stack traces printed one line an event, records cut in two at 256 KB. */
#pragma once

#include <stdint.h>

#include "util/buf.h"

enum { JOINER_MAX_BYTES = 1 << 20 };

struct joiner {
        struct buf pending; /* a line that may go on */
        struct buf other;   /* what was handed out last */
        int64_t at_ms;
        bool is_open; /* something is pending */
        bool is_cut;  /* JSON that ended in the middle */
};

/* What is to be judged now: up to two lines, the pending one first. They live until the next call. */
struct joined {
        struct span lines[2];
        int64_t at_ms[2];
        size_t n;
};

/* 0 or -ENOMEM */
int joiner_add(struct joiner *j, int64_t at_ms, struct span line, struct joined *ret);
/* What is still pending. */
void joiner_end(struct joiner *j, struct joined *ret);
void joiner_done(struct joiner *j);
