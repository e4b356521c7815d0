/* SPDX-License-Identifier: Apache-2.0 */
/* What a log line reports, by the message templates of Flink 1.8 to 2.2 and of MSF. */
#pragma once

#include "faults/record.h"

enum event_kind {
        EVENT_NOISE, /* nothing of interest */
        EVENT_TASK_FAILED,
        EVENT_TASK_RUNNING,
        EVENT_TASK_CANCELLED,
        EVENT_JOB_RUNNING,
        EVENT_JOB_RESTARTING, /* or FAILING: a failure was noticed */
        EVENT_JOB_FAILED,     /* for good */
        EVENT_JOB_ENDED,      /* FINISHED, CANCELED, SUSPENDED */
        EVENT_CHECKPOINT_DONE,
        EVENT_CHECKPOINT_DECLINED,
        EVENT_CHECKPOINT_EXPIRED,
        EVENT_CHECKPOINT_FAILED,
        EVENT_GLOBAL_FAILURE,
        EVENT_COORDINATOR, /* an operator coordinator or enumerator failed the job */
        EVENT_FETCHER,     /* a source's fetcher failed; its task fails in a moment */
        EVENT_FATAL,       /* a process ends itself */
        EVENT_WORKER_GONE,
        EVENT_HEARTBEAT,
        EVENT_STARTUP, /* the job could not be started or submitted */
        EVENT_PAUSE,   /* the JVM stood still: a collection, or no CPU */
        EVENT_PYTHON_LINE,
        EVENT_RECOVERY,  /* the JobManager restarts tasks: something has failed */
        EVENT_MECHANICS, /* what a restart does; never a cause */
        EVENT_ERROR,     /* another line with an exception or of level ERROR */
        EVENT_BENIGN,    /* known to be harmless */
};

enum { TASK_NAME_MAX = 256, EXECUTION_MAX = 160 };

struct event {
        enum event_kind kind;
        struct span task;      /* "Source: A -> Map (3/4)", without the attempt */
        struct span execution; /* attempt id */
        int64_t attempt;       /* -1: not said */
        struct span trace;     /* where an exception may be told; data NULL: none */
};

void event_read(const struct record *r, struct event *ret);
