/* SPDX-License-Identifier: Apache-2.0 */
/* Drives a collector from files and texts. Replies are handed over in blocks of their exact size, so that reading beyond them shows. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collectors/collectors.h"

struct run {
        const struct collector *collector;
        void *state;
        struct http_request request; /* what the last step asked to send */
        struct batch batch;
        struct err err;
};

/* tests/data/PATH, to be freed. */
struct buf data_read(const char *path);

/* Starts the collector and takes its first step. The job is borrowed until run_done. */
int run_begin(struct run *run, const struct collector *collector, const struct collect_job *job);
int run_text(struct run *run, struct span body);
int run_file(struct run *run, const char *path);
void run_done(struct run *run);

/* Value of a header of the request, "" when absent. */
const char *run_header(const struct run *run, const char *name);
void assert_body(const struct run *run, const char *expected);
void assert_text_in(const char *text, const char *part);

/* Calls `check` with variations of the JSON file: each member at any depth absent, null, of another type, or an unknown text; unknown
 * members added; numbers as decimals and with exponents. `what` names the variation. */
void each_variation(const char *path, void (*check)(struct span body, const char *what, void *context), void *context);
