//! Command line, configuration file and defaults become one set of settings, once.

use std::env;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use etcetera::BaseStrategy;
use foray_embedding::{BUILTIN, BackendChoice, BackendOptions, Device, Embedder, Isolation, ModelStore, isolate};
use foray_indexer::IndexOptions;
use foray_library::Holder;
use foray_milvus::Address;
use foray_protocol::{
    Account, Client, Config, Hours, LogFormat, ProgramToken, Role, Schedule, SpaceId, Token, WatchRules, WorkGate,
};
use foray_server::{AccessRules, TlsFiles, User};

use crate::arguments::{GlobalArguments, IndexingArguments, ServeArguments};
use crate::page_key::PageKey;
use crate::store::StoreSettings;

/// The visual tower is the larger part of a model's memory, and idle once all photos are indexed.
const UNLOAD_AFTER_MINUTES: u32 = 10;

/// What all commands work with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The library's folder; for one on Milvus, what this machine keeps beside it.
    pub library: PathBuf,
    /// The library on Milvus, when one was named.
    pub store: Option<StoreSettings>,
    /// Where previews of libraries on Milvus are, when that was said.
    previews: Option<String>,
    /// How many photos of such a library a process keeps to itself, when that was said.
    sample: Option<usize>,
    /// The server to talk to, when one was named.
    pub server: Option<String>,
    /// The token of the server, whether it is asked for or shown.
    pub token: Option<Token>,
    /// Who else may use a server, by the configuration.
    users: Vec<Account>,
    programs: Vec<ProgramToken>,
    /// The certificate of the authority that vouches for the server, when one was named.
    tls_ca: Option<PathBuf>,
    /// Address to listen on, when one was named.
    pub bind: Option<String>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    /// Photo folders of the configuration.
    pub roots: Vec<PathBuf>,
    /// How long a server keeps the visual tower without use; for ever when not set.
    pub unload_after: Option<Duration>,
    /// What logs and messages look like.
    pub log_format: LogFormat,
    /// Whether progress is shown.
    pub show_progress: bool,
    /// Whether results are kept for `foray open`.
    pub remember: bool,
    /// The model's name or folder; the library's own, where none was named.
    pub model: String,
    /// Whether the command line or the configuration named it.
    pub names_model: bool,
    /// Whether the command line did.
    pub switches_model: bool,
    /// Where models are pulled into.
    pub models: ModelStore,
    /// The configuration file, whether it is there or not.
    pub config_file: PathBuf,
    indexing: IndexingConfig,
    isolate: bool,
    backend: BackendOptions,
}

/// What the configuration says of indexing.
#[derive(Clone, Debug)]
struct IndexingConfig {
    rules: WatchRules,
    threads: Option<usize>,
    memory: Option<u64>,
    nice: Option<u8>,
    deadline: Option<f64>,
    hours: Option<String>,
    reindex: Option<String>,
}

impl Settings {
    /// The same for the library at `place`: an address on Milvus, or a folder.
    pub fn at(&self, place: &str) -> Result<Self> {
        if !place.starts_with("milvus://") {
            return Ok(Self { library: std::path::absolute(place)?, store: None, ..self.clone() });
        }
        let store = store_settings(place, self.previews.as_deref(), self.sample)?;
        Ok(Self { library: store_folder(&store.address)?, store: Some(store), ..self.clone() })
    }

    /// Reads the configuration file and lets the command line go before it.
    pub fn new(arguments: &GlobalArguments) -> Result<Self> {
        let config_file = match &arguments.config {
            Some(file) => file.clone(),
            None => folders()?.config_dir().join("foray").join("config.toml"),
        };
        let there = arguments.config.is_some() || config_file.exists();
        let config = if there { Config::load(&config_file)? } else { Config::default() };
        let token = token(arguments.token.as_deref(), &config)?;
        // The command line goes before the configuration, whichever kind of library each of them names.
        let named = arguments.store.clone().or(config.store.filter(|_| arguments.library.is_none()));
        let previews = arguments.previews.clone().or(config.previews);
        let store = named.map(|address| store_settings(&address, previews.as_deref(), config.sample)).transpose()?;
        let library = match arguments.library.clone().or(config.library) {
            Some(folder) => folder,
            None => folders()?.data_dir().join("foray"),
        };
        let library = std::path::absolute(&library).with_context(|| format!("--library {}", library.display()))?;
        let library = match &store {
            Some(store) => store_folder(&store.address)?,
            None => library,
        };
        let choice = arguments.backend.as_deref().or(config.backend.as_deref());
        let device = arguments.device.as_deref().or(config.device.as_deref());
        let models = match arguments.models.clone().or(config.models) {
            Some(folder) => folder,
            None => folders()?.data_dir().join("foray-models"),
        };
        let backend = BackendOptions {
            choice: choice.map_or(Ok(BackendChoice::Auto), str::parse)?,
            device: device.map_or(Ok(Device::Auto), str::parse)?,
            onnxruntime: arguments.onnxruntime.clone().or(config.onnxruntime),
            library_folder: Some(library.clone()),
            engines: Some(models.join(".engines")),
            threads: None,
            shares_cores: false,
        };
        let rules = WatchRules {
            include: config.include,
            exclude: config.exclude,
            min_size: config.min_size.unwrap_or_default(),
        };
        let (threads, memory, nice, deadline) = (config.threads, config.memory, config.nice, config.deadline);
        let (hours, reindex) = (config.hours, config.reindex);
        let log_format = arguments.log_format.map(LogFormat::from).or(config.log_format).unwrap_or_default();
        let is_watched = io::stderr().is_terminal() && log_format == LogFormat::Text;
        Ok(Self {
            indexing: IndexingConfig { rules, threads, memory, nice, deadline, hours, reindex },
            isolate: arguments.isolate || config.isolate,
            library,
            store,
            previews,
            sample: config.sample,
            token,
            users: config.users,
            programs: config.tokens,
            tls_ca: arguments.tls_ca.clone().or(config.tls_ca),
            server: arguments.server.clone().or(config.server),
            bind: config.bind,
            tls_cert: config.tls_cert,
            tls_key: config.tls_key,
            roots: config.roots,
            unload_after: unload_after(config.unload_after),
            log_format,
            show_progress: !arguments.quiet && is_watched,
            remember: config.remember.unwrap_or(true),
            names_model: arguments.model.is_some() || config.model.is_some(),
            switches_model: arguments.model.is_some(),
            model: arguments.model.clone().or(config.model).unwrap_or_else(|| BUILTIN.to_owned()),
            models: ModelStore::new(models),
            config_file,
            backend,
        })
    }

    /// The same for a command that indexes, with what its command line says of that. The process yields to others from now on, if
    /// it shall: before it has threads, which all do as it does then.
    pub fn for_indexing(&self, arguments: &IndexingArguments) -> Result<Self> {
        let config = self.indexing.clone();
        let rules = WatchRules {
            include: [config.rules.include, arguments.include.clone()].concat(),
            exclude: [config.rules.exclude, arguments.exclude.clone()].concat(),
            min_size: arguments.min_size.unwrap_or(config.rules.min_size),
        };
        let indexing = IndexingConfig {
            rules,
            threads: arguments.threads.map(usize::from).or(config.threads),
            memory: arguments.memory.or(config.memory),
            nice: arguments.nice.or(config.nice),
            deadline: arguments.deadline.or(config.deadline),
            ..config
        };
        if let Some(nice) = indexing.nice.filter(|nice| *nice > 0) {
            yield_to_others(nice)?;
        }
        let backend = BackendOptions { shares_cores: true, threads: indexing.threads, ..self.backend.clone() };
        Ok(Self { backend, indexing, ..self.clone() })
    }

    /// Has pictures decoded in processes of their own where that was asked for.
    pub fn isolate_decoding(&self) -> Result<()> {
        if self.isolate {
            let program = env::current_exe().context("where this program is cannot be told")?;
            let confinement = isolate(Isolation { program, deadline: self.index_options()?.deadline })?;
            tracing::info!("pictures are decoded by processes of their own, confined by {confinement}");
        }
        Ok(())
    }

    /// How indexing goes about it, by command line and configuration.
    pub fn index_options(&self) -> Result<IndexOptions> {
        let IndexingConfig { rules, threads, memory, deadline, .. } = self.indexing.clone();
        let defaults = IndexOptions::default();
        let deadline = match deadline {
            Some(seconds) => Duration::try_from_secs_f64(seconds)
                .ok()
                .filter(|deadline| !deadline.is_zero())
                .with_context(|| format!("--deadline {seconds}: expected seconds, more than 0"))?,
            None => defaults.deadline,
        };
        Ok(IndexOptions {
            rules,
            workers: threads.unwrap_or(defaults.workers).max(1),
            memory: memory.map_or(defaults.memory, |mebibytes| mebibytes << 20),
            deadline,
            ..defaults
        })
    }

    /// A client of the server at `url`.
    pub fn client(&self, url: &str) -> Result<Client> {
        let token = self.token.clone().or_else(|| self.own_key(url));
        Ok(match &self.tls_ca {
            Some(file) if url.starts_with("https:") => {
                Client::trusting(url, token.as_ref(), file).context("--tls-ca")?
            }
            _ => Client::new(url, token.as_ref()),
        })
    }

    /// What shows a server without tokens that this is its owner. Of this library's own server alone: another's learns nothing.
    fn own_key(&self, url: &str) -> Option<Token> {
        let serving = Holder::of(&self.library).url?;
        let is_own = serving.trim_end_matches('/') == url.trim_end_matches('/');
        is_own.then(|| PageKey::kept(&self.library)?.token().ok()).flatten()
    }

    /// Who may use a server that is started now.
    pub fn access_rules(&self) -> Result<AccessRules> {
        let mut tokens: Vec<(Token, Role)> = self.token.iter().map(|token| (token.clone(), Role::Admin)).collect();
        for ProgramToken { token, token_file, role } in &self.programs {
            let place = format!("[[tokens]] of role {role} in the configuration");
            let token = one_token(token.as_deref(), token_file.as_deref(), &place)?;
            tokens.push((token.with_context(|| format!("{place}: expected either token or token_file"))?, *role));
        }
        let users = self.users.iter().map(User::new).collect::<Result<_, _>>()?;
        Ok(AccessRules { tokens, users, page_key: None })
    }

    /// The files for HTTPS, by the command line or else the configuration.
    pub fn tls_files(&self, arguments: &ServeArguments) -> Result<Option<TlsFiles>> {
        let certificates = arguments.tls_cert.clone().or(self.tls_cert.clone());
        let key = arguments.tls_key.clone().or(self.tls_key.clone());
        match (certificates, key) {
            (Some(certificates), Some(key)) => Ok(Some(TlsFiles { certificates, key })),
            (None, None) => Ok(None),
            (Some(_), None) => {
                bail!("HTTPS needs the certificate's private key, too: --tls-key, or tls_key in the configuration")
            }
            (None, Some(_)) => bail!("HTTPS needs a certificate, too: --tls-cert, or tls_cert in the configuration"),
        }
    }

    /// Holds indexing up outside its hours: those of the command line, else those of the configuration.
    pub fn gate(&self, hours: Option<&str>) -> Result<WorkGate> {
        let hours = hours.or(self.indexing.hours.as_deref()).map(str::parse::<Hours>);
        Ok(WorkGate::new(hours.transpose().context("--hours, or `hours` in the configuration")?))
    }

    /// When a server reindexes: as the command line says, else as the configuration does.
    pub fn schedule(&self, cron: Option<&str>) -> Result<Option<Schedule>> {
        let schedule = cron.or(self.indexing.reindex.as_deref()).map(str::parse::<Schedule>);
        schedule.transpose().context("--reindex, or `reindex` in the configuration")
    }

    /// Opens the model on the backend that was asked for.
    pub fn open_embedder(&self) -> Result<Embedder> {
        self.open_model(&self.model)
    }

    /// Opens the model for a library whose vectors are of `space`: the one that was named, else the library's own.
    pub fn open_embedder_for(&self, space: Option<&SpaceId>) -> Result<Embedder> {
        match space.filter(|_| !self.names_model) {
            Some(space) if self.models.find(space.model()).is_ok() => self.open_model(space.model()),
            _ => self.open_embedder(),
        }
    }

    /// Opens the model of this name.
    pub fn open_model(&self, name: &str) -> Result<Embedder> {
        let embedder = Embedder::open(self.models.find(name)?, &self.backend)?;
        let report = embedder.report();
        tracing::info!("model {name} on {} {} ({})", report.backend, report.version, report.device);
        Ok(embedder)
    }

    /// The devices that ONNX Runtime was built for here.
    pub fn devices(&self) -> Vec<Device> {
        foray_embedding::devices(&self.backend)
    }

    /// Opens the model on exactly this backend and device.
    pub fn open_embedder_on(&self, choice: BackendChoice, device: Device) -> Result<Embedder> {
        let options = BackendOptions { choice, device, ..self.backend.clone() };
        Ok(Embedder::open(self.models.find(&self.model)?, &options)?)
    }
}

#[cfg(unix)]
fn yield_to_others(nice: u8) -> Result<()> {
    rustix::process::setpriority_process(None, nice.into()).map(drop).with_context(|| format!("--nice {nice}"))
}

#[cfg(not(unix))]
fn yield_to_others(_: u8) -> Result<()> {
    bail!("--nice is known on Unix systems only; give the process a low priority by other means")
}

/// The token of the command line, else that of the configuration.
fn token(given: Option<&str>, config: &Config) -> Result<Option<Token>> {
    match given {
        Some(text) => text.parse().map(Some).context("--token or FORAY_TOKEN"),
        None => one_token(config.token.as_deref(), config.token_file.as_deref(), "the configuration"),
    }
}

/// The token that stands at this `place` of the configuration, or in the file that is named there.
fn one_token(text: Option<&str>, file: Option<&Path>, place: &str) -> Result<Option<Token>> {
    Ok(match (text, file) {
        (Some(_), Some(_)) => bail!("{place} has both token and token_file; keep one of them"),
        (Some(text), None) => Some(text.parse().with_context(|| format!("token in {place}"))?),
        (None, Some(file)) => Some(Token::load(file).with_context(|| format!("token_file in {place}"))?),
        (None, None) => None,
    })
}

/// What this machine keeps of a library on Milvus.
fn store_folder(address: &Address) -> Result<PathBuf> {
    let hash = blake3::hash(address.to_string().as_bytes()).to_hex();
    let name = format!("{}-{}", address.collection(), &hash[..8]);
    Ok(folders()?.data_dir().join("foray-stores").join(name))
}

fn store_settings(address: &str, previews: Option<&str>, sample: Option<usize>) -> Result<StoreSettings> {
    let address: Address = address.parse()?;
    let address = address.with_token(env::var("FORAY_STORE_TOKEN").ok());
    Ok(StoreSettings { address, previews: previews.map(str::to_owned), sample })
}

fn unload_after(minutes: Option<u32>) -> Option<Duration> {
    let minutes = minutes.unwrap_or(UNLOAD_AFTER_MINUTES);
    (minutes > 0).then(|| Duration::from_secs(60 * u64::from(minutes)))
}

/// Where small things are kept from one run to the next.
pub fn state_folder() -> Result<PathBuf> {
    let folders = folders()?;
    Ok(folders.state_dir().unwrap_or_else(|| folders.cache_dir()).join("foray"))
}

fn folders() -> Result<impl BaseStrategy> {
    etcetera::choose_base_strategy().context("the user's home folder is not known; name the library with --library")
}
