/* SPDX-License-Identifier: Apache-2.0 */
/* What the doctor can see without asking anybody: the state directory and its disk, the database, the socket, the limits. */
#pragma once

#include "daemon/doctor_lines.h"
#include "store/store.h"

void machine_examine(const char *state_directory, const char *socket, const char *socket_group, const struct store *s,
                     struct doctor_lines *lines);
