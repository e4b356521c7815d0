/* SPDX-License-Identifier: Apache-2.0 */
/* A setting that a module brings: the configuration, its errors, the man page's check and backtests read the same rows. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "util/err.h"
#include "util/span.h"

enum param_unit {
        PARAM_RATIO,    /* plain number */
        PARAM_COUNT,    /* whole number */
        PARAM_PCT,      /* 0 to 100 */
        PARAM_DURATION, /* "10m"; the value is in seconds */
        PARAM_USD,
        PARAM_PER_S,
        PARAM_BYTES, /* "64M" */
};

/* Tables end with a row whose name is NULL. A module's settings are an array of double in the table's order. */
struct param {
        const char *name;
        enum param_unit unit;
        double standard;  /* the default */
        double min, max;  /* both allowed */
        const char *help; /* one line */
};

size_t param_count(const struct param *table);
/* Row index by name, or -ENOENT. */
int param_find(const struct param *table, const char *name);
/* Parses by unit and checks the range. 0 or -EINVAL / -ERANGE with a message that names the key, the range and the unit. */
int param_parse(const struct param *p, struct span text, double *ret, struct err *reterr);
/* As the configuration writes it: "10m", "0.5", "64M". */
void param_format(const struct param *p, double value, char to[32]);
