/* SPDX-License-Identifier: Apache-2.0 */
/* A column of doubles in as few bytes as can be: as decimals where they are decimals, as steps where steps are smaller. */
#pragma once

#include "store/planes.h"

/* 0 or -ENOMEM */
int values_write(struct zip *z, enum zip_effort effort, const double *values, size_t n, struct buf *to);
/* 0, -ENOMEM, -EUCLEAN (also when a value is not finite) */
int values_read(struct zip *z, struct reader *in, double *values, size_t n);
