/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange and its client against a service that the test plays. */
#include "tests/unit/daemon/support.h"

#include <errno.h>

#include "daemon/client.h"
#include "daemon/log.h"
#include "daemon/quota.h"
#include "tests/unit/daemon/fake_http.h"
#include "util/text.h"
#include "util/timefmt.h"

#define SECRET "wJalrXUtnFEMI-K7MDENG-bPxRfiCYSECRETKEY"

struct place;

typedef void (*service)(struct place *p, struct fake_connection *c, const struct fake_request *request);

struct place {
        struct bench *bench;
        struct wire *wire;
        struct fake_http *server;
        struct aws_environment environment;
        struct exchange *exchange;
        struct client *client;
        struct quota *quota; /* that its runs wait for; NULL: none */
        service serve;
        int n_service, n_keys; /* requests seen */
        const char *operation;
        /* one run */
        struct exchange_run *run;
        int n_steps, n_done, result, status, n_wanted;
        bool is_over;
        struct err err;
        char body[256], authorization[1024], date[32];
};

static void answer_keys(struct place *p, struct fake_connection *c) {
        char body[512], expires[TIME_TEXT_MAX];
        time_rfc3339(loop_now_s(p->bench->loop) + 6 * 3600, expires);
        snprintf(body, sizeof body,
                 "{\"AccessKeyId\":\"AKID%d\",\"SecretAccessKey\":\"" SECRET "\",\"Token\":\"token%d\","
                 "\"Expiration\":\"%s\"}",
                 p->n_keys, p->n_keys, expires);
        p->n_keys++;
        fake_reply(c, 200, "Content-Type: application/json\r\n", body);
}

static void on_request(void *arg, struct fake_connection *c, const struct fake_request *request) {
        struct place *p = arg;
        if (strcmp(request->path, "/keys") == 0) {
                answer_keys(p, c);
                return;
        }
        fake_header(request, "Authorization", p->authorization, sizeof p->authorization);
        fake_header(request, "X-Amz-Date", p->date, sizeof p->date);
        p->serve(p, c, request);
        p->n_service++;
}

static int open_place(struct place *p, const char *const *more) {
        const char *list[16] = {"AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true"};
        char endpoint[128], keys[128];
        size_t n = 2;
        bool has_config = false;
        struct wire_options wire = {.user_agent = "flinkwatch/test"};
        struct client_options options = {.tag = "target test", .region = "eu-west-1"};
        snprintf(endpoint, sizeof endpoint, "AWS_ENDPOINT_URL=%s/prefix", fake_http_url(p->server));
        snprintf(keys, sizeof keys, "AWS_CONTAINER_CREDENTIALS_FULL_URI=%s/keys", fake_http_url(p->server));
        list[n++] = endpoint;
        for (; *more; more++) {
                list[n++] = strcmp(*more, "container") == 0 ? keys : *more;
                has_config = has_config || strncmp(*more, "AWS_CONFIG_FILE=", 16) == 0;
        }
        if (!has_config)
                list[n++] = "AWS_CONFIG_FILE=/dev/null";
        assert_int_equal(aws_environment_from_list(list, &p->environment), 0);
        assert_int_equal(wire_new(p->bench->loop, &wire, &p->wire), 0);
        assert_int_equal(exchange_new(p->bench->loop, p->wire, &p->environment, &p->exchange), 0);
        return client_new(p->exchange, &options, &p->client);
}

static int setup(void **state) {
        struct place *p = calloc(1, sizeof *p);
        if (!p || bench_setup((void **)&p->bench) < 0)
                return -1;
        log_open(LOG_LEVEL_ERROR);
        p->server = fake_http_new(p->bench->loop, on_request, p);
        p->operation = "GetMetricData";
        *state = p;
        return 0;
}

static int teardown(void **state) {
        struct place *p = *state;
        client_free(p->client);
        exchange_free(p->exchange);
        if (p->wire)
                wire_free(p->wire);
        fake_http_free(p->server);
        aws_environment_done(&p->environment);
        bench_teardown((void **)&p->bench);
        free(p);
        return 0;
}

static void with_static_keys(struct place *p, service serve) {
        static const char *const more[] = {"AWS_ACCESS_KEY_ID=AKIDSTATIC", "AWS_SECRET_ACCESS_KEY=" SECRET, NULL};
        p->serve = serve;
        assert_int_equal(open_place(p, more), 0);
}

static void with_container_keys(struct place *p, service serve) {
        static const char *const more[] = {"container", NULL};
        p->serve = serve;
        assert_int_equal(open_place(p, more), 0);
}

/* One signed request, then over. */
static int step(void *arg, const struct http_reply *reply, struct http_request *ret_request, struct err *reterr) {
        struct place *p = arg;
        (void)reterr;
        p->n_steps++;
        if (reply) {
                p->status = reply->status;
                snprintf(p->body, sizeof p->body, "%.*s", (int)(reply->body.len < 250 ? reply->body.len : 250),
                         reply->body.data);
                return 0;
        }
        ret_request->service = "monitoring";
        ret_request->operation = p->operation;
        ret_request->auth = HTTP_AUTH_SIGV4;
        buf_put_str(&ret_request->body, "{}");
        return http_request_header(ret_request, "Content-Type", "application/x-amz-json-1.0") < 0 ? -ENOMEM : STEP_SEND;
}

static void done(void *arg, int result, const struct err *err) {
        struct place *p = arg;
        p->run = NULL;
        p->result = result;
        p->err = *err;
        p->is_over = ++p->n_done >= p->n_wanted;
}

static void start(struct place *p, bool takes_failures) {
        struct exchange_job job = {.client = p->client,
                                   .arg = p,
                                   .step = step,
                                   .done = done,
                                   .takes_failures = takes_failures,
                                   .quota = p->quota};
        p->n_wanted++;
        p->is_over = false;
        assert_int_equal(exchange_start(p->exchange, &job, &p->run), 0);
}

static void ask(struct place *p) {
        start(p, false);
        assert_int_equal(p->n_done, p->n_wanted - 1);
        bench_run(p->bench, &p->is_over);
        assert_null(strstr(p->err.text, SECRET));
        assert_null(strstr(p->err.text, "AWS4-HMAC"));
}

static const char json[] = "Content-Type: application/x-amz-json-1.0\r\n";

static void serve_well(struct place *p, struct fake_connection *c, const struct fake_request *request) {
        (void)p;
        assert_string_equal(request->path, "/prefix/");
        fake_reply(c, 200, json, "{\"MetricDataResults\":[]}");
}

static void test_run__answered__signed_and_handed_over(void **state) {
        struct place *p = *state;
        with_static_keys(p, serve_well);
        ask(p);
        assert_int_equal(p->result, 0);
        assert_string_equal(p->body, "{\"MetricDataResults\":[]}");
        assert_int_equal(p->n_steps, 2);
        assert_non_null(strstr(p->authorization, "Credential=AKIDSTATIC/"));
        assert_non_null(strstr(p->authorization, "/eu-west-1/monitoring/aws4_request"));
        assert_int_equal(exchange_requests(p->exchange), 1);
}

static void serve_500_twice(struct place *p, struct fake_connection *c, const struct fake_request *request) {
        if (p->n_service < 2)
                fake_reply(c, 500, json, "{\"__type\":\"InternalFailure\"}");
        else
                serve_well(p, c, request);
}

static void test_run__500_twice__third_attempt_is_good(void **state) {
        struct place *p = *state;
        with_static_keys(p, serve_500_twice);
        ask(p);
        assert_int_equal(p->result, 0);
        assert_int_equal(p->n_service, 3);
        assert_int_equal(p->n_steps, 2);
}

/* Counts the tokens that the limiter of the adaptive mode gave. */
static int n_tokens;

int64_t __wrap_rate_limiter_acquire_ms(struct rate_limiter *l, int64_t now_ms);
int64_t __real_rate_limiter_acquire_ms(struct rate_limiter *l, int64_t now_ms);

int64_t __wrap_rate_limiter_acquire_ms(struct rate_limiter *l, int64_t now_ms) {
        int64_t wait_ms = __real_rate_limiter_acquire_ms(l, now_ms);
        n_tokens += wait_ms == 0;
        return wait_ms;
}

/* Twice a token for one attempt would halve the rate that the service takes. */
static void test_run__waits_for_a_quota__takes_one_token_an_attempt(void **state) {
        struct place *p = *state;
        struct quotas *quotas = quotas_new(p->bench->loop);
        assert_non_null(quotas);
        p->quota = quotas_find(quotas, "GetMetricData", 20);
        assert_non_null(p->quota);
        with_static_keys(p, serve_500_twice);
        n_tokens = 0;
        ask(p);
        assert_int_equal(p->result, 0);
        assert_int_equal(p->n_service, 3);
        assert_int_equal(n_tokens, 3);
        quotas_free(quotas);
}

static void serve_throttle(struct place *p, struct fake_connection *c, const struct fake_request *request) {
        (void)p;
        (void)request;
        fake_reply(c, 400, json, "{\"__type\":\"ThrottlingException\",\"message\":\"Rate exceeded\"}");
}

static void test_run__throttled__given_up_after_three_attempts(void **state) {
        struct place *p = *state;
        with_static_keys(p, serve_throttle);
        ask(p);
        assert_int_equal(p->result, -EAGAIN);
        assert_int_equal(p->n_service, 3);
        assert_string_equal(p->err.text, "GetMetricData: 400 ThrottlingException: Rate exceeded (3 attempts): it is "
                                         "tried again at the next poll");
}

static void test_run__max_attempts_of_the_environment__is_obeyed(void **state) {
        static const char *const more[] = {"AWS_ACCESS_KEY_ID=A", "AWS_SECRET_ACCESS_KEY=" SECRET, "AWS_MAX_ATTEMPTS=1",
                                           NULL};
        struct place *p = *state;
        p->serve = serve_throttle;
        assert_int_equal(open_place(p, more), 0);
        ask(p);
        assert_int_equal(p->n_service, 1);
        assert_string_equal(p->err.text, "GetMetricData: 400 ThrottlingException: Rate exceeded: it is tried again at "
                                         "the next poll");
}

static void serve_denied(struct place *p, struct fake_connection *c, const struct fake_request *request) {
        (void)p;
        (void)request;
        fake_reply(
                c, 403, json,
                "{\"__type\":\"com.amazon.coral#AccessDeniedException\",\"Message\":\"User: arn:aws:iam::111122223333:"
                "role/a-rather-long-name-of-a-role/session is not authorized to perform: kinesisanalytics:"
                "DescribeApplicationOperation on resource: arn:aws:kinesisanalytics:eu-west-1:111122223333:"
                "application/orders because no identity-based policy allows it\"}");
}

static void test_run__denied__not_repeated_and_way_out_is_whole(void **state) {
        struct place *p = *state;
        with_static_keys(p, serve_denied);
        p->operation = "DescribeApplicationOperation";
        ask(p);
        assert_int_equal(p->result, -EACCES);
        assert_int_equal(p->n_service, 1);
        assert_non_null(strstr(p->err.text, "DescribeApplicationOperation: 403 AccessDeniedException: User: arn"));
        const char *way_out = "...: allow it (flinkwatchctl doctor prints the statement)";
        assert_string_equal(p->err.text + strlen(p->err.text) - strlen(way_out), way_out);
}

static void serve_nameless(struct place *p, struct fake_connection *c, const struct fake_request *request) {
        (void)p;
        (void)request;
        fake_reply(c, 400, "x-amzn-RequestId: 8b1f-77\r\n", "{\"__type\":\"ValidationError\",\"message\":\"no.\"}");
}

static void test_run__refused__its_request_id_is_for_the_debug_log(void **state) {
        struct place *p = *state;
        with_static_keys(p, serve_nameless);
        log_open(LOG_LEVEL_DEBUG);
        bench_listen(p->bench);
        ask(p);
        SCOPED(free) char *heard = bench_heard(p->bench);
        log_open(LOG_LEVEL_ERROR);
        assert_non_null(strstr(heard, "GetMetricData: ValidationError: no (request id 8b1f-77)"));
        assert_null(strstr(p->err.text, "8b1f"));
}

static void serve_invalid(struct place *p, struct fake_connection *c, const struct fake_request *request) {
        (void)p;
        (void)request;
        fake_reply(c, 400, json, "{\"__type\":\"ValidationError\",\"message\":\"no\"}");
}

static void test_run__invalid__not_repeated(void **state) {
        struct place *p = *state;
        with_static_keys(p, serve_invalid);
        ask(p);
        assert_int_equal(p->result, -EINVAL);
        assert_int_equal(p->n_service, 1);
}

static void serve_html(struct place *p, struct fake_connection *c, const struct fake_request *request) {
        (void)p;
        (void)request;
        fake_reply(c, 200, "Content-Type: text/html; charset=utf-8\r\n", "<html>Please log in</html>");
}

static void test_run__html_with_200__names_the_proxy(void **state) {
        struct place *p = *state;
        with_static_keys(p, serve_html);
        ask(p);
        assert_int_equal(p->result, -EPROTO);
        assert_int_equal(p->n_service, 1);
        assert_string_equal(p->err.text, "GetMetricData: the answer is not JSON but text/html; charset=utf-8: is a "
                                         "proxy or a login page in between?");
}

static void serve_reset(struct place *p, struct fake_connection *c, const struct fake_request *request) {
        if (p->n_service == 0)
                fake_reset(c);
        else
                serve_well(p, c, request);
}

static void test_run__connection_reset__is_repeated(void **state) {
        struct place *p = *state;
        with_static_keys(p, serve_reset);
        ask(p);
        assert_int_equal(p->result, 0);
        assert_int_equal(p->n_service, 2);
}

/* The first keys are refused. */
static void serve_second_keys(struct place *p, struct fake_connection *c, const struct fake_request *request) {
        if (strstr(p->authorization, "Credential=AKID0/"))
                fake_reply(c, 400, json, "{\"__type\":\"ExpiredTokenException\",\"message\":\"expired\"}");
        else
                serve_well(p, c, request);
}

static void test_keys__expired__fetched_once_more(void **state) {
        struct place *p = *state;
        with_container_keys(p, serve_second_keys);
        ask(p);
        assert_int_equal(p->result, 0);
        assert_int_equal(p->n_keys, 2);
        assert_int_equal(p->n_service, 2);
        assert_non_null(strstr(p->authorization, "Credential=AKID1/"));
}

static void serve_expired(struct place *p, struct fake_connection *c, const struct fake_request *request) {
        (void)p;
        (void)request;
        fake_reply(c, 400, json, "{\"__type\":\"ExpiredTokenException\",\"message\":\"expired\"}");
}

static void test_keys__refused_again__given_up_with_a_way_out(void **state) {
        struct place *p = *state;
        with_container_keys(p, serve_expired);
        ask(p);
        assert_int_equal(p->result, -EKEYREJECTED);
        assert_int_equal(p->n_keys, 2);
        assert_int_equal(p->n_service, 2);
        assert_string_equal(
                p->err.text,
                "GetMetricData: 400 ExpiredTokenException: expired: check the credentials and their expiry");
}

static void test_keys__twenty_runs_wait__one_fetch_serves_all(void **state) {
        struct place *p = *state;
        with_container_keys(p, serve_well);
        for (int i = 0; i < 20; i++)
                start(p, false);
        bench_run(p->bench, &p->is_over);
        assert_int_equal(p->n_done, 20);
        assert_int_equal(p->result, 0);
        assert_int_equal(p->n_keys, 1);
        assert_int_equal(p->n_service, 20);
}

static void test_keys__none_anywhere__every_run_says_so(void **state) {
        static const char *const more[] = {NULL};
        struct place *p = *state;
        p->serve = serve_well;
        bench_listen(p->bench);
        assert_int_equal(open_place(p, more), 0);
        ask(p);
        free(bench_heard(p->bench));
        assert_int_equal(p->result, -EKEYREJECTED);
        assert_int_equal(p->n_service, 0);
        assert_string_equal(p->err.text,
                            "no credentials: not in the environment, not in profile default, no container, and "
                            "AWS_EC2_METADATA_DISABLED is set");
}

static void write_profile(struct place *p, const char *program) {
        char text[512];
        snprintf(text, sizeof text, "[default]\ncredential_process = %s\n", program);
        bench_write(p->bench, "aws-config", text);
}

static void with_profile(struct place *p) {
        char variable[256];
        const char *more[] = {variable, NULL};
        snprintf(variable, sizeof variable, "AWS_CONFIG_FILE=%s", bench_path(p->bench, "aws-config"));
        p->serve = serve_well;
        assert_int_equal(open_place(p, more), 0);
}

static void test_keys__of_a_program__are_used(void **state) {
        struct place *p = *state;
        write_profile(p, "/bin/echo '{\"Version\": 1, \"AccessKeyId\": \"AKIDPROGRAM\", \"SecretAccessKey\": \"" SECRET
                         "\"}'");
        with_profile(p);
        ask(p);
        assert_int_equal(p->result, 0);
        assert_non_null(strstr(p->authorization, "Credential=AKIDPROGRAM/"));
}

static void test_keys__program_not_found_or_failing__run_says_so(void **state) {
        struct place *p = *state;
        write_profile(p, "/nonexistent/helper --token " SECRET);
        bench_listen(p->bench);
        with_profile(p);
        ask(p);
        char *log = bench_heard(p->bench);
        assert_int_equal(p->result, -EKEYREJECTED);
        assert_non_null(strstr(p->err.text, "/nonexistent/helper"));
        assert_null(strstr(log, SECRET));
        free(log);
        assert_int_equal(p->n_service, 0);
}

/* JSON from where it is an hour later. */
static time_t put_headers_ahead(const struct place *p, char *to, size_t size) {
        struct tm tm;
        time_t there = (time_t)loop_now_s(p->bench->loop) + 3600;
        gmtime_r(&there, &tm);
        size_t n = strftime(to, size, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
        snprintf(to + n, size - n, "%s", json);
        return there;
}

/* A service whose clock is an hour ahead. */
static void serve_ahead(struct place *p, struct fake_connection *c, const struct fake_request *request) {
        char headers[256];
        time_t there = put_headers_ahead(p, headers, sizeof headers);
        int64_t signed_at = 0;
        struct tm sent = {0};
        assert_non_null(strptime(p->date, "%Y%m%dT%H%M%SZ", &sent));
        signed_at = timegm(&sent);
        if (signed_at < there - 300 || signed_at > there + 300)
                fake_reply(c, 403, headers,
                           "{\"__type\":\"InvalidSignatureException\",\"message\":\"Signature expired\"}");
        else
                fake_reply(c, 200, headers, "{}");
        (void)request;
}

static void test_clock__an_hour_off__mended_once_and_remembered(void **state) {
        struct place *p = *state;
        with_static_keys(p, serve_ahead);
        ask(p);
        assert_int_equal(p->result, 0);
        assert_int_equal(p->n_service, 2);
        ask(p);
        assert_int_equal(p->result, 0);
        assert_int_equal(p->n_service, 3);
}

static void serve_denied_ahead(struct place *p, struct fake_connection *c, const struct fake_request *request) {
        char headers[256];
        (void)request;
        put_headers_ahead(p, headers, sizeof headers);
        fake_reply(c, 400, headers, "{\"__type\":\"AccessDeniedException\",\"Message\":\"not authorized\"}");
}

static void test_clock__an_hour_off_and_denied__said_as_denied(void **state) {
        struct place *p = *state;
        with_static_keys(p, serve_denied_ahead);
        ask(p);
        assert_int_equal(p->n_service, 2);
        assert_int_equal(p->result, -EACCES);
        assert_non_null(strstr(p->err.text, ": allow it"));
        ask(p);
        assert_int_equal(p->n_service, 3);
        assert_int_equal(p->result, -EACCES);
}

static void serve_unavailable(struct place *p, struct fake_connection *c, const struct fake_request *request) {
        (void)p;
        (void)request;
        fake_reply(c, 503, json, "{}");
}

static void test_run__takes_failures__is_handed_the_first(void **state) {
        struct place *p = *state;
        with_static_keys(p, serve_unavailable);
        start(p, true);
        bench_run(p->bench, &p->is_over);
        assert_int_equal(p->result, 0);
        assert_int_equal(p->status, 503);
        assert_int_equal(p->n_service, 1);
}

/* Cancelled at every stage. */

static void serve_never(struct place *p, struct fake_connection *c, const struct fake_request *request) {
        (void)p;
        (void)c;
        (void)request;
}

static void expect_silence(struct place *p) {
        exchange_cancel(TAKE(p->run));
        bench_run_ms(p->bench, 50);
        assert_int_equal(p->n_done, 0);
}

static void test_cancel__before_it_began__silent(void **state) {
        struct place *p = *state;
        with_static_keys(p, serve_well);
        start(p, false);
        expect_silence(p);
        assert_int_equal(p->n_steps, 0);
        exchange_cancel(NULL);
}

static void test_cancel__waiting_for_keys__silent(void **state) {
        struct place *p = *state;
        with_container_keys(p, serve_well);
        start(p, false);
        ev_run(loop_ev(p->bench->loop), EVRUN_ONCE);
        expect_silence(p);
        assert_int_equal(p->n_service, 0);
        p->n_wanted = 0;
        ask(p);
        assert_int_equal(p->result, 0);
}

static void test_cancel__in_flight__silent(void **state) {
        struct place *p = *state;
        with_static_keys(p, serve_never);
        start(p, false);
        while (p->n_service == 0)
                bench_run_ms(p->bench, 5);
        expect_silence(p);
}

static void test_cancel__between_attempts__silent(void **state) {
        struct place *p = *state;
        with_static_keys(p, serve_unavailable);
        start(p, false);
        while (p->n_service == 0)
                bench_run_ms(p->bench, 1);
        bench_run_ms(p->bench, 2);
        if (p->run) /* the pause before the second may be very short by chance */
                exchange_cancel(TAKE(p->run));
        int n = p->n_service, n_done = p->n_done;
        bench_run_ms(p->bench, 2500);
        assert_in_range(p->n_service, n, n + 1); /* one may have been on its way */
        assert_int_equal(p->n_done, n_done);
}

/* As the service ends: who asked cancels its runs, the client goes while it fetches keys, then the exchange with what is left. */
static void test_free__fetching_keys__silent(void **state) {
        struct place *p = *state;
        struct exchange_run *runs[5];
        with_container_keys(p, serve_never);
        for (size_t i = 0; i < ELEMENTS(runs); i++) {
                start(p, false);
                runs[i] = p->run;
        }
        ev_run(loop_ev(p->bench->loop), EVRUN_ONCE);
        for (size_t i = 0; i < ELEMENTS(runs); i++)
                exchange_cancel(runs[i]);
        client_free(TAKE(p->client));
        exchange_free(TAKE(p->exchange));
        bench_run_ms(p->bench, 50);
        assert_int_equal(p->n_done, 0);
}

static void test_free__exchange_with_runs_in_flight__silent(void **state) {
        struct place *p = *state;
        with_static_keys(p, serve_never);
        for (int i = 0; i < 5; i++)
                start(p, false);
        while (p->n_service < 5)
                bench_run_ms(p->bench, 5);
        exchange_free(TAKE(p->exchange));
        bench_run_ms(p->bench, 50);
        assert_int_equal(p->n_done, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(test_run__answered__signed_and_handed_over),
                CASE(test_run__500_twice__third_attempt_is_good),
                CASE(test_run__waits_for_a_quota__takes_one_token_an_attempt),
                CASE(test_run__throttled__given_up_after_three_attempts),
                CASE(test_run__max_attempts_of_the_environment__is_obeyed),
                CASE(test_run__denied__not_repeated_and_way_out_is_whole),
                CASE(test_run__refused__its_request_id_is_for_the_debug_log),
                CASE(test_run__invalid__not_repeated),
                CASE(test_run__html_with_200__names_the_proxy),
                CASE(test_run__connection_reset__is_repeated),
                CASE(test_keys__expired__fetched_once_more),
                CASE(test_keys__refused_again__given_up_with_a_way_out),
                CASE(test_keys__twenty_runs_wait__one_fetch_serves_all),
                CASE(test_keys__none_anywhere__every_run_says_so),
                CASE(test_keys__of_a_program__are_used),
                CASE(test_keys__program_not_found_or_failing__run_says_so),
                CASE(test_clock__an_hour_off__mended_once_and_remembered),
                CASE(test_clock__an_hour_off_and_denied__said_as_denied),
                CASE(test_run__takes_failures__is_handed_the_first),
                CASE(test_cancel__before_it_began__silent),
                CASE(test_cancel__waiting_for_keys__silent),
                CASE(test_cancel__in_flight__silent),
                CASE(test_cancel__between_attempts__silent),
                CASE(test_free__fetching_keys__silent),
                CASE(test_free__exchange_with_runs_in_flight__silent),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
