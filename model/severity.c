/* SPDX-License-Identifier: Apache-2.0 */
#include "model/severity.h"

#include <errno.h>

#include "util/scope.h"

static const char *const severities[] = {"info", "warning", "critical"};
static const char *const confidences[] = {"low", "medium", "high"};

static int parse(struct span text, const char *const *names, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (span_is(text, names[i]))
                        return (int)i;
        return -EINVAL;
}

const char *severity_name(enum severity s) {
        return severities[s];
}

const char *confidence_name(enum confidence c) {
        return confidences[c];
}

int severity_parse(struct span text, enum severity *ret) {
        int r = parse(text, severities, ELEMENTS(severities));
        if (r < 0)
                return r;
        *ret = (enum severity)r;
        return 0;
}

int confidence_parse(struct span text, enum confidence *ret) {
        int r = parse(text, confidences, ELEMENTS(confidences));
        if (r < 0)
                return r;
        *ret = (enum confidence)r;
        return 0;
}
