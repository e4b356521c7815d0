/* SPDX-License-Identifier: Apache-2.0 */
/* The deepest exception that says something is the cause. Carriers are walked past; a weak one ("TimeoutException") yields to what an
 * exception around it says. */
#include "faults/verdict.h"

#include <stdio.h>
#include <string.h>

enum { WORDS_MAX_BYTES = 2048, SIMPLE_NAME_MAX = 128 };

struct words {
        char text[WORDS_MAX_BYTES]; /* lower case */
        size_t len;
};

static void lower(struct span s, struct words *to) {
        to->len = s.len < sizeof to->text ? s.len : sizeof to->text;
        for (size_t i = 0; i < to->len; i++)
                to->text[i] = (char)(s.data[i] >= 'A' && s.data[i] <= 'Z' ? s.data[i] + 32 : s.data[i]);
}

static bool has_all(struct span text, struct span needles) {
        while (needles.data)
                if (span_find(text, span_split(&needles, '&')) < 0)
                        return false;
        return true;
}

static bool has_any(struct span text, const char *alternatives) {
        struct span rest = span_of(alternatives);
        while (rest.data)
                if (has_all(text, span_split(&rest, '|')))
                        return true;
        return false;
}

/* By its simple name; an entry with a package by the end of its whole name. */
static bool is_one_of(struct span exception_class, const char *classes) {
        struct span rest = span_of(classes), name = trace_simple_name(exception_class);
        while (rest.data) {
                struct span one = span_split(&rest, '|');
                bool is_prefix = one.len > 0 && one.data[one.len - 1] == '*';
                if (is_prefix)
                        one.len--;
                const char *package = one.len > 0 ? memchr(one.data, '.', one.len) : NULL;
                struct span whole = package ? exception_class : name;
                if (package && whole.len > one.len)
                        whole = (struct span){whole.data + whole.len - one.len, one.len};
                if (is_prefix ? span_starts(whole, one) : span_equals(whole, one))
                        return true;
        }
        return false;
}

/* Whether the list can name it at all: most rules are passed over by this. */
static bool may_name(const char *classes, const char *simple_name) {
        return strstr(classes, simple_name) || strchr(classes, '*');
}

/* "class a.B cannot be cast to class a.B (...)": the two come from different class loaders. */
static bool is_self_cast(struct span message) {
        static const char between[] = " cannot be cast to ";
        ptrdiff_t at = span_find(message, span_of(between));
        if (at <= 0)
                return false;
        struct span from = {message.data, (size_t)at};
        struct span to = {message.data + at + strlen(between), message.len - (size_t)at - strlen(between)};
        if (!span_starts(to, from))
                return false;
        return to.len == from.len || to.data[from.len] == ' ';
}

static bool rule_matches(const struct fault_rule *r, const struct trace_section *s, const char *simple_name,
                         struct span words, struct span text) {
        bool has_user = s->user_frame.len > 0 || s->file.len > 0;
        if ((r->flags & RULE_NO_USER && has_user) || (r->flags & RULE_USER && !has_user))
                return false;
        if (r->classes && (!may_name(r->classes, simple_name) || !is_one_of(s->exception_class, r->classes)))
                return false;
        if (r->flags & RULE_SELF_CAST && !is_self_cast(s->message))
                return false;
        if (r->words && !has_any(words, r->words))
                return false;
        return !r->context || has_any(text, r->context);
}

/* The first rule with these flags that matches; NULL when none does. */
static const struct fault_rule *find_rule(const struct trace_section *s, struct span text, unsigned flags) {
        struct span name = trace_simple_name(s->exception_class);
        char simple_name[SIMPLE_NAME_MAX];
        struct words words;
        snprintf(simple_name, sizeof simple_name, "%.*s",
                 (int)(name.len < sizeof simple_name ? name.len : sizeof simple_name - 1),
                 name.len > 0 ? name.data : "");
        lower(s->message, &words);
        for (size_t i = 0; i < n_fault_rules; i++)
                if ((fault_rules[i].flags & flags) == flags &&
                    rule_matches(&fault_rules[i], s, simple_name, (struct span){words.text, words.len}, text))
                        return &fault_rules[i];
        return NULL;
}

/* Classes that anything may be thrown as. */
static bool is_plain(struct span exception_class) {
        return is_one_of(
                exception_class,
                "Exception|RuntimeException|Throwable|Error|FlinkException|FlinkRuntimeException|IOException|UncheckedIOException|"
                "StreamRuntimeException|SuppressRestartsException|DynamicCodeLoadingException|FlinkError|");
}

static bool is_of_the_language(struct span exception_class) {
        return is_one_of(
                exception_class,
                "NullPointerException|ClassCastException|ArithmeticException|IndexOutOfBoundsException|ArrayIndexOutOfBoundsException|"
                "StringIndexOutOfBoundsException|NegativeArraySizeException|NoSuchElementException|ConcurrentModificationException|"
                "IllegalStateException|IllegalArgumentException|UnsupportedOperationException|MatchError|StackOverflowError|"
                "ArrayStoreException|AssertionError|UninitializedPropertyAccessException|KotlinNullPointerException|TypeCastException");
}

static void set_frame(const struct trace *t, size_t from, struct verdict *v) {
        for (size_t i = from; i < t->n_sections; i++) {
                const struct trace_section *s = &t->sections[i];
                if (s->file.len > 0) {
                        const char *slash = memrchr(s->file.data, '/', s->file.len);
                        struct span file = slash ? (struct span){slash + 1,
                                                                 (size_t)(s->file.data + s->file.len - slash - 1)}
                                                 : s->file;
                        snprintf(v->frame, sizeof v->frame, "%.*s:%.*s", (int)file.len, file.data, (int)s->function.len,
                                 s->function.data);
                        return;
                }
                if (s->user_frame.len > 0) {
                        snprintf(v->frame, sizeof v->frame, "%.*s", (int)s->user_frame.len, s->user_frame.data);
                        return;
                }
        }
        for (size_t i = from; i < t->n_sections; i++) {
                struct span frame = t->sections[i].connector_frame;
                if (frame.len > 0) {
                        snprintf(v->frame, sizeof v->frame, "%.*s", (int)frame.len, frame.data);
                        return;
                }
        }
}

/* A connector's own code threw something without a rule. */
static const char *category_of_connector(struct span frame) {
        static const char *const sinks[] = {".sink", "Sink", "Writer", "Producer", "Committer", "OutputFormat"};
        static const char *const parsers[] = {".formats.", "Deserializ", "schemaregistry"};
        for (size_t i = 0; i < ELEMENTS(parsers); i++)
                if (span_find(frame, span_of(parsers[i])) >= 0)
                        return "bad_record";
        for (size_t i = 0; i < ELEMENTS(sinks); i++)
                if (span_find(frame, span_of(sinks[i])) >= 0)
                        return "sink";
        return span_find(frame, SPAN(".state.")) >= 0 ? "checkpoint" : "source";
}

/* Without a rule: whose code threw it. */
static void judge_by_frame(const struct trace *t, size_t at, struct verdict *v) {
        const struct trace_section *s = &t->sections[at];
        bool has_user = false;
        for (size_t i = at; i < t->n_sections && !has_user; i++)
                has_user = t->sections[i].user_frame.len > 0 || t->sections[i].file.len > 0;
        v->role = ROLE_TRIGGER;
        v->strength = has_user ? STRENGTH_USER : is_plain(s->exception_class) ? STRENGTH_PLAIN : STRENGTH_NAMED;
        if (has_user && s->user_frame.len == 0 && s->connector_frame.len > 0)
                has_user = false;
        if (has_user || (is_of_the_language(s->exception_class) && s->connector_frame.len == 0 && s->n_frames == 0))
                v->category = "user_code";
        else if (s->connector_frame.len > 0)
                v->category = category_of_connector(s->connector_frame);
        else
                v->category = "unknown";
        if (v->strength == STRENGTH_PLAIN && s->connector_frame.len > 0)
                v->strength = STRENGTH_NAMED;
}

static void show(const struct trace *t, size_t at, struct verdict *v) {
        v->exception_class = t->sections[at].exception_class;
        v->message = t->sections[at].message;
        set_frame(t, at, v);
}

static void use_rule(const struct fault_rule *r, struct verdict *v) {
        v->rule = r;
        v->role = r->role;
        v->category = r->category;
        v->strength = STRENGTH_RULE;
}

/* Nothing is inside it, but it says at least of what kind the failure is. */
static void use_carrier(const struct fault_rule *r, struct verdict *v) {
        use_rule(r, v);
        v->role = ROLE_TRIGGER;
        v->strength = STRENGTH_NAMED;
}

/* The deepest that says something. What carries it says at least what was being done. */
static void use_base(const struct trace *t, size_t base, const struct fault_rule *weak,
                     const struct fault_rule *carrier, struct verdict *v) {
        if (weak)
                use_rule(weak, v);
        else
                judge_by_frame(t, base, v);
        if (carrier && v->role == ROLE_TRIGGER && strcmp(v->category, "unknown") == 0)
                v->category = carrier->category;
}

void verdict_of_trace(const struct trace *t, struct verdict *ret) {
        const struct fault_rule *weak = NULL, *carrier = NULL;
        size_t base = t->n_sections, empty = t->n_sections;
        *ret = (struct verdict){.role = ROLE_WRAPPER, .category = "unknown"};
        for (size_t i = 0; i < t->n_sections; i++) {
                const struct trace_section *s = &t->sections[i];
                const struct fault_rule *r = find_rule(s, t->text, 0);
                bool is_bare = !r && is_plain(s->exception_class) && s->message.len == 0 && s->user_frame.len == 0;
                bool is_background = r && r->flags & RULE_BACKGROUND;
                if (is_background && base < t->n_sections && !weak) {
                        use_rule(r, ret);
                        show(t, base, ret);
                        return;
                }
                if (is_background || (r && r->role == ROLE_WRAPPER) || is_bare || (!r && s->exception_class.len == 0)) {
                        carrier = carrier ? carrier : r;
                        empty = empty < t->n_sections ? empty : i;
                        continue;
                }
                bool is_strong = r && !(r->flags & RULE_WEAK);
                if (base == t->n_sections && is_strong) {
                        use_rule(r, ret);
                        show(t, i, ret);
                        return;
                }
                if (base < t->n_sections && is_strong && r->flags & RULE_EXPLAINS) {
                        use_rule(r, ret);
                        show(t, weak ? i : base, ret);
                        return;
                }
                if (base == t->n_sections) {
                        base = i;
                        weak = r;
                }
        }
        for (size_t i = 0; i < t->n_sections && base == t->n_sections; i++)
                if (t->sections[i].user_frame.len > 0 && t->sections[i].n_frames > 0 && i <= empty)
                        base = i;
        if (base < t->n_sections)
                use_base(t, base, weak, carrier, ret);
        else if (carrier && carrier->flags & RULE_WEAK)
                use_carrier(carrier, ret);
        else
                ret->rule = carrier;
        if (base < t->n_sections || empty < t->n_sections)
                show(t, base < t->n_sections ? base : empty, ret);
}

bool verdict_of_text(struct span message, bool is_service, struct verdict *ret) {
        struct trace_section s = {.message = message};
        const struct fault_rule *r = find_rule(&s, message, is_service ? 0 : RULE_ALONE);
        *ret = (struct verdict){.role = ROLE_WRAPPER, .category = "unknown", .message = message};
        if (!r)
                return false;
        use_rule(r, ret);
        return true;
}
