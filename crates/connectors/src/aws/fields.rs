//! The fields of the AWS kinds. Data only.

use strongroom_domain::kind::Mark::{Identity, Required, Secret};
use strongroom_domain::kind::{CheckGrade, Field, FieldType, Kind, Method, OtherFields};

use super::regions::{DEFAULT, Region, Service};

/// An access key, whatever it is for.
pub(crate) fn kind() -> Kind {
    Kind {
        name: "aws".to_owned(),
        title: "AWS access key".to_owned(),
        description: "An access key of AWS, long-term or with a session token.".to_owned(),
        documentation: Some(
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html".to_owned(),
        ),
        fields: Vec::new(),
        methods: vec![access_key(Service::Sts)],
        check: CheckGrade::LiveTested,
        others: OtherFields::Refused,
        scopes: strongroom_domain::scopes::ScopeGrants::default(),
    }
}

/// An access key that sends mail.
pub(crate) fn ses_kind() -> Kind {
    Kind {
        name: "aws_ses".to_owned(),
        title: "Amazon SES".to_owned(),
        description: "An access key of AWS that sends mail. It needs the right to ses:GetSendQuota."
            .to_owned(),
        documentation: Some(
            "https://docs.aws.amazon.com/ses/latest/APIReference/API_GetSendQuota.html".to_owned(),
        ),
        methods: vec![access_key(Service::Ses)],
        ..kind()
    }
}

/// No field is a target: where the request goes is compiled in, and the secret key does not travel at all.
fn access_key(service: Service) -> Method {
    Method {
        name: "access_key".to_owned(),
        title: "Access key".to_owned(),
        fields: vec![
            Field::new("access_key_id", "Access key ID", FieldType::String)
                .marked(&[Required, Identity])
                .placeholder("AKIAIOSFODNN7EXAMPLE"),
            Field::new("secret_access_key", "Secret access key", FieldType::String)
                .marked(&[Required, Secret, Identity]),
            Field::new("session_token", "Session token", FieldType::String)
                .marked(&[Secret])
                .help("For temporary credentials only."),
            Field::new("region", "Region", FieldType::Choice(Region::names_with(service)))
                .default(DEFAULT)
                .help("Whose endpoint is asked. A key works only in the partition of its account."),
        ],
    }
}
