//! Kind files: those of the product, and those that an operator may and may not add.

use std::collections::BTreeSet;
use std::fs;

use strongroom_connectors::Catalogue;

use crate::probing::{catalogue_folder, catalogue_with, kind_files};

const GOOD: &str = r#"name = "acme"
title = "Acme"
description = "A key of Acme."
documentation = "https://acme.example/docs"
icon = "acme"
check = "documented"
methods = [{ name = "key", title = "Key" }]

[[fields]]
name = "region"
title = "Region"
marks = ["target"]
choices = ["eu", "us"]
default = "eu"

[[fields]]
name = "api_key"
title = "Key"
marks = ["required", "secret", "identity"]

[probe]
method = "GET"
base = "https://api.acme.example"
path = "/v1/{region}/me"
headers = { x-key = "{api_key}" }
answers = [
  { status = [200], has = ["/id"], means = "accepted" },
  { status = [401], means = "auth_failed" },
]

[evidence]
account = ["/id"]
"#;

/// Has the caller state the statuses.
const STATED: (&str, &str) =
    ("[probe]", "[[fields]]\nname = \"statuses\"\ntitle = \"S\"\ndefault = \"200\"\n\n[probe]");

/// What the file is told after these replacements.
fn told(edits: &[(&str, &str)]) -> String {
    let mut text = GOOD.to_owned();
    for (old, new) in edits {
        assert!(text.contains(old), "{old}");
        text = text.replacen(old, new, 1);
    }
    catalogue_with(&text).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn every_file_of_the_folder_is_a_kind() {
    let catalogue = Catalogue::built_in();
    for (name, text) in kind_files() {
        let kind = catalogue.kind(&name).unwrap_or_else(|| {
            panic!("catalogue/{name}.toml has the name of its kind, and is compiled in: touch src/kindfile/sources.rs")
        });
        assert!(text.lines().count() <= 60, "{name}: at most 60 lines");
        assert!(
            text.lines().all(|line| line.chars().count() <= 120),
            "{name}: at most 120 characters a line"
        );
        assert!(catalogue.connector(&name).is_some() && catalogue.icon(&name).is_some(), "{name}");
        let fields: Vec<&str> = kind
            .fields
            .iter()
            .chain(kind.methods.iter().flat_map(|method| &method.fields))
            .map(|field| field.name.as_str())
            .collect();
        assert_eq!(fields.len(), fields.iter().collect::<BTreeSet<_>>().len(), "{name}: {fields:?}");
    }
    let bundled: BTreeSet<String> = kind_files().into_iter().map(|(name, _)| name).collect();
    let named = [
        "http_api_key",
        "http_bearer",
        "http_basic",
        "openai",
        "anthropic",
        "github",
        "gitlab",
        "jira_cloud",
        "slack",
        "stripe",
        "jira_data_center",
        "bitbucket",
        "bitbucket_data_center",
        "azure_devops",
        "sonarcloud",
        "sonarqube",
        "linear",
        "pagerduty",
        "circleci",
        "cursor",
        "devin",
        "buildkite",
        "snyk",
    ];
    assert!(named.iter().all(|name| bundled.contains(*name)));
}

#[test]
fn the_schema_of_each_kind_can_be_shown() {
    let catalogue = Catalogue::built_in();
    for (name, _) in kind_files() {
        let schema = strongroom_connectors::schema::of(catalogue.kind(&name).unwrap());
        assert!(schema["oneOf"][0]["properties"]["secrets"]["required"].is_array(), "{name}");
    }
}

#[test]
fn an_operators_file_adds_a_kind() {
    let catalogue = catalogue_with(GOOD).unwrap();
    assert_eq!(catalogue.kind("acme").unwrap().title, "Acme");
    assert!(catalogue.connector("acme").is_some());
    assert!(catalogue.icon("acme").unwrap().as_svg().contains(">Ac<"), "a monogram");
    let added: Vec<&str> = catalogue.added().map(|(name, _)| name).collect();
    assert_eq!(added, ["acme"]);
    assert!(catalogue.kind("postgresql").is_some());
}

#[test]
fn con_19_errors_name_the_file_the_key_and_the_remedy() {
    for (edits, key, remedy) in [
        (&[("name = \"acme\"", "name = \"Ac me\"")][..], "name:", "lower-case"),
        (&[("path = ", "paht = ")], "line 24", "unknown field `paht`"),
        (&[("method = \"GET\"\n", "")], "line ", "missing field `method`"),
        (&[("title = \"Acme\"", "title = ")], "line 2", ""),
        (&[("/v1/{region}/me", "/v1/{zone}/me")], "probe.path", "`zone`, which is not declared"),
        (&[("/v1/{region}/me", "/v1/{region/me")], "probe.path", "braces"),
        (&[("/v1/{region}/me", "/v1/{{region}}")], "probe.path", "braces"),
        (&[("/v1/{region}/me", "/v1/{api_key}")], "probe.path", "`secret_in_url`"),
        (&[("/v1/{region}/me", "/../me")], "probe.path", "plain"),
        (&[("/v1/{region}/me", "//evil.example/me")], "probe.path", "plain"),
        (&[("/v1/{region}/me", "/me?key=1")], "probe.path", "table of its own"),
        (
            &[("headers = {", "query = { k = \"{api_key}\" }\nheaders = {")],
            "probe.query.k",
            "`secret_in_url`",
        ),
        (&[("headers = {", "secret_in_url = \" \"\nheaders = {")], "probe.secret_in_url", "reason"),
        (&[("https://api.acme", "http://api.acme")], "probe.base", "https"),
        (&[("https://api.acme", "https://u:p@api.acme")], "probe.base", "without user"),
        (&[("https://api.acme.example", "{region}")], "probe.base", "`url`"),
        (&[("https://api.acme.example", "{api_key}")], "probe.base", "must not be secret"),
        (&[("method = \"GET\"", "method = \"DELETE\"")], "probe.method", "GET, HEAD or POST"),
        (&[("method = \"GET\"", "method = \"POST\"")], "probe.read_only", "changes nothing"),
        (&[("method = \"GET\"", "method = \"{region}\"")], "probe.method", "GET and HEAD"),
        (&[("x-key = ", "host = ")], "probe.headers.host", "frames or addresses"),
        (&[("x-key = ", "user-agent = ")], "probe.headers.user-agent", "every check sets"),
        (
            &[("x-key = \"{api_key}\"", "X-Key = \"{api_key}\", x-key = \"{api_key}\"")],
            "probe.headers.x-key",
            "sent twice",
        ),
        (
            &[(
                "headers = { x-key =",
                "basic = { user = \"{api_key}\", password = \"\" }\nheaders = { Authorization =",
            )],
            "probe.headers.authorization",
            "sent twice",
        ),
        (&[("x-key = ", "\"x key\" = ")], "probe.headers.x key", "must be a header"),
        (&[("\"{api_key}\" }", "\"a\\r\\nb {api_key}\" }")], "probe.headers.x-key", "printable"),
        (&[("\"{api_key}\" }", "\"{region}\" }")], "probe:", "proves nothing"),
        (&[("[\"required\", \"secret\"", "[\"secret\"")], "probe:", "proves nothing"),
        (&[("default = \"eu\"", "default = \"mars\"")], "fields.region.default", "would take"),
        (&[("choices = [\"eu\", \"us\"]", "type = \"blob\"")], "line ", "unknown variant `blob`"),
        (&[("choices = [\"eu\", \"us\"]", "method = \"token\"")], "fields.region.method", "one of `methods`"),
        (&[("name = \"region\"", "name = \"api_key\"")], "fields.api_key.name", "twice"),
        (
            &[("title = \"Key\"\nmarks", "title = \"Key\"\ndefault = \"x\"\nmarks")],
            "fields.api_key.default",
            "public",
        ),
        (
            &[("\"secret\", \"identity\"", "\"secret\", \"target\"")],
            "fields.api_key.marks",
            "no secret itself",
        ),
        (&[("[\"target\"]", "[\"place\"]")], "fields.region.marks", "part of an identity"),
        (&[("\"identity\"]", "\"identity\", \"place\"]")], "fields.api_key.marks", "public part"),
        (&[("[200], has = [\"/id\"]", "[200]")], "probe.answers[0]", "a proof"),
        (&[("[200], has", "[200, 404], has")], "probe.answers[0]", "200 to 299"),
        (&[("[200], has", "[302], has")], "probe.answers[0].status", "200 to 299"),
        (&[("[200], has", "\"{region}\", has")], "probe.answers[0]", "html = false"),
        (&[("[401]", "[500]")], "probe.answers[1]", "never the key's fault"),
        (&[("[401]", "[429]")], "probe.answers[1]", "never the key's fault"),
        (&[("[401]", "[404]")], "probe.answers[1]", "refuse by themselves"),
        (&[("\"auth_failed\"", "\"expired\"")], "probe.answers", "`auth_failed`"),
        (&[("has = [\"/id\"]", "equals = { x-a = 1 }")], "probe.answers[0].equals", "in quotes"),
        (&[("has = [\"/id\"]", "has = [\"a b\"]")], "probe.answers[0].has", "JSON pointer"),
        (&[("account = [\"/id\"]", "account = [\"{api_key}\"]")], "evidence.account", "must not be secret"),
        (&[("account = [\"/id\"]", "facts = { account = \"/id\" }")], "evidence.facts", "of their own"),
        (&[("documentation = \"https:", "documentation = \"file:")], "documentation", "https://"),
    ] {
        let told = told(edits);
        assert!(
            told.contains("kind.toml") && told.contains(key) && told.contains(remedy),
            "{edits:?}: {told}"
        );
    }
}

/// What a control, a restricted key and kin scopes may not claim.
#[test]
fn con_18_no_row_claims_more_than_its_answer_shows() {
    type Row<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);
    let rows: [Row<'_>; 7] = [
        (
            &[STATED, ("[200], has = [\"/id\"]", "\"{statuses}\", html = false")],
            "probe.control",
            "without_secrets",
        ),
        (
            &[
                ("[probe]\n", "[probe]\ncontrol = \"without_secrets\"\nsecret_in_url = \"so\"\n"),
                ("{region}/me", "{api_key}"),
            ],
            "probe.control",
            "holds the secret",
        ),
        (
            &[(
                "\"accepted\" },",
                "\"accepted\" },\n  { status = [403], has = [\"/a\"], means = \"accepted_restricted\" },",
            )],
            "probe.answers[1]",
            "own word",
        ),
        (
            &[(
                "\"accepted\" },",
                "\"accepted\" },\n  { status = [404], equals = { \"/a\" = 1 }, means = \"accepted_restricted\" },",
            )],
            "probe.answers[1]",
            "401 or 403",
        ),
        (
            &[("account = [\"/id\"]", "account = [\"/id\"]\n[scopes.implies]\na = [\"b\"]")],
            "scopes.implies",
            "evidence has `scopes`",
        ),
        (
            &[("account = [\"/id\"]", "scopes = \"/s\"\n[scopes.implies]\na = [\"a\"]")],
            "scopes.implies",
            "must name others",
        ),
        (
            &[("account = [\"/id\"]", "scopes = \"/s\"\n[scopes.implies]\na = []")],
            "scopes.implies",
            "must name others",
        ),
    ];
    for (edits, key, remedy) in rows {
        let told = told(edits);
        assert!(
            told.contains("kind.toml") && told.contains(key) && told.contains(remedy),
            "{edits:?}: {told}"
        );
    }
}

/// CON-15: what is sent as a query changes nothing, whatever the file calls it.
#[test]
fn con_15_a_graphql_check_is_one_query() {
    let with =
        |query: &str| told(&[("method = \"GET\"", &format!("method = \"POST\"\ngraphql = '''{query}'''"))]);
    for query in ["{ me { id } }", "query { me { id } }", "query\n{ me }\n"] {
        assert_eq!(with(query), "", "{query}");
    }
    for query in [
        "mutation { drop { id } }",
        "subscription { me { id } }",
        "{ me { id } } mutation { drop { id } }",
        "query { me } { me }",
        "query { me",
        "query me }",
        "query A($x: ID) { me(id: $x) }",
        "{ me(name: \"}\") }",
        "# { \n mutation { drop }",
        "",
    ] {
        assert!(with(query).contains("probe.graphql"), "{query}");
    }
    assert!(told(&[("method = \"GET\"", "method = \"GET\"\ngraphql = \"{ me }\"")]).contains("is for POST"));
    let both = "method = \"POST\"\ngraphql = \"{ me }\"\njson = { a = 1 }";
    assert!(told(&[("method = \"GET\"", both)]).contains("not beside it"));
}

#[test]
fn con_19_patterns_are_small_and_linear() {
    let with = |pattern: &str| {
        told(&[("title = \"Key\"\nmarks", &format!("title = \"Key\"\npattern = '{pattern}'\nmarks"))])
    };
    assert_eq!(with("[a-z]{3,40}"), "");
    // A default is held to the whole pattern as well.
    let plan = |default: &str| {
        let field = format!(
            "[[fields]]\nname = \"plan\"\ntitle = \"Plan\"\npattern = 'dev|development'\ndefault = \"{default}\"\n\n[probe]\n"
        );
        told(&[("[probe]\n", &field)])
    };
    assert_eq!(plan("development"), "");
    assert!(plan("develop").contains("fields.plan.default"));
    for pattern in ["(a{1000}){1000}", "(?=a)b", "(a)\\1", "(", &"a".repeat(257)] {
        assert!(with(pattern).contains("fields.api_key.pattern"), "{pattern}");
    }
    // A pattern that takes other engines for ever.
    let catalogue = catalogue_with(&GOOD.replacen(
        "title = \"Key\"\nmarks",
        "title = \"Key\"\npattern = '(a+)+'\nmarks",
        1,
    ))
    .unwrap();
    let field =
        catalogue.kind("acme").unwrap().fields.iter().find(|field| field.name == "api_key").unwrap().clone();
    assert!(!field.takes(&"b".repeat(10_000)));
}

#[test]
fn con_19_a_file_names_no_file_and_no_code() {
    for key in
        ["include = \"/etc/passwd\"", "script = \"1\"", "ca_file = \"/etc/ca\"", "allow_http = \"yes\""]
    {
        assert!(told(&[("[probe]\n", &format!("[probe]\n{key}\n"))]).contains("kind.toml"), "{key}");
    }
    let deep = format!("[probe]\njson = {}1{}\n", "[".repeat(5_000), "]".repeat(5_000));
    assert!(told(&[("[probe]\n", &deep)]).contains("kind.toml"));
}

#[test]
fn names_are_taken_once() {
    let error = told(&[("name = \"acme\"", "name = \"github\"")]);
    assert!(
        error.contains("kind.toml") && error.contains("`github` already; choose another name"),
        "{error}"
    );
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.toml"), GOOD).unwrap();
    fs::write(folder.path().join("b.toml"), GOOD).unwrap();
    let error = Catalogue::built_in().with_folder(folder.path()).err().unwrap().to_string();
    assert!(error.contains("b.toml") && error.contains("acme"), "{error}");
}

#[test]
fn what_cannot_be_read_is_told() {
    let told_of = |prepare: &dyn Fn(&std::path::Path)| {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        Catalogue::built_in()
            .with_folder(folder.path())
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    };
    let large = format!("{GOOD}#{}", "x".repeat(64 * 1024));
    assert!(told_of(&|folder| fs::write(folder.join("a.toml"), &large).unwrap()).contains("at most 64 KiB"));
    assert!(told_of(&|folder| fs::write(folder.join("a.toml"), b"\xff\xfe").unwrap()).contains("UTF-8"));
    assert!(told_of(&|folder| fs::create_dir(folder.join("a.toml")).unwrap()).contains("cannot read"));
    assert!(
        told_of(&|folder| std::os::unix::fs::symlink("/dev/zero", folder.join("a.toml")).unwrap())
            .contains("cannot read")
    );
    assert!(told_of(&|folder| fs::remove_dir(folder).unwrap()).contains("cannot read"));
    assert_eq!(told_of(&|folder| fs::write(folder.join("README.md"), "not a kind").unwrap()), "");
    assert!(catalogue_folder().join("github.toml").exists());
}

#[test]
fn con_19_a_folder_is_read_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| fs::write(folder.path().join(name), text).unwrap();
    let read = || match Catalogue::built_in().with_folder(folder.path()) {
        Ok(catalogue) => catalogue.added().map(|(name, _)| name).collect::<Vec<_>>().join(" "),
        Err(error) => error.to_string(),
    };
    assert_eq!(read(), "");
    write("b.toml", GOOD.as_bytes());
    write("a.toml", GOOD.replacen("\"acme\"", "\"beta\"", 1).as_bytes());
    write("notes.txt", b"not a kind");
    assert_eq!(read(), "acme beta");
    write("c.toml", GOOD.as_bytes());
    assert!(read().contains("c.toml: name: there is a kind `acme` already"), "{}", read());
    write("c.toml", GOOD.replacen("\"acme\"", "\"github\"", 1).as_bytes());
    assert!(read().contains("there is a kind `github` already"), "{}", read());
    write("c.toml", "#".repeat(70_000).as_bytes());
    assert!(read().contains("64 KiB"), "{}", read());
    write("c.toml", b"name = \"\xff\"");
    assert!(read().contains("UTF-8"), "{}", read());
    write("c.toml", GOOD.replacen("\"acme\"", "\"gamma\"", 1).as_bytes());
    let everyone = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    fs::set_permissions(folder.path().join("c.toml"), everyone).unwrap();
    assert!(read().contains("chmod o-w"), "{}", read());
    fs::remove_file(folder.path().join("c.toml")).unwrap();
    fs::create_dir(folder.path().join("c.toml")).unwrap();
    assert!(read().contains("cannot read"), "{}", read());
}

#[test]
fn con_19_an_icon_lies_beside_its_file_and_is_a_plain_picture() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("acme.toml"), GOOD).unwrap();
    let icon = |svg: &str| {
        fs::write(folder.path().join("acme.svg"), svg).unwrap();
        let catalogue = Catalogue::built_in().with_folder(folder.path());
        catalogue.map(|catalogue| catalogue.icon("acme").unwrap().clone()).map_err(|error| error.to_string())
    };
    let plain = "<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0h9v9z\"/></svg>";
    assert_eq!(icon(plain).unwrap().as_svg(), plain);
    let refused = icon("<svg xmlns=\"http://www.w3.org/2000/svg\"><script/></svg>").unwrap_err();
    assert!(refused.contains("acme.svg") && refused.contains("element other than shapes"), "{refused}");
    assert!(icon(&format!("{plain}<!--{}-->", "x".repeat(17_000))).unwrap_err().contains("16 KiB"));
    let elsewhere = GOOD.replacen("icon = \"acme\"", "icon = \"../../etc/passwd\"", 1);
    fs::write(folder.path().join("acme.toml"), elsewhere).unwrap();
    assert!(icon(plain).unwrap_err().contains("line 5: icon"));
}
