use std::fmt::Write as _;

use super::*;
use crate::consumer::Consumer;
use crate::ids::{CredentialId, PrincipalId, TokenId, WorkspaceId};
use crate::principal::{PrincipalKind, SessionKey, Standing};
use crate::text::Labels;

fn workspace(id: u8) -> WorkspaceId {
    WorkspaceId::from_bytes([id; 16])
}

fn scope(id: u8) -> Scope {
    Scope::new(OrganizationId::from_bytes([1; 16]), workspace(id))
}

fn credential(id: u8) -> CredentialId {
    CredentialId::from_bytes([id; 16])
}

/// At home in workspace 4.
fn principal(role: Role, reach: Reach, grants: Vec<Grant>) -> Principal {
    Principal {
        id: PrincipalId::from_bytes([2; 16]),
        token: TokenId::from_bytes([3; 16]),
        kind: PrincipalKind::Service,
        name: "test".parse().unwrap(),
        role,
        scope: scope(4),
        home: Grant { place: Place::Workspace(workspace(4)), role, reach: reach.clone() },
        reach,
        grants,
        run: None,
        standing: Standing::Token { ends: None },
    }
}

fn plain(role: Role) -> Principal {
    principal(role, Reach::default(), Vec::new())
}

fn labels(team: &str) -> Labels {
    Labels::from([("team".parse().unwrap(), team.parse().unwrap())])
}

fn only(id: u8) -> Reach {
    Reach { credentials: Some(vec![credential(id)]), ..Reach::default() }
}

fn grant(place: Place, role: Role) -> Grant {
    Grant { place, role, reach: Reach::default() }
}

/// The whole table as text: a change of who may shows up as a change of this picture.
#[test]
fn ten_02_the_table_is_as_written() {
    let mut table = String::from("veaRAo\n");
    for action in Action::ALL {
        let marks: String =
            Role::ALL.map(|role| if grants(role, action) { 'x' } else { '.' }).iter().collect();
        writeln!(table, "{marks} {}", action.name()).unwrap();
    }
    let expected = "\
        veaRAo\nxxxxxx credential.read\n.xx..x credential.create\n.xx..x credential.change\n\
        ..x..x credential.rebind\n..x..x credential.skip_verification\n..x..x credential.save_unverified\n\
        .xx..x credential.verify\n..xx.x credential.resolve\n..xx.x credential.report\n\
        ..xx.x credential.release\n.xx..x credential.delete\n..x..x credential.delete_held\n\
        xxxxxx workspace.read\n..x..x workspace.change\n..x..x token.manage\n..xx.x token.exchange\n\
        xxxxxx integration.read\n.xx..x integration.manage\nxxxxxx kind.read\n..x.xx audit.read\n\
        xxxxxx organization.read\n.....x organization.manage\n.....x installation.manage\n....xx metrics.read\n";
    assert_eq!(table, expected);
}

/// Role by action by resource, with the reason: what a caller of each role meets at each sort of thing.
#[test]
fn ten_02_the_golden_matrix() {
    let here = labels("data");
    let mut picture = String::new();
    for (name, resource) in [
        ("own workspace", Resource::Workspace(scope(4))),
        ("other workspace", Resource::Workspace(scope(5))),
        ("own credential", Resource::Credential(scope(4), Facts::of_id(credential(6)))),
        ("other credential", Resource::Credential(scope(4), Facts::of_id(credential(7)))),
        ("new credential", Resource::Credential(scope(4), Facts::of_draft("generic", &here))),
        ("organization", Resource::Organization(OrganizationId::from_bytes([1; 16]))),
        ("other organization", Resource::Organization(OrganizationId::from_bytes([9; 16]))),
        ("installation", Resource::Installation),
    ] {
        for (sort, reach) in [("whole", Reach::default()), ("one credential", only(6))] {
            writeln!(picture, "{name}, {sort}").unwrap();
            for action in Action::ALL {
                let marks: String = Role::ALL
                    .map(|role| mark(decide(&principal(role, reach.clone(), Vec::new()), action, resource)))
                    .iter()
                    .collect();
                writeln!(picture, "  {marks} {}", action.name()).unwrap();
            }
        }
    }
    insta::assert_snapshot!(picture);
}

/// `x` allowed, `r` not by the role, `n` too narrow, `l` no grant at the level, `h` hidden.
const fn mark(decision: Decision) -> char {
    match decision {
        Decision::Allow(_) => 'x',
        Decision::Forbid(Why::Role(_)) => 'r',
        Decision::Forbid(Why::Narrow) => 'n',
        Decision::Forbid(Why::Level(_)) => 'l',
        Decision::Forbid(_) => '?',
        Decision::Hide(_) => 'h',
    }
}

#[test]
fn ten_01_other_workspaces_and_unreached_credentials_are_hidden() {
    let elsewhere = Resource::Workspace(scope(5));
    assert_eq!(decide(&plain(Role::Owner), Action::Resolve, elsewhere), Decision::Hide(Why::NotGranted));
    let narrow = principal(Role::Runner, only(6), Vec::new());
    let (mine, other) = (Facts::of_id(credential(6)), Facts::of_id(credential(7)));
    assert!(may(&narrow, Action::Resolve, Resource::Credential(scope(4), mine)));
    let hidden = decide(&narrow, Action::Resolve, Resource::Credential(scope(4), other));
    assert_eq!(hidden, Decision::Hide(Why::OutOfReach));
}

#[test]
fn ten_16_a_limited_admin_cannot_act_on_the_workspace() {
    let by_kind = Reach { kinds: Some(vec!["postgresql".to_owned()]), ..Reach::default() };
    for reach in [only(6), by_kind, Reach { labels: labels("data"), ..Reach::default() }] {
        let narrow = principal(Role::Admin, reach, Vec::new());
        for action in [Action::ManageTokens, Action::ChangeWorkspace, Action::ManageIntegrations] {
            let decision = decide(&narrow, action, Resource::Workspace(scope(4)));
            assert_eq!(decision, Decision::Forbid(Why::Narrow), "{action:?}");
        }
    }
}

#[test]
fn ten_16_a_grant_by_kind_and_label_covers_what_has_both() {
    let reach =
        Reach { kinds: Some(vec!["postgresql".to_owned()]), labels: labels("data"), credentials: None };
    let editor = principal(Role::Editor, reach, Vec::new());
    let (data, web) = (labels("data"), labels("web"));
    let draft = |kind, labels| Resource::Credential(scope(4), Facts::of_draft(kind, labels));
    assert!(may(&editor, Action::Create, draft("postgresql", &data)));
    for other in [draft("postgresql", &web), draft("sftp", &data)] {
        assert_eq!(decide(&editor, Action::Create, other), Decision::Forbid(Why::Narrow));
    }
    // Nothing but its id is known: what cannot be judged is not covered.
    let unknown = Resource::Credential(scope(4), Facts::of_id(credential(6)));
    assert_eq!(decide(&editor, Action::Change, unknown), Decision::Hide(Why::OutOfReach));
}

#[test]
fn ten_02_a_grant_for_a_workspace_goes_before_one_for_the_organization() {
    let grants =
        vec![grant(Place::Organization, Role::Admin), grant(Place::Workspace(workspace(5)), Role::Viewer)];
    let caller = principal(Role::Runner, Reach::default(), grants);
    assert_eq!(caller.entering(workspace(4)).unwrap().role, Role::Runner);
    assert_eq!(caller.entering(workspace(5)).unwrap().role, Role::Viewer);
    assert_eq!(caller.entering(workspace(6)).unwrap().role, Role::Admin);
    assert!(plain(Role::Admin).entering(workspace(5)).is_none());
    // A grant for a workspace never becomes one for its organization.
    let grants = vec![grant(Place::Workspace(workspace(5)), Role::Owner)];
    let there = principal(Role::Viewer, Reach::default(), grants).entering(workspace(5)).unwrap();
    assert_eq!((there.role, there.role_at(Place::Organization)), (Role::Admin, None));
    assert_eq!(plain(Role::Owner).entering(workspace(5)).unwrap().role, Role::Owner);
}

#[test]
fn ten_16_nothing_is_handed_on_that_is_not_ones_own() {
    let home = Place::Workspace(workspace(4));
    let on = |who: &Principal, grant: Grant| may_hand_on(who, &grant);
    let admin = plain(Role::Admin);
    assert!(on(&admin, grant(home, Role::Runner)));
    assert!(on(&admin, grant(home, Role::Auditor)) && on(&admin, grant(home, Role::Admin)));
    assert!(!on(&admin, grant(home, Role::Owner)));
    for place in [Place::Workspace(workspace(5)), Place::Organization, Place::Installation] {
        assert!(!on(&admin, grant(place, Role::Viewer)), "{place:?}");
    }
    let owner = plain(Role::Owner);
    assert!(on(&owner, grant(Place::Workspace(workspace(5)), Role::Admin)));
    assert!(on(&owner, grant(Place::Organization, Role::Owner)));
    assert!(!on(&owner, grant(Place::Installation, Role::Owner)));
    for role in [Role::Editor, Role::Viewer, Role::Runner, Role::Auditor] {
        assert!(!on(&plain(role), grant(home, role)), "{role:?} manages no tokens");
    }
}

#[test]
fn ten_16_a_run_stays_where_its_token_is_at_home() {
    let consumer = Consumer { name: "flow".parse().unwrap(), instance: "run".parse().unwrap() };
    let run = Principal { run: Some(consumer), reach: only(6), ..plain(Role::Owner) };
    assert!(run.entering(workspace(5)).is_none());
    assert_eq!((run.role_at(Place::Organization), run.role_at(Place::Installation)), (None, None));
}

#[test]
fn ten_10_a_limited_grant_for_the_organization_is_limited_in_each_workspace() {
    let reach = Reach { kinds: Some(vec!["sftp".to_owned()]), ..Reach::default() };
    let limited = Grant { place: Place::Organization, role: Role::Admin, reach: reach.clone() };
    let caller = principal(Role::Viewer, Reach::default(), vec![limited]);
    let there = caller.entering(workspace(5)).unwrap();
    assert_eq!((there.role, &there.reach), (Role::Admin, &reach));
    assert_eq!(caller.role_at(Place::Organization), None);
    assert!(!may_hand_on(&caller, &grant(Place::Workspace(workspace(5)), Role::Viewer)));
}

/// Home viewer, admin elsewhere: from elsewhere it gives nobody more at home than it has there itself.
#[test]
fn ten_16_nobody_hands_on_what_a_nearer_grant_takes_from_them() {
    let grants = vec![grant(Place::Organization, Role::Admin)];
    let caller = principal(Role::Viewer, Reach::default(), grants).entering(workspace(5)).unwrap();
    assert!(may_hand_on(&caller, &grant(Place::Workspace(workspace(5)), Role::Admin)));
    assert!(!may_hand_on(&caller, &grant(Place::Workspace(workspace(4)), Role::Admin)));
    assert!(!may_hand_on(&caller, &grant(Place::Organization, Role::Admin)));
}

#[test]
fn ten_12_a_replaced_text_hands_nothing_on() {
    let ends = crate::Timestamp::from_unix_micros(1);
    let replaced = Principal { standing: Standing::Replaced { ends }, ..plain(Role::Admin) };
    let here = Resource::Workspace(scope(4));
    for action in [Action::ManageTokens, Action::ExchangeToken] {
        assert_eq!(decide(&replaced, action, here), Decision::Forbid(Why::Replaced));
    }
    assert!(may(&replaced, Action::Resolve, here));
}

#[test]
fn ten_16_a_run_may_only_what_runs_do() {
    let consumer = Consumer { name: "flow".parse().unwrap(), instance: "run".parse().unwrap() };
    let run = Principal { run: Some(consumer), ..plain(Role::Owner) };
    for action in Action::ALL {
        let here = Resource::Workspace(scope(4));
        let is_allowed = may(&run, action, here);
        let expected = matches!(
            action.name(),
            "credential.read"
                | "credential.resolve"
                | "credential.report"
                | "credential.release"
                | "workspace.read"
                | "kind.read"
        );
        assert_eq!(is_allowed, expected, "{action:?}");
    }
}

#[test]
fn ten_16_a_reach_includes_only_what_is_surely_inside() {
    let kinds = |names: &[&str]| Reach {
        kinds: Some(names.iter().map(|name| (*name).to_owned()).collect()),
        ..Reach::default()
    };
    assert!(Reach::default().includes(&only(6)) && !only(6).includes(&Reach::default()));
    assert!(only(6).includes(&only(6)) && !only(6).includes(&only(7)));
    assert!(kinds(&["a", "b"]).includes(&kinds(&["b"])) && !kinds(&["a"]).includes(&kinds(&["a", "b"])));
    let labelled = Reach { labels: labels("data"), ..Reach::default() };
    assert!(Reach::default().includes(&labelled) && !labelled.includes(&Reach::default()));
    assert!(!labelled.includes(&Reach { labels: labels("web"), ..Reach::default() }));
    assert!(!kinds(&["a"]).includes(&only(6)), "whichever kind that one is of");
}

#[test]
fn aut_16_an_old_session_does_nothing_that_asks_for_its_holders_presence() {
    let ends = crate::Timestamp::from_unix_micros(0);
    let holding = |standing| Principal { standing, ..plain(Role::Owner) };
    let everything = Reach::default();
    let facts = Facts::of_id(credential(6));
    assert!(everything.covers(facts));
    let old = holding(Standing::OldSession { ends, session: SessionKey([0; 32]) });
    let refused: Vec<&str> = Action::ALL
        .into_iter()
        .filter(|action| {
            decide(&old, *action, Resource::Credential(scope(4), facts)) == Decision::Forbid(Why::StepUp)
        })
        .map(Action::name)
        .collect();
    assert_eq!(
        refused,
        [
            "credential.rebind",
            "credential.skip_verification",
            "credential.save_unverified",
            "credential.resolve",
            "token.manage",
            "token.exchange"
        ]
    );
    for standing in [
        Standing::FreshSession { ends, session: SessionKey([0; 32]) },
        Standing::Token { ends: None },
        Standing::Statement { ends },
    ] {
        for action in Action::ALL {
            let decision = decide(&holding(standing), action, Resource::Credential(scope(4), facts));
            assert_ne!(decision, Decision::Forbid(Why::StepUp), "{}", action.name());
        }
    }
    // Who may not do it anyway learns that, and nothing of signing in.
    let viewer = Principal {
        standing: Standing::OldSession { ends, session: SessionKey([0; 32]) },
        ..plain(Role::Viewer)
    };
    let decision = decide(&viewer, Action::Resolve, Resource::Credential(scope(4), facts));
    assert_eq!(decision, Decision::Forbid(Why::Role(Role::Viewer)));
}
