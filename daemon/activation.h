/* SPDX-License-Identifier: Apache-2.0 */
/* The socket that the service manager opened for us (systemd.socket(5)), so that clients wait through a restart instead of failing. */
#pragma once

#include "util/err.h"

/* The listening Unix stream socket that was passed, owned by the caller; *ret_fd is -1 when none was. -EINVAL: several, or one of another
 * kind. To be called once: the variables that announce it are removed, so that no child takes it for its own. */
int activation_take(int *ret_fd, struct err *reterr);
