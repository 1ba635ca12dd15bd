//! CON-08: key files as people have them, made by the programs that people use.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use strongroom_connectors::Catalogue;
use strongroom_testkit::OpenSsh;
use strongroom_testkit::openssh::{HostKey, PublicKey, make_key};

use super::{ACCEPTED, by_key, by_key_at, by_password_at, check, faults, verdict};

const PASSPHRASE: &str = "päss phrase";

/// A folder for key files, and the programs that write them.
struct Workshop(tempfile::TempDir);

impl Workshop {
    fn open() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null()).stderr(Stdio::null());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{program} {arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What `ssh-keygen` makes with these arguments.
    fn keygen(&self, arguments: &[&str]) -> String {
        let _ = fs::remove_file(self.path("key"));
        self.run("ssh-keygen", &[&["-q", "-C", "test", "-f", "key"], arguments].concat());
        fs::read_to_string(self.path("key")).unwrap()
    }

    /// What `openssl` makes with these arguments, readable by nobody else, as `ssh-keygen` wants it.
    fn openssl(&self, arguments: &[&str]) -> String {
        let text = self.run("openssl", arguments);
        fs::write(self.path("key"), &text).unwrap();
        text
    }

    /// The public half of the key made last.
    fn public(&self, passphrase: &str) -> PublicKey {
        let path = self.path("key");
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        PublicKey(self.run("ssh-keygen", &["-y", "-P", passphrase, "-f", "key"]))
    }
}

/// Where the one fault is and what it says; none where there is none.
fn fault(private_key: &str, passphrase: Option<&str>) -> Option<(String, String)> {
    let faults = faults(&by_key_at(22, "bot", private_key, passphrase));
    assert!(faults.len() <= 1, "{faults:?}");
    let fault = faults.into_iter().next()?;
    assert!(!fault.message.contains("MII") && !fault.message.contains("b3Blbn"), "no part of it: {fault:?}");
    Some((fault.pointer, fault.message))
}

fn assert_fault(private_key: &str, passphrase: Option<&str>, pointer: &str, word: &str) {
    let (at, message) = fault(private_key, passphrase).unwrap_or_else(|| panic!("no fault: {word}"));
    assert_eq!(at, pointer, "{word}: {message}");
    assert!(message.contains(word), "{word}: {message}");
}

const KEY: &str = "/secrets/private_key";
const PASS: &str = "/secrets/passphrase";

#[tokio::test]
async fn con_08_plain_keys_of_every_format_log_in() {
    let (server, shop) = (OpenSsh::start(), Workshop::open());
    let makers: [&dyn Fn() -> String; 9] = [
        &|| shop.keygen(&["-N", "", "-t", "ed25519"]),
        &|| shop.keygen(&["-N", "", "-t", "ecdsa", "-b", "521"]),
        &|| shop.keygen(&["-N", "", "-t", "rsa", "-b", "2048"]),
        &|| shop.keygen(&["-N", "", "-t", "rsa", "-b", "2048", "-m", "PEM"]),
        &|| shop.keygen(&["-N", "", "-t", "rsa", "-b", "2048", "-m", "PKCS8"]),
        &|| shop.keygen(&["-N", "", "-t", "ecdsa", "-b", "384", "-m", "PEM"]),
        &|| shop.keygen(&["-N", "", "-t", "ecdsa", "-b", "256", "-m", "PKCS8"]),
        // With its parameters in a block of their own before it.
        &|| shop.openssl(&["ecparam", "-name", "prime256v1", "-genkey"]),
        &|| shop.openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"]),
    ];
    for (number, make) in makers.iter().enumerate() {
        let private = make();
        assert_eq!(fault(&private, None), None, "{number}");
        let user = server.add_user_with_key(&shop.public(""));
        let finding = check(&by_key(&server, &user, &private, None)).await;
        assert_eq!(verdict(&finding), ACCEPTED, "{number}: {finding:?}");
    }
}

#[tokio::test]
async fn con_08_encrypted_keys_of_every_format_log_in_with_their_passphrase() {
    let (server, shop) = (OpenSsh::start(), Workshop::open());
    let pass = format!("pass:{PASSPHRASE}");
    shop.run("openssl", &["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "plain"]);
    let makers: [&dyn Fn() -> String; 7] = [
        &|| shop.keygen(&["-N", PASSPHRASE, "-t", "ed25519"]),
        &|| shop.keygen(&["-N", PASSPHRASE, "-t", "ed25519", "-a", "40", "-Z", "aes256-gcm@openssh.com"]),
        &|| shop.keygen(&["-N", PASSPHRASE, "-t", "rsa", "-b", "2048"]),
        // Its encryption is of the last century; ssh-keygen writes it still.
        &|| shop.keygen(&["-N", PASSPHRASE, "-t", "rsa", "-b", "2048", "-m", "PEM"]),
        &|| shop.keygen(&["-N", PASSPHRASE, "-t", "ecdsa", "-m", "PKCS8"]),
        &|| shop.openssl(&["pkcs8", "-topk8", "-in", "plain", "-v2", "aes-256-cbc", "-passout", &pass]),
        &|| {
            let many = ["-iter", "20000", "-v2prf", "hmacWithSHA512"];
            shop.openssl(&[&["pkcs8", "-topk8", "-in", "plain", "-passout", &pass], &many[..]].concat())
        },
    ];
    for (number, make) in makers.iter().enumerate() {
        let private = make();
        assert_eq!(fault(&private, Some(PASSPHRASE)), None, "{number}");
        assert_fault(&private, None, PASS, "is required");
        assert_fault(&private, Some(""), PASS, "is required");
        assert_fault(&private, Some("wrong"), PASS, "does not decrypt");
        let user = server.add_user_with_key(&shop.public(PASSPHRASE));
        let finding = check(&by_key(&server, &user, &private, Some(PASSPHRASE))).await;
        assert_eq!(verdict(&finding), ACCEPTED, "{number}: {finding:?}");
    }
}

#[test]
fn con_08_what_editors_and_forms_do_is_forgiven() {
    let (private, _) = make_key(HostKey::Ed25519, "");
    for text in [
        private.replace('\n', "\r\n"),
        format!("\u{feff}{private}"),
        format!("\n\n  {private}\n \t\n"),
        private.trim_end().to_owned(),
        private.replace('\n', "  \n  "),
    ] {
        assert_eq!(fault(&text, None), None, "{text}");
    }
    assert_eq!(fault(&private, Some("not needed")), None);
}

#[test]
fn con_08_what_is_no_single_private_key_is_refused() {
    let shop = Workshop::open();
    let (private, public) = make_key(HostKey::Ed25519, "");
    let pkcs8 = shop.openssl(&["genpkey", "-algorithm", "ED25519"]);
    let lines: Vec<&str> = private.lines().collect();
    for (text, word) in [
        (format!("{private}{private}"), "more than one"),
        (format!("{private}{pkcs8}"), "more than one"),
        (format!("{private}trailing junk"), "outside"),
        (format!("Bag Attributes\n{private}"), "outside"),
        (lines[..3].join("\n"), "cut short"),
        (private.replace("END OPENSSH", "END RSA"), "damaged BEGIN or END"),
        (private.replacen("b3BlbnNz", "!!!!!!!!", 1), "cannot be read"),
        (public.0.clone(), "public key"),
        (shop.run("openssl", &["pkey", "-in", "key", "-pubout"]), "public key"),
        ("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none".to_owned(), "PuTTYgen"),
        ("---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nx\n---- END".to_owned(), "ssh-keygen -i"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----".to_owned(), "holds no private key"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----".to_owned(), "cannot be read"),
        ("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----".to_owned(), "cannot be read"),
        ("whatever".to_owned(), "outside"),
        (format!("-----BEGIN PRIVATE KEY-----\n{}", "A".repeat(20_000)), "longer"),
    ] {
        assert_fault(&text, None, KEY, word);
    }
}

#[test]
fn con_08_weak_keys_are_refused() {
    let shop = Workshop::open();
    for arguments in [
        ["-N", "", "-t", "rsa", "-b", "1024", "-m", "RFC4716"],
        ["-N", "", "-t", "rsa", "-b", "1024", "-m", "PEM"],
        ["-N", "", "-t", "rsa", "-b", "1024", "-m", "PKCS8"],
        ["-N", PASSPHRASE, "-t", "rsa", "-b", "1024", "-m", "RFC4716"],
    ] {
        let private = shop.keygen(&arguments);
        assert_fault(&private, None, KEY, "2,048");
    }
    let private = shop.keygen(&["-N", "", "-t", "dsa"]);
    assert_fault(&private, None, KEY, "DSA");
}

/// The bytes of an OpenSSH key, changed.
fn edited(private: &str, edit: impl FnOnce(&mut Vec<u8>)) -> String {
    let base64: String = private.lines().filter(|line| !line.starts_with("-----")).collect();
    let mut bytes = STANDARD.decode(base64).unwrap();
    edit(&mut bytes);
    let base64 = STANDARD.encode(bytes);
    format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{base64}\n-----END OPENSSH PRIVATE KEY-----\n")
}

fn position(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).position(|window| window == part).unwrap()
}

#[test]
fn con_08_work_is_bounded_before_it_is_done() {
    let shop = Workshop::open();
    let (private, _) = make_key(HostKey::Ed25519, PASSPHRASE);
    for rounds in [0, 257, 100_000, u32::MAX] {
        let text = edited(&private, |bytes| {
            // "bcrypt", the options' length, the salt's length and 16 bytes of salt come before the rounds.
            let at = position(bytes, b"bcrypt") + 6 + 4 + 4 + 16;
            bytes[at..at + 4].copy_from_slice(&rounds.to_be_bytes());
        });
        assert_fault(&text, Some(PASSPHRASE), KEY, "more work");
    }
    shop.run("openssl", &["genpkey", "-algorithm", "ED25519", "-out", "plain"]);
    let convert = ["pkcs8", "-topk8", "-in", "plain", "-passout", "pass:x"];
    let iterations = shop.openssl(&[&convert[..], &["-iter", "1000001"]].concat());
    assert_fault(&iterations, Some("x"), KEY, "more work");
    let scrypt = shop.openssl(&[&convert[..], &["-scrypt"]].concat());
    assert_fault(&scrypt, Some("x"), KEY, "not supported");
    let old =
        shop.openssl(&["ec", "-in", ec_key(&shop).to_str().unwrap(), "-aes128", "-passout", "pass:xxxx"]);
    assert_fault(&old, Some("xxxx"), KEY, "old way");
}

fn ec_key(shop: &Workshop) -> PathBuf {
    let file: &Path = &shop.path("ec");
    shop.run(
        "openssl",
        &["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", file.to_str().unwrap()],
    );
    file.to_owned()
}

#[test]
fn con_08_halves_that_do_not_belong_together_are_refused() {
    let (private, _) = make_key(HostKey::Ed25519, "");
    // The public half stands three times: for everyone, and twice in the private part.
    let text = edited(&private, |bytes| {
        let label = b"\0\0\0\x0bssh-ed25519\0\0\0\x20";
        let first = position(bytes, label) + label.len();
        let public = bytes[first..first + 32].to_vec();
        while let Some(at) = bytes.windows(32).position(|window| window == public) {
            bytes[at] ^= 1;
        }
    });
    let (at, _) = fault(&text, None).unwrap();
    assert_eq!(at, KEY);
}

/// Parsers follow certificates within certificates without end; ours must not get there.
#[test]
fn inp_18_a_key_of_nested_certificates_is_refused() {
    let string = |bytes: &[u8]| [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat();
    let mut inner = [string(b"a@b"), string(b"")].concat();
    for _ in 0..60 {
        inner = [
            string(b"a-cert-v01@x"),
            string(b""),
            string(b""),
            vec![0; 8],
            vec![0, 0, 0, 1],
            string(b""),
            string(b""),
            vec![0; 8],
            vec![0xff; 8],
            string(b""),
            string(b""),
            string(b""),
            string(&inner),
            string(&[string(b"a@b"), string(b"x")].concat()),
        ]
        .concat();
    }
    let bytes = [
        b"openssh-key-v1\0".to_vec(),
        string(b"none"),
        string(b"none"),
        string(b""),
        vec![0, 0, 0, 1],
        string(&inner),
        string(&[0; 64]),
    ]
    .concat();
    let base64 = STANDARD.encode(bytes);
    let text = format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{base64}\n-----END OPENSSH PRIVATE KEY-----\n");
    assert_fault(&text, None, KEY, "cannot be read");
}

/// bcrypt of 200 rounds takes more than a second here: on the thread that asks, nothing else would happen.
#[tokio::test]
async fn con_08_a_key_is_decrypted_beside_other_work() {
    let private_key = Workshop::open().keygen(&["-t", "ed25519", "-N", PASSPHRASE, "-a", "200"]);
    let candidate = by_key_at(22, "bot", &private_key, Some(PASSPHRASE));
    let catalogue = Catalogue::built_in();
    let sftp = catalogue.connector("sftp").unwrap();
    assert!(sftp.takes_work(&candidate), "it waits its turn");
    let began = tokio::time::Instant::now();
    assert_eq!(sftp.examine(&candidate), []);
    let quick = began.elapsed();
    let mut ticks = 0;
    let faults = {
        let examining = sftp.examine_deeply(&candidate);
        tokio::pin!(examining);
        loop {
            tokio::select! {
                faults = &mut examining => break faults,
                () = tokio::time::sleep(Duration::from_millis(1)) => ticks += 1,
            }
        }
    };
    let whole = began.elapsed();
    println!("read in {quick:?}, decrypted in {whole:?}, {ticks} ticks meanwhile");
    assert_eq!(faults, []);
    assert!(ticks > 10, "this thread went on: {ticks}");
    assert!(quick < whole / 4, "reading does no work: {quick:?} of {whole:?}");
}

#[test]
fn plain_keys_and_passwords_take_no_turn() {
    let catalogue = Catalogue::built_in();
    let sftp = catalogue.connector("sftp").unwrap();
    let (private_key, _) = make_key(HostKey::Ed25519, "");
    assert!(!sftp.takes_work(&by_key_at(22, "bot", &private_key, None)));
    assert!(!sftp.takes_work(&by_password_at(22, "bot", "x")));
}
