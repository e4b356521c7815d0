/* SPDX-License-Identifier: Apache-2.0 */
/* Absolute http and https URLs, cut into what is needed to sign and to judge them. */
#pragma once

#include <stdbool.h>

#include "util/span.h"

struct url {
        bool is_https;
        struct span host; /* without brackets */
        bool is_ipv6;
        int port;         /* 0: the scheme's own */
        struct span path; /* from the first '/', without query; may be empty */
        struct span rest; /* path and query */
};

/* -EINVAL: another scheme, user info, a fragment, blanks or control characters, a bad host or port. */
int url_parse(struct span text, struct url *ret);
