/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of this folder share. */
#pragma once

#include <stdlib.h>

/* Top of the sources, as "make check" says. */
static inline const char *source_folder(void) {
        const char *folder = getenv("FLINKWATCH_SRCDIR");
        return folder && *folder ? folder : ".";
}
