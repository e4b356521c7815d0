/* SPDX-License-Identifier: Apache-2.0 */
/* One set of AWS keys: the three parts belong together and are replaced together. It has no formatter on purpose. */
#pragma once

#include <stdint.h>

#include "util/err.h"
#include "util/scope.h"
#include "util/span.h"

struct aws_keys {
        char *access_key_id;
        char *secret_access_key;
        char *session_token;  /* NULL for long-lived keys */
        int64_t expires_at_s; /* 0: never */
};

/* Overwrites and frees; the set can be used again. */
void aws_keys_done(struct aws_keys *keys);
/* 0 or -ENOMEM, *ret untouched then. */
int aws_keys_dup(const struct aws_keys *keys, struct aws_keys *ret);
/* Copies the parts into *ret (what was there is wiped); a session token of length 0 is none. `source` names the origin in errors.
 * -EINVAL: a part is missing or holds a control character or a byte outside ASCII (the text never shows it), -ENOMEM. */
int aws_keys_set(struct aws_keys *ret, struct span id, struct span secret, struct span token, const char *source,
                 struct err *err);

SCOPED_DEFINE_VALUE(struct aws_keys, aws_keys_done)
