//! The fields of both PostgreSQL kinds. Data only.

use strongroom_domain::kind::Mark::{Identity, Required, Secret, Target};
use strongroom_domain::kind::{CheckGrade, Field, FieldType, Kind, Method, OtherFields};

/// A database of anyone's.
pub(crate) fn kind() -> Kind {
    Kind {
        name: "postgresql".to_owned(),
        title: "PostgreSQL".to_owned(),
        description: "A role of a PostgreSQL server and its password.".to_owned(),
        documentation: Some("https://www.postgresql.org/docs/current/libpq-connect.html".to_owned()),
        fields: vec![sslmode()],
        methods: vec![password(), connection_string()],
        check: CheckGrade::LiveTested,
        others: OtherFields::Refused,
        scopes: strongroom_domain::scopes::ScopeGrants::default(),
    }
}

/// A database of the platform itself. Tried in the same way.
pub(crate) fn internal_kind() -> Kind {
    Kind {
        name: "internal_postgresql".to_owned(),
        title: "PostgreSQL of the platform itself".to_owned(),
        description: "A role of a PostgreSQL server that the platform runs for itself.".to_owned(),
        ..kind()
    }
}

fn sslmode() -> Field {
    let modes = ["disable", "require", "verify-ca", "verify-full"].map(str::to_owned).to_vec();
    Field::new("sslmode", "TLS", FieldType::Choice(modes)).marked(&[Target]).default("verify-full").help(
        "verify-full proves that the server is the one named. Anything less is for servers that cannot do \
         better; `allow` and `prefer` do not exist here, because they fall back without a word.",
    )
}

fn password() -> Method {
    Method {
        name: "password".to_owned(),
        title: "User and password".to_owned(),
        fields: vec![
            Field::new("host", "Host", FieldType::Host)
                .marked(&[Required, Target, Identity])
                .help("One host name or address.")
                .placeholder("db.example.com"),
            Field::new("port", "Port", FieldType::Port).marked(&[Target, Identity]).default(5432),
            Field::new("database", "Database", FieldType::String)
                .marked(&[Required, Identity])
                .placeholder("app"),
            Field::new("username", "User", FieldType::String)
                .marked(&[Required, Identity])
                .placeholder("app"),
            Field::new("password", "Password", FieldType::String).marked(&[Required, Secret, Identity]),
        ],
    }
}

fn connection_string() -> Method {
    Method {
        name: "connection_string".to_owned(),
        title: "Connection string".to_owned(),
        fields: vec![
            Field::new("connection_string", "Connection string", FieldType::String)
                .marked(&[Required, Secret, Identity])
                .help(
                    "A URL or key=value pairs with host, port, user, password, dbname and sslmode. An \
                     sslmode in it wins over the field.",
                )
                .placeholder("postgresql://app:password@db.example.com:5432/app"),
        ],
    }
}
