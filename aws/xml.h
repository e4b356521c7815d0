/* SPDX-License-Identifier: Apache-2.0 */
/* Texts out of an XML reply by the path of local names. A DOCTYPE is refused, depth and size are bounded. */
#pragma once

#include "util/err.h"
#include "util/span.h"

enum { XML_DEPTH_MAX = 32, XML_TEXT_MAX = 1 << 20, XML_PATH_MAX = 1024 };

/* Called at the end of each element with its path ("PublishResponse/PublishResult/MessageId") and the character data directly in it;
 * an element's children come before it. 0 goes on, -errno stops. `text` is valid during the call. */
typedef int xml_end_fn(void *context, const char *path, struct span text);

/* 0, what `at_end` returned, -EBADMSG (not well-formed, a DOCTYPE, too deep or too long), -ENOMEM. */
int xml_read(struct span body, xml_end_fn *at_end, void *context, struct err *err);

struct xml_want {
        const char *path;
        char **ret; /* a copy of the first such element's text, for the caller to wipe or free; untouched when there is none */
};

/* As xml_read; whatever was found before an error is kept. */
int xml_pick(struct span body, const struct xml_want *wants, size_t n, struct err *err);
