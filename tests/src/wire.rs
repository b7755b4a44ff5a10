//! A network between a client and a server that can be cut, that can stall, and that can lose a reply.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Forwards connections to a server that may come back at another address.
pub struct Wire {
    url: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    server: Mutex<String>,
    streams: Mutex<Vec<TcpStream>>,
    loses_next: AtomicBool,
    stalls: AtomicBool,
    lost: AtomicUsize,
}

const LOOK_AGAIN: Duration = Duration::from_millis(10);
const COMMIT: &[u8] = b"POST /api/v1/ingest/commit ";

impl Wire {
    /// A wire to the server at `url`.
    pub fn to(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let wire =
            Self { url: format!("http://{}", listener.local_addr().unwrap()), state: Arc::new(State::default()) };
        wire.lead_to(url);
        let state = Arc::clone(&wire.state);
        thread::spawn(move || listener.incoming().flatten().for_each(|client| state.connect(client)));
        wire
    }

    /// The address of its near end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Leads new connections to the server at `url`.
    pub fn lead_to(&self, url: &str) {
        *self.state.server.lock().unwrap() = url.trim_start_matches("http://").to_owned();
    }

    /// Breaks all connections.
    pub fn cut(&self) {
        self.state.streams.lock().unwrap().drain(..).for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
    }

    /// Holds every byte back from now on, or lets them go again.
    pub fn stall(&self, stalls: bool) {
        self.state.stalls.store(stalls, Ordering::SeqCst);
    }

    /// Loses the reply to the next commit, which the server has done by then.
    pub fn lose_next_reply(&self) {
        self.state.loses_next.store(true, Ordering::SeqCst);
    }

    /// How many replies were lost.
    pub fn lost_replies(&self) -> usize {
        self.state.lost.load(Ordering::SeqCst)
    }
}

impl State {
    fn wait_while_stalled(&self) {
        while self.stalls.load(Ordering::SeqCst) {
            thread::sleep(LOOK_AGAIN);
        }
    }

    fn connect(self: &Arc<Self>, client: TcpStream) {
        let server = TcpStream::connect(&*self.server.lock().unwrap());
        // Nobody at the other end: the client finds its connection closed.
        let Ok(server) = server else { return };
        let ends = [client.try_clone().unwrap(), server.try_clone().unwrap()];
        self.streams.lock().unwrap().extend(ends);
        let loses = Arc::new(AtomicBool::new(false));
        let (to_client, to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        let (state, arms) = (Arc::clone(self), Arc::clone(&loses));
        thread::spawn(move || {
            pump(client, to_server, |bytes| {
                state.wait_while_stalled();
                let is_commit = bytes.windows(COMMIT.len()).any(|window| window == COMMIT);
                if is_commit && state.loses_next.swap(false, Ordering::SeqCst) {
                    arms.store(true, Ordering::SeqCst);
                }
                true
            });
        });
        let state = Arc::clone(self);
        thread::spawn(move || {
            pump(server, to_client, |_| {
                state.wait_while_stalled();
                let loses = loses.load(Ordering::SeqCst);
                state.lost.fetch_add(usize::from(loses), Ordering::SeqCst);
                !loses
            });
        });
    }
}

/// Passes bytes on until an end is closed or `passes` says no; then both are closed.
fn pump(mut from: TcpStream, mut to: TcpStream, mut passes: impl FnMut(&[u8]) -> bool) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if !passes(&buffer[..count]) || to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
