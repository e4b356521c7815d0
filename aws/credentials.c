/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/credentials.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/provider.h"
#include "aws/skew.h"
#include "util/text.h"
#include "util/timefmt.h"

enum {
        WINDOW_MAX_S = 15 * 60, /* before expiry, when a refresh should begin: botocore's advisory window */
        LAST_MINUTE_S = 60,     /* the margin of keys that live longer than a few minutes */
        REJECT_EVERY_S = 60,
        STUCK_S = 300,           /* a refresh that got no reply for so long has been forgotten by its driver */
        STALE_RETRY_MIN_S = 120, /* instance metadata that gives expired keys is asked again after 2 to 10 minutes */
        STALE_RETRY_SPREAD_S = 480,
        SOON_FIRST_S = 1,
        SOON_MAX_S = 60, /* after a passing failure, nothing valid */
        WAIT_FIRST_S = 15,
        WAIT_MAX_S = 300, /* after a refusal, or while older keys are valid */
};

struct credentials {
        char *profile, *role_arn, *external_id, *session_name, *region;
        const struct aws_environment *environment;
        struct provider *plan; /* of the next or the running refresh */
        struct aws_keys keys;
        char *origin;           /* describes the plan */
        struct clock_skew skew; /* of those who give keys: their times are in theirs */
        int64_t usable_until_s; /* 0: no keys; INT64_MAX: no end */
        int64_t margin_s;       /* before usable_until_s they are not handed out while better ones may come */
        int64_t due_at_s;
        int64_t started_at_s; /* of the running refresh */
        int64_t rejected_at_s;
        uint32_t failures; /* in a row */
        bool is_running, is_rejected, is_planned;
        uint32_t chance; /* jitter: differs between processes because their keys do */
        struct err last; /* of the last failure */
};

void credentials_free(struct credentials *c) {
        if (!c)
                return;
        free(c->profile);
        free(c->role_arn);
        free(c->external_id);
        free(c->session_name);
        free(c->region);
        free(c->origin);
        provider_free(c->plan);
        aws_keys_done(&c->keys);
        free(c);
}

static void stir(uint32_t *chance, const char *text) {
        for (; text && *text; text++)
                *chance = (*chance ^ (unsigned char)*text) * 16777619u;
        *chance = (*chance ^ 0x5bu) * 16777619u;
}

/* 0 to 1 */
static double jitter(struct credentials *c) {
        stir(&c->chance, NULL);
        return (double)(c->chance >> 8) / (double)(1u << 24);
}

static int plan_role(struct credentials *c, const struct provider_context *context, struct provider **plan,
                     struct err *err) {
        const struct role role = {.arn = c->role_arn, .external_id = c->external_id, .session_name = c->session_name};
        return provider_assume_role_new(context, NULL, &role, TAKE(*plan), plan, err);
}

/* Reads the files and chooses the source. */
static int make_plan(struct credentials *c, struct err *err) {
        SCOPED(aws_profiles_free) struct aws_profiles *profiles = NULL;
        SCOPED(provider_free) struct provider *plan = NULL;
        SCOPED(buf_done) struct buf origin = BUF_INIT(16 << 10);
        int r = aws_profiles_load(c->environment, &profiles, err);
        if (r < 0)
                return r;
        const struct provider_context context = {
                .environment = c->environment,
                .profiles = profiles,
                .profile = c->profile ? c->profile : aws_profile_selected(c->environment),
                .region = c->region,
                .session_name = c->session_name,
        };
        r = chain_plan(&context, c->profile != NULL, &plan, err);
        if (r == 0 && c->role_arn)
                r = plan_role(c, &context, &plan, err);
        if (r < 0)
                return r;
        plan->class->describe(plan, &origin);
        char *text = buf_steal(&origin);
        if (!text)
                return err_set(err, -ENOMEM, "credentials: out of memory");
        free(c->origin);
        c->origin = text;
        provider_free(c->plan);
        c->plan = TAKE(plan);
        c->is_planned = true;
        return 0;
}

static int copy_option(char **to, const char *from) {
        return from && *from ? text_replace(to, from) : 0;
}

int credentials_new(const struct credentials_options *o, struct credentials **ret, struct err *err) {
        SCOPED(credentials_free) struct credentials *c = calloc(1, sizeof *c);
        if (!c || copy_option(&c->profile, o->profile) < 0 || copy_option(&c->role_arn, o->role_arn) < 0 ||
            copy_option(&c->external_id, o->external_id) < 0 || copy_option(&c->session_name, o->session_name) < 0 ||
            copy_option(&c->region, o->region) < 0)
                return err_set(err, -ENOMEM, "credentials: out of memory");
        c->environment = o->environment;
        c->chance = 2166136261u;
        c->rejected_at_s = INT64_MIN;
        c->due_at_s = INT64_MIN;
        stir(&c->chance, c->profile);
        stir(&c->chance, c->role_arn);
        int r = make_plan(c, err);
        if (r < 0)
                return r;
        *ret = TAKE(c);
        return 0;
}

static int64_t true_time_s(const struct credentials *c, int64_t now_s) {
        return now_s + clock_skew_ms(&c->skew) / 1000;
}

const struct aws_keys *credentials_peek(const struct credentials *c, int64_t now_s) {
        int64_t margin_s = c->failures > 0 || c->usable_until_s == INT64_MAX ? 0 : c->margin_s;
        if (!c->keys.access_key_id || c->is_rejected || true_time_s(c, now_s) >= c->usable_until_s - margin_s)
                return NULL;
        return &c->keys;
}

bool credentials_is_due(const struct credentials *c, int64_t now_s) {
        if (c->is_running)
                return now_s - c->started_at_s >= STUCK_S;
        return true_time_s(c, now_s) >= c->due_at_s;
}

/* A refresh begins 15 minutes or a third of their life before the keys expire, up to a fifth of that later by chance, and always before
 * the margin: who waits for keys waits for a refresh. */
static void plan_refresh(struct credentials *c, int64_t expires_at_s, int64_t now_s) {
        int64_t window_s = (expires_at_s - now_s) / 3;
        if (window_s > WINDOW_MAX_S)
                window_s = WINDOW_MAX_S;
        c->usable_until_s = expires_at_s;
        c->margin_s = window_s / 2 < LAST_MINUTE_S ? window_s / 2 : LAST_MINUTE_S;
        c->due_at_s = expires_at_s - window_s + (int64_t)(jitter(c) * (double)window_s / 5);
}

static int accept(struct credentials *c, struct aws_keys *keys, bool keeps_stale, int64_t now_s, struct err *err) {
        bool is_stale = keys->expires_at_s != 0 && keys->expires_at_s <= now_s + (keeps_stale ? LAST_MINUTE_S : 0);
        if (is_stale && !keeps_stale) {
                char when[TIME_TEXT_MAX];
                time_rfc3339(keys->expires_at_s, when);
                return err_set(err, -EKEYEXPIRED, "%.150s: the keys expired at %s", c->origin, when);
        }
        aws_keys_done(&c->keys);
        c->keys = *keys;
        *keys = (struct aws_keys){0};
        stir(&c->chance, c->keys.access_key_id);
        if (is_stale) {
                c->usable_until_s = INT64_MAX;
                c->due_at_s = now_s + STALE_RETRY_MIN_S + (int64_t)(jitter(c) * STALE_RETRY_SPREAD_S);
        } else if (c->keys.expires_at_s == 0) {
                c->usable_until_s = c->due_at_s = INT64_MAX;
        } else {
                plan_refresh(c, c->keys.expires_at_s, now_s);
        }
        c->failures = 0;
        c->last = (struct err){0};
        return 0;
}

static int64_t backoff_s(struct credentials *c, bool is_passing, int64_t left_s) {
        bool is_urgent = is_passing && left_s <= 0;
        int64_t first = is_urgent ? SOON_FIRST_S : WAIT_FIRST_S, max = is_urgent ? SOON_MAX_S : WAIT_MAX_S;
        int64_t delay = c->failures < 10 ? first << (c->failures - 1) : max;
        if (delay > max)
                delay = max;
        /* tries come closer together towards the end of the older keys */
        if (left_s > 0 && delay > left_s / 2)
                delay = left_s / 2;
        delay += (int64_t)(jitter(c) * (double)delay / 4);
        return delay > 0 ? delay : 1;
}

static void note_failure(struct credentials *c, int code, int64_t now_s, struct err *err) {
        bool has_keys = c->keys.access_key_id && now_s < c->usable_until_s;
        int64_t left_s = !has_keys ? 0 : c->usable_until_s == INT64_MAX ? WAIT_MAX_S * 2 : c->usable_until_s - now_s;
        c->failures++;
        c->due_at_s = now_s + backoff_s(c, code == -EAGAIN, left_s);
        if (has_keys && c->usable_until_s != INT64_MAX) {
                char until[TIME_TEXT_MAX];
                time_rfc3339(c->usable_until_s, until);
                err_prefix(err, "keys not refreshed, the older ones stay until %s", until);
        }
        c->last = *err;
}

static int finish(struct credentials *c, int result, struct aws_keys *keys, int64_t now_s, struct err *err) {
        bool keeps_stale = c->plan && c->plan->keeps_stale;
        if (result == 0)
                result = accept(c, keys, keeps_stale, now_s, err);
        c->is_running = c->is_rejected = c->is_planned = false;
        if (result < 0)
                note_failure(c, result, now_s, err);
        return result;
}

int credentials_step(struct credentials *c, const struct http_reply *reply, int64_t now_s,
                     struct http_request *ret_request, struct err *ret_err) {
        SCOPED(aws_keys_done) struct aws_keys keys = {0};
        struct err err = {0};
        int r = 0;
        if (!reply) {
                /* the plan that credentials_new made is as good as new */
                if (!c->is_planned || c->is_running)
                        r = make_plan(c, &err);
                c->is_running = true;
                c->started_at_s = now_s;
        } else if (!c->is_running) {
                return err_set(ret_err, -EINVAL, "credentials: a reply without a refresh");
        } else {
                clock_skew_update(&c->skew, reply->sent_at_ms, reply->received_at_ms, reply);
        }
        int64_t true_s = true_time_s(c, now_s);
        if (r == 0)
                r = c->plan->class->step(c->plan, reply, true_s, ret_request, &keys, &err);
        if (r == STEP_SEND) {
                c->started_at_s = now_s;
                return r;
        }
        r = finish(c, r, &keys, true_s, &err);
        if (r < 0 && ret_err)
                *ret_err = err;
        return r;
}

void credentials_reject(struct credentials *c, int64_t now_s) {
        if (c->is_running || !c->keys.access_key_id)
                return;
        if (c->rejected_at_s != INT64_MIN && now_s - c->rejected_at_s < REJECT_EVERY_S && now_s >= c->rejected_at_s)
                return;
        c->rejected_at_s = now_s;
        c->is_rejected = true;
        c->due_at_s = true_time_s(c, now_s);
}

int64_t credentials_expires_at_s(const struct credentials *c) {
        return c->keys.expires_at_s;
}

bool credentials_is_role(const char *arn) {
        return strncmp(arn, "arn:aws", 7) == 0 && strstr(arn, ":iam::") && strstr(arn, ":role/");
}

void credentials_describe(const struct credentials *c, struct buf *out) {
        char when[TIME_TEXT_MAX];
        buf_put_str(out, c->origin);
        if (!c->keys.access_key_id) {
                buf_put_str(out, "; no keys yet");
        } else if (c->keys.expires_at_s == 0) {
                buf_put_str(out, "; keys do not expire");
        } else {
                time_rfc3339(c->keys.expires_at_s, when);
                buf_printf(out, "; keys expire at %s", when);
        }
        if (c->failures > 0)
                buf_printf(out, "; last refresh failed: %s", c->last.text);
}
