//! Where the ONNX Runtime library is looked for.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::BackendOptions;

#[cfg(target_os = "windows")]
const LIBRARY: &str = "onnxruntime.dll";
#[cfg(target_os = "macos")]
const LIBRARY: &str = "libonnxruntime";
#[cfg(not(any(target_os = "windows", target_os = "macos")))]
const LIBRARY: &str = "libonnxruntime.so";

/// Where systems keep their libraries.
const SYSTEM_FOLDERS: [&str; 8] = [
    "/usr/local/lib",
    "/usr/lib",
    "/usr/lib64",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/opt/onnxruntime/lib",
    "/opt/homebrew/lib",
    "/opt/local/lib",
];

/// A file that may be ONNX Runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub file: PathBuf,
    /// Whether the user named it: then no other will do.
    pub named: bool,
}

/// The library that was named (by option, or by ORT_DYLIB_PATH), or those found: beside the program, in `.runtime/` here and
/// above the program, in the photo library's folder, in the system's folders, in a Python environment's wheel.
pub(super) fn candidates(options: &BackendOptions) -> Vec<Candidate> {
    let from_environment = || env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()).map(PathBuf::from);
    if let Some(file) = options.onnxruntime.clone().or_else(from_environment) {
        return vec![Candidate { file, named: true }];
    }
    folders(options)
        .iter()
        .flat_map(|folder| libraries_in(folder))
        .map(|file| Candidate { file, named: false })
        .collect()
}

fn folders(options: &BackendOptions) -> Vec<PathBuf> {
    let program = env::current_exe().ok();
    let above: Vec<&Path> = program.iter().flat_map(|program| program.ancestors().skip(1)).collect();
    let mut folders: Vec<PathBuf> = above.first().map(|folder| folder.to_path_buf()).into_iter().collect();
    folders.extend(env::current_dir().map(|folder| folder.join(".runtime")));
    folders.extend(above.iter().map(|folder| folder.join(".runtime")));
    folders.extend(options.library_folder.clone());
    folders.extend(env::var_os("LD_LIBRARY_PATH").iter().flat_map(env::split_paths));
    folders.extend(SYSTEM_FOLDERS.map(PathBuf::from));
    folders.extend(python_folders());
    folders
}

/// `onnxruntime/capi` of the active Python environments and of `.venv` here.
fn python_folders() -> Vec<PathBuf> {
    let active = ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(env::var_os).map(PathBuf::from);
    let local = env::current_dir().map(|folder| folder.join(".venv"));
    active
        .chain(local)
        .flat_map(|environment| {
            let versions = entries(&environment.join("lib")).into_iter().map(|python| python.join("site-packages"));
            versions.chain([environment.join("Lib").join("site-packages")]).collect::<Vec<_>>()
        })
        .map(|packages| packages.join("onnxruntime").join("capi"))
        .collect()
}

/// Files of the library's name in `folder`, `libonnxruntime.so.1.31.1` too, the newest version first.
fn libraries_in(folder: &Path) -> Vec<PathBuf> {
    let is_library = |file: &PathBuf| {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let rest = name.strip_prefix(LIBRARY);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.')) && !name.contains("providers")
    };
    let mut files: Vec<PathBuf> = entries(folder).into_iter().filter(is_library).collect();
    files.sort_by(|a, b| b.cmp(a));
    files
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).map_or_else(|_| vec![], |entries| entries.flatten().map(|entry| entry.path()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_library_is_the_only_candidate() {
        let options = BackendOptions { onnxruntime: Some("/x/lib.so".into()), ..BackendOptions::default() };
        assert_eq!(candidates(&options), [Candidate { file: "/x/lib.so".into(), named: true }]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn versioned_libraries_in_the_librarys_folder_are_found() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["libonnxruntime.so.1.31.1", "libonnxruntime_providers_shared.so", "libonnxruntime.txt"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(libraries_in(folder.path()), [folder.path().join("libonnxruntime.so.1.31.1")]);
        let options = BackendOptions { library_folder: Some(folder.path().into()), ..BackendOptions::default() };
        assert!(folders(&options).contains(&folder.path().to_path_buf()));
    }
}
