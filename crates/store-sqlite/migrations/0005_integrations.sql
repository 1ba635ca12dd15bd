-- Which credentials use an integration: asked at every change of one.

CREATE INDEX credential_of_integration ON credential (integration, id) WHERE integration IS NOT NULL;
