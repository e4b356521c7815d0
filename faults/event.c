/* SPDX-License-Identifier: Apache-2.0 */
#include "faults/event.h"

#include "util/number.h"

struct template {
        const char *logger; /* simple name; NULL: any */
        const char *words;  /* in the message; a leading '^': at its start */
        enum event_kind kind;
};

/* The first row that matches counts. Task and job transitions are read apart. */
static const struct template templates[] = {
        {NULL, "^Triggering checkpoint ", EVENT_NOISE},
        {NULL, "^Triggering Checkpoint ", EVENT_NOISE},
        {NULL, "^Completed checkpoint ", EVENT_CHECKPOINT_DONE},
        {NULL, "^Reported span: ", EVENT_NOISE}, /* read apart */
        {NULL, "^Decline checkpoint ", EVENT_CHECKPOINT_DECLINED},
        {NULL, "^Discarding checkpoint ", EVENT_CHECKPOINT_DECLINED},
        {NULL, "^Failed to trigger or complete checkpoint ", EVENT_CHECKPOINT_FAILED},
        {NULL, "^Failed to trigger checkpoint ", EVENT_CHECKPOINT_FAILED},
        {NULL, "expired before completing", EVENT_CHECKPOINT_EXPIRED},
        {NULL, "^Received late message for now expired checkpoint", EVENT_MECHANICS},
        {NULL, "^Trying to recover from a global failure", EVENT_GLOBAL_FAILURE},
        {NULL, "^Uncaught exception in the SplitEnumerator", EVENT_COORDINATOR},
        {NULL, "^Exception while handling result from async call", EVENT_COORDINATOR},
        {NULL, "^Failed to create Source Enumerator", EVENT_COORDINATOR},
        {NULL, "^Global failure triggered by OperatorCoordinator", EVENT_GLOBAL_FAILURE},
        {NULL, "Triggering job failover", EVENT_COORDINATOR},
        {"SplitFetcherManager", "Received uncaught exception", EVENT_FETCHER},
        {NULL, "^Fatal error occurred while executing the TaskManager", EVENT_FATAL},
        {NULL, "^Fatal error occurred in the cluster entrypoint", EVENT_STARTUP},
        {NULL, "^Could not start cluster entrypoint", EVENT_STARTUP},
        {NULL, "^FATAL: Thread ", EVENT_FATAL},
        {NULL, "produced an uncaught exception. Stopping the process", EVENT_FATAL},
        {NULL, "^Terminating TaskManagerRunner with exit code", EVENT_MECHANICS},
        {NULL, "is terminated. Diagnostics", EVENT_WORKER_GONE},
        {NULL, "^Detected pause in JVM", EVENT_PAUSE},
        {NULL, "^The heartbeat of ", EVENT_HEARTBEAT},
        {NULL, "^Heartbeat of ", EVENT_HEARTBEAT},
        {NULL, "is no longer reachable", EVENT_HEARTBEAT},
        {NULL, "^Closing TaskExecutor connection ", EVENT_HEARTBEAT},
        {"PythonDriver", "Run python process failed", EVENT_STARTUP},
        {"PythonDriver", "", EVENT_PYTHON_LINE},
        {NULL, "^Exception occurred in REST handler", EVENT_STARTUP},
        {NULL, "^Unhandled exception", EVENT_STARTUP},
        {NULL, "^Could not execute application", EVENT_STARTUP},
        {NULL, "^Application failed unexpectedly", EVENT_STARTUP},
        {NULL, "^Application completed exceptionally", EVENT_STARTUP},
        {NULL, "^Failed to submit job ", EVENT_STARTUP},
        {NULL, "^Initialization of job ", EVENT_STARTUP},
        {NULL, "^Could not start the JobMaster", EVENT_STARTUP},
        {NULL, "^Job execution failed", EVENT_STARTUP},
        {NULL, "initialization failed.", EVENT_STARTUP},
        {NULL, "reached terminal state FAILED", EVENT_JOB_FAILED},
        {NULL, "asynchronous part of checkpoint", EVENT_CHECKPOINT_DECLINED},
        {NULL, "^Restoring job ", EVENT_MECHANICS},
        {NULL, "^Starting job ", EVENT_NOISE},
        {NULL, "^Recovering subtask ", EVENT_RECOVERY},
        {NULL, "should be restarted to recover the failed task", EVENT_RECOVERY},
        {NULL, "tasks will be restarted to recover", EVENT_RECOVERY},
        {NULL, "^Calculating tasks to restart", EVENT_MECHANICS},
        {NULL, "^Restarting job", EVENT_RECOVERY},
        {NULL, "^Discarding the results produced by task execution", EVENT_MECHANICS},
        {NULL, "^Freeing task resources for ", EVENT_MECHANICS},
        {NULL, "^Un-registering task and sending final execution state", EVENT_MECHANICS},
        {NULL, "^Attempting to fail task externally", EVENT_MECHANICS},
        {NULL, "^Attempting to cancel task", EVENT_MECHANICS},
        {NULL, "did not react to cancelling signal", EVENT_MECHANICS},
        {NULL, "^Exception type is ", EVENT_BENIGN},
        {NULL, "^Bulk delete operation failed to delete all objects", EVENT_BENIGN},
        {"MultiObjectDeleteSupport", "", EVENT_BENIGN},
        {NULL, "^Name collision: Group already contains a Metric", EVENT_BENIGN},
        {NULL, "^Got recoverable SdkClientException", EVENT_BENIGN},
        {NULL, "^Got recoverable AmazonServiceException", EVENT_BENIGN},
};

static bool starts_with(struct span s, const char *prefix) {
        return span_starts(s, span_of(prefix));
}

static bool matches(const struct template *t, struct span logger, struct span message) {
        if (t->logger && !span_is(logger, t->logger))
                return false;
        if (t->words[0] == '^')
                return starts_with(message, t->words + 1);
        return span_find(message, span_of(t->words)) >= 0;
}

static struct span advance(struct span s, size_t n) {
        return (struct span){s.data + n, s.len - n};
}

static struct span take_word(struct span *s) {
        struct span word = {s->data, 0};
        while (word.len < s->len &&
               ((s->data[word.len] >= 'A' && s->data[word.len] <= 'Z') || s->data[word.len] == '_'))
                word.len++;
        *s = advance(*s, word.len);
        return word;
}

/* "FROM to TO ...": the state switched to; *rest is what follows it. */
static struct span read_states(struct span *rest) {
        take_word(rest);
        if (!starts_with(*rest, " to "))
                return (struct span){0};
        *rest = advance(*rest, 4);
        return take_word(rest);
}

/* The attempt is the last part of an execution id since 1.16; ids before are 32 digits. */
static int64_t attempt_of_execution(struct span id) {
        const char *last = id.len > 0 ? memrchr(id.data, '_', id.len) : NULL;
        int64_t attempt;
        if (!last || id.len < 34)
                return -1;
        struct span digits = {last + 1, (size_t)(id.data + id.len - last - 1)};
        return digits.len < 10 && number_int64(digits, &attempt) == 0 && attempt >= 0 ? attempt : -1;
}

/* "Source: A -> Map (3/4)#7 (id)" */
static void read_task(struct span head, struct event *e) {
        head = span_trim(head);
        if (head.len > 0 && head.data[head.len - 1] == ')') {
                const char *open = memrchr(head.data, '(', head.len);
                struct span id = open ? (struct span){open + 1, (size_t)(head.data + head.len - open - 2)}
                                      : (struct span){0};
                if (open && !memchr(id.data, '/', id.len)) {
                        e->execution = id;
                        head = span_trim((struct span){head.data, (size_t)(open - head.data)});
                }
        }
        e->attempt = attempt_of_execution(e->execution);
        const char *hash = head.len > 0 ? memrchr(head.data, '#', head.len) : NULL;
        int64_t attempt;
        if (hash && hash > head.data && hash[-1] == ')' &&
            number_int64((struct span){hash + 1, (size_t)(head.data + head.len - hash - 1)}, &attempt) == 0) {
                e->attempt = attempt;
                head.len = (size_t)(hash - head.data);
        }
        e->task = head;
}

static const struct {
        const char *state;
        enum event_kind task, job;
} states[] = {
        {"FAILED", EVENT_TASK_FAILED, EVENT_JOB_FAILED},      {"RUNNING", EVENT_TASK_RUNNING, EVENT_JOB_RUNNING},
        {"FAILING", EVENT_MECHANICS, EVENT_JOB_RESTARTING},   {"RESTARTING", EVENT_MECHANICS, EVENT_JOB_RESTARTING},
        {"CANCELING", EVENT_TASK_CANCELLED, EVENT_MECHANICS}, {"CANCELED", EVENT_TASK_CANCELLED, EVENT_JOB_ENDED},
        {"SUSPENDED", EVENT_MECHANICS, EVENT_JOB_ENDED},      {"FINISHED", EVENT_NOISE, EVENT_JOB_ENDED},
};

static bool read_transition(const struct record *r, struct event *e) {
        ptrdiff_t at = span_find(r->message, SPAN(" switched from "));
        if (at < 0)
                return false;
        struct span head = {r->message.data, (size_t)at}, rest = advance(r->message, (size_t)at + 15);
        bool is_job = starts_with(rest, "state ");
        if (is_job)
                rest = advance(rest, 6);
        struct span to = read_states(&rest);
        if (to.len == 0 || memchr(head.data, '\n', head.len))
                return false;
        /* In a layout that nobody knows the message begins behind the last dash. */
        ptrdiff_t dash = r->is_text && r->level == LOG_UNKNOWN ? span_find(head, SPAN(" - ")) : -1;
        if (dash >= 0)
                head = advance(head, (size_t)dash + 3);
        e->kind = EVENT_NOISE;
        for (size_t i = 0; i < ELEMENTS(states); i++)
                if (span_is(to, states[i].state))
                        e->kind = is_job ? states[i].job : states[i].task;
        if (is_job) {
                e->trace = r->throwable.data ? r->throwable : (struct span){0};
                return true;
        }
        read_task(head, e);
        ptrdiff_t cause = span_find(rest, SPAN("failure cause:"));
        e->trace = r->throwable.data ? r->throwable
                   : cause >= 0      ? span_trim(advance(rest, (size_t)cause + 14))
                   : rest.len > 0 && memchr(rest.data, '\n', rest.len)
                           ? advance(rest, (size_t)((const char *)memchr(rest.data, '\n', rest.len) - rest.data))
                           : (struct span){0};
        if (e->trace.len == 0)
                e->trace = (struct span){0};
        return true;
}

static bool has_trace(struct span message) {
        return span_find(message, SPAN("\n\tat ")) >= 0 || span_find(message, SPAN("\nCaused by: ")) >= 0 ||
               span_find(message, SPAN("\n    at ")) >= 0 ||
               span_find(message, SPAN("Traceback (most recent call last)")) >= 0 ||
               span_find(message, SPAN("\nWrapped by: ")) >= 0;
}

static bool is_completed_span(struct span message) {
        return span_find(message, SPAN("name=Checkpoint,")) >= 0 &&
               span_find(message, SPAN("checkpointStatus=COMPLETED")) >= 0;
}

static bool is_failed_span(struct span message) {
        return span_find(message, SPAN("name=Checkpoint,")) >= 0 &&
               span_find(message, SPAN("checkpointStatus=FAILED")) >= 0;
}

static enum event_kind kind_by_template(const struct record *r) {
        struct span logger = record_logger_name(r);
        for (size_t i = 0; i < ELEMENTS(templates); i++)
                if (matches(&templates[i], logger, r->message))
                        return templates[i].kind;
        return EVENT_ERROR;
}

void event_read(const struct record *r, struct event *ret) {
        *ret = (struct event){.kind = EVENT_NOISE, .attempt = -1};
        if (read_transition(r, ret))
                return;
        ret->kind = kind_by_template(r);
        ret->trace = r->throwable;
        if (ret->kind == EVENT_NOISE && starts_with(r->message, "Reported span: ")) {
                ret->kind = is_completed_span(r->message) ? EVENT_CHECKPOINT_DONE
                            : is_failed_span(r->message)  ? EVENT_CHECKPOINT_FAILED
                                                          : EVENT_NOISE;
                return;
        }
        if (!ret->trace.data && (ret->kind != EVENT_ERROR || r->level >= LOG_WARN || r->is_text) &&
            has_trace(r->message))
                ret->trace = r->message;
        if (ret->kind != EVENT_ERROR)
                return;
        if (r->is_service && r->level == LOG_ERROR)
                ret->kind = EVENT_STARTUP;
        else if (!ret->trace.data && r->level != LOG_ERROR)
                ret->kind = EVENT_NOISE;
        if (ret->kind == EVENT_STARTUP && !ret->trace.data)
                ret->trace = r->message;
}
