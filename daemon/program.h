/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a program (credential_process) without a shell and hands back what it wrote to stdout. It inherits no other descriptor. */
#pragma once

#include "daemon/wire.h"

struct program_call;

/* argv is borrowed until `done`, which is called once, from the loop, unless cancelled. The reply's status is 200 for exit status 0, else
 * 500 with the first line of stderr or how it ended in fault_text. 0 or -errno. */
int program_run(struct loop *l, char **argv, int64_t timeout_ms, wire_done done, void *arg, struct program_call **ret);
/* Kills it and its children; NULL is allowed. */
void program_cancel(struct program_call *p);
