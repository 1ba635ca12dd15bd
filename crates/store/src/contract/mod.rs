//! The suite that every store passes: what [`Store`] promises, as cases that try to break it.
//!
//! A store's tests name a function that makes an empty store, and [`store_contract!`](crate::store_contract)
//! turns every case into a test of its own. A case knows nothing of the store below it; what only one
//! store can show (its files, its crashes, its locks) belongs to that store's own tests.
//!
//! Must never depend on the order of cases, on the clock, or on how fast anything is.

#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a panic is the verdict of a case, and it has no other"
)]

pub mod alias;
pub mod commit;
pub mod credential;
pub mod event;
pub mod expectation;
pub mod filter;
pub mod fixture;
pub mod hold;
pub mod host_key;
pub mod housekeeping;
pub mod idempotency;
pub mod integration;
pub mod key;
pub mod log;
pub mod page;
pub mod record;
pub mod rewrap;
pub mod scope;
pub mod tenant;
pub mod token;
pub mod value;

use std::any::Any;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

pub use self::fixture::Fixture;
use crate::Store;

/// An empty store, and what must live as long as it does (a folder, a server).
pub struct Subject {
    /// The store under test.
    pub store: Arc<dyn Store>,
    _keep: Box<dyn Any + Send + Sync>,
}

impl Subject {
    /// From a store that nobody else writes to.
    pub fn new(store: impl Store + 'static, keep: impl Any + Send + Sync) -> Self {
        Self { store: Arc::new(store), _keep: Box::new(keep) }
    }
}

/// Runs futures at the same time on one task, and answers in their order. The suite has no runtime of
/// its own: whoever runs a case brings one.
pub async fn at_once<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<Pin<Box<F>>> = futures.into_iter().map(Box::pin).collect();
    let mut answers: Vec<Option<F::Output>> = running.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (future, answer) in running.iter_mut().zip(&mut answers).filter(|(_, answer)| answer.is_none()) {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                *answer = Some(output);
            }
        }
        if answers.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    answers.into_iter().flatten().collect()
}

/// One `#[tokio::test]` per case, in a module per noun. `$make` is the path of an async function that
/// answers with a fresh [`Subject`].
///
/// ```ignore
/// strongroom_store::store_contract!(crate::fresh);
/// ```
#[macro_export]
macro_rules! store_contract {
    ($make:path) => {
        $crate::store_contract! { $make =>
            alias: is_found_and_shown, a_taken_one_clashes, numbers_are_never_used_again,
                it_goes_with_its_credential, ten_01_of_another_scope_is_refused;
            commit: nothing_of_a_refused_commit_is_there, everything_of_a_commit_is_there,
                a_later_write_that_clashes_undoes_the_earlier_ones, what_was_undone_is_not_expected,
                writes_are_applied_in_order,
                one_of_many_at_once_wins, many_at_once_are_all_there, a_clash_harms_no_neighbour;
            credential: all_fields_come_back, the_smallest_comes_back, a_change_replaces_all_of_it,
                what_is_not_there_is_none, a_slug_is_unique_in_its_workspace, a_slug_can_be_passed_on,
                a_slug_is_free_after_deletion, credentials_are_counted;
            event: a_lease_has_one_holder, a_lease_that_ended_gets_a_new_fence, one_of_many_gets_a_lease,
                ten_18_events_of_an_erased_workspace_get_no_position, a_stale_holder_places_nothing, an_event_is_read_once_it_has_its_position,
                positions_have_no_gaps_in_a_workspace, every_event_is_placed_once,
                events_are_oldest_first_and_page, a_round_is_limited, ranks_only_grow_over_all_workspaces,
                old_positions_are_forgotten, a_refused_commit_tells_nothing,
                ccr_05_health_of_an_older_value_tells_nothing, ten_01_events_stay_in_their_workspace;
            expectation: version, value_version, no_hold, credentials_below, made_below, tokens_below, token_live, token_secret, organization_there,
                workspace_version, no_keys, newest_epoch, key_under, nothing_under, no_key_for, all_of_them_must_hold;
            filter: only, reach_by_kind_and_label, view, created_by, kinds, methods, labels, words_begin_with, owner, integration, target_host,
                expiring_before,
                health_is_seen_at_a_time, all_parts_must_match, words_follow_a_change, odd_words_are_only_words;
            hold: live_until_its_end, renewed_not_doubled, one_per_token_and_instance, released_for_every_token,
                of_a_consumer_across_credentials, needs_its_credential;
            host_key: a_pin_comes_back, con_05_another_key_clashes, pins_are_listed_by_endpoint,
                ten_01_workspaces_do_not_share_pins;
            housekeeping: health_of_the_current_value, a_rename_does_not_undo_a_check,
                ccr_05_health_of_an_older_value_is_dropped,
                ccr_07_nothing_is_resurrected, an_accepted_account_is_kept, last_use_never_goes_back,
                ended_holds_are_forgotten;
            idempotency: an_answer_is_remembered, ccr_02_a_second_answer_clashes, an_old_answer_makes_room,
                keys_of_others_do_not_meet, answers_are_forgotten;
            integration: all_fields_come_back, a_change_replaces_all_of_it, a_credential_comes_with_what_it_shares,
                those_with_a_credential_that_works, all_of_a_workspace_page, deletion_takes_everything_along, expectations, ten_01_scopes_do_not_meet,
                walked_and_rewrapped_like_credentials;
            key: keys_come_back_by_epoch, a_key_can_be_rewrapped, owners_do_not_meet, organizations_with_old_keys_are_found;
            log: log_05_every_record_gets_one_leaf_in_order, log_05_a_round_is_applied_once,
                log_05_records_of_a_damaged_tree_are_passed_over, ten_18_an_erased_organization_keeps_its_leaves,
                log_05_a_stale_holder_appends_nothing, log_05_rounds_and_commits_at_once_lose_nothing,
                leaves_page_in_both_directions, tiles_hold_the_hashes, heads_are_signed_and_kept,
                log_10_trees_do_not_meet, old_bodies_are_forgotten_and_their_hashes_stay;
            page: every_credential_exactly_once, by_position_in_either_order, every_token_exactly_once, a_limit_is_kept;
            record: audit_is_oldest_first_and_pages, history_is_newest_first_and_pages,
                history_has_successful_changes_only, history_outlives_its_credential, positions_only_grow,
                a_refused_commit_is_not_in_the_record;
            rewrap: every_value_is_walked_once, a_rewrap_moves_no_version, a_rewrap_loses_to_a_change,
                all_keys_under_a_name_are_rewrapped, keys_are_rewrapped_all_or_none, a_key_can_be_destroyed;
            scope: ten_01_no_question_reaches_another_workspace, ten_01_no_question_reaches_another_organization,
                ten_01_no_write_reaches_another_scope, ten_01_no_housekeeping_reaches_another_scope,
                rows_of_another_scope_are_refused;
            tenant: a_workspace_comes_back, ten_15_a_workspace_is_found_by_its_slug, a_workspace_is_replaced, organizations_and_their_workspaces,
                ten_18_an_erased_workspace_leaves_nothing, ten_18_an_erased_organization_leaves_nothing,
                ten_18_nothing_comes_to_lie_in_an_erased_workspace,
                slugs_of_tenants_are_unique;
            token: all_fields_come_back, found_whatever_its_scope, revoked_once, listed_until_revoked,
                a_token_can_be_replaced, aut_18_an_identity_is_its_bytes, aut_18_an_identity_stands_for_one_live_token;
            value: replaces_the_one_before, keeps_the_rest_of_the_credential, of_no_credential_is_refused,
                found_by_its_fingerprint, the_two_fingerprints_do_not_meet, deletion_takes_everything_along, a_deleted_one_cannot_be_deleted;
        }
    };
    ($make:path => $($noun:ident: $($case:ident),+;)+) => {
        $(mod $noun {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let subject = $make().await;
                $crate::contract::$noun::$case(&*subject.store).await;
                subject.store.close().await;
            })+
        })+
    };
}
