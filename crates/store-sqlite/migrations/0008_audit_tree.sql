-- The audit trees: one per organization over its records, and one over their heads. The `audit` table stays as it
-- is: a row is written once, by the act itself, and nothing here is written on its way.

CREATE TABLE audit_tree (
    id    INTEGER PRIMARY KEY,
    -- The organization; empty for the tree over the heads.
    owner BLOB NOT NULL UNIQUE,
    size  INTEGER NOT NULL,
    root  BLOB NOT NULL CHECK (length(root) = 32),
    -- The roots of its perfect subtrees: what it grows from.
    peaks BLOB NOT NULL,
    -- The last leaf; the ones before it hang on it, down to the beginning of its tile.
    last  INTEGER
) STRICT;

-- Leaves of tiles that are not full yet. In the order of the records, whosever they are, so that a thousand tenants
-- at once write to one end of one table.
CREATE TABLE audit_leaf (
    -- The record's.
    node_seq INTEGER PRIMARY KEY,
    -- The leaf before it in the same tree; none for the first of a tile.
    previous INTEGER,
    hash     BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TABLE audit_tile (
    row    INTEGER PRIMARY KEY,
    tree   INTEGER NOT NULL REFERENCES audit_tree (id),
    level  INTEGER NOT NULL,
    number INTEGER NOT NULL,
    -- 32 bytes each.
    hashes BLOB NOT NULL,
    -- At level 0 the positions of the records, 8 bytes each, big endian.
    places BLOB,
    UNIQUE (tree, level, number)
) STRICT;

-- The newest signed head of each tree.
CREATE TABLE audit_signed_head (
    owner BLOB PRIMARY KEY,
    size  INTEGER NOT NULL,
    note  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The leaves of the tree over the heads.
CREATE TABLE audit_head (
    position INTEGER PRIMARY KEY,
    line     TEXT NOT NULL
) STRICT;

-- Records up to this one have their leaves. Whatever was recorded before this migration waits for them too.
CREATE TABLE audit_order (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
    node_seq  INTEGER NOT NULL
) STRICT;

INSERT INTO audit_order (singleton, node_seq) VALUES (1, 0);

-- Rows up to this one may be gone by retention. `previous` is what the chain says there, to go on from.
CREATE TABLE audit_horizon (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
    node_seq  INTEGER NOT NULL,
    before    INTEGER NOT NULL
) STRICT;

INSERT INTO audit_horizon (singleton, node_seq, before) VALUES (1, 0, 0);
