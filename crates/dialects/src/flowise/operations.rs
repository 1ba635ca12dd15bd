//! What each route is called and gives, for the document of the dialect. The shapes are in `schemas.json`.
//!
//! The routes that the stock UI needs besides are its own and listed nowhere.

use strongroom_web::Shape::{Json, Nothing, Other, Refusal};
use strongroom_web::openapi::{About, KeyScheme};
use strongroom_web::{Operation, Shape};

/// What the document says beyond its routes.
pub(super) const ABOUT: About = About {
    title: "Credentials, as Flowise keeps them",
    description: "The credential API of Flowise 3.1.4 over Strongroom, in its documented mode: what can be checked is \
                  tried against the real system before it is saved, and concurrent changes lose nothing.",
    version: "3.1.4",
    keys: &[KeyScheme::Bearer],
    error: ("ServiceError", "application/json"),
    schemas: include_str!("schemas.json"),
};

/// Who is not let in is told so in shapes of their own.
const REFUSED: [(u16, Shape); 2] = [(401, Json("Unauthorized")), (403, Json("Forbidden"))];
const NOT_LET_IN: (u16, Shape) = REFUSED[0];
const NOT_ALLOWED: (u16, Shape) = REFUSED[1];

macro_rules! operations {
    ($($name:ident = $id:literal, $summary:literal, $body:expr, [$($answer:expr),+];)*) => {
        $(pub(super) const $name: Operation =
            Operation { id: $id, summary: $summary, body: $body, answers: &[$($answer),+] };)*
    };
}

operations! {
    CREATE = "createCredential", "Make a credential", Json("NewCredential"),
        [(200, Json("CreatedCredential")), NOT_LET_IN, NOT_ALLOWED];
    LIST = "getAllCredentials", "List credentials, of one type or several where `credentialName` says so", Nothing,
        [(200, Json("CredentialList")), (304, Nothing), NOT_LET_IN, NOT_ALLOWED];
    SHOW = "getCredentialById", "One credential, its secrets redacted", Nothing,
        [(200, Json("RedactedCredential")), (304, Nothing), NOT_LET_IN, NOT_ALLOWED];
    REVEAL = "revealCredentialById", "The fields of a credential that hold a URL", Nothing,
        [(200, Json("RevealedFields")), (304, Nothing), NOT_LET_IN, NOT_ALLOWED];
    UPDATE = "updateCredential", "Lay a change over a credential", Json("CredentialChange"),
        [(200, Json("UpdatedCredential")), NOT_LET_IN, NOT_ALLOWED];
    DELETE = "deleteCredential", "Delete a credential", Nothing,
        [(200, Json("Deleted")), NOT_LET_IN, NOT_ALLOWED];
    UPDATE_WITHOUT_ID = "updateCredentialWithoutId", "Says that the id is missing", Nothing,
        [(412, Refusal), NOT_LET_IN, NOT_ALLOWED];
    DELETE_WITHOUT_ID = "deleteCredentialWithoutId", "Says that the id is missing", Nothing,
        [(412, Refusal), NOT_LET_IN, NOT_ALLOWED];
    TYPES = "getAllComponentsCredentials", "Every credential type", Nothing,
        [(200, Json("TypeList")), (304, Nothing), NOT_LET_IN];
    TYPE = "getComponentsCredentialByName", "One credential type, or with `&` between their names several", Nothing,
        [(200, Json("OneTypeOrSeveral")), (304, Nothing), NOT_LET_IN];
    ICON = "getSingleComponentsCredentialIcon", "The picture of a credential type", Nothing,
        [(200, Other("image/svg+xml"))];
    AUTHORIZE = "authorizeOAuth2", "Not served yet: says so", Nothing,
        [(400, Json("OAuth2Failure")), NOT_LET_IN, NOT_ALLOWED, (404, Json("OAuth2Failure"))];
    REFRESH = "refreshOAuth2", "Not served yet: says so", Nothing,
        [(400, Json("OAuth2Failure")), NOT_LET_IN, NOT_ALLOWED, (404, Json("OAuth2Failure"))];
    CALLBACK = "oauth2Callback", "Not served yet: says so", Nothing, [(400, Other("text/html"))];
}
