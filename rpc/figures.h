/* SPDX-License-Identifier: Apache-2.0 */
/* The few numbers that tell how an application is. */
#pragma once

#include "rpc/method.h"

/* Writes the members "figures", "spark_metric" and "spark" of one application. `worst` (may be NULL) is its worst open incident: its
 * metric is drawn. 0 or -errno. */
int figures_write(struct rpc_question *q, const struct application *a, const struct incident *worst, struct jsonw *w);
/* How much a counter grew over the samples; a drop is a restart from 0. NaN when there are none. */
double figures_increase(const struct sample *samples, size_t n);
