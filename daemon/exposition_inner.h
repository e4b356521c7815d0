/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the exposition share. */
#pragma once

#include "daemon/exposition.h"
#include "daemon/family.h"

struct exposition_values; /* of the applications' metrics */

struct exposition {
        struct exposition_host host;
        bool is_openmetrics;
        int stage;
        size_t next, next_family; /* of the stage */
        struct application_rows applications;
        struct exposition_values *values;
};

/* Each: 1 when there is more, 0 when the stage is over, -errno. */
int exposition_health(struct exposition *x, struct buf *out);
int exposition_gather(struct exposition *x, struct buf *out);
int exposition_samples(struct exposition *x, struct buf *out);
int exposition_incidents(struct exposition *x, struct buf *out);
void exposition_values_free(struct exposition_values *v);
