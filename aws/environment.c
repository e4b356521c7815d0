/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/environment.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/buf.h"
#include "util/text.h"

enum { PATH_TEXT_MAX = 64 << 10 };

static bool is_name_char(char c) {
        return isalnum((unsigned char)c) || c == '_';
}

static bool has_prefix(const char *name, const char *prefix) {
        return strncmp(name, prefix, strlen(prefix)) == 0;
}

static bool is_wanted(const char *name) {
        static const char *const proxies[] = {"http_proxy", "https_proxy", "all_proxy", "no_proxy"};
        if (has_prefix(name, "AWS_") || strcmp(name, "HOME") == 0)
                return true;
        for (size_t i = 0; i < ELEMENTS(proxies); i++)
                if (strcasecmp(name, proxies[i]) == 0)
                        return true;
        return false;
}

void aws_environment_done(struct aws_environment *e) {
        for (size_t i = 0; i < e->n; i++) {
                free(e->variables[i].name);
                text_wipe_free(e->variables[i].value);
        }
        free(e->variables);
        *e = (struct aws_environment){0};
}

static int add(struct aws_environment *e, struct span name, const char *value) {
        struct aws_variable *more = reallocarray(e->variables, e->n + 1, sizeof *more);
        if (!more)
                return -ENOMEM;
        e->variables = more;
        struct aws_variable v = {.name = span_dup(name), .value = strdup(value)};
        if (!v.name || !v.value) {
                free(v.name);
                text_wipe_free(v.value);
                return -ENOMEM;
        }
        e->variables[e->n++] = v;
        return 0;
}

const char *aws_environment_get(const struct aws_environment *e, const char *name) {
        for (size_t i = 0; e && i < e->n; i++)
                if (strcmp(e->variables[i].name, name) == 0)
                        return e->variables[i].value[0] ? e->variables[i].value : NULL;
        return NULL;
}

bool aws_environment_is_true(const struct aws_environment *e, const char *name) {
        const char *value = aws_environment_get(e, name);
        return value && strcasecmp(value, "true") == 0;
}

/* "NAME=value"; texts without '=' are skipped. */
static int add_text(struct aws_environment *e, const char *text, bool wants_all) {
        const char *equals = strchr(text, '=');
        if (!equals)
                return 0;
        char *name = span_dup((struct span){text, (size_t)(equals - text)});
        if (!name)
                return -ENOMEM;
        int r = wants_all || is_wanted(name) ? add(e, span_of(name), equals + 1) : 0;
        free(name);
        return r;
}

int aws_environment_from_list(const char *const *list, struct aws_environment *ret) {
        SCOPED(aws_environment_done) struct aws_environment e = {0};
        for (; *list; list++) {
                int r = add_text(&e, *list, true);
                if (r < 0)
                        return r;
        }
        *ret = e;
        e = (struct aws_environment){0};
        return 0;
}

/* Cuts "$NAME" or "${NAME}" off `rest`, which starts with '$'; an empty name when it is neither. */
static struct span take_reference(struct span *rest, struct span *ret_name) {
        struct span s = *rest;
        bool is_braced = s.len > 1 && s.data[1] == '{';
        size_t start = is_braced ? 2 : 1, end = start;
        while (end < s.len && is_name_char(s.data[end]))
                end++;
        bool is_closed = !is_braced || (end < s.len && s.data[end] == '}');
        *ret_name = (struct span){s.data + start, is_closed ? end - start : 0};
        size_t n = ret_name->len == 0 ? 1 : end + is_braced;
        rest->data += n;
        rest->len -= n;
        return (struct span){s.data, n};
}

static const char *value_of(const struct aws_environment *e, struct span name) {
        for (size_t i = 0; e && i < e->n; i++)
                if (span_is(name, e->variables[i].name))
                        return e->variables[i].value;
        return NULL;
}

char *aws_environment_expand(const struct aws_environment *e, const char *path) {
        SCOPED(buf_done) struct buf out = BUF_INIT(PATH_TEXT_MAX);
        struct span rest = span_of(path);
        const char *home = aws_environment_get(e, "HOME");
        if (home && (span_is(rest, "~") || span_starts(rest, SPAN("~/")))) {
                buf_put_str(&out, home);
                rest.data++;
                rest.len--;
        }
        while (rest.len > 0) {
                if (*rest.data != '$') {
                        buf_put_char(&out, *rest.data++);
                        rest.len--;
                        continue;
                }
                struct span name, text = take_reference(&rest, &name);
                const char *value = name.len > 0 ? value_of(e, name) : NULL;
                buf_put_span(&out, value ? span_of(value) : text);
        }
        return buf_steal(&out);
}

/* The variables that a path names, so that it can be expanded later. */
static int add_references(struct aws_environment *e, const char *path) {
        struct span rest = span_of(path);
        while (rest.data && rest.len > 0) {
                const char *dollar = memchr(rest.data, '$', rest.len);
                if (!dollar)
                        return 0;
                rest.len -= (size_t)(dollar - rest.data);
                rest.data = dollar;
                struct span name;
                take_reference(&rest, &name);
                char *text = name.len > 0 && !value_of(e, name) ? span_dup(name) : NULL;
                const char *value = text ? getenv(text) : NULL;
                int r = value ? add(e, name, value) : 0;
                free(text);
                if (r < 0)
                        return r;
        }
        return 0;
}

int aws_environment_capture(struct aws_environment *ret) {
        static const char *const paths[] = {"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
                                            "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CA_BUNDLE",
                                            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"};
        SCOPED(aws_environment_done) struct aws_environment e = {0};
        int r = 0;
        for (char **p = environ; r == 0 && p && *p; p++)
                r = add_text(&e, *p, false);
        for (size_t i = 0; r == 0 && i < ELEMENTS(paths); i++) {
                /* getenv's text, not ours: add() moves the array that ours hangs on */
                const char *path = getenv(paths[i]);
                r = path ? add_references(&e, path) : 0;
        }
        if (r < 0)
                return r;
        *ret = e;
        e = (struct aws_environment){0};
        return 0;
}

void aws_environment_scrub(void) {
        static const char *const secrets[] = {"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN",
                                              "AWS_CONTAINER_AUTHORIZATION_TOKEN"};
        for (size_t i = 0; i < ELEMENTS(secrets); i++) {
                char *value = getenv(secrets[i]);
                if (!value)
                        continue;
                text_wipe(value, strlen(value));
                unsetenv(secrets[i]);
        }
}
