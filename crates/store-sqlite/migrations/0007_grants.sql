-- What a token may do elsewhere than at home, and by what else than ids its reach is limited; and the secret
-- before a rotation, while it still counts.

ALTER TABLE token ADD COLUMN kinds TEXT;
ALTER TABLE token ADD COLUMN labels TEXT NOT NULL DEFAULT '{}';
ALTER TABLE token ADD COLUMN grants TEXT NOT NULL DEFAULT '[]';
ALTER TABLE token ADD COLUMN previous_mac BLOB;
ALTER TABLE token ADD COLUMN previous_until INTEGER;

-- Grants are read with their token, in one row.
DROP TABLE token_grant;
