//! The stream of events: whole, in order, from any position on, and only to whom it may be told.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use strongroom_domain::Clock;
use strongroom_domain::principal::Role;
use strongroom_service::Limits;
use strongroom_store::{Housekeeping, Store};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::client::{Client, Listener, Word};
use crate::house::{CREDENTIALS, House, new_token, text};

const EVENTS: &str = "/v1/workspaces/default/events";
/// What TEN-12 promises.
const A_SECOND: Duration = Duration::from_secs(1);

/// Changes a credential so often.
async fn change(client: &Client, id: &str, times: usize) {
    for nth in 0..times {
        let body = json!({"secrets": {"token": format!("cnry-{nth}")}});
        client.patch(&format!("{CREDENTIALS}/{id}"), &body).await.expect(200);
    }
}

fn ids(events: &[Word]) -> Vec<u64> {
    events.iter().map(Word::position).collect()
}

/// Goes on listening, so that the stream waits for something to say. Gives the time of its end.
async fn listening(mut listener: Listener) -> JoinHandle<Instant> {
    let listening = tokio::spawn(async move {
        while listener.word().await.is_some() {}
        Instant::now()
    });
    sleep(Duration::from_millis(100)).await;
    assert!(!listening.is_finished());
    listening
}

/// The stream ends within a second from here.
#[track_caller]
fn ends_in_time(listening: JoinHandle<Instant>) -> impl Future<Output = ()> {
    let began = Instant::now();
    async move {
        let took = listening.await.unwrap() - began;
        assert!(took <= A_SECOND, "{took:?}");
    }
}

/// Waits until everything that was told so far has its position.
async fn settled(house: &House, last: u64) {
    let placed = async {
        while house.store.event_range(&house.a).await.unwrap().last < last {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(20), placed).await.unwrap();
}

#[tokio::test]
async fn a_watcher_hears_what_happens_and_never_a_value() {
    let house = House::open().await;
    let admin = house.admin().await;
    let mut listener = admin.listen(EVENTS, None).await;
    let id = house.credential(house.a, "cnry-secret").await;
    let path = format!("{CREDENTIALS}/{id}");
    admin.patch(&path, &json!({"secrets": {"token": "cnry-other"}})).await.expect(200);
    admin.patch(&path, &json!({"name": "cnry-name"})).await.expect(200);
    admin.delete(&path).await.expect(204);
    let heard = listener.events(4).await;
    let told: Vec<_> = heard.iter().map(|word| (word.event.clone().unwrap(), word.data.clone())).collect();
    let expected = |kind: &str, version: u64, value_version: u64| {
        let at = house.clock.now().to_string();
        let data = json!({"type": kind, "credential_id": id, "version": version, "value_version": value_version, "at": at});
        (kind.to_owned(), data)
    };
    let all = [
        expected("credential.created", 1, 1),
        expected("credential.changed", 2, 2),
        expected("credential.changed", 3, 2),
        expected("credential.deleted", 4, 2),
    ];
    assert_eq!(told, all);
    assert!(ids(&heard).is_sorted_by(|earlier, later| earlier + 1 == *later));
    assert!(!format!("{told:?}").contains("cnry"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_a_credential_are_in_order_under_64_changers() {
    const CHANGES: usize = 4;
    let house = House::open().await;
    let admin = house.admin().await;
    let mut credentials = Vec::new();
    for _ in 0..4 {
        credentials.push(house.credential(house.a, "x").await);
    }
    settled(&house, 4).await;
    let mut listener = admin.listen(EVENTS, Some(4)).await;
    let changers: Vec<_> = (0..64)
        .map(|nth: usize| {
            let (admin, id) = (admin.clone(), credentials[nth % 4].clone());
            tokio::spawn(async move { change(&admin, &id, CHANGES).await })
        })
        .collect();
    let heard = listener.events(64 * CHANGES).await;
    for changer in changers {
        changer.await.unwrap();
    }
    assert_eq!(ids(&heard), (5..=4 + 64 * CHANGES as u64).collect::<Vec<_>>());
    let mut versions: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for word in &heard {
        let version = word.data["version"].as_u64().unwrap();
        versions.entry(text(&word.data, "credential_id").to_owned()).or_default().push(version);
    }
    assert_eq!(versions.len(), 4);
    for of_one in versions.values() {
        assert_eq!(*of_one, (2..=1 + 16 * CHANGES as u64).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_stream_goes_on_from_every_position() {
    // More than one page of the store.
    const TOLD: u64 = 130;
    let house = House::open().await;
    let admin = house.admin().await;
    let id = house.credential(house.a, "x").await;
    change(&admin, &id, usize::try_from(TOLD).unwrap() - 1).await;
    settled(&house, TOLD).await;
    for after in 0..=TOLD {
        let mut listener = admin.listen(EVENTS, Some(after)).await;
        let heard = listener.events(usize::try_from(TOLD - after).unwrap()).await;
        assert_eq!(ids(&heard), (after + 1..=TOLD).collect::<Vec<_>>());
        let versions: Vec<_> = heard.iter().map(|word| word.data["version"].as_u64().unwrap()).collect();
        assert_eq!(versions, ids(&heard), "one credential: position and version go together");
    }
}

/// A client that loses its connection again and again while others change: nothing lost, nothing twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restless_watcher_misses_nothing() {
    let house = House::open().await;
    let admin = house.admin().await;
    let id = house.credential(house.a, "x").await;
    let changing = {
        let (admin, id) = (admin.clone(), id.clone());
        tokio::spawn(async move { change(&admin, &id, 300).await })
    };
    let (mut heard, mut connections) = (Vec::new(), 0);
    while heard.len() < 301 {
        let last = heard.last().copied().unwrap_or(0);
        let mut listener = admin.listen(EVENTS, Some(last)).await;
        connections += 1;
        let some = (1 + connections % 7).min(301 - heard.len());
        heard.extend(ids(&listener.events(some).await));
    }
    changing.await.unwrap();
    assert_eq!(heard, (1..=301).collect::<Vec<_>>());
    assert!(connections > 50, "{connections}");
}

/// Whoever does not read falls back to the store and has everything in the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dos_a_slow_watcher_costs_nothing_and_loses_nothing() {
    // Several times what is kept at hand for it.
    const TOLD: usize = 900;
    let house = House::open().await;
    let admin = house.admin().await;
    let id = house.credential(house.a, "x").await;
    settled(&house, 1).await;
    let mut slow = admin.listen(EVENTS, Some(1)).await;
    // It has begun to listen, and then does nothing while the others go on.
    change(&admin, &id, 1).await;
    assert_eq!(slow.event().await.unwrap().position(), 2);
    change(&admin, &id, TOLD).await;
    let mut quick = admin.listen(EVENTS, Some(2)).await;
    assert_eq!(quick.events(TOLD).await.len(), TOLD);
    let heard = slow.events(TOLD).await;
    assert_eq!(ids(&heard), (3..3 + TOLD as u64).collect::<Vec<_>>());
    // And is with the others from then on.
    change(&admin, &id, 1).await;
    assert_eq!(slow.event().await.unwrap().position(), 3 + TOLD as u64);
}

#[tokio::test]
async fn a_position_that_is_no_longer_kept_is_410() {
    let house = House::open().await;
    let admin = house.admin().await;
    let id = house.credential(house.a, "x").await;
    change(&admin, &id, 4).await;
    settled(&house, 5).await;
    let now = house.clock.advance(Duration::from_secs(1));
    change(&admin, &id, 2).await;
    settled(&house, 7).await;
    house.store.keep_house(&house.a, Housekeeping::ForgetEvents(now)).await.unwrap();
    for gone in ["0", "4", "8", "18446744073709551615"] {
        let answer = admin.send("GET", EVENTS, &[("last-event-id", gone)], None).await.expect(410);
        let body = answer.json();
        assert_eq!(
            (&body["code"], &body["status"], &body["retryable"]),
            (&json!("not_found"), &json!(410), &json!(false))
        );
        assert!(text(&body, "detail").contains("without `Last-Event-ID`"), "{body}");
    }
    for (kept, expected) in [(5, vec![6, 7]), (6, vec![7])] {
        let mut listener = admin.listen(EVENTS, Some(kept)).await;
        assert_eq!(ids(&listener.events(expected.len()).await), expected);
    }
    // Everything forgotten: who heard the last one goes on, and positions do not begin again.
    let now = house.clock.advance(Duration::from_secs(1));
    house.store.keep_house(&house.a, Housekeeping::ForgetEvents(now)).await.unwrap();
    let mut listener = admin.listen(EVENTS, Some(7)).await;
    change(&admin, &id, 1).await;
    assert_eq!(listener.event().await.unwrap().position(), 8);
    admin.send("GET", EVENTS, &[("last-event-id", "6")], None).await.expect(410);
}

#[tokio::test]
async fn inp_what_is_no_position_is_refused() {
    let house = House::open().await;
    let admin = house.admin().await;
    for id in ["", "x", "-1", "01", "1, 2", "18446744073709551616"] {
        admin.send("GET", EVENTS, &[("last-event-id", id)], None).await.expect(422);
    }
    let twice = [("last-event-id", "0"), ("last-event-id", "0")];
    admin.send("GET", EVENTS, &twice, None).await.expect(422);
    admin.get(&format!("{EVENTS}?after=1")).await.expect(422);
    admin.send("GET", EVENTS, &[("idempotency-key", "k")], None).await.expect(400);
    admin.post(EVENTS, &json!({})).await.expect(405);
}

#[tokio::test]
async fn every_open_stream_says_how_it_is_to_be_treated() {
    let house = House::open().await;
    let answer = house.admin().await.get(EVENTS).await.expect(200);
    let expected =
        [("content-type", "text/event-stream"), ("cache-control", "no-store"), ("x-accel-buffering", "no")];
    for (name, value) in expected {
        assert_eq!(answer.header(name), value);
    }
    assert_eq!(answer.text(), "retry: 1000\nid: 0\n\n");
}

/// A runner's token that can be revoked, and a stream that it opened.
async fn issued(house: &House, body: &Value) -> (String, Listener, Client) {
    let issued = house.admin().await.post("/v1/tokens", body).await.expect(201).json();
    let holder = house.with_token(text(&issued, "token"));
    let path = format!("/v1/tokens/{}", text(&issued, "id"));
    let listener = holder.listen(EVENTS, None).await;
    (path, listener, holder)
}

#[tokio::test]
async fn ten_12_a_stream_ends_with_its_token() {
    let house = House::open().await;
    let admin = house.admin().await;
    let id = house.credential(house.a, "x").await;
    let (path, revoked, holder) = issued(&house, &new_token("runner")).await;
    let (other, rotated, _) = issued(&house, &new_token("runner")).await;
    let mut kept = admin.listen(EVENTS, None).await;
    let (revoked, rotated) = (listening(revoked).await, listening(rotated).await);
    admin.delete(&path).await.expect(204);
    ends_in_time(revoked).await;
    admin.post(&format!("{other}/rotate"), &json!({})).await.expect(200);
    ends_in_time(rotated).await;
    holder.get(EVENTS).await.expect(401);
    change(&admin, &id, 1).await;
    assert!(kept.event().await.is_some(), "others go on");
}

/// What happens after the revocation is not told, not even what comes at once; nor where the stream had
/// nothing to say for a while and waits for something.
#[tokio::test]
async fn ten_12_nothing_is_told_after_a_revocation() {
    for idle in [Duration::ZERO, Duration::from_millis(700)] {
        let house = House::open().await;
        let admin = house.admin().await;
        let id = house.credential(house.a, "x").await;
        settled(&house, 1).await;
        let (path, mut listener, _) = issued(&house, &new_token("runner")).await;
        change(&admin, &id, 1).await;
        assert!(listener.event().await.is_some());
        let waiting = tokio::spawn(async move { listener.event().await.is_some() });
        sleep(idle).await;
        admin.delete(&path).await.expect(204);
        change(&admin, &id, 20).await;
        assert!(!waiting.await.unwrap(), "idle for {idle:?}");
    }
}

/// The token behind it goes on counting, elsewhere.
#[tokio::test]
async fn ten_12_a_stream_ends_with_its_workspace() {
    let house = House::open().await;
    let owner = house.founder();
    owner.post("/v1/workspaces", &json!({"name": "Gone", "slug": "gone"})).await.expect(201);
    let listener = listening(owner.listen("/v1/workspaces/gone/events", None).await).await;
    owner.delete("/v1/workspaces/gone").await.expect(204);
    ends_in_time(listener).await;
    owner.get("/v1/limits").await.expect(200);
}

#[tokio::test]
async fn ten_12_a_stream_ends_when_its_token_expires() {
    let house = House::open().await;
    let mut body = new_token("viewer");
    body["expires_at"] = json!("2026-01-01T01:00:00Z");
    let (_, listener, _) = issued(&house, &body).await;
    let listener = listening(listener).await;
    house.clock.advance(Duration::from_hours(1));
    ends_in_time(listener).await;
}

#[tokio::test]
async fn ten_10_a_narrow_token_hears_of_its_own() {
    let house = House::open().await;
    let (own, other) = (house.credential(house.a, "x").await, house.credential(house.a, "x").await);
    settled(&house, 2).await;
    let admin = house.admin().await;
    let mut narrow = house.narrow(house.a, &[&own]).await.listen(EVENTS, Some(0)).await;
    for _ in 0..5 {
        change(&admin, &other, 3).await;
        change(&admin, &own, 1).await;
    }
    admin.delete(&format!("{CREDENTIALS}/{other}")).await.expect(204);
    admin.delete(&format!("{CREDENTIALS}/{own}")).await.expect(204);
    let heard = narrow.events(7).await;
    assert!(heard.iter().all(|word| word.data["credential_id"] == own));
    assert_eq!(heard[6].event.as_deref(), Some("credential.deleted"));
    assert_eq!(ids(&heard), [1, 6, 10, 14, 18, 22, 24]);
}

#[tokio::test]
async fn ten_01_nobody_hears_of_other_workspaces() {
    let house = House::open().await;
    let mut open = Vec::new();
    for scope in [house.a, house.a2, house.b] {
        let path = format!("/v1/workspaces/{}/events", scope.workspace());
        let watcher = house.holder(scope, Role::Viewer).await;
        open.push((watcher.listen(&path, None).await, scope));
    }
    for _ in 0..3 {
        for scope in [house.b, house.a2, house.a] {
            house.credential(scope, "x").await;
        }
    }
    for (listener, scope) in &mut open {
        let heard = listener.events(3).await;
        // Each workspace counts for itself: nothing tells how busy the others are.
        assert_eq!(ids(&heard), [1, 2, 3]);
        for word in heard {
            let id = text(&word.data, "credential_id").parse().unwrap();
            assert!(house.store.credential(scope, id).await.unwrap().is_some());
        }
    }
    let admin = house.admin().await;
    for scope in [house.a2, house.b] {
        admin.get(&format!("/v1/workspaces/{}/events", scope.workspace())).await.expect(404);
    }
}

#[tokio::test]
async fn dos_the_place_of_a_watcher_is_free_again_when_it_goes() {
    let house = House::open().await;
    let admin = house.admin().await;
    let limits = admin.get("/v1/limits").await.expect(200).json();
    let most = usize::try_from(limits["watchers_per_node"].as_u64().unwrap()).unwrap();
    let mut open = Vec::new();
    for _ in 0..most {
        open.push(admin.listen(EVENTS, None).await);
    }
    assert_eq!((most, house.service.watchers()), (1_000, 1_000));
    let refused = admin.get(EVENTS).await.expect(503);
    assert_eq!((refused.code().as_str(), refused.header("retry-after")), ("busy", "1"));
    assert_eq!(refused.json()["retryable"], true);
    open.pop();
    open.push(admin.listen(EVENTS, None).await);
    admin.send("HEAD", EVENTS, &[], None).await.expect(503);
    house.credential(house.a, "x").await;
    for listener in &mut open {
        assert_eq!(listener.event().await.unwrap().position(), 1);
    }
    drop(open);
    assert_eq!(house.service.watchers(), 0);
    admin.send("HEAD", EVENTS, &[], None).await.expect(200);
    assert_eq!(house.service.watchers(), 0);
}

/// The silence is broken, and says where to go on from: past what a narrow token is not told.
#[tokio::test]
async fn silence_is_broken_in_time() {
    let heartbeat = Duration::from_millis(120);
    let house = House::with_limits(Limits { heartbeat, ..Limits::default() }).await;
    let (own, other) = (house.credential(house.a, "x").await, house.credential(house.a, "x").await);
    settled(&house, 2).await;
    let mut narrow = house.narrow(house.a, &[&own]).await.listen(EVENTS, None).await;
    let began = Instant::now();
    let word = narrow.word().await.unwrap();
    assert!(began.elapsed() >= heartbeat);
    assert!(word.comment && word.event.is_none() && word.data.is_null());
    assert_eq!(word.position(), 2);
    change(&house.admin().await, &other, 3).await;
    settled(&house, 5).await;
    loop {
        let word = narrow.word().await.unwrap();
        assert!(word.comment, "{word:?}");
        if word.position() == 5 {
            break;
        }
    }
}

#[tokio::test]
async fn the_end_of_the_server_ends_every_stream() {
    let house = House::open().await;
    let admin = house.admin().await;
    let (one, other) = (admin.listen(EVENTS, None).await, admin.listen(EVENTS, None).await);
    let (one, other) = (listening(one).await, listening(other).await);
    house.service.end_streams();
    ends_in_time(one).await;
    ends_in_time(other).await;
    let refused = admin.get(EVENTS).await.expect(503);
    assert_eq!(refused.code(), "unavailable");
}

/// Nobody announced these: a call that broke off, or another node. They are heard within the second all the same.
#[tokio::test]
async fn an_event_that_nobody_announced_is_heard() {
    let house = House::open().await;
    let mut listener = house.admin().await.listen(EVENTS, None).await;
    let mut fixture = strongroom_store::contract::Fixture::new(1);
    fixture.scope = house.a;
    let began = Instant::now();
    let credential = fixture.create(house.store.as_ref(), "from elsewhere").await;
    let heard = listener.event().await.unwrap();
    assert_eq!(heard.data["credential_id"], credential.id.to_string());
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}
