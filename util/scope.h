/* SPDX-License-Identifier: Apache-2.0 */
/* Ownership of locals: SCOPED(x_free) frees at the end of the scope, TAKE hands over and disarms it. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SCOPED(free_function) __attribute__((cleanup(free_function##_scoped)))

/* Defines what SCOPED(function) calls: `function` takes the owning pointer, NULL too. */
#define SCOPED_DEFINE(type, function)                                                                                  \
        static inline void function##_scoped(type **p) {                                                               \
                if (*p)                                                                                                \
                        function(*p);                                                                                  \
        }

/* The same for values whose storage is the caller's (x_init/x_done). */
#define SCOPED_DEFINE_VALUE(type, function)                                                                            \
        static inline void function##_scoped(type *p) {                                                                \
                function(p);                                                                                           \
        }

#define TAKE(p)                                                                                                        \
        ({                                                                                                             \
                __typeof__(p) taken_ = (p);                                                                            \
                (p) = NULL;                                                                                            \
                taken_;                                                                                                \
        })

static inline void free_scoped(void *p) {
        free(*(void **)p);
}

static inline void fclose_scoped(FILE **p) {
        if (*p)
                fclose(*p);
}

static inline void close_scoped(int *p) {
        if (*p >= 0)
                close(*p);
}

#define ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))
