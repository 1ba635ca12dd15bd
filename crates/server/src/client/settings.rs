//! Which server, which workspace, whose token, and who said so.
//!
//! Owns the order: flag, variable, the folder's file, profile, built-in. Must never send a token where it
//! was not meant to go: a folder's file comes with other people's work and may name any address.

use std::fmt;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use clap::parser::ValueSource;
use strongroom_config::Variable;
use strongroom_config::client::{FolderFile, Profile, ProfileName, client_folder};
use strongroom_domain::Secret;

use super::address::Address;
use crate::arguments::Connection;
use crate::refusal::{Exit, Refusal};
use crate::token_file::{Content, TokenFile};

const BUILT_IN_ADDRESS: &str = "http://127.0.0.1:7625";
const BUILT_IN_WORKSPACE: &str = "default";
const UNDONE: &str = "nothing was sent";

/// Who said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Flag(&'static str),
    Variable(&'static str),
    Folder(PathBuf),
    Profile(ProfileName),
    BuiltIn,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "--{name}"),
            Self::Variable(name) => f.write_str(name),
            Self::Folder(path) => write!(f, "{}", path.display()),
            Self::Profile(name) => write!(f, "profile {name}"),
            Self::BuiltIn => f.write_str("built-in"),
        }
    }
}

/// A value and who said it.
#[derive(Debug, Clone)]
pub(crate) struct Stated<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

/// Everything a client command goes by.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) address: Stated<Address>,
    pub(crate) workspace: Stated<String>,
    pub(crate) ca_cert: Option<Stated<PathBuf>>,
    pub(crate) profile: Stated<ProfileName>,
    /// Where the token is; it is read when it is needed.
    pub(crate) token: Option<Stated<TokenSource>>,
    /// The person's own folder, if there is one.
    pub(crate) folder: Option<PathBuf>,
}

/// Where a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenSource {
    /// `STRONGROOM_TOKEN`
    Variable,
    File(PathBuf),
}

const TOKEN: &str = "STRONGROOM_TOKEN";

/// What the files say.
struct Files {
    folder: Option<(PathBuf, FolderFile)>,
    profile: Option<Profile>,
    name: ProfileName,
}

impl Settings {
    /// Reads the files there are. Nothing is opened for the token yet.
    pub(crate) fn of(connection: &Connection, matches: &ArgMatches) -> Result<Self, Refusal> {
        let own = client_folder();
        let here = std::env::current_dir().unwrap_or_default();
        let account = rustix::process::geteuid().as_raw();
        let folder =
            FolderFile::nearest(&here, account).map_err(|error| Refusal::from(error).about(UNDONE))?;
        let profile = profile_name(connection, matches, folder.as_ref())?;
        let name = profile.value.clone();
        let stored = match &own {
            Some(own) => {
                Profile::load(&name.file(own)).map_err(|error| Refusal::from(error).about(UNDONE))?
            }
            None => None,
        };
        let files = Files { folder, profile: stored, name };
        let ca_cert = stated(connection.ca_cert.clone(), matches, "ca_cert")
            .or_else(|| files.of_profile(|profile| profile.ca_cert.clone()));
        Ok(Self {
            address: address(connection, matches, &files)?,
            workspace: workspace(connection, matches, &files),
            ca_cert,
            token: token(connection, matches, &files, own.as_deref()),
            profile,
            folder: own,
        })
    }

    /// The token; `None` where nobody gave one. Refuses to take it where it does not belong.
    pub(crate) fn read_token(&self) -> Result<Option<Secret<String>>, Refusal> {
        let Some(token) = &self.token else { return Ok(None) };
        self.refuse_stray(token)?;
        let text = match &token.value {
            TokenSource::Variable => match strongroom_config::variable(TOKEN) {
                Variable::Value(text) => text,
                Variable::Absent | Variable::StandardInput => return Ok(None),
            },
            TokenSource::File(path) => match TokenFile::at(path).read().map_err(unusable)? {
                Content::Line(text) => text,
                Content::Missing | Content::Empty => return Err(no_token_in(path)),
            },
        };
        // EXPOSE: looked at once for what no header may hold.
        if text.expose().is_empty() || !text.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(not_a_token(&token.origin));
        }
        Ok(Some(text))
    }

    /// Whether the token is the one that `login` has stored.
    pub(crate) fn is_profiles_token(&self) -> bool {
        self.token.as_ref().is_some_and(|token| matches!(token.origin, Origin::Profile(_)))
    }

    /// A token goes to the address it was given for: its profile's, or one that was stated with at least as
    /// much say as the token itself. A folder's file has less than a variable, also where it names a profile
    /// and the profile the address.
    fn refuse_stray(&self, token: &Stated<TokenSource>) -> Result<(), Refusal> {
        let address = &self.address;
        let is_folders_profile = matches!(self.profile.origin, Origin::Folder(_));
        let is_own = match (&token.origin, &address.origin) {
            (Origin::Profile(_), Origin::Profile(_) | Origin::BuiltIn) => true,
            (Origin::Profile(_), _) => self.is_profiles_address(),
            (_, Origin::Folder(_)) => !is_folders_profile && self.is_profiles_address(),
            (_, Origin::Profile(_)) => !is_folders_profile,
            _ => true,
        };
        if is_own {
            return Ok(());
        }
        let (to, from) = (&address.value, &address.origin);
        let chosen = match (&self.profile.origin, from) {
            (Origin::Folder(path), Origin::Profile(_)) => format!(", chosen by {},", path.display()),
            _ => String::new(),
        };
        Err(Refusal::new(
            Exit::Login,
            UNDONE,
            format!(
                "{from}{chosen} names {to}, and the token of {} was not given for that address",
                token.origin
            ),
            format!(
                "if {to} is right: strongroom login --address {to}, or export STRONGROOM_ADDRESS={to} with its token in STRONGROOM_TOKEN"
            ),
        ))
    }

    /// Looked up anew: the address in force may have come from elsewhere and be the same.
    fn is_profiles_address(&self) -> bool {
        let stored =
            self.folder.as_deref().and_then(|own| Profile::load(&self.profile.value.file(own)).ok()?);
        let stored = stored.and_then(|profile| profile.address?.parse::<Address>().ok());
        stored.is_some_and(|stored| stored == self.address.value)
    }
}

impl Files {
    fn of_folder<T>(&self, take: impl FnOnce(&FolderFile) -> Option<T>) -> Option<Stated<T>> {
        let (path, file) = self.folder.as_ref()?;
        Some(Stated { value: take(file)?, origin: Origin::Folder(path.clone()) })
    }

    fn of_profile<T>(&self, take: impl FnOnce(&Profile) -> Option<T>) -> Option<Stated<T>> {
        let value = take(self.profile.as_ref()?)?;
        Some(Stated { value, origin: Origin::Profile(self.name.clone()) })
    }
}

/// What clap has, with the word by which a person knows where it came from.
fn stated<T>(value: Option<T>, matches: &ArgMatches, id: &str) -> Option<Stated<T>> {
    const NAMES: [(&str, &str, &str); 5] = [
        ("address", "address", "STRONGROOM_ADDRESS"),
        ("workspace", "workspace", "STRONGROOM_WORKSPACE"),
        ("profile", "profile", "STRONGROOM_PROFILE"),
        ("ca_cert", "ca-cert", "STRONGROOM_CA_CERT"),
        ("token_file", "token-file", "STRONGROOM_TOKEN_FILE"),
    ];
    let (_, flag, variable) = NAMES.iter().find(|(name, ..)| *name == id)?;
    let origin = match matches.value_source(id) {
        Some(ValueSource::CommandLine) => Origin::Flag(flag),
        _ => Origin::Variable(variable),
    };
    Some(Stated { value: value?, origin })
}

fn profile_name(
    connection: &Connection,
    matches: &ArgMatches,
    folder: Option<&(PathBuf, FolderFile)>,
) -> Result<Stated<ProfileName>, Refusal> {
    if let Some(Stated { value, origin }) = stated(connection.profile.clone(), matches, "profile") {
        let value = value.parse().map_err(|fix| wrong(&origin, "it is no name of a profile", fix))?;
        return Ok(Stated { value, origin });
    }
    let named = folder.and_then(|(path, file)| Some((path.clone(), file.profile.clone()?)));
    Ok(named.map_or_else(
        || Stated { value: ProfileName::default(), origin: Origin::BuiltIn },
        |(path, value)| Stated { value, origin: Origin::Folder(path) },
    ))
}

/// A profile is trusted like a variable: only its owner can write it.
fn address(connection: &Connection, matches: &ArgMatches, files: &Files) -> Result<Stated<Address>, Refusal> {
    let text = stated(connection.address.clone(), matches, "address")
        .or_else(|| files.of_folder(|file| file.address.clone()))
        .or_else(|| files.of_profile(|profile| profile.address.clone()))
        .unwrap_or_else(|| Stated { value: BUILT_IN_ADDRESS.to_owned(), origin: Origin::BuiltIn });
    let value = text.value.parse().map_err(|fault: String| {
        wrong(&text.origin, &fault, "write it like http://127.0.0.1:7625 or https://strongroom.example")
    })?;
    Ok(Stated { value, origin: text.origin })
}

fn workspace(connection: &Connection, matches: &ArgMatches, files: &Files) -> Stated<String> {
    stated(connection.workspace.clone(), matches, "workspace")
        .or_else(|| files.of_folder(|file| file.workspace.clone()))
        .or_else(|| files.of_profile(|profile| profile.workspace.clone()))
        .unwrap_or_else(|| Stated { value: BUILT_IN_WORKSPACE.to_owned(), origin: Origin::BuiltIn })
}

/// A flag goes before the variable with the token, that before the variable with its file: whoever types a
/// flag means this one call.
fn token(
    connection: &Connection,
    matches: &ArgMatches,
    files: &Files,
    own: Option<&Path>,
) -> Option<Stated<TokenSource>> {
    let named = stated(connection.token_file.clone(), matches, "token_file")
        .map(|Stated { value, origin }| Stated { value: TokenSource::File(value), origin });
    let is_flag = matches!(&named, Some(Stated { origin: Origin::Flag(_), .. }));
    if !is_flag && matches!(strongroom_config::variable(TOKEN), Variable::Value(_)) {
        return Some(Stated { value: TokenSource::Variable, origin: Origin::Variable(TOKEN) });
    }
    let stored = || {
        let path = files.name.token_file(own?);
        let origin = Origin::Profile(files.name.clone());
        path.exists().then_some(Stated { value: TokenSource::File(path), origin })
    };
    named.or_else(stored)
}

fn wrong(origin: &Origin, cause: &str, fix: &str) -> Refusal {
    Refusal::new(Exit::Usage, UNDONE, format!("{origin}: {cause}"), fix)
}

/// A file that is there and may not be used as it is: a matter of settings, like a wrong address.
fn unusable(refusal: Refusal) -> Refusal {
    refusal.about(UNDONE).ending(Exit::Usage)
}

fn no_token_in(path: &Path) -> Refusal {
    let cause = format!("there is no token in {}", path.display());
    Refusal::new(
        Exit::Login,
        UNDONE,
        cause,
        "name the file that holds it, or store one with: strongroom login",
    )
}

fn not_a_token(origin: &Origin) -> Refusal {
    let cause = format!("what {origin} holds is no token: it is empty or has spaces or signs in it");
    Refusal::new(Exit::Login, UNDONE, cause, "a token begins with srt_ and is one word; take it whole")
}
