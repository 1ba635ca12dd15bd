//! What is understood, what is refused, and that no refusal repeats a value.

use std::net::SocketAddr;
use std::path::Path;

use super::*;

const LEAST: &str = "[store]\nfolder = \"data\"\n[keys]\nroot_key_file = \"root.key\"\n";

fn parse(text: &str) -> Config {
    Config::parse(text).unwrap_or_else(|fault| panic!("{fault:?}"))
}

/// The text of the error, in a file called `f`.
fn refusal(text: &str) -> String {
    Config::parse(text).unwrap_err().in_file(Path::new("f")).to_string()
}

#[test]
fn the_example_is_understood_and_its_comments_show_the_defaults() {
    let example = include_str!("../config.example.toml");
    let written = parse(example);
    assert_eq!(written.first_start.token_file.as_deref(), Some(Path::new("/etc/strongroom/first-token")));

    let shown = [
        "listen = \"127.0.0.1:7625\"",
        "plain_http",
        "forwarded_header",
        "format",
        "level",
        "check_seconds",
        "permit_seconds",
        "kept_hours",
    ];
    let mut uncommented = example.to_owned();
    for setting in shown {
        let before = uncommented.len();
        uncommented = uncommented.replacen(&format!("# {setting}"), setting, 1);
        assert_ne!(uncommented.len(), before, "{setting}");
    }
    assert_eq!(parse(&uncommented), written);
}

#[test]
fn ssr_10_ops_01_what_is_not_said_is_safe() {
    let config = parse(LEAST);
    assert_eq!(config.server, Server::default());
    assert_eq!((config.server.listen, config.server.plain_http), (DEFAULT_LISTEN, PlainHttp::LoopbackOnly));
    assert!(config.server.trusted_proxies.is_empty() && config.server.public_url.is_none());
    assert!(config.identity.issuers.is_empty());
    assert_eq!(config.egress, Egress::default());
    assert!(config.egress.allow.is_empty() && config.metrics.listen.is_none());
    assert_eq!(config.first_start.token_file, None);
}

#[test]
fn relative_paths_start_at_the_file() {
    let kinds = parse(&format!("{LEAST}[kinds]\nfolder = \"kinds\"\n")).below(Path::new("/etc/sr")).kinds;
    assert_eq!(kinds.folder.as_deref(), Some(Path::new("/etc/sr/kinds")));
    let more = "[egress]\nca_files = [\"ca.pem\", \"/etc/ca.pem\"]\n[first_start]\ntoken_file = \"t\"\n";
    let config = parse(&format!("{LEAST}{more}")).below(Path::new("/etc/sr"));
    assert_eq!(config.store.folder, Path::new("/etc/sr/data"));
    assert_eq!(config.keys.root_key, RootKeySource::File("/etc/sr/root.key".into()));
    assert_eq!(config.keys.next_root_key_file, None);
    let next = LEAST.replace("\"root.key\"\n", "\"root.key\"\nnext_root_key_file = \"new.key\"\n");
    let keys = parse(&next).below(Path::new("/etc/sr")).keys;
    assert_eq!(keys.next_root_key_file.as_deref(), Some(Path::new("/etc/sr/new.key")));
    assert_eq!(config.egress.ca_files, [Path::new("/etc/sr/ca.pem"), Path::new("/etc/ca.pem")]);
    assert_eq!(config.first_start.token_file.as_deref(), Some(Path::new("/etc/sr/t")));
}

#[test]
fn ops_01_plain_http_off_loopback_must_be_said() {
    let open = format!("{LEAST}[server]\nlisten = \"0.0.0.0:7625\"\n");
    assert!(refusal(&open).contains("plain_http = true"), "{}", refusal(&open));
    let said = parse(&format!("{open}plain_http = true\n"));
    assert_eq!(said.server.listen, SocketAddr::from(([0, 0, 0, 0], 7625)));
    for loopback in ["127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
        parse(&format!("{LEAST}[server]\nlisten = \"{loopback}\"\n"));
    }
}

#[test]
fn log_11_metrics_without_a_token_stay_on_loopback() {
    parse(&format!("{LEAST}[metrics]\nlisten = \"127.0.0.1:7626\"\n"));
    let refused = refusal(&format!("{LEAST}[metrics]\nlisten = \"0.0.0.0:7626\"\n"));
    assert!(refused.starts_with("f, line 6: write a loopback address"), "{refused}");
}

#[test]
fn refusals_name_the_line_and_what_to_write() {
    let cases = [
        ("[sever]\n", 5, "one of `server`, `store`"),
        ("[store]\n", 5, "`name = value`"),
        ("[server]\nlisten = 7625\n", 6, "a string"),
        ("[server]\nlisten = \"localhost\"\n", 6, "an address and a port"),
        ("[server]\n\n# a remark\nplain_http = \"yes\"\n", 8, "a boolean"),
        ("[egress]\nallow = [\"10.1.2.3/8\"]\n", 6, "by their first address and length"),
        ("[egress]\nallow = \"10.0.0.0/8\"\n", 6, "a sequence"),
        ("[log]\nformat = \"xml\"\n", 6, "`json` or `text`"),
        ("[log]\nlevel = \"loud\"\n", 6, "\"warn\""),
        ("[limits]\ncheck_seconds = 0\n", 6, "from 1 to 60"),
        ("[limits]\ncheck_seconds = 5\npermit_seconds = 61\n", 7, "from 1 to 60"),
        ("[kinds]\nfolder = 1\n", 6, "path string"),
        ("[kinds]\nfile = \"a.toml\"\n", 6, "`folder`"),
        ("[events]\nkept_hours = 0\n", 6, "from 1 to 8760"),
        ("[server]\npublic_url = \"http://a.example\"\n", 6, "without path"),
        ("[server]\npublic_url = \"https://a.example/x\"\n", 6, "without path"),
        ("[server]\ntrusted_proxies = [\"10.1.2.3/8\"]\n", 6, "by their first address and length"),
        ("[server]\nforwarded_header = \"x-real-ip\"\n", 6, "`x-forwarded-for` or `forwarded`"),
        ("[server\n", 5, "`]`"),
    ];
    for (lines, line, instead) in cases {
        let text = refusal(&format!("{LEAST}{lines}"));
        assert!(text.starts_with(&format!("f, line {line}: write ")), "{lines}: {text}");
        assert!(text.contains(instead), "{lines}: {text}");
    }
}

#[test]
fn what_is_missing_is_named() {
    assert_eq!(refusal(""), "f: write the section `store` as well; it has no default");
    assert!(refusal("[store]\nfolder = \"d\"\n").contains("the section `keys`"));
    assert!(refusal("[store]\n[keys]\nroot_key_env = \"A\"\n").contains("the setting `folder`"));
}

#[test]
fn the_root_key_has_one_source() {
    let store = "[store]\nfolder = \"d\"\n";
    for keys in ["", "root_key_file = \"a\"\nroot_key_env = \"B\"\n"] {
        let text = refusal(&format!("{store}[keys]\n{keys}"));
        assert!(text.starts_with("f, line 3: write either `root_key_file"), "{text}");
    }
    let from = parse(&format!("{store}[keys]\nroot_key_env = \"STRONGROOM_ROOT_KEY\"\n")).keys;
    assert_eq!(from.root_key, RootKeySource::Environment("STRONGROOM_ROOT_KEY".to_owned()));
}

#[test]
fn no_refusal_repeats_a_value() {
    let canary = "7c0ffee5ecre7f00d7c0ffee5ecre7f00d7c0ffee5ecre7f00d7c0ffee5ecre7";
    let keys = "[store]\nfolder = \"d\"\n[keys]\n";
    let texts = [
        format!("{keys}root_key_env = \"{canary}\"\n"),
        format!("{keys}root_key = \"{canary}\"\n"),
        format!("{keys}root_key_file = {canary}\n"),
        format!("{keys}root_key_file = \"{canary}\n"),
        format!("{keys}{canary}\n"),
        format!("{keys}{canary} = 1\n"),
        format!("{LEAST}[{canary}]\n"),
        format!("{LEAST}[log]\nformat = \"{canary}\"\n"),
        format!("{LEAST}[log]\nformat = \", expected {canary}\"\n"),
        format!("{LEAST}[log]\nformat = [\"{canary}\"]\n"),
        format!("{LEAST}[log]\nlevel = \"{canary}\"\n"),
        format!("{LEAST}[server]\nlisten = \"{canary}\"\n"),
        format!("{LEAST}[server]\nplain_http = \"write {canary}\"\n"),
        format!("{LEAST}[egress]\nallow = [\"{canary}\"]\n"),
        format!("{LEAST}[limits]\ncheck_seconds = \"{canary}\"\n"),
        format!("{LEAST}[server]\nlisten = \"\\{canary}\"\n"),
    ];
    for text in texts {
        let error = Config::parse(&text).unwrap_err().in_file(Path::new("f"));
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("5ecre7"), "{shown}");
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Config::load(Path::new("/nowhere/strongroom.toml")).unwrap_err();
    assert_eq!(error.to_string(), "cannot read the configuration file /nowhere/strongroom.toml");
}

#[test]
fn each_dialect_has_one_place() {
    assert_eq!(parse(LEAST).dialects.dx, DialectPlace::Prefix("/dx".to_owned()));
    let lines = "[dialects.flowise]\nhost = \"Flowise.Example\"\n[dialects.zstack]\nlisten = \"127.0.0.1:7630\"\n\
        [dialects.dx]\noff = true\n[dialects.superai]\nprefix = \"/a/b-c\"\n";
    let dialects = parse(&format!("{LEAST}{lines}")).dialects;
    assert_eq!(dialects.flowise, DialectPlace::Host("flowise.example".to_owned()));
    assert_eq!(dialects.zstack, DialectPlace::Listen(SocketAddr::from(([127, 0, 0, 1], 7630))));
    assert_eq!(
        (dialects.dx, dialects.superai),
        (DialectPlace::Off, DialectPlace::Prefix("/a/b-c".to_owned()))
    );
    let refused = [
        "prefix = \"dx\"",
        "prefix = \"/\"",
        "prefix = \"/dx/\"",
        "prefix = \"/v1\"",
        "prefix = \"/v1/dx\"",
        "prefix = \"/healthz\"",
        "prefix = \"/{a}\"",
        "prefix = \"/a b\"",
        "host = \"a.example:80\"",
        "host = \"127.1\"",
        "listen = \"7630\"",
        "off = false",
        "prefix = \"/a\"\nhost = \"a.example\"",
        "",
    ];
    for line in refused {
        let text = refusal(&format!("{LEAST}[dialects.dx]\n{line}\n"));
        assert!(text.contains("write "), "{line}: {text}");
    }
}

#[test]
fn flowise_and_zstack_do_not_share_a_place() {
    for place in ["prefix = \"/x\"", "host = \"x.example\"", "listen = \"127.0.0.1:7630\""] {
        let both = format!("{LEAST}[dialects.flowise]\n{place}\n[dialects.zstack]\n{place}\n");
        let text = refusal(&both);
        assert!(text.contains("[dialects.flowise] and [dialects.zstack]"), "{text}");
        assert!(text.contains("the same methods and paths"), "{text}");
    }
    let nested = "[dialects.dx]\nprefix = \"/x\"\n[dialects.superai]\nprefix = \"/x/y\"\n";
    assert!(refusal(&format!("{LEAST}{nested}")).contains("[dialects.superai] and [dialects.dx]"));
    parse(&format!("{LEAST}[dialects.dx]\nprefix = \"/x\"\n[dialects.superai]\nprefix = \"/xy\"\n"));
    parse(&format!(
        "{LEAST}[dialects.dx]\nlisten = \"127.0.0.1:0\"\n[dialects.zstack]\nlisten = \"127.0.0.1:0\"\n"
    ));
}

#[test]
fn a_dialects_own_address_is_not_the_servers() {
    for (section, address) in [("server", "127.0.0.1:7625"), ("metrics", "127.0.0.1:7626")] {
        let own = format!("[{section}]\nlisten = \"{address}\"\n");
        let text = refusal(&format!("{LEAST}{own}[dialects.dx]\nlisten = \"{address}\"\n"));
        assert!(text.contains("[dialects.dx]") && text.contains(&format!("[{section}]")), "{text}");
    }
}

#[test]
fn ops_01_a_dialects_own_address_is_no_way_around_tls() {
    let open = format!("{LEAST}[dialects.dx]\nlisten = \"0.0.0.0:7630\"\n");
    assert!(refusal(&open).contains("[dialects.dx]"), "{}", refusal(&open));
    parse(&format!("{open}[server]\nplain_http = true\n"));
}

const ISSUER: &str = "[[identity.issuers]]\nurl = \"https://id.example.com\"\n";

const ORGANIZATION: &str = "org_01a228aecca3737091e302355ee354b6";

#[test]
fn an_issuer_is_understood() {
    let text = format!(
        "{LEAST}{ISSUER}kinds = [\"people\", \"workloads\"]\nclient_id = \"sr\"\nclient_secret_file = \"s\"\n\
         audiences = [\"api\"]\njwks_file = \"k.json\"\norganizations = [\"{ORGANIZATION}\"]\n"
    );
    let config = parse(&text).below(Path::new("/etc/sr"));
    let issuer = &config.identity.issuers[0];
    assert_eq!(issuer.url.as_str(), "https://id.example.com");
    assert_eq!(issuer.algorithms, strongroom_domain::identity::Algorithm::USUAL);
    assert_eq!(issuer.client_secret, Some(ClientSecret::File("/etc/sr/s".into())));
    assert_eq!(issuer.jwks_file.as_deref(), Some(Path::new("/etc/sr/k.json")));
    assert_eq!(issuer.leeway.as_secs(), 30);
    let organizations: Vec<String> = issuer.organizations.iter().map(ToString::to_string).collect();
    assert_eq!(organizations, [ORGANIZATION]);
}

#[test]
fn aut_15_an_issuer_that_proves_nothing_is_refused() {
    let people = "kinds = [\"people\"]\nclient_id = \"cnry\"\n";
    let cases = [
        ("kinds = []\n".to_owned(), "`kinds = [\"people\"]`"),
        ("kinds = [\"people\"]\n".to_owned(), "`client_id`"),
        ("kinds = [\"workloads\"]\n".to_owned(), "`audiences"),
        ("kinds = [\"workloads\"]\naudiences = [\"\"]\n".to_owned(), "`audiences"),
        (format!("{people}audiences = [\"cnry\"]\n"), "`audiences"),
        (format!("{people}client_secret = \"cnry\"\nclient_secret_file = \"cnry\"\n"), "and not both"),
        (format!("{people}algorithms = [\"none\"]\n"), "\"EdDSA\""),
        (format!("{people}algorithms = [\"HS256\"]\n"), "\"EdDSA\""),
        (format!("{people}algorithms = []\n"), "\"EdDSA\""),
        (format!("{people}leeway_seconds = 301\n"), "from 0 to 300"),
        (format!("{people}organizations = []\n"), "ids of organizations"),
        (format!("{people}organizations = [\"cnry\"]\n"), "ids of organizations"),
        (format!("{people}{ISSUER}{people}"), "each issuer once"),
    ];
    for (lines, instead) in cases {
        let text = refusal(&format!("{LEAST}{ISSUER}{lines}"));
        assert!(text.contains(": write ") && text.contains(instead), "{lines}: {text}");
        assert!(!text.contains("cnry"), "{lines}: {text}");
    }
    let clear = refusal(&format!("{LEAST}[[identity.issuers]]\nurl = \"http://id.example.com\"\n{people}"));
    assert!(clear.contains("https, or http on this machine"), "{clear}");
}
