/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/task.h"

#include <errno.h>

#include "util/text.h"

/* Points that one turn of the loop stores, a few milliseconds; a page of a backfill has six times as many. */
enum { SLICE_POINTS = 16384, TURN_MS = 10 };

struct task {
        struct task_job job;
        struct store *store;
        struct loop *loop;
        struct exchange_run *run; /* NULL: it is over */
        void *state;
        struct batch batch;
        size_t n_kept; /* of its points, in slices */
        struct timer slice;
        bool is_put_off;
        char operation[80]; /* that was asked for last */
        int failed;         /* to store */
        int result;
        struct err err;
};

static void release(struct task *t) {
        timer_stop(&t->slice);
        if (t->state)
                t->job.collector->free(t->state);
        batch_done(&t->batch);
        free(t);
}

static void finish(struct task *t) {
        struct task_job job = t->job;
        int result = t->result < 0 ? t->result : t->failed;
        struct err err = t->err;
        release(t);
        job.done(job.arg, result, &err);
}

static int put(struct task *t, const struct batch *b) {
        int r = store_put(t->store, b);
        if (r < 0) {
                t->failed = r;
                if (t->result == 0)
                        err_set(&t->err, r, "%s: the answer could not be stored: %s", t->operation,
                                store_error(t->store));
        }
        return r;
}

/* Stores what is left of the batch, and how far the series were read: only when all before it is stored. */
static int keep_rest(struct task *t) {
        struct batch rest = t->batch;
        rest.points = rest.points ? rest.points + t->n_kept : NULL;
        rest.n_points -= t->n_kept;
        if (t->job.is_aside)
                rest.n_readings = 0;
        int r = put(t, &rest);
        if (r == 0 && t->job.seen)
                t->job.seen(t->job.arg, &t->batch);
        t->n_kept = 0;
        batch_clear(&t->batch);
        return r;
}

static int keep_slice(struct task *t) {
        struct batch slice = {.collected_at_s = t->batch.collected_at_s,
                              .settled_before_s = t->batch.settled_before_s,
                              .points = t->batch.points + t->n_kept,
                              .n_points = SLICE_POINTS};
        t->n_kept += SLICE_POINTS;
        int r = put(t, &slice);
        if (r < 0) {
                t->n_kept = 0;
                batch_clear(&t->batch);
        }
        return r;
}

static void on_slice(void *arg) {
        struct task *t = arg;
        bool has_more = true;
        /* Somebody else has had much of this turn: but not twice in a row. */
        t->is_put_off = !t->is_put_off && loop_turn_ms(t->loop) >= TURN_MS;
        if (!t->is_put_off) {
                has_more = t->batch.n_points - t->n_kept > SLICE_POINTS && keep_slice(t) == 0;
                if (!has_more && t->failed == 0)
                        keep_rest(t);
        }
        if (has_more)
                timer_start(&t->slice, t->loop, 0, on_slice, t);
        else if (!t->run)
                finish(t);
}

static int step(void *arg, const struct http_reply *reply, struct http_request *ret_request, struct err *reterr) {
        struct task *t = arg;
        /* Points are missing: what comes after them must not count as read. */
        if (t->failed < 0)
                return err_set(reterr, t->failed, "%s", t->err.text);
        t->batch.collected_at_s = t->job.collect.now_s;
        int r = t->job.collector->step(t->state, reply, ret_request, &t->batch, reterr);
        if (reply && !timer_is_running(&t->slice)) {
                if (t->batch.n_points > SLICE_POINTS)
                        timer_start(&t->slice, t->loop, 0, on_slice, t);
                else
                        keep_rest(t);
        }
        if (r >= 0 && t->failed < 0)
                return err_set(reterr, t->failed, "%s", t->err.text);
        if (r == STEP_SEND && reply && t->job.asks_again)
                t->job.asks_again(t->job.arg);
        if (r == STEP_SEND)
                text_copy(t->operation, sizeof t->operation, ret_request->operation);
        return r;
}

static void done(void *arg, int result, const struct err *err) {
        struct task *t = arg;
        t->run = NULL;
        t->result = result;
        t->err = *err;
        if (!timer_is_running(&t->slice))
                finish(t);
}

int task_start(struct exchange *x, struct client *client, struct store *store, const struct task_job *job,
               struct task **ret) {
        struct task *t = calloc(1, sizeof *t);
        if (!t)
                return -ENOMEM;
        t->job = *job;
        t->store = store;
        t->loop = exchange_loop(x);
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
        if (t->run)
                exchange_cancel(t->run);
        release(t);
}
