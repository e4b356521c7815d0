/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/exchange.h"

#include <errno.h>
#include <string.h>

#include "aws/error.h"
#include "aws/query_form.h"
#include "daemon/client.h"
#include "daemon/log.h"
#include "util/text.h"

enum { PROGRAM_TIMEOUT_MS = 60 * 1000, FORM_ANSWER_MAX = 64 << 20 };

struct exchange {
        struct loop *loop;
        struct wire *wire;
        struct sigv4 *signer;
        const struct aws_environment *environment;
        struct exchange_run *runs;
        int64_t n_requests;
};

struct exchange_run {
        struct exchange *exchange;
        struct exchange_run *next, **link;
        struct exchange_job job;
        struct http_request request;
        struct timer timer;
        struct client_waiter waiter;
        struct quota_turn turn;
        struct wire_call *call;
        struct program_call *program;
        int attempt;            /* 0 for the first */
        int retry_cost;         /* of the last retry */
        int64_t signed_skew_ms; /* what the clock was corrected by when this attempt was signed */
        bool has_renewed;       /* keys were rejected once already */
        bool is_form;           /* it was translated, see query_form.h */
        bool has_turn;          /* of the quota, for the next attempt */
        bool has_token; /* of the rate limiter, likewise: it may wait for its turn, or for keys, after it was given one */
};

static void send_request(struct exchange_run *run);

static void resend(void *arg) {
        send_request(arg);
}

int exchange_new(struct loop *l, struct wire *wire, const struct aws_environment *environment, struct exchange **ret) {
        SCOPED(exchange_free) struct exchange *x = calloc(1, sizeof *x);
        if (!x)
                return -ENOMEM;
        x->loop = l;
        x->wire = wire;
        x->environment = environment;
        int r = sigv4_new(&x->signer);
        if (r < 0)
                return r;
        *ret = TAKE(x);
        return 0;
}

void exchange_free(struct exchange *x) {
        if (!x)
                return;
        while (x->runs)
                exchange_cancel(x->runs);
        sigv4_free(x->signer);
        free(x);
}

struct loop *exchange_loop(struct exchange *x) {
        return x->loop;
}

struct sigv4 *exchange_signer(struct exchange *x) {
        return x->signer;
}

const struct aws_environment *exchange_environment(const struct exchange *x) {
        return x->environment;
}

int64_t exchange_requests(const struct exchange *x) {
        return x->n_requests;
}

void exchange_cancel(struct exchange_run *run) {
        if (!run)
                return;
        timer_stop(&run->timer);
        client_unwait(&run->waiter);
        quota_unwait(&run->turn);
        wire_cancel(run->call);
        program_cancel(run->program);
        http_request_done(&run->request);
        *run->link = run->next;
        if (run->next)
                run->next->link = run->link;
        free(run);
}

static void finish(struct exchange_run *run, int result, const struct err *err) {
        struct exchange_job job = run->job;
        struct err copy = {.code = result};
        if (err)
                copy = *err;
        copy.code = result;
        exchange_cancel(run);
        job.done(job.arg, result, &copy);
}

#define STRANGER "is a proxy or a login page in between?"

/* What a person can do about each kind of failure. */
static const struct verdict {
        enum aws_outcome outcome;
        int code;
        const char *way_out;
} verdicts[] = {
        {AWS_DENIED, -EACCES, "allow it (flinkwatchctl doctor prints the statement)"},
        {AWS_CREDENTIALS, -EKEYREJECTED, "check the credentials and their expiry"},
        {AWS_SKEW, -EKEYREJECTED, "set this machine's clock"},
        {AWS_INVALID, -EINVAL, "the service refuses the request for good"},
        {AWS_NOT_FOUND, -ENOENT, "check the name and the region"},
        {AWS_THROTTLED, -EAGAIN, "it is tried again at the next poll"},
        {AWS_TRANSIENT, -EIO, "it is tried again at the next poll"},
        {AWS_OTHER, -EPROTO, STRANGER},
};

static const struct {
        enum http_fault fault;
        const char *way_out;
} fault_advice[] = {
        {HTTP_FAULT_RESOLVE, "check the region, the endpoint's name and DNS"},
        {HTTP_FAULT_CONNECT, "check the route to the endpoint: firewall, VPC endpoint, proxy"},
        {HTTP_FAULT_TLS, "check the certificate authority (AWS_CA_BUNDLE) and this machine's clock"},
        {HTTP_FAULT_TIMEOUT, "it is tried again at the next poll"},
};

static const struct verdict *verdict_of(enum aws_outcome outcome) {
        size_t i = 0;
        while (i + 1 < ELEMENTS(verdicts) && verdicts[i].outcome != outcome)
                i++;
        return &verdicts[i];
}

const char *exchange_way_out(enum aws_outcome outcome, enum http_fault fault) {
        for (size_t i = 0; i < ELEMENTS(fault_advice); i++)
                if (fault && fault_advice[i].fault == fault)
                        return fault_advice[i].way_out;
        return verdict_of(outcome)->way_out;
}

static void advance(struct exchange_run *run, const struct http_reply *reply) {
        struct http_request next;
        struct err err = {0};
        http_request_init(&next);
        int r = run->job.step(run->job.arg, reply, &next, &err);
        char operation[80];
        text_copy(operation, sizeof operation, run->request.operation);
        http_request_done(&run->request);
        run->request = next;
        run->attempt = 0;
        run->retry_cost = 0;
        run->has_renewed = run->is_form = false;
        if (r == STEP_SEND) {
                send_request(run);
                return;
        }
        if (r < 0 && !err.text[0])
                err_set(&err, r, "%s", strerror(-r));
        bool is_named = operation[0] && strncmp(err.text, operation, strlen(operation)) == 0;
        if (r < 0 && operation[0] && !is_named)
                err_prefix(&err, "%s", operation);
        if (r == -EPROTO)
                err_advise(&err, STRANGER);
        finish(run, r, &err);
}

static void fail(struct exchange_run *run, enum aws_outcome outcome, const struct aws_error *error,
                 const struct http_reply *reply) {
        struct err err;
        const char *way_out = exchange_way_out(outcome, reply->fault);
        int code = verdict_of(outcome)->code;
        char status[16] = "";
        bool has_code = strncmp(error->code, "HTTP ", 5) != 0;
        if (reply->status > 0 && has_code)
                snprintf(status, sizeof status, "%d ", reply->status);
        char tries[32] = "";
        if (run->attempt > 0)
                snprintf(tries, sizeof tries, " (%d attempts)", run->attempt + 1);
        /* The service's own words get the room that is left: the way out is not cut. */
        enum { MESSAGE_MAX = 129 };
        char message[2 * MESSAGE_MAX];
        size_t others = strlen(run->request.operation) + strlen(status) + strlen(error->code) + strlen(tries) +
                        strlen(way_out) + strlen(": : : ");
        size_t room = others < sizeof err.text ? sizeof err.text - others : 1;
        text_copy(message, sizeof message, error->message);
        size_t len = strlen(message);
        if (len > 0 && message[len - 1] == '.')
                message[len - 1] = '\0';
        if (error->request_id[0]) /* what AWS's support asks for */
                log_debug("%s: %s: %s (request id %s)", run->request.operation, error->code, message,
                          error->request_id);
        text_shorten(message, room <= MESSAGE_MAX ? room - 1 : MESSAGE_MAX);
        err_set(&err, code, "%s: %s%s%s%s%s: %s", run->request.operation, status, error->code, message[0] ? ": " : "",
                message, tries, way_out);
        finish(run, code, &err);
}

static void fail_not_json(struct exchange_run *run, const struct http_reply *reply) {
        struct err err;
        struct span type = http_reply_header(reply, "Content-Type");
        err_set(&err, -EPROTO, "%s: the answer is not JSON but %.*s: is a proxy or a login page in between?",
                run->request.operation, type.len > 0 ? (int)(type.len > 60 ? 60 : type.len) : 7,
                type.len > 0 ? type.data : "unknown");
        finish(run, -EPROTO, &err);
}

static struct client_service *service_of(struct exchange_run *run) {
        return run->job.client && run->request.service ? client_service(run->job.client, run->request.service) : NULL;
}

/* Whether another attempt was arranged. */
static bool retries(struct exchange_run *run, enum aws_outcome outcome, const struct http_reply *reply) {
        struct client_service *service = service_of(run);
        if (outcome == AWS_CREDENTIALS && service && !run->has_renewed) {
                run->has_renewed = true;
                client_reject_keys(run->job.client);
                timer_start(&run->timer, run->exchange->loop, 0, resend, run);
                return true;
        }
        if (outcome == AWS_CREDENTIALS)
                return false; /* mended once, and refused again */
        int most = run->job.client ? client_max_attempts(run->job.client) : RETRY_ATTEMPTS_DEFAULT;
        bool may_have_acted = run->request.has_effect && reply->was_sent && outcome == AWS_TRANSIENT;
        bool may_repeat = (!run->job.takes_failures || outcome == AWS_SKEW) && !may_have_acted;
        if (!may_repeat || !retry_is_useful(outcome) || run->attempt + 1 >= most)
                return false;
        if (service) {
                run->retry_cost = retry_bucket_take(&service->bucket, reply->fault == HTTP_FAULT_TIMEOUT);
                if (run->retry_cost < 0)
                        return false;
        }
        int64_t now_s = loop_now_s(run->exchange->loop);
        int64_t delay_ms = retry_delay_ms(run->attempt, outcome, loop_random(), retry_after_read(reply, now_s));
        run->attempt++;
        log_debug("%s: attempt %d in %lld ms", run->request.operation, run->attempt + 1, (long long)delay_ms);
        timer_start(&run->timer, run->exchange->loop, delay_ms, resend, run);
        return true;
}

/* Whether the question is asked again in CloudWatch's older language. */
static bool translates(struct exchange_run *run, const struct http_reply *reply, const struct aws_error *error) {
        if (run->is_form || !query_form_may_help(&run->request, reply, error) || query_form_ask(&run->request) < 0)
                return false;
        run->is_form = true;
        timer_start(&run->timer, run->exchange->loop, 0, resend, run);
        return true;
}

/* The answer to a form as JSON; what cannot be read stays as it is and is refused as any other that is no JSON. */
static struct http_reply translate(struct exchange_run *run, const struct http_reply *reply, struct buf *json) {
        struct client_service *service = service_of(run);
        struct http_reply read = *reply;
        if (query_form_read(reply->body, json, NULL) < 0)
                return read;
        if (!service->asks_in_forms)
                log_notice("%s: this CloudWatch does not understand JSON and is asked in the query protocol",
                           client_tag(run->job.client));
        service->asks_in_forms = true;
        read.body = buf_span(json);
        return read;
}

/* What the collector, or whoever asks, is told. */
static void hand_over(struct exchange_run *run, const struct http_reply *reply, bool is_good) {
        SCOPED(buf_done) struct buf json = BUF_INIT(FORM_ANSWER_MAX);
        struct http_reply read = is_good && run->is_form ? translate(run, reply, &json) : *reply;
        bool expects_json = !run->job.takes_failures && service_of(run) && run->request.n_headers > 0 &&
                            strcmp(run->request.service, "sts") != 0 && strcmp(run->request.service, "sns") != 0;
        if (is_good && expects_json && !aws_reply_is_json(&read))
                fail_not_json(run, reply);
        else
                advance(run, &read);
}

static void on_reply(void *arg, const struct http_reply *reply) {
        struct exchange_run *run = arg;
        struct client_service *service = service_of(run);
        run->call = NULL;
        run->program = NULL;
        struct aws_error error = {0};
        int64_t skew_ms = 0;
        if (service) {
                clock_skew_update(&service->skew, reply->sent_at_ms, reply->received_at_ms, reply);
                /* what is left after the correction: a service whose clock is allowed for and that still says no means it */
                skew_ms = clock_skew_ms(&service->skew) - run->signed_skew_ms;
        }
        bool is_good = reply->status >= 200 && reply->status < 300;
        if (!is_good)
                aws_error_parse(reply, &error);
        enum aws_outcome outcome = is_good ? AWS_OK : aws_classify(reply, &error, skew_ms);
        if (service)
                rate_limiter_update(&service->limiter, outcome == AWS_THROTTLED,
                                    loop_monotonic_ms(run->exchange->loop));
        if (is_good && service)
                retry_bucket_refund(&service->bucket, run->retry_cost);
        bool is_mendable = service && (outcome == AWS_CREDENTIALS || outcome == AWS_SKEW);
        if (!is_good && (!run->job.takes_failures || is_mendable) && retries(run, outcome, reply))
                return;
        if (!is_good && service && translates(run, reply, &error))
                return;
        if (is_good || run->job.takes_failures)
                hand_over(run, reply, is_good);
        else
                fail(run, outcome, &error, reply);
}

static void on_keys(void *arg, int result, const struct err *err) {
        struct exchange_run *run = arg;
        if (result < 0)
                finish(run, result, err);
        else
                send_request(run);
}

static void on_turn(void *arg) {
        struct exchange_run *run = arg;
        run->has_turn = true;
        send_request(run);
}

/* The path that is signed is the one on the wire: with what an overridden endpoint puts before it. */
static int sign_at(struct exchange_run *run, const struct aws_keys *keys, const struct endpoint *endpoint, int64_t at_s,
                   char **ret_url) {
        struct http_request *request = &run->request;
        SCOPED(buf_done) struct buf url = BUF_INIT(64 << 10);
        SCOPED(buf_done) struct buf path = BUF_INIT(64 << 10);
        const char *own = request->path ? request->path : "/";
        buf_printf(&url, "%s%s", endpoint->url, own);
        buf_printf(&path, "%s%s", endpoint->base_path, own);
        char *signed_path = buf_steal(&path), *kept = request->path;
        if (!signed_path)
                return -ENOMEM;
        request->path = signed_path;
        int r = sigv4_sign(run->exchange->signer, keys, endpoint->signing_region, request->service, endpoint->host,
                           at_s, request);
        request->path = kept;
        free(signed_path);
        if (r == 0 && !(*ret_url = buf_steal(&url)))
                r = -ENOMEM;
        return r;
}

/* 0: signed, *ret_url set; 1: waits for keys or for its turn; -errno. */
static int sign(struct exchange_run *run, char **ret_url, struct err *reterr) {
        struct exchange *x = run->exchange;
        struct client *client = run->job.client;
        if (!client)
                return err_set(reterr, -EINVAL, "%s: no credentials are configured for it", run->request.operation);
        const struct aws_keys *keys = client_keys(client);
        if (!keys) {
                run->waiter.arg = run;
                run->waiter.resume = on_keys;
                client_wait(client, &run->waiter);
                return 1;
        }
        struct client_service *service = service_of(run);
        int64_t wait_ms = run->has_token ? 0 : rate_limiter_acquire_ms(&service->limiter, loop_monotonic_ms(x->loop));
        run->has_token = wait_ms == 0;
        if (wait_ms > 0) {
                timer_start(&run->timer, x->loop, wait_ms, resend, run);
                return 1;
        }
        if (run->job.quota && !run->has_turn) {
                run->turn.arg = run;
                run->turn.resume = on_turn;
                quota_wait(run->job.quota, &run->turn);
                return 1;
        }
        run->has_turn = run->has_token = false;
        SCOPED(endpoint_done) struct endpoint endpoint = {0};
        int r = client_endpoint(client, run->request.service, run->request.region, run->request.url, &endpoint, reterr);
        if (r < 0)
                return r;
        run->signed_skew_ms = clock_skew_ms(&service->skew);
        int64_t signed_at_s = (loop_now_ms(x->loop) + run->signed_skew_ms) / 1000;
        r = sign_at(run, keys, &endpoint, signed_at_s, ret_url);
        return r < 0 ? err_set(reterr, r, "%s: cannot be signed: %s", run->request.operation, strerror(-r)) : 0;
}

static void send_request(struct exchange_run *run) {
        struct exchange *x = run->exchange;
        struct err err = {0};
        SCOPED(free) char *endpoint_url = NULL;
        const struct client_service *service = service_of(run);
        if (service && service->asks_in_forms && !run->is_form)
                run->is_form = query_form_ask(&run->request) == 0;
        int r = run->request.service && run->request.auth == HTTP_AUTH_SIGV4 ? sign(run, &endpoint_url, &err) : 0;
        if (r == 1)
                return;
        if (r == 0)
                x->n_requests++;
        if (run->job.client)
                run->request.ca_bundle = client_ca_bundle(run->job.client);
        if (r == 0 && run->request.argv)
                r = program_run(x->loop, run->request.argv, PROGRAM_TIMEOUT_MS, on_reply, run, &run->program);
        else if (r == 0)
                r = wire_send(x->wire, &run->request, endpoint_url ? endpoint_url : run->request.url, on_reply, run,
                              &run->call);
        if (r == 0)
                return;
        if (!err.text[0] && run->request.argv)
                err_set(&err, r, "%s: cannot run %s: %s", run->request.operation, run->request.argv[0], strerror(-r));
        else if (!err.text[0])
                err_set(&err, r, "%s: cannot be sent: %s", run->request.operation, strerror(-r));
        finish(run, r, &err);
}

static void begin(void *arg) {
        advance(arg, NULL);
}

int exchange_start(struct exchange *x, const struct exchange_job *job, struct exchange_run **ret) {
        struct exchange_run *run = calloc(1, sizeof *run);
        if (!run)
                return -ENOMEM;
        run->exchange = x;
        run->job = *job;
        http_request_init(&run->request);
        run->next = x->runs;
        run->link = &x->runs;
        if (run->next)
                run->next->link = &run->next;
        x->runs = run;
        timer_start(&run->timer, x->loop, 0, begin, run);
        *ret = run;
        return 0;
}
