//! Owns the start of a node that a test kills. Must not do anything itself: see `tests::node`.

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    tests::node::serve(&arguments);
}
