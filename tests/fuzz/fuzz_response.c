/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of AWS to every operation: the first byte picks the collector, the rest is its answers, page after page, parted by zero bytes.
 * Whatever comes, what was kept is finite, and pages end. */
#include <math.h>

#include "collectors/collectors.h"
#include "tests/fuzz/fuzz.h"
#include "util/scope.h"

enum { PAGES_MAX = 64 };

static size_t count_collectors(void) {
        size_t n = 0;
        while (collectors[n])
                n++;
        return n;
}

static void check(const struct batch *b) {
        for (size_t i = 0; i < b->n_points; i++)
                must(isfinite(b->points[i].sample.value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        if (size == 0)
                return 0;
        const struct collector *collector = collectors[data[0] % count_collectors()];
        struct metric_query queries[] = {
                {1, "orders", &metrics[0], "", 1700000000 / 60 * 60, 1700000000 / 60 * 60 + 600},
                {2, "orders", &metrics[1], "", 1700000000 / 60 * 60, 1700000000 / 60 * 60 + 600},
        };
        struct collect_job job = {.target = "prod",
                                  .application = "orders",
                                  .queries = queries,
                                  .n_queries = ELEMENTS(queries),
                                  .log_group = "/aws/kinesis-analytics/orders",
                                  .log_stream = "kinesis-analytics-log-stream",
                                  .from_ms = 1700000000000,
                                  .to_ms = 1700000600000,
                                  .now_s = 1700000900,
                                  .settle_s = 120};
        struct span rest = input_span(data + 1, size - 1);
        SCOPED(http_request_done) struct http_request request;
        SCOPED(batch_done) struct batch batch = {0};
        struct err err = {0};
        void *state = NULL;
        http_request_init(&request);
        if (collector->start(&job, &state) < 0)
                return 0;
        int r = collector->step(state, NULL, &request, &batch, &err);
        for (int i = 0; r == STEP_SEND && i < PAGES_MAX && rest.len > 0; i++) {
                struct http_reply reply = {.status = 200, .body = span_split(&rest, '\0')};
                http_request_done(&request);
                http_request_init(&request);
                r = collector->step(state, &reply, &request, &batch, &err);
                must(r >= 0 || err.text[0] != '\0');
                check(&batch);
        }
        collector->free(state);
        return 0;
}
