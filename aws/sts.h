/* SPDX-License-Identifier: Apache-2.0 */
/* AWS Security Token Service: bodies and replies of the three calls that matter here. */
#pragma once

#include <stdint.h>

#include "aws/keys.h"
#include "util/http.h"

struct sts_role {
        const char *arn;
        const char *session_name;
        const char *external_id; /* NULL: none; AssumeRole only */
        int64_t duration_s;      /* 0: the service's default */
};

/* Each fills an initialised request: method, operation, content type and body. -ENOMEM. */
int sts_assume_role(const struct sts_role *role, struct http_request *ret);
/* Never signed. The token is a secret and may have any length. */
int sts_assume_role_with_web_identity(const struct sts_role *role, struct span token, struct http_request *ret);
/* service "sts", signed by the exchange; needs no permission. */
int sts_get_caller_identity(struct http_request *ret);

struct sts_identity {
        char *account;
        char *arn;
        char *user_id;
};

void sts_identity_done(struct sts_identity *identity);
/* -EBADMSG: not the expected answer, -ENOMEM. */
int sts_read_identity(const struct http_reply *reply, struct sts_identity *ret, struct err *err);
/* Keys out of either AssumeRole answer. */
int sts_read_keys(const struct http_reply *reply, struct aws_keys *ret, struct err *err);

SCOPED_DEFINE_VALUE(struct sts_identity, sts_identity_done)
