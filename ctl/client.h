/* SPDX-License-Identifier: Apache-2.0 */
/* One question to the daemon over its socket, and the answer. Blocks, with time limits. */
#pragma once

#include "util/err.h"

struct cJSON;

enum exit_code { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_UNREACHABLE = 3 };

/* Calls `method` with `params` (taken, also when it fails; NULL: none). EXIT_DONE: *ret_result is the caller's (cJSON_Delete);
 * EXIT_FAILED: the daemon refused; EXIT_UNREACHABLE: no answer. The reason is in *reterr. */
enum exit_code client_call(const char *path, const char *method, struct cJSON *params, struct cJSON **ret_result,
                           struct err *reterr);
