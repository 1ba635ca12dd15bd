//! INP: what is not exactly what we take is refused, in our own words.

use serde_json::json;

use crate::client::{Answer, Client, JSON};
use crate::house::{CREDENTIALS, House};

async fn raw(client: &Client, body: impl AsRef<[u8]>) -> Answer {
    client.send("POST", CREDENTIALS, JSON, Some(body.as_ref())).await
}

#[tokio::test]
async fn inp_01_no_refusal_repeats_what_was_sent() {
    let house = House::open().await;
    let admin = house.admin().await;
    let postgresql = |field: &str, value: serde_json::Value| {
        let mut body = json!({"kind": "postgresql", "name": "x", "settings": {"host": "127.0.0.1", "database": "a",
            "username": "u"}, "secrets": {"password": "p"}});
        *body.pointer_mut(field).unwrap() = value;
        body.to_string()
    };
    let long = format!("cnry-{}", "x".repeat(70_000));
    let bodies = [
        postgresql("/secrets/password", json!(["cnry-1"])),
        postgresql("/secrets/password", json!({"cnry-2": "cnry-2"})),
        postgresql("/secrets", json!({"cnry-3": "cnry-3"})),
        postgresql("/secrets", json!("cnry-4")),
        postgresql("/secrets/password", json!(long)),
        postgresql("/settings/host", json!("cnry-5/x")),
        postgresql("/settings", json!({"cnry-6": 1})),
        postgresql("/kind", json!("cnry-7")),
        postgresql("/name", json!("cnry-8\u{202e}")),
        r#"{"secrets":{"password":"cnry-9"},,}"#.to_owned(),
        r#"{"secrets":{"password":"cnry-10"#.to_owned(),
        r#"{"secrets":{"password":"cnry-11\ud800"}}"#.to_owned(),
        r#"{"secrets":{"cnry-12":1,"cnry-12":2}}"#.to_owned(),
    ];
    for body in bodies {
        let answer = raw(&admin, &body).await;
        assert!(matches!(answer.status, 400 | 422), "{body}: {}", answer.text());
        assert!(!answer.text().contains("cnry"), "{body}: {}", answer.text());
        assert!(!answer.code().is_empty());
    }
    let latin = [b"{\"secrets\":{\"password\":\"cnry-13".as_slice(), b"\xff\"}}"].concat();
    assert!(!raw(&admin, latin).await.expect(400).text().contains("cnry"));
}

#[tokio::test]
async fn inp_02_a_key_twice_is_refused_everywhere() {
    let house = House::open().await;
    let admin = house.admin().await;
    for body in [
        r#"{"kind":"generic","name":"x","kind":"generic"}"#,
        r#"{"kind":"generic","name":"x","n\u0061me":"y"}"#,
        r#"{"kind":"generic","name":"x","settings":{"a":{"b":1,"b":2}}}"#,
        r#"{"kind":"generic","name":"x","labels":{"a":"1","a":"2"}}"#,
    ] {
        let answer = raw(&admin, body).await.expect(400);
        assert_eq!(answer.code(), "duplicate_key", "{body}");
    }
    admin.get(&format!("{CREDENTIALS}?limit=1&limit=2")).await.expect(422);
    assert_eq!(admin.get(CREDENTIALS).await.json()["items"], json!([]));
}

#[tokio::test]
async fn inp_03_shapes_and_types_are_not_guessed() {
    let house = House::open().await;
    let admin = house.admin().await;
    for body in ["[]", r#"["generic","x"]"#, "null", "\"x\"", "7", "true"] {
        raw(&admin, body).await.expect(422);
    }
    for (field, value) in [
        ("name", json!({"$eq": "x"})),
        ("name", json!(7)),
        ("kind", json!(["generic"])),
        ("rebind", json!("true")),
        ("settings", json!([])),
        ("secrets", json!("x")),
        ("labels", json!(["a"])),
        ("verify", json!(true)),
        ("owner", json!("workspace")),
        ("expires_at", json!(1_700_000_000)),
    ] {
        let mut body = json!({"kind": "generic", "name": "x"});
        body[field] = value;
        let answer = admin.post(CREDENTIALS, &body).await.expect(422);
        assert_eq!(answer.pointers(), [format!("/{field}")], "{body}");
    }
    let form = [("content-type", "application/x-www-form-urlencoded")];
    admin.send("POST", CREDENTIALS, &form, Some(b"kind=generic&name=x")).await.expect(415);
    admin.send("POST", CREDENTIALS, &[], Some(b"{}")).await.expect(415);
    admin.send("POST", CREDENTIALS, &[("content-encoding", "gzip"), JSON[0]], Some(b"{}")).await.expect(415);
    admin.send("GET", CREDENTIALS, JSON, Some(b"{}")).await.expect(422);
}

#[tokio::test]
async fn inp_04_size_and_depth_are_refused_early_and_only_to_callers_we_know() {
    let house = House::open().await;
    let admin = house.admin().await;
    let big = vec![b' '; 256 * 1024 + 1];
    raw(&admin, &big).await.expect(413);
    let claimed = [JSON[0], ("content-length", "99999999")];
    admin.send("POST", CREDENTIALS, &claimed, Some(b"{}")).await.expect(413);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(raw(&admin, &deep).await.expect(400).code(), "invalid_json");
    let wide = format!("[{}0]", "0,".repeat(100_000));
    raw(&admin, wide).await.expect(400);
    raw(&house.anonymous(), &big).await.expect(401);
    raw(&house.anonymous(), &deep).await.expect(401);
    // What nobody reads to its end ends the connection, and the answer says so.
    let text =
        admin.send("POST", CREDENTIALS, &[("content-type", "text/plain")], Some(b"{}")).await.expect(415);
    for unread in [raw(&admin, &big).await, raw(&house.anonymous(), "{}").await, text] {
        assert_eq!(unread.headers["connection"], "close", "{}", unread.status);
    }
    for read in [
        raw(&admin, "{}").await,
        raw(&admin, "{").await,
        admin.get("/v1/none").await,
        house.anonymous().get(CREDENTIALS).await,
    ] {
        assert!(!read.headers.contains_key("connection"), "{}", read.status);
    }
}

#[tokio::test]
async fn inp_05_numbers_are_exact_or_refused() {
    let house = House::open().await;
    let admin = house.admin().await;
    let with_port = |port: &str| {
        format!(
            r#"{{"kind":"postgresql","name":"x","verify":"skip","settings":{{"host":"127.0.0.1","port":{port},
            "database":"a","username":"u"}},"secrets":{{"password":"p"}}}}"#
        )
    };
    for port in ["1e400", "123456789012345678901234567890", "9007199254740993.5", "NaN", "0x10", "007"] {
        assert_eq!(raw(&admin, with_port(port)).await.expect(400).code(), "invalid_json", "{port}");
    }
    for port in ["65536", "0", "-0", "-1", "1.0", "5432.5", "\"5432\"", "9007199254740993"] {
        assert_eq!(raw(&admin, with_port(port)).await.expect(422).pointers(), ["/settings/port"], "{port}");
    }
    raw(&admin, with_port("65535")).await.expect(201);
    let path = format!("{CREDENTIALS}/{}/resolve", house.credential(house.a, "x").await);
    for seconds in ["0", "-1", "1.0", "604801", "1000000000000"] {
        let body = format!(r#"{{"hold_seconds":{seconds}}}"#);
        let answer = admin.send("POST", &path, JSON, Some(body.as_bytes())).await.expect(422);
        assert_eq!(answer.pointers(), ["/hold_seconds"], "{seconds}");
    }
}

#[tokio::test]
async fn inp_06_controls_are_refused_in_texts_and_never_a_fault_of_ours() {
    let house = House::open().await;
    let admin = house.admin().await;
    for text in ["a\0b", "a\u{85}b", "a\u{1b}[0m", "\u{feff}a"] {
        for field in ["name", "description"] {
            let mut body = json!({"kind": "generic", "name": "x"});
            body[field] = json!(text);
            assert_eq!(admin.post(CREDENTIALS, &body).await.expect(422).pointers(), [format!("/{field}")]);
        }
    }
    raw(&admin, b"\xef\xbb\xbf{}").await.expect(400);
    raw(&admin, br#"{"name":"\ud800"}"#).await.expect(400);
    for id in ["%00", "cred_%00", "~%00", "%ff", "%zz", "cred_0192", "~", "~UPPER"] {
        let answer = admin.get(&format!("{CREDENTIALS}/{id}")).await;
        assert_eq!(answer.status, 404, "{id}");
    }
    for query in
        ["q=%00", "q=%ff", "q=%zz", "kind=%00", "label=%00:a", "cursor=%00", "cursor=zz", "target_host=%00"]
    {
        let status = admin.get(&format!("{CREDENTIALS}?{query}")).await.status;
        assert!(matches!(status, 200 | 422), "{query}: {status}");
    }
}

#[tokio::test]
async fn inp_15_a_cursor_is_good_for_one_list_of_one_caller() {
    let house = House::open().await;
    for secret in ["1", "2", "3"] {
        house.credential(house.a, secret).await;
    }
    let admin = house.admin().await;
    let page = admin.get(&format!("{CREDENTIALS}?limit=2")).await.expect(200).json();
    let cursor = page["next_cursor"].as_str().unwrap();
    let next = admin.get(&format!("{CREDENTIALS}?limit=2&cursor={cursor}")).await.expect(200).json();
    assert_eq!((next["items"].as_array().unwrap().len(), &next["next_cursor"]), (1, &json!(null)));
    let mut tampered = cursor.to_owned();
    tampered.replace_range(..1, if cursor.starts_with('0') { "1" } else { "0" });
    for query in [format!("cursor={tampered}"), format!("cursor={cursor}&kind=generic"), "cursor=".to_owned()]
    {
        assert_eq!(admin.get(&format!("{CREDENTIALS}?{query}")).await.expect(422).pointers(), ["/cursor"]);
    }
    house.admin().await.get(&format!("{CREDENTIALS}?cursor={cursor}")).await.expect(422);
}
