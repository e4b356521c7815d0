/* SPDX-License-Identifier: Apache-2.0 */
/* A post-mortem draft of one incident, from what the daemon answers to `report`. */
#pragma once

#include "ctl/page.h"

struct cJSON;

void report_write(struct buf *out, const struct cJSON *document, const struct page_writer *writer);

/* Its chapter on the metrics, a file of its own. */
struct report {
        const struct cJSON *document;
        const struct page_writer *writer;
        struct buf *out;
        struct page_texts texts;
};
void report_write_charts(struct report *r);
void report_write_timeline(struct report *r);
