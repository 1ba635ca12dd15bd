//! The cases of the security catalogue that gate a release, played on every dialect alike.
//!
//! A dialect that has a [`Speaker`] is put through all of them by one line of [`on_every_dialect`]. What a case
//! asks is told by the store, never by the dialect's own answer, and its acts are the requests of the parity
//! table; routes beyond those are walked over the dialect's own table.

mod callers;
mod faults;
mod floor;
mod inputs;
mod leaks;
mod tenants;

pub(crate) use floor::Floor;

/// Plays a case on one dialect after the other.
macro_rules! on_every_dialect {
    ($played:path) => {
        $played(crate::parity::dx::Dx).await;
        $played(crate::parity::flowise::Flowise).await;
        $played(crate::parity::native::Native).await;
        $played(crate::parity::superai::Superai).await;
        $played(crate::parity::zstack::Zstack::default()).await;
    };
}

macro_rules! cases {
    ($($case:ident: $played:path;)*) => {$(
        #[tokio::test]
        async fn $case() {
            on_every_dialect!($played);
        }
    )*};
}

cases! {
    ten_01_what_is_not_the_callers_and_what_nobody_has_are_the_same: tenants::nothing_is_told_of_others;
    ten_02_every_act_asks_for_the_right_its_route_declares: tenants::rights_count;
    ten_04_no_header_or_parameter_names_another_tenant: tenants::the_token_names_the_tenant;
    ten_08_no_parameter_widens_a_list: tenants::lists_stay_inside;
    ten_10_a_narrow_token_sees_its_own_alone: tenants::narrow_tokens_stay_narrow;
    ten_12_a_token_that_was_revoked_or_rotated_does_nothing: callers::authority_ends_at_once;
    aut_01_nothing_but_what_is_listed_answers_without_a_token: callers::strangers_get_nowhere;
    aut_03_no_header_makes_a_caller: callers::headers_are_not_believed;
    aut_04_what_is_no_token_is_none: callers::odd_tokens_are_none;
    prp_03_no_answer_record_or_file_holds_a_secret: leaks::secrets_stay_sealed;
    inp_01_no_refusal_repeats_what_was_sent: inputs::nothing_is_repeated;
    log_08_a_fault_of_ours_says_nothing_of_it: leaks::faults_say_nothing;
    log_08_every_fault_on_every_route_is_one_answer: faults::every_fault_is_one_answer;
    ccr_01_changes_at_once_lose_nothing: inputs::concurrent_changes_are_merged;
    ssr_01_no_address_of_the_inside_is_reached: inputs::the_inside_is_not_reached;
    web_01_no_other_site_is_let_in: callers::no_site_is_let_in;
}

/// Nobody is left out.
#[test]
fn every_dialect_has_its_line() {
    let lines = include_str!("mod.rs");
    for table in strongroom_dialects::foreign() {
        let line = format!("parity::{}::", table.manner().view.dialect().code());
        assert!(lines.contains(&line), "{line} is missing in on_every_dialect");
    }
}
