/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/key_document.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"
#include "util/timefmt.h"

enum { DOCUMENT_MAX_BYTES = 1 << 20 };

/* cJSON keeps copies of the secrets. Its nesting is bounded (CJSON_NESTING_LIMIT), so is this. */
static void wipe(cJSON *item) {
        for (; item; item = item->next) {
                if (item->valuestring)
                        text_wipe(item->valuestring, strlen(item->valuestring));
                wipe(item->child);
        }
}

static void delete_wiped(cJSON *root) {
        wipe(root);
        cJSON_Delete(root);
}
SCOPED_DEFINE(cJSON, delete_wiped)

static struct span member(const cJSON *object, const char *name) {
        const cJSON *item = name ? cJSON_GetObjectItemCaseSensitive(object, name) : NULL;
        return cJSON_IsString(item) ? span_of(item->valuestring) : (struct span){0};
}

static int read_expiry(const struct key_document *d, const cJSON *object, int64_t *ret, struct err *err) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, d->expires);
        if ((!item || cJSON_IsNull(item)) && !d->needs_expiry)
                return 0;
        if (d->is_expiry_ms && cJSON_IsNumber(item) && item->valuedouble > 0 && item->valuedouble < 1e16) {
                *ret = (int64_t)(item->valuedouble / 1000);
                return 0;
        }
        if (!d->is_expiry_ms && cJSON_IsString(item) && time_parse_rfc3339(span_of(item->valuestring), ret) == 0)
                return 0;
        return err_set(err, -EBADMSG, "%s: %s is missing or not a time", d->what, d->expires);
}

static int check_head(const struct key_document *d, const cJSON *object, struct err *err) {
        struct span code = member(object, "Code");
        if (d->is_coded && code.data && !span_is(code, "Success"))
                return err_set(err, -EBADMSG, "%s: the answer's code is \"%.60s\"", d->what, code.data);
        const cJSON *version = cJSON_GetObjectItemCaseSensitive(object, "Version");
        if (d->is_versioned && !(cJSON_IsNumber(version) && version->valuedouble == 1))
                return err_set(err, -EBADMSG, "%s: Version must be 1", d->what);
        return 0;
}

int key_document_read(const struct key_document *d, struct span text, struct aws_keys *ret, struct err *err) {
        SCOPED(aws_keys_done) struct aws_keys keys = {0};
        if (text.len > DOCUMENT_MAX_BYTES)
                return err_set(err, -EBADMSG, "%s: the answer is longer than %d bytes", d->what, DOCUMENT_MAX_BYTES);
        SCOPED(delete_wiped) cJSON *root = text.len > 0 ? cJSON_ParseWithLength(text.data, text.len) : NULL;
        const cJSON *object = root && d->object ? cJSON_GetObjectItemCaseSensitive(root, d->object) : root;
        if (!cJSON_IsObject(object))
                return err_set(err, -EBADMSG, "%s: the answer is not a JSON object with keys", d->what);
        int r = check_head(d, object, err);
        if (r == 0)
                r = aws_keys_set(&keys, member(object, d->id), member(object, d->secret), member(object, d->token),
                                 d->what, err);
        if (r == 0)
                r = read_expiry(d, object, &keys.expires_at_s, err);
        if (r < 0)
                return r;
        *ret = keys;
        keys = (struct aws_keys){0};
        return 0;
}
