/* SPDX-License-Identifier: Apache-2.0 */
/* The newest samples of one series in memory, about two bytes each, that can be appended to; also how a run on disk keeps them. A
 * sample that goes on as the one before it takes a bit, or nothing. */
#pragma once

#include "store/bytes.h"
#include "store/entry.h"

struct stream {
        uint8_t *bytes;
        uint32_t len, size;
        uint32_t first_at_s;
        /* the last one that was appended */
        uint32_t at_s, first_seen_s, delta_s;
        uint8_t scale, control;
        bool is_repeating;
        double value;
};

void stream_done(struct stream *s);
/* Later than all that is there. 0 or -ENOMEM, nothing is changed then. */
int stream_append(struct stream *s, const struct entry *e);

struct stream_reader {
        struct reader in;
        struct entry entry; /* the last one read */
        uint32_t delta_s;
        uint8_t scale, control;
        unsigned repeats;
        bool has_any;
};

struct stream_reader stream_read(const void *bytes, size_t len);
/* 1: *ret is the next one; 0: that was all; -EUCLEAN: these bytes are no stream. */
int stream_next(struct stream_reader *r, struct entry *ret);
/* Lays those of [from_s, to_s) over `e`. 0, -ENOMEM, -EUCLEAN (those before the damage are there). */
int stream_overlay(const void *bytes, size_t len, uint32_t from_s, uint32_t to_s, struct entries *e);
