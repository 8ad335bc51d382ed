-- Steps of builds that failed, kept so that somebody can look: a JSON record whose meaning is the engine's. `created` is
-- seconds since the epoch.
CREATE TABLE failed_steps (
    id      TEXT PRIMARY KEY,
    created REAL NOT NULL,
    record  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
