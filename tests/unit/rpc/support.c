/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/rpc/support.h"

#include <string.h>
#include <time.h>

#include "util/text.h"

struct done done;
struct asked asked;

static int act(const char *what, struct err *reterr) {
        return done.refusal ? err_set(reterr, -EIO, "%s: %s", what, done.refusal) : 0;
}

static int note_poll(void *arg, const char *target, struct err *reterr) {
        assert_ptr_equal(arg, &done);
        done.n_polls++;
        text_copy(done.target, sizeof done.target, text_or_empty(target));
        return act("poll", reterr);
}

static int note_reload(void *arg, struct err *reterr) {
        assert_ptr_equal(arg, &done);
        done.n_reloads++;
        return act("reload", reterr);
}

static int note_acknowledge(void *arg, int64_t id, const char *by, const char *comment, struct err *reterr) {
        assert_ptr_equal(arg, &done);
        done.n_acknowledged++;
        done.id = id;
        text_copy(done.by, sizeof done.by, by);
        text_copy(done.comment, sizeof done.comment, text_or_empty(comment));
        return act("ack", reterr);
}

static struct rpc_forecast forecast;

void set_forecast(double sentinels, double diagnosis, double stretch_sentinels, double stretch_others,
                  double budget_usd) {
        forecast = (struct rpc_forecast){
                .metrics_per_hour = {[TIER_SENTINEL] = sentinels, [TIER_DIAGNOSIS] = diagnosis},
                .stretch_sentinels = stretch_sentinels,
                .stretch_others = stretch_others,
                .budget_usd = budget_usd};
}

static int tell_forecast(void *arg, const char *target, const char *application, struct rpc_forecast *ret) {
        assert_ptr_equal(arg, &done);
        assert_non_null(target);
        (void)application;
        *ret = forecast;
        return 0;
}

static bool is_watched(void *arg, const char *target, const char *application) {
        assert_ptr_equal(arg, &done);
        return !done.left || (strcmp(target, done.left) != 0 && !text_same(application, done.left));
}

static bool is_told(void *arg, const char *notifier) {
        assert_ptr_equal(arg, &done);
        return !text_same(notifier, done.left);
}

static const char *const diagnoser_names[] = {"restart_loop", "downtime", NULL};
static const struct rpc_actions actions = {.arg = &done,
                                           .poll = note_poll,
                                           .reload = note_reload,
                                           .acknowledge = note_acknowledge,
                                           .is_watched = is_watched,
                                           .is_told = is_told,
                                           .forecast = tell_forecast};

struct rpc_host test_host(struct store *s) {
        return (struct rpc_host){.store = s,
                                 .actions = &actions,
                                 .version = "1.2.3",
                                 .started_at_s = T0,
                                 .interval_s = 60,
                                 .pid = 4711,
                                 .diagnosers = diagnoser_names};
}

static double cpu_ms(void) {
        struct timespec t;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
        return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

char *ask_line(struct store *s, enum rpc_access access, struct span line) {
        const struct rpc_host host = test_host(s);
        SCOPED(rpc_free) struct rpc_call *call = NULL;
        struct buf out = BUF_INIT(64 << 20);
        int r = rpc_start(&host, line, access, NOW, &call);
        assert_int_equal(r, 0);
        rpc_set_caller(call, "alice");
        asked = (struct asked){0};
        do {
                size_t before = out.len;
                double before_ms = cpu_ms();
                r = rpc_step(call, &out);
                double took_ms = cpu_ms() - before_ms;
                asked.cpu_ms += took_ms;
                if (took_ms > asked.longest_step_ms)
                        asked.longest_step_ms = took_ms;
                asked.n_steps++;
                if (out.len - before > asked.largest_piece_bytes)
                        asked.largest_piece_bytes = out.len - before;
        } while (r == RPC_MORE);
        assert_int_equal(r, 0);
        return buf_steal(&out);
}

const cJSON *at(const cJSON *object, const char *name) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
        if (!item)
                fail_msg("there is no member %s", name);
        return item;
}

const char *text_at(const cJSON *object, const char *name) {
        const cJSON *item = at(object, name);
        if (!cJSON_IsString(item))
                fail_msg("%s is no string", name);
        return item->valuestring;
}

double number_at(const cJSON *object, const char *name) {
        const cJSON *item = at(object, name);
        if (!cJSON_IsNumber(item))
                fail_msg("%s is no number", name);
        return item->valuedouble;
}

static cJSON *ask_method(struct store *s, enum rpc_access access, const char *method, const char *params) {
        SCOPED(buf_done) struct buf line = BUF_INIT(2 << 20);
        buf_printf(&line, "{\"jsonrpc\":\"2.0\",\"id\":\"q1\",\"method\":\"%s\"", method);
        if (params)
                buf_printf(&line, ",\"params\":%s", params);
        buf_put_str(&line, "}");
        SCOPED(free) char *answer = ask_line(s, access, buf_span(&line));
        size_t len = strlen(answer);
        assert_true(len > 0 && strchr(answer, '\n') == answer + len - 1);
        cJSON *parsed = cJSON_Parse(answer);
        if (!parsed)
                fail_msg("the answer is not JSON: %s", answer);
        assert_string_equal(text_at(parsed, "jsonrpc"), "2.0");
        assert_string_equal(text_at(parsed, "id"), "q1");
        return parsed;
}

cJSON *ask(struct store *s, const char *method, const char *params) {
        cJSON *answer = ask_method(s, RPC_CHANGE, method, params);
        cJSON *result = cJSON_DetachItemFromObjectCaseSensitive(answer, "result");
        if (!result)
                fail_msg("%s: %s", method, text_at(at(answer, "error"), "message"));
        assert_null(cJSON_GetObjectItemCaseSensitive(answer, "error"));
        cJSON_Delete(answer);
        return result;
}

static void check_error(const cJSON *answer, int code, const char *text) {
        const cJSON *error = at(answer, "error");
        const char *message = text_at(error, "message");
        assert_null(cJSON_GetObjectItemCaseSensitive(answer, "result"));
        if ((int)number_at(error, "code") != code || !strstr(message, text))
                fail_msg("expected %d \"%s\", got %.0f \"%s\"", code, text, number_at(error, "code"), message);
}

void ask_refused(struct store *s, enum rpc_access access, const char *method, const char *params, int code,
                 const char *text) {
        cJSON *answer = ask_method(s, access, method, params);
        check_error(answer, code, text);
        cJSON_Delete(answer);
}

void line_refused(struct store *s, const char *line, int code, const char *text) {
        SCOPED(free) char *answer = ask_line(s, RPC_CHANGE, span_of(line));
        cJSON *parsed = cJSON_Parse(answer);
        assert_non_null(parsed);
        assert_true(cJSON_IsNull(at(parsed, "id")));
        check_error(parsed, code, text);
        cJSON_Delete(parsed);
}
