/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that stand somewhere as they are: in the environment or in a profile. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/provider.h"
#include "util/text.h"
#include "util/timefmt.h"

struct fixed {
        struct provider base;
        struct aws_keys keys;
        char *origin;
};

static int step(struct provider *p, const struct http_reply *reply, int64_t now_s, struct http_request *ret_request,
                struct aws_keys *ret_keys, struct err *err) {
        (void)reply, (void)now_s, (void)ret_request;
        struct fixed *f = (struct fixed *)p;
        int r = aws_keys_dup(&f->keys, ret_keys);
        return r < 0 ? err_set(err, r, "%s: out of memory", f->origin) : 0;
}

static void describe(const struct provider *p, struct buf *out) {
        buf_put_str(out, ((const struct fixed *)p)->origin);
}

static void release(struct provider *p) {
        struct fixed *f = (struct fixed *)p;
        aws_keys_done(&f->keys);
        free(f->origin);
        free(f);
}

static const struct provider_class class = {step, describe, release};

/* *keys is taken. */
static int make(struct aws_keys *keys, const char *origin, struct provider **ret, struct err *err) {
        SCOPED(aws_keys_done) struct aws_keys taken = *keys;
        *keys = (struct aws_keys){0};
        struct fixed *f = calloc(1, sizeof *f);
        char *copy = strdup(origin);
        if (!f || !copy) {
                free(f);
                free(copy);
                return err_set(err, -ENOMEM, "%s: out of memory", origin);
        }
        *f = (struct fixed){.base.class = &class, .keys = taken, .origin = copy};
        taken = (struct aws_keys){0};
        *ret = &f->base;
        return 0;
}

int provider_environment_new(const struct aws_environment *e, struct provider **ret, struct err *err) {
        static const char origin[] = "environment variables";
        const char *id = aws_environment_get(e, "AWS_ACCESS_KEY_ID"),
                   *secret = aws_environment_get(e, "AWS_SECRET_ACCESS_KEY");
        const char *token = aws_environment_get(e, "AWS_SESSION_TOKEN"),
                   *expires = aws_environment_get(e, "AWS_CREDENTIAL_EXPIRATION");
        SCOPED(aws_keys_done) struct aws_keys keys = {0};
        if (!id || !secret)
                return err_set(err, -EINVAL, "environment: %s is not set",
                               id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
        if (!token)
                token = aws_environment_get(e, "AWS_SECURITY_TOKEN");
        int r = aws_keys_set(&keys, span_of(id), span_of(secret), span_of(token), origin, err);
        if (r < 0)
                return r;
        if (expires && time_parse_rfc3339(span_of(expires), &keys.expires_at_s) < 0)
                return err_set(err, -EINVAL,
                               "AWS_CREDENTIAL_EXPIRATION: \"%.40s\" is not a time such as 2026-01-02T03:04:05Z",
                               expires);
        return make(&keys, origin, ret, err);
}

int provider_static_new(const struct provider_context *context, enum aws_file file, const char *profile,
                        struct provider **ret, struct err *err) {
        const char *id = aws_profile_get_from(context->profiles, file, profile, "aws_access_key_id");
        const char *secret = aws_profile_get_from(context->profiles, file, profile, "aws_secret_access_key");
        const char *token = aws_profile_get_from(context->profiles, file, profile, "aws_session_token");
        SCOPED(aws_keys_done) struct aws_keys keys = {0};
        SCOPED(buf_done) struct buf origin = BUF_INIT(4096);
        const char *file_name = file == AWS_FILE_CREDENTIALS ? "shared credentials file" : "configuration file";
        buf_printf(&origin, "profile %s (keys in the %s)", profile, file_name);
        if (!id || !secret)
                return err_set(err, -EINVAL, "%s: profile %s has no %s",
                               aws_profile_where(context->profiles, profile,
                                                 id ? "aws_access_key_id" : "aws_secret_access_key"),
                               profile, id ? "aws_secret_access_key" : "aws_access_key_id");
        int r = aws_keys_set(&keys, span_of(id), span_of(secret), span_of(token), buf_str(&origin), err);
        return r < 0 ? r : make(&keys, buf_str(&origin), ret, err);
}
