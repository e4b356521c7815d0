/* SPDX-License-Identifier: Apache-2.0 */
/* What can be said of a configuration after its last line only: what is missing, what does not fit together, a notifier's own keys. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "aws/endpoint.h"
#include "aws/profile.h"
#include "daemon/config_keys.h"
#include "daemon/config_reader.h"
#include "util/text.h"

enum { SECRET_BYTES_MAX = 64 << 10 };

static int read_secret(const char *path, char **ret, struct err *reterr) {
        SCOPED(fclose) FILE *file = fopen(path, "re");
        if (!file)
                return err_set(reterr, -errno, "cannot read %s: %s", path, strerror(errno));
        SCOPED(buf_wipe) struct buf text = BUF_INIT(SECRET_BYTES_MAX);
        char *to = buf_reserve(&text, SECRET_BYTES_MAX);
        if (!to)
                return -ENOMEM;
        text.len = fread(to, 1, SECRET_BYTES_MAX, file);
        to[text.len] = '\0';
        if (ferror(file))
                return err_set(reterr, -errno, "cannot read %s: %s", path, strerror(errno));
        if (fgetc(file) != EOF)
                return err_set(reterr, -EFBIG, "%s is longer than %d KiB", path, SECRET_BYTES_MAX >> 10);
        struct span value = span_trim(buf_span(&text));
        if (value.len == 0)
                return err_set(reterr, -EINVAL, "%s is empty", path);
        char *copy = span_dup(value);
        if (!copy)
                return -ENOMEM;
        text_wipe_free(*ret);
        *ret = copy;
        return 0;
}

static bool is_secret(const struct notifier *type, const char *key) {
        for (size_t i = 0; type->secrets[i]; i++)
                if (strcmp(type->secrets[i], key) == 0)
                        return true;
        return false;
}

/* Whether `name` is `key`, or key_file of a secret. */
static bool set_channel_key(struct reader *r, struct config_notifier *n, const struct pending_key *p) {
        for (size_t i = 0; n->type->keys[i]; i++) {
                const char *key = n->type->keys[i];
                size_t len = strlen(key);
                bool is_file = is_secret(n->type, key) && strncmp(p->name, key, len) == 0 &&
                               strcmp(p->name + len, "_file") == 0;
                if (!is_file && strcmp(p->name, key) != 0)
                        continue;
                struct err err = {0};
                int result = is_file ? read_secret(p->value, &n->channel.values[i], &err)
                                     : text_replace(&n->channel.values[i], p->value);
                if (result == -ENOMEM)
                        r->failed = result;
                else if (result < 0)
                        reader_fault(r, p->line, "%s: %s", p->name, err.text);
                return true;
        }
        return false;
}

static void report_unknown_channel_key(struct reader *r, const struct config_notifier *n, const struct pending_key *p) {
        const char *names[32];
        size_t count = 0;
        for (const struct config_key *k = config_sections[SECTION_NOTIFIER].keys; k->name; k++)
                names[count++] = k->name;
        for (size_t i = 0; n->type->keys[i] && count < ELEMENTS(names); i++)
                names[count++] = n->type->keys[i];
        const char *meant = text_nearest(p->name, names, count);
        reader_fault(r, p->line, "unknown key %s for type %s%s%s%s", p->name, n->type->type,
                     meant ? ": did you mean " : "", meant ? meant : "", meant ? "?" : "");
}

static void report_unknown_type(struct reader *r, const struct config_notifier *n, int line) {
        const char *names[32];
        size_t count = 0;
        while (count < ELEMENTS(names) && notifiers[count]) {
                names[count] = notifiers[count]->type;
                count++;
        }
        const char *meant = text_nearest(n->type_name, names, count);
        reader_fault(r, line, "[notifier %s]: unknown type %s%s%s%s", n->name, n->type_name,
                     meant ? ": did you mean " : "", meant ? meant : "", meant ? "?" : "");
}

/* Where the key stands that the fault begins with (it may be in a file), else where the section begins. */
static int line_of_fault(const struct reader *r, size_t notifier, const char *fault) {
        size_t len = strcspn(fault, " ");
        for (size_t i = 0; i < r->n_pending; i++) {
                const struct pending_key *p = &r->pending[i];
                if (p->notifier == notifier && strncmp(p->name, fault, len) == 0 &&
                    (!p->name[len] || strcmp(p->name + len, "_file") == 0))
                        return p->line;
        }
        return r->notifier_lines[notifier];
}

static void finish_notifier(struct reader *r, size_t index) {
        struct config_notifier *n = &r->config->notifiers[index];
        int line = r->notifier_lines[index];
        n->type = n->type_name ? notifier_find(n->type_name) : NULL;
        if (!n->type_name)
                reader_fault(r, line, "[notifier %s]: type is missing: type = slack (or sns ...)", n->name);
        else if (!n->type)
                report_unknown_type(r, n, r->type_lines[index]);
        if (!n->type)
                return;
        size_t n_keys = 0;
        while (n->type->keys[n_keys])
                n_keys++;
        n->channel = (struct channel){
                .type = n->type->type, .keys = n->type->keys, .values = calloc(n_keys + 1, sizeof(char *))};
        if (!n->channel.values || text_replace(&n->channel.name, n->name) < 0) {
                r->failed = -ENOMEM;
                return;
        }
        size_t faults_before = r->faults->n;
        for (size_t i = 0; i < r->n_pending; i++)
                if (r->pending[i].notifier == index && !set_channel_key(r, n, &r->pending[i]))
                        report_unknown_channel_key(r, n, &r->pending[i]);
        if (n->heartbeat_s > 0 && !n->type->takes_heartbeats)
                reader_fault(r, line, "[notifier %s]: heartbeat: %s takes none: use a webhook or sns", n->name,
                             n->type->type);
        struct err err = {0};
        if (r->faults->n == faults_before && n->type->check(&n->channel, &err) < 0)
                reader_fault(r, line_of_fault(r, index, err.text), "[notifier %s]: %s", n->name, err.text);
}

static void finish_maintenance(struct reader *r) {
        for (size_t i = 0; i < r->config->n_maintenance; i++) {
                struct config_maintenance *m = &r->config->maintenance[i];
                if (!m->applications)
                        reader_fault(r, m->line, "[maintenance %s]: applications is missing: applications = orders-*",
                                     m->name);
                if (!m->schedule)
                        reader_fault(r, m->line,
                                     "[maintenance %s]: schedule is missing: schedule = Mon..Fri 03:00-05:00 UTC",
                                     m->name);
                else
                        schedule_parse(span_of(m->schedule), &m->when,
                                       NULL); /* a fault in it was reported with its line */
        }
}

void reader_finish_judging(struct reader *r) {
        finish_maintenance(r);
}

/* The region of a target that names none. */
static void find_region(struct reader *r, struct config_target *t, int line) {
        SCOPED(aws_environment_done) struct aws_environment environment = {0};
        SCOPED(aws_profiles_free) struct aws_profiles *profiles = NULL;
        if (aws_environment_capture(&environment) < 0) {
                r->failed = -ENOMEM;
                return;
        }
        aws_profiles_load(&environment, &profiles, NULL); /* files that cannot be read name no region */
        const char *region = aws_region(&environment, profiles, t->profile);
        if (!region)
                reader_fault(r, line, "[target %s]: region is missing: region = eu-west-1", t->name);
        else if (!aws_region_is_valid(region))
                reader_fault(r, line, "[target %s]: \"%.80s\" is not an AWS region such as eu-west-1", t->name, region);
        else if (text_replace(&t->region, region) < 0)
                r->failed = -ENOMEM;
}

void reader_finish(struct reader *r) {
        struct config *c = r->config;
        if (c->n_targets == 0 && r->faults->n == 0)
                reader_fault(r, r->line > 0 ? r->line : 1,
                             "no [target NAME] section: at least one is needed, with its region");
        for (size_t i = 0; i < c->n_targets; i++) {
                struct config_target *t = &c->targets[i];
                if (!t->region)
                        find_region(r, t, r->target_lines[i]);
                if (t->external_id && !t->role_arn)
                        reader_fault(r, r->target_lines[i], "[target %s]: external_id without role_arn", t->name);
                if (!t->applications && text_replace(&t->applications, "*") < 0)
                        r->failed = -ENOMEM;
        }
        finish_maintenance(r);
        for (size_t i = 0; i < c->n_notifiers && !r->failed; i++) {
                if (!c->notifiers[i].applications && text_replace(&c->notifiers[i].applications, "*") < 0)
                        r->failed = -ENOMEM;
                finish_notifier(r, i);
        }
}
