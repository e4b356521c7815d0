/* SPDX-License-Identifier: Apache-2.0 */
/* What receivers over plain HTTPS have in common: URLs that may be secret, and what a status means. Private to this folder. */
#pragma once

#include "notifiers/notifiers.h"

/* Whether it is an http or https URL with a host and no blanks. -EINVAL names `key`, never the value. */
int receiver_check_url(const char *key, const char *url, struct err *reterr);

/* A POST of JSON to `url`, with `base` in place of its scheme and host when that is not NULL. *ret_request is overwritten.
 * 0, -EINVAL, -ENOMEM */
int receiver_request(const char *operation, const char *url, const char *base, struct http_request *ret_request);
/* 0, or why the body failed: the request is emptied then. */
int receiver_request_end(struct http_request *r, int failed);

/* By status alone: 2xx delivered; refused is what says that the message itself is wrong (400, 413, 422 and their like); all else later.
 * `who` starts the reason: "Slack"; `word` is what the receiver called it, "" when nothing. */
enum outcome receiver_judge(const char *who, const struct http_reply *reply, const char *word, int64_t now_s,
                            int64_t *ret_retry_s, struct err *reterr);
/* The body when it is a single word of [a-z0-9_], else "". */
void receiver_word(const struct http_reply *reply, char to[48]);
