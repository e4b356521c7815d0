/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "util/span.h"

/* Runs $FLINKWATCH_PAGER, $PAGER or less on the text and waits for it. No shell: the variable is split at blanks. 0, or -errno when no
 * pager could be started or none is wanted ("", "cat"). */
int pager_show(struct span text);
