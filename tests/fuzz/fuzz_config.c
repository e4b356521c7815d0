/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration file. What is refused has a fault that names its line. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/config.h"
#include "tests/fuzz/fuzz.h"
#include "util/scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        SCOPED(close) int fd = memfd_create("configuration", MFD_CLOEXEC);
        char path[64];
        must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        SCOPED(config_free) struct config *config = NULL;
        SCOPED(config_faults_done) struct config_faults faults = {0};
        int r = config_load(path, &config, &faults);
        must((r == 0) == (config != NULL));
        must(r == 0 || faults.n > 0);
        if (r < 0)
                must(strncmp(buf_str(&faults.lines), path, strlen(path)) == 0);
        for (size_t i = 0; config && i < config->n_diagnosers; i++) {
                double settings[32];
                config_settings(config, i, "orders", settings);
        }
        return 0;
}
