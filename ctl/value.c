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

/* Past a string that starts at i. */
static size_t skip_string(struct span text, size_t i) {
        for (i++; i < text.len && text.data[i] != '"'; i++)
                if (text.data[i] == '\\')
                        i++;
        return i + 1;
}

/* Where the value that starts at i ends: at a comma or bracket of the level it is on. */
static size_t skip_value(struct span text, size_t i) {
        for (size_t depth = 0; i < text.len;) {
                char c = text.data[i];
                if (depth == 0 && (c == ',' || c == '}' || c == ']'))
                        break;
                depth += c == '{' || c == '[';
                depth -= c == '}' || c == ']';
                i = c == '"' ? skip_string(text, i) : i + 1;
        }
        return i < text.len ? i : text.len;
}

struct span value_text_of(struct span object, const char *name) {
        struct span text = span_trim(object), none = {NULL, 0};
        for (size_t i = 1; i < text.len;) {
                size_t start = i;
                if (text.data[i] != '"') {
                        i++;
                        continue;
                }
                i = skip_string(text, i);
                if (i > text.len)
                        return none;
                struct span key = {text.data + start + 1, i - start - 2};
                while (i < text.len && text.data[i] != ':')
                        i++;
                start = i < text.len ? i + 1 : i;
                i = skip_value(text, start);
                if (span_is(key, name))
                        return span_trim((struct span){text.data + start, i - start});
        }
        return none;
}
