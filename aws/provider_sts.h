/* SPDX-License-Identifier: Apache-2.0 */
/* What both role providers share: where STS is and who asks. */
#pragma once

#include "aws/provider.h"
#include "aws/sts.h"

struct sts_target {
        struct endpoint endpoint;
        char *arn, *external_id, *session_name;
        int64_t duration_s;
};

void sts_target_done(struct sts_target *t);
/* Finds the endpoint and checks the role. */
int sts_target_init(const struct provider_context *context, const char *profile, const struct role *role,
                    struct sts_target *ret, struct err *err);
struct sts_role sts_target_role(const struct sts_target *t);
/* Makes the request absolute: POST to the endpoint's root. -ENOMEM. */
int sts_target_address(const struct sts_target *t, struct http_request *request);

SCOPED_DEFINE_VALUE(struct sts_target, sts_target_done)
