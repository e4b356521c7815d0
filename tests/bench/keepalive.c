/* SPDX-License-Identifier: Apache-2.0 */
/* CPU of a small request over kept connections: the whole exchange (plan, sign, wire, reply, step), and beside it what libcurl alone takes
 * for the same bytes. */
#include <curl/curl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "collectors/collectors.h"
#include "daemon/client.h"
#include "daemon/log.h"
#include "tests/bench/fleet.h"

enum { LANES = 4, REQUESTS = 20000, WARM_UP = 500, POINTS = 5, ROUNDS = 3 };

struct lane {
        struct bench *bench;
        void *state;
        struct batch batch;
        struct exchange_run *run;
        struct timer next;
};

struct bench {
        struct aws_environment environment;
        struct loop *loop;
        struct wire *wire;
        struct exchange *exchange;
        struct client *client;
        struct collect_job job;
        struct metric_query query;
        struct lane lanes[LANES];
        size_t n_left, n_busy;
};

static void must(bool ok, const char *what) {
        if (ok)
                return;
        fprintf(stderr, "keepalive: %s failed\n", what);
        exit(1);
}

static double cpu_s(void) {
        struct timespec t;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void start(void *arg);

static int step(void *arg, const struct http_reply *reply, struct http_request *ret_request, struct err *reterr) {
        struct lane *lane = arg;
        return collector_metrics.step(lane->state, reply, ret_request, &lane->batch, reterr);
}

static void done(void *arg, int result, const struct err *err) {
        struct lane *lane = arg;
        must(result == 0, err->text);
        must(lane->batch.n_points == POINTS, "the answer");
        collector_metrics.free(lane->state);
        lane->state = NULL;
        if (lane->bench->n_left > 0)
                timer_start(&lane->next, lane->bench->loop, 0, start, lane);
        else if (--lane->bench->n_busy == 0)
                loop_quit(lane->bench->loop);
}

static void start(void *arg) {
        struct lane *lane = arg;
        struct bench *b = lane->bench;
        struct exchange_job job = {.client = b->client, .arg = lane, .step = step, .done = done};
        b->n_left -= b->n_left > 0;
        batch_clear(&lane->batch);
        must(collector_metrics.start(&b->job, &lane->state) == 0, "the question");
        must(exchange_start(b->exchange, &job, &lane->run) == 0, "exchange_start");
}

static void quit(void *arg) {
        struct bench *b = arg;
        loop_quit(b->loop);
}

static void open_all(struct bench *b, int port) {
        char url[64];
        const struct loop_handlers handlers = {b, quit, quit};
        const struct wire_options wire = {.user_agent = "flinkwatch/bench"};
        const struct client_options client = {.tag = "bench", .region = "eu-west-1"};
        snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
        setenv("AWS_ENDPOINT_URL", url, 1);
        setenv("AWS_ACCESS_KEY_ID", "AKIDBENCH", 1);
        setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-bench", 1);
        setenv("AWS_CONFIG_FILE", "/dev/null", 1);
        setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1);
        must(aws_environment_capture(&b->environment) == 0, "the environment");
        must(loop_new(&handlers, &b->loop) == 0, "loop_new");
        must(wire_new(b->loop, &wire, &b->wire) == 0, "wire_new");
        must(exchange_new(b->loop, b->wire, &b->environment, &b->exchange) == 0, "exchange_new");
        must(client_new(b->exchange, &client, &b->client) == 0, "client_new");
        b->query = (struct metric_query){1,  "orders", metric_find("uptime", NULL),
                                         "", FLEET_T0, FLEET_T0 + POINTS * 60};
        b->job = (struct collect_job){
                .target = "main", .queries = &b->query, .n_queries = 1, .now_s = b->query.to_s + 7, .settle_s = 120};
        for (size_t i = 0; i < LANES; i++)
                b->lanes[i].bench = b;
}

static void close_all(struct bench *b) {
        for (size_t i = 0; i < LANES; i++)
                batch_done(&b->lanes[i].batch);
        client_free(b->client);
        exchange_free(b->exchange);
        wire_free(b->wire);
        loop_free(b->loop);
        aws_environment_done(&b->environment);
}

static double exchange_cpu_s(struct bench *b, size_t n) {
        double began_s = cpu_s();
        b->n_left = n;
        b->n_busy = LANES;
        for (size_t i = 0; i < LANES; i++)
                timer_start(&b->lanes[i].next, b->loop, 0, start, &b->lanes[i]);
        loop_run(b->loop);
        return (cpu_s() - began_s) / (double)n;
}

static size_t drop(char *data, size_t size, size_t n, void *arg) {
        (void)data;
        (void)arg;
        return size * n;
}

/* One handle, one connection, the request that the exchange sends, the answer thrown away. */
static double curl_cpu_s(int port, const struct http_request *r, size_t n) {
        char url[64], line[8192];
        struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
        CURL *c = curl_easy_init();
        snprintf(url, sizeof url, "http://127.0.0.1:%d/", port);
        for (size_t i = 0; i < r->n_headers; i++) {
                snprintf(line, sizeof line, "%s: %s", r->headers[i].name, r->headers[i].value);
                headers = curl_slist_append(headers, line);
        }
        curl_easy_setopt(c, CURLOPT_URL, url);
        curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)r->body.len);
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, r->body.data);
        curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, drop);
        must(curl_easy_perform(c) == CURLE_OK, "curl");
        double began_s = cpu_s();
        for (size_t i = 0; i < n; i++)
                must(curl_easy_perform(c) == CURLE_OK, "curl");
        double took_s = cpu_s() - began_s;
        curl_easy_cleanup(c);
        curl_slist_free_all(headers);
        return took_s / (double)n;
}

/* What the exchange sends, signed. */
static void make_request(struct bench *b, struct http_request *ret) {
        struct lane *lane = &b->lanes[0];
        const struct aws_keys *keys = client_keys(b->client);
        http_request_init(ret);
        must(collector_metrics.start(&b->job, &lane->state) == 0, "the question");
        must(step(lane, NULL, ret, NULL) == STEP_SEND, "the request");
        collector_metrics.free(lane->state);
        lane->state = NULL;
        must(keys && sigv4_sign(exchange_signer(b->exchange), keys, "eu-west-1", "monitoring", "127.0.0.1",
                                loop_now_s(b->loop), ret) == 0,
             "the signature");
}

static double least(const double *values) {
        double found = values[0];
        for (size_t i = 1; i < ROUNDS; i++)
                found = values[i] < found ? values[i] : found;
        return found;
}

int main(void) {
        static struct bench b;
        int port;
        double ours[ROUNDS], theirs[ROUNDS];
        SCOPED(http_request_done) struct http_request request;
        signal(SIGPIPE, SIG_IGN);
        log_open(LOG_LEVEL_WARNING);
        curl_global_init(CURL_GLOBAL_DEFAULT);
        pid_t endpoint = fleet_endpoint_start(&port);
        open_all(&b, port);
        exchange_cpu_s(&b, WARM_UP);
        make_request(&b, &request);
        for (size_t i = 0; i < ROUNDS; i++) {
                ours[i] = exchange_cpu_s(&b, REQUESTS);
                theirs[i] = curl_cpu_s(port, &request, REQUESTS);
        }
        printf("keep-alive requests=%d connections=%d body_bytes=%zu cpu_per_request_us=%.1f of_it_libcurl_us=%.1f\n",
               REQUESTS, LANES, request.body.len, least(ours) * 1e6, least(theirs) * 1e6);
        close_all(&b);
        kill(endpoint, SIGTERM);
        waitpid(endpoint, NULL, 0);
        curl_global_cleanup();
        return 0;
}
