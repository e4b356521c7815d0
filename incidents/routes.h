/* SPDX-License-Identifier: Apache-2.0 */
/* Who is told of an event. */
#pragma once

#include "incidents/incidents.h"

/* Fills t->notifiers with those whose floor the severity reaches. 0 or -ENOMEM. */
int routes_tell(const struct incident_policy *p, struct transition *t, enum severity severity);
/* Likewise, those of them that take acknowledgements. */
int routes_tell_acknowledgement(const struct incident_policy *p, struct transition *t, enum severity severity);
/* Whether some route wants a reminder between the last judgement (updated_at_s) and now. */
bool routes_remind(const struct incident_policy *p, const struct incident *known, int64_t now_s);
/* Fills t->notifiers with those that want it. 0 or -ENOMEM. */
int routes_tell_reminder(const struct incident_policy *p, struct transition *t, const struct incident *known,
                         int64_t now_s);
