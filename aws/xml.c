/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/xml.h"

#include <errno.h>
#include <expat.h>
#include <limits.h>
#include <stdlib.h>

#include "util/buf.h"
#include "util/scope.h"

struct frame {
        size_t path_len; /* of the parent */
        struct buf text;
};

struct reader {
        XML_Parser parser;
        struct frame frames[XML_DEPTH_MAX];
        size_t depth;
        struct buf path;
        xml_end_fn *at_end;
        void *context;
        int failed;
        const char *reason;
};

static void stop(struct reader *r, int code, const char *reason) {
        if (r->failed)
                return;
        r->failed = code;
        r->reason = reason;
        XML_StopParser(r->parser, XML_FALSE);
}

static void XMLCALL on_start(void *data, const XML_Char *name, const XML_Char **attributes) {
        (void)attributes;
        struct reader *r = data;
        if (r->failed)
                return;
        if (r->depth == XML_DEPTH_MAX) {
                stop(r, -EBADMSG, "nested too deep");
                return;
        }
        const char *colon = strrchr(name, ':');
        struct frame *f = &r->frames[r->depth++];
        *f = (struct frame){.path_len = r->path.len, .text = BUF_INIT(XML_TEXT_MAX)};
        if (r->depth > 1)
                buf_put_char(&r->path, '/');
        buf_put_str(&r->path, colon ? colon + 1 : name);
        if (r->path.failed)
                stop(r, r->path.failed == -ENOMEM ? -ENOMEM : -EBADMSG, "an element's name is too long");
}

static void XMLCALL on_text(void *data, const XML_Char *text, int len) {
        struct reader *r = data;
        if (r->failed || r->depth == 0)
                return;
        struct buf *to = &r->frames[r->depth - 1].text;
        buf_put(to, text, (size_t)len);
        if (to->failed)
                stop(r, to->failed == -ENOMEM ? -ENOMEM : -EBADMSG, "an element's text is too long");
}

static void XMLCALL on_end(void *data, const XML_Char *name) {
        (void)name;
        struct reader *r = data;
        if (r->failed || r->depth == 0)
                return;
        struct frame *f = &r->frames[--r->depth];
        int failed = r->at_end(r->context, buf_str(&r->path), buf_span(&f->text));
        buf_wipe(&f->text);
        r->path.len = f->path_len;
        r->path.data[r->path.len] = '\0';
        if (failed < 0)
                stop(r, failed, "stopped");
}

static void XMLCALL on_doctype(void *data, const XML_Char *name, const XML_Char *system_id, const XML_Char *public_id,
                               int has_subset) {
        (void)name, (void)system_id, (void)public_id, (void)has_subset;
        stop(data, -EBADMSG, "it has a DOCTYPE");
}

static int parse(struct reader *r, struct span body, struct err *err) {
        XML_SetUserData(r->parser, r);
        XML_SetElementHandler(r->parser, on_start, on_end);
        XML_SetCharacterDataHandler(r->parser, on_text);
        XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
        enum XML_Status status = XML_Parse(r->parser, body.data, (int)body.len, 1);
        if (r->failed)
                return err_set(err, r->failed, "XML reply: %s", r->reason);
        if (status == XML_STATUS_OK)
                return 0;
        enum XML_Error code = XML_GetErrorCode(r->parser);
        return err_set(err, code == XML_ERROR_NO_MEMORY ? -ENOMEM : -EBADMSG, "XML reply: %s at line %lu",
                       XML_ErrorString(code), (unsigned long)XML_GetCurrentLineNumber(r->parser));
}

int xml_read(struct span body, xml_end_fn *at_end, void *context, struct err *err) {
        struct reader r = {.at_end = at_end, .context = context, .path = BUF_INIT(XML_PATH_MAX)};
        if (body.len > INT_MAX)
                return err_set(err, -EBADMSG, "XML reply: too long");
        r.parser = XML_ParserCreate(NULL);
        if (!r.parser)
                return err_set(err, -ENOMEM, "XML reply: out of memory");
        int result = parse(&r, body, err);
        XML_ParserFree(r.parser);
        while (r.depth > 0)
                buf_wipe(&r.frames[--r.depth].text);
        buf_done(&r.path);
        return result;
}

struct pick {
        const struct xml_want *wants;
        size_t n;
};

static int pick_text(void *context, const char *path, struct span text) {
        const struct pick *p = context;
        for (size_t i = 0; i < p->n; i++) {
                if (*p->wants[i].ret || strcmp(path, p->wants[i].path) != 0)
                        continue;
                *p->wants[i].ret = span_dup(text);
                return *p->wants[i].ret ? 0 : -ENOMEM;
        }
        return 0;
}

int xml_pick(struct span body, const struct xml_want *wants, size_t n, struct err *err) {
        struct pick p = {wants, n};
        return xml_read(body, pick_text, &p, err);
}
