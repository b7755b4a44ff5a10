//! The bodies of requests: that each comes at a pace, and that all together do not fill the memory.

use std::cell::{Cell, OnceCell, RefCell};
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage, rt};
use foray_protocol::ProblemKind;
use futures_util::{Stream, StreamExt, stream};
use tokio::time::{Instant, sleep, timeout_at};

use crate::api_error::ApiError;

/// Any body may take so long: a connection that is worse than this carries none.
const GRACE: Duration = Duration::from_secs(20);
/// After that so many bytes must have come for each second, on average: half of what a phone at the edge of its network sends. Whoever
/// sends less holds connections that others want.
const SLOWEST: usize = 4 << 10;
/// The largest that any address takes, 64 MiB, and what a form has round it. Addresses that take less say so themselves; this ends
/// forms whose fields are small and without number.
const LARGEST: usize = 66 << 20;
/// What all bodies may hold at a time: sixteen of the largest.
const MOST_HELD: usize = 1 << 30;
/// The first bytes of an answer are on their way by then.
const ON_ITS_WAY: Duration = Duration::from_secs(2);

/// What the bodies hold that are being read or worked on.
static HELD: AtomicUsize = AtomicUsize::new(0);

/// Lets `request` have its body, within these bounds.
pub(crate) async fn bound(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let payload = request.take_payload();
    if matches!(payload, Payload::None) {
        return next.call(request).await;
    }
    let body = Rc::new(Body::of(payload, &HELD));
    // Forms look for more behind the end.
    request.set_payload(Payload::Stream { payload: Box::pin(paced(Rc::clone(&body)).fuse()) });
    let answered = next.call(request).await;
    let refusal = body.refusal.get().copied();
    keep_unread(body);
    match refusal {
        // Whoever reads a body tells of its end in its own way.
        Some(refusal) => Err(refusal.problem().into()),
        None => answered,
    }
}

fn paced(body: Rc<Body<'static>>) -> impl Stream<Item = Result<Bytes, PayloadError>> {
    let begun = Instant::now();
    stream::unfold(body, move |body| async move {
        let due = begun + GRACE + Duration::from_secs((body.came.get() / SLOWEST) as u64);
        let next = poll_fn(|context| body.payload.borrow_mut().poll_next_unpin(context));
        let piece = match timeout_at(due, next).await {
            Ok(None) => {
                body.is_whole.set(true);
                return None;
            }
            Ok(Some(piece)) => piece.and_then(|piece| body.take(piece.len()).map(|()| piece)),
            Err(_) => Err(body.refuse(Refusal::TooSlow)),
        };
        Some((piece, body))
    })
}

/// Keeps a body of which more may come until the answer is on its way: the connection is then closed. Of one that is let go before,
/// the HTTP library reads the pieces that come as long as some do, for ever.
fn keep_unread(body: Rc<Body<'static>>) {
    if !body.is_whole.get() {
        rt::spawn(async move {
            sleep(ON_ITS_WAY).await;
            drop(body);
        });
    }
}

/// Why a body is not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    TooSlow,
    TooLarge,
    NoRoom,
}

impl Refusal {
    fn problem(self) -> ApiError {
        let (kind, detail) = match self {
            Self::TooSlow => (ProblemKind::TooSlow, format!("the body came at less than {SLOWEST} bytes a second")),
            Self::TooLarge => {
                (ProblemKind::TooLarge, format!("more than {LARGEST} bytes were sent; send less at a time"))
            }
            Self::NoRoom => {
                (ProblemKind::Overloaded, "too much is being sent at a time; try again in some seconds".to_owned())
            }
        };
        ApiError::new(kind, detail)
    }
}

/// A body of which something came; what it holds is free again when nobody has it any more.
struct Body<'a> {
    payload: RefCell<Payload>,
    all_held: &'a AtomicUsize,
    came: Cell<usize>,
    is_whole: Cell<bool>,
    refusal: OnceCell<Refusal>,
}

impl<'a> Body<'a> {
    fn of(payload: Payload, all_held: &'a AtomicUsize) -> Self {
        let (came, is_whole) = (Cell::new(0), Cell::new(false));
        Self { payload: RefCell::new(payload), all_held, came, is_whole, refusal: OnceCell::new() }
    }

    /// Counts what came.
    fn take(&self, bytes: usize) -> Result<(), PayloadError> {
        self.came.set(self.came.get() + bytes);
        let held = self.all_held.fetch_add(bytes, Ordering::Relaxed) + bytes;
        match (self.came.get() > LARGEST, held > MOST_HELD) {
            (true, _) => Err(self.refuse(Refusal::TooLarge)),
            (_, true) => Err(self.refuse(Refusal::NoRoom)),
            _ => Ok(()),
        }
    }

    fn refuse(&self, refusal: Refusal) -> PayloadError {
        let refusal = *self.refusal.get_or_init(|| refusal);
        PayloadError::Io(io::Error::other(refusal.problem().to_string()))
    }
}

impl Drop for Body<'_> {
    fn drop(&mut self) {
        self.all_held.fetch_sub(self.came.get(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use foray_protocol::{Another, ProtocolError};

    use super::*;

    #[test]
    fn bodies_hold_no_more_than_there_is_room_for() {
        let held = AtomicUsize::new(MOST_HELD - LARGEST);
        let (first, second) = (Body::of(Payload::None, &held), Body::of(Payload::None, &held));
        assert!(first.take(LARGEST).is_ok() && second.take(1).is_err());
        assert_eq!(second.refusal.get(), Some(&Refusal::NoRoom));
        drop((first, second));
        let third = Body::of(Payload::None, &held);
        assert!(third.take(LARGEST).is_ok() && third.take(1).is_err());
        assert_eq!(third.refusal.get(), Some(&Refusal::TooLarge));
        drop(third);
        assert_eq!(held.into_inner(), MOST_HELD - LARGEST);
    }

    #[test]
    fn what_is_refused_for_now_says_so() {
        let status = |refusal: Refusal| refusal.problem().0.status;
        let all = [Refusal::TooSlow, Refusal::TooLarge, Refusal::NoRoom];
        assert_eq!(all.map(status), [408, 413, 503]);
        let is_sent_again = |refusal: Refusal| ProtocolError::from(refusal.problem().0).another() == Another::Later;
        assert_eq!(all.map(is_sent_again), [true, false, true], "an indexer must not lose a batch by it");
    }
}
