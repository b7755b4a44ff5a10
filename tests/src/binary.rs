//! The program under test, built once for each test process.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The binary `foray` of this source tree, up to date; another one, such as an installed package's, where `FORAY_BINARY` names it.
pub fn foray_binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(named) = std::env::var_os("FORAY_BINARY") {
            return named.into();
        }
        // Tests run from target/PROFILE/deps; the binary belongs one folder up.
        let test = std::env::current_exe().unwrap();
        let profile = test.ancestors().find(|folder| folder.join("deps").is_dir()).unwrap();
        let mut build = Command::new(env!("CARGO"));
        // With the features that all crates together ask of others, as the tests were built: nothing is built twice.
        build.args(["build", "--quiet", "--workspace", "--bin", "foray"]);
        if cfg!(feature = "milvus") {
            build.args(["--features", "foray/milvus,foray-tests/milvus"]);
        }
        // Build scripts (ring's) look at what Cargo tells of the package that is tested, and would begin anew for it.
        let of_this_package = std::env::vars().map(|(name, _)| name).filter(|name| name.starts_with("CARGO_PKG_"));
        for name in of_this_package.chain(["CARGO_MANIFEST_DIR".to_owned()]) {
            build.env_remove(name);
        }
        if profile.ends_with("release") {
            build.arg("--release");
        }
        let built = build.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap();
        assert!(built.success(), "the binary does not build");
        profile.join("foray")
    })
}
