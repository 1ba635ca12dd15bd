//! Which lines of `known_hosts` speak of a host and port (sshd(8), the format of that file).
//!
//! The only place that reads the names before a key. Must never take a line for a host that it does not name.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use strongroom_egress::Target;

const DEFAULT_PORT: u16 = 22;

/// Whether names, patterns or a hash of one stand for this host at this port. As OpenSSH writes them: a port
/// other than 22 stands with the host in brackets, `[host]:port`.
pub(super) fn speak_of(names: &str, target: &Target) -> bool {
    let spellings = spellings(target);
    let stands_for = |pattern: &str| spellings.iter().any(|name| fits(pattern, name));
    if let Some(hash) = names.strip_prefix("|1|") {
        return spellings.iter().any(|name| is_hash_of(hash, name));
    }
    let is_refused = names.split(',').filter_map(|name| name.strip_prefix('!')).any(stands_for);
    !is_refused && names.split(',').any(stands_for)
}

fn spellings(target: &Target) -> Vec<String> {
    let bracketed = format!("[{}]:{}", target.host, target.port);
    if target.port == DEFAULT_PORT { vec![target.host.to_string(), bracketed] } else { vec![bracketed] }
}

/// `*` stands for any letters, `?` for one.
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_ascii_lowercase(), name.as_bytes());
    let pattern = pattern.as_bytes();
    let (mut at, mut from) = (0, 0);
    // Where the last `*` stands, and how far it reaches so far.
    let mut star: Option<(usize, usize)> = None;
    while from < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(letter) if *letter == b'?' || *letter == name[from] => (at, from) = (at + 1, from + 1),
            _ => {
                let Some((star_at, reach)) = star else { return false };
                star = Some((star_at, reach + 1));
                (at, from) = (star_at + 1, reach + 1);
            }
        }
    }
    pattern[at..].iter().all(|letter| *letter == b'*')
}

/// `salt|hash`, both base64: an HMAC-SHA1 of the name, made to hide it and not to prove it.
fn is_hash_of(hash: &str, name: &str) -> bool {
    let Some((salt, hash)) = hash.split_once('|') else { return false };
    let (Ok(salt), Ok(hash)) = (STANDARD.decode(salt), STANDARD.decode(hash)) else { return false };
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &salt);
    hmac::verify(&key, name.as_bytes(), &hash).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(host: &str, port: u16) -> Target {
        Target { host: host.parse().unwrap(), port }
    }

    #[test]
    fn con_05_names_of_known_hosts_stand_for_their_host_and_port() {
        let hash = "|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|";
        for (names, host, port) in [
            ("sftp.example.com,192.0.2.1", "sftp.example.com", 22),
            ("other.example,192.0.2.1", "192.0.2.1", 22),
            ("SFTP.example.COM", "sftp.example.com", 22),
            ("[sftp.example.com]:22", "sftp.example.com", 22),
            ("[sftp.example.com]:2222", "sftp.example.com", 2222),
            ("[127.0.0.1]:7722,[::1]:7722", "127.0.0.1", 7722),
            ("*.example.com,!bad.example.com", "sftp.example.com", 22),
            ("s?tp.*.c*m", "sftp.example.com", 22),
            (&format!("{hash}rjcqWim8+1bKArwXfH7PtaYOiEc="), "sftp.example.com", 22),
            (&format!("{hash}eJDskyKJiZkxEff6mFOb5G/cml8="), "sftp.example.com", 2222),
        ] {
            assert!(speak_of(names, &target(host, port)), "{names}");
        }
        for (names, host, port) in [
            ("other.example", "127.0.0.1", 7722),
            ("127.0.0.1", "127.0.0.1", 7722),
            ("[127.0.0.1]:9999", "127.0.0.1", 7722),
            ("[127.0.0.1]:7722", "127.0.0.1", 22),
            ("!127.0.0.1", "127.0.0.1", 22),
            ("*,!127.0.0.1", "127.0.0.1", 22),
            ("!*,127.0.0.1", "127.0.0.1", 22),
            ("*.example.com", "example.com", 22),
            ("s?tp.example.com", "stp.example.com", 22),
            ("", "example.com", 22),
            (&format!("{hash}rjcqWim8+1bKArwXfH7PtaYOiEc="), "sftp.example.com", 2222),
            (&format!("{hash}rjcqWim8+1bKArwXfH7PtaYOiEc="), "other.example.com", 22),
            ("|1|not base64|either", "other.example.com", 22),
        ] {
            assert!(!speak_of(names, &target(host, port)), "{names}");
        }
    }
}
