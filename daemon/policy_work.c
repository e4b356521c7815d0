/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/policy_work.h"

#include <errno.h>

#include "daemon/policy.h"
#include "daemon/probe.h"
#include "util/text.h"

/* A target whose account is looked for. */
struct place {
        struct policy_work *owner;
        char *name, *region, *profile, *role_arn, *applications, *account;
        struct application_rows known;
        struct client *client; /* while it is asked */
        struct probe *probe;
};

struct topic {
        char *name, *profile, *role_arn, *arn;
};

struct policy_work {
        struct rpc_work base;
        void (*wake)(void *waiter);
        void *waiter;
        struct place *places;
        size_t n_places;
        struct topic *topics;
        size_t n_topics;
        struct policy *policy;
        size_t n_written;
};

static int dup_span(struct span s, char **ret) {
        *ret = span_dup(s);
        return *ret ? 0 : -ENOMEM;
}

static bool is_account(struct span s) {
        if (s.len != 12)
                return false;
        for (size_t i = 0; i < s.len; i++)
                if (s.data[i] < '0' || s.data[i] > '9')
                        return false;
        return true;
}

/* The role's account is where the keys will be; else that of the applications, which are asked for without naming one. */
static int find_account(struct place *p) {
        struct span account = policy_arn_part(p->role_arn, 4);
        for (size_t i = 0; !is_account(account) && i < p->known.n_rows; i++)
                account = policy_arn_part(p->known.rows[i].arn, 4);
        return is_account(account) ? dup_span(account, &p->account) : 0;
}

static void on_identity(void *arg, const struct probe_result *r) {
        struct place *p = arg;
        struct span account = span_of(text_or_empty(r->batch->identity.account));
        p->probe = NULL;
        if (r->result == 0 && is_account(account))
                dup_span(account, &p->account); /* without it: any account */
        p->owner->wake(p->owner->waiter);
}

static int ask_identity(struct place *p, const struct work_host *host, const char *external_id) {
        SCOPED(buf_done) struct buf tag = BUF_INIT(512);
        buf_printf(&tag, "iam-policy: target %s", p->name);
        struct client_options options = {buf_str(&tag), p->region, p->profile, p->role_arn, external_id};
        struct probe_job job = {.collector = &collector_identity,
                                .collect = {.target = p->name, .now_s = loop_now_s(host->loop)},
                                .arg = p,
                                .done = on_identity};
        int r = client_new(host->exchange, &options, &p->client);
        return r < 0 ? r : probe_start(host->exchange, p->client, &job, &p->probe);
}

static int add_place(struct policy_work *k, const struct work_host *host, const struct config_target *t) {
        struct place *p = &k->places[k->n_places++];
        p->owner = k;
        if (text_replace(&p->name, t->name) < 0 || text_replace(&p->region, t->region) < 0 ||
            text_replace(&p->profile, t->profile) < 0 || text_replace(&p->role_arn, t->role_arn) < 0 ||
            text_replace(&p->applications, t->applications) < 0)
                return -ENOMEM;
        int r = store_list_applications(host->store, p->name, &p->known);
        if (r == 0)
                r = find_account(p);
        return r < 0 || p->account ? r : ask_identity(p, host, t->external_id);
}

static int add_topic(struct policy_work *k, const struct config_notifier *n) {
        const char *arn = channel_has_key(&n->channel, "topic_arn") ? channel_value(&n->channel, "topic_arn") : NULL;
        if (!arn)
                return 0;
        struct topic *t = &k->topics[k->n_topics++];
        if (text_replace(&t->name, n->name) < 0 || text_replace(&t->arn, arn) < 0 ||
            text_replace(&t->profile, channel_value(&n->channel, "profile")) < 0)
                return -ENOMEM;
        return text_replace(&t->role_arn, channel_value(&n->channel, "role_arn"));
}

static int make_policy(struct policy_work *k) {
        int r = policy_new(&k->policy);
        for (size_t i = 0; r == 0 && i < k->n_places; i++) {
                const struct place *p = &k->places[i];
                struct policy_target t = {p->name,  p->profile, p->role_arn, p->applications, {p->region, p->account},
                                          &p->known};
                r = policy_add_target(k->policy, &t);
        }
        for (size_t i = 0; r == 0 && i < k->n_topics; i++)
                r = policy_add_topic(k->policy, k->topics[i].name, k->topics[i].profile, k->topics[i].role_arn,
                                     k->topics[i].arn);
        return r;
}

static int next(struct rpc_work *work, struct jsonw *w) {
        struct policy_work *k = (struct policy_work *)work;
        for (size_t i = 0; i < k->n_places; i++)
                if (k->places[i].probe)
                        return RPC_WAIT;
        int r = k->policy ? 0 : make_policy(k);
        if (r < 0)
                return r;
        if (k->n_written < policy_count(k->policy))
                policy_write(k->policy, k->n_written++, w);
        return k->n_written < policy_count(k->policy) ? RPC_MORE : 0;
}

static void release(struct rpc_work *work) {
        struct policy_work *k = (struct policy_work *)work;
        for (size_t i = 0; i < k->n_places; i++) {
                struct place *p = &k->places[i];
                probe_cancel(p->probe);
                client_free(p->client);
                application_rows_done(&p->known);
                free(p->name);
                free(p->region);
                free(p->profile);
                free(p->role_arn);
                free(p->applications);
                free(p->account);
        }
        for (size_t i = 0; i < k->n_topics; i++) {
                free(k->topics[i].name);
                free(k->topics[i].profile);
                free(k->topics[i].role_arn);
                free(k->topics[i].arn);
        }
        free(k->places);
        free(k->topics);
        policy_free(k->policy);
        free(k);
}

static int begin(struct policy_work *k, const struct work_order *order) {
        const struct config *config = order->host->config;
        int r = 0;
        k->places = calloc(config->n_targets + 1, sizeof *k->places);
        k->topics = calloc(config->n_notifiers + 1, sizeof *k->topics);
        if (!k->places || !k->topics)
                return -ENOMEM;
        for (size_t i = 0; r == 0 && i < config->n_targets; i++)
                if (!order->target || strcmp(order->target, config->targets[i].name) == 0)
                        r = add_place(k, order->host, &config->targets[i]);
        for (size_t i = 0; r == 0 && !order->target && i < config->n_notifiers; i++)
                r = add_topic(k, &config->notifiers[i]);
        return r;
}

int policy_work_begin(const struct work_order *order, struct rpc_work **ret, struct err *reterr) {
        struct policy_work *k = calloc(1, sizeof *k);
        if (!k)
                return -ENOMEM;
        k->base = (struct rpc_work){next, release};
        k->wake = order->wake;
        k->waiter = order->waiter;
        int r = begin(k, order);
        if (r < 0) {
                release(&k->base);
                return err_set(reterr, r, "the policy cannot be made: %s", strerror(-r));
        }
        *ret = &k->base;
        return 0;
}
