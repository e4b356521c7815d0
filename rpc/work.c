/* SPDX-License-Identifier: Apache-2.0 */
/* Methods whose answer takes a while: the daemon works, the answer is an array that grows as it does. */
#include <errno.h>

#include "rpc/method.h"

enum { WORK_TARGET };
static const struct rpc_param params[] = {
        [WORK_TARGET] = {"target", RPC_KIND_TEXT, false},
        {0},
};

struct state {
        struct rpc_work *work;
        bool has_begun;
};

static void state_free(void *state) {
        struct state *s = state;
        if (s->work)
                s->work->free(s->work);
        free(s);
}

static int start(struct rpc_question *q, const char *name, void **ret_state) {
        const struct rpc_actions *actions = q->host->actions;
        struct err reason = {0};
        struct state *s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;
        *ret_state = s;
        int r = actions->begin(actions->arg, name, q->values[WORK_TARGET].text, q->wake, q->waiter, &s->work, &reason);
        if (r < 0)
                return rpc_fail(q, r == -ENOENT ? RPC_ERROR_NOT_FOUND : RPC_ERROR_FAILED, "%s",
                                reason.text[0] ? reason.text : "out of memory");
        return 0;
}

static int step(struct rpc_question *q, void *state, struct jsonw *w) {
        struct state *s = state;
        (void)q;
        if (!s->has_begun)
                jsonw_array(w);
        s->has_begun = true;
        int r = s->work->next(s->work, w);
        if (r == 0)
                jsonw_array_end(w);
        return r;
}

static int doctor_start(struct rpc_question *q, void **ret_state) {
        return start(q, rpc_doctor.name, ret_state);
}

static int iam_policy_start(struct rpc_question *q, void **ret_state) {
        return start(q, rpc_iam_policy.name, ret_state);
}

const struct rpc_method rpc_doctor = {"doctor", RPC_READ, params, doctor_start, step, state_free};
const struct rpc_method rpc_iam_policy = {"iam-policy", RPC_READ, params, iam_policy_start, step, state_free};
