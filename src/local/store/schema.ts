/** What the tables are made by. A file of another version is refused: changing a column here takes a new one, to which a test holds. */
export const schemaVersion = "6";

export const schema = `
CREATE TABLE IF NOT EXISTS definitions (
  id INTEGER PRIMARY KEY, machine_arn TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (machine_arn, text)
);
CREATE TABLE IF NOT EXISTS state_machines (
  arn TEXT PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, status TEXT NOT NULL,
  definition_id INTEGER NOT NULL, role_arn TEXT NOT NULL, settings TEXT, created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL, revision_id TEXT, creation TEXT NOT NULL, last_version INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS state_machines_deleting ON state_machines (arn) WHERE status = 'DELETING';
CREATE TABLE IF NOT EXISTS state_machine_versions (
  machine_arn TEXT NOT NULL, version INTEGER NOT NULL, definition_id INTEGER NOT NULL, role_arn TEXT NOT NULL,
  settings TEXT, updated_at INTEGER NOT NULL, revision_id TEXT, description TEXT, created_at INTEGER NOT NULL,
  PRIMARY KEY (machine_arn, version)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS state_machine_aliases (
  machine_arn TEXT NOT NULL, name TEXT NOT NULL, description TEXT, routing TEXT NOT NULL, created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL, PRIMARY KEY (machine_arn, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tags (
  id INTEGER PRIMARY KEY, resource_arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, UNIQUE (resource_arn, key)
);
CREATE TABLE IF NOT EXISTS executions (
  id INTEGER PRIMARY KEY, arn TEXT NOT NULL UNIQUE, machine_arn TEXT NOT NULL, machine_name TEXT NOT NULL, name TEXT NOT NULL,
  role_arn TEXT NOT NULL, definition_id INTEGER NOT NULL, machine_settings TEXT,
  machine_updated_at INTEGER NOT NULL, machine_revision_id TEXT, version_arn TEXT, alias_arn TEXT, map_run_id INTEGER, map_run_child INTEGER,
  input TEXT NOT NULL, trace_header TEXT, started_at INTEGER NOT NULL, mocks TEXT, is_manual INTEGER NOT NULL,
  status TEXT NOT NULL, state TEXT NOT NULL, revision INTEGER NOT NULL, listed_at INTEGER NOT NULL, due_at INTEGER,
  is_evaluating INTEGER NOT NULL DEFAULT 0, is_broken_off INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS executions_of_machine ON executions (machine_arn, status, listed_at);
CREATE INDEX IF NOT EXISTS executions_of_version ON executions (version_arn, status, listed_at) WHERE version_arn IS NOT NULL;
CREATE INDEX IF NOT EXISTS executions_of_alias ON executions (alias_arn, status, listed_at) WHERE alias_arn IS NOT NULL;
CREATE INDEX IF NOT EXISTS executions_of_map_run ON executions (map_run_id, status, listed_at) WHERE map_run_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS executions_due ON executions (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS executions_evaluating ON executions (id) WHERE is_evaluating = 1;
CREATE INDEX IF NOT EXISTS executions_broken_off ON executions (revision) WHERE is_broken_off = 1;
CREATE TABLE IF NOT EXISTS events (
  execution_id INTEGER NOT NULL, id INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (execution_id, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS payloads (
  execution_id INTEGER NOT NULL, id INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (execution_id, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS undelivered (
  execution_id INTEGER NOT NULL, attempt INTEGER NOT NULL, PRIMARY KEY (execution_id, attempt)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS own_calls (
  execution_id INTEGER NOT NULL, attempt INTEGER NOT NULL, child_id INTEGER, due_at INTEGER, PRIMARY KEY (execution_id, attempt)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS own_calls_due ON own_calls (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS own_calls_of_child ON own_calls (child_id) WHERE child_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS activities (
  arn TEXT PRIMARY KEY, name TEXT NOT NULL, created_at INTEGER NOT NULL, encryption TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS activity_tasks (
  id INTEGER PRIMARY KEY, activity_arn TEXT NOT NULL, execution_id INTEGER NOT NULL, attempt INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS activity_tasks_of_activity ON activity_tasks (activity_arn, id);
CREATE INDEX IF NOT EXISTS activity_tasks_of_execution ON activity_tasks (execution_id);
CREATE TABLE IF NOT EXISTS map_runs (
  id INTEGER PRIMARY KEY, arn TEXT NOT NULL UNIQUE, execution_id INTEGER NOT NULL, definition_id INTEGER NOT NULL,
  is_express INTEGER NOT NULL, status TEXT NOT NULL, started_at INTEGER NOT NULL, stopped_at INTEGER,
  max_concurrency INTEGER NOT NULL, tolerated_failure_count INTEGER, tolerated_failure_percentage REAL,
  due_at INTEGER, redrive_count INTEGER NOT NULL DEFAULT 0, redriven_at INTEGER
);
CREATE INDEX IF NOT EXISTS map_runs_of_execution ON map_runs (execution_id, id);
CREATE INDEX IF NOT EXISTS map_runs_due ON map_runs (due_at, id) WHERE due_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS map_run_children (
  map_run_id INTEGER NOT NULL, child INTEGER NOT NULL, items INTEGER NOT NULL, status TEXT NOT NULL, output TEXT,
  PRIMARY KEY (map_run_id, child)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS map_run_inputs (
  map_run_id INTEGER NOT NULL, child INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (map_run_id, child)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS map_run_children_by_status ON map_run_children (map_run_id, status, child);
`;
