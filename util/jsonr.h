/* SPDX-License-Identifier: Apache-2.0 */
/* JSON read in place: one flat list of nodes, no copy of any text. For answers of many thousand values, where a tree of allocations costs
 * more than everything else; small documents are cJSON's. Strict (RFC 8259), at most JSONR_DEPTH_MAX deep. */
#pragma once

#include <stdint.h>

#include "util/buf.h"
#include "util/scope.h"

enum { JSONR_DEPTH_MAX = 64 };

enum jsonr_kind { JSONR_NULL, JSONR_FALSE, JSONR_TRUE, JSONR_NUMBER, JSONR_STRING, JSONR_ARRAY, JSONR_OBJECT };

/* An array's elements follow it, an object's members do as name and value in turn; each with all that it holds. */
struct jsonr_node {
        uint32_t from, len; /* its text; of a string what is between the quotes */
        uint32_t after;     /* where the node after it and all that it holds is */
        uint8_t kind;
};

struct jsonr {
        struct span text; /* borrowed */
        struct jsonr_node *nodes;
        size_t n_nodes, nodes_size;
};

/* A whole document; what was in `j` is overwritten, its memory used again. 0, -EPROTO, -ENOMEM. */
int jsonr_parse(struct jsonr *j, struct span text);
void jsonr_done(struct jsonr *j);

/* Whether the whole text is a number as JSON writes it. */
bool jsonr_is_number(struct span text);

const struct jsonr_node *jsonr_root(const struct jsonr *j);
/* NULL when there is none: also when the node is NULL or no such container, so that they chain. */
const struct jsonr_node *jsonr_member(const struct jsonr *j, const struct jsonr_node *object,
                                      const char *name); /* the first of that name */
const struct jsonr_node *jsonr_first(const struct jsonr *j, const struct jsonr_node *array);
const struct jsonr_node *jsonr_next(const struct jsonr *j, const struct jsonr_node *array,
                                    const struct jsonr_node *element);
bool jsonr_is(const struct jsonr_node *node, enum jsonr_kind kind);
/* False when it is no number, or none that a double holds. */
bool jsonr_number(const struct jsonr *j, const struct jsonr_node *node, double *ret);
/* A string's text as it is written, escapes untouched; data NULL when it is no string. */
struct span jsonr_raw(const struct jsonr *j, const struct jsonr_node *node);
/* A string's text in UTF-8; NUL and lone surrogates become U+FFFD. False when it is no string. */
bool jsonr_text(const struct jsonr *j, const struct jsonr_node *node, struct buf *to);

SCOPED_DEFINE_VALUE(struct jsonr, jsonr_done)
