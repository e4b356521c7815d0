/* SPDX-License-Identifier: Apache-2.0 */
#include "model/param.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "util/number.h"
#include "util/scope.h"

size_t param_count(const struct param *table) {
        size_t n = 0;
        while (table && table[n].name)
                n++;
        return n;
}

int param_find(const struct param *table, const char *name) {
        for (int i = 0; table && table[i].name; i++)
                if (strcmp(table[i].name, name) == 0)
                        return i;
        return -ENOENT;
}

struct scale {
        double factor;
        const char *suffix;
};

static void format_scaled(double value, const struct scale *scales, size_t n, char to[32]) {
        for (size_t i = 0; i < n; i++)
                if (value >= scales[i].factor && fmod(value, scales[i].factor) == 0) {
                        snprintf(to, 32, "%.0f%s", value / scales[i].factor, scales[i].suffix);
                        return;
                }
        number_format(value, to);
}

void param_format(const struct param *p, double value, char to[32]) {
        static const struct scale durations[] = {{86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}};
        static const struct scale sizes[] = {{1073741824, "G"}, {1048576, "M"}, {1024, "K"}};
        if (p->unit == PARAM_DURATION)
                format_scaled(value, durations, ELEMENTS(durations), to);
        else if (p->unit == PARAM_BYTES)
                format_scaled(value, sizes, ELEMENTS(sizes), to);
        else
                number_format(value, to);
}

static const char *expectation(enum param_unit unit) {
        switch (unit) {
        case PARAM_COUNT:
                return "a whole number";
        case PARAM_DURATION:
                return "a duration such as 90s, 10m, 2h or 14d";
        case PARAM_BYTES:
                return "a size such as 64M";
        case PARAM_PCT:
                return "a percentage without the sign";
        default:
                return "a number";
        }
}

static int parse_unit(enum param_unit unit, struct span text, double *ret) {
        int64_t whole = 0;
        int r;
        if (unit == PARAM_COUNT)
                r = number_int64(text, &whole);
        else if (unit == PARAM_DURATION)
                r = number_duration_s(text, &whole);
        else if (unit == PARAM_BYTES)
                r = number_size_bytes(text, &whole);
        else
                return number_double(text, ret);
        if (r == 0)
                *ret = (double)whole;
        return r;
}

int param_parse(const struct param *p, struct span text, double *ret, struct err *reterr) {
        double value;
        if (parse_unit(p->unit, text, &value) < 0)
                return err_set(reterr, -EINVAL, "%s = %.*s: expected %s", p->name, (int)(text.len > 60 ? 60 : text.len),
                               text.data, expectation(p->unit));
        if (value < p->min || value > p->max) {
                char min[32], max[32];
                param_format(p, p->min, min);
                param_format(p, p->max, max);
                return err_set(reterr, -ERANGE, "%s = %.*s is out of range: from %s to %s", p->name, (int)text.len,
                               text.data, min, max);
        }
        *ret = value;
        return 0;
}
