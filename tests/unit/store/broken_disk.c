/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/broken_disk.h"

#include <assert.h>
#include <sqlite3.h>
#include <string.h>

static size_t left;
static bool is_armed, has_failed, is_disk_full;
static sqlite3_vfs *real;
static sqlite3_vfs broken;

struct file {
        sqlite3_file base;
        sqlite3_file *inner;
};

void disk_fail_at(size_t n, bool is_full) {
        left = n;
        is_armed = true;
        has_failed = false;
        is_disk_full = is_full;
}

bool disk_has_failed(void) {
        is_armed = false;
        return has_failed;
}

static bool fails(void) {
        if (!is_armed || left-- > 0)
                return false;
        is_armed = false;
        has_failed = true;
        return true;
}

static sqlite3_file *inner(sqlite3_file *f) {
        return ((struct file *)f)->inner;
}

#define PASS(f, method, ...) inner(f)->pMethods->method(inner(f), ##__VA_ARGS__)

static int do_close(sqlite3_file *f) {
        return PASS(f, xClose);
}

static int do_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at) {
        return fails() ? SQLITE_IOERR_READ : PASS(f, xRead, to, n, at);
}

static int do_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at) {
        return !fails() ? PASS(f, xWrite, from, n, at) : is_disk_full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int do_truncate(sqlite3_file *f, sqlite3_int64 size) {
        return fails() ? SQLITE_IOERR_TRUNCATE : PASS(f, xTruncate, size);
}

static int do_sync(sqlite3_file *f, int flags) {
        return fails() ? SQLITE_IOERR_FSYNC : PASS(f, xSync, flags);
}

static int do_size(sqlite3_file *f, sqlite3_int64 *ret) {
        return PASS(f, xFileSize, ret);
}

static int do_lock(sqlite3_file *f, int level) {
        return PASS(f, xLock, level);
}

static int do_unlock(sqlite3_file *f, int level) {
        return PASS(f, xUnlock, level);
}

static int do_check(sqlite3_file *f, int *ret) {
        return PASS(f, xCheckReservedLock, ret);
}

static int do_control(sqlite3_file *f, int op, void *arg) {
        return PASS(f, xFileControl, op, arg);
}

static int do_sector(sqlite3_file *f) {
        return PASS(f, xSectorSize);
}

static int do_device(sqlite3_file *f) {
        return PASS(f, xDeviceCharacteristics);
}

static int do_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **ret) {
        return PASS(f, xShmMap, page, size, extend, ret);
}

static int do_shm_lock(sqlite3_file *f, int offset, int n, int flags) {
        return PASS(f, xShmLock, offset, n, flags);
}

static void do_shm_barrier(sqlite3_file *f) {
        PASS(f, xShmBarrier);
}

static int do_shm_unmap(sqlite3_file *f, int remove) {
        return PASS(f, xShmUnmap, remove);
}

static const sqlite3_io_methods methods = {
        .iVersion = 2,
        .xClose = do_close,
        .xRead = do_read,
        .xWrite = do_write,
        .xTruncate = do_truncate,
        .xSync = do_sync,
        .xFileSize = do_size,
        .xLock = do_lock,
        .xUnlock = do_unlock,
        .xCheckReservedLock = do_check,
        .xFileControl = do_control,
        .xSectorSize = do_sector,
        .xDeviceCharacteristics = do_device,
        .xShmMap = do_shm_map,
        .xShmLock = do_shm_lock,
        .xShmBarrier = do_shm_barrier,
        .xShmUnmap = do_shm_unmap,
};

static int do_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *ret_flags) {
        struct file *file = (struct file *)f;
        (void)vfs;
        file->inner = (sqlite3_file *)(file + 1);
        int result = real->xOpen(real, name, file->inner, flags, ret_flags);
        f->pMethods = file->inner->pMethods ? &methods : NULL;
        return result;
}

void disk_install(void) {
        real = sqlite3_vfs_find(NULL);
        assert(real);
        broken = *real;
        broken.zName = "broken";
        broken.szOsFile = real->szOsFile + (int)sizeof(struct file);
        broken.xOpen = do_open;
        sqlite3_vfs_register(&broken, 1);
}
