//! The HTTP server: where it listens, what it routes where, and how it stops.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::thread;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::middleware::{Compress, DefaultHeaders, from_fn};
use actix_web::{App, HttpServer, rt, web};
use foray_protocol::IndexerControl;
use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::{Access, AccessRules};
use crate::api_error::configure_extractors;
use crate::metrics_api::RecallProbe;
use crate::model_control::{ModelControl, ModelDesk};
use crate::open_files::most_connections;
use crate::service::SearchService;
use crate::tls::TlsFiles;
use crate::{
    ServerError, account_api, backup_api, bodies, classifier_api, clip_compare_api, evaluation_api, events, folder_api,
    guard, immich_api, immich_ml_api, indexer_api, ingest_api, maintenance_api, map_api, metrics_api, model_api,
    openapi, photo_api, saved_api, search_api, session_api, status_api, tag_api, telemetry, unread_answers, web_page,
};

/// Open streams of events keep a stopping server this long, seconds.
const SHUTDOWN_SECONDS: u64 = 1;
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

/// A server that listens already and has yet to run.
pub struct Server {
    listener: TcpListener,
    https: Option<Https>,
    service: SearchService,
    access: Access,
    /// The indexer in this process, where there is one.
    indexer: Option<IndexerControl>,
    /// The models, where the program that started it lets it have them.
    models: Option<ModelDesk>,
    url: String,
}

/// Where HTTPS is spoken, and with which certificate.
struct Https {
    listener: TcpListener,
    config: rustls::ServerConfig,
    url: String,
}

/// Stops a running server from another thread.
#[derive(Clone, Debug)]
pub struct ServerHandle(actix_web::dev::ServerHandle);

impl ServerHandle {
    /// Asks the server to finish what it answers and stop; returns at once.
    pub fn stop(&self) {
        drop(self.0.stop(true));
    }
}

impl Server {
    /// Listens on `bind` (ADDRESS:PORT; port 0 takes a free one), over HTTPS with the certificate in `tls` if there is one, and will
    /// ask for what `rules` say. An address that other machines reach demands some.
    ///
    /// # Errors
    /// [`ServerError::PortInUse`], [`ServerError::NotLoopback`], [`ServerError::Bind`], [`ServerError::Tls`] and
    /// [`ServerError::UserName`].
    pub fn bind(
        service: SearchService,
        bind: &str,
        rules: AccessRules,
        tls: Option<&TlsFiles>,
    ) -> Result<Self, ServerError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => ServerError::PortInUse { bind: bind.to_owned() },
            _ => ServerError::Bind { bind: bind.to_owned(), source },
        };
        let access = Access::new(rules)?;
        let addresses: Vec<_> = bind.to_socket_addrs().map_err(failed)?.collect();
        let is_here = addresses.iter().all(|address| address.ip().is_loopback());
        if matches!(access, Access::ThisMachine(_)) && !is_here {
            return Err(ServerError::NotLoopback { bind: bind.to_owned() });
        }
        let listener = listen(&addresses).map_err(failed)?;
        let service = service.lasting();
        let address = reachable(listener.local_addr().map_err(failed)?);
        let Some(tls) = tls else {
            return Ok(Self {
                listener,
                https: None,
                service,
                access,
                indexer: None,
                models: None,
                url: format!("http://{address}"),
            });
        };
        let https = Https { listener, config: tls.load()?, url: format!("https://{address}") };
        let listener = listen(&[(Ipv4Addr::LOCALHOST, 0).into()]).map_err(failed)?;
        let url = format!("http://{}", listener.local_addr().map_err(failed)?);
        Ok(Self { listener, https: Some(https), service, access, indexer: None, models: None, url })
    }

    /// The same beside an indexer in this process, which can be held up and changed.
    #[must_use]
    pub fn with_indexer(self, control: IndexerControl) -> Self {
        Self { indexer: Some(control), ..self }
    }

    /// The same with models that can be pulled, removed and gone over to.
    #[must_use]
    pub fn with_models(self, control: ModelControl) -> Self {
        Self { models: Some(ModelDesk::new(control)), ..self }
    }

    /// Where commands on this machine reach it, such as `http://127.0.0.1:7878`. The certificate of one that speaks HTTPS names
    /// other hosts than this, so that it listens here for them besides, without.
    pub fn local_url(&self) -> &str {
        &self.url
    }

    /// Where people reach it from this machine.
    pub fn url(&self) -> &str {
        self.https.as_ref().map_or(&self.url, |https| &https.url)
    }

    /// Serves until stopped through the handle that `started` is given.
    ///
    /// # Errors
    /// [`ServerError::Stopped`] for faults of the network.
    pub fn run(self, started: impl FnOnce(ServerHandle)) -> Result<(), ServerError> {
        let (evaluation, desk) = (self.service.evaluation_job().clone(), self.models.clone());
        let service = web::Data::from(Arc::new(self.service));
        let telemetry = web::Data::new(service.telemetry().clone());
        let (access, indexer) = (web::Data::new(self.access), web::Data::new(self.indexer));
        let models = web::Data::new(self.models);
        let probe = web::Data::new(RecallProbe::default());
        let app = move || {
            App::new()
                .app_data(service.clone())
                .app_data(access.clone())
                .app_data(indexer.clone())
                .app_data(models.clone())
                .app_data(telemetry.clone())
                .app_data(probe.clone())
                .wrap(from_fn(guard::refuse_foreign_pages))
                .wrap(from_fn(bodies::bound))
                .wrap(Compress::default())
                .wrap(
                    DefaultHeaders::new()
                        .add(("Content-Security-Policy", CONTENT_SECURITY_POLICY))
                        .add(("X-Content-Type-Options", "nosniff"))
                        .add(("Referrer-Policy", "no-referrer"))
                        .add(("X-Frame-Options", "DENY"))
                        .add(("Cross-Origin-Opener-Policy", "same-origin"))
                        .add(("Cross-Origin-Resource-Policy", "same-origin")),
                )
                .wrap(from_fn(telemetry::measure))
                .configure(routes)
        };
        let served = rt::System::new().block_on(async {
            let workers = thread::available_parallelism().map_or(1, usize::from);
            let server = HttpServer::new(app).workers(workers).max_connections(most_connections().div_ceil(workers));
            // Head and body of a reply are written apart: without this, the body waits 40 ms for the client to acknowledge the head.
            let mut server = server.tcp_nodelay(true).listen(self.listener)?;
            if let Some(Https { listener, config, .. }) = self.https {
                server = server.listen_rustls_0_23(listener, config)?;
            }
            let server = server.disable_signals().shutdown_timeout(SHUTDOWN_SECONDS).run();
            started(ServerHandle(server.handle()));
            Ok(server.await?)
        });
        evaluation.stop();
        desk.iter().for_each(ModelDesk::stop);
        served
    }
}

fn listen(addresses: &[SocketAddr]) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(addresses)?;
    unread_answers::give_up(&listener, unread_answers::PATIENCE)?;
    Ok(listener)
}

/// The address for connections from this machine: one that stands for all of them names none.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn routes(config: &mut web::ServiceConfig) {
    configure_extractors(config);
    let mut described = ServiceConfig::new(config);
    open_routes(&mut described);
    guarded_routes(&mut described);
    openapi::page_routes(config);
    web_page::routes(config);
}

/// What tells nothing of the library, or lets browsers in.
pub(crate) fn open_routes(config: &mut ServiceConfig<'_>) {
    config
        .configure(session_api::routes)
        .configure(status_api::health_routes)
        .configure(openapi::routes)
        .configure(immich_ml_api::health_routes);
}

/// What is asked for a token: all below `/api/v1`, and what speaks as other programs do.
pub(crate) fn guarded_routes(config: &mut ServiceConfig<'_>) {
    guarded(config, "/api/v1", |config| {
        config
            .configure(search_api::routes)
            .configure(saved_api::routes)
            .configure(map_api::routes)
            .configure(classifier_api::routes)
            .configure(evaluation_api::routes)
            .configure(photo_api::routes)
            .configure(tag_api::routes)
            .configure(ingest_api::routes)
            .configure(indexer_api::routes)
            .configure(folder_api::routes)
            .configure(metrics_api::routes)
            .configure(model_api::routes)
            .configure(status_api::routes)
            .configure(account_api::routes)
            .configure(backup_api::routes)
            .configure(maintenance_api::routes)
            .configure(events::routes);
    });
    guarded(config, "/metrics", metrics_api::root_routes);
    guarded(config, "/api/search", immich_api::routes);
    guarded(config, "/predict", immich_ml_api::routes);
    guarded(config, "/clip", clip_compare_api::routes);
}

/// Puts `routes` below `path`, behind the guard. What they answer is nobody's to keep unless they say otherwise.
fn guarded(config: &mut ServiceConfig<'_>, path: &'static str, routes: impl FnOnce(&mut ServiceConfig<'_>)) {
    let scope = scope(path)
        .configure(routes)
        .default_service(web::to(openapi::no_such_address))
        .wrap(DefaultHeaders::new().add((CACHE_CONTROL, "no-store")))
        .wrap(from_fn(guard::demand_role));
    config.service(scope);
}
