/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/courier.h"

#include <errno.h>
#include <string.h>

#include "daemon/client.h"

enum {
        RETRY_FIRST_S = 5,
        RETRY_LONGEST_S = 900,
        SETTLE_AGAIN_S = 5, /* what was answered is kept in memory while the store cannot take it */
        GIVE_UP_S = 86400,  /* a page a day late helps nobody; the incident itself stays on record */
};

struct carrier {
        struct courier *courier;
        const struct config_notifier *notifier;
        struct client *client; /* NULL: the type signs nothing */
        struct exchange_run *run;
        struct delivery delivery;
        enum outcome outcome;
        int64_t retry_s, retry_at_s;
        struct err reason;
        struct timer settle;
        bool is_unsettled; /* answered, not stored yet: it must not be sent again for that */
};

struct courier {
        struct courier_host host;
        struct carrier *carriers;
        size_t n_carriers;
        struct timer timer;
};

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
        return client_new(c->courier->host.exchange, &options, &c->client);
}

int courier_new(const struct courier_host *host, struct courier **ret) {
        SCOPED(courier_free) struct courier *c = calloc(1, sizeof *c);
        if (!c || !(c->carriers = calloc(host->config->n_notifiers + 1, sizeof *c->carriers)))
                return -ENOMEM;
        c->host = *host;
        for (size_t i = 0; i < host->config->n_notifiers; i++) {
                struct carrier *carrier = &c->carriers[c->n_carriers++];
                carrier->courier = c;
                carrier->notifier = &host->config->notifiers[i];
                int r = make_client(carrier);
                if (r < 0)
                        return r;
        }
        *ret = TAKE(c);
        return 0;
}

void courier_free(struct courier *c) {
        if (!c)
                return;
        timer_stop(&c->timer);
        for (size_t i = 0; i < c->n_carriers; i++) {
                exchange_cancel(c->carriers[i].run);
                timer_stop(&c->carriers[i].settle);
                client_free(c->carriers[i].client);
                delivery_done(&c->carriers[i].delivery);
        }
        free(c->carriers);
        free(c);
}

static int step(void *arg, const struct http_reply *reply, struct http_request *ret_request, struct err *reterr) {
        struct carrier *c = arg;
        const struct notifier *type = c->notifier->type;
        if (!reply) {
                int r = type->render(&c->delivery, &c->notifier->channel, ret_request);
                return r < 0 ? err_set(reterr, r, "the message cannot be made: %s", strerror(-r)) : STEP_SEND;
        }
        c->outcome = type->read_reply(reply, loop_now_s(c->courier->host.loop), &c->retry_s, &c->reason);
        return 0;
}

/* Doubling from 5 s to 15 min, half of it by chance, so that many do not return together. */
static int64_t backoff_s(int64_t attempts, int64_t hint_s) {
        int64_t longest_s = RETRY_FIRST_S;
        for (int64_t i = 0; i < attempts && longest_s < RETRY_LONGEST_S; i++)
                longest_s *= 2;
        if (longest_s > RETRY_LONGEST_S)
                longest_s = RETRY_LONGEST_S;
        int64_t delay_s = longest_s / 2 + (int64_t)((double)(longest_s / 2) * loop_random()) + 1;
        return delay_s > hint_s ? delay_s : hint_s;
}

static void say(const struct carrier *c, int64_t retry_in_s) {
        const char *what = incident_event_name(c->delivery.event);
        const struct incident *i = &c->delivery.incident;
        if (c->outcome == OUTCOME_DELIVERED)
                log_info("notifier %s: incident %lld (%s %s) %s: delivered", c->notifier->name, (long long)i->id,
                         i->application, i->finding.diagnoser, what);
        else if (c->outcome == OUTCOME_REFUSED)
                log_error("notifier %s: incident %lld (%s %s) %s: refused for good: %s", c->notifier->name,
                          (long long)i->id, i->application, i->finding.diagnoser, what, c->reason.text);
        else
                log_warning("notifier %s: incident %lld (%s %s) %s: not delivered: %s: again in %lld s",
                            c->notifier->name, (long long)i->id, i->application, i->finding.diagnoser, what,
                            c->reason.text, (long long)retry_in_s);
}

static void settle(void *arg) {
        struct carrier *c = arg;
        struct courier *courier = c->courier;
        int64_t now_s = loop_now_s(courier->host.loop);
        int r = store_settle_delivery(courier->host.store, c->delivery.id, c->outcome, now_s, c->retry_at_s,
                                      c->outcome == OUTCOME_DELIVERED ? NULL : c->reason.text);
        c->is_unsettled = r < 0;
        if (r < 0) {
                log_error("notifier %s: the answer cannot be stored: %s", c->notifier->name,
                          store_error(courier->host.store));
                timer_start(&c->settle, courier->host.loop, SETTLE_AGAIN_S * 1000, settle, c);
        } else {
                delivery_done(&c->delivery);
        }
        courier_wake(courier);
}

static void done(void *arg, int result, const struct err *err) {
        struct carrier *c = arg;
        struct courier *courier = c->courier;
        int64_t now_s = loop_now_s(courier->host.loop);
        c->run = NULL;
        if (result < 0) {
                c->outcome = result == -EINVAL || result == -EMSGSIZE ? OUTCOME_REFUSED : OUTCOME_RETRY;
                c->reason = *err;
        }
        if (c->outcome == OUTCOME_RETRY && now_s - c->delivery.created_at_s >= GIVE_UP_S) {
                c->outcome = OUTCOME_REFUSED;
                err_prefix(&c->reason, "given up after a day");
        }
        int64_t retry_in_s = backoff_s(c->delivery.attempts, c->retry_s);
        say(c, retry_in_s);
        c->retry_at_s = now_s + retry_in_s;
        settle(c);
}

static struct carrier *find_carrier(struct courier *c, const char *notifier) {
        for (size_t i = 0; i < c->n_carriers; i++)
                if (strcmp(c->carriers[i].notifier->name, notifier) == 0)
                        return &c->carriers[i];
        return NULL;
}

/* Takes `d` over. 0 or -errno of the store. */
static int dispatch(struct courier *courier, struct delivery *d) {
        struct carrier *c = find_carrier(courier, d->notifier);
        int64_t now_s = loop_now_s(courier->host.loop);
        if (!c) {
                log_warning("notifier %s is configured no more: its message about incident %lld is dropped",
                            d->notifier, (long long)d->incident.id);
                int r = store_settle_delivery(courier->host.store, d->id, OUTCOME_REFUSED, now_s, 0,
                                              "the notifier is configured no more");
                delivery_done(d);
                return r;
        }
        c->delivery = *d;
        c->outcome = OUTCOME_RETRY;
        c->retry_s = 0;
        c->reason = (struct err){0};
        struct exchange_job job = {.client = c->client, .arg = c, .step = step, .done = done, .takes_failures = true};
        int r = exchange_start(courier->host.exchange, &job, &c->run);
        if (r < 0) {
                struct err err;
                err_set(&err, r, "out of memory");
                done(c, -EAGAIN, &err);
        }
        return 0;
}

static void on_timer(void *arg) {
        struct courier *c = arg;
        size_t n_busy = 0, n_running = 0;
        const char **busy = calloc(c->n_carriers + 1, sizeof *busy);
        if (!busy)
                return;
        for (;;) {
                struct delivery d = {0};
                int64_t now_s = loop_now_s(c->host.loop), next_s = 0;
                n_busy = n_running = 0;
                for (size_t i = 0; i < c->n_carriers; i++) {
                        n_running += c->carriers[i].run != NULL;
                        if (c->carriers[i].run || c->carriers[i].is_unsettled)
                                busy[n_busy++] = c->carriers[i].notifier->name;
                }
                int r = store_next_delivery(c->host.store, now_s, busy, n_busy, &d, &next_s);
                if (r == 0)
                        r = dispatch(c, &d);
                if (r == 0)
                        continue;
                if (r < 0)
                        log_error("the outbox cannot be read or written: %s", store_error(c->host.store));
                if (r < 0 || next_s > now_s)
                        timer_start(&c->timer, c->host.loop, r < 0 ? RETRY_FIRST_S * 1000 : (next_s - now_s) * 1000,
                                    on_timer, c);
                break;
        }
        free(busy);
        if (n_running == 0)
                c->host.idle(c->host.arg);
}

void courier_wake(struct courier *c) {
        timer_start(&c->timer, c->host.loop, 0, on_timer, c);
}
