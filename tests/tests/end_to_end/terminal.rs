//! What people see in a terminal: colours, numbers, links and pictures; what pipes get; and opening what was found.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use foray_tests::terminal::{Shown, block_picture, iterm_pictures, kitty_pictures, sixel_pictures};
use foray_tests::{Run, Sandbox, ServerProcess, wait_until};
use image::RgbImage;
use image::imageops::{FilterType, resize};

fn indexed() -> Sandbox {
    let sandbox = Sandbox::with_samples();
    sandbox.index();
    sandbox
}

/// Output with everything that a terminal does not show taken out.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, command)) = rest.split_once('\x1b') {
        shown.push_str(before);
        let end = match command.as_bytes()[0] {
            b'[' => command.find('m').unwrap() + 1,
            b']' | b'_' | b'P' => {
                command.find("\x1b\\").map(|at| at + 2).or(command.find('\x07').map(|at| at + 1)).unwrap()
            }
            other => panic!("ESC {}", char::from(other)),
        };
        rest = &command[end..];
    }
    shown + rest
}

#[test]
fn pipes_get_no_colours_unless_they_are_asked_for() {
    let sandbox = indexed();
    let plain = sandbox.run(["search", "a cat", "-n", "3"]).text();
    assert!(!plain.contains('\x1b') && plain.lines().all(|line| line.split('\t').count() == 2), "{plain}");
    let with = |option: &str, variable: &str, value: &str| {
        let mut command = sandbox.command(["search", "a cat", "-n", "3", "--color", option]);
        Run::from(command.env(variable, value).output().unwrap()).text()
    };
    assert_eq!(with("auto", "NO_COLOR", "1"), plain);
    assert_eq!(with("never", "CLICOLOR_FORCE", "1"), plain);
    let coloured = with("auto", "CLICOLOR_FORCE", "1");
    assert_eq!(with("always", "NO_COLOR", "1"), coloured, "the option goes before the environment");
    let lines: Vec<String> = shown(&coloured).lines().map(str::to_owned).collect();
    for (index, (line, plain)) in lines.iter().zip(plain.lines()).enumerate() {
        let (score, path) = plain.split_once('\t').unwrap();
        assert_eq!(*line, format!("{:>3}  {score}  {path}", index + 1));
        assert!(coloured.contains(&format!("\x1b]8;;file://{path}\x1b\\")), "{coloured}");
    }
    assert_eq!(
        sandbox
            .run(["search", "a cat", "-n", "3", "--color", "always", "--paths", "-0"])
            .out
            .iter()
            .filter(|byte| **byte == 0)
            .count(),
        3
    );
    assert!(!sandbox.run(["search", "a cat", "--color", "always", "--json"]).json()["results"].is_null());
}

/// Runs a command line in a terminal; `None` where there is no `script` that makes one.
fn in_a_terminal(sandbox: &Sandbox, line: &str, variables: &[(&str, &str)]) -> Option<String> {
    let foray = foray_tests::foray_binary().display().to_string();
    let template = sandbox.command_of(Path::new("script"), ["-qec", &format!("{foray} {line}"), "/dev/null"]);
    let mut command = template;
    let run = command.env("TERM", "xterm-256color").env_remove("NO_COLOR").envs(variables.iter().copied()).output();
    match run {
        Ok(output) => Some(String::from_utf8(output.stdout).unwrap().replace('\r', "")),
        Err(_) => {
            eprintln!("skipped: what a terminal gets (needs `script` of util-linux)");
            None
        }
    }
}

#[test]
fn a_terminal_gets_colours_and_pictures() {
    let sandbox = indexed();
    let Some(coloured) = in_a_terminal(&sandbox, "search cat -n 2", &[]) else { return };
    assert!(coloured.contains("\x1b[1m") && shown(&coloured).starts_with("  1  0."), "{coloured}");
    let plain = in_a_terminal(&sandbox, "search cat -n 2", &[("NO_COLOR", "1")]).unwrap();
    assert_eq!(plain, sandbox.run(["search", "cat", "-n", "2"]).text());
    let kitty = in_a_terminal(&sandbox, "search cat -n 2 --preview", &[("TERM", "xterm-kitty")]).unwrap();
    assert_eq!(kitty_pictures(&kitty).len(), 2);
    let blocks = in_a_terminal(&sandbox, "search cat -n 2 --preview", &[]).unwrap();
    assert!(blocks.matches('▀').count() > 500);
}

#[test]
fn pictures_come_out_as_they_went_in() {
    let sandbox = indexed();
    let path = sandbox.run(["search", "a cat", "-n", "1", "--paths"]).text();
    let photo = image::open(path.trim_end()).unwrap().into_rgb8();
    let plain = sandbox.run(["search", "a cat", "-n", "1"]).text();
    let run = |how: &str| sandbox.run(["search", "a cat", "-n", "1", &format!("--preview={how}")]).text();
    let size = |side: f64| {
        let scale = side / f64::from(photo.width().max(photo.height()));
        [photo.width(), photo.height()].map(|length| (f64::from(length) * scale).round() as u32)
    };
    let room = |width, height| if photo.width() >= photo.height() { width } else { height };

    let text = run("kitty");
    let [Shown { keys, pixels }] = &kitty_pictures(&text)[..] else { panic!("{text}") };
    for key in ["a=T", "f=100", "q=2", room("c=32", "r=16")] {
        assert!(keys.iter().any(|known| known == key), "{keys:?}");
    }
    is_the_photo(pixels, &photo, size(320.0));
    assert!(shown(&text).ends_with(&plain));

    let text = run("iterm");
    let [Shown { keys, pixels }] = &iterm_pictures(&text)[..] else { panic!("{text}") };
    for key in ["inline=1", "preserveAspectRatio=1", room("width=32", "height=16")] {
        assert!(keys.iter().any(|known| known == key), "{keys:?}");
    }
    is_the_photo(pixels, &photo, size(320.0));
    assert!(shown(&text).ends_with(&plain));

    let text = run("sixel");
    let [Shown { keys, pixels }] = &sixel_pictures(&text)[..] else { panic!("{text}") };
    let [width, height] = size(320.0);
    assert_eq!(keys[0], format!("raster=1;1;{width};{height}"));
    is_the_photo(pixels, &photo, [width, height]);
    assert!(shown(&text).ends_with(&plain));

    let text = run("blocks");
    let lines: Vec<&str> = text.lines().filter(|line| line.contains('▀')).collect();
    is_the_photo(&block_picture(lines), &photo, size(32.0));
    assert!(text.ends_with(&plain));
}

/// The preview is a JPEG of the photo, and sixels have few colours: all is near, nothing is equal.
#[track_caller]
fn is_the_photo(pixels: &RgbImage, photo: &RgbImage, [width, height]: [u32; 2]) {
    let (got_width, got_height) = pixels.dimensions();
    assert!(got_width.abs_diff(width) <= 1 && got_height.abs_diff(height) <= 1, "{got_width} x {got_height}");
    let expected = resize(photo, got_width, got_height, FilterType::Triangle);
    let differences = pixels.iter().zip(expected.iter()).map(|(a, b)| u64::from(a.abs_diff(*b)));
    let mean = differences.sum::<u64>() as f64 / expected.len() as f64;
    assert!(mean < 12.0, "mean difference {mean}");
}

#[test]
fn previews_go_with_every_list_also_from_a_server_and_not_into_pipes_by_themselves() {
    let sandbox = indexed();
    let photo = sandbox.photo_files()[0].display().to_string();
    let lists: [&[&str]; 3] =
        [&["similar", &photo, "-n", "2"], &["unusual", "-n", "2"], &["rank", "a cat", &photo, &photo]];
    for list in lists {
        let plain = sandbox.run(list).text();
        assert_eq!(sandbox.run([list, &["--preview"]].concat()).text(), plain, "a pipe is no terminal");
        let text = sandbox.run([list, &["--preview=iterm"]].concat()).text();
        assert_eq!(iterm_pictures(&text).len(), 2, "{list:?}");
    }
    let here = sandbox.run(["search", "a dog", "--preview=kitty"]).text();
    let server = ServerProcess::start(&sandbox, ["serve"]);
    assert_eq!(sandbox.run(["search", "a dog", "--preview=kitty"]).text(), here);
    drop(server);
    assert_eq!(sandbox.run(["search", "x", "--preview=kitty", "--json"]).code, Some(2));
    assert_eq!(sandbox.run(["search", "x", "--preview=video"]).code, Some(2));
    // A picture that is gone does not keep its line from being printed.
    fs::remove_dir_all(sandbox.library().join("thumbnails")).unwrap();
    let without = sandbox.run(["search", "a dog", "--preview=kitty"]);
    assert!(without.text().lines().count() == 10 && without.err.contains("no preview"), "{}", without.err);
}

#[test]
fn what_was_found_is_opened_by_its_number() {
    let sandbox = indexed();
    sandbox.run(["open", "1", "--print"]).fails_saying(&["no results are kept", "foray search"]);
    let paths = sandbox.run(["search", "a cat", "--json"]).paths();
    sandbox.run(["open", "1", "--print"]).fails_saying(&["no results are kept"]);
    sandbox.run(["search", "a cat"]);
    let opened = |target: &str| sandbox.run(["open", target, "--print"]).text();
    assert_eq!([opened("1"), opened("3")], [format!("{}\n", paths[0]), format!("{}\n", paths[2])]);
    let kept = sandbox.path().join("state/foray/last-results");
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    sandbox.run(["open", "11", "--print"]).fails_saying(&["no result 11", "10"]);
    for target in ["0", "cat"] {
        assert_eq!(sandbox.run(["open", target]).code, Some(2));
    }

    sandbox.run(["unusual", "--no-remember"]);
    assert_eq!(opened("1"), format!("{}\n", paths[0]));
    fs::create_dir(sandbox.path().join("config")).unwrap();
    fs::create_dir(sandbox.path().join("config/foray")).unwrap();
    fs::write(sandbox.path().join("config/foray/config.toml"), "remember = false\n").unwrap();
    sandbox.run(["search", "a dog"]);
    assert_eq!(opened("1"), format!("{}\n", paths[0]));

    let id =
        sandbox.run(["search", "a cat", "-n", "1", "--json"]).json()["results"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(opened(&format!("id:{}", &id[..10])), format!("{}\n", paths[0]));
    sandbox.run(["open", "id:xyz"]).fails_saying(&["hexadecimal"]);
}

#[test]
fn the_desktops_viewer_gets_the_file() {
    let sandbox = indexed();
    sandbox.run(["search", "a cat"]);
    let path = sandbox.run(["open", "2", "--print"]).text();
    let (tools, told) = (sandbox.path().join("tools"), sandbox.path().join("told"));
    fs::create_dir(&tools).unwrap();
    let viewer = tools.join("xdg-open");
    fs::write(&viewer, format!("#!/bin/sh\nprintf '%s\\n' \"$1\" > {0}.part\nmv {0}.part {0}\n", told.display()))
        .unwrap();
    fs::set_permissions(&viewer, fs::Permissions::from_mode(0o755)).unwrap();
    let search_path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let run: Run = sandbox.command(["open", "2"]).env("PATH", search_path).output().unwrap().into();
    assert_eq!(run.code, Some(0), "{run:?}");
    wait_until("the viewer was started", Duration::from_secs(10), || told.exists());
    assert_eq!(fs::read_to_string(told).unwrap(), path);
    fs::remove_file(path.trim_end()).unwrap();
    sandbox.run(["open", "2"]).fails_saying(&[path.trim_end(), "server"]);
}

#[test]
fn a_search_is_ranked_through_a_pipe_whatever_the_names() {
    let sandbox = Sandbox::with_samples();
    let files = sandbox.photo_files();
    let strange = ["two words.jpg", "two\nlines.jpg", "tab\there.jpg", "-n.jpg"];
    for (file, name) in files.iter().zip(strange) {
        fs::rename(file, sandbox.photos().join(name)).unwrap();
    }
    sandbox.index();
    let count = files.len().to_string();
    let ranked_all =
        Run::from(sandbox.command(["rank", "a cat", "--json"]).args(sandbox.photo_files()).output().unwrap()).paths();
    let pipe = |options: &[&str], kept: &[&OsStr]| {
        let search = [&["search", "an animal", "-n", &count, "--paths"], options].concat();
        let mut search = sandbox.command(search).stdout(Stdio::piped()).spawn().unwrap();
        let rank: Vec<&OsStr> = [&[OsStr::new("rank"), OsStr::new("a cat"), OsStr::new("-")], kept].concat();
        let ranked = sandbox.command(rank).stdin(search.stdout.take().unwrap()).output().unwrap();
        assert!(search.wait().unwrap().success());
        Run::from(ranked)
    };
    assert_eq!(pipe(&["-0"], &[OsStr::new("--json")]).paths(), ranked_all);
    let printed = pipe(&["-0"], &[OsStr::new("--paths"), OsStr::new("-0")]).text();
    assert_eq!(printed.split_terminator('\0').collect::<Vec<_>>(), ranked_all);
    // Without zero bytes, a name that is two lines is two names: its rest is ranked, and the failure told.
    let by_lines = pipe(&[], &[OsStr::new("--paths")]);
    assert_eq!(by_lines.code, Some(1));
    assert_eq!(by_lines.text().lines().count(), files.len() - 1);
    by_lines.fails_saying(&["two", "images left out"]);
}

#[test]
fn new_options_are_known_to_shells_and_the_manual() {
    let sandbox = Sandbox::new();
    let page = sandbox.run(["man"]).text();
    for words in
        ["foray mcp", "foray open", "\\-\\-preview", "\\-\\-color", "\\-\\-log\\-format", "\\-\\-no\\-remember"]
    {
        assert!(page.contains(words), "{words}");
    }
    let script = sandbox.run(["completions", "bash"]).text();
    for words in ["mcp", "--preview", "kitty", "--color", "--log-format", "--no-remember"] {
        assert!(script.contains(words), "{words}");
    }
    let mut formatter = match Command::new("man")
        .args(["-l", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
    {
        Ok(formatter) => formatter,
        Err(_) => return eprintln!("skipped: the manual as people see it (needs man)"),
    };
    formatter.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let read = String::from_utf8(formatter.wait_with_output().unwrap().stdout).unwrap();
    assert!(read.contains("--preview"), "{read}");
}
