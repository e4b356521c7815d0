/* SPDX-License-Identifier: Apache-2.0 */
/* Which incidents given settings would have opened on the stored history: the same judgement under a clock of its own. Stores nothing,
 * tells nobody. */
#pragma once

#include "daemon/work.h"

/* The answer: incident objects as they stand at the end, by application and time, numbered from 1 in each application. */
int backtest_begin(const struct work_order *order, struct rpc_work **ret, struct err *reterr);
