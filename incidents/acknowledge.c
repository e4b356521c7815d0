/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "incidents/routes.h"
#include "util/text.h"

int incidents_acknowledge(const struct incident *known, const struct acknowledgement *a,
                          const struct incident_policy *policy, struct transitions *out) {
        SCOPED(incident_done) struct incident i = {0};
        if (known->state == INCIDENT_RESOLVED)
                return -EALREADY;
        if (incident_dup(known, &i) < 0 || text_replace(&i.acknowledged_by, a->by) < 0 ||
            text_replace(&i.comment, a->comment) < 0)
                return -ENOMEM;
        i.state = INCIDENT_ACKNOWLEDGED;
        i.acknowledged_at_s = a->at_s;
        /* Who acknowledges what nobody was told of yet knows it as it is now. */
        if (i.is_quiet && i.finding.severity > i.announced_severity)
                i.announced_severity = i.finding.severity;
        struct transition *t = transitions_add(out, EVENT_NONE, &i);
        if (!t)
                return -ENOMEM;
        int r = i.is_quiet ? 0 : routes_tell_acknowledgement(policy, t, i.announced_severity);
        if (r < 0 || t->n_notifiers == 0)
                return r;
        t->event = EVENT_UPDATED;
        t->incident.revision++;
        return 0;
}
