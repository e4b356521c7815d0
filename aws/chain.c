/* SPDX-License-Identifier: Apache-2.0 */
/* Which source gives the keys. All but instance metadata can be told from what is configured, so one provider is chosen and there is
 * no trying in turn: environment, web identity, profile (role, web identity, SSO, keys, process), container, instance metadata. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/provider.h"
#include "util/number.h"

enum { CHAIN_MAX = 16, ROLE_MIN_S = 900, ROLE_MAX_S = 43200 };

/* The profiles on the way from the first one, against circles. */
struct path {
        const char *names[CHAIN_MAX];
        size_t n;
};

static int plan_profile(const struct provider_context *c, const char *profile, struct path *path, struct provider **ret,
                        struct err *err);

void provider_free(struct provider *p) {
        if (p)
                p->class->free(p);
}

static const char *get(const struct provider_context *c, const char *profile, const char *key) {
        return aws_profile_get(c->profiles, profile, key);
}

static const char *where(const struct provider_context *c, const char *profile, const char *key) {
        return aws_profile_where(c->profiles, profile, key);
}

static bool has_keys_in(const struct provider_context *c, enum aws_file file, const char *profile) {
        return aws_profile_get_from(c->profiles, file, profile, "aws_access_key_id") ||
               aws_profile_get_from(c->profiles, file, profile, "aws_secret_access_key");
}

static bool has_keys(const struct provider_context *c, const char *profile) {
        return has_keys_in(c, AWS_FILE_CREDENTIALS, profile) || has_keys_in(c, AWS_FILE_CONFIG, profile);
}

static bool has_role_source(const struct provider_context *c, const char *profile) {
        return get(c, profile, "source_profile") || get(c, profile, "credential_source");
}

static bool has_web_identity(const struct provider_context *c, const char *profile) {
        return get(c, profile, "role_arn") && get(c, profile, "web_identity_token_file");
}

static int read_role(const struct provider_context *c, const char *profile, struct role *ret, struct err *err) {
        const char *duration = get(c, profile, "duration_seconds");
        *ret = (struct role){
                .arn = get(c, profile, "role_arn"),
                .external_id = get(c, profile, "external_id"),
                .session_name = get(c, profile, "role_session_name"),
        };
        if (get(c, profile, "mfa_serial"))
                return err_set(
                        err, -EINVAL,
                        "%s: mfa_serial asks for a code at each refresh, which a daemon cannot give; use a role without it",
                        where(c, profile, "mfa_serial"));
        if (!duration)
                return 0;
        if (number_int64(span_of(duration), &ret->duration_s) < 0 || ret->duration_s < ROLE_MIN_S ||
            ret->duration_s > ROLE_MAX_S)
                return err_set(err, -EINVAL, "%s: duration_seconds must be %d to %d",
                               where(c, profile, "duration_seconds"), ROLE_MIN_S, ROLE_MAX_S);
        return 0;
}

static int plan_web_identity(const struct provider_context *c, const char *profile, struct provider **ret,
                             struct err *err) {
        struct role role;
        int r = read_role(c, profile, &role, err);
        return r < 0 ? r
                     : provider_web_identity_new(c, profile, &role, get(c, profile, "web_identity_token_file"), ret,
                                                 err);
}

static int plan_static(const struct provider_context *c, const char *profile, struct provider **ret, struct err *err) {
        enum aws_file file = has_keys_in(c, AWS_FILE_CREDENTIALS, profile) ? AWS_FILE_CREDENTIALS : AWS_FILE_CONFIG;
        return provider_static_new(c, file, profile, ret, err);
}

/* All that a profile can say but a role with a source. *ret stays NULL when it says none of it. */
static int plan_own(const struct provider_context *c, const char *profile, struct provider **ret, struct err *err) {
        if (has_web_identity(c, profile))
                return plan_web_identity(c, profile, ret, err);
        if (get(c, profile, "sso_session") || get(c, profile, "sso_start_url"))
                return provider_sso_new(c, profile, ret, err);
        if (has_keys_in(c, AWS_FILE_CREDENTIALS, profile))
                return plan_static(c, profile, ret, err);
        if (get(c, profile, "credential_process"))
                return provider_process_new(c, profile, ret, err);
        return has_keys(c, profile) ? plan_static(c, profile, ret, err) : 0;
}

static int plan_credential_source(const struct provider_context *c, const char *profile, struct provider **ret,
                                  struct err *err) {
        const char *name = get(c, profile, "credential_source");
        if (strcmp(name, "Environment") == 0)
                return provider_environment_new(c->environment, ret, err);
        if (strcmp(name, "EcsContainer") == 0)
                return provider_container_new(c->environment, ret, err);
        if (strcmp(name, "Ec2InstanceMetadata") == 0)
                return provider_imds_new(c, NULL, ret, err);
        return err_set(err, -EINVAL,
                       "%s: credential_source \"%.40s\" is none of Environment, Ec2InstanceMetadata, EcsContainer",
                       where(c, profile, "credential_source"), name);
}

/* The keys that a role is assumed with. Keys of its own come before a role here: botocore's rule for source profiles. */
static int plan_source_profile(const struct provider_context *c, const char *profile, struct path *path,
                               struct provider **ret, struct err *err) {
        const char *name = get(c, profile, "source_profile");
        if (!aws_profile_exists(c->profiles, name))
                return err_set(err, -ENOENT, "%s: source_profile \"%.80s\" does not exist",
                               where(c, profile, "source_profile"), name);
        if (has_keys(c, name))
                return plan_static(c, name, ret, err);
        for (size_t i = 0; i < path->n; i++)
                if (strcmp(path->names[i], name) == 0)
                        return err_set(err, -EINVAL, "%s: source_profile \"%.80s\" leads back to where it came from",
                                       where(c, profile, "source_profile"), name);
        int r = plan_profile(c, name, path, ret, err);
        if (r == 0 && !*ret)
                return err_set(err, -EINVAL, "%s: source_profile \"%.80s\" holds no credentials",
                               where(c, profile, "source_profile"), name);
        return r;
}

static int plan_role(const struct provider_context *c, const char *profile, struct path *path, struct provider **ret,
                     struct err *err) {
        SCOPED(provider_free) struct provider *source = NULL;
        bool has_profile = get(c, profile, "source_profile"), has_name = get(c, profile, "credential_source");
        struct role role;
        int r = read_role(c, profile, &role, err);
        if (r < 0)
                return r;
        if (has_profile == has_name)
                return err_set(err, -EINVAL, "%s: role_arn of profile %s needs %s source_profile or credential_source",
                               where(c, profile, "role_arn"), profile, has_profile ? "only one of" : "a");
        r = has_profile ? plan_source_profile(c, profile, path, &source, err)
                        : plan_credential_source(c, profile, &source, err);
        return r < 0 ? r : provider_assume_role_new(c, profile, &role, TAKE(source), ret, err);
}

static int plan_profile(const struct provider_context *c, const char *profile, struct path *path, struct provider **ret,
                        struct err *err) {
        if (path->n == CHAIN_MAX)
                return err_set(err, -EINVAL, "profile %.80s: more than %d source profiles in a row", profile,
                               CHAIN_MAX);
        path->names[path->n++] = profile;
        if (get(c, profile, "role_arn") && !has_web_identity(c, profile))
                return plan_role(c, profile, path, ret, err);
        if (has_role_source(c, profile) && !get(c, profile, "role_arn"))
                return err_set(
                        err, -EINVAL, "%s: profile %s has a source but no role_arn",
                        where(c, profile, get(c, profile, "source_profile") ? "source_profile" : "credential_source"),
                        profile);
        return plan_own(c, profile, ret, err);
}

static int plan_environment_token(const struct provider_context *c, struct provider **ret, struct err *err) {
        const struct role role = {
                .arn = aws_environment_get(c->environment, "AWS_ROLE_ARN"),
                .session_name = aws_environment_get(c->environment, "AWS_ROLE_SESSION_NAME"),
        };
        if (!role.arn)
                return err_set(err, -EINVAL, "environment: AWS_WEB_IDENTITY_TOKEN_FILE is set, AWS_ROLE_ARN is not");
        return provider_web_identity_new(c, NULL, &role,
                                         aws_environment_get(c->environment, "AWS_WEB_IDENTITY_TOKEN_FILE"), ret, err);
}

static bool is_named(const struct provider_context *c, bool is_explicit) {
        return is_explicit || aws_environment_get(c->environment, "AWS_PROFILE") ||
               aws_environment_get(c->environment, "AWS_DEFAULT_PROFILE");
}

int chain_plan(const struct provider_context *c, bool is_explicit, struct provider **ret, struct err *err) {
        const struct aws_environment *e = c->environment;
        struct path path = {0};
        if (!is_explicit &&
            (aws_environment_get(e, "AWS_ACCESS_KEY_ID") || aws_environment_get(e, "AWS_SECRET_ACCESS_KEY")))
                return provider_environment_new(e, ret, err);
        if (!is_explicit && aws_environment_get(e, "AWS_WEB_IDENTITY_TOKEN_FILE"))
                return plan_environment_token(c, ret, err);
        if (is_named(c, is_explicit) && !aws_profile_exists(c->profiles, c->profile))
                return err_set(
                        err, -ENOENT,
                        "profile \"%.80s\" is neither in the shared credentials file nor in the configuration file",
                        c->profile);
        int r = plan_profile(c, c->profile, &path, ret, err);
        if (r < 0 || *ret)
                return r;
        if (aws_environment_get(e, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") ||
            aws_environment_get(e, "AWS_CONTAINER_CREDENTIALS_FULL_URI"))
                return provider_container_new(e, ret, err);
        return provider_imds_new(c, c->profile, ret, err);
}
