/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/client.h"

#include <errno.h>
#include <string.h>

#include "daemon/log.h"
#include "util/text.h"

enum { SERVICES_MAX = 8, REOPEN_AFTER_S = 60 };

struct client {
        struct exchange *exchange;
        char *tag, *profile, *region, *role_arn, *external_id, *ca_bundle;
        int64_t reopen_at_s; /* while there are no credentials: not before */
        struct credentials *credentials;
        struct aws_profiles *profiles;
        struct retry_settings retry;
        struct client_service services[SERVICES_MAX];
        size_t n_services;
        struct exchange_run *refresh;
        struct timer again; /* between two attempts of a refresh */
        int attempt;        /* 0 for the first */
        int retry_cost;     /* of the last retry */
        bool has_renewed;   /* the keys that a role is assumed with were rejected once already */
        struct last_reply {
                const char *operation; /* static text, NULL: not a service's */
                enum aws_outcome outcome;
                enum http_fault fault;
                struct retry_after after;
        } last;
        struct client_waiter *waiters;
        struct timer wake; /* tells the waiters when no refresh was needed after all */
        char last_error[sizeof((struct err){0}.text)];
};

static void start_refresh(struct client *c);

/* Says what is news. */
static void note_failure(struct client *c, const struct err *err) {
        bool is_news = strcmp(c->last_error, err->text) != 0;
        bool still_has_keys = c->credentials &&
                              credentials_peek(c->credentials, loop_now_s(exchange_loop(c->exchange)));
        text_copy(c->last_error, sizeof c->last_error, err->text);
        if (is_news)
                log_line(still_has_keys ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR, "%s: credentials: %s", c->tag,
                         err->text);
}

/* Chooses the source of the keys. What is broken now may be mended while the daemon runs: it is tried again every minute. */
static void open_credentials(struct client *c) {
        int64_t now_s = loop_now_s(exchange_loop(c->exchange));
        const struct aws_environment *environment = exchange_environment(c->exchange);
        struct err err = {0};
        if (c->credentials || now_s < c->reopen_at_s)
                return;
        c->reopen_at_s = now_s + REOPEN_AFTER_S;
        struct credentials_options wanted = {
                .profile = c->profile,
                .role_arn = c->role_arn,
                .external_id = c->external_id,
                .session_name = "flinkwatch",
                .region = c->region,
                .environment = environment,
        };
        aws_profiles_free(TAKE(c->profiles));
        free(TAKE(c->ca_bundle));
        int r = aws_profiles_load(environment, &c->profiles, &err);
        if (r == 0)
                r = retry_settings_resolve(environment, c->profiles, c->profile, &c->retry, &err);
        if (r == 0)
                r = aws_ca_bundle(environment, c->profiles, c->profile, &c->ca_bundle);
        if (r == 0)
                r = credentials_new(&wanted, &c->credentials, &err);
        if (r < 0)
                note_failure(c, &err);
}

int client_new(struct exchange *x, const struct client_options *options, struct client **ret) {
        SCOPED(client_free) struct client *c = calloc(1, sizeof *c);
        if (!c)
                return -ENOMEM;
        c->exchange = x;
        c->retry.max_attempts = RETRY_ATTEMPTS_DEFAULT;
        if (text_replace(&c->tag, options->tag) < 0 || text_replace(&c->profile, options->profile) < 0 ||
            text_replace(&c->region, options->region) < 0 || text_replace(&c->role_arn, options->role_arn) < 0 ||
            text_replace(&c->external_id, options->external_id) < 0)
                return -ENOMEM;
        open_credentials(c);
        *ret = TAKE(c);
        return 0;
}

void client_free(struct client *c) {
        if (!c)
                return;
        while (c->waiters)
                client_unwait(c->waiters);
        exchange_cancel(c->refresh);
        timer_stop(&c->again);
        timer_stop(&c->wake);
        credentials_free(c->credentials);
        aws_profiles_free(c->profiles);
        free(c->tag);
        free(c->profile);
        free(c->region);
        free(c->ca_bundle);
        free(c->role_arn);
        text_wipe_free(c->external_id);
        free(c);
}

const char *client_tag(const struct client *c) {
        return c->tag;
}

const char *client_ca_bundle(const struct client *c) {
        return c->ca_bundle;
}

int client_max_attempts(const struct client *c) {
        return c->retry.max_attempts;
}

struct client_service *client_service(struct client *c, const char *name) {
        for (size_t i = 0; i < c->n_services; i++)
                if (strcmp(c->services[i].name, name) == 0)
                        return &c->services[i];
        struct client_service *s = &c->services[c->n_services < SERVICES_MAX ? c->n_services++ : SERVICES_MAX - 1];
        *s = (struct client_service){.name = name};
        retry_bucket_init(&s->bucket);
        rate_limiter_init(&s->limiter);
        return s;
}

int client_endpoint(struct client *c, const char *service, const char *region, const char *url, struct endpoint *ret,
                    struct err *reterr) {
        struct endpoint_options options = {
                .environment = exchange_environment(c->exchange),
                .profiles = c->profiles,
                .profile = c->profile,
                .url = url,
        };
        return endpoint_resolve(&options, service, region ? region : c->region, ret, reterr);
}

void client_describe(const struct client *c, struct buf *out) {
        if (c->credentials)
                credentials_describe(c->credentials, out);
        else
                buf_put_str(out, c->last_error);
}

void client_unwait(struct client_waiter *w) {
        if (!w->link)
                return;
        *w->link = w->next;
        if (w->next)
                w->next->link = w->link;
        w->link = NULL;
}

static void wake_waiters(void *arg) {
        struct client *c = arg;
        const struct aws_keys *keys = c->credentials
                                              ? credentials_peek(c->credentials, loop_now_s(exchange_loop(c->exchange)))
                                              : NULL;
        struct err err = {0};
        if (!keys) {
                const char *why = c->last_error[0] ? c->last_error : "none found";
                bool says_so = span_starts(span_of(why), SPAN("no credentials"));
                err_set(&err, -EKEYREJECTED, "%s%s", says_so ? "" : "no credentials: ", why);
        }
        /* Those who wait now: one that waits again is for the next time. */
        struct client_waiter *waiters = TAKE(c->waiters);
        if (waiters)
                waiters->link = &waiters;
        while (waiters) {
                struct client_waiter *w = waiters;
                client_unwait(w);
                w->resume(w->arg, keys ? 0 : -EKEYREJECTED, &err);
        }
}

/* What a service that gives keys answered; the machine's own endpoints and programs are tried again by those who ask them. */
static void note_reply(struct client *c, const struct http_reply *reply) {
        struct aws_error error;
        c->last.fault = reply->fault;
        c->last.outcome = AWS_OK;
        if (reply->status >= 200 && reply->status < 300)
                return;
        aws_error_parse(reply, &error);
        c->last.outcome = aws_classify(reply, &error, 0);
        c->last.after = retry_after_read(reply, loop_now_s(exchange_loop(c->exchange)));
}

static int step_refresh(void *arg, const struct http_reply *reply, struct http_request *ret_request,
                        struct err *reterr) {
        struct client *c = arg;
        if (reply && c->last.operation)
                note_reply(c, reply);
        int r = credentials_step(c->credentials, reply, loop_now_s(exchange_loop(c->exchange)), ret_request, reterr);
        if (r == STEP_SEND) {
                bool is_service = !ret_request->is_local && !ret_request->argv;
                c->last = (struct last_reply){.operation = is_service ? ret_request->operation : NULL,
                                              .after = RETRY_AFTER_NONE};
                ret_request->ca_bundle = c->ca_bundle;
        }
        return r;
}

static bool is_role(const struct client *c) {
        return c->last.operation && strncmp(c->last.operation, "AssumeRole", strlen("AssumeRole")) == 0;
}

static void repeat_refresh(void *arg) {
        start_refresh(arg);
}

/* Whether another attempt was arranged, as the exchange does for other requests. Older keys that still serve leave it to the next time. */
static bool refreshes_again(struct client *c) {
        int64_t now_s = loop_now_s(exchange_loop(c->exchange));
        if (!c->last.operation || credentials_peek(c->credentials, now_s))
                return false;
        if (c->last.outcome == AWS_CREDENTIALS) {
                /* A web identity's token was read again by its provider. */
                if (c->has_renewed || strcmp(c->last.operation, "AssumeRole") != 0)
                        return false;
                c->has_renewed = true;
                timer_start(&c->again, exchange_loop(c->exchange), 0, repeat_refresh, c);
                return true;
        }
        bool is_passing = c->last.outcome == AWS_TRANSIENT || c->last.outcome == AWS_THROTTLED;
        if (!is_passing || c->attempt + 1 >= c->retry.max_attempts)
                return false;
        c->retry_cost = retry_bucket_take(&client_service(c, "sts")->bucket, c->last.fault == HTTP_FAULT_TIMEOUT);
        if (c->retry_cost < 0)
                return false;
        int64_t delay_ms = retry_delay_ms(c->attempt, c->last.outcome, loop_random(), c->last.after);
        c->attempt++;
        log_debug("%s: credentials: attempt %d in %lld ms", c->tag, c->attempt + 1, (long long)delay_ms);
        timer_start(&c->again, exchange_loop(c->exchange), delay_ms, repeat_refresh, c);
        return true;
}

/* The advice fits behind "no credentials: " too. */
static void advise(const struct client *c, int result, struct err *err) {
        const char *way_out = exchange_way_out(c->last.outcome, c->last.fault);
        if (!c->last.operation)
                return;
        if (result == -EKEYEXPIRED)
                way_out = "check this machine's clock";
        else if (c->last.outcome == AWS_OK)
                way_out = "is a proxy or a login page in between?";
        else if (c->last.outcome == AWS_DENIED && is_role(c))
                way_out = "check the role's trust policy and who asks for it";
        text_shorten(err->text, sizeof err->text - strlen(way_out) - sizeof "no credentials: : ");
        err_advise(err, way_out);
}

static void on_refreshed(void *arg, int result, const struct err *err) {
        struct client *c = arg;
        struct err advised = *err;
        c->refresh = NULL;
        if (result < 0) {
                if (refreshes_again(c))
                        return;
                advise(c, result, &advised);
                note_failure(c, &advised);
        } else {
                retry_bucket_refund(&client_service(c, "sts")->bucket, c->retry_cost);
                if (c->last_error[0])
                        log_notice("%s: credentials are good again", c->tag);
                c->last_error[0] = '\0';
        }
        c->attempt = c->retry_cost = 0;
        c->has_renewed = false;
        wake_waiters(c);
}

static bool is_refreshing(const struct client *c) {
        return c->refresh || timer_is_running(&c->again);
}

static void start_refresh(struct client *c) {
        if (is_refreshing(c))
                return;
        struct exchange_job job = {.arg = c, .step = step_refresh, .done = on_refreshed, .takes_failures = true};
        c->last = (struct last_reply){0};
        if (exchange_start(c->exchange, &job, &c->refresh) < 0)
                text_copy(c->last_error, sizeof c->last_error, "out of memory");
}

const struct aws_keys *client_keys(struct client *c) {
        int64_t now_s = loop_now_s(exchange_loop(c->exchange));
        open_credentials(c);
        if (!c->credentials)
                return NULL;
        if (credentials_is_due(c->credentials, now_s))
                start_refresh(c);
        return credentials_peek(c->credentials, now_s);
}

void client_reject_keys(struct client *c) {
        if (c->credentials)
                credentials_reject(c->credentials, loop_now_s(exchange_loop(c->exchange)));
}

void client_wait(struct client *c, struct client_waiter *w) {
        w->next = c->waiters;
        w->link = &c->waiters;
        if (w->next)
                w->next->link = &w->next;
        c->waiters = w;
        if (!is_refreshing(c))
                timer_start(&c->wake, exchange_loop(c->exchange), 0, wake_waiters, c);
}
