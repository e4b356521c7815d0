/* SPDX-License-Identifier: Apache-2.0 */
/* How a configuration file judges, without what is nobody's business: the daemon, which may not be able to read the file, is sent its
 * diagnosers, applications and maintenance; lines of other sections are sent empty, so that line numbers stay right and no secret goes. */
#pragma once

#include "util/buf.h"
#include "util/err.h"

/* Appends what is to be sent. */
void judging_keep(struct buf *out, struct span file);
/* The same of a file; owned. 0 or -errno with the reason. */
int judging_read(const char *path, char **ret, struct err *reterr);
