//! What each method is called and gives, for `openapi/dx.json`. The shapes are in `schemas.json`.

use strongroom_web::Operation;
use strongroom_web::Shape::{Json, Nothing};
use strongroom_web::openapi::{About, KeyScheme};

/// What the document says beyond its routes.
pub(super) const ABOUT: About = About {
    title: "DX Data Cloud credentials",
    description: "Connections and their credentials, spoken by Strongroom: every save is checked against the \
                  real system first, that of a label included. `ok` says whether a call succeeded.",
    version: "1",
    keys: &[KeyScheme::Bearer],
    error: ("Error", "application/json"),
    schemas: include_str!("schemas.json"),
};

macro_rules! operations {
    ($($name:ident = $id:literal, $summary:literal, $body:expr, $status:literal $shape:literal;)*) => {
        $(pub(super) const $name: Operation =
            Operation { id: $id, summary: $summary, body: $body, answers: &[($status, Json($shape))] };)*
    };
}

operations! {
    CONNECTIONS = "connections.list", "All connections, by type", Nothing, 200 "Connections";
    CONNECTION = "connections.info", "One connection, with its settings", Nothing, 200 "ConnectionInfo";
    LIST = "credentials.list", "All credentials of a connection", Nothing, 200 "Credentials";
    INFO = "credentials.info", "One credential, never with secrets", Nothing, 200 "CredentialInfo";
    CREATE = "credentials.create", "Make a credential, checked first", Json("NewCredential"), 201 "SavedCredential";
    UPDATE = "credentials.update", "Change a credential, checked first, whatever changes",
        Json("CredentialChange"), 200 "SavedCredential";
    DELETE = "credentials.delete", "Delete a credential", Json("Named"), 200 "Ok";
}
