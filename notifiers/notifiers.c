/* SPDX-License-Identifier: Apache-2.0 */
#include "notifiers/notifiers.h"

#include <string.h>

const struct notifier *const notifiers[] = {&notifier_slack,     &notifier_sns,          &notifier_webhook,
                                            &notifier_pagerduty, &notifier_alertmanager, NULL};

const struct notifier *notifier_find(const char *type) {
        for (const struct notifier *const *n = notifiers; *n; n++)
                if (strcmp((*n)->type, type) == 0)
                        return *n;
        return NULL;
}
