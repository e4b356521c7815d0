/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/task.h"

#include <errno.h>

struct task {
        struct task_job job;
        struct store *store;
        struct exchange_run *run;
        void *state;
        struct batch batch;
};

static void release(struct task *t) {
        if (t->state)
                t->job.collector->free(t->state);
        batch_done(&t->batch);
        free(t);
}

static int keep(struct task *t, struct err *reterr) {
        if (t->job.is_aside)
                t->batch.n_readings = 0;
        int r = store_put(t->store, &t->batch);
        if (r < 0)
                return err_set(reterr, r, "the answer could not be stored: %s", store_error(t->store));
        if (t->job.seen)
                t->job.seen(t->job.arg, &t->batch);
        batch_clear(&t->batch);
        return 0;
}

static int step(void *arg, const struct http_reply *reply, struct http_request *ret_request, struct err *reterr) {
        struct task *t = arg;
        t->batch.collected_at_s = t->job.collect.now_s;
        int r = t->job.collector->step(t->state, reply, ret_request, &t->batch, reterr);
        int kept = reply ? keep(t, reterr) : 0;
        return r < 0 ? r : kept < 0 ? kept : r;
}

static void done(void *arg, int result, const struct err *err) {
        struct task *t = arg;
        struct task_job job = t->job;
        release(t);
        job.done(job.arg, result, err);
}

int task_start(struct exchange *x, struct client *client, struct store *store, const struct task_job *job,
               struct task **ret) {
        struct task *t = calloc(1, sizeof *t);
        if (!t)
                return -ENOMEM;
        t->job = *job;
        t->store = store;
        int r = job->collector->start(&t->job.collect, &t->state);
        struct exchange_job exchange = {.client = client, .arg = t, .step = step, .done = done, .quota = job->quota};
        if (r == 0)
                r = exchange_start(x, &exchange, &t->run);
        if (r < 0) {
                release(t);
                return r;
        }
        *ret = t;
        return 0;
}

void task_cancel(struct task *t) {
        if (!t)
                return;
        exchange_cancel(t->run);
        release(t);
}
