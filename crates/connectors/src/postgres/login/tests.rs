//! Connection strings good and bad, in both forms.

use strongroom_domain::credential::Owner;
use strongroom_domain::text::Labels;

use super::*;

fn login(text: &str) -> Result<Login, StringFault> {
    Parts::parse(text)?.into_login(SslMode::VerifyFull)
}

fn password(text: &str) -> String {
    login(text).unwrap_or_else(|fault| panic!("{text}: {fault}")).password.expose().clone()
}

#[test]
fn con_04_both_forms_say_the_same() {
    for text in [
        "postgresql://app:pw@db.example:5433/data?sslmode=require&application_name=a%20b&connect_timeout=5",
        "postgres://app:pw@db.example:5433/data?sslmode=require",
        "postgresql://db.example?user=app&password=pw&dbname=data&port=5433&sslmode=require",
        "host=db.example port=5433 user=app password=pw dbname=data sslmode=require",
        "  host = 'DB.example' port= 5433 user ='app' password=pw dbname='data' sslmode=require connect_timeout=5 ",
    ] {
        let login = login(text).unwrap_or_else(|fault| panic!("{text}: {fault}"));
        assert_eq!(login.target.to_string(), "db.example:5433", "{text}");
        assert_eq!((login.user.as_str(), login.database.as_str()), ("app", "data"), "{text}");
        assert_eq!((login.password.expose().as_str(), login.tls), ("pw", SslMode::Require), "{text}");
    }
}

#[test]
fn what_is_left_out_has_libpqs_defaults_and_ours() {
    for text in ["postgresql://app:pw@[2001:db8::1]", "host=2001:db8::1 user=app password=pw"] {
        let login = login(text).unwrap();
        assert_eq!(
            (login.target.to_string().as_str(), login.database.as_str()),
            ("[2001:db8::1]:5432", "app")
        );
        assert_eq!(login.tls, SslMode::VerifyFull);
    }
    let parts = Parts::parse("host=h user=u password=p sslmode=verify-ca").unwrap();
    assert_eq!(parts.into_login(SslMode::Disable).unwrap().tls, SslMode::VerifyCa, "the string wins");
    let parts = Parts::parse("host=h user=u password=p").unwrap();
    assert_eq!(parts.into_login(SslMode::Disable).unwrap().tls, SslMode::Disable, "else the field");
}

#[test]
fn con_04_tricky_passwords_work_in_both_forms() {
    let tricky = r"' \ & % = @ / ? # + : é [x] ;";
    assert_eq!(password(r"host=h user=u password='\' \\ & % = @ / ? # + : é [x] ;'"), tricky);
    assert_eq!(
        password(
            "postgres://u:%27%20%5C%20%26%20%25%20%3D%20%40%20%2F%20%3F%20%23%20%2B%20%3A%20%C3%A9%20[x]%20;@h"
        ),
        tricky
    );
    assert_eq!(password(r"host=h user=u password=a\ b\'c=d"), "a b'c=d");
    assert_eq!(password("postgres://u:a:b+c=d&e'f\\g@h/d"), "a:b+c=d&e'f\\g");
    assert_eq!(password("postgres://h/d?user=u&password=a%2Bb%3Dc"), "a+b=c");
}

#[test]
fn con_04_parameters_beyond_the_list_are_refused() {
    for parameter in [
        "hostaddr",
        "options",
        "service",
        "servicefile",
        "passfile",
        "sslkey",
        "sslcert",
        "sslrootcert",
        "sslcrl",
        "sslpassword",
        "target_session_attrs",
        "gssencmode",
        "krbsrvname",
        "replication",
        "client_encoding",
        "load_balance_hosts",
        "channel_binding",
        "require_auth",
        "requirepeer",
        "ssl",
        "HOST",
        "Options",
        "socket",
        "fallback_application_name",
        "",
        "ho%73t",
        "options ",
    ] {
        let url = login(&format!("postgres://u:p@h/d?{parameter}=x"));
        assert_eq!(url.unwrap_err(), StringFault::Parameter, "{parameter}");
        if !parameter.trim().is_empty() {
            let words = login(&format!("host=h user=u password=p {parameter}=x"));
            assert_eq!(words.unwrap_err(), StringFault::Parameter, "{parameter}");
        }
    }
}

#[test]
fn ssr_05_only_one_plain_host() {
    for host in [
        "2130706433",
        "0177.0.0.1",
        "127.1",
        "0x7f.1",
        "0",
        "a,b",
        "127.0.0.1,evil",
        "/var/run/postgresql",
        "@abstract",
        "%2Fvar%2Frun",
        "%2fvar",
        "@/tmp",
        "fe80::1%eth0",
        "host:",
        "\u{ff11}.0.0.1",
        "a.example.",
    ] {
        let words = login(&format!("host={host} user=u password=p"));
        assert!(matches!(words, Err(StringFault::Host(_))), "{host}: {words:?}");
        let query = login(&format!("postgres:///d?user=u&password=p&host={host}"));
        assert!(query.is_err(), "{host}: {query:?}");
        let url = login(&format!("postgres://u:p@{host}/d"));
        assert!(url.is_err(), "{host}: {url:?}");
    }
    for text in [
        "postgres://u:p@/d",
        "postgres://u:p@:5432/d",
        "postgres:///d",
        "postgres://u:p@h1:1,h2:2/d",
        "postgres://u:p@h:1:2/d",
        "postgres://u:p@[h]/d",
        "postgres://u:p@[::1/d",
        "postgres://u:p@[::1]x/d",
        "user=u password=p",
        "host='' user=u password=p",
        "host= user=u password=p",
    ] {
        assert!(login(text).is_err(), "{text}: {:?}", login(text));
    }
}

#[test]
fn con_04_what_readers_read_differently_is_refused() {
    for (text, fault) in [
        ("postgres://u:p@evil@h/d", StringFault::Unescaped),
        ("postgres://u:p#x@h/d", StringFault::Unescaped),
        ("postgres://u:p@h/d?application_name=a+b", StringFault::Unescaped),
        ("postgres://u:p@h/d?host=other", StringFault::Twice),
        ("postgres://u:p@h/d?sslmode=require&sslmode=disable", StringFault::Twice),
        ("host=h user=u password=p host=other", StringFault::Twice),
        ("postgres://u:p%@h/d", StringFault::Escape),
        ("postgres://u:p%4@h/d", StringFault::Escape),
        ("postgres://u:p%zz@h/d", StringFault::Escape),
        ("postgres://u:p%+1@h/d", StringFault::Escape),
        ("postgres://u:p%FF@h/d", StringFault::Escape),
        ("postgres://u:p%00@h/d", StringFault::Control),
        ("postgres://u%0a:p@h/d", StringFault::Control),
        ("postgres://u:p@h:0/d", StringFault::Port),
        ("postgres://u:p@h:65536/d", StringFault::Port),
        ("postgres://u:p@h:+5432/d", StringFault::Port),
        ("postgres://u:p@h:/d", StringFault::Port),
        ("host=h port=5432x user=u password=p", StringFault::Port),
        ("postgres://u:p@h/d?sslmode=prefer", StringFault::SslMode),
        ("host=h user=u password=p sslmode=allow", StringFault::SslMode),
        ("host=h user=u password=p sslmode=", StringFault::SslMode),
        ("host=h user=u password=p connect_timeout=x", StringFault::ConnectTimeout),
        ("host=h user=u password='p", StringFault::Form),
        ("host=h user=u password='p'x", StringFault::Form),
        ("host=h user=u password=p\\", StringFault::Form),
        ("host h user=u", StringFault::Form),
        ("=h user=u", StringFault::Form),
        ("mysql://u:p@h/d", StringFault::Form),
        ("POSTGRES://u:p@h/d", StringFault::Form),
        ("", StringFault::NoHost),
        ("postgres://", StringFault::NoHost),
        ("postgres://:p@h", StringFault::NoUser),
        ("postgres://h", StringFault::NoUser),
        ("postgres://u@h", StringFault::NoPassword),
        ("postgres://u:@h", StringFault::NoPassword),
    ] {
        assert_eq!(login(text).unwrap_err(), fault, "{text}");
    }
}

#[test]
fn con_04_faults_echo_nothing() {
    for text in [
        "postgres://cnry1:cnry2@cnry_3,h:cnry4/cnry5?cnry6=cnry7",
        "postgres://cnry1:cnry2@cnry3/cnry5?cnry6=cnry7",
        "postgres://cnry1:cnry2@cnry3:cnry4/cnry5",
        "host=cnry/x user=cnry password=cnry",
        "host=cnry user=cnry password=cnry sslmode=cnry",
        "cnry",
        "host=cnry cnry='cnry",
    ] {
        let fault = login(text).unwrap_err();
        assert!(!format!("{fault} {fault:?}").contains("cnry"), "{text}: {fault}");
    }
}

fn candidate(method: &str, settings: &[(&str, &str)], secrets: &[(&str, &str)]) -> Candidate {
    Candidate {
        name: "n".parse().unwrap(),
        slug: None,
        description: None,
        labels: Labels::new(),
        owner: Owner::Workspace,
        integration: None,
        expires_at: None,
        kind: "postgresql".to_owned(),
        method: method.to_owned(),
        settings: settings.iter().copied().collect(),
        secrets: Secret::new(secrets.iter().copied().collect()),
    }
}

#[test]
fn faults_point_at_their_field() {
    let fields = [("host", "127.1"), ("database", "d"), ("username", "u")];
    let fault = Login::of(&candidate("password", &fields, &[("password", "p")])).unwrap_err();
    assert_eq!(fault.pointer, "/settings/host");
    let fields = [("host", "h"), ("database", "d"), ("username", "u"), ("sslmode", "prefer")];
    let fault = Login::of(&candidate("password", &fields, &[("password", "p")])).unwrap_err();
    assert_eq!(fault.pointer, "/settings/sslmode");
    let fault = Login::of(&candidate("connection_string", &[], &[("connection_string", "x")])).unwrap_err();
    assert_eq!(fault.pointer, "/secrets/connection_string");
}

#[test]
fn the_account_names_target_and_role_and_not_the_secret() {
    use crate::Connector;
    let fields = [("host", "db.example"), ("database", "d"), ("username", "u")];
    let by_fields = candidate("password", &fields, &[("password", "cnry")]);
    let string = [("connection_string", "postgres://u:cnry@DB.example/other")];
    let by_string = candidate("connection_string", &[], &string);
    let account = super::super::Postgres.account(&by_fields).unwrap();
    assert_eq!(account.as_str(), "postgresql://db.example:5432/u");
    assert_eq!(super::super::Postgres.account(&by_string), Some(account), "one lock, one count");
}
