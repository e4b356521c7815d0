/* SPDX-License-Identifier: Apache-2.0 */
/* A role assumed with the keys of another provider: first that one's steps, then one signed call of STS. */
#include <errno.h>
#include <stdlib.h>

#include "aws/error.h"
#include "aws/provider_sts.h"
#include "aws/sigv4.h"

struct assume_role {
        struct provider base;
        struct sts_target target;
        struct provider *source;
        struct aws_keys keys; /* of the source */
        bool is_asking;       /* STS's answer comes next, not the source's */
        int64_t signed_at_s;
        bool is_signed_anew; /* with the time of STS */
};

static int out_of_memory(const struct assume_role *p, struct err *err) {
        return err_set(err, -ENOMEM, "role %.120s: out of memory", p->target.arn);
}

static int ask(struct assume_role *p, int64_t now_s, struct http_request *ret, struct err *err) {
        SCOPED(sigv4_free) struct sigv4 *signer = NULL;
        SCOPED(http_request_done) struct http_request request;
        const struct endpoint *at = &p->target.endpoint;
        const struct sts_role role = sts_target_role(&p->target);
        http_request_init(&request);
        if (sts_assume_role(&role, &request) < 0 || sts_target_address(&p->target, &request) < 0)
                return out_of_memory(p, err);
        int r = sigv4_new(&signer);
        if (r == 0)
                r = sigv4_sign(signer, &p->keys, at->signing_region, "sts", at->host, now_s, &request);
        if (r < 0)
                return err_set(err, r, "role %.120s: the request for it cannot be signed", p->target.arn);
        *ret = request;
        http_request_init(&request);
        p->is_asking = true;
        p->signed_at_s = now_s;
        return STEP_SEND;
}

static int read_answer(struct assume_role *p, const struct http_reply *reply, struct aws_keys *ret_keys,
                       struct err *err) {
        const char *secrets[] = {p->keys.secret_access_key, p->keys.session_token};
        SCOPED(buf_done) struct buf what = BUF_INIT(4096);
        p->is_asking = false;
        buf_printf(&what, "role %.120s", p->target.arn);
        if (reply->status != 200 || reply->fault != HTTP_FAULT_NONE)
                return provider_refused(err, buf_str(&what), reply, secrets, ELEMENTS(secrets));
        int r = sts_read_keys(reply, ret_keys, err);
        if (r < 0)
                err_prefix(err, "%s", buf_str(&what));
        return r;
}

/* The answer's Date has set our clock right by more than what STS tolerates. */
static bool was_skewed(const struct assume_role *p, const struct http_reply *reply, int64_t now_s) {
        struct aws_error e;
        aws_error_parse(reply, &e);
        return !p->is_signed_anew && aws_classify(reply, &e, (now_s - p->signed_at_s) * 1000) == AWS_SKEW;
}

static int step(struct provider *base, const struct http_reply *reply, int64_t now_s, struct http_request *ret_request,
                struct aws_keys *ret_keys, struct err *err) {
        struct assume_role *p = (struct assume_role *)base;
        if (!reply)
                p->is_asking = p->is_signed_anew = false;
        if (p->is_asking && was_skewed(p, reply, now_s)) {
                p->is_signed_anew = true;
                return ask(p, now_s, ret_request, err);
        }
        if (p->is_asking)
                return read_answer(p, reply, ret_keys, err);
        aws_keys_done(&p->keys);
        int r = p->source->class->step(p->source, reply, now_s, ret_request, &p->keys, err);
        return r == 0 ? ask(p, now_s, ret_request, err) : r;
}

static void describe(const struct provider *base, struct buf *out) {
        const struct assume_role *p = (const struct assume_role *)base;
        p->source->class->describe(p->source, out);
        buf_printf(out, " -> role %s", p->target.arn);
}

static void release(struct provider *base) {
        struct assume_role *p = (struct assume_role *)base;
        provider_free(p->source);
        sts_target_done(&p->target);
        aws_keys_done(&p->keys);
        free(p);
}

static const struct provider_class class = {step, describe, release};

int provider_assume_role_new(const struct provider_context *context, const char *profile, const struct role *role,
                             struct provider *source, struct provider **ret, struct err *err) {
        SCOPED(provider_free) struct provider *taken = source;
        SCOPED(sts_target_done) struct sts_target target = {0};
        int r = sts_target_init(context, profile, role, &target, err);
        if (r < 0)
                return r;
        struct assume_role *p = calloc(1, sizeof *p);
        if (!p)
                return err_set(err, -ENOMEM, "role %.120s: out of memory", role->arn);
        *p = (struct assume_role){.base.class = &class, .target = target, .source = TAKE(taken)};
        target = (struct sts_target){0};
        *ret = &p->base;
        return 0;
}
