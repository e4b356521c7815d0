/* SPDX-License-Identifier: Apache-2.0 */
/* GetCallerIdentity: whose keys they are. It needs no permission. */
#include <errno.h>

#include "aws/sts.h"
#include "collectors/collectors.h"

static int identity_start(const struct collect_job *job, void **ret_state) {
        int64_t *now_s = malloc(sizeof *now_s);
        if (!now_s)
                return -ENOMEM;
        *now_s = job->now_s;
        *ret_state = now_s;
        return 0;
}

static int send(struct http_request *ret_request) {
        struct http_request request;
        http_request_init(&request);
        int r = sts_get_caller_identity(&request);
        if (r < 0) {
                http_request_done(&request);
                return r;
        }
        *ret_request = request;
        return STEP_SEND;
}

static int identity_step(void *state, const struct http_reply *reply, struct http_request *ret_request,
                         struct batch *out, struct err *reterr) {
        SCOPED(sts_identity_done) struct sts_identity identity = {0};
        struct err err = {0};
        out->collected_at_s = *(const int64_t *)state;
        if (!reply)
                return send(ret_request);
        int r = sts_read_identity(reply, &identity, &err);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return err_set(reterr, -EPROTO, "%s", err.text);
        return batch_set_identity(out, identity.account, identity.arn);
}

static const char *const actions[] = {NULL};

const struct collector collector_identity = {"identity", actions, identity_start, identity_step, free};
