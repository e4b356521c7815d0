/* SPDX-License-Identifier: Apache-2.0 */
/* From a finding that is committed to the first byte that its receiver sees: the real store, courier and wire, over local HTTP.
 *
 *     delivery [INCIDENTS]        1000 unless told; the database is in TMPDIR, whose fsync is part of the figure. On a machine
 *                                 that does other work: chrt -f 10 delivery
 *
 * As in the daemon each application's judgement is a transaction of its own and a turn of the loop, one right after the other, and two
 * notifiers are told of each. The receiver is another process; it notes when a request's first byte came, and which events it held. */
#include <arpa/inet.h>
#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/courier.h"
#include "tests/bench/report.h"
#include "util/list.h"
#include "util/number.h"
#include "util/text.h"

enum { INCIDENTS_MAX = 5000, NOTIFIERS = 2, REQUEST_MAX = 4 << 20, CONNECTIONS_MAX = 64 };
enum { BAR_MS = 100 };

/* Shared with the receiver: when an event of an incident arrived at a notifier, seconds; 0: not yet. */
struct arrivals {
        double at_s[NOTIFIERS][INCIDENTS_MAX + 1];
        volatile int n, n_requests;
};

static double now_s(void) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void must(bool ok, const char *what) {
        if (!ok) {
                fprintf(stderr, "delivery: %s: %s\n", what, strerror(errno));
                exit(1);
        }
}

struct connection {
        int fd;
        char *bytes;
        size_t n;
        double first_s;
};

/* delivery ids are INSTANCE-INCIDENT-REVISION-NOTIFIER; a digest's own, INSTANCE-digest-..., is no event. */
static void note_events(struct arrivals *a, const char *body, int notifier, double at_s) {
        static const char key[] = "\"delivery_id\":\"";
        for (const char *p = strstr(body, key); p; p = strstr(p + 1, key)) {
                const char *number = strchr(p + sizeof key - 1, '-');
                long id = number ? strtol(number + 1, NULL, 10) : 0;
                if (id > 0 && id <= INCIDENTS_MAX && a->at_s[notifier][id] == 0) {
                        a->at_s[notifier][id] = at_s;
                        a->n++;
                }
        }
}

static void answer(struct arrivals *a, struct connection *c) {
        static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        char *end = strstr(c->bytes, "\r\n\r\n"), *length = end ? strcasestr(c->bytes, "\r\ncontent-length:") : NULL;
        if (!length || c->n < (size_t)(end + 4 - c->bytes) + strtoul(length + 17, NULL, 10))
                return;
        note_events(a, end, strncmp(c->bytes, "POST /b", 7) == 0, c->first_s);
        a->n_requests++;
        c->n = 0;
        must(write(c->fd, reply, sizeof reply - 1) == (ssize_t)(sizeof reply - 1), "answer");
}

static void read_more(struct arrivals *a, struct connection *c) {
        if (c->n == 0)
                c->first_s = now_s();
        ssize_t n = read(c->fd, c->bytes + c->n, REQUEST_MAX - 1 - c->n);
        if (n <= 0) {
                close(c->fd);
                c->fd = -1; /* its place is free */
                return;
        }
        c->n += (size_t)n;
        c->bytes[c->n] = '\0';
        answer(a, c);
}

static void take_connection(int listener, struct connection connections[CONNECTIONS_MAX]) {
        for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
                struct connection *c = &connections[i];
                if (c->fd >= 0)
                        continue;
                c->fd = accept(listener, NULL, NULL);
                c->n = 0;
                return;
        }
}

static void receive_for_ever(int listener, struct arrivals *a) {
        struct connection connections[CONNECTIONS_MAX];
        struct pollfd fds[CONNECTIONS_MAX + 1];
        for (size_t i = 0; i < CONNECTIONS_MAX; i++)
                connections[i] = (struct connection){.fd = -1, .bytes = malloc(REQUEST_MAX)};
        for (;;) {
                fds[CONNECTIONS_MAX] = (struct pollfd){listener, POLLIN, 0};
                for (size_t i = 0; i < CONNECTIONS_MAX; i++)
                        fds[i] = (struct pollfd){connections[i].fd, POLLIN, 0};
                poll(fds, CONNECTIONS_MAX + 1, -1);
                for (size_t i = 0; i < CONNECTIONS_MAX; i++)
                        if (fds[i].revents)
                                read_more(a, &connections[i]);
                if (fds[CONNECTIONS_MAX].revents & POLLIN)
                        take_connection(listener, connections);
        }
}

static pid_t start_receiver(struct arrivals *a, int *ret_port) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t size = sizeof address;
        int listener = socket(AF_INET, SOCK_STREAM, 0);
        must(listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof address) == 0 &&
                     listen(listener, 16) == 0 && getsockname(listener, (struct sockaddr *)&address, &size) == 0,
             "listen");
        *ret_port = ntohs(address.sin_port);
        pid_t pid = fork();
        must(pid >= 0, "fork");
        if (pid == 0)
                receive_for_ever(listener, a);
        close(listener);
        return pid;
}

struct bench {
        char folder[64];
        struct loop *loop;
        struct store *store;
        struct courier *courier;
        struct arrivals *arrivals;
        struct timer next, look;
        int n, n_committed;
        double committed_s[INCIDENTS_MAX + 1], begin_s, commits_s;
};

static void fill(struct finding *f) {
        f->diagnoser = "restart_loop";
        f->severity = SEVERITY_CRITICAL;
        f->onset_s = time(NULL) - 300;
        f->title = strdup("Restart loop, 4 restarts a minute");
        f->summary = strdup("The job restarted 9 times in 2 min and never ran longer than 4 s.");
        for (int i = 0; i < 8; i++) {
                struct evidence *e = LIST_ADD(f->evidence, f->n_evidence, f->evidence_size);
                *e = (struct evidence){.kind = "metric", .at_s = f->onset_s + 60 * i, .value = i, .threshold = 3};
                e->metric = strdup("fullRestarts");
                e->statistic = strdup("Maximum");
        }
}

/* One application is judged: an incident opens, in a transaction of its own, and both notifiers are to be told. */
static void commit_one(void *arg) {
        struct bench *b = arg;
        char name[32];
        struct transitions t = {.at_s = loop_now_s(b->loop)};
        struct incident i = {.revision = 1, .opened_at_s = t.at_s, .updated_at_s = t.at_s};
        snprintf(name, sizeof name, "application-%04d", b->n_committed);
        i.target = strdup("prod");
        i.application = strdup(name);
        fill(&i.finding);
        struct transition *item = transitions_add(&t, EVENT_OPENED, &i);
        for (int k = 0; k < NOTIFIERS; k++)
                *LIST_ADD(item->notifiers, item->n_notifiers, item->notifiers_size) = strdup(k ? "b" : "a");
        must(store_apply(b->store, &t) == 0, "store_apply");
        b->committed_s[t.items[0].incident.id] = now_s();
        transitions_done(&t);
        incident_done(&i);
        courier_told(b->courier);
        if (++b->n_committed < b->n)
                timer_start(&b->next, b->loop, 0, commit_one, b);
        else
                b->commits_s = now_s() - b->begin_s;
}

static void look(void *arg) {
        struct bench *b = arg;
        if (b->arrivals->n >= NOTIFIERS * b->n || now_s() - b->begin_s > 120)
                loop_quit(b->loop);
        else
                timer_start(&b->look, b->loop, 100, look, b);
}

static int compare(const void *a, const void *b) {
        double x = *(const double *)a, y = *(const double *)b;
        return (x > y) - (x < y);
}

static bool report(const struct bench *b) {
        static double latencies_ms[NOTIFIERS * INCIDENTS_MAX];
        size_t n = 0;
        for (int k = 0; k < NOTIFIERS; k++)
                for (int id = 1; id <= b->n; id++)
                        if (b->arrivals->at_s[k][id] > 0)
                                latencies_ms[n++] = (b->arrivals->at_s[k][id] - b->committed_s[id]) * 1e3;
        qsort(latencies_ms, n, sizeof *latencies_ms, compare);
        printf("%d incidents committed in %.2f s, %d notifiers: %zu events arrived in %d messages\n", b->n,
               b->commits_s, NOTIFIERS, n, b->arrivals->n_requests);
        bool has_all = n == (size_t)(NOTIFIERS * b->n);
        double p99_ms = n > 0 ? latencies_ms[n * 99 / 100] : 1e9;
        report_say("committed to first byte, median", n ? latencies_ms[n / 2] : 0, "ms");
        report_say("committed to first byte, longest", n ? latencies_ms[n - 1] : 0, "ms");
        report_bar("committed to first byte, p99", p99_ms, "ms", BAR_MS);
        return has_all;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at) {
        (void)st;
        (void)kind;
        (void)at;
        return remove(path);
}

static void idle(void *arg) {
        (void)arg;
}

static struct config *configure(const struct bench *b, int port) {
        char path[96];
        struct config_faults faults = {0};
        struct config *config = NULL;
        snprintf(path, sizeof path, "%s/conf", b->folder);
        FILE *f = fopen(path, "w");
        must(f != NULL, path);
        fprintf(f,
                "[target prod]\nregion = eu-west-1\n"
                "[notifier a]\ntype = webhook\nwebhook_url = http://127.0.0.1:%d/a\n"
                "[notifier b]\ntype = webhook\nwebhook_url = http://127.0.0.1:%d/b\n",
                port, port);
        fclose(f);
        must(config_load(path, &config, &faults) == 0, "configuration");
        config_faults_done(&faults);
        return config;
}

int main(int argc, char **argv) {
        static struct bench b;
        const char *temporary = getenv("TMPDIR");
        const char *const environment_list[] = {"AWS_EC2_METADATA_DISABLED=true", NULL};
        struct aws_environment environment = {0};
        struct wire_options options = {.user_agent = "bench"};
        struct loop_handlers handlers = {0};
        struct wire *wire = NULL;
        struct exchange *exchange = NULL;
        char path[96];
        int port;
        int64_t wanted = 1000;
        if (argc > 1)
                must(number_int64(span_of(argv[1]), &wanted) == 0 && wanted > 0 && wanted <= INCIDENTS_MAX, argv[1]);
        b.n = (int)wanted;
        b.arrivals = mmap(NULL, sizeof *b.arrivals, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        snprintf(b.folder, sizeof b.folder, "%.40s/delivery-XXXXXX", temporary ? temporary : "/tmp");
        must(b.arrivals != MAP_FAILED && mkdtemp(b.folder) != NULL, "memory and folder");
        pid_t receiver = start_receiver(b.arrivals, &port);
        snprintf(path, sizeof path, "%s/db", b.folder);
        log_set_level(LOG_LEVEL_WARNING);
        SCOPED(config_free) struct config *config = configure(&b, port);
        must(store_open(path, &b.store, NULL, NULL) == 0 && loop_new(&handlers, &b.loop) == 0 &&
                     aws_environment_from_list(environment_list, &environment) == 0 &&
                     wire_new(b.loop, &options, &wire) == 0 && exchange_new(b.loop, wire, &environment, &exchange) == 0,
             "start");
        struct courier_host host = {
                .loop = b.loop, .exchange = exchange, .store = b.store, .config = config, .idle = idle};
        must(courier_new(&host, &b.courier) == 0, "courier");
        report_machine(b.folder);
        b.begin_s = now_s();
        timer_start(&b.next, b.loop, 0, commit_one, &b);
        timer_start(&b.look, b.loop, 100, look, &b);
        loop_run(b.loop);
        bool has_all = report(&b);
        courier_free(b.courier);
        exchange_free(exchange);
        wire_free(wire);
        store_free(b.store);
        loop_free(b.loop);
        aws_environment_done(&environment);
        kill(receiver, SIGKILL);
        waitpid(receiver, NULL, 0);
        nftw(b.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
        return has_all ? 0 : 1;
}
