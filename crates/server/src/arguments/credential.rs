//! `strongroom credential`.

#![expect(clippy::doc_markdown, reason = "these comments are the help texts, shown as they stand")]

use clap::{Args, Subcommand, ValueEnum};

use super::{Page, Trial};

#[derive(Debug, Subcommand)]
pub(crate) enum CredentialCommand {
    /// Show those that match
    List(List),
    /// Show one, without its secrets
    Get(Named),
    /// Store a new one, after trying it against the real system
    Create(Box<Create>),
    /// Change one, after trying the change against the real system
    Update(Box<Update>),
    /// Delete one and destroy its secrets; there is no undelete
    Delete(Delete),
    /// Try what is stored against the real system
    Verify(Named),
    /// Give out the secrets, on record
    Resolve(Resolve),
    /// Show its changes, newest first, without values
    History(Paged),
    /// Show who holds which value until when
    Consumers(Named),
}

#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Its id (cred_...) or its slug
    pub(crate) name: String,
}

#[derive(Debug, Args)]
pub(crate) struct Paged {
    /// Its id (cred_...) or its slug
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) page: Page,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only of this kind
    #[arg(long)]
    pub(crate) kind: Option<String>,
    /// Only in this health: unknown, healthy, expiring, expired, failing
    #[arg(long, value_name = "WORD")]
    pub(crate) health: Option<String>,
    /// Only with this label; several must all be there
    #[arg(long = "label", value_name = "KEY=VALUE")]
    pub(crate) labels: Vec<String>,
    /// Only where a word of name, slug or description begins so
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// Only of this owner: workspace, or end_user:ID
    #[arg(long)]
    pub(crate) owner: Option<String>,
    /// Only those that use this integration, by id (int_...)
    #[arg(long, value_name = "ID")]
    pub(crate) integration: Option<String>,
    /// Only those whose secrets go to this host
    #[arg(long, value_name = "HOST")]
    pub(crate) target_host: Option<String>,
    /// Only those that end before this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub(crate) expiring_before: Option<String>,
    #[command(flatten)]
    pub(crate) page: Page,
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What sort of credential; strongroom kind list shows them
    #[arg(value_name = "KIND", conflicts_with = "kind_flag")]
    pub(crate) kind: Option<String>,
    /// The same as a flag
    #[arg(long = "kind", id = "kind_flag", value_name = "KIND")]
    pub(crate) kind_flag: Option<String>,
    #[command(flatten)]
    pub(crate) what: Draft,
    #[command(flatten)]
    pub(crate) check: Check,
    #[command(flatten)]
    pub(crate) trial: Trial,
}

#[derive(Debug, Args)]
pub(crate) struct Update {
    /// Its id (cred_...) or its slug
    #[arg(value_name = "NAME")]
    pub(crate) credential: String,
    #[command(flatten)]
    pub(crate) what: Draft,
    /// Remove a setting or a secret
    #[arg(long, value_name = "FIELD")]
    pub(crate) unset: Vec<String>,
    /// Remove a label
    #[arg(long, value_name = "KEY")]
    pub(crate) remove_label: Vec<String>,
    /// Take the stored secrets along to a changed target; needs its own right
    #[arg(long)]
    pub(crate) rebind: bool,
    /// Save although the new value is another account
    #[arg(long)]
    pub(crate) accept_account_change: bool,
    /// Save although the new value may do less
    #[arg(long)]
    pub(crate) accept_fewer_scopes: bool,
    #[command(flatten)]
    pub(crate) check: Check,
    #[command(flatten)]
    pub(crate) version: IfVersion,
    #[command(flatten)]
    pub(crate) trial: Trial,
}

/// What a credential is made of.
#[derive(Debug, Args)]
pub(crate) struct Draft {
    /// What people call it
    #[arg(long, value_name = "TEXT")]
    pub(crate) name: Option<String>,
    /// A short unique name for scripts; an empty one removes it
    #[arg(long)]
    pub(crate) slug: Option<String>,
    /// A sentence about it; an empty one removes it
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// Which of the kind's groups of fields
    #[arg(long)]
    pub(crate) method: Option<String>,
    /// A setting; FIELD:=JSON where it is not a text, number or truth value
    #[arg(long, value_name = "FIELD=VALUE")]
    pub(crate) set: Vec<String>,
    /// A secret: FIELD asks on the terminal, FIELD=- reads standard input, FIELD=@FILE reads a file.
    /// One end of line at the end of a single line is not part of it. Never a bare value: every
    /// process of this machine could read it
    #[arg(long, value_name = "FIELD[=-|=@FILE]")]
    pub(crate) secret: Vec<String>,
    /// A label
    #[arg(long = "label", value_name = "KEY=VALUE")]
    pub(crate) labels: Vec<String>,
    /// When it ends (RFC 3339); an empty one means never
    #[arg(long, value_name = "TIME")]
    pub(crate) expires: Option<String>,
    /// Whose it is: workspace, or end_user:ID
    #[arg(long)]
    pub(crate) owner: Option<String>,
    /// The integration that it uses, by id (int_...); an empty one takes it off
    #[arg(long, value_name = "ID")]
    pub(crate) integration: Option<String>,
}

/// How the change is tried.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Whether it is tried first; less than the workspace asks for needs its own right
    #[arg(long, value_enum, value_name = "POLICY")]
    pub(crate) verify: Option<Verify>,
    /// What to do where the real system does not answer
    #[arg(long, value_enum, value_name = "WHAT", requires = "reason")]
    pub(crate) on_unreachable: Option<OnUnreachable>,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Verify {
    /// Only what is accepted is saved
    Required,
    /// Only what is rejected is refused
    IfSupported,
    /// It is not tried
    Skip,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum OnUnreachable {
    /// Refuse
    Refuse,
    /// Save it unverified; needs its own right
    SaveUnverified,
}

#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// Its id (cred_...) or its slug
    pub(crate) name: String,
    /// Also while consumers hold it
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) version: IfVersion,
    #[command(flatten)]
    pub(crate) trial: Trial,
}

#[derive(Debug, Args)]
pub(crate) struct IfVersion {
    /// Only if its version is still N
    #[arg(long, value_name = "N", env = "STRONGROOM_IF_VERSION", hide_env_values = true)]
    pub(crate) if_version: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct Resolve {
    /// Its id (cred_...) or its slug
    pub(crate) name: String,
    /// On whose behalf: the flow or job; without it, the token itself
    #[arg(long, value_name = "NAME")]
    pub(crate) consumer: Option<String>,
    /// Which of its workers
    #[arg(long, value_name = "NAME", requires = "consumer")]
    pub(crate) instance: Option<String>,
    /// For how long it will be used: 90s, 15m, 2h, or a number of seconds
    #[arg(long, value_name = "TIME")]
    pub(crate) hold: Option<String>,
}
