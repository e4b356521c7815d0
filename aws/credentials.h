/* SPDX-License-Identifier: Apache-2.0 */
/* Where AWS keys come from and how they stay fresh: the SDKs' chain behind one step function. Nothing here sends or reads a clock:
 * `now_s` is the local time, which is set right here by the Date of the answers. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "aws/environment.h"
#include "aws/keys.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/http.h"

struct credentials_options {
        const char *profile;      /* named explicitly: the environment's keys are then left aside; NULL: the chain */
        const char *role_arn;     /* assumed with what the chain gives, or NULL */
        const char *external_id;  /* for role_arn */
        const char *session_name; /* NULL: AWS_ROLE_SESSION_NAME or "flinkwatch" */
        const char *region;       /* of the STS endpoint; NULL: environment, profile, the role's partition */
        const struct aws_environment *environment; /* borrowed, must outlive the credentials */
};

struct credentials;

/* Chooses the source and checks it as far as that goes without the network. A source that is configured but broken is an error, never
 * a reason to try the next: -EINVAL, -ENOENT (no such profile), -EFBIG, an errno of reading a file, -ENOMEM. */
int credentials_new(const struct credentials_options *options, struct credentials **ret, struct err *err);
void credentials_free(struct credentials *c);

/* Keys that can be used now, else NULL: none yet, expired (or within a minute of it while a refresh may still succeed), or rejected and
 * not yet refreshed. Borrowed until the next step. */
const struct aws_keys *credentials_peek(const struct credentials *c, int64_t now_s);

/* A refresh should begin now. False while one is running. */
bool credentials_is_due(const struct credentials *c, int64_t now_s);

/* Runs a refresh: reply NULL begins one (anew). STEP_SEND: send *ret_request (pass it empty; it is complete and absolute, or argv is a
 * program to run) and come back with the reply. 0: fresh keys. -errno: this refresh failed; the next is due later, and older keys
 * stay while they are valid: then the text says so. -EAGAIN is worth a retry soon. */
int credentials_step(struct credentials *c, const struct http_reply *reply, int64_t now_s,
                     struct http_request *ret_request, struct err *err);

/* A service said that these keys are expired or unknown: a refresh is due at once, though at most once a minute (then nothing happens).
 * credentials_peek gives nothing until that refresh has ended; when it fails the old keys are given again. */
void credentials_reject(struct credentials *c, int64_t now_s);

/* Whether it can be a role to assume: arn:PARTITION:iam::ACCOUNT:role/NAME. */
bool credentials_is_role(const char *arn);
/* "profile prod (static keys in ~/.aws/credentials) -> role arn:...; expires 2026-01-02T03:04:05Z": no secret. */
void credentials_describe(const struct credentials *c, struct buf *out);
/* When the present keys expire, 0: never or none. */
int64_t credentials_expires_at_s(const struct credentials *c);

SCOPED_DEFINE(struct credentials, credentials_free)
