/* SPDX-License-Identifier: Apache-2.0 */
/* Statements are grouped by what their resources look like: that decides which actions stand together. */
#include "daemon/policy.h"

#include <errno.h>

#include "aws/endpoint.h"
#include "collectors/collectors.h"
#include "util/list.h"
#include "util/text.h"

enum {
        RESOURCE_MAX_BYTES = 4096,
        /* A managed policy may have 6,144 characters: more log groups than this are allowed as "all". */
        ODD_LOG_GROUPS_MAX = 20,
        ACTIONS_MAX = 64,
};

enum form { FORM_ANY, FORM_APPLICATION, FORM_LOG_GROUP, FORM_TOPIC, FORM_ROLE, FORMS };

/* A list of texts without repeats. */
struct texts {
        char **items;
        size_t n, size;
};

struct document {
        char *profile, *role_arn; /* NULL: not set */
        struct texts used_by;
        struct texts resources[FORMS];
};

struct policy {
        struct document *documents;
        size_t n_documents, documents_size;
};

static void texts_done(struct texts *t) {
        for (size_t i = 0; i < t->n; i++)
                free(t->items[i]);
        free(t->items);
}

static int add_text(struct texts *t, const char *text) {
        for (size_t i = 0; i < t->n; i++)
                if (strcmp(t->items[i], text) == 0)
                        return 0;
        char *copy = strdup(text), **slot = copy ? LIST_ADD(t->items, t->n, t->size) : NULL;
        if (!slot) {
                free(copy);
                return -ENOMEM;
        }
        *slot = copy;
        return 0;
}

static int add_format(struct texts *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int add_format(struct texts *t, const char *format, ...) {
        SCOPED(buf_done) struct buf text = BUF_INIT(RESOURCE_MAX_BYTES);
        va_list args;
        va_start(args, format);
        buf_vprintf(&text, format, args);
        va_end(args);
        return text.failed ? text.failed : add_text(t, buf_str(&text));
}

struct span policy_arn_part(const char *arn, size_t part) {
        struct span rest = span_of(text_or_empty(arn)), found = {"", 0};
        for (size_t i = 0; i <= part && rest.data; i++)
                found = i == 5 ? rest : span_split(&rest, ':');
        return span_starts(span_of(text_or_empty(arn)), SPAN("arn:")) && (part == 5 || rest.data) ? found : SPAN("");
}

static enum form form_of(const char *action) {
        struct span a = span_of(action);
        /* Listing names no application, so it cannot be allowed for one. */
        if (span_is(a, "kinesisanalytics:ListApplications"))
                return FORM_ANY;
        if (span_starts(a, SPAN("kinesisanalytics:")))
                return FORM_APPLICATION;
        if (span_starts(a, SPAN("logs:")))
                return FORM_LOG_GROUP;
        if (span_starts(a, SPAN("sns:")))
                return FORM_TOPIC;
        return span_is(a, "sts:AssumeRole") ? FORM_ROLE : FORM_ANY;
}

/* `name` is the last part of the ARN; a glob there means to IAM what it means to us. */
static void put_resource(struct buf *out, enum form form, const struct policy_place *place, const char *name) {
        const char *partition = aws_partition(place->region)->id, *account = place->account ? place->account : "*";
        if (form == FORM_APPLICATION)
                buf_printf(out, "arn:%s:kinesisanalytics:%s:%s:application/%s", partition, place->region, account,
                           name);
        else if (form == FORM_LOG_GROUP)
                buf_printf(out, "arn:%s:logs:%s:%s:log-group:%s:*", partition, place->region, account, name);
        else
                buf_put_str(out, form == FORM_ANY ? "*" : name);
}

static int add_resource(struct texts *t, enum form form, const struct policy_place *place, const char *name) {
        SCOPED(buf_done) struct buf text = BUF_INIT(RESOURCE_MAX_BYTES);
        put_resource(&text, form, place, name);
        return text.failed ? text.failed : add_text(t, buf_str(&text));
}

/* One as a string, several as an array, as people write policies. */
static void write_texts(struct jsonw *w, const char *key, const char *const *items, size_t n) {
        jsonw_key(w, key);
        if (n == 1) {
                jsonw_string(w, items[0]);
                return;
        }
        jsonw_array(w);
        for (size_t i = 0; i < n; i++)
                jsonw_string(w, items[i]);
        jsonw_array_end(w);
}

static void write_statement(struct jsonw *w, const char *const *actions, size_t n_actions, const char *const *resources,
                            size_t n_resources) {
        jsonw_object(w);
        jsonw_member_string(w, "Effect", "Allow");
        write_texts(w, "Action", actions, n_actions);
        write_texts(w, "Resource", resources, n_resources);
        jsonw_object_end(w);
}

void policy_statement(struct buf *out, const char *action, const struct policy_place *place, const char *name) {
        SCOPED(buf_done) struct buf resource = BUF_INIT(RESOURCE_MAX_BYTES);
        struct jsonw w = JSONW(out);
        put_resource(&resource, form_of(action), place, name ? name : "*");
        const char *text = buf_str(&resource);
        if (resource.failed)
                out->failed = resource.failed;
        else
                write_statement(&w, &action, 1, &text, 1);
}

int policy_new(struct policy **ret) {
        struct policy *p = calloc(1, sizeof *p);
        if (!p)
                return -ENOMEM;
        *ret = p;
        return 0;
}

void policy_free(struct policy *p) {
        if (!p)
                return;
        for (size_t i = 0; i < p->n_documents; i++) {
                struct document *d = &p->documents[i];
                free(d->profile);
                free(d->role_arn);
                texts_done(&d->used_by);
                for (size_t form = 0; form < FORMS; form++)
                        texts_done(&d->resources[form]);
        }
        free(p->documents);
        free(p);
}

static struct document *document_of(struct policy *p, const char *profile, const char *role_arn) {
        for (size_t i = 0; i < p->n_documents; i++)
                if (text_same(p->documents[i].profile, profile) && text_same(p->documents[i].role_arn, role_arn))
                        return &p->documents[i];
        struct document *d = LIST_ADD(p->documents, p->n_documents, p->documents_size);
        if (!d || text_replace(&d->profile, profile) < 0 || text_replace(&d->role_arn, role_arn) < 0)
                return NULL;
        return d;
}

/* The document of whoever does the work; who assumes a role for it must be allowed to. *ret stays right until the next call. */
static int enlist(struct policy *p, const char *user, const char *name, const char *profile, const char *role_arn,
                  struct document **ret) {
        int r = 0;
        if (role_arn) {
                struct document *source = document_of(p, profile, NULL);
                r = source ? add_text(&source->resources[FORM_ROLE], role_arn) : -ENOMEM;
                if (r == 0)
                        r = add_format(&source->used_by, "%s %s", user, name);
        }
        struct document *d = r == 0 ? document_of(p, profile, role_arn) : NULL;
        if (d)
                r = add_format(&d->used_by, "%s %s", user, name);
        *ret = d;
        return r < 0 ? r : d ? 0 : -ENOMEM;
}

/* Applications that the globs choose, and the log groups that MSF gives them. What they leave out with "!" stays allowed: only a Deny
 * could say that, and it would bind everything else that uses the identity, too. */
static int add_globs(struct document *d, const struct policy_target *t) {
        struct span rest = span_of(text_or_empty(t->applications));
        size_t n_added = 0;
        int r = 0;
        while (r == 0 && rest.data) {
                struct span item = span_trim(span_split(&rest, ','));
                if (item.len == 0 || item.data[0] == '!')
                        continue;
                SCOPED(free) char *glob = span_dup(item);
                SCOPED(buf_done) struct buf group = BUF_INIT(RESOURCE_MAX_BYTES);
                buf_printf(&group, "/aws/kinesis-analytics/%s", glob ? glob : "");
                r = glob && !group.failed
                            ? add_resource(&d->resources[FORM_APPLICATION], FORM_APPLICATION, &t->place, glob)
                            : -ENOMEM;
                if (r == 0)
                        r = add_resource(&d->resources[FORM_LOG_GROUP], FORM_LOG_GROUP, &t->place, buf_str(&group));
                n_added++;
        }
        if (r < 0 || n_added > 0)
                return r;
        r = add_resource(&d->resources[FORM_APPLICATION], FORM_APPLICATION, &t->place, "*");
        return r < 0 ? r
                     : add_resource(&d->resources[FORM_LOG_GROUP], FORM_LOG_GROUP, &t->place,
                                    "/aws/kinesis-analytics/*");
}

static bool is_usual_group(const char *group, const char *application) {
        static const char prefix[] = "/aws/kinesis-analytics/";
        return strncmp(group, prefix, sizeof prefix - 1) == 0 && strcmp(group + sizeof prefix - 1, application) == 0;
}

/* Applications that log elsewhere. */
static int add_odd_log_groups(struct document *d, const struct policy_target *t) {
        size_t n_odd = 0;
        int r = 0;
        for (size_t i = 0; t->known && i < t->known->n_rows; i++) {
                const struct application *a = &t->known->rows[i];
                n_odd += a->log_group && !is_usual_group(a->log_group, a->name);
        }
        if (n_odd > ODD_LOG_GROUPS_MAX)
                return add_resource(&d->resources[FORM_LOG_GROUP], FORM_LOG_GROUP, &t->place, "*");
        for (size_t i = 0; r == 0 && t->known && i < t->known->n_rows; i++) {
                const struct application *a = &t->known->rows[i];
                if (a->log_group && !is_usual_group(a->log_group, a->name))
                        r = add_resource(&d->resources[FORM_LOG_GROUP], FORM_LOG_GROUP, &t->place, a->log_group);
        }
        return r;
}

int policy_add_target(struct policy *p, const struct policy_target *t) {
        struct document *d = NULL;
        int r = enlist(p, "target", t->name, t->profile, t->role_arn, &d);
        if (r == 0)
                r = add_text(&d->resources[FORM_ANY], "*");
        if (r == 0)
                r = add_globs(d, t);
        return r < 0 ? r : add_odd_log_groups(d, t);
}

int policy_add_topic(struct policy *p, const char *notifier, const char *profile, const char *role_arn,
                     const char *topic_arn) {
        struct document *d = NULL;
        int r = enlist(p, "notifier", notifier, profile, role_arn, &d);
        return r < 0 ? r : add_text(&d->resources[FORM_TOPIC], topic_arn);
}

size_t policy_count(const struct policy *p) {
        return p->n_documents;
}

static size_t list_actions(enum form form, const char *to[ACTIONS_MAX]) {
        size_t n = 0;
        for (const struct collector *const *c = collectors; *c; c++)
                for (const char *const *action = (*c)->actions; *action && n < ACTIONS_MAX; action++)
                        if (form_of(*action) == form)
                                to[n++] = *action;
        if (form == FORM_TOPIC)
                to[n++] = "sns:Publish";
        if (form == FORM_ROLE)
                to[n++] = "sts:AssumeRole";
        return n;
}

static void write_identity(struct jsonw *w, const struct document *d) {
        SCOPED(buf_done) struct buf name = BUF_INIT(RESOURCE_MAX_BYTES);
        if (d->role_arn)
                buf_printf(&name, "role %s", d->role_arn);
        else if (d->profile)
                buf_printf(&name, "profile %s", d->profile);
        else
                buf_put_str(&name, "default credentials");
        if (name.failed)
                w->out->failed = name.failed;
        jsonw_member_string(w, "identity", buf_str(&name));
        jsonw_key(w, "used_by");
        jsonw_array(w);
        for (size_t i = 0; i < d->used_by.n; i++)
                jsonw_string(w, d->used_by.items[i]);
        jsonw_array_end(w);
}

void policy_write(const struct policy *p, size_t i, struct jsonw *w) {
        const struct document *d = &p->documents[i];
        jsonw_object(w);
        write_identity(w, d);
        jsonw_key(w, "policy");
        jsonw_object(w);
        jsonw_member_string(w, "Version", "2012-10-17");
        jsonw_key(w, "Statement");
        jsonw_array(w);
        for (size_t form = 0; form < FORMS; form++) {
                const char *actions[ACTIONS_MAX + 1];
                const struct texts *resources = &d->resources[form];
                if (resources->n > 0)
                        write_statement(w, actions, list_actions((enum form)form, actions),
                                        (const char *const *)resources->items, resources->n);
        }
        jsonw_array_end(w);
        jsonw_object_end(w);
        jsonw_object_end(w);
}
