/* SPDX-License-Identifier: Apache-2.0 */
#include "incidents/routes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/glob.h"
#include "util/list.h"

static bool takes(const struct route *r, const struct incident *i, enum severity severity) {
        return severity >= r->min_severity &&
               glob_list_matches(r->applications ? r->applications : "*", i->application);
}

static int add(struct transition *t, const char *notifier) {
        char *copy = strdup(notifier);
        char **slot = copy ? LIST_ADD(t->notifiers, t->n_notifiers, t->notifiers_size) : NULL;
        if (!slot) {
                free(copy);
                return -ENOMEM;
        }
        *slot = copy;
        return 0;
}

int routes_tell(const struct incident_policy *p, struct transition *t, enum severity severity) {
        int r = 0;
        for (size_t i = 0; r == 0 && i < p->n_routes; i++)
                if (takes(&p->routes[i], &t->incident, severity))
                        r = add(t, p->routes[i].notifier);
        return r;
}

int routes_tell_acknowledgement(const struct incident_policy *p, struct transition *t, enum severity severity) {
        int r = 0;
        for (size_t i = 0; r == 0 && i < p->n_routes; i++)
                if (p->routes[i].takes_acknowledgements && takes(&p->routes[i], &t->incident, severity))
                        r = add(t, p->routes[i].notifier);
        return r;
}

/* Reminders fall on multiples of the interval since the incident was told as opened: which one is due follows from two instants that are stored,
 * so that a restart neither repeats nor loses one. */
static bool is_due(const struct route *r, const struct incident *known, int64_t now_s) {
        if (r->repeat_interval_s <= 0 || !takes(r, known, known->announced_severity))
                return false;
        int64_t since_s = known->told_at_s > 0 ? known->told_at_s : known->opened_at_s;
        int64_t before_s = known->updated_at_s > since_s ? known->updated_at_s - since_s : 0;
        return (now_s - since_s) / r->repeat_interval_s > before_s / r->repeat_interval_s;
}

bool routes_remind(const struct incident_policy *p, const struct incident *known, int64_t now_s) {
        for (size_t i = 0; i < p->n_routes; i++)
                if (is_due(&p->routes[i], known, now_s))
                        return true;
        return false;
}

int routes_tell_reminder(const struct incident_policy *p, struct transition *t, const struct incident *known,
                         int64_t now_s) {
        int r = 0;
        for (size_t i = 0; r == 0 && i < p->n_routes; i++)
                if (is_due(&p->routes[i], known, now_s))
                        r = add(t, p->routes[i].notifier);
        return r;
}
