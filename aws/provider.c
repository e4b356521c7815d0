/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/provider.h"

#include <errno.h>
#include <string.h>

#include "aws/error.h"

enum { RECOGNISABLE_BYTES = 12 };

/* A message that repeats (the beginning of) a secret is not shown. */
static bool mentions(const char *text, const char *secret) {
        size_t n = secret ? strlen(secret) : 0;
        if (n == 0)
                return false;
        return memmem(text, strlen(text), secret, n < RECOGNISABLE_BYTES ? n : RECOGNISABLE_BYTES) != NULL;
}

static int code_for(enum aws_outcome outcome) {
        switch (outcome) {
        case AWS_THROTTLED:
        case AWS_TRANSIENT:
        case AWS_SKEW:
                return -EAGAIN;
        case AWS_DENIED:
        case AWS_CREDENTIALS:
                return -EACCES;
        case AWS_NOT_FOUND:
                return -ENOENT;
        case AWS_INVALID:
                return -EINVAL;
        default:
                return -EIO;
        }
}

int provider_refused(struct err *err, const char *what, const struct http_reply *reply, const char *const *secrets,
                     size_t n_secrets) {
        struct aws_error e;
        aws_error_parse(reply, &e);
        int code = code_for(aws_classify(reply, &e, 0));
        bool is_shown = e.message[0] != '\0';
        for (size_t i = 0; i < n_secrets; i++)
                if (mentions(e.message, secrets[i]) || mentions(e.code, secrets[i]))
                        is_shown = false;
        for (size_t i = 0; i < n_secrets; i++)
                if (mentions(e.code, secrets[i]))
                        return err_set(err, code, "%s: refused with status %d", what, reply->status);
        return err_set(err, code, is_shown ? "%s: %s: %s" : "%s: %s", what, e.code, e.message);
}
