/* SPDX-License-Identifier: Apache-2.0 */
/* Which application a name means: it can live in several targets. */
#include <errno.h>

#include "rpc/method.h"
#include "util/list.h"
#include "util/text.h"

struct names {
        const char **items; /* borrowed */
        size_t n, size;
};

static void names_done(struct names *n) {
        free(n->items);
}

SCOPED_DEFINE_VALUE(struct names, names_done)

static int add_name(struct names *names, const char *name) {
        for (size_t i = 0; i < names->n; i++)
                if (strcmp(names->items[i], name) == 0)
                        return 0;
        const char **slot = LIST_ADD(names->items, names->n, names->size);
        if (!slot)
                return -ENOMEM;
        *slot = name;
        return 0;
}

int rpc_check_target(struct rpc_question *q, const char *target) {
        SCOPED(target_states_done) struct target_states targets = {0};
        SCOPED(names_done) struct names names = {0};
        char hint[128];
        int r = target ? store_list_targets(q->host->store, &targets) : 0;
        if (r < 0 || !target)
                return r;
        for (size_t i = 0; i < targets.n_rows; i++) {
                if (strcmp(targets.rows[i].name, target) == 0)
                        return 0;
                if (add_name(&names, targets.rows[i].name) < 0)
                        return -ENOMEM;
        }
        return rpc_fail(q, RPC_ERROR_NOT_FOUND, "there is no target %.60s%s", target,
                        rpc_hint(target, names.items, names.n, hint)[0] ? hint : ": `flinkwatchctl status` lists them");
}

static int not_found(struct rpc_question *q, const char *target, const char *application) {
        SCOPED(application_rows_done) struct application_rows all = {0};
        SCOPED(free) const char **names = NULL;
        char hint[128];
        int r = rpc_check_target(q, target);
        if (r == 0)
                r = store_list_applications(q->host->store, target, &all);
        if (r < 0 || !(names = calloc(all.n_rows + 1, sizeof *names)))
                return r < 0 ? r : -ENOMEM;
        for (size_t i = 0; i < all.n_rows; i++)
                names[i] = all.rows[i].name;
        return rpc_fail(q, RPC_ERROR_NOT_FOUND, "there is no application %.60s%s%.60s%s", application,
                        target ? " in target " : "", target ? target : "",
                        rpc_hint(application, names, all.n_rows, hint)[0] ? hint : ": `flinkwatchctl apps` lists all");
}

static int ambiguous(struct rpc_question *q, const char *application, const struct names *targets) {
        SCOPED(buf_done) struct buf list = BUF_INIT(120);
        for (size_t i = 0; i < targets->n && !list.failed; i++)
                buf_printf(&list, "%s%s", i > 0 ? ", " : "", targets->items[i]);
        return rpc_fail(q, RPC_ERROR_PARAMS, "%.60s is in more than one target: say which with --target: %s%s",
                        application, buf_str(&list), list.failed ? " ..." : "");
}

/* By its facts, and by its samples when its description was never read. */
static int find_targets(struct rpc_question *q, const char *application, const struct target_states *targets,
                        const struct series_rows *series, struct names *ret) {
        int r = 0;
        for (size_t i = 0; r == 0 && i < series->n_rows; i++)
                r = add_name(ret, series->rows[i].target);
        for (size_t i = 0; r == 0 && i < targets->n_rows; i++) {
                SCOPED(application_done) struct application a = {0};
                r = store_application(q->host->store, targets->rows[i].name, application, &a);
                if (r == 0)
                        r = add_name(ret, targets->rows[i].name);
                else if (r > 0)
                        r = 0;
        }
        return r;
}

int rpc_find_target(struct rpc_question *q, const char *target, const char *application, char **ret_target) {
        SCOPED(target_states_done) struct target_states targets = {0};
        SCOPED(series_rows_done) struct series_rows series = {0};
        SCOPED(names_done) struct names found = {0};
        char *copy = NULL;
        int r = store_list_targets(q->host->store, &targets);
        if (r == 0)
                r = store_list_series(q->host->store, target, application, &series);
        if (r == 0)
                r = find_targets(q, application, &targets, &series, &found);
        if (r < 0)
                return r;
        const char *chosen = found.n == 1 ? found.items[0] : NULL;
        for (size_t i = 0; target && i < found.n; i++)
                if (strcmp(found.items[i], target) == 0)
                        chosen = found.items[i];
        if (!chosen && found.n > 1 && !target)
                return ambiguous(q, application, &found);
        if (!chosen || (target && strcmp(chosen, target) != 0))
                return not_found(q, target, application);
        if (text_replace(&copy, chosen) < 0)
                return -ENOMEM;
        *ret_target = copy;
        return 0;
}
