/* SPDX-License-Identifier: Apache-2.0 */
/* A home folder, an environment and credentials made of them, driven step by step from literal replies. */
#pragma once

#include <errno.h>

#include "aws/credentials.h"
#include "tests/unit/aws/support.h"

enum { VARIABLES_MAX = 32, NOW_S = 1767323040 /* 2026-01-02T03:04:00Z */ };

struct scene {
        struct home home;
        char *variables[VARIABLES_MAX];
        size_t n_variables;
        struct aws_environment environment;
        struct credentials *c;
        struct http_request request;
        struct err err;
        int64_t now_s;
};

static inline void scene_set(struct scene *s, const char *variable) {
        assert_true(s->n_variables < VARIABLES_MAX - 1);
        s->variables[s->n_variables++] = strdup(variable);
}

static inline int scene_begin(void **state) {
        struct scene *s = calloc(1, sizeof *s);
        char variable[600];
        home_make(&s->home);
        snprintf(variable, sizeof variable, "HOME=%s", s->home.path);
        scene_set(s, variable);
        http_request_init(&s->request);
        s->now_s = NOW_S;
        *state = s;
        return 0;
}

static inline int scene_end(void **state) {
        struct scene *s = *state;
        http_request_done(&s->request);
        credentials_free(s->c);
        aws_environment_done(&s->environment);
        home_remove(&s->home);
        for (size_t i = 0; i < s->n_variables; i++)
                free(s->variables[i]);
        free(s);
        return 0;
}

static inline void scene_files(struct scene *s, const char *config, const char *credentials) {
        if (config)
                home_write(&s->home, ".aws/config", config);
        if (credentials)
                home_write(&s->home, ".aws/credentials", credentials);
}

/* What credentials_new answers. */
static inline int scene_try(struct scene *s, struct credentials_options options) {
        s->variables[s->n_variables] = NULL;
        aws_environment_done(&s->environment);
        assert_int_equal(aws_environment_from_list((const char *const *)s->variables, &s->environment), 0);
        options.environment = &s->environment;
        s->err = (struct err){0};
        credentials_free(s->c);
        s->c = NULL;
        int r = credentials_new(&options, &s->c, &s->err);
        assert_no_secret(s->err.text);
        return r;
}

static inline void scene_open(struct scene *s, struct credentials_options options) {
        if (scene_try(s, options) < 0)
                fail_msg("%s", s->err.text);
}

static inline void scene_refused(struct scene *s, struct credentials_options options, int code, const char *reason) {
        assert_int_equal(scene_try(s, options), code);
        assert_null(s->c);
        assert_says(s->err.text, reason);
}

/* One step; the request that it leaves is checked for what every request must be. */
static inline int scene_step(struct scene *s, const struct http_reply *reply) {
        http_request_done(&s->request);
        s->err = (struct err){0};
        int r = credentials_step(s->c, reply, s->now_s, &s->request, &s->err);
        if (r == STEP_SEND) {
                assert_int_equal(s->request.auth, HTTP_AUTH_NONE);
                assert_null(s->request.service);
                assert_true((s->request.url != NULL) != (s->request.argv != NULL));
                assert_string_not_equal(s->request.operation, "");
                if (s->request.url)
                        assert_no_secret(s->request.url);
                for (size_t i = 0; i < s->request.n_headers; i++)
                        if (strstr(s->request.headers[i].value, MARK))
                                assert_true(s->request.headers[i].is_secret);
        } else {
                assert_null(s->request.url);
                assert_int_equal(s->request.n_headers, 0);
        }
        assert_no_secret(s->err.text);
        SCOPED(buf_done) struct buf text = BUF_INIT(1 << 16);
        credentials_describe(s->c, &text);
        assert_no_secret(buf_str(&text));
        return r;
}

static inline void scene_starts(struct scene *s) {
        assert_int_equal(scene_step(s, NULL), STEP_SEND);
}

static inline void scene_sends(struct scene *s, struct http_reply reply) {
        assert_int_equal(scene_step(s, &reply), STEP_SEND);
}

static inline void scene_ends(struct scene *s, struct http_reply reply) {
        int r = scene_step(s, &reply);
        if (r != 0)
                fail_msg("%d %s", r, s->err.text);
}

static inline void scene_fails(struct scene *s, struct http_reply reply, int code, const char *reason) {
        assert_int_equal(scene_step(s, &reply), code);
        assert_says(s->err.text, reason);
}

/* A source that needs no request. */
static inline void scene_done(struct scene *s) {
        int r = scene_step(s, NULL);
        if (r != 0)
                fail_msg("%d %s", r, s->err.text);
}

static inline void scene_keys(const struct scene *s, const char *id, const char *token) {
        const struct aws_keys *keys = credentials_peek(s->c, s->now_s);
        assert_non_null(keys);
        assert_string_equal(keys->access_key_id, id);
        assert_string_equal(keys->secret_access_key, SECRET_KEY);
        if (token)
                assert_string_equal(keys->session_token, token);
        else
                assert_null(keys->session_token);
}

static inline void scene_described(const struct scene *s, const char *part) {
        SCOPED(buf_done) struct buf text = BUF_INIT(1 << 16);
        credentials_describe(s->c, &text);
        assert_says(buf_str(&text), part);
}

#define STATIC_KEYS "aws_access_key_id = AKSTATIC\naws_secret_access_key = " SECRET_KEY "\n"
#define ROLE "arn:aws:iam::123456789012:role/watch"
