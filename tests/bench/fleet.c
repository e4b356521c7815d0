/* SPDX-License-Identifier: Apache-2.0 */
/* What a whole fleet costs: CPU of this process from the request to the durable store, of judging, and memory.
 *
 *     fleet [APPLICATIONS]...        100 1000 10000 unless told
 *
 * Each size runs in a process of its own. The client's side is the daemon's: plan, collector, exchange (signed, over HTTP, kept alive),
 * store on disk, judgement by all diagnosers. The other side is a process that answers from bodies made beforehand, whose CPU is not
 * counted. botocore and the JavaScript SDK ask the same of it. */
#include <curl/curl.h>
#include <errno.h>
#include <ftw.h>
#include <math.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/client.h"
#include "daemon/judge.h"
#include "daemon/plan.h"
#include "daemon/task.h"
#include "tests/bench/fleet.h"
#include "util/text.h"

struct judged {
        size_t n, n_findings, n_suspicious;
        double took_s;
};

enum { HISTORY_APPLICATIONS = 100, HISTORY_DAYS = 9, ROUNDS = 60, BAR_LINEAR_PCT = 120 };

static bool is_failed;

/* What the parts tell the whole. */
static struct figures {
        size_t n_applications[8];
        double poll_s[8], request_s[8];
        size_t n;
} * figures;

struct fleet {
        char folder[220];
        struct aws_environment environment;
        struct loop *loop;
        struct wire *wire;
        struct exchange *exchange;
        struct client *client;
        struct store *store;
        struct config *config;
        struct plan plan;
        int64_t *task_series; /* of each application one that CloudWatch has by task */
        size_t n_applications;
        int64_t now_s;
        /* of the poll under way */
        struct task *task;
        struct collect_job job;
        int result;
        int64_t n_points;
        bool is_sick;
        double judging_s, worst_judging_s; /* of a cycle */
};

static void must(bool ok, const char *what) {
        if (ok)
                return;
        fprintf(stderr, "fleet: %s failed\n", what);
        exit(1);
}

static double cpu_s(void) {
        struct timespec t;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void bar(const char *what, double figure, const char *unit, double at_most) {
        bool is_met = figure <= at_most;
        printf("  %-58s %9.3f %-4s (bar %g: %s)\n", what, figure, unit, at_most, is_met ? "met" : "MISSED");
        is_failed = is_failed || !is_met;
}

static void say(const char *what, double figure, const char *unit) {
        printf("  %-58s %9.3f %s\n", what, figure, unit);
}

/* Beside its bar when the fleet is of the size that it is for. */
static void say_of(const struct fleet *f, size_t size, const char *what, double figure, const char *unit,
                   double at_most) {
        if (f->n_applications == size)
                bar(what, figure, unit, at_most);
        else
                say(what, figure, unit);
}

static double memory_mib(const char *member) {
        char line[128], format[32];
        long kib = 0;
        SCOPED(fclose) FILE *in = fopen("/proc/self/status", "r");
        snprintf(format, sizeof format, "%s: %%ld", member);
        while (in && fgets(line, sizeof line, in))
                sscanf(line, format, &kib);
        return (double)kib / 1024;
}

/* Opening and closing. */

static void ignore(void *arg) {
        (void)arg;
}

static void open_network(struct fleet *f, int port) {
        char endpoint[64];
        snprintf(endpoint, sizeof endpoint, "AWS_ENDPOINT_URL=http://127.0.0.1:%d", port);
        const char *list[] = {"AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG", endpoint,
                              NULL};
        struct loop_handlers handlers = {f, ignore, ignore};
        struct wire_options wire = {.user_agent = "flinkwatch/bench"};
        struct client_options client = {.tag = "target main", .region = "eu-west-1"};
        must(aws_environment_from_list(list, &f->environment) == 0, "environment");
        must(loop_new(&handlers, &f->loop) == 0, "loop_new");
        must(wire_new(f->loop, &wire, &f->wire) == 0, "wire_new");
        must(exchange_new(f->loop, f->wire, &f->environment, &f->exchange) == 0, "exchange_new");
        must(client_new(f->exchange, &client, &f->client) == 0, "client_new");
}

static void open_store(struct fleet *f) {
        char path[256];
        struct err err;
        struct config_faults faults = {.lines = BUF_INIT(1 << 16)};
        snprintf(path, sizeof path, "%s/flinkwatch.conf", f->folder);
        SCOPED(fclose) FILE *out = fopen(path, "w");
        must(out && fprintf(out, "[target main]\nregion = eu-west-1\n") > 0 && fflush(out) == 0, "the configuration");
        must(config_load(path, &f->config, &faults) == 0, "config_load");
        snprintf(path, sizeof path, "%s/%d.db", f->folder, (int)getpid()); /* one for each part */
        must(store_open(path, &f->store, NULL, &err) == 0, "store_open");
}

static void close_all(struct fleet *f) {
        plan_done(&f->plan);
        free(f->task_series);
        client_free(f->client);
        exchange_free(f->exchange);
        wire_free(f->wire);
        loop_free(f->loop);
        store_free(f->store);
        config_free(f->config);
        aws_environment_done(&f->environment);
}

static void name_of(size_t i, char *into, size_t size) {
        snprintf(into, size, "payments-application-%05zu", i);
}

static void fill_facts(struct application *a, const char *name, int64_t now_s) {
        *a = (struct application){.is_checkpointing = true,
                                  .checkpoint_interval_ms = 60000,
                                  .checkpoint_min_pause_ms = 5000,
                                  .version_id = 3,
                                  .created_at_s = FLEET_T0 - 30 * 86400,
                                  .updated_at_s = FLEET_T0 - 12 * 86400,
                                  .version_created_at_s = FLEET_T0 - 12 * 86400,
                                  .parallelism = 4,
                                  .parallelism_per_kpu = 1,
                                  .current_parallelism = 4,
                                  .is_autoscaling = true,
                                  .has_snapshots = true,
                                  .has_rollback = true,
                                  .seen_at_s = now_s};
        must(text_replace(&a->target, "main") == 0 && text_replace(&a->name, name) == 0 &&
                     text_replace(&a->arn, "arn:aws:kinesisanalytics:eu-west-1:111122223333:application/any") == 0 &&
                     text_replace(&a->status, "RUNNING") == 0 && text_replace(&a->runtime, "FLINK-2_2") == 0 &&
                     text_replace(&a->metrics_level, "APPLICATION") == 0 && text_replace(&a->log_level, "INFO") == 0 &&
                     text_replace(&a->log_group, "/aws/kinesis-analytics/payments") == 0 &&
                     text_replace(&a->log_stream, "log-stream") == 0,
             "memory");
}

/* The applications, their facts in the store, their series in the plan. */
static void make_applications(struct fleet *f) {
        SCOPED(batch_done) struct batch batch = {.collected_at_s = f->now_s};
        char name[48];
        f->plan.target = "main";
        f->task_series = calloc(f->n_applications, sizeof *f->task_series);
        must(f->task_series != NULL, "memory");
        for (size_t i = 0; i < f->n_applications; i++) {
                struct application a;
                name_of(i, name, sizeof name);
                fill_facts(&a, name, f->now_s);
                must(batch_add_name(&batch, span_of(name), "RUNNING", 3) == 0 &&
                             batch_add_application_take(&batch, &a) == 0,
                     "memory");
        }
        must(store_put(f->store, &batch) == 0, "store_put");
        must(plan_set_names(&f->plan, batch.names, batch.n_names, "*", NULL, NULL) == 0, "plan_set_names");
        for (size_t i = 0; i < f->n_applications; i++) {
                must(plan_describe(&f->plan, f->store, &batch.applications[i]) == 0, "plan_describe");
                struct series_key key = {"main", batch.names[i].name, "busyTimeMsPerSecond", "Maximum",
                                         "Task=Source: orders"};
                must(store_series(f->store, &key, &f->task_series[i]) == 0, "store_series");
        }
}

/* Polls. */

static void seen(void *arg, const struct batch *b) {
        struct fleet *f = arg;
        f->n_points += (int64_t)b->n_points;
        plan_note(&f->plan, b, f->now_s);
        plan_note_news(&f->plan, b);
}

static void done(void *arg, int result, const struct err *err) {
        struct fleet *f = arg;
        f->result = result;
        if (result < 0)
                fprintf(stderr, "fleet: %s\n", err->text);
        loop_quit(f->loop);
}

static void ask(struct fleet *f, struct metric_query *queries, size_t n) {
        f->job = (struct collect_job){.target = "main",
                                      .queries = queries,
                                      .n_queries = n,
                                      .now_s = f->now_s,
                                      .settle_s = f->config->settle_s};
        struct task_job job = {
                .collector = &collector_metrics, .collect = f->job, .arg = f, .seen = seen, .done = done};
        if (n == 0)
                return;
        must(task_start(f->exchange, f->client, f->store, &job, &f->task) == 0, "task_start");
        loop_run(f->loop);
        must(f->result == 0, "the poll");
}

static double maintain(struct fleet *f) {
        double from_s = cpu_s();
        int r;
        while ((r = store_maintain(f->store, f->now_s)) == 1)
                ;
        must(r == 0, "store_maintain");
        return cpu_s() - from_s;
}

/* All of the 25 series of a minute's period, over [from_s, to_s). */
static double poll_whole(struct fleet *f, int64_t from_s, int64_t to_s) {
        size_t n = 0;
        SCOPED(free) struct metric_query *queries = calloc(f->n_applications * FLEET_SERIES, sizeof *queries);
        must(queries != NULL, "memory");
        for (size_t i = 0; i < f->n_applications; i++) {
                const struct watched *w = &f->plan.applications[i];
                for (size_t k = 0; k < w->n_series && n < (i + 1) * FLEET_SERIES - 1; k++)
                        if (w->series[k].metric->period_s == 60)
                                queries[n++] = (struct metric_query){w->series[k].id, w->name, w->series[k].metric, "",
                                                                     from_s,          to_s};
                queries[n++] = (struct metric_query){
                        f->task_series[i],     w->name, metric_find("busyTimeMsPerSecond", NULL),
                        "Task=Source: orders", from_s,  to_s};
        }
        must(n == f->n_applications * FLEET_SERIES, "25 series for each application");
        f->now_s = to_s + 7;
        f->n_points = 0;
        double began_s = cpu_s();
        ask(f, queries, n);
        double took_s = cpu_s() - began_s;
        must(f->n_points == (int64_t)n * (to_s - from_s) / 60, "answering all points");
        return took_s;
}

/* Small fleets are polled more often, so that the figure is as sure as that of a large one. */
static void measure_polls(struct fleet *f) {
        int64_t at_s = FLEET_T0, span_s = FLEET_POINTS * 60, before = exchange_requests(f->exchange);
        double first_s = poll_whole(f, at_s, at_s + span_s), whole_s = 0, again_s = 0;
        int64_t n_requests = exchange_requests(f->exchange) - before;
        int n_polls = n_requests >= 100 ? 3 : (int)(100 / n_requests);
        for (int i = 0; i < n_polls; i++) {
                at_s += span_s;
                whole_s += poll_whole(f, at_s, at_s + span_s) / n_polls;
        }
        for (int i = 1; i <= 3; i++)
                again_s += poll_whole(f, at_s + i * 60, at_s + span_s + i * 60) / 3;
        say("whole poll, the first one ever", first_s, "s");
        say_of(f, 10000, "whole poll, five new points of each series", whole_s, "s", 5);
        say("whole poll, one new point and four known", again_s, "s");
        say("  for each request of 500 queries", whole_s / (double)n_requests * 1e3, "ms");
        must(figures->n < ELEMENTS(figures->poll_s), "at most 8 sizes");
        figures->n_applications[figures->n] = f->n_applications;
        figures->request_s[figures->n] = whole_s / (double)n_requests;
        figures->poll_s[figures->n++] = whole_s;
}

/* Judging. */

static void judge_one(struct fleet *f, struct watched *w, struct judged *j) {
        SCOPED(judge_free) struct judge *judge = NULL;
        struct judge_job job = {.store = f->store,
                                .config = f->config,
                                .target = "main",
                                .application = w->name,
                                .application_arn = w->arn,
                                .from_s = f->now_s - 60,
                                .now_s = f->now_s};
        must(judge_new(&job, &judge) == 0, "judge_new");
        must(judge_step(judge) == 0, "judge_step");
        w->is_new = false;
        w->is_suspicious = judge_result(judge)->is_suspicious;
        watched_note_judged(w, f->now_s, judge_result(judge)->is_calm);
        j->n++;
        j->n_findings += judge_result(judge)->n_findings;
        j->n_suspicious += w->is_suspicious;
}

/* Those of which something came, as after a poll, or all of them. */
static struct judged judge_fleet(struct fleet *f, bool is_whole) {
        struct judged j = {0};
        struct plan_times times = {.now_s = f->now_s, .interval_s = 60, .settle_s = f->config->settle_s};
        double began_s = cpu_s();
        for (size_t i = 0; i < f->n_applications; i++)
                if (is_whole || watched_is_to_be_judged(&f->plan.applications[i], &times))
                        judge_one(f, &f->plan.applications[i], &j);
        j.took_s = cpu_s() - began_s;
        return j;
}

static size_t ask_what_is_due(struct fleet *f) {
        struct plan_times times = {
                .now_s = f->now_s, .interval_s = 60, .settle_s = f->config->settle_s, .backfill_s = 3600};
        SCOPED(free) struct metric_query *queries = NULL;
        size_t n = 0;
        must(plan_due(&f->plan, &times, PLAN_ALL, &queries, &n) == 0, "plan_due");
        ask(f, queries, n);
        must(plan_refresh(&f->plan, f->store) == 0, "plan_refresh");
        return n;
}

/* The plan as it is, minute after minute. The round before those that are counted is the first of a process: it asks for everything, as
 * a whole poll does, so that what has come meanwhile is told at once. */
static void measure_cycles(struct fleet *f) {
        double first_s = 0, all_s = 0, worst_s = 0, folding_s = 0, judging_s = 0, worst_judging_s = 0;
        int64_t n_asked = 0, n_requests = 0, n_judged = 0;
        for (int round = -1; round < ROUNDS; round++) {
                int64_t before = exchange_requests(f->exchange);
                f->now_s += 60;
                double began_s = cpu_s();
                size_t n = ask_what_is_due(f);
                double took_s = cpu_s() - began_s;
                struct judged judged = judge_fleet(f, round < 0);
                double folded_s = maintain(f);
                if (round < 0) {
                        first_s = took_s;
                        continue;
                }
                n_asked += (int64_t)n;
                n_requests += exchange_requests(f->exchange) - before;
                all_s += took_s;
                folding_s += folded_s;
                worst_s = fmax(worst_s, took_s);
                n_judged += (int64_t)judged.n;
                judging_s += judged.took_s;
                worst_judging_s = fmax(worst_judging_s, judged.took_s);
        }
        say_of(f, 10000, "cycle of the default plan, mean of 60", all_s / ROUNDS, "s", 1);
        say_of(f, 10000, "  the longest of them", worst_s, "s", 1);
        say("  folding, for each cycle", folding_s / ROUNDS, "s");
        say("  metrics asked for, for each application and cycle", (double)n_asked / ROUNDS / (double)f->n_applications,
            "");
        say("  metrics of one request", (double)n_asked / (double)n_requests, "");
        say("  the first after a start, which asks for everything", first_s, "s");
        say("  applications judged, of all", (double)n_judged / ROUNDS / (double)f->n_applications * 100, "%");
        f->judging_s = judging_s / ROUNDS;
        f->worst_judging_s = worst_judging_s;
}

/* A sick one spends a quarter of its time in collection, for as long as there is history. */
static double value_of(const struct fleet *f, const char *metric, unsigned application, int64_t at_s) {
        bool is_collecting = f->is_sick && strcmp(metric, "oldGenerationGCTime") == 0;
        return is_collecting ? 15000 : fleet_value(metric, application, at_s);
}

/* Puts history without the network: what the judgement reads. */
static void fill_history(struct fleet *f, int64_t from_s, int64_t to_s) {
        enum { AT_ONCE = 20 };
        SCOPED(batch_done) struct batch b = {0};
        for (int64_t at_s = from_s; at_s < to_s; at_s += 3600) {
                int64_t until_s = at_s + 3600 < to_s ? at_s + 3600 : to_s;
                for (size_t i = 0; i < f->n_applications; i++) {
                        const struct watched *w = &f->plan.applications[i];
                        for (size_t k = 0; k < w->n_series; k++) {
                                const struct metric *m = w->series[k].metric;
                                if (m->period_s != 60)
                                        continue;
                                for (int64_t t = at_s; t < until_s; t += 60)
                                        must(batch_add_point(&b, w->series[k].id, t,
                                                             value_of(f, m->name, (unsigned)i % 20, t)) == 0,
                                             "memory");
                                must(batch_add_reading(&b, w->series[k].id, at_s, until_s) == 0, "memory");
                        }
                        if ((i + 1) % AT_ONCE > 0 && i + 1 < f->n_applications)
                                continue;
                        b.collected_at_s = until_s + f->config->settle_s;
                        b.settled_before_s = until_s;
                        must(store_put(f->store, &b) == 0, "store_put");
                        batch_clear(&b);
                }
                f->now_s = until_s + f->config->settle_s;
                maintain(f);
        }
}

static void say_judgement(struct fleet *f) {
        double share = 10000.0 / (double)f->n_applications;
        judge_fleet(f, true);
        struct judged whole = judge_fleet(f, true);
        say("judging one", whole.took_s / (double)whole.n * 1e6, "us");
        if (f->n_applications < 10000)
                printf("  that is for 10,000 applications:\n");
        bar("judging in a cycle, mean of 60", f->judging_s * share, "s", 2);
        if (f->n_applications >= 1000) /* fewer have few turns */
                bar("  the longest of them", f->worst_judging_s * share, "s", 2);
        say("  the first after a start, which judges all", whole.took_s * share, "s");
        say("  findings", (double)whole.n_findings, "");
        say("  applications with a warning", (double)whole.n_suspicious, "");
}

/* The parts, each in a process of its own. */

static void part_fleet(struct fleet *f, int port) {
        printf("%zu applications, %zu series\n", f->n_applications, f->n_applications * FLEET_SERIES);
        f->now_s = FLEET_T0;
        open_network(f, port);
        open_store(f);
        make_applications(f);
        measure_polls(f);
        say("  and folding", maintain(f), "s");
        fill_history(f, FLEET_T0, FLEET_T0 + 3 * 3600);
        must(plan_refresh(&f->plan, f->store) == 0, "plan_refresh");
        measure_cycles(f);
        printf("  with hours of history\n");
        say_judgement(f);
        double peak_mib = memory_mib("VmHWM");
        if (f->n_applications == 1000)
                bar("resident memory, at the most", peak_mib, "MiB", 64);
        else
                say_of(f, 10000, "resident memory, at the most", peak_mib, "MiB", 256);
}

static void begin_history(struct fleet *f) {
        printf("%zu applications with %d days of history, %s\n", f->n_applications, HISTORY_DAYS,
               f->is_sick ? "all of them sick" : "healthy");
        f->now_s = FLEET_T0;
        open_store(f);
        make_applications(f);
        fill_history(f, FLEET_T0, FLEET_T0 + HISTORY_DAYS * 86400);
        must(plan_refresh(&f->plan, f->store) == 0, "plan_refresh");
}

static void part_history(struct fleet *f, int port) {
        open_network(f, port);
        begin_history(f);
        measure_cycles(f);
        say_judgement(f);
}

/* What it would be if nothing else ever happened: each is judged in each cycle. */
static void part_sick(struct fleet *f, int port) {
        (void)port;
        f->is_sick = true;
        begin_history(f);
        judge_fleet(f, true);
        struct judged whole = judge_fleet(f, true);
        say("judging one", whole.took_s / (double)whole.n * 1e6, "us");
        say("that is for 10,000 applications", whole.took_s / (double)whole.n * 1e4, "s");
        say("  applications with a warning", (double)whole.n_suspicious, "");
}

static void in_child(const char *folder, size_t n_applications, int port, void (*part)(struct fleet *f, int port)) {
        fflush(stdout);
        int status = 0;
        pid_t pid = fork();
        must(pid >= 0, "fork");
        if (pid == 0) {
                struct fleet f = {.n_applications = n_applications};
                text_copy(f.folder, sizeof f.folder, folder);
                is_failed = false;
                part(&f, port);
                close_all(&f);
                exit(is_failed);
        }
        waitpid(pid, &status, 0);
        is_failed = is_failed || status != 0;
}

static void say_growth(void) {
        size_t least = 0, most = 0;
        for (size_t i = 1; i < figures->n; i++) {
                if (figures->n_applications[i] < figures->n_applications[least])
                        least = i;
                if (figures->n_applications[i] > figures->n_applications[most])
                        most = i;
        }
        if (figures->n < 2)
                return;
        double small = figures->poll_s[least] / (double)figures->n_applications[least],
               large = figures->poll_s[most] / (double)figures->n_applications[most];
        printf("growth from %zu to %zu applications\n", figures->n_applications[least], figures->n_applications[most]);
        bar("CPU for each application, of that of the small fleet", large / small * 100, "%", BAR_LINEAR_PCT);
}

/* Says what one request costs a peer, beside what it costs here. */
static void compare(const char *name, double peer_s, double at_least) {
        if (peer_s <= 0 || figures->n == 0) {
                printf("  %-58s %9s      (bar %g times: not measured)\n", name, "-", at_least);
                return;
        }
        double times = peer_s / figures->request_s[figures->n - 1];
        bool is_met = times >= at_least;
        printf("  %-44s %7.2f ms, times %9.1f      (bar %g: %s)\n", name, peer_s * 1e3, times, at_least,
               is_met ? "met" : "MISSED");
        is_failed = is_failed || !is_met;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where) {
        (void)st;
        (void)kind;
        (void)where;
        return remove(path);
}

static void say_machine(void) {
        char line[256];
        SCOPED(fclose) FILE *in = fopen("/proc/cpuinfo", "r");
        const char *model = "unknown";
        while (in && fgets(line, sizeof line, in))
                if (strncmp(line, "model name", 10) == 0) {
                        model = strchr(line, ':') + 2;
                        line[strcspn(line, "\n")] = '\0';
                        break;
                }
        printf("machine: %s, %ld cores\n", model, sysconf(_SC_NPROCESSORS_ONLN));
}

int main(int argc, char **argv) {
        char *standard[] = {"100", "1000", "10000"}, folder[] = "fleet-bench-XXXXXX";
        char **sizes = argc > 1 ? argv + 1 : standard;
        size_t n_sizes = argc > 1 ? (size_t)argc - 1 : ELEMENTS(standard);
        int port;
        signal(SIGPIPE, SIG_IGN);
        log_open(LOG_LEVEL_WARNING);
        curl_global_init(CURL_GLOBAL_DEFAULT);
        figures = mmap(NULL, sizeof *figures, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        must(figures != MAP_FAILED, "mmap");
        must(mkdtemp(folder) != NULL, "mkdtemp");
        pid_t endpoint = fleet_endpoint_start(&port);
        say_machine();
        for (size_t i = 0; i < n_sizes; i++)
                in_child(folder, strtoul(sizes[i], NULL, 10), port, part_fleet);
        in_child(folder, HISTORY_APPLICATIONS, port, part_history);
        in_child(folder, HISTORY_APPLICATIONS, port, part_sick);
        say_growth();
        printf("CPU of one request of %d queries, %d points each\n", FLEET_REQUEST, FLEET_POINTS);
        if (figures->n > 0)
                say("flinkwatch, from the request to the durable store", figures->request_s[figures->n - 1] * 1e3,
                    "ms");
        compare("botocore, the answer parsed only", fleet_peer_boto_s(port), 60);
        compare("JavaScript SDK, the answer parsed only", fleet_peer_javascript_s(port, folder), 5);
        kill(endpoint, SIGTERM);
        waitpid(endpoint, NULL, 0);
        nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        return is_failed;
}
