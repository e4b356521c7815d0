/* SPDX-License-Identifier: Apache-2.0 */
/* How loud and how sure. The names are those of the configuration and of the incident object. */
#pragma once

#include "util/span.h"

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_CRITICAL };
enum confidence { CONFIDENCE_LOW, CONFIDENCE_MEDIUM, CONFIDENCE_HIGH };

const char *severity_name(enum severity s);
const char *confidence_name(enum confidence c);
/* 0 or -EINVAL */
int severity_parse(struct span text, enum severity *ret);
int confidence_parse(struct span text, enum confidence *ret);
