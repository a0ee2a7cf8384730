//! The `merit` program: only the way into [`merit::cli`].

/// Deciding a case makes many small things; the system's own allocator took a quarter of the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    merit::cli::main()
}
