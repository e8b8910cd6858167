//! Certificates that are trusted besides those that browsers trust.

use std::fmt;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use ureq::tls::{Certificate, PemItem, RootCerts, parse_pem};

use crate::Error;

/// Mozilla's root certificates, which are compiled in, and an own authority's.
#[derive(Clone)]
pub struct TrustedRoots {
    roots: RootCerts,
    added: usize,
}

impl TrustedRoots {
    /// Adds the certificates of a PEM file to Mozilla's.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidCertificates`] if there is none in it, or one that cannot be read. Private
    /// keys and other parts are passed over.
    pub fn with_pem(pem: &[u8]) -> Result<Self, Error> {
        let mut own = Vec::new();
        for item in parse_pem(pem) {
            match item {
                Ok(PemItem::Certificate(certificate)) => own.push(certificate),
                Ok(_) => {}
                Err(_) => return Err(Error::InvalidCertificates { reason: "it is not PEM" }),
            }
        }
        if own.is_empty() {
            return Err(Error::InvalidCertificates { reason: "there is no certificate in it" });
        }
        // ureq would pass over what it cannot read, and the connection would fail for another reason.
        let mut check = RootCertStore::empty();
        for certificate in &own {
            check
                .add(CertificateDer::from(certificate.der()))
                .map_err(|_| Error::InvalidCertificates { reason: "one of them cannot be read" })?;
        }
        let added = own.len();
        let mozillas = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
        let mozillas = mozillas.map(|certificate| Certificate::from_der(certificate.as_ref()));
        Ok(Self { roots: mozillas.chain(own).collect::<Vec<_>>().into(), added })
    }

    pub(crate) fn roots(&self) -> RootCerts {
        self.roots.clone()
    }
}

impl fmt::Debug for TrustedRoots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrustedRoots(Mozilla's and {} more)", self.added)
    }
}
