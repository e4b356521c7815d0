/* SPDX-License-Identifier: Apache-2.0 */
#include "store/schema.h"

#include <errno.h>
#include <inttypes.h>

/* Facts: columns are named as the members in model/application.c. */
static const char facts[] =
        "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
        "INSERT INTO meta VALUES('instance', lower(hex(randomblob(6)))), ('is_clean', 1), ('next_incident', 1);"
        "CREATE TABLE application(target TEXT, name TEXT, arn TEXT, status TEXT, runtime TEXT, version_id INT,"
        "  created_at_s INT, updated_at_s INT, version_created_at_s INT, version_updated_from INT,"
        "  version_rolled_back_from INT, version_rolled_back_to INT, is_checkpointing INT, checkpoint_interval_ms INT,"
        "  checkpoint_min_pause_ms INT, checkpoint_configuration TEXT, metrics_level TEXT, log_level TEXT,"
        "  parallelism INT, parallelism_per_kpu INT, current_parallelism INT, is_autoscaling INT, has_snapshots INT,"
        "  has_rollback INT, is_in_vpc INT, restore_type TEXT, restore_snapshot TEXT, log_group TEXT, log_stream TEXT,"
        "  maintenance_from TEXT, maintenance_to TEXT, job_plan TEXT, seen_at_s INT,"
        "  PRIMARY KEY(target, name)) WITHOUT ROWID;"
        "CREATE TABLE operation(target TEXT, application TEXT, id TEXT, kind TEXT, status TEXT, started_at_s INT,"
        "  ended_at_s INT, version_from INT, version_to INT, failure TEXT, rollback_id TEXT,"
        "  PRIMARY KEY(target, application, id)) WITHOUT ROWID;"
        "CREATE TABLE snapshot(target TEXT, application TEXT, name TEXT, status TEXT, version_id INT,"
        "  created_at_s INT, runtime TEXT, PRIMARY KEY(target, application, name)) WITHOUT ROWID;"
        "CREATE TABLE target(name TEXT PRIMARY KEY, region TEXT, polled_at_s INT, failed_at_s INT, error TEXT)"
        "  WITHOUT ROWID;"
        "CREATE TABLE api_usage(target TEXT, month_s INT, metrics_requested INT, PRIMARY KEY(target, month_s))"
        "  WITHOUT ROWID;";

/* Incidents: copy 0 is how an incident stands; copy N is how it stood when revision N was told. */
static const char incidents[] =
        "CREATE TABLE incident(id INT, copy INT, revision INT, target TEXT, application TEXT, application_arn TEXT,"
        "  state INT, opened_at_s INT, updated_at_s INT, acknowledged_at_s INT, resolved_at_s INT, absent_since_s INT, returns INT,"
        "  announced_severity INT, is_quiet INT, acknowledged_by TEXT, comment TEXT, diagnoser TEXT, subject TEXT,"
        "  severity INT, confidence INT, onset_s INT, is_expected INT, title TEXT, summary TEXT,"
        "  PRIMARY KEY(id, copy)) WITHOUT ROWID;"
        "CREATE INDEX incident_by_application ON incident(target, application, opened_at_s) WHERE copy = 0;"
        "CREATE INDEX incident_by_time ON incident(opened_at_s) WHERE copy = 0;"
        "CREATE INDEX incident_open ON incident(target, application) WHERE copy = 0 AND state <> 2;"
        "CREATE TABLE evidence(incident INT, copy INT, position INT, kind TEXT, metric TEXT, statistic TEXT,"
        "  dimensions TEXT, at_s INT, value REAL, threshold REAL, text TEXT,"
        "  PRIMARY KEY(incident, copy, position)) WITHOUT ROWID;"
        "CREATE TABLE advice(incident INT, copy INT, position INT, text TEXT,"
        "  PRIMARY KEY(incident, copy, position)) WITHOUT ROWID;"
        "CREATE TABLE symptom(incident INT, copy INT, position INT, text TEXT, relation TEXT,"
        "  PRIMARY KEY(incident, copy, position)) WITHOUT ROWID;"
        "CREATE TABLE suppressed(incident INT, copy INT, position INT, diagnoser TEXT, subject TEXT, since_s INT,"
        "  PRIMARY KEY(incident, copy, position)) WITHOUT ROWID;"
        "CREATE TABLE root_cause(incident INT, copy INT, position INT, role TEXT, category TEXT, exception_class TEXT,"
        "  message TEXT, frame TEXT, task TEXT, attempt INT, first_fault_at_s INT, last_healthy_at_s INT, pivot TEXT,"
        "  fingerprint TEXT, PRIMARY KEY(incident, copy, position)) WITHOUT ROWID;"
        "CREATE TABLE timeline(id INTEGER PRIMARY KEY, incident INT, at_s INT, kind TEXT, text TEXT);"
        "CREATE INDEX timeline_by_incident ON timeline(incident, at_s);"
        "CREATE TABLE outbox(id INTEGER PRIMARY KEY AUTOINCREMENT, notifier TEXT, event INT, incident INT, revision INT,"
        "  delivery_id TEXT UNIQUE, state INT, created_at_s INT, next_try_s INT, attempts INT, settled_at_s INT,"
        "  reason TEXT);"
        "CREATE INDEX outbox_due ON outbox(notifier, next_try_s, id) WHERE state = 0;"
        "CREATE INDEX outbox_pair ON outbox(incident, notifier, id) WHERE state = 0;"
        "CREATE INDEX outbox_by_incident ON outbox(incident);"
        "CREATE TABLE notifier(name TEXT PRIMARY KEY, delivered_at_s INT, failed_at_s INT, error TEXT) WITHOUT ROWID;";

/* Samples: journal (as they came) -> run (folded, by series) -> day (packed), and rollup (hours). Keys of packs are
 * number << 24 | part, the number being that of the run, of the day since 1970, or of eight such days. */
static const char samples[] =
        "CREATE TABLE series(id INTEGER PRIMARY KEY, target TEXT, application TEXT, metric TEXT, statistic TEXT,"
        "  dimensions TEXT);"
        "CREATE TABLE series_state(block INTEGER PRIMARY KEY, state BLOB);"
        "CREATE TABLE journal(id INTEGER PRIMARY KEY, segment BLOB);"
        "CREATE TABLE run_list(id INTEGER PRIMARY KEY, from_s INT, to_s INT);"
        "CREATE TABLE run(key INTEGER PRIMARY KEY, pack BLOB);"
        "CREATE TABLE day(key INTEGER PRIMARY KEY, pack BLOB);"
        "CREATE TABLE rollup(key INTEGER PRIMARY KEY, pack BLOB);"
        "INSERT INTO meta VALUES('folded_seq', 0), ('oldest_s', 0), ('packed_day', 0);";

/* What happened, in the order in which it became known: the key is what a follower remembers. Triggers write it, so that whoever adds to a
 * timeline or learns of an operation tells of it, too. An operation is told of when it is first seen, and when it has ended. */
static const char events[] =
        "CREATE TABLE event(id INTEGER PRIMARY KEY AUTOINCREMENT, at_s INT, target TEXT, application TEXT, incident INT,"
        "  severity INT, operation TEXT, name TEXT, text TEXT);"
        "CREATE INDEX event_by_time ON event(at_s);"
        "CREATE INDEX event_by_operation ON event(operation, application, target) WHERE operation IS NOT NULL;"
        "INSERT INTO event(at_s, target, application, incident, severity, name, text)"
        "  SELECT t.at_s, i.target, i.application, i.id, i.severity, t.kind, t.text FROM timeline t"
        "  JOIN incident i ON i.id = t.incident AND i.copy = 0 ORDER BY t.id;"
        "CREATE TRIGGER event_of_timeline AFTER INSERT ON timeline BEGIN"
        "  INSERT INTO event(at_s, target, application, incident, severity, name, text)"
        "    SELECT new.at_s, i.target, i.application, i.id, i.severity, new.kind, new.text FROM incident i"
        "    WHERE i.id = new.incident AND i.copy = 0;"
        " END;"
        "CREATE TRIGGER event_of_operation AFTER INSERT ON operation BEGIN"
        "  INSERT INTO event(at_s, target, application, operation, name, text)"
        "    SELECT new.started_at_s, new.target, new.application, new.id, 'began', new.kind WHERE new.started_at_s > 0"
        "    AND NOT EXISTS (SELECT 1 FROM event WHERE operation = new.id AND application = new.application"
        "                    AND target = new.target AND name = 'began');"
        "  INSERT INTO event(at_s, target, application, operation, name, text)"
        "    SELECT new.ended_at_s, new.target, new.application, new.id, 'ended', new.kind || ' ' || new.status"
        "      || iif(new.failure <> '', ': ' || new.failure, '') WHERE new.ended_at_s > 0"
        "    AND NOT EXISTS (SELECT 1 FROM event WHERE operation = new.id AND application = new.application"
        "                    AND target = new.target AND name = 'ended');"
        " END;";

/* What investigations found. The lists of explanation N are rows of evidence, advice, symptom and root_cause, as those of an incident -N. */
static const char explanations[] =
        "CREATE TABLE explanation(id INTEGER PRIMARY KEY, target TEXT, application TEXT, onset_s INT, made_at_s INT, again_at_s INT,"
        "  confidence INT, title TEXT);"
        "CREATE INDEX explanation_by_application ON explanation(target, application, onset_s);"
        "CREATE INDEX root_cause_by_fingerprint ON root_cause(fingerprint) WHERE copy = 0;"
        "ALTER TABLE root_cause ADD COLUMN reason TEXT;"
        "ALTER TABLE root_cause ADD COLUMN completeness TEXT; ALTER TABLE root_cause ADD COLUMN deploy TEXT;"
        "ALTER TABLE root_cause ADD COLUMN recoverability TEXT; ALTER TABLE root_cause ADD COLUMN escape_way TEXT;"
        "ALTER TABLE root_cause ADD COLUMN seen_before TEXT;";

static const char silences[] =
        "CREATE TABLE silence(id INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT, applications TEXT, diagnoser TEXT,"
        "  created_at_s INT, ends_at_s INT, created_by TEXT, comment TEXT, ended_by TEXT);"
        "CREATE INDEX silence_by_end ON silence(ends_at_s);";

/* digest: the first row of the digest that a row is part of, -1: it goes alone. */
static const char digests[] = "ALTER TABLE outbox ADD COLUMN digest INT;"
                              "ALTER TABLE notifier ADD COLUMN failing_since_s INT;"
                              "CREATE INDEX outbox_digest ON outbox(digest) WHERE state = 0;"
                              "CREATE INDEX outbox_sent ON outbox(notifier, settled_at_s) WHERE state = 1;";

/* What was asked of CloudWatch, by tier; -1: counted before tiers were told apart. */
static const char usage_by_tier[] =
        "ALTER TABLE api_usage RENAME TO api_usage_before;"
        "CREATE TABLE api_usage(target TEXT, month_s INT, tier INT, metrics_requested INT,"
        "  PRIMARY KEY(target, month_s, tier)) WITHOUT ROWID;"
        "INSERT INTO api_usage SELECT target, month_s, -1, metrics_requested FROM api_usage_before;"
        "DROP TABLE api_usage_before;";

/* Only ever add to the end. */
static const char told[] = "ALTER TABLE incident ADD COLUMN told_at_s INT;"
                           "UPDATE incident SET told_at_s = CASE WHEN is_quiet THEN 0 ELSE opened_at_s END;";

/* The incidents of a page. */
static const char pages[] = "CREATE INDEX outbox_page ON outbox(digest) WHERE digest > 0;";

/* Whether the log stream of an application exists. */
static const char log_missing[] = "ALTER TABLE application ADD COLUMN is_log_missing INT;";

static const char *const migrations[] = {facts,   incidents,     samples, events, explanations, silences,
                                         digests, usage_by_tier, told,    pages,  log_missing};

int64_t schema_version(void) {
        return (int64_t)ELEMENTS(migrations);
}

static int apply(struct db *db, int64_t version) {
        SCOPED(transaction_done) struct transaction t = {0};
        char set_version[64];
        snprintf(set_version, sizeof set_version, "PRAGMA user_version = %" PRId64, version);
        int r = transaction_begin(&t, db, DURABLE_SETTLED);
        if (r == 0)
                r = db_exec(db, migrations[version - 1]);
        if (r == 0)
                r = db_exec(db, set_version);
        return r == 0 ? transaction_commit(&t) : r;
}

int schema_migrate(struct db *db) {
        int64_t version = 0;
        int r = db_number(db, &version, "PRAGMA user_version", "");
        if (r == 0 && version > schema_version())
                return db_fail_text(db, -EPROTO, "its version is %" PRId64 ", this program knows up to %" PRId64,
                                    version, schema_version());
        while (r == 0 && version < schema_version())
                r = apply(db, ++version);
        return r;
}
