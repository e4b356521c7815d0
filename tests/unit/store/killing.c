/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/killing.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store.h"

enum {
        T0 = 1767225600,
        SERIES = 96,
        STEP = 10,
        KEPT_S = 3 * 86400,
        CORRECTED_AFTER = 700,
        SERIES_CHECKED = 6,
        PUTS_MAX = 30, /* before a process is killed */
        MOMENT_SPINS = 400000,
};

struct round {
        struct killing *killing;
        const char *path;
        volatile int *phase; /* shared with the process that is to be killed */
        int64_t told;        /* first minute of the last step that was reported stored, -1: none */
        unsigned seed;
};

static int fault(struct killing *k, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fault(struct killing *k, const char *format, ...) {
        va_list args;
        va_start(args, format);
        vsnprintf(k->fault, sizeof k->fault, format, args);
        va_end(args);
        return -1;
}

/* What minute m of a series is, and what it is once it was corrected. */
static double value_at(size_t series, int64_t minute, bool is_corrected) {
        double plain = series % 3 == 0   ? 0
                       : series % 3 == 1 ? (double)(minute * 7919 % 10007) / 100
                                         : (double)minute / 3;
        return is_corrected ? plain + 0.5 : plain;
}

static size_t corrected_series(int64_t minute) {
        return (size_t)(minute % SERIES);
}

static int make_all(struct store *s, int64_t ids[SERIES]) {
        int r = 0;
        for (size_t i = 0; i < SERIES && r == 0; i++) {
                char name[32];
                snprintf(name, sizeof name, "metric%zu", i);
                struct series_key key = {"prod", "orders", name, "Maximum", ""};
                r = store_series(s, &key, &ids[i]);
        }
        return r;
}

/* Ten minutes of all series, and corrections of some that were long ago. */
static int put_step(struct store *s, const int64_t ids[SERIES], int64_t first) {
        int64_t end_s = T0 + (first + STEP) * 60;
        SCOPED(batch_done) struct batch b = {.collected_at_s = end_s, .settled_before_s = end_s};
        for (size_t i = 0; i < SERIES; i++) {
                for (int64_t m = first; m < first + STEP; m++)
                        batch_add_point(&b, ids[i], T0 + m * 60, value_at(i, m, false));
                batch_add_reading(&b, ids[i], T0 + first * 60, end_s);
        }
        for (int64_t m = first - CORRECTED_AFTER; m < first - CORRECTED_AFTER + STEP; m++)
                if (m >= 0)
                        batch_add_point(&b, ids[corrected_series(m)], T0 + m * 60,
                                        value_at(corrected_series(m), m, true));
        return store_put(s, &b);
}

/* Never ends by itself, but for a failure. */
static void live(const struct round *round, int tell) {
        struct store *s = NULL;
        int64_t ids[SERIES];
        struct sample newest;
        unsigned seed = round->seed;
        if (store_open(round->path, &s, NULL, NULL) < 0 || make_all(s, ids) < 0)
                _exit(9);
        int64_t first = store_newest(s, ids[0], &newest) == 0 ? (newest.at_s - T0) / 60 + 1 : 0;
        for (;; first += STEP) {
                int64_t now_s = T0 + (first + STEP) * 60;
                *round->phase = KILL_APPENDING;
                if (put_step(s, ids, first) < 0)
                        _exit(8);
                if (write(tell, &first, sizeof first) != sizeof first)
                        _exit(7);
                *round->phase = KILL_FOLDING;
                for (int n = rand_r(&seed) % 12; n > 0 && store_maintain(s, now_s) == 1; n--)
                        ;
                *round->phase = KILL_RETENTION;
                for (int n = rand_r(&seed) % 3; n > 0; n--)
                        if (store_retain(s, now_s - KEPT_S) < 0)
                                _exit(6);
        }
}

/* A random moment of that phase; gives up when the process does not come to it. */
static void await(const struct round *round, int phase, unsigned *seed) {
        for (int n = 0; *round->phase != phase && n < 100 * MOMENT_SPINS; n++)
                ;
        int spins = rand_r(seed) % (phase == KILL_RETENTION ? MOMENT_SPINS / 100 : MOMENT_SPINS);
        for (volatile int spin = spins; spin > 0; spin--)
                ;
}

static int kill_one(struct round *round) {
        int ends[2], status;
        int64_t told;
        unsigned seed = round->seed * 31 + 7;
        if (pipe(ends) < 0)
                return fault(round->killing, "no pipe");
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0) {
                close(ends[0]);
                live(round, ends[1]);
        }
        close(ends[1]);
        for (int n = 1 + rand_r(&seed) % PUTS_MAX; n > 0 && read(ends[0], &told, sizeof told) == sizeof told; n--)
                round->told = told;
        await(round, rand_r(&seed) % KILL_PHASES, &seed);
        kill(pid, SIGKILL);
        while (read(ends[0], &told, sizeof told) == sizeof told)
                round->told = told;
        close(ends[0]);
        if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
                return fault(round->killing, "the process ended by itself: its store failed");
        round->killing->n_kills[*round->phase]++;
        return 0;
}

/* The step after the last one that was told may be there, too. */
static bool is_right(const struct round *round, size_t series, int64_t m, double value) {
        int64_t step = (m + CORRECTED_AFTER) / STEP * STEP;
        bool may_be_plain = corrected_series(m) != series || step > round->told;
        bool may_be_corrected = corrected_series(m) == series && step <= round->told + STEP;
        return (may_be_plain && value == value_at(series, m, false)) ||
               (may_be_corrected && value == value_at(series, m, true));
}

static int check_series(struct round *round, struct store *s, size_t series, int64_t id) {
        SCOPED(store_cursor_free) struct store_cursor *c = NULL;
        struct sample samples[1000];
        int64_t m = round->told - KEPT_S / 60 + STEP, end = round->told + STEP;
        size_t n = 1;
        m = m > 0 ? m : 0;
        if (store_samples(s, id, T0 + m * 60, T0 + end * 60, 0, &c) < 0)
                return fault(round->killing, "%s", store_error(s));
        while (n > 0) {
                if (store_cursor_next(c, samples, ELEMENTS(samples), &n) < 0)
                        return fault(round->killing, "%s", store_error(s));
                for (size_t i = 0; i < n; i++, m++)
                        if (samples[i].at_s != T0 + m * 60 || !is_right(round, series, m, samples[i].value))
                                return fault(round->killing, "series %zu: minute %d is lost or wrong", series, (int)m);
                round->killing->n_checked += (int64_t)n;
        }
        return m == end ? 0 : fault(round->killing, "series %zu: all from minute %d on is lost", series, (int)m);
}

static int check_integrity(struct round *round) {
        sqlite3 *raw = NULL;
        sqlite3_stmt *row = NULL;
        bool is_good = sqlite3_open(round->path, &raw) == SQLITE_OK &&
                       sqlite3_prepare_v2(raw, "PRAGMA integrity_check", -1, &row, NULL) == SQLITE_OK &&
                       sqlite3_step(row) == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(row, 0), "ok") == 0;
        sqlite3_finalize(row);
        sqlite3_close(raw);
        return is_good ? 0 : fault(round->killing, "integrity_check is not content");
}

static int check_all(struct round *round) {
        SCOPED(store_free) struct store *s = NULL;
        struct err err = {0};
        int64_t ids[SERIES], until_s;
        bool was_moved = false;
        unsigned seed = round->seed;
        if (round->told < 0)
                return 0;
        if (store_open(round->path, &s, &was_moved, &err) < 0 || was_moved)
                return fault(round->killing, "the store does not open: %s", was_moved ? "moved aside" : err.text);
        if (make_all(s, ids) < 0)
                return fault(round->killing, "%s", store_error(s));
        for (int k = 0; k < SERIES_CHECKED; k++) {
                size_t i = (size_t)rand_r(&seed) % SERIES;
                if (check_series(round, s, i, ids[i]) < 0)
                        return -1;
                if (store_read_until(s, ids[i], &until_s) < 0 || until_s < T0 + (round->told + STEP) * 60)
                        return fault(round->killing, "series %zu: read_until went back", i);
        }
        if (store_unreadable(s) > 0)
                return fault(round->killing, "pieces of history are damaged");
        store_free(TAKE(s));
        return check_integrity(round);
}

int killing_run(const char *path, int n, unsigned seed, struct killing *ret) {
        volatile int *phase = mmap(NULL, sizeof *phase, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        *ret = (struct killing){0};
        if (phase == MAP_FAILED)
                return fault(ret, "no shared memory");
        struct round round = {.killing = ret, .path = path, .phase = phase, .told = -1};
        int r = 0;
        for (int i = 0; i < n && r == 0; i++) {
                round.seed = seed + (unsigned)i;
                r = kill_one(&round);
                if (r == 0)
                        r = check_all(&round);
        }
        ret->n_minutes = round.told + STEP;
        munmap((void *)phase, sizeof *phase);
        return r;
}
