/* SPDX-License-Identifier: Apache-2.0 */
#include "util/list.h"

#include <stdlib.h>
#include <string.h>

void *list_add(void **array, size_t *count, size_t *size, size_t element_bytes) {
        if (*count == *size) {
                size_t larger = *size ? *size * 2 : 8;
                void *moved = reallocarray(*array, larger, element_bytes);
                if (!moved)
                        return NULL;
                *array = moved;
                *size = larger;
        }
        char *element = (char *)*array + *count * element_bytes;
        memset(element, 0, element_bytes);
        ++*count;
        return element;
}
