//! schemathesis (Python): asks a server everything that its `OpenAPI` document allows, and what it does not, and
//! holds each answer against the document.
//!
//! Always the same questions, so that a run which failed can be repeated. Must never speak to anybody but the
//! server of the test.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::python::Tool;

const SCHEMATHESIS: Tool =
    Tool { environment: "testkit-venv-schemathesis", requirement: "schemathesis==4.32.5" };

/// What an answer must be, by the names that schemathesis gives its checks: no server error, and a status, a media
/// type, headers and a body that the document names. Who is let in is not asked here: one dialect's contract says
/// 422 to whoever is not, and walks over the tables ask better.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";

/// How many questions to each operation, beside those that follow from the document's own limits.
const QUESTIONS: &str = "40";

/// A document to ask by.
#[derive(Debug)]
pub struct Inquiry<'a> {
    /// Where the document is.
    pub document: &'a str,
    /// Sent as `Authorization: Bearer`.
    pub token: &'a str,
    /// Values that mean something to this server, by place and name (`path.id`, `body.kind`): most questions
    /// use one of them, so that they reach what lies behind.
    pub known: &'a [(&'a str, Vec<String>)],
    /// Operations that are not asked, such as streams that do not end.
    pub left_out: &'a [&'a str],
    /// Server errors that the API's own contract wants. The document must still name them where they occur.
    pub wanted: &'a [u16],
}

impl Inquiry<'_> {
    /// Asks; takes about a minute.
    ///
    /// # Errors
    ///
    /// What schemathesis says of the answers that are not as they should be.
    pub fn ask(&self) -> Result<(), String> {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let file = folder.path().join("schemathesis.toml");
        fs::write(&file, self.configuration()).expect("the folder is ours");
        let output =
            self.command(&file).current_dir(folder.path()).output().expect("the program is installed");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        eprintln!("{said}");
        if output.status.success() && said.contains("generated") {
            return Ok(());
        }
        Err(format!("{said}\n{}", String::from_utf8_lossy(&output.stderr)))
    }

    fn command(&self, configuration: &Path) -> Command {
        let mut command = Command::new(SCHEMATHESIS.program("schemathesis"));
        command.arg("--config-file").arg(configuration).arg("run").arg(self.document);
        command.args(["--header", &format!("Authorization: Bearer {}", self.token)]);
        command.args([
            "--checks",
            CHECKS,
            "--max-examples",
            QUESTIONS,
            "--seed",
            "1",
            "--generation-deterministic",
        ]);
        command.args(["--continue-on-failure", "--request-timeout", "60", "--wait-for-schema", "60"]);
        command.args(["--suppress-health-check", "all", "--no-color"]);
        for operation in self.left_out {
            command.args(["--exclude-operation-id", operation]);
        }
        command.stdin(Stdio::null());
        command
    }

    fn configuration(&self) -> String {
        let (mut dictionaries, mut parameters) = (String::new(), "[parameters]\n".to_owned());
        for (nth, (name, values)) in self.known.iter().enumerate() {
            let values: Value = values.iter().map(|value| number_or_text(value)).collect();
            writeln!(dictionaries, "[dictionaries.known{nth}]\nvalues = {values}").expect("memory takes all");
            writeln!(parameters, "\"{name}\" = {{ dictionary = \"known{nth}\", probability = 0.8 }}")
                .expect("memory takes all");
        }
        let no_errors = ["2xx", "3xx", "4xx"].map(Value::from).into_iter();
        let expected: Vec<Value> =
            no_errors.chain(self.wanted.iter().map(|status| (*status).into())).collect();
        let expected = Value::from(expected);
        format!("{dictionaries}{parameters}[checks.not_a_server_error]\nexpected-statuses = {expected}\n")
    }
}

/// Numbers are numbers where a body wants one; in a path it is all the same.
fn number_or_text(value: &str) -> Value {
    value.parse::<u64>().map_or_else(|_| value.into(), Value::from)
}
