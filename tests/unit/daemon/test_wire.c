/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/daemon/support.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/program.h"
#include "daemon/wire.h"
#include "tests/unit/daemon/fake_http.h"
#include "util/text.h"

enum { MANY = 100 };

enum { RESOLVER_FAILOVER_MS = 5000 }; /* what glibc waits for the first name server before it asks the second */

/* libcurl looks names up with this in a thread of its own; "slow.test" is a name server that does not answer, "second.test" is known to the
 * second one. */
static int resolver_pipe[2] = {-1, -1};

static int second_name_server(const char *port, struct addrinfo **ret) {
        static struct sockaddr_in here = {.sin_family = AF_INET};
        static struct addrinfo found = {.ai_family = AF_INET,
                                        .ai_socktype = SOCK_STREAM,
                                        .ai_addrlen = sizeof here,
                                        .ai_addr = (struct sockaddr *)&here};
        here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        here.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
        poll(NULL, 0, RESOLVER_FAILOVER_MS);
        *ret = &found;
        return 0;
}

/* That of second_name_server is nobody's to free. */
void freeaddrinfo(struct addrinfo *a) {
        (void)a;
}

/* The folder of authorities that libcurl has OpenSSL trust, NULL when there is none. */
static const char *trusted_folder;

int X509_STORE_load_path(X509_STORE *store, const char *folder) {
        (void)store;
        trusted_folder = folder;
        return 1;
}

/* No server here speaks TLS: handshakes fail at once. */
int SSL_connect(SSL *ssl) {
        (void)ssl;
        return -1;
}

int getaddrinfo(const char *restrict name, const char *restrict service, const struct addrinfo *restrict hints,
                struct addrinfo **restrict ret) {
        (void)hints;
        char c;
        if (name && strcmp(name, "second.test") == 0)
                return second_name_server(service, ret);
        if (name && strcmp(name, "slow.test") == 0 && read(resolver_pipe[0], &c, 1) < 0)
                return EAI_SYSTEM;
        return EAI_NONAME;
}

struct answer {
        struct http_reply reply;
        char body[256], header[256];
        size_t body_len;
        int n;
        bool is_done, has_early_header, has_late_header;
        struct wire_call *call;
};

struct place {
        struct bench *bench;
        struct wire *wire;
        struct fake_http *server;
        struct http_request request;
        struct answer answer;
        char seen[1024]; /* what the handler wants to tell the test */
        int n_done;
        size_t n_descriptors; /* before there was a wire */
        bool are_all_done;
};

static void on_request(void *arg, struct fake_connection *c, const struct fake_request *request);

static int setup(void **state) {
        struct place *p = calloc(1, sizeof *p);
        struct wire_options options = {.user_agent = "flinkwatch/test"};
        if (!p || bench_setup((void **)&p->bench) < 0)
                return -1;
        p->server = fake_http_new(p->bench->loop, on_request, p);
        p->n_descriptors = count_descriptors();
        if (wire_new(p->bench->loop, &options, &p->wire) < 0)
                return -1;
        http_request_init(&p->request);
        p->request.method = "GET";
        p->request.operation = "Test";
        *state = p;
        return 0;
}

static int teardown(void **state) {
        struct place *p = *state;
        wire_free(p->wire);
        fake_http_free(p->server);
        http_request_done(&p->request);
        bench_teardown((void **)&p->bench);
        free(p);
        return 0;
}

static void say(struct fake_connection *c, const char *text) {
        fake_raw(c, text, strlen(text));
}

static void put_many(struct fake_connection *c, size_t n) {
        char *block = calloc(1, n);
        memset(block, 'x', n);
        fake_raw(c, block, n);
        free(block);
}

static void describe_request(struct place *p, const struct fake_request *request) {
        char type[64], agent[64], token[64], expect[64], accept[64];
        fake_header(request, "Content-Type", type, sizeof type);
        fake_header(request, "User-Agent", agent, sizeof agent);
        fake_header(request, "X-Token", token, sizeof token);
        fake_header(request, "Expect", expect, sizeof expect);
        fake_header(request, "Accept", accept, sizeof accept);
        snprintf(p->seen, sizeof p->seen, "%s %s|%s|%s|%s|%s%s|%.*s", request->method, request->path, type, agent,
                 token, expect, accept, (int)request->body.len, request->body.data);
}

static void on_request(void *arg, struct fake_connection *c, const struct fake_request *request) {
        struct place *p = arg;
        const char *path = request->path;
        describe_request(p, request);
        if (strncmp(path, "/ok", 3) == 0) {
                fake_reply(c, 200, "X-Mark: yes\r\nX-mark-2: no\r\n", "hello");
        } else if (strcmp(path, "/403") == 0) {
                fake_reply(c, 403, "", "{\"__type\":\"AccessDenied\"}");
        } else if (strcmp(path, "/redirect") == 0) {
                fake_reply(c, 302, "Location: /ok\r\n", "");
        } else if (strcmp(path, "/continue") == 0) {
                say(c, "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n");
                fake_reply(c, 200, "X-Late: 1\r\n", "");
        } else if (strcmp(path, "/reset") == 0) {
                fake_reset(c);
        } else if (strcmp(path, "/nothing") == 0) {
                fake_close(c);
        } else if (strcmp(path, "/short") == 0) {
                say(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
                fake_close(c);
        } else if (strcmp(path, "/garbage") == 0) {
                say(c, "\x16\x03\x01 no HTTP at all\r\n\r\n");
                fake_close(c);
        } else if (strcmp(path, "/headers") == 0) {
                say(c, "HTTP/1.1 200 OK\r\nX-Long: ");
                put_many(c, 80 << 10);
                say(c, "\r\nContent-Length: 0\r\n\r\n");
        } else if (strcmp(path, "/big") == 0) {
                say(c, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n");
                put_many(c, 5000);
        } else if (strcmp(path, "/big-unsaid") == 0) {
                say(c, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
                put_many(c, 5000);
                fake_close(c);
        } else if (strcmp(path, "/big-chunked") == 0) {
                say(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1388\r\n");
                put_many(c, 5000);
                say(c, "\r\n0\r\n\r\n");
        } else if (strcmp(path, "/half") == 0) {
                say(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst half");
        } else if (strncmp(path, "http://", 7) == 0) {
                fake_reply(c, 404, "", ""); /* as a proxy is asked */
        }                                   /* anything else hangs */
}

static void done(void *arg, const struct http_reply *reply) {
        struct answer *a = arg;
        struct span mark = http_reply_header(reply, "x-mark");
        a->has_early_header = http_reply_header(reply, "X-Early").data;
        a->has_late_header = http_reply_header(reply, "X-Late").data;
        a->reply = *reply;
        a->body_len = reply->body.len;
        snprintf(a->body, sizeof a->body, "%.*s", (int)(reply->body.len < 200 ? reply->body.len : 200),
                 reply->body.data);
        snprintf(a->header, sizeof a->header, "%.*s", (int)mark.len, mark.data ? mark.data : "");
        a->n++;
        a->is_done = true;
}

static const char *url(const struct place *p, const char *path) {
        static char text[128];
        snprintf(text, sizeof text, "%s%s", fake_http_url(p->server), path);
        return text;
}

static void send_to(struct place *p, const char *address) {
        p->answer = (struct answer){0};
        assert_int_equal(wire_send(p->wire, &p->request, address, done, &p->answer, &p->answer.call), 0);
        assert_int_equal(p->answer.n, 0);
        bench_run(p->bench, &p->answer.is_done);
        assert_int_equal(p->answer.n, 1);
}

static void ask(struct place *p, const char *path) {
        send_to(p, url(p, path));
}

static void expect_fault(struct place *p, const char *path, enum http_fault fault) {
        ask(p, path);
        assert_int_equal(p->answer.reply.fault, fault);
        assert_int_equal(p->answer.reply.status, 0);
        assert_true(p->answer.reply.fault_text[0]);
}

static void test_get__answered__status_headers_and_body(void **state) {
        struct place *p = *state;
        ask(p, "/ok?a=b");
        assert_int_equal(p->answer.reply.fault, HTTP_FAULT_NONE);
        assert_int_equal(p->answer.reply.status, 200);
        assert_string_equal(p->answer.body, "hello");
        assert_string_equal(p->answer.header, "yes");
        assert_true(p->answer.reply.was_sent);
        assert_true(p->answer.reply.received_at_ms >= p->answer.reply.sent_at_ms);
        assert_string_equal(p->seen, "GET /ok?a=b||flinkwatch/test|||");
}

static void test_post__answered__body_and_headers_arrive(void **state) {
        struct place *p = *state;
        p->request.method = "POST";
        assert_int_equal(http_request_header(&p->request, "Content-Type", "application/x-amz-json-1.1"), 0);
        assert_int_equal(http_request_header(&p->request, "X-Token", "t"), 0);
        buf_put_str(&p->request.body, "{\"a\": 1}");
        ask(p, "/ok");
        assert_string_equal(p->seen, "POST /ok|application/x-amz-json-1.1|flinkwatch/test|t||{\"a\": 1}");
}

/* libcurl would ask for "100 Continue" from 1 MiB on, and wait for it. */
static void test_post__large__no_expect_header(void **state) {
        struct place *p = *state;
        p->request.method = "POST";
        for (int i = 0; i < 200000; i++)
                buf_put_str(&p->request.body, "0123456789");
        assert_int_equal(p->request.body.failed, 0);
        ask(p, "/ok");
        assert_int_equal(p->answer.reply.status, 200);
        assert_non_null(strstr(p->seen, "flinkwatch/test|||0123456789"));
}

static void test_put__empty__method_and_length_zero(void **state) {
        struct place *p = *state;
        p->request.method = "PUT";
        assert_int_equal(http_request_header(&p->request, "X-Token", "21600"), 0);
        ask(p, "/ok");
        assert_non_null(strstr(p->seen, "PUT /ok|"));
        ask(p, "/ok");
        assert_int_equal(p->answer.reply.status, 200);
}

/* The handles are used again: nothing of a POST may remain in the GET after it. */
static void test_get__after_a_post__is_clean(void **state) {
        struct place *p = *state;
        struct http_request get;
        p->request.method = "POST";
        assert_int_equal(http_request_header(&p->request, "X-Token", "secret"), 0);
        buf_put_str(&p->request.body, "body");
        ask(p, "/ok");
        http_request_init(&get);
        get.method = "GET";
        http_request_done(&p->request);
        p->request = get;
        ask(p, "/ok");
        assert_string_equal(p->seen, "GET /ok||flinkwatch/test|||");
}

static void test_get__refused_by_the_service__body_is_handed_over(void **state) {
        struct place *p = *state;
        ask(p, "/403");
        assert_int_equal(p->answer.reply.fault, HTTP_FAULT_NONE);
        assert_int_equal(p->answer.reply.status, 403);
        assert_string_equal(p->answer.body, "{\"__type\":\"AccessDenied\"}");
}

static void test_get__redirected__is_not_followed(void **state) {
        struct place *p = *state;
        ask(p, "/redirect");
        assert_int_equal(p->answer.reply.status, 302);
        assert_int_equal(fake_http_requests(p->server), 1);
}

static void test_get__interim_answer__only_the_final_headers(void **state) {
        struct place *p = *state;
        ask(p, "/continue");
        assert_int_equal(p->answer.reply.status, 200);
        assert_true(p->answer.has_late_header);
        assert_false(p->answer.has_early_header);
}

static void test_get__twice__one_connection(void **state) {
        struct place *p = *state;
        for (int i = 0; i < 5; i++)
                ask(p, "/ok");
        assert_int_equal(fake_http_requests(p->server), 5);
        assert_int_equal(fake_http_connections(p->server), 1);
}

static void count_sockets(void *arg, const struct http_reply *reply) {
        struct answer *a = arg;
        char listing[4096];
        snprintf(listing, sizeof listing, "%.*s", (int)reply->body.len, reply->body.data);
        a->body_len = count_lines(listing, "socket:");
        a->reply = *reply;
        a->is_done = true;
}

/* libcurl opens its sockets without FD_CLOEXEC; a program could read on, or keep a connection open for as long as it lives. */
static void test_get__connection_is_kept__programs_do_not_inherit_it(void **state) {
        struct place *p = *state;
        char *argv[] = {"/bin/ls", "-l", "/proc/self/fd", NULL};
        struct program_call *call = NULL;
        ask(p, "/ok");
        assert_int_equal(fake_http_open(p->server), 1);
        p->answer = (struct answer){0};
        assert_int_equal(program_run(p->bench->loop, argv, 10000, count_sockets, &p->answer, &call), 0);
        bench_run(p->bench, &p->answer.is_done);
        assert_int_equal(p->answer.reply.status, 200);
        assert_int_equal(p->answer.body_len, 0);
}

static void test_get__nobody_listens__connect_fault(void **state) {
        struct place *p = *state;
        char address[64];
        snprintf(address, sizeof address, "%s/", fake_http_url(p->server));
        fake_http_free(p->server);
        p->server = NULL;
        send_to(p, address);
        assert_int_equal(p->answer.reply.fault, HTTP_FAULT_CONNECT);
        assert_false(p->answer.reply.was_sent);
}

static void test_get__reset__closed_fault(void **state) {
        expect_fault(*state, "/reset", HTTP_FAULT_CLOSED);
        assert_true(((struct place *)*state)->answer.reply.was_sent);
}

static void test_get__closed_without_answer__closed_fault(void **state) {
        expect_fault(*state, "/nothing", HTTP_FAULT_CLOSED);
}

static void test_get__less_body_than_promised__closed_fault(void **state) {
        expect_fault(*state, "/short", HTTP_FAULT_CLOSED);
}

static void test_get__no_http__is_a_fault(void **state) {
        struct place *p = *state;
        ask(p, "/garbage");
        assert_int_equal(p->answer.reply.status, 0);
        assert_int_not_equal(p->answer.reply.fault, HTTP_FAULT_NONE);
}

static void test_get__hangs__timeout_fault_in_time(void **state) {
        struct place *p = *state;
        int64_t from_ms = loop_monotonic_ms(p->bench->loop);
        p->request.timeout_ms = 100;
        expect_fault(p, "/hang", HTTP_FAULT_TIMEOUT);
        assert_in_range(loop_monotonic_ms(p->bench->loop) - from_ms, 90, 5000);
}

static void test_get__hangs_in_the_body__timeout_fault(void **state) {
        struct place *p = *state;
        p->request.timeout_ms = 100;
        expect_fault(p, "/half", HTTP_FAULT_TIMEOUT);
}

static void test_get__body_over_the_cap__too_big_however_it_is_sent(void **state) {
        struct place *p = *state;
        p->request.reply_max_bytes = 4999;
        expect_fault(p, "/big", HTTP_FAULT_TOO_BIG);
        expect_fault(p, "/big-unsaid", HTTP_FAULT_TOO_BIG);
        expect_fault(p, "/big-chunked", HTTP_FAULT_TOO_BIG);
        p->request.reply_max_bytes = 5000;
        ask(p, "/big");
        assert_int_equal(p->answer.body_len, 5000);
        ask(p, "/big-chunked");
        assert_int_equal(p->answer.body_len, 5000);
}

static void test_get__headers_without_end__are_refused(void **state) {
        expect_fault(*state, "/headers", HTTP_FAULT_TOO_BIG);
}

/* libcurl's own words would show the address, and with it a webhook's secret. */
static void test_get__address_is_no_url__fault_hides_it(void **state) {
        struct place *p = *state;
        static const char *const addresses[] = {"http://exa mple/services/SECRET", "gopher://127.0.0.1/SECRET",
                                                "/services/SECRET", "http://127.0.0.1:99999/SECRET",
                                                "http://u:SECRET@[::1/"};
        for (size_t i = 0; i < ELEMENTS(addresses); i++) {
                send_to(p, addresses[i]);
                assert_int_not_equal(p->answer.reply.fault, HTTP_FAULT_NONE);
                assert_null(strstr(p->answer.reply.fault_text, "SECRET"));
        }
}

static void test_cancel__in_flight__never_calls_back(void **state) {
        struct place *p = *state;
        struct answer a = {0};
        struct wire_call *call = NULL;
        assert_int_equal(wire_send(p->wire, &p->request, url(p, "/half"), done, &a, &call), 0);
        while (fake_http_requests(p->server) == 0)
                bench_run_ms(p->bench, 5);
        wire_cancel(call);
        wire_cancel(NULL);
        bench_run_ms(p->bench, 30);
        assert_int_equal(a.n, 0);
        assert_int_equal(fake_http_open(p->server), 0);
        ask(p, "/ok");
        assert_int_equal(p->answer.reply.status, 200);
}

static void test_cancel__before_the_loop_turned__never_sent(void **state) {
        struct place *p = *state;
        struct answer a = {0};
        struct wire_call *call = NULL;
        assert_int_equal(wire_send(p->wire, &p->request, url(p, "/ok"), done, &a, &call), 0);
        wire_cancel(call);
        bench_run_ms(p->bench, 20);
        assert_int_equal(a.n, 0);
        assert_int_equal(fake_http_requests(p->server), 0);
}

/* One call's end cancels all others, some of which have ended in the same turn, and sends another. */
struct crowd {
        struct place *place;
        struct wire_call *calls[MANY];
        int n_done;
};

static void cancel_all_others(void *arg, const struct http_reply *reply) {
        struct crowd *c = arg;
        c->n_done++;
        assert_int_equal(reply->status, 200);
        assert_int_equal(reply->body.len, 5);
        for (int i = 1; i < MANY; i++)
                wire_cancel(TAKE(c->calls[i]));
        assert_int_equal(wire_send(c->place->wire, &c->place->request, url(c->place, "/ok"), done, &c->place->answer,
                                   &c->place->answer.call),
                         0);
        assert_memory_equal(reply->body.data, "hello", 5); /* still lent */
}

static void count_other(void *arg, const struct http_reply *reply) {
        (void)reply;
        ((struct crowd *)arg)->n_done += 1000;
}

static void test_cancel__others_from_a_callback__is_fine(void **state) {
        struct place *p = *state;
        struct crowd c = {.place = p};
        assert_int_equal(wire_send(p->wire, &p->request, url(p, "/ok"), cancel_all_others, &c, &c.calls[0]), 0);
        for (int i = 1; i < MANY; i++)
                assert_int_equal(wire_send(p->wire, &p->request, url(p, "/hang"), count_other, &c, &c.calls[i]), 0);
        bench_run(p->bench, &p->answer.is_done);
        assert_int_equal(c.n_done, 1);
        assert_int_equal(p->answer.reply.status, 200);
}

static void test_free__calls_under_way__silently_gone(void **state) {
        struct place *p = *state;
        struct answer a[12] = {0};
        for (size_t i = 0; i < ELEMENTS(a); i++)
                assert_int_equal(
                        wire_send(p->wire, &p->request, url(p, i % 2 ? "/half" : "/hang"), done, &a[i], &a[i].call), 0);
        while (fake_http_requests(p->server) < 8)
                bench_run_ms(p->bench, 5);
        wire_free(TAKE(p->wire));
        bench_run_ms(p->bench, 50);
        for (size_t i = 0; i < ELEMENTS(a); i++)
                assert_int_equal(a[i].n, 0);
        assert_int_equal(fake_http_open(p->server), 0);
        assert_int_equal(count_descriptors(), p->n_descriptors);
}

static void count_done(void *arg, const struct http_reply *reply) {
        struct place *p = arg;
        assert_int_equal(reply->status, 200);
        assert_int_equal(reply->body.len, 5);
        p->are_all_done = ++p->n_done == MANY;
}

static void test_get__100_at_once__all_answered_over_8_connections(void **state) {
        struct place *p = *state;
        for (int i = 0; i < MANY; i++) {
                struct wire_call *call;
                assert_int_equal(wire_send(p->wire, &p->request, url(p, "/ok"), count_done, p, &call), 0);
        }
        bench_run(p->bench, &p->are_all_done);
        assert_int_equal(fake_http_requests(p->server), MANY);
        assert_in_range(fake_http_connections(p->server), 1, 8);
}

/* A name server that does not answer must not stop the loop: neither at the timeout nor when the call is cancelled. */
static void test_get__name_server_hangs__loop_goes_on(void **state) {
        struct place *p = *state;
        struct answer a = {0};
        struct wire_call *call = NULL;
        assert_int_equal(pipe(resolver_pipe), 0);
        int64_t from_ms = loop_monotonic_ms(p->bench->loop);
        p->request.timeout_ms = 100;
        alarm(15);
        send_to(p, "http://slow.test/");
        assert_int_equal(p->answer.reply.fault, HTTP_FAULT_TIMEOUT);
        p->request.timeout_ms = 0;
        assert_int_equal(wire_send(p->wire, &p->request, "http://slow.test/", done, &a, &call), 0);
        bench_run_ms(p->bench, 30);
        wire_cancel(call);
        assert_true(loop_monotonic_ms(p->bench->loop) - from_ms < 5000);
        alarm(0);
        assert_int_equal(write(resolver_pipe[1], "xx", 2), 2);
        send_to(p, "http://other.test/");
        assert_int_equal(p->answer.reply.fault, HTTP_FAULT_RESOLVE);
}

static void test_get__certificate_file_missing__tls_fault(void **state) {
        struct place *p = *state;
        char address[64];
        p->request.ca_bundle = bench_path(p->bench, "missing.pem");
        snprintf(address, sizeof address, "https%s/", fake_http_url(p->server) + 4);
        send_to(p, address);
        assert_int_equal(p->answer.reply.fault, HTTP_FAULT_TLS);
}

/* One that is named replaces the system's: a company's proxy is trusted, and nobody else. */
static void test_get__certificate_file__is_trusted_alone(void **state) {
        struct place *p = *state;
        char address[64];
        snprintf(address, sizeof address, "https%s/", fake_http_url(p->server) + 4);
        trusted_folder = NULL;
        send_to(p, address);
        assert_int_equal(p->answer.reply.fault, HTTP_FAULT_TLS);
        bool has_folder = trusted_folder != NULL;
        p->request.ca_bundle = "/etc/ssl/certs/ca-certificates.crt";
        trusted_folder = NULL;
        send_to(p, address);
        assert_null(trusted_folder);
        assert_int_equal(p->answer.reply.fault, HTTP_FAULT_TLS);
        if (!has_folder)
                skip(); /* this libcurl knows none: nothing was shown */
}

/* A name server that is down makes each look-up slow, not impossible. */
static void test_get__first_name_server_is_down__is_waited_for(void **state) {
        struct place *p = *state;
        char address[64];
        snprintf(address, sizeof address, "http://second.test%s/ok", strrchr(fake_http_url(p->server), ':'));
        p->request.timeout_ms = 20000;
        send_to(p, address);
        assert_int_equal(p->answer.reply.fault, HTTP_FAULT_NONE);
        assert_int_equal(p->answer.reply.status, 200);
}

/* libcurl itself reads it in lower case only: a web server gives its programs any header "Proxy" as HTTP_PROXY. */
static void test_get__proxy_in_upper_case__is_asked(void **state) {
        struct place *p = *state;
        struct wire_options options = {.user_agent = "flinkwatch/test"};
        assert_null(getenv("http_proxy"));
        setenv("HTTP_PROXY", fake_http_url(p->server), 1);
        wire_free(TAKE(p->wire));
        int r = wire_new(p->bench->loop, &options, &p->wire);
        if (r == 0)
                send_to(p, "http://alertmanager.test/ok");
        unsetenv("HTTP_PROXY");
        unsetenv("http_proxy");
        assert_int_equal(r, 0);
        assert_int_equal(p->answer.reply.status, 404);
        assert_int_equal(strncmp(p->seen, "GET http://alertmanager.test/ok|", 32), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(test_get__answered__status_headers_and_body),
                CASE(test_post__answered__body_and_headers_arrive),
                CASE(test_post__large__no_expect_header),
                CASE(test_put__empty__method_and_length_zero),
                CASE(test_get__after_a_post__is_clean),
                CASE(test_get__refused_by_the_service__body_is_handed_over),
                CASE(test_get__redirected__is_not_followed),
                CASE(test_get__interim_answer__only_the_final_headers),
                CASE(test_get__twice__one_connection),
                CASE(test_get__connection_is_kept__programs_do_not_inherit_it),
                CASE(test_get__nobody_listens__connect_fault),
                CASE(test_get__reset__closed_fault),
                CASE(test_get__closed_without_answer__closed_fault),
                CASE(test_get__less_body_than_promised__closed_fault),
                CASE(test_get__no_http__is_a_fault),
                CASE(test_get__hangs__timeout_fault_in_time),
                CASE(test_get__hangs_in_the_body__timeout_fault),
                CASE(test_get__body_over_the_cap__too_big_however_it_is_sent),
                CASE(test_get__headers_without_end__are_refused),
                CASE(test_get__address_is_no_url__fault_hides_it),
                CASE(test_cancel__in_flight__never_calls_back),
                CASE(test_cancel__before_the_loop_turned__never_sent),
                CASE(test_cancel__others_from_a_callback__is_fine),
                CASE(test_free__calls_under_way__silently_gone),
                CASE(test_get__100_at_once__all_answered_over_8_connections),
                CASE(test_get__name_server_hangs__loop_goes_on),
                CASE(test_get__certificate_file_missing__tls_fault),
                CASE(test_get__certificate_file__is_trusted_alone),
                CASE(test_get__first_name_server_is_down__is_waited_for),
                CASE(test_get__proxy_in_upper_case__is_asked),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
