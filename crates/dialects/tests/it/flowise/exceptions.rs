//! Where the replay differs from the original, by name and with the reason; and what was sent between captures.

use serde_json::{Value, json};

use super::replay::Capture;
use super::world::BULLETS;

/// A difference on purpose.
#[derive(Clone, Copy)]
pub(super) enum Exception {
    /// Another answer, which has this in it. Its headers are the original's all the same.
    Answered { status: u16, holds: &'static str },
    /// The same status and headers, with a text of ours.
    OtherText,
    /// The same, but these fields are sealed and so not shown.
    Sealed { fields: &'static [&'static str] },
    /// The same, to the holder of this key: no role of ours changes without the right to create and delete.
    By { key: &'static str },
}

impl Exception {
    pub(super) fn seals(self, field: &str) -> bool {
        matches!(self, Self::Sealed { fields } if fields.contains(&field))
    }
}

use Exception::{Answered, By, OtherText, Sealed};

/// Fields outside the type's schema are sealed here.
const CHARACTERS: Exception = Sealed { fields: &["0", "1", "2"] };
const ODD_KEYS: Exception = Sealed { fields: &["__proto__", "constructor"] };
/// The page of the vendor's UI is not ours to serve.
const PAGE: Exception = Answered { status: 200, holds: "Strongroom" };

const EXCEPTIONS: [(&str, Exception); 35] = [
    ("052-put-unknown-field-after", Sealed { fields: &["notInSchema", "nested"] }),
    // A parser's own words are not repeated.
    ("060-put-malformed-json", OtherText),
    ("061-put-malformed-json-noauth", OtherText),
    ("063-put-json-null", OtherText),
    ("079-put-data-string-after", CHARACTERS),
    ("082-put-data-array-after", CHARACTERS),
    // The secret of the former type was readable there.
    ("084-put-change-credentialName-after", Sealed { fields: &["0", "1", "2", "openAIApiKey"] }),
    ("088-put-placeholder-after", CHARACTERS),
    // Bullets mean keep: the password is still there.
    (
        "090-put-masked-url-after",
        Answered { status: 200, holds: "mongodb://user:fakepw@db.example.com:27017/x" },
    ),
    ("093-put-proto-after", ODD_KEYS),
    // A field has at most 64 KiB here.
    ("099-put-1mb", Answered { status: 413, holds: "request entity too large" }),
    ("102-post-with-id", PAGE),
    ("105-conditional-get", ODD_KEYS),
    // Every role of ours that creates or changes may also read.
    ("124-perm-create-list", Answered { status: 200, holds: "[" }),
    ("129-perm-update-list", Answered { status: 200, holds: "[" }),
    ("130-perm-update-get", ODD_KEYS),
    ("132-perm-update-post", By { key: "apiKeyView" }),
    ("133-perm-update-delete", By { key: "apiKeyView" }),
    // A picture of ours, which may run nothing.
    ("151-components-icon", Answered { status: 200, holds: "<svg" }),
    // There is no OAuth engine yet, and no list of hosts.
    ("154-oauth2-authorize", OtherText),
    ("156-oauth2-authorize-ok", Answered { status: 400, holds: "does not run OAuth 2.0 flows yet" }),
    // Refresh is no anonymous door.
    ("162-oauth2-refresh-noauth", Answered { status: 401, holds: "Unauthorized Access" }),
    ("163-oauth2-refresh-unknown", Answered { status: 401, holds: "Unauthorized Access" }),
    ("171-ui-html", PAGE),
    ("172-unknown-api-path", PAGE),
    // No update is lost: all twelve fields are there, each sealed.
    ("174-concurrent-after", Answered { status: 200, holds: r#""f0":"_FLOWISE_BLANK_"# }),
    // Nothing crosses workspaces, by sharing or by id.
    ("180-ws2-shared-list-filter", Answered { status: 200, holds: "[]" }),
    ("183-ws1-shared-get", ODD_KEYS),
    ("184-ws2-post-same-id", Answered { status: 200, holds: "createdDate" }),
    ("186-ws2-get-after-takeover", Answered { status: 200, holds: r#""name":"taken over""# }),
    // A server with another key does not start here.
    ("187-wrongkey-list", Answered { status: 200, holds: "Load test" }),
    ("189-wrongkey-put-name", Answered { status: 200, holds: "renamed under wrong key" }),
    ("190-wrongkey-get-silent", Answered { status: 200, holds: "_FLOWISE_BLANK_" }),
    // The page of an error is of our own words.
    ("160-oauth2-callback-empty", Answered { status: 400, holds: "OAuth2 Authorization Error" }),
    // The length of what a HEAD leaves out is told by the server, which is not in this test.
    ("103-head-list", OtherText),
];

/// Headers that are not ours, with the reason. All others are as captured, whatever the answer is.
const HEADERS: [(&[&str], &[&str]); 2] = [
    // No files are served: a page has no date and no part, and nobody keeps it.
    (
        &["102-post-with-id", "171-ui-html", "172-unknown-api-path"],
        &["accept-ranges", "last-modified", "cache-control"],
    ),
    // The same; and a picture that is opened by itself may run and load nothing.
    (
        &["151-components-icon"],
        &["accept-ranges", "last-modified", "cache-control", "content-security-policy", "vary"],
    ),
];

pub(super) fn is_other_header(capture: &str, header: &str) -> bool {
    HEADERS.iter().any(|(captures, headers)| captures.contains(&capture) && headers.contains(&header))
}

/// Replies whose length is not the original's, beside those of other words and those with `encryptedData`, which is
/// as long as its fields there and always the same here: icons have names of ours, and descriptions are our own.
const OTHER_LENGTHS: [&str; 2] = ["146-components-list", "148-components-openai"];

pub(super) fn has_other_length(capture: &str) -> bool {
    of(capture).is_some() || OTHER_LENGTHS.contains(&capture)
}

pub(super) fn of(capture: &str) -> Option<Exception> {
    EXCEPTIONS.iter().find(|(name, _)| *name == capture).map(|(_, exception)| *exception)
}

/// A name that is nobody's would except nothing.
pub(super) fn assert_all_used(captures: &[Capture]) {
    for (name, _) in EXCEPTIONS {
        assert!(captures.iter().any(|capture| capture.name() == name), "{name}");
    }
}

const VICTIM: &str = "c963ee53-819b-41de-a7c7-1f63d41e92af";
const OPENAI: &str = "70a7a925-119b-4a27-be06-3eeb2da62403";
const AZURE: &str = "05c3c615-821b-40c2-a4e0-76a60cbbc69b";
const RACE: &str = "ff4ed7ec-157c-4bd7-8a20-33809b3370e9";

/// Before which capture, method, path below the credentials, body: what the numbers left out say, under the
/// recorded ids.
pub(super) fn between() -> Vec<(&'static str, &'static str, String, Value)> {
    let make = |id: &str, name: &str, of: &str, fields: Value| json!({"id": id, "name": name, "credentialName": of, "plainDataObj": fields});
    let openai = |name: Value| json!({"name": name, "credentialName": "openAIApi", "plainDataObj": {"openAIApiKey": "k"}});
    let fields = |fields: Value| json!({"plainDataObj": fields});
    let azure = json!({"azureOpenAIApiKey": "k", "azureOpenAIApiInstanceName": "inst",
        "azureOpenAIApiDeploymentName": "dep", "azureOpenAIApiVersion": "2024-06-01"});
    let microsoft = json!({"clientId": "fake-client", "clientSecret": "fake-secret",
        "authorizationUrl": "https://login.microsoftonline.com/common/oauth2/v2.0/authorize"});
    let (load, oauth) = ("4792aa35-9221-48e9-811d-2ffce487e86e", "47e2c226-8d80-48f6-b233-247650a78cda");
    let (none, openai_path, azure_path) = (String::new(), format!("/{OPENAI}"), format!("/{AZURE}"));
    let victim_path = format!("/{VICTIM}");
    let mut steps = vec![
        (
            "001-create-openai",
            "POST",
            none.clone(),
            make(load, "Load test", "openAIApi", json!({"openAIApiKey": "k"})),
        ),
        ("003-create-url-type", "POST", none.clone(), make(AZURE, "Azure", "azureOpenAIApi", azure)),
        ("015-create-unicode", "POST", none.clone(), openai(json!("server fields"))),
        ("018-create-name-object", "POST", none.clone(), openai(json!(17))),
        (
            "045-put-merge-one-field-after",
            "PUT",
            azure_path.clone(),
            fields(json!({"azureOpenAIApiVersion": "2025-01-01"})),
        ),
        ("048-put-field-null", "PUT", azure_path.clone(), fields(json!(null))),
        ("051-put-unknown-field", "PUT", azure_path, fields(json!({"azureOpenAIApiDeploymentName": ""}))),
        ("072-put-name-number-after", "PUT", openai_path.clone(), json!({"name": 42})),
        (
            "078-put-data-string",
            "POST",
            none.clone(),
            make(VICTIM, "victim", "openAIApi", json!({"openAIApiKey": "sk-fake-victim"})),
        ),
        ("082-put-data-array-after", "PUT", victim_path.clone(), fields(json!(["x", "y"]))),
        (
            "084-put-change-credentialName-after",
            "PUT",
            victim_path,
            json!({"credentialName": "anthropicApi"}),
        ),
        (
            "090-put-masked-url-after",
            "PUT",
            "/7c9d2c9e-53e6-4ce6-a576-e551cb596716".to_owned(),
            fields(json!({"mongoDBConnectUrl": format!("mongodb://user:{BULLETS}@db.example.com:27017/x")})),
        ),
        (
            "093-put-proto-after",
            "PUT",
            openai_path,
            fields(json!({"__proto__": {"polluted": true}, "constructor": "x"})),
        ),
        (
            "156-oauth2-authorize-ok",
            "POST",
            none.clone(),
            make(oauth, "MS", "microsoftOutlookOAuth2", microsoft),
        ),
        ("174-concurrent-after", "POST", none, make(RACE, "race", "openAIApi", json!({"openAIApiKey": "k"}))),
    ];
    let race = |n: usize| {
        let mut added = serde_json::Map::new();
        added.insert(format!("f{n}"), n.into());
        json!({"name": format!("race-{n}"), "plainDataObj": added})
    };
    steps.extend((0..12).map(|n| ("174-concurrent-after", "PUT", format!("/{RACE}"), race(n))));
    steps
}

/// Bodies that the captures describe in words.
pub(super) fn bytes_of(capture: &str) -> Option<Vec<u8>> {
    match capture {
        "096-put-bom" => Some([b"\xef\xbb\xbf", br#"{"name":"OpenAI Production Key"}"#.as_slice()].concat()),
        "097-put-bad-utf8" => Some(b"{\"name\":\"bad \xff\xfe bytes\"}".to_vec()),
        "099-put-1mb" => Some(
            json!({"name": "victim", "plainDataObj": {"big": "x".repeat(1_000_000)}})
                .to_string()
                .into_bytes(),
        ),
        // What is too large for the original is too large here long before.
        "100-put-51mb" => Some(vec![b' '; 2_000_000]),
        _ => None,
    }
}
