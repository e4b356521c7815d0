/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the fixed sections: name, kind, range, where the value goes. Private to the configuration. */
#pragma once

#include "daemon/config.h"

enum key_kind {
        KEY_NAME,
        KEY_DURATION,
        KEY_LEVEL,
        KEY_SEVERITY,
        KEY_BUDGET,
        KEY_SCHEDULE,
        KEY_COUNT,
        KEY_LISTEN,
        KEY_REGION,
        KEY_ROLE
};

struct config_key {
        const char *name; /* NULL ends the table */
        enum key_kind kind;
        size_t offset;
        int64_t min_s, max_s; /* durations; of a count its range; of a name the bytes it may have, 0: any number */
};

struct config_section {
        const char *name;
        bool is_named; /* [target prod-eu] */
        const struct config_key *keys;
};

enum section_id {
        SECTION_DAEMON,
        SECTION_POLLING,
        SECTION_STORAGE,
        SECTION_METRICS,
        SECTION_TARGET,
        SECTION_DIAGNOSER,
        SECTION_APPLICATION,
        SECTION_NOTIFIER,
        SECTION_MAINTENANCE,
        N_SECTIONS,
};

extern const struct config_section config_sections[N_SECTIONS];

/* Stores `text` at base + offset. 0 or -EINVAL / -ENOMEM with the reason. */
int config_key_set(const struct config_key *key, void *base, const char *text, struct err *reterr);
