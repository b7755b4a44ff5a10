#!/usr/bin/env python3
"""Runs the examples of the documentation, and checks its links.

    check-docs.py FORAY_BINARY [PAGE...]

A block of shell commands (```sh) is run where the line before it is one of these comments, which readers do not see:

    <!-- run -->               in a home folder of its own
    <!-- run: indexed -->      in one whose photographs are in the library
    <!-- run: served -->       the same, with `foray up` running
    <!-- run: continues -->    in that of the block before it on the page, whose servers still run

The home folder holds the bundled photographs as ~/Pictures, and as tests/samples for what is told of a checkout; one of them is
photo.jpg. A block is run there with the given program first on the PATH and no network for models, and fails when one of its commands
does. Servers may be left in the background: such a block ends when they answer, and they are killed after the last block that continues
it. The address 127.0.0.1:7878 stands for a free port, here as in the configuration.

Each relative link of a page must lead to a file that is there, and to a heading in it where it names one. Without PAGEs these are README.md,
ARCHITECTURE.md and docs/*.md.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "tests" / "samples"
USUAL_PORT = "7878"
BLOCK_SECONDS = 120
START_SECONDS = 15
PREPARATIONS = {
    "indexed": ["foray index ~/Pictures"],
    "served": ["foray index ~/Pictures", "foray up ~/Pictures &"],
}

FENCE = re.compile(r"\s*(```+|~~~+)\s*(\w*)")
MARK = re.compile(r"<!-- run(?:: (indexed|served|continues))? -->")
BACKGROUND = re.compile(r"(?<!&)&\s*(#.*)?$", re.MULTILINE)
CODE = re.compile(r"(`+).+?\1")
LINK = re.compile(r"\]\(([^()\s]+)(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"#{1,6}\s+(.+?)\s*#*$")
# What a user of this machine has set says nothing of the documentation.
PERSONAL = re.compile(r"FORAY_|HF_|XDG_|NO_COLOR$|CLICOLOR|.*_proxy$", re.IGNORECASE)


@dataclass
class Block:
    """A fenced block that is to be run."""

    page: Path
    line: int
    start: str | None  # what the mark says of where it begins
    commands: str

    @property
    def place(self):
        """Where it stands, as compilers write it."""
        return f"{shown(self.page)}:{self.line}"


class Sandbox:
    """A home folder that is thrown away, with all that still runs in it."""

    def __init__(self, foray):
        self.folder = Path(tempfile.mkdtemp(prefix="foray-docs-"))
        self.home = self.folder / "home"
        self.port = free_port()
        self.groups = []
        for copy in ["Pictures", "tests/samples"]:
            shutil.copytree(SAMPLES, self.home / copy, ignore=shutil.ignore_patterns("*.py"))
        shutil.copy(SAMPLES / "animals" / "cat.jpg", self.home / "photo.jpg")
        programs = self.folder / "bin"
        programs.mkdir()
        (programs / "foray").symlink_to(foray)
        config = self.home / ".config" / "foray" / "config.toml"
        config.parent.mkdir(parents=True)
        config.write_text(f'bind = "127.0.0.1:{self.port}"\n')
        temporary = self.folder / "tmp"
        temporary.mkdir()
        self.environment = {name: value for name, value in os.environ.items() if not PERSONAL.match(name)}
        self.environment |= {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_DATA_HOME": str(self.home / ".local" / "share"),
            "XDG_STATE_HOME": str(self.home / ".local" / "state"),
            "XDG_CACHE_HOME": str(self.home / ".cache"),
            "TMPDIR": str(temporary),
            "PATH": os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)]),
            "HF_HUB_OFFLINE": "1",
        }

    def run(self, block):
        """Runs a block after what it begins with; returns what went wrong, or None, and all that it printed."""
        for step in PREPARATIONS.get(block.start, []):
            trouble, output = self.run_commands(step)
            if trouble:
                return f"before it, `{step}`: {trouble}", output
        return self.run_commands(block.commands)

    def run_commands(self, commands):
        """Runs commands of a shell; returns what went wrong, or None, and all that they printed."""
        script = self.folder / "block.sh"
        script.write_text(commands.replace(f":{USUAL_PORT}", f":{self.port}"), encoding="utf-8")
        output = self.folder / "output"
        # A file and no pipe: a server in the background would keep the pipe open.
        with output.open("wb") as sink:
            shell = subprocess.Popen(
                ["bash", "-euo", "pipefail", str(script)],
                cwd=self.home, env=self.environment, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self.groups.append(shell.pid)
            trouble = self.wait(shell, commands)
        return trouble, output.read_text(encoding="utf-8", errors="replace")

    def wait(self, shell, commands):
        """Waits for the end of the commands and for the servers that they started."""
        try:
            code = shell.wait(BLOCK_SECONDS)
        except subprocess.TimeoutExpired:
            return f"it was not done after {BLOCK_SECONDS} s"
        if code != 0:
            return f"it ended with {code}"
        if BACKGROUND.search(commands) and not answers(self.port):
            return f"nothing answered on port {self.port} after {START_SECONDS} s"
        return None

    def close(self):
        """Ends what still runs and removes the folder."""
        for group in self.groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)


def free_port():
    """A port of the loopback address that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answers(port):
    """Whether something listens on the port, now or soon."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        time.sleep(0.05)
    return False


def shown(page):
    """The page's path from the root of the project where it lies there."""
    return page.relative_to(ROOT) if page.is_relative_to(ROOT) else page


def lines_outside_code(page):
    """Yields (number, line, text of the fence that begins there, lines of its block); blocks come once, at their first line."""
    lines = enumerate(page.read_text(encoding="utf-8").splitlines(), start=1)
    for number, line in lines:
        fence = FENCE.match(line)
        if not fence:
            yield number, line, None, []
            continue
        block = []
        for _, inner in lines:
            if inner.strip() == fence[1]:
                break
            block.append(inner)
        yield number, line, fence[2], block


def blocks_of(page):
    """The blocks of a page that are marked to be run."""
    blocks, mark = [], None
    for number, line, language, content in lines_outside_code(page):
        if mark and language != "sh":
            raise SystemExit(f"{shown(page)}:{number}: the line before says that this is run; expected a block of ```sh")
        if mark:
            blocks.append(Block(page, number, mark[1], "\n".join(content) + "\n"))
        is_mark = language is None and line.strip().startswith("<!-- run")
        mark = MARK.fullmatch(line.strip()) if is_mark else None
        if is_mark and not mark:
            raise SystemExit(f"{shown(page)}:{number}: got {line.strip()}; expected one of the marks that --help shows")
    return blocks


def anchors_of(page):
    """The headings of a page as links name them."""
    headings = (HEADING.match(line) for _, line, language, _ in lines_outside_code(page) if language is None)
    texts = (re.sub(r"[^\w\- ]", "", heading[1]).lower().replace(" ", "-") for heading in headings if heading)
    anchors = set()
    for text in texts:
        numbered = (f"{text}-{number}" for number in range(1, 100))
        anchors.add(text if text not in anchors else next(anchor for anchor in numbered if anchor not in anchors))
    return anchors


def broken_links(page):
    """Yields what is wrong with the relative links of a page."""
    for number, line, language, _ in lines_outside_code(page):
        if language is not None:
            continue
        for link in LINK.findall(CODE.sub("", line)):
            if re.match(r"[a-z][a-z0-9+.-]*:", link):
                continue
            path, _, anchor = link.partition("#")
            target = page.parent / path if path else page
            if not target.exists():
                yield f"{shown(page)}:{number}: there is no {link}"
            elif anchor and target.suffix == ".md" and anchor not in anchors_of(target):
                yield f"{shown(page)}:{number}: {link}: no such heading"


def run_all(foray, pages):
    """Runs the blocks of all pages in order; returns how many there were and how many failed."""
    ran = failed = 0
    for page in pages:
        sandbox = None
        try:
            for block in blocks_of(page):
                if sandbox and block.start != "continues":
                    sandbox.close()
                    sandbox = None
                sandbox = sandbox or Sandbox(foray)
                begun = time.monotonic()
                trouble, output = sandbox.run(block)
                ran += 1
                print(f"{'FAILED' if trouble else 'ok':<6} {block.place} ({time.monotonic() - begun:.1f} s)", flush=True)
                if trouble:
                    failed += 1
                    print(f"{trouble}; the block and what it printed:\n{indented(block.commands)}{'-' * 40}\n{indented(output)}")
        finally:
            if sandbox:
                sandbox.close()
    return ran, failed


def indented(text):
    """The text as part of another."""
    return "".join(f"    {line}\n" for line in text.splitlines())


def main(arguments):
    """Checks the pages that are named, or all; returns the exit code."""
    if not arguments or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    foray = Path(arguments[0]).resolve()
    if not (foray.is_file() and os.access(foray, os.X_OK)):
        print(f"{foray} is no program; expected that of Foray, such as target/release/foray", file=sys.stderr)
        return 2
    every = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").glob("*.md"))]
    pages = [Path(page).resolve() for page in arguments[1:]] or every
    # Ended by another program, too, it leaves no servers behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    begun = time.monotonic()
    broken = [trouble for page in pages for trouble in broken_links(page)]
    for trouble in broken:
        print(trouble)
    ran, failed = run_all(foray, pages)
    print(f"{len(pages)} pages, {len(broken)} broken links; {ran} blocks, {failed} failed; {time.monotonic() - begun:.1f} s")
    return 1 if broken or failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
