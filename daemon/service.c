/* SPDX-License-Identifier: Apache-2.0 */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "daemon/activation.h"
#include "daemon/lock.h"
#include "daemon/service_inner.h"
#include "daemon/unwatched.h"
#include "util/text.h"

static void stop_work(struct service *s) {
        for (size_t i = 0; i < s->n_pollers; i++)
                poller_free(s->pollers[i]);
        free(TAKE(s->pollers));
        s->n_pollers = 0;
        courier_free(TAKE(s->courier));
}

static void on_told(void *arg) {
        struct service *s = arg;
        courier_told(s->courier);
}

static void on_outbox_idle(void *arg) {
        struct service *s = arg;
        if (s->is_draining)
                loop_quit(s->loop);
}

static void on_round_finished(void *arg, bool was_read) {
        struct service *s = arg;
        if (!s->options->is_oneshot)
                return;
        if (!was_read)
                s->has_failed_target = true;
        if (--s->n_unfinished > 0)
                return;
        s->is_draining = true;
        courier_wake(s->courier);
}

/* What cannot be ended now is at the next start. */
static void end_unwatched_targets(struct service *s) {
        const struct unwatched u = {.store = s->store, .config = s->config, .now_s = loop_now_s(s->loop)};
        if (unwatched_end(&u) < 0)
                log_error("what is open of targets that are not configured any more cannot be ended: %s",
                          store_error(s->store));
}

static int start_work(struct service *s, struct err *reterr) {
        struct courier_host courier = {s->loop, s->exchange, s->store, s->config, &s->vitals, s, on_outbox_idle};
        struct poller_host host = {.loop = s->loop,
                                   .exchange = s->exchange,
                                   .store = s->store,
                                   .quotas = s->quotas,
                                   .config = s->config,
                                   .spending = &s->spending,
                                   .vitals = &s->vitals,
                                   .arg = s,
                                   .told = on_told,
                                   .finished = on_round_finished};
        int r = courier_new(&courier, &s->courier);
        if (r < 0)
                return r;
        s->pollers = calloc(s->config->n_targets, sizeof *s->pollers);
        if (!s->pollers)
                return -ENOMEM;
        for (size_t i = 0; i < s->config->n_targets; i++) {
                r = poller_new(&host, &s->config->targets[i], &s->pollers[i], reterr);
                if (r < 0) {
                        err_prefix(reterr, "target %s", s->config->targets[i].name);
                        return r;
                }
                s->n_pollers++;
        }
        end_unwatched_targets(s);
        s->n_unfinished = s->n_pollers;
        s->spending = (struct spending){.store = s->store,
                                        .config = s->config,
                                        .pollers = s->pollers,
                                        .n_pollers = s->n_pollers,
                                        .stretch = {1, 1}};
        for (size_t i = 0; i < s->n_pollers; i++)
                (s->options->is_oneshot ? poller_once : poller_start)(s->pollers[i]);
        courier_wake(s->courier);
        return 0;
}

static void on_stop(void *arg) {
        struct service *s = arg;
        log_notice("stopping");
        notify_stopping();
        loop_quit(s->loop);
}

static void say_running(struct service *s) {
        char text[128];
        snprintf(text, sizeof text, "Watching %zu target%s, polling every %lld s", s->n_pollers,
                 s->n_pollers == 1 ? "" : "s", (long long)s->config->interval_s);
        notify_ready(s->loop, text);
}

static bool needs_restart(const struct config *a, const struct config *b) {
        return !text_same(a->state_directory, b->state_directory) || !text_same(a->socket, b->socket) ||
               !text_same(a->socket_group, b->socket_group);
}

static void print_faults(const struct config_faults *faults) {
        struct span rest = buf_span(&faults->lines);
        while (rest.data && rest.len > 0) {
                struct span line = span_split(&rest, '\n');
                log_error("%.*s", (int)line.len, line.data);
        }
}

static int open_exposition(struct service *s, const struct config *config, struct exposition_server **ret,
                           struct err *reterr) {
        const struct exposition_host host = {
                .loop = s->loop,
                .store = s->store,
                .exchange = s->exchange,
                .vitals = &s->vitals,
                .server = s->server,
                .version = s->options->version,
                .started_at_s = s->rpc.started_at_s,
                .arg = s,
                .is_watched = s->actions.is_watched,
        };
        return config->metrics_listen ? exposition_server_new(&host, config->metrics_listen, ret, reterr) : 0;
}

/* Without work there is nothing to live for: whoever started the process may start it again. */
static void give_up(struct service *s, const char *what, const struct err *err) {
        stop_work(s);
        log_error("%s: %s: ending, to be started again", what, err->text[0] ? err->text : "out of memory");
        s->is_idle = true;
        loop_quit(s->loop);
}

/* Builds the whole new configuration and swaps, or keeps the old one and says why. */
static int reload(struct service *s, struct err *reterr) {
        SCOPED(config_faults_done) struct config_faults faults = {0};
        struct config *fresh = NULL;
        if (config_load(s->options->config_path, &fresh, &faults) < 0) {
                print_faults(&faults);
                return err_set(reterr, -EINVAL,
                               "the configuration has %zu fault%s: the old one stays: see flinkwatchd --check-config",
                               faults.n, faults.n == 1 ? "" : "s");
        }
        if (needs_restart(s->config, fresh))
                log_warning("state_directory, socket and socket_group change only at a restart");
        struct config *old = s->config;
        bool is_exposed_anew = !text_same(old->metrics_listen, fresh->metrics_listen);
        struct exposition_server *exposition = NULL;
        if (is_exposed_anew && open_exposition(s, fresh, &exposition, reterr) < 0) {
                config_free(fresh);
                return -EINVAL;
        }
        stop_work(s);
        s->config = fresh;
        int r = start_work(s, reterr);
        if (r < 0) {
                stop_work(s);
                exposition_server_free(exposition);
                s->config = old;
                config_free(fresh);
                struct err again = {0};
                if (start_work(s, &again) < 0)
                        give_up(s, "the old configuration does not start any more", &again);
                return r;
        }
        if (is_exposed_anew) {
                exposition_server_free(s->exposition);
                s->exposition = exposition;
        }
        config_free(old);
        s->upkeep.host.retention_s = fresh->retention_s;
        log_set_level(s->options->log_level >= 0 ? (enum log_level)s->options->log_level : s->config->log_level);
        s->rpc.interval_s = s->config->interval_s;
        return 0;
}

static void on_reload_due(void *arg) {
        struct service *s = arg;
        struct err err = {0};
        notify_reloading(s->loop);
        if (reload(s, &err) < 0)
                log_error("reload: %s", err.text);
        else
                log_notice("configuration reloaded");
        if (!s->is_idle)
                say_running(s);
}

void service_ask_reload(void *service) {
        struct service *s = service;
        timer_start(&s->reload, s->loop, 0, on_reload_due, s);
}

/* All that is due was noted by the clock as it was: it is worked out anew, from what is stored. */
static void on_clock_set_back(void *arg, int64_t by_s) {
        struct service *s = arg;
        struct err err = {0};
        log_warning("the clock was set back by %lld s: all polls and deliveries begin anew", (long long)by_s);
        stop_work(s);
        if (start_work(s, &err) < 0)
                give_up(s, "they cannot begin anew", &err);
}

/* Everything that stands on the store begins anew, as after a restart: the file is moved aside if it really is damaged. */
static void on_store_damaged(void *arg) {
        struct service *s = arg;
        log_error("the database is damaged: %s: beginning anew as after a restart", store_error(s->store));
        s->is_store_damaged = true;
        loop_quit(s->loop);
}

static struct upkeep_host upkeep_host(struct service *s) {
        return (struct upkeep_host){s->loop, s->store, s->config->retention_s, s, on_store_damaged};
}

static int open_state(struct service *s, struct err *reterr) {
        char path[PATH_MAX];
        bool was_moved = false;
        if (mkdir(s->config->state_directory, 0700) < 0 && errno != EEXIST)
                return err_set(reterr, -errno, "cannot make the state directory %s: %s", s->config->state_directory,
                               strerror(errno));
        int r = lock_take(s->config->state_directory, &s->lock_fd, reterr);
        if (r < 0)
                return r;
        snprintf(path, sizeof path, "%s/flinkwatch.db", s->config->state_directory);
        r = store_open(path, &s->store, &was_moved, reterr);
        s->is_store_new = was_moved;
        if (r == 0 && was_moved)
                log_error(
                        "the database %s was damaged and has been moved aside: history begins anew and is filled from CloudWatch",
                        path);
        return r;
}

static int open_network(struct service *s) {
        static char user_agent[64];
        snprintf(user_agent, sizeof user_agent, "flinkwatch/%s", s->options->version);
        struct wire_options wire = {.ca_bundle = aws_environment_get(&s->environment, "AWS_CA_BUNDLE"),
                                    .user_agent = user_agent};
        s->quotas = quotas_new(s->loop);
        if (!s->quotas)
                return -ENOMEM;
        int r = wire_new(s->loop, &wire, &s->wire);
        return r < 0 ? r : exchange_new(s->loop, s->wire, &s->environment, &s->exchange);
}

static int open_socket(struct service *s, struct err *reterr) {
        s->actions = service_actions(s);
        for (size_t i = 0; diagnosers[i] && i + 1 < ELEMENTS(s->diagnoser_names); i++)
                s->diagnoser_names[i] = diagnosers[i]->name;
        s->rpc = (struct rpc_host){
                .store = s->store,
                .actions = &s->actions,
                .version = s->options->version,
                .started_at_s = loop_now_s(s->loop),
                .interval_s = s->config->interval_s,
                .pid = getpid(),
                .diagnosers = s->diagnoser_names,
        };
        struct server_socket where = {.fd = -1, .path = s->config->socket, .group = s->config->socket_group};
        if (s->passed_fd >= 0 && (where.fd = fcntl(s->passed_fd, F_DUPFD_CLOEXEC, 0)) < 0)
                return -errno;
        return server_new(s->loop, &s->rpc, &where, &s->server, reterr);
}

static int open_all(struct service *s, struct err *reterr) {
        struct loop_handlers handlers = {s, on_stop, service_ask_reload};
        int r = loop_new(&handlers, &s->loop);
        if (r == 0)
                r = open_state(s, reterr);
        if (r == 0)
                r = open_network(s);
        if (r == 0 && !s->options->is_oneshot)
                r = open_socket(s, reterr);
        if (r == 0 && !s->options->is_oneshot)
                r = open_exposition(s, s->config, &s->exposition, reterr);
        if (r == 0)
                r = start_work(s, reterr);
        return r;
}

static void close_all(struct service *s) {
        upkeep_stop(&s->upkeep);
        clock_watch_stop(&s->clock);
        timer_stop(&s->reload);
        exposition_server_free(s->exposition);
        server_free(s->server);
        stop_work(s);
        exchange_free(s->exchange);
        quotas_free(s->quotas);
        if (s->wire)
                wire_free(s->wire);
        store_free(s->store);
        loop_free(s->loop);
        if (s->lock_fd >= 0)
                close(s->lock_fd);
}

static int run_all(struct service *s) {
        struct upkeep_host host = upkeep_host(s);
        if (!s->options->is_oneshot) {
                upkeep_start(&s->upkeep, &host);
                clock_watch_start(&s->clock, s->loop, on_clock_set_back, s);
                log_notice("flinkwatchd %s watches %zu target%s", s->options->version, s->n_pollers,
                           s->n_pollers == 1 ? "" : "s");
                say_running(s);
        }
        loop_run(s->loop);
        if (!s->options->is_oneshot)
                return s->is_idle ? EX_TEMPFAIL : EX_OK;
        upkeep_finish(&s->upkeep, &host);
        return s->has_failed_target || !s->is_draining ? EX_TEMPFAIL : EX_OK;
}

/* From opening to closing; the exit status. */
static int live(struct service *s) {
        struct err err = {0};
        int r = open_all(s, &err);
        int status = r == -EINVAL ? EX_CONFIG : r < 0 ? EX_TEMPFAIL : run_all(s);
        if (r < 0)
                log_error("%s", err.text[0] ? err.text : strerror(-r));
        close_all(s);
        return status;
}

static void begin_anew(struct service *s) {
        *s = (struct service){.options = s->options,
                              .config = s->config,
                              .environment = s->environment,
                              .passed_fd = s->passed_fd,
                              .vitals = s->vitals,
                              .lock_fd = -1};
}

/* A damaged store ends a life and begins another, unless the file was just found good: then the disk cannot be trusted. */
static int live_on(struct service *s) {
        bool was_damaged = false;
        for (;;) {
                begin_anew(s);
                int status = live(s);
                if (!s->is_store_damaged)
                        return status;
                if (was_damaged && !s->is_store_new) {
                        log_error("the database is found damaged in use and good when it is checked: look at the disk");
                        return EX_TEMPFAIL;
                }
                was_damaged = true;
        }
}

/* What is taken over from whoever started the process, once. */
static int inherit(struct service *s, struct err *reterr) {
        int r = aws_environment_capture(&s->environment);
        if (r < 0)
                return r;
        aws_environment_scrub();
        return s->options->is_oneshot ? 0 : activation_take(&s->passed_fd, reterr);
}

int service_run(const struct service_options *options, struct config *config) {
        struct service s = {.options = options, .config = config, .passed_fd = -1};
        struct err err = {0};
        int status = EX_OK, r = inherit(&s, &err);
        if (r < 0) {
                log_error("%s", err.text[0] ? err.text : strerror(-r));
                status = r == -EINVAL ? EX_CONFIG : EX_TEMPFAIL;
        } else {
                curl_global_init(CURL_GLOBAL_DEFAULT);
                status = live_on(&s);
                curl_global_cleanup();
        }
        if (s.passed_fd >= 0)
                close(s.passed_fd);
        aws_environment_done(&s.environment);
        config_free(s.config);
        vitals_done(&s.vitals);
        return status;
}
