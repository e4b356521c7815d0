/* SPDX-License-Identifier: Apache-2.0 */
/* One metric family in Prometheus' text format or in OpenMetrics, which differ in how a counter is named in its head. */
#pragma once

#include "util/buf.h"

enum family_type { FAMILY_GAUGE, FAMILY_COUNTER, FAMILY_HISTOGRAM };

struct family {
        const char *name; /* without "_total" */
        enum family_type type;
        const char *unit; /* what the name ends in; NULL: none */
        const char *help;
};

struct family_label {
        const char *name, *value; /* value NULL: "" */
};

void family_head(struct buf *out, const struct family *f, bool is_openmetrics);
/* suffix: "", or what a histogram's samples have; a counter gets its own. */
void family_sample(struct buf *out, const struct family *f, const char *suffix, const struct family_label *labels,
                   size_t n_labels, double value);
#define FAMILY_SAMPLE(out, f, value, ...)                                                                              \
        family_sample(out, f, "", (const struct family_label[]){__VA_ARGS__},                                          \
                      sizeof((const struct family_label[]){__VA_ARGS__}) / sizeof(struct family_label), value)
