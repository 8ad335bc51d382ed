-- Networks that people made; the predefined ones have no row. `position` keeps the order of creation.
CREATE TABLE networks (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id       TEXT NOT NULL UNIQUE,
    name     TEXT NOT NULL UNIQUE,
    record   TEXT NOT NULL
) STRICT;
