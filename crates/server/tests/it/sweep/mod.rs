//! LOG-01: the canary sweep. Every route of every table is called with a canary in every place where a client can
//! put one, real checks succeed and fail with others, and then every sink is searched in every encoding.
//!
//! Nothing here is a list of routes: they are taken from the tables, and what their bodies are called from the
//! documents of their dialects, so a new one is swept as soon as it is declared. That each was reached is told by
//! the server's own numbers.

mod bait;
mod checks;
mod places;
mod sinks;

use std::collections::BTreeSet;

use strongroom_dialects::native;
use strongroom_testkit::http::{Client, Reply};
use strongroom_testkit::postgres::{Account, Postgres};
use strongroom_web::{RouteTable, Shape};

use self::bait::Bait;
use self::places::Request;
use crate::promises::PROGRAM;
use strongroom_testkit::binary::{DataFolder, DevServer};

/// Every table that a server of ours answers by: the dialects, and its own routes.
fn tables() -> Vec<RouteTable> {
    let mut tables = strongroom_dialects::foreign();
    tables.extend([native::table(), strongroom_server::own_routes()]);
    tables
}

/// A server with something behind it, and what was put in.
struct Sweep {
    bait: Bait,
    folder: DataFolder,
    server: DevServer,
    account: Account,
    /// What was found where it must not be.
    found: Vec<String>,
}

impl Sweep {
    fn start() -> Self {
        let bait = Bait::laid();
        let account = Postgres::shared().create_account(bait.text("right password"));
        let folder = DataFolder::default();
        let server = DevServer::start(PROGRAM, &folder.path());
        Self { bait, folder, server, account, found: Vec::new() }
    }

    fn admin(&self) -> Client {
        self.server.admin()
    }

    /// Searches an answer, head and body.
    fn search_reply(&mut self, what: &str, reply: &Reply) {
        let mut seen = reply.body.clone();
        for (name, value) in &reply.headers {
            seen.extend_from_slice(format!("\n{name}: {value}").as_bytes());
        }
        self.search(&format!("the answer {} to {what}", reply.status), &seen);
    }

    fn search(&mut self, place: &str, bytes: &[u8]) {
        let found = self.bait.find_in(bytes);
        self.found.extend(found.into_iter().map(|what| format!("{what} in {place}")));
    }

    /// Everything that can be put anywhere, put there.
    fn sweep_routes(&mut self) {
        for table in tables() {
            let document = places::document_of(&self.admin(), &table);
            for route in table.routes() {
                let declaration = route.declaration();
                let is_stream = declaration.operation.answers.iter().any(|(_, shape)| *shape == STREAM);
                for request in places::requests(&table, declaration, &document, &self.bait) {
                    self.put(&request, is_stream);
                }
            }
        }
    }

    fn put(&mut self, request: &Request, is_stream: bool) {
        let what = format!("{} {} with a canary in {}", request.method, request.template, request.place);
        let bytes = request.bytes(&self.admin(), self.server.ready["token"].as_str().unwrap());
        if is_stream {
            let heard = self.admin().hear(&bytes);
            self.search(&format!("the stream of {what}"), &heard);
        } else {
            let reply = self.admin().exchange(&bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert!(
                reply.status < 500 || reply.status == 501,
                "{what}: {}",
                String::from_utf8_lossy(&reply.body)
            );
            if !repeats_the_path(request, &reply) {
                self.search_reply(&what, &reply);
            }
        }
    }

    /// That no route was passed over, and that nothing of what was sent made a label (LOG-11).
    fn check_the_numbers(&mut self) {
        let page = self.admin().get("/metrics").expect(200);
        let text = String::from_utf8_lossy(&page.body).into_owned();
        self.search_reply("/metrics", &page);
        let labels: BTreeSet<&str> =
            text.split("route=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let mut known = BTreeSet::from(["unknown".to_owned()]);
        for table in tables() {
            for route in table.routes() {
                let path = format!("{}{}", table.prefix(), route.declaration().path);
                // What answers for all that is not there is counted as that.
                let is_known = labels.contains(path.as_str()) || path.ends_with("{*rest}");
                assert!(is_known, "{path} was not swept: {labels:?}");
                known.insert(path);
            }
        }
        let strange: Vec<_> = labels.iter().filter(|label| !known.contains(**label)).collect();
        assert!(strange.len() < 40 && strange.iter().all(|label| !label.contains("cnry")), "{strange:?}");
    }
}

/// Flowise names what it did not find, to who asked for it: as in the original, and no secret has its place in a path.
fn repeats_the_path(request: &Request, reply: &Reply) -> bool {
    request.is_of("/flowise") && reply.status == 404 && request.place.starts_with("the path's")
}

const STREAM: Shape = Shape::Other("text/event-stream");

#[test]
fn log_01_a_canary_in_every_place_of_every_route_is_in_no_sink() {
    let mut sweep = Sweep::start();
    sweep.check_for_real();
    sweep.search_the_memory("after the checks");
    sweep.sweep_routes();
    sweep.check_the_numbers();
    sweep.search_the_process();
    sweep.search_the_records();
    sweep.search_the_files("while it runs");
    sweep.search_the_memory("after the sweep");
    let (log, folder) = (sweep.server.log(), sweep.folder.path());
    assert!(log.windows(8).any(|word| word == b"answered"), "the log speaks");
    sweep.search("the log", &log);
    let Sweep { server, mut found, bait, folder: kept, account: _ } = sweep;
    assert_eq!(server.stop(), Some(0));
    found.extend(sinks::files_below(folder.parent().unwrap(), &bait, "after the stop"));
    drop(kept);
    found.sort();
    found.dedup();
    assert!(found.is_empty(), "{} places:\n{}", found.len(), found.join("\n"));
}
