use std::io::{self, BufRead, BufReader, Read, Write};
use std::time::Duration;

use ssh2::{MethodType, Session};

use super::error::Missing;
use super::host_key;
use super::socket::Socket;

/// What tai says it is, to a server that it only asks for its algorithms.
const BANNER: &[u8] = b"SSH-2.0-tai\r\n";
const KEXINIT: u8 = 20;
/// Of the type and the random cookie, before the lists.
const HEADER: usize = 17;
/// RFC 4253, section 6.1.
const MAX_PACKET: u32 = 35_000;
const MAX_BANNER: u64 = 8 << 10;

/// The lists of a key exchange in their order (RFC 4253, section 7.1), as far as they matter here.
const LISTS: [(&str, MethodType); 6] = [
    ("key exchange", MethodType::Kex),
    ("host keys", MethodType::HostKey),
    ("encryption", MethodType::CryptCs),
    ("encryption", MethodType::CryptSc),
    ("integrity", MethodType::MacCs),
    ("integrity", MethodType::MacSc),
];

/// Asks the server at the end of a new connection what it offers, which libssh2 does not tell, and finds the first thing that tai lacks.
pub(super) fn missing(socket: Socket, limit: Duration) -> Option<Missing> {
    let offer = read(socket, limit).ok()?;
    let session = Session::new().ok()?;
    LISTS.into_iter().zip(offer).find_map(|((what, kind), offered)| {
        let ours = match kind {
            MethodType::HostKey => host_key::algorithms(&[]).split(',').map(str::to_owned).collect(),
            _ => session.supported_algs(kind).ok()?.into_iter().map(str::to_owned).collect::<Vec<_>>(),
        };
        let common = offered.iter().any(|name| ours.contains(name));
        (!common).then_some(Missing { what, offered })
    })
}

fn read(socket: Socket, limit: Duration) -> io::Result<Vec<Vec<String>>> {
    socket.set_timeout(limit)?;
    let mut stream = BufReader::new(socket);
    stream.get_mut().write_all(BANNER)?;
    let mut line = Vec::new();
    while !line.starts_with(b"SSH-") {
        line.clear();
        if stream.by_ref().take(MAX_BANNER).read_until(b'\n', &mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let mut head = [0; 5];
    stream.read_exact(&mut head)?;
    let [a, b, c, d, _padding] = head;
    let length = u32::from_be_bytes([a, b, c, d]);
    if length > MAX_PACKET {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut payload = Vec::new();
    stream.take(u64::from(length).saturating_sub(1)).read_to_end(&mut payload)?;
    lists(&payload).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Reads the lists of names in the payload of a key exchange.
fn lists(payload: &[u8]) -> Option<Vec<Vec<String>>> {
    let mut rest = payload.strip_prefix(&[KEXINIT])?.get(HEADER - 1..)?;
    LISTS
        .iter()
        .map(|_| {
            let (length, after) = rest.split_at_checked(4)?;
            let length = u32::from_be_bytes(length.try_into().ok()?);
            let (names, after) = after.split_at_checked(usize::try_from(length).ok()?)?;
            rest = after;
            Some(std::str::from_utf8(names).ok()?.split(',').map(str::to_owned).collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_nothing_else_is_taken_for_them() {
        let mut payload = vec![KEXINIT; HEADER];
        for names in ["a,b", "", "c", "c", "d", "d"] {
            payload.extend(u32::try_from(names.len()).unwrap().to_be_bytes());
            payload.extend(names.bytes());
        }
        let expect = [vec!["a", "b"], vec![""], vec!["c"], vec!["c"], vec!["d"], vec!["d"]];
        assert_eq!(lists(&payload).unwrap(), expect);
        for end in 0..payload.len() {
            assert_eq!(lists(&payload[..end]), None, "cut at {end}");
        }
        payload[0] = 21;
        assert_eq!(lists(&payload), None);
        let mut huge = vec![KEXINIT; HEADER];
        huge.extend([0xff; 4]);
        assert_eq!(lists(&huge), None);
    }
}
