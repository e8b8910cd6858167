use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use ssh2::MethodType;

use super::link::{Link, is_disagreement, is_timeout};
use super::socket::Socket;
use super::{Hop, HostKeyStatus, ShownKey, SshError, SshOptions, Step, auth, host_key, offer, tunnel};

/// How one hop was reached.
#[derive(Clone, Debug)]
pub struct HopReport {
    /// What the operator calls it.
    pub name: String,
    /// Where it was reached: its address, or the name that the hop before was asked for.
    pub address: String,
    /// The key that it showed.
    pub host_key: ShownKey,
    /// Whether the key was known.
    pub host_key_status: HostKeyStatus,
    /// The key that opened the door: its file, or its comment in the agent.
    pub identity: String,
    /// Until there was a connection.
    pub connect: Duration,
    /// From then until keys were agreed.
    pub handshake: Duration,
    /// From then until logged in.
    pub authentication: Duration,
}

impl HopReport {
    /// From the first packet until logged in, without the hops before.
    pub fn total(&self) -> Duration {
        self.connect + self.handshake + self.authentication
    }
}

/// Goes the whole way, and gives the session with the last hop, which blocks. The sessions with the others run on threads of their own from here on.
pub(super) fn connect(hops: &[Hop], options: &SshOptions) -> Result<(Link, Vec<HopReport>), SshError> {
    let started = Instant::now();
    let Reached { socket, address, mut reports } = reach(hops, options)?;
    let hop = hops.last().ok_or(SshError::EmptyRoute)?;
    let known = host_key::load(hop)?;
    let mut link = Link::new(&hop.name, socket, options.timeouts.silence, options.timeouts.handshake)?;
    let connected = Instant::now();
    let kinds = known.known_kinds(&hop.hostname, hop.port, hop.host_key_alias.as_deref());
    shake_hands(&mut link, &host_key::algorithms(&kinds), options.timeouts.handshake)
        .map_err(|error| explain(error, hops, options))?;
    let agreed = Instant::now();
    link.allow(options.timeouts.authentication);
    let (host_key, host_key_status) = host_key::check(&link, hop, &known, options)?;
    let identity = auth::log_in(&link, hop, options)?;
    let before: Duration = reports.iter().map(HopReport::total).sum();
    reports.push(HopReport {
        name: hop.name.clone(),
        address,
        host_key,
        host_key_status,
        identity,
        connect: (connected - started).saturating_sub(before),
        handshake: agreed - connected,
        authentication: agreed.elapsed(),
    });
    Ok((link, reports))
}

/// A socket to a hop to which nothing was said yet, and how the hops before it were reached.
struct Reached {
    socket: Socket,
    address: String,
    reports: Vec<HopReport>,
}

/// Connects to the last of the hops, through the others.
fn reach(hops: &[Hop], options: &SshOptions) -> Result<Reached, SshError> {
    let (hop, before) = hops.split_last().ok_or(SshError::EmptyRoute)?;
    let limit = hop.connect_timeout.unwrap_or(options.timeouts.connect);
    if before.is_empty() {
        let (socket, address) = dial(hop, limit)?;
        return Ok(Reached { socket: Socket::Tcp(socket), address: address.to_string(), reports: Vec::new() });
    }
    let (link, reports) = connect(before, options)?;
    let address = format!("{} port {}", hop.hostname, hop.port);
    Ok(Reached { socket: tunnel::open(link, hop, limit)?, address, reports })
}

/// Tries each address of the host.
fn dial(hop: &Hop, limit: Duration) -> Result<(TcpStream, SocketAddr), SshError> {
    let resolve = |source| SshError::Resolve { host: hop.name.clone(), hostname: hop.hostname.clone(), source };
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    let mut resolved = false;
    for address in (hop.hostname.as_str(), hop.port).to_socket_addrs().map_err(resolve)? {
        resolved = true;
        match TcpStream::connect_timeout(&address, limit).and_then(|stream| stream.set_nodelay(true).map(|()| stream)) {
            Ok(stream) => return Ok((stream, address)),
            Err(error) => last = error,
        }
    }
    if !resolved {
        return Err(resolve(last));
    }
    Err(SshError::Connect { host: hop.name.clone(), hostname: hop.hostname.clone(), port: hop.port, source: last })
}

fn shake_hands(link: &mut Link, algorithms: &str, limit: Duration) -> Result<(), SshError> {
    let started = Instant::now();
    let host = link.host.clone();
    let agreed = link.session.method_pref(MethodType::HostKey, algorithms).and_then(|()| link.session.handshake());
    agreed.map_err(|source| match is_timeout(&source) || started.elapsed() >= limit {
        true => link.timed_out(Step::Handshake, limit),
        false => SshError::Handshake { host, source },
    })
}

/// Where the two sides found no algorithm in common, asks the server once more, for what it has.
fn explain(error: SshError, hops: &[Hop], options: &SshOptions) -> SshError {
    let SshError::Handshake { host, source } = error else { return error };
    let again = || offer::missing(reach(hops, options).ok()?.socket, options.timeouts.handshake);
    match if is_disagreement(&source) { again() } else { None } {
        Some(missing) if missing.what == "host keys" && missing.offered.iter().any(|name| name == "ssh-rsa") => {
            SshError::OnlySha1 { host }
        }
        Some(missing) => SshError::NoCommonAlgorithm { host, missing },
        None => SshError::Handshake { host, source },
    }
}
