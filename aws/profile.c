/* SPDX-License-Identifier: Apache-2.0 */
/* Read line by line here and not by libinih: that cuts lines at 200 bytes (session tokens are longer), section names at 49, and drops
 * the indentation that nested blocks are known by. */
#include "aws/profile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/file.h"
#include "util/buf.h"
#include "util/text.h"

enum { FILES = 2, WHERE_MAX = 512 };

struct entry {
        enum aws_file file;
        int line;
        enum aws_section kind;
        char *section;
        char *key;    /* lower case; NULL marks the section's own line */
        char *nested; /* key inside the block, else NULL */
        char *value;
};

struct aws_profiles {
        char *paths[FILES];
        struct entry *entries;
        size_t n, room;
        char where[WHERE_MAX];
};

/* Where the reading of one file stands. */
struct cursor {
        struct aws_profiles *to;
        enum aws_file file;
        const char *path;
        int line;
        bool is_ignored;       /* inside a section that is nobody's */
        enum aws_section kind; /* of the current section */
        char *section;         /* NULL before the first */
        char *key;             /* of the current property, NULL at a section's start */
        size_t indent;         /* of that property's line */
        bool has_block;        /* the property's value was empty: indented lines are its nested keys */
        struct err *err;
};

void aws_profiles_free(struct aws_profiles *p) {
        if (!p)
                return;
        for (size_t i = 0; i < p->n; i++) {
                free(p->entries[i].section);
                free(p->entries[i].key);
                free(p->entries[i].nested);
                text_wipe_free(p->entries[i].value);
        }
        free(p->entries);
        for (size_t i = 0; i < FILES; i++)
                free(p->paths[i]);
        free(p);
}

static int out_of_memory(struct cursor *c) {
        return err_set(c->err, -ENOMEM, "%s: out of memory", c->path);
}

static int fail(struct cursor *c, const char *what) {
        return err_set(c->err, -EINVAL, "%s:%d: %s", c->path, c->line, what);
}

static char *lower_dup(struct span s) {
        char *copy = span_dup(s);
        for (char *p = copy; p && *p; p++)
                if (*p >= 'A' && *p <= 'Z')
                        *p |= 0x20;
        return copy;
}

static int add(struct cursor *c, const char *key, struct span nested, struct span value) {
        struct aws_profiles *p = c->to;
        if (p->n == p->room) {
                size_t room = p->room ? p->room * 2 : 32;
                void *more = reallocarray(p->entries, room, sizeof *p->entries);
                if (!more)
                        return out_of_memory(c);
                p->entries = more;
                p->room = room;
        }
        struct entry *e = &p->entries[p->n++];
        *e = (struct entry){.file = c->file,
                            .line = c->line,
                            .kind = c->kind,
                            .section = strdup(c->section),
                            .key = key ? strdup(key) : NULL,
                            .nested = nested.data ? lower_dup(nested) : NULL,
                            .value = span_dup(value)};
        return !e->section || (key && !e->key) || (nested.data && !e->nested) || !e->value ? out_of_memory(c) : 0;
}

static bool is_blank(char c) {
        return c == ' ' || c == '\t';
}

static struct span unquote(struct span s) {
        bool is_quoted = s.len >= 2 && (s.data[0] == '"' || s.data[0] == '\'') && s.data[s.len - 1] == s.data[0];
        return is_quoted ? (struct span){s.data + 1, s.len - 2} : s;
}

/* What a section of the configuration file is about; false for those that are nobody's here ("[plugins]"). */
static bool read_kind(struct span title, enum aws_section *ret_kind, struct span *ret_name) {
        static const struct {
                struct span word;
                enum aws_section kind;
        } kinds[] = {
                {SPAN("profile"), AWS_SECTION_PROFILE},
                {SPAN("sso-session"), AWS_SECTION_SSO_SESSION},
                {SPAN("services"), AWS_SECTION_SERVICES},
        };
        if (span_is(title, "default")) {
                *ret_kind = AWS_SECTION_PROFILE;
                *ret_name = title;
                return true;
        }
        for (size_t i = 0; i < ELEMENTS(kinds); i++) {
                size_t n = kinds[i].word.len;
                if (title.len <= n || !span_starts(title, kinds[i].word) || !is_blank(title.data[n]))
                        continue;
                *ret_kind = kinds[i].kind;
                *ret_name = unquote(span_trim((struct span){title.data + n, title.len - n}));
                return true;
        }
        return false;
}

static int open_section(struct cursor *c, struct span line) {
        const char *end = memrchr(line.data, ']', line.len);
        struct span after = end ? span_trim((struct span){end + 1, line.len - (size_t)(end + 1 - line.data)})
                                : (struct span){0};
        if (!end || (after.len > 0 && after.data[0] != '#' && after.data[0] != ';'))
                return fail(c, "a section must be one line in brackets, such as [profile NAME]");
        struct span title = span_trim((struct span){line.data + 1, (size_t)(end - line.data) - 1}),
                    name = unquote(title);
        c->kind = AWS_SECTION_PROFILE;
        c->is_ignored = c->file == AWS_FILE_CONFIG && !read_kind(title, &c->kind, &name);
        free(c->section);
        free(c->key);
        c->section = c->key = NULL;
        if (!c->is_ignored && name.len == 0)
                return fail(c, "the section has no name");
        c->section = span_dup(name);
        if (!c->section)
                return out_of_memory(c);
        return c->is_ignored ? 0 : add(c, NULL, (struct span){0}, (struct span){0});
}

/* Without " # comment" or " ; comment"; a credential_process may hold such text and keeps it. */
static struct span without_comment(struct span value, const char *key) {
        if (key && strcmp(key, "credential_process") == 0)
                return value;
        for (size_t i = 0; i + 1 < value.len; i++)
                if (is_blank(value.data[i]) && (value.data[i + 1] == '#' || value.data[i + 1] == ';'))
                        return span_trim((struct span){value.data, i});
        return value;
}

/* "key = value" cut in two; false when there is no '=' or no key. */
static bool split_property(struct span line, struct span *ret_key, struct span *ret_value) {
        const char *equals = memchr(line.data, '=', line.len);
        if (!equals)
                return false;
        *ret_key = span_trim((struct span){line.data, (size_t)(equals - line.data)});
        *ret_value = span_trim((struct span){equals + 1, line.len - (size_t)(equals + 1 - line.data)});
        return ret_key->len > 0;
}

static int read_property(struct cursor *c, struct span line, size_t indent) {
        struct span key, value;
        if (!split_property(line, &key, &value))
                return fail(c, "expected key = value");
        free(c->key);
        c->key = lower_dup(key);
        if (!c->key)
                return out_of_memory(c);
        c->indent = indent;
        /* after the '=' there may be nothing but a comment */
        bool is_comment = value.len > 0 && (value.data[0] == '#' || value.data[0] == ';') &&
                          value.data > key.data + key.len + 1;
        value = is_comment && is_blank(value.data[-1]) ? (struct span){value.data, 0} : without_comment(value, c->key);
        c->has_block = value.len == 0;
        return c->is_ignored ? 0 : add(c, c->key, (struct span){0}, value);
}

/* An indented line goes on with the property above: a nested key when its value was empty, else more of the value. */
static int read_continuation(struct cursor *c, struct span line) {
        struct span key, value;
        if (c->is_ignored)
                return 0;
        if (c->has_block) {
                if (!split_property(line, &key, &value))
                        return fail(c, "expected an indented key = value");
                return add(c, c->key, key, without_comment(value, NULL));
        }
        struct entry *last = &c->to->entries[c->to->n - 1];
        SCOPED(buf_wipe) struct buf whole = BUF_INIT(AWS_FILE_MAX_BYTES);
        buf_put_str(&whole, last->value);
        buf_put_char(&whole, '\n');
        buf_put_span(&whole, without_comment(line, c->key));
        char *text = buf_steal(&whole);
        if (!text)
                return out_of_memory(c);
        text_wipe_free(last->value);
        last->value = text;
        return 0;
}

static int read_line(struct cursor *c, struct span raw) {
        struct span line = span_trim(raw);
        size_t indent = (size_t)(line.data - raw.data);
        if (line.len == 0 || line.data[0] == '#' || line.data[0] == ';')
                return 0;
        if (memchr(line.data, '\0', line.len))
                return fail(c, "a NUL byte");
        if (indent > 0 && c->key && indent > c->indent)
                return read_continuation(c, line);
        if (line.data[0] == '[')
                return open_section(c, line);
        if (!c->section)
                return fail(c, "a key before the first section");
        return read_property(c, line, indent);
}

static int read_text(struct aws_profiles *p, enum aws_file file, struct span text, struct err *err) {
        struct cursor c = {.to = p, .file = file, .path = p->paths[file], .err = err};
        int r = 0;
        if (span_starts(text, SPAN("\xef\xbb\xbf"))) {
                text.data += 3;
                text.len -= 3;
        }
        while (r == 0 && text.data) {
                struct span line = span_split(&text, '\n');
                c.line++;
                r = read_line(&c, line);
        }
        free(c.section);
        free(c.key);
        return r;
}

/* An empty path when neither the environment nor HOME says where. */
static int find_path(const struct aws_environment *environment, const char *variable, const char *usual, char **ret) {
        const char *path = aws_environment_get(environment, variable);
        if (!path && !aws_environment_get(environment, "HOME"))
                return (*ret = strdup("")) ? 0 : -ENOMEM;
        *ret = aws_environment_expand(environment, path ? path : usual);
        return *ret ? 0 : -ENOMEM;
}

static int load_file(struct aws_profiles *p, enum aws_file file, struct err *err) {
        SCOPED(buf_wipe) struct buf text = BUF_INIT(AWS_FILE_MAX_BYTES);
        if (!p->paths[file][0])
                return 0;
        struct err reason = {0};
        int r = aws_file_read(p->paths[file], &text, &reason);
        if (r == -ENOENT || r == -ENOTDIR)
                return 0;
        return r < 0 ? err_set(err, r, "%s", reason.text) : read_text(p, file, buf_span(&text), err);
}

int aws_profiles_load(const struct aws_environment *environment, struct aws_profiles **ret, struct err *err) {
        SCOPED(aws_profiles_free) struct aws_profiles *p = calloc(1, sizeof *p);
        if (!p || find_path(environment, "AWS_CONFIG_FILE", "~/.aws/config", &p->paths[AWS_FILE_CONFIG]) < 0 ||
            find_path(environment, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials",
                      &p->paths[AWS_FILE_CREDENTIALS]) < 0)
                return err_set(err, -ENOMEM, "AWS files: out of memory");
        int r = load_file(p, AWS_FILE_CONFIG, err);
        if (r == 0)
                r = load_file(p, AWS_FILE_CREDENTIALS, err);
        if (r < 0)
                return r;
        *ret = TAKE(p);
        return 0;
}

int aws_profiles_parse(struct span config, struct span credentials, struct aws_profiles **ret, struct err *err) {
        SCOPED(aws_profiles_free) struct aws_profiles *p = calloc(1, sizeof *p);
        if (!p || !(p->paths[AWS_FILE_CONFIG] = strdup("config")) ||
            !(p->paths[AWS_FILE_CREDENTIALS] = strdup("credentials")))
                return err_set(err, -ENOMEM, "AWS files: out of memory");
        int r = config.data ? read_text(p, AWS_FILE_CONFIG, config, err) : 0;
        if (r == 0 && credentials.data)
                r = read_text(p, AWS_FILE_CREDENTIALS, credentials, err);
        if (r < 0)
                return r;
        *ret = TAKE(p);
        return 0;
}

const char *aws_profile_selected(const struct aws_environment *environment) {
        const char *name = aws_environment_get(environment, "AWS_PROFILE");
        if (!name)
                name = aws_environment_get(environment, "AWS_DEFAULT_PROFILE");
        return name ? name : "default";
}

static bool same_text(const char *a, const char *b) {
        return a == b || (a && b && strcmp(a, b) == 0);
}

/* The last line that says it, in the file that wins; a section's own line when key is NULL. */
static const struct entry *find(const struct aws_profiles *p, enum aws_section kind, const char *section,
                                const char *key, const char *nested) {
        const struct entry *found = NULL;
        for (size_t i = 0; p && i < p->n; i++) {
                const struct entry *e = &p->entries[i];
                if (e->kind == kind && strcmp(e->section, section) == 0 && same_text(e->key, key) &&
                    same_text(e->nested, nested) && (!found || e->file >= found->file))
                        found = e;
        }
        return found;
}

static const char *value_of(const struct entry *e) {
        return e && e->value[0] ? e->value : NULL;
}

static const char *or_default(const char *profile) {
        return profile ? profile : "default";
}

bool aws_section_exists(const struct aws_profiles *p, enum aws_section kind, const char *name) {
        return find(p, kind, name, NULL, NULL) != NULL;
}

bool aws_profile_exists(const struct aws_profiles *p, const char *profile) {
        return aws_section_exists(p, AWS_SECTION_PROFILE, or_default(profile));
}

const char *aws_profile_get(const struct aws_profiles *p, const char *profile, const char *key) {
        return aws_section_get(p, AWS_SECTION_PROFILE, or_default(profile), key);
}

const char *aws_profile_get_from(const struct aws_profiles *p, enum aws_file file, const char *profile,
                                 const char *key) {
        const char *value = NULL;
        for (size_t i = 0; p && i < p->n; i++) {
                const struct entry *e = &p->entries[i];
                if (e->file == file && e->kind == AWS_SECTION_PROFILE && strcmp(e->section, or_default(profile)) == 0 &&
                    same_text(e->key, key) && !e->nested)
                        value = value_of(e);
        }
        return value;
}

const char *aws_section_get(const struct aws_profiles *p, enum aws_section kind, const char *name, const char *key) {
        return value_of(find(p, kind, name, key, NULL));
}

const char *aws_section_get_nested(const struct aws_profiles *p, enum aws_section kind, const char *name,
                                   const char *key, const char *nested) {
        return value_of(find(p, kind, name, key, nested));
}

const char *aws_profile_where(struct aws_profiles *p, const char *profile, const char *key) {
        const struct entry *e = find(p, AWS_SECTION_PROFILE, or_default(profile), key, NULL);
        if (e)
                snprintf(p->where, sizeof p->where, "%s:%d", p->paths[e->file], e->line);
        else
                snprintf(p->where, sizeof p->where, "%s", p->paths[AWS_FILE_CONFIG]);
        return p->where;
}
