/* SPDX-License-Identifier: Apache-2.0 */
/* Each collector with each of its allocations failing: -ENOMEM, or done without what was not needed; nothing leaks. */
#include "out_of_memory.h"
#include "support.h"

#include <cjson/cJSON.h>
#include <errno.h>

enum { T0 = 1767323040, FILES_MAX = 4 };

struct script {
        const struct collector *collector;
        const char *files[FILES_MAX + 1];
};

/* Replies as the collector asks for them; the last file as often as needed. Files are read before memory gets short. */
static int play(const struct script *s, const struct collect_job *job, const struct buf *bodies) {
        struct run run = {.collector = s->collector};
        size_t i = 0;
        http_request_init(&run.request);
        int r = s->collector->start(job, &run.state);
        if (r < 0)
                return r;
        r = s->collector->step(run.state, NULL, &run.request, &run.batch, &run.err);
        while (r == STEP_SEND) {
                struct http_reply reply = {.status = 200, .body = buf_span(&bodies[i])};
                http_request_done(&run.request);
                r = s->collector->step(run.state, &reply, &run.request, &run.batch, &run.err);
                i += s->files[i + 1] != NULL;
        }
        run_done(&run);
        return r;
}

static void torture(const struct script *s) {
        struct metric_query queries[] = {
                {7, "orders", metric_find("uptime", NULL), "Task=a\x1fX=b", T0, T0 + 180},
                {8, "orders", metric_find("numLateRecordsDropped", NULL), "", T0, T0 + 180},
        };
        const struct collect_job job = {
                .target = "prod",
                .application = "orders",
                .queries = queries,
                .n_queries = 2,
                .log_group = "g",
                .log_stream = "s",
                .from_ms = s->collector == &collector_logs ? (int64_t)T0 * 1000 : 0,
                .to_ms = (int64_t)(T0 + 60) * 1000,
                .now_s = T0 + 900,
        };
        struct buf bodies[FILES_MAX] = {0};
        size_t n = 0;
        bool has_failed = true;
        for (size_t i = 0; s->files[i]; i++)
                bodies[i] = data_read(s->files[i]);
        assert_int_equal(play(s, &job, bodies), 0);
        for (; has_failed && n < 5000; n++) {
                memory_fail_at(n);
                int r = play(s, &job, bodies);
                has_failed = memory_has_failed();
                /* cJSON does not say whether the text or the memory was at fault. */
                if (r != 0 && !(has_failed && (r == -ENOMEM || r == -EPROTO)))
                        fail_msg("%s, allocation %zu: %d", s->collector->name, n, r);
        }
        assert_in_range(n, 8, 4999);
        for (size_t i = 0; s->files[i]; i++)
                buf_done(&bodies[i]);
}

static void test_collectors__each_allocation_fails__clean_error(void **context) {
        (void)context;
        static const struct script scripts[] = {
                {&collector_metrics, {"monitoring/GetMetricData-page-1.json", "monitoring/GetMetricData-page-2.json"}},
                {&collector_metrics, {"monitoring/GetMetricData-failures.json"}},
                {&collector_applications, {"kinesisanalytics/DescribeApplication-full.json"}},
                {&collector_discovery,
                 {"kinesisanalytics/ListApplications-page-1.json", "kinesisanalytics/ListApplications-page-2.json"}},
                {&collector_operations,
                 {"kinesisanalytics/ListApplicationOperations-mixed.json",
                  "kinesisanalytics/DescribeApplicationOperation-failed.json"}},
                {&collector_snapshots,
                 {"kinesisanalytics/ListApplicationSnapshots-page-1.json",
                  "kinesisanalytics/ListApplicationSnapshots-page-2.json"}},
                {&collector_logs,
                 {"logs/FilterLogEvents-page-1.json", "logs/FilterLogEvents-empty-page.json",
                  "logs/FilterLogEvents-page-3.json"}},
                {&collector_series_list, {"monitoring/ListMetrics-page-1.json", "monitoring/ListMetrics-page-2.json"}},
                {&collector_log_streams, {"logs/DescribeLogStreams-page-1.json"}},
                {&collector_identity, {"sts/GetCallerIdentity.xml"}},
        };
        cJSON_Hooks hooks = {memory_malloc, memory_free};
        cJSON_InitHooks(&hooks);
        for (size_t i = 0; i < ELEMENTS(scripts); i++)
                torture(&scripts[i]);
        cJSON_InitHooks(NULL);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_collectors__each_allocation_fails__clean_error)};
        return cmocka_run_group_tests_name("collectors: memory", tests, NULL, NULL);
}
