/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

extern struct fake_rpc_counts { int started, live, steps; } fake_rpc_counts;
