//! Getting at the library: opened here when no one has it, else through the server that has it.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use foray_embedding::Embedder;
use foray_library::{Holder, LibraryError, Store};
use foray_protocol::{
    Classifier, Client, DuplicateResults, DuplicatesRequest, EmbeddingCache, Evaluation, Facets, FacetsRequest,
    Failure, Filter, HandTagging, Ingest, LibraryStatus, Maintenance, PhotoSearch, ProtocolError, SavedSearch,
    SearchName, SpaceId, Spaces, TagRule, TagRuleRequest,
};
use foray_server::SearchService;

use crate::patience::wait_for;
use crate::settings::Settings;

/// How long a server that has just been started is waited for.
const SERVER_START: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(50);

/// A library, wherever it is.
pub enum Connection {
    /// Open in this process.
    Here(Arc<dyn Store>),
    /// Behind a server.
    Server(Client),
}

impl Connection {
    /// Connects for `command`; makes a new library where there is none if `create`.
    pub fn open(settings: &Settings, command: &str, create: bool) -> Result<Self> {
        if let Some(url) = &settings.server {
            return Ok(Self::Server(settings.client(url)?));
        }
        let begun = Instant::now();
        loop {
            let error = match settings.open_store(command, create, false) {
                Ok(library) => return Ok(Self::Here(library)),
                Err(error) => error,
            };
            let Some(LibraryError::Held { folder, holder }) = error.downcast_ref() else { return Err(error) };
            match server_of(holder, folder) {
                Some(url) => return Ok(Self::Server(settings.client(&url)?)),
                None if holder.serves() && begun.elapsed() < SERVER_START => thread::sleep(POLL),
                None => return Err(error),
            }
        }
    }

    /// The indexer's side.
    pub fn ingest(&self) -> Arc<dyn Ingest> {
        match self {
            Self::Here(library) => Arc::clone(library) as Arc<dyn Ingest>,
            Self::Server(client) => Arc::new(client.clone()),
        }
    }

    /// The side of whoever gives the library vectors of other models.
    pub fn spaces(&self) -> Arc<dyn Spaces> {
        match self {
            Self::Here(library) => Arc::clone(library) as Arc<dyn Spaces>,
            Self::Server(client) => Arc::new(client.clone()),
        }
    }

    /// The space that is searched; `None` in an empty library.
    pub fn space(&self) -> Result<Option<SpaceId>> {
        let status = self.status()?;
        Ok((status.photos > 0).then_some(status.space.space))
    }

    /// The searcher's side; loads the model when the library is here.
    pub fn search(self, settings: &Settings) -> Result<Box<dyn PhotoSearch>> {
        self.search_with(|space| Ok(Arc::new(settings.open_embedder_for(space)?)))
    }

    /// The same with the model that `embedder` gives for the library's space.
    pub fn search_with(
        self,
        embedder: impl FnOnce(Option<&SpaceId>) -> Result<Arc<Embedder>>,
    ) -> Result<Box<dyn PhotoSearch>> {
        Ok(match self {
            Self::Here(library) => {
                let embedder = embedder(library.space().as_ref())?;
                Box::new(SearchService::new(library, embedder))
            }
            Self::Server(client) => Box::new(client),
        })
    }

    /// What the library holds; loads no model.
    pub fn status(&self) -> Result<LibraryStatus> {
        Ok(match self {
            Self::Here(library) => library.status()?,
            Self::Server(client) => client.status()?,
        })
    }

    /// Has the library forget, compact and rebuild what is due.
    pub fn maintain(&self) -> Result<Maintenance> {
        Ok(match self {
            Self::Here(library) => library.maintain()?,
            Self::Server(client) => client.maintain()?,
        })
    }

    /// Groups of duplicates; loads no model.
    pub fn duplicates(&self, request: &DuplicatesRequest) -> Result<DuplicateResults> {
        wait_for(|| match self {
            Self::Here(library) => Ok(library.duplicates(request)?),
            Self::Server(client) => client.duplicates(request),
        })
    }

    /// How photos divide; loads no model.
    pub fn facets(&self, request: &FacetsRequest) -> Result<Facets> {
        Ok(match self {
            Self::Here(library) => {
                let filter = Filter::of(request.filter.as_deref()).map_err(ProtocolError::from)?;
                library.facets(&filter)?
            }
            Self::Server(client) => client.facets(request)?,
        })
    }

    /// The searches that were saved; loads no model.
    pub fn saved_searches(&self) -> Result<Vec<SavedSearch>> {
        Ok(match self {
            Self::Here(library) => library.saved_searches()?,
            Self::Server(client) => client.saved_searches()?,
        })
    }

    /// Forgets a saved search; loads no model.
    pub fn forget_search(&self, name: &SearchName) -> Result<()> {
        match self {
            Self::Here(library) => library.forget_search(name)?,
            Self::Server(client) => client.forget_search(name)?,
        }
        Ok(())
    }

    /// The library itself, where it is open in this process.
    pub fn library(&self) -> Option<Arc<dyn Store>> {
        match self {
            Self::Here(library) => Some(Arc::clone(library)),
            Self::Server(_) => None,
        }
    }

    /// What remembers the embeddings of photos.
    pub fn embedding_cache(&self) -> Arc<dyn EmbeddingCache> {
        match self {
            Self::Here(library) => Arc::clone(library) as Arc<dyn EmbeddingCache>,
            Self::Server(client) => Arc::new(client.clone()),
        }
    }

    /// The evaluations that were made, the latest first, at most `limit`.
    pub fn evaluations(&self, limit: usize) -> Result<Vec<Evaluation>> {
        Ok(match self {
            Self::Here(library) => library.evaluations(limit)?,
            Self::Server(client) => client.evaluations(limit)?,
        })
    }

    /// Keeps an evaluation.
    pub fn keep_evaluation(&self, evaluation: &Evaluation) -> Result<()> {
        match self {
            Self::Here(library) => library.keep_evaluation(evaluation)?,
            Self::Server(client) => client.keep_evaluation(evaluation)?,
        }
        Ok(())
    }

    /// The classifiers that are kept, by name.
    pub fn classifiers(&self) -> Result<Vec<Classifier>> {
        Ok(match self {
            Self::Here(library) => library.classifiers()?,
            Self::Server(client) => client.classifiers()?,
        })
    }

    /// The classifier of this name.
    pub fn classifier(&self, name: &SearchName) -> Result<Classifier> {
        let found = self.classifiers()?.into_iter().find(|classifier| classifier.name == *name);
        Ok(found.ok_or_else(|| LibraryError::NoClassifier(name.to_string()))?)
    }

    /// Keeps a classifier under its name.
    pub fn keep_classifier(&self, classifier: &Classifier) -> Result<()> {
        match self {
            Self::Here(library) => library.keep_classifier(classifier)?,
            Self::Server(client) => client.keep_classifier(classifier)?,
        }
        Ok(())
    }

    /// Forgets a classifier.
    pub fn forget_classifier(&self, name: &SearchName) -> Result<()> {
        match self {
            Self::Here(library) => library.forget_classifier(name)?,
            Self::Server(client) => client.forget_classifier(name)?,
        }
        Ok(())
    }

    /// The rules by which photos get tags, by name.
    pub fn tag_rules(&self) -> Result<Vec<TagRule>> {
        Ok(match self {
            Self::Here(library) => library.tag_rules()?,
            Self::Server(client) => client.tag_rules()?,
        })
    }

    /// Makes a rule of a classifier, and gives all photos their tags by it; tells how many got one.
    pub fn keep_tag_rule(&self, name: &SearchName, request: &TagRuleRequest) -> Result<usize> {
        Ok(match self {
            Self::Here(library) => library.keep_tag_rule(&request.rule(library.classifier(name)?)?)?,
            Self::Server(client) => client.keep_tag_rule(name, request)?,
        })
    }

    /// Forgets a rule, and takes away the tags that it gave; tells from how many photos.
    pub fn forget_tag_rule(&self, name: &SearchName) -> Result<usize> {
        Ok(match self {
            Self::Here(library) => library.forget_tag_rule(name)?,
            Self::Server(client) => client.forget_tag_rule(name)?,
        })
    }

    /// Gives photos a tag by hand, or takes it away; tells how many of them changed.
    pub fn tag_by_hand(&self, tagging: &HandTagging) -> Result<usize> {
        Ok(match self {
            Self::Here(library) => library.tag_by_hand(tagging)?,
            Self::Server(client) => client.tag_by_hand(tagging)?,
        })
    }

    /// What could not be indexed.
    pub fn failures(&self) -> Result<Vec<Failure>> {
        Ok(match self {
            Self::Here(library) => library.failures()?,
            Self::Server(client) => client.failures()?,
        })
    }
}

/// The server's address once it has announced it.
fn server_of(holder: &Holder, folder: &Path) -> Option<String> {
    holder.url.clone().or_else(|| Holder::of(folder).url)
}
