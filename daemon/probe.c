/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/probe.h"

#include <errno.h>

struct probe {
        struct probe_job job;
        struct exchange_run *run;
        struct timer timer;
        void *state;
        struct batch batch;
        struct probe_result result;
        size_t n_replies;
};

static void release(struct probe *p) {
        timer_stop(&p->timer);
        if (p->state)
                p->job.collector->free(p->state);
        batch_done(&p->batch);
        free(p);
}

static void note_operation(struct probe *p, const char *operation) {
        struct probe_result *r = &p->result;
        for (size_t i = 0; i < r->n_asked; i++)
                if (strcmp(r->asked[i], operation) == 0)
                        return;
        if (r->n_asked < PROBE_OPERATIONS_MAX)
                r->asked[r->n_asked++] = operation;
}

static int step(void *arg, const struct http_reply *reply, struct http_request *ret_request, struct err *reterr) {
        struct probe *p = arg;
        int r = p->job.collector->step(p->state, reply, ret_request, &p->batch, reterr);
        p->n_replies += reply != NULL;
        if (r == STEP_SEND && p->job.n_replies > 0 && p->n_replies >= p->job.n_replies) {
                http_request_done(ret_request);
                http_request_init(ret_request);
                return 0;
        }
        if (r == STEP_SEND)
                note_operation(p, ret_request->operation);
        return r;
}

static void finish(struct probe *p, int result, const struct err *err) {
        p->run = NULL;
        timer_stop(&p->timer);
        p->result.result = result;
        p->result.err = err;
        p->result.batch = &p->batch;
        p->job.done(p->job.arg, &p->result);
        release(p);
}

static void done(void *arg, int result, const struct err *err) {
        finish(arg, result, err);
}

static void on_timeout(void *arg) {
        struct probe *p = arg;
        struct err err;
        exchange_cancel(p->run);
        const char *operation = p->result.n_asked > 0 ? p->result.asked[p->result.n_asked - 1] : p->job.collector->name;
        err_set(&err, -ETIMEDOUT, "%s: no answer within %d s", operation, PROBE_TIMEOUT_MS / 1000);
        finish(p, -ETIMEDOUT, &err);
}

int probe_start(struct exchange *x, struct client *client, const struct probe_job *job, struct probe **ret) {
        struct probe *p = calloc(1, sizeof *p);
        if (!p)
                return -ENOMEM;
        p->job = *job;
        int r = job->collector->start(&p->job.collect, &p->state);
        struct exchange_job exchange = {.client = client, .arg = p, .step = step, .done = done};
        if (r == 0)
                r = exchange_start(x, &exchange, &p->run);
        if (r < 0) {
                release(p);
                return r;
        }
        timer_start(&p->timer, exchange_loop(x), PROBE_TIMEOUT_MS, on_timeout, p);
        *ret = p;
        return 0;
}

void probe_cancel(struct probe *p) {
        if (!p)
                return;
        exchange_cancel(p->run);
        release(p);
}
