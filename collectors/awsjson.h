/* SPDX-License-Identifier: Apache-2.0 */
/* What the collectors share of AWS JSON: requests, members of replies, paging. Private to this folder. */
#pragma once

#include "collectors/collectors.h"

struct cJSON;

/* An AWS JSON service as its operations are addressed. */
struct json_service {
        const char *name;          /* "monitoring" */
        const char *content_type;  /* "application/x-amz-json-1.0" */
        const char *target_prefix; /* "GraniteServiceVersion20100801." */
};

extern const struct json_service service_msf; /* the MSF control plane */

/* *ret_request is overwritten; its body is still empty. 0 or -ENOMEM (then nothing is left in it). */
int json_request(const struct json_service *service, const char *operation, struct http_request *ret_request);
/* Hands the finished request over: STEP_SEND, or what is wrong with its body (it is emptied then). */
int json_request_send(struct http_request *r, struct http_request *ret_request);

/* The reply's JSON object. -EPROTO says what came instead. NUL characters in strings are U+FFFD. */
int reply_parse(const char *operation, const struct http_reply *reply, struct cJSON **ret_root, struct err *reterr);
void reply_free(struct cJSON *root);

/* Members: `parent` may be NULL; absent, null and wrong-typed members all count as not said. */
const struct cJSON *reply_object(const struct cJSON *parent, const char *name); /* NULL */
const char *reply_text(const struct cJSON *parent, const char *name);           /* NULL, also when empty */
int64_t reply_int(const struct cJSON *parent, const char *name, int64_t otherwise);
int64_t reply_time_s(const struct cJSON *parent, const char *name); /* 0 */
bool reply_bool(const struct cJSON *parent, const char *name, bool otherwise);
/* Copies the text, NULL when it is not said. 0 or -ENOMEM. */
int reply_copy(const struct cJSON *parent, const char *name, char **ret);

/* What must be there: -EPROTO names the operation and the member. */
int reply_need_object(const char *operation, const struct cJSON *parent, const char *name, const struct cJSON **ret,
                      struct err *reterr);
int reply_need_text(const char *operation, const struct cJSON *parent, const char *name, char **ret,
                    struct err *reterr);
/* The first element of a list, NULL when it is empty; `is_needed` decides what an absent list is. -EPROTO also when it is no list. */
int reply_list(const char *operation, const struct cJSON *parent, const char *name, bool is_needed,
               const struct cJSON **ret_first, struct err *reterr);

/* The place in a paged answer. */
struct pager {
        char *token; /* of the next page; NULL on the first */
        size_t n_pages, max_pages;
};

enum { PAGER_MORE = 1, PAGER_SPENT = 2 };

/* After a page: 0 it was the last, PAGER_MORE, PAGER_SPENT (there is more, the budget of pages is used up), -EPROTO (the same token
 * again), -ENOMEM. */
int pager_turn(struct pager *p, const char *operation, const struct cJSON *root, const char *member,
               struct err *reterr);
/* The same with the token itself; NULL or "": there is none. */
int pager_follow(struct pager *p, const char *operation, const char *member, const char *token, struct err *reterr);
/* Back to the first page. */
void pager_reset(struct pager *p);

/* Adds to batch.notice, after "; " when there is something; what does not fit is dropped. */
void batch_notice(struct batch *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

SCOPED_DEFINE(struct cJSON, reply_free)
