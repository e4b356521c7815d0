/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/troubles.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "daemon/log.h"
#include "util/text.h"

enum { SAY_AGAIN_S = 3600 };

static struct trouble *find(struct troubles *t, const char *operation) {
        for (int i = 0; i < t->n_items; i++)
                if (strcmp(t->items[i].operation, operation) == 0)
                        return &t->items[i];
        return NULL;
}

static struct trouble *find_or_add(struct troubles *t, const char *operation) {
        struct trouble *found = find(t, operation);
        if (found)
                return found;
        struct trouble *fresh = &t->items[t->n_items < TROUBLES_MAX ? t->n_items++ : TROUBLES_MAX - 1];
        *fresh = (struct trouble){.operation = operation};
        return fresh;
}

int64_t troubles_failed(struct troubles *t, const char *operation, const char *subject, const struct err *err,
                        int64_t now_s) {
        struct trouble *trouble = find_or_add(t, operation);
        bool is_news = strcmp(trouble->text, err->text) != 0 || now_s - trouble->said_at_s >= SAY_AGAIN_S;
        trouble->n_failures++;
        log_line(is_news ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG, "%s: %s%s%s", t->tag, subject ? subject : "",
                 subject ? ": " : "", err->text);
        if (is_news)
                trouble->said_at_s = now_s;
        text_copy(trouble->text, sizeof trouble->text, err->text);
        bool is_refused = err->code == -EACCES || err->code == -EINVAL;
        return is_refused ? now_s + REFUSED_PAUSE_S : now_s;
}

void troubles_ended(struct troubles *t, const char *operation) {
        struct trouble *trouble = find(t, operation);
        if (!trouble || trouble->n_failures == 0)
                return;
        log_notice("%s: %s: works again after %" PRId64 " failures", t->tag, operation, trouble->n_failures);
        *trouble = (struct trouble){.operation = trouble->operation};
}

bool troubles_is_paused(const struct troubles *t, const char *operation, int64_t now_s) {
        const struct trouble *trouble = find((struct troubles *)t, operation);
        return trouble && trouble->retry_at_s > now_s;
}

void troubles_pause(struct troubles *t, const char *operation, int64_t until_s) {
        find_or_add(t, operation)->retry_at_s = until_s;
}

const char *troubles_text(const struct troubles *t) {
        const struct trouble *newest = NULL;
        for (int i = 0; i < t->n_items; i++)
                if (t->items[i].n_failures > 0 && (!newest || t->items[i].said_at_s > newest->said_at_s))
                        newest = &t->items[i];
        return newest ? newest->text : NULL;
}
