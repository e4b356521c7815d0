/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/keys.h"

#include <errno.h>
#include <string.h>

#include "util/text.h"

void aws_keys_done(struct aws_keys *keys) {
        text_wipe_free(keys->access_key_id);
        text_wipe_free(keys->secret_access_key);
        text_wipe_free(keys->session_token);
        *keys = (struct aws_keys){0};
}

static int copy(char **ret, const char *text) {
        if (!text)
                return 0;
        *ret = strdup(text);
        return *ret ? 0 : -ENOMEM;
}

int aws_keys_dup(const struct aws_keys *keys, struct aws_keys *ret) {
        SCOPED(aws_keys_done) struct aws_keys twin = {.expires_at_s = keys->expires_at_s};
        if (copy(&twin.access_key_id, keys->access_key_id) < 0 ||
            copy(&twin.secret_access_key, keys->secret_access_key) < 0 ||
            copy(&twin.session_token, keys->session_token) < 0)
                return -ENOMEM;
        *ret = twin;
        twin = (struct aws_keys){0};
        return 0;
}

/* The parts travel in header values and in the signature's input. */
static bool is_printable(struct span s) {
        for (size_t i = 0; i < s.len; i++)
                if (s.data[i] <= 0x20 || s.data[i] >= 0x7f)
                        return false;
        return true;
}

static int check(struct span part, const char *name, const char *source, struct err *err) {
        if (part.len == 0)
                return err_set(err, -EINVAL, "%s: the %s is missing", source, name);
        if (!is_printable(part))
                return err_set(err, -EINVAL, "%s: the %s holds a blank, a control character or a byte outside ASCII",
                               source, name);
        return 0;
}

int aws_keys_set(struct aws_keys *ret, struct span id, struct span secret, struct span token, const char *source,
                 struct err *err) {
        SCOPED(aws_keys_done) struct aws_keys made = {0};
        int r = check(id, "access key id", source, err);
        if (r == 0)
                r = check(secret, "secret access key", source, err);
        if (r == 0 && token.len > 0)
                r = check(token, "session token", source, err);
        if (r < 0)
                return r;
        made.access_key_id = span_dup(id);
        made.secret_access_key = span_dup(secret);
        made.session_token = token.len > 0 ? span_dup(token) : NULL;
        if (!made.access_key_id || !made.secret_access_key || (token.len > 0 && !made.session_token))
                return err_set(err, -ENOMEM, "%s: out of memory", source);
        aws_keys_done(ret);
        *ret = made;
        made = (struct aws_keys){0};
        return 0;
}
