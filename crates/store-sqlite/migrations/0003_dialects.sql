-- What dialects need of a credential: through which it was made, what only one of them shows, and the
-- fingerprint of the account without its secret.

ALTER TABLE credential ADD COLUMN origin TEXT NOT NULL DEFAULT 'native';
ALTER TABLE credential ADD COLUMN annotations TEXT NOT NULL DEFAULT '{}';

ALTER TABLE credential_value ADD COLUMN account_fingerprint BLOB;
CREATE INDEX credential_value_account ON credential_value (account_fingerprint)
    WHERE state = 'current' AND account_fingerprint IS NOT NULL;

-- One id per dialect: what a dialect shows must have one answer.
DROP INDEX alias_of_credential;
CREATE UNIQUE INDEX alias_of_credential ON alias (credential, dialect) WHERE credential IS NOT NULL;
DROP INDEX alias_of_integration;
CREATE UNIQUE INDEX alias_of_integration ON alias (integration, dialect) WHERE integration IS NOT NULL;
