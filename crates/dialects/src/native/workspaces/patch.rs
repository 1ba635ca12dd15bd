//! `PATCH /v1/workspaces/{workspace}`: name and settings, each that is named.

use http::StatusCode;
use strongroom_domain::Error;
use strongroom_domain::change::Edit;
use strongroom_domain::limits;
use strongroom_domain::policy::{
    DuplicatePolicy, FlowiseMode, FlowiseSchema, OnUnreachable, SshHostKeys, SslMode, VerifyMode,
    WorkspaceSettings,
};
use strongroom_domain::text::Name;
use strongroom_service::workspaces::WorkspaceChange;
use strongroom_web::{Answer, Call, Fields, respond};

use super::show::WorkspaceBody;
use crate::native::path;

pub(crate) async fn handle(mut call: Call) -> Answer {
    path::enter(&mut call).await?;
    let (document, _) = call.json().await?;
    let wish = wish(Fields::of(document))?;
    let change = WorkspaceChange {
        fields: wish.touched(),
        name: wish.name.clone(),
        settings: &|settings| wish.settings.apply(settings),
    };
    let workspace = call.service().change_workspace(call.context(), &change, &call.expected()).await?;
    respond::versioned(StatusCode::OK, workspace.version, &WorkspaceBody::from(&*workspace))
}

struct Wish {
    name: Option<Name>,
    settings: SettingsWish,
}

/// What the body names; the rest stays.
#[derive(Default)]
struct SettingsWish {
    verify: Option<VerifyMode>,
    on_unreachable: Option<OnUnreachable>,
    require_if_match: Option<bool>,
    duplicates: Option<DuplicatePolicy>,
    ssh_host_keys: Option<Edit<SshHostKeys>>,
    postgres_sslmode: Option<SslMode>,
    hold_seconds: Option<u64>,
    flowise_mode: Option<FlowiseMode>,
    flowise_schema: Option<FlowiseSchema>,
}

fn wish(mut fields: Fields) -> Result<Wish, Error> {
    let name = fields.parsed("name");
    let settings = fields.object("settings", |settings| Some(settings_wish(settings))).unwrap_or_default();
    fields.complete(Some(Wish { name, settings }))
}

fn settings_wish(fields: &mut Fields) -> SettingsWish {
    SettingsWish {
        verify: fields.choice("verify", &VERIFY),
        on_unreachable: fields.choice("on_unreachable", &ON_UNREACHABLE),
        require_if_match: fields.boolean("require_if_match"),
        duplicates: fields.choice("duplicates", &DUPLICATES),
        ssh_host_keys: if fields.take_null("ssh_host_keys") {
            Some(Edit::Remove)
        } else {
            fields.choice("ssh_host_keys", &SSH_HOST_KEYS).map(Edit::Set)
        },
        postgres_sslmode: fields.choice("postgres_sslmode", &SSLMODES),
        hold_seconds: fields.number("hold_seconds", 1..=limits::HOLD_SECONDS),
        flowise_mode: fields.choice("flowise_mode", &FLOWISE_MODES),
        flowise_schema: fields.choice("flowise_schema", &FLOWISE_SCHEMAS),
    }
}

const VERIFY: [(&str, VerifyMode); 3] = [
    ("required", VerifyMode::Required),
    ("if_supported", VerifyMode::IfSupported),
    ("never", VerifyMode::Skip),
];
const ON_UNREACHABLE: [(&str, OnUnreachable); 2] =
    [("refuse", OnUnreachable::Refuse), ("save_unverified", OnUnreachable::SaveUnverified)];
const DUPLICATES: [(&str, DuplicatePolicy); 2] =
    [("report", DuplicatePolicy::Report), ("refuse", DuplicatePolicy::Refuse)];
const SSH_HOST_KEYS: [(&str, SshHostKeys); 2] =
    [("stated", SshHostKeys::Stated), ("pin_first", SshHostKeys::PinFirst)];
const SSLMODES: [(&str, SslMode); 4] = [
    ("disable", SslMode::Disable),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];
const FLOWISE_MODES: [(&str, FlowiseMode); 2] =
    [("documented", FlowiseMode::Documented), ("exact", FlowiseMode::Exact)];
const FLOWISE_SCHEMAS: [(&str, FlowiseSchema); 3] =
    [("off", FlowiseSchema::Off), ("warn", FlowiseSchema::Warn), ("strict", FlowiseSchema::Strict)];

impl SettingsWish {
    fn apply(&self, settings: &mut WorkspaceSettings) {
        settings.verify = self.verify.unwrap_or(settings.verify);
        settings.on_unreachable = self.on_unreachable.unwrap_or(settings.on_unreachable);
        settings.require_if_match = self.require_if_match.unwrap_or(settings.require_if_match);
        settings.duplicates = self.duplicates.unwrap_or(settings.duplicates);
        match self.ssh_host_keys {
            None => {}
            Some(Edit::Remove) => settings.ssh_host_keys = None,
            Some(Edit::Set(choice)) => settings.ssh_host_keys = Some(choice),
        }
        settings.postgres_sslmode = self.postgres_sslmode.unwrap_or(settings.postgres_sslmode);
        settings.hold_seconds = self.hold_seconds.unwrap_or(settings.hold_seconds);
        settings.flowise_mode = self.flowise_mode.unwrap_or(settings.flowise_mode);
        settings.flowise_schema = self.flowise_schema.unwrap_or(settings.flowise_schema);
    }
}

impl Wish {
    /// For the record: which parts the body names.
    fn touched(&self) -> Vec<String> {
        let settings = &self.settings;
        let named = [
            (self.name.is_some(), "name"),
            (settings.verify.is_some(), "settings.verify"),
            (settings.on_unreachable.is_some(), "settings.on_unreachable"),
            (settings.require_if_match.is_some(), "settings.require_if_match"),
            (settings.duplicates.is_some(), "settings.duplicates"),
            (settings.ssh_host_keys.is_some(), "settings.ssh_host_keys"),
            (settings.postgres_sslmode.is_some(), "settings.postgres_sslmode"),
            (settings.hold_seconds.is_some(), "settings.hold_seconds"),
            (settings.flowise_mode.is_some(), "settings.flowise_mode"),
            (settings.flowise_schema.is_some(), "settings.flowise_schema"),
        ];
        named.iter().filter(|(is_named, _)| *is_named).map(|(_, part)| (*part).to_owned()).collect()
    }
}
