/* SPDX-License-Identifier: Apache-2.0 */
/* Percent-encoding as AWS wants it: everything but A-Z a-z 0-9 - _ . ~ becomes %XX with upper-case digits. */
#pragma once

#include "util/buf.h"

void percent_encode(struct buf *out, struct span text);
/* Keeps the escapes that are there (digits made upper-case) and encodes the rest. */
void percent_encode_once(struct buf *out, struct span text);
/* Decodes the escapes that are there, then encodes: "%7e" becomes "~". */
void percent_encode_once_value(struct buf *out, struct span text);
/* Without escapes, '+' untouched. */
void percent_decode(struct buf *out, struct span text);
