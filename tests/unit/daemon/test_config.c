/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/daemon/support.h"

#include <errno.h>
#include <sys/stat.h>

#include "daemon/config.h"

struct place {
        struct bench *bench;
        struct config *config;
        struct config_faults faults;
        char want[1024];
};

static int setup(void **state) {
        struct place *p = calloc(1, sizeof *p);
        unsetenv("STATE_DIRECTORY");
        unsetenv("RUNTIME_DIRECTORY");
        unsetenv("AWS_REGION");
        unsetenv("AWS_DEFAULT_REGION");
        setenv("AWS_CONFIG_FILE", "/nonexistent", 1);
        *state = p;
        return p ? bench_setup((void **)&p->bench) : -1;
}

static void forget(struct place *p) {
        config_free(TAKE(p->config));
        config_faults_done(&p->faults);
}

static int teardown(void **state) {
        struct place *p = *state;
        forget(p);
        bench_teardown((void **)&p->bench);
        free(p);
        return 0;
}

static int load(struct place *p, const char *text) {
        forget(p);
        bench_write(p->bench, "f.conf", text);
        return config_load(bench_path(p->bench, "f.conf"), &p->config, &p->faults);
}

static void accept(struct place *p, const char *text) {
        int r = load(p, text);
        if (r < 0)
                fail_msg("%s", buf_str(&p->faults.lines));
        assert_int_equal(p->faults.n, 0);
}

/* `want` is what is left of all faults when the file's name is taken away: "LINE: message\n"... */
static void refuse(struct place *p, const char *text, const char *want) {
        struct buf have = BUF_INIT(1 << 20);
        size_t n_path = strlen(bench_path(p->bench, "f.conf")) + 1;
        assert_int_equal(load(p, text), -EINVAL);
        assert_null(p->config);
        struct span rest = buf_span(&p->faults.lines);
        size_t n = 0;
        while (rest.len > 0) {
                struct span line = span_split(&rest, '\n');
                assert_true(line.len > n_path);
                assert_memory_equal(line.data, bench_path(p->bench, "f.conf"), n_path - 1);
                assert_int_equal(line.data[n_path - 1], ':');
                buf_printf(&have, "%.*s\n", (int)(line.len - n_path), line.data + n_path);
                n++;
        }
        assert_string_equal(buf_str(&have), want);
        assert_int_equal(p->faults.n, n);
        buf_done(&have);
}

#define TARGET "[target main]\nregion = eu-west-1\n"

static const char *with_file(struct place *p, const char *name) {
        snprintf(p->want, sizeof p->want, TARGET "[notifier q]\ntype = slack\nwebhook_url_file = %s\n",
                 bench_path(p->bench, name));
        return p->want;
}

static void test_load__least_file__defaults(void **state) {
        struct place *p = *state;
        accept(p, TARGET);
        const struct config *c = p->config;
        assert_string_equal(c->path, bench_path(p->bench, "f.conf"));
        assert_string_equal(c->state_directory, "/var/lib/flinkwatch");
        assert_string_equal(c->socket, "/run/flinkwatch/flinkwatch.sock");
        assert_null(c->socket_group);
        assert_int_equal(c->log_level, LOG_LEVEL_INFO);
        assert_int_equal(c->interval_s, 60);
        assert_int_equal(c->backfill_s, 15 * 86400);
        assert_int_equal(c->settle_s, 120);
        assert_int_equal(c->retention_s, 455 * 86400);
        assert_true(c->monthly_budget_usd < 0);
        assert_int_equal(c->n_targets, 1);
        assert_string_equal(c->targets[0].name, "main");
        assert_string_equal(c->targets[0].region, "eu-west-1");
        assert_string_equal(c->targets[0].applications, "*");
        assert_null(c->targets[0].profile);
        for (size_t i = 0; diagnosers[i]; i++) {
                assert_true(c->diagnosers[i].is_enabled);
                for (size_t k = 0; diagnosers[i]->params && diagnosers[i]->params[k].name; k++)
                        assert_true(c->diagnosers[i].settings[k] == diagnosers[i]->params[k].standard);
        }
}

static void test_load__directories_of_the_service_manager__are_used(void **state) {
        struct place *p = *state;
        setenv("STATE_DIRECTORY", "/var/lib/other", 1);
        setenv("RUNTIME_DIRECTORY", "/run/other", 1);
        accept(p, TARGET);
        assert_string_equal(p->config->state_directory, "/var/lib/other");
        assert_string_equal(p->config->socket, "/run/other/flinkwatch.sock");
        accept(p, "[daemon]\nstate_directory = /s\nsocket = /r/x\n" TARGET);
        assert_string_equal(p->config->state_directory, "/s");
        assert_string_equal(p->config->socket, "/r/x");
        unsetenv("STATE_DIRECTORY");
        unsetenv("RUNTIME_DIRECTORY");
}

static void test_load__every_section_and_key__arrives(void **state) {
        struct place *p = *state;
        accept(p, "[daemon]\n"
                  "state_directory = /s\nsocket = /run/s\nsocket_group = watchers\nlog_level = debug\n"
                  "[polling]\n"
                  "interval = 30s\nbackfill = 2d12h\nsettle = 0\nmonthly_budget_usd = 12.5\n"
                  "[storage]\nretention = 30d\n"
                  "[target a]\n"
                  "region = eu-west-1\nprofile = prod\nrole_arn = arn:aws:iam::111122223333:role/r\n"
                  "external_id = two words\napplications = orders-*, !orders-test\n"
                  "[target b]\nregion = us-east-1\n"
                  "[diagnoser restart_loop]\nenabled = no\nrestarts = 5\nwindow = 20m\n"
                  "[application batch-*]\nseverity_cap = warning\n"
                  "[notifier chat]\ntype = slack\nwebhook_url = https://h/x\nmin_severity = critical\n"
                  "applications = a*\nrepeat_interval = 0\n"
                  "[maintenance sunday]\napplications = *\nschedule = Sun 02:00-04:00\n");
        const struct config *c = p->config;
        assert_string_equal(c->state_directory, "/s");
        assert_string_equal(c->socket, "/run/s");
        assert_string_equal(c->socket_group, "watchers");
        assert_int_equal(c->log_level, LOG_LEVEL_DEBUG);
        assert_int_equal(c->interval_s, 30);
        assert_int_equal(c->backfill_s, 60 * 3600);
        assert_int_equal(c->settle_s, 0);
        assert_true(c->monthly_budget_usd == 12.5);
        assert_int_equal(c->retention_s, 30 * 86400);
        assert_int_equal(c->n_targets, 2);
        assert_string_equal(c->targets[0].profile, "prod");
        assert_string_equal(c->targets[0].role_arn, "arn:aws:iam::111122223333:role/r");
        assert_string_equal(c->targets[0].external_id, "two words");
        assert_string_equal(c->targets[0].applications, "orders-*, !orders-test");
        assert_string_equal(c->targets[1].region, "us-east-1");
        assert_int_equal(c->n_applications, 1);
        assert_int_equal(c->n_notifiers, 1);
        const struct config_notifier *n = &c->notifiers[0];
        assert_string_equal(n->name, "chat");
        assert_ptr_equal(n->type, &notifier_slack);
        assert_int_equal(n->min_severity, SEVERITY_CRITICAL);
        assert_string_equal(n->applications, "a*");
        assert_int_equal(n->repeat_interval_s, 0);
        assert_string_equal(n->channel.name, "chat");
        assert_string_equal(channel_value(&n->channel, "webhook_url"), "https://h/x");
        assert_null(channel_value(&n->channel, "url"));
        assert_int_equal(c->n_maintenance, 1);
        assert_string_equal(c->maintenance[0].schedule, "Sun 02:00-04:00");
        accept(p,
               "[polling]\nmonthly_budget_usd = none\n[notifier q]\ntype = slack\nwebhook_url = https://h/x\n" TARGET);
        assert_true(p->config->monthly_budget_usd < 0);
        assert_int_equal(p->config->notifiers[0].min_severity, SEVERITY_WARNING);
        assert_int_equal(p->config->notifiers[0].repeat_interval_s, 4 * 3600);
        assert_string_equal(p->config->notifiers[0].applications, "*");
}

static size_t index_of(const struct diagnoser *d) {
        size_t i = 0;
        while (diagnosers[i] != d)
                i++;
        return i;
}

static void test_settings__overrides__by_glob_and_the_later_wins(void **state) {
        struct place *p = *state;
        double s[32];
        accept(p, TARGET "[diagnoser checkpoint_duration]\nwarning_ratio = 0.6\n"
                         "[application *]\ncheckpoint_duration.warning_ratio = 0.7\nrestart_loop.restarts = 9\n"
                         "[application orders-*]\ncheckpoint_duration.warning_ratio = 0.8\n"
                         "checkpoint_duration.critical_ratio=2\n");
        size_t i = index_of(&diagnoser_checkpoint_duration), r = index_of(&diagnoser_restart_loop);
        int warning = param_find(diagnosers[i]->params, "warning_ratio");
        int critical = param_find(diagnosers[i]->params, "critical_ratio");
        int restarts = param_find(diagnosers[r]->params, "restarts");
        config_settings(p->config, i, "orders-eu", s);
        assert_true(s[warning] == 0.8);
        assert_true(s[critical] == 2);
        config_settings(p->config, i, "billing", s);
        assert_true(s[warning] == 0.7);
        assert_true(s[critical] == 1);
        config_settings(p->config, r, "orders-eu", s);
        assert_true(s[restarts] == 9);
        assert_true(p->config->diagnosers[i].settings[warning] == 0.6);
}

static void test_enabled__by_glob__the_later_wins(void **state) {
        struct place *p = *state;
        double s[32];
        accept(p, TARGET "[diagnoser snapshot]\nenabled = no\n"
                         "[application batch-*]\nthroughput_drop.enabled = no\nsnapshot.enabled = yes\n"
                         "[application batch-1]\nthroughput_drop.enabled = on\nthroughput_drop.ratio = 0.2\n");
        size_t drop = index_of(&diagnoser_throughput_drop), snapshot = index_of(&diagnoser_snapshot);
        assert_true(config_is_enabled(p->config, drop, "orders"));
        assert_false(config_is_enabled(p->config, drop, "batch-2"));
        assert_true(config_is_enabled(p->config, drop, "batch-1"));
        assert_false(config_is_enabled(p->config, snapshot, "orders"));
        assert_true(config_is_enabled(p->config, snapshot, "batch-2"));
        config_settings(p->config, drop, "batch-1", s);
        assert_true(s[param_find(diagnosers[drop]->params, "ratio")] == 0.2);
        refuse(p, TARGET "[application x]\nsnapshot.enabled = perhaps\n", "4: enabled = perhaps: expected yes or no\n");
}

static void test_severity_cap__by_glob__only_where_it_is_said(void **state) {
        struct place *p = *state;
        accept(p, TARGET "[application batch-*]\nseverity_cap = info\n"
                         "[application *-eu]\nseverity_cap = warning\n"
                         "[application batch-x*]\nrestart_loop.restarts = 9\n");
        assert_int_equal(config_severity_cap(p->config, "orders"), SEVERITY_CRITICAL);
        assert_int_equal(config_severity_cap(p->config, "batch-1"), SEVERITY_INFO);
        assert_int_equal(config_severity_cap(p->config, "batch-1-eu"), SEVERITY_WARNING);
        /* the last section that matches says nothing of the cap */
        assert_int_equal(config_severity_cap(p->config, "batch-xy"), SEVERITY_INFO);
}

/* How a line is read. */

static void test_target__none_named__is_all_of_them_also_where_there_are_none(void **state) {
        (void)state;
        struct config_target one = {.name = (char *)"prod-eu"};
        const struct config none = {0}, c = {.targets = &one, .n_targets = 1};
        struct err err;
        assert_int_equal(config_check_target(&none, NULL, &err), 0);
        assert_int_equal(config_check_target(&c, NULL, &err), 0);
        assert_int_equal(config_check_target(&c, "prod-eu", &err), 0);
        assert_int_equal(config_check_target(&none, "prod-eu", &err), -ENOENT);
        assert_int_equal(config_check_target(&c, "prod-ue", &err), -ENOENT);
        assert_non_null(strstr(err.text, "did you mean prod-eu?"));
}

static void test_value__with_equals_and_semicolon__is_whole(void **state) {
        struct place *p = *state;
        accept(p, TARGET "[notifier q]\ntype = slack\nwebhook_url = https://h/x?a=b&c=d;e=f;g\n");
        assert_string_equal(channel_value(&p->config->notifiers[0].channel, "webhook_url"),
                            "https://h/x?a=b&c=d;e=f;g");
}

static void test_value__inline_comment__after_white_space_only(void **state) {
        struct place *p = *state;
        accept(p, "[target main] ; the only one\nregion = eu-west-1 ; Dublin\nprofile = a;b#c\napplications = x\t;y\n"
                  "  # comment\n\t; comment\n\n   \n");
        assert_string_equal(p->config->targets[0].region, "eu-west-1");
        assert_string_equal(p->config->targets[0].profile, "a;b#c");
        assert_string_equal(p->config->targets[0].applications, "x");
        accept(p,
               "[target main #1] # one\nregion = eu-west-1 # Dublin ; or so\nprofile = a\t#b\n[polling]\ninterval = 30s #");
        assert_string_equal(p->config->targets[0].name, "main #1");
        assert_string_equal(p->config->targets[0].region, "eu-west-1");
        assert_string_equal(p->config->targets[0].profile, "a");
        assert_int_equal(p->config->interval_s, 30);
}

static void test_lines__crlf_bom_indented_unended__are_read(void **state) {
        struct place *p = *state;
        accept(p, "\xEF\xBB\xBF[target main]\r\nregion = eu-west-1\r\n\r\n[polling]\r\ninterval = 30s");
        assert_string_equal(p->config->targets[0].region, "eu-west-1");
        assert_int_equal(p->config->interval_s, 30);
        accept(p, "  [target main]\n    region = eu-west-1\n\tprofile=p\n[ polling ]\n  interval   =   30s   \n");
        assert_string_equal(p->config->targets[0].profile, "p");
        assert_int_equal(p->config->interval_s, 30);
        accept(p, "[target\tmain]\nregion = eu-west-1\n");
        assert_string_equal(p->config->targets[0].name, "main");
}

static void test_lines__bom_then_fault__right_line(void **state) {
        refuse(*state, "\xEF\xBB\xBFnonsense\n" TARGET, "1: expected KEY = VALUE or [SECTION]\n");
}

static char *long_line(size_t len) {
        char *text = malloc(len + 200);
        int n = snprintf(text, 100, TARGET "applications = ");
        memset(text + n, 'a', len);
        snprintf(text + (size_t)n + len, 100, "\nprofile = p\n");
        return text;
}

static void test_line__over_8_kib__is_refused_alone(void **state) {
        struct place *p = *state;
        char *text = long_line(8000);
        accept(p, text);
        assert_int_equal(strlen(p->config->targets[0].applications), 8000);
        assert_string_equal(p->config->targets[0].profile, "p");
        free(text);
        text = long_line(9000);
        refuse(p, text, "3: the line is longer than 8188 bytes\n");
        free(text);
        text = long_line(200000);
        refuse(p, text, "3: the line is longer than 8188 bytes\n");
        free(text);
}

/* Faults. */

static void test_fault__unknown_section_or_key__did_you_mean(void **state) {
        struct place *p = *state;
        refuse(p, TARGET "[pollling]\ninterval = 1s\n", "3: unknown section pollling: did you mean polling?\n");
        refuse(p, TARGET "[kubernetes x]\na = b\n", "3: unknown section kubernetes\n");
        refuse(p, "[polling]\nintervall = 1s\n" TARGET, "2: unknown key intervall: did you mean interval?\n");
        refuse(p, TARGET "\n# x\nregoin = eu-west-1\n", "5: unknown key regoin: did you mean region?\n");
        refuse(p, TARGET "[diagnoser restart_lop]\nx = 1\n",
               "3: unknown diagnoser restart_lop: did you mean restart_loop?\n");
        refuse(p, TARGET "[diagnoser restart_loop]\nrestart = 1\n", "4: unknown key restart: did you mean restarts?\n");
        refuse(p, TARGET "[application x]\ncheckpoint_duration.warn_ratio = 1\n",
               "4: unknown key warn_ratio: did you mean warning_ratio?\n");
        refuse(p, TARGET "[application x]\ncheckpoint_durations.periods = 1\n",
               "4: unknown diagnoser checkpoint_durations: did you mean checkpoint_duration?\n");
        refuse(p, TARGET "[application x]\nseverity_cup = info\n",
               "4: unknown key severity_cup: did you mean severity_cap?\n");
}

static void test_fault__names_of_sections__missing_twice_or_too_many(void **state) {
        struct place *p = *state;
        refuse(p, TARGET "[notifier]\ntype = slack\n", "3: section [notifier] needs a name: [notifier NAME]\n");
        refuse(p, "[daemon x]\n" TARGET, "1: section [daemon] takes no name: write [daemon]\n");
        refuse(p, TARGET "[target main]\nregion = us-east-1\n", "3: [target main] is there twice: names must differ\n");
        refuse(p, TARGET "[notifier q]\ntype = slack\nwebhook_url = https://h/x\n[notifier q]\ntype = slack\n",
               "6: [notifier q] is there twice: names must differ\n");
}

static void test_fault__values__range_and_type(void **state) {
        struct place *p = *state;
        refuse(p, "[polling]\ninterval = 2h\nbackfill = 16d\nsettle = soon\nmonthly_budget_usd = -1\n" TARGET,
               "2: interval = 2h is out of range: from 1s to 1h\n"
               "3: backfill = 16d is out of range: from 0 to 15d\n"
               "4: settle = soon: expected a duration such as 90s, 10m, 2h or 14d\n"
               "5: monthly_budget_usd = -1: expected dollars a month, or none\n");
        refuse(p,
               TARGET
               "[diagnoser checkpoint_duration]\nwarning_ratio = 11\nperiods = 1.5\nenabled = maybe\nwindow = 10\n",
               "4: warning_ratio = 11 is out of range: from 0.01 to 10\n"
               "5: periods = 1.5: expected a whole number\n"
               "6: enabled = maybe: expected yes or no\n"
               "7: window = 10: expected a duration such as 90s, 10m, 2h or 14d\n");
        refuse(p, TARGET "[metrics]\nlisten = 9790\n",
               "4: listen = 9790: expected an address and a port, such as 127.0.0.1:9790 or [::1]:9790\n");
        refuse(p, "[daemon]\nlog_level = loud\nsocket =\n" TARGET "[application x]\nseverity_cap = fatal\n",
               "2: log_level = loud: expected debug, info, notice, warning or error\n"
               "3: socket is empty: give a value or remove the line\n"
               "7: severity_cap = fatal: expected info, warning or critical\n");
}

static void test_fault__lines_that_are_none__each_is_named(void **state) {
        refuse(*state, "region = eu-west-1\n" TARGET "just words\n[polling\ninterval\n",
               "1: a key before the first [SECTION]\n"
               "4: expected KEY = VALUE or [SECTION]\n"
               "5: section is not closed: ] is missing\n"
               "6: expected KEY = VALUE or [SECTION]\n");
}

/* The second is no news that hides the first kind: both are said. */
static void test_fault__key_before_a_section_after_another_fault__is_said(void **state) {
        refuse(*state, "just words\nregion = eu-west-1\n" TARGET,
               "1: expected KEY = VALUE or [SECTION]\n"
               "2: a key before the first [SECTION]\n");
}

/* libinih stops at the comment and finds no `=`: nothing may be dropped silently. */
static void test_fault__equals_in_a_comment_only__is_said(void **state) {
        refuse(*state, TARGET "profile ; = prod\n", "3: expected KEY = VALUE or [SECTION]\n");
        refuse(*state, TARGET "profile # = prod\n", "3: expected KEY = VALUE or [SECTION]\n");
}

static void test_fault__target__region_and_external_id(void **state) {
        struct place *p = *state;
        refuse(p, "\n[target a]\nprofile = x\n[target b]\nregion = eu-west-1\nexternal_id = s3cret\n",
               "2: [target a]: region is missing: region = eu-west-1\n"
               "4: [target b]: external_id without role_arn\n");
        refuse(p, "[daemon]\nlog_level = info\n",
               "2: no [target NAME] section: at least one is needed, with its region\n");
        refuse(p, "", "1: no [target NAME] section: at least one is needed, with its region\n");
}

/* What would fail at the first poll or at the start only. */
static void test_fault__target_and_socket__forms(void **state) {
        struct place *p = *state;
        refuse(p, "[target a]\nregion = \"eu-west-1\"\nrole_arn = flinkwatch\napplications =\n",
               "2: region = \"eu-west-1\": expected an AWS region such as eu-west-1\n"
               "3: role_arn = flinkwatch: expected arn:aws:iam::ACCOUNT:role/NAME\n"
               "4: applications is empty: give a value or remove the line\n");
        char text[300] = TARGET "[daemon]\nsocket = /";
        size_t n = strlen(text);
        memset(text + n, 's', 107);
        refuse(p, text, "4: socket is longer than 107 bytes\n");
        text[n + 106] = '\0';
        accept(p, text);
}

static void test_region__not_said__is_the_environments_then_the_profiles(void **state) {
        struct place *p = *state;
        bench_write(p->bench, "aws", "[profile prod]\nregion = us-east-2\n[profile odd]\nregion = Dublin!\n");
        setenv("AWS_CONFIG_FILE", bench_path(p->bench, "aws"), 1);
        accept(p, "[target a]\nprofile = prod\n");
        assert_string_equal(p->config->targets[0].region, "us-east-2");
        refuse(p, "[target a]\n[target b]\nprofile = odd\n",
               "1: [target a]: region is missing: region = eu-west-1\n"
               "2: [target b]: \"Dublin!\" is not an AWS region such as eu-west-1\n");
        setenv("AWS_REGION", "eu-north-1", 1);
        accept(p, "[target a]\nprofile = prod\n[target b]\nregion = eu-west-1\n");
        assert_string_equal(p->config->targets[0].region, "eu-north-1");
        assert_string_equal(p->config->targets[1].region, "eu-west-1");
}

static void test_fault__schedule__is_told_once(void **state) {
        refuse(*state, TARGET "[maintenance m]\napplications = *\nschedule = Mon..Fri 3am\n",
               "5: schedule = Mon..Fri 3am: expected days and a span in UTC: Mon..Fri 03:00-05:00 UTC\n");
        refuse(*state, TARGET "[maintenance m]\napplications = *\n",
               "3: [maintenance m]: schedule is missing: schedule = Mon..Fri 03:00-05:00 UTC\n");
}

static void test_fault__notifier__type_and_its_keys(void **state) {
        struct place *p = *state;
        refuse(p, TARGET "[notifier q]\nwebhook_url = https://h/x\n",
               "3: [notifier q]: type is missing: type = slack (or sns ...)\n");
        refuse(p, TARGET "[notifier q]\ntype = slak\n", "4: [notifier q]: unknown type slak: did you mean slack?\n");
        refuse(p, TARGET "[notifier q]\nwebhok_url = https://h/SECRET\ntype = slack\n",
               "4: unknown key webhok_url for type slack: did you mean webhook_url?\n");
        refuse(p, TARGET "[notifier q]\ntype = slack\nmin_severty = info\nwebhook_url = https://h/x\n",
               "5: unknown key min_severty for type slack: did you mean min_severity?\n");
        refuse(p, TARGET "[notifier q]\ntype = slack\n",
               "3: [notifier q]: webhook_url is missing (or webhook_url_file, a file that holds it)\n");
        refuse(p, TARGET "[notifier q]\ntype = slack\nwebhook_url = SECRET\n",
               "5: [notifier q]: webhook_url is no URL: https://HOST/PATH is needed\n");
        bench_write(p->bench, "url", "SECRET");
        refuse(p, with_file(p, "url"), "5: [notifier q]: webhook_url is no URL: https://HOST/PATH is needed\n");
        refuse(p, TARGET "[notifier q]\ntopic_arn = topic\ntype = sns\n",
               "4: [notifier q]: topic_arn topic is not arn:aws:sns:REGION:ACCOUNT:NAME\n");
}

static void test_fault__all_kinds_in_one_file__all_are_told(void **state) {
        struct place *p = *state;
        assert_int_equal(
                load(p, "[polling]\ninterval = x\n[nope]\n[target a]\nregion =\n[notifier q]\ntype = no\nfoo\n"),
                -EINVAL);
        assert_int_equal(p->faults.n, 5);
        assert_int_equal(count_lines(buf_str(&p->faults.lines), "\n"), 5);
}

static void test_fault__thousands__the_first_hundred_are_listed(void **state) {
        struct place *p = *state;
        struct buf text = BUF_INIT(1 << 20);
        for (int i = 0; i < 3000; i++)
                buf_put_str(&text, "nonsense\n");
        assert_int_equal(load(p, buf_str(&text)), -EINVAL);
        assert_int_equal(p->faults.n, 3000);
        assert_int_equal(count_lines(buf_str(&p->faults.lines), "\n"), 100);
        buf_done(&text);
}

/* Secrets. */

static void refuse_file(struct place *p, const char *name, const char *why) {
        char want[512];
        snprintf(want, sizeof want, why, bench_path(p->bench, name));
        refuse(p, with_file(p, name), want);
}

static void test_secret_file__read__trimmed(void **state) {
        struct place *p = *state;
        bench_write(p->bench, "url", "  https://h/x;y # z\r\n\n");
        bench_write(p->bench, "plain", "https://h/x");
        accept(p, with_file(p, "plain"));
        assert_string_equal(channel_value(&p->config->notifiers[0].channel, "webhook_url"), "https://h/x");
        bench_write(p->bench, "url", "\n https://h/x;y\r\n\n");
        accept(p, with_file(p, "url"));
        assert_string_equal(channel_value(&p->config->notifiers[0].channel, "webhook_url"), "https://h/x;y");
}

static void test_secret_file__unusable__says_why_at_its_line(void **state) {
        struct place *p = *state;
        char big[70000];
        refuse_file(p, "missing", "5: webhook_url_file: cannot read %s: No such file or directory\n");
        bench_write(p->bench, "empty", " \n\n");
        refuse_file(p, "empty", "5: webhook_url_file: %s is empty\n");
        assert_int_equal(mkdir(bench_path(p->bench, "folder"), 0700), 0);
        refuse_file(p, "folder", "5: webhook_url_file: cannot read %s: Is a directory\n");
        memset(big, 'x', sizeof big);
        big[sizeof big - 1] = '\0';
        bench_write(p->bench, "big", big);
        refuse_file(p, "big", "5: webhook_url_file: %s is longer than 64 KiB\n");
}

static void test_faults__around_secrets__never_show_them(void **state) {
        struct place *p = *state;
        bench_write(p->bench, "url", "SECRET\n");
        assert_int_equal(load(p, with_file(p, "url")), -EINVAL);
        assert_null(strstr(buf_str(&p->faults.lines), "SECRET"));
        assert_int_equal(load(p, TARGET "external_id = SECRET\n[notifier a]\nwebhook_url = SECRET\n"
                                        "[notifier b]\ntype = slack\nwebhook_url = https://SECRET url\n"
                                        "[notifier c]\ntype = nope\nwebhook_url = SECRET\n"
                                        "[notifier d]\ntype = slack\nwebhook_url_fil = SECRET\n"
                                        "https://hooks/SECRET\n"),
                         -EINVAL);
        assert_int_equal(p->faults.n, 6);
        assert_null(strstr(buf_str(&p->faults.lines), "SECRET"));
}

/* The file itself. */

static void expect_unreadable(struct place *p, const char *name, int code, const char *why) {
        char want[512];
        forget(p);
        assert_int_equal(config_load(bench_path(p->bench, name), &p->config, &p->faults), code);
        snprintf(want, sizeof want, "%s:0: cannot read the configuration: %s\n", bench_path(p->bench, name), why);
        assert_string_equal(buf_str(&p->faults.lines), want);
        assert_int_equal(p->faults.n, 1);
        assert_null(p->config);
}

static void test_file__missing_directory_or_huge__is_said(void **state) {
        struct place *p = *state;
        char *big = calloc(1, (5 << 20) + 1);
        memset(big, '\n', 5 << 20);
        bench_write(p->bench, "big", big);
        free(big);
        expect_unreadable(p, "missing", -ENOENT, "No such file or directory");
        expect_unreadable(p, ".", -EISDIR, "Is a directory");
        expect_unreadable(p, "big", -EFBIG, "File too large");
}

static void test_line__with_a_nul__is_refused_alone(void **state) {
        struct place *p = *state;
        static const char text[] = "[target a]\nregion = eu\0west-1\nprofil = x\n";
        FILE *file = fopen(bench_path(p->bench, "f.conf"), "we");
        assert_int_equal(fwrite(text, 1, sizeof text - 1, file), sizeof text - 1);
        fclose(file);
        forget(p);
        assert_int_equal(config_load(bench_path(p->bench, "f.conf"), &p->config, &p->faults), -EINVAL);
        assert_non_null(strstr(buf_str(&p->faults.lines), "2: the line has a NUL character\n"));
        assert_non_null(strstr(buf_str(&p->faults.lines), "3: unknown key profil: did you mean profile?\n"));
}

static void test_file__of_random_bytes__is_refused(void **state) {
        struct place *p = *state;
        uint32_t x = 99;
        for (int round = 0; round < 50; round++) {
                FILE *file = fopen(bench_path(p->bench, "r.conf"), "we");
                for (int i = 0; i < 3000; i++) {
                        static const char alphabet[] = "[]=;# \t\r\n\n\n.abc\0\xff\xef\xbb\xbf";
                        x = x * 1664525 + 1013904223;
                        fputc(alphabet[(x >> 16) % (sizeof alphabet - 1)], file);
                }
                fclose(file);
                forget(p);
                assert_int_equal(config_load(bench_path(p->bench, "r.conf"), &p->config, &p->faults), -EINVAL);
                assert_true(p->faults.n > 0);
        }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(test_load__least_file__defaults),
                CASE(test_load__directories_of_the_service_manager__are_used),
                CASE(test_load__every_section_and_key__arrives),
                CASE(test_settings__overrides__by_glob_and_the_later_wins),
                CASE(test_enabled__by_glob__the_later_wins),
                CASE(test_severity_cap__by_glob__only_where_it_is_said),
                CASE(test_target__none_named__is_all_of_them_also_where_there_are_none),
                CASE(test_value__with_equals_and_semicolon__is_whole),
                CASE(test_value__inline_comment__after_white_space_only),
                CASE(test_lines__crlf_bom_indented_unended__are_read),
                CASE(test_lines__bom_then_fault__right_line),
                CASE(test_line__over_8_kib__is_refused_alone),
                CASE(test_fault__unknown_section_or_key__did_you_mean),
                CASE(test_fault__names_of_sections__missing_twice_or_too_many),
                CASE(test_fault__values__range_and_type),
                CASE(test_fault__lines_that_are_none__each_is_named),
                CASE(test_fault__key_before_a_section_after_another_fault__is_said),
                CASE(test_fault__equals_in_a_comment_only__is_said),
                CASE(test_fault__target__region_and_external_id),
                CASE(test_fault__target_and_socket__forms),
                CASE(test_region__not_said__is_the_environments_then_the_profiles),
                CASE(test_fault__schedule__is_told_once),
                CASE(test_fault__notifier__type_and_its_keys),
                CASE(test_fault__all_kinds_in_one_file__all_are_told),
                CASE(test_fault__thousands__the_first_hundred_are_listed),
                CASE(test_secret_file__read__trimmed),
                CASE(test_secret_file__unusable__says_why_at_its_line),
                CASE(test_faults__around_secrets__never_show_them),
                CASE(test_file__missing_directory_or_huge__is_said),
                CASE(test_line__with_a_nul__is_refused_alone),
                CASE(test_file__of_random_bytes__is_refused),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
