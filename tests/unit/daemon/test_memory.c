/* SPDX-License-Identifier: Apache-2.0 */
/* A whole question to AWS, and the doctor's whole round, with one allocation of ours failing: an error that says so or none at all, nothing
 * leaks, nothing waits for ever, and the next one is well. A process beside this one plays the service. */
#include "tests/unit/daemon/support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../collectors/out_of_memory.h"
#include "daemon/client.h"
#include "daemon/doctor.h"
#include "daemon/log.h"
#include "daemon/server.h"
#include "util/text.h"

#define SECRET "wJalrXUtnFEMI-K7MDENG-bPxRfiCYSECRETKEY"

struct place {
        struct bench *bench;
        pid_t service;
        char endpoint[64];
        struct config *config;
        struct store *store;
        struct server *server;
        struct rpc_host rpc;
        /* one round */
        struct aws_environment environment;
        struct wire *wire;
        struct exchange *exchange;
        struct quotas *quotas;
        bool is_over;
        int result;
        struct err err;
};

/* What is asked (a word of the request), status, what is answered. */
static const struct {
        const char *word, *status, *body;
} answers[] = {
        {"ListApplications", "200 OK",
         "{\"ApplicationSummaries\":[{\"ApplicationName\":\"orders\",\"ApplicationStatus\":\"RUNNING\","
         "\"ApplicationARN\":\"arn:aws:kinesisanalytics:eu-west-1:111122223333:application/orders\","
         "\"ApplicationVersionId\":1,\"RuntimeEnvironment\":\"FLINK-1_20\"}]}"},
        {"DescribeApplication", "200 OK",
         "{\"ApplicationDetail\":{\"ApplicationName\":\"orders\",\"ApplicationStatus\":\"RUNNING\",\"ApplicationVersionId\":1,"
         "\"ApplicationARN\":\"arn:aws:kinesisanalytics:eu-west-1:111122223333:application/orders\","
         "\"RuntimeEnvironment\":\"FLINK-1_20\"}}"},
        {"ListMetrics", "200 OK", "{\"Metrics\":[]}"},
        {"GetMetricData", "200 OK", "{\"MetricDataResults\":[]}"},
        {"", "400 Bad Request", "{\"__type\":\"AccessDeniedException\",\"message\":\"not allowed\"}"},
};

static void answer(int fd) {
        char request[64 << 10], reply[2048];
        size_t len = 0, length = 0;
        const char *end = NULL, *field;
        while (len + 1 < sizeof request && (!end || len < (size_t)(end - request) + 4 + length)) {
                ssize_t n = recv(fd, request + len, sizeof request - 1 - len, 0);
                if (n <= 0)
                        return;
                len += (size_t)n;
                request[len] = '\0';
                end = strstr(request, "\r\n\r\n");
                field = strcasestr(request, "content-length:");
                length = field ? strtoul(field + 15, NULL, 10) : 0;
        }
        size_t i = 0;
        while (!strstr(request, answers[i].word))
                i++;
        int n = snprintf(reply, sizeof reply,
                         "HTTP/1.1 %s\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: %zu\r\n"
                         "Connection: close\r\n\r\n%s",
                         answers[i].status, strlen(answers[i].body), answers[i].body);
        send(fd, reply, (size_t)n, MSG_NOSIGNAL);
}

static void start_service(struct place *p) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t size = sizeof address;
        int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
        assert_int_equal(listen(listener, 64), 0);
        assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
        snprintf(p->endpoint, sizeof p->endpoint, "http://127.0.0.1:%d", ntohs(address.sin_port));
        p->service = fork();
        while (p->service == 0) {
                int fd = accept(listener, NULL, NULL);
                if (fd < 0)
                        _exit(1);
                answer(fd);
                close(fd);
        }
        close(listener);
}

static int setup(void **state) {
        struct place *p = calloc(1, sizeof *p);
        struct config_faults faults = {0};
        char text[1024];
        if (!p)
                return -1;
        start_service(p);
        if (bench_setup((void **)&p->bench) < 0)
                return -1;
        log_open(LOG_LEVEL_ERROR);
        snprintf(text, sizeof text,
                 "[daemon]\nstate_directory = %s\nsocket = %s/s\n[target prod]\nregion = eu-west-1\n"
                 "[notifier topic]\ntype = sns\ntopic_arn = arn:aws:sns:eu-west-1:111122223333:oncall\n",
                 p->bench->directory, p->bench->directory);
        bench_write(p->bench, "conf", text);
        if (config_load(bench_path(p->bench, "conf"), &p->config, &faults) < 0 ||
            store_open(bench_path(p->bench, "flinkwatch.db"), &p->store, NULL, NULL) < 0)
                return -1;
        config_faults_done(&faults);
        const struct server_socket where = {.fd = -1, .path = p->config->socket};
        *state = p;
        bench_listen(p->bench);
        return server_new(p->bench->loop, &p->rpc, &where, &p->server, NULL);
}

static int teardown(void **state) {
        struct place *p = *state;
        kill(p->service, SIGKILL);
        waitpid(p->service, NULL, 0);
        server_free(p->server);
        store_free(p->store);
        config_free(p->config);
        bench_teardown((void **)&p->bench);
        free(p);
        return 0;
}

static int open_network(struct place *p) {
        char endpoint[96];
        const char *const list[] = {"AWS_SHARED_CREDENTIALS_FILE=/dev/null",
                                    "AWS_CONFIG_FILE=/dev/null",
                                    "AWS_EC2_METADATA_DISABLED=true",
                                    "AWS_ACCESS_KEY_ID=AKIDSTATIC",
                                    "AWS_SECRET_ACCESS_KEY=" SECRET,
                                    endpoint,
                                    NULL};
        struct wire_options wire = {.user_agent = "flinkwatch/test"};
        snprintf(endpoint, sizeof endpoint, "AWS_ENDPOINT_URL=%s", p->endpoint);
        int r = aws_environment_from_list(list, &p->environment);
        if (r == 0)
                r = wire_new(p->bench->loop, &wire, &p->wire);
        if (r == 0)
                r = exchange_new(p->bench->loop, p->wire, &p->environment, &p->exchange);
        if (r == 0 && !(p->quotas = quotas_new(p->bench->loop)))
                r = -ENOMEM;
        return r;
}

static void close_network(struct place *p) {
        exchange_free(TAKE(p->exchange));
        if (p->wire)
                wire_free(TAKE(p->wire));
        quotas_free(TAKE(p->quotas));
        aws_environment_done(&p->environment);
        p->environment = (struct aws_environment){0};
}

static int step(void *arg, const struct http_reply *reply, struct http_request *ret_request, struct err *reterr) {
        (void)arg;
        (void)reterr;
        if (reply)
                return strstr(reply->body.data, "MetricDataResults") ? 0 : -EPROTO;
        ret_request->service = "monitoring";
        ret_request->operation = "GetMetricData";
        ret_request->auth = HTTP_AUTH_SIGV4;
        buf_put_str(&ret_request->body, "{\"GetMetricData\":1}");
        if (ret_request->body.failed)
                return ret_request->body.failed;
        int r = http_request_header(ret_request, "X-Amz-Target", "GraniteServiceVersion20100801.GetMetricData");
        return r < 0 ? r : STEP_SEND;
}

static void done(void *arg, int result, const struct err *err) {
        struct place *p = arg;
        p->result = result;
        p->err = *err;
        p->is_over = true;
}

/* One question to CloudWatch, from nothing to the answer. */
static int ask(struct place *p) {
        struct client_options options = {.tag = "target prod", .region = "eu-west-1"};
        SCOPED(client_free) struct client *client = NULL;
        struct exchange_run *run;
        int r = open_network(p);
        if (r == 0)
                r = client_new(p->exchange, &options, &client);
        struct exchange_job job = {.client = client, .arg = p, .step = step, .done = done};
        p->is_over = false;
        p->err = (struct err){0};
        if (r == 0)
                r = exchange_start(p->exchange, &job, &run);
        if (r == 0) {
                bench_run(p->bench, &p->is_over);
                r = p->result;
                assert_true(r == 0 || p->err.text[0]);
        }
        return r;
}

static void on_wake(void *arg) {
        ((struct place *)arg)->is_over = true;
}

/* The doctor's lines, as they are written into an answer. */
static int examine(struct place *p, struct buf *text) {
        size_t n_works = 0;
        struct rpc_work *work = NULL;
        int r = open_network(p);
        if (r < 0)
                return r;
        const struct work_host host = {.loop = p->bench->loop,
                                       .exchange = p->exchange,
                                       .store = p->store,
                                       .quotas = p->quotas,
                                       .config = p->config,
                                       .server = p->server,
                                       .n_works = &n_works};
        const struct work_order order = {.host = &host, .wake = on_wake, .waiter = p};
        struct jsonw w = JSONW(text);
        p->is_over = false;
        jsonw_array(&w);
        r = work_begin("doctor", &order, &work, &p->err);
        while (r == 0 && (r = work->next(work, &w)) > 0) {
                if (r == RPC_WAIT)
                        bench_run(p->bench, &p->is_over);
                p->is_over = false;
                r = 0;
        }
        if (work)
                work->free(work);
        jsonw_array_end(&w);
        return r < 0 ? r : text->failed;
}

static void expect_failure_or_all(struct place *p, size_t n, int r) {
        char *log = bench_heard(p->bench);
        if (r != 0 && !memory_has_failed())
                fail_msg("allocation %zu: %d %s", n, r, p->err.text);
        assert_null(strstr(log, SECRET));
        assert_null(strstr(p->err.text, SECRET));
        free(log);
        bench_listen(p->bench);
}

static void test_request__each_allocation_fails__said_or_made_good(void **state) {
        struct place *p = *state;
        bool has_failed = true;
        size_t n = 0;
        assert_int_equal(ask(p), 0);
        close_network(p);
        for (; has_failed && n < 5000; n++) {
                memory_fail_at(n);
                int r = ask(p);
                close_network(p);
                has_failed = memory_has_failed();
                expect_failure_or_all(p, n, has_failed ? 0 : r);
                if (r != 0 && r != -ENOMEM && r != -EIO && r != -EAGAIN && r != -EKEYREJECTED)
                        fail_msg("allocation %zu: %d %s", n, r, p->err.text);
        }
        assert_in_range(n, 50, 4999);
}

/* Some thousands: each of the first, then some of the rest. */
static void test_doctor__allocations_fail__said_or_made_good(void **state) {
        struct place *p = *state;
        bool has_failed = true;
        size_t n_rounds = 0;
        for (size_t n = 0; has_failed; n += 1 + n / 64) {
                SCOPED(buf_done) struct buf text = BUF_INIT(1 << 20);
                memory_fail_at(n);
                int r = examine(p, &text);
                close_network(p);
                has_failed = memory_has_failed();
                expect_failure_or_all(p, n, has_failed ? 0 : r);
                if (r != 0 && r != -ENOMEM)
                        fail_msg("allocation %zu: %d %s", n, r, p->err.text);
                assert_true(r != 0 || strstr(buf_str(&text), "\"check\""));
                n_rounds++;
        }
        assert_in_range(n_rounds, 50, 500);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(test_request__each_allocation_fails__said_or_made_good),
                CASE(test_doctor__allocations_fail__said_or_made_good),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
