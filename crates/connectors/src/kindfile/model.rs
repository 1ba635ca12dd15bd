//! A kind file after every check: what the engine works from.

use serde_json::Value;
use strongroom_domain::kind::Kind;
use strongroom_domain::verification::Reason;
use strongroom_egress::http::{HeaderName, Method};

use super::{BaseUrl, Template};

/// A kind, the request that tries a candidate of it, and what the answers mean.
#[derive(Debug)]
pub(crate) struct KindFile {
    pub(crate) kind: Kind,
    pub(crate) icon: String,
    pub(crate) probe: Probe,
    /// In the order in which they are asked; the first that fits decides.
    pub(crate) answers: Vec<Answer>,
    pub(crate) evidence: Sources,
}

/// Something the file fixes, or leaves to a setting of the credential, named here.
#[derive(Debug)]
pub(crate) enum Stated<T> {
    InFile(T),
    InSetting(String),
}

/// The one request. Every field that its templates name is declared and holds text.
#[derive(Debug)]
pub(crate) struct Probe {
    /// `GET` or `HEAD`; `POST` only where the file says why it changes nothing.
    pub(crate) method: Stated<Method>,
    pub(crate) base: Stated<BaseUrl>,
    /// Whether a base in a setting may be plain `http`.
    pub(crate) plain_http: PlainHttp,
    pub(crate) path: Stated<Template>,
    pub(crate) query: Vec<(String, Template)>,
    pub(crate) headers: Vec<(Stated<HeaderName>, Template)>,
    pub(crate) basic: Option<Basic>,
    pub(crate) body: Option<BodyNode>,
    pub(crate) control: Control,
}

/// What has to be seen beside an answer that accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Control {
    /// The answer shows by itself that the secret was judged.
    None,
    /// The same request without its secrets must not be accepted too: only then did the secret make the
    /// difference. Nothing wrong is sent, so nothing counts against an account.
    WithoutSecrets,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlainHttp {
    Refused,
    WhereTheSettingSaysSo,
}

/// Basic authentication (RFC 7617).
#[derive(Debug)]
pub(crate) struct Basic {
    pub(crate) user: Template,
    pub(crate) password: Template,
}

impl Basic {
    /// All fields of the pair.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        self.user.fields().chain(self.password.fields())
    }
}

/// A JSON body: values are put in as JSON strings, so nothing in them is syntax.
#[derive(Debug)]
pub(crate) enum BodyNode {
    Fixed(Value),
    Text(Template),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

/// One row of the table of answers. It fits where the status and every condition do.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: Stated<Vec<u16>>,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) means: Meaning,
}

#[derive(Debug)]
pub(crate) enum Condition {
    /// There, and not null.
    Has(Place),
    /// One of these values.
    Equals(Place, Vec<Value>),
    /// A list with one of these values in it, or a text with one of these texts.
    Contains(Place, Vec<Value>),
    /// Whether the answer is a page for people.
    Html(bool),
}

/// Where in an answer something stands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A JSON pointer into the body (RFC 6901).
    Body(String),
    Header(HeaderName),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    Accepted,
    /// The vendor names the credential as one of its own and refuses only what the probe asks for.
    AcceptedRestricted,
    Rejected(Reason),
    Unreachable(Reason),
}

/// Where evidence is read, once an answer means *accepted*.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// All of them together name the account; none where the answer lacks one.
    pub(crate) account: Vec<AccountPart>,
    /// A list, or a text with commas or spaces between.
    pub(crate) scopes: Option<Place>,
    pub(crate) expires_at: Option<Place>,
    pub(crate) facts: Vec<(String, Place)>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AccountPart {
    Answer(Place),
    /// The system has proved it by letting the candidate in.
    Setting(String),
}
