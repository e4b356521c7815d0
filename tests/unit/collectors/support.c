/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <cjson/cJSON.h>
#include <string.h>

struct buf data_read(const char *path) {
        const char *base = getenv("FLINKWATCH_SRCDIR");
        char name[512], chunk[4096];
        size_t n;
        snprintf(name, sizeof name, "%s/tests/data/%s", base ? base : ".", path);
        SCOPED(fclose) FILE *f = fopen(name, "rb");
        struct buf content = BUF_INIT(8 << 20);
        if (!f)
                fail_msg("cannot open %s", name);
        while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
                buf_put(&content, chunk, n);
        assert_int_equal(content.failed, 0);
        return content;
}

int run_begin(struct run *run, const struct collector *collector, const struct collect_job *job) {
        *run = (struct run){.collector = collector};
        http_request_init(&run->request);
        int r = collector->start(job, &run->state);
        return r < 0 ? r : collector->step(run->state, NULL, &run->request, &run->batch, &run->err);
}

int run_text(struct run *run, struct span body) {
        char *exact = malloc(body.len ? body.len : 1);
        assert_non_null(exact);
        memcpy(exact, body.data, body.len);
        struct http_reply reply = {.status = 200, .body = {exact, body.len}};
        http_request_done(&run->request);
        int r = run->collector->step(run->state, &reply, &run->request, &run->batch, &run->err);
        free(exact);
        return r;
}

int run_file(struct run *run, const char *path) {
        SCOPED(buf_done) struct buf body = data_read(path);
        return run_text(run, buf_span(&body));
}

void run_done(struct run *run) {
        run->collector->free(run->state);
        http_request_done(&run->request);
        batch_done(&run->batch);
}

const char *run_header(const struct run *run, const char *name) {
        for (size_t i = 0; i < run->request.n_headers; i++)
                if (strcmp(run->request.headers[i].name, name) == 0)
                        return run->request.headers[i].value;
        return "";
}

void assert_body(const struct run *run, const char *expected) {
        assert_string_equal(buf_str(&run->request.body), expected);
}

void assert_text_in(const char *text, const char *part) {
        if (!strstr(text, part))
                fail_msg("\"%s\" is not in \"%s\"", part, text);
}

struct variation {
        cJSON *root;
        void (*check)(struct span body, const char *what, void *context);
        void *context;
        size_t n;
};

static void show(struct variation *v, const char *what, const char *name) {
        char label[256];
        char *text = cJSON_PrintUnformatted(v->root);
        assert_non_null(text);
        snprintf(label, sizeof label, "%s %s", name ? name : "element", what);
        v->check(span_of(text), label, v->context);
        v->n++;
        cJSON_free(text);
}

/* The raw JSON takes the item's place for one call. */
static void swap_in(struct variation *v, cJSON *item, const char *json, const char *what) {
        cJSON saved = *item;
        char *raw = strdup(json);
        assert_non_null(raw);
        *item = (cJSON){
                .next = saved.next, .prev = saved.prev, .string = saved.string, .type = cJSON_Raw, .valuestring = raw};
        show(v, what, saved.string);
        *item = saved;
        free(raw);
}

static void vary_number(struct variation *v, cJSON *item) {
        char text[64];
        snprintf(text, sizeof text, "%.17E", item->valuedouble);
        swap_in(v, item, text, "with an exponent");
        snprintf(text, sizeof text, "%.3f", item->valuedouble);
        swap_in(v, item, text, "as a decimal");
        swap_in(v, item, "-9e99", "far below zero");
        swap_in(v, item, "1e999", "infinite");
}

/* One after the other at every place; the document is whole again after each. */
static void vary(struct variation *v, cJSON *item) {
        static const char *const others[] = {"null",
                                             "true",
                                             "5",
                                             "\"OF_TOMORROW\"",
                                             "\"\"",
                                             "[]",
                                             "{}",
                                             "[null,{},[],\"x\",7]",
                                             "{\"Unknown\":[1]}"};
        for (size_t i = 0; i < ELEMENTS(others); i++)
                swap_in(v, item, others[i], others[i]);
        if (item->string) {
                char *name = item->string;
                char other[] = "AbsentNow";
                item->string = other;
                show(v, "absent", name);
                item->string = name;
        }
        if (cJSON_IsNumber(item))
                vary_number(v, item);
        if (!cJSON_IsObject(item) && !cJSON_IsArray(item))
                return;
        for (cJSON *child = item->child; child; child = child->next)
                vary(v, child);
}

void each_variation(const char *path, void (*check)(struct span body, const char *what, void *context), void *context) {
        SCOPED(buf_done) struct buf body = data_read(path);
        struct variation v = {cJSON_Parse(buf_str(&body)), check, context, 0};
        assert_non_null(v.root);
        show(&v, "unchanged", path);
        for (cJSON *child = v.root->child; child; child = child->next)
                vary(&v, child);
        assert_true(v.n > 10);
        cJSON_Delete(v.root);
}
