/* SPDX-License-Identifier: Apache-2.0 */
/* A file system under SQLite whose nth call fails: SQLite's own, with a fault put in between. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Before the first database is opened. */
void disk_install(void);
/* From now on the nth read, write, sync or truncation (0: the next) fails, once: a full disk or an I/O error. */
void disk_fail_at(size_t n, bool is_full);
/* Ends that; whether it came to it. */
bool disk_has_failed(void);
