//! Backups over HTTP: written while they are sent, so that none waits whole in memory or on the server's disk.

use std::io::{self, Write};

use actix_web::http::header::ContentEncoding;
use actix_web::web::{self, Bytes, Data};
use actix_web::{HttpResponse, post};
use foray_library::Library;
use futures_util::stream;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api_error::ApiError;
use crate::binary::Binary;
use crate::service::SearchService;

const BACKED_UP: &str = "backed up";
/// Pieces on their way; a reader that is slower than the library makes the writer wait.
const PIECES: usize = 16;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(send_backup);
}

/// A backup of the library, sent while it is written
#[utoipa::path(
    tag = "server",
    responses((status = 200, description = "What `foray restore` reads", body = inline(Binary), content_type = "application/zstd")),
)]
#[post("/backup")]
async fn send_backup(service: Data<SearchService>) -> Result<HttpResponse, ApiError> {
    // Told before anything is sent: a backup that is broken off says nothing of why.
    service.library().embedded_to_be(BACKED_UP)?;
    let (pieces, sent) = channel(PIECES);
    // The task ends by itself: with the backup, or when nobody takes it any more.
    drop(web::block(move || write(&service, pieces)));
    let pieces = stream::unfold(sent, |mut sent: Receiver<io::Result<Bytes>>| async move {
        sent.recv().await.map(|piece| (piece, sent))
    });
    let mut response = HttpResponse::Ok();
    response.content_type("application/zstd").insert_header(ContentEncoding::Identity);
    Ok(response.streaming(pieces))
}

fn write(service: &SearchService, pieces: Sender<io::Result<Bytes>>) {
    let backup = |library: &Library| library.backup(PieceWriter(&pieces));
    if let Err(error) = service.library().embedded_to_be(BACKED_UP).and_then(backup) {
        tracing::error!("a backup was broken off: {error}");
        // Breaks the connection off, so that the client does not take what it has for the whole.
        let _ = pieces.blocking_send(Err(io::Error::other(error.to_string())));
    }
}

struct PieceWriter<'a>(&'a Sender<io::Result<Bytes>>);

impl Write for PieceWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let gone = |_| io::Error::new(io::ErrorKind::BrokenPipe, "the client went away");
        self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes))).map_err(gone)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
