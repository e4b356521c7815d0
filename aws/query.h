/* SPDX-License-Identifier: Apache-2.0 */
/* Form bodies of the awsQuery protocol: "Action=Publish&Version=2010-03-31&Name=value". */
#pragma once

#include <stdint.h>

#include "util/buf.h"

#define QUERY_CONTENT_TYPE "application/x-www-form-urlencoded; charset=utf-8"

void query_begin(struct buf *body, const char *action, const char *version);
/* NULL adds nothing. */
void query_add(struct buf *body, const char *name, const char *value);
void query_add_span(struct buf *body, const char *name, struct span value);
void query_add_int(struct buf *body, const char *name, int64_t value);
/* ISO 8601, the protocol's form of an instant */
void query_add_time(struct buf *body, const char *name, int64_t at_s);
