/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "rpc/method.h"

enum { POLL_TARGET, POLL_NOW };
static const struct rpc_param poll_params[] = {
        [POLL_TARGET] = {"target", RPC_KIND_TEXT, false},
        [POLL_NOW] = {"now", RPC_KIND_FLAG, false},
        {0},
};

static int failed(struct rpc_question *q, const struct err *reason) {
        return rpc_fail(q, RPC_ERROR_FAILED, "%s", reason->text[0] ? reason->text : "the daemon could not do it");
}

static int poll_start(struct rpc_question *q, void **ret_state) {
        struct err reason = {0};
        const char *target = q->values[POLL_TARGET].text;
        (void)ret_state;
        int r = rpc_check_target(q, target);
        if (r < 0)
                return r;
        const struct rpc_actions *actions = q->host->actions;
        return actions->poll(actions->arg, target, &reason) < 0 ? failed(q, &reason) : 0;
}

static int poll_step(struct rpc_question *q, void *state, struct jsonw *w) {
        (void)state;
        jsonw_object(w);
        jsonw_member_bool(w, "started", true);
        jsonw_member_string(w, "target", q->values[POLL_TARGET].text);
        jsonw_object_end(w);
        return 0;
}

const struct rpc_method rpc_poll = {"poll", RPC_CHANGE, poll_params, poll_start, poll_step, NULL};

static const struct rpc_param no_params[] = {{0}};

static int reload_start(struct rpc_question *q, void **ret_state) {
        struct err reason = {0};
        const struct rpc_actions *actions = q->host->actions;
        (void)ret_state;
        return actions->reload(actions->arg, &reason) < 0 ? failed(q, &reason) : 0;
}

static int reload_step(struct rpc_question *q, void *state, struct jsonw *w) {
        (void)q;
        (void)state;
        jsonw_object(w);
        jsonw_member_bool(w, "reloaded", true);
        jsonw_object_end(w);
        return 0;
}

const struct rpc_method rpc_reload = {"reload", RPC_CHANGE, no_params, reload_start, reload_step, NULL};
