/* SPDX-License-Identifier: Apache-2.0 */
/* What happened. Who follows asks again and again for what came after the last event that it has seen; an answer that would be empty
 * waits until there is one. Nothing is pushed: a client that reads slowly asks less often, and misses nothing. */
#include <errno.h>
#include <string.h>

#include "rpc/method.h"

enum { SPAN_STANDARD_S = 86400 };

enum { APP, SINCE, FOLLOW, AFTER, TARGET };
static const struct rpc_param params[] = {
        [APP] = {"app", RPC_KIND_TEXT, false},       [SINCE] = {"since", RPC_KIND_INSTANT, false},
        [FOLLOW] = {"follow", RPC_KIND_FLAG, false}, [AFTER] = {"after", RPC_KIND_ID, false},
        [TARGET] = {"target", RPC_KIND_TEXT, false}, {0},
};

struct events {
        struct store_listener listener;
        struct event_filter filter;
        bool has_begun, has_events;
};

static void events_free(void *state) {
        struct events *e = state;
        store_unlisten(&e->listener);
        free(e);
}

static int events_start(struct rpc_question *q, void **ret_state) {
        int r = rpc_check_target(q, q->values[TARGET].text);
        if (r < 0)
                return r;
        struct events *e = calloc(1, sizeof *e);
        *ret_state = e;
        if (!e)
                return -ENOMEM;
        bool is_following = q->values[FOLLOW].number || q->values[AFTER].is_given;
        e->filter = (struct event_filter){
                .target = q->values[TARGET].text,
                .application = q->values[APP].text,
                .since_s = q->values[SINCE].is_given   ? q->values[SINCE].number
                           : q->values[AFTER].is_given ? 0
                                                       : q->now_s - SPAN_STANDARD_S,
                .is_by_time = !is_following,
                .after_id = q->values[AFTER].number,
        };
        e->listener = (struct store_listener){.fn = q->wake, .arg = q->waiter};
        if (q->values[FOLLOW].number && q->wake)
                store_listen(q->host->store, &e->listener);
        return 0;
}

static const char *kind_of(const struct event_row *row) {
        bool is_delivery = strcmp(row->name, "delivered") == 0 || strcmp(row->name, "refused") == 0;
        return row->operation ? "operation" : is_delivery ? "delivery" : "incident";
}

static void write_event(struct jsonw *w, const struct event_row *row) {
        jsonw_object(w);
        jsonw_member_int(w, "id", row->id);
        jsonw_member_time(w, "at", row->at_s);
        jsonw_member_string(w, "kind", kind_of(row));
        jsonw_member_string(w, "event", row->name);
        jsonw_member_string(w, "target", row->target);
        jsonw_member_string(w, "application", row->application);
        jsonw_key(w, "incident");
        if (row->incident > 0)
                jsonw_int(w, row->incident);
        else
                jsonw_null(w);
        jsonw_member_string(w, "severity", row->incident > 0 ? severity_name(row->severity) : NULL);
        jsonw_member_string(w, "operation", row->operation);
        jsonw_member_string(w, "text", row->text);
        jsonw_object_end(w);
}

static int events_step(struct rpc_question *q, void *state, struct jsonw *w) {
        SCOPED(event_rows_done) struct event_rows rows = {0};
        struct events *e = state;
        if (!e->has_begun)
                jsonw_array(w);
        e->has_begun = true;
        int r = store_next_events(q->host->store, &e->filter, &rows);
        for (size_t i = 0; r >= 0 && i < rows.n_rows; i++)
                write_event(w, &rows.rows[i]);
        e->has_events = e->has_events || rows.n_rows > 0;
        if (r != 0)
                return r < 0 ? r : RPC_MORE;
        if (q->values[FOLLOW].number && !e->has_events)
                return RPC_WAIT;
        jsonw_array_end(w);
        return 0;
}

const struct rpc_method rpc_events = {"events", RPC_READ, params, events_start, events_step, events_free};
