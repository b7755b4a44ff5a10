//! Tokens: what a server asks for, what it lets through, and how the page logs in.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use foray_tests::{Reply, Sandbox, ServerProcess, get, get_with, post_bytes, post_json, post_with};
use serde_json::json;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const OTHER: &str = "fedcba9876543210fedcba9876543210";

fn serve_on(sandbox: &Sandbox, bind: &str, token: &str) -> ServerProcess {
    let mut command = sandbox.command(["serve", "--bind", bind]);
    command.env("FORAY_TOKEN", token);
    ServerProcess::start_command(command)
}

fn serve_samples() -> (Sandbox, ServerProcess) {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let server = serve_on(&sandbox, "127.0.0.1:0", TOKEN);
    (sandbox, server)
}

fn with_token(url: &str, token: &str) -> Reply {
    get_with(url, "authorization", &format!("Bearer {token}"))
}

/// Every kind of address that tells or changes something, for the photo `id`.
fn guarded(id: &str) -> [String; 12] {
    let image = |what: &str| format!("images/{id}{what}");
    ["search?q=a+cat".into(), "unusual".into(), "duplicates".into(), "status".into(), "failures".into()]
        .into_iter()
        .chain([image(""), image("/thumbnail"), image("/original"), image("/similar"), "events".into()])
        .chain(["no/such/address".into(), "%73tatus".into()])
        .collect::<Vec<String>>()
        .try_into()
        .unwrap()
}

#[test]
fn without_the_token_nothing_is_told() {
    let (_sandbox, server) = serve_samples();
    let api = |path: &str| server.url(&format!("/api/v1/{path}"));
    let found = with_token(&api("search?q=a+cat&limit=1"), TOKEN).json();
    let id = found["results"][0]["id"].as_str().unwrap();
    for path in guarded(id) {
        get(&api(&path)).is_problem(401, "token");
        assert_eq!(get(&api(&path)).headers["www-authenticate"], "Bearer");
        get_with(&api(&path), "authorization", &format!("Basic {TOKEN}")).is_problem(401, "token");
    }
    get(&server.url("/%61pi/v1/status")).is_problem(401, "token");
    for address in ["ingest/commit", "ingest/known-files", "maintenance", "backup", "search", "rank"] {
        post_json(&api(address), &json!({})).is_problem(401, "token");
    }
    for path in ["thumbnail", "original"] {
        assert_eq!(with_token(&api(&format!("images/{id}/{path}")), TOKEN).status, 200);
    }
    assert_eq!(with_token(&api("status"), TOKEN).status, 200);
    // The page itself and the checks of supervisors tell nothing of the library.
    for path in ["/", "/healthz", "/readyz"] {
        assert_eq!(get(&server.url(path)).status, 200, "{path}");
    }
}

#[test]
fn wrong_tokens_are_refused_and_then_slowed_down() {
    let (_sandbox, server) = serve_samples();
    let status = server.url("/api/v1/status");
    for wrong in [OTHER, "short", &TOKEN[1..], &format!("{TOKEN}0"), ""] {
        let reply = with_token(&status, wrong);
        assert_eq!(reply.status, 401, "{wrong:?}: {reply:?}");
    }
    assert_eq!(with_token(&status, TOKEN).status, 200);
    let last = (0..30).map(|_| with_token(&status, OTHER)).find(|reply| reply.status == 429).unwrap();
    last.is_problem(429, "try again");
    assert!(last.headers.contains_key("retry-after"));
    post_json(&server.url("/api/v1/session"), &json!({ "token": OTHER })).is_problem(429, "try again");
}

#[test]
fn the_page_logs_in_with_a_cookie_that_scripts_cannot_read() {
    let (sandbox, server) = serve_samples();
    let log_in =
        |server: &ServerProcess, token: &str| post_json(&server.url("/api/v1/session"), &json!({ "token": token }));
    log_in(&server, OTHER).is_problem(401, "token is wrong");
    post_bytes(&server.url("/api/v1/session"), "application/json", b"{}").is_problem(400, "token");
    let reply = log_in(&server, TOKEN);
    assert_eq!(reply.status, 204);
    let cookie = reply.headers["set-cookie"].to_str().unwrap().to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains(TOKEN));
    let session = cookie.split(';').next().unwrap();
    let with_session =
        |server: &ServerProcess, path: &str| get_with(&server.url(&format!("/api/v1/{path}")), "cookie", session);
    let found = with_session(&server, "search?q=a+cat&limit=1");
    let id = found.json()["results"][0]["id"].as_str().unwrap().to_owned();
    for path in guarded(&id).iter().filter(|path| !path.contains("address") && *path != "events") {
        assert_eq!(with_session(&server, path).status, 200, "{path}");
    }
    let forged = format!("{}0", &session[..session.len() - 1]);
    let is_known = session.ends_with('0');
    assert!(is_known || get_with(&server.url("/api/v1/status"), "cookie", &forged).status == 401);
    // Another site's page may make the browser ask, but does not get through.
    let from_elsewhere = ureq::post(server.url("/api/v1/maintenance"))
        .header("cookie", session)
        .header("origin", "http://evil.example")
        .config()
        .http_status_as_error(false)
        .build()
        .send_empty();
    Reply::from(from_elsewhere.unwrap()).is_problem(401, "own page");
    drop(server);
    let again = serve_on(&sandbox, "127.0.0.1:0", TOKEN);
    assert_eq!(with_session(&again, "status").status, 200, "a session outlives the process");
    drop(again);
    let other = serve_on(&sandbox, "127.0.0.1:0", OTHER);
    assert_eq!(with_session(&other, "status").status, 401, "a session ends with its token");
}

#[test]
fn an_address_that_others_reach_demands_a_token() {
    let sandbox = Sandbox::with_samples();
    let refused = sandbox.run(["serve", "--bind", "0.0.0.0:0"]);
    refused.fails_saying(&["0.0.0.0:0", "FORAY_TOKEN", "openssl rand -hex 24", "127.0.0.1"]);
    let server = serve_on(&sandbox, "0.0.0.0:0", TOKEN);
    assert!(server.base().starts_with("http://127.0.0.1:"), "{}", server.base());
    get(&server.url("/api/v1/status")).is_problem(401, "token");
    assert_eq!(with_token(&server.url("/api/v1/status"), TOKEN).status, 200);
    // Machines on a network have names; the token is what counts.
    let named = ureq::get(server.url("/api/v1/status"))
        .header("host", "nas.example:7878")
        .header("authorization", format!("Bearer {TOKEN}"))
        .call();
    assert_eq!(named.unwrap().status(), 200);
}

#[test]
fn commands_show_the_token_that_they_are_given() {
    let (sandbox, server) = serve_samples();
    let count = sandbox.photo_files().len();
    let with = |arguments: &[&str]| sandbox.run([&["status", "--json"], arguments].concat());
    with(&[]).fails_saying(&["--token", "FORAY_TOKEN", "configuration"]);
    with(&["--token", OTHER]).fails_saying(&["token is wrong"]);
    with(&["--token", "short"]).fails_saying(&["--token", "5 characters", "16 to 512"]);
    assert_eq!(with(&["--token", TOKEN]).json()["photos"], count);
    let (config, file) = (sandbox.path().join("c.toml"), sandbox.path().join("token"));
    fs::write(&file, format!("{TOKEN}\n")).unwrap();
    let configured = |text: String| {
        fs::write(&config, text).unwrap();
        with(&["--config", config.to_str().unwrap(), "--server", server.base()])
    };
    assert_eq!(configured(format!("token = {TOKEN:?}\n")).json()["photos"], count);
    assert_eq!(configured(format!("token_file = {:?}\n", file.display().to_string())).json()["photos"], count);
    configured("token_file = \"/no/such/token\"\n".to_owned()).fails_saying(&["token_file", "/no/such/token"]);
    configured(format!("token = {TOKEN:?}\ntoken_file = \"/x\"\n")).fails_saying(&["both", "token_file"]);
    let photos = sandbox.photos().display().to_string();
    let mut indexer = sandbox.command(["--server", server.base(), "--token", OTHER, "indexer", &photos]);
    foray_tests::Run::from(indexer.output().unwrap()).fails_saying(&["token is wrong"]);
}

#[test]
fn without_a_token_a_server_on_this_machine_asks_for_none() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    assert_eq!(get(&server.url("/api/v1/status")).status, 200);
    assert_eq!(with_token(&server.url("/api/v1/status"), OTHER).status, 200);
    let reply = post_json(&server.url("/api/v1/session"), &json!({ "token": "" }));
    assert!(reply.status == 204 && !reply.headers.contains_key("set-cookie"));
    get_with(&server.url("/api/v1/status"), "host", "nas.example").is_problem(401, "this machine");
}

#[test]
fn the_key_of_the_link_makes_the_owner_of_a_server_without_a_token() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let mut server = ServerProcess::start(&sandbox, ["serve"]);
    let key = server.page_key();
    let url = server.url("/api/v1/session");
    let everybody = json!({ "logged_in": true, "role": "reader", "token": false, "password": false, "key": true });
    assert_eq!(get(&url).json(), everybody);
    get(&server.url("/api/v1/accounts")).is_problem(401, "by the link");
    assert_eq!(sandbox.run(["tags"]).code, Some(0), "commands need no key");
    let elsewhere = sandbox.path().join("elsewhere");
    let photos = sandbox.photos();
    let index = ["--server", server.base(), "index", photos.to_str().unwrap()];
    assert_eq!(sandbox.run(index).code, Some(0), "the owner's library is at hand");
    let index = [&["--library", elsewhere.to_str().unwrap()], &index[..]].concat();
    sandbox.run(index).fails_saying(&["owner alone", "--token"]);
    post_json(&url, &json!({ "key": format!("{key}x") })).is_problem(401, "key of the link");
    let reply = post_json(&url, &json!({ "key": key }));
    let session = |reply: &Reply| {
        let cookie = reply.headers["set-cookie"].to_str().unwrap();
        assert!(reply.status == 204 && cookie.contains("HttpOnly"), "{reply:?}");
        cookie.split(';').next().unwrap().to_owned()
    };
    let cookie = session(&reply);
    assert_eq!(get_with(&url, "cookie", &cookie).json()["role"], "admin");
    let accounts = |server: &ServerProcess| get_with(&server.url("/api/v1/accounts"), "cookie", &cookie).status;
    assert_eq!((accounts(&server), with_token(&server.url("/api/v1/accounts"), &key).status), (200, 200));
    drop(server);
    let file = fs::metadata(sandbox.library().join("page.key")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o777, 0o600);
    let mut again = ServerProcess::start(&sandbox, ["serve"]);
    assert_eq!((again.page_key(), accounts(&again)), (key, 200), "links and sessions outlive the process");
    drop(again);
    let guarded = ServerProcess::start(&sandbox, ["serve", "--token", TOKEN]);
    assert_eq!(accounts(&guarded), 401);
    let url = guarded.url("/api/v1/session");
    assert_eq!(get(&url).json()["key"], json!(null));
    for _ in 0..20 {
        if post_json(&url, &json!({ "key": "wrong" })).status == 429 {
            return;
        }
    }
    panic!("keys can be guessed");
}

#[test]
fn bodies_of_indexers_are_bounded_before_and_after_they_are_unpacked() {
    let (_sandbox, server) = serve_samples();
    let send = |media: &str, encoding: &str, body: &[u8]| {
        let request = ureq::post(server.url("/api/v1/ingest/known-files"))
            .header("authorization", format!("Bearer {TOKEN}"))
            .header("content-encoding", encoding)
            .content_type(media);
        Reply::from(request.config().http_status_as_error(false).build().send(body).unwrap())
    };
    let packed = |content: &[u8]| zstd::bulk::compress(content, 1).unwrap();
    // An empty list in MessagePack.
    assert_eq!(send("application/msgpack", "zstd", &packed(b"\x90")).status, 200);
    assert_eq!(send("application/msgpack", "identity", b"\x90").status, 200);
    let bomb = packed(&vec![0; 80 << 20]);
    assert!(bomb.len() < 1 << 20);
    send("application/msgpack", "zstd", &bomb).is_problem(413, "unfolds");
    send("application/msgpack", "zstd", b"no zstd").is_problem(400, "zstd");
    let gzipped = send("application/msgpack", "gzip", b"\x90");
    gzipped.is_problem(415, "gzip");
    assert_eq!(gzipped.headers["accept-encoding"], "zstd");
    send("text/plain", "identity", b"\x90").is_problem(415, "application/msgpack");
    post_with(&server.url("/api/v1/ingest/spaces"), "authorization", &format!("Bearer {TOKEN}"))
        .is_problem(415, "application/msgpack");
}

const INDEXER: &str = "an-indexer-of-another-machine";

/// A server of the samples with a reader `anna`, an admin `bert`, a token for indexers and one for everything.
fn serve_with_roles() -> (Sandbox, ServerProcess) {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let hash = |password: &str| {
        let mut command = sandbox.command(["password"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("{password}\n").as_bytes()).unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap().trim().to_owned()
    };
    let config = format!(
        "[[users]]\nname = \"anna\"\npassword = {:?}\n[[users]]\nname = \"bert\"\npassword = {:?}\nrole = \"admin\"\n\
         [[tokens]]\ntoken = {INDEXER:?}\nrole = \"indexer\"\n",
        hash("correct horse"),
        hash("battery staple"),
    );
    let file = sandbox.path().join("roles.toml");
    fs::write(&file, config).unwrap();
    let mut command = sandbox.command(["serve", "--bind", "127.0.0.1:0", "--config", file.to_str().unwrap()]);
    command.env("FORAY_TOKEN", TOKEN);
    let server = ServerProcess::start_command(command);
    (sandbox, server)
}

#[test]
fn people_log_in_with_name_and_password_and_do_what_their_role_allows() {
    let (_sandbox, server) = serve_with_roles();
    let session_url = server.url("/api/v1/session");
    let log_in = |user: &str, password: &str| post_json(&session_url, &json!({ "user": user, "password": password }));
    assert_eq!(
        get(&session_url).json(),
        json!({
            "logged_in": false, "token": true, "password": true,
        })
    );
    for (user, password) in [("anna", "battery staple"), ("nobody", "correct horse"), ("anna", "")] {
        log_in(user, password).is_problem(401, "name or password is wrong");
    }
    post_json(&session_url, &json!({ "user": "anna" })).is_problem(400, "password");
    let cookie = |reply: Reply| reply.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let (anna, bert) = (cookie(log_in("anna", "correct horse")), cookie(log_in("bert", "battery staple")));
    let who = get_with(&session_url, "cookie", &anna).json();
    assert_eq!((&who["user"], &who["role"]), (&json!("anna"), &json!("reader")));
    let url = |path: &str| server.url(&format!("/api/v1/{path}"));
    for path in ["search?q=a+cat", "status", "unusual", "facets", "searches", "metrics"] {
        assert_eq!(get_with(&url(path), "cookie", &anna).status, 200, "{path}");
    }
    assert_eq!(get_with(&server.url("/metrics"), "cookie", &anna).status, 200);
    get(&server.url("/metrics")).is_problem(401, "token");
    for path in ["maintenance", "backup", "ingest/spaces", "indexer/pause"] {
        post_with(&url(path), "cookie", &anna).is_problem(403, "yours is reader");
    }
    get_with(&url("accounts"), "cookie", &anna).is_problem(403, "yours is reader");
    let accounts = get_with(&url("accounts"), "cookie", &bert).json();
    let expected = json!({
        "accounts": [{ "name": "anna", "role": "reader" }, { "name": "bert", "role": "admin" }],
        "tokens": [{ "role": "admin" }, { "role": "indexer" }],
    });
    assert_eq!(accounts, expected);
    let saved = |session: &str| {
        let put = ureq::put(url("searches/cats")).header("cookie", session).content_type("application/json");
        Reply::from(put.config().http_status_as_error(false).build().send("{\"query\": \"a cat\"}").unwrap())
    };
    saved(&anna).is_problem(403, "admin");
    assert_eq!(saved(&bert).status, 204);
    assert_eq!(post_with(&url("maintenance"), "cookie", &bert).status, 200);
    let out = ureq::delete(&session_url).header("cookie", &anna).call().unwrap();
    assert!(out.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
}

#[test]
fn an_indexers_token_feeds_the_library_and_searches_nothing() {
    let (sandbox, server) = serve_with_roles();
    let indexer = |path: &str| with_token(&server.url(&format!("/api/v1/{path}")), INDEXER);
    indexer("search?q=a+cat").is_problem(403, "reader");
    indexer("facets").is_problem(403, "reader");
    assert_eq!(indexer("status").status, 200);
    let found = with_token(&server.url("/api/v1/search?q=a+cat&limit=1"), TOKEN).json();
    let id = found["results"][0]["id"].as_str().unwrap();
    assert_eq!(indexer(&format!("images/{id}/thumbnail")).status, 200);
    indexer(&format!("images/{id}/original")).is_problem(403, "reader");
    let more = sandbox.path().join("more");
    fs::create_dir(&more).unwrap();
    fs::copy(&sandbox.photo_files()[0], more.join("copy.jpg")).unwrap();
    let index = ["--server", server.base(), "--token", INDEXER, "index", more.to_str().unwrap(), "--json"];
    assert_eq!(sandbox.run(index).json()["failed"], 0);
    let all = with_token(&server.url("/api/v1/status"), TOKEN).json();
    assert_eq!(all["files"], sandbox.photo_files().len() + 1);
}

#[test]
fn logging_in_too_often_has_to_wait() {
    let (_sandbox, server) = serve_with_roles();
    let log_in = || post_json(&server.url("/api/v1/session"), &json!({ "user": "anna", "password": "correct horse" }));
    let refused = (0..12).map(|_| log_in()).find(|reply| reply.status == 429).unwrap();
    refused.is_problem(429, "try again");
}

#[test]
fn mistakes_in_accounts_are_told() {
    let sandbox = Sandbox::with_samples();
    let file = sandbox.path().join("c.toml");
    let serve = |config: &str| {
        fs::write(&file, config).unwrap();
        sandbox.run(["serve", "--bind", "127.0.0.1:0", "--config", file.to_str().unwrap()])
    };
    serve("[[users]]\nname = \"anna\"\npassword = \"secret\"\n").fails_saying(&["anna", "foray password"]);
    serve("[[users]]\nname = \"anna\"\npassword = \"x\"\nrole = \"boss\"\n").fails_saying(&["c.toml", "line 4"]);
    serve("[[tokens]]\nrole = \"reader\"\n").fails_saying(&["[[tokens]]", "token_file"]);
    serve("tls_cert = \"/none.pem\"\n").fails_saying(&["--tls-key"]);
    serve("tls_cert = \"/none.pem\"\ntls_key = \"/none.key\"\n").fails_saying(&["/none.pem", "HTTPS"]);
}

#[test]
fn https_is_spoken_with_a_given_certificate() {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    let (certificate, key) = (sandbox.path().join("cert.pem"), sandbox.path().join("key.pem"));
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let files = ["--tls-cert", certificate.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    let mut command = sandbox.command([&["serve", "--bind", "127.0.0.1:0"], &files[..]].concat());
    command.env("FORAY_TOKEN", TOKEN);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.split_whitespace().find(|word| word.starts_with("https://127.0.0.1:")).unwrap();
    let url = url.replace("127.0.0.1", "localhost");
    let count = sandbox.photo_files().len();
    let ask = |more: &[&str]| sandbox.run([&["--token", TOKEN, "status", "--json"], more].concat());
    // Another machine, which trusts the certificate or not; then this one, where the library tells its server.
    assert_eq!(ask(&["--server", &url, "--tls-ca", certificate.to_str().unwrap()]).json()["photos"], count);
    ask(&["--server", &url]).fails_saying(&[&url, "certificate"]);
    ask(&["--server", &url, "--tls-ca", key.to_str().unwrap()]).fails_saying(&[
        "--tls-ca",
        "key.pem",
        "BEGIN CERTIFICATE",
    ]);
    assert_eq!(ask(&[]).json()["photos"], count);
    child.kill().unwrap();
    child.wait().unwrap();
}
