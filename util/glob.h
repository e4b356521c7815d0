/* SPDX-License-Identifier: Apache-2.0 */
/* Name patterns: `*` any run, `?` one character, nothing else is special. */
#pragma once

#include <stdbool.h>

bool glob_matches(const char *pattern, const char *name);

/* A comma list such as "*, !scratch-*": a name matches when some positive pattern does and no negative one does; a list of only
 * negative patterns means "all but". */
bool glob_list_matches(const char *list, const char *name);
