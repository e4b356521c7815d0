/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

extern struct fake_rpc_counts { int started, live, steps; } fake_rpc_counts;
/* Wakes the call that waits; false when none does. */
bool fake_rpc_wake(void);
