/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of a long text about one thing: a heading, and lines with a label before them. What is empty is left out. */
#pragma once

#include "ctl/screen.h"

void section_heading(struct screen *s, const char *text);
void section_line(struct screen *s, const char *label, const char *text);
/* "12 Jan 01:47 (2 d ago)"; at_s 0: left out */
void section_time(struct screen *s, const char *label, int64_t at_s);
