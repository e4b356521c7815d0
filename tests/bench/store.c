/* SPDX-License-Identifier: Apache-2.0 */
/* The store at fleet scale: bytes on disk and written, how long one call takes, how long a question takes, memory.
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
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store/rollup.h"
#include "store/store.h"
#include "store/values.h"
#include "util/scope.h"

enum { SERIES_EACH = 25, REPLY_SERIES = 500, T0 = 1767225600, DAY_MINUTES = 1440 };
enum { BAR_WRITTEN = 32, BAR_CALL_MS = 50, BAR_READ_MS = 5 };
static const double bar_stored = 1.7;

static bool is_failed;

static double clock_s(clockid_t id) {
        struct timespec t;
        clock_gettime(id, &t);
        return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void check(bool ok, const char *what, const struct store *s) {
        if (ok)
                return;
        fprintf(stderr, "store: %s failed%s%s\n", what, s ? ": " : "", s ? store_error(s) : "");
        exit(1);
}

static void bar(const char *what, double figure, const char *unit, double at_most) {
        bool is_met = figure <= at_most;
        printf("  %-52s %10.3f %-8s (bar %g: %s)\n", what, figure, unit, at_most, is_met ? "met" : "MISSED");
        is_failed = is_failed || !is_met;
}

static void say(const char *what, double figure, const char *unit) {
        printf("  %-52s %10.3f %s\n", what, figure, unit);
}

/* How one series goes on. */
struct course {
        uint64_t seed;
        double value, level;
        double before[2]; /* the last two samples */
};

static double any(struct course *c) {
        c->seed ^= c->seed << 13;
        c->seed ^= c->seed >> 7;
        c->seed ^= c->seed << 17;
        return (double)(c->seed * 0x2545f4914f6cdd1d >> 11) / 9007199254740992.0;
}

/* About normal: the sum of four. */
static double noise(struct course *c) {
        return (any(c) + any(c) + any(c) + any(c) - 2) * 1.732;
}

static double next_value(struct course *c, int kind) {
        if (kind < 6)
                return any(c) < 0.01 ? floor(any(c) * 20) : 0;
        if (kind == 6)
                return c->value += any(c) < 0.002;
        if (kind < 9)
                return c->value += floor(any(c) * (kind == 7 ? 60 : 1000));
        if (kind < 13)
                return any(c) < 0.005 ? c->value = floor(any(c) * 64) : c->value;
        if (kind < 19) {
                c->level += noise(c) * 0.3;
                c->level = fmin(fmax(c->level, 10), 90);
                return round((c->level + noise(c) * 3) * 100) / 100;
        }
        if (kind < 22)
                return floor(40000 + noise(c) * 2500);
        return 1000 + noise(c) * 300;
}

struct fleet {
        struct store *store;
        size_t n_series;
        int64_t *ids;
        struct course *courses;
        int64_t minute;
        double worst_put_ms, worst_maintain_ms;
        int64_t n_samples, n_puts, n_steps;
};

static void make_series(struct fleet *f, size_t n_applications) {
        f->n_series = n_applications * SERIES_EACH;
        f->ids = calloc(f->n_series, sizeof *f->ids);
        f->courses = calloc(f->n_series, sizeof *f->courses);
        check(f->ids && f->courses, "memory", NULL);
        for (size_t i = 0; i < f->n_series; i++) {
                char application[48];
                const struct metric *m = &metrics[i % SERIES_EACH];
                snprintf(application, sizeof application, "payments-application-%zu", i / SERIES_EACH);
                struct series_key key = {"prod-eu", application, m->name, m->statistic, ""};
                check(store_series(f->store, &key, &f->ids[i]) == 0, "store_series", f->store);
                f->courses[i] = (struct course){.seed = i * 0x9e3779b97f4a7c15 + 1, .level = 50};
        }
}

static void maintain(struct fleet *f, int64_t now_s) {
        int r;
        do {
                double from = clock_s(CLOCK_MONOTONIC);
                r = store_maintain(f->store, now_s);
                f->worst_maintain_ms = fmax(f->worst_maintain_ms, (clock_s(CLOCK_MONOTONIC) - from) * 1e3);
                f->n_steps++;
                check(r >= 0, "store_maintain", f->store);
        } while (r == 1);
}

static void add_points(struct fleet *f, struct batch *b, size_t i, int64_t at_s) {
        struct course *c = &f->courses[i];
        double value = next_value(c, (int)(i % SERIES_EACH));
        if (f->minute > 1)
                batch_add_point(b, f->ids[i], at_s - 120, c->before[0]);
        if (f->minute > 0)
                batch_add_point(b, f->ids[i], at_s - 60, c->before[1]);
        batch_add_point(b, f->ids[i], at_s, value);
        batch_add_reading(b, f->ids[i], f->minute > 1 ? at_s - 120 : T0, at_s + 60);
        c->before[0] = c->before[1];
        c->before[1] = value;
        f->n_samples++;
}

/* One minute of the fleet. */
static void poll_all(struct fleet *f, struct batch *b) {
        int64_t at_s = T0 + f->minute * 60, now_s = at_s + 60 + 7;
        for (size_t i = 0; i < f->n_series; i += REPLY_SERIES) {
                batch_clear(b);
                b->collected_at_s = now_s;
                b->settled_before_s = now_s - 120;
                for (size_t k = i; k < i + REPLY_SERIES && k < f->n_series; k++)
                        add_points(f, b, k, at_s);
                double from = clock_s(CLOCK_MONOTONIC);
                check(store_put(f->store, b) == 0, "store_put", f->store);
                f->worst_put_ms = fmax(f->worst_put_ms, (clock_s(CLOCK_MONOTONIC) - from) * 1e3);
                f->n_puts++;
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
                double from = clock_s(CLOCK_MONOTONIC);
                check(store_samples(f->store, f->ids[i], T0, T0 + f->minute * 60, step_s, &c) == 0, "store_samples",
                      f->store);
                while (n > 0) {
                        double call = clock_s(CLOCK_MONOTONIC);
                        check(store_cursor_next(c, samples, ELEMENTS(samples), &n) == 0, "store_cursor_next", f->store);
                        *ret_worst_call_ms = fmax(*ret_worst_call_ms, (clock_s(CLOCK_MONOTONIC) - call) * 1e3);
                        total += n;
                }
                times[k] = (clock_s(CLOCK_MONOTONIC) - from) * 1e3;
                check(step_s > 0 || total == (size_t)f->minute, "reading all samples", NULL);
        }
        qsort(times, READS, sizeof *times, by_size);
        return times[READS / 2];
}

static double ask(sqlite3 *db, const char *sql) {
        sqlite3_stmt *row = NULL;
        check(sqlite3_prepare_v2(db, sql, -1, &row, NULL) == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW, sql, NULL);
        double answer = sqlite3_column_double(row, 0);
        sqlite3_finalize(row);
        return answer;
}

/* The whole file, and what in it is not samples that were packed. */
static void say_disk(const char *path, double n_samples) {
        sqlite3 *db;
        check(sqlite3_open(path, &db) == SQLITE_OK, "sqlite3_open", NULL);
        double page = ask(db, "PRAGMA page_size");
        bar("on disk, hours included", ask(db, "PRAGMA page_count") * page / n_samples, "B/sample", bar_stored);
        say("  packed days", ask(db, "SELECT sum(pgsize) FROM dbstat WHERE name = 'day'") / n_samples, "B/sample");
        say("  hours", ask(db, "SELECT sum(pgsize) FROM dbstat WHERE name = 'rollup'") / n_samples, "B/sample");
        say("  free, for the next hours to be folded in", ask(db, "PRAGMA freelist_count") * page / n_samples,
            "B/sample");
        say("  free, for the journal", ask(db, "SELECT sum(pgsize) FROM dbstat WHERE name = 'journal'") / n_samples,
            "B/sample");
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
                                last = next_value(&c, kind);
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
                        check(values_write(&z, ZIP_SMALL, columns[k], DAY_MINUTES / 5, &b) == 0, "values_write", NULL);
                total += (double)b.len;
        }
        zip_done(&z);
        say("a table of five minutes would add (it has none)", total / SERIES_EACH / DAY_MINUTES, "bytes/sample");
}

static void say_windows(struct fleet *f) {
        struct window_need needs[SERIES_EACH];
        size_t n = 0, n_read = 0, n_applications = f->n_series / SERIES_EACH;
        int64_t now_s = T0 + f->minute * 60;
        while (n < SERIES_EACH) {
                needs[n] = (struct window_need){&metrics[n], 6 * 3600};
                n++;
        }
        size_t asked = n_applications < 500 ? n_applications : 500;
        for (size_t i = 0; i < asked; i++) {
                SCOPED(batch_done) struct batch b = {.collected_at_s = now_s};
                char name[48];
                snprintf(name, sizeof name, "payments-application-%zu", i);
                struct application a = {.target = strdup("prod-eu"), .name = strdup(name)};
                check(batch_add_application_take(&b, &a) == 0 && store_put(f->store, &b) == 0, "store_put", f->store);
        }
        double from = clock_s(CLOCK_PROCESS_CPUTIME_ID);
        for (size_t i = 0; i < asked; i++) {
                SCOPED(window_free) struct window *w = NULL;
                char name[48];
                snprintf(name, sizeof name, "payments-application-%zu", i);
                struct window_spec spec = {"prod-eu", name, now_s, now_s - 120, needs, n};
                check(store_read_window(f->store, &spec, &w) == 0, "store_read_window", f->store);
                for (size_t k = 0; k < w->n_series; k++)
                        n_read += w->series[k].n_samples;
        }
        double took = clock_s(CLOCK_PROCESS_CPUTIME_ID) - from;
        say("a window of 6 h x 25 series, for one application", took / (double)asked * 1e6, "us");
        say("  for each of its samples", took / (double)n_read * 1e9, "ns");
}

static void steady_state(const char *path, size_t n_applications, int64_t days) {
        struct fleet f = {0};
        struct err err;
        SCOPED(batch_done) struct batch b = {0};
        check(store_open(path, &f.store, NULL, &err) == 0, err.text, NULL);
        make_series(&f, n_applications);
        printf("%zu applications, %zu series, %" PRId64 " days, a poll a minute\n", n_applications, f.n_series, days);
        struct io io_before = read_io();
        double cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID);
        while (f.minute < days * DAY_MINUTES)
                poll_all(&f, &b);
        cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        struct io io = read_io();
        say("samples stored", (double)f.n_samples / 1e6, "million");
        say("CPU of one poll and its share of folding", cpu / (double)f.minute * 1e3, "ms");
        say("CPU for each sample", cpu / (double)f.n_samples * 1e9, "ns");
        bar("written in all (write calls)", (double)(io.wchar - io_before.wchar) / (double)f.n_samples, "B/sample",
            BAR_WRITTEN);
        bar("written in all (to the disk)", (double)(io.write_bytes - io_before.write_bytes) / (double)f.n_samples,
            "B/sample", BAR_WRITTEN);
        bar("longest store_put", f.worst_put_ms, "ms", BAR_CALL_MS);
        bar("longest store_maintain", f.worst_maintain_ms, "ms", BAR_CALL_MS);
        double worst_call_ms = 0;
        bar("all days of one series, median", read_median(&f, 0, &worst_call_ms), "ms", BAR_READ_MS);
        say("  by hours", read_median(&f, 3600, &worst_call_ms), "ms");
        say("  by 5 minutes", read_median(&f, 300, &worst_call_ms), "ms");
        bar("longest store_cursor_next", worst_call_ms, "ms", BAR_CALL_MS);
        say_windows(&f);
        say("resident memory, at the most", memory_mib("VmHWM"), "MiB");
        double from = clock_s(CLOCK_MONOTONIC);
        store_free(f.store);
        check(store_open(path, &f.store, NULL, &err) == 0, err.text, NULL);
        say("closing and opening again", (clock_s(CLOCK_MONOTONIC) - from) * 1e3, "ms");
        /* The day after: everything is packed. */
        maintain(&f, T0 + (days + 1) * 86400);
        store_free(f.store);
        say_disk(path, (double)f.n_samples);
        free(f.ids);
        free(f.courses);
}

/* Ten times the fleet, polled whole once: five samples of each series. */
static void whole_poll(const char *path, size_t n_applications) {
        enum { POINTS = 5 };
        struct fleet f = {0};
        struct err err;
        SCOPED(batch_done) struct batch b = {0};
        check(store_open(path, &f.store, NULL, &err) == 0, err.text, NULL);
        make_series(&f, n_applications);
        printf("%zu applications polled whole: %zu points, %d series a reply\n", n_applications, f.n_series * POINTS,
               REPLY_SERIES);
        double cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID);
        for (size_t i = 0; i < f.n_series; i += REPLY_SERIES) {
                batch_clear(&b);
                b.collected_at_s = T0 + 600;
                b.settled_before_s = T0 + 480;
                for (size_t k = i; k < i + REPLY_SERIES && k < f.n_series; k++) {
                        for (int64_t n = 0; n < POINTS; n++)
                                batch_add_point(&b, f.ids[k], T0 + n * 60,
                                                next_value(&f.courses[k], (int)(k % SERIES_EACH)));
                        batch_add_reading(&b, f.ids[k], T0, T0 + POINTS * 60);
                }
                check(store_put(f.store, &b) == 0, "store_put", f.store);
        }
        bar("CPU", clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu, "s", 2);
        maintain(&f, T0 + 86400 * 2);
        say("resident memory, at the most", memory_mib("VmHWM"), "MiB");
        store_free(f.store);
        free(f.ids);
        free(f.courses);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where) {
        (void)st;
        (void)kind;
        (void)where;
        return remove(path);
}

/* Each part in a process of its own, whose memory is its own. */
static void in_child(const char *folder, void (*part)(const char *path, size_t a, int64_t b), size_t a, int64_t b) {
        char path[256];
        int status = 0;
        snprintf(path, sizeof path, "%s/%zu.db", folder, a);
        fflush(stdout);
        pid_t pid = fork();
        check(pid >= 0, "fork", NULL);
        if (pid == 0) {
                part(path, a, b);
                exit(is_failed);
        }
        waitpid(pid, &status, 0);
        is_failed = is_failed || status != 0;
}

static void whole_poll_part(const char *path, size_t a, int64_t b) {
        (void)b;
        whole_poll(path, a);
}

int main(int argc, char **argv) {
        size_t n_applications = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
        int64_t days = argc > 2 ? (int64_t)strtoul(argv[2], NULL, 10) : 14;
        const char *temporary = getenv("TMPDIR");
        char folder[200];
        snprintf(folder, sizeof folder, "%s/flinkwatch-bench-XXXXXX", temporary ? temporary : "/tmp");
        check(mkdtemp(folder) != NULL, "mkdtemp", NULL);
        in_child(folder, steady_state, n_applications, days);
        in_child(folder, whole_poll_part, n_applications * 10, 0);
        say_five_minutes();
        nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
        return is_failed;
}
