//! The audit log over HTTP: what is in it, who may see it, what its proofs prove.

use serde_json::{Value, json};
use strongroom_domain::principal::Role;
use strongroom_sealing::RootKey;
use strongroom_sealing::log::{Checkpoint, LogHash, Verifier, verify_consistency, verify_inclusion};
use strongroom_store::Store as _;

use crate::client::Client;
use crate::house::{CREDENTIALS, House, new_token, root, text};

const AUDIT: &str = "/v1/workspaces/default/audit";

/// Every record there is has its leaf.
async fn settle(house: &House) {
    // What a refused token leaves is written beside the answer.
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    while house.service.audit_leaves_pending().await.unwrap() > 0 {
        house.service.grow_audit_trees_now(drop).await.unwrap();
    }
}

/// All pages of a question.
async fn all(client: &Client, question: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("{AUDIT}?{question}{cursor}")).await.expect(200).json();
        found.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

fn positions(items: &[Value]) -> Vec<u64> {
    items.iter().map(|item| item["position"].as_u64().unwrap()).collect()
}

/// Action and outcome of the newest record.
async fn newest(house: &House) -> (String, String, Value) {
    settle(house).await;
    let items = house.admin().await.get(&format!("{AUDIT}?limit=50")).await.expect(200).json();
    // The token that asks was issued just now.
    let is_issue = |item: &&Value| {
        let record = &item["record"];
        record["action"] != "token.issue"
            && !(record["action"] == "workspace.change" && record["actor"]["type"] == "system")
    };
    let item = items["items"].as_array().unwrap().iter().find(is_issue).unwrap()["record"].clone();
    (text(&item, "action").to_owned(), text(&item, "outcome").to_owned(), item)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_03_every_act_leaves_its_record() {
    let house = House::open().await;
    let admin = house.admin().await;
    let draft = json!({"kind": "generic", "name": "one", "secrets": {"token": "cnry-1"}});
    let made = admin.post(CREDENTIALS, &draft).await.expect(201).json();
    let one = format!("{CREDENTIALS}/{}", text(&made, "id"));
    let left = newest(&house).await;
    assert_eq!((left.0.as_str(), left.1.as_str()), ("credential.create", "succeeded"));
    assert_eq!((&left.2["object"]["id"], &left.2["version"]), (&made["id"], &1.into()));
    assert!(
        left.2["request"].as_str().unwrap().starts_with("req_")
            && left.2["notes"]["payload_sha256"].is_string(),
        "{}",
        left.2
    );

    admin.patch(&one, &json!({"secrets": {"token": "cnry-2"}})).await.expect(200);
    let left = newest(&house).await;
    assert_eq!(
        (left.0.as_str(), &left.2["fields"]),
        ("credential.change", &json!(["secrets.token"])),
        "{}",
        left.2
    );

    let consumer = json!({"consumer": {"name": "flow", "instance": "w"}});
    admin.post(&format!("{one}/resolve"), &consumer).await.expect(200);
    let left = newest(&house).await;
    assert_eq!((left.0.as_str(), &left.2["on_behalf_of"]["name"]), ("credential.resolve", &json!("flow")));

    let viewer = house.holder(house.a, Role::Viewer).await;
    viewer.post(&format!("{one}/resolve"), &consumer).await.expect(403);
    let left = newest(&house).await;
    assert_eq!(
        (left.0.as_str(), left.1.as_str(), &left.2["code"]),
        ("credential.resolve", "denied", &json!("forbidden"))
    );
    viewer.get(AUDIT).await.expect(403);
    let left = newest(&house).await;
    assert_eq!((left.0.as_str(), left.1.as_str()), ("audit.read", "denied"));
    for path in ["/v1/audit/checkpoint", "/v1/audit/proof?from=0"] {
        viewer.get(path).await.expect(403);
    }

    admin.post(&format!("{one}/verify"), &json!({})).await.expect(200);
    assert_eq!(newest(&house).await.0, "credential.verify");
    let report =
        json!({"value_version": 2, "outcome": "rejected", "status": 401, "consumer": {"name": "flow"}});
    admin.post(&format!("{one}/report"), &report).await.expect(200);
    assert_eq!(newest(&house).await.0, "credential.report");
    admin.delete(&format!("{one}/consumers/flow/w")).await.expect(204);
    assert_eq!(newest(&house).await.0, "credential.release");
    admin.patch("/v1/workspaces/default", &json!({"settings": {"hold_seconds": 90}})).await.expect(200);
    assert_eq!(newest(&house).await.0, "workspace.change");
    house.pin("files.example:22").await;
    admin.delete("/v1/workspaces/default/host-keys/files.example:22").await.expect(204);
    assert!(newest(&house).await.2["notes"]["host_key_unpinned"].is_string());
    let issued = admin.post("/v1/tokens", &new_token("viewer")).await.expect(201).json();
    let token = format!("/v1/tokens/{}", text(&issued, "id"));
    admin.post(&format!("{token}/rotate"), &json!({})).await.expect(200);
    assert_eq!(newest(&house).await.0, "token.rotate");
    admin.delete(&token).await.expect(204);
    assert_eq!(newest(&house).await.0, "token.revoke");
    admin.delete(&format!("{one}?force=true")).await.expect(204);
    assert_eq!(newest(&house).await.0, "credential.delete");
}

/// A revoked or expired token, or a wrong secret under a known id, is on record where its id belongs; what nobody knows
/// is counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_03_a_token_that_does_not_count_is_on_record() {
    let house = House::open().await;
    let admin = house.admin().await;
    let issued = admin.post("/v1/tokens", &new_token("viewer")).await.expect(201).json();
    let (id, shown) = (text(&issued, "id").to_owned(), text(&issued, "token").to_owned());
    let other = admin.post("/v1/tokens", &new_token("viewer")).await.expect(201).json();
    let wrong = strongroom_domain::token::TokenText {
        id: id.parse().unwrap(),
        ..strongroom_domain::token::TokenText::parse(text(&other, "token")).unwrap()
    };
    // EXPOSE: the test is about this very text.
    house.with_token(wrong.reveal().expose()).get("/v1/limits").await.expect(401);
    let left = newest(&house).await;
    assert_eq!((left.0.as_str(), left.1.as_str()), ("token.use", "denied"));
    assert_eq!((&left.2["notes"]["reason"], &left.2["object"]["id"]), (&json!("wrong_secret"), &json!(id)));
    assert_eq!(left.2["actor"], json!({"type": "unknown"}));
    admin.delete(&format!("/v1/tokens/{id}")).await.expect(204);
    house.with_token(&shown).get("/v1/limits").await.expect(401);
    assert_eq!(newest(&house).await.2["notes"]["reason"], "revoked");
    for unknown in ["srt_u_x", "null"] {
        house.with_token(unknown).get("/v1/limits").await.expect(401);
    }
    settle(&house).await;
    let counted: Vec<_> = house.service.refused_tokens().iter().map(|(_, count)| *count).collect();
    assert_eq!(counted, [2, 1, 0, 1, 0]);
}

/// An old secret in its overlap is none that is wrong, and a run's token names the one it stands on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_03_a_refusal_is_on_record_with_the_reason_that_it_had() {
    let house = House::open().await;
    let admin = house.admin().await;
    let mut elsewhere = new_token("viewer");
    elsewhere["networks"] = json!(["10.0.0.0/8"]);
    let issued = admin.post("/v1/tokens", &elsewhere).await.expect(201).json();
    let rotate = format!("/v1/tokens/{}/rotate", text(&issued, "id"));
    admin.post(&rotate, &json!({"overlap_seconds": 60})).await.expect(200);
    house.with_token(text(&issued, "token")).get("/v1/limits").await.expect(401);
    let refused = newest(&house).await.2;
    assert_eq!((&refused["notes"]["reason"], &refused["object"]["id"]), (&json!("network"), &issued["id"]));
    house.clock.advance(std::time::Duration::from_mins(1));
    house.with_token(text(&issued, "token")).get("/v1/limits").await.expect(401);
    assert_eq!(newest(&house).await.2["notes"]["reason"], "wrong_secret");

    let issued = admin.post("/v1/tokens", &new_token("admin")).await.expect(201).json();
    let parent = house.with_token(text(&issued, "token"));
    let for_run = json!({"consumer": {"name": "flow", "run": "run-7"}, "ttl": 600});
    let given = async || parent.post("/v1/tokens/exchange", &for_run).await.expect(200).json();
    let (ended, revoked) = (given().await, {
        house.clock.advance(std::time::Duration::from_mins(10));
        given().await
    });
    let refused = async |token: &str| {
        house.with_token(token).get("/v1/limits").await.expect(401);
        let record = newest(&house).await.2;
        assert_eq!((&record["action"], &record["object"]["id"]), (&json!("token.use"), &issued["id"]));
        record["notes"]["reason"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused(text(&ended, "token")).await, "expired");
    admin.delete(&format!("/v1/tokens/{}", text(&issued, "id"))).await.expect(204);
    assert_eq!(refused(text(&revoked, "token")).await, "revoked");
    // What is not proved names nobody.
    let mut forged = strongroom_domain::run::RunText::parse(text(&revoked, "token")).unwrap();
    forged.proof[0] ^= 1;
    let before = house.store.audit(&house.a, 0, usize::MAX).await.unwrap().len();
    // EXPOSE: the test is about this very text.
    house.with_token(forged.reveal().expose()).get("/v1/limits").await.expect(401);
    settle(&house).await;
    assert_eq!(house.store.audit(&house.a, 0, usize::MAX).await.unwrap().len(), before);
    assert_eq!(house.service.refused_tokens()[0], ("unknown", 1));
}

/// The tiles that a proof is made of must be those of the head.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_04_nothing_is_signed_of_a_bent_tree() {
    let house = House::open().await;
    let admin = house.admin().await;
    house.credential(house.a, "cnry-kept").await;
    settle(&house).await;
    let proofs = ["/v1/audit/proof?position=0&size=1", "/v1/audit/proof?from=1"];
    for proof in proofs {
        admin.get(proof).await.expect(200);
    }
    let bend = "UPDATE audit_leaf SET hash = zeroblob(32) WHERE node_seq = (SELECT last FROM audit_tree WHERE owner = ?1)";
    house.database().execute(bend, [house.a.organization().as_bytes()]).unwrap();
    for proof in proofs {
        let refused = admin.get(proof).await.expect(500).json();
        assert_eq!(refused["code"], "integrity_error", "{refused}");
    }
}

/// A tree that is damaged grows no more, and keeps nobody else's from it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_05_a_damaged_tree_stops_no_other() {
    let house = House::open().await;
    house.credential(house.a, "cnry-kept").await;
    settle(&house).await;
    let bend = "UPDATE audit_tree SET root = zeroblob(32) WHERE owner = ?1";
    house.database().execute(bend, [house.a.organization().as_bytes()]).unwrap();
    let size = |scope: strongroom_domain::Scope| {
        let sql = "SELECT coalesce(max(size), 0) FROM audit_tree WHERE owner = ?1";
        let owner = *scope.organization().as_bytes();
        house.database().query_row(sql, [owner], |row| row.get::<_, i64>(0)).unwrap()
    };
    let before = (size(house.a), size(house.b));
    for scope in [house.a, house.b, house.a] {
        house.credential(scope, "cnry-kept").await;
    }
    settle(&house).await;
    assert_eq!(size(house.a), before.0);
    assert!(size(house.b) > before.1);
}

/// A hundred refused reads are fewer records, and the last says how many there were; what succeeds is never left out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_14_a_flood_of_refusals_is_sampled() {
    let house = House::open().await;
    let id = house.credential(house.a, "cnry-kept").await;
    let (viewer, runner) =
        (house.holder(house.a, Role::Viewer).await, house.holder(house.a, Role::Runner).await);
    let path = format!("{CREDENTIALS}/{id}/resolve");
    for _ in 0..130 {
        viewer.post(&path, &json!({})).await.expect(403);
        runner.post(&path, &json!({})).await.expect(200);
    }
    settle(&house).await;
    let admin = house.admin().await;
    let denied = all(&admin, "action=credential.resolve&outcome=denied&order=oldest&limit=200").await;
    assert_eq!(denied.len(), 23, "20, and at 32, 64 and 128");
    assert_eq!(denied[22]["record"]["notes"]["refused_so_far"], "128");
    let given = all(&admin, "action=credential.resolve&outcome=succeeded&limit=200").await;
    assert_eq!(given.len(), 130);
}

/// Nor is one that a foreign contract turns away by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_14_so_is_a_flood_of_what_a_contract_refuses() {
    let house = House::open().await;
    let table =
        strongroom_dialects::foreign().into_iter().find(|table| table.prefix() == "/flowise").unwrap();
    let router = table.router(&house.edge());
    let text = house.text_of_user(house.a, Role::Viewer, None).await;
    let viewer = crate::client::Client::new(&router, Some(&text));
    for _ in 0..40 {
        viewer.get(&format!("/flowise/api/v1/credentials/{}", uuid::Uuid::nil())).await.expect(403);
    }
    settle(&house).await;
    let denied = all(&house.admin().await, "outcome=denied&order=oldest&limit=200").await;
    assert_eq!(denied.len(), 21, "20, and at 32");
    assert_eq!(denied[20]["record"]["notes"]["refused_so_far"], "32");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_trace_of_the_caller_is_in_the_record() {
    let house = House::open().await;
    let id = house.credential(house.a, "cnry-kept").await;
    let admin = house.admin().await;
    let path = format!("{CREDENTIALS}/{id}/resolve");
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let good = format!("00-{trace}-00f067aa0ba902b7-01");
    for (header, kept) in [(good.as_str(), json!(trace)), ("00-<script>", Value::Null)] {
        let headers = [("content-type", "application/json"), ("traceparent", header)];
        admin.send("POST", &path, &headers, Some(b"{}")).await.expect(200);
        assert_eq!(newest(&house).await.2["trace"], kept);
    }
}

/// Pages fit together in both directions, filters narrow, and a cursor is good for its own list only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_has_every_record_once() {
    let house = House::open().await;
    let ids = [house.credential(house.a, "cnry-1").await, house.credential(house.a, "cnry-2").await];
    let admin = house.admin().await;
    for _ in 0..30 {
        admin.post(&format!("{CREDENTIALS}/{}/resolve", ids[0]), &json!({})).await.expect(200);
    }
    settle(&house).await;
    let whole = all(&admin, "order=oldest&limit=200").await;
    assert!(positions(&whole).is_sorted() && whole.len() > 30);
    for limit in [1, 7, 50] {
        assert_eq!(all(&admin, &format!("order=oldest&limit={limit}")).await, whole);
        let mut newest = all(&admin, &format!("limit={limit}")).await;
        newest.reverse();
        assert_eq!(newest, whole);
    }
    let after = positions(&whole)[9];
    assert_eq!(all(&admin, &format!("after={after}&limit=5")).await, whole[10..]);
    let of_one = all(&admin, &format!("object={}&action=credential.create", ids[1])).await;
    assert_eq!(of_one.len(), 1);
    assert_eq!(all(&admin, &format!("object={}&action=credential.resolve&limit=9", ids[0])).await.len(), 30);
    assert_eq!(all(&admin, "actor=system&outcome=succeeded&action=key.make").await.len(), 1);
    let page = admin.get(&format!("{AUDIT}?limit=2")).await.expect(200).json();
    let cursor = text(&page, "next_cursor");
    for other in ["order=oldest&", "outcome=denied&", "hashes=true&"] {
        admin.get(&format!("{AUDIT}?{other}cursor={cursor}")).await.expect(422);
    }
    for wrong in [
        "action=credential.x",
        "outcome=x",
        "since=today",
        "order=x",
        "after=x",
        "order=newest&after=1",
        "hashes=true&outcome=denied",
        "limit=0",
        "limit=201",
        "file=/etc/passwd",
        "format=csv",
    ] {
        admin.get(&format!("{AUDIT}?{wrong}")).await.expect(422);
    }
}

/// Records of one's own workspace, hashes of the rest of the organization, nothing of another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_10_nobody_sees_the_log_of_others() {
    let house = House::open().await;
    for scope in [house.a, house.a2, house.b] {
        house.credential(scope, "cnry-kept").await;
    }
    settle(&house).await;
    let mut seen = Vec::new();
    for scope in [house.a, house.a2, house.b] {
        let admin = house.holder(scope, Role::Admin).await;
        settle(&house).await;
        let path = format!("/v1/workspaces/{}/audit?order=oldest&limit=200&hashes=true", scope.workspace());
        let items = admin.get(&path).await.expect(200).json()["items"].as_array().unwrap().clone();
        assert_eq!(positions(&items), (0..items.len() as u64).collect::<Vec<_>>());
        let workspace = scope.workspace().to_string();
        let (own, others): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| item["record"].is_object());
        assert!(!own.is_empty() && own.iter().all(|item| item["workspace"] == workspace.as_str()));
        assert!(others.iter().all(|item| item.as_object().unwrap().len() == 2 && item["hash"].is_string()));
        if scope == house.b {
            assert!(others.is_empty());
        } else {
            assert!(!others.is_empty());
            let other = others[0]["position"].as_u64().unwrap();
            admin.get(&format!("/v1/audit/proof?position={other}")).await.expect(404);
        }
        for other in [house.a, house.a2, house.b] {
            if other != scope {
                admin.get(&format!("/v1/workspaces/{}/audit", other.workspace())).await.expect(404);
            }
        }
        let checkpoint = admin.get("/v1/audit/checkpoint").await.expect(200).json();
        assert_eq!(checkpoint["origin"], format!("strongroom/{}", scope.organization()));
        seen.push(checkpoint["root"].clone());
    }
    assert_ne!(seen[0], seen[2]);
}

/// Every proof holds against a checkpoint that was kept, whatever came since.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_05_proofs_hold_against_kept_checkpoints() {
    let house = House::open().await;
    let admin = house.admin().await;
    let mut kept: Vec<(Checkpoint, Value)> = Vec::new();
    for _ in 0..4 {
        let id = house.credential(house.a, "cnry-kept").await;
        let ids = vec![id; 70];
        admin.post(&format!("{CREDENTIALS}/resolve"), &json!({"ids": ids})).await.expect(200);
        settle(&house).await;
        let answer = admin.get("/v1/audit/checkpoint").await.expect(200).json();
        let verifier: Verifier = text(&answer, "verifier").parse().unwrap();
        let checkpoint = Checkpoint::open(&verifier, text(&answer, "checkpoint")).unwrap();
        assert_eq!(
            (&answer["size"], &answer["root"]),
            (&checkpoint.size.into(), &checkpoint.root.to_string().into())
        );
        kept.push((checkpoint, answer));
    }
    let (newest, answer) = kept.last().unwrap();
    let verifier: Verifier = text(answer, "verifier").parse().unwrap();
    let hashes = |proof: &Value| -> Vec<LogHash> {
        proof["hashes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|hash| hash.as_str().unwrap().parse().unwrap())
            .collect()
    };
    for (old, _) in &kept {
        let path = format!("/v1/audit/proof?from={}&size={}", old.size, newest.size);
        let proof = admin.get(&path).await.expect(200).json();
        verify_consistency((old.size, old.root), (newest.size, newest.root), &hashes(&proof)).unwrap();
        assert_eq!(Checkpoint::open(&verifier, text(&proof, "from")).unwrap(), *old);
        for position in [0, 1, old.size / 2, old.size - 1] {
            let path = format!("/v1/audit/proof?position={position}&size={}", old.size);
            let answer = admin.get(&path).await;
            if answer.status == 404 {
                continue;
            }
            let proof = answer.expect(200).json();
            let leaf = LogHash::of_leaf(text(&proof, "leaf").as_bytes());
            verify_inclusion(leaf, position, (old.size, old.root), &hashes(&proof)).unwrap();
            assert_eq!(proof["leaf_hash"], leaf.to_string());
        }
    }
    let size = newest.size;
    for wrong in [
        format!("position={size}&size={size}"),
        format!("from={}&size={size}", size + 1),
        "size=1000000&from=0".to_owned(),
        "position=1&from=1".to_owned(),
        "position=-1".to_owned(),
        String::new(),
    ] {
        admin.get(&format!("/v1/audit/proof?{wrong}")).await.expect(422);
    }
}

/// Where no record can be written nothing is done that leaves one; what leaves none goes on (LOG-06).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_06_without_its_record_no_act_happens() {
    let house = House::open().await;
    let id = house.credential(house.a, "cnry-kept").await;
    let admin = house.admin().await;
    let one = format!("{CREDENTIALS}/{id}");
    let before = admin.get(&one).await.expect(200).json();
    let database = house.database();
    database
        .execute_batch("CREATE TRIGGER locked BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END")
        .unwrap();
    let resolved = admin.post(&format!("{one}/resolve"), &json!({})).await.expect(503);
    assert!(!resolved.text().contains("cnry-kept") && resolved.code() == "unavailable");
    admin.patch(&one, &json!({"description": "changed"})).await.expect(503);
    admin.delete(&one).await.expect(503);
    admin.post("/v1/tokens", &new_token("viewer")).await.expect(503);
    assert_eq!(admin.get(&one).await.expect(200).json(), before);
    assert_eq!(admin.get(&format!("{one}/consumers")).await.expect(200).json()["items"], json!([]));
    database.execute_batch("DROP TRIGGER locked").unwrap();
    admin.post(&format!("{one}/resolve"), &json!({})).await.expect(200);
}

/// A store that was founded before there were trees gets the key that signs them at its next start, once and on record.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_of_an_older_release_gets_its_key_at_start() {
    let house = House::open().await;
    let without = house.database().execute("DELETE FROM key WHERE purpose = 'audit_signing'", []).unwrap();
    assert_eq!(without, 1);
    let rows = |house: &House| -> i64 {
        let sql = "SELECT count(*) FROM audit WHERE body LIKE '%audit_signing%'";
        house.database().query_row(sql, [], |row| row.get(0)).unwrap()
    };
    let other = RootKey::make(&mut strongroom_testkit::seeded(77));
    assert!(house.second(other).await.is_err());
    assert_eq!(rows(&house), 0, "nothing is written under a wrong key");
    let (first, _) = house.second(root()).await.unwrap();
    let (again, _) = house.second(root()).await.unwrap();
    assert_eq!(first.audit_verifier(), again.audit_verifier());
    assert_eq!(rows(&house), 1);
}
