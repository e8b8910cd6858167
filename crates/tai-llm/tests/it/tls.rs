//! Servers with a certificate of an own authority.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tai_llm::{Error, OpenAiOptions, TrustedRoots};

use crate::server::{chat_reply, reply};
use crate::support::{ask, chain};

/// A server on `localhost` for so many connections: its port, and its authority's certificate as PEM.
fn server(connections: usize) -> (u16, String) {
    let authority_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(params, authority_key);

    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().take(connections) {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            answer(StreamOwned::new(connection, stream.unwrap()));
        }
    });
    (port, authority.pem())
}

/// Answers one request, whatever it is. A client that does not trust the certificate hangs up.
fn answer(stream: StreamOwned<ServerConnection, std::net::TcpStream>) {
    let mut input = BufReader::new(stream);
    let mut line = String::new();
    if input.read_line(&mut line).is_ok() {
        let status = if line.starts_with("POST") { "200 OK" } else { "404 Not Found" };
        let mut stream = input.into_inner();
        stream.write_all(&reply(status, &[], chat_reply("yes"))).ok();
        stream.conn.send_close_notify();
        stream.flush().ok();
    }
}

#[tokio::test]
async fn an_own_authority_is_trusted_when_it_is_named_and_only_then() {
    let (port, pem) = server(3);
    let mut options = OpenAiOptions::new(format!("https://localhost:{port}/v1"), "m");
    options.retry.times = 0;
    let error = ask(options.clone()).await.unwrap_err();
    assert!(matches!(error, Error::Connect { .. }) && chain(&error).contains("UnknownIssuer"), "{}", chain(&error));
    options.trusted_roots = Some(TrustedRoots::with_pem(pem.as_bytes()).unwrap());
    assert_eq!(ask(options).await.unwrap().text, "yes");
}

#[test]
fn files_that_are_no_certificates_are_refused() {
    let key = KeyPair::generate().unwrap().serialize_pem();
    let wrong = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (pem, reason) in [
        ("", "there is no certificate in it"),
        (&*key, "there is no certificate in it"),
        (wrong, "one of them cannot be read"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n", "it is not PEM"),
    ] {
        let error = TrustedRoots::with_pem(pem.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), format!("invalid certificates: {reason}"));
    }
}
