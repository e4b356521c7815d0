/* SPDX-License-Identifier: Apache-2.0 */
/* How benchmarks print their figures. */
#pragma once

#include <stdbool.h>

/* What the figures were measured on: processor, cores, memory, kernel, and the file system of `folder`. */
void report_machine(const char *folder);
/* A figure beside its bar: met or missed. */
void report_bar(const char *what, double figure, const char *unit, double at_most);
void report_say(const char *what, double figure, const char *unit);
/* Whether a bar was missed. */
bool report_is_missed(void);
