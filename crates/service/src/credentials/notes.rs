//! Notes of audit records: facts about how a change was made that an auditor asks for. Never a value.

use std::collections::BTreeMap;

use strongroom_domain::policy::VerifyMode;
use strongroom_sealing::Envelope;
use strongroom_store::StoredValue;

use super::plan::Plan;
use super::prove::Proof;
use crate::Context;
use crate::keys::hex;
use crate::options::{ChangeOptions, Expected, Rebind, Run};

/// What the request itself says that an auditor asks for.
pub(crate) fn notes_of_request(context: &Context, options: &ChangeOptions) -> BTreeMap<String, String> {
    let mut notes = context.spoken();
    notes.extend(options.notes.clone());
    if options.expected == Expected::Existing {
        notes.insert("if_match".to_owned(), "*".to_owned());
    }
    if options.run == Run::Dry {
        notes.insert("dry_run".to_owned(), "true".to_owned());
    }
    notes
}

/// Facts about how a change was made that an auditor asks for; never values.
pub(crate) fn notes_of(
    context: &Context,
    options: &ChangeOptions,
    mode: VerifyMode,
    plan: &Plan<'_>,
    proof: &Proof,
) -> BTreeMap<String, String> {
    let mut notes = notes_of_request(context, options);
    let mut note = |name: &str, text: String| drop(notes.insert(name.to_owned(), text));
    if options.rebind == Rebind::Yes && plan.rebound {
        note("rebind", "stored secrets follow the changed target".to_owned());
    }
    if mode == VerifyMode::Skip {
        note("skipped_verification", "true".to_owned());
    }
    if let Some(reason) = &options.verify.reason {
        note("reason", reason.chars().filter(|c| !c.is_control()).take(500).collect());
    }
    if let Some(other) = proof.duplicate_of {
        note("duplicate_of", other.to_string());
    }
    if let Some(sslmode) = plan.candidate.settings.text("sslmode").filter(|mode| *mode != "verify-full") {
        note("tls_relaxed", sslmode.to_owned());
    }
    notes
}

/// The digest of the sealed payload, which the record of a change commits to.
pub(super) fn note_of_payload(value: &StoredValue) -> Option<(String, String)> {
    let digest = Envelope::from_bytes(value.envelope.clone()).payload_digest()?;
    Some(("payload_sha256".to_owned(), hex(&digest)))
}
