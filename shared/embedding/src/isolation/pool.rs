//! The processes that decode for this one: as many as are asked at once, kept for the next picture.

use std::io::{self, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use image::RgbImage;
use parking_lot::Mutex;
use rustix::pipe::fcntl_setpipe_size;

use super::messages::{Answer, Go, Order, hear, tell};
use super::{Isolation, WORKER};
use crate::picture::format_named;
use crate::{DecodeLimits, Detail, EmbeddingError, Picture};

/// Pipes as large as a user may have them: fewer changes between the processes for each photo.
const PIPE_BYTES: usize = 1 << 20;
/// What the processes see of the environment: where libraries are.
const KEPT_VARIABLES: [&str; 2] = ["LD_LIBRARY_PATH", "PATH"];
/// The signal of a process that used up its time.
const OUT_OF_TIME: i32 = 24;

#[derive(Debug)]
pub struct WorkerPool {
    isolation: Isolation,
    idle: Mutex<Vec<Worker>>,
}

impl WorkerPool {
    /// Starts a first process; tells what confines it.
    pub fn open(isolation: Isolation) -> Result<(Self, String), EmbeddingError> {
        let (worker, confinement) = Worker::start(&isolation)?;
        Ok((Self { isolation, idle: Mutex::new(vec![worker]) }, confinement))
    }

    /// The picture in `content`; a process that it is the end of is replaced.
    pub fn decode(
        &self,
        content: &[u8],
        limits: &DecodeLimits,
        detail: Detail,
        admit: &mut dyn FnMut(u64),
    ) -> Result<Picture, EmbeddingError> {
        let order = Order { bytes: content.len(), limits: *limits, detail };
        // One that is kept may have died since its last picture, which is no fault of this one.
        let idle = self.idle.lock().pop();
        match idle.and_then(|worker| self.ask(worker, content, &order, admit).ok()) {
            Some(outcome) => outcome,
            None => {
                let (worker, _) = Worker::start(&self.isolation)?;
                self.ask(worker, content, &order, admit).unwrap_or_else(Err)
            }
        }
    }

    /// The outer error is that of a process which came to its end.
    fn ask(
        &self,
        mut worker: Worker,
        content: &[u8],
        order: &Order,
        admit: &mut dyn FnMut(u64),
    ) -> Result<Result<Picture, EmbeddingError>, EmbeddingError> {
        match worker.decode(content, order, admit) {
            Ok(outcome) => {
                self.idle.lock().push(worker);
                Ok(outcome)
            }
            Err(error) => Err(worker.end(&error, &self.isolation)),
        }
    }
}

/// A process that decodes; killed when dropped.
#[derive(Debug)]
struct Worker {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Worker {
    fn start(isolation: &Isolation) -> Result<(Self, String), EmbeddingError> {
        let failed = |error: io::Error| EmbeddingError::Isolation(error.to_string());
        let kept = KEPT_VARIABLES.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        let mut command = Command::new(&isolation.program);
        command.arg(WORKER).arg(isolation.deadline.as_secs().to_string()).env_clear().envs(kept);
        // Ctrl-C in a terminal is for its parent, which ends it with its pipe: a picture must not fail of it.
        command.process_group(0);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
        let (Some(orders), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed(io::Error::other("a process without pipes")));
        };
        // Smaller pipes do as well, a little slower.
        let _ = (fcntl_setpipe_size(&orders, PIPE_BYTES), fcntl_setpipe_size(&answers, PIPE_BYTES));
        let mut worker = Self { child, orders, answers: BufReader::new(answers) };
        match hear(&mut worker.answers).map_err(failed)? {
            Some(Answer::Confined(confinement)) => Ok((worker, confinement)),
            other => Err(failed(io::Error::other(format!("its process said {other:?} and not what confines it")))),
        }
    }

    fn decode(
        &mut self,
        content: &[u8],
        order: &Order,
        admit: &mut dyn FnMut(u64),
    ) -> io::Result<Result<Picture, EmbeddingError>> {
        tell(&mut self.orders, order)?;
        self.orders.write_all(content)?;
        loop {
            match hear(&mut self.answers)?.ok_or(io::ErrorKind::UnexpectedEof)? {
                Answer::Needs(bytes) => {
                    admit(bytes);
                    tell(&mut self.orders, &Go)?;
                }
                Answer::Picture { format, size, pixels } => {
                    return Ok(Ok(self.receive(&format, size, pixels, &order.limits)?));
                }
                Answer::Refused(reason) => return Ok(Err(EmbeddingError::Refused(reason))),
                Answer::Confined(_) => return Err(io::Error::other("it confined itself twice")),
            }
        }
    }

    /// The process may have been taken over by the picture: what it sends is held to the limits.
    fn receive(
        &mut self,
        format: &str,
        (width, height): (u32, u32),
        pixels: (u32, u32),
        limits: &DecodeLimits,
    ) -> io::Result<Picture> {
        let lies = || io::Error::other("it sent what is no picture");
        let format = format_named(format).ok_or_else(lies)?;
        if u64::from(pixels.0) * u64::from(pixels.1) > limits.max_pixels {
            return Err(lies());
        }
        let mut bytes = vec![0; pixels.0 as usize * pixels.1 as usize * 3];
        self.answers.read_exact(&mut bytes)?;
        let pixels = RgbImage::from_raw(pixels.0, pixels.1, bytes).ok_or_else(lies)?;
        Ok(Picture { pixels, width, height, format })
    }

    /// What is said of a picture that was the end of its process.
    fn end(mut self, error: &io::Error, isolation: &Isolation) -> EmbeddingError {
        let _ = self.child.kill();
        let signal = self.child.wait().ok().and_then(|status| status.signal());
        EmbeddingError::Refused(match signal {
            Some(OUT_OF_TIME) => {
                let seconds = isolation.deadline.as_secs();
                format!("decoding it took more than {seconds} s of processor time (`deadline` in the configuration)")
            }
            _ => format!("the picture is damaged in a way that crashes its decoder ({error})"),
        })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
