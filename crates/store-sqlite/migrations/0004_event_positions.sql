-- What `Last-Event-ID` means. Events get their positions after the commit that wrote them, many at a time,
-- from one leased and fenced sequencer: no commit waits for another node, and the row of an event is
-- written once.

-- Nobody reads events by workspace and node_seq any more, and every change paid for it.
DROP INDEX event_of_workspace;

CREATE TABLE event_position (
    -- The event's. One file has one node, so this is also the order over all workspaces.
    node_seq     INTEGER PRIMARY KEY,
    organization BLOB NOT NULL,
    workspace    BLOB NOT NULL,
    position     INTEGER NOT NULL,
    placed_at    INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX event_position_of_workspace ON event_position (organization, workspace, position);

-- Positions never begin again, also when all of them were forgotten.
CREATE TABLE event_stream (
    organization BLOB NOT NULL,
    workspace    BLOB NOT NULL,
    last         INTEGER NOT NULL,
    forgotten    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (organization, workspace)
) STRICT, WITHOUT ROWID;

-- Events above this one wait for their positions.
CREATE TABLE event_order (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
    node_seq  INTEGER NOT NULL
) STRICT;

INSERT INTO event_order (singleton, node_seq) VALUES (1, 0);
