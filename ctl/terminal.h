/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal: what it can, the pager, the screen that is drawn again in place; and the clock. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "ctl/screen.h"

int64_t terminal_now_s(void);
/* Width: the terminal's, or $COLUMNS, or 0 (no limit) when stdout is none. */
void terminal_measure(struct screen *s);
/* Width, UTF-8 by the locale, colours unless refused, piped, NO_COLOR or TERM=dumb. */
void terminal_init(struct screen *s, bool wants_colour);
bool terminal_is_output(void);
/* Writes all to stdout, through the pager when it is wanted and the text is longer than the terminal. 0 or -errno. */
int terminal_show(struct span text, bool wants_pager);

/* Frames of a screen that is drawn in place; one after the other when stdout is no terminal. */
/* From now on an interrupt gives the terminal back and ends the program, whatever it is at. */
void terminal_watch_begin(bool is_terminal);
int terminal_watch_frame(struct screen *s, bool is_terminal); /* empties the screen; 0 or -errno */
void terminal_watch_end(bool is_terminal);
/* Until then, or a change of the terminal's size. */
void terminal_wait(int64_t seconds);
