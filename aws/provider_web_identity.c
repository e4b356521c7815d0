/* SPDX-License-Identifier: Apache-2.0 */
/* A role assumed with a token from a file that somebody else renews (IAM roles for service accounts): unsigned, read each time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/error.h"
#include "aws/file.h"
#include "aws/provider_sts.h"

enum { TOKEN_MAX_BYTES = 64 << 10, TRIES = 2 };

struct web_identity {
        struct provider base;
        struct sts_target target;
        char *path;
        struct buf token;
        int tries;
};

static int read_token(struct web_identity *p, struct err *err) {
        buf_wipe(&p->token);
        int r = aws_file_read(p->path, &p->token, err);
        if (r < 0) {
                err_prefix(err, "web identity token");
                return r;
        }
        struct span token = span_trim(buf_span(&p->token));
        for (size_t i = 0; i < token.len; i++)
                if (token.data[i] <= ' ' || token.data[i] >= 0x7f)
                        return err_set(err, -EINVAL,
                                       "web identity token: %s holds blanks, control characters or bytes outside ASCII",
                                       p->path);
        return token.len > 0 ? 0 : err_set(err, -EINVAL, "web identity token: %s is empty", p->path);
}

static int ask(struct web_identity *p, struct http_request *ret, struct err *err) {
        SCOPED(http_request_done) struct http_request request;
        const struct sts_role role = sts_target_role(&p->target);
        http_request_init(&request);
        int r = read_token(p, err);
        if (r < 0)
                return r;
        if (sts_assume_role_with_web_identity(&role, span_trim(buf_span(&p->token)), &request) < 0 ||
            sts_target_address(&p->target, &request) < 0)
                return err_set(err, -ENOMEM, "role %.120s: out of memory", p->target.arn);
        *ret = request;
        http_request_init(&request);
        p->tries++;
        return STEP_SEND;
}

/* The token may just have been renewed. */
static bool is_stale_token(const struct http_reply *reply) {
        struct aws_error e;
        aws_error_parse(reply, &e);
        return strcmp(e.code, "ExpiredTokenException") == 0 || strcmp(e.code, "ExpiredToken") == 0;
}

static int step(struct provider *base, const struct http_reply *reply, int64_t now_s, struct http_request *ret_request,
                struct aws_keys *ret_keys, struct err *err) {
        (void)now_s;
        struct web_identity *p = (struct web_identity *)base;
        SCOPED(buf_done) struct buf what = BUF_INIT(4096);
        if (!reply) {
                p->tries = 0;
                return ask(p, ret_request, err);
        }
        if (reply->status == 200 && reply->fault == HTTP_FAULT_NONE) {
                int r = sts_read_keys(reply, ret_keys, err);
                if (r < 0)
                        err_prefix(err, "role %.120s", p->target.arn);
                return r;
        }
        if (p->tries < TRIES && is_stale_token(reply))
                return ask(p, ret_request, err);
        SCOPED(buf_wipe) struct buf token = BUF_INIT(TOKEN_MAX_BYTES);
        buf_put_span(&token, span_trim(buf_span(&p->token)));
        const char *secrets[] = {buf_str(&token)};
        buf_printf(&what, "role %.100s with the token in %.60s", p->target.arn, p->path);
        return provider_refused(err, buf_str(&what), reply, secrets, ELEMENTS(secrets));
}

static void describe(const struct provider *base, struct buf *out) {
        const struct web_identity *p = (const struct web_identity *)base;
        buf_printf(out, "web identity token %s -> role %s", p->path, p->target.arn);
}

static void release(struct provider *base) {
        struct web_identity *p = (struct web_identity *)base;
        sts_target_done(&p->target);
        buf_wipe(&p->token);
        free(p->path);
        free(p);
}

static const struct provider_class class = {step, describe, release};

int provider_web_identity_new(const struct provider_context *context, const char *profile, const struct role *role,
                              const char *token_file, struct provider **ret, struct err *err) {
        SCOPED(sts_target_done) struct sts_target target = {0};
        int r = sts_target_init(context, profile, role, &target, err);
        if (r < 0)
                return r;
        struct web_identity *p = calloc(1, sizeof *p);
        char *path = p ? aws_environment_expand(context->environment, token_file) : NULL;
        if (!path) {
                free(p);
                return err_set(err, -ENOMEM, "role %.120s: out of memory", role->arn);
        }
        *p = (struct web_identity){
                .base.class = &class, .target = target, .path = path, .token = BUF_INIT(TOKEN_MAX_BYTES)};
        target = (struct sts_target){0};
        *ret = &p->base;
        return 0;
}
