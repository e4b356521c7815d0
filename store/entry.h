/* SPDX-License-Identifier: Apache-2.0 */
/* A sample as it is kept: its value, when it was first seen, whether it was final then. Lists of them in the order of time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/scope.h"

/* Instants as seconds since 1970 in 32 bits: up to the year 2105. */
struct entry {
        double value; /* finite */
        uint32_t at_s;
        uint32_t first_seen_s;
        bool is_settled; /* when it was stored; later it is settled once its series has been read beyond it */
};

struct entries {
        struct entry *items;
        size_t n_items, items_size;
};

void entries_done(struct entries *e);
/* 0 or -ENOMEM */
int entries_add(struct entries *e, const struct entry *added);
/* Index of the first with at_s >= from_s. */
size_t entries_from(const struct entries *e, uint32_t from_s);
/* Lays newer ones over what is there: the newer value counts, the earlier first_seen_s is kept. 0 or -ENOMEM, nothing is changed then. */
int entries_overlay(struct entries *e, const struct entry *newer, size_t n_newer);

SCOPED_DEFINE_VALUE(struct entries, entries_done)
