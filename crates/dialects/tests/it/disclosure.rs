//! PRP: what could still be told of a secret that nobody is shown: its form when stored, its parts, its order.

use serde_json::{Value, json};
use strongroom_testkit::Canaries;

use crate::client::Answer;
use crate::house::{CREDENTIALS, House};
use crate::samples::ROLES;

/// Everything that may be read about one credential.
fn reads(path: &str) -> Vec<String> {
    let rest = ["/v1/workspaces/default", "/v1/tokens", "/v1/kinds", "/v1/kinds/generic"].map(str::to_owned);
    let own =
        [String::new(), "/history".to_owned(), "/consumers".to_owned()].map(|rest| format!("{path}{rest}"));
    [vec![CREDENTIALS.to_owned()], own.to_vec(), rest.to_vec()].concat()
}

#[tokio::test]
async fn prp_02_names_with_a_meaning_in_some_language_are_names_like_any_other() {
    let house = House::open().await;
    let admin = house.admin().await;
    let path = format!("{CREDENTIALS}/{}", house.credential(house.a, "x").await);
    let before = admin.get(&path).await.expect(200).json();
    for name in ["__proto__", "constructor", "prototype", "$type", "@class", "$ref"] {
        let nested = json!({"isAdmin": true, "role": "admin"});
        admin.patch(&path, &json!({name: nested})).await.expect(422);
        admin.post(CREDENTIALS, &json!({"kind": "generic", "name": {name: nested}})).await.expect(422);
        let body = json!({"kind": "postgresql", "name": "x", "settings": {"host": {name: nested}}});
        admin.post(CREDENTIALS, &body).await.expect(422);
        let body = json!({"kind": "postgresql", "name": "x", "settings": {"host": "h.example", name: "x"}});
        admin.post(CREDENTIALS, &body).await.expect(422);
    }
    assert_eq!(admin.get(&path).await.expect(200).json(), before);
    assert_eq!(admin.get(CREDENTIALS).await.expect(200).json()["items"].as_array().unwrap().len(), 1);
}

/// Whatever the columns of the secret hold is in no answer, in no spelling of its bytes.
#[tokio::test]
async fn prp_04_nothing_that_is_stored_of_a_secret_is_shown() {
    let house = House::open().await;
    let path = format!("{CREDENTIALS}/{}", house.credential(house.a, "the secret of this test").await);
    house.admin().await.patch(&path, &json!({"secrets": {"other": "another one"}})).await.expect(200);
    let database = house.database();
    let mut stored: Vec<Vec<u8>> = Vec::new();
    for column in ["credential_value.envelope", "key.blob", "token.mac"] {
        let (table, column) = column.split_once('.').unwrap();
        let mut rows = database.prepare(&format!("SELECT {column} FROM \"{table}\"")).unwrap();
        let found = rows.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
        stored.extend(found.map(Result::unwrap));
    }
    assert!(stored.len() > 5);
    // Sixteen bytes from anywhere in it: a nonce, a tag or a fingerprint alone is found as well.
    let pieces: Vec<Vec<u8>> =
        stored.iter().flat_map(|all| all.chunks_exact(16).map(<[u8]>::to_vec)).collect();
    for role in ROLES {
        let holder = house.holder(house.a, role).await;
        for read in reads(&path) {
            let answer = holder.get(&read).await;
            let seen = format!("{:?} {}", answer.headers, answer.text()).to_lowercase();
            for piece in &pieces {
                let hex = piece.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
                assert!(!seen.contains(&hex), "{role:?} {read}");
                assert!(!answer.bytes.windows(16).any(|window| window == piece), "{role:?} {read}");
            }
            for word in ["envelope", "ciphertext", "nonce", "fingerprint", "kek", "wrapped"] {
                assert!(!seen.contains(word) || read.contains("kinds"), "{word}: {role:?} {read}");
            }
        }
    }
}

/// Neither a part of a secret, nor its length: answers about a short one and a long one are of one length.
#[tokio::test]
async fn prp_07_neither_part_nor_length_of_a_secret_is_told() {
    let house = House::open().await;
    let mut canaries = Canaries::seeded(7);
    let (short, long) = (canaries.make("s"), format!("{}{}", canaries.make("l").text(), "x".repeat(4_000)));
    let first = format!("{CREDENTIALS}/{}", house.credential(house.a, short.text()).await);
    let second = format!("{CREDENTIALS}/{}", house.credential(house.a, &long).await);
    let admin = house.admin().await;
    let told = async |path: &str, rest: &str| admin.get(&format!("{path}{rest}")).await.expect(200);
    for rest in ["", "/history", "/consumers"] {
        let (one, other): (Answer, Answer) = (told(&first, rest).await, told(&second, rest).await);
        assert_eq!(one.bytes.len(), other.bytes.len(), "{rest}");
        assert_eq!(short.find_in(&one.bytes), [""; 0], "{rest}");
    }
    // What no part may be shown of has none to be asked for.
    for query in ["?show=last4", "?mask=partial", "?reveal=true", "?secrets=length"] {
        admin.get(&format!("{first}{query}")).await.expect(422);
    }
}

#[tokio::test]
async fn prp_10_no_list_is_sorted_filtered_or_searched_by_a_secret() {
    let house = House::open().await;
    let secret = Canaries::seeded(10).make("token");
    house.credential(house.a, secret.text()).await;
    let admin = house.admin().await;
    for query in [
        "sort=secret",
        "sort=token",
        "order_by=secrets.token",
        "filter[token][startsWith]=c",
        "secrets.token=cnry",
        "token=cnry",
        "envelope=x",
        "fingerprint=x",
        "where=token%20like%20c",
    ] {
        admin.get(&format!("{CREDENTIALS}?{query}")).await.expect(422);
    }
    let text = secret.text();
    for part in [text, &text[..8], &text[text.len() - 8..], "cnry"] {
        for query in [format!("q={part}"), format!("label=a:{part}"), format!("kind={part}")] {
            let listed = admin.get(&format!("{CREDENTIALS}?{query}")).await;
            assert!(
                listed.status != 200 || listed.json()["items"] == json!([]),
                "{query}: {}",
                listed.text()
            );
        }
    }
}

/// As after a downgrade: a row of a kind that this version does not know.
#[tokio::test]
async fn prp_14_a_kind_of_the_future_shows_what_was_open_already_and_no_secret() {
    let house = House::open().await;
    let id = house.credential(house.a, "cnry-future").await;
    let path = format!("{CREDENTIALS}/{id}");
    let changed =
        "UPDATE credential SET kind = 'of_the_future', settings = '{\"cnry-setting\":\"cnry-value\"}'";
    assert_eq!(house.database().execute(changed, []).unwrap(), 1);
    let (_, router) = house.second(crate::house::root()).await.unwrap();
    let admin = house.admin().await.on(&router);
    for read in [path.clone(), CREDENTIALS.to_owned(), format!("{path}/history")] {
        let answer = admin.get(&read).await;
        assert!(answer.status < 500 || answer.code() == "integrity_error", "{read}: {}", answer.text());
        assert!(!answer.text().contains("cnry-future"), "{read}: {}", answer.text());
    }
    let given = admin.post(&format!("{path}/resolve"), &json!({})).await;
    assert!(given.status >= 400 && !given.text().contains("cnry"), "{}", given.text());
    let none: Value = admin.post(&format!("{path}/verify"), &json!({})).await.json();
    assert!(!none.to_string().contains("cnry"), "{none}");
}
