-- The whole shape from the start (DESIGN.md, section 5); tables without methods yet are here so that
-- later migrations add rows and columns, not structure.
--
-- Ids are the 16 bytes of a UUIDv7, times are microseconds since 1970, enums are their names on the wire.
-- Every tenant row carries organization and workspace itself: no read reaches a row by a join alone.

-- One file belongs to one node: the audit and event rows below are all of this one.
CREATE TABLE node (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
    id        BLOB NOT NULL CHECK (length(id) = 16)
) STRICT;

CREATE TABLE organization (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    slug       TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE workspace (
    organization BLOB NOT NULL,
    id           BLOB NOT NULL CHECK (length(id) = 16),
    slug         TEXT NOT NULL,
    name         TEXT NOT NULL,
    settings     TEXT NOT NULL,
    version      INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (organization, id),
    UNIQUE (organization, slug),
    UNIQUE (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE principal (
    id           BLOB PRIMARY KEY CHECK (length(id) = 16),
    organization BLOB NOT NULL,
    workspace    BLOB NOT NULL,
    kind         TEXT NOT NULL,
    name         TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
    id           BLOB PRIMARY KEY CHECK (length(id) = 16),
    organization BLOB NOT NULL,
    workspace    BLOB NOT NULL,
    principal    BLOB NOT NULL REFERENCES principal (id),
    kind         TEXT NOT NULL,
    name         TEXT NOT NULL,
    role         TEXT NOT NULL,
    credentials  TEXT,
    networks     TEXT NOT NULL,
    mac          BLOB NOT NULL,
    created_at   INTEGER NOT NULL,
    created_by   BLOB,
    expires_at   INTEGER,
    revoked_at   INTEGER,
    last_used_at INTEGER
) STRICT, WITHOUT ROWID;

-- Serves the list of a workspace and the count of an organization.
CREATE INDEX token_live ON token (organization, workspace, id) WHERE revoked_at IS NULL;

CREATE TABLE token_grant (
    token     BLOB NOT NULL REFERENCES token (id) ON DELETE CASCADE,
    workspace BLOB NOT NULL,
    role      TEXT NOT NULL,
    PRIMARY KEY (token, workspace)
) STRICT, WITHOUT ROWID;

CREATE TABLE integration (
    row           INTEGER PRIMARY KEY,
    id            BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    organization  BLOB NOT NULL,
    workspace     BLOB NOT NULL,
    version       INTEGER NOT NULL,
    value_version INTEGER NOT NULL,
    kind          TEXT NOT NULL,
    name          TEXT NOT NULL,
    slug          TEXT,
    settings      TEXT NOT NULL,
    secret_fields TEXT NOT NULL,
    created_by    BLOB NOT NULL,
    created_at    INTEGER NOT NULL,
    modified_by   BLOB NOT NULL,
    modified_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX integration_of_workspace ON integration (workspace, id);
CREATE UNIQUE INDEX integration_slug ON integration (workspace, slug) WHERE slug IS NOT NULL;

CREATE TABLE integration_value (
    integration   INTEGER NOT NULL REFERENCES integration (row) ON DELETE CASCADE,
    value_version INTEGER NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('candidate', 'current', 'previous')),
    settings      TEXT,
    target_digest BLOB NOT NULL,
    envelope      BLOB NOT NULL,
    PRIMARY KEY (integration, value_version)
) STRICT;

CREATE UNIQUE INDEX integration_value_current ON integration_value (integration) WHERE state = 'current';

-- Rows are wide, so they live in a rowid table, and what belongs to one refers to `row`: 2 or 3 bytes
-- instead of 16. The columns a resolve looks at come first: they never lie on an overflow page.
CREATE TABLE credential (
    row           INTEGER PRIMARY KEY,
    id            BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    organization  BLOB NOT NULL,
    workspace     BLOB NOT NULL,
    version       INTEGER NOT NULL,
    value_version INTEGER NOT NULL,
    expires_at    INTEGER,
    health_status TEXT NOT NULL,
    health_reason TEXT,
    health_since  INTEGER NOT NULL,
    kind          TEXT NOT NULL,
    target_host   TEXT,
    -- The customer it belongs to; none where it is the workspace's own.
    end_user      TEXT,
    integration   BLOB,
    method        TEXT NOT NULL,
    name          TEXT NOT NULL,
    slug          TEXT,
    created_by    BLOB NOT NULL,
    created_at    INTEGER NOT NULL,
    modified_by   BLOB NOT NULL,
    modified_at   INTEGER NOT NULL,
    description   TEXT,
    secret_fields TEXT NOT NULL,
    labels        TEXT NOT NULL,
    verification  TEXT,
    accepted      TEXT,
    settings      TEXT NOT NULL
) STRICT;

CREATE INDEX credential_of_workspace ON credential (workspace, id);
CREATE UNIQUE INDEX credential_slug ON credential (workspace, slug) WHERE slug IS NOT NULL;

-- Counted here, so that a quota costs one look-up and not a walk over a hundred thousand rows.
CREATE TABLE tally (
    organization BLOB PRIMARY KEY,
    credentials  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER credential_made AFTER INSERT ON credential BEGIN
    INSERT INTO tally (organization, credentials) VALUES (NEW.organization, 1)
    ON CONFLICT (organization) DO UPDATE SET credentials = credentials + 1;
END;

CREATE TRIGGER credential_gone AFTER DELETE ON credential BEGIN
    UPDATE tally SET credentials = credentials - 1 WHERE organization = OLD.organization;
END;

-- `settings` of the current value are those of the credential; the column is for the other two states.
CREATE TABLE credential_value (
    credential    INTEGER NOT NULL REFERENCES credential (row) ON DELETE CASCADE,
    value_version INTEGER NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('candidate', 'current', 'previous')),
    settings      TEXT,
    target_digest BLOB NOT NULL,
    fingerprint   BLOB,
    envelope      BLOB NOT NULL,
    PRIMARY KEY (credential, value_version)
) STRICT;

CREATE UNIQUE INDEX credential_value_current ON credential_value (credential) WHERE state = 'current';
CREATE INDEX credential_value_fingerprint ON credential_value (fingerprint)
    WHERE state = 'current' AND fingerprint IS NOT NULL;

CREATE TABLE credential_label (
    credential INTEGER NOT NULL REFERENCES credential (row) ON DELETE CASCADE,
    workspace  BLOB NOT NULL,
    key        TEXT NOT NULL,
    value      TEXT NOT NULL,
    PRIMARY KEY (credential, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX credential_label_lookup ON credential_label (workspace, key, value);

-- The words of name, slug and description, for search by the beginning of a word.
CREATE TABLE credential_word (
    credential INTEGER NOT NULL REFERENCES credential (row) ON DELETE CASCADE,
    workspace  BLOB NOT NULL,
    word       TEXT NOT NULL,
    PRIMARY KEY (credential, word)
) STRICT, WITHOUT ROWID;

CREATE INDEX credential_word_lookup ON credential_word (workspace, word);

CREATE TABLE tombstone (
    id           BLOB PRIMARY KEY CHECK (length(id) = 16),
    organization BLOB NOT NULL,
    workspace    BLOB NOT NULL,
    kind         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    deleted_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Renewing a hold, the hottest write there is, changes no indexed column.
CREATE TABLE consumer (
    credential    INTEGER NOT NULL REFERENCES credential (row) ON DELETE CASCADE,
    token         BLOB NOT NULL,
    name          TEXT NOT NULL,
    instance      TEXT NOT NULL,
    workspace     BLOB NOT NULL,
    value_version INTEGER NOT NULL,
    granted_at    INTEGER NOT NULL,
    hold_until    INTEGER NOT NULL,
    PRIMARY KEY (credential, token, name, instance)
) STRICT, WITHOUT ROWID;

CREATE INDEX consumer_by_name ON consumer (workspace, name);

-- Ids as a dialect or an import knows them.
CREATE TABLE alias (
    workspace   BLOB NOT NULL,
    dialect     TEXT NOT NULL,
    external    TEXT NOT NULL,
    credential  INTEGER REFERENCES credential (row) ON DELETE CASCADE,
    integration INTEGER REFERENCES integration (row) ON DELETE CASCADE,
    PRIMARY KEY (workspace, dialect, external),
    CHECK ((credential IS NULL) <> (integration IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX alias_of_credential ON alias (credential) WHERE credential IS NOT NULL;
CREATE INDEX alias_of_integration ON alias (integration) WHERE integration IS NOT NULL;

CREATE TABLE alias_counter (
    workspace BLOB NOT NULL,
    dialect   TEXT NOT NULL,
    next      INTEGER NOT NULL,
    PRIMARY KEY (workspace, dialect)
) STRICT, WITHOUT ROWID;

-- Records and events share one sequence and one chain: `previous` is the SHA-256 of the row before, in
-- whichever of the two tables that is (src/writer/journal.rs has the exact bytes).
CREATE TABLE audit (
    node_seq     INTEGER PRIMARY KEY,
    organization BLOB NOT NULL,
    workspace    BLOB NOT NULL,
    credential   BLOB,
    -- 1 for a successful create, change or delete of a credential: its history.
    change       INTEGER NOT NULL,
    previous     BLOB NOT NULL,
    body         TEXT NOT NULL
) STRICT;

-- The only index: every resolve adds a row here, and its history is what people page through.
CREATE INDEX audit_history ON audit (credential, node_seq) WHERE change = 1;

CREATE TABLE event (
    node_seq     INTEGER PRIMARY KEY,
    organization BLOB NOT NULL,
    workspace    BLOB NOT NULL,
    credential   BLOB NOT NULL,
    previous     BLOB NOT NULL,
    body         TEXT NOT NULL
) STRICT;

CREATE INDEX event_of_workspace ON event (workspace, node_seq);

CREATE TABLE lease (
    name   TEXT PRIMARY KEY,
    holder BLOB NOT NULL,
    fence  INTEGER NOT NULL,
    until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
    organization BLOB NOT NULL,
    workspace    BLOB NOT NULL,
    principal    BLOB NOT NULL,
    route        TEXT NOT NULL,
    key          TEXT NOT NULL,
    body_mac     BLOB NOT NULL,
    created_at   INTEGER NOT NULL,
    answer       TEXT NOT NULL,
    PRIMARY KEY (organization, workspace, principal, route, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_age ON idempotency (created_at);

-- An empty `owner` is the system.
CREATE TABLE key (
    owner      BLOB NOT NULL,
    purpose    TEXT NOT NULL,
    epoch      INTEGER NOT NULL,
    key_id     BLOB NOT NULL,
    wrapped_by TEXT NOT NULL,
    blob       BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (owner, purpose, epoch)
) STRICT, WITHOUT ROWID;
