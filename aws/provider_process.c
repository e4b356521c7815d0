/* SPDX-License-Identifier: Apache-2.0 */
/* Keys printed by a program. It is run by whoever runs the steps, without a shell. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/key_document.h"
#include "aws/provider.h"
#include "aws/shlex.h"

enum { RUN_MAX_MS = 60000, OUTPUT_MAX_BYTES = 1 << 20 };

struct process {
        struct provider base;
        char *profile;
        char **argv;
};

static const struct key_document document = {
        .what = "credential_process",
        .id = "AccessKeyId",
        .secret = "SecretAccessKey",
        .token = "SessionToken",
        .expires = "Expiration",
        .is_versioned = true,
};

static int copy_words(char **words, char ***ret) {
        size_t n = 0;
        while (words[n])
                n++;
        char **copy = calloc(n + 1, sizeof *copy);
        for (size_t i = 0; copy && i < n; i++)
                if (!(copy[i] = strdup(words[i]))) {
                        shlex_free(copy);
                        return -ENOMEM;
                }
        *ret = copy;
        return copy ? 0 : -ENOMEM;
}

static int ask(const struct process *p, struct http_request *ret, struct err *err) {
        char **argv;
        if (copy_words(p->argv, &argv) < 0)
                return err_set(err, -ENOMEM, "credential_process: out of memory");
        http_request_init(ret);
        ret->operation = "credential_process";
        ret->auth = HTTP_AUTH_NONE;
        ret->argv = argv;
        ret->is_local = true;
        ret->timeout_ms = RUN_MAX_MS;
        ret->reply_max_bytes = OUTPUT_MAX_BYTES;
        return STEP_SEND;
}

static int step(struct provider *base, const struct http_reply *reply, int64_t now_s, struct http_request *ret_request,
                struct aws_keys *ret_keys, struct err *err) {
        (void)now_s;
        const struct process *p = (const struct process *)base;
        int r;
        if (!reply)
                return ask(p, ret_request, err);
        if (reply->fault == HTTP_FAULT_TIMEOUT)
                r = err_set(err, -EAGAIN, "the program \"%.80s\" did not end within %d s", p->argv[0],
                            RUN_MAX_MS / 1000);
        else if (reply->fault != HTTP_FAULT_NONE || reply->status != 200)
                /* neither its output nor its arguments are shown: either may hold a secret */
                r = err_set(err, -EIO, "the program \"%.80s\" failed; run it by hand to see why", p->argv[0]);
        else
                r = key_document_read(&document, reply->body, ret_keys, err);
        if (r < 0)
                err_prefix(err, "profile %.80s", p->profile);
        return r;
}

static void describe(const struct provider *base, struct buf *out) {
        buf_printf(out, "profile %s (credential_process)", ((const struct process *)base)->profile);
}

static void release(struct provider *base) {
        struct process *p = (struct process *)base;
        free(p->profile);
        shlex_free(p->argv);
        free(p);
}

static const struct provider_class class = {step, describe, release};

int provider_process_new(const struct provider_context *context, const char *profile, struct provider **ret,
                         struct err *err) {
        const char *line = aws_profile_get(context->profiles, profile, "credential_process");
        struct process *p = calloc(1, sizeof *p);
        if (!p || !(p->profile = strdup(profile))) {
                free(p);
                return err_set(err, -ENOMEM, "credential_process: out of memory");
        }
        p->base.class = &class;
        int r = shlex_split(line, &p->argv);
        if (r < 0) {
                release(&p->base);
                return err_set(err, r, "%s: credential_process: %s",
                               aws_profile_where(context->profiles, profile, "credential_process"),
                               r == -EINVAL ? "a quote or a backslash is left open" : "out of memory");
        }
        *ret = &p->base;
        return 0;
}
