//! The nouns of tenants: workspaces and organizations.

use clap::{ArgAction, Args, Subcommand};
use serde_json::Value;

use super::others::{Page, Save, Trial};

#[derive(Debug, Subcommand)]
pub(crate) enum WorkspaceCommand {
    /// Show the workspaces that the token may enter
    List(Page),
    /// Show one with its settings; the one in force where none is named
    Get {
        /// Its id or slug
        workspace: Option<String>,
    },
    /// Make one in the organization of the token
    Create(CreateWorkspace),
    /// Change name and settings
    Update(UpdateWorkspace),
    /// Delete one with all that is in it; there is no undelete
    Delete(DeleteWorkspace),
}

#[derive(Debug, Args)]
pub(crate) struct CreateWorkspace {
    /// How paths and flags name it
    pub(crate) slug: String,
    /// What people call it [default: the slug]
    #[arg(long)]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) trial: Trial,
}

#[derive(Debug, Args)]
pub(crate) struct UpdateWorkspace {
    /// Its id or slug; without it, the one in force
    pub(crate) workspace: Option<String>,
    /// Another name
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// A setting, like `verify=required` or `hold_seconds=600`; `strongroom workspace get` shows them all; several may be
    /// given
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = setting)]
    pub(crate) settings: Vec<(String, Value)>,
    #[command(flatten)]
    pub(crate) trial: Trial,
}

#[derive(Debug, Args)]
pub(crate) struct DeleteWorkspace {
    /// Its id or slug
    pub(crate) workspace: String,
    /// Also while credentials in it are held
    #[arg(long, action = ArgAction::SetTrue)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) trial: Trial,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OrganizationCommand {
    /// Show the token's own; all of them to who manages the installation
    List(Page),
    /// Show one
    Get {
        /// Its id (org_...)
        id: String,
    },
    /// Make one, with a workspace and its first owner's token, which is shown once
    Create(CreateOrganization),
    /// Change its name
    Update(UpdateOrganization),
    /// Delete one with all that it has; of its log the hashes stay
    Delete(DeleteOrganization),
}

#[derive(Debug, Args)]
pub(crate) struct CreateOrganization {
    /// A short name for it, which stays
    pub(crate) slug: String,
    /// What people call it [default: the slug]
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The slug of its first workspace
    #[arg(long = "first-workspace", value_name = "SLUG", default_value = "default")]
    pub(crate) first_workspace: String,
    #[command(flatten)]
    pub(crate) save: Save,
    #[command(flatten)]
    pub(crate) trial: Trial,
}

#[derive(Debug, Args)]
pub(crate) struct UpdateOrganization {
    /// Its id (org_...)
    pub(crate) id: String,
    /// Another name
    #[arg(long)]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) trial: Trial,
}

#[derive(Debug, Args)]
pub(crate) struct DeleteOrganization {
    /// Its id (org_...)
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) trial: Trial,
}

/// What reads as a number, `true`, `false` or `null` is one; anything else is a text.
fn setting(text: &str) -> Result<(String, Value), &'static str> {
    let (key, value) = text.split_once('=').ok_or("a setting is written KEY=VALUE")?;
    let scalar =
        serde_json::from_str(value).ok().filter(|value: &Value| !value.is_object() && !value.is_array());
    Ok((key.to_owned(), scalar.unwrap_or_else(|| value.into())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_setting_is_what_it_reads_as() {
        for (text, key, value) in [
            ("hold_seconds=600", "hold_seconds", json!(600)),
            ("require_if_match=true", "require_if_match", json!(true)),
            ("ssh_host_keys=null", "ssh_host_keys", json!(null)),
            ("verify=required", "verify", json!("required")),
            ("verify=", "verify", json!("")),
            ("verify={}", "verify", json!("{}")),
        ] {
            assert_eq!(setting(text), Ok((key.to_owned(), value)), "{text}");
        }
        assert!(setting("verify").is_err());
    }
}
