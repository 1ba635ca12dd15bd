//! Test vectors, kept for ever: `testdata/vectors.json` was written once, and every later version must
//! open what is in it.
//!
//! Its root key is public and refused as [`Weakness::Published`], so these tests live inside the crate.
//! A new format or suite adds a file; an existing one is never written again.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::{Value, json};
use strongroom_domain::ids::{CredentialId, OrganizationId, WorkspaceId};
use strongroom_domain::{FieldMap, Secret, Timestamp};

use crate::hazmat::{KeyBytes, Stay};
use crate::{
    Envelope, KeyId, KeyPurpose, OrganizationKeys, RootKey, RootKeyId, SystemKeys, ValueContext, Weakness,
    WrappedKey, WrappingKey, target_digest,
};

const NOW: Timestamp = Timestamp::from_unix_micros(1_763_719_200_123_456);
const FILE: &str = include_str!("../testdata/vectors.json");

#[test]
fn root_key_has_the_id_of_the_vector() {
    let file = file();
    assert_eq!(root(&file).id().to_string(), text(&file["root_key_id"]));
}

#[test]
fn system_keys_of_the_vector_open_and_make_the_same_codes() {
    let file = file();
    let system = &file["system"];
    let keys = SystemKeys::open(&root(&file), &rows(&system["rows"])).unwrap();
    assert_eq!(hex(&keys.token_mac(b"input")), text(&system["token_mac"]));
    assert_eq!(hex(&keys.body_mac(&[b"input"])), text(&system["body_mac"]));
    assert_eq!(hex(&keys.cursor_mac(&[b"input"])), text(&system["cursor_mac"]));
}

#[test]
fn envelopes_of_the_vector_open_with_every_field_in_its_place() {
    let file = file();
    let keys = organization_keys(&file);
    for case in file["envelopes"].as_array().unwrap() {
        let envelope = Envelope::from_bytes(unhex(&case["envelope"]));
        let kind = text(&case["kind"]);
        let secrets = keys.unseal(&context(case, &kind), &envelope).unwrap();
        let name = &case["name"];
        assert_eq!(Value::Object(secrets.expose().as_json().clone()), case["secrets"], "{name}");
        // The order of the fields, which equality of maps does not look at.
        assert_eq!(secrets.expose().names().collect::<Vec<_>>(), names(&case["secrets"]), "{name}");
        assert_eq!(
            envelope.kek_epoch(),
            case["kek_epoch"].as_u64().and_then(|epoch| epoch.try_into().ok()),
            "{name}"
        );
        assert_eq!(hex(&envelope.payload_digest().unwrap()), text(&case["payload_digest"]), "{name}");
    }
}

#[test]
fn fingerprint_and_target_digest_of_the_vector_are_the_same() {
    let file = file();
    let identity: Vec<_> = pairs(&file["fingerprint"]["identity"]);
    let fingerprint = organization_keys(&file).fingerprint("postgres", &identity);
    assert_eq!(hex(fingerprint.as_bytes()), text(&file["fingerprint"]["fingerprint"]));
    let digest = target_digest(pairs(&file["target"]["fields"]).into_iter());
    assert_eq!(hex(&digest), text(&file["target"]["digest"]));
}

#[test]
fn aut_13_the_published_key_is_refused() {
    let key = Secret::new(text(&file()["root_key"]));
    let refused = RootKey::from_text(&key).unwrap_err();
    assert!(matches!(refused, crate::RootKeyError::UnusableText { weakness: Weakness::Published }));
}

#[test]
#[ignore = "writes the file; for a new format only, under a new name"]
fn write_vectors() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/vectors.json");
    assert!(std::fs::metadata(path).map_or(true, |file| file.len() < 4), "vectors are never overwritten");
    std::fs::write(path, serde_json::to_string_pretty(&make()).unwrap() + "\n").unwrap();
}

fn make() -> Value {
    let mut rng = ChaCha20Rng::seed_from_u64(0x5eed);
    let key = KeyBytes::make(Stay::Brief, &mut rng);
    let root_key = hex(key.bytes());
    let root = RootKey::from_key(key);
    let (system, system_rows) = SystemKeys::make(&root, NOW, &mut rng);
    let organization = OrganizationId::make(NOW, &mut rng);
    let (first, mut organization_rows) = OrganizationKeys::make(&root, organization, NOW, &mut rng);
    let (second, added) = first.add_epoch(&root, NOW, &mut rng);
    // The fingerprint key's new row replaces the old one.
    organization_rows.retain(|row| row.purpose == KeyPurpose::OrganizationKek);
    organization_rows.extend(added);

    let target = json!({"host": "db.example.com", "port": 5432, "options": {"b": [1, null], "a": true}});
    let digest = target_digest(pairs(&target).into_iter());
    let envelopes = make_envelopes(&first, &second, digest, &mut rng);
    let identity =
        json!({"user": "app", "password": "correct horse battery staple", "host": {"b": 1, "a": 2}});
    let fingerprint = first.fingerprint("postgres", &pairs(&identity));
    json!({
        "about": "Kept for ever. The root key is public and refused by the program.",
        "root_key": root_key,
        "root_key_id": root.id().to_string(),
        "system": {
            "rows": system_rows.iter().map(row_to_json).collect::<Vec<_>>(),
            "token_mac": hex(&system.token_mac(b"input")),
            "body_mac": hex(&system.body_mac(&[b"input"])),
            "cursor_mac": hex(&system.cursor_mac(&[b"input"])),
        },
        "organization": {
            "id": hex(organization.as_bytes()),
            "rows": organization_rows.iter().map(row_to_json).collect::<Vec<_>>(),
        },
        "target": {"fields": target, "digest": hex(&digest)},
        "fingerprint": {"identity": identity, "fingerprint": hex(fingerprint.as_bytes())},
        "envelopes": envelopes,
    })
}

/// Each sample as the first keys seal it, and as the second keys rewrap it.
fn make_envelopes(
    first: &OrganizationKeys,
    second: &OrganizationKeys,
    target_digest: [u8; 32],
    rng: &mut ChaCha20Rng,
) -> Vec<Value> {
    let organization = first.organization();
    let mut envelopes = Vec::new();
    for (name, kind, secrets) in samples() {
        let (workspace, credential) = (WorkspaceId::make(NOW, rng), CredentialId::make(NOW, rng));
        let context =
            ValueContext { organization, workspace, credential, value_version: 7, kind, target_digest };
        let fields = Secret::new(FieldMap::from(secrets.as_object().unwrap().clone()));
        let sealed = first.seal(&context, &fields, rng).unwrap();
        let rewrapped = second.rewrap(&context, &sealed, rng).unwrap().unwrap();
        for (stage, envelope) in [("sealed in epoch 1", sealed), ("rewrapped to epoch 2", rewrapped)] {
            envelopes.push(json!({
                "name": format!("{name}, {stage}"),
                "organization": hex(organization.as_bytes()),
                "workspace": hex(workspace.as_bytes()),
                "credential": hex(credential.as_bytes()),
                "value_version": 7,
                "kind": kind,
                "target_digest": hex(&target_digest),
                "secrets": secrets,
                "kek_epoch": envelope.kek_epoch(),
                "payload_digest": hex(&envelope.payload_digest().unwrap()),
                "envelope": hex(envelope.as_bytes()),
            }));
        }
    }
    envelopes
}

fn samples() -> [(&'static str, &'static str, Value); 3] {
    [
        ("one password", "postgres", json!({"password": "correct horse battery staple"})),
        ("nothing", "opaque", json!({})),
        (
            "order, nesting, numbers, letters",
            "ssh",
            json!({"z": "-----BEGIN KEY-----\nAAAA\n-----END KEY-----\n", "a": {"y": 1, "x": [true, null, "\u{0}"]},
                   "m": 0.1, "large": 18_446_744_073_709_551_615_u64, "small": -9_007_199_254_740_993_i64,
                   "tiny": 5e-324, "\u{e9}\u{20ac}\u{1f511}": "\u{e9}\u{20ac}\u{1f511}"}),
        ),
    ]
}

fn file() -> Value {
    serde_json::from_str(FILE).unwrap()
}

fn root(file: &Value) -> RootKey {
    let mut key = KeyBytes::zeroed(Stay::Brief);
    key.bytes_mut().copy_from_slice(&unhex(&file["root_key"]));
    RootKey::from_key(key)
}

fn organization_keys(file: &Value) -> OrganizationKeys {
    let organization = OrganizationId::from_bytes(array(&file["organization"]["id"]));
    OrganizationKeys::open(&root(file), organization, &rows(&file["organization"]["rows"])).unwrap()
}

fn context<'a>(case: &Value, kind: &'a str) -> ValueContext<'a> {
    ValueContext {
        organization: OrganizationId::from_bytes(array(&case["organization"])),
        workspace: WorkspaceId::from_bytes(array(&case["workspace"])),
        credential: CredentialId::from_bytes(array(&case["credential"])),
        value_version: case["value_version"].as_u64().unwrap(),
        kind,
        target_digest: array(&case["target_digest"]),
    }
}

fn row_to_json(row: &WrappedKey) -> Value {
    let (kind, id, epoch) = match row.wrapped_by {
        WrappingKey::Root(id) => ("root", hex(id.as_bytes()), None),
        WrappingKey::Kek { id, epoch } => ("kek", hex(id.as_bytes()), Some(epoch)),
    };
    json!({
        "purpose": row.purpose.code(),
        "organization": row.organization.map(|id| hex(id.as_bytes())),
        "epoch": row.epoch,
        "key_id": hex(row.key_id.as_bytes()),
        "wrapped_by": {"key": kind, "id": id, "epoch": epoch},
        "created_at": row.created_at.unix_micros(),
        "blob": hex(&row.blob),
    })
}

fn rows(rows: &Value) -> Vec<WrappedKey> {
    rows.as_array().unwrap().iter().map(row_from_json).collect()
}

fn row_from_json(row: &Value) -> WrappedKey {
    let by = &row["wrapped_by"];
    let epoch = |value: &Value| u32::try_from(value.as_u64().unwrap()).unwrap();
    WrappedKey {
        purpose: KeyPurpose::from_code(row["purpose"].as_str().unwrap()).unwrap(),
        organization: row["organization"]
            .is_string()
            .then(|| OrganizationId::from_bytes(array(&row["organization"]))),
        epoch: epoch(&row["epoch"]),
        key_id: KeyId::from_bytes(array(&row["key_id"])),
        wrapped_by: match by["key"].as_str().unwrap() {
            "root" => WrappingKey::Root(RootKeyId::from_bytes(array(&by["id"]))),
            _ => WrappingKey::Kek { id: KeyId::from_bytes(array(&by["id"])), epoch: epoch(&by["epoch"]) },
        },
        created_at: Timestamp::from_unix_micros(row["created_at"].as_i64().unwrap()),
        blob: unhex(&row["blob"]),
    }
}

fn pairs(map: &Value) -> Vec<(&str, &Value)> {
    map.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value)).collect()
}

fn names(map: &Value) -> Vec<&String> {
    map.as_object().unwrap().keys().collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn unhex(value: &Value) -> Vec<u8> {
    let digits = value.as_str().unwrap();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

fn array<const N: usize>(value: &Value) -> [u8; N] {
    unhex(value).try_into().unwrap()
}
