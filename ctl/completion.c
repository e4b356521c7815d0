/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "ctl/command.h"
int completion_write(struct buf *out, const char *shell) {
        (void)out;
        (void)shell;
        return -EINVAL;
}
