/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/peer.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/list.h"
#include "util/text.h"

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59 /* Linux 4.13 */
#endif

enum { NAMES_MAX = 1024, GROUPS_LEAST = 64, GROUPS_MAX = 65536 /* the kernel's limit */ };

struct name {
        uid_t uid;
        char text[PEER_NAME_MAX];
};

struct peers {
        gid_t group;
        bool has_group;
        struct name *names;
        size_t n_names, names_size;
};

static const struct name *find_name(const struct peers *p, uid_t uid) {
        for (size_t i = 0; i < p->n_names; i++)
                if (p->names[i].uid == uid)
                        return &p->names[i];
        return NULL;
}

static int add_name(struct peers *p, const struct passwd *user) {
        if (!user || p->n_names == NAMES_MAX || find_name(p, user->pw_uid))
                return 0;
        struct name *name = LIST_ADD(p->names, p->n_names, p->names_size);
        if (!name)
                return -ENOMEM;
        *name = (struct name){.uid = user->pw_uid};
        text_copy(name->text, sizeof name->text, user->pw_name);
        return 0;
}

/* The group, and those of its members that are listed with it: they need not be users of this machine. */
static int look_up_group(struct peers *p, const char *group, struct err *reterr) {
        const struct group *entry = getgrnam(group);
        int r = 0;
        if (!entry)
                return err_set(reterr, -ENOENT,
                               "socket_group %s: there is no such group: create it with groupadd --system %s", group,
                               group);
        p->group = entry->gr_gid;
        p->has_group = true;
        for (char **member = entry->gr_mem; *member && r == 0; member++)
                r = add_name(p, getpwnam(*member));
        return r;
}

int peers_new(const char *group, struct peers **ret, struct err *reterr) {
        SCOPED(peers_free) struct peers *p = calloc(1, sizeof *p);
        if (!p)
                return -ENOMEM;
        int r = group ? look_up_group(p, group, reterr) : 0;
        if (r == 0)
                r = add_name(p, getpwuid(0));
        if (r == 0)
                r = add_name(p, getpwuid(geteuid()));
        if (r < 0)
                return r;
        *ret = TAKE(p);
        return 0;
}

void peers_free(struct peers *p) {
        if (!p)
                return;
        free(p->names);
        free(p);
}

bool peers_has_group(const struct peers *p, gid_t *ret) {
        *ret = p->group;
        return p->has_group;
}

/* Who was added since the start. */
static void look_up_in_file(struct peers *p, uid_t uid) {
        FILE *file = fopen("/etc/passwd", "re");
        const struct passwd *user = NULL;
        while (file && (user = fgetpwent(file)) && user->pw_uid != uid)
                ;
        add_name(p, user);
        if (file)
                fclose(file);
}

static void put_name(struct peers *p, uid_t uid, char name[PEER_NAME_MAX]) {
        const struct name *known = find_name(p, uid);
        if (!known) {
                look_up_in_file(p, uid);
                known = find_name(p, uid);
        }
        if (known)
                text_copy(name, PEER_NAME_MAX, known->text);
        else
                snprintf(name, PEER_NAME_MAX, "uid %lld", (long long)uid);
}

/* The supplementary groups that the process had when it connected. */
static bool is_in_groups(int fd, gid_t group) {
        socklen_t size = GROUPS_LEAST * sizeof(gid_t);
        SCOPED(free) gid_t *groups = malloc(size);
        int r = groups ? getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) : -1;
        if (groups && r < 0 && errno == ERANGE && size <= GROUPS_MAX * sizeof(gid_t)) {
                gid_t *more = realloc(groups, size); /* the kernel has said how many there are */
                groups = more ? more : groups;
                r = more ? getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) : -1;
        }
        for (size_t i = 0; r == 0 && i < size / sizeof(gid_t); i++)
                if (groups[i] == group)
                        return true;
        return false;
}

bool peers_identify(struct peers *p, int fd, char name[PEER_NAME_MAX]) {
        struct ucred peer;
        socklen_t size = sizeof peer;
        name[0] = '\0';
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
                return false;
        put_name(p, peer.uid, name);
        if (peer.uid == 0 || peer.uid == geteuid())
                return true;
        return p->has_group && (peer.gid == p->group || is_in_groups(fd, p->group));
}
