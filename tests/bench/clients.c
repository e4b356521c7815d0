/* SPDX-License-Identifier: Apache-2.0 */
/* The socket under load: a process with the daemon's loop and server over a store of 1,000 applications answers, this one asks.
 *     clients [CLIENTS]
 * A timer of ten milliseconds stands for the polls: how late it fires is how long they were held up. */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/server.h"
#include "model/metric.h"
#include "store/store.h"
#include "tests/bench/report.h"

enum {
        APPLICATIONS = 1000,
        MINUTES = 120,
        CLIENTS = 1000,
        REQUESTS_EACH = 10,
        SLOW_READERS = 50, /* ask for the longest answer and never read */
        HALF_OPEN = 100,   /* begin a request and never end it */
        QUESTIONS = 41,
        BEAT_MS = 10,
        BAR_STATUS_MS = 50,
        BAR_LATE_MS = 50,
        READ_BYTES = 64 << 10,
};

static const char *const shown[] = {
        "lastCheckpointDuration", "fullRestarts",    "containerCPUUtilization", "heapMemoryUtilization",
        "millisBehindLatest",     "records_lag_max", "numRecordsInPerSecond",
};

static void must(bool is_so, const char *what) {
        if (is_so)
                return;
        fprintf(stderr, "clients: %s: %s\n", what, strerror(errno));
        exit(1);
}

static double clock_ms(void) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void fill(const char *path, int64_t now_s) {
        struct store *s = NULL;
        struct err err = {0};
        must(store_open(path, &s, NULL, &err) == 0, err.text);
        for (int i = 0; i < APPLICATIONS; i++) {
                SCOPED(batch_done) struct batch b = {.collected_at_s = now_s, .settled_before_s = now_s - 120};
                char name[32];
                snprintf(name, sizeof name, "application-%04d", i);
                struct application a = {.target = strdup("prod"),
                                        .name = strdup(name),
                                        .status = strdup("RUNNING"),
                                        .runtime = strdup("FLINK-1_20"),
                                        .parallelism = 4,
                                        .parallelism_per_kpu = 1,
                                        .is_checkpointing = true,
                                        .checkpoint_interval_ms = 60000,
                                        .seen_at_s = now_s};
                must(batch_add_application_take(&b, &a) == 0, "memory");
                for (size_t k = 0; k < ELEMENTS(shown); k++) {
                        struct series_key key = {"prod", name, shown[k], metric_find(shown[k], NULL)->statistic, ""};
                        int64_t id;
                        must(store_series(s, &key, &id) == 0, "store_series");
                        for (int m = MINUTES; m > 0; m--)
                                batch_add_point(&b, id, now_s / 60 * 60 - m * 60, 40 + (i * 7 + m * 3) % 23);
                }
                must(store_put(s, &b) == 0, "store_put");
        }
        store_free(s);
}

struct beat {
        struct loop *loop;
        struct timer timer;
        double due_ms, late_ms;
};

static void on_beat(void *arg) {
        struct beat *b = arg;
        double now_ms = clock_ms();
        if (b->due_ms > 0)
                b->late_ms = fmax(b->late_ms, now_ms - b->due_ms);
        b->due_ms = now_ms + BEAT_MS;
        timer_start(&b->timer, b->loop, BEAT_MS, on_beat, b);
}

static void on_stop(void *arg) {
        struct beat *b = arg;
        loop_quit(b->loop);
}

struct held_up {
        double late_ms, turn_max_ms, turn_mean_ms;
};

static void serve(const char *path, const char *socket_path, int tell) {
        struct beat beat = {0};
        struct loop_handlers handlers = {&beat, on_stop, on_stop};
        struct store *s = NULL;
        struct server *server = NULL;
        struct err err = {0};
        must(loop_new(&handlers, &beat.loop) == 0, "loop_new");
        must(store_open(path, &s, NULL, &err) == 0, err.text);
        const struct rpc_host host = {.store = s, .version = "bench", .interval_s = 60};
        struct server_socket where = {.fd = -1, .path = socket_path};
        must(server_new(beat.loop, &host, &where, &server, &err) == 0, err.text);
        on_beat(&beat);
        must(write(tell, "!", 1) == 1, "write");
        loop_run(beat.loop);
        const struct loop_delays *d = loop_delays(beat.loop);
        int64_t n = 0;
        for (size_t i = 0; i <= LOOP_DELAY_BOUNDS; i++)
                n += d->counts[i];
        struct held_up seen = {beat.late_ms, d->max_s * 1e3, d->sum_s * 1e3 / (double)(n > 0 ? n : 1)};
        must(write(tell, &seen, sizeof seen) == sizeof seen, "write");
        server_free(server);
        store_free(s);
        exit(0);
}

static int connect_to(const char *path) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        must(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0, "connect");
        return fd;
}

static void send_line(int fd, const char *line) {
        must(send(fd, line, strlen(line), MSG_NOSIGNAL) == (ssize_t)strlen(line), "send");
}

static const char status_line[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}\n";

/* Bytes of the answer to one line. */
static size_t read_answer(int fd) {
        static char bytes[READ_BYTES];
        size_t len = 0;
        for (;;) {
                ssize_t n = recv(fd, bytes, sizeof bytes, 0);
                must(n > 0, "reading an answer");
                len += (size_t)n;
                if (bytes[n - 1] == '\n')
                        return len;
        }
}

static int by_size(const void *a, const void *b) {
        double x = *(const double *)a, y = *(const double *)b;
        return (x > y) - (x < y);
}

/* What another process has spent: on a busy machine it says more than the time that went by. */
static double cpu_ms(pid_t pid) {
        clockid_t id;
        struct timespec t;
        must(clock_getcpuclockid(pid, &id) == 0 && clock_gettime(id, &t) == 0, "CPU time of the service");
        return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void measure_status(const char *path, pid_t pid) {
        double times_ms[QUESTIONS], spent_ms = cpu_ms(pid);
        size_t len = 0;
        int fd = connect_to(path);
        for (int i = 0; i < QUESTIONS; i++) {
                double begun_ms = clock_ms();
                send_line(fd, status_line);
                len = read_answer(fd);
                times_ms[i] = clock_ms() - begun_ms;
        }
        close(fd);
        qsort(times_ms, QUESTIONS, sizeof *times_ms, by_size);
        report_bar("status of 1,000 applications, median", times_ms[QUESTIONS / 2], "ms", BAR_STATUS_MS);
        report_say("  the slowest twentieth", times_ms[QUESTIONS * 95 / 100], "ms");
        report_say("  CPU time of the service, each", (cpu_ms(pid) - spent_ms) / QUESTIONS, "ms");
        report_say("  the answer", (double)len / 1e3, "kB");
}

/* All at once, each asks again as soon as it has its answer. */
static void measure_crowd(const char *path, int n_clients) {
        static const char line[] =
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"history\",\"params\":{\"app\":\"application-0500\",\"metric\":\"fullRestarts\",\"since\":\"1h\"}}\n";
        struct pollfd *fds = calloc((size_t)n_clients, sizeof *fds);
        double *begun_ms = calloc((size_t)n_clients, sizeof *begun_ms),
               *times_ms = calloc((size_t)n_clients * REQUESTS_EACH, sizeof *times_ms);
        int *n_left = calloc((size_t)n_clients, sizeof *n_left), n_open = n_clients;
        size_t n_times = 0;
        must(fds && begun_ms && times_ms && n_left, "memory");
        for (int i = 0; i < n_clients; i++)
                fds[i] = (struct pollfd){connect_to(path), POLLIN, 0};
        double first_ms = clock_ms();
        for (int i = 0; i < n_clients; i++) {
                begun_ms[i] = clock_ms();
                n_left[i] = REQUESTS_EACH;
                send_line(fds[i].fd, line);
        }
        while (n_open > 0) {
                must(poll(fds, (nfds_t)n_clients, 10000) > 0, "an answer within ten seconds");
                for (int i = 0; i < n_clients; i++) {
                        if (!(fds[i].revents & (POLLIN | POLLHUP)))
                                continue;
                        read_answer(fds[i].fd);
                        times_ms[n_times++] = clock_ms() - begun_ms[i];
                        begun_ms[i] = clock_ms();
                        if (--n_left[i] > 0) {
                                send_line(fds[i].fd, line);
                                continue;
                        }
                        close(fds[i].fd);
                        fds[i].fd = -1;
                        n_open--;
                }
        }
        double took_ms = clock_ms() - first_ms;
        qsort(times_ms, n_times, sizeof *times_ms, by_size);
        printf("  %d clients at once, %zu requests answered in %.0f ms\n", n_clients, n_times, took_ms);
        report_say("  requests a second", (double)n_times / took_ms * 1e3, "");
        report_say("  an answer, median", times_ms[n_times / 2], "ms");
        report_say("  an answer, the slowest", times_ms[n_times - 1], "ms");
        free(fds);
        free(begun_ms);
        free(times_ms);
        free(n_left);
}

static void annoy(const char *path, int *fds) {
        for (int i = 0; i < SLOW_READERS; i++)
                send_line(fds[i] = connect_to(path), status_line);
        for (int i = 0; i < HALF_OPEN; i++)
                send_line(fds[SLOW_READERS + i] = connect_to(path), "{\"jsonrpc\":\"2.0\",");
}

int main(int argc, char **argv) {
        int n_clients = argc > 1 ? (int)strtol(argv[1], NULL, 10) : CLIENTS, ends[2],
            nuisances[SLOW_READERS + HALF_OPEN];
        char folder[] = "/tmp/flinkwatch-clients-XXXXXX", path[64], socket_path[64], byte;
        struct rlimit limit;
        struct held_up seen;
        must(mkdtemp(folder) != NULL, "mkdtemp");
        snprintf(path, sizeof path, "%s/db", folder);
        snprintf(socket_path, sizeof socket_path, "%s/socket", folder);
        getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
        report_machine(folder);
        fill(path, (int64_t)time(NULL));
        must(pipe(ends) == 0, "pipe");
        fflush(NULL);
        pid_t pid = fork();
        must(pid >= 0, "fork");
        if (pid == 0)
                serve(path, socket_path, ends[1]);
        must(read(ends[0], &byte, 1) == 1, "starting the service");
        printf("the socket, %d applications stored\n", APPLICATIONS);
        measure_status(socket_path, pid);
        annoy(socket_path, nuisances);
        printf("  %d clients read nothing, %d never end their request\n", SLOW_READERS, HALF_OPEN);
        double spent_ms = cpu_ms(pid);
        measure_crowd(socket_path, n_clients);
        report_say("  CPU time of the service, each request", (cpu_ms(pid) - spent_ms) / n_clients / REQUESTS_EACH,
                   "ms");
        kill(pid, SIGTERM);
        must(read(ends[0], &seen, sizeof seen) == sizeof seen, "stopping the service");
        waitpid(pid, NULL, 0);
        report_bar("longest that polls were held up", seen.late_ms, "ms", BAR_LATE_MS);
        report_say("  longest turn of the loop", seen.turn_max_ms, "ms");
        report_say("  mean turn of the loop", seen.turn_mean_ms, "ms");
        static const char *const suffixes[] = {"", "-wal", "-shm"};
        for (size_t i = 0; i < ELEMENTS(suffixes); i++) {
                char file[96];
                snprintf(file, sizeof file, "%s%s", path, suffixes[i]);
                unlink(file);
        }
        rmdir(folder);
        return report_is_missed();
}
