/* SPDX-License-Identifier: Apache-2.0 */
/* One source of keys. A provider lives for one refresh: the chain is planned anew each time, so that files are read again. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "aws/endpoint.h"
#include "aws/keys.h"
#include "util/buf.h"
#include "util/http.h"

struct provider;

struct provider_class {
        /* As credentials_step; 0 fills *ret_keys. */
        int (*step)(struct provider *p, const struct http_reply *reply, int64_t now_s, struct http_request *ret_request,
                    struct aws_keys *ret_keys, struct err *err);
        void (*describe)(const struct provider *p, struct buf *out);
        void (*free)(struct provider *p);
};

/* First member of each provider. */
struct provider {
        const struct provider_class *class;
        bool keeps_stale; /* keys that come expired are to be used until better ones come (instance metadata) */
};

/* What all providers of one plan know. */
struct provider_context {
        const struct aws_environment *environment;
        struct aws_profiles *profiles;
        const char *profile; /* the one that was selected or named */
        const char *region;  /* for STS; NULL: not said */
        const char *session_name;
};

struct role {
        const char *arn, *external_id, *session_name; /* session_name NULL: the context's */
        int64_t duration_s;                           /* 0: the service's default */
};

void provider_free(struct provider *p);
SCOPED_DEFINE(struct provider, provider_free)

/* Each gives 0 and *ret, or -errno with a text. */
int provider_environment_new(const struct aws_environment *environment, struct provider **ret, struct err *err);
/* Static keys of a profile, all three from the same file. */
int provider_static_new(const struct provider_context *context, enum aws_file file, const char *profile,
                        struct provider **ret, struct err *err);
/* `source` is taken. */
int provider_assume_role_new(const struct provider_context *context, const char *profile, const struct role *role,
                             struct provider *source, struct provider **ret, struct err *err);
int provider_web_identity_new(const struct provider_context *context, const char *profile, const struct role *role,
                              const char *token_file, struct provider **ret, struct err *err);
int provider_process_new(const struct provider_context *context, const char *profile, struct provider **ret,
                         struct err *err);
int provider_sso_new(const struct provider_context *context, const char *profile, struct provider **ret,
                     struct err *err);
int provider_container_new(const struct aws_environment *environment, struct provider **ret, struct err *err);
int provider_imds_new(const struct provider_context *context, const char *looked_at, struct provider **ret,
                      struct err *err);

/* Chooses: chain.c. `is_explicit`: the profile was named by the caller. */
int chain_plan(const struct provider_context *context, bool is_explicit, struct provider **ret, struct err *err);

/* Makes err of a reply that holds no keys: "what: code: message" without any of the secrets. -EAGAIN when another try may help, -EACCES,
 * -EINVAL, -ENOENT, -EIO. */
int provider_refused(struct err *err, const char *what, const struct http_reply *reply, const char *const *secrets,
                     size_t n_secrets);
