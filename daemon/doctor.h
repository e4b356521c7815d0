/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong around the daemon, and what mends it: targets and notifiers as AWS sees them, then this machine. */
#pragma once

#include "daemon/work.h"

/* The work "doctor": its elements are lines as doctor_lines.h has them. */
int doctor_begin(const struct work_order *order, struct rpc_work **ret, struct err *reterr);
