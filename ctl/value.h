/* SPDX-License-Identifier: Apache-2.0 */
/* Members of what the daemon answered, read without trust: absent and mistyped are alike. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/span.h"

struct cJSON;

/* "" when absent; borrowed */
const char *value_text(const struct cJSON *object, const char *name);
/* NaN when absent or null */
double value_number(const struct cJSON *object, const char *name);
/* 0 when absent */
int64_t value_count(const struct cJSON *object, const char *name);
bool value_flag(const struct cJSON *object, const char *name);
/* RFC 3339 as an instant; 0 when absent */
int64_t value_time(const struct cJSON *object, const char *name);
/* NULL when absent; its members are its child and their next */
const struct cJSON *value_member(const struct cJSON *object, const char *name);
/* The text of a member's value within the text of a well-formed object; data NULL when absent. */
struct span value_text_of(struct span object, const char *name);
