/* SPDX-License-Identifier: Apache-2.0 */
/* What happened, from all that knows of it, in the order of time. */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/report.h"
#include "ctl/value.h"
#include "util/list.h"

struct moments {
        struct page_moment *items;
        size_t n, size;
};

static void moments_done(struct moments *m) {
        free(m->items);
}

SCOPED_DEFINE_VALUE(struct moments, moments_done)

static void add(struct moments *m, int64_t at_s, enum moment_kind kind, const char *name, const char *text) {
        struct page_moment *slot = at_s > 0 ? LIST_ADD(m->items, m->n, m->size) : NULL;
        if (slot)
                *slot = (struct page_moment){at_s, kind, name, text};
}

static enum moment_kind kind_of(const char *name) {
        static const struct {
                const char *name;
                enum moment_kind kind;
        } kinds[] = {
                {"delivered", MOMENT_DELIVERY}, {"refused", MOMENT_DELIVERY},   {"opened", MOMENT_INCIDENT},
                {"updated", MOMENT_INCIDENT},   {"escalated", MOMENT_FAULT},    {"reminder", MOMENT_INCIDENT},
                {"resolved", MOMENT_HEALTHY},   {"explained", MOMENT_INCIDENT}, {"told", MOMENT_INCIDENT},
        };
        for (size_t i = 0; i < ELEMENTS(kinds); i++)
                if (strcmp(name, kinds[i].name) == 0)
                        return kinds[i].kind;
        return MOMENT_ACTION;
}

static int compare(const void *a, const void *b) {
        const struct page_moment *x = a, *y = b;
        return x->at_s != y->at_s ? (x->at_s > y->at_s) - (x->at_s < y->at_s) : (int)x->kind - (int)y->kind;
}

void report_write_timeline(struct report *r) {
        SCOPED(moments_done) struct moments m = {0};
        const cJSON *cause = value_member(r->document, "root_cause"), *item;
        add(&m, value_time(cause, "last_healthy_at"), MOMENT_HEALTHY, "last healthy", "");
        add(&m, value_time(cause, "first_fault_at"), MOMENT_FAULT, "first fault", value_text(cause, "exception_class"));
        add(&m, value_time(r->document, "onset_at"), MOMENT_FAULT, "onset", "the trouble began");
        cJSON_ArrayForEach(item, value_member(r->document, "operations")) {
                add(&m, value_time(item, "started_at"), MOMENT_OPERATION, value_text(item, "kind"), "began");
                add(&m, value_time(item, "ended_at"), MOMENT_OPERATION, value_text(item, "kind"),
                    page_keep(&r->texts, "ended: %s", value_text(item, "status")));
        }
        cJSON_ArrayForEach(item, value_member(r->document, "timeline"))
                add(&m, value_time(item, "at"), kind_of(value_text(item, "kind")), value_text(item, "kind"),
                    value_text(item, "text"));
        if (m.n > 0)
                qsort(m.items, m.n, sizeof *m.items, compare);
        r->writer->moments(r->out, m.items, m.n);
}
