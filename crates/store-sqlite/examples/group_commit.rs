//! How many resolves a second the store makes durable: `cargo run --release --example group_commit -- FOLDER`.
//!
//! 64 callers in flight; each commit expects a value version, renews a hold and leaves a record, as a
//! resolve does. The folder decides which disk is measured; it must not exist yet.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use strongroom_domain::Scope;
use strongroom_domain::ids::{CredentialId, NodeId};
use strongroom_store::contract::Fixture;
use strongroom_store::{Commit, Expectation, Store, Write};
use strongroom_store_sqlite::SqliteStore;
use tokio::time::Instant;

const CALLERS: u64 = 64;
const CREDENTIALS: usize = 1_000;
const RUN: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).map(PathBuf::from).ok_or("name a folder that does not exist yet")?;
    let store = Arc::new(SqliteStore::open(&folder, NodeId::from_bytes([1; 16]))?);
    let mut fixture = Fixture::new(1);
    let mut credentials = Vec::new();
    for number in 0..CREDENTIALS {
        credentials.push(fixture.create(&*store, &format!("credential {number}")).await.id);
    }
    for (name, spread) in [
        ("one credential", 1),
        ("a thousand, first holds", CREDENTIALS),
        ("a thousand, renewals", CREDENTIALS),
    ] {
        let before = store.status().await?;
        let start = Instant::now();
        let callers: Vec<_> = (0..CALLERS)
            .map(|number| {
                tokio::spawn(resolve(
                    Arc::clone(&store),
                    fixture.scope,
                    credentials[..spread].to_vec(),
                    number,
                ))
            })
            .collect();
        for caller in callers {
            caller.await??;
        }
        let (after, seconds) = (store.status().await?, start.elapsed().as_secs_f64());
        let (commits, syncs) = (after.commits - before.commits, after.syncs - before.syncs);
        println!("{name}: {:.0} commits/s, {:.0} syncs/s", rate(commits, seconds), rate(syncs, seconds));
    }
    store.close().await;
    Ok(())
}

async fn resolve(
    store: Arc<SqliteStore>,
    scope: Scope,
    credentials: Vec<CredentialId>,
    number: u64,
) -> strongroom_store::Result<()> {
    let mut fixture = Fixture::new(1_000 + number);
    let records: Vec<Commit> = credentials.iter().map(|id| commit(&mut fixture, *id, number)).collect();
    let start = Instant::now();
    for commit in records.iter().cycle().skip(usize::try_from(number).unwrap_or(0) * 15) {
        if start.elapsed() > RUN {
            break;
        }
        store.commit(&scope, commit.clone()).await?;
    }
    Ok(())
}

fn commit(fixture: &mut Fixture, credential: CredentialId, number: u64) -> Commit {
    let hold = fixture.hold(credential, "flow", &number.to_string());
    fixture.change(credential).expect(Expectation::ValueVersion(credential, 1)).write(Write::Hold(hold))
}

#[expect(clippy::cast_precision_loss, reason = "a rate is printed without decimals")]
fn rate(count: u64, seconds: f64) -> f64 {
    count as f64 / seconds
}
