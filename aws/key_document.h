/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in JSON, as containers, instances, programs and the SSO portal give them. */
#pragma once

#include <stdbool.h>

#include "aws/keys.h"

struct key_document {
        const char *what;                          /* in errors */
        const char *object;                        /* member that holds the keys, NULL: the whole text */
        const char *id, *secret, *token, *expires; /* member names */
        bool is_versioned;                         /* "Version": 1 is required */
        bool is_coded;                             /* "Code", when there, must be "Success" */
        bool needs_expiry;
        bool is_expiry_ms; /* a number of milliseconds instead of ISO 8601 */
};

/* -EBADMSG or -EINVAL with a text that shows nothing of the document but the names of members and the service's own code, -ENOMEM. */
int key_document_read(const struct key_document *document, struct span text, struct aws_keys *ret, struct err *err);
