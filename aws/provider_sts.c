/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/provider_sts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

#define SESSION_NAME_DEFAULT "flinkwatch"

void sts_target_done(struct sts_target *t) {
        endpoint_done(&t->endpoint);
        free(t->arn);
        free(t->external_id);
        free(t->session_name);
        *t = (struct sts_target){0};
}

static bool has_only(const char *text, const char *extra, size_t min, size_t max) {
        static const char common[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-";
        size_t n = strlen(text);
        for (size_t i = 0; i < n; i++)
                if (!strchr(common, text[i]) && !strchr(extra, text[i]))
                        return false;
        return n >= min && n <= max;
}

/* The limits of the AssumeRole documentation: mended here they are one clear line, there a puzzle. */
static int check(const struct role *role, const char *session_name, struct err *err) {
        size_t n = strlen(role->arn);
        if (strncmp(role->arn, "arn:", 4) != 0 || n < 20 || n > 2048 || strpbrk(role->arn, " \t\r\n"))
                return err_set(err, -EINVAL, "role \"%.80s\" is not an ARN such as arn:aws:iam::123456789012:role/NAME",
                               role->arn);
        if (!has_only(session_name, "", 2, 64))
                return err_set(err, -EINVAL, "role session name \"%.80s\": 2 to 64 letters, digits and _+=,.@-",
                               session_name);
        if (role->external_id && !has_only(role->external_id, ":/", 2, 1224))
                return err_set(err, -EINVAL, "external_id of role %.120s: 2 to 1224 letters, digits and _+=,.@:/-",
                               role->arn);
        return 0;
}

/* Some region of the role's partition: STS answers for all of it. */
static const char *region_of_arn(const char *arn) {
        if (strncmp(arn, "arn:aws-cn:", 11) == 0)
                return "cn-north-1";
        if (strncmp(arn, "arn:aws-us-gov:", 15) == 0)
                return "us-gov-west-1";
        if (strncmp(arn, "arn:aws-eusc:", 13) == 0)
                return "eusc-de-east-1";
        return "us-east-1";
}

static const char *find_region(const struct provider_context *c, const char *profile, const char *arn) {
        const char *region = c->region;
        if (!region)
                region = aws_region(c->environment, c->profiles, profile ? profile : c->profile);
        if (!region)
                region = aws_profile_get(c->profiles, c->profile, "region");
        return region ? region : region_of_arn(arn);
}

int sts_target_init(const struct provider_context *c, const char *profile, const struct role *role,
                    struct sts_target *ret, struct err *err) {
        SCOPED(sts_target_done) struct sts_target t = {.duration_s = role->duration_s};
        const char *session_name = role->session_name ? role->session_name : c->session_name;
        if (!session_name)
                session_name = aws_environment_get(c->environment, "AWS_ROLE_SESSION_NAME");
        if (!session_name)
                session_name = SESSION_NAME_DEFAULT;
        int r = check(role, session_name, err);
        if (r < 0)
                return r;
        const struct endpoint_options options = {
                .environment = c->environment,
                .profiles = c->profiles,
                .profile = profile ? profile : c->profile,
                .region = find_region(c, profile, role->arn),
        };
        r = endpoint_resolve(&options, "sts", NULL, &t.endpoint, err);
        if (r < 0)
                return r;
        t.arn = strdup(role->arn);
        t.session_name = strdup(session_name);
        t.external_id = role->external_id ? strdup(role->external_id) : NULL;
        if (!t.arn || !t.session_name || (role->external_id && !t.external_id))
                return err_set(err, -ENOMEM, "role %.120s: out of memory", role->arn);
        *ret = t;
        t = (struct sts_target){0};
        return 0;
}

struct sts_role sts_target_role(const struct sts_target *t) {
        return (struct sts_role){.arn = t->arn,
                                 .session_name = t->session_name,
                                 .external_id = t->external_id,
                                 .duration_s = t->duration_s};
}

int sts_target_address(const struct sts_target *t, struct http_request *request) {
        SCOPED(buf_done) struct buf url = BUF_INIT(8192), path = BUF_INIT(8192);
        buf_printf(&url, "%s/", t->endpoint.url);
        buf_printf(&path, "%s/", t->endpoint.base_path);
        request->auth = HTTP_AUTH_NONE;
        request->url = buf_steal(&url);
        request->path = buf_steal(&path); /* what a signature is taken over */
        return request->url && request->path ? 0 : -ENOMEM;
}
