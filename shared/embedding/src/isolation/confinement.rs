//! What a process that decodes gives up for good: every file, connection and program, and memory and time beyond a limit.

use std::collections::BTreeMap;
use std::time::Duration;

use landlock::{ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetStatus, Scope};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

use crate::EmbeddingError;

/// Address space: the largest picture twice, its file, and what decoders may take beside.
const MOST_MEMORY: u64 = 4 << 30;

/// System calls that decoders and the allocator need on files that are open already, on memory and on threads. None of them
/// reaches anything outside the process.
const NEEDED: &[i64] = &[
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_lseek,
    libc::SYS_poll,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_membarrier,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_clone,
    libc::SYS_clone3,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_getrandom,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Confines this process and all its threads for good; tells how, in words.
///
/// # Errors
/// [`EmbeddingError::Isolation`] where the kernel does not filter system calls. Landlock, which kernels before 5.13 lack, is a second
/// fence behind the same doors, and may be missing.
pub fn confine() -> Result<String, EmbeddingError> {
    limit(Resource::As, MOST_MEMORY).map_err(|error| refused("limiting its memory", error))?;
    limit(Resource::Core, 0).map_err(|error| refused("forbidding core dumps", error))?;
    let landlock = restrict_access().map_err(|error| refused("Landlock", error))?;
    let filter = filter().map_err(|error| refused("seccomp", error))?;
    seccompiler::apply_filter_all_threads(&filter).map_err(|error| refused("seccomp", error))?;
    Ok(format!("seccomp, Landlock {landlock}"))
}

/// Lets the process use so much more processor time, and no more than that.
pub fn grant_time(more: Duration) -> Result<(), EmbeddingError> {
    let used = clock_gettime(ClockId::ProcessCPUTime).tv_sec.unsigned_abs();
    let seconds = used + more.as_secs() + 1;
    let limits = Rlimit { current: Some(seconds), maximum: getrlimit(Resource::Cpu).maximum };
    setrlimit(Resource::Cpu, limits).map_err(|error| refused("limiting its time", error))
}

fn limit(resource: Resource, most: u64) -> rustix::io::Result<()> {
    setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })
}

fn refused(what: &str, error: impl std::fmt::Display) -> EmbeddingError {
    EmbeddingError::Isolation(format!("{what}: {error}"))
}

/// No rule allows anything.
fn restrict_access() -> Result<&'static str, landlock::RulesetError> {
    let newest = ABI::V6;
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(newest))?
        .handle_access(AccessNet::from_all(newest))?
        .scope(Scope::from_all(newest))?
        .create()?
        .restrict_self()?;
    Ok(match status.ruleset {
        RulesetStatus::FullyEnforced => "fully enforced",
        RulesetStatus::PartiallyEnforced => "enforced as far as this kernel has it",
        RulesetStatus::NotEnforced => "missing in this kernel",
    })
}

/// Other system calls fail with EPERM.
fn filter() -> Result<BpfProgram, seccompiler::BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = NEEDED.iter().map(|&call| (call, vec![])).collect();
    // Its own limits alone: the first argument names the process.
    let own = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, 0)?;
    rules.insert(libc::SYS_prlimit64, vec![SeccompRule::new(vec![own])?]);
    let denied = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let filter = SeccompFilter::new(rules, denied, SeccompAction::Allow, std::env::consts::ARCH.try_into()?)?;
    filter.try_into()
}
