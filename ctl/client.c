/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/client.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "ctl/elements.h"
#include "ctl/value.h"
#include "util/buf.h"
#include "util/text.h"

enum { CONNECT_S = 5, SILENCE_S = 60, TRIES = 3, READ_BYTES = 256 << 10, REPLY_MAX_BYTES = 512 << 20 };

static const char *mend(int error) {
        switch (error) {
        case EACCES:
        case EPERM:
                return "you may not use it: join its group (`ls -l` shows it; usually: sudo usermod -aG flinkwatch $USER, then log in again) or use sudo";
        case ENOENT:
                return "there is no such socket: is the service running? (systemctl status flinkwatch; another path: --socket)";
        case ECONNREFUSED:
                return "nobody answers there: is the service running? (systemctl status flinkwatch)";
        case EAGAIN:
                return "the daemon is too busy to take another client: try again";
        default:
                return strerror(error);
        }
}

static int connect_to(const char *path, struct err *reterr) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        const struct timeval limit = {.tv_sec = CONNECT_S};
        if (!text_copy(address.sun_path, sizeof address.sun_path, path))
                return err_set(reterr, -ENAMETOOLONG, "the socket's path is longer than %zu bytes: %s",
                               sizeof address.sun_path - 1, path);
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return err_set(reterr, -errno, "no socket: %s", strerror(errno));
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
                int error = errno;
                close(fd);
                return err_set(reterr, -error, "cannot reach the daemon at %s: %s", path, mend(error));
        }
        return fd;
}

static int send_all(int fd, struct span data) {
        while (data.len > 0) {
                ssize_t n = send(fd, data.data, data.len, MSG_NOSIGNAL);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                data.data += n;
                data.len -= (size_t)n;
        }
        return 0;
}

static int receive_some(int fd, int silence_ms, struct buf *reply) {
        struct pollfd readable = {.fd = fd, .events = POLLIN};
        int r = poll(&readable, 1, silence_ms);
        if (r < 0 && errno == EINTR)
                return 0;
        char *to = r > 0 ? buf_reserve(reply, READ_BYTES) : NULL;
        if (!to)
                return r == 0 ? -ETIMEDOUT : r < 0 ? -errno : reply->failed;
        ssize_t n = recv(fd, to, READ_BYTES, 0);
        if (n <= 0)
                return n == 0 ? -ECONNRESET : errno == EINTR ? 0 : -errno;
        reply->len += (size_t)n;
        reply->data[reply->len] = '\0';
        return 0;
}

static void tell(const struct client_listener *listener, struct elements *elements, const struct buf *reply) {
        struct span element;
        while (listener && listener->element && elements_next(elements, buf_span(reply), &element))
                listener->element(listener->arg, element);
}

/* Up to the end of the line. */
static int receive_line(int fd, const char *path, const struct client_listener *listener, struct buf *reply,
                        struct err *reterr) {
        struct elements elements = {0};
        size_t seen = 0;
        int silence_ms = listener && listener->is_patient ? -1 : SILENCE_S * 1000;
        while (!memchr(buf_str(reply) + seen, '\n', reply->len - seen)) {
                seen = reply->len;
                int r = receive_some(fd, silence_ms, reply);
                tell(listener, &elements, reply);
                if (r == -ETIMEDOUT)
                        return err_set(
                                reterr, r,
                                "the daemon at %s said nothing for %d s: its log (journalctl -u flinkwatch) may say why",
                                path, SILENCE_S);
                if (r == -ECONNRESET)
                        return err_set(
                                reterr, r,
                                "the daemon at %s closed the connection before it had answered: is it being restarted?",
                                path);
                if (r < 0)
                        return err_set(reterr, r, "the answer from %s could not be read: %s", path, strerror(-r));
        }
        return 0;
}

static char *write_request(const char *method, cJSON *params) {
        cJSON *request = cJSON_CreateObject();
        cJSON_AddStringToObject(request, "jsonrpc", "2.0");
        cJSON_AddNumberToObject(request, "id", 1);
        cJSON_AddStringToObject(request, "method", method);
        if (params && !cJSON_AddItemToObject(request, "params", params))
                cJSON_Delete(params);
        char *text = cJSON_PrintUnformatted(request);
        cJSON_Delete(request);
        return text;
}

void answer_done(struct answer *a) {
        cJSON_Delete(a->result);
        buf_done(&a->line);
        *a = (struct answer){0};
}

static enum exit_code read_reply(const char *path, struct answer *a, struct err *reterr) {
        cJSON *reply = cJSON_ParseWithLength(a->line.data, a->line.len);
        const cJSON *error = value_member(reply, "error");
        enum exit_code code = EXIT_FAILED;
        a->result = cJSON_DetachItemFromObjectCaseSensitive(reply, "result");
        a->result_text = value_text_of(buf_span(&a->line), "result");
        if (a->result) {
                code = EXIT_DONE;
        } else if (error) {
                const char *message = value_text(error, "message");
                err_set(reterr, -EINVAL, "%s", message[0] ? message : "the daemon gave an error without a message");
        } else {
                err_set(reterr, -EPROTO,
                        "what answers at %s does not speak flinkwatch's language: is it the right socket?", path);
                code = EXIT_UNREACHABLE;
        }
        cJSON_Delete(reply);
        return code;
}

static enum exit_code exchange(const char *path, const char *request, const struct client_listener *listener,
                               struct answer *a, struct err *reterr) {
        SCOPED(close) int fd = connect_to(path, reterr);
        if (fd < 0)
                return EXIT_UNREACHABLE;
        int r = send_all(fd, span_of(request));
        if (r == 0)
                r = send_all(fd, SPAN("\n"));
        if (r < 0) {
                err_set(reterr, r, "the daemon at %s takes no request: %s", path,
                        r == -EAGAIN ? "it is too busy" : strerror(-r));
                return EXIT_UNREACHABLE;
        }
        if (receive_line(fd, path, listener, &a->line, reterr) < 0)
                return EXIT_UNREACHABLE;
        return read_reply(path, a, reterr);
}

/* A daemon that ends closes what it has not answered, and the next one has its socket. What changes something is not asked for twice. */
static bool was_dropped(const char *method, const struct answer *a, const struct err *reason) {
        static const char *const changes[] = {"ack", "silence", "unsilence"};
        for (size_t i = 0; i < ELEMENTS(changes); i++)
                if (strcmp(method, changes[i]) == 0)
                        return false;
        return a->line.len == 0 && (reason->code == -ECONNRESET || reason->code == -EPIPE);
}

enum exit_code client_listen(const char *path, const char *method, cJSON *params,
                             const struct client_listener *listener, struct answer *ret, struct err *reterr) {
        SCOPED(free) char *request = write_request(method, params);
        struct answer a = {.line = BUF_INIT(REPLY_MAX_BYTES)};
        if (!request) {
                err_set(reterr, -ENOMEM, "out of memory");
                return EXIT_FAILED;
        }
        enum exit_code code = exchange(path, request, listener, &a, reterr);
        for (int again = 1; code == EXIT_UNREACHABLE && again < TRIES && was_dropped(method, &a, reterr); again++)
                code = exchange(path, request, listener, &a, reterr);
        if (code == EXIT_DONE)
                *ret = a;
        else
                answer_done(&a);
        return code;
}

enum exit_code client_call(const char *path, const char *method, cJSON *params, struct answer *ret,
                           struct err *reterr) {
        return client_listen(path, method, params, NULL, ret, reterr);
}
