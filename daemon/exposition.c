/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/exposition.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/exposition_inner.h"

static int (*const stages[])(struct exposition *x, struct buf *out) = {
        exposition_health,
        exposition_gather,
        exposition_samples,
        exposition_incidents,
};

int exposition_new(const struct exposition_host *host, enum exposition_format format, struct exposition **ret) {
        SCOPED(exposition_free) struct exposition *x = calloc(1, sizeof *x);
        if (!x)
                return -ENOMEM;
        x->host = *host;
        x->is_openmetrics = format == EXPOSITION_OPENMETRICS;
        int r = store_list_applications(host->store, NULL, &x->applications);
        if (r < 0)
                return r;
        *ret = TAKE(x);
        return 0;
}

void exposition_free(struct exposition *x) {
        if (!x)
                return;
        application_rows_done(&x->applications);
        exposition_values_free(x->values);
        free(x);
}

int exposition_step(struct exposition *x, struct buf *out) {
        int r = stages[x->stage](x, out);
        if (r != 0 || out->failed)
                return r < 0 ? r : out->failed ? out->failed : 1;
        x->next = x->next_family = 0;
        if (++x->stage < (int)ELEMENTS(stages))
                return 1;
        if (x->is_openmetrics)
                buf_put_str(out, "# EOF\n");
        return out->failed;
}

const char *exposition_content_type(enum exposition_format format) {
        return format == EXPOSITION_OPENMETRICS ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                                : "text/plain; version=0.0.4; charset=utf-8";
}
