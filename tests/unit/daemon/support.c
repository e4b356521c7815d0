/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/daemon/support.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <unistd.h>

enum { LIMIT_MS = 20000 };

static void count_stop(void *arg) {
        ((struct bench *)arg)->n_stops++;
}

static void count_reload(void *arg) {
        ((struct bench *)arg)->n_reloads++;
}

int bench_setup(void **state) {
        struct bench *b = calloc(1, sizeof *b);
        struct loop_handlers handlers = {b, count_stop, count_reload};
        if (!b || loop_new(&handlers, &b->loop) < 0)
                return -1;
        b->saved_stderr = -1;
        snprintf(b->directory, sizeof b->directory, "/tmp/flinkwatch-test-XXXXXX");
        *state = b;
        return mkdtemp(b->directory) ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *where) {
        (void)st;
        (void)kind;
        (void)where;
        return remove(path);
}

int bench_teardown(void **state) {
        struct bench *b = *state;
        if (b->saved_stderr >= 0)
                free(bench_heard(b));
        loop_free(b->loop);
        nftw(b->directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
        free(b);
        return 0;
}

static void note_limit(struct ev_loop *ev, ev_timer *w, int events) {
        (void)ev;
        (void)events;
        *(bool *)w->data = true;
}

static void run(struct bench *b, const bool *is_done, int64_t ms, bool is_limit) {
        bool is_over = false;
        ev_timer limit;
        ev_now_update(loop_ev(b->loop));
        ev_timer_init(&limit, note_limit, (double)ms / 1000, 0);
        limit.data = &is_over;
        ev_timer_start(loop_ev(b->loop), &limit);
        while (!*is_done && !is_over)
                ev_run(loop_ev(b->loop), EVRUN_ONCE);
        ev_timer_stop(loop_ev(b->loop), &limit);
        if (is_limit && !*is_done)
                fail_msg("nothing happened within %lld ms", (long long)ms);
}

void bench_run(struct bench *b, const bool *is_done) {
        run(b, is_done, LIMIT_MS, true);
}

void bench_run_ms(struct bench *b, int64_t ms) {
        bool never = false;
        run(b, &never, ms, false);
}

const char *bench_path(const struct bench *b, const char *name) {
        static char paths[4][PATH_MAX];
        static unsigned next;
        char *path = paths[next++ % 4];
        snprintf(path, PATH_MAX, "%s/%s", b->directory, name);
        return path;
}

void bench_write(const struct bench *b, const char *name, const char *text) {
        FILE *file = fopen(bench_path(b, name), "we");
        assert_non_null(file);
        assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
        assert_int_equal(fclose(file), 0);
}

void bench_listen(struct bench *b) {
        assert_int_equal(b->saved_stderr, -1);
        int fd = open(bench_path(b, "stderr"), O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        b->saved_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
        dup2(fd, STDERR_FILENO);
        close(fd);
}

char *bench_heard(struct bench *b) {
        struct buf text = BUF_INIT(1 << 20);
        dup2(b->saved_stderr, STDERR_FILENO);
        close(b->saved_stderr);
        b->saved_stderr = -1;
        FILE *file = fopen(bench_path(b, "stderr"), "re");
        char bytes[4096];
        size_t n;
        while (file && (n = fread(bytes, 1, sizeof bytes, file)) > 0)
                buf_put(&text, bytes, n);
        if (file)
                fclose(file);
        char *whole = buf_steal(&text);
        buf_done(&text);
        return whole;
}

size_t count_descriptors(void) {
        DIR *folder = opendir("/proc/self/fd");
        size_t n = 0;
        while (folder && readdir(folder))
                n++;
        if (folder)
                closedir(folder);
        return n;
}

size_t count_lines(const char *text, const char *needle) {
        size_t n = 0;
        for (const char *at = strstr(text, needle); at; at = strstr(at + strlen(needle), needle))
                n++;
        return n;
}
