/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of a series' dimensions ("Name=Value" sorted by name, joined by U+001F). Values stay opaque. */
#pragma once

#include "util/span.h"

/* The value of the named dimension, data == NULL when it is not there. */
struct span dimension_value(const char *dimensions, const char *name);
/* What tells tasks or operators apart: Task, else Operator, else all of the dimensions. */
struct span dimension_task(const char *dimensions);
