//! Answers that nobody takes: the system gives up on whoever leaves them lying.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

/// An answer of which nothing is taken for so long is given up. Whoever reads slowly takes something.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Has every connection to `listener` closed when what was sent on it is not taken for `patience` (tcp(7), `TCP_USER_TIMEOUT`, which
/// connections inherit). A listener to events, to whom nothing is sent, may stay.
#[cfg(target_os = "linux")]
pub(crate) fn give_up(listener: &TcpListener, patience: Duration) -> io::Result<()> {
    let milliseconds = u32::try_from(patience.as_millis()).unwrap_or(u32::MAX);
    Ok(rustix::net::sockopt::set_tcp_user_timeout(listener, milliseconds)?)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn give_up(_listener: &TcpListener, _patience: Duration) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::{ErrorKind, Write};
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn whoever_takes_nothing_is_left() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        give_up(&listener, Duration::from_secs(1)).unwrap();
        let reader = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut connection, _) = listener.accept().unwrap();
        // Longer than the test runs anywhere: with it, a connection that is not given up fails in another way.
        connection.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
        let error = loop {
            if let Err(error) = connection.write_all(&[0; 1 << 16]) {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
        drop(reader);
    }
}
