//! A connection with a delay, that can also go silent.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

pub(super) struct Proxy {
    pub(super) port: u16,
    silent: Arc<AtomicBool>,
}

impl Proxy {
    /// In front of a port on loopback. Every byte takes half of `round_trip` each way.
    pub(super) fn before(port: u16, round_trip: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Proxy { port: listener.local_addr().unwrap().port(), silent: Arc::default() };
        let silent = Arc::clone(&proxy.silent);
        spawn(move || {
            for near in listener.incoming().flatten() {
                let Ok(far) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                near.set_nodelay(true).unwrap();
                far.set_nodelay(true).unwrap();
                carry(near.try_clone().unwrap(), far.try_clone().unwrap(), round_trip / 2, &silent);
                carry(far, near, round_trip / 2, &silent);
            }
        });
        proxy
    }

    /// Connections stay open from now on, and carry nothing.
    pub(super) fn go_silent(&self) {
        self.silent.store(true, Ordering::SeqCst);
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, delay: Duration, silent: &Arc<AtomicBool>) {
    let (blocks, due) = channel::<(Instant, Vec<u8>)>();
    let silent = Arc::clone(silent);
    spawn(move || {
        let mut block = vec![0; 64 << 10];
        while let Ok(read @ 1..) = from.read(&mut block) {
            let _gone = blocks.send((Instant::now() + delay, block[..read].to_vec()));
        }
    });
    spawn(move || {
        for (at, block) in due {
            sleep(at.saturating_duration_since(Instant::now()));
            if !silent.load(Ordering::SeqCst) && to.write_all(&block).is_err() {
                break;
            }
        }
        let _ended = to.shutdown(Shutdown::Both);
    });
}
