/* SPDX-License-Identifier: Apache-2.0 */
/* One question to the daemon over its socket, and the answer. Blocks, with time limits. */
#pragma once

#include "util/buf.h"
#include "util/err.h"

struct cJSON;

enum exit_code { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_UNREACHABLE = 3 };

struct answer {
        struct buf line;         /* as it came */
        struct cJSON *result;    /* parsed */
        struct span result_text; /* the same within the line: numbers keep all their digits */
};

void answer_done(struct answer *a);

/* Told of each object in a result that is an array, as soon as it has come; the text is borrowed. */
struct client_listener {
        void (*element)(void *arg, struct span text); /* may be NULL */
        void *arg;
        bool is_patient; /* the answer may be as long in coming as it likes */
};

/* Calls `method` with `params` (taken, also when it fails; NULL: none). EXIT_DONE: *ret is filled, for answer_done; EXIT_FAILED: the daemon
 * refused; EXIT_UNREACHABLE: no answer. The reason is in *reterr. */
enum exit_code client_call(const char *path, const char *method, struct cJSON *params, struct answer *ret,
                           struct err *reterr);
/* The same; `listener` hears of the answer while it comes. */
enum exit_code client_listen(const char *path, const char *method, struct cJSON *params,
                             const struct client_listener *listener, struct answer *ret, struct err *reterr);

SCOPED_DEFINE_VALUE(struct answer, answer_done)
