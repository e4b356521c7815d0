/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/axis.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "util/scope.h"

static const double TWO_DAYS_MS = 2 * 86400e3;

/* What a tick is counted in, so that axes say "90 s", "2 GiB". */
static double tick_base(const char *unit, double range) {
        double base = 1;
        if (strcmp(unit, "bytes") == 0)
                for (; range >= 2 * 1024 * base;)
                        base *= 1024;
        if (strcmp(unit, "ms") == 0 || strcmp(unit, "epoch ms") == 0)
                base = range >= 48.0 * 3600000  ? 86400000
                       : range >= 120.0 * 60000 ? 3600000
                       : range >= 120.0 * 1000  ? 60000
                       : range >= 1000          ? 1000
                                                : 1;
        return base;
}

double axis_value_tick(double range, const char *unit) {
        static const double steps[] = {1, 2, 2.5, 5, 10};
        double base = tick_base(unit, range), raw = range / 4 / base, power = pow(10, floor(log10(raw)));
        for (size_t i = 0; i < ELEMENTS(steps); i++)
                if (steps[i] * power >= raw * 0.999)
                        return steps[i] * power * base;
        return 10 * power * base;
}

void axis_value_label(double value, const char *unit, double range, char to[WORDS_MAX]) {
        if (value == 0)
                snprintf(to, WORDS_MAX, "0");
        else if (strcmp(unit, "epoch ms") == 0)
                words_clock((int64_t)(value / 1000), range < TWO_DAYS_MS, to);
        else
                words_value(value, unit, to);
}

int64_t axis_time_tick(int64_t span_s, double n_ticks) {
        static const int64_t steps_s[] = {60,        120,       300,        600,        900,        1800,
                                          3600,      7200,      10800,      21600,      43200,      86400,
                                          2 * 86400, 7 * 86400, 14 * 86400, 30 * 86400, 60 * 86400, 120 * 86400};
        for (size_t i = 0; i < ELEMENTS(steps_s); i++)
                if ((double)steps_s[i] * n_ticks >= (double)span_s - 1e-6)
                        return steps_s[i];
        return 240 * 86400;
}

int64_t axis_first_time(int64_t at_s, int64_t tick_s) {
        struct tm tm = {0};
        time_t at = (time_t)at_s;
        localtime_r(&at, &tm);
        int64_t shift_s = tm.tm_gmtoff;
        return (at_s + shift_s + tick_s - 1) / tick_s * tick_s - shift_s;
}
