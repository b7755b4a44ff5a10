//! The indexer on real photos with the real model, against a library in memory.

#[cfg(test)]
mod index;
#[cfg(test)]
mod studio;
#[cfg(test)]
mod watch;
