/* SPDX-License-Identifier: Apache-2.0 */
/* One question to AWS whose answer is looked at and not stored. */
#pragma once

#include "collectors/collectors.h"
#include "daemon/client.h"

enum { PROBE_TIMEOUT_MS = 10 * 1000, PROBE_OPERATIONS_MAX = 4 };

struct probe;

/* `result` as exchange.h has it, -ETIMEDOUT after PROBE_TIMEOUT_MS. `asked` are the operations that were sent, each once; when it failed
 * the last of them did. Everything is borrowed during the call. */
struct probe_result {
        int result;
        const struct err *err;
        const char *asked[PROBE_OPERATIONS_MAX];
        size_t n_asked;
        const struct batch *batch;
};

/* `done` is called once, from the loop; the probe is gone then. What the job points to is borrowed until then. */
struct probe_job {
        const struct collector *collector;
        struct collect_job collect;
        size_t n_replies; /* so many answers are enough; 0: all of them */
        void *arg;
        void (*done)(void *arg, const struct probe_result *result);
};

int probe_start(struct exchange *x, struct client *client, const struct probe_job *job, struct probe **ret);
/* Without calling back; NULL is allowed. */
void probe_cancel(struct probe *p);
