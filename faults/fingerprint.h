/* SPDX-License-Identifier: Apache-2.0 */
/* What of a message stays the same from one occurrence to the next: numbers, ids, addresses and quoted values go. */
#pragma once

#include <stdint.h>

#include "util/buf.h"

enum { FINGERPRINT_MAX = 400 };

/* "java.lang.NumberFormatException: For input string: <text> @ com.acme.Parse.map"; parts may be empty. */
void fingerprint_put(struct buf *to, struct span exception_class, struct span message, struct span frame);
/* Of any text; never 0. */
uint64_t fingerprint_hash(struct span text);
