//! What a configuration error looks like from the outside.

use crate::process::{refusal, strongroom};
use crate::site::{SOUND, Site};

#[test]
fn an_error_names_file_and_line_and_never_the_value() {
    let canary = "0c0ffee0facade0c0ffee0facade0c0ffee0facade0c0ffee0facade0c0ffee0";
    let site = Site::new();
    site.configure(&SOUND.replace("root_key_file = \"root.key\"", &format!("root_key = \"{canary}\"")));
    let (code, text) = site.refusal();
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("strongroom.toml, line 6"), "{text}");
    let fix = "fix:   write one of `root_key_file`, `root_key_env`, `next_root_key_file` here";
    assert!(text.contains(fix), "{text}");
    assert!(!text.contains("c0ffee"), "{text}");
}

#[test]
fn a_file_that_is_not_there_is_a_usage_error() {
    let (code, text) = refusal(strongroom(&["serve", "--config", "/nowhere/strongroom.toml"]));
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("/nowhere/strongroom.toml"), "{text}");
}
