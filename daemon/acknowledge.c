/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/acknowledge.h"

#include <errno.h>

int routes_of(const struct config *c, struct route **ret, size_t *ret_n) {
        struct route *routes = calloc(c->n_notifiers + 1, sizeof *routes);
        if (!routes)
                return -ENOMEM;
        for (size_t i = 0; i < c->n_notifiers; i++) {
                const struct config_notifier *n = &c->notifiers[i];
                routes[i] = (struct route){.notifier = n->name,
                                           .min_severity = n->min_severity,
                                           .applications = n->applications,
                                           .repeat_interval_s = n->repeat_interval_s,
                                           .takes_acknowledgements = n->type->takes_acknowledgements};
        }
        *ret = routes;
        *ret_n = c->n_notifiers;
        return 0;
}

static int apply(struct store *store, const struct config *config, const struct incident *known,
                 const struct acknowledgement *a) {
        SCOPED(transitions_done) struct transitions transitions = {.at_s = a->at_s};
        SCOPED(free) struct route *routes = NULL;
        struct incident_policy policy = {.severity_cap = SEVERITY_CRITICAL};
        int r = routes_of(config, &routes, &policy.n_routes);
        policy.routes = routes;
        if (r == 0)
                r = incidents_acknowledge(known, a, &policy, &transitions);
        return r == 0 ? store_apply(store, &transitions) : r;
}

int acknowledge(struct store *store, const struct config *config, int64_t id, const struct acknowledgement *a,
                struct err *reterr) {
        SCOPED(incident_rows_done) struct incident_rows rows = {0};
        const struct incident_filter filter = {.id = id};
        int r = store_list_incidents(store, &filter, &rows);
        if (r == 0 && rows.n_rows == 0)
                return err_set(reterr, -ENOENT, "there is no incident %lld: `flinkwatchctl incidents --all` lists all",
                               (long long)id);
        if (r == 0)
                r = apply(store, config, &rows.rows[0], a);
        if (r == -EALREADY)
                return err_set(reterr, r, "incident %lld is resolved: there is nothing to acknowledge", (long long)id);
        return r < 0 ? err_set(reterr, r, "the acknowledgement could not be stored: %s", store_error(store)) : 0;
}
