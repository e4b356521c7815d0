/* SPDX-License-Identifier: Apache-2.0 */
/* The report of a first fault as `show` and `explain` draw it, from an incident object or a part of one. */
#pragma once

#include "ctl/screen.h"

struct cJSON;

void first_fault_draw_cause(struct screen *s, const struct cJSON *root_cause, const char *confidence);
void first_fault_draw_fix(struct screen *s, const struct cJSON *report);
void first_fault_draw_symptoms(struct screen *s, const struct cJSON *symptoms);
/* The log lines among the evidence. */
void first_fault_draw_lines(struct screen *s, const struct cJSON *evidence);
/* All of it, or that there was no failure. */
void first_fault_draw_report(struct screen *s, const struct cJSON *report);
