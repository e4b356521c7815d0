/* SPDX-License-Identifier: Apache-2.0 */
/* Causes that take a quarter of an hour to be sure of. What they explain can wait that long, so that one page names the cause. */
#pragma once

#include "model/window.h"

enum { PRESSURE_DECIDES_S = 1500 };

/* Whether heap, collection or backpressure is over its usual limit just now. */
bool pressure_is_building(const struct window *w);
/* The lag of the source, in time or in Kafka's records; NULL: neither is known. */
const struct series_view *lag_of_source(const struct window *w);
/* From where on it says that something holds the source: two minutes, or ten thousand records. */
double lag_sign(const struct series_view *lag);
/* Whether the source has fallen behind so far, and goes on to. */
bool lag_is_building(const struct window *w);
