/* SPDX-License-Identifier: Apache-2.0 */
/* JSON for people: a line a member, two blanks a level. */
#pragma once

#include "util/buf.h"

/* Appends well-formed JSON text, broken into lines; its own blanks outside strings go. No newline at the end. */
void indent_json(struct buf *to, struct span json);
