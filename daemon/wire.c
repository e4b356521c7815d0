/* SPDX-License-Identifier: Apache-2.0 */
/* libcurl tells which descriptors and which timeout it waits for; libev watches them and reports back. */
#include "daemon/wire.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>

#include "util/text.h"

enum {
        HOST_CONNECTIONS_MAX = 8,
        CONNECTIONS_MAX = 64,
        CONNECT_TIMEOUT_MS =
                5000 + 2 * 3100, /* all of it: a name server that is down, then the SDKs' limits for TCP and for TLS */
        LOCAL_CONNECT_TIMEOUT_MS = 1000,
        HEADERS_MAX = 64 << 10,
        TURN_MS = 10,
        IDLE_CONNECTION_S = 18,        /* AWS closes at 20 s */
        WATCHES = 4 * CONNECTIONS_MAX, /* of two families at once, and of the resolver */
};

struct watch {
        ev_io io;
        struct wire *wire;
        struct watch *next_free;
};

struct wire {
        struct loop *loop;
        CURLM *multi;
        ev_timer timer;
        struct timer rest; /* finished calls that wait for the next turn */
        char *ca_bundle, *user_agent;
        int64_t timeout_ms;
        struct wire_call *calls;
        CURL *idle[HOST_CONNECTIONS_MAX];
        size_t n_idle;
        /* Allocated with the rest: a callback of libcurl's that fails ends its handle, and every request with it, for good. */
        struct watch watches[WATCHES], *free_watches;
};

struct wire_call {
        struct wire *wire;
        struct wire_call *next, **link;
        CURL *easy;
        struct curl_slist *headers;
        struct buf body, reply_headers;
        wire_done done;
        void *arg;
        int64_t sent_at_ms;
        char error[CURL_ERROR_SIZE];
};

static void finish_calls(struct wire *w);

static void on_io(struct ev_loop *ev, ev_io *io, int events) {
        (void)ev;
        struct watch *watch = io->data;
        struct wire *w = watch->wire;
        int flags = (events & EV_READ ? CURL_CSELECT_IN : 0) | (events & EV_WRITE ? CURL_CSELECT_OUT : 0), running;
        curl_multi_socket_action(w->multi, io->fd, flags, &running);
        finish_calls(w);
}

static void on_timeout(struct ev_loop *ev, ev_timer *timer, int events) {
        (void)ev;
        (void)events;
        struct wire *w = timer->data;
        int running;
        curl_multi_socket_action(w->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        finish_calls(w);
}

static struct watch *take_watch(struct wire *w) {
        struct watch *watch = w->free_watches;
        if (watch)
                w->free_watches = watch->next_free;
        return watch;
}

static void put_back(struct wire *w, struct watch *watch) {
        watch->next_free = w->free_watches;
        w->free_watches = watch;
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg) {
        (void)easy;
        struct wire *w = arg;
        struct watch *watch = socket_arg;
        struct ev_loop *ev = loop_ev(w->loop);
        if (what == CURL_POLL_REMOVE) {
                if (watch) {
                        ev_io_stop(ev, &watch->io);
                        curl_multi_assign(w->multi, fd, NULL);
                        put_back(w, watch);
                }
                return 0;
        }
        if (!watch) {
                watch = take_watch(w);
                if (!watch)
                        return -1;
                curl_multi_assign(w->multi, fd, watch);
        } else {
                ev_io_stop(ev, &watch->io);
        }
        int events = (what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0);
        ev_io_init(&watch->io, on_io, fd, events);
        watch->io.data = watch;
        ev_io_start(ev, &watch->io);
        return 0;
}

static int set_timer(CURLM *multi, long timeout_ms, void *arg) {
        (void)multi;
        struct wire *w = arg;
        struct ev_loop *ev = loop_ev(w->loop);
        ev_timer_stop(ev, &w->timer);
        if (timeout_ms >= 0) {
                ev_now_update(ev);
                ev_timer_set(&w->timer, (double)timeout_ms / 1000, 0);
                ev_timer_start(ev, &w->timer);
        }
        return 0;
}

/* HTTP_PROXY is read by libcurl in lower case only: web servers give their programs a request's header "Proxy" under that name. This is
 * nobody's CGI program. */
static int adopt_http_proxy(void) {
        const char *upper = getenv("HTTP_PROXY");
        return upper && *upper && setenv("http_proxy", upper, 0) < 0 ? -ENOMEM : 0;
}

int wire_new(struct loop *l, const struct wire_options *options, struct wire **ret) {
        struct wire *w = calloc(1, sizeof *w);
        if (!w)
                return -ENOMEM;
        w->loop = l;
        for (size_t i = 0; i < WATCHES; i++) {
                w->watches[i].wire = w;
                put_back(w, &w->watches[i]);
        }
        w->timeout_ms = options->timeout_ms;
        w->multi = curl_multi_init();
        if (!w->multi || adopt_http_proxy() < 0 || text_replace(&w->ca_bundle, options->ca_bundle) < 0 ||
            text_replace(&w->user_agent, options->user_agent) < 0) {
                wire_free(w);
                return -ENOMEM;
        }
        ev_timer_init(&w->timer, on_timeout, 0, 0);
        w->timer.data = w;
        curl_multi_setopt(w->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
        curl_multi_setopt(w->multi, CURLMOPT_SOCKETDATA, w);
        curl_multi_setopt(w->multi, CURLMOPT_TIMERFUNCTION, set_timer);
        curl_multi_setopt(w->multi, CURLMOPT_TIMERDATA, w);
        curl_multi_setopt(w->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)HOST_CONNECTIONS_MAX);
        curl_multi_setopt(w->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)CONNECTIONS_MAX);
        curl_multi_setopt(w->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_MAX);
        *ret = w;
        return 0;
}

static void release(struct wire_call *c) {
        struct wire *w = c->wire;
        curl_multi_remove_handle(w->multi, c->easy);
        if (w->n_idle < ELEMENTS(w->idle)) {
                curl_easy_reset(c->easy);
                w->idle[w->n_idle++] = c->easy;
        } else {
                curl_easy_cleanup(c->easy);
        }
        for (struct curl_slist *h = c->headers; h; h = h->next)
                text_wipe(h->data, strlen(h->data));
        curl_slist_free_all(c->headers);
        buf_wipe(&c->body);
        buf_wipe(&c->reply_headers);
        *c->link = c->next;
        if (c->next)
                c->next->link = c->link;
        free(c);
}

void wire_free(struct wire *w) {
        if (!w)
                return;
        while (w->calls)
                release(w->calls);
        for (size_t i = 0; i < w->n_idle; i++)
                curl_easy_cleanup(w->idle[i]);
        if (w->multi)
                curl_multi_cleanup(w->multi);
        ev_timer_stop(loop_ev(w->loop), &w->timer);
        timer_stop(&w->rest);
        free(w->ca_bundle);
        free(w->user_agent);
        free(w);
}

void wire_cancel(struct wire_call *call) {
        if (call)
                release(call);
}

static size_t take_body(char *data, size_t size, size_t n, void *arg) {
        struct wire_call *c = arg;
        buf_put(&c->body, data, size * n);
        return c->body.failed ? 0 : size * n;
}

static size_t take_header(char *data, size_t size, size_t n, void *arg) {
        struct wire_call *c = arg;
        struct span line = {data, size * n};
        if (span_starts(line, SPAN("HTTP/")))
                buf_clear(&c->reply_headers);
        else
                buf_put_span(&c->reply_headers, line);
        return c->reply_headers.failed ? 0 : size * n;
}

static const struct {
        CURLcode code;
        enum http_fault fault;
} faults[] = {
        {CURLE_COULDNT_RESOLVE_HOST, HTTP_FAULT_RESOLVE},
        {CURLE_COULDNT_RESOLVE_PROXY, HTTP_FAULT_RESOLVE},
        {CURLE_COULDNT_CONNECT, HTTP_FAULT_CONNECT},
        {CURLE_OPERATION_TIMEDOUT, HTTP_FAULT_TIMEOUT},
        {CURLE_PARTIAL_FILE, HTTP_FAULT_CLOSED},
        {CURLE_GOT_NOTHING, HTTP_FAULT_CLOSED},
        {CURLE_RECV_ERROR, HTTP_FAULT_CLOSED},
        {CURLE_SEND_ERROR, HTTP_FAULT_CLOSED},
        {CURLE_HTTP2, HTTP_FAULT_CLOSED},
        {CURLE_HTTP2_STREAM, HTTP_FAULT_CLOSED},
        {CURLE_WRITE_ERROR, HTTP_FAULT_TOO_BIG},
        {CURLE_FILESIZE_EXCEEDED, HTTP_FAULT_TOO_BIG},
        {CURLE_SSL_CONNECT_ERROR, HTTP_FAULT_TLS},
        {CURLE_PEER_FAILED_VERIFICATION, HTTP_FAULT_TLS},
        {CURLE_SSL_CACERT_BADFILE, HTTP_FAULT_TLS},
        {CURLE_SSL_CERTPROBLEM, HTTP_FAULT_TLS},
        {CURLE_SSL_ISSUER_ERROR, HTTP_FAULT_TLS},
};

static enum http_fault fault_of(CURLcode code) {
        if (code == CURLE_OK)
                return HTTP_FAULT_NONE;
        for (size_t i = 0; i < ELEMENTS(faults); i++)
                if (faults[i].code == code)
                        return faults[i].fault;
        return HTTP_FAULT_OTHER;
}

/* libcurl's detail names hosts and addresses, but for some faults the whole URL: those get the plain text. */
static void describe_fault(struct wire_call *c, CURLcode code, struct http_reply *reply) {
        bool is_plain = code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL || !c->error[0];
        text_copy(reply->fault_text, sizeof reply->fault_text, is_plain ? curl_easy_strerror(code) : c->error);
        if (reply->fault == HTTP_FAULT_TOO_BIG)
                text_copy(reply->fault_text, sizeof reply->fault_text, "the reply is larger than allowed");
}

static void complete(struct wire_call *c, CURLcode code) {
        long status = 0, sent = 0;
        curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(c->easy, CURLINFO_REQUEST_SIZE, &sent);
        struct http_reply reply = {
                .fault = fault_of(code),
                .status = code == CURLE_OK ? (int)status : 0,
                .body = buf_span(&c->body),
                .headers = buf_span(&c->reply_headers),
                .sent_at_ms = c->sent_at_ms,
                .received_at_ms = loop_now_ms(c->wire->loop),
                .was_sent = sent > 0,
        };
        if (reply.fault)
                describe_fault(c, code, &reply);
        if (c->body.failed == -ENOMEM || c->reply_headers.failed == -ENOMEM) {
                reply.fault = HTTP_FAULT_OTHER; /* no fault of the answer's */
                text_copy(reply.fault_text, sizeof reply.fault_text, "out of memory");
        }
        wire_done done = c->done;
        void *arg = c->arg;
        /* The callback may send again or cancel other calls: this one is unlinked, its buffers live until it returns. */
        struct buf body = c->body, headers = c->reply_headers;
        c->body = BUF_INIT(0);
        c->reply_headers = BUF_INIT(0);
        release(c);
        done(arg, &reply);
        buf_wipe(&body);
        buf_wipe(&headers);
}

static void on_rest(void *arg) {
        finish_calls(arg);
}

/* Replies can be megabytes, and several come at once: when the turn has taken long, the others have the next one. */
static bool is_time_over(struct wire *w) {
        if (loop_turn_ms(w->loop) < TURN_MS)
                return false;
        timer_start(&w->rest, w->loop, 0, on_rest, w);
        return true;
}

static void finish_calls(struct wire *w) {
        CURLMsg *message;
        int left;
        while (!is_time_over(w) && (message = curl_multi_info_read(w->multi, &left))) {
                if (message->msg != CURLMSG_DONE)
                        continue;
                struct wire_call *c = NULL;
                CURLcode code = message->data.result;
                curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&c);
                complete(c, code);
        }
}

static int add_header(struct wire_call *c, const char *name, const char *value) {
        struct buf line = BUF_INIT(HTTP_BODY_MAX);
        buf_printf(&line, "%s: %s", name, value);
        struct curl_slist *longer = line.failed ? NULL : curl_slist_append(c->headers, buf_str(&line));
        buf_wipe(&line);
        if (!longer)
                return -ENOMEM;
        c->headers = longer;
        return 0;
}

static int add_headers(struct wire_call *c, const struct http_request *request) {
        static const char *const removed[] = {"Expect:", "Accept:"};
        for (size_t i = 0; i < request->n_headers; i++)
                if (add_header(c, request->headers[i].name, request->headers[i].value) < 0)
                        return -ENOMEM;
        for (size_t i = 0; i < ELEMENTS(removed); i++) {
                struct curl_slist *longer = curl_slist_append(c->headers, removed[i]);
                if (!longer)
                        return -ENOMEM;
                c->headers = longer;
        }
        return 0;
}

static void set_method(CURL *easy, const struct http_request *request) {
        if (strcmp(request->method, "GET") == 0) {
                curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
                return;
        }
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, buf_str(&request->body));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        if (strcmp(request->method, "POST") != 0)
                curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static int prepare(struct wire_call *c, const struct http_request *request, const char *url) {
        CURL *easy = c->easy;
        int64_t timeout_ms = request->timeout_ms > 0 ? request->timeout_ms : WIRE_TIMEOUT_MS;
        if (c->wire->timeout_ms > 0 && c->wire->timeout_ms < timeout_ms)
                timeout_ms = c->wire->timeout_ms;
        if (add_headers(c, request) < 0 || curl_easy_setopt(easy, CURLOPT_URL, url) != CURLE_OK)
                return -ENOMEM;
        set_method(easy, request);
        curl_easy_setopt(easy, CURLOPT_PRIVATE, c);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, c->headers);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, c);
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, c);
        curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, c->error);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(easy, CURLOPT_USERAGENT, c->wire->user_agent);
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                         request->is_local ? (long)LOCAL_CONNECT_TIMEOUT_MS : (long)CONNECT_TIMEOUT_MS);
        curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)IDLE_CONNECTION_S);
        curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
        curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* a look-up that hangs is left to its thread, not waited for */
#endif
        curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)c->body.cap);
        if (request->has_effect) /* on a kept connection that turns out to be gone libcurl would send it again by itself */
                curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        if (request->is_local)
                curl_easy_setopt(easy, CURLOPT_PROXY, "");
        const char *ca_bundle = request->ca_bundle ? request->ca_bundle : c->wire->ca_bundle;
        if (ca_bundle) { /* instead of the system's authorities, the folder of which libcurl would go on trusting */
                curl_easy_setopt(easy, CURLOPT_CAINFO, ca_bundle);
                curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
                curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, ca_bundle);
                curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, NULL);
        }
        return 0;
}

int wire_send(struct wire *w, const struct http_request *request, const char *url, wire_done done, void *arg,
              struct wire_call **ret) {
        struct wire_call *c = calloc(1, sizeof *c);
        CURL *easy = w->n_idle > 0 ? w->idle[--w->n_idle] : curl_easy_init();
        if (!c || !easy) {
                free(c);
                curl_easy_cleanup(easy);
                return -ENOMEM;
        }
        size_t reply_max = request->reply_max_bytes > 0 ? (size_t)request->reply_max_bytes : WIRE_REPLY_MAX;
        *c = (struct wire_call){.wire = w,
                                .easy = easy,
                                .done = done,
                                .arg = arg,
                                .body = BUF_INIT(reply_max),
                                .reply_headers = BUF_INIT(HEADERS_MAX),
                                .sent_at_ms = loop_now_ms(w->loop)};
        c->next = w->calls;
        c->link = &w->calls;
        if (c->next)
                c->next->link = &c->next;
        w->calls = c;
        if (prepare(c, request, url) < 0 || curl_multi_add_handle(w->multi, easy) != CURLM_OK) {
                release(c);
                return -ENOMEM;
        }
        *ret = c;
        return 0;
}
