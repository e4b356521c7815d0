/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnosers/job_plan.h"

#include <ctype.h>
#include <string.h>

#include "util/text.h"

enum { DEPTH_MAX = 32, NAME_MIN = 12 };

struct reader {
        const char *at, *end;
};

static void skip_space(struct reader *r) {
        while (r->at < r->end && isspace((unsigned char)*r->at))
                r->at++;
}

static bool accept(struct reader *r, char c) {
        skip_space(r);
        if (r->at == r->end || *r->at != c)
                return false;
        r->at++;
        return true;
}

/* The inside of a string, escapes untouched. */
static bool read_string(struct reader *r, struct span *ret) {
        if (!accept(r, '"'))
                return false;
        const char *from = r->at;
        for (; r->at < r->end && *r->at != '"'; r->at++)
                if (*r->at == '\\' && r->at + 1 < r->end)
                        r->at++;
        if (r->at >= r->end)
                return false;
        *ret = (struct span){from, (size_t)(r->at - from)};
        r->at++;
        return true;
}

/* Past any value; containers by their depth, whatever they hold. */
static bool skip_value(struct reader *r) {
        struct span ignored;
        size_t depth = 0;
        do {
                skip_space(r);
                if (r->at == r->end)
                        return false;
                char c = *r->at;
                if (c == '"') {
                        if (!read_string(r, &ignored))
                                return false;
                        continue;
                }
                if (c == '{' || c == '[')
                        depth++;
                else if (c == '}' || c == ']') {
                        if (depth == 0)
                                return false;
                        depth--;
                } else if (depth == 0) {
                        while (r->at < r->end && !strchr(",]} \t\r\n", *r->at))
                                r->at++;
                        return true;
                }
                r->at++;
        } while (depth > 0);
        return true;
}

/* Runs through an object: true with the next member's name, the reader standing at its value. */
static bool next_member(struct reader *r, bool *is_first, struct span *ret_name) {
        if (!*is_first && !accept(r, ','))
                return false;
        *is_first = false;
        return read_string(r, ret_name) && accept(r, ':');
}

static bool read_input(struct reader *r, struct plan_node *n) {
        bool is_first = true;
        struct span name, id = {0};
        if (!accept(r, '{'))
                return false;
        if (accept(r, '}'))
                return true;
        while (next_member(r, &is_first, &name))
                if (!(span_is(name, "id") ? read_string(r, &id) : skip_value(r)))
                        return false;
        if (id.data && n->n_inputs < PLAN_INPUTS_MAX)
                n->input_ids[n->n_inputs++] = id;
        return accept(r, '}');
}

static bool read_inputs(struct reader *r, struct plan_node *n) {
        if (!accept(r, '['))
                return false;
        if (accept(r, ']'))
                return true;
        do
                if (!read_input(r, n))
                        return false;
        while (accept(r, ','));
        return accept(r, ']');
}

static bool read_node(struct reader *r, struct plan_node *n) {
        bool is_first = true, is_fine = true;
        struct span name;
        *n = (struct plan_node){0};
        if (!accept(r, '{'))
                return false;
        if (accept(r, '}'))
                return true;
        while (is_fine && next_member(r, &is_first, &name)) {
                if (span_is(name, "id"))
                        is_fine = read_string(r, &n->id);
                else if (span_is(name, "description") || (span_is(name, "name") && !n->name.data))
                        is_fine = read_string(r, &n->name);
                else if (span_is(name, "inputs"))
                        is_fine = read_inputs(r, n);
                else
                        is_fine = skip_value(r);
        }
        return is_fine && accept(r, '}');
}

static void read_nodes(struct reader *r, struct job_plan *plan) {
        if (!accept(r, '[') || accept(r, ']'))
                return;
        do {
                struct plan_node *n = &plan->nodes[plan->n_nodes];
                if (!read_node(r, n))
                        return;
                plan->n_nodes += n->id.data && n->name.data;
        } while (plan->n_nodes < PLAN_NODES_MAX && accept(r, ','));
}

void job_plan_read(const char *text, struct job_plan *ret) {
        struct reader r = {text, text + (text ? strlen(text) : 0)};
        struct span name;
        ret->n_nodes = 0;
        /* The array may stand at the top or inside "plan". */
        for (size_t depth = 0; text && depth < DEPTH_MAX && accept(&r, '{'); depth++) {
                bool is_first = true, goes_down = false;
                while (!goes_down && next_member(&r, &is_first, &name)) {
                        if (span_is(name, "nodes")) {
                                read_nodes(&r, ret);
                                return;
                        }
                        goes_down = span_is(name, "plan");
                        if (!goes_down && !skip_value(&r))
                                return;
                }
                if (!goes_down)
                        return;
        }
}

/* The next letter or digit; skips JSON escapes and HTML entities. 0 at the end. */
static int next_letter(struct span *s) {
        while (s->len > 0) {
                size_t skip = 1;
                unsigned char c = (unsigned char)*s->data;
                if (c == '\\')
                        skip = s->len > 5 && s->data[1] == 'u' ? 6 : 2;
                else if (c == '&' && s->len > 3 && (span_starts(*s, SPAN("&gt;")) || span_starts(*s, SPAN("&lt;"))))
                        skip = 4;
                else if (c == '<' && span_starts(*s, SPAN("<br/>")))
                        skip = 5;
                if (skip > s->len)
                        skip = s->len;
                s->data += skip;
                s->len -= skip;
                if (skip == 1 && isalnum(c))
                        return c;
        }
        return 0;
}

bool job_plan_is_named(const struct plan_node *n, struct span dimension_value) {
        struct span a = n->name, b = dimension_value;
        for (size_t same = 0;; same++) {
                int x = next_letter(&a), y = next_letter(&b);
                if (x == 0 && y == 0)
                        return same > 0;
                if (x == 0 || y == 0)
                        return same >= NAME_MIN;
                if (x != y)
                        return false;
        }
}

bool job_plan_feeds(const struct plan_node *from, const struct plan_node *to) {
        for (size_t i = 0; i < to->n_inputs; i++)
                if (span_equals(to->input_ids[i], from->id))
                        return true;
        return false;
}

static size_t count_text(struct span in, const char *what) {
        size_t n = 0, len = strlen(what);
        for (ptrdiff_t at; (at = span_find(in, span_of(what))) >= 0; n++) {
                in.data += (size_t)at + len;
                in.len -= (size_t)at + len;
        }
        return n;
}

/* Lines that say something; the last one is ended, too. */
static size_t count_lines(struct span name) {
        size_t n = count_text(name, "<br/>"), len = 5;
        bool is_ended = name.len >= len && memcmp(name.data + name.len - len, "<br/>", len) == 0;
        return n + !is_ended;
}

/* Sinks of old are called `Sink: x`, those of today are a writer and a committer. */
static size_t count_sinks(struct span name) {
        size_t n_named = count_text(name, "Sink: ") - count_text(name, "Sink: Committer");
        return n_named + count_text(name, ": Writer") - count_text(name, "Sink: Writer");
}

struct plan_size job_plan_size(const struct job_plan *plan) {
        struct plan_size size = {0};
        for (size_t i = 0; i < plan->n_nodes; i++) {
                struct span name = plan->nodes[i].name;
                size.n_operators += count_lines(name) + count_text(name, "->") + count_text(name, "-&gt;") +
                                    count_text(name, "-\\u003e");
                size.n_sinks += count_sinks(name);
        }
        return size;
}

static size_t count_letter(struct span in, char c) {
        size_t n = 0;
        for (const char *at; in.len > 0 && (at = memchr(in.data, c, in.len)); n++) {
                in.len -= (size_t)(at - in.data) + 1;
                in.data = at + 1;
        }
        return n;
}

/* Each operator but the first of a node ends a line or an arrow, however that is escaped; each node is an object. */
struct plan_size job_plan_at_most(const char *text) {
        struct span all = span_of(text);
        size_t n = count_letter(all, '>') + count_letter(all, ';') + count_letter(all, '\\') + count_letter(all, '{');
        return (struct plan_size){.n_operators = n, .n_sinks = count_text(all, "Sink: ") + count_text(all, ": Writer")};
}
