/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, durations and sizes from text: checked, whole input or nothing, independent of the locale. 0 or -EINVAL / -ERANGE. */
#pragma once

#include <stdint.h>

#include "util/span.h"

int number_int64(struct span s, int64_t *ret);
/* A finite decimal number ("1", "-0.5", "1.7e9"); no hexadecimal, no "nan". */
int number_double(struct span s, double *ret);
/* "30s" "5m" "2h" "14d" "500ms" (and sums such as "1h30m"); "0" alone needs no unit. */
int number_duration_ms(struct span s, int64_t *ret_ms);
/* Whole seconds: as above without ms. */
int number_duration_s(struct span s, int64_t *ret_s);
/* "64M", "512K", "1G", "100" (bytes; factors of 1024). */
int number_size_bytes(struct span s, int64_t *ret_bytes);
/* yes/no, true/false, on/off, 1/0, any case. */
int number_bool(struct span s, bool *ret);

/* The shortest text that reads back as the same double ("0.1", "61234", "1e+20"), at most 31 bytes; "null" when not finite. */
void number_format(double value, char to[32]);
