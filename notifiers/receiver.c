/* SPDX-License-Identifier: Apache-2.0 */
#include "notifiers/receiver.h"

#include <errno.h>

#include "aws/retry.h"

/* Length of "https://host:port", 0 when there is none. */
static size_t origin_len(const char *url) {
        size_t scheme = strncmp(url, "https://", 8) == 0 ? 8 : strncmp(url, "http://", 7) == 0 ? 7 : 0;
        size_t host = scheme ? strcspn(url + scheme, "/?#") : 0;
        return host ? scheme + host : 0;
}

static bool is_url(const char *url) {
        for (const unsigned char *p = (const unsigned char *)url; *p; p++)
                if (*p <= 0x20 || *p >= 0x7f)
                        return false;
        return origin_len(url) > 0;
}

int receiver_check_url(const char *key, const char *url, struct err *reterr) {
        if (!is_url(url))
                return err_set(reterr, -EINVAL, "%s is no URL: https://HOST/PATH is needed", key);
        return 0;
}

static bool ends_with(struct span s, struct span end) {
        return s.len >= end.len && span_equals((struct span){s.data + s.len - end.len, end.len}, end);
}

static char *join(const char *url, const char *base) {
        SCOPED(buf_wipe) struct buf text = BUF_INIT(16384);
        struct span origin = span_of(base);
        while (origin.len > 0 && origin.data[origin.len - 1] == '/')
                origin.len--;
        buf_reserve(&text, strlen(url) + origin.len);
        if (base) {
                buf_put_span(&text, origin);
                url += origin_len(url);
        }
        if (!base || !ends_with(origin, span_of(url))) /* somebody gave the whole address */
                buf_put_str(&text, url);
        return buf_steal(&text);
}

int receiver_request(const char *operation, const char *url, const char *base, struct http_request *ret_request) {
        if (!is_url(url) || (base && !is_url(base)))
                return -EINVAL;
        http_request_init(ret_request);
        ret_request->operation = operation;
        ret_request->auth = HTTP_AUTH_NONE;
        ret_request->has_effect = true;
        ret_request->url = join(url, base);
        int r = ret_request->url ? http_request_header(ret_request, "Content-Type", "application/json") : -ENOMEM;
        if (r < 0)
                http_request_done(ret_request);
        return r;
}

int receiver_request_end(struct http_request *r, int failed) {
        if (!failed)
                failed = r->body.failed;
        if (failed)
                http_request_done(r);
        return failed;
}

static enum outcome later(const struct http_reply *reply, int64_t now_s, int64_t *ret_retry_s) {
        struct retry_after after = retry_after_read(reply, now_s);
        if (after.delay_ms > 0)
                *ret_retry_s = after.delay_ms / 1000 + (after.delay_ms % 1000 > 0);
        return OUTCOME_RETRY;
}

static bool is_passing(int status) {
        return status < 200 || (status >= 300 && status < 400) || status == 408 || status == 425 || status == 429 ||
               status >= 500;
}

/* No later try mends these. What is wrong with the address, the token or a permission somebody may mend while the message waits. */
static bool is_about_message(int status) {
        static const int statuses[] = {400, 406, 411, 413, 414, 415, 422, 431};
        for (size_t i = 0; i < ELEMENTS(statuses); i++)
                if (statuses[i] == status)
                        return true;
        return false;
}

enum outcome receiver_judge(const char *who, const struct http_reply *reply, const char *word, int64_t now_s,
                            int64_t *ret_retry_s, struct err *reterr) {
        const char *open = word[0] ? " (" : "", *close = word[0] ? ")" : "";
        *ret_retry_s = 0;
        if (reply->fault != HTTP_FAULT_NONE || reply->status == 0) {
                err_set(reterr, -EIO, "%s: no answer: %s", who,
                        reply->fault_text[0] ? reply->fault_text : "unknown fault");
                return OUTCOME_RETRY;
        }
        if (reply->status >= 200 && reply->status < 300)
                return OUTCOME_DELIVERED;
        if (is_passing(reply->status)) {
                err_set(reterr, -EAGAIN, "%s: HTTP %d%s%s%s, tried again later", who, reply->status, open, word, close);
                return later(reply, now_s, ret_retry_s);
        }
        if (!is_about_message(reply->status)) {
                err_set(reterr, -EPERM, "%s: HTTP %d%s%s%s: see to its address, its token and its permissions", who,
                        reply->status, open, word, close);
                return later(reply, now_s, ret_retry_s);
        }
        err_set(reterr, -EPERM, "%s refused the message: HTTP %d%s%s%s", who, reply->status, open, word, close);
        return OUTCOME_REFUSED;
}

void receiver_word(const struct http_reply *reply, char to[48]) {
        struct span word = span_trim(reply->body);
        to[0] = '\0';
        if (word.len == 0 || word.len >= 48)
                return;
        for (size_t i = 0; i < word.len; i++)
                if (!((word.data[i] >= 'a' && word.data[i] <= 'z') || (word.data[i] >= '0' && word.data[i] <= '9') ||
                      word.data[i] == '_'))
                        return;
        memcpy(to, word.data, word.len);
        to[word.len] = '\0';
}
