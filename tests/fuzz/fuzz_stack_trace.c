/* SPDX-License-Identifier: Apache-2.0 */
/* A stack trace of any bytes, in any order, and its verdict. */
#include <stdint.h>
#include <stdlib.h>

#include "faults/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        SCOPED(trace_done) struct trace t;
        struct verdict v;
        if (trace_parse((struct span){(const char *)data, size}, &t) != 0)
                return 0;
        verdict_of_trace(&t, &v);
        if (t.n_sections == 0 || t.n_sections > TRACE_SECTIONS_MAX || !v.category)
                abort();
        return 0;
}
