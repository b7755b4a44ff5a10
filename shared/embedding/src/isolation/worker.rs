//! The process that decodes for its parent: orders come on standard input, answers go to standard output.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::panic;
use std::time::Duration;

use super::confinement::{confine, grant_time};
use super::messages::{Answer, Go, Order, hear, tell};
use crate::picture::{decode_here, load_libraries};
use crate::{EmbeddingError, Picture};

/// Decodes what the parent orders until it ends; `deadline` is the processor time for one picture. Nothing but the pipes to the
/// parent can be reached from here.
///
/// # Errors
/// Those of the confinement, which come before anything is decoded, and those of the pipes.
pub fn decode_for_parent(deadline: Duration) -> Result<(), EmbeddingError> {
    load_libraries();
    // A panic is a picture's, and its parent tells of it.
    panic::set_hook(Box::new(|_| ()));
    let confinement = confine()?;
    serve(&mut BufReader::new(io::stdin().lock()), &mut io::stdout().lock(), &confinement, deadline)
        .map_err(|error| EmbeddingError::Isolation(error.to_string()))
}

fn serve(orders: &mut impl BufRead, answers: &mut impl Write, confinement: &str, deadline: Duration) -> io::Result<()> {
    tell(answers, &Answer::Confined(confinement.to_owned()))?;
    answers.flush()?;
    while let Some(order) = hear::<Order>(orders)? {
        grant_time(deadline).map_err(io::Error::other)?;
        let mut content = vec![];
        orders.by_ref().take(order.bytes as u64).read_to_end(&mut content)?;
        match decode(&content, &order, orders, answers) {
            Ok(picture) => send(answers, &picture)?,
            Err(error) => tell(answers, &Answer::Refused(error.to_string()))?,
        }
        answers.flush()?;
    }
    Ok(())
}

fn decode(
    content: &[u8],
    order: &Order,
    orders: &mut impl BufRead,
    answers: &mut impl Write,
) -> Result<Picture, EmbeddingError> {
    decode_here(content, &order.limits, order.detail, |bytes| {
        // A parent that is gone needs no picture: the next order tells.
        let _ = tell(answers, &Answer::Needs(bytes)).and_then(|()| answers.flush());
        let _ = hear::<Go>(orders);
    })
}

fn send(answers: &mut impl Write, picture: &Picture) -> io::Result<()> {
    let Picture { pixels, width, height, format } = picture;
    let size = (*width, *height);
    tell(answers, &Answer::Picture { format: (*format).to_owned(), size, pixels: pixels.dimensions() })?;
    answers.write_all(pixels)
}
