-- Host keys that were believed because they were the first ones seen: at most one for each workspace,
-- host and port. A pin is no secret; whose password would go where it points is in its own row.

CREATE TABLE host_key_pin (
    organization BLOB NOT NULL,
    workspace    BLOB NOT NULL,
    -- `host:port`, canonical: equal text is the same place.
    endpoint     TEXT NOT NULL,
    -- Type and SHA-256 fingerprint.
    key          TEXT NOT NULL,
    pinned_by    BLOB NOT NULL,
    pinned_at    INTEGER NOT NULL,
    PRIMARY KEY (organization, workspace, endpoint)
) STRICT, WITHOUT ROWID;
