/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/troubles.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "daemon/log.h"
#include "util/list.h"
#include "util/scope.h"
#include "util/text.h"

enum { SAY_AGAIN_S = 3600 };

void troubles_done(struct troubles *t) {
        for (size_t i = 0; i < t->n_items; i++)
                free(t->items[i].subject);
        free(t->items);
        *t = (struct troubles){.tag = t->tag};
}

static struct trouble *find(const struct troubles *t, const char *operation, const char *subject) {
        for (size_t i = 0; i < t->n_items; i++)
                if (strcmp(t->items[i].operation, operation) == 0 && text_same(t->items[i].subject, subject))
                        return &t->items[i];
        return NULL;
}

/* NULL when out of memory. */
static struct trouble *find_or_add(struct troubles *t, const char *operation, const char *subject) {
        struct trouble *found = find(t, operation, subject);
        if (found)
                return found;
        SCOPED(free) char *copy = strdup(text_or_empty(subject));
        struct trouble *fresh = copy ? LIST_ADD(t->items, t->n_items, t->items_size) : NULL;
        if (!fresh)
                return NULL;
        fresh->operation = operation;
        fresh->subject = TAKE(copy);
        return fresh;
}

static void drop(struct troubles *t, struct trouble *trouble) {
        free(trouble->subject);
        *trouble = t->items[--t->n_items];
}

int64_t troubles_failed(struct troubles *t, const char *operation, const char *subject, const struct err *err,
                        int64_t now_s) {
        struct trouble *trouble = find_or_add(t, operation, subject);
        bool is_news = !trouble || strcmp(trouble->text, err->text) != 0 || now_s - trouble->said_at_s >= SAY_AGAIN_S;
        log_line(is_news ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG, "%s: %s%s%s", t->tag, subject ? subject : "",
                 subject ? ": " : "", err->text);
        if (trouble) {
                trouble->n_failures++;
                trouble->failed_at_s = now_s;
                if (is_news)
                        trouble->said_at_s = now_s;
                text_copy(trouble->text, sizeof trouble->text, err->text);
        }
        bool is_refused = err->code == -EACCES || err->code == -EINVAL;
        return is_refused ? now_s + REFUSED_PAUSE_S : now_s;
}

void troubles_ended(struct troubles *t, const char *operation, const char *subject) {
        struct trouble *trouble = find(t, operation, subject);
        if (!trouble)
                return;
        if (trouble->n_failures > 0)
                log_notice("%s: %s%s%s: works again after %" PRId64 " failure%s", t->tag, subject ? subject : "",
                           subject ? ": " : "", operation, trouble->n_failures, trouble->n_failures == 1 ? "" : "s");
        drop(t, trouble);
}

void troubles_keep(struct troubles *t, bool (*is_known)(void *arg, const char *subject), void *arg) {
        for (size_t i = t->n_items; i-- > 0;)
                if (t->items[i].subject[0] && !is_known(arg, t->items[i].subject))
                        drop(t, &t->items[i]);
}

bool troubles_is_paused(const struct troubles *t, const char *operation, int64_t now_s) {
        const struct trouble *trouble = find(t, operation, NULL);
        return trouble && trouble->retry_at_s > now_s;
}

void troubles_pause(struct troubles *t, const char *operation, int64_t until_s) {
        struct trouble *trouble = find_or_add(t, operation, NULL);
        if (trouble)
                trouble->retry_at_s = until_s;
}

const char *troubles_text(const struct troubles *t) {
        const struct trouble *newest = NULL;
        for (size_t i = 0; i < t->n_items; i++)
                if (t->items[i].n_failures > 0 && (!newest || t->items[i].failed_at_s > newest->failed_at_s))
                        newest = &t->items[i];
        return newest ? newest->text : NULL;
}
