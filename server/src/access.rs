//! Who may use the server: everybody on this machine, or whoever knows a token or password.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use foray_protocol::{Account, ProblemKind, Role, Token, since_1970};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::ServerError;
use crate::api_error::ApiError;
use crate::attempts::{Attempts, network};
use crate::password::PasswordHash;

/// How long a browser stays logged in.
pub(crate) const SESSION: Duration = Duration::from_secs(30 * 24 * 3600);
const SESSION_KEY: &str = "foray 2026 the key that the sessions of browsers are signed with";
const SESSION_NAME: &str = "foray 2026 the name of a token in the sessions of browsers";
/// After ten, an address may try to log in so often, rightly or wrongly: each try costs the hash of a password.
const LOG_INS_A_MINUTE: NonZeroU32 = NonZeroU32::new(12).unwrap();
const LOG_INS_AT_ONCE: NonZeroU32 = NonZeroU32::new(10).unwrap();
/// Addresses whose logging in is remembered before old ones are forgotten.
const MANY_ADDRESSES: usize = 10_000;

/// Who may use a server, and what they may do there.
#[derive(Clone, Debug, Default)]
pub struct AccessRules {
    /// Tokens of programs, and what each may do.
    pub tokens: Vec<(Token, Role)>,
    /// People.
    pub users: Vec<User>,
    /// The page's key: what makes an admin of a browser where there are neither tokens nor people.
    pub page_key: Option<Token>,
}

impl AccessRules {
    /// Whether there are neither tokens nor people.
    pub fn is_open(&self) -> bool {
        self.tokens.is_empty() && self.users.is_empty()
    }
}

/// A person who may log in.
#[derive(Clone, Debug)]
pub struct User {
    name: String,
    password: PasswordHash,
    role: Role,
}

impl User {
    /// The person of a configuration's entry.
    ///
    /// # Errors
    /// [`ServerError::PasswordHash`] and, for a name that is empty, [`ServerError::UserName`].
    pub fn new(account: &Account) -> Result<Self, ServerError> {
        let name = account.name.trim().to_owned();
        if name.is_empty() {
            return Err(ServerError::UserName { name, reason: "is empty" });
        }
        Ok(Self { password: PasswordHash::parse(&account.password, &name)?, name, role: account.role })
    }
}

/// What a server asks of those who use it.
#[derive(Debug)]
pub(crate) enum Access {
    /// Nothing, since it listens to this machine alone; but the page's key for what decides over folders and models: other people of
    /// this machine could otherwise have it serve them any file that its owner may read.
    ThisMachine(Box<Guarded>),
    /// A token, or a name and its password.
    Guarded(Box<Guarded>),
}

impl Access {
    /// # Errors
    /// [`ServerError::UserName`] for two users of one name.
    pub fn new(rules: AccessRules) -> Result<Self, ServerError> {
        if rules.is_open() {
            let key = rules.page_key.map(|key| Key::of_token(&(key, Role::Admin)));
            return Ok(Self::ThisMachine(Box::new(Guarded::new(key.into_iter().collect()))));
        }
        let AccessRules { tokens, users, .. } = rules;
        let is_twice = |(number, user): &(usize, &User)| users[..*number].iter().any(|other| other.name == user.name);
        if let Some((_, user)) = users.iter().enumerate().find(is_twice) {
            return Err(ServerError::UserName { name: user.name.clone(), reason: "is there twice" });
        }
        let keys = tokens.iter().map(Key::of_token).chain(users.into_iter().map(Key::of_user)).collect();
        Ok(Self::Guarded(Box::new(Guarded::new(keys))))
    }
}

/// What is kept of tokens and passwords.
#[derive(Debug)]
pub(crate) struct Guarded {
    keys: Vec<Key>,
    attempts: Attempts,
    log_ins: DefaultKeyedRateLimiter<Option<IpAddr>>,
}

/// Somebody who may come in.
#[derive(Debug)]
pub(crate) struct Key {
    /// Who it is in sessions.
    id: String,
    pub role: Role,
    secret: Secret,
    session_key: [u8; 32],
}

#[derive(Debug)]
enum Secret {
    Token(blake3::Hash),
    Password { user: String, hash: PasswordHash },
}

impl Key {
    fn of_token((token, role): &(Token, Role)) -> Self {
        let id = format!("t{}", URL_SAFE_NO_PAD.encode(&token.key_for(SESSION_NAME)[..12]));
        Self { id, role: *role, secret: Secret::Token(token.digest()), session_key: token.key_for(SESSION_KEY) }
    }

    fn of_user(user: User) -> Self {
        let User { name, password: hash, role } = user;
        let id = format!("u{}", URL_SAFE_NO_PAD.encode(&name));
        let session_key = blake3::derive_key(SESSION_KEY, format!("{name}\n{hash}").as_bytes());
        Self { id, role, secret: Secret::Password { user: name, hash }, session_key }
    }

    /// The name of a person.
    pub fn user(&self) -> Option<&str> {
        Some(self.person()?.0)
    }

    /// Name and password of a person.
    fn person(&self) -> Option<(&str, &PasswordHash)> {
        match &self.secret {
            Secret::Password { user, hash } => Some((user, hash)),
            Secret::Token(_) => None,
        }
    }

    /// A session for a browser: whose it is and when it ends, signed. It outlives the server's process and ends with the token or
    /// password.
    pub fn new_session(&self) -> String {
        let ends = (since_1970() + SESSION).as_secs();
        format!("{}.{ends}.{}", self.id, self.signature(ends).to_hex())
    }

    fn signature(&self, ends: u64) -> blake3::Hash {
        blake3::keyed_hash(&self.session_key, &ends.to_be_bytes())
    }
}

impl Guarded {
    fn new(keys: Vec<Key>) -> Self {
        let log_ins = RateLimiter::keyed(Quota::per_minute(LOG_INS_A_MINUTE).allow_burst(LOG_INS_AT_ONCE));
        Self { keys, attempts: Attempts::default(), log_ins }
    }

    /// All who may come in.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Whether there are tokens, and people with passwords.
    pub fn asks_for(&self) -> (bool, bool) {
        let people = self.keys.iter().filter(|key| key.user().is_some()).count();
        (people < self.keys.len(), people > 0)
    }

    /// Whose token `given` is. Hashes are compared, in constant time; an address from which wrong ones keep coming has to wait.
    ///
    /// # Errors
    /// Unauthorized, or too many attempts.
    pub fn by_token(&self, given: &str, from: Option<IpAddr>) -> Result<&Key, ApiError> {
        self.must_not_wait(from)?;
        let digest = Token::digest_of(given);
        let is_it = |key: &&Key| matches!(&key.secret, Secret::Token(token) if *token == digest);
        // All are compared, so that the time tells nothing.
        let known = self.keys.iter().fold(None, |known, key| if is_it(&key) { Some(key) } else { known });
        let wrong = "the token is wrong; it must be the one that the server was started with, one of its configuration, or the \
                     key of the link that it printed";
        self.let_in(known, from, wrong)
    }

    /// Whose name and password these are. Takes some hundredths of a second, also for a name that is not known.
    ///
    /// # Errors
    /// Unauthorized, or too many attempts.
    pub fn by_password(&self, user: &str, password: &str, from: Option<IpAddr>) -> Result<&Key, ApiError> {
        self.must_not_wait(from)?;
        let known = self.keys.iter().find(|key| key.user() == Some(user));
        // Somebody who is not there costs as much time as somebody who is.
        let tried = known.and_then(Key::person).or_else(|| self.keys.iter().find_map(Key::person));
        let is_right = tried.is_some_and(|(_, hash)| hash.is_of(password));
        self.let_in(known.filter(|_| is_right), from, "name or password is wrong")
    }

    /// Counts a try to log in from this address.
    ///
    /// # Errors
    /// Too many attempts.
    pub fn count_log_in(&self, from: Option<IpAddr>) -> Result<(), ApiError> {
        if self.log_ins.len() > MANY_ADDRESSES {
            self.log_ins.retain_recent();
        }
        let detail = "too many tried to log in from this address; try again in some seconds";
        self.log_ins.check_key(&network(from)).map_err(|_| ApiError::new(ProblemKind::TooManyAttempts, detail))
    }

    fn must_not_wait(&self, from: Option<IpAddr>) -> Result<(), ApiError> {
        let detail = "wrong tokens or passwords came too often from this address; try again in some seconds";
        match self.attempts.must_wait(from) {
            true => Err(ApiError::new(ProblemKind::TooManyAttempts, detail)),
            false => Ok(()),
        }
    }

    fn let_in<'a>(&self, key: Option<&'a Key>, from: Option<IpAddr>, wrong: &str) -> Result<&'a Key, ApiError> {
        match key {
            Some(_) => self.attempts.forgive(from),
            None => self.attempts.note_failure(from),
        }
        key.ok_or_else(|| ApiError::new(ProblemKind::Unauthorized, wrong))
    }

    /// Whose session this is, if [`Key::new_session`] made it and it has not ended.
    pub fn by_session(&self, session: &str) -> Option<&Key> {
        let (id, rest) = session.split_once('.')?;
        let (ends, signature) = rest.split_once('.')?;
        let key = self.keys.iter().find(|key| key.id == id)?;
        let (ends, signature) = (ends.parse::<u64>().ok()?, blake3::Hash::from_hex(signature).ok()?);
        (signature == key.signature(ends) && ends > since_1970().as_secs()).then_some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guarded(tokens: &[(&str, Role)], users: &[(&str, &str)]) -> Guarded {
        let tokens = tokens.iter().map(|(token, role)| (token.parse().unwrap(), *role)).collect();
        let user = |(name, password): &(&str, &str)| User {
            name: (*name).to_owned(),
            password: PasswordHash::of(password).unwrap(),
            role: Role::Reader,
        };
        let rules = AccessRules { tokens, users: users.iter().map(user).collect(), page_key: None };
        match Access::new(rules).unwrap() {
            Access::Guarded(guarded) => *guarded,
            Access::ThisMachine(_) => unreachable!(),
        }
    }

    fn one(token: &str) -> Guarded {
        guarded(&[(token, Role::Admin)], &[])
    }

    #[test]
    fn sessions_are_of_one_token_and_end() {
        let (ours, other) = (one("0123456789abcdef"), one("0123456789abcdeg"));
        let key = ours.by_token("0123456789abcdef", None).unwrap();
        let session = key.new_session();
        assert!(ours.by_session(&session).is_some());
        assert!(other.by_session(&session).is_none());
        let parts: Vec<&str> = session.split('.').collect();
        let longer = parts[1].parse::<u64>().unwrap() + 1;
        assert!(ours.by_session(&format!("{}.{longer}.{}", parts[0], parts[2])).is_none());
        assert!(ours.by_session(&format!("{}.7.{}", parts[0], key.signature(7))).is_none());
        for nonsense in ["", ".", "..", "1", "x.y", "x.y.z", parts[2]] {
            assert!(ours.by_session(nonsense).is_none(), "{nonsense}");
        }
    }

    #[test]
    fn nobody_has_the_session_of_another() {
        let both =
            guarded(&[("0123456789abcdef", Role::Indexer)], &[("anna", "correct horse"), ("bert", "battery staple")]);
        let anna = both.by_password("anna", "correct horse", None).unwrap();
        let session = anna.new_session();
        assert_eq!(both.by_session(&session).unwrap().user(), Some("anna"));
        let bert = both.by_password("bert", "battery staple", None).unwrap();
        let stolen = session.replacen(&anna.id, &bert.id, 1);
        assert!(both.by_session(&stolen).is_none());
        // Another password ends the sessions of the one before.
        let later = guarded(&[], &[("anna", "another horse")]);
        assert!(later.by_session(&session).is_none());
    }

    #[test]
    fn names_and_tokens_are_known_with_their_roles() {
        let all = guarded(
            &[("0123456789abcdef", Role::Indexer), ("fedcba9876543210", Role::Admin)],
            &[("anna", "correct horse")],
        );
        assert_eq!(all.by_token("0123456789abcdef", None).unwrap().role, Role::Indexer);
        assert_eq!(all.by_token("fedcba9876543210", None).unwrap().role, Role::Admin);
        assert_eq!(all.by_password("anna", "correct horse", None).unwrap().role, Role::Reader);
        for (user, password) in [("anna", "wrong horse"), ("nobody", "the password of nobody"), ("", "")] {
            assert_eq!(all.by_password(user, password, None).unwrap_err().0.kind, ProblemKind::Unauthorized, "{user}");
        }
        assert_eq!(all.asks_for(), (true, true));
    }

    #[test]
    fn two_users_of_one_name_are_refused() {
        let user =
            User { name: "anna".to_owned(), password: PasswordHash::of("correct horse").unwrap(), role: Role::Reader };
        let rules = AccessRules { users: vec![user.clone(), user], ..AccessRules::default() };
        assert!(Access::new(rules).unwrap_err().to_string().contains("twice"));
    }

    #[test]
    fn the_key_of_the_page_is_that_of_an_admin() {
        let rules = AccessRules { page_key: Some("0123456789abcdef".parse().unwrap()), ..AccessRules::default() };
        let Access::ThisMachine(own) = Access::new(rules).unwrap() else { panic!("there is no token") };
        let key = own.by_token("0123456789abcdef", None).unwrap();
        assert_eq!((key.role, own.by_session(&key.new_session()).is_some()), (Role::Admin, true));
        assert!(own.by_token("0123456789abcdeg", None).is_err());
        let Access::ThisMachine(keyless) = Access::new(AccessRules::default()).unwrap() else { panic!() };
        assert!(keyless.by_token("", None).is_err() && keyless.by_session(&key.new_session()).is_none());
    }

    #[test]
    fn an_address_that_guesses_has_to_wait_even_with_the_right_token() {
        let guarded = one("0123456789abcdef");
        let guesser = Some(IpAddr::from([10, 0, 0, 1]));
        let kind = |given: &str, from| guarded.by_token(given, from).map(|_| ()).map_err(|error| error.0.kind);
        for _ in 0..Attempts::FREE {
            assert_eq!(kind("wrong", guesser), Err(ProblemKind::Unauthorized));
        }
        assert_eq!(kind("0123456789abcdef", guesser), Err(ProblemKind::TooManyAttempts));
        assert_eq!(kind("0123456789abcdef", Some(IpAddr::from([10, 0, 0, 2]))), Ok(()));
    }

    #[test]
    fn logging_in_is_limited_for_each_address() {
        let guarded = one("0123456789abcdef");
        let here = Some(IpAddr::from([10, 0, 0, 1]));
        assert!((0..LOG_INS_AT_ONCE.get()).all(|_| guarded.count_log_in(here).is_ok()));
        assert_eq!(guarded.count_log_in(here).unwrap_err().0.kind, ProblemKind::TooManyAttempts);
        assert!(guarded.count_log_in(Some(IpAddr::from([10, 0, 0, 2]))).is_ok());
    }
}
