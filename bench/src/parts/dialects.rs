//! Row 10: each dialect's get, list and update beside the native calls that do the same work.
//!
//! Every dialect has a server of its own, so that both list the same credentials. What is mounted and not
//! in the table below fails the run: no dialect may go unmeasured by being forgotten.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use strongroom_domain::dialect::Dialect;

use super::{Subject, Way, World, closed_cells};
use crate::arguments::Part;
use crate::driver::{COUNTER, Load, Request, Script};
use crate::plan::SPOKEN;
use crate::progress;
use crate::report::{Call, Report, What};
use crate::server::Server;

/// How a dialect is spoken: one entry each. Paths are those below where it is mounted.
struct Tongue {
    dialect: Dialect,
    /// What a client posts to make a credential that no outside system knows, and where.
    create: (&'static str, fn() -> Value),
    /// Where the id stands in the answer to that.
    id: &'static str,
    /// Shows one.
    get: fn(&str) -> String,
    /// Shows all.
    list: &'static str,
    /// Sets the secret of one.
    update: fn(&str) -> (&'static str, String, Value),
    /// What the native API calls that secret.
    secret: &'static str,
    /// What it is set to, with a [`COUNTER`] in it.
    value: fn(&str) -> String,
    /// What must be there before.
    prepare: fn(&Server) -> Result<()>,
}

const TONGUES: [Tongue; 4] = [
    Tongue {
        dialect: Dialect::Dx,
        create: (
            DX_CREATE,
            || json!({"label": "bench", "secrets": {"api_key": format!("canary-{COUNTER}")}}),
        ),
        id: "/credential/id",
        get: |id| format!("/api/connections/1/credentials.info/{id}"),
        list: "/api/connections/1/credentials.list",
        update: |id| {
            let number: Option<u64> = id.parse().ok();
            let body = json!({"id": number, "secrets": {"api_key": unlike_others(id)}});
            ("POST", "/api/connections/1/credentials.update".to_owned(), body)
        },
        secret: "api_key",
        value: unlike_others,
        prepare: connect,
    },
    Tongue {
        dialect: Dialect::Flowise,
        create: (CREDENTIALS, || flowise("canary-bench")),
        id: "/id",
        get: |id| format!("{CREDENTIALS}/{id}"),
        list: CREDENTIALS,
        update: |id| ("PUT", format!("{CREDENTIALS}/{id}"), flowise(COUNTER)),
        secret: "pineconeApiKey",
        value: counted,
        prepare: |_| Ok(()),
    },
    Tongue {
        dialect: Dialect::Superai,
        create: (INTEGRATIONS, || {
            superai(json!({"name": "bench", "provider": "api_credential"}), "canary-bench")
        }),
        id: "/id",
        get: |id| format!("{INTEGRATIONS}/{id}"),
        list: INTEGRATIONS,
        update: |id| ("PATCH", format!("{INTEGRATIONS}/{id}"), superai(json!({}), COUNTER)),
        secret: "api_key",
        value: counted,
        prepare: |_| Ok(()),
    },
    Tongue {
        dialect: Dialect::Zstack,
        create: (
            CREDENTIALS,
            || json!({"name": "bench", "type": "CREDENTIAL_TYPE_PASSWORD", "value": "canary-bench"}),
        ),
        id: "/uuid",
        get: |id| format!("{CREDENTIALS}/{id}"),
        list: CREDENTIALS,
        update: |id| ("PUT", format!("{CREDENTIALS}/{id}"), json!({"value": COUNTER})),
        secret: "value",
        value: counted,
        prepare: |_| Ok(()),
    },
];

fn counted(_: &str) -> String {
    COUNTER.to_owned()
}

/// DX refuses a secret that another credential has.
fn unlike_others(id: &str) -> String {
    format!("canary-{id}-{COUNTER}")
}

const DX_CREATE: &str = "/api/connections/1/credentials.create";

/// DX's connection, of a type that takes many credentials. The system that it stands for is not asked: the
/// workspace never verifies, natively neither.
fn connect(server: &Server) -> Result<()> {
    server.call("PATCH", "/v1/workspaces/default", &json!({"settings": {"verify": "never"}}))?;
    let connection = json!({"kind": "linear", "name": "bench", "settings": {}});
    server.call("POST", "/v1/workspaces/default/integrations", &connection).map(drop)
}

/// The same in two dialects.
const CREDENTIALS: &str = "/api/v1/credentials";
const INTEGRATIONS: &str = "/api/integrations/credentials";

/// A type without a check.
fn flowise(key: &str) -> Value {
    json!({"name": "bench", "credentialName": "pineconeApi", "plainDataObj": {"pineconeApiKey": key}})
}

fn superai(mut body: Value, key: &str) -> Value {
    body["credential_type"] = "api_key".into();
    body["credentials"] = json!({"api_key": key});
    body
}

/// Measures it, if wanted.
pub(crate) async fn measure(world: &World<'_>, report: &mut Report) -> Result<()> {
    if !world.wants(Part::Dialects) {
        return Ok(());
    }
    for tongue in &TONGUES {
        let dialect = tongue.dialect;
        progress::step(&format!("{dialect} beside the native API"));
        let server = world.program.start(&world.place(dialect.code()))?;
        let codes: Vec<&str> = TONGUES.iter().map(|tongue| tongue.dialect.code()).collect();
        let known = |mounted: &&String| codes.contains(&mounted.as_str());
        if let Some(new) = server.dialects().find(|mounted| !known(mounted)) {
            bail!("the dialect {new} is mounted and has no entry in {}", file!());
        }
        let subjects = subjects(&server, tongue)?;
        let subjects: Vec<&Subject> = subjects.iter().collect();
        report.cells.extend(closed_cells(world, &subjects, SPOKEN, world.plan.fine).await?);
        server.stop()?;
    }
    Ok(())
}

/// The dialect's calls, each followed by the native one.
fn subjects(server: &Server, tongue: &Tongue) -> Result<Vec<Subject>> {
    let base = server.base(tongue.dialect)?;
    (tongue.prepare)(server)?;
    let made: Vec<String> = (0..SHOWN).map(|nth| make(server, base, tongue, nth)).collect::<Result<_>>()?;
    let update = |id: &String| {
        let (method, path, body) = (tongue.update)(id);
        server.json(method, &format!("{base}{path}"), &body)
    };
    let theirs = [
        made.iter().map(|id| server.get(&format!("{base}{}", (tongue.get)(id)))).collect(),
        vec![server.get(&format!("{base}{}", tongue.list))],
        made.iter().map(update).collect::<Vec<_>>(),
    ];
    let native = server.ids()?;
    let ours = [
        native.iter().map(|id| server.show(id)).collect(),
        vec![server.list()],
        native
            .iter()
            .map(|id| server.change_secret(id, tongue.secret, &(tongue.value)(id)))
            .collect::<Vec<_>>(),
    ];
    let calls = Call::ALL.into_iter().zip(theirs.into_iter().zip(ours));
    let both = calls.flat_map(|(call, (theirs, ours))| {
        let dialect = tongue.dialect;
        [
            Subject { what: What::Spoken(dialect, call), way: way(server, &theirs) },
            Subject { what: What::Beside(dialect, call), way: way(server, &ours) },
        ]
    });
    Ok(both.collect())
}

/// Stored, and so on a list: one page of the native API.
const SHOWN: usize = 50;

/// No two are alike where their draft has a [`COUNTER`].
fn make(server: &Server, base: &str, tongue: &Tongue, nth: usize) -> Result<String> {
    let (path, draft) = tongue.create;
    let draft = serde_json::from_str(&draft().to_string().replace(COUNTER, &format!("{nth:016}")))?;
    let answer = server.call("POST", &format!("{base}{path}"), &draft)?;
    let id = answer.pointer(tongue.id).context("a created credential has an id")?;
    Ok(id.as_str().map_or_else(|| id.to_string(), str::to_owned))
}

/// Each client begins with another credential.
fn way(server: &Server, requests: &[Request]) -> Way {
    let scripts = (0..SPOKEN).map(|first| Script::round(requests.to_vec(), first)).collect();
    Way::Http(Load { address: server.address(), pid: server.pid(), scripts })
}
