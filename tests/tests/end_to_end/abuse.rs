//! What nobody may do to a server: hold its connections, fill its memory, listen in crowds. `abuse` attacks it with much more.

use std::fs;
use std::io::{Cursor, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use foray_tests::{MemoryWatch, Sandbox, ServerProcess, get, post_bytes};
use image::{GrayImage, ImageFormat};

/// What the server gives a body, and some more for a busy machine.
const SOON: Duration = Duration::from_secs(40);
const MOST_LISTENERS: usize = 1_000;

fn serve_samples() -> (Sandbox, ServerProcess) {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    (sandbox, server)
}

fn connect(server: &ServerProcess, request: &str) -> TcpStream {
    let address = server.base().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{}", request.replace("HOST", address)).unwrap();
    stream
}

/// What the server has said by the time when it closes the connection, while `crumb` goes there again and again.
fn last_words(mut stream: TcpStream, crumb: &[u8]) -> String {
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let (mut words, begun) = (vec![], Instant::now());
    let mut piece = [0; 4096];
    loop {
        assert!(begun.elapsed() < SOON, "it is still open: {}", String::from_utf8_lossy(&words));
        match stream.read(&mut piece) {
            Ok(count @ 1..) => words.extend_from_slice(&piece[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                let _ = stream.write_all(crumb);
            }
            _ => return String::from_utf8_lossy(&words).into_owned(),
        }
    }
}

#[test]
fn a_body_that_comes_byte_by_byte_is_refused_and_its_connection_closed() {
    let (_sandbox, server) = serve_samples();
    let post = "POST /api/v1/search HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\n";
    let declared = connect(&server, &format!("{post}Content-Length: 1000000\r\n\r\n{{\"query\": \""));
    let chunked = connect(&server, &format!("{post}Transfer-Encoding: chunked\r\n\r\nb\r\n{{\"query\": \"\r\n"));
    let in_pieces = thread::spawn(move || last_words(chunked, b"1\r\na\r\n"));
    for words in [last_words(declared, b"a"), in_pieces.join().unwrap()] {
        assert!(words.starts_with("HTTP/1.1 408") && words.contains("bytes a second"), "{words}");
    }
    assert_eq!(get(&server.url("/healthz")).status, 200);
}

#[test]
fn a_form_with_ever_more_fields_ends() {
    let (_sandbox, server) = serve_samples();
    let field = "--X\r\nContent-Disposition: form-data; name=\"limit\"\r\n\r\n7\r\n";
    let form = field.repeat((70 << 20) / field.len());
    let reply = post_bytes(&server.url("/api/v1/search/image"), "multipart/form-data; boundary=X", form.as_bytes());
    reply.is_problem(413, "send less");
}

#[test]
fn a_crowd_of_listeners_leaves_room_for_others() {
    let (_sandbox, server) = serve_samples();
    let (asks, headers) = ("GET /api/v1/events HTTP/1.1\r\nHost: HOST\r\n\r\n", b"HTTP/1.1 200");
    raise_limit();
    let mut crowd: Vec<TcpStream> = (0..MOST_LISTENERS).map(|_| connect(&server, asks)).collect();
    for listener in &mut crowd {
        let mut head = [0; 12];
        listener.read_exact(&mut head).unwrap();
        assert_eq!(&head, headers);
    }
    let refused = get(&server.url("/api/v1/events"));
    refused.is_problem(503, "listen to events already");
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(get(&server.url("/api/v1/search?q=a+cat")).status, 200);
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_takes_as_many_files_as_it_may_have() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let serve = sandbox.command(["serve", "--bind", "127.0.0.1:0"]);
    let mut shell = Command::new("sh");
    shell.arg("-c").arg("ulimit -S -n 300 && exec \"$0\" \"$@\"").arg(serve.get_program()).args(serve.get_args());
    shell.envs(serve.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(sandbox.path());
    let server = ServerProcess::start_command(shell);
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.pid())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let numbers: Vec<u64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    assert_eq!(numbers[0], numbers[1].min(8_192), "{line}");
}

#[cfg(target_os = "linux")]
#[test]
fn pictures_of_very_many_pixels_take_the_memory_of_one() {
    let (_sandbox, server) = serve_samples();
    let mut file = Cursor::new(vec![]);
    GrayImage::new(14_000, 14_000).write_to(&mut file, ImageFormat::Png).unwrap();
    let (file, url) = (file.into_inner(), server.url("/api/v1/search/image"));
    let mut memory = MemoryWatch::new(Duration::from_millis(20));
    thread::scope(|scope| {
        let askers: Vec<_> = (0..6).map(|_| scope.spawn(|| post_bytes(&url, "image/png", &file).status)).collect();
        while askers.iter().any(|asker| !asker.is_finished()) {
            memory.look(server.pid());
            thread::sleep(Duration::from_millis(20));
        }
        assert!(askers.into_iter().all(|asker| asker.join().unwrap() == 200));
    });
    // One takes 588 MB as colours, and half as much again while it is read.
    let most = memory.resident().unwrap().maximum;
    assert!(most < 2_000.0, "{most} MiB");
}

/// This process has a connection for each listener.
fn raise_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
}
