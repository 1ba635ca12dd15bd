//! Every mode against every certificate (CON-01).

use strongroom_domain::verification::Reason;
use strongroom_egress::Egress;
use strongroom_testkit::Postgres;
use strongroom_testkit::postgres::Tls;

use crate::world::{ACCEPTED, candidate, check, egress, unreachable, verdict};

/// Whether each of `disable`, `require`, `verify-ca`, `verify-full` gets in.
async fn lets_in(postgres: &Postgres, egress: &Egress) -> String {
    let app = postgres.create_account("pw");
    let mut row = String::new();
    for sslmode in ["disable", "require", "verify-ca", "verify-full"] {
        let finding = check(&candidate(postgres.port(), &app, "pw", sslmode), egress).await;
        let is_in = verdict(&finding) == ACCEPTED;
        assert!(is_in || verdict(&finding) == unreachable(Reason::TlsFailed), "{sslmode}: {finding:?}");
        row.push(if is_in { 'y' } else { 'n' });
    }
    row
}

#[tokio::test]
async fn con_01_verification_follows_the_mode() {
    for (tls, trusting, expected) in [
        (Tls::Off, true, "ynnn"),
        (Tls::On, true, "yyyy"),
        (Tls::On, false, "yynn"),
        (Tls::WrongName, true, "yyyn"),
        (Tls::Expired, true, "yynn"),
        (Tls::SelfSigned, true, "yynn"),
    ] {
        let postgres = Postgres::start(tls);
        let ca_files = if trusting { vec![postgres.ca_file()] } else { Vec::new() };
        assert_eq!(lets_in(&postgres, &egress(&ca_files)).await, expected, "{tls:?}, trusting {trusting}");
    }
}
