-- A token may be proved by the statement of an issuer instead of a secret: then who is meant stands here, byte for
-- byte as the issuer writes it, and no two live rows mean the same. Its `mac` is that of a secret nobody has.

ALTER TABLE token ADD COLUMN issuer TEXT;
ALTER TABLE token ADD COLUMN subject TEXT;

CREATE UNIQUE INDEX token_identity ON token (issuer, subject) WHERE issuer IS NOT NULL AND revoked_at IS NULL;
