/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "rpc/method.h"
#include "util/glob.h"

enum { PIECE = 32 };

enum { APP, TARGET };
static const struct rpc_param params[] = {
        [APP] = {"app", RPC_KIND_TEXT, false},
        [TARGET] = {"target", RPC_KIND_TEXT, false},
        {0},
};

struct apps {
        struct application_rows applications;
        size_t next;
        bool has_begun;
};

static void apps_free(void *state) {
        struct apps *a = state;
        application_rows_done(&a->applications);
        free(a);
}

static int apps_start(struct rpc_question *q, void **ret_state) {
        const char *target = q->values[TARGET].text;
        int r = rpc_check_target(q, target);
        if (r < 0)
                return r;
        struct apps *a = calloc(1, sizeof *a);
        *ret_state = a;
        return a ? store_list_applications(q->host->store, target, &a->applications) : -ENOMEM;
}

int64_t rpc_kpus(const struct application *a) {
        int64_t parallelism = a->current_parallelism > 0 ? a->current_parallelism : a->parallelism;
        int64_t per_kpu = a->parallelism_per_kpu > 0 ? a->parallelism_per_kpu : 1;
        return application_is_running(a) ? (parallelism + per_kpu - 1) / per_kpu : 0;
}

static void write_count(struct jsonw *w, const char *key, int64_t value) {
        jsonw_key(w, key);
        if (value > 0)
                jsonw_int(w, value);
        else
                jsonw_null(w);
}

static void write_application(struct jsonw *w, const struct application *a) {
        jsonw_object(w);
        jsonw_member_string(w, "target", a->target);
        jsonw_member_string(w, "name", a->name);
        jsonw_member_string(w, "arn", a->arn);
        jsonw_member_string(w, "status", a->status);
        jsonw_member_string(w, "runtime", a->runtime);
        write_count(w, "version_id", a->version_id);
        write_count(w, "kpus", rpc_kpus(a));
        write_count(w, "parallelism", a->parallelism);
        write_count(w, "current_parallelism", a->current_parallelism);
        write_count(w, "parallelism_per_kpu", a->parallelism_per_kpu);
        jsonw_member_bool(w, "autoscaling", a->is_autoscaling);
        jsonw_member_string(w, "metrics_level", a->metrics_level);
        jsonw_member_bool(w, "checkpointing", a->is_checkpointing);
        write_count(w, "checkpoint_interval_ms", a->checkpoint_interval_ms);
        jsonw_member_bool(w, "snapshots", a->has_snapshots);
        jsonw_member_string(w, "log_group", a->log_group);
        jsonw_member_time(w, "created_at", a->created_at_s);
        jsonw_member_time(w, "updated_at", a->updated_at_s);
        jsonw_member_time(w, "polled_at", a->seen_at_s);
        jsonw_object_end(w);
}

static int apps_step(struct rpc_question *q, void *state, struct jsonw *w) {
        struct apps *a = state;
        const char *pattern = q->values[APP].text;
        if (!a->has_begun)
                jsonw_array(w);
        a->has_begun = true;
        for (size_t i = 0; i < PIECE && a->next < a->applications.n_rows; i++, a->next++)
                if (!pattern || glob_matches(pattern, a->applications.rows[a->next].name))
                        write_application(w, &a->applications.rows[a->next]);
        if (a->next < a->applications.n_rows)
                return RPC_MORE;
        jsonw_array_end(w);
        return 0;
}

const struct rpc_method rpc_apps = {"apps", RPC_READ, params, apps_start, apps_step, apps_free};
