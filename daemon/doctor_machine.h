/* SPDX-License-Identifier: Apache-2.0 */
/* What the doctor can see without asking anybody: the state directory and its disk, the database, the socket, the limits. */
#pragma once

#include <sys/types.h>

#include "daemon/doctor_lines.h"
#include "store/store.h"

struct doctor_socket {
        const char *path, *group; /* group NULL: none is set */
        gid_t gid;                /* the group's, as it was at the start */
};

void machine_examine(const char *state_directory, const struct doctor_socket *socket, const struct store *s,
                     struct doctor_lines *lines);
