/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "tests/bench/store_bench.h"

static double any(struct course *c) {
        c->seed ^= c->seed << 13;
        c->seed ^= c->seed >> 7;
        c->seed ^= c->seed << 17;
        return (double)(c->seed * 0x2545f4914f6cdd1d >> 11) / 9007199254740992.0;
}

/* About normal: the sum of four. */
static double noise(struct course *c) {
        return (any(c) + any(c) + any(c) + any(c) - 2) * 1.732;
}

double course_next(struct course *c, int kind) {
        if (kind < 6)
                return any(c) < 0.01 ? floor(any(c) * 20) : 0;
        if (kind == 6)
                return c->value += any(c) < 0.002;
        if (kind < 9)
                return c->value += floor(any(c) * (kind == 7 ? 60 : 1000));
        if (kind < 13)
                return any(c) < 0.005 ? c->value = floor(any(c) * 64) : c->value;
        if (kind < 19) {
                c->level += noise(c) * 0.3;
                c->level = fmin(fmax(c->level, 10), 90);
                return round((c->level + noise(c) * 3) * 100) / 100;
        }
        if (kind < 22)
                return floor(40000 + noise(c) * 2500);
        return 1000 + noise(c) * 300;
}
