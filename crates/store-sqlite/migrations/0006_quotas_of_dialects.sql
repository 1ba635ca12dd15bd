-- A contract may limit how many credentials one caller makes, or how many there are of one sort: counted by
-- these, and only as far as the limit. What the native API makes is in neither and pays for neither.

CREATE INDEX credential_made_by ON credential (workspace, origin, created_by) WHERE origin <> 'native';
CREATE INDEX credential_made_of ON credential (workspace, origin, kind) WHERE origin <> 'native';
