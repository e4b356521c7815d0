/* SPDX-License-Identifier: Apache-2.0 */
/* What the daemon's tests share: a loop that does not run for ever, folders that vanish, what was logged. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/loop.h"
#include "util/buf.h"

/* A loop whose signals are counted. */
struct bench {
        struct loop *loop;
        int n_stops, n_reloads;
        char directory[64];
        int saved_stderr;
};

/* As cmocka's setup and teardown: *state is a struct bench with a loop and an empty folder. */
int bench_setup(void **state);
int bench_teardown(void **state);

/* Turns the loop until *is_done; fails the test after 20 s. */
void bench_run(struct bench *b, const bool *is_done);
/* Turns the loop for that long. */
void bench_run_ms(struct bench *b, int64_t ms);

/* Between the two, what is written to stderr goes into a file; the text is the caller's to free. */
void bench_listen(struct bench *b);
char *bench_heard(struct bench *b);

/* DIRECTORY/name, valid until the next call but three. */
const char *bench_path(const struct bench *b, const char *name);
void bench_write(const struct bench *b, const char *name, const char *text);
/* Open descriptors of this process. */
size_t count_descriptors(void);
size_t count_lines(const char *text, const char *needle);
