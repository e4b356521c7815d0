/* SPDX-License-Identifier: Apache-2.0 */
#include "util/jsonr.h"

#include <errno.h>
#include <string.h>

#include "util/list.h"
#include "util/number.h"

struct reader {
        struct jsonr *json;
        const char *start, *at, *end;
        int depth;
};

static int read_value(struct reader *r);

static void skip_space(struct reader *r) {
        while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
                r->at++;
}

static bool accept(struct reader *r, char c) {
        skip_space(r);
        if (r->at == r->end || *r->at != c)
                return false;
        r->at++;
        return true;
}

/* Index of the new node, or -ENOMEM. */
static int64_t add(struct reader *r, enum jsonr_kind kind, const char *from, size_t len) {
        struct jsonr *j = r->json;
        struct jsonr_node *node = LIST_ADD(j->nodes, j->n_nodes, j->nodes_size);
        if (!node)
                return -ENOMEM;
        *node = (struct jsonr_node){(uint32_t)(from - r->start), (uint32_t)len, (uint32_t)j->n_nodes, (uint8_t)kind};
        return (int64_t)j->n_nodes - 1;
}

static const char *skip_digits(const char *p, const char *end) {
        while (p < end && *p >= '0' && *p <= '9')
                p++;
        return p;
}

/* Where the number ends that begins there; NULL when none does. */
static const char *number_end(const char *p, const char *end) {
        const char *from;
        p += p < end && *p == '-';
        from = p;
        p = p < end && *p == '0' ? p + 1 : skip_digits(p, end);
        if (p == from)
                return NULL;
        if (p < end && *p == '.') {
                from = ++p;
                p = skip_digits(p, end);
                if (p == from)
                        return NULL;
        }
        if (p < end && (*p == 'e' || *p == 'E')) {
                p++;
                p += p < end && (*p == '+' || *p == '-');
                from = p;
                p = skip_digits(p, end);
                if (p == from)
                        return NULL;
        }
        return p;
}

bool jsonr_is_number(struct span text) {
        return text.len > 0 && number_end(text.data, text.data + text.len) == text.data + text.len;
}

static int read_number(struct reader *r) {
        const char *from = r->at, *end = number_end(from, r->end);
        if (!end)
                return -EPROTO;
        r->at = end;
        return add(r, JSONR_NUMBER, from, (size_t)(end - from)) < 0 ? -ENOMEM : 0;
}

static int hex_digit(char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
}

/* Four hexadecimal digits, or -1. */
static int32_t code_unit(const char *at, const char *end) {
        int32_t value = 0;
        if (end - at < 4)
                return -1;
        for (int i = 0; i < 4; i++) {
                if (hex_digit(at[i]) < 0)
                        return -1;
                value = value * 16 + hex_digit(at[i]);
        }
        return value;
}

static int read_string(struct reader *r) {
        const char *from = ++r->at;
        for (; r->at < r->end && *r->at != '"'; r->at++) {
                if ((unsigned char)*r->at < 0x20)
                        return -EPROTO;
                if (*r->at != '\\')
                        continue;
                if (++r->at == r->end || !memchr("\"\\/bfnrtu", *r->at, 9) ||
                    (*r->at == 'u' && code_unit(r->at + 1, r->end) < 0))
                        return -EPROTO;
        }
        if (r->at == r->end)
                return -EPROTO;
        return add(r, JSONR_STRING, from, (size_t)(r->at++ - from)) < 0 ? -ENOMEM : 0;
}

static int read_name(struct reader *r) {
        skip_space(r);
        int s = r->at < r->end && *r->at == '"' ? read_string(r) : -EPROTO;
        return s < 0 ? s : accept(r, ':') ? 0 : -EPROTO;
}

static int read_container(struct reader *r, enum jsonr_kind kind) {
        char close = kind == JSONR_OBJECT ? '}' : ']';
        const char *from = r->at++;
        int64_t index = add(r, kind, from, 0);
        if (index < 0 || ++r->depth > JSONR_DEPTH_MAX)
                return index < 0 ? -ENOMEM : -EPROTO;
        bool is_over = accept(r, close);
        while (!is_over) {
                int s = kind == JSONR_OBJECT ? read_name(r) : 0;
                if (s == 0)
                        s = read_value(r);
                if (s < 0)
                        return s;
                is_over = accept(r, close);
                if (!is_over && !accept(r, ','))
                        return -EPROTO;
        }
        r->depth--;
        r->json->nodes[index].after = (uint32_t)r->json->n_nodes;
        r->json->nodes[index].len = (uint32_t)(r->at - from);
        return 0;
}

static int read_word(struct reader *r, struct span word, enum jsonr_kind kind) {
        if ((size_t)(r->end - r->at) < word.len || memcmp(r->at, word.data, word.len) != 0)
                return -EPROTO;
        r->at += word.len;
        return add(r, kind, r->at - word.len, word.len) < 0 ? -ENOMEM : 0;
}

static int read_value(struct reader *r) {
        skip_space(r);
        if (r->at == r->end)
                return -EPROTO;
        switch (*r->at) {
        case '{':
                return read_container(r, JSONR_OBJECT);
        case '[':
                return read_container(r, JSONR_ARRAY);
        case '"':
                return read_string(r);
        case 't':
                return read_word(r, SPAN("true"), JSONR_TRUE);
        case 'f':
                return read_word(r, SPAN("false"), JSONR_FALSE);
        case 'n':
                return read_word(r, SPAN("null"), JSONR_NULL);
        default:
                return read_number(r);
        }
}

int jsonr_parse(struct jsonr *j, struct span text) {
        struct reader r = {.json = j, .start = text.data, .at = text.data, .end = text.data + text.len};
        j->text = text;
        j->n_nodes = 0;
        if (text.len == 0 || text.len >= UINT32_MAX)
                return -EPROTO;
        int s = read_value(&r);
        skip_space(&r);
        if (s == 0 && r.at != r.end)
                s = -EPROTO;
        if (s < 0)
                j->n_nodes = 0;
        return s;
}

void jsonr_done(struct jsonr *j) {
        free(j->nodes);
        *j = (struct jsonr){0};
}

const struct jsonr_node *jsonr_root(const struct jsonr *j) {
        return j->n_nodes > 0 ? j->nodes : NULL;
}

bool jsonr_is(const struct jsonr_node *node, enum jsonr_kind kind) {
        return node && node->kind == kind;
}

const struct jsonr_node *jsonr_first(const struct jsonr *j, const struct jsonr_node *array) {
        if (!jsonr_is(array, JSONR_ARRAY) || array + 1 == j->nodes + array->after)
                return NULL;
        return array + 1;
}

const struct jsonr_node *jsonr_next(const struct jsonr *j, const struct jsonr_node *array,
                                    const struct jsonr_node *element) {
        return element->after < array->after ? j->nodes + element->after : NULL;
}

const struct jsonr_node *jsonr_member(const struct jsonr *j, const struct jsonr_node *object, const char *name) {
        struct span wanted = span_of(name);
        if (!jsonr_is(object, JSONR_OBJECT))
                return NULL;
        for (uint32_t i = (uint32_t)(object - j->nodes) + 1; i < object->after; i = j->nodes[i + 1].after)
                if (j->nodes[i].len == wanted.len &&
                    memcmp(j->text.data + j->nodes[i].from, wanted.data, wanted.len) == 0)
                        return &j->nodes[i + 1];
        return NULL;
}

struct span jsonr_raw(const struct jsonr *j, const struct jsonr_node *node) {
        return jsonr_is(node, JSONR_STRING) ? (struct span){j->text.data + node->from, node->len} : (struct span){0};
}

/* Up to 19 digits with a power of ten that a double has exactly: one multiplication or division then rounds as strtod does (Clinger). */
static bool number_exactly(struct span s, double *ret) {
        static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
        const char *p = s.data, *end = s.data + s.len;
        bool is_negative = *p == '-', has_point = false;
        uint64_t digits = 0;
        int exponent = 0, given = 0, n_digits = 0;
        for (p += is_negative; p < end && *p != 'e' && *p != 'E'; p++) {
                if (*p == '.') {
                        has_point = true;
                        continue;
                }
                digits = digits * 10 + (uint64_t)(*p - '0');
                exponent -= has_point;
                if (++n_digits > 18)
                        return false;
        }
        if (p < end) {
                bool is_minus = *++p == '-';
                for (p += *p == '-' || *p == '+'; p < end && given < 1000; p++)
                        given = given * 10 + (*p - '0');
                exponent += is_minus ? -given : given;
        }
        if (digits > UINT64_C(1) << 53 || exponent < -22 || exponent > 22)
                return false;
        double value = exponent < 0 ? (double)digits / powers[-exponent] : (double)digits * powers[exponent];
        *ret = is_negative ? -value : value;
        return true;
}

bool jsonr_number(const struct jsonr *j, const struct jsonr_node *node, double *ret) {
        if (!jsonr_is(node, JSONR_NUMBER))
                return false;
        struct span s = {j->text.data + node->from, node->len};
        return number_exactly(s, ret) || number_double(s, ret) == 0;
}

/* The character of \uXXXX, and of the second half of a pair when it is one; *p stands after the first "u". */
static uint32_t read_escape(const char **p, const char *end) {
        uint32_t high = (uint32_t)code_unit(*p, end);
        *p += 4;
        if (high >= 0xd800 && high < 0xdc00 && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u') {
                uint32_t low = (uint32_t)code_unit(*p + 2, end);
                if (low >= 0xdc00 && low < 0xe000) {
                        *p += 6;
                        return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                }
        }
        return high == 0 || (high >= 0xd800 && high < 0xe000) ? 0xfffd : high;
}

static void put_utf8(struct buf *to, uint32_t c) {
        static const uint8_t first_byte[] = {0, 0xc0, 0xe0, 0xf0};
        if (c < 0x80) {
                buf_put_char(to, (char)c);
                return;
        }
        int n_more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
        buf_put_char(to, (char)(first_byte[n_more] | (c >> (6 * n_more))));
        while (n_more-- > 0)
                buf_put_char(to, (char)(0x80 | ((c >> (6 * n_more)) & 0x3f)));
}

bool jsonr_text(const struct jsonr *j, const struct jsonr_node *node, struct buf *to) {
        static const char escapes[] = "bfnrt", meant[] = "\b\f\n\r\t";
        struct span raw = jsonr_raw(j, node);
        if (!raw.data)
                return false;
        const char *p = raw.data, *end = raw.data + raw.len;
        while (p < end) {
                const char *slash = memchr(p, '\\', (size_t)(end - p));
                buf_put(to, p, (size_t)((slash ? slash : end) - p));
                if (!slash)
                        break;
                p = slash + 2;
                const char *letter = strchr(escapes, slash[1]);
                if (slash[1] == 'u')
                        put_utf8(to, read_escape(&p, end));
                else
                        buf_put_char(to, letter ? meant[letter - escapes] : slash[1]);
        }
        return true;
}
