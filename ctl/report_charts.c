/* SPDX-License-Identifier: Apache-2.0 */
#include <cjson/cJSON.h>
#include <string.h>

#include "ctl/report.h"
#include "ctl/value.h"
#include "ctl/words.h"

enum { CHARTS_MAX = 16, OPERATIONS_MAX = 26 };

struct charts {
        struct page_span operations[OPERATIONS_MAX];
        size_t n_operations;
        struct page_chart pages[CHARTS_MAX];
        struct chart_points points[CHARTS_MAX];
        size_t n;
};

static void charts_done(struct charts *c) {
        for (size_t i = 0; i < c->n; i++)
                chart_points_done(&c->points[i]);
}

SCOPED_DEFINE_VALUE(struct charts, charts_done)

static void read_operations(const struct report *r, struct charts *c) {
        const cJSON *o;
        int64_t to_s = value_time(r->document, "to");
        cJSON_ArrayForEach(o, value_member(r->document, "operations")) {
                int64_t ended_s = value_time(o, "ended_at");
                if (c->n_operations == OPERATIONS_MAX)
                        return;
                c->operations[c->n_operations] = (struct page_span){
                        value_time(o, "started_at"), ended_s ? ended_s : to_s, (char)('A' + c->n_operations)};
                c->n_operations++;
        }
}

static const char *detail_of(struct report *r, const cJSON *chart) {
        char step[WORDS_MAX];
        SCOPED(buf_done) struct buf text = BUF_INIT(4096);
        const cJSON *d;
        words_span(value_count(chart, "step_s"), step);
        buf_printf(&text, "%s, one value per %s", value_text(chart, "statistic"), step);
        cJSON_ArrayForEach(d, value_member(chart, "dimensions"))
                buf_printf(&text, ", %s=%s", d->string, cJSON_IsString(d) ? d->valuestring : "");
        return page_keep(&r->texts, "%s", buf_str(&text));
}

static void read_chart(struct report *r, const cJSON *chart, struct charts *c) {
        const cJSON *document = r->document, *cause = value_member(document, "root_cause");
        struct chart_points *points = &c->points[c->n];
        chart_points_read(value_member(chart, "points"), points);
        c->pages[c->n++] = (struct page_chart){
                .title = value_text(chart, "metric"),
                .detail = detail_of(r, chart),
                .chart = {.unit = value_text(chart, "unit"),
                          .from_s = value_time(document, "from"),
                          .to_s = value_time(document, "to"),
                          .step_s = value_count(chart, "step_s"),
                          .points = points->items,
                          .n_points = points->n,
                          .is_minimum = strcmp(value_text(chart, "statistic"), "Minimum") == 0,
                          .threshold = value_number(chart, "threshold")},
                .onset_s = value_time(document, "onset_at"),
                .end_s = value_time(document, "resolved_at"),
                .fault_s = value_time(cause, "first_fault_at"),
                .operations = c->operations,
                .n_operations = c->n_operations,
        };
}

static void write_legend(struct report *r) {
        const char *items[OPERATIONS_MAX];
        const cJSON *o;
        size_t n = 0;
        cJSON_ArrayForEach(o, value_member(r->document, "operations")) {
                char from[WORDS_MAX], lasted[WORDS_MAX];
                int64_t from_s = value_time(o, "started_at"), to_s = value_time(o, "ended_at");
                const char *failure = value_text(o, "failure");
                if (n == OPERATIONS_MAX)
                        break;
                words_local_exact(from_s, from);
                words_span(to_s - from_s, lasted);
                items[n] = page_keep(&r->texts, "%c: %s %s, %s%s%s%s%s", (char)('A' + n), value_text(o, "kind"),
                                     value_text(o, "status"), from, to_s ? ", took " : "", to_s ? lasted : "",
                                     failure[0] ? ": " : "", failure);
                n++;
        }
        if (n > 0)
                r->writer->list(r->out, items, n, false);
}

void report_write_charts(struct report *r) {
        SCOPED(charts_done) struct charts c = {.n = 0};
        const cJSON *chart;
        read_operations(r, &c);
        if (value_time(r->document, "to") <= value_time(r->document, "from"))
                return;
        cJSON_ArrayForEach(chart, value_member(r->document, "charts")) if (c.n < CHARTS_MAX) read_chart(r, chart, &c);
        r->writer->charts(r->out, c.pages, c.n);
        write_legend(r);
}
