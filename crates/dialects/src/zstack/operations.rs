//! What each route is called and gives, for `openapi/zstack.json`. The shapes are in `schemas.json`.

use strongroom_web::{Operation, Shape};

use Shape::{Json, Nothing};

const fn operation(
    id: &'static str,
    summary: &'static str,
    body: Shape,
    answers: &'static [(u16, Shape)],
) -> Operation {
    Operation { id, summary, body, answers }
}

pub(super) const CREATE: Operation = operation(
    "CreateCredential",
    "Make a credential; its value is never shown again",
    Json("NewCredential"),
    &[(200, Json("Credential"))],
);
pub(super) const LIST: Operation = operation(
    "ListCredentials",
    "Credentials that match, and how many there are",
    Nothing,
    &[(200, Json("CredentialList"))],
);
pub(super) const SHOW: Operation =
    operation("GetCredential", "One credential without its value", Nothing, &[(200, Json("Credential"))]);
pub(super) const UPDATE: Operation = operation(
    "UpdateCredential",
    "What is given changes, the rest stays; a new value is tried first where it can be",
    Json("CredentialUpdate"),
    &[(200, Json("Credential"))],
);
pub(super) const DELETE: Operation = operation(
    "DeleteCredential",
    "Gone for good; refused under Restrict while a consumer holds it",
    Nothing,
    &[(200, Json("Nothing"))],
);
pub(super) const PREVIEW: Operation = operation(
    "PreviewDeleteCredential",
    "Who holds the credential, and what a delete would come to",
    Json("PreviewRequest"),
    &[(200, Json("Preview"))],
);
