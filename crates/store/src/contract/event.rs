//! The order of events: who may give it, what a position means, and what is forgotten.

use std::time::Duration;

use strongroom_domain::event::{Event, EventKind};
use strongroom_domain::health::{Health, HealthStatus};
use strongroom_domain::ids::NodeId;

use super::commit::everything;
use super::{Fixture, at_once};
use crate::{
    Clash, Commit, EventRange, Expectation, Housekeeping, Lease, LeaseName, PlacedEvent, Result, Store,
    StoreError, Write,
};

const ME: NodeId = NodeId::from_bytes([1; 16]);
const OTHER: NodeId = NodeId::from_bytes([2; 16]);
const LEASE: Duration = Duration::from_secs(30);

/// Asks for the lease of the sequencer; who has it then.
async fn claim(store: &dyn Store, fixture: &Fixture, holder: NodeId) -> Lease {
    let (name, now) = (LeaseName::Sequencer, fixture.now);
    let task = Housekeeping::Lease { name, holder, now, until: now.plus(LEASE) };
    store.keep_house(&fixture.scope, task).await.unwrap();
    store.lease(name).await.unwrap().unwrap()
}

async fn place_some(store: &dyn Store, fixture: &Fixture, fence: u64, limit: usize) -> Result<()> {
    store.keep_house(&fixture.scope, Housekeeping::PlaceEvents { fence, at: fixture.now, limit }).await
}

/// Gives a position to every event that waits.
pub async fn place(store: &dyn Store, fixture: &Fixture) {
    let fence = claim(store, fixture, ME).await.fence;
    place_some(store, fixture, fence, 10_000).await.unwrap();
}

async fn forget(store: &dyn Store, fixture: &Fixture) {
    let task = Housekeeping::ForgetEvents(fixture.now);
    store.keep_house(&fixture.scope, task).await.unwrap();
}

fn positions<T>(events: &[(u64, T)]) -> Vec<u64> {
    events.iter().map(|(position, _)| *position).collect()
}

/// A commit about nothing with so many events.
fn telling(fixture: &mut Fixture, events: usize) -> Commit {
    let id = fixture.credential_id();
    (0..events).fold(fixture.act(), |commit, _| commit.event(fixture.event(id)))
}

/// The first who asks has it, and keeps it as long as it asks again in time.
pub async fn a_lease_has_one_holder(store: &dyn Store) {
    let mut fixture = Fixture::new(140);
    assert_eq!(store.lease(LeaseName::Sequencer).await.unwrap(), None);
    let first = claim(store, &fixture, ME).await;
    assert_eq!(first, Lease { holder: ME, fence: 1, until: fixture.now.plus(LEASE) });
    fixture.tick();
    assert_eq!(claim(store, &fixture, OTHER).await, first);
    let again = claim(store, &fixture, ME).await;
    assert_eq!(again, Lease { until: fixture.now.plus(LEASE), ..first });
}

/// Whoever comes after it writes under a higher fence, and so does the first when it comes back.
pub async fn a_lease_that_ended_gets_a_new_fence(store: &dyn Store) {
    let mut fixture = Fixture::new(141);
    let first = claim(store, &fixture, ME).await;
    fixture.now = first.until.minus(Duration::from_micros(1));
    assert_eq!(claim(store, &fixture, OTHER).await.holder, ME);
    fixture.now = first.until;
    let second = claim(store, &fixture, OTHER).await;
    assert_eq!((second.holder, second.fence), (OTHER, first.fence + 1));
    fixture.now = second.until;
    let third = claim(store, &fixture, ME).await;
    assert_eq!((third.holder, third.fence), (ME, second.fence + 1));
}

/// Of many who ask at once, one has it.
pub async fn one_of_many_gets_a_lease(store: &dyn Store) {
    let fixture = Fixture::new(142);
    let claims = (1..=32).map(|number| claim(store, &fixture, NodeId::from_bytes([number; 16])));
    let found = at_once(claims).await;
    assert!(found.iter().all(|lease| *lease == found[0] && lease.fence == 1), "{found:?}");
}

/// Those that waited when it was erased are passed over, and others go on.
pub async fn ten_18_events_of_an_erased_workspace_get_no_position(store: &dyn Store) {
    let mut fixture = Fixture::new(154);
    let mut gone = fixture.other_workspace();
    gone.create(store, "placed").await;
    place(store, &fixture).await;
    gone.create(store, "waiting").await;
    let erase = gone.act().write(crate::Write::EraseWorkspace);
    store.commit(&gone.scope, erase).await.unwrap();
    let fence = claim(store, &fixture, ME).await.fence;
    place_some(store, &fixture, fence, 1).await.unwrap();
    assert!(!store.event_order().await.unwrap().waiting);
    fixture.create(store, "mine").await;
    place(store, &fixture).await;
    assert_eq!(store.events(&gone.scope, 0, 10).await.unwrap(), []);
    assert_eq!(store.event_range(&gone.scope).await.unwrap(), EventRange::default());
    assert_eq!(positions(&store.events(&fixture.scope, 0, 10).await.unwrap()), [1]);
}

/// A holder that was replaced while it did not look places nothing.
pub async fn a_stale_holder_places_nothing(store: &dyn Store) {
    let mut fixture = Fixture::new(143);
    fixture.create(store, "one").await;
    let stale = claim(store, &fixture, ME).await;
    fixture.now = stale.until;
    let current = claim(store, &fixture, OTHER).await;
    for fence in [stale.fence, current.fence + 1, 0] {
        let error = place_some(store, &fixture, fence, 10).await.unwrap_err();
        assert!(matches!(error, StoreError::Clash(Clash::Lease)), "{error:?}");
    }
    assert_eq!(store.events(&fixture.scope, 0, 10).await.unwrap(), []);
    assert!(store.event_order().await.unwrap().waiting);
    place_some(store, &fixture, current.fence, 10).await.unwrap();
    assert_eq!(store.events(&fixture.scope, 0, 10).await.unwrap().len(), 1);
}

/// An event cannot be read before that, so that nobody goes on from a place it does not have yet.
pub async fn an_event_is_read_once_it_has_its_position(store: &dyn Store) {
    let mut fixture = Fixture::new(144);
    let id = fixture.create(store, "one").await.id;
    let event = fixture.event(id);
    let commit = fixture.change(id).event(event.clone());
    store.commit(&fixture.scope, commit).await.unwrap();
    assert_eq!(store.events(&fixture.scope, 0, 10).await.unwrap(), []);
    assert_eq!(store.event_range(&fixture.scope).await.unwrap(), EventRange::default());
    place(store, &fixture).await;
    let found = store.events(&fixture.scope, 1, 10).await.unwrap();
    assert_eq!(found, [(2, event)]);
    assert_eq!(store.event_range(&fixture.scope).await.unwrap(), EventRange { forgotten: 0, last: 2 });
}

/// 1, 2, 3 in each workspace, whatever happens in the others, in the order of the commits.
pub async fn positions_have_no_gaps_in_a_workspace(store: &dyn Store) {
    let mut fixtures = vec![Fixture::new(145)];
    let neighbour = fixtures[0].other_workspace();
    let stranger = fixtures[0].other_organization();
    fixtures.extend([neighbour, stranger]);
    let mut told: Vec<Vec<Event>> = vec![Vec::new(); 3];
    for round in 0..30_usize {
        let busy = [0, 1, 0, 2, 0, 1][round % 6];
        let commit = telling(&mut fixtures[busy], 1 + round % 3);
        told[busy].extend(commit.events().to_vec());
        store.commit(&fixtures[busy].scope, commit).await.unwrap();
        if round % 7 == 0 {
            place(store, &fixtures[0]).await;
        }
    }
    place(store, &fixtures[0]).await;
    for (fixture, told) in fixtures.iter().zip(told) {
        let found = store.events(&fixture.scope, 0, 1_000).await.unwrap();
        assert_eq!(positions(&found), (1..=told.len() as u64).collect::<Vec<_>>());
        assert_eq!(found.into_iter().map(|(_, event)| event).collect::<Vec<_>>(), told);
    }
}

/// However many change at once and however often it is placed meanwhile: each once, versions rising.
pub async fn every_event_is_placed_once(store: &dyn Store) {
    let mut fixture = Fixture::new(146);
    let scope = fixture.scope;
    let fence = claim(store, &fixture, ME).await.fence;
    let commits: Vec<_> = (0..200).map(|_| telling(&mut fixture, 1)).collect();
    let expected: Vec<_> = commits.iter().map(|commit| commit.events()[0].clone()).collect();
    // Between any two commits a round, and no round takes all that wait.
    let (rounds, scope) = (&fixture, &scope);
    let both = commits.into_iter().map(|commit| async move {
        store.commit(scope, commit).await?;
        place_some(store, rounds, fence, 1).await
    });
    assert!(at_once(both).await.iter().all(Result::is_ok));
    place(store, &fixture).await;
    let found = store.events(scope, 0, 1_000).await.unwrap();
    assert_eq!(positions(&found), (1..=200).collect::<Vec<_>>());
    let mut found: Vec<_> = found.into_iter().map(|(_, event)| event).collect();
    found.sort_by_key(|event| event.at);
    assert_eq!(found, expected);
}

/// From any position on, as many as are asked for.
pub async fn events_are_oldest_first_and_page(store: &dyn Store) {
    let mut fixture = Fixture::new(147);
    for _ in 0..5 {
        let commit = telling(&mut fixture, 2);
        store.commit(&fixture.scope, commit).await.unwrap();
    }
    place(store, &fixture).await;
    let all = store.events(&fixture.scope, 0, 100).await.unwrap();
    assert_eq!(positions(&all), (1..=10).collect::<Vec<_>>());
    assert!(all.is_sorted_by(|(_, one), (_, other)| one.at < other.at));
    for after in 0..=10 {
        let rest = store.events(&fixture.scope, after, 100).await.unwrap();
        assert_eq!(rest, all[usize::try_from(after).unwrap()..]);
        let some = store.events(&fixture.scope, after, 3).await.unwrap();
        assert_eq!(some, rest[..rest.len().min(3)]);
    }
}

/// A round takes as many as it may, and the order says whether more wait.
pub async fn a_round_is_limited(store: &dyn Store) {
    let mut fixture = Fixture::new(148);
    let commit = telling(&mut fixture, 10);
    store.commit(&fixture.scope, commit).await.unwrap();
    let fence = claim(store, &fixture, ME).await.fence;
    for (placed, waiting) in [(4, true), (8, true), (10, false), (10, false)] {
        place_some(store, &fixture, fence, 4).await.unwrap();
        assert_eq!(store.event_range(&fixture.scope).await.unwrap().last, placed);
        assert_eq!(store.event_order().await.unwrap().waiting, waiting);
    }
}

/// The order over all workspaces: what one who tells all watchers goes by.
pub async fn ranks_only_grow_over_all_workspaces(store: &dyn Store) {
    let mut fixture = Fixture::new(149);
    let mut elsewhere = fixture.other_organization();
    assert_eq!(store.event_order().await.unwrap(), crate::EventOrder::default());
    for _ in 0..4 {
        for fixture in [&mut fixture, &mut elsewhere] {
            let commit = telling(fixture, 1);
            store.commit(&fixture.scope, commit).await.unwrap();
        }
        place(store, &fixture).await;
    }
    let all = store.placed_events(0, 100).await.unwrap();
    assert!(all.is_sorted_by(|earlier, later| earlier.rank < later.rank));
    for fixture in [&fixture, &elsewhere] {
        let of_scope = |placed: &&PlacedEvent| placed.scope == fixture.scope;
        let ranked: Vec<_> = all.iter().filter(of_scope).map(|p| (p.position, p.event.clone())).collect();
        assert_eq!(ranked, store.events(&fixture.scope, 0, 100).await.unwrap());
    }
    assert_eq!(store.event_order().await.unwrap().last_rank, all[7].rank);
    assert_eq!(store.placed_events(all[2].rank, 3).await.unwrap(), all[3..6]);
}

/// What was forgotten cannot be read, the range says so, and no position begins again.
pub async fn old_positions_are_forgotten(store: &dyn Store) {
    let mut fixture = Fixture::new(150);
    let mut elsewhere = fixture.other_workspace();
    // More than a store forgets in one go.
    for fixture in [&mut fixture, &mut elsewhere] {
        let commit = telling(fixture, 1_100);
        store.commit(&fixture.scope, commit).await.unwrap();
    }
    place(store, &fixture).await;
    fixture.tick();
    let commit = telling(&mut fixture, 2);
    store.commit(&fixture.scope, commit).await.unwrap();
    place(store, &fixture).await;
    let kept = store.events(&fixture.scope, 1_100, 10).await.unwrap();
    // As old as the younger ones: what was placed at that very time stays.
    forget(store, &fixture).await;
    assert_eq!(store.events(&fixture.scope, 0, 10).await.unwrap(), kept);
    let range = store.event_range(&fixture.scope).await.unwrap();
    assert_eq!(range, EventRange { forgotten: 1_100, last: 1_102 });
    assert_eq!(store.events(&elsewhere.scope, 0, 10).await.unwrap(), []);
    fixture.tick();
    forget(store, &fixture).await;
    let order = store.event_order().await.unwrap();
    let commit = telling(&mut fixture, 1);
    store.commit(&fixture.scope, commit).await.unwrap();
    place(store, &fixture).await;
    assert_eq!(positions(&store.events(&fixture.scope, 0, 10).await.unwrap()), [1_103]);
    assert_eq!(
        store.event_range(&fixture.scope).await.unwrap(),
        EventRange { forgotten: 1_102, last: 1_103 }
    );
    let range = store.event_range(&elsewhere.scope).await.unwrap();
    assert_eq!(range, EventRange { forgotten: 1_100, last: 1_100 });
    assert!(store.event_order().await.unwrap().last_rank > order.last_rank);
}

/// Nothing is told of what was refused.
pub async fn a_refused_commit_tells_nothing(store: &dyn Store) {
    let mut fixture = Fixture::new(151);
    let missing = fixture.credential_id();
    for refused in [
        telling(&mut fixture, 1).expect(Expectation::Version(missing, 1)),
        telling(&mut fixture, 1).write(Write::Delete(missing, fixture.now)),
    ] {
        store.commit(&fixture.scope, refused).await.unwrap_err();
    }
    place(store, &fixture).await;
    assert_eq!(store.events(&fixture.scope, 0, 10).await.unwrap(), []);
    assert!(!store.event_order().await.unwrap().waiting);
}

/// Health tells watchers where it is kept, and nowhere else (CCR-05).
pub async fn ccr_05_health_of_an_older_value_tells_nothing(store: &dyn Store) {
    let mut fixture = Fixture::new(152);
    let id = fixture.create(store, "one").await.id;
    let mut late = Vec::new();
    for value_version in [1, 2] {
        let event = Event { kind: EventKind::Health, value_version, ..fixture.event(id) };
        let health = Health { status: HealthStatus::Healthy, reason: None, since: fixture.now };
        let (verification, event) = (Box::new(fixture.accepted()), Some(event));
        let accepted = None;
        late.push(Housekeeping::Health {
            credential: id,
            value_version,
            health,
            verification,
            accepted,
            event,
        });
    }
    place(store, &fixture).await;
    let before = everything(store, &fixture).await;
    store.keep_house(&fixture.scope, late.remove(1)).await.unwrap();
    place(store, &fixture).await;
    assert_eq!(everything(store, &fixture).await, before);
    store.keep_house(&fixture.scope, late.remove(0)).await.unwrap();
    place(store, &fixture).await;
    let told = store.events(&fixture.scope, 1, 10).await.unwrap();
    assert_eq!(told.iter().map(|(_, event)| event.kind).collect::<Vec<_>>(), [EventKind::Health]);
}

/// Not a position, not a range, not even from the same workspace of another organization.
pub async fn ten_01_events_stay_in_their_workspace(store: &dyn Store) {
    let mut fixture = Fixture::new(153);
    let commit = telling(&mut fixture, 3);
    store.commit(&fixture.scope, commit).await.unwrap();
    place(store, &fixture).await;
    let stranger = fixture.other_organization().scope;
    let mixed = strongroom_domain::Scope::new(stranger.organization(), fixture.scope.workspace());
    for outside in [fixture.other_workspace().scope, stranger, mixed] {
        assert_eq!(store.events(&outside, 0, 10).await.unwrap(), []);
        assert_eq!(store.event_range(&outside).await.unwrap(), EventRange::default());
    }
}
