/* SPDX-License-Identifier: Apache-2.0 */
/* First-fault analysis of one application when somebody asks for it, whether it has an incident or not. */
#pragma once

#include "daemon/work.h"

/* The work "explain": elements {"progress": text}, at the end {"report": {...}} or {"error": text}. */
int explain_begin(const struct work_order *order, struct rpc_work **ret, struct err *reterr);
