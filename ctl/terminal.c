/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/terminal.h"

#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "ctl/pager.h"
#include "util/number.h"
#include "util/text.h"

enum { COLUMNS_LIMIT = 1000 };

static volatile sig_atomic_t is_in_place; /* a watch has the terminal */

int64_t terminal_now_s(void) {
        return time(NULL);
}

bool terminal_is_output(void) {
        return isatty(STDOUT_FILENO);
}

static bool size_of_terminal(struct winsize *ret) {
        return ioctl(STDOUT_FILENO, TIOCGWINSZ, ret) == 0 && ret->ws_col > 0;
}

void terminal_measure(struct screen *s) {
        struct winsize size;
        int64_t columns;
        const char *variable = getenv("COLUMNS");
        if (variable && number_int64(span_of(variable), &columns) == 0 && columns >= 20 && columns <= COLUMNS_LIMIT)
                s->width = (size_t)columns;
        else if (terminal_is_output())
                s->width = size_of_terminal(&size) ? size.ws_col : SCREEN_WIDTH_STANDARD;
        else
                s->width = 0;
}

void terminal_init(struct screen *s, bool wants_colour) {
        const char *term = getenv("TERM"), *refused = getenv("NO_COLOR");
        *s = (struct screen){.out = BUF_INIT(SCREEN_MAX_BYTES), .now_s = terminal_now_s()};
        s->is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
        s->has_colour = wants_colour && terminal_is_output() && !(refused && refused[0]) && term && term[0] &&
                        strcmp(term, "dumb") != 0;
        terminal_measure(s);
}

static bool is_longer_than_terminal(struct span text) {
        struct winsize size;
        size_t lines = 0;
        if (!size_of_terminal(&size))
                return false;
        for (size_t i = 0; i < text.len; i++)
                lines += text.data[i] == '\n';
        return size.ws_row > 0 && lines >= size.ws_row;
}

static int write_all(struct span text) {
        while (text.len > 0) {
                ssize_t n = write(STDOUT_FILENO, text.data, text.len);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                text.data += n;
                text.len -= (size_t)n;
        }
        return 0;
}

int terminal_show(struct span text, bool wants_pager) {
        if (wants_pager && terminal_is_output() && is_longer_than_terminal(text) && pager_show(text) == 0)
                return 0;
        return write_all(text);
}

static const char enter[] = "\033[?1049h\033[?25l", leave[] = "\033[0m\033[?25h\033[?1049l";

/* From within the handler: whatever is waited for, a daemon that says nothing as well, has no say in it. */
static void on_end(int number) {
        (void)number;
        terminal_watch_end(is_in_place);
        _exit(EXIT_SUCCESS);
}

static void on_resize(int number) {
        (void)number; /* the wait is over */
}

void terminal_watch_begin(bool is_terminal) {
        const struct sigaction end = {.sa_handler = on_end}, resize = {.sa_handler = on_resize};
        sigset_t resized;
        is_in_place = is_terminal;
        sigaction(SIGINT, &end, NULL);
        sigaction(SIGTERM, &end, NULL);
        sigaction(SIGHUP, &end, NULL);
        sigaction(SIGWINCH, &resize, NULL);
        sigemptyset(&resized);
        sigaddset(&resized, SIGWINCH);
        sigprocmask(SIG_BLOCK, &resized, NULL); /* it is let in by terminal_wait alone, and not lost before it */
        if (is_terminal)
                write_all(SPAN(enter));
}

void terminal_watch_end(bool is_terminal) {
        if (is_terminal)
                write_all(SPAN(leave));
}

/* Each line over what was there, the rest of it and of the screen cleared: no flicker. Lines that do not fit are left out. */
static int draw_in_place(struct span text) {
        SCOPED(buf_done) struct buf frame = BUF_INIT(SCREEN_MAX_BYTES);
        struct winsize size = {.ws_row = 24};
        size_of_terminal(&size);
        buf_put_str(&frame, "\033[H");
        for (unsigned row = 1; text.data && text.len > 0 && row < size.ws_row; row++) {
                buf_put_span(&frame, span_split(&text, '\n'));
                buf_put_str(&frame, "\033[K\n");
        }
        buf_put_str(&frame, "\033[J");
        return frame.failed ? frame.failed : write_all(buf_span(&frame));
}

int terminal_watch_frame(struct screen *s, bool is_terminal) {
        int r = is_terminal ? draw_in_place(buf_span(&s->out)) : 0;
        if (!is_terminal) {
                screen_line(s);
                r = write_all(buf_span(&s->out));
        }
        buf_clear(&s->out);
        return r;
}

void terminal_wait(int64_t seconds) {
        const struct timespec at_most = {.tv_sec = seconds};
        sigset_t nothing;
        sigemptyset(&nothing);
        ppoll(NULL, 0, &at_most, &nothing);
}
