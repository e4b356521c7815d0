/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "daemon/acknowledge.h"
#include "daemon/service_inner.h"
#include "daemon/work.h"

static int action_reload(void *arg, struct err *reterr) {
        struct service *s = arg;
        SCOPED(config_faults_done) struct config_faults faults = {0};
        SCOPED(config_free) struct config *fresh = NULL;
        if (config_load(s->options->config_path, &fresh, &faults) < 0) {
                struct span rest = buf_span(&faults.lines), first = span_split(&rest, '\n');
                return err_set(reterr, -EINVAL, "the old configuration stays: %.*s", (int)first.len, first.data);
        }
        service_ask_reload(s);
        return 0;
}

static int action_poll(void *arg, const char *target, struct err *reterr) {
        struct service *s = arg;
        int r = config_check_target(s->config, target, reterr);
        for (size_t i = 0; r == 0 && i < s->n_pollers; i++)
                if (!target || strcmp(poller_name(s->pollers[i]), target) == 0)
                        poller_once(s->pollers[i]);
        return r;
}

static int action_acknowledge(void *arg, int64_t id, const char *by, const char *comment, struct err *reterr) {
        struct service *s = arg;
        const struct acknowledgement a = {by, comment, loop_now_s(s->loop)};
        int r = acknowledge(s->store, s->config, id, &a, reterr);
        if (r == 0 && s->courier) /* NULL: it is about to end */
                courier_wake(s->courier);
        return r;
}

static int action_progress(void *arg, const char *target, struct rpc_progress *ret) {
        struct service *s = arg;
        for (size_t i = 0; i < s->n_pollers; i++)
                if (strcmp(poller_name(s->pollers[i]), target) == 0)
                        return poller_progress(s->pollers[i], ret);
        return 1;
}

static bool action_is_watched(void *arg, const char *target, const char *application) {
        const struct service *s = arg;
        for (size_t i = 0; i < s->n_pollers; i++)
                if (strcmp(poller_name(s->pollers[i]), target) == 0)
                        return !application || poller_watches(s->pollers[i], application);
        return false;
}

static bool action_is_told(void *arg, const char *notifier) {
        const struct service *s = arg;
        for (size_t i = 0; i < s->config->n_notifiers; i++)
                if (strcmp(s->config->notifiers[i].name, notifier) == 0)
                        return true;
        return false;
}

static int action_begin(void *arg, const struct rpc_order *asked, struct rpc_work **ret, struct err *reterr) {
        struct service *s = arg;
        struct work_host host = {.loop = s->loop,
                                 .exchange = s->exchange,
                                 .store = s->store,
                                 .quotas = s->quotas,
                                 .config = s->config,
                                 .server = s->server,
                                 .n_works = &s->n_works};
        struct work_order order = {.host = &host,
                                   .target = asked->target,
                                   .application = asked->application,
                                   .since_s = asked->since_s,
                                   .config = asked->config,
                                   .config_path = asked->config_path,
                                   .wake = asked->wake,
                                   .waiter = asked->waiter};
        return work_begin(asked->work, &order, ret, reterr);
}

static int action_forecast(void *arg, const char *target, const char *application, struct rpc_forecast *ret) {
        struct service *s = arg;
        for (size_t i = 0; i < s->n_pollers; i++) {
                if (strcmp(poller_name(s->pollers[i]), target) != 0)
                        continue;
                *ret = (struct rpc_forecast){.stretch_sentinels = s->spending.stretch.sentinels,
                                             .stretch_others = s->spending.stretch.others,
                                             .budget_usd = s->config->monthly_budget_usd};
                poller_demand(s->pollers[i], application, ret->metrics_per_hour);
                return 0;
        }
        return -ENOENT;
}

struct rpc_actions service_actions(struct service *s) {
        return (struct rpc_actions){.arg = s,
                                    .poll = action_poll,
                                    .reload = action_reload,
                                    .acknowledge = action_acknowledge,
                                    .progress = action_progress,
                                    .is_watched = action_is_watched,
                                    .is_told = action_is_told,
                                    .begin = action_begin,
                                    .forecast = action_forecast};
}
