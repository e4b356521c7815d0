/* SPDX-License-Identifier: Apache-2.0 */
/* The server of metrics, with an exposition of a few pieces in the place of the real one. */
#include "tests/unit/daemon/support.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/exposition_server.h"

enum { PIECES = 5 };

struct exposition {
        int n_steps;
};

int exposition_new(const struct exposition_host *host, enum exposition_format format, struct exposition **ret) {
        (void)host;
        (void)format;
        *ret = calloc(1, sizeof **ret);
        return *ret ? 0 : -1;
}

void exposition_free(struct exposition *x) {
        free(x);
}

int exposition_step(struct exposition *x, struct buf *out) {
        buf_put_str(out, "piece\n");
        return ++x->n_steps < PIECES;
}

const char *exposition_content_type(enum exposition_format format) {
        (void)format;
        return "text/plain";
}

struct place {
        struct bench *bench;
        struct exposition_server *server;
        int fd; /* of who scrapes */
};

static int free_port(struct sockaddr_in *at) {
        socklen_t len = sizeof *at;
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        int r = bind(fd, (struct sockaddr *)at, sizeof *at) < 0 ? -1 : getsockname(fd, (struct sockaddr *)at, &len);
        close(fd);
        return r;
}

static int setup(void **state) {
        struct place *p = calloc(1, sizeof *p);
        struct sockaddr_in at;
        struct err err = {0};
        char listen[32];
        if (!p || bench_setup((void **)&p->bench) < 0 || free_port(&at) < 0)
                return -1;
        struct exposition_host host = {.loop = p->bench->loop};
        snprintf(listen, sizeof listen, "127.0.0.1:%d", ntohs(at.sin_port));
        *state = p;
        p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (exposition_server_new(&host, listen, &p->server, &err) < 0)
                return -1;
        return connect(p->fd, (struct sockaddr *)&at, sizeof at);
}

static int teardown(void **state) {
        struct place *p = *state;
        close(p->fd);
        exposition_server_free(p->server);
        bench_teardown((void **)&p->bench);
        free(p);
        return 0;
}

static void on_idle(struct ev_loop *ev, ev_idle *worker, int events) {
        (void)ev;
        (void)worker;
        (void)events;
}

/* The socket's clients are served at this priority for as long as an answer takes: a backtest, minutes. */
static void test_scrape__client_has_a_long_answer__is_answered(void **state) {
        struct place *p = *state;
        static const char request[] = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
        struct ev_loop *ev = loop_ev(p->bench->loop);
        char answer[1024];
        ev_idle client;
        ssize_t n = -1;
        ev_idle_init(&client, on_idle);
        ev_set_priority(&client, EV_MAXPRI);
        ev_idle_start(ev, &client);
        assert_int_equal(send(p->fd, request, sizeof request - 1, 0), sizeof request - 1);
        int64_t until_ms = loop_monotonic_ms(p->bench->loop) + 5000;
        while (n < 0 && loop_monotonic_ms(p->bench->loop) < until_ms) {
                ev_run(ev, EVRUN_ONCE);
                n = recv(p->fd, answer, sizeof answer - 1, MSG_DONTWAIT);
        }
        ev_idle_stop(ev, &client);
        assert_true(n > 0);
        answer[n] = '\0';
        assert_memory_equal(answer, "HTTP/1.1 200 OK\r\n", 17);
        assert_int_equal(count_lines(answer, "piece"), PIECES);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_scrape__client_has_a_long_answer__is_answered, setup, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
