/* SPDX-License-Identifier: Apache-2.0 */
#include "model/delivery.h"

#include <string.h>

#include "util/text.h"

const char *channel_value(const struct channel *c, const char *key) {
        for (size_t i = 0; c->keys[i]; i++)
                if (strcmp(c->keys[i], key) == 0)
                        return c->values[i];
        return NULL;
}

bool channel_has_key(const struct channel *c, const char *key) {
        for (size_t i = 0; c->keys[i]; i++)
                if (strcmp(c->keys[i], key) == 0)
                        return true;
        return false;
}

void channel_done(struct channel *c) {
        for (size_t i = 0; c->values && c->keys[i]; i++)
                text_wipe_free(c->values[i]);
        free(c->values);
        free(c->name);
        *c = (struct channel){0};
}

void delivery_done(struct delivery *d) {
        free(d->notifier);
        incident_done(&d->incident);
        *d = (struct delivery){0};
}

void delivery_write(struct jsonw *w, const struct delivery *d) {
        jsonw_object(w);
        jsonw_member_int(w, "version", 1);
        jsonw_member_string(w, "event", incident_event_name(d->event));
        jsonw_member_string(w, "delivery_id", d->delivery_id);
        jsonw_key(w, "incident");
        incident_write(w, &d->incident);
        jsonw_object_end(w);
}
