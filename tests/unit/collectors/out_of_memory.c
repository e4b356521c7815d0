/* SPDX-License-Identifier: Apache-2.0 */
#include "out_of_memory.h"

#include <stdlib.h>
#include <string.h>

static size_t left;
static bool is_armed, has_failed;

static bool fails(void) {
        if (!is_armed || left-- > 0)
                return false;
        is_armed = false;
        has_failed = true;
        return true;
}

void memory_fail_at(size_t n) {
        left = n;
        is_armed = true;
        has_failed = false;
}

bool memory_has_failed(void) {
        is_armed = false;
        return has_failed;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *s);

void *__wrap_malloc(size_t size) {
        return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size) {
        return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size) {
        return fails() ? NULL : __real_realloc(p, size);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size) {
        return fails() ? NULL : __real_reallocarray(p, n, size);
}

char *__wrap_strdup(const char *s) {
        return fails() ? NULL : __real_strdup(s);
}

void *memory_malloc(size_t size) {
        return __wrap_malloc(size);
}

void memory_free(void *p) {
        free(p);
}
