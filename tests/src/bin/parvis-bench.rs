//! Owns the start of the benchmarks. Must not measure anything itself: see `tests::bench`.

use std::process::ExitCode;

fn main() -> ExitCode {
    tests::bench::main()
}
