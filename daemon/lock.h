/* SPDX-License-Identifier: Apache-2.0 */
/* One daemon per state directory. */
#pragma once

#include "util/err.h"

/* Takes the lock for the life of the process and writes the pid into it. *ret_fd is to be kept open. 0; -EBUSY names the holder's pid;
 * -errno when the directory cannot be used. */
int lock_take(const char *state_directory, int *ret_fd, struct err *reterr);
