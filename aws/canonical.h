/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical forms that a signature is taken over: path, query, headers. Used by sigv4.c alone. */
#pragma once

#include <stdint.h>

#include "aws/sigv4.h"

/* Scratch memory that is kept from one request to the next. */
struct canonical {
        struct canonical_header {
                struct span name, value;
                uint64_t
                        head; /* the name's first eight bytes in lower case, the first one highest: orders most names */
        } * headers;
        size_t n_headers, room_headers;
        struct canonical_pair {
                size_t key, key_len, value_len; /* encoded key and value, one after the other in `text` */
        } * pairs;
        size_t n_pairs, room_pairs;
        struct buf text;
};

void canonical_init(struct canonical *c);
void canonical_done(struct canonical *c);

void canonical_path(struct span path, const struct sigv4_options *options, struct buf *out);
/* 0 or -ENOMEM */
int canonical_query(struct canonical *c, struct span query, struct buf *out);
/* Takes over the headers that are signed, in their order. 0 or -ENOMEM. */
int canonical_collect(struct canonical *c, const struct sigv4_header *headers, size_t n,
                      const struct sigv4_header *extra);
/* "name:value\n" lines into `out`, "a;b;c" into `names`. */
void canonical_headers(const struct canonical *c, struct buf *out, struct buf *names);
/* The first collected header with that name, NULL when there is none. */
const struct canonical_header *canonical_find(const struct canonical *c, struct span name);
