//! The commands of whoever runs a server: on its files, not through its API.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a root key in a new file; never overwrites
    Init {
        /// The file to make
        #[arg(long, value_name = "PATH")]
        file: PathBuf,
    },
    /// Show the keys' ids, what is on them, and whether root key and data fit
    Status(Installation),
    /// Put new keys in force, while the server runs or without it; run again, it goes on
    Rotate(Rotate),
}

#[derive(Debug, Args)]
pub(crate) struct Rotate {
    #[command(flatten)]
    pub(crate) what: What,
    /// Only this organization, by id or slug
    #[arg(long, value_name = "NAME", conflicts_with = "root")]
    pub(crate) organization: Option<String>,
    /// Begin no new epoch, only finish the last one
    #[arg(long, conflicts_with = "root")]
    pub(crate) resume: bool,
    #[command(flatten)]
    pub(crate) of: Installation,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct What {
    /// The root key, by the next one that the configuration names
    #[arg(long)]
    pub(crate) root: bool,
    /// The keys that seal values, one per organization
    #[arg(long)]
    pub(crate) kek: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Installation {
    /// The configuration file of `strongroom serve`
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The folder of `strongroom dev`
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(subcommand_negates_reqs = true, args_conflicts_with_subcommands = true)]
pub(crate) struct Doctor {
    #[command(subcommand)]
    pub(crate) command: Option<DoctorCommand>,
    #[command(flatten)]
    pub(crate) of: Installation,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DoctorCommand {
    /// Say which rule applies to a target of checks, and whether it would be dialled
    Egress(EgressQuestion),
}

#[derive(Debug, Args)]
pub(crate) struct EgressQuestion {
    /// Where a check would connect to, like db.example.com:5432
    #[arg(value_name = "HOST:PORT")]
    pub(crate) target: String,
    /// Connect as well, and hang up
    #[arg(long)]
    pub(crate) connect: bool,
    #[command(flatten)]
    pub(crate) of: Installation,
}
