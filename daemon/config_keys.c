/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/config_keys.h"

#include <errno.h>
#include <sys/un.h>

#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "daemon/listen.h"
#include "model/param.h"
#include "util/number.h"
#include "util/text.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, SOCKET_PATH_MAX = sizeof((struct sockaddr_un){0}.sun_path) - 1 };

static const struct config_key daemon_keys[] = {
        {.name = "state_directory", KEY_NAME, offsetof(struct config, state_directory)},
        {.name = "socket", KEY_NAME, offsetof(struct config, socket), 0, SOCKET_PATH_MAX},
        {.name = "socket_group", KEY_NAME, offsetof(struct config, socket_group)},
        {.name = "log_level", KEY_LEVEL, offsetof(struct config, log_level)},
        {0},
};

/* 15 days: CloudWatch keeps one-minute points no longer. */
static const struct config_key polling_keys[] = {
        {.name = "interval", KEY_DURATION, offsetof(struct config, interval_s), 1, HOUR},
        {.name = "backfill", KEY_DURATION, offsetof(struct config, backfill_s), 0, 15 * DAY},
        {.name = "settle", KEY_DURATION, offsetof(struct config, settle_s), 0, HOUR},
        {.name = "monthly_budget_usd", KEY_BUDGET, offsetof(struct config, monthly_budget_usd)},
        {0},
};

static const struct config_key storage_keys[] = {
        {.name = "retention", KEY_DURATION, offsetof(struct config, retention_s), DAY, 3650 * (int64_t)DAY},
        {0},
};

static const struct config_key metrics_keys[] = {
        {.name = "listen", KEY_LISTEN, offsetof(struct config, metrics_listen)},
        {0},
};

static const struct config_key target_keys[] = {
        {.name = "region", KEY_REGION, offsetof(struct config_target, region)},
        {.name = "profile", KEY_NAME, offsetof(struct config_target, profile)},
        {.name = "role_arn", KEY_ROLE, offsetof(struct config_target, role_arn)},
        {.name = "external_id", KEY_NAME, offsetof(struct config_target, external_id)},
        {.name = "applications", KEY_NAME, offsetof(struct config_target, applications)},
        {0},
};

static const struct config_key application_keys[] = {
        {.name = "severity_cap", KEY_SEVERITY, offsetof(struct config_application, severity_cap)},
        {0},
};

static const struct config_key notifier_keys[] = {
        {.name = "type", KEY_NAME, offsetof(struct config_notifier, type_name)},
        {.name = "min_severity", KEY_SEVERITY, offsetof(struct config_notifier, min_severity)},
        {.name = "applications", KEY_NAME, offsetof(struct config_notifier, applications)},
        {.name = "repeat_interval", KEY_DURATION, offsetof(struct config_notifier, repeat_interval_s), 0, 7 * DAY},
        {.name = "digest_applications", KEY_COUNT, offsetof(struct config_notifier, digest_applications), 0, 1000},
        {.name = "digest_window", KEY_DURATION, offsetof(struct config_notifier, digest_window_s), 0, 10 * MINUTE},
        {.name = "rate_limit", KEY_COUNT, offsetof(struct config_notifier, rate_limit), 0, 3600},
        {.name = "heartbeat", KEY_DURATION, offsetof(struct config_notifier, heartbeat_s), 0, DAY},
        {0},
};

static const struct config_key maintenance_keys[] = {
        {.name = "applications", KEY_NAME, offsetof(struct config_maintenance, applications)},
        {.name = "schedule", KEY_SCHEDULE, offsetof(struct config_maintenance, schedule)},
        {0},
};

static const struct config_key no_keys[] = {{0}};

const struct config_section config_sections[N_SECTIONS] = {
        [SECTION_DAEMON] = {"daemon", false, daemon_keys},
        [SECTION_POLLING] = {"polling", false, polling_keys},
        [SECTION_STORAGE] = {"storage", false, storage_keys},
        [SECTION_METRICS] = {"metrics", false, metrics_keys},
        [SECTION_TARGET] = {"target", true, target_keys},
        [SECTION_DIAGNOSER] = {"diagnoser", true, no_keys},
        [SECTION_APPLICATION] = {"application", true, application_keys},
        [SECTION_NOTIFIER] = {"notifier", true, notifier_keys},
        [SECTION_MAINTENANCE] = {"maintenance", true, maintenance_keys},
};

static int set_duration(const struct config_key *key, int64_t *slot, struct span text, struct err *reterr) {
        const struct param row = {key->name, PARAM_DURATION, 0, (double)key->min_s, (double)key->max_s, NULL};
        double value;
        int r = param_parse(&row, text, &value, reterr);
        if (r == 0)
                *slot = (int64_t)value;
        return r;
}

static int set_count(const struct config_key *key, int64_t *slot, struct span text, struct err *reterr) {
        int64_t value;
        if (number_int64(text, &value) < 0 || value < key->min_s || value > key->max_s)
                return err_set(reterr, -EINVAL, "%s = %.*s: expected a number from %lld to %lld", key->name,
                               (int)text.len, text.data, (long long)key->min_s, (long long)key->max_s);
        *slot = value;
        return 0;
}

static int set_budget(const struct config_key *key, double *slot, struct span text, struct err *reterr) {
        if (span_is(text, "none")) {
                *slot = -1;
                return 0;
        }
        if (number_double(text, slot) < 0 || *slot < 0)
                return err_set(reterr, -EINVAL, "%s = %.*s: expected dollars a month, or none", key->name,
                               (int)text.len, text.data);
        return 0;
}

static int set_listen(char **slot, const char *name, const char *text, struct err *reterr) {
        struct listen_address address;
        struct err err = {0};
        int r = listen_parse(text, &address, &err);
        return r < 0 ? err_set(reterr, r, "%s = %s", name, err.text) : text_replace(slot, text);
}

static int check_name(const struct config_key *key, const char *text, struct err *reterr) {
        if (!text[0])
                return err_set(reterr, -EINVAL, "%s is empty: give a value or remove the line", key->name);
        if (key->max_s > 0 && strlen(text) > (size_t)key->max_s)
                return err_set(reterr, -EINVAL, "%s is longer than %lld bytes", key->name, (long long)key->max_s);
        if (key->kind == KEY_REGION && !aws_region_is_valid(text))
                return err_set(reterr, -EINVAL, "%s = %.80s: expected an AWS region such as eu-west-1", key->name,
                               text);
        if (key->kind == KEY_ROLE && !credentials_is_role(text))
                return err_set(reterr, -EINVAL, "%s = %.120s: expected arn:aws:iam::ACCOUNT:role/NAME", key->name,
                               text);
        return 0;
}

/* One with a fault is kept too: it is not also missing. */
static int set_name(const struct config_key *key, char **slot, const char *text, struct err *reterr) {
        int r = check_name(key, text, reterr), kept = text_replace(slot, text);
        return r < 0 ? r : kept;
}

static int set_schedule(char **slot, const char *text, struct err *reterr) {
        struct schedule when;
        int r = schedule_parse(span_of(text), &when, reterr), kept = text_replace(slot, text);
        return r < 0 ? r : kept;
}

int config_key_set(const struct config_key *key, void *base, const char *text, struct err *reterr) {
        void *slot = (char *)base + key->offset;
        struct span value = span_of(text);
        switch (key->kind) {
        case KEY_NAME:
        case KEY_REGION:
        case KEY_ROLE:
                return set_name(key, slot, text, reterr);
        case KEY_DURATION:
                return set_duration(key, slot, value, reterr);
        case KEY_LEVEL:
                if (log_level_parse(value, slot) < 0)
                        return err_set(reterr, -EINVAL, "%s = %s: expected debug, info, notice, warning or error",
                                       key->name, text);
                return 0;
        case KEY_SEVERITY:
                if (severity_parse(value, slot) < 0)
                        return err_set(reterr, -EINVAL, "%s = %s: expected info, warning or critical", key->name, text);
                return 0;
        case KEY_LISTEN:
                return set_listen(slot, key->name, text, reterr);
        case KEY_SCHEDULE:
                return set_schedule(slot, text, reterr);
        case KEY_COUNT:
                return set_count(key, slot, value, reterr);
        case KEY_BUDGET:
                return set_budget(key, slot, value, reterr);
        }
        return -EINVAL;
}
