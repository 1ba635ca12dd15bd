//! AUT-13: what is accepted as a root key, and what each refusal says.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use strongroom_domain::Secret;
use strongroom_sealing::{RootKey, RootKeyError, Weakness};
use tempfile::TempDir;

use crate::fixture::rng;

const KEY: [u8; 32] = [
    0x3d, 0x91, 0x07, 0xee, 0x52, 0xa8, 0x1c, 0x6f, 0xb4, 0x20, 0xd9, 0x83, 0x4a, 0xf5, 0x61, 0x0b, 0x9e,
    0xc7, 0x38, 0x74, 0x15, 0xda, 0x86, 0x2f, 0xe3, 0x5c, 0x99, 0x01, 0xbb, 0x47, 0x6e, 0xf0,
];
const HEX: &str = "3d9107ee52a81c6fb420d9834af5610b9ec7387415da862fe35c9901bb476ef0";
const BASE64: &str = "PZEH7lKoHG+0INmDSvVhC57HOHQV2oYv41yZAbtHbvA=";

#[test]
fn the_three_spellings_are_one_key() {
    let id = RootKey::from_text(&Secret::new(HEX.to_owned())).unwrap().id();
    let upper = HEX.to_uppercase();
    for text in [HEX, &upper, BASE64] {
        for end in ["", "\n", "\r\n"] {
            let line = format!("{text}{end}");
            assert_eq!(RootKey::from_text(&Secret::new(line.clone())).unwrap().id(), id, "{line:?}");
            assert_eq!(read(line.as_bytes()).unwrap().id(), id, "{line:?}");
        }
    }
    assert_eq!(read(&KEY).unwrap().id(), id);
    assert_eq!(id.to_string().len(), 16);
    assert!(!HEX.contains(&id.to_string()), "an id is no part of its key");
}

#[test]
fn a_new_file_is_private_read_back_and_never_overwritten() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("root.key");
    let key = RootKey::make(&mut rng(1));
    key.write_new_file(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!(fs::read(&path).unwrap().len(), 32);
    assert_eq!(RootKey::from_file(&path).unwrap().id(), key.id());

    let before = fs::read(&path).unwrap();
    let again = RootKey::make(&mut rng(2)).write_new_file(&path);
    assert!(matches!(again, Err(RootKeyError::Exists { .. })));
    assert_eq!(fs::read(&path).unwrap(), before);
    let nowhere = key.write_new_file(folder.path().join("none/root.key"));
    assert!(matches!(nowhere, Err(RootKeyError::Write { .. })));
}

#[test]
fn aut_13_missing_is_refused_and_nothing_is_made() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("root.key");
    assert!(matches!(RootKey::from_file(&path), Err(RootKeyError::Missing { .. })));
    assert!(!path.exists());
}

#[test]
fn aut_13_links_and_folders_are_refused() {
    let folder = TempDir::new().unwrap();
    let file = write(folder.path(), &KEY, 0o600);
    let link = folder.path().join("link");
    symlink(&file, &link).unwrap();
    for path in [link.as_path(), folder.path()] {
        assert!(matches!(RootKey::from_file(path), Err(RootKeyError::NotAFile { .. })), "{}", path.display());
    }
}

#[test]
fn aut_13_any_right_of_group_or_others_is_refused_with_the_command_that_mends_it() {
    let folder = TempDir::new().unwrap();
    let path = write(folder.path(), &KEY, 0o600);
    for bit in [0o040, 0o020, 0o010, 0o004, 0o002, 0o001] {
        set_mode(&path, 0o600 | bit);
        let refused = RootKey::from_file(&path).unwrap_err();
        assert!(matches!(refused, RootKeyError::OpenToOthers { mode, .. } if mode == 0o600 | bit));
        assert!(refused.to_string().contains(&format!("`chmod 600 '{}'`", path.display())), "{refused}");
    }
    set_mode(&path, 0o400);
    assert!(RootKey::from_file(&path).is_ok());
}

#[test]
fn aut_13_other_lengths_and_alphabets_are_refused() {
    let long = format!("{HEX}00");
    let spaced = format!(" {HEX}");
    let lines = format!("{HEX}\n\n");
    let no_hex = HEX.replace('3', "g");
    let no_base64 = BASE64.replace('+', "-");
    let unpadded = format!("{}A", &BASE64[..43]);
    for text in [&HEX[..62], &long, &spaced, &lines, &no_hex, &no_base64, &unpadded, "", "\n", "changeme"] {
        assert_eq!(weakness(text.as_bytes()), Weakness::Form, "{text:?}");
        let refused = RootKey::from_text(&Secret::new(text.to_owned())).unwrap_err();
        assert!(matches!(refused, RootKeyError::UnusableText { weakness: Weakness::Form }), "{text:?}");
    }
    for length in [0, 8, 16, 31, 33, 63, 65, 66, 67, 4096] {
        assert_eq!(weakness(&KEY.iter().copied().cycle().take(length).collect::<Vec<_>>()), Weakness::Form);
    }
}

#[test]
fn aut_13_weak_keys_are_refused_in_every_spelling() {
    let counting: Vec<u8> = (0..32).collect();
    let down: Vec<u8> = (0..32).rev().map(|byte| byte * 3).collect();
    let repeated: Vec<u8> = KEY[..16].repeat(2);
    let nearly: Vec<u8> = KEY[..13].iter().copied().cycle().take(32).collect();
    let mut few: Vec<u8> = vec![1; 32];
    few[5..11].copy_from_slice(&[2, 3, 4, 5, 6, 7]);
    for key in [vec![0; 32], vec![0xff; 32], counting, down, repeated, nearly, few] {
        let hex = hex(&key);
        assert_eq!(weakness(&key), Weakness::Pattern, "{hex}");
        assert_eq!(weakness(hex.as_bytes()), Weakness::Pattern, "{hex}");
    }
    assert_eq!(weakness(b"correct horse battery staple 123"), Weakness::Printable);
    assert_eq!(weakness(&HEX.as_bytes()[..32]), Weakness::Printable);
}

#[test]
fn random_keys_are_never_called_weak() {
    let mut rng = rng(3);
    let folder = TempDir::new().unwrap();
    for number in 0..200 {
        let path = folder.path().join(number.to_string());
        RootKey::make(&mut rng).write_new_file(&path).unwrap();
        assert!(RootKey::from_file(&path).is_ok());
    }
}

#[test]
fn aut_13_no_refusal_says_anything_about_the_bytes() {
    for content in ["cnry-root-key", "cnry-root-key-of-thirty-two-char"] {
        let refused = read(content.as_bytes()).unwrap_err();
        assert!(!format!("{refused} {refused:?}").contains("cnry"), "{refused}");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn weakness(content: &[u8]) -> Weakness {
    match read(content).unwrap_err() {
        RootKeyError::Unusable { weakness, .. } => weakness,
        other => panic!("{other}"),
    }
}

fn read(content: &[u8]) -> Result<RootKey, RootKeyError> {
    let folder = TempDir::new().unwrap();
    RootKey::from_file(write(folder.path(), content, 0o600))
}

fn write(folder: &Path, content: &[u8], mode: u32) -> PathBuf {
    let path = folder.join("root.key");
    fs::write(&path, content).unwrap();
    set_mode(&path, mode);
    path
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
