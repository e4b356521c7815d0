/* SPDX-License-Identifier: Apache-2.0 */
#include <cjson/cJSON.h>
#include <stdlib.h>

#include "ctl/chart.h"
#include "util/list.h"
#include "util/timefmt.h"

void chart_points_done(struct chart_points *p) {
        free(p->items);
}

void chart_points_read(const cJSON *pairs, struct chart_points *ret) {
        const cJSON *pair;
        cJSON_ArrayForEach(pair, pairs) {
                const cJSON *at = cJSON_GetArrayItem(pair, 0), *value = cJSON_GetArrayItem(pair, 1);
                int64_t at_s;
                if (!cJSON_IsString(at) || !cJSON_IsNumber(value) ||
                    time_parse_rfc3339(span_of(at->valuestring), &at_s) < 0)
                        continue;
                struct chart_point *p = LIST_ADD(ret->items, ret->n, ret->size);
                if (!p)
                        return;
                *p = (struct chart_point){at_s, value->valuedouble};
        }
}
