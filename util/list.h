/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays that grow: a pointer, a count and an allocated size, kept by their owner. */
#pragma once

#include <stddef.h>

/* Appends one zeroed element and returns its address; NULL when out of memory, nothing changed then. */
#define LIST_ADD(array, count, size)                                                                                   \
        ((__typeof__(array))list_add((void **)&(array), &(count), &(size), sizeof *(array)))

void *list_add(void **array, size_t *count, size_t *size, size_t element_bytes);
