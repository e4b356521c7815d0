/* SPDX-License-Identifier: Apache-2.0 */
/* Small local files: configuration, tokens. */
#pragma once

#include "util/buf.h"
#include "util/err.h"

/* Appends the whole file to *ret, of at most ret->cap bytes. Links are followed, /dev/null is an empty file, and a pipe must have its
 * text ready: nothing is waited for. -ENOENT when it is not there, -EFBIG, -EINVAL (a folder or a disk), other errnos of open and
 * read; each with a text that names the path. */
int aws_file_read(const char *path, struct buf *ret, struct err *err);
