/* SPDX-License-Identifier: Apache-2.0 */
/* What `status` comes to. */
#pragma once

#include "ctl/command.h"

enum { STATUS_OK, STATUS_WARNING, STATUS_CRITICAL, STATUS_UNKNOWN }; /* as Nagios plug-ins exit */

struct status_summary {
        size_t n_critical, n_warning, n_info, n_quiet; /* open incidents */
        size_t n_targets, n_blind;                     /* blind: cannot be read */
        size_t n_applications;
};

struct status_summary status_summarise(const struct cJSON *result, int64_t now_s);
/* What is known to be wrong goes before what is not known. */
int status_exit_code(const struct status_summary *sum);
void status_draw(struct screen *s, const struct cJSON *result, const struct arguments *a);
