/* SPDX-License-Identifier: Apache-2.0 */
/* Small local files: configuration, tokens. */
#pragma once

#include "util/buf.h"
#include "util/err.h"

/* Appends the whole file to *ret. Only a regular file (links are followed) of at most ret->cap bytes is read. -ENOENT when it is not
 * there, -EFBIG, -EINVAL (no regular file), other errnos of open and read; each with a text that names the path. */
int aws_file_read(const char *path, struct buf *ret, struct err *err);
