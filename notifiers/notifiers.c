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

enum bundling notifier_bundling(const struct notifier *type, const struct channel *channel) {
        return type->bundling ? type->bundling(channel) : BUNDLE_NEVER;
}

int64_t notifier_refresh_s(const struct notifier *type, const struct channel *channel) {
        return type->refresh_s ? type->refresh_s(channel) : 0;
}
