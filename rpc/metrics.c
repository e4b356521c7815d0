/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "rpc/method.h"
#include "util/text.h"

enum { PIECE = 64 };

enum { APP, TARGET };
static const struct rpc_param params[] = {
        [APP] = {"app", RPC_KIND_TEXT, true},
        [TARGET] = {"target", RPC_KIND_TEXT, false},
        {0},
};

struct listing {
        struct series_rows series;
        size_t next;
        bool has_begun;
};

static void listing_free(void *state) {
        struct listing *l = state;
        series_rows_done(&l->series);
        free(l);
}

static int listing_start(struct rpc_question *q, void **ret_state) {
        SCOPED(free) char *target = NULL;
        int r = rpc_find_target(q, q->values[TARGET].text, q->values[APP].text, &target);
        if (r < 0)
                return r;
        struct listing *l = calloc(1, sizeof *l);
        *ret_state = l;
        return l ? store_list_series(q->host->store, target, q->values[APP].text, &l->series) : -ENOMEM;
}

void rpc_write_dimensions(struct jsonw *w, const char *dimensions) {
        struct span rest = span_of(dimensions);
        jsonw_object(w);
        while (rest.data && rest.len > 0) {
                struct span value = span_split(&rest, '\x1f'), name = span_split(&value, '=');
                SCOPED(free) char *key = span_dup(name);
                if (!key)
                        w->out->failed = -ENOMEM;
                jsonw_key(w, text_or_empty(key));
                jsonw_span(w, value.data ? value : SPAN(""));
        }
        jsonw_object_end(w);
}

static int write_series(struct rpc_question *q, struct jsonw *w, const struct series_row *row) {
        const struct metric *metric = metric_find(row->metric, row->statistic);
        struct sample newest;
        int r = store_newest(q->host->store, row->id, &newest);
        if (r < 0)
                return r;
        jsonw_object(w);
        jsonw_member_string(w, "target", row->target);
        jsonw_member_string(w, "application", row->application);
        jsonw_member_string(w, "metric", row->metric);
        jsonw_member_string(w, "statistic", row->statistic);
        jsonw_key(w, "dimensions");
        rpc_write_dimensions(w, row->dimensions);
        jsonw_member_string(w, "unit", metric ? metric_unit_name(metric->unit) : "");
        jsonw_member_int(w, "period_s", metric ? metric->period_s : 60);
        jsonw_member_time(w, "first_at", row->first_at_s);
        jsonw_member_time(w, "last_at", r == 0 ? newest.at_s : 0);
        jsonw_key(w, "value");
        if (r == 0)
                jsonw_double(w, newest.value);
        else
                jsonw_null(w);
        jsonw_object_end(w);
        return 0;
}

static int listing_step(struct rpc_question *q, void *state, struct jsonw *w) {
        struct listing *l = state;
        if (!l->has_begun)
                jsonw_array(w);
        l->has_begun = true;
        for (size_t i = 0; i < PIECE && l->next < l->series.n_rows; i++, l->next++) {
                int r = write_series(q, w, &l->series.rows[l->next]);
                if (r < 0)
                        return r;
        }
        if (l->next < l->series.n_rows)
                return RPC_MORE;
        jsonw_array_end(w);
        return 0;
}

const struct rpc_method rpc_metrics = {"metrics", RPC_READ, params, listing_start, listing_step, listing_free};
