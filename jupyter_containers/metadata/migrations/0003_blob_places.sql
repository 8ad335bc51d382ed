-- In which repositories a blob of the store is, and what it is called there: a layer that is kept as a plain tar has
-- another descriptor once it is compressed for a push. `seen` is seconds since the epoch.
CREATE TABLE blob_places (
    blob       TEXT NOT NULL,
    repository TEXT NOT NULL,
    descriptor TEXT NOT NULL,
    seen       REAL NOT NULL,
    PRIMARY KEY (blob, repository)
) STRICT, WITHOUT ROWID;
