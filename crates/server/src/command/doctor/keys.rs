//! The root key: that it can be read, that it seals and opens, that what it sealed resists.

use strongroom_config::RootKeySource;
use strongroom_domain::ids::{CredentialId, OrganizationId, WorkspaceId};
use strongroom_domain::{Clock, FieldMap, Secret, Timestamp};
use strongroom_sealing::{
    Envelope, OrganizationKeys, RootKey, RootKeyError, SystemRng, ValueContext, target_digest,
};
use strongroom_server::SystemClock;

use super::{Finding, Subject};

const CHECK: &str = "root key";

pub(super) fn examine(subject: &Subject) -> Vec<Finding> {
    let path = match &subject.place.keys.root_key {
        RootKeySource::File(path) => path,
        RootKeySource::Environment(name) => {
            let says = format!("it comes from the variable {name}, which this command leaves to the server");
            return vec![Finding::ok(CHECK, says)];
        }
    };
    match RootKey::from_file(path) {
        Ok(key) => vec![
            Finding::ok(CHECK, format!("{} is root key {}", path.display(), key.id())),
            round_trip(&key, SystemClock.now()),
        ],
        Err(RootKeyError::Missing { .. }) if subject.place.is_empty() => {
            let fix = format!("make it: strongroom keys init --file '{}'", path.display());
            vec![Finding::fault(CHECK, format!("there is no {} yet", path.display()), fix)]
        }
        Err(error) => vec![Finding::fault(
            CHECK,
            error.to_string(),
            "restore the right file, owned by the server's account alone; never make a new key over old data",
        )],
    }
}

/// Through every level of keys, in memory alone.
fn round_trip(root: &RootKey, now: Timestamp) -> Finding {
    if seals_and_resists(root, now).is_some() {
        return Finding::ok("key round trip", "sealed, wrapped anew, opened; a flipped bit was refused");
    }
    Finding::fault(
        "key round trip",
        "what was sealed did not open, or opened after a bit was flipped",
        "do not start a server: the memory of this machine or this binary is damaged",
    )
}

fn seals_and_resists(root: &RootKey, now: Timestamp) -> Option<()> {
    let rng = &mut SystemRng;
    let organization = OrganizationId::make(now, rng);
    let (keys, rows) = OrganizationKeys::make(root, organization, now, rng);
    let opened = OrganizationKeys::open(root, organization, &rows).ok()?;
    let place = ValueContext {
        organization,
        workspace: WorkspaceId::make(now, rng),
        credential: CredentialId::make(now, rng),
        value_version: 1,
        kind: "generic",
        target_digest: target_digest([].into_iter()),
    };
    let secrets: FieldMap = [("probe", "of the doctor")].into_iter().collect();
    let envelope = keys.seal(&place, &Secret::new(secrets.clone()), rng).ok()?;
    let (grown, _) = opened.add_epoch(root, now, rng);
    let rewrapped = grown.rewrap(&place, &envelope, rng).ok()??;
    let found = grown.unseal(&place, &rewrapped).ok()?;
    // EXPOSE: compared with what was sealed a moment ago, which is no secret.
    let same = *found.expose() == secrets;
    let mut bytes = rewrapped.into_bytes();
    *bytes.last_mut()? ^= 1;
    let resists = grown.unseal(&place, &Envelope::from_bytes(bytes)).is_err();
    (same && resists).then_some(())
}
