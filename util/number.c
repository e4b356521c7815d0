/* SPDX-License-Identifier: Apache-2.0 */
#include "util/number.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

int number_int64(struct span s, int64_t *ret) {
        bool negative = s.len > 0 && s.data[0] == '-';
        size_t i = negative ? 1 : 0;
        int64_t value = 0;
        if (i >= s.len)
                return -EINVAL;
        for (; i < s.len; i++) {
                if (s.data[i] < '0' || s.data[i] > '9')
                        return -EINVAL;
                int digit = s.data[i] - '0';
                if (__builtin_mul_overflow(value, 10, &value) ||
                    (negative ? __builtin_sub_overflow(value, digit, &value)
                              : __builtin_add_overflow(value, digit, &value)))
                        return -ERANGE;
        }
        *ret = value;
        return 0;
}

/* The process never sets LC_NUMERIC, so strtod reads the C locale's point. */
int number_double(struct span s, double *ret) {
        char text[64];
        if (s.len == 0 || s.len >= sizeof text)
                return -EINVAL;
        for (size_t i = 0; i < s.len; i++) {
                if (!memchr("0123456789+-.eE", s.data[i], 15))
                        return -EINVAL;
                text[i] = s.data[i];
        }
        text[s.len] = '\0';
        char *end;
        errno = 0;
        double value = strtod(text, &end);
        if (*end != '\0')
                return -EINVAL;
        if (!isfinite(value))
                return -ERANGE;
        *ret = value;
        return 0;
}

struct unit {
        const char *name;
        int64_t factor;
};

static int unit_factor(struct span name, const struct unit *units, size_t n, int64_t *ret) {
        for (size_t i = 0; i < n; i++)
                if (span_is(name, units[i].name)) {
                        *ret = units[i].factor;
                        return 0;
                }
        return -EINVAL;
}

static struct span take_while(struct span *rest, bool digits) {
        struct span part = {rest->data, 0};
        while (part.len < rest->len && !!isdigit((unsigned char)rest->data[part.len]) == digits)
                part.len++;
        rest->data += part.len;
        rest->len -= part.len;
        return part;
}

int number_duration_ms(struct span s, int64_t *ret_ms) {
        static const struct unit units[] = {
                {"ms", 1}, {"s", 1000}, {"min", 60000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}, {"w", 604800000},
        };
        int64_t total = 0;
        if (span_is(s, "0")) {
                *ret_ms = 0;
                return 0;
        }
        if (s.len == 0)
                return -EINVAL;
        while (s.len > 0) {
                int64_t count, factor;
                int r = number_int64(take_while(&s, true), &count);
                if (r < 0)
                        return r;
                r = unit_factor(take_while(&s, false), units, sizeof units / sizeof units[0], &factor);
                if (r < 0)
                        return r;
                if (__builtin_mul_overflow(count, factor, &count) || __builtin_add_overflow(total, count, &total))
                        return -ERANGE;
        }
        *ret_ms = total;
        return 0;
}

int number_duration_s(struct span s, int64_t *ret_s) {
        int64_t ms;
        int r = number_duration_ms(s, &ms);
        if (r < 0)
                return r;
        if (ms % 1000 != 0)
                return -EINVAL;
        *ret_s = ms / 1000;
        return 0;
}

int number_size_bytes(struct span s, int64_t *ret_bytes) {
        static const struct unit units[] = {
                {"", 1}, {"K", 1024}, {"M", 1048576}, {"G", 1073741824}, {"T", 1099511627776}};
        int64_t count, factor;
        int r = number_int64(take_while(&s, true), &count);
        if (r < 0)
                return r;
        r = unit_factor(s, units, sizeof units / sizeof units[0], &factor);
        if (r < 0)
                return r;
        if (__builtin_mul_overflow(count, factor, &count))
                return -ERANGE;
        *ret_bytes = count;
        return 0;
}

int number_bool(struct span s, bool *ret) {
        static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
                if (s.len == strlen(words[i]) && strncasecmp(s.data, words[i], s.len) == 0) {
                        *ret = i % 2;
                        return 0;
                }
        return -EINVAL;
}

void number_format(double value, char to[32]) {
        if (!isfinite(value)) {
                snprintf(to, 32, "null");
                return;
        }
        for (int precision = 15; precision <= 17; precision++) {
                snprintf(to, 32, "%.*g", precision, value);
                if (strtod(to, NULL) == value)
                        return;
        }
}
