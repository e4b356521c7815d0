/* SPDX-License-Identifier: Apache-2.0 */
/* A chart in one line of text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

/* One column a value, NaN a blank. From zero when the values reach down to half their maximum, else from the smallest. */
void spark_put(struct buf *to, const double *values, size_t n, bool is_utf8);
