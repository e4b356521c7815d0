/* SPDX-License-Identifier: Apache-2.0 */
/* Questions over the real socket: a process with the daemon's loop, server, upkeep and the store answers, this one asks. A timer of a
 * millisecond stands for the polls: how late it fires is how long they were held up. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/server.h"
#include "daemon/upkeep.h"
#include "store/store.h"
#include "tests/bench/report.h"
#include "tests/bench/store_bench.h"
#include "util/timefmt.h"

enum { BEAT_MS = 1, QUESTIONS = 301, RETENTION_S = 455 * 86400, REPLY_MAX = 64 << 20 };

struct beat {
        struct loop *loop;
        struct timer timer;
        double at_s, latest_ms;
};

static void on_beat(void *arg) {
        struct beat *b = arg;
        double now_s = bench_clock_s(CLOCK_MONOTONIC);
        if (b->at_s > 0)
                b->latest_ms = fmax(b->latest_ms, (now_s - b->at_s) * 1e3 - BEAT_MS);
        b->at_s = now_s;
        timer_start(&b->timer, b->loop, BEAT_MS, on_beat, b);
}

static void on_stop(void *arg) {
        struct beat *b = arg;
        loop_quit(b->loop);
}

static void on_damaged(void *arg) {
        (void)arg;
        bench_must(false, "a whole database", NULL);
}

/* Until SIGTERM; tells a byte when it listens, and at the end how late the timer was at the most. */
static void serve(const char *path, const char *socket_path, int tell) {
        struct beat beat = {0};
        struct loop_handlers handlers = {&beat, on_stop, on_stop};
        struct store *s = NULL;
        struct server *server = NULL;
        struct upkeep upkeep = {0};
        struct err err = {0};
        bench_must(loop_new(&handlers, &beat.loop) == 0, "loop_new", NULL);
        bench_must(store_open(path, &s, NULL, &err) == 0, err.text, NULL);
        struct rpc_host host = {.store = s, .version = "bench", .interval_s = 60};
        struct server_socket where = {.fd = -1, .path = socket_path};
        struct upkeep_host keeper = {beat.loop, s, RETENTION_S, NULL, on_damaged};
        bench_must(server_new(beat.loop, &host, &where, &server, &err) == 0, err.text, NULL);
        upkeep_start(&upkeep, &keeper);
        on_beat(&beat);
        bench_must(write(tell, "!", 1) == 1, "write", NULL);
        loop_run(beat.loop);
        bench_must(write(tell, &beat.latest_ms, sizeof beat.latest_ms) == sizeof beat.latest_ms, "write", NULL);
        upkeep_stop(&upkeep);
        server_free(server);
        store_free(s);
        exit(0);
}

struct service {
        pid_t pid;
        int told, fd;
        char socket_path[100];
        char *reply;
        size_t len;
};

static void service_start(struct service *s, const char *path) {
        int ends[2];
        char byte;
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        snprintf(s->socket_path, sizeof s->socket_path, "/tmp/flinkwatch-bench-%d", (int)getpid());
        bench_must(pipe(ends) == 0, "pipe", NULL);
        fflush(NULL);
        s->pid = fork();
        bench_must(s->pid >= 0, "fork", NULL);
        if (s->pid == 0) {
                close(ends[0]);
                serve(path, s->socket_path, ends[1]);
        }
        close(ends[1]);
        s->told = ends[0];
        bench_must(read(s->told, &byte, 1) == 1, "starting the service", NULL);
        snprintf(address.sun_path, sizeof address.sun_path, "%s", s->socket_path);
        s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bench_must(s->fd >= 0 && connect(s->fd, (struct sockaddr *)&address, sizeof address) == 0, "connect", NULL);
        bench_must((s->reply = malloc(REPLY_MAX)) != NULL, "memory", NULL);
}

/* How late the timer was at the most, in ms. */
static double service_stop(struct service *s) {
        double latest_ms = 0;
        kill(s->pid, SIGTERM);
        bench_must(read(s->told, &latest_ms, sizeof latest_ms) == sizeof latest_ms, "stopping the service", NULL);
        waitpid(s->pid, NULL, 0);
        close(s->told);
        close(s->fd);
        free(s->reply);
        return latest_ms;
}

/* Milliseconds from the question to the last byte of the answer. */
static double ask(struct service *s, const char *application, const struct metric *m, int64_t from_s, int64_t to_s,
                  int64_t step_s) {
        char question[512], from[TIME_TEXT_MAX], to[TIME_TEXT_MAX], step[48] = "";
        time_rfc3339(from_s, from);
        time_rfc3339(to_s, to);
        if (step_s > 0)
                snprintf(step, sizeof step, ", \"step\": \"%llds\"", (long long)step_s);
        int n = snprintf(
                question, sizeof question,
                "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"history\", \"params\": {\"app\": \"%s\", \"metric\": \"%s\","
                " \"since\": \"%s\", \"until\": \"%s\"%s}}\n",
                application, m->name, from, to, step);
        double begun_s = bench_clock_s(CLOCK_MONOTONIC);
        bench_must(write(s->fd, question, (size_t)n) == n, "asking", NULL);
        s->len = 0;
        while (s->len == 0 || s->reply[s->len - 1] != '\n') {
                ssize_t got = read(s->fd, s->reply + s->len, REPLY_MAX - s->len);
                bench_must(got > 0, "reading the answer", NULL);
                s->len += (size_t)got;
        }
        return (bench_clock_s(CLOCK_MONOTONIC) - begun_s) * 1e3;
}

static size_t count_points(const struct service *s) {
        size_t n = 0;
        s->reply[s->len - 1] = '\0';
        for (const char *at = strstr(s->reply, "\"points\":"); at && (at = strstr(at, "[\"")); at++)
                n++;
        return n;
}

static int by_size(const void *a, const void *b) {
        double x = *(const double *)a, y = *(const double *)b;
        return (x > y) - (x < y);
}

void bench_socket(const char *path, size_t n_applications, int64_t days) {
        struct service s = {0};
        double times_ms[QUESTIONS];
        int64_t to_s = BENCH_T0 + days * 86400;
        service_start(&s, path);
        for (size_t i = 0; i < QUESTIONS; i++) {
                times_ms[i] = ask(&s, bench_application(i * 7919 % n_applications), &metrics[i * 13 % SERIES_EACH],
                                  BENCH_T0, to_s, 0);
                bench_must(count_points(&s) == (size_t)days * DAY_MINUTES, "an answer with every minute", NULL);
        }
        qsort(times_ms, QUESTIONS, sizeof *times_ms, by_size);
        printf("over the socket, %zu series stored\n", n_applications * SERIES_EACH);
        report_bar("all minutes of one metric, median", times_ms[QUESTIONS / 2], "ms", BAR_READ_MS);
        report_say("  the slowest twentieth", times_ms[QUESTIONS * 95 / 100], "ms");
        report_say("  the answer", (double)s.len / 1e6, "MB");
        report_bar("longest that polls were held up, upkeep included", service_stop(&s), "ms", BAR_BLOCK_MS);
}

/* One application for so long, stored a day at a time. */
static void fill(const char *path, int64_t days) {
        struct store *s = NULL;
        struct err err = {0};
        struct course courses[SERIES_EACH];
        int64_t ids[SERIES_EACH];
        bench_must(store_open(path, &s, NULL, &err) == 0, err.text, NULL);
        for (int i = 0; i < SERIES_EACH; i++) {
                struct series_key key = {"prod-eu", bench_application(0), metrics[i].name, metrics[i].statistic, ""};
                courses[i] = (struct course){.seed = (uint64_t)i * 0x9e3779b97f4a7c15 + 1, .level = 50};
                bench_must(store_series(s, &key, &ids[i]) == 0, "store_series", s);
        }
        for (int64_t day = 0; day < days; day++) {
                int64_t from_s = BENCH_T0 + day * 86400, to_s = from_s + 86400;
                SCOPED(batch_done) struct batch b = {.collected_at_s = to_s, .settled_before_s = to_s};
                struct application a = {.target = strdup("prod-eu"), .name = strdup(bench_application(0))};
                bench_must(batch_add_application_take(&b, &a) == 0, "memory", NULL);
                for (int i = 0; i < SERIES_EACH; i++) {
                        for (int64_t at_s = from_s; at_s < to_s; at_s += 60)
                                batch_add_point(&b, ids[i], at_s, course_next(&courses[i], i));
                        batch_add_reading(&b, ids[i], from_s, to_s);
                }
                bench_must(store_put(s, &b) == 0, "store_put", s);
                while (store_maintain(s, to_s + 7200) == 1)
                        ;
        }
        store_free(s);
}

void bench_long_history(const char *path, size_t unused, int64_t days) {
        static const struct {
                const char *what;
                int64_t step_s;
        } questions[] = {
                {"automatic step", 0}, {"each minute", 60}, {"5 minutes", 300}, {"hours", 3600}, {"days", 86400}};
        struct service s = {0};
        (void)unused;
        fill(path, days);
        service_start(&s, path);
        printf("over the socket, one metric of %lld days\n", (long long)days);
        for (size_t i = 0; i < ELEMENTS(questions); i++) {
                double took_ms = ask(&s, bench_application(0), &metrics[13], BENCH_T0, BENCH_T0 + days * 86400,
                                     questions[i].step_s);
                size_t n_points = count_points(&s);
                printf("  %-16s %8zu points %12.1f ms\n", questions[i].what, n_points, took_ms);
                bench_must(questions[i].step_s == 0 || n_points == (size_t)(days * 86400 / questions[i].step_s),
                           "as many points as steps", NULL);
        }
        report_bar("longest that polls were held up meanwhile", service_stop(&s), "ms", BAR_BLOCK_MS);
}
