//! The fields of an SMTP account. Data only.

use strongroom_domain::kind::Mark::{Identity, Required, Secret, Target};
use strongroom_domain::kind::{CheckGrade, Field, FieldType, Kind, Method, OtherFields};

/// An account for mail submission (RFC 6409).
pub(crate) fn kind() -> Kind {
    Kind {
        name: "smtp".to_owned(),
        title: "SMTP".to_owned(),
        description: "A user of a mail submission server and the password.".to_owned(),
        documentation: Some("https://www.rfc-editor.org/rfc/rfc4954".to_owned()),
        fields: Vec::new(),
        methods: vec![password()],
        check: CheckGrade::LiveTested,
        others: OtherFields::Refused,
        scopes: strongroom_domain::scopes::ScopeGrants::default(),
    }
}

fn password() -> Method {
    Method {
        name: "password".to_owned(),
        title: "User and password".to_owned(),
        fields: vec![
            Field::new("host", "Host", FieldType::Host)
                .marked(&[Required, Target, Identity])
                .help("One host name or address.")
                .placeholder("smtp.example.com"),
            Field::new("port", "Port", FieldType::Port).marked(&[Target, Identity]).default(587),
            security(),
            Field::new("username", "User", FieldType::String)
                .marked(&[Required, Identity])
                .placeholder("app@example.com"),
            Field::new("password", "Password", FieldType::String).marked(&[Required, Secret, Identity]),
        ],
    }
}

/// A target as well: without TLS the password goes to whoever listens on the way, so to lower it takes the
/// password again.
fn security() -> Field {
    let words = ["starttls", "tls", "none"].map(str::to_owned).to_vec();
    Field::new("security", "Security", FieldType::Choice(words)).marked(&[Target]).default("starttls").help(
        "starttls begins in the clear and changes to TLS before the log-in (port 587); tls begins with TLS \
         (port 465); none sends the password in the clear. The certificate is verified.",
    )
}
