/* SPDX-License-Identifier: Apache-2.0 */
/* Methods whose answer takes a while: the daemon works, the answer is an array that grows as it does. */
#include <errno.h>

#include "rpc/method.h"

enum { TARGET, APP, SINCE, CONFIG, CONFIG_PATH };
static const struct rpc_param params[] = {[TARGET] = {"target", RPC_KIND_TEXT, false}, {0}};
static const struct rpc_param backtest_params[] = {
        [TARGET] = {"target", RPC_KIND_TEXT, false},           [APP] = {"app", RPC_KIND_TEXT, false},
        [SINCE] = {"since", RPC_KIND_INSTANT, false},          [CONFIG] = {"config", RPC_KIND_TEXT, false},
        [CONFIG_PATH] = {"config_path", RPC_KIND_TEXT, false}, {0},
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

static int start(struct rpc_question *q, const struct rpc_order *order, void **ret_state) {
        const struct rpc_actions *actions = q->host->actions;
        struct err reason = {0};
        struct state *s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;
        *ret_state = s;
        int r = actions->begin(actions->arg, order, &s->work, &reason);
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

static int start_for_target(struct rpc_question *q, const char *work, void **ret_state) {
        struct rpc_order order = {.work = work, .target = q->values[TARGET].text, .wake = q->wake, .waiter = q->waiter};
        return start(q, &order, ret_state);
}

static int doctor_start(struct rpc_question *q, void **ret_state) {
        return start_for_target(q, "doctor", ret_state);
}

static int iam_policy_start(struct rpc_question *q, void **ret_state) {
        return start_for_target(q, "iam-policy", ret_state);
}

static int backtest_start(struct rpc_question *q, void **ret_state) {
        const struct rpc_value *v = q->values;
        struct rpc_order order = {.work = "backtest",
                                  .target = v[TARGET].text,
                                  .application = v[APP].text,
                                  .since_s = v[SINCE].is_given ? q->now_s - v[SINCE].number : 0,
                                  .config = v[CONFIG].text,
                                  .config_path = v[CONFIG_PATH].text,
                                  .wake = q->wake,
                                  .waiter = q->waiter};
        if (v[SINCE].is_given && order.since_s <= 0)
                return rpc_fail(q, RPC_ERROR_PARAMS, "since must be in the past");
        return start(q, &order, ret_state);
}

const struct rpc_method rpc_backtest = {"backtest", RPC_READ, backtest_params, backtest_start, step, state_free};
const struct rpc_method rpc_doctor = {"doctor", RPC_READ, params, doctor_start, step, state_free};
const struct rpc_method rpc_iam_policy = {"iam-policy", RPC_READ, params, iam_policy_start, step, state_free};

enum { EXPLAIN_APP, EXPLAIN_SINCE, EXPLAIN_TARGET };
static const struct rpc_param explain_params[] = {
        [EXPLAIN_APP] = {"app", RPC_KIND_TEXT, true},
        [EXPLAIN_SINCE] = {"since", RPC_KIND_DURATION, false},
        [EXPLAIN_TARGET] = {"target", RPC_KIND_TEXT, false},
        {0},
};

static int explain_start(struct rpc_question *q, void **ret_state) {
        SCOPED(free) char *target = NULL;
        const char *application = q->values[EXPLAIN_APP].text;
        int r = rpc_find_target(q, q->values[EXPLAIN_TARGET].text, application, &target);
        if (r < 0)
                return r;
        struct rpc_order order = {.work = "explain",
                                  .target = target,
                                  .application = application,
                                  .since_s = q->values[EXPLAIN_SINCE].number,
                                  .wake = q->wake,
                                  .waiter = q->waiter};
        return start(q, &order, ret_state);
}

const struct rpc_method rpc_explain = {"explain", RPC_READ, explain_params, explain_start, step, state_free};
