/* SPDX-License-Identifier: Apache-2.0 */
/* All targets are examined at the same time and told one after the other, so that the answer reads in order. */
#include "daemon/doctor.h"

#include <errno.h>

#include "daemon/doctor_machine.h"
#include "daemon/examination.h"
#include "daemon/policy.h"
#include "daemon/server.h"
#include "util/text.h"

enum { LINES_A_PIECE = 64 };

struct doctor {
        struct rpc_work base;
        struct work_order order; /* host and target only at the beginning */
        struct examination **examinations;
        size_t n_examinations;
        struct doctor_lines machine;
        size_t current, n_told; /* which examination, and how many of its lines are written */
};

static void wake(void *arg) {
        struct doctor *d = arg;
        d->order.wake(d->order.waiter);
}

/* Up to a piece of lines from where the last piece ended. */
static void tell(struct doctor *d, const struct doctor_lines *lines, const struct examination *x, struct jsonw *w) {
        for (size_t i = 0; i < LINES_A_PIECE && d->n_told < lines->n; i++, d->n_told++)
                doctor_line_write(&lines->items[d->n_told], x ? examination_target(x) : NULL,
                                  x ? examination_notifier(x) : NULL, w);
}

static int next(struct rpc_work *work, struct jsonw *w) {
        struct doctor *d = (struct doctor *)work;
        const struct examination *x = d->current < d->n_examinations ? d->examinations[d->current] : NULL;
        const struct doctor_lines *lines = x ? examination_lines(x) : &d->machine;
        if (lines->failed < 0)
                return lines->failed;
        tell(d, lines, x, w);
        if (d->n_told < lines->n)
                return RPC_MORE;
        if (x && !examination_is_over(x))
                return RPC_WAIT;
        d->current++;
        d->n_told = 0;
        return x ? RPC_MORE : 0;
}

static void release(struct rpc_work *work) {
        struct doctor *d = (struct doctor *)work;
        for (size_t i = 0; i < d->n_examinations; i++)
                examination_free(d->examinations[i]);
        free(d->examinations);
        doctor_lines_done(&d->machine);
        free(d);
}

static int examine(struct doctor *d, const struct examinee *who) {
        const struct work_host *host = d->order.host;
        struct examination_host own = {host->loop, host->exchange, host->store, d, wake};
        int r = examination_new(&own, who, &d->examinations[d->n_examinations]);
        d->n_examinations += r == 0;
        return r;
}

static int examine_targets(struct doctor *d) {
        const struct config *config = d->order.host->config;
        int r = 0;
        for (size_t i = 0; r == 0 && i < config->n_targets; i++) {
                const struct config_target *t = &config->targets[i];
                struct examinee who = {t->name,     NULL,           t->region,      t->profile,
                                       t->role_arn, t->external_id, t->applications};
                if (!d->order.target || strcmp(d->order.target, t->name) == 0)
                        r = examine(d, &who);
        }
        return r;
}

/* Those that publish with AWS keys. */
static int examine_notifiers(struct doctor *d) {
        const struct config *config = d->order.host->config;
        int r = 0;
        for (size_t i = 0; r == 0 && !d->order.target && i < config->n_notifiers; i++) {
                const struct config_notifier *n = &config->notifiers[i];
                const char *arn = channel_has_key(&n->channel, "topic_arn") ? channel_value(&n->channel, "topic_arn")
                                                                            : NULL;
                SCOPED(free) char *region = arn ? span_dup(policy_arn_part(arn, 3)) : NULL;
                struct examinee who = {.name = n->name,
                                       .topic_arn = arn,
                                       .region = region,
                                       .profile = channel_value(&n->channel, "profile"),
                                       .role_arn = channel_value(&n->channel, "role_arn")};
                if (arn)
                        r = region ? examine(d, &who) : -ENOMEM;
        }
        return r;
}

int doctor_begin(const struct work_order *order, struct rpc_work **ret, struct err *reterr) {
        const struct config *config = order->host->config;
        struct doctor *d = calloc(1, sizeof *d);
        if (!d)
                return -ENOMEM;
        d->base = (struct rpc_work){next, release};
        d->order = *order;
        d->examinations = calloc(config->n_targets + config->n_notifiers, sizeof(struct examination *));
        int r = d->examinations ? examine_targets(d) : -ENOMEM;
        if (r == 0)
                r = examine_notifiers(d);
        if (r < 0) {
                release(&d->base);
                return err_set(reterr, r, "the doctor cannot begin: %s", strerror(-r));
        }
        struct doctor_socket socket = {.path = config->socket, .group = config->socket_group};
        server_has_group(order->host->server, &socket.gid);
        machine_examine(config->state_directory, &socket, order->host->store, &d->machine);
        d->order.host = NULL;
        d->order.target = NULL;
        *ret = &d->base;
        return 0;
}
