/* SPDX-License-Identifier: Apache-2.0 */
/* What people on call do: take an incident on, ask for quiet for a while. */
#include <errno.h>

#include "rpc/method.h"
#include "util/glob.h"
#include "util/text.h"

enum { COMMENT_MAX_BYTES = 1000, GLOB_MAX_BYTES = 1000 };

static int check_length(struct rpc_question *q, const char *name, const char *text, size_t max) {
        return text && strlen(text) > max ? rpc_fail(q, RPC_ERROR_PARAMS, "%s is longer than %zu bytes", name, max) : 0;
}

/* A comma list of nothing but separators would match every name. */
static int check_globs(struct rpc_question *q, const char *globs) {
        return globs[strspn(globs, ", \t")] == '\0'
                       ? rpc_fail(q, RPC_ERROR_PARAMS, "app must name applications: use * for all")
                       : check_length(q, "app", globs, GLOB_MAX_BYTES);
}

static const char *caller(const struct rpc_question *q) {
        return q->caller ? q->caller : "somebody";
}

enum { ACK_ID, ACK_COMMENT };
static const struct rpc_param ack_params[] = {
        [ACK_ID] = {"id", RPC_KIND_ID, true},
        [ACK_COMMENT] = {"comment", RPC_KIND_TEXT, false},
        {0},
};

static void incidents_free(void *state) {
        incident_rows_done(state);
        free(state);
}

static int ack_start(struct rpc_question *q, void **ret_state) {
        const struct rpc_actions *actions = q->host->actions;
        const struct incident_filter filter = {.id = q->values[ACK_ID].number};
        const char *comment = q->values[ACK_COMMENT].text;
        struct err reason = {0};
        struct incident_rows *rows = calloc(1, sizeof *rows);
        *ret_state = rows;
        if (!rows)
                return -ENOMEM;
        int r = check_length(q, "comment", comment, COMMENT_MAX_BYTES);
        if (r < 0)
                return r;
        r = actions->acknowledge(actions->arg, filter.id, caller(q), comment, &reason);
        if (r < 0)
                return rpc_fail(q, r == -ENOENT ? RPC_ERROR_NOT_FOUND : RPC_ERROR_FAILED, "%s", reason.text);
        r = store_list_incidents(q->host->store, &filter, rows);
        return r == 0 && rows->n_rows == 0 ? -ENOENT : r;
}

static int ack_step(struct rpc_question *q, void *state, struct jsonw *w) {
        const struct incident_rows *rows = state;
        (void)q;
        incident_write(w, &rows->rows[0]);
        return 0;
}

const struct rpc_method rpc_ack = {"ack", RPC_CHANGE, ack_params, ack_start, ack_step, incidents_free};

static void silence_free(void *state) {
        silence_done(state);
        free(state);
}

static int silence_step(struct rpc_question *q, void *state, struct jsonw *w) {
        silence_write(w, state, q->now_s);
        return 0;
}

/* A pattern that is mistyped silences nobody, and nobody would notice before the next page. */
static int made_silence_step(struct rpc_question *q, void *state, struct jsonw *w) {
        const struct silence *s = state;
        SCOPED(application_rows_done) struct application_rows all = {0};
        int64_t n = 0;
        int r = store_list_applications(q->host->store, s->target, &all);
        if (r < 0)
                return r;
        for (size_t i = 0; i < all.n_rows; i++)
                n += glob_list_matches(s->applications, all.rows[i].name);
        jsonw_object(w);
        silence_write_members(w, s, q->now_s);
        jsonw_member_int(w, "applications_now", n);
        jsonw_object_end(w);
        return 0;
}

enum { APP, DIAGNOSER, FOR, COMMENT, TARGET };
static const struct rpc_param silence_params[] = {
        [APP] = {"app", RPC_KIND_TEXT, true},        [DIAGNOSER] = {"diagnoser", RPC_KIND_TEXT, false},
        [FOR] = {"for", RPC_KIND_DURATION, true},    [COMMENT] = {"comment", RPC_KIND_TEXT, true},
        [TARGET] = {"target", RPC_KIND_TEXT, false}, {0},
};

static int check_diagnoser(struct rpc_question *q, const char *name) {
        const char *const *names = q->host->diagnosers;
        char hint[128];
        size_t n = 0;
        for (; name && names && names[n]; n++)
                if (strcmp(names[n], name) == 0)
                        return 0;
        return name && names ? rpc_fail(q, RPC_ERROR_PARAMS, "there is no diagnoser %.60s%s", name,
                                        rpc_hint(name, names, n, hint))
                             : 0;
}

static int silence_start(struct rpc_question *q, void **ret_state) {
        const struct rpc_value *v = q->values;
        struct silence *s = calloc(1, sizeof *s);
        *ret_state = s;
        if (!s)
                return -ENOMEM;
        int r = check_globs(q, v[APP].text);
        if (r == 0)
                r = check_length(q, "comment", v[COMMENT].text, COMMENT_MAX_BYTES);
        if (r == 0)
                r = check_diagnoser(q, v[DIAGNOSER].text);
        if (r == 0)
                r = rpc_check_target(q, v[TARGET].text);
        if (r < 0)
                return r;
        s->created_at_s = q->now_s;
        s->ends_at_s = q->now_s + v[FOR].number;
        if (text_replace(&s->applications, v[APP].text) < 0 || text_replace(&s->diagnoser, v[DIAGNOSER].text) < 0 ||
            text_replace(&s->target, v[TARGET].text) < 0 || text_replace(&s->comment, v[COMMENT].text) < 0 ||
            text_replace(&s->created_by, caller(q)) < 0)
                return -ENOMEM;
        return store_add_silence(q->host->store, s);
}

const struct rpc_method rpc_silence = {"silence",     RPC_CHANGE,        silence_params,
                                       silence_start, made_silence_step, silence_free};

static const struct rpc_param unsilence_params[] = {{"id", RPC_KIND_ID, true}, {0}};

static int unsilence_start(struct rpc_question *q, void **ret_state) {
        long long id = (long long)q->values[0].number;
        struct silence *s = calloc(1, sizeof *s);
        *ret_state = s;
        if (!s)
                return -ENOMEM;
        int r = store_end_silence(q->host->store, id, q->now_s, caller(q), s);
        if (r == -ENOENT)
                return rpc_fail(q, RPC_ERROR_NOT_FOUND,
                                "there is no silence %lld: `flinkwatchctl silences` lists those that hold", id);
        return r == -EALREADY ? rpc_fail(q, RPC_ERROR_FAILED, "silence %lld is over already", id) : r;
}

const struct rpc_method rpc_unsilence = {"unsilence",     RPC_CHANGE,   unsilence_params,
                                         unsilence_start, silence_step, silence_free};

enum { LIST_ALL };
static const struct rpc_param silences_params[] = {[LIST_ALL] = {"all", RPC_KIND_FLAG, false}, {0}};

static void silences_free(void *state) {
        silence_rows_done(state);
        free(state);
}

static int silences_start(struct rpc_question *q, void **ret_state) {
        struct silence_rows *rows = calloc(1, sizeof *rows);
        *ret_state = rows;
        return rows ? store_list_silences(q->host->store, q->values[LIST_ALL].number ? 0 : q->now_s, rows) : -ENOMEM;
}

static int silences_step(struct rpc_question *q, void *state, struct jsonw *w) {
        const struct silence_rows *rows = state;
        jsonw_array(w);
        for (size_t i = 0; i < rows->n_rows; i++)
                silence_write(w, &rows->rows[i], q->now_s);
        jsonw_array_end(w);
        return 0;
}

const struct rpc_method rpc_silences = {"silences",     RPC_READ,      silences_params,
                                        silences_start, silences_step, silences_free};
