/* SPDX-License-Identifier: Apache-2.0 */
/* One line from a client: one request or a batch of them, answered one after the other. A request without an id is done and not
 * answered. A result is written piece by piece; when it fails after its first piece the line cannot be mended and the step fails. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>

#include "rpc/method.h"
#include "util/text.h"

enum { DEPTH_MAX = 32, VALUES_MAX = 10000, UNHEARD_MAX_BYTES = 8 << 20, CALLER_MAX = 64 };
static const double EXACT_MAX = 9007199254740992.0;

struct rpc_call {
        const struct rpc_host *host;
        enum rpc_access access;
        int64_t now_s;
        cJSON *document;
        const cJSON *next; /* the request to begin next */
        bool is_batch, has_answered;
        int refused_code; /* the whole line is refused */
        const char *refused_text;

        const struct rpc_method *method; /* the request being answered; NULL between two */
        struct rpc_question question;
        void *state;
        const cJSON *id; /* NULL: nobody hears the answer */
        char caller[CALLER_MAX];
        void (*wake)(void *arg);
        void *wake_arg;
        struct jsonw writer;
        struct buf unheard;
};

/* What parsing would cost, before it is paid: depth, number of values; and escaped NULs, which would cut a string short. */
static const char *find_excess(struct span line) {
        size_t depth = 0, n_values = 1;
        bool is_quoted = false;
        for (size_t i = 0; i < line.len; i++) {
                char c = line.data[i];
                if (is_quoted) {
                        if (c == '\0' || span_starts((struct span){line.data + i, line.len - i}, SPAN("\\u0000")))
                                return "the request contains a NUL character";
                        if (c == '\\')
                                i++;
                        else if (c == '"')
                                is_quoted = false;
                        continue;
                }
                is_quoted = c == '"';
                if (c == '[' || c == '{')
                        depth++;
                else if ((c == ']' || c == '}') && depth > 0)
                        depth--;
                n_values += c == '[' || c == '{' || c == ',';
                if (depth > DEPTH_MAX)
                        return "the request is nested deeper than 32 levels";
                if (n_values > VALUES_MAX)
                        return "the request has more than 10000 values";
        }
        return NULL;
}

static void refuse_line(struct rpc_call *call, int code, const char *text) {
        call->refused_code = code;
        call->refused_text = text;
}

static void parse_line(struct rpc_call *call, struct span line) {
        const char *excess = find_excess(line), *end = NULL;
        if (line.len > RPC_REQUEST_MAX)
                excess = "the request is longer than 1 MiB";
        if (excess) {
                refuse_line(call, RPC_ERROR_REQUEST, excess);
                return;
        }
        call->document = cJSON_ParseWithLengthOpts(line.data, line.len, &end, false);
        if (!call->document || span_trim((struct span){end, (size_t)(line.data + line.len - end)}).len > 0) {
                refuse_line(call, RPC_ERROR_PARSE, "the line is not JSON");
                return;
        }
        call->is_batch = cJSON_IsArray(call->document);
        call->next = call->is_batch ? call->document->child : call->document;
        if (!call->next)
                refuse_line(call, RPC_ERROR_REQUEST, "the batch is empty");
}

int rpc_start(const struct rpc_host *host, struct span line, enum rpc_access access, int64_t now_s,
              struct rpc_call **ret) {
        struct rpc_call *call = calloc(1, sizeof *call);
        if (!call)
                return -ENOMEM;
        call->host = host;
        call->access = access;
        call->now_s = now_s;
        call->unheard = BUF_INIT(UNHEARD_MAX_BYTES);
        parse_line(call, span_trim(line));
        *ret = call;
        return 0;
}

static void end_method(struct rpc_call *call) {
        if (call->method && call->state)
                (call->method->free ? call->method->free : free)(call->state);
        call->method = NULL;
        call->state = NULL;
        buf_done(&call->question.dimensions);
}

void rpc_free(struct rpc_call *call) {
        if (!call)
                return;
        end_method(call);
        cJSON_Delete(call->document);
        buf_done(&call->unheard);
        free(call);
}

static void write_id(struct jsonw *w, const cJSON *id) {
        if (cJSON_IsString(id))
                jsonw_string(w, id->valuestring);
        else if (cJSON_IsNumber(id) && id->valuedouble == floor(id->valuedouble))
                jsonw_int(w, (int64_t)id->valuedouble);
        else if (cJSON_IsNumber(id))
                jsonw_double(w, id->valuedouble);
        else
                jsonw_null(w);
}

static void open_answer(struct rpc_call *call, const cJSON *id) {
        struct jsonw *w = &call->writer;
        if (call->is_batch)
                buf_put_char(w->out, call->has_answered ? ',' : '[');
        call->has_answered = true;
        w->needs_comma = false;
        jsonw_object(w);
        jsonw_member_string(w, "jsonrpc", "2.0");
        jsonw_key(w, "id");
        write_id(w, id);
}

static void write_error(struct jsonw *w, int code, const char *text) {
        jsonw_key(w, "error");
        jsonw_object(w);
        jsonw_member_int(w, "code", code);
        jsonw_member_string(w, "message", text);
        jsonw_object_end(w);
        jsonw_object_end(w);
}

static void answer_error(struct rpc_call *call, const cJSON *id, int code, const char *text) {
        open_answer(call, id);
        write_error(&call->writer, code, text);
}

void rpc_refuse(struct buf *out, int code, const char *message) {
        struct rpc_call call = {.writer = JSONW(out)};
        answer_error(&call, NULL, code, message);
        buf_put_char(out, '\n');
}

static const char *request_fault(const cJSON *request) {
        const cJSON *version = cJSON_GetObjectItemCaseSensitive(request, "jsonrpc"),
                    *id = cJSON_GetObjectItemCaseSensitive(request, "id");
        if (!cJSON_IsObject(request))
                return "a request must be an object";
        if (!cJSON_IsString(version) || strcmp(version->valuestring, "2.0") != 0)
                return "\"jsonrpc\" must be \"2.0\"";
        if (id && !cJSON_IsString(id) && !cJSON_IsNumber(id) && !cJSON_IsNull(id))
                return "\"id\" must be a string, a number or null";
        if (cJSON_IsNumber(id) && !(fabs(id->valuedouble) <= EXACT_MAX))
                return "\"id\" must be at most 2^53: use a string";
        if (!cJSON_IsString(cJSON_GetObjectItemCaseSensitive(request, "method")))
                return "\"method\" must be a string";
        return NULL;
}

static int find_method(struct rpc_question *q, const char *name, const struct rpc_method **ret) {
        const char *names[32];
        char hint[128];
        for (size_t i = 0; i < rpc_n_methods && i < ELEMENTS(names); i++) {
                names[i] = rpc_methods[i]->name;
                if (strcmp(name, names[i]) == 0) {
                        *ret = rpc_methods[i];
                        return 0;
                }
        }
        return rpc_fail(q, RPC_ERROR_METHOD, "there is no method %.60s%s", name,
                        rpc_hint(name, names, rpc_n_methods, hint));
}

/* Everything up to the first piece of the result; the method is set when there will be one. */
static int prepare(struct rpc_call *call, const cJSON *request) {
        struct rpc_question *q = &call->question;
        const struct rpc_method *method = NULL;
        int r = find_method(q, cJSON_GetObjectItemCaseSensitive(request, "method")->valuestring, &method);
        if (r == 0 && method->access > call->access)
                r = rpc_fail(
                        q, RPC_ERROR_ACCESS,
                        "%s changes things and you may only read: run it as root or as a member of the socket's group",
                        method->name);
        if (r == 0)
                r = rpc_read_params(q, method->params, cJSON_GetObjectItemCaseSensitive(request, "params"));
        if (r == 0) {
                call->method = method; /* whatever start leaves behind is freed, also when it fails */
                r = method->start(q, &call->state);
        }
        if (r < 0 && !q->error_code)
                rpc_fail(q, RPC_ERROR_INTERNAL, "the store could not be read: %s",
                         r == -ENOMEM ? "out of memory" : store_error(call->host->store));
        return r;
}

void rpc_set_wake(struct rpc_call *call, void (*wake)(void *arg), void *arg) {
        call->wake = wake;
        call->wake_arg = arg;
}

void rpc_set_caller(struct rpc_call *call, const char *name) {
        text_copy(call->caller, sizeof call->caller, name);
}

static void wake_caller(void *waiter) {
        struct rpc_call *call = waiter;
        if (call->wake)
                call->wake(call->wake_arg);
}

static void begin(struct rpc_call *call) {
        const cJSON *request = call->next;
        const char *fault = request_fault(request);
        call->next = call->is_batch ? request->next : NULL;
        call->question = (struct rpc_question){.host = call->host,
                                               .now_s = call->now_s,
                                               .caller = call->caller[0] ? call->caller : NULL,
                                               .wake = wake_caller,
                                               .waiter = call};
        if (fault) {
                const cJSON *id = cJSON_GetObjectItemCaseSensitive(request, "id");
                bool is_usable = cJSON_IsString(id) || (cJSON_IsNumber(id) && fabs(id->valuedouble) <= EXACT_MAX);
                answer_error(call, is_usable ? id : NULL, RPC_ERROR_REQUEST, fault);
                return;
        }
        call->id = cJSON_GetObjectItemCaseSensitive(request, "id");
        int r = prepare(call, request);
        if (r < 0) {
                if (call->id)
                        answer_error(call, call->id, call->question.error_code, call->question.error.text);
                end_method(call);
                return;
        }
        if (call->id) {
                open_answer(call, call->id);
                jsonw_key(&call->writer, "result");
        }
}

static int work(struct rpc_call *call) {
        struct jsonw *w = &call->writer;
        struct buf *out = w->out;
        if (!call->id) {
                buf_clear(&call->unheard);
                w->out = &call->unheard;
        }
        int r = call->method->step(&call->question, call->state, w);
        w->out = out;
        if (r == RPC_MORE || r == RPC_WAIT)
                return r;
        if (r == 0 && call->id)
                jsonw_object_end(w);
        end_method(call);
        return call->id ? r : 0;
}

int rpc_step(struct rpc_call *call, struct buf *out) {
        int r = 0;
        call->writer.out = out;
        if (call->refused_code) {
                rpc_refuse(out, call->refused_code, call->refused_text);
                return out->failed;
        }
        if (call->method)
                r = work(call);
        else if (call->next)
                begin(call);
        if (r < 0 || out->failed)
                return r < 0 ? r : out->failed;
        if (r == RPC_WAIT)
                return RPC_WAIT;
        if (call->method || call->next)
                return RPC_MORE;
        if (call->has_answered)
                buf_put_str(out, call->is_batch ? "]\n" : "\n");
        return out->failed;
}
