/* SPDX-License-Identifier: Apache-2.0 */
/* Lets the nth allocation of the program's own code fail. The program is linked with $(wrap_allocations). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* From now on the nth allocation (0: the next) fails, once. */
void memory_fail_at(size_t n);
/* Ends that; whether it came to it. */
bool memory_has_failed(void);
/* malloc and free for libraries that take them. */
void *memory_malloc(size_t size);
void memory_free(void *p);
