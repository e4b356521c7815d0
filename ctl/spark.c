/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/spark.h"

#include <math.h>

enum { LEVELS = 8 };

static const char *const blocks[LEVELS] = {"\u2581", "\u2582", "\u2583", "\u2584",
                                           "\u2585", "\u2586", "\u2587", "\u2588"};
static const char *const plain[LEVELS] = {"_", ".", ":", "-", "=", "+", "*", "#"};

void spark_put(struct buf *to, const double *values, size_t n, bool is_utf8) {
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < n; i++) {
                low = isfinite(values[i]) ? fmin(low, values[i]) : low;
                high = isfinite(values[i]) ? fmax(high, values[i]) : high;
        }
        if (low >= 0 && low <= high / 2)
                low = 0;
        for (size_t i = 0; i < n; i++) {
                int level = high > low ? (int)((values[i] - low) / (high - low) * (LEVELS - 1) + 0.5)
                            : high > 0 ? LEVELS / 2 - 1
                                       : 0;
                buf_put_str(to, !isfinite(values[i]) ? " " : is_utf8 ? blocks[level] : plain[level]);
        }
}
