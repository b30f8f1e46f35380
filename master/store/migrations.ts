// The tables of the store, as steps that are only ever added to: the file's `user_version` counts how
// many of them it has been through.

export const migrations: readonly string[] = [
  `CREATE TABLE entries (
     key TEXT PRIMARY KEY,
     value TEXT NOT NULL,
     revision INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;`,
  // What each revision changed; a null value is a deletion. Readers that watch go through these.
  `CREATE TABLE changes (
     revision INTEGER NOT NULL,
     position INTEGER NOT NULL,
     key TEXT NOT NULL,
     value TEXT,
     PRIMARY KEY (revision, position)
   ) STRICT, WITHOUT ROWID;`,
];
