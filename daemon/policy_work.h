/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "daemon/work.h"

/* The work "iam-policy": its elements are documents as policy.h has them. Asks whose the keys are where no ARN says the account. */
int policy_work_begin(const struct work_order *order, struct rpc_work **ret, struct err *reterr);
