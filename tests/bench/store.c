/* SPDX-License-Identifier: Apache-2.0 */
/* The store at fleet scale: bytes on disk and written, how long one call takes, how long a question takes, memory, kill -9.
 *
 *     store [APPLICATIONS [DAYS]]        1000 applications and 14 days unless told
 *
 * Each application has 25 series: 6 that are mostly zero, 3 counters, 4 slow steps, 6 gauges of two decimals, 3 whole numbers, 3 doubles
 * of full precision. Each minute 500 series a reply are put, as GetMetricData answers: one new sample each, and the two before it again,
 * as they are not settled yet. */
#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <math.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store.h"
#include "store/values.h"
#include "tests/bench/report.h"
#include "tests/bench/store_bench.h"
#include "util/scope.h"

enum { REPLY_SERIES = 500, REPLY_POINTS = 100800, KILLS = 200, LONG_DAYS = 455, BACKFILL_SAMPLES = 1000 };
enum { BAR_WRITTEN = 32, BAR_MEMORY_MIB = 64 };
static const double bar_stored = 1.7;

double bench_clock_s(clockid_t id) {
        struct timespec t;
        clock_gettime(id, &t);
        return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void bench_must(bool ok, const char *what, const struct store *s) {
        if (ok)
                return;
        fprintf(stderr, "store: %s failed%s%s\n", what, s ? ": " : "", s ? store_error(s) : "");
        exit(1);
}

const char *bench_application(size_t i) {
        static char name[48];
        snprintf(name, sizeof name, "payments-application-%zu", i);
        return name;
}

/* The longest call, and the most that the processor worked for one: the rest is the disk, and other programs. */
struct worst {
        double ms, cpu_ms;
        double from_s, cpu_from_s;
};

static void begin(struct worst *w) {
        w->from_s = bench_clock_s(CLOCK_MONOTONIC);
        w->cpu_from_s = bench_clock_s(CLOCK_PROCESS_CPUTIME_ID);
}

static void end(struct worst *w) {
        w->ms = fmax(w->ms, (bench_clock_s(CLOCK_MONOTONIC) - w->from_s) * 1e3);
        w->cpu_ms = fmax(w->cpu_ms, (bench_clock_s(CLOCK_PROCESS_CPUTIME_ID) - w->cpu_from_s) * 1e3);
}

static void bar_worst(const char *what, const struct worst *w) {
        report_bar(what, w->ms, "ms", BAR_BLOCK_MS);
        report_say("  the most on the processor", w->cpu_ms, "ms");
}

struct fleet {
        struct store *store;
        size_t n_series;
        int64_t *ids;
        struct course *courses;
        int64_t minute;
        struct worst put, maintain, retain;
        int64_t n_samples;
};

static void open_fleet(struct fleet *f, const char *path, size_t n_applications) {
        struct err err = {0};
        bench_must(store_open(path, &f->store, NULL, &err) == 0, err.text, NULL);
        f->n_series = n_applications * SERIES_EACH;
        f->ids = calloc(f->n_series, sizeof *f->ids);
        f->courses = calloc(f->n_series, sizeof *f->courses);
        bench_must(f->ids && f->courses, "memory", NULL);
        for (size_t i = 0; i < f->n_series; i++) {
                const struct metric *m = &metrics[i % SERIES_EACH];
                struct series_key key = {"prod-eu", bench_application(i / SERIES_EACH), m->name, m->statistic, ""};
                bench_must(store_series(f->store, &key, &f->ids[i]) == 0, "store_series", f->store);
                f->courses[i] = (struct course){.seed = i * 0x9e3779b97f4a7c15 + 1, .level = 50};
        }
}

static void close_fleet(struct fleet *f) {
        free(f->ids);
        free(f->courses);
}

static void put_applications(struct fleet *f) {
        SCOPED(batch_done) struct batch b = {.collected_at_s = BENCH_T0};
        for (size_t i = 0; i < f->n_series / SERIES_EACH; i++) {
                struct application a = {.target = strdup("prod-eu"), .name = strdup(bench_application(i))};
                bench_must(batch_add_application_take(&b, &a) == 0, "memory", NULL);
        }
        bench_must(store_put(f->store, &b) == 0, "store_put", f->store);
}

static void maintain(struct fleet *f, int64_t now_s) {
        int r;
        do {
                begin(&f->maintain);
                r = store_maintain(f->store, now_s);
                end(&f->maintain);
                bench_must(r >= 0, "store_maintain", f->store);
        } while (r == 1);
}

/* All but the last day goes. */
static void retain(struct fleet *f) {
        int r;
        do {
                begin(&f->retain);
                r = store_retain(f->store, BENCH_T0 + (f->minute - DAY_MINUTES) * 60);
                end(&f->retain);
                bench_must(r >= 0, "store_retain", f->store);
        } while (r == 1);
}

static void put(struct fleet *f, struct batch *b) {
        begin(&f->put);
        bench_must(store_put(f->store, b) == 0, "store_put", f->store);
        end(&f->put);
}

static void add_points(struct fleet *f, struct batch *b, size_t i, int64_t at_s) {
        struct course *c = &f->courses[i];
        double value = course_next(c, (int)(i % SERIES_EACH));
        if (f->minute > 1)
                batch_add_point(b, f->ids[i], at_s - 120, c->before[0]);
        if (f->minute > 0)
                batch_add_point(b, f->ids[i], at_s - 60, c->before[1]);
        batch_add_point(b, f->ids[i], at_s, value);
        batch_add_reading(b, f->ids[i], f->minute > 1 ? at_s - 120 : BENCH_T0, at_s + 60);
        c->before[0] = c->before[1];
        c->before[1] = value;
        f->n_samples++;
}

/* One minute of the fleet. */
static void poll_all(struct fleet *f, struct batch *b) {
        int64_t at_s = BENCH_T0 + f->minute * 60, now_s = at_s + 60 + 7;
        for (size_t i = 0; i < f->n_series; i += REPLY_SERIES) {
                batch_clear(b);
                b->collected_at_s = now_s;
                b->settled_before_s = now_s - 120;
                for (size_t k = i; k < i + REPLY_SERIES && k < f->n_series; k++)
                        add_points(f, b, k, at_s);
                put(f, b);
        }
        f->minute++;
        maintain(f, now_s);
}

struct io {
        int64_t wchar, write_bytes;
};

static struct io read_io(void) {
        struct io io = {0};
        char line[128];
        SCOPED(fclose) FILE *in = fopen("/proc/self/io", "r");
        while (in && fgets(line, sizeof line, in)) {
                sscanf(line, "wchar: %" SCNd64, &io.wchar);
                sscanf(line, "write_bytes: %" SCNd64, &io.write_bytes);
        }
        return io;
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

static int by_size(const void *a, const void *b) {
        double x = *(const double *)a, y = *(const double *)b;
        return (x > y) - (x < y);
}

enum { READS = 301, SAMPLES_MAX = 32 * DAY_MINUTES };

/* The median of reading one series over all of its days, in ms. */
static double read_median(struct fleet *f, int64_t step_s, double *ret_worst_call_ms) {
        static struct sample samples[2048];
        double times[READS];
        for (size_t k = 0; k < READS; k++) {
                SCOPED(store_cursor_free) struct store_cursor *c = NULL;
                size_t n = 1, total = 0, i = (k * 7919) % f->n_series;
                double from = bench_clock_s(CLOCK_MONOTONIC);
                bench_must(store_samples(f->store, f->ids[i], BENCH_T0, BENCH_T0 + f->minute * 60, step_s, &c) == 0,
                           "store_samples", f->store);
                while (n > 0) {
                        double call = bench_clock_s(CLOCK_MONOTONIC);
                        bench_must(store_cursor_next(c, samples, ELEMENTS(samples), &n) == 0, "store_cursor_next",
                                   f->store);
                        *ret_worst_call_ms = fmax(*ret_worst_call_ms, (bench_clock_s(CLOCK_MONOTONIC) - call) * 1e3);
                        total += n;
                }
                times[k] = (bench_clock_s(CLOCK_MONOTONIC) - from) * 1e3;
                bench_must(step_s > 0 || total == (size_t)f->minute, "reading all samples", NULL);
        }
        qsort(times, READS, sizeof *times, by_size);
        return times[READS / 2];
}

static double ask(sqlite3 *db, const char *sql) {
        sqlite3_stmt *row = NULL;
        bench_must(sqlite3_prepare_v2(db, sql, -1, &row, NULL) == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW, sql,
                   NULL);
        double answer = sqlite3_column_double(row, 0);
        sqlite3_finalize(row);
        return answer;
}

/* The whole file, and what in it is not samples that were packed. */
static void say_disk(const char *path, double n_samples) {
        sqlite3 *db;
        bench_must(sqlite3_open(path, &db) == SQLITE_OK, "sqlite3_open", NULL);
        double page = ask(db, "PRAGMA page_size");
        report_bar("on disk, hours included", ask(db, "PRAGMA page_count") * page / n_samples, "B/sample", bar_stored);
        report_say("  packed days", ask(db, "SELECT sum(pgsize) FROM dbstat WHERE name = 'day'") / n_samples,
                   "B/sample");
        report_say("  hours", ask(db, "SELECT sum(pgsize) FROM dbstat WHERE name = 'rollup'") / n_samples, "B/sample");
        report_say("  free, for the next hours to be folded in", ask(db, "PRAGMA freelist_count") * page / n_samples,
                   "B/sample");
        report_say("  free, for the journal",
                   ask(db, "SELECT sum(pgsize) FROM dbstat WHERE name = 'journal'") / n_samples, "B/sample");
        sqlite3_close(db);
}

/* What a table of five minutes would take more: min, max, sum, last of every five samples, packed like everything else. */
static void say_five_minutes(void) {
        struct zip z = ZIP_INIT;
        double total = 0;
        for (int kind = 0; kind < SERIES_EACH; kind++) {
                SCOPED(buf_done) struct buf b = BUF_INIT(1 << 20);
                struct course c = {.seed = (uint64_t)kind + 1, .level = 50};
                double columns[4][DAY_MINUTES / 5];
                for (int i = 0; i < DAY_MINUTES / 5; i++) {
                        double min = INFINITY, max = -INFINITY, sum = 0, last = 0;
                        for (int k = 0; k < 5; k++) {
                                last = course_next(&c, kind);
                                min = fmin(min, last);
                                max = fmax(max, last);
                                sum += last;
                        }
                        columns[0][i] = min;
                        columns[1][i] = max;
                        columns[2][i] = kind < 22 ? round(sum * 100) / 100 : sum;
                        columns[3][i] = last;
                }
                for (int k = 0; k < 4; k++)
                        bench_must(values_write(&z, ZIP_SMALL, columns[k], DAY_MINUTES / 5, &b) == 0, "values_write",
                                   NULL);
                total += (double)b.len;
        }
        zip_done(&z);
        report_say("a table of five minutes would add (it has none)", total / SERIES_EACH / DAY_MINUTES,
                   "bytes/sample");
}

static void say_windows(struct fleet *f) {
        struct window_need needs[SERIES_EACH];
        size_t n = 0, n_read = 0, n_applications = f->n_series / SERIES_EACH;
        int64_t now_s = BENCH_T0 + f->minute * 60;
        while (n < SERIES_EACH) {
                needs[n] = (struct window_need){.metric = &metrics[n], .span_s = 6 * 3600};
                n++;
        }
        size_t asked = n_applications < 500 ? n_applications : 500;
        double from = bench_clock_s(CLOCK_PROCESS_CPUTIME_ID);
        for (size_t i = 0; i < asked; i++) {
                SCOPED(window_free) struct window *w = NULL;
                struct window_spec spec = {.target = "prod-eu",
                                           .application = bench_application(i),
                                           .now_s = now_s,
                                           .settled_before_s = now_s - 120,
                                           .needs = needs,
                                           .n_needs = n};
                bench_must(store_read_window(f->store, &spec, &w) == 0, "store_read_window", f->store);
                for (size_t k = 0; k < w->n_series; k++)
                        n_read += w->series[k].n_samples;
        }
        double took = bench_clock_s(CLOCK_PROCESS_CPUTIME_ID) - from;
        report_say("a window of 6 h x 25 series, for one application", took / (double)asked * 1e6, "us");
        report_say("  for each of its samples", took / (double)n_read * 1e9, "ns");
}

/* So many samples of each series at once, so many series a reply. */
static void put_history(struct fleet *f, struct batch *b, size_t reply_series, int64_t samples_each) {
        int64_t now_s = BENCH_T0 + samples_each * 60 + 300;
        for (size_t i = 0; i < f->n_series; i += reply_series) {
                batch_clear(b);
                b->collected_at_s = now_s;
                b->settled_before_s = now_s - 120;
                for (size_t k = i; k < i + reply_series && k < f->n_series; k++) {
                        for (int64_t n = 0; n < samples_each; n++)
                                batch_add_point(b, f->ids[k], BENCH_T0 + n * 60,
                                                course_next(&f->courses[k], (int)(k % SERIES_EACH)));
                        batch_add_reading(b, f->ids[k], BENCH_T0, BENCH_T0 + samples_each * 60);
                }
                put(f, b);
                maintain(f, now_s);
        }
}

static void steady_state(const char *path, size_t n_applications, int64_t days) {
        struct fleet f = {0};
        struct err err = {0};
        SCOPED(batch_done) struct batch b = {0};
        printf("%zu applications, %zu series, %" PRId64 " days, a poll a minute\n", n_applications,
               n_applications * SERIES_EACH, days);
        open_fleet(&f, path, n_applications);
        put_applications(&f);
        struct io io_before = read_io();
        double cpu = bench_clock_s(CLOCK_PROCESS_CPUTIME_ID), worst_call_ms = 0;
        while (f.minute < days * DAY_MINUTES)
                poll_all(&f, &b);
        cpu = bench_clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        struct io io = read_io();
        report_say("samples stored", (double)f.n_samples / 1e6, "million");
        report_say("CPU of one poll and its share of folding", cpu / (double)f.minute * 1e3, "ms");
        report_say("CPU for each sample", cpu / (double)f.n_samples * 1e9, "ns");
        report_bar("written in all (write calls)", (double)(io.wchar - io_before.wchar) / (double)f.n_samples,
                   "B/sample", BAR_WRITTEN);
        report_bar("written in all (to the disk)",
                   (double)(io.write_bytes - io_before.write_bytes) / (double)f.n_samples, "B/sample", BAR_WRITTEN);
        bar_worst("longest store_put", &f.put);
        bar_worst("longest store_maintain (a slice of folding, packing)", &f.maintain);
        report_say("all days of one series from the store, median", read_median(&f, 0, &worst_call_ms), "ms");
        report_say("  by 5 minutes", read_median(&f, 300, &worst_call_ms), "ms");
        report_say("  by hours", read_median(&f, 3600, &worst_call_ms), "ms");
        report_bar("longest store_cursor_next", worst_call_ms, "ms", BAR_BLOCK_MS);
        say_windows(&f);
        report_bar("resident memory, at the most", memory_mib("VmHWM"), "MiB",
                   n_applications <= 1000 ? BAR_MEMORY_MIB : 256);
        double from = bench_clock_s(CLOCK_MONOTONIC);
        store_free(f.store);
        bench_must(store_open(path, &f.store, NULL, &err) == 0, err.text, NULL);
        report_say("closing and opening again", (bench_clock_s(CLOCK_MONOTONIC) - from) * 1e3, "ms");
        /* The day after: everything is packed. */
        maintain(&f, BENCH_T0 + (days + 1) * 86400);
        store_free(f.store);
        say_disk(path, (double)f.n_samples);
        close_fleet(&f);
}

/* Ten times the fleet, polled whole once: five samples of each series. */
static void whole_poll(const char *path, size_t n_applications, int64_t samples_each) {
        struct fleet f = {0};
        SCOPED(batch_done) struct batch b = {0};
        open_fleet(&f, path, n_applications);
        printf("%zu applications polled whole: %zu points, %d series a reply\n", n_applications,
               f.n_series * (size_t)samples_each, REPLY_SERIES);
        double cpu = bench_clock_s(CLOCK_PROCESS_CPUTIME_ID);
        put_history(&f, &b, REPLY_SERIES, samples_each);
        report_bar("CPU", bench_clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu, "s", 2);
        maintain(&f, BENCH_T0 + 86400 * 2);
        report_bar("resident memory, at the most", memory_mib("VmHWM"), "MiB", 256);
        store_free(f.store);
        close_fleet(&f);
}

/* A first start: replies as large as CloudWatch gives them. */
static void backfill(const char *path, size_t n_applications, int64_t samples_each) {
        struct fleet f = {0};
        SCOPED(batch_done) struct batch b = {0};
        open_fleet(&f, path, n_applications);
        printf("%" PRId64 " samples appended to each of %zu series, %d points a reply\n", samples_each, f.n_series,
               REPLY_POINTS);
        put_history(&f, &b, REPLY_POINTS / (size_t)samples_each, samples_each);
        bar_worst("longest store_put", &f.put);
        bar_worst("longest store_maintain", &f.maintain);
        report_bar("resident memory, at the most", memory_mib("VmHWM"), "MiB", BAR_MEMORY_MIB);
        store_free(f.store);
        close_fleet(&f);
}

/* After all: the days before the last one are forgotten. */
static void retention(const char *path, size_t n_applications, int64_t days) {
        struct fleet f = {.minute = days * DAY_MINUTES};
        open_fleet(&f, path, n_applications);
        retain(&f);
        bar_worst("longest store_retain (a slice of retention)", &f.retain);
        store_free(f.store);
        close_fleet(&f);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where) {
        (void)st;
        (void)kind;
        (void)where;
        return remove(path);
}

/* Each part in a process of its own, whose memory is its own. False when it missed a bar. */
static bool in_child(const char *folder, const char *name, void (*part)(const char *path, size_t a, int64_t b),
                     size_t a, int64_t b) {
        char path[256];
        int status = 0;
        snprintf(path, sizeof path, "%s/%s.db", folder, name);
        fflush(stdout);
        pid_t pid = fork();
        bench_must(pid >= 0, "fork", NULL);
        if (pid == 0) {
                part(path, a, b);
                exit(report_is_missed());
        }
        waitpid(pid, &status, 0);
        return status == 0;
}

int main(int argc, char **argv) {
        size_t n_applications = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
        int64_t days = argc > 2 ? (int64_t)strtoul(argv[2], NULL, 10) : 14;
        const char *temporary = getenv("TMPDIR");
        char folder[200];
        snprintf(folder, sizeof folder, "%s/flinkwatch-bench-XXXXXX", temporary ? temporary : "/tmp");
        bench_must(mkdtemp(folder) != NULL, "mkdtemp", NULL);
        report_machine(folder);
        bool is_met = in_child(folder, "fleet", steady_state, n_applications, days);
        is_met &= in_child(folder, "fleet", bench_socket, n_applications, days);
        is_met &= in_child(folder, "fleet", retention, n_applications, days);
        is_met &= in_child(folder, "long", bench_long_history, 1, LONG_DAYS);
        is_met &= in_child(folder, "backfill", backfill, n_applications, BACKFILL_SAMPLES);
        is_met &= in_child(folder, "first", backfill, 20, 15 * DAY_MINUTES);
        is_met &= in_child(folder, "whole", whole_poll, n_applications * 10, 5);
        is_met &= in_child(folder, "kill", bench_kills, KILLS, 0);
        say_five_minutes();
        nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
        return !is_met;
}
