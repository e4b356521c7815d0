/* SPDX-License-Identifier: Apache-2.0 */
/* The job graph from JobPlanDescription: nodes and who feeds whom. The text comes from outside: anything that is no plan is an empty one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/span.h"

enum { PLAN_NODES_MAX = 128, PLAN_INPUTS_MAX = 16 };

struct plan_node {
        struct span id, name; /* as they stand in the text, escapes and all */
        struct span input_ids[PLAN_INPUTS_MAX];
        size_t n_inputs;
};

struct job_plan {
        struct plan_node nodes[PLAN_NODES_MAX];
        size_t n_nodes;
};

/* Spans point into `text`. */
void job_plan_read(const char *text, struct job_plan *ret);
/* Whether the plan's name and a metric dimension's value name the same task: names are escaped in the plan and may be cut short in the
 * metric, so that only letters and digits count. */
bool job_plan_is_named(const struct plan_node *n, struct span dimension_value);
/* Whether `from` feeds `to` directly. */
bool job_plan_feeds(const struct plan_node *from, const struct plan_node *to);

struct plan_size {
        size_t n_operators, n_sinks; /* at least: what branches off within a chain shows as one */
};
/* Operators are chained into the plan's nodes: a description names one a line, or joins them by arrows. */
struct plan_size job_plan_size(const struct job_plan *plan);
/* No more than these are in a plan of that text, by a look at its letters: most plans need not be read to be found small. */
struct plan_size job_plan_at_most(const char *text);
