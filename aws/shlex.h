/* SPDX-License-Identifier: Apache-2.0 */
/* A command line as words, by the shell's quoting rules and none of its others (Python's shlex.split, as the SDKs do). */
#pragma once

#include "util/buf.h"

/* A NULL-ended list for shlex_free. -EINVAL: an open quote, a backslash at the end or no word at all; -ENOMEM. */
int shlex_split(const char *line, char ***ret);
/* Wipes; NULL is allowed. */
void shlex_free(char **words);
/* Appends one word so that a shell reads it as it is. */
void shlex_quote(struct buf *out, const char *word);
