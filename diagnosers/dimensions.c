/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnosers/dimensions.h"

struct span dimension_value(const char *dimensions, const char *name) {
        struct span rest = span_of(dimensions), wanted = span_of(name);
        while (rest.data) {
                struct span part = span_split(&rest, '\x1f');
                if (span_starts(part, wanted) && part.len > wanted.len && part.data[wanted.len] == '=')
                        return (struct span){part.data + wanted.len + 1, part.len - wanted.len - 1};
        }
        return (struct span){0};
}

struct span dimension_task(const char *dimensions) {
        struct span task = dimension_value(dimensions, "Task");
        if (!task.data)
                task = dimension_value(dimensions, "Operator");
        return task.data ? task : span_of(dimensions);
}
