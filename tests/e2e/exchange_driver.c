/* SPDX-License-Identifier: Apache-2.0 */
/* Runs one operation through the real exchange, with the environment it finds, and prints what came of it as one line of JSON:
 *     exchange_driver [--OPTION VALUE]... OPERATION
 * OPERATION is the name of a collector, "keys" (fetch credentials, sign nothing) or "publish" (an SNS message as the daemon sends it).
 * The log goes to stderr as it does in the daemon. Exit status 0 unless the command line is wrong. */
#include <curl/curl.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "collectors/collectors.h"
#include "daemon/client.h"
#include "daemon/exchange.h"
#include "daemon/log.h"
#include "notifiers/notifiers.h"
#include "util/jsonw.h"
#include "util/number.h"
#include "util/text.h"

enum { LANES_MAX = 64, QUERIES_MAX = 64 };

static int64_t clock_rate =
        1; /* --clock-rate: seconds of the wall clock in one real second, so that keys expire while one waits */

/* In place of the C library's. */
int clock_gettime(clockid_t id, struct timespec *t) {
        static struct timespec first;
        int r = (int)syscall(SYS_clock_gettime, id, t);
        if (r < 0 || id != CLOCK_REALTIME || clock_rate == 1)
                return r;
        if (first.tv_sec == 0)
                first = *t;
        int64_t passed_ns = (t->tv_sec - first.tv_sec) * 1000000000 + t->tv_nsec - first.tv_nsec;
        int64_t now_ns = first.tv_nsec + passed_ns * clock_rate;
        t->tv_sec = first.tv_sec + now_ns / 1000000000;
        t->tv_nsec = now_ns % 1000000000;
        return 0;
}

struct driver;

/* Runs that follow one another. */
struct lane {
        struct driver *driver;
        void *state;
        struct batch batch;
        struct delivery delivery;
        struct client_waiter waiter;
        struct timer pause;
        struct exchange_run *run;
        bool has_been_answered; /* publish */
        enum outcome outcome;
        struct err reason;
};

struct driver {
        const char *region, *profile, *role_arn, *external_id, *topic_arn, *delivery_id;
        const struct collector *collector; /* NULL: publish or keys */
        bool is_publish;
        struct collect_job job;
        struct metric_query queries[QUERIES_MAX];
        int64_t timeout_ms, repeat, for_ms, pause_ms, connections;
        struct aws_environment environment;
        struct loop *loop;
        struct wire *wire;
        struct exchange *exchange;
        struct client *client;
        struct lane lanes[LANES_MAX];
        int64_t n_started, n_lanes, n_failed, started_at_ms; /* n_lanes: that are still at work */
        int result;                                          /* of the first that failed */
        struct err err;
};

static void start(void *arg);

static void on_done(void *arg, int result, const struct err *err) {
        struct lane *lane = arg;
        struct driver *d = lane->driver;
        if (lane->state) {
                d->collector->free(lane->state);
                lane->state = NULL;
        }
        lane->run = NULL;
        if (result < 0 && d->n_failed++ == 0) {
                d->result = result;
                d->err = *err;
        }
        bool is_in_time = d->for_ms == 0 || loop_monotonic_ms(d->loop) - d->started_at_ms < d->for_ms;
        if (d->n_started < d->repeat && is_in_time)
                timer_start(&lane->pause, d->loop, d->pause_ms, start, lane);
        else if (--d->n_lanes == 0)
                loop_quit(d->loop);
}

static int collect_step(void *arg, const struct http_reply *reply, struct http_request *ret_request,
                        struct err *reterr) {
        struct lane *lane = arg;
        return lane->driver->collector->step(lane->state, reply, ret_request, &lane->batch, reterr);
}

/* As daemon/courier.c does. */
static int publish_step(void *arg, const struct http_reply *reply, struct http_request *ret_request,
                        struct err *reterr) {
        struct lane *lane = arg;

        char *values[] = {(char *)lane->driver->topic_arn, NULL, NULL, NULL};
        struct channel channel = {.type = "sns", .keys = notifier_sns.keys, .values = values};
        int64_t retry_s;
        if (!reply) {
                int r = notifier_sns.render(&lane->delivery, &channel, ret_request);
                return r < 0 ? err_set(reterr, r, "the message cannot be made: %s", strerror(-r)) : STEP_SEND;
        }
        lane->has_been_answered = true;
        lane->outcome = notifier_sns.read_reply(reply, loop_now_s(lane->driver->loop), &retry_s, &lane->reason);
        return 0;
}

static void start_keys(struct lane *lane) {
        struct client *client = lane->driver->client;
        if (client_keys(client)) {
                on_done(lane, 0, NULL);
                return;
        }
        lane->waiter = (struct client_waiter){.arg = lane, .resume = on_done};
        client_wait(client, &lane->waiter);
}

static void start(void *arg) {
        struct lane *lane = arg;
        struct driver *d = lane->driver;
        struct exchange_job job = {
                .client = d->client,
                .arg = lane,
                .step = d->is_publish ? publish_step : collect_step,
                .done = on_done,
                .takes_failures = d->is_publish,
        };
        int r = 0;
        d->n_started++;
        batch_clear(&lane->batch);
        if (!d->collector && !d->is_publish) {
                start_keys(lane);
                return;
        }
        d->job.now_s = loop_now_s(d->loop);
        if (d->collector)
                r = d->collector->start(&d->job, &lane->state);
        if (r == 0)
                r = exchange_start(d->exchange, &job, &lane->run);
        if (r < 0) {
                struct err err;
                err_set(&err, r, "cannot be started: %s", strerror(-r));
                on_done(lane, r, &err);
        }
}

static void begin(void *arg) {
        struct driver *d = arg;
        d->started_at_ms = loop_monotonic_ms(d->loop);
        d->n_lanes = d->connections < d->repeat ? d->connections : d->repeat;
        for (int64_t i = 0; i < d->connections && i < d->repeat; i++)
                start(&d->lanes[i]);
}

static int fill_delivery(struct driver *d, struct delivery *delivery) {
        struct incident *i = &delivery->incident;
        text_copy(delivery->delivery_id, sizeof delivery->delivery_id, d->delivery_id);
        delivery->event = EVENT_OPENED;
        delivery->created_at_s = loop_now_s(d->loop);
        i->id = 1;
        i->finding.diagnoser = "restart_loop";
        i->finding.severity = SEVERITY_CRITICAL;
        if (text_replace(&i->target, "prod") < 0 || text_replace(&i->application, "orders") < 0 ||
            text_replace(&i->finding.title, "Restart loop") < 0 || text_replace(&i->finding.summary, "It loops.") < 0)
                return -ENOMEM;
        return 0;
}

/* All that MSF publishes for an application as a whole each minute: one request. */
static void fill_queries(struct driver *d) {
        size_t n = 0;
        for (size_t i = 0; i < n_metrics && n < QUERIES_MAX; i++) {
                if (!metric_is_published(&metrics[i], 120, LEVEL_APPLICATION) || metrics[i].period_s != 60)
                        continue;
                int64_t period_s = metrics[i].period_s;
                d->queries[n] = (struct metric_query){.series_id = (int64_t)n + 1,
                                                      .application = d->job.application,
                                                      .metric = &metrics[i],
                                                      .dimensions = "",
                                                      .from_s = d->job.from_ms / 1000 / period_s * period_s,
                                                      .to_s = d->job.to_ms / 1000 / period_s * period_s};
                n++;
        }
        d->job.queries = d->queries;
        d->job.n_queries = n;
}

static int open_all(struct driver *d, void (*quit)(void *arg)) {
        struct loop_handlers handlers = {d, quit, quit};
        int r = aws_environment_capture(&d->environment);
        aws_environment_scrub();
        curl_global_init(CURL_GLOBAL_DEFAULT);
        if (r == 0)
                r = loop_new(&handlers, &d->loop);
        struct wire_options wire = {.ca_bundle = aws_environment_get(&d->environment, "AWS_CA_BUNDLE"),
                                    .user_agent = "flinkwatch/test",
                                    .timeout_ms = d->timeout_ms};
        struct client_options client = {"driver", d->region, d->profile, d->role_arn, d->external_id};
        if (r == 0)
                r = wire_new(d->loop, &wire, &d->wire);
        if (r == 0)
                r = exchange_new(d->loop, d->wire, &d->environment, &d->exchange);
        if (r == 0)
                r = client_new(d->exchange, &client, &d->client);
        for (size_t i = 0; r == 0 && i < LANES_MAX; i++) {
                d->lanes[i].driver = d;
                if (d->is_publish)
                        r = fill_delivery(d, &d->lanes[i].delivery);
        }
        return r;
}

static void close_all(struct driver *d) {
        for (size_t i = 0; i < LANES_MAX; i++) {
                timer_stop(&d->lanes[i].pause);
                client_unwait(&d->lanes[i].waiter);
                exchange_cancel(d->lanes[i].run);
                if (d->lanes[i].state)
                        d->collector->free(d->lanes[i].state);
                batch_done(&d->lanes[i].batch);
                delivery_done(&d->lanes[i].delivery);
        }
        client_free(d->client);
        exchange_free(d->exchange);
        if (d->wire)
                wire_free(d->wire);
        loop_free(d->loop);
        aws_environment_done(&d->environment);
        curl_global_cleanup();
}

static void write_batch(struct jsonw *w, const struct batch *b) {
        double sum = 0;
        for (size_t i = 0; i < b->n_points; i++)
                sum += b->points[i].sample.value;
        jsonw_object(w);
        jsonw_member_int(w, "points", (int64_t)b->n_points);
        jsonw_member_double(w, "sum", sum);
        jsonw_member_int(w, "readings", (int64_t)b->n_readings);
        jsonw_member_int(w, "applications", (int64_t)b->n_applications);
        jsonw_member_int(w, "operations", (int64_t)b->n_operations);
        jsonw_member_string(w, "failure", b->n_operations > 0 ? b->operations[0].failure : NULL);
        jsonw_member_int(w, "snapshots", (int64_t)b->n_snapshots);
        jsonw_member_int(w, "log_events", (int64_t)b->n_log_events);
        jsonw_member_int(w, "names", (int64_t)b->n_names);
        jsonw_member_int(w, "series", (int64_t)b->n_series);
        jsonw_member_int(w, "log_streams", (int64_t)b->n_log_streams);
        jsonw_member_string(w, "account", b->identity.account);
        jsonw_member_string(w, "arn", b->identity.arn);
        jsonw_member_string(w, "notice", b->notice[0] ? b->notice : NULL);
        jsonw_object_end(w);
}

static void print_result(struct driver *d) {
        static const char *const outcomes[] = {
                [OUTCOME_DELIVERED] = "delivered", [OUTCOME_RETRY] = "retry", [OUTCOME_REFUSED] = "refused"};
        SCOPED(buf_done) struct buf out = BUF_INIT(1 << 20);
        SCOPED(buf_done) struct buf keys = BUF_INIT(1 << 16);
        const struct lane *lane = &d->lanes[0];
        struct rusage used;
        getrusage(RUSAGE_SELF, &used);
        client_describe(d->client, &keys);
        struct jsonw w = JSONW(&out);
        jsonw_object(&w);
        jsonw_member_string(&w, "result", d->result == 0 ? "0" : strerrorname_np(-d->result));
        jsonw_member_string(&w, "error", d->result < 0 ? d->err.text : lane->reason.text[0] ? lane->reason.text : NULL);
        jsonw_member_string(&w, "outcome", lane->has_been_answered ? outcomes[lane->outcome] : NULL);
        jsonw_member_int(&w, "runs", d->n_started);
        jsonw_member_int(&w, "failed", d->n_failed);
        jsonw_member_int(&w, "requests", exchange_requests(d->exchange));
        jsonw_member_int(&w, "elapsed_ms", loop_monotonic_ms(d->loop) - d->started_at_ms);
        jsonw_member_int(&w, "max_rss_kib", used.ru_maxrss);
        jsonw_member_string(&w, "keys", buf_str(&keys));
        jsonw_key(&w, "batch");
        write_batch(&w, &lane->batch);
        jsonw_object_end(&w);
        puts(buf_str(&out));
}

/* Options. */

static int take_operation(struct driver *d, const char *name) {
        for (size_t i = 0; collectors[i]; i++)
                if (strcmp(collectors[i]->name, name) == 0)
                        d->collector = collectors[i];
        d->is_publish = strcmp(name, "publish") == 0;
        return d->collector || d->is_publish || strcmp(name, "keys") == 0 ? 0 : -EINVAL;
}

static int take_option(struct driver *d, const char *name, const char *value) {
        const struct {
                const char *name;
                const char **text;
                int64_t *number;
        } options[] = {
                {"region", &d->region, NULL},
                {"profile", &d->profile, NULL},
                {"role-arn", &d->role_arn, NULL},
                {"external-id", &d->external_id, NULL},
                {"topic-arn", &d->topic_arn, NULL},
                {"delivery-id", &d->delivery_id, NULL},
                {"application", &d->job.application, NULL},
                {"log-group", &d->job.log_group, NULL},
                {"log-stream", &d->job.log_stream, NULL},
                {"log-filter", &d->job.log_filter, NULL},
                {"from-ms", NULL, &d->job.from_ms},
                {"to-ms", NULL, &d->job.to_ms},
                {"timeout-ms", NULL, &d->timeout_ms},
                {"repeat", NULL, &d->repeat},
                {"for-ms", NULL, &d->for_ms},
                {"pause-ms", NULL, &d->pause_ms},
                {"connections", NULL, &d->connections},
                {"clock-rate", NULL, &clock_rate},
        };
        for (size_t i = 0; i < ELEMENTS(options); i++) {
                if (strcmp(options[i].name, name) != 0)
                        continue;
                if (options[i].text)
                        *options[i].text = value;
                return options[i].number ? number_int64(span_of(value), options[i].number) : 0;
        }
        return -EINVAL;
}

static int parse_arguments(struct driver *d, int argc, char **argv) {
        int i = 1;
        for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2)
                if (take_option(d, argv[i] + 2, argv[i + 1]) < 0) {
                        fprintf(stderr, "exchange_driver: %s %s?\n", argv[i], argv[i + 1]);
                        return -EINVAL;
                }
        if (i + 1 != argc || take_operation(d, argv[i]) < 0 || d->connections < 1 || d->connections > LANES_MAX) {
                fputs("usage: exchange_driver [--OPTION VALUE]... OPERATION\n", stderr);
                return -EINVAL;
        }
        return 0;
}

static void on_signal(void *arg) {
        struct driver *d = arg;
        loop_quit(d->loop);
}

int main(int argc, char **argv) {
        static struct driver d = {
                .region = "eu-west-1", .delivery_id = "driver-1", .repeat = 1, .connections = 1, .job.target = "prod"};
        struct timer first = {0};
        if (parse_arguments(&d, argc, argv) < 0)
                return EX_USAGE;
        signal(SIGPIPE, SIG_IGN);
        log_open(LOG_LEVEL_DEBUG);
        if (d.job.application && d.job.to_ms > 0)
                fill_queries(&d);
        int r = open_all(&d, on_signal);
        if (r < 0) {
                fprintf(stderr, "exchange_driver: %s\n", strerror(-r));
                close_all(&d);
                return EX_TEMPFAIL;
        }
        timer_start(&first, d.loop, 0, begin, &d);
        loop_run(d.loop);
        timer_stop(&first);
        print_result(&d);
        close_all(&d);
        return EX_OK;
}
