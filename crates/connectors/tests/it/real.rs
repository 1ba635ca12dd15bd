//! What a real server says, and what we make of it.

use std::time::Duration;

use strongroom_connectors::Catalogue;
use strongroom_domain::verification::{Outcome, Reason};
use strongroom_testkit::postgres::{Ask, Tls};
use strongroom_testkit::{Canaries, Postgres};
use tokio::time::Instant;

use crate::world::{
    ACCEPTED, AUTH_FAILED, account, at, candidate, check, egress, string_candidate, unreachable, verdict,
};

#[tokio::test]
async fn an_accepted_role_comes_with_evidence() {
    let postgres = Postgres::shared();
    let app = postgres.create_account("correct horse");
    let finding = check(
        &candidate(postgres.port(), &app, "correct horse", "verify-full"),
        &egress(&[postgres.ca_file()]),
    )
    .await;
    assert_eq!(verdict(&finding), ACCEPTED, "{finding:?}");
    assert_eq!(finding.message, format!("Logged in as {} to database {}.", app.role, app.database));
    let system = postgres.sql("postgres", "SELECT system_identifier FROM pg_control_system()");
    let version = postgres.sql("postgres", "SHOW server_version");
    let evidence = &finding.evidence;
    assert_eq!(evidence.account, Some(format!("{}@{system}", app.role)));
    assert_eq!(evidence.facts["database"], app.database);
    assert_eq!(evidence.facts["tls"], "TLSv1.3");
    assert_eq!(evidence.facts["server_version"], version.split(' ').next().unwrap());
}

#[tokio::test]
async fn the_account_stays_the_same_by_every_way_in() {
    let postgres = Postgres::shared();
    let app = postgres.create_account("pw");
    let egress = egress(&[postgres.ca_file()]);
    let by_fields = candidate(postgres.port(), &app, "pw", "verify-full");
    let string = format!("postgres://{}:pw@localhost:{}/{}", app.role, postgres.port(), app.database);
    let accounts = [
        check(&by_fields, &egress).await.evidence.account,
        check(&at(by_fields.clone(), "localhost"), &egress).await.evidence.account,
        check(&string_candidate(&string), &egress).await.evidence.account,
    ];
    assert!(accounts[0].is_some() && accounts.iter().all(|account| *account == accounts[0]), "{accounts:?}");
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let postgres = Postgres::shared();
    let (app, other) = (postgres.create_account("pw"), postgres.create_account("pw"));
    postgres.sql(
        "postgres",
        "CREATE ROLE sleeper NOLOGIN PASSWORD 'pw'; CREATE ROLE old LOGIN PASSWORD 'pw' VALID UNTIL '2020-01-01';
         CREATE ROLE crowded LOGIN PASSWORD 'pw' CONNECTION LIMIT 0",
    );
    let egress = egress(&[postgres.ca_file()]);
    let insufficient = (Outcome::Rejected, Some(Reason::InsufficientScope));
    for (account, password, expected) in [
        (app.clone(), "wrong", AUTH_FAILED),
        (account("nobody", "postgres"), "pw", AUTH_FAILED),
        (account("sleeper", "postgres"), "pw", AUTH_FAILED),
        (account("old", "postgres"), "pw", AUTH_FAILED),
        (account(&app.role, &other.database), "pw", insufficient),
        (account(&app.role, "missing"), "pw", unreachable(Reason::MisconfiguredTarget)),
        (account("crowded", "postgres"), "pw", unreachable(Reason::RateLimited)),
    ] {
        for sslmode in ["disable", "verify-full"] {
            let finding = check(&candidate(postgres.port(), &account, password, sslmode), &egress).await;
            assert_eq!(verdict(&finding), expected, "{account:?} {sslmode}: {finding:?}");
        }
    }
}

#[tokio::test]
async fn an_outage_is_not_the_keys_fault() {
    let postgres = Postgres::start(Tls::Off);
    let app = postgres.create_account("pw");
    let candidate = candidate(postgres.port(), &app, "wrong", "disable");
    postgres.pause();
    let deadline = Instant::now() + Duration::from_millis(300);
    let finding = Catalogue::built_in().check(&candidate, &egress(&[]), deadline).await;
    assert_eq!(verdict(&finding), unreachable(Reason::Timeout));
    postgres.resume();
    postgres.stop();
    let finding = check(&candidate, &egress(&[])).await;
    assert_eq!(verdict(&finding), unreachable(Reason::ConnectionRefused));
    let nowhere = at(candidate, "no-such-host.invalid");
    let finding = check(&nowhere, &egress(&[])).await;
    assert_eq!(verdict(&finding), unreachable(Reason::NameNotFound));
}

#[tokio::test]
async fn con_02_weaker_methods_are_named_and_not_used() {
    let postgres = Postgres::shared();
    postgres.create_role_asked(Ask::ClearText, "clear", "pw");
    postgres.create_role_asked(Ask::Md5, "hashed", "pw");
    postgres.create_role("trusted", "pw");
    postgres.add_hba("host all trusted 127.0.0.1/32 trust");
    let egress = egress(&[postgres.ca_file()]);
    for (role, word) in [("clear", "clear text"), ("hashed", "MD5"), ("trusted", "no password")] {
        let candidate = candidate(postgres.port(), &account(role, "postgres"), "pw", "verify-full");
        let finding = check(&candidate, &egress).await;
        assert_eq!(verdict(&finding), unreachable(Reason::ProtocolError), "{role}");
        assert!(finding.message.contains(word), "{role}: {}", finding.message);
    }
}

#[tokio::test]
async fn con_04_tricky_passwords_log_in() {
    let postgres = Postgres::shared();
    let canary = Canaries::seeded(4).make_awkward("password");
    let egress = egress(&[postgres.ca_file()]);
    for password in [r"' \ & % = space @ / ? #", "ünï çödé", "%41", "+ +", " edges ", canary.text()] {
        let app = postgres.create_account(password);
        let port = postgres.port();
        let (role, database) = (&app.role, &app.database);
        let escaped = escaped(password);
        let quoted = password.replace('\\', r"\\").replace('\'', r"\'");
        for candidate in [
            candidate(port, &app, password, "verify-full"),
            string_candidate(&format!("postgres://{role}:{escaped}@127.0.0.1:{port}/{database}")),
            string_candidate(&format!(
                "host=127.0.0.1 port={port} user={role} password='{quoted}' dbname={database}"
            )),
        ] {
            let finding = check(&candidate, &egress).await;
            assert_eq!(verdict(&finding), ACCEPTED, "{password:?} by {}: {finding:?}", candidate.method);
            assert_eq!(canary.find_in(format!("{finding:?}").as_bytes()), [""; 0]);
        }
    }
}

fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |escaped, byte| format!("{escaped}%{byte:02x}"))
}

#[tokio::test]
async fn a_role_that_may_not_read_the_system_identifier_is_accepted_all_the_same() {
    let postgres = Postgres::shared();
    let app = postgres.create_account("pw");
    postgres.sql(&app.database, "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC");
    let candidate = candidate(postgres.port(), &app, "pw", "disable");
    let finding = check(&candidate, &egress(&[])).await;
    assert_eq!(verdict(&finding), ACCEPTED, "{finding:?}");
    assert_eq!(finding.evidence.account, Some(format!("{}@127.0.0.1:{}", app.role, postgres.port())));
    assert!(finding.evidence.facts.contains_key("server_version"));
}

#[tokio::test]
async fn con_15_nothing_is_written_and_no_planted_function_runs() {
    let postgres = Postgres::shared();
    let app = postgres.create_account("pw");
    let role = &app.role;
    postgres.sql(
        &app.database,
        &format!(
            "CREATE SCHEMA planted; CREATE TABLE planted.seen (what text);
             GRANT USAGE ON SCHEMA planted TO PUBLIC; GRANT ALL ON planted.seen TO PUBLIC;
             CREATE FUNCTION planted.current_setting(text) RETURNS text LANGUAGE sql
                 AS $$ INSERT INTO planted.seen VALUES ('setting') RETURNING 'x' $$;
             CREATE FUNCTION planted.pg_control_system() RETURNS TABLE (system_identifier bigint) LANGUAGE sql
                 AS $$ INSERT INTO planted.seen VALUES ('system') RETURNING 1::bigint $$;
             ALTER ROLE {role} SET search_path = planted, pg_catalog"
        ),
    );
    let candidate = candidate(postgres.port(), &app, "pw", "disable");
    assert_eq!(verdict(&check(&candidate, &egress(&[])).await), ACCEPTED);
    assert_eq!(postgres.sql(&app.database, "SELECT count(*) FROM planted.seen"), "0");

    postgres.sql(&app.database, &format!("ALTER ROLE {role} SET default_transaction_read_only = on"));
    assert_eq!(verdict(&check(&candidate, &egress(&[])).await), ACCEPTED);
}

#[tokio::test]
async fn ssr_05_only_plain_hosts_pass_and_only_allowed_ones_are_reached() {
    let postgres = Postgres::shared();
    let app = postgres.create_account("pw");
    let catalogue = Catalogue::built_in();
    let connector = catalogue.connector("postgresql").unwrap();
    let port = postgres.port();
    for host in
        ["2130706433", "0177.0.0.1", "127.1", "0x7f.1", "0", "a,b", "%2Ftmp", "@abstract", "fe80::1%lo"]
    {
        let text = format!("host={host} port={port} user={} password=pw dbname={}", app.role, app.database);
        let candidate = string_candidate(&text);
        assert_eq!(connector.examine(&candidate)[0].pointer, "/secrets/connection_string", "{host}");
        let finding = check(&candidate, &egress(&[])).await;
        assert_eq!(verdict(&finding), unreachable(Reason::MisconfiguredTarget), "{host}");
    }
    for host in ["10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1"] {
        let candidate = at(candidate(port, &app, "pw", "disable"), host);
        let finding = check(&candidate, &egress(&[])).await;
        assert_eq!(verdict(&finding), unreachable(Reason::TargetNotAllowed), "{host}");
    }
}
