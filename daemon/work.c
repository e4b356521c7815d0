/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/work.h"

#include <errno.h>

#include "daemon/backtest.h"
#include "daemon/doctor.h"
#include "daemon/explain.h"
#include "daemon/policy_work.h"

static const struct {
        const char *name;
        int (*begin)(const struct work_order *order, struct rpc_work **ret, struct err *reterr);
} kinds[] = {
        {"backtest", backtest_begin},
        {"doctor", doctor_begin},
        {"explain", explain_begin},
        {"iam-policy", policy_work_begin},
};

/* Counts a work while it lives. */
struct counted {
        struct rpc_work base;
        struct rpc_work *inner;
        size_t *n_works;
};

static int next(struct rpc_work *work, struct jsonw *w) {
        struct counted *c = (struct counted *)work;
        return c->inner->next(c->inner, w);
}

static void release(struct rpc_work *work) {
        struct counted *c = (struct counted *)work;
        c->inner->free(c->inner);
        --*c->n_works;
        free(c);
}

int work_begin(const char *name, const struct work_order *order, struct rpc_work **ret, struct err *reterr) {
        size_t kind = 0;
        while (kind < ELEMENTS(kinds) && strcmp(kinds[kind].name, name) != 0)
                kind++;
        if (kind == ELEMENTS(kinds))
                return err_set(reterr, -ENOSYS, "this daemon does not know how to do %s", name);
        if (*order->host->n_works >= WORKS_MAX)
                return err_set(reterr, -EBUSY,
                               "%d long requests are under way already: try again when one of them is done", WORKS_MAX);
        int r = config_check_target(order->host->config, order->target, reterr);
        struct counted *c = r == 0 ? calloc(1, sizeof *c) : NULL;
        if (!c)
                return r < 0 ? r : -ENOMEM;
        *c = (struct counted){.base = {next, release}, .n_works = order->host->n_works};
        r = kinds[kind].begin(order, &c->inner, reterr);
        if (r < 0) {
                free(c);
                return r;
        }
        ++*c->n_works;
        *ret = &c->base;
        return 0;
}
