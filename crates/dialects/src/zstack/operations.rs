//! What each route is called and gives, for `openapi/zstack.json`. The shapes are in `schemas.json`.

use strongroom_web::Operation;
use strongroom_web::Shape::{Json, Nothing, Refusal};
use strongroom_web::openapi::{About, KeyScheme};

/// What the document says beyond its routes.
pub(super) const ABOUT: About = About {
    title: "ZStack federation platform: credentials",
    description: "The credential API of ZStack's federation platform, over Strongroom.",
    version: "1.0",
    keys: &[KeyScheme::Bearer],
    error: ("Error", "application/json"),
    schemas: include_str!("schemas.json"),
};

macro_rules! operations {
    ($($name:ident = $id:literal, $summary:literal, $body:expr, [$($status:literal $shape:expr),+];)*) => {
        $(pub(super) const $name: Operation =
            Operation { id: $id, summary: $summary, body: $body, answers: &[$(($status, $shape)),+] };)*
    };
}

operations! {
    CREATE = "CreateCredential", "Make a credential; its value is never shown again", Json("NewCredential"),
        [200 Json("Credential")];
    LIST = "ListCredentials", "Credentials that match, and how many there are", Nothing,
        [200 Json("CredentialList")];
    SHOW = "GetCredential", "One credential without its value", Nothing, [200 Json("Credential")];
    UPDATE = "UpdateCredential", "What is given changes; a new value is tried first where it can be",
        Json("CredentialUpdate"), [200 Json("Credential")];
    DELETE = "DeleteCredential", "Gone for good; refused under Restrict while a consumer holds it", Nothing,
        [200 Json("Nothing"), 501 Refusal];
    PREVIEW = "PreviewDeleteCredential", "Who holds the credential, and what a delete would come to",
        Json("PreviewRequest"), [200 Json("Preview"), 501 Refusal];
}
