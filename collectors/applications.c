/* SPDX-License-Identifier: Apache-2.0 */
/* DescribeApplication: the facts of one application, with MSF's defaults resolved. */
#include <cjson/cJSON.h>
#include <errno.h>

#include "collectors/awsjson.h"
#include "util/jsonw.h"
#include "util/text.h"

enum { NAME_MAX_BYTES = 128, INTERVAL_DEFAULT_MS = 60000, MIN_PAUSE_DEFAULT_MS = 5000 };

static const char operation[] = "DescribeApplication";

struct state {
        const struct collect_job *job;
};

static int applications_start(const struct collect_job *job, void **ret_state) {
        if (!job->application || !job->application[0] || strlen(job->application) > NAME_MAX_BYTES || !job->target)
                return -EINVAL;
        struct state *s = malloc(sizeof *s);
        if (!s)
                return -ENOMEM;
        s->job = job;
        *ret_state = s;
        return 0;
}

static int send(const struct state *s, struct http_request *ret_request) {
        struct http_request request;
        int r = json_request(&service_msf, operation, &request);
        if (r < 0)
                return r;
        struct jsonw w = JSONW(&request.body);
        jsonw_object(&w);
        jsonw_member_string(&w, "ApplicationName", s->job->application);
        if (s->job->wants_job_plan)
                jsonw_member_bool(&w, "IncludeAdditionalDetails", true);
        jsonw_object_end(&w);
        return json_request_send(&request, ret_request);
}

/* The first of the options whose ARN is arn:P:logs:R:ACCOUNT:log-group:GROUP:log-stream:STREAM; GROUP holds slashes, never colons. */
static int read_log_stream(const cJSON *detail, struct application *a) {
        const cJSON *list = cJSON_GetObjectItemCaseSensitive(detail, "CloudWatchLoggingOptionDescriptions");
        const cJSON *option = cJSON_IsArray(list) ? list->child : NULL;
        for (; option; option = option->next) {
                struct span rest = span_of(reply_text(option, "LogStreamARN"));
                ptrdiff_t at = span_find(rest, SPAN(":log-group:"));
                if (!rest.data || !span_starts(rest, SPAN("arn:")) || at < 0)
                        continue;
                rest.data += at + 11;
                rest.len -= (size_t)at + 11;
                struct span group = span_split(&rest, ':');
                if (group.len == 0 || !span_starts(rest, SPAN("log-stream:")) || rest.len == 11)
                        continue;
                a->log_group = span_dup(group);
                a->log_stream = span_dup((struct span){rest.data + 11, rest.len - 11});
                return a->log_group && a->log_stream ? 0 : -ENOMEM;
        }
        return 0;
}

/* ConfigurationType DEFAULT stands for MSF's own values, whatever else is shown. Only Flink applications have checkpoints. */
static int read_checkpoints(const cJSON *flink, struct application *a) {
        const cJSON *checkpoints = reply_object(flink, "CheckpointConfigurationDescription");
        int r = reply_copy(checkpoints, "ConfigurationType", &a->checkpoint_configuration);
        bool is_custom = a->checkpoint_configuration && strcmp(a->checkpoint_configuration, "DEFAULT") != 0;
        bool is_flink = flink || flink_version(a->runtime) > 0;
        a->is_checkpointing = is_flink;
        a->checkpoint_interval_ms = INTERVAL_DEFAULT_MS;
        a->checkpoint_min_pause_ms = MIN_PAUSE_DEFAULT_MS;
        if (!is_custom)
                return r;
        int64_t interval_ms = reply_int(checkpoints, "CheckpointInterval", INTERVAL_DEFAULT_MS);
        int64_t min_pause_ms = reply_int(checkpoints, "MinPauseBetweenCheckpoints", MIN_PAUSE_DEFAULT_MS);
        a->is_checkpointing = reply_bool(checkpoints, "CheckpointingEnabled", is_flink);
        if (interval_ms >= 1)
                a->checkpoint_interval_ms = interval_ms;
        if (min_pause_ms >= 0)
                a->checkpoint_min_pause_ms = min_pause_ms;
        return r;
}

static int64_t at_least_one(int64_t value) {
        return value > 0 ? value : 1;
}

/* A stopped application shows no CurrentParallelism. */
static void read_parallelism(const cJSON *flink, struct application *a) {
        const cJSON *parallelism = reply_object(flink, "ParallelismConfigurationDescription");
        a->parallelism = at_least_one(reply_int(parallelism, "Parallelism", 1));
        a->parallelism_per_kpu = at_least_one(reply_int(parallelism, "ParallelismPerKPU", 1));
        int64_t current = reply_int(parallelism, "CurrentParallelism", 0);
        a->current_parallelism = current > 0 ? current : a->parallelism;
        a->is_autoscaling = reply_bool(parallelism, "AutoScalingEnabled", false);
}

static int read_configuration(const cJSON *detail, struct application *a) {
        const cJSON *configuration = reply_object(detail, "ApplicationConfigurationDescription");
        const cJSON *flink = reply_object(configuration, "FlinkApplicationConfigurationDescription");
        const cJSON *monitoring = reply_object(flink, "MonitoringConfigurationDescription");
        const cJSON *run = reply_object(configuration, "RunConfigurationDescription");
        const cJSON *restore = reply_object(run, "ApplicationRestoreConfigurationDescription");
        const cJSON *snapshots = reply_object(configuration, "ApplicationSnapshotConfigurationDescription");
        const cJSON *rollback = reply_object(configuration, "ApplicationSystemRollbackConfigurationDescription");
        const cJSON *vpcs = cJSON_GetObjectItemCaseSensitive(configuration, "VpcConfigurationDescriptions");
        read_parallelism(flink, a);
        a->has_snapshots = reply_bool(snapshots, "SnapshotsEnabled", false);
        a->has_rollback = reply_bool(rollback, "RollbackEnabled", false);
        a->is_in_vpc = cJSON_IsArray(vpcs) && cJSON_IsObject(vpcs->child);
        if (read_checkpoints(flink, a) < 0 || reply_copy(monitoring, "MetricsLevel", &a->metrics_level) < 0 ||
            reply_copy(monitoring, "LogLevel", &a->log_level) < 0 ||
            reply_copy(restore, "ApplicationRestoreType", &a->restore_type) < 0 ||
            reply_copy(restore, "SnapshotName", &a->restore_snapshot) < 0 ||
            reply_copy(flink, "JobPlanDescription", &a->job_plan) < 0)
                return -ENOMEM;
        return 0;
}

static int read_identity(const cJSON *detail, const struct collect_job *job, struct application *a,
                         struct err *reterr) {
        int r = reply_need_text(operation, detail, "ApplicationName", &a->name, reterr);
        if (r >= 0)
                r = reply_need_text(operation, detail, "ApplicationARN", &a->arn, reterr);
        if (r >= 0)
                r = reply_need_text(operation, detail, "ApplicationStatus", &a->status, reterr);
        if (r >= 0)
                r = reply_need_text(operation, detail, "RuntimeEnvironment", &a->runtime, reterr);
        if (r < 0)
                return r;
        if (strcmp(a->name, job->application) != 0)
                return err_set(reterr, -EPROTO, "%s: the answer is about %s, not %s", operation, a->name,
                               job->application);
        a->version_id = reply_int(detail, "ApplicationVersionId", 0);
        if (a->version_id < 1)
                return err_set(reterr, -EPROTO, "%s: the answer has no usable ApplicationVersionId", operation);
        return text_replace(&a->target, job->target);
}

static int read_detail(const cJSON *detail, const struct collect_job *job, struct application *a, struct err *reterr) {
        const cJSON *window = reply_object(detail, "ApplicationMaintenanceConfigurationDescription");
        int r = read_identity(detail, job, a, reterr);
        if (r < 0)
                return r;
        a->seen_at_s = job->now_s;
        a->is_log_missing = job->is_log_missing;
        a->created_at_s = reply_time_s(detail, "CreateTimestamp");
        a->updated_at_s = reply_time_s(detail, "LastUpdateTimestamp");
        a->version_created_at_s = reply_time_s(detail, "ApplicationVersionCreateTimestamp");
        a->version_updated_from = reply_int(detail, "ApplicationVersionUpdatedFrom", 0);
        a->version_rolled_back_from = reply_int(detail, "ApplicationVersionRolledBackFrom", 0);
        a->version_rolled_back_to = reply_int(detail, "ApplicationVersionRolledBackTo", 0);
        if (reply_copy(window, "ApplicationMaintenanceWindowStartTime", &a->maintenance_from) < 0 ||
            reply_copy(window, "ApplicationMaintenanceWindowEndTime", &a->maintenance_to) < 0 ||
            read_log_stream(detail, a) < 0)
                return -ENOMEM;
        return read_configuration(detail, a);
}

static int applications_step(void *state, const struct http_reply *reply, struct http_request *ret_request,
                             struct batch *out, struct err *reterr) {
        struct state *s = state;
        if (!reply)
                return send(s, ret_request);
        SCOPED(reply_free) struct cJSON *root = NULL;
        SCOPED(application_done) struct application a = {0};
        const struct cJSON *detail;
        int r = reply_parse(operation, reply, &root, reterr);
        if (r >= 0)
                r = reply_need_object(operation, root, "ApplicationDetail", &detail, reterr);
        if (r >= 0)
                r = read_detail(detail, s->job, &a, reterr);
        if (r < 0)
                return r;
        out->collected_at_s = s->job->now_s;
        return batch_add_application_take(out, &a);
}

static const char *const actions[] = {"kinesisanalytics:DescribeApplication", NULL};

const struct collector collector_applications = {"applications", actions, applications_start, applications_step, free};
