//! The HTTP server: where it listens, what it routes where, and how it stops.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;

use actix_web::middleware::{Compress, DefaultHeaders, from_fn};
use actix_web::{App, HttpServer, rt, web};
use foray_protocol::{IndexerControl, ProblemKind, Token};

use crate::access::Access;
use crate::api_error::{ApiError, configure_extractors};
use crate::service::SearchService;
use crate::{
    ServerError, backup_api, events, guard, indexer_api, ingest_api, maintenance_api, metrics_api, photo_api,
    search_api, session_api, status_api, web_page,
};

/// Open streams of events keep a stopping server this long, seconds.
const SHUTDOWN_SECONDS: u64 = 1;
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

/// A server that listens already and has yet to run.
pub struct Server {
    listener: TcpListener,
    service: SearchService,
    access: Access,
    /// The indexer in this process, where there is one.
    indexer: Option<IndexerControl>,
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
    /// Listens on `bind` (ADDRESS:PORT; port 0 takes a free one), and will ask for `token` if there is one. An address that other
    /// machines reach demands one.
    ///
    /// # Errors
    /// [`ServerError::PortInUse`], [`ServerError::NotLoopback`] and [`ServerError::Bind`].
    pub fn bind(service: SearchService, bind: &str, token: Option<Token>) -> Result<Self, ServerError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => ServerError::PortInUse { bind: bind.to_owned() },
            _ => ServerError::Bind { bind: bind.to_owned(), source },
        };
        let addresses: Vec<_> = bind.to_socket_addrs().map_err(failed)?.collect();
        if token.is_none() && !addresses.iter().all(|address| address.ip().is_loopback()) {
            return Err(ServerError::NotLoopback { bind: bind.to_owned() });
        }
        let listener = TcpListener::bind(addresses.as_slice()).map_err(failed)?;
        let url = format!("http://{}", reachable(listener.local_addr().map_err(failed)?));
        Ok(Self { listener, service: service.lasting(), access: token.into(), indexer: None, url })
    }

    /// The same beside an indexer in this process, which can be held up and changed.
    #[must_use]
    pub fn with_indexer(self, control: IndexerControl) -> Self {
        Self { indexer: Some(control), ..self }
    }

    /// Where it can be reached from this machine, such as `http://127.0.0.1:7878`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Serves until stopped through the handle that `started` is given.
    ///
    /// # Errors
    /// [`ServerError::Stopped`] for faults of the network.
    pub fn run(self, started: impl FnOnce(ServerHandle)) -> Result<(), ServerError> {
        let service = web::Data::from(Arc::new(self.service));
        let (access, indexer) = (web::Data::new(self.access), web::Data::new(self.indexer));
        let app = move || {
            App::new()
                .app_data(service.clone())
                .app_data(access.clone())
                .app_data(indexer.clone())
                .wrap(from_fn(guard::refuse_foreign_pages))
                .wrap(Compress::default())
                .wrap(
                    DefaultHeaders::new()
                        .add(("Content-Security-Policy", CONTENT_SECURITY_POLICY))
                        .add(("X-Content-Type-Options", "nosniff"))
                        .add(("Referrer-Policy", "no-referrer")),
                )
                .configure(routes)
        };
        rt::System::new().block_on(async {
            let server =
                HttpServer::new(app).listen(self.listener)?.disable_signals().shutdown_timeout(SHUTDOWN_SECONDS).run();
            started(ServerHandle(server.handle()));
            Ok(server.await?)
        })
    }
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

/// What is asked for a token lies below `/api/v1`; the page itself and the health checks tell nothing of the library.
fn routes(config: &mut web::ServiceConfig) {
    configure_extractors(config);
    config
        .configure(session_api::routes)
        .service(
            web::scope("/api/v1")
                .wrap(from_fn(guard::demand_token))
                .configure(search_api::routes)
                .configure(photo_api::routes)
                .configure(ingest_api::routes)
                .configure(indexer_api::routes)
                .configure(metrics_api::routes)
                .configure(status_api::routes)
                .configure(backup_api::routes)
                .configure(maintenance_api::routes)
                .configure(events::routes)
                .default_service(web::to(no_such_address)),
        )
        .configure(status_api::health_routes)
        .configure(web_page::routes);
}

async fn no_such_address() -> Result<&'static str, ApiError> {
    Err(ApiError::new(ProblemKind::NotFound, "no such address in this API"))
}
