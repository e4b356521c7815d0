/* SPDX-License-Identifier: Apache-2.0 */
/* What the answers show beside permissions: whose keys they are, whether the places fit together, what an application hides. */
#include <errno.h>

#include "aws/shlex.h"
#include "daemon/examination_inner.h"
#include "util/text.h"
#include "util/timefmt.h"

enum {
        MEND_MAX_BYTES = 8192,
        EXPIRES_SOON_S = 300,
        SKEW_WARNING_S = 60, /* is corrected, but shows that nobody sets the clock */
        SKEW_FAILED_S = 240, /* AWS refuses signatures 300 s off */
};

struct policy_place examination_place(const struct examination *x) {
        return (struct policy_place){x->region, x->account};
}

static bool is_unreached(const struct examination *x, const char *service) {
        return !client_service(x->client, service)->skew.is_known;
}

static void put_reach(const struct examination *x, const char *service, struct buf *out) {
        SCOPED(endpoint_done) struct endpoint e = {0};
        struct err err = {0};
        if (client_endpoint(x->client, service, NULL, NULL, &e, &err) < 0)
                buf_put_str(out, err.text);
        else if (e.is_custom)
                buf_printf(out, "let this machine reach %s, or correct AWS_ENDPOINT_URL and endpoint_url", e.url);
        else
                buf_printf(out,
                           "let this machine reach %s on port 443: by its route and firewall, by a VPC endpoint "
                           "com.amazonaws.%s.%s, or by HTTPS_PROXY",
                           e.host, x->region, service);
}

/* Nobody knows the name: a region that is written wrong has none. */
static void put_resolution(const struct examination *x, const char *service, struct buf *out) {
        SCOPED(endpoint_done) struct endpoint e = {0};
        int r = client_endpoint(x->client, service, NULL, NULL, &e, NULL);
        SCOPED(free) char *host = strndup(r < 0 ? service : e.host, strcspn(r < 0 ? service : e.host, ":"));
        buf_printf(out, "is %s right, and does this machine know the host (getent hosts ",
                   r == 0 && e.is_custom ? "AWS_ENDPOINT_URL or endpoint_url" : "the region's name");
        shlex_quote(out, text_or_empty(host));
        buf_put_str(out, ")? If not, mend its DNS or set HTTPS_PROXY");
}

static void put_authority(const struct examination *x, const char *service, struct buf *out) {
        SCOPED(endpoint_done) struct endpoint e = {0};
        const char *bundle = client_ca_bundle(x->client);
        int r = client_endpoint(x->client, service, NULL, NULL, &e, NULL);
        buf_printf(out, "AWS_CA_BUNDLE (or ca_bundle of the profile) must name a file with the authority of %s",
                   r < 0 ? service : e.host);
        if (bundle)
                buf_printf(out, "; it is %s now", bundle);
        buf_put_str(out, ". If a proxy opens TLS here, that is the proxy's authority");
}

static void put_keys(const struct examination *x, struct buf *out) {
        buf_put_str(out, "renew or replace the keys of: ");
        client_describe(x->client, out);
}

char *examination_mend(const struct examination *x, const char *action, const struct err *err, const char *service,
                       const char *name) {
        const int code = err->code;
        SCOPED(buf_done) struct buf text = BUF_INIT(MEND_MAX_BYTES);
        const struct policy_place place = examination_place(x);
        if (code == -EACCES && action)
                policy_statement(&text, action, &place, name);
        else if (code == -EACCES)
                buf_put_str(&text,
                            "this needs no permission, so something denies it: a service control policy, a permissions "
                            "boundary, or the policy of a VPC endpoint");
        else if (code == -EKEYREJECTED)
                put_keys(x, &text);
        else if (code == -EAGAIN)
                buf_put_str(&text, "run the doctor again in a minute");
        else if (code == -EIO && strstr(err->text, exchange_way_out(AWS_TRANSIENT, HTTP_FAULT_TLS)))
                put_authority(x, service, &text);
        else if (code == -EIO && strstr(err->text, exchange_way_out(AWS_TRANSIENT, HTTP_FAULT_RESOLVE)))
                put_resolution(x, service, &text);
        else if ((code == -EIO || code == -ETIMEDOUT) && is_unreached(x, service))
                put_reach(x, service, &text);
        else if (code == -EIO || code == -ETIMEDOUT)
                buf_put_str(
                        &text,
                        "the service is out of order: run the doctor again in a minute, and see https://health.aws.amazon.com");
        else if (code == -EPROTO)
                put_reach(x, service, &text);
        else
                buf_printf(&text, "check region = %s of [%s %s]", x->region, x->topic_arn ? "notifier" : "target",
                           x->name);
        return buf_steal(&text);
}

/* Credentials, role, identity. */

static void say_role(struct examination *x, const struct probe_result *r) {
        SCOPED(buf_done) struct buf mend = BUF_INIT(MEND_MAX_BYTES);
        const struct policy_place place = examination_place(x);
        static const char check[] = "sts:AssumeRole";
        if (!x->role_arn)
                return;
        if (x->has_keys) {
                doctor_say(&x->lines, VERDICT_OK, check, NULL, NULL, "%s is assumed", x->role_arn);
                return;
        }
        if (!r->err || !strstr(r->err->text, "role arn:")) {
                doctor_say(&x->lines, VERDICT_SKIPPED, check, NULL, NULL,
                           "not tried: there are no keys to assume it with");
                return;
        }
        policy_statement(&mend, check, &place, x->role_arn);
        doctor_say(&x->lines, VERDICT_FAILED, check, NULL, buf_str(&mend),
                   "%s: the identity that assumes it needs this statement, the role's trust policy must name that "
                   "identity, and external_id must be what that policy asks for",
                   r->err->text);
}

static void say_credentials(struct examination *x, const struct probe_result *r) {
        SCOPED(buf_done) struct buf source = BUF_INIT(MEND_MAX_BYTES);
        static const char check[] = "credentials";
        const struct aws_keys *keys = client_keys(x->client);
        int64_t now_s = loop_now_s(x->host.loop),
                left_s = keys && keys->expires_at_s > 0 ? keys->expires_at_s - now_s : INT64_MAX;
        client_describe(x->client, &source);
        if (!x->has_keys)
                doctor_say(
                        &x->lines, VERDICT_FAILED, check, NULL,
                        x->role_arn && r->err && strstr(r->err->text, "role arn:")
                                ? "see sts:AssumeRole"
                                : "give the daemon keys: an instance or task role, or a credentials file; flinkwatchd(8) lists "
                                  "all sources under ENVIRONMENT",
                        "%s", r->err && r->err->text[0] ? r->err->text : buf_str(&source));
        else if (left_s < EXPIRES_SOON_S)
                doctor_say(&x->lines, left_s < 0 ? VERDICT_FAILED : VERDICT_WARNING, check, NULL,
                           "renew the keys, or use a source that renews itself: a role, SSO, credential_process", "%s",
                           buf_str(&source));
        else
                doctor_say(&x->lines, strstr(buf_str(&source), "last refresh failed") ? VERDICT_WARNING : VERDICT_OK,
                           check, NULL, NULL, "%s", buf_str(&source));
}

void check_credentials(struct examination *x, const struct probe_result *r) {
        static const char check[] = "identity";
        say_credentials(x, r);
        say_role(x, r);
        if (r->result == 0) {
                doctor_say(&x->lines, VERDICT_OK, check, NULL, NULL, "%s in account %s", text_or_empty(x->arn),
                           text_or_empty(x->account));
        } else if (!x->has_keys) {
                doctor_say(&x->lines, VERDICT_SKIPPED, check, NULL, NULL, "not tried: there are no keys to ask with");
        } else {
                SCOPED(free) char *mend = examination_mend(x, NULL, r->err, "sts", NULL);
                doctor_say(&x->lines, r->result == -EAGAIN ? VERDICT_WARNING : VERDICT_FAILED, check, NULL, mend, "%s",
                           r->err->text);
        }
}

/* Places. */

/* The first ARN that lies in another partition than the region. */
static bool check_partition(struct examination *x, const char *what, const char *arn) {
        const char *partition = aws_partition(x->region)->id;
        struct span found = policy_arn_part(arn, 1);
        if (!arn || found.len == 0 || span_is(found, partition))
                return true;
        doctor_say(&x->lines, VERDICT_FAILED, "region", NULL,
                   "use a region and an identity of the same partition: their keys are not valid in another",
                   "region %s is of partition %s, but %s %s is of %.*s", x->region, partition, what, arn,
                   (int)found.len, found.data);
        return false;
}

void check_region(struct examination *x) {
        SCOPED(endpoint_done) struct endpoint e = {0};
        struct err err = {0};
        const char *service = x->topic_arn ? "sns" : "kinesisanalytics";
        bool is_good = check_partition(x, "role", x->role_arn) && check_partition(x, "identity", x->arn);
        for (size_t i = 0; is_good && i < x->n_seen; i++) {
                const struct examined *a = &x->applications_seen[i];
                is_good = check_partition(x, "application", a->facts.arn);
                struct span region = policy_arn_part(a->facts.arn, 3);
                if (is_good && a->is_described && region.len > 0 && !span_is(region, x->region)) {
                        is_good = false;
                        doctor_say(&x->lines, VERDICT_FAILED, "region", a->name,
                                   "correct AWS_ENDPOINT_URL or endpoint_url, or the region",
                                   "it was asked for in %s and lies in %.*s", x->region, (int)region.len, region.data);
                }
        }
        if (client_endpoint(x->client, service, NULL, NULL, &e, &err) < 0)
                doctor_say(&x->lines, VERDICT_FAILED, "region", NULL, err.text, "%s has no endpoint", x->region);
        else if (is_good)
                doctor_say(&x->lines, VERDICT_OK, "region", NULL, NULL, "%s, partition %s, %s%s", x->region,
                           aws_partition(x->region)->id, e.host, e.is_custom ? " (an endpoint of your own)" : "");
}

void check_clock(struct examination *x) {
        static const char *const services[] = {"kinesisanalytics", "monitoring", "logs", "sts"};
        const struct clock_skew *skew = NULL;
        for (size_t i = 0; i < ELEMENTS(services) && !skew; i++)
                if (client_service(x->client, services[i])->skew.is_known)
                        skew = &client_service(x->client, services[i])->skew;
        if (!skew) {
                doctor_say(&x->lines, VERDICT_SKIPPED, "clock", NULL, NULL, "not known: no service has answered");
                return;
        }
        int64_t off_s = skew->skew_ms / 1000, amount_s = off_s < 0 ? -off_s : off_s;
        enum verdict verdict = amount_s > SKEW_FAILED_S    ? VERDICT_FAILED
                               : amount_s > SKEW_WARNING_S ? VERDICT_WARNING
                                                           : VERDICT_OK;
        char amount[TIME_TEXT_MAX];
        time_span_text(amount_s, amount);
        if (amount_s < 2)
                doctor_say(&x->lines, verdict, "clock", NULL, NULL, "as AWS has it, to the second");
        else
                doctor_say(&x->lines, verdict, "clock", NULL,
                           verdict == VERDICT_OK
                                   ? NULL
                                   : "set this machine's clock and keep it set: sudo timedatectl set-ntp true",
                           "%s %s AWS (%lld s)%s", amount, off_s > 0 ? "behind" : "ahead of", (long long)amount_s,
                           verdict == VERDICT_OK
                                   ? ""
                                   : ": requests are signed with the corrected time, logs and incidents are not");
}

static bool is_denial(const char *reason) {
        return strstr(reason, "AuthorizationError") || strstr(reason, "AccessDenied");
}

/* Nothing but a message shows whether messages are taken: so what became of the last one is told. */
static void say_publish(struct examination *x, const struct notifier_state *n) {
        static const char check[] = "sns:Publish";
        SCOPED(buf_done) struct buf statement = BUF_INIT(MEND_MAX_BYTES);
        struct span owner = policy_arn_part(x->topic_arn, 4);
        bool is_foreign = x->account && owner.len > 0 && !span_is(owner, x->account);
        const struct policy_place place = examination_place(x);
        policy_statement(&statement, check, &place, x->topic_arn);
        char ago[TIME_TEXT_MAX];
        if (n && n->error) {
                doctor_say(&x->lines, VERDICT_FAILED, check, NULL,
                           is_denial(n->error) ? buf_str(&statement)
                                               : "see the reason; what waits is sent again by itself",
                           "%s did not take the last message: %s", x->topic_arn, n->error);
        } else if (n && n->delivered_at_s > 0) {
                time_span_text(loop_now_s(x->host.loop) - n->delivered_at_s, ago);
                doctor_say(&x->lines, VERDICT_OK, check, NULL, NULL, "%s took a message %s ago", x->topic_arn, ago);
        } else {
                doctor_say(&x->lines, VERDICT_SKIPPED, check, NULL, buf_str(&statement),
                           "%s: cannot be tried without sending a message, and none was sent yet%s", x->topic_arn,
                           is_foreign ? "; the topic belongs to another account: its own policy must allow this "
                                        "identity, too"
                                      : "");
        }
}

void check_publish(struct examination *x) {
        SCOPED(notifier_states_done) struct notifier_states all = {0};
        const struct notifier_state *found = NULL;
        int r = store_list_notifiers(x->host.store, &all);
        if (r == -ENOMEM)
                x->lines.failed = r;
        for (size_t i = 0; i < all.n_rows; i++)
                if (strcmp(all.rows[i].name, x->name) == 0)
                        found = &all.rows[i];
        check_partition(x, "topic", x->topic_arn);
        check_region(x);
        say_publish(x, found);
}

/* Applications. */

void check_applications(struct examination *x) {
        SCOPED(buf_done) struct buf mend = BUF_INIT(MEND_MAX_BYTES);
        static const char check[] = "applications";
        buf_printf(&mend, "check region = %s and applications = %s of [target %s]", x->region,
                   text_or_empty(x->applications), x->name);
        if (x->n_listed == 0)
                doctor_say(&x->lines, VERDICT_WARNING, check, NULL, buf_str(&mend),
                           "there is no application in %s of account %s", x->region,
                           x->account ? x->account : "of these keys");
        else if (x->n_matching == 0)
                doctor_say(&x->lines, VERDICT_WARNING, check, NULL, buf_str(&mend),
                           "none of the %zu applications in %s is watched", x->n_listed, x->region);
        else if (x->n_matching > x->n_seen)
                doctor_say(&x->lines, VERDICT_OK, check, NULL, NULL,
                           "%zu of %zu in %s are watched; the first %zu of them are looked at here", x->n_matching,
                           x->n_listed, x->region, x->n_seen);
        else
                doctor_say(&x->lines, VERDICT_OK, check, NULL, NULL, "%zu of %zu in %s are watched", x->n_matching,
                           x->n_listed, x->region);
}

/* A change of the application by AWS' own tool, without what is changed. */
static void put_command(const struct examination *x, const struct examined *e, const char *verb, struct buf *out) {
        buf_printf(out, "aws kinesisanalyticsv2 %s --region %s --application-name ", verb, x->region);
        shlex_quote(out, e->name);
        buf_printf(out, " --current-application-version-id %lld", (long long)e->facts.version_id);
}

void check_application(struct examination *x, const struct examined *e) {
        SCOPED(buf_done) struct buf mend = BUF_INIT(MEND_MAX_BYTES);
        static const char check[] = "metrics_level";
        if (e->is_missing) {
                buf_printf(&mend, "correct region = %s or applications = %s of [target %s]", x->region,
                           text_or_empty(x->applications), x->name);
                doctor_say(&x->lines, VERDICT_FAILED, "applications", e->name, buf_str(&mend),
                           "there is no such application in %s", x->region);
        }
        if (!e->is_described)
                return;
        if (metric_level_parse(e->facts.metrics_level) > LEVEL_APPLICATION) {
                doctor_say(&x->lines, VERDICT_OK, check, e->name, NULL, "%s", e->facts.metrics_level);
                return;
        }
        put_command(x, e, "update-application", &mend);
        buf_put_str(&mend, " --application-configuration-update "
                           "'{\"FlinkApplicationConfigurationUpdate\":{\"MonitoringConfigurationUpdate\":"
                           "{\"ConfigurationTypeUpdate\":\"CUSTOM\",\"MetricsLevelUpdate\":\"TASK\"}}}' "
                           "(restarts the job; CloudWatch bills the further metrics)");
        doctor_say(&x->lines, VERDICT_WARNING, check, e->name, buf_str(&mend),
                   "APPLICATION: backpressure, busy time and skew are not published, so their diagnosers are blind");
}

static void put_log_arn(const struct examination *x, const struct examined *e, struct buf *out) {
        struct span account = policy_arn_part(e->facts.arn, 4);
        buf_printf(out,
                   "arn:%s:logs:%s:%.*s:log-group:/aws/kinesis-analytics/%s:log-stream:kinesis-analytics-log-stream",
                   aws_partition(x->region)->id, x->region, (int)account.len, account.data, e->name);
}

static void say_no_logging(struct examination *x, const struct examined *e) {
        SCOPED(buf_done) struct buf mend = BUF_INIT(MEND_MAX_BYTES);
        put_command(x, e, "add-application-cloud-watch-logging-option", &mend);
        buf_put_str(&mend, " --cloud-watch-logging-option LogStreamARN=");
        put_log_arn(x, e, &mend);
        buf_put_str(&mend, " (the log group and its stream must exist before)");
        doctor_say(&x->lines, VERDICT_WARNING, "logging", e->name, buf_str(&mend),
                   "no CloudWatch logging option: its logs are dropped, and no first fault can be found when it fails");
}

static void say_missing(struct examination *x, const struct examined *e) {
        SCOPED(buf_done) struct buf mend = BUF_INIT(MEND_MAX_BYTES);
        const struct application *a = &e->facts;
        if (e->group == GROUP_MISSING) {
                buf_printf(&mend, "aws logs create-log-group --region %s --log-group-name ", x->region);
                shlex_quote(&mend, a->log_group);
                buf_put_str(&mend, " && ");
        }
        buf_printf(&mend, "aws logs create-log-stream --region %s --log-group-name ", x->region);
        shlex_quote(&mend, a->log_group);
        buf_put_str(&mend, " --log-stream-name ");
        shlex_quote(&mend, text_or_empty(a->log_stream));
        if (e->group == GROUP_MISSING)
                doctor_say(&x->lines, VERDICT_FAILED, "logging", e->name, buf_str(&mend),
                           "its log group %s does not exist: its logs are dropped", a->log_group);
        else
                doctor_say(&x->lines, VERDICT_FAILED, "logging", e->name, buf_str(&mend),
                           "the log group %s exists, its log stream %s does not: its logs are dropped", a->log_group,
                           text_or_empty(a->log_stream));
}

static void say_log(struct examination *x, const struct examined *e) {
        const struct application *a = &e->facts;
        bool hides_faults = a->log_level && strcmp(a->log_level, "ERROR") == 0;
        doctor_say(&x->lines, hides_faults ? VERDICT_WARNING : VERDICT_OK, "logging", e->name,
                   hides_faults ? "set LogLevelUpdate to INFO: Flink logs task failures and restarts at INFO" : NULL,
                   "%s %s exists, log level %s", a->log_group, text_or_empty(a->log_stream),
                   a->log_level ? a->log_level : "not said");
}

void check_logging(struct examination *x, const struct examined *e) {
        const struct application *a = &e->facts;
        if (!a->name)
                doctor_say(&x->lines, VERDICT_SKIPPED, "logging", e->name, NULL,
                           "not known: the application could not be described");
        else if (!a->log_group)
                say_no_logging(x, e);
        else if (e->group == GROUP_GOOD)
                say_log(x, e);
        else if (e->group != GROUP_UNKNOWN)
                say_missing(x, e);
        else
                doctor_say(&x->lines, VERDICT_SKIPPED, "logging", e->name, NULL, "%s could not be looked at",
                           a->log_group);
}
