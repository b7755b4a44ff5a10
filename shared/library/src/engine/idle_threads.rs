//! Threads for long work that nobody waits for: searches neither queue behind it nor share their cores with it.

use rayon::ThreadPoolBuilder;

/// What `work` makes on threads of its own, as many as there are cores. On Linux the system runs them when nothing else wants to.
pub(crate) fn run<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let pool =
        ThreadPoolBuilder::new().thread_name(|number| format!("idle-{number}")).start_handler(|_| yield_to_others());
    match pool.build() {
        Ok(pool) => pool.install(work),
        // The system gives no more threads; those that are there do it.
        Err(_) => work(),
    }
}

#[cfg(target_os = "linux")]
fn yield_to_others() {
    const LOWEST_PRIORITY: i32 = 19;
    // Linux keeps a priority for each thread; without it the work is done all the same.
    let _ = rustix::process::setpriority_process(None, LOWEST_PRIORITY);
}

#[cfg(not(target_os = "linux"))]
fn yield_to_others() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn its_threads_yield_and_the_caller_does_not() {
        let priority = || rustix::process::getpriority_process(None).unwrap();
        let before = priority();
        assert_eq!(run(priority), 19);
        assert_eq!(priority(), before);
    }
}
