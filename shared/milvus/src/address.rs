//! Where a library on Milvus is: `milvus://[user:password@]host[:port]/[database/]collection[?tls=true&index=diskann]`.

use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;

use crate::MilvusError;

const SCHEME: &str = "milvus://";
const DEFAULT_PORT: u16 = 19530;
/// Milvus allows 255 bytes; the names of Foray's collections begin with this one.
const LONGEST_NAME: usize = 100;

/// How Milvus finds vectors; docs/scaling.md tells which is for how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IndexKind {
    /// A graph over whole vectors in memory.
    #[default]
    Hnsw,
    /// The same over vectors of 8 bits a component.
    HnswSq,
    /// A graph on disk, codes in memory.
    DiskAnn,
}

impl IndexKind {
    /// As it stands in an address.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hnsw => "hnsw",
            Self::HnswSq => "hnsw_sq",
            Self::DiskAnn => "diskann",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Hnsw, Self::HnswSq, Self::DiskAnn].into_iter().find(|kind| kind.name() == name)
    }
}

/// The address of a library.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    host: String,
    port: u16,
    tls: bool,
    database: Option<String>,
    /// What the names of the library's collections begin with.
    collection: String,
    /// `user:password`, or the key of a cloud service.
    token: Option<String>,
    index: IndexKind,
}

impl Address {
    /// What the client of Milvus connects to.
    pub fn endpoint(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}:{}", self.host, self.port)
    }

    /// The database, where it is not the default one.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// What the names of the library's collections begin with.
    pub fn collection(&self) -> &str {
        &self.collection
    }

    /// `user:password`, or the key of a cloud service.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The index that a library which is made there gets.
    pub fn index(&self) -> IndexKind {
        self.index
    }

    /// The same with this token, unless the address has one itself.
    #[must_use]
    pub fn with_token(self, token: Option<String>) -> Self {
        Self { token: self.token.or(token), ..self }
    }
}

impl FromStr for Address {
    type Err = MilvusError;

    fn from_str(text: &str) -> Result<Self, MilvusError> {
        let bad = |reason: &str| MilvusError::Address { got: without_secret(text), reason: reason.to_owned() };
        let rest = text.strip_prefix(SCHEME).ok_or_else(|| bad("it does not begin with milvus://"))?;
        let (rest, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (mut tls, mut index) = (false, IndexKind::default());
        for option in options.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                Some(("tls", "true")) => tls = true,
                Some(("tls", "false")) => tls = false,
                Some(("index", name)) if IndexKind::named(name).is_some() => {
                    index = IndexKind::named(name).unwrap_or_default();
                }
                _ => return Err(bad("the options are ?tls=true and ?index=hnsw, hnsw_sq or diskann, joined by &")),
            }
        }
        let (authority, path) = rest.split_once('/').ok_or_else(|| bad("the collection is missing"))?;
        let (token, host) = match authority.rsplit_once('@') {
            Some((token, host)) => (Some(decoded(token).ok_or_else(|| bad("the password is not UTF-8"))?), host),
            None => (None, authority),
        };
        let (host, port) = match host.rsplit_once(':') {
            Some((host, port)) if !host.is_empty() && !port.ends_with(']') => {
                (host, port.parse().map_err(|_| bad("the port is no number from 1 to 65535"))?)
            }
            _ => (host, DEFAULT_PORT),
        };
        if host.is_empty() {
            return Err(bad("the host is missing"));
        }
        let (database, collection) = match path.split_once('/') {
            Some((database, collection)) => (Some(database), collection),
            None => (None, path),
        };
        for name in database.iter().chain([&collection]) {
            check_name(name).map_err(|reason| bad(&reason))?;
        }
        Ok(Self {
            host: host.to_owned(),
            port,
            tls,
            database: database.map(str::to_owned),
            collection: collection.to_owned(),
            token,
            index,
        })
    }
}

/// What Milvus takes for a name.
fn check_name(name: &str) -> Result<(), String> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let begins_well = !name.is_empty() && !name.as_bytes()[0].is_ascii_digit();
    if begins_well && name.len() <= LONGEST_NAME && name.bytes().all(is_word) {
        return Ok(());
    }
    Err(format!("{name:?} is no name for a collection; expected 1 to 100 letters, digits and _, no digit first"))
}

fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(Into::into)
}

/// The address as it may be shown.
fn without_secret(text: &str) -> String {
    match text.strip_prefix(SCHEME).and_then(|rest| rest.rsplit_once('@')) {
        Some((_, rest)) => format!("{SCHEME}***@{rest}"),
        None => text.to_owned(),
    }
}

/// As it is written, without the secret.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}:{}/", self.host, self.port)?;
        if let Some(database) = &self.database {
            write!(f, "{database}/")?;
        }
        f.write_str(&self.collection)?;
        if self.tls { f.write_str("?tls=true") } else { Ok(()) }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Address, String> {
        text.parse().map_err(|error: MilvusError| error.to_string())
    }

    #[test]
    fn an_address_has_its_parts() {
        let address = parse("milvus://root:pa%40ss@vectors.example:19531/archive/photos?tls=true").unwrap();
        assert_eq!(address.endpoint(), "https://vectors.example:19531");
        assert_eq!((address.database(), address.collection()), (Some("archive"), "photos"));
        assert_eq!(address.token(), Some("root:pa@ss"));
        assert_eq!(address.to_string(), "milvus://vectors.example:19531/archive/photos?tls=true");
        assert_eq!(parse("milvus://nas/photos?index=diskann&tls=true").unwrap().index(), IndexKind::DiskAnn);
        let short = parse("milvus://nas/photos").unwrap();
        assert_eq!((short.endpoint().as_str(), short.token()), ("http://nas:19530", None));
    }

    #[test]
    fn what_is_wrong_is_told_without_the_secret() {
        for (text, reason) in [
            ("http://nas:19530/photos", "milvus://"),
            ("milvus://nas:19530", "collection is missing"),
            ("milvus:///photos", "host is missing"),
            ("milvus://nas:x/photos", "port"),
            ("milvus://nas/my-photos", "\"my-photos\""),
            ("milvus://nas/", "\"\""),
            ("milvus://nas/photos?ssl", "?tls=true"),
            ("milvus://nas/photos?tls=true&index=flat", "diskann"),
            ("milvus://root:secret@nas:x/photos", "port"),
        ] {
            let message = parse(text).unwrap_err();
            assert!(message.contains(reason) && !message.contains("secret"), "{text}: {message}");
        }
    }
}
