//! The audit log: what was done, and whether the log of it is whole.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    #[command(flatten)]
    Ask(AuditQuestion),
    /// Check a log without a server: every record, every head, every signature
    Verify(VerifyLog),
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditQuestion {
    /// Show what was done in the workspace, newest first
    List(Records),
    /// Show the last records, and go on showing
    Tail(Tail),
    /// Write every record as a line of JSON, oldest first, with the hashes of those that are not for this token
    Export,
    /// Show the signed head of the organization's log
    Checkpoint,
    /// Show the proof that a record is in the log, or that the log only grew
    Proof(ProofOf),
}

#[derive(Debug, Args)]
pub(crate) struct Records {
    #[command(flatten)]
    pub(crate) filter: RecordFilter,
    /// At most so many, up to 200
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u32>,
    /// Go on where the page before ended
    #[arg(long, value_name = "CURSOR")]
    pub(crate) cursor: Option<String>,
    /// Oldest first
    #[arg(long)]
    pub(crate) oldest: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RecordFilter {
    /// Only this act, like credential.resolve; several may be given
    #[arg(long = "action", value_name = "NAME")]
    pub(crate) actions: Vec<String>,
    /// Only by this principal or token, by id; `system` for the server itself
    #[arg(long, value_name = "ID")]
    pub(crate) actor: Option<String>,
    /// Only what was done to this, by id
    #[arg(long, value_name = "ID")]
    pub(crate) object: Option<String>,
    /// Only those that went this way: attempted, succeeded, refused, denied or failed
    #[arg(long, value_name = "WORD")]
    pub(crate) outcome: Option<String>,
    /// Only on behalf of this consumer
    #[arg(long, value_name = "NAME")]
    pub(crate) consumer: Option<String>,
    /// Not before this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Before this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Tail {
    #[command(flatten)]
    pub(crate) filter: RecordFilter,
    /// How many to begin with, up to 200
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) lines: u32,
    /// Wait for more
    #[arg(long, short)]
    pub(crate) follow: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct ProofOf {
    /// That the record at this position is in the log
    #[arg(long, value_name = "N")]
    pub(crate) position: Option<u64>,
    /// That the log of so many records is the beginning of the one of today
    #[arg(long, value_name = "SIZE")]
    pub(crate) from: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyLog {
    #[command(flatten)]
    pub(crate) what: LogToVerify,
    /// The folder that the server keeps checkpoints in, or a copy of it; by default the one that --config or --data
    /// knows of
    #[arg(long, value_name = "DIR")]
    pub(crate) exported: Option<PathBuf>,
    /// A checkpoint that was kept elsewhere: a signed note, or the answer of `audit checkpoint`; several may be given
    #[arg(long = "checkpoint", value_name = "FILE")]
    pub(crate) checkpoints: Vec<PathBuf>,
    /// The public key, NAME+HASH+BASE64 or @FILE; by default the one in the exported folder
    #[arg(long, value_name = "KEY|@FILE")]
    pub(crate) verifier: Option<String>,
}

/// What is looked at.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct LogToVerify {
    /// The log of the installation of this configuration file
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The log of this folder of `strongroom dev`
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The log of this data folder, or a copy of it
    #[arg(long, value_name = "DIR")]
    pub(crate) store: Option<PathBuf>,
    /// Records that `audit export` has written
    #[arg(long, value_name = "FILE")]
    pub(crate) records: Option<PathBuf>,
    /// A proof that `audit proof` has shown
    #[arg(long, value_name = "FILE")]
    pub(crate) proof: Option<PathBuf>,
}
