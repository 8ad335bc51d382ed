-- Names of images and what they point at. `image_id` is the digest of the config, as Docker counts images.
CREATE TABLE image_names (
    name     TEXT PRIMARY KEY,
    target   TEXT NOT NULL,
    image_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX image_names_by_image ON image_names (image_id);

-- Images themselves: they outlive their names (<none>:<none>).
CREATE TABLE images (
    id     TEXT PRIMARY KEY,
    record TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- `position` keeps the order of creation for lists.
CREATE TABLE containers (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id       TEXT NOT NULL UNIQUE,
    name     TEXT NOT NULL UNIQUE,
    record   TEXT NOT NULL
) STRICT;

-- `number` is not unique: while a snapshot is committed, its old and its new record share one for a moment.
CREATE TABLE snapshots (
    key    TEXT PRIMARY KEY,
    parent TEXT,
    number INTEGER NOT NULL,
    record TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX snapshots_by_parent ON snapshots (parent);

CREATE TABLE volumes (
    name   TEXT PRIMARY KEY,
    record TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- `key` is a definition key or a content key; times are seconds since the epoch.
CREATE TABLE build_cache (
    key       TEXT PRIMARY KEY,
    record    TEXT NOT NULL,
    last_used REAL NOT NULL
) STRICT, WITHOUT ROWID;
