/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/value.h"

#include <cjson/cJSON.h>
#include <math.h>

#include "util/timefmt.h"

const cJSON *value_member(const cJSON *object, const char *name) {
        return cJSON_GetObjectItemCaseSensitive(object, name);
}

const char *value_text(const cJSON *object, const char *name) {
        const cJSON *item = value_member(object, name);
        return cJSON_IsString(item) && item->valuestring ? item->valuestring : "";
}

double value_number(const cJSON *object, const char *name) {
        const cJSON *item = value_member(object, name);
        return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

int64_t value_count(const cJSON *object, const char *name) {
        double number = value_number(object, name);
        return fabs(number) < 9e15 ? (int64_t)number : 0;
}

bool value_flag(const cJSON *object, const char *name) {
        return cJSON_IsTrue(value_member(object, name));
}

int64_t value_time(const cJSON *object, const char *name) {
        int64_t at_s;
        return time_parse_rfc3339(span_of(value_text(object, name)), &at_s) == 0 ? at_s : 0;
}
