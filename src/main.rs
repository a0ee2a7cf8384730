//! The `merit` program: only the way into [`merit::cli`].

fn main() {}
