/* SPDX-License-Identifier: Apache-2.0 */
/* What every fuzz target has: any bytes in, no crash, no leak, no claim of its own broken. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "util/span.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void must(bool claim) {
        if (!claim)
                abort();
}

static inline struct span input_span(const uint8_t *data, size_t size) {
        return (struct span){(const char *)data, size};
}
