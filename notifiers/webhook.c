/* SPDX-License-Identifier: Apache-2.0 */
/* Any HTTP receiver: the delivered JSON as it is, signed with HMAC-SHA-256 when there is a key. */
#include <errno.h>

#include "aws/sha256.h"
#include "notifiers/message.h"
#include "notifiers/receiver.h"

enum { BODY_MAX = 1 << 20 };

static const char who[] = "webhook";

/* A webhook has no address of its own that a base URL could replace: `url` alone is the whole one. */
static const char *address(const struct channel *channel, const char **ret_base) {
        const char *webhook_url = channel_value(channel, "webhook_url"), *url = channel_value(channel, "url");
        *ret_base = webhook_url ? url : NULL;
        return webhook_url ? webhook_url : url;
}

static int webhook_check(const struct channel *channel, struct err *reterr) {
        const char *base, *webhook_url = address(channel, &base), *key = channel_value(channel, "hmac_key");
        if (!webhook_url)
                return err_set(reterr, -EINVAL, "webhook_url is missing (or webhook_url_file, a file that holds it)");
        if (key && !key[0])
                return err_set(reterr, -EINVAL, "hmac_key is empty");
        int r = receiver_check_url("webhook_url", webhook_url, reterr);
        return r < 0 || !base ? r : receiver_check_url("url", base, reterr);
}

static int sign(struct http_request *request, const char *key) {
        SCOPED(sha256_free) struct sha256 *h = NULL;
        SCOPED(hmac_free) struct hmac *m = NULL;
        uint8_t digest[SHA256_BYTES];
        char value[7 + SHA256_HEX + 1] = "sha256=";
        int r = sha256_new(&h);
        if (r >= 0)
                r = hmac_new(h, span_of(key), &m);
        if (r >= 0)
                r = hmac_of(h, m, buf_span(&request->body), digest);
        if (r < 0)
                return r;
        hex_put(digest, SHA256_BYTES, value + 7);
        return http_request_header(request, "X-Flinkwatch-Signature", value);
}

static int fill(struct http_request *request, const struct delivery *d, const char *key) {
        int r = message_json(d, BODY_MAX, &request->body);
        if (r >= 0)
                r = http_request_header(request, "X-Flinkwatch-Event", incident_event_name(d->event));
        if (r >= 0)
                r = http_request_header(request, "X-Flinkwatch-Delivery", d->delivery_id);
        return r < 0 || !key ? r : sign(request, key);
}

static int webhook_render(const struct delivery *d, const struct channel *channel, struct http_request *ret_request) {
        struct http_request request;
        const char *base, *webhook_url = address(channel, &base);
        int r = webhook_url ? receiver_request("PostWebhook", webhook_url, base, &request) : -EINVAL;
        if (r < 0)
                return r;
        r = receiver_request_end(&request, fill(&request, d, channel_value(channel, "hmac_key")));
        if (r >= 0)
                *ret_request = request;
        return r;
}

static enum outcome webhook_read_reply(const struct http_reply *reply, int64_t now_s, int64_t *ret_retry_s,
                                       struct err *reterr) {
        char word[48];
        receiver_word(reply, word);
        return receiver_judge(who, reply, word, now_s, ret_retry_s, reterr);
}

static enum bundling webhook_bundling(const struct channel *channel) {
        (void)channel;
        return BUNDLE_WHEN_MANY;
}

static const char *const keys[] = {"webhook_url", "hmac_key", "url", NULL};
static const char *const secrets[] = {"webhook_url", "hmac_key", NULL};

const struct notifier notifier_webhook = {
        .type = "webhook",
        .keys = keys,
        .secrets = secrets,
        .check = webhook_check,
        .render = webhook_render,
        .read_reply = webhook_read_reply,
        .bundling = webhook_bundling,
        .takes_heartbeats = true,
};
