//! What is asked, how often, and how a request for it is made.

use std::sync::Arc;
use std::time::Duration;

use foray_tests::phrases::{PLACES, SUBJECTS};
use foray_tests::{Random, Reply};
use serde_json::{Value, json};
use ureq::Agent;

use crate::TOKEN;
use crate::library::MadeLibrary;

/// Nobody waits longer.
const PATIENCE: Duration = Duration::from_secs(60);
const FILTERS: [&str; 4] = ["taken:2007", "taken:2003..2009", "w:>2000", "-taken:2010"];

/// A kind of question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// By words.
    Search,
    /// By words, among photos that fulfil a filter.
    Filtered,
    /// By a photo of the library.
    Similar,
    /// A preview.
    Thumbnail,
    /// The file of a real photo.
    Original,
    /// By a picture that is sent.
    Picture,
    /// Some photos in the order of their scores.
    Rank,
    /// A page of the unusual ones.
    Unusual,
    /// What the page asks now and then.
    Status,
    /// Photos that come and go; no question, but timed like one.
    Commit,
}

/// Photos that are put in order at a time.
const RANKED: usize = 100;
/// Of a hundred questions: what people do who search, look through pages of thumbnails, and open some photos.
const MIX: [(Kind, usize); 9] = [
    (Kind::Search, 26),
    (Kind::Filtered, 10),
    (Kind::Similar, 14),
    (Kind::Thumbnail, 32),
    (Kind::Original, 5),
    (Kind::Picture, 3),
    (Kind::Rank, 4),
    (Kind::Unusual, 2),
    (Kind::Status, 4),
];

impl Kind {
    /// One of them, as often as the mix has it.
    pub fn any(random: &mut Random) -> Self {
        let mut number = random.below(100);
        for (kind, share) in MIX {
            if number < share {
                return kind;
            }
            number -= share;
        }
        unreachable!("the shares are a hundred together")
    }
}

/// Asks one server.
#[derive(Clone)]
pub struct Asker {
    agent: Agent,
    base: String,
    /// What is known of its library.
    pub library: Arc<MadeLibrary>,
}

/// What was asked, where the answer depends on it.
pub struct Asked {
    /// The reply, if one came.
    pub reply: Option<Reply>,
    /// The number of the probe whose neighbours were asked for.
    pub probe: Option<usize>,
}

impl Asker {
    /// Asks the server at `base`.
    pub fn new(base: &str, library: Arc<MadeLibrary>) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE));
        let config = config.max_idle_connections(64).max_idle_connections_per_host(64);
        // A server closes what is idle for five seconds: shorter here, so that none is used that is being closed.
        let config = config.max_idle_age(Duration::from_secs(3));
        Self { agent: config.build().into(), base: format!("{base}/api/v1"), library }
    }

    /// The server's status.
    pub fn status(&self) -> Value {
        self.get("status").json()
    }

    /// GET of an address below `/api/v1`, which must be answered.
    pub fn get(&self, address: &str) -> Reply {
        self.try_get(address).unwrap()
    }

    fn try_get(&self, address: &str) -> Option<Reply> {
        let request = self.agent.get(format!("{}/{address}", self.base));
        Reply::whole(request.header("authorization", format!("Bearer {TOKEN}")).call().ok()?)
    }

    fn post(&self, address: &str, media: &str, body: &[u8]) -> Option<Reply> {
        let request = self.agent.post(format!("{}/{address}", self.base)).content_type(media);
        Reply::whole(request.header("authorization", format!("Bearer {TOKEN}")).send(body).ok()?)
    }

    /// Asks something of this kind.
    pub fn ask(&self, kind: Kind, random: &mut Random) -> Asked {
        let library = &self.library;
        // Every other one is a photo whose true neighbours are known.
        let is_probe = kind == Kind::Similar && random.below(2) == 0;
        let probe = is_probe.then(|| random.below(library.probes.len()));
        let made = &library.made[random.below(library.made.len())];
        let real = random.below(library.real.len());
        let reply = match kind {
            Kind::Search => self.try_get(&format!("search?limit=40&q={}", words(random))),
            Kind::Filtered => {
                let filter = FILTERS[random.below(FILTERS.len())];
                self.try_get(&format!("search?limit=40&q={}%20{}", words(random), filter.replace('>', "%3E")))
            }
            Kind::Similar => {
                let id = probe.map_or(made, |probe| &library.probes[probe].0);
                self.try_get(&format!("images/{id}/similar?limit=40"))
            }
            Kind::Thumbnail => self.try_get(&format!("images/{made}/thumbnail")),
            Kind::Original => self.try_get(&format!("images/{}/original", library.real[real])),
            Kind::Picture => self.post("search/image?limit=40", "image/jpeg", &library.files[real]),
            Kind::Rank => self.rank(random),
            Kind::Unusual => self.try_get(&format!("unusual?limit=40&offset={}", 40 * random.below(10))),
            Kind::Status | Kind::Commit => self.try_get("status"),
        };
        Asked { reply, probe }
    }

    fn rank(&self, random: &mut Random) -> Option<Reply> {
        let first = random.below(self.library.made.len() - RANKED);
        let body = json!({ "query": "a cat", "ids": self.library.made[first..first + RANKED] });
        self.post("rank", "application/json", body.to_string().as_bytes())
    }
}

/// A text for an address: one of many, so that some were asked for before and most were not.
fn words(random: &mut Random) -> String {
    let (subject, place) = (SUBJECTS[random.below(SUBJECTS.len())], PLACES[random.below(PLACES.len())]);
    format!("photo {} of a {subject} {place}", random.below(100)).replace(' ', "%20")
}
