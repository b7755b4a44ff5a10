//! HTTPS: the certificate that the server shows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::ServerError;

/// The files for HTTPS, both PEM. They are read when the server starts.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The server's certificate, and those that lead from it to its authority.
    pub certificates: PathBuf,
    /// The private key of the first of them.
    pub key: PathBuf,
}

impl TlsFiles {
    /// What rustls needs of them: TLS 1.2 and 1.3.
    pub(crate) fn load(&self) -> Result<ServerConfig, ServerError> {
        let certificates = CertificateDer::pem_file_iter(&self.certificates)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| wrong(&self.certificates, error))?;
        if certificates.is_empty() {
            return Err(wrong(&self.certificates, "it holds no certificate"));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(|error| wrong(&self.key, error))?;
        ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, key))
            .map_err(|error| wrong(&self.key, format!("with {}: {error}", self.certificates.display())))
    }
}

fn wrong(file: &Path, reason: impl ToString) -> ServerError {
    ServerError::Tls { file: file.to_owned(), reason: reason.to_string() }
}
