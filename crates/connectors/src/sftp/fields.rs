//! The fields of the kind. Data only.

use strongroom_domain::kind::Mark::{Identity, Required, Secret, Target};
use strongroom_domain::kind::{CheckGrade, Field, FieldType, Kind, Method, OtherFields};

/// A login to files over SSH.
pub(crate) fn kind() -> Kind {
    Kind {
        name: "sftp".to_owned(),
        title: "SFTP".to_owned(),
        description: "A user of an SSH server with a password or a private key, for files.".to_owned(),
        documentation: Some("https://man.openbsd.org/ssh.1".to_owned()),
        fields: vec![host(), port(), username(), host_key(), path()],
        methods: vec![password(), key()],
        check: CheckGrade::LiveTested,
        others: OtherFields::Refused,
        scopes: strongroom_domain::scopes::ScopeGrants::default(),
    }
}

fn host() -> Field {
    Field::new("host", "Host", FieldType::Host)
        .marked(&[Required, Target, Identity])
        .help("One host name or address.")
        .placeholder("sftp.example.com")
}

fn port() -> Field {
    Field::new("port", "Port", FieldType::Port).marked(&[Target, Identity]).default(22)
}

fn username() -> Field {
    Field::new("username", "User", FieldType::String).marked(&[Required, Identity]).placeholder("bot")
}

fn host_key() -> Field {
    // A target: a password goes to whoever shows this key.
    Field::new("host_key", "Host key", FieldType::Text)
        .marked(&[Target])
        .help(
            "Which keys the server may show, one a line: a SHA-256 fingerprint, a public key, or a line of \
             known_hosts for this host and port. Without it the check stops before the login and names the key that it saw.",
        )
        .placeholder("SHA256:uNiVztksCsDhcc0u9e8BgrJXVGbHw1C8+k3GtHLoq2c")
}

fn path() -> Field {
    Field::new("path", "Path", FieldType::String)
        .help("A folder or file that the check opens. Nothing is written to it.")
        .placeholder("/upload")
}

fn password() -> Method {
    Method {
        name: "password".to_owned(),
        title: "User and password".to_owned(),
        fields: vec![
            Field::new("password", "Password", FieldType::String).marked(&[Required, Secret, Identity]),
        ],
    }
}

fn key() -> Method {
    Method {
        name: "key".to_owned(),
        title: "Private key".to_owned(),
        fields: vec![
            // Not `Pem`: a key of PuTTY's gets advice that fits.
            Field::new("private_key", "Private key", FieldType::Text)
                .marked(&[Required, Secret, Identity])
                .help("One private key as OpenSSH or OpenSSL writes it (OpenSSH, PKCS#8, PKCS#1, SEC1).")
                .placeholder("-----BEGIN OPENSSH PRIVATE KEY-----"),
            Field::new("passphrase", "Passphrase of the key", FieldType::String).marked(&[Secret]),
        ],
    }
}
