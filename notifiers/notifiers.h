/* SPDX-License-Identifier: Apache-2.0 */
/* One module per type of receiver: renders a delivery as a request, reads the answer. Sends nothing. */
#pragma once

#include "model/delivery.h"
#include "util/err.h"
#include "util/http.h"

struct notifier {
        const char *type;
        /* Configuration keys it takes beside the common ones, NULL-ended; a secret KEY may also be given as KEY_file. */
        const char *const *keys;
        const char *const *secrets; /* those of them that are secret, NULL-ended */
        /* Whether the values make sense, at configuration time. 0 or -EINVAL with the reason (no secret in it). */
        int (*check)(const struct channel *channel, struct err *reterr);
        /* 0, -EINVAL, -ENOMEM, -EMSGSIZE */
        int (*render)(const struct delivery *d, const struct channel *channel, struct http_request *ret_request);
        /* *ret_retry_s: the receiver's own hint for OUTCOME_RETRY, 0 when it gave none. reterr: why not, without secrets. */
        enum outcome (*read_reply)(const struct http_reply *reply, int64_t now_s, int64_t *ret_retry_s,
                                   struct err *reterr);
        bool takes_acknowledgements; /* it can be told that somebody has taken an incident on */
        /* Whether such a channel takes digests; NULL: never. */
        enum bundling (*bundling)(const struct channel *channel);
        /* How often a receiver that forgets is to be told again what stands, in seconds; NULL: never. */
        int64_t (*refresh_s)(const struct channel *channel);
        bool is_for_people; /* read as it comes in: it has a rate limit unless told otherwise */
        bool takes_heartbeats;
};

enum { NOTIFIER_RATE_DEFAULT = 60 }; /* messages an hour */

enum bundling notifier_bundling(const struct notifier *type, const struct channel *channel);
int64_t notifier_refresh_s(const struct notifier *type, const struct channel *channel);

extern const struct notifier notifier_slack;
extern const struct notifier notifier_sns;
extern const struct notifier notifier_webhook;
extern const struct notifier notifier_pagerduty;
extern const struct notifier notifier_alertmanager;

extern const struct notifier *const notifiers[]; /* NULL-ended */
const struct notifier *notifier_find(const char *type);
