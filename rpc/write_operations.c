/* SPDX-License-Identifier: Apache-2.0 */
/* Operations beside samples: what charts mark. */
#include "rpc/method.h"

enum { OPERATIONS_MAX = 500 };

void rpc_write_operations(struct jsonw *w, const struct window *window, int64_t from_s, int64_t to_s) {
        size_t n = 0, n_known = window ? window->n_operations : 0;
        jsonw_key(w, "operations");
        jsonw_array(w);
        for (size_t i = 0; i < n_known && n < OPERATIONS_MAX; i++) {
                const struct operation *o = &window->operations[i];
                if (o->started_at_s >= to_s || (o->ended_at_s > 0 && o->ended_at_s < from_s))
                        continue;
                n++;
                jsonw_object(w);
                jsonw_member_string(w, "id", o->id);
                jsonw_member_string(w, "kind", o->kind);
                jsonw_member_string(w, "status", o->status);
                jsonw_member_time(w, "started_at", o->started_at_s);
                jsonw_member_time(w, "ended_at", o->ended_at_s);
                jsonw_member_string(w, "failure", o->failure);
                jsonw_object_end(w);
        }
        jsonw_array_end(w);
}
