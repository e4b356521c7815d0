/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/carrier.h"

#include <errno.h>
#include <string.h>

#include "daemon/client.h"
#include "daemon/errand.h"
#include "daemon/patience.h"

enum {
        GATHER_MS = 25, /* what one round of judging brings lies closer together than this */
        RETRY_FIRST_S = 5,
        RETRY_LONGEST_S = 900,
        HOLD_LONGEST_S = 60, /* how long a receiver that failed is left alone when it named no time */
        SETTLE_AGAIN_S = 5,  /* what was answered is kept in memory while the store cannot take it */
        SETTLE_TRIES = 6,    /* whoever waits for all to be idle waits so long for that */
};

struct carrier {
        struct carrier_host host;
        const struct config_notifier *notifier;
        struct client *client; /* NULL: the type signs nothing */
        struct exchange_run *run;
        struct errand errand;
        enum outcome outcome;
        int64_t retry_s, retry_at_s;
        struct err reason;
        struct timer look, settle;
        bool is_about_to_look;
        int64_t told_at_ms; /* monotonic */
        bool is_unsettled;  /* answered, not stored yet: it must not be sent again for that */
        int n_unsettled;    /* times in a row that it could not be stored */
        int64_t n_failures, hold_until_s;
        struct errand_times times;
        struct patience patience;
};

static void look(void *arg);

static bool signs(const struct config_notifier *n) {
        return channel_has_key(&n->channel, "topic_arn");
}

/* "arn:aws:sns:eu-west-1:111122223333:oncall" -> "eu-west-1" */
static void region_of_arn(const char *arn, char region[64]) {
        struct span rest = span_of(arn);
        for (int i = 0; i < 3; i++)
                span_split(&rest, ':');
        struct span part = span_split(&rest, ':');
        snprintf(region, 64, "%.*s", (int)(part.len > 63 ? 63 : part.len), part.data ? part.data : "");
}

static int make_client(struct carrier *c) {
        const struct channel *channel = &c->notifier->channel;
        char tag[128], region[64];
        if (!signs(c->notifier))
                return 0;
        snprintf(tag, sizeof tag, "notifier %s", c->notifier->name);
        region_of_arn(channel_value(channel, "topic_arn"), region);
        struct client_options options = {tag, region, channel_value(channel, "profile"),
                                         channel_value(channel, "role_arn"), NULL};
        return client_new(c->host.exchange, &options, &c->client);
}

int carrier_new(const struct carrier_host *host, const struct config_notifier *notifier, struct carrier **ret) {
        SCOPED(carrier_free) struct carrier *c = calloc(1, sizeof *c);
        if (!c)
                return -ENOMEM;
        c->host = *host;
        c->notifier = notifier;
        patience_begin(&c->patience, loop_now_ms(host->loop), loop_monotonic_ms(host->loop));
        int r = make_client(c);
        if (r < 0)
                return r;
        *ret = TAKE(c);
        return 0;
}

static int store_outcome(struct carrier *c) {
        const char *reason = c->outcome == OUTCOME_DELIVERED ? NULL : c->reason.text;
        int r = errand_settle(&c->errand, c->host.store, c->notifier, c->outcome, loop_now_s(c->host.loop),
                              c->retry_at_s, reason);
        c->is_unsettled = r < 0;
        c->n_unsettled = r < 0 ? c->n_unsettled + 1 : 0;
        if (r < 0)
                log_error("notifier %s: the answer cannot be stored: %s", c->notifier->name,
                          store_error(c->host.store));
        return r;
}

void carrier_free(struct carrier *c) {
        if (!c)
                return;
        if (c->is_unsettled)
                store_outcome(c);
        exchange_cancel(c->run);
        timer_stop(&c->look);
        timer_stop(&c->settle);
        client_free(c->client);
        errand_done(&c->errand);
        free(c);
}

bool carrier_is_busy(const struct carrier *c) {
        return c->run || c->is_about_to_look || (c->is_unsettled && c->n_unsettled < SETTLE_TRIES);
}

static void look_in(struct carrier *c, int64_t delay_ms) {
        c->is_about_to_look = delay_ms <= GATHER_MS;
        timer_start(&c->look, c->host.loop, delay_ms, look, c);
}

void carrier_wake(struct carrier *c) {
        look_in(c, 0);
}

void carrier_told(struct carrier *c) {
        c->told_at_ms = loop_monotonic_ms(c->host.loop);
        if (!c->is_about_to_look)
                look_in(c, GATHER_MS);
}

static int step(void *arg, const struct http_reply *reply, struct http_request *ret_request, struct err *reterr) {
        struct carrier *c = arg;
        const struct notifier *type = c->notifier->type;
        if (!reply) {
                int r = type->render(&c->errand.delivery, &c->notifier->channel, ret_request);
                if (r == -EINVAL || r == -EMSGSIZE)
                        c->outcome = OUTCOME_REFUSED; /* it cannot be made: no receiver will ever see it */
                return r < 0 ? err_set(reterr, r, "the message cannot be made: %s", strerror(-r)) : STEP_SEND;
        }
        c->outcome = type->read_reply(reply, loop_now_s(c->host.loop), &c->retry_s, &c->reason);
        /* Whole seconds, and the one at hand has begun: no earlier than was asked. */
        c->retry_s += c->retry_s > 0;
        return 0;
}

/* Doubling from 5 s, half of it by chance, so that many do not return together. */
static int64_t backoff_s(int64_t attempts, int64_t longest_s) {
        int64_t most_s = RETRY_FIRST_S;
        for (int64_t i = 0; i < attempts && most_s < longest_s; i++)
                most_s *= 2;
        if (most_s > longest_s)
                most_s = longest_s;
        return most_s / 2 + (int64_t)((double)(most_s / 2) * loop_random()) + 1;
}

static void say(const struct carrier *c) {
        /* A sign of life has no time of its own: it waits for the receiver. */
        int64_t again_s = c->errand.kind == ERRAND_OUTBOX && c->retry_at_s > c->hold_until_s ? c->retry_at_s
                                                                                             : c->hold_until_s;
        char what[256];
        errand_describe(&c->errand, what);
        if (c->outcome == OUTCOME_DELIVERED && c->errand.kind != ERRAND_OUTBOX)
                log_debug("notifier %s: %s: delivered", c->notifier->name, what);
        else if (c->outcome == OUTCOME_DELIVERED)
                log_info("notifier %s: %s: delivered", c->notifier->name, what);
        else if (c->outcome == OUTCOME_REFUSED)
                log_error("notifier %s: %s: refused for good: %s", c->notifier->name, what, c->reason.text);
        else
                log_warning("notifier %s: %s: not delivered: %s: again in %lld s", c->notifier->name, what,
                            c->reason.text, (long long)(again_s - loop_now_s(c->host.loop)));
}

/* How long what was just put into the outbox has to wait for what comes with it. */
static int64_t gathering_ms(const struct carrier *c) {
        int64_t left_ms = c->told_at_ms + GATHER_MS - loop_monotonic_ms(c->host.loop);
        bool is_gathering = bundling_gathers(notifier_bundling(c->notifier->type, &c->notifier->channel));
        return is_gathering && c->told_at_ms > 0 && left_ms > 0 ? left_ms : 0;
}

static void settle(void *arg) {
        struct carrier *c = arg;
        if (store_outcome(c) < 0) {
                timer_start(&c->settle, c->host.loop, SETTLE_AGAIN_S * 1000, settle, c);
                c->host.rested(c->host.arg);
                return;
        }
        errand_note(&c->times, &c->errand, c->notifier, c->outcome, loop_now_s(c->host.loop));
        errand_done(&c->errand);
        look_in(c, gathering_ms(c));
}

/* A receiver that fails is left alone for a while, whatever it is that waits: a message that it cannot take is not its only one. */
static void hold(struct carrier *c, int64_t now_s) {
        if (c->outcome != OUTCOME_RETRY) {
                c->n_failures = c->hold_until_s = 0;
                return;
        }
        int64_t pause_s = backoff_s(c->n_failures, HOLD_LONGEST_S);
        c->hold_until_s = now_s + (c->retry_s > pause_s ? c->retry_s : pause_s);
        c->n_failures++;
}

static bool is_too_late(struct carrier *c) {
        return patience_is_over(&c->patience, c->errand.delivery.created_at_s, loop_now_ms(c->host.loop),
                                loop_monotonic_ms(c->host.loop)) &&
               c->errand.kind == ERRAND_OUTBOX;
}

static void done(void *arg, int result, const struct err *err) {
        struct carrier *c = arg;
        int64_t now_s = loop_now_s(c->host.loop);
        c->run = NULL;
        if (result < 0)
                c->reason = *err;
        if (c->outcome == OUTCOME_RETRY && is_too_late(c)) {
                c->outcome = OUTCOME_REFUSED; /* the incident itself stays on record */
                err_prefix(&c->reason, "given up after a day");
        }
        int64_t pause_s = backoff_s(c->errand.delivery.attempts, RETRY_LONGEST_S);
        c->retry_at_s = now_s + (c->retry_s > pause_s ? c->retry_s : pause_s);
        vitals_attempt(c->host.vitals, c->notifier->name, c->outcome);
        hold(c, now_s);
        say(c);
        settle(c);
}

static void send(struct carrier *c) {
        c->outcome = OUTCOME_RETRY;
        c->retry_s = 0;
        c->reason = (struct err){0};
        c->errand.delivery.sent_at_s = loop_now_s(c->host.loop);
        struct exchange_job job = {.client = c->client, .arg = c, .step = step, .done = done, .takes_failures = true};
        int r = exchange_start(c->host.exchange, &job, &c->run);
        if (r < 0) {
                struct err err;
                err_set(&err, r, "out of memory");
                done(c, -EAGAIN, &err);
        }
}

static void look(void *arg) {
        struct carrier *c = arg;
        int64_t now_s = loop_now_s(c->host.loop), due_s = c->hold_until_s;
        c->is_about_to_look = false;
        if (c->run || c->is_unsettled)
                return;
        int r = due_s > now_s ? 1
                              : errand_choose(&c->times, c->host.store, c->notifier, c->n_failures, now_s, &c->errand,
                                              &due_s);
        if (r == 0) {
                send(c);
                return;
        }
        if (r < 0)
                log_error("the outbox cannot be read or written: %s", store_error(c->host.store));
        if (r < 0)
                look_in(c, RETRY_FIRST_S * 1000);
        else if (due_s > 0)
                look_in(c, due_s * 1000 - loop_now_ms(c->host.loop) > GATHER_MS
                                   ? due_s * 1000 - loop_now_ms(c->host.loop)
                                   : GATHER_MS + 1);
        c->host.rested(c->host.arg);
}
