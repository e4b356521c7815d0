/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "rpc/method.h"

enum { PIECE_BYTES = 16 << 10 };

enum { ALL, APP, SINCE, DIAGNOSER, TARGET };
static const struct rpc_param list_params[] = {
        [ALL] = {"all", RPC_KIND_FLAG, false},        [APP] = {"app", RPC_KIND_TEXT, false},
        [SINCE] = {"since", RPC_KIND_INSTANT, false}, [DIAGNOSER] = {"diagnoser", RPC_KIND_TEXT, false},
        [TARGET] = {"target", RPC_KIND_TEXT, false},  {0},
};

struct list {
        struct incident_ids ids;
        size_t next;
        bool has_begun;
};

static void list_free(void *state) {
        struct list *l = state;
        incident_ids_done(&l->ids);
        free(l);
}

static int list_start(struct rpc_question *q, void **ret_state) {
        const struct incident_filter filter = {
                .target = q->values[TARGET].text,
                .application = q->values[APP].text,
                .diagnoser = q->values[DIAGNOSER].text,
                .since_s = q->values[ALL].number ? 0 : q->values[SINCE].number,
                .only_open = !q->values[ALL].number && !q->values[SINCE].is_given,
        };
        int r = rpc_check_target(q, filter.target);
        if (r < 0)
                return r;
        struct list *l = calloc(1, sizeof *l);
        *ret_state = l;
        return l ? store_list_incident_ids(q->host->store, &filter, &l->ids) : -ENOMEM;
}

/* As it is now; nothing when it is no longer kept. */
static int write_one(struct rpc_question *q, int64_t id, struct jsonw *w) {
        SCOPED(incident_rows_done) struct incident_rows rows = {0};
        const struct incident_filter filter = {.id = id};
        int r = store_list_incidents(q->host->store, &filter, &rows);
        if (r == 0 && rows.n_rows > 0)
                incident_write(w, &rows.rows[0]);
        return r;
}

static int list_step(struct rpc_question *q, void *state, struct jsonw *w) {
        struct list *l = state;
        size_t limit = w->out->len + PIECE_BYTES;
        int r = 0;
        if (!l->has_begun)
                jsonw_array(w);
        l->has_begun = true;
        while (r == 0 && l->next < l->ids.n_items && w->out->len < limit && !w->out->failed)
                r = write_one(q, l->ids.items[l->next++], w);
        if (r < 0 || l->next < l->ids.n_items)
                return r < 0 ? r : RPC_MORE;
        jsonw_array_end(w);
        return 0;
}

const struct rpc_method rpc_incidents = {"incidents", RPC_READ, list_params, list_start, list_step, list_free};

static const struct rpc_param show_params[] = {{"id", RPC_KIND_ID, true}, {0}};

void rpc_incident_done(struct rpc_incident *i) {
        incident_rows_done(&i->found);
        timeline_rows_done(&i->timeline);
}

int rpc_load_incident(struct rpc_question *q, int64_t id, struct rpc_incident *ret) {
        const struct incident_filter filter = {.id = id};
        int r = store_list_incidents(q->host->store, &filter, &ret->found);
        if (r == 0 && ret->found.n_rows == 0)
                return rpc_fail(q, RPC_ERROR_NOT_FOUND,
                                "there is no incident %lld: `flinkwatchctl incidents --all` lists all", (long long)id);
        if (r < 0)
                return r;
        ret->incident = &ret->found.rows[0];
        return store_timeline(q->host->store, id, &ret->timeline);
}

int rpc_open_incident(struct jsonw *w, const struct rpc_incident *i) {
        incident_write(w, i->incident);
        if (w->out->failed)
                return w->out->failed;
        w->out->len--;
        w->needs_comma = true;
        jsonw_key(w, "timeline");
        jsonw_array(w);
        for (size_t k = 0; k < i->timeline.n_rows; k++) {
                jsonw_object(w);
                jsonw_member_time(w, "at", i->timeline.rows[k].at_s);
                jsonw_member_string(w, "kind", i->timeline.rows[k].kind);
                jsonw_member_string(w, "text", i->timeline.rows[k].text);
                jsonw_object_end(w);
        }
        jsonw_array_end(w);
        return 0;
}

static void show_free(void *state) {
        rpc_incident_done(state);
        free(state);
}

static int show_start(struct rpc_question *q, void **ret_state) {
        struct rpc_incident *i = calloc(1, sizeof *i);
        *ret_state = i;
        return i ? rpc_load_incident(q, q->values[0].number, i) : -ENOMEM;
}

static int show_step(struct rpc_question *q, void *state, struct jsonw *w) {
        (void)q;
        int r = rpc_open_incident(w, state);
        if (r == 0)
                jsonw_object_end(w);
        return r;
}

const struct rpc_method rpc_show = {"show", RPC_READ, show_params, show_start, show_step, show_free};
