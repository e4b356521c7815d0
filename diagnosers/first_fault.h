/* SPDX-License-Identifier: Apache-2.0 */
/* How a finding comes by its cause: from the explanation of an investigation when the window has one, else by asking for it. */
#pragma once

#include "model/finding.h"

enum { HEADLINE_MAX = 96 };
enum { FIRST_FAULT_BEFORE_S = 600, FIRST_FAULT_AFTER_S = 180 }; /* around an onset: where to look first */

/* Whether what a diagnoser finds has a first fault. */
bool first_fault_explains(const char *diagnoser);

/* The explanation on the episode of that diagnoser's finding, else, as long as its incident is open, on the incident's first; or NULL. */
const struct explanation *first_fault_find(const struct window *w, const char *diagnoser, int64_t onset_s);
/* Whether an explanation has anything to add to what a diagnoser found. */
bool first_fault_says_something(const struct explanation *v, const char *diagnoser);
/* Adds the explanation's cause, symptoms, evidence and advice to a finding, and lowers its confidence to the explanation's. Asks for one when there
 * is none, or when it is time to try again: the log from `before_s` before to `after_s` after the onset comes first. */
void first_fault_tell(const struct window *w, const struct explanation *v, int64_t before_s, int64_t after_s,
                      struct findings *out, struct finding *f);
/* Two or three sentences that begin a summary, with a blank at the end; "" when nothing is known. */
void first_fault_sentence(const struct explanation *v, struct buf *to);
/* `title`, ": ", the cause, as far as there is room within 80 characters, and `tail`. False, and no title, when no cause is known. */
bool first_fault_title(const struct explanation *v, const char *title, const char *tail, struct findings *out,
                       struct finding *f);
