//! The `merit` program: only the way into [`merit::cli`].

fn main() -> std::process::ExitCode {
    merit::cli::main()
}
