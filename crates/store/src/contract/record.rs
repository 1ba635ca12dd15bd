//! Audit records and history: their order, and what each of them leaves out.

use strongroom_domain::audit::{AuditAction, AuditObject, AuditOutcome};

use super::{Fixture, at_once};
use crate::{AuditEntry, Commit, Expectation, Store, Write};

fn positions(entries: &[AuditEntry]) -> Vec<u64> {
    entries.iter().map(|entry| entry.node_seq).collect()
}

/// Everything that was recorded, from any position on.
pub async fn audit_is_oldest_first_and_pages(store: &dyn Store) {
    let mut fixture = Fixture::new(110);
    let mut records = Vec::new();
    for _ in 0..9 {
        let commit = fixture.act();
        let more = fixture.record(AuditAction::Resolve, AuditObject::Credentials);
        let commit = commit.record(more);
        records.extend(commit.audit().to_vec());
        store.commit(&fixture.scope, commit).await.unwrap();
    }
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let found = store.audit(&fixture.scope, after, 4).await.unwrap();
        let Some(last) = found.last() else { break };
        after = last.node_seq;
        all.extend(found);
    }
    assert_eq!(all.into_iter().map(|entry| entry.record).collect::<Vec<_>>(), records);
}

/// From any position down.
pub async fn history_is_newest_first_and_pages(store: &dyn Store) {
    let mut fixture = Fixture::new(111);
    let credential = fixture.create(store, "one").await;
    for _ in 0..6 {
        let commit = fixture.change(credential.id);
        store.commit(&fixture.scope, commit).await.unwrap();
    }
    let all = store.history(&fixture.scope, credential.id, None, 100).await.unwrap();
    assert_eq!(all.len(), 7);
    assert!(positions(&all).is_sorted_by(|newer, older| newer > older));
    let first = store.history(&fixture.scope, credential.id, None, 3).await.unwrap();
    let rest = store.history(&fixture.scope, credential.id, Some(first[2].node_seq), 100).await.unwrap();
    assert_eq!([first, rest].concat(), all);
}

/// Successes of create, change and delete of this one; no attempts, no refusals, no reads, nothing of others.
pub async fn history_has_successful_changes_only(store: &dyn Store) {
    let mut fixture = Fixture::new(112);
    let (id, other) = (fixture.create(store, "one").await.id, fixture.create(store, "other").await.id);
    for action in [
        AuditAction::Change,
        AuditAction::Verify,
        AuditAction::Resolve,
        AuditAction::Report,
        AuditAction::Release,
        AuditAction::Read,
    ] {
        for outcome in [
            AuditOutcome::Attempted,
            AuditOutcome::Succeeded,
            AuditOutcome::Refused,
            AuditOutcome::Denied,
            AuditOutcome::Failed,
        ] {
            let mut record = fixture.record(action, AuditObject::Credential(id));
            record.outcome = outcome;
            store.commit(&fixture.scope, Commit::new(record)).await.unwrap();
        }
    }
    let commit = fixture.change(other);
    store.commit(&fixture.scope, commit).await.unwrap();
    let history = store.history(&fixture.scope, id, None, 100).await.unwrap();
    let seen: Vec<_> = history.iter().map(|entry| (entry.record.action, entry.record.outcome)).collect();
    let succeeded = AuditOutcome::Succeeded;
    assert_eq!(seen, [(AuditAction::Change, succeeded), (AuditAction::Create, succeeded)]);
}

/// Who deleted it is the last thing it has to tell.
pub async fn history_outlives_its_credential(store: &dyn Store) {
    let mut fixture = Fixture::new(113);
    let id = fixture.create(store, "one").await.id;
    let record = fixture.record(AuditAction::Delete, AuditObject::Credential(id));
    let commit = Commit::new(record.clone()).write(Write::Delete(id, fixture.now));
    store.commit(&fixture.scope, commit).await.unwrap();
    let history = store.history(&fixture.scope, id, None, 10).await.unwrap();
    assert_eq!((history.len(), &history[0].record), (2, &record));
}

/// Strictly, over records and workspaces, however many commits come at once.
pub async fn positions_only_grow(store: &dyn Store) {
    let mut fixture = Fixture::new(114);
    let mut elsewhere = fixture.other_workspace();
    let (here, there) = (fixture.scope, elsewhere.scope);
    let commits: Vec<_> = (0..40).flat_map(|_| [(here, fixture.act()), (there, elsewhere.act())]).collect();
    let answers = at_once(commits.iter().map(|(scope, commit)| store.commit(scope, commit.clone()))).await;
    assert!(answers.iter().all(Result::is_ok));
    let (mine, theirs) =
        (store.audit(&here, 0, 100).await.unwrap(), store.audit(&there, 0, 100).await.unwrap());
    for entries in [&mine, &theirs] {
        assert_eq!(entries.len(), 40);
        assert!(positions(entries).is_sorted_by(|earlier, later| earlier < later));
        assert!(entries.iter().all(|entry| entry.node == mine[0].node));
    }
    assert!(positions(&mine).iter().all(|position| !positions(&theirs).contains(position)));
}

/// What was refused is not there to be read, and what came after it is.
pub async fn a_refused_commit_is_not_in_the_record(store: &dyn Store) {
    let mut fixture = Fixture::new(116);
    let missing = fixture.credential_id();
    let refused = fixture.act().write(Write::Delete(missing, fixture.now));
    let refused_too = fixture.act().expect(Expectation::Version(missing, 1));
    let (before, after) = (fixture.act(), fixture.act());
    let expected = [before.audit()[0].clone(), after.audit()[0].clone()];
    store.commit(&fixture.scope, before).await.unwrap();
    store.commit(&fixture.scope, refused).await.unwrap_err();
    store.commit(&fixture.scope, refused_too).await.unwrap_err();
    store.commit(&fixture.scope, after).await.unwrap();
    let found = store.audit(&fixture.scope, 0, 10).await.unwrap();
    assert_eq!(found.into_iter().map(|entry| entry.record).collect::<Vec<_>>(), expected);
}
