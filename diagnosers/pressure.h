/* SPDX-License-Identifier: Apache-2.0 */
/* Causes that take a quarter of an hour to be sure of. What they explain can wait that long, so that one page names the cause. */
#pragma once

#include "model/window.h"

enum { PRESSURE_DECIDES_S = 1500 };

/* Whether heap, collection or backpressure is over its usual limit just now. */
bool pressure_is_building(const struct window *w);
/* Whether the source has fallen behind by minutes, and goes on to. */
bool lag_is_building(const struct window *w);
